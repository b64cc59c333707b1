//! Spans that have not ended yet: the product-limit estimate.

use super::Z;

/// The distribution of spans of which some are still open (Kaplan & Meier 1958, "Nonparametric
/// estimation from incomplete observations"). An open span says that it lasts longer than it has
/// lasted so far; where a span ends when another is as old and still open, the end comes first.
/// What an open span weighs is handed on to those that are longer (Efron 1967, "The two sample
/// problem with censored data"), so that each ended span gets a weight of its own.
///
/// Open spans are few. Between two of them the product of quotients and Greenwood's sum are telescopes: they
/// depend on how many are left at the beginning and at the end. So only the stretches between open spans are
/// kept; what holds at an ended span is worked out when it is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct KaplanMeier<'s> {
    /// Spans that have ended, ascending.
    ended: &'s [i64],
    /// How many spans there are, open ones included.
    all: usize,
    stretches: Vec<Stretch>,
    /// Weight of a single span that ended first.
    first: f64,
    /// Weight of each span that was still open after the last end; that of the last end where none was.
    last: f64,
}

/// Ended spans between which no open one was lost.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stretch {
    /// How many had ended before it.
    done: usize,
    /// How many open ones are lost by then.
    lost: usize,
    /// Share that lasts longer than those that had ended before it.
    survival: f64,
    /// Greenwood's sum up to it.
    greenwood: f64,
    /// How many are at risk at its beginning.
    at_risk: f64,
}

impl Stretch {
    /// Share that lasts longer, and Greenwood's sum, when `left` are left.
    fn when_left(&self, left: f64) -> (f64, f64) {
        // Π (n − d) / n and Σ d / (n (n − d)) = Σ (1 / (n − d) − 1 / n). A quotient of counts, so that nothing
        // open leaves exactly nothing.
        let survival = self.survival * (left / self.at_risk);
        (survival, self.greenwood + (1.0 / left - 1.0 / self.at_risk))
    }

    /// Weight of each span that ended in it.
    fn weight(&self) -> f64 {
        self.survival / self.at_risk
    }
}

/// What is known at an instant at which spans ended.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    us: i64,
    /// Positions of the spans that ended here: the first, and the first behind them.
    ended: (usize, usize),
    /// Share that lasts at least so long.
    before: f64,
    /// Share that lasts longer.
    survival: f64,
    /// Greenwood's sum Σ d / (n (n − d)) up to here; infinite where nothing lasts longer.
    greenwood: f64,
    /// Weight of a single span that ended here.
    weight: f64,
}

impl<'s> KaplanMeier<'s> {
    /// The estimate from spans that have ended and the ages of those that are open, both ascending,
    /// in microseconds.
    pub fn new(ended: &'s [i64], open: &[i64]) -> Self {
        let all = ended.len() + open.len();
        let mut stretches: Vec<Stretch> = vec![Stretch {
            done: 0,
            lost: 0,
            survival: 1.0,
            greenwood: 0.0,
            at_risk: all as f64,
        }];
        let mut done = 0;
        for same_age in open.chunk_by(|a, b| a == b) {
            let (Some(age), Some(last)) = (same_age.first(), stretches.last_mut()) else {
                continue;
            };
            let rest = ended.get(done..).unwrap_or_default();
            done += rest.partition_point(|us| us <= age);
            let lost = last.lost + same_age.len();
            let at_risk = (all - done - lost) as f64;
            if last.done == done {
                (last.lost, last.at_risk) = (lost, at_risk);
                continue;
            }
            let (survival, greenwood) = last.when_left((all - done - last.lost) as f64);
            stretches.push(Stretch {
                done,
                lost,
                survival,
                greenwood,
                at_risk,
            });
        }
        let mut estimate = Self {
            ended,
            all,
            stretches,
            first: 0.0,
            last: 0.0,
        };
        estimate.first = estimate.step(0).map_or(0.0, |step| step.weight);
        let step = ended.len().checked_sub(1).and_then(|at| estimate.step(at));
        estimate.last = step.map_or(0.0, |step| {
            // Open ones that are lost after the last end are the last.
            let left = estimate.left(step.ended);
            if left > 0.0 {
                step.survival / left
            } else {
                step.weight
            }
        });
        estimate
    }

    /// The stretch in which the span at a position ended.
    fn stretch(&self, at: usize) -> Option<&Stretch> {
        let begun = self.stretches.partition_point(|stretch| stretch.done <= at);
        self.stretches.get(begun.checked_sub(1)?)
    }

