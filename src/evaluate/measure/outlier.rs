//! Members that differ from what their mix lets expect.

use std::collections::BTreeMap;

use super::distribution::empty;
use super::spans::Spanned;
use super::{Cells, Measuring, Tally};
use crate::catalogue::Measure;
use crate::error::Result;
use crate::evaluate::base::{Dimension, MISSING};

/// A row's stratum, cell and value.
struct Observed {
    period: u32,
    stratum: u32,
    member: u32,
    value: f64,
}

impl Measuring<'_, '_> {
    /// For each member the mean difference between its rows and the mean of their strata over all members
    /// (indirect standardisation), as a robust z over the members of its period: (d − median d) / (1.4826 ×
    /// MAD) (Iglewicz & Hoaglin 1993, "How to Detect and Handle Outliers"). Members with too few rows to be
    /// shown, and rows without a member, shape neither median nor MAD. `None` where the MAD is zero.
    pub(super) fn outlier(
        &self,
        dimension: &Dimension,
        of: &str,
        within: &[String],
    ) -> Result<Cells> {
        let other = self.referred(of)?;
        let strata = other.base.dimension(within);
        let observed = other.observed(dimension, &strata)?;
        let mut means: BTreeMap<(u32, u32), (f64, u64)> = BTreeMap::new();
        for row in &observed {
            let (sum, n) = means.entry((row.period, row.stratum)).or_default();
            *sum += row.value;
            *n += 1;
        }
        let mut cells = Cells::new(self.grid, dimension, empty());
        let mut differences: BTreeMap<usize, f64> = BTreeMap::new();
        for row in &observed {
            let index = cells.index(row.period, row.member);
            let expected = means
                .get(&(row.period, row.stratum))
                .map_or(row.value, |(sum, n)| sum / *n as f64);
            *differences.entry(index).or_default() += row.value - expected;
            if let Some(cell) = cells.at(row.period, row.member) {
                cell.n += 1;
            }
        }
        self.score(dimension, &mut cells, &differences);
        Ok(cells)
    }

    fn observed(&self, dimension: &Dimension, strata: &Dimension) -> Result<Vec<Observed>> {
        let seen = |row: u32, period: u32, value: f64| Observed {
            period,
            stratum: strata.code(row as usize),
            member: dimension.code(row as usize),
            value,
        };
        if let Measure::Share { when } = &self.definition.measure {
            let met = self.base.condition(when)?;
            let value = |row: u32| {
                let met = met.get(row as usize).copied().unwrap_or(false);
                f64::from(u8::from(met))
            };
            let rows = self.population.rows.iter();
            return Ok(rows
                .map(|(row, period)| seen(*row, *period, value(*row)))
                .collect());
        }
        let spans = self.rows_with_spans().iter();
        Ok(spans
            .filter_map(|span| match span.span {
                Spanned::Done(us) => Some(seen(span.row, span.period, us as f64 / 1e6)),
                Spanned::Open(_) | Spanned::OpenSince | Spanned::Excluded => None,
            })
            .collect())
    }

    fn score(&self, dimension: &Dimension, cells: &mut Cells, sums: &BTreeMap<usize, f64>) {
        let members = dimension.members.len();
        let named = |index: usize| {
            let member = dimension.members.get(index % members.max(1));
            member.is_some_and(|name| name.split('+').all(|part| part != MISSING))
        };
        let mut by_period: BTreeMap<usize, Vec<(usize, f64)>> = BTreeMap::new();
        for (index, cell) in cells.iter_mut() {
            if let Some(sum) = sums.get(&index)
                && named(index)
                && cell.n >= self.scope.min_declarations
            {
                let period = by_period.entry(index / members.max(1)).or_default();
                period.push((index, sum / cell.n as f64));
            }
        }
        let mut scores: BTreeMap<usize, f64> = BTreeMap::new();
        for differences in by_period.values() {
            let middle = median(differences.iter().map(|(_, d)| *d).collect());
            let spread = median(
                differences
                    .iter()
                    .map(|(_, d)| (d - middle).abs())
                    .collect(),
            );
            if spread > 0.0 {
                scores.extend(
                    differences
                        .iter()
                        .map(|(index, d)| (*index, (d - middle) / (1.4826 * spread))),
                );
            }
        }
        for (index, cell) in cells.iter_mut() {
            cell.tally = Tally::Figure {
                value: scores.get(&index).copied(),
                ci: None,
            };
        }
    }
}

/// The middle of some numbers, or of the two in the middle; 0 for none.
fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    let at = |index: usize| numbers.get(index).copied().unwrap_or_default();
    if numbers.len() % 2 == 1 {
        at(middle)
    } else if numbers.is_empty() {
        0.0
    } else {
        f64::midpoint(at(middle - 1), at(middle))
    }
}
