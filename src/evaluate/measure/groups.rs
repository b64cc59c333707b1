//! Two groups set against each other.

use std::collections::BTreeMap;

use super::distribution::empty;
use super::spans::Spanned;
use super::{Cells, Measuring, Tally};
use crate::catalogue::{Contrast, Measure};
use crate::error::Result;
use crate::evaluate::base::Dimension;
use crate::evaluate::statistics::{mean, quantile};

/// The spans of both groups in one stratum of one cell, in microseconds.
#[derive(Default)]
struct Stratum {
    a: Vec<i64>,
    b: Vec<i64>,
}

impl Measuring<'_, '_> {
    /// Rows of the first and of the second group that meet a condition. A row in neither is not
    /// counted; `n` is the rows of both.
    pub(super) fn lift(
        &self,
        dimension: &Dimension,
        when: &str,
        (a, b): (&str, &str),
    ) -> Result<Cells> {
        let when = self.base.condition(when)?;
        let (a, b) = (self.base.condition(a)?, self.base.condition(b)?);
        let is = |met: &[bool], row: usize| met.get(row).copied().unwrap_or(false);
        let empty = Tally::Groups {
            a: (0, 0),
            b: (0, 0),
        };
        let mut cells = Cells::new(self.grid, dimension, empty);
        self.each(dimension, |row, period, member| {
            let (in_a, in_b) = (is(&a, row), is(&b, row));
            let Some(cell) = cells.at(period, member) else {
                return;
            };
            cell.n += u64::from(in_a || in_b);
            let Tally::Groups { a, b } = &mut cell.tally else {
                return;
            };
            let met = u64::from(is(&when, row));
            for (group, within) in [(a, in_a), (b, in_b)] {
                if within {
                    group.0 += met;
                    group.1 += 1;
                }
            }
        });
        Ok(cells)
    }

    /// The median (or mean) of group a against that of group b, where b's rows are weighted so that each
    /// stratum has the share that it has in a (direct standardisation; Rothman, "Epidemiology: An
    /// Introduction", 2012, chapter 10). Strata that lack one of the groups, and rows whose span is not
    /// known, are left out and counted as excluded. `None` where no stratum has both.
    pub(super) fn contrast(&self, dimension: &Dimension) -> Result<Cells> {
        let mut cells = Cells::new(self.grid, dimension, empty());
        let Measure::Contrast {
            of,
            median,
            a,
            b,
            form,
            strata,
        } = &self.definition.measure
        else {
            return Ok(cells);
        };
        let other = self.referred(of)?;
        let (a, b) = (other.base.condition(a)?, other.base.condition(b)?);
        let is = |met: &[bool], row: usize| met.get(row).copied().unwrap_or(false);
        let mixes = other.base.dimension(strata);
        let mut found: BTreeMap<(usize, u32), Stratum> = BTreeMap::new();
        for span in other.rows_with_spans() {
            let row = span.row as usize;
            let (in_a, in_b) = (is(&a, row), is(&b, row));
            if in_a == in_b {
                continue;
            }
            let member = dimension.code(row);
            let index = cells.index(span.period, member);
            let Some(cell) = cells.at(span.period, member) else {
                continue;
            };
            match span.span {
                Spanned::Done(us) => {
                    let stratum = found.entry((index, mixes.code(row))).or_default();
                    let group = if in_a { &mut stratum.a } else { &mut stratum.b };
                    group.push(us);
                }
                Spanned::Open(_) => cell.n_open += 1,
                Spanned::Excluded => cell.n_excluded += 1,
            }
        }
        for (at, cell) in cells.iter_mut() {
            let own = found.range((at, 0)..=(at, u32::MAX));
            let (both, alone): (Vec<&Stratum>, Vec<&Stratum>) = own
                .map(|(_, stratum)| stratum)
                .partition(|stratum| !stratum.a.is_empty() && !stratum.b.is_empty());
            let size = |strata: &[&Stratum]| -> u64 {
                let sizes = strata.iter().map(|s| (s.a.len() + s.b.len()) as u64);
                sizes.sum()
            };
            cell.n = size(&both);
            cell.n_excluded += size(&alone);
            cell.tally = Tally::Figure {
                value: contrasted(&both, *median, *form),
                ci: None,
            };
        }
        Ok(cells)
    }
}

