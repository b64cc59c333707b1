//! Layers of folded tables in the store, read as one.
//!
//! The first layer has every declaration, a later one those anew that newer files speak of. The newest
//! layer that has a declaration counts. What is made here is for each range of the first layer the list of
//! rows to be picked; columns are picked when they are asked for.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, UInt32Array};
use rayon::prelude::*;

use super::columns::{Failure, Picks, Table};
use super::table::{FoldedRange, PARENT};
use crate::error::{Error, Result};
use crate::store::{Part, StoredRange, StoredTable, events};

/// The ranges of all layers as one.
pub(super) fn merged(layers: Vec<Vec<StoredRange>>, failure: &Failure) -> Result<Vec<FoldedRange>> {
    let mut layers = layers.into_iter();
    let first = layers.next().unwrap_or_default();
    let newer: Vec<Vec<Newer>> = layers
        .map(|layer| layer.into_iter().map(Newer::open).collect())
        .collect::<Result<_>>()?;
    let starts: Vec<String> = first.iter().map(|range| range.first.clone()).collect();
    first
        .into_par_iter()
        .enumerate()
        .map(|(at, range)| {
            // What lies before the first range belongs to it, what lies between two to the former.
            let from = if at == 0 { "" } else { range.first.as_str() };
            let to = starts.get(at + 1).map(String::as_str);
            let parts: Vec<(&Newer, std::ops::Range<usize>)> = newer
                .iter()
                .flatten()
                .map(|newer| (newer, newer.rows_between(from, to)))
                .filter(|(_, rows)| !rows.is_empty())
                .collect();
            if parts.is_empty() {
                Ok(alone(range, failure))
            } else {
                with_newer(&range, &parts, failure)
            }
        })
        .collect()
}

/// A range of a layer after the first.
struct Newer {
    range: StoredRange,
    ids: StringArray,
}

impl Newer {
    fn open(range: StoredRange) -> Result<Self> {
        let ids = ids(&range.clearances)?;
        Ok(Self { range, ids })
    }

    /// The rows whose numbers lie between two bounds.
    fn rows_between(&self, from: &str, to: Option<&str>) -> std::ops::Range<usize> {
        let start = first_at_least(&self.ids, from);
        let end = to.map_or(self.ids.len(), |to| first_at_least(&self.ids, to));
        start..end.max(start)
    }
}

