//! Members that differ from what their mix lets expect.

use std::collections::BTreeMap;

use super::dominance::Pass;
use super::spans::Spanned;
use super::{Cells, Measuring, Tally};
use crate::catalogue::Measure;
use crate::error::Result;
use crate::evaluate::dimension::{Dimension, MISSING};

/// A row's stratum, cell and value.
struct Observed {
    period: u32,
    stratum: u32,
    member: u32,
    value: f64,
}

/// What rows let expect, and how far they are from it.
#[derive(Debug, Default)]
pub(super) struct Expected {
    /// Sum and number of the values by period and stratum.
    means: BTreeMap<(u32, u32), (f64, u64)>,
    /// By cell the sum of the differences to the means of the strata.
    differences: BTreeMap<usize, f64>,
}

impl Measuring<'_, '_> {
    /// For each member how far its rows are from the mean of their strata over all members (indirect
    /// standardisation). The means are known after the first pass.
    pub(super) fn outlier(
        &self,
        dimension: &Dimension,
        (of, within): (&str, &[String]),
        (cells, expected): (&mut Cells, &mut Expected),
        pass: Pass,
    ) -> Result<()> {
        let other = self.referred(of)?;
        let strata = other.base.dimension(within);
        for row in other.observed(dimension, &strata)? {
            let stratum = (row.period, row.stratum);
            if pass == Pass::First {
                let (sum, n) = expected.means.entry(stratum).or_default();
                *sum += row.value;
                *n += 1;
                continue;
            }
            let mean = expected.means.get(&stratum);
            let mean = mean.map_or(row.value, |(sum, n)| sum / *n as f64);
            let index = cells.index(row.period, row.member);
            *expected.differences.entry(index).or_default() += row.value - mean;
            if let Some(cell) = cells.at(row.period, row.member) {
                cell.n += 1;
            }
        }
        Ok(())
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
            .filter_map(|span| match span.span() {
                Spanned::Done(us) => Some(seen(span.row, span.period(), us as f64 / 1e6)),
                Spanned::Open(_) | Spanned::OpenSince | Spanned::Excluded => None,
            })
            .collect())
    }
}

impl Expected {
    /// The mean difference of each member as a robust z over the members of its period: (d − median d) /
    /// (1.4826 × MAD) (Iglewicz & Hoaglin 1993, "How to Detect and Handle Outliers"). Members with fewer than
    /// `min` rows, and rows without a member, shape neither median nor MAD. `None` where the MAD is zero.
    pub(super) fn score(&self, dimension: &Dimension, min: u64, cells: &mut Cells) {
        let sums = &self.differences;
        let members = dimension.members.len();
        let named = |index: usize| {
            let member = dimension.members.get(index % members.max(1));
            member.is_some_and(|name| name.split('+').all(|part| part != MISSING))
        };
        let mut by_period: BTreeMap<usize, Vec<(usize, f64)>> = BTreeMap::new();
        for (index, cell) in cells.iter_mut() {
            if let Some(sum) = sums.get(&index)
                && named(index)
                && cell.n >= min
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
