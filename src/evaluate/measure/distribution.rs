//! How a whole is spread over the members of a column.

use std::collections::{BTreeMap, BTreeSet};

use super::{Cells, Measuring, Tally};
use crate::catalogue::{Concentration, ValueExpression};
use crate::error::Result;
use crate::evaluate::dimension::{Dimension, MISSING};

/// Sums by cell and member of a column.
pub(super) type MemberSums = BTreeMap<(usize, u32), i128>;
/// Cells and the members of a column that they have.
pub(super) type Seen = BTreeSet<(usize, u32)>;

impl Measuring<'_, '_> {
    /// What each member of a column has of each cell. Rows without a member or a value are excluded.
    pub(super) fn concentration(
        &self,
        dimension: &Dimension,
        over: &str,
        of: Option<&ValueExpression>,
        (cells, sums): (&mut Cells, &mut MemberSums),
    ) -> Result<()> {
        let ranked = self.base.dimension(std::slice::from_ref(&over.to_owned()));
        let values = of.map(|of| self.base.values(of)).transpose()?;
        self.each(dimension, |row, period, member| {
            let code = ranked.code(row);
            let named = ranked.members.get(code as usize).map(String::as_str) != Some(MISSING);
            let value = match &values {
                Some(values) => values.get(row),
                None => Some(1),
            };
            let Some(value) = value.filter(|_| named) else {
                if let Some(cell) = cells.at(period, member) {
                    cell.n_excluded += 1;
                }
                return;
            };
            let index = cells.index(period, member);
            self.count_row(cells, row, index);
            *sums.entry((index, code)).or_default() += value;
        });
        Ok(())
    }

    /// How many distinct members of a column. Rows without one are excluded.
    pub(super) fn distinct(
        &self,
        dimension: &Dimension,
        of: &str,
        (cells, seen): (&mut Cells, &mut Seen),
    ) {
        let counted = self.base.dimension(std::slice::from_ref(&of.to_owned()));
        self.each(dimension, |row, period, member| {
            let code = counted.code(row);
            if counted.members.get(code as usize).map(String::as_str) == Some(MISSING) {
                if let Some(cell) = cells.at(period, member) {
                    cell.n_excluded += 1;
                }
                return;
            }
            let index = cells.index(period, member);
            self.count_row(cells, row, index);
            let new = seen.insert((index, code));
            if new
                && let Some(cell) = cells.get_mut(index)
                && let Tally::Count(count) = &mut cell.tally
            {
                *count += 1;
            }
        });
    }
}

/// Share of the greatest members, or sum of squared shares. `None` where the whole is not positive.
pub(super) fn concentrations(index: Concentration, cells: &mut Cells, sums: &MemberSums) {
    for (at, cell) in cells.iter_mut() {
        let own = sums.range((at, 0)..=(at, u32::MAX)).map(|(_, sum)| *sum);
        cell.tally = Tally::Figure {
            value: condensed(own.collect(), index),
            ci: None,
        };
    }
}

fn condensed(mut sums: Vec<i128>, index: Concentration) -> Option<f64> {
    let whole: i128 = sums.iter().sum();
    if whole <= 0 {
        return None;
    }
    match index {
        Concentration::Top(count) => {
            sums.sort_unstable_by(|a, b| b.cmp(a));
            let top: i128 = sums.iter().take(count).sum();
            Some(top as f64 / whole as f64)
        }
        Concentration::Hhi => {
            let squares = sums.iter().map(|sum| (*sum as f64 / whole as f64).powi(2));
            Some(squares.sum())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concentration_of_four_members() {
        let sums = vec![10, 40, 20, 30];
        assert_eq!(condensed(sums.clone(), Concentration::Top(2)), Some(0.7));
        // 0.01 + 0.16 + 0.04 + 0.09
        let hhi = condensed(sums, Concentration::Hhi).unwrap();
        assert!((hhi - 0.3).abs() < 1e-12);
        assert_eq!(condensed(vec![], Concentration::Top(1)), None);
        assert_eq!(condensed(vec![5, -5], Concentration::Hhi), None);
    }
}
