//! Combinations of texts: a condition that reads texts alone is the same for all rows that have the same ones, and these are
//! few where rows are many.

use polars::prelude::{Column, DataFrame, NamedFrom, Series};

use super::frame;
use crate::error::{Error, Result};
use crate::fold::Clearances;
use crate::model::FastMap;

/// The combinations of texts that rows may have in some columns.
pub(super) struct Combinations<'c> {
    columns: Vec<Texts<'c>>,
    /// How many combinations there are.
    count: usize,
}

/// The texts of a column.
struct Texts<'c> {
    name: &'c str,
    /// Each once, and no text too where a row has none.
    members: Vec<Option<&'c str>>,
    /// For each row the position of its own.
    codes: Vec<u32>,
}

impl<'c> Combinations<'c> {
    /// More are not worth it: a condition is asked of a row as fast as its combination is found.
    const MAX: usize = 1 << 12;

    /// Those of some columns of texts; `None` where there are too many.
    pub(super) fn of(
        clearances: &'c Clearances,
        names: impl Iterator<Item = &'c str>,
    ) -> Option<Self> {
        let (mut columns, mut count) = (Vec::new(), 1);
        for name in names {
            let texts = Texts::of(clearances, name)?;
            count *= texts.members.len();
            if count > Self::MAX {
                return None;
            }
            columns.push(texts);
        }
        Some(Self { columns, count })
    }

    /// A row for each combination: the last column changes from row to row.
    pub(super) fn frame(&self) -> Result<DataFrame> {
        let mut repeats = self.count;
        let columns = self.columns.iter().map(|texts| {
            repeats /= texts.members.len().max(1);
            let member = |row| {
                texts
                    .members
                    .get(row / repeats.max(1) % texts.members.len().max(1))
            };
            let members = (0..self.count).map(|row| member(row).copied().flatten());
            let members: Vec<Option<&str>> = members.collect();
            Column::from(Series::new(texts.name.into(), members))
        });
        DataFrame::new(self.count, columns.collect())
            .map_err(|cause| Error::internal("building the frame of combinations", cause))
    }

    /// For each row whether its combination is `met`.
    pub(super) fn spread(&self, met: &[bool]) -> Vec<bool> {
        let mut columns = self.columns.iter();
        let mut codes = columns
            .next()
            .map_or_else(Vec::new, |texts| texts.codes.clone());
        for texts in columns {
            let width = u32::try_from(texts.members.len()).unwrap_or(u32::MAX);
            for (code, own) in codes.iter_mut().zip(&texts.codes) {
                *code = *code * width + own;
            }
        }
        let is_met = |code: &u32| met.get(*code as usize) == Some(&true);
        codes.iter().map(is_met).collect()
    }
}

impl<'c> Texts<'c> {
    fn of(clearances: &'c Clearances, name: &'c str) -> Option<Self> {
        let (mut known, mut members) = (FastMap::default(), Vec::new());
        let mut codes = Vec::with_capacity(clearances.len());
        for (range, column) in clearances.ranges().iter().zip(clearances.column(name)) {
            let end = codes.len() + range.clearances.rows();
            let mut code = |text: Option<&'c str>| {
                *known.entry(text).or_insert_with(|| {
                    members.push(text);
                    u32::try_from(members.len() - 1).unwrap_or(u32::MAX)
                })
            };
            if let Some(column) = column {
                frame::each_text(column, &mut code, &mut codes);
            }
            if codes.len() < end {
                codes.resize(end, code(None));
            }
            if members.len() > Combinations::MAX {
                return None;
            }
        }
        Some(Self {
            name,
            members,
            codes,
        })
    }
}
