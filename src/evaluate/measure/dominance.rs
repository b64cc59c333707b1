//! Whether one trader makes up most of an amount, so that its figure would tell theirs.

use super::Measuring;
use super::cells::Cells;
use crate::evaluate::dimension::{Dimension, MISSING};

/// A cell is dominated when one trader makes up more than this share of its amount (the (1, k) rule of
/// Hundepool et al. 2012, "Statistical Disclosure Control", 4.2).
const SHARE: f64 = 0.85;

/// How often the rows have been gone through before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::evaluate) enum Pass {
    /// They have not.
    First,
    /// Once.
    Second,
}

/// For each cell the trader who may make up most of an amount.
pub(super) struct Majority(Vec<Candidate>);

/// The trader who may have more than half of a cell's amount, and what is known of it.
#[derive(Clone, Copy, Default)]
struct Candidate {
    trader: Option<u32>,
    /// How much the trader is ahead of the others so far.
    lead: i128,
    own: i128,
    whole: i128,
}

impl Measuring<'_, '_> {
    /// Looks for who makes up most of an amount in each cell (of its magnitude, where rows are negative).
    /// Whoever has more than half of it is left over when rows of different traders cancel each other
    /// (Boyer & Moore 1991, "MJRTY: a fast majority vote algorithm", with weights), so that memory is bounded
    /// by the cells; a second pass counts what they have. Rows without a trader are traders of their own.
    pub(super) fn look_for(
        &self,
        Majority(candidates): &mut Majority,
        (dimension, cells): (&Dimension, &Cells),
        pass: Pass,
        amount: &dyn Fn(usize) -> Option<i128>,
    ) {
        let take = match pass {
            Pass::First => Candidate::vote,
            Pass::Second => Candidate::count,
        };
        let traders = self.base.dimension(&["trader".to_owned()]);
        let missing = traders.members.iter().position(|name| name == MISSING);
        let named = |code: u32| (Some(code as usize) != missing).then_some(code);
        self.each(dimension, |row, period, member| {
            let amount = amount(row).unwrap_or_default();
            let candidate = candidates.get_mut(cells.index(period, member));
            if let Some(candidate) = candidate.filter(|_| amount != 0) {
                take(candidate, named(traders.code(row)), amount.abs());
            }
        });
    }
}

impl Majority {
    /// Nobody yet, in each of some cells.
    pub(super) fn of(cells: &Cells) -> Self {
        let mut candidates = Vec::new();
        candidates.resize_with(cells.len(), Candidate::default);
        Self(candidates)
    }

    /// Marks the cells in which one trader makes up more than 85 % of the amount.
    pub(super) fn mark(&self, cells: &mut Cells) {
        for ((_, cell), candidate) in cells.iter_mut().zip(&self.0) {
            cell.dominated |= candidate.own as f64 > SHARE * candidate.whole as f64;
        }
    }
}

impl Candidate {
    fn vote(&mut self, trader: Option<u32>, amount: i128) {
        if trader.is_some() && trader == self.trader {
            self.lead += amount;
        } else if amount > self.lead {
            self.trader = trader;
            self.lead = amount - self.lead;
        } else {
            self.lead -= amount;
        }
    }

    fn count(&mut self, trader: Option<u32>, amount: i128) {
        self.whole += amount;
        if trader.is_some() && trader == self.trader {
            self.own += amount;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(rows: &[(Option<u32>, i128)]) -> (i128, i128) {
        let mut candidate = Candidate::default();
        for (trader, amount) in rows {
            candidate.vote(*trader, *amount);
        }
        for (trader, amount) in rows {
            candidate.count(*trader, *amount);
        }
        (candidate.own, candidate.whole)
    }

    #[test]
    fn whoever_has_more_than_half_is_found_in_any_order() {
        let (a, b, c) = (Some(1), Some(2), Some(3));
        let mut rows = vec![(a, 30), (b, 5), (a, 60), (c, 2), (b, 3)];
        for _ in 0..rows.len() {
            rows.rotate_left(1);
            assert_eq!(share(&rows), (90, 100));
        }
        // Rows without a trader are nobody's together.
        assert_eq!(share(&[(None, 50), (None, 40), (a, 10)]).1, 100);
        assert_eq!(share(&[(None, 50), (None, 40)]).0, 0);
    }
}
