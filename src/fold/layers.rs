//! Layers of folded tables in the store, read as one.
//!
//! The first layer has every declaration, a later one those anew that newer files speak of. The newest
//! layer that has a declaration counts. What is made here is for each range of the first layer the stretches of
//! rows to be picked; columns are picked when they are asked for.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, UInt32Array};
use rayon::prelude::*;

use super::columns::{Failure, Pick, Picks, Table};
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
            let parts: Vec<(&Newer, Range<usize>)> = newer
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
    fn rows_between(&self, from: &str, to: Option<&str>) -> Range<usize> {
        let start = first_at_least(&self.ids, 0, from);
        let end = to.map_or(self.ids.len(), |to| first_at_least(&self.ids, start, to));
        start..end
    }
}

/// Position of the first of some ascending texts that is not less than `bound`, from one on before which all are less.
/// It is looked for in steps that double: of two sorted lists that are gone through together the next is near.
pub(super) fn first_at_least(ids: &StringArray, from: usize, bound: &str) -> usize {
    let is_less = |at: usize| at < ids.len() && ids.value(at) < bound;
    let (mut low, mut step) = (from, 1);
    while is_less(low + step - 1) {
        low += step;
        step *= 2;
    }
    // What lies before `low` is less, what lies from the end of this step on is not.
    let mut high = (low + step - 1).min(ids.len()).max(low);
    while low < high {
        let middle = low.midpoint(high);
        if is_less(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// The declaration numbers of a folded table, ascending.
pub(super) fn ids(table: &StoredTable) -> Result<StringArray> {
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
    newer: &[(&Newer, Range<usize>)],
    failure: &Failure,
) -> Result<FoldedRange> {
    let numbers = newer.iter().map(|(newer, of)| (&newer.ids, of.clone()));
    let picks = Arc::new(picks(&ids(&range.clearances)?, numbers));
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

/// The rows of a range, which is source 0, and of some rows of newer ones in the order of their numbers; of one number
/// the newest.
fn picks<'n>(
    own: &StringArray,
    newer: impl Iterator<Item = (&'n StringArray, Range<usize>)>,
) -> Vec<Pick> {
    let mut rows: Vec<(&str, usize, usize)> = Vec::new();
    for (source, (ids, of)) in (1..).zip(newer) {
        rows.extend(of.map(|row| (ids.value(row), source, row)));
    }
    // Each source is sorted, which this sort makes use of.
    rows.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
    let mut picks: Vec<Pick> = Vec::new();
    let mut pick = |source: usize, rows: Range<usize>| match picks.last_mut() {
        _ if rows.is_empty() => {}
        Some(last) if last.source == source && last.rows.end == rows.start => {
            last.rows.end = rows.end;
        }
        _ => picks.push(Pick { source, rows }),
    };
    let mut next = 0;
    for same in rows.chunk_by(|a, b| a.0 == b.0) {
        let Some((id, source, row)) = same.last() else {
            continue;
        };
        let place = first_at_least(own, next, id);
        pick(0, next..place);
        pick(*source, *row..*row + 1);
        let is_replaced = place < own.len() && own.value(place) == *id;
        next = place + usize::from(is_replaced);
    }
    pick(0, next..own.len());
    picks
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
    let mut first = 0_u32;
    for Pick { source, rows } in picks.iter() {
        let declarations = (first..).zip(rows.clone());
        first += u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let table = tables.get(*source).and_then(Option::as_ref);
        let (Some(table), Some(position)) = (table, positions.get(*source)) else {
            continue;
        };
        for (parent, row) in declarations {
            parents.extend(table.rows_of(row).map(|_| parent));
        }
        // Parts stand in the order of their declarations.
        part_picks.push(Pick {
            source: *position,
            rows: table.rows_of(rows.start).start..table.rows_of(rows.end).start,
        });
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

    fn rows_of(&self, declaration: usize) -> Range<usize> {
        match &self.starts {
            None => declaration..declaration + 1,
            Some(starts) => {
                let at = |index: usize| starts.get(index).copied().unwrap_or_default();
                at(declaration)..at(declaration + 1)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    fn texts(ids: &BTreeSet<u8>) -> StringArray {
        ids.iter().map(|id| Some(format!("{id:03}"))).collect()
    }

    proptest! {
        #[test]
        fn the_first_that_is_not_less_is_found_from_any_place_before_it(
            ids in proptest::collection::btree_set(any::<u8>(), 0..80),
            bound in any::<u8>(),
            from in 0..80_usize,
        ) {
            let less = ids.iter().filter(|id| **id < bound).count();
            let found = first_at_least(&texts(&ids), from.min(less), &format!("{bound:03}"));
            prop_assert_eq!(found, less);
        }

        #[test]
        fn of_each_number_the_newest_row_is_picked_and_adjoining_rows_together(
            layers in proptest::collection::vec(
                proptest::collection::btree_set(0..60_u8, 0..40),
                1..5,
            ),
        ) {
            let arrays: Vec<StringArray> = layers.iter().map(texts).collect();
            let (own, newer) = arrays.split_first().unwrap();
            let picks = picks(own, newer.iter().map(|ids| (ids, 0..ids.len())));
            let mut wanted = BTreeMap::new();
            for (source, ids) in layers.iter().enumerate() {
                wanted.extend(ids.iter().enumerate().map(|(row, id)| (id, (source, row))));
            }
            let rows = picks.iter().flat_map(|pick| pick.rows.clone().map(|row| (pick.source, row)));
            prop_assert!(rows.eq(wanted.into_values()));
            for pair in picks.windows(2) {
                let adjoin = pair[0].source == pair[1].source && pair[0].rows.end == pair[1].rows.start;
                prop_assert!(!adjoin && !pair[1].rows.is_empty());
            }
        }
    }
}