    /// The positions of the spans that are as long as the one at a position: the first, and the first behind them. They
    /// are few and stand around it, so the search begins there and doubles its steps.
    fn equal(&self, at: usize, us: i64) -> (usize, usize) {
        let is_equal = |at: usize| self.ended.get(at) == Some(&us);
        let (mut below, mut above) = (1, 1);
        while at >= below && is_equal(at - below) {
            below *= 2;
        }
        while is_equal(at + above) {
            above *= 2;
        }
        let from = at.saturating_sub(below);
        let to = self.ended.len().min(at + above);
        let before = self.ended.get(from..at).unwrap_or_default();
        let behind = self.ended.get(at..to).unwrap_or_default();
        (
            from + before.partition_point(|other| *other < us),
            at + behind.partition_point(|other| *other == us),
        )
    }

    /// How many are left when the spans at some positions have ended.
    fn left(&self, ended: (usize, usize)) -> f64 {
        let lost = self.stretch(ended.0).map_or(0, |stretch| stretch.lost);
        (self.all - ended.1 - lost) as f64
    }

    /// What is known at the instant at which the span at a position ended.
    fn step(&self, at: usize) -> Option<Step> {
        let us = *self.ended.get(at)?;
        let ended = self.equal(at, us);
        let stretch = self.stretch(at)?;
        let left = |done: usize| (self.all - done - stretch.lost) as f64;
        let (survival, greenwood) = stretch.when_left(left(ended.1));
        Some(Step {
            us,
            ended,
            before: stretch.when_left(left(ended.0)).0,
            survival,
            greenwood,
            weight: stretch.weight(),
        })
    }

    /// The step before another.
    fn step_before(&self, step: &Step) -> Option<Step> {
        self.step(step.ended.0.checked_sub(1)?)
    }

    /// The step after another.
    fn step_after(&self, step: &Step) -> Option<Step> {
        self.step(step.ended.1)
    }

    /// Share of spans that last at most so long, 0–1; 0 before the first end. Beyond the oldest open
    /// span the estimate stays where it is.
    pub fn share_by(&self, us: i64) -> f64 {
        1.0 - self.step_by(us).map_or(1.0, |step| step.survival)
    }

    /// 95 % interval of [`KaplanMeier::share_by`] by Greenwood's variance on the scale of log(−log)
    /// (Kalbfleisch & Prentice 1980, "The Statistical Analysis of Failure Time Data", 1.3), which
    /// stays inside 0–1. `None` where the share is 0 or 1.
    pub fn share_interval(&self, us: i64) -> Option<(f64, f64)> {
        let step = self.step_by(us)?;
        if step.survival <= 0.0 || step.survival >= 1.0 {
            return None;
        }
        let log = step.survival.ln();
        let half = Z * step.greenwood.sqrt() / log.abs();
        let bound = |shift: f64| 1.0 - (log * shift.exp()).exp();
        Some((bound(-half), bound(half)))
    }

    fn step_by(&self, us: i64) -> Option<Step> {
        let after = self.ended.partition_point(|ended| *ended <= us);
        self.step(after.checked_sub(1)?)
    }

    /// The step at which a quantile is reached.
    fn reaching(&self, p: f64) -> Option<Step> {
        // Later steps stand further on. Sums of weights are off by roundings: the last end of a whole
        // sample stands at 1.
        let (mut from, mut to) = (0, self.ended.len());
        while from < to {
            let step = self.step(from.midpoint(to))?;
            if self.stand(&step).1 + 1e-12 < p {
                from = step.ended.1;
            } else {
                to = step.ended.0;
            }
        }
        self.step(from)
    }

    /// Where the spans that ended at a step stand between 0 and 1: the first of them and the last.
    fn stand(&self, step: &Step) -> (f64, f64) {
        let length = self.length();
        let at = |weights: f64| (1.0 - step.before + weights - self.first / 2.0) / length;
        (
            at(step.weight / 2.0),
            at(step.before - step.survival - step.weight / 2.0),
        )
    }

    /// From the middle of the first span's weight to the middle of the last one's.
    fn length(&self) -> f64 {
        1.0 - self.first / 2.0 - self.last / 2.0
    }

