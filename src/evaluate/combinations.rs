//! Combinations of values: a condition that reads texts, truth values and counts alone is the same for all rows that have
//! the same ones, and these are few where rows are many.

use polars::prelude::{Column, DataFrame, NamedFrom, Series};

use super::frame::{self, Kind};
use super::known::Known;
use crate::error::{Error, Result};
use crate::fold::Clearances;

/// The combinations of values that rows may have in some columns.
pub(super) struct Combinations<'c> {
    columns: Vec<Values<'c>>,
    /// How many combinations there are.
    count: usize,
}

/// The values of a column.
struct Values<'c> {
    name: &'c str,
    /// Each once.
    members: Members<'c>,
    /// For each row the position of its own.
    codes: Vec<u32>,
}

enum Members<'c> {
    Texts(Vec<Option<&'c str>>),
    Bools(Vec<Option<bool>>),
    Counts(Vec<i64>),
}

impl<'c> Combinations<'c> {
    /// More are not worth it: a condition is asked of a row as fast as its combination is found.
    const MAX: usize = 1 << 12;

    /// Whether rows may be told apart by a column of the clearances.
    pub(super) fn may_have(name: &str) -> bool {
        frame::is_dimension(name) || frame::kind(name) == Kind::Count
    }

    /// Those of some columns; `None` where there are too many.
    pub(super) fn of(
        clearances: &'c Clearances,
        names: impl Iterator<Item = &'c str>,
    ) -> Option<Self> {
        let (mut columns, mut count) = (Vec::new(), 1);
        for name in names {
            let values = Values::of(clearances, name)?;
            count *= values.members.len();
            if count > Self::MAX {
                return None;
            }
            columns.push(values);
        }
        Some(Self { columns, count })
    }

    /// A row for each combination: the last column changes from row to row.
    pub(super) fn frame(&self) -> Result<DataFrame> {
        let mut repeats = self.count;
        let columns = self.columns.iter().map(|values| {
            repeats /= values.members.len().max(1);
            let members = values.members.repeated(values.name, self.count, repeats);
            Column::from(members)
        });
        DataFrame::new(self.count, columns.collect())
            .map_err(|cause| Error::internal("building the frame of combinations", cause))
    }

    /// For each row whether its combination is `met`; `None` where that is not said of each combination.
    pub(super) fn spread(&self, met: &[bool]) -> Option<Vec<bool>> {
        if met.len() != self.count {
            return None;
        }
        let mut columns = self.columns.iter();
        let mut codes = columns
            .next()
            .map_or_else(Vec::new, |values| values.codes.clone());
        for values in columns {
            let width = u32::try_from(values.members.len()).unwrap_or(u32::MAX);
            for (code, own) in codes.iter_mut().zip(&values.codes) {
                *code = *code * width + own;
            }
        }
        let is_met = |code: &u32| met.get(*code as usize) == Some(&true);
        Some(codes.iter().map(is_met).collect())
    }
}

impl Members<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Texts(members) => members.len(),
            Self::Bools(members) => members.len(),
            Self::Counts(members) => members.len(),
        }
    }

    /// So many rows, each member `repeats` times one after the other and then all of them again.
    fn repeated(&self, name: &str, rows: usize, repeats: usize) -> Series {
        fn of<T: Copy>(members: &[T], rows: usize, repeats: usize) -> Vec<T> {
            let each = members
                .iter()
                .flat_map(|one| std::iter::repeat_n(*one, repeats));
            each.cycle().take(rows).collect()
        }
        match self {
            Self::Texts(members) => Series::new(name.into(), of(members, rows, repeats)),
            Self::Bools(members) => Series::new(name.into(), of(members, rows, repeats)),
            Self::Counts(members) => Series::new(name.into(), of(members, rows, repeats)),
        }
    }
}

impl<'c> Values<'c> {
    fn of(clearances: &'c Clearances, name: &'c str) -> Option<Self> {
        let (members, codes) = match frame::kind(name) {
            Kind::Bool => {
                let (members, codes) = Known::of(
                    frame::bools(clearances, name).into_iter(),
                    Combinations::MAX,
                )?;
                (Members::Bools(members), codes)
            }
            Kind::Count => {
                let counts = frame::integers(clearances, name);
                let counts = counts.iter().map(Option::unwrap_or_default);
                let (members, codes) = Known::of(counts, Combinations::MAX)?;
                (Members::Counts(members), codes)
            }
            _ => {
                let (members, codes) = texts(clearances, name)?;
                (Members::Texts(members), codes)
            }
        };
        Some(Self {
            name,
            members,
            codes,
        })
    }
}

/// The texts of a column, each of which is looked up once in a range, and their codes by row; `None` where there are too many.
fn texts<'c>(clearances: &'c Clearances, name: &str) -> Option<(Vec<Option<&'c str>>, Vec<u32>)> {
    let mut known = Known::default();
    let codes = frame::text_codes(clearances, name, |text| {
        if known.members.len() > Combinations::MAX {
            0
        } else {
            known.code(text)
        }
    });
    (known.members.len() <= Combinations::MAX).then_some((known.members, codes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_the_answer_of_its_combination() {
        let texts = |members: &[Option<&'static str>]| Members::Texts(members.to_vec());
        let column = |name, members, codes: &[u32]| Values {
            name,
            members,
            codes: codes.to_vec(),
        };
        let combinations = Combinations {
            columns: vec![
                column("lane", texts(&[Some("red"), None]), &[0, 1, 0, 1]),
                column("n_count", Members::Counts(vec![0, 2, 1]), &[0, 2, 1, 1]),
                column(
                    "finding",
                    Members::Bools(vec![Some(true), None]),
                    &[1, 1, 0, 1],
                ),
            ],
            count: 12,
        };
        let frame = combinations.frame().unwrap();
        assert_eq!((frame.height(), frame.width()), (12, 3));
        let lanes = frame.column("lane").unwrap().str().unwrap();
        let counts = frame.column("n_count").unwrap().i64().unwrap();
        let findings = frame.column("finding").unwrap().bool().unwrap();
        let rows: Vec<(Option<&str>, Option<i64>, Option<bool>)> = (0..12)
            .map(|row| (lanes.get(row), counts.get(row), findings.get(row)))
            .collect();
        assert_eq!(rows[1], (Some("red"), Some(0), None));
        assert_eq!(rows[2], (Some("red"), Some(2), Some(true)));
        assert_eq!(rows[11], (None, Some(1), None));
        // The combination of each row, met by that row alone.
        let of_rows = [1, 11, 2, 9];
        for (row, combination) in of_rows.into_iter().enumerate() {
            let mut met = vec![false; 12];
            met[combination] = true;
            let wanted: Vec<bool> = (0..4).map(|other| other == row).collect();
            assert_eq!(combinations.spread(&met), Some(wanted));
        }
        assert_eq!(combinations.spread(&[true]), None);
    }
}