/// The contrast of the groups; differences in seconds.
fn contrasted(strata: &[&Stratum], median: bool, form: Contrast) -> Option<f64> {
    let mut a: Vec<i64> = strata.iter().flat_map(|s| s.a.iter().copied()).collect();
    a.sort_unstable();
    let mut b: Vec<(i64, f64)> = Vec::new();
    for stratum in strata {
        let weight = stratum.a.len() as f64 / stratum.b.len() as f64;
        b.extend(stratum.b.iter().map(|us| (*us, weight)));
    }
    b.sort_unstable_by(|x, y| x.0.cmp(&y.0).then(x.1.total_cmp(&y.1)));
    let (a, b) = if median {
        (quantile(&a, 0.5)?, weighted_quantile(&b, 0.5)?)
    } else {
        (mean(&a)?, weighted_mean(&b)?)
    };
    match form {
        Contrast::Advantage => (b > 0.0).then(|| 1.0 - a / b),
        Contrast::Difference => Some((a - b) / 1e6),
    }
}

fn weighted_mean(values: &[(i64, f64)]) -> Option<f64> {
    let total: f64 = values.iter().map(|(_, weight)| weight).sum();
    let sum: f64 = values.iter().map(|(us, weight)| *us as f64 * weight).sum();
    (total > 0.0).then(|| sum / total)
}

/// Quantile of weighted values, ascending: each stands at the middle of its weight, the first at 0 and the
/// last at 1, with straight lines between. With equal weights that is type 7.
fn weighted_quantile(values: &[(i64, f64)], p: f64) -> Option<f64> {
    let (first, last) = (values.first()?, values.last()?);
    let total: f64 = values.iter().map(|(_, weight)| weight).sum();
    let length = total - f64::midpoint(first.1, last.1);
    if values.len() == 1 || length <= 0.0 {
        return Some(first.0 as f64);
    }
    let (mut before, mut left): (f64, Option<(f64, f64)>) = (0.0, None);
    for (us, weight) in values {
        let at = (before + weight / 2.0 - first.1 / 2.0) / length;
        let value = *us as f64;
        if at >= p {
            return Some(match left {
                Some((left_at, left_value)) if at > left_at => {
                    left_value + (value - left_value) * (p - left_at) / (at - left_at)
                }
                _ => value,
            });
        }
        left = Some((at, value));
        before += weight;
    }
    Some(last.0 as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_weights_give_type_seven() {
        let values = [3, 9, 10, 40, 41];
        let weighted: Vec<(i64, f64)> = values.iter().map(|us| (*us, 0.3)).collect();
        for p in [0.0, 0.1, 0.5, 0.9, 1.0] {
            let (found, wanted) = (
                weighted_quantile(&weighted, p).unwrap(),
                quantile(&values, p).unwrap(),
            );
            assert!((found - wanted).abs() < 1e-9, "{p}: {found} {wanted}");
        }
        assert_eq!(weighted_quantile(&[], 0.5), None);
    }

    #[test]
    fn the_second_group_takes_the_mix_of_the_first() {
        // Road: a 10 10 10, b 20; rail: a 100, b 200 200 200. Means: a 32.5, b with a's mix
        // (3 × 20 + 1 × 200) / 4 = 65; unweighted it would be 155.
        let road = Stratum {
            a: vec![10, 10, 10],
            b: vec![20],
        };
        let rail = Stratum {
            a: vec![100],
            b: vec![200, 200, 200],
        };
        let advantage = contrasted(&[&road, &rail], false, Contrast::Advantage).unwrap();
        assert!((advantage - 0.5).abs() < 1e-12);
        assert_eq!(contrasted(&[], true, Contrast::Advantage), None);
    }
}
