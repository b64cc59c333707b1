//! What a ranking by score would have found.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Cells, Measuring, Tally};
use crate::catalogue::{Depth, Gain, Measure, count};
use crate::error::Result;
use crate::evaluate::dimension::Dimension;
use crate::evaluate::statistics::wilson_of;
use crate::model::Milestone;

/// Rows of one score, which stand for each other.
#[derive(Clone, Copy, Debug, Default)]
struct Tied {
    rows: u64,
    /// How many of them were findings.
    found: u64,
    /// What they hold, in millionths.
    amount: i128,
}

/// The scored rows of a cell, the highest score first.
#[derive(Debug, Default)]
pub(super) struct Scored {
    by_score: BTreeMap<Reverse<i128>, Tied>,
    rows: u64,
    /// How many of them were inspected.
    inspected: u64,
}

impl Measuring<'_, '_> {
    /// Ranks rows by score. Rows without one are excluded.
    pub(super) fn gain(
        &self,
        dimension: &Dimension,
        (cells, scored): (&mut Cells, &mut BTreeMap<usize, Scored>),
    ) -> Result<()> {
        let Measure::Gain {
            score, when, gain, ..
        } = &self.definition.measure
        else {
            return Ok(());
        };
        let (scores, found) = (self.base.amounts(score), self.base.condition(when)?);
        let amounts = match gain {
            Gain::Amount(of) => Some(self.base.values(of)?),
            Gain::Recall | Gain::Precision => None,
        };
        let inspections = self.base.times(&count(Milestone::InspectionCompleted));
        self.each(dimension, |row, period, member| {
            let index = cells.index(period, member);
            let Some(cell) = cells.at(period, member) else {
                return;
            };
            let Some(score) = scores.get(row) else {
                cell.n_excluded += 1;
                return;
            };
            cell.n += 1;
            let amount = amounts.as_ref().and_then(|amounts| amounts.get(row));
            let of_cell = scored.entry(index).or_default();
            let found = found.get(row).copied().unwrap_or(false);
            of_cell.push(score, found, amount.unwrap_or_default());
            let inspections = inspections.get(row);
            of_cell.inspected += u64::from(inspections.is_some_and(|count| count > 0));
        });
        Ok(())
    }
}

impl Scored {
    fn push(&mut self, score: i128, found: bool, amount: i128) {
        let tied = self.by_score.entry(Reverse(score)).or_default();
        tied.rows += 1;
        tied.found += u64::from(found);
        tied.amount += amount;
        self.rows += 1;
    }
}

/// What is gained by reading ranked rows down to a depth. Where it ends among rows of one score each counts
/// with the same fraction.
pub(super) fn gains(measure: &Measure, cells: &mut Cells, scored: &BTreeMap<usize, Scored>) {
    if let Measure::Gain { depth, gain, .. } = measure {
        for (at, cell) in cells.iter_mut() {
            let Some(scored) = scored.get(&at) else {
                continue;
            };
            let read = match depth {
                Depth::Share(share) => scored.rows as f64 * share,
                Depth::Inspected => scored.inspected as f64,
            };
            let gained = gained(scored, read, gain);
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
    }
}

/// What is taken, out of what whole. `None` where nothing is read, or nothing could be found.
fn gained(scored: &Scored, read: f64, gain: &Gain) -> Option<(f64, f64)> {
    let worth = |tied: &Tied| match gain {
        Gain::Recall | Gain::Precision => tied.found as f64,
        Gain::Amount(_) => tied.amount as f64,
    };
    let (mut taken, mut left) = (0.0, read);
    for tied in scored.by_score.values() {
        let fraction = (left / tied.rows as f64).clamp(0.0, 1.0);
        taken += worth(tied) * fraction;
        left -= tied.rows as f64;
    }
    let whole = match gain {
        Gain::Precision => read,
        Gain::Recall | Gain::Amount(_) => scored.by_score.values().map(worth).sum(),
    };
    (whole > 0.0).then_some((taken, whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_at_the_depth_count_in_part() {
        let ranked = |rows: &[(i128, bool)]| {
            let mut scored = Scored::default();
            for (score, found) in rows {
                scored.push(*score, *found, 0);
            }
            scored
        };
        // Read 2 of 5: the row with 9, and one of the three with 7, of which one in three is a finding.
        let rows = ranked(&[(7, false), (9, true), (7, true), (1, true), (7, false)]);
        let (found, all) = gained(&rows, 2.0, &Gain::Recall).unwrap();
        assert!((found - (1.0 + 1.0 / 3.0)).abs() < 1e-12);
        assert_eq!(all.to_bits(), 3.0_f64.to_bits());
        let (found, read) = gained(&rows, 2.0, &Gain::Precision).unwrap();
        assert!((found / read - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(gained(&ranked(&[(1, false)]), 1.0, &Gain::Recall), None);
    }
}