    /// Quantile in microseconds: each ended span stands at the middle of its weight, the first at 0 and
    /// the last, ended or open, at 1, with straight lines between. Without open spans that is type 7.
    /// `None` where so many have not ended yet that it lies beyond the longest ended span.
    pub fn quantile(&self, p: f64) -> Option<f64> {
        if self.length() <= 0.0 {
            return self.ended.first().map(|only| *only as f64);
        }
        let step = self.reaching(p)?;
        let (us, stands_from) = (step.us as f64, self.stand(&step).0);
        let left = self.step_before(&step);
        let left = left.map(|left| (left.us as f64, self.stand(&left).1));
        Some(match left {
            Some((left_us, left_at)) if stands_from > p && stands_from > left_at => {
                left_us + (us - left_us) * ((p - left_at) / (stands_from - left_at)).max(0.0)
            }
            _ => us,
        })
    }

    /// 95 % interval of a quantile: the instants around it at which the estimate, on the scale of log(−log), is
    /// within its own error of p (Brookmeyer & Crowley 1982, "A confidence interval for the median
    /// survival time"; Klein & Moeschberger 2003, "Survival Analysis", 4.5), widened to hold the
    /// estimate. `None` where one of the bounds lies beyond what has ended.
    pub fn quantile_interval(&self, p: f64) -> Option<(f64, f64)> {
        let estimate = self.quantile(p)?;
        let wanted = (-(1.0 - p).ln()).ln();
        let away = |step: &Step| {
            let log = step.survival.ln().abs();
            (log.ln() - wanted) * log / step.greenwood.sqrt()
        };
        let within_below = |step: &Step| away(step) >= -Z;
        let lasts = |step: &Step| step.survival > 0.0;
        let middle = self.reaching(p)?;
        let middle = if lasts(&middle) {
            middle
        } else {
            self.step_before(&middle)?
        };
        // From the quantile outwards: the interval is narrow, and so the search is short.
        let outwards = std::iter::successors(Some(middle), |step| self.step_before(step));
        let low = outwards.take_while(within_below).last()?;
        let inwards = std::iter::successors(Some(low), |step| self.step_after(step));
        let high = inwards.take_while(lasts).find(|step| away(step) > Z)?;
        Some((
            (low.us as f64).min(estimate),
            (high.us as f64).max(estimate),
        ))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::evaluate::statistics::quantile;

    fn close(found: f64, wanted: f64) -> bool {
        (found - wanted).abs() <= 1e-9 * wanted.abs().max(1.0)
    }

    #[test]
    fn remission_times_give_the_published_curve() {
        // Freireich et al. 1963, 6-MP group (Klein & Moeschberger 2003, table 4.1 A): 21 patients,
        // 9 relapses in weeks 6 6 6 7 10 13 16 22 23; the others were still in remission.
        let ended = [6, 6, 6, 7, 10, 13, 16, 22, 23];
        let open = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35];
        let estimate = KaplanMeier::new(&ended, &open);
        for (week, survival) in [
            (5, 1.0),
            (6, 0.857),
            (7, 0.807),
            (10, 0.753),
            (13, 0.690),
            (16, 0.627),
            (22, 0.538),
            (23, 0.448),
            (35, 0.448),
        ] {
            let found = 1.0 - estimate.share_by(week);
            assert!((found - survival).abs() < 5e-4, "week {week}: {found}");
        }
        // Greenwood's variance at week 10 is 0.0093 (table 4.1 A): 0.753² Σ d/n(n−d).
        let step = estimate.step_by(10).unwrap();
        let variance = step.survival.powi(2) * step.greenwood;
        assert!((variance - 0.0093).abs() < 5e-5, "{variance}");
        // More than half ended by week 23, fewer by week 22; seven tenths have not ended at all.
        let median = estimate.quantile(0.5).unwrap();
        assert!((22.0..=23.0).contains(&median), "{median}");
        assert_eq!(estimate.quantile(0.7), None);
        // Standardised distances from one half: −1.499 in week 13, the first within ± 1.96, but
        // only 0.392 in week 23: there is no upper bound. From a quarter: −1.080 in week 6, 1.237
        // in week 16, 1.998 in week 22.
        assert_eq!(estimate.quantile_interval(0.5), None);
        let (low, high) = estimate.quantile_interval(0.25).unwrap();
        assert!(close(low, 6.0) && close(high, 22.0), "{low} {high}");
    }

