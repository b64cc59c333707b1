//! What a ranking by score would have found.

use std::collections::BTreeMap;

use super::distribution::empty;
use super::{Cells, Measuring, Tally};
use crate::catalogue::{Depth, Gain, Measure, count};
use crate::error::Result;
use crate::evaluate::base::Dimension;
use crate::evaluate::statistics::wilson_of;
use crate::model::Milestone;

/// A scored row.
#[derive(Clone, Copy)]
struct Scored {
    score: i128,
    found: bool,
    amount: f64,
}

impl Measuring<'_, '_> {
    /// Rows ranked by falling score, read down to a depth. Rows of one score stand for each other: where the
    /// depth ends among them each counts with the same fraction. Rows without a score are excluded.
    pub(super) fn gain(&self, dimension: &Dimension) -> Result<Cells> {
        let mut cells = Cells::new(self.grid, dimension, empty());
        let Measure::Gain {
            score,
            when,
            depth,
            gain,
        } = &self.definition.measure
        else {
            return Ok(cells);
        };
        let (scores, found) = (self.base.amounts(score), self.base.condition(when)?);
        let amounts = match gain {
            Gain::Amount(of) => Some(self.base.values(of)?),
            Gain::Recall | Gain::Precision => None,
        };
        let inspections = self.base.times(&count(Milestone::InspectionCompleted));
        let mut scored: BTreeMap<usize, (Vec<Scored>, u64)> = BTreeMap::new();
        self.each(dimension, |row, period, member| {
            let index = cells.index(period, member);
            let Some(cell) = cells.at(period, member) else {
                return;
            };
            let Some(score) = scores.get(row).copied().flatten() else {
                cell.n_excluded += 1;
                return;
            };
            cell.n += 1;
            let amount = amounts.as_ref().and_then(|a| a.get(row).copied().flatten());
            let (rows, inspected) = scored.entry(index).or_default();
            rows.push(Scored {
                score,
                found: found.get(row).copied().unwrap_or(false),
                amount: amount.unwrap_or_default() as f64,
            });
            let inspections = inspections.get(row).copied().flatten();
            *inspected += u64::from(inspections.is_some_and(|count| count > 0));
        });
        for (at, cell) in cells.iter_mut() {
            let Some((rows, inspected)) = scored.get_mut(&at) else {
                continue;
            };
            let read = match depth {
                Depth::Share(share) => rows.len() as f64 * share,
                Depth::Inspected => *inspected as f64,
            };
            let gained = gained(rows, read, gain);
            cell.tally = Tally::Figure {
                value: gained.map(|(taken, whole)| taken / whole),
                // An amount is no count of rows.
                ci: match gain {
                    Gain::Recall | Gain::Precision => {
                        gained.and_then(|(taken, whole)| wilson_of(taken, whole))
                    }
                    Gain::Amount(_) => None,
                },
            };
        }
        Ok(cells)
    }
}

/// What is taken, out of what whole. `None` where nothing is read, or nothing could be found.
fn gained(rows: &mut [Scored], read: f64, gain: &Gain) -> Option<(f64, f64)> {
    let worth = |row: &Scored| match gain {
        Gain::Recall | Gain::Precision => f64::from(u8::from(row.found)),
        Gain::Amount(_) => row.amount,
    };
    rows.sort_unstable_by(|a, b| b.score.cmp(&a.score).then(b.amount.total_cmp(&a.amount)));
    let (mut taken, mut left) = (0.0, read);
    for tied in rows.chunk_by(|a, b| a.score == b.score) {
        let fraction = (left / tied.len() as f64).clamp(0.0, 1.0);
        taken += tied.iter().map(worth).sum::<f64>() * fraction;
        left -= tied.len() as f64;
    }
    let whole = match gain {
        Gain::Precision => read,
        Gain::Recall | Gain::Amount(_) => rows.iter().map(worth).sum(),
    };
    (whole > 0.0).then_some((taken, whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_at_the_depth_count_in_part() {
        let row = |score, found| Scored {
            score,
            found,
            amount: 0.0,
        };
        // Read 2 of 5: the row with 9, and one of the three with 7, of which one in three is a finding.
        let mut rows = [
            row(7, false),
            row(9, true),
            row(7, true),
            row(1, true),
            row(7, false),
        ];
        let (found, all) = gained(&mut rows, 2.0, &Gain::Recall).unwrap();
        assert!((found - (1.0 + 1.0 / 3.0)).abs() < 1e-12);
        assert_eq!(all.to_bits(), 3.0_f64.to_bits());
        let (found, read) = gained(&mut rows, 2.0, &Gain::Precision).unwrap();
        assert!((found / read - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(gained(&mut [row(1, false)], 1.0, &Gain::Recall), None);
    }
}