/// Position of the first of some ascending texts that is not less than `bound`.
fn first_at_least(ids: &StringArray, bound: &str) -> usize {
    let (mut low, mut high) = (0, ids.len());
    while low < high {
        let middle = low.midpoint(high);
        if ids.value(middle) < bound {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

fn ids(table: &StoredTable) -> Result<StringArray> {
    let missing = || Error::internal("reading folded tables", "no declaration numbers");
    let ids = table.column(events::DECLARATION_ID)?.ok_or_else(missing)?;
    ids.as_string_opt::<i32>().cloned().ok_or_else(missing)
}

fn alone(range: StoredRange, failure: &Failure) -> FoldedRange {
    let [payments, crossings, items] = range.parts;
    let stored = |table: Option<StoredTable>| table.map(|table| Table::stored(table, failure));
    FoldedRange {
        clearances: Table::stored(range.clearances, failure),
        payments: stored(payments).unwrap_or_default(),
        crossings: stored(crossings).unwrap_or_default(),
        items: stored(items),
    }
}

/// A range with the declarations of newer layers, in the order of their numbers.
fn with_newer(
    range: &StoredRange,
    newer: &[(&Newer, std::ops::Range<usize>)],
    failure: &Failure,
) -> Result<FoldedRange> {
    let own = ids(&range.clearances)?;
    let mut rows: Vec<(&str, usize, usize)> = Vec::new();
    rows.extend((0..own.len()).map(|row| (own.value(row), 0, row)));
    for (source, (newer, of)) in newer.iter().enumerate() {
        rows.extend(
            of.clone()
                .map(|row| (newer.ids.value(row), source + 1, row)),
        );
    }
    // Each source is sorted, which this sort makes use of. Of one number the last source is the newest.
    rows.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    let picks: Vec<(usize, usize)> = rows
        .chunk_by(|a, b| a.0 == b.0)
        .filter_map(|same| same.last().map(|(_, source, row)| (*source, *row)))
        .collect();
    drop(rows);
    let picks: Picks = Arc::new(picks);
    let sources: Vec<&StoredRange> = std::iter::once(range)
        .chain(newer.iter().map(|(newer, _)| &newer.range))
        .collect();
    let part = |part| part_table(&sources, part, &picks, failure);
    let (payments, crossings) = (part(Part::Payments)?, part(Part::Crossings)?);
    let items = part(Part::Items)?;
    Ok(FoldedRange {
        payments: payments.unwrap_or_default(),
        crossings: crossings.unwrap_or_default(),
        items,
        clearances: Table::picked(
            sources
                .iter()
                .map(|source| source.clearances.clone())
                .collect(),
            &picks,
            failure,
        ),
    })
}

/// The parts of the picked declarations; `None` where no source has any.
fn part_table(
    sources: &[&StoredRange],
    part: Part,
    picks: &Picks,
    failure: &Failure,
) -> Result<Option<Table>> {
    let tables = sources.iter().map(|source| {
        let table = source.parts.get(part as usize).cloned().flatten();
        match (table, part) {
            (Some(table), _) => Ok(Some(PartRows::of(table, source.clearances.rows())?)),
            // A declaration without lines is a line itself.
            (None, Part::Items) => Ok(Some(PartRows::themselves(source.clearances.clone()))),
            (None, _) => Ok(None),
        }
    });
    let tables: Vec<Option<PartRows>> = tables.collect::<Result<_>>()?;
    if !tables.iter().flatten().any(|table| table.starts.is_some()) {
        return Ok(None);
    }
    // Positions among the tables that are there.
    let mut there = Vec::new();
    let mut positions = Vec::new();
    for table in &tables {
        positions.push(there.len());
        there.extend(table.as_ref());
    }
    let (mut part_picks, mut parents) = (Vec::new(), Vec::new());
    for (parent, (source, row)) in (0_u32..).zip(picks.iter()) {
        let table = tables.get(*source).and_then(Option::as_ref);
        let (Some(table), Some(position)) = (table, positions.get(*source)) else {
            continue;
        };
        for part_row in table.rows_of(*row) {
            part_picks.push((*position, part_row));
            parents.push(parent);
        }
    }
    let parents: ArrayRef = Arc::new(UInt32Array::from(parents));
    let with_parts = there.iter().filter(|table| table.starts.is_some());
    let names: Vec<String> = with_parts
        .flat_map(|table| table.table.column_names().map(str::to_owned))
        .collect();
    let tables = there.iter().map(|table| table.table.clone()).collect();
    let table = Table::picked(tables, &Arc::new(part_picks), failure);
    Ok(Some(table.only(&names).with(PARENT, parents)))
}

/// A table of parts, and which of its rows belong to each declaration.
struct PartRows {
    table: StoredTable,
    /// Row of the first part of each declaration, and the end; `None` where each declaration is its own
    /// only part.
    starts: Option<Vec<usize>>,
}

impl PartRows {
    fn of(table: StoredTable, declarations: usize) -> Result<Self> {
        let missing = || Error::internal("reading folded tables", "no rows of declarations");
        let parents = table.column(PARENT)?.ok_or_else(missing)?;
        let parents = parents
            .as_primitive_opt::<arrow::datatypes::UInt32Type>()
            .ok_or_else(missing)?;
        let mut starts = vec![0; declarations + 1];
        for parent in parents.values() {
            if let Some(count) = starts.get_mut(*parent as usize + 1) {
                *count += 1;
            }
        }
        let mut total = 0;
        for start in &mut starts {
            total += *start;
            *start = total;
        }
        Ok(Self {
            table,
            starts: Some(starts),
        })
    }

    const fn themselves(table: StoredTable) -> Self {
        Self {
            table,
            starts: None,
        }
    }

    fn rows_of(&self, declaration: usize) -> std::ops::Range<usize> {
        match &self.starts {
            None => declaration..declaration + 1,
            Some(starts) => {
                let at = |index: usize| starts.get(index).copied().unwrap_or_default();
                at(declaration)..at(declaration + 1)
            }
        }
    }
}