    #[test]
    fn without_open_spans_it_is_the_plain_distribution() {
        let ended = [3, 9, 9, 10, 40, 41, 41, 41];
        let estimate = KaplanMeier::new(&ended, &[]);
        for p in [0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 1.0] {
            let (found, wanted) = (estimate.quantile(p).unwrap(), quantile(&ended, p).unwrap());
            assert!(close(found, wanted), "{p}: {found} {wanted}");
        }
        assert!(close(estimate.share_by(9), 3.0 / 8.0));
        assert!(close(estimate.share_by(41), 1.0));
        assert_eq!(KaplanMeier::new(&[], &[]).quantile(0.5), None);
        assert_eq!(KaplanMeier::new(&[5], &[]).quantile(0.9), Some(5.0));
        assert_eq!(KaplanMeier::new(&[], &[5]).quantile(0.1), None);
    }

    #[test]
    fn spans_open_longer_than_all_ended_ones_stand_behind_them() {
        // Type 7 of 1 2 3 and something longer: the median lies between 2 and 3; P75 is not known.
        let estimate = KaplanMeier::new(&[1, 2, 3], &[10]);
        assert!(close(estimate.quantile(0.5).unwrap(), 2.5));
        assert_eq!(estimate.quantile(0.75), None);
        assert!(close(estimate.share_by(3), 0.75));
    }

    #[test]
    fn a_span_opened_a_moment_ago_says_nothing() {
        let (plain, estimate) = (
            KaplanMeier::new(&[10, 20, 30, 40], &[]),
            KaplanMeier::new(&[10, 20, 30, 40], &[0, 0, 0]),
        );
        for p in [0.1, 0.5, 0.9] {
            let (found, wanted) = (estimate.quantile(p).unwrap(), plain.quantile(p).unwrap());
            assert!(close(found, wanted), "{p}: {found} {wanted}");
        }
    }

    #[test]
    fn an_open_span_in_the_middle_hands_its_weight_to_the_longer_ones() {
        // 4 spans; one open at 15. After 10: 3/4. At 20 two are at risk: 3/4 · 1/2 = 3/8; then 0.
        let estimate = KaplanMeier::new(&[10, 20, 30], &[15]);
        assert!(close(estimate.share_by(15), 0.25));
        assert!(close(estimate.share_by(20), 0.625));
        // Weights 1/4, 3/8, 3/8: they stand at 0, (1/4 + 3/16 − 1/8)/(1 − 1/8 − 3/16) = 5/11 and 1.
        assert!(close(estimate.quantile(5.0 / 11.0).unwrap(), 20.0));
        let median = 20.0 + 10.0 * (0.5 - 5.0 / 11.0) / (6.0 / 11.0);
        assert!(close(estimate.quantile(0.5).unwrap(), median));
        let (low, high) = estimate.share_interval(10).unwrap();
        assert!(0.0 < low && low < 0.25 && 0.25 < high && high < 1.0);
        assert_eq!(estimate.share_interval(30), None);
    }

    /// The estimate and Greenwood's sum at each instant at which spans ended, factor by factor.
    fn factor_by_factor(ended: &[i64], open: &[i64]) -> Vec<(i64, f64, f64)> {
        let (mut survival, mut greenwood) = (1.0, 0.0);
        let steps = ended.chunk_by(|a, b| a == b).map(|together| {
            let us = together[0];
            let of = |spans: &[i64]| spans.iter().filter(|span| **span >= us).count() as f64;
            let (at_risk, here) = (of(ended) + of(open), together.len() as f64);
            survival *= 1.0 - here / at_risk;
            greenwood += here / (at_risk * (at_risk - here));
            (us, survival, greenwood)
        });
        steps.collect()
    }

    proptest! {
        #[test]
        fn stretches_give_what_factors_give(
            mut ended in proptest::collection::vec(0_i64..30, 1..40),
            mut open in proptest::collection::vec(0_i64..35, 0..20),
        ) {
            ended.sort_unstable();
            open.sort_unstable();
            let estimate = KaplanMeier::new(&ended, &open);
            for (us, survival, greenwood) in factor_by_factor(&ended, &open) {
                let step = estimate.step_by(us).unwrap();
                prop_assert!(close(step.survival, survival), "{} at {}", survival, us);
                let both_without_end = step.greenwood.is_infinite() && greenwood.is_infinite();
                prop_assert!(both_without_end || close(step.greenwood, greenwood));
                prop_assert!(close(estimate.share_by(us), 1.0 - survival));
            }
            // An interval holds what it is of, and is made of spans that ended.
            for p in [0.25, 0.5, 0.9] {
                if let Some((low, high)) = estimate.quantile_interval(p) {
                    let value = estimate.quantile(p).unwrap();
                    prop_assert!(low <= value && value <= high);
                }
            }
        }
    }
}
