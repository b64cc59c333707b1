//! Spans that have not ended yet: the product-limit estimate.

use super::Z;

/// The distribution of spans of which some are still open (Kaplan & Meier 1958, "Nonparametric
/// estimation from incomplete observations"). An open span says that it lasts longer than it has
/// lasted so far; where a span ends when another is as old and still open, the end comes first.
/// What an open span weighs is handed on to those that are longer (Efron 1967, "The two sample
/// problem with censored data"), so that each ended span gets a weight of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct KaplanMeier {
    steps: Vec<Step>,
    /// Weight of a single span that ended first.
    first: f64,
    /// Weight of each span that was still open after the last end; that of the last end where none was.
    last: f64,
}

/// What is known at an instant at which spans ended.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    us: i64,
    /// Share that lasts longer.
    survival: f64,
    /// Greenwood's sum Σ d / (n (n − d)) up to here; infinite where nothing lasts longer.
    greenwood: f64,
    /// Weight of a single span that ended here.
    weight: f64,
}

impl KaplanMeier {
    /// The estimate from spans that have ended and the ages of those that are open, both ascending,
    /// in microseconds.
    pub fn new(ended: &[i64], open: &[i64]) -> Self {
        let all = ended.len() + open.len();
        let mut steps: Vec<Step> = Vec::with_capacity(ended.len());
        let (mut survival, mut greenwood, mut done, mut lost) = (1.0, 0.0, 0_usize, 0_usize);
        for together in ended.chunk_by(|a, b| a == b) {
            let Some(us) = together.first().copied() else {
                continue;
            };
            lost += open
                .get(lost..)
                .unwrap_or_default()
                .partition_point(|age| *age < us);
            let at_risk = (all - done - lost) as f64;
            let here = together.len() as f64;
            let weight = survival / at_risk;
            done += together.len();
            let left = (all - done - lost) as f64;
            // Written as a quotient of counts, so that nothing open leaves exactly nothing.
            survival *= left / at_risk;
            greenwood += here / (at_risk * left);
            steps.push(Step {
                us,
                survival,
                greenwood,
                weight,
            });
        }
        let left = (all - done - lost) as f64;
        let tail = steps.last().map_or(0.0, |step| step.weight);
        Self {
            first: steps.first().map_or(0.0, |step| step.weight),
            last: if left > 0.0 { survival / left } else { tail },
            steps,
        }
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

    fn step_by(&self, us: i64) -> Option<&Step> {
        let after = self.steps.partition_point(|step| step.us <= us);
        self.steps.get(after.checked_sub(1)?)
    }

    /// Quantile in microseconds: each ended span stands at the middle of its weight, the first at 0 and
    /// the last, ended or open, at 1, with straight lines between. Without open spans that is type 7.
    /// `None` where so many have not ended yet that it lies beyond the longest ended span.
    pub fn quantile(&self, p: f64) -> Option<f64> {
        let length = 1.0 - self.first / 2.0 - self.last / 2.0;
        if length <= 0.0 {
            return self.steps.first().map(|only| only.us as f64);
        }
        // Where the spans that ended at a step stand: from the first of them to the last.
        let stand = |at: usize, step: &Step| {
            let earlier = at.checked_sub(1).and_then(|at| self.steps.get(at));
            let before = earlier.map_or(1.0, |step| step.survival);
            let at = |weights: f64| (1.0 - before + weights - self.first / 2.0) / length;
            (
                at(step.weight / 2.0),
                at(before - step.survival - step.weight / 2.0),
            )
        };
        let found = |at: usize| self.steps.get(at).map(|step| (step, stand(at, step)));
        // Later steps stand further on. Sums of weights are off by roundings: the last end of a whole
        // sample stands at 1.
        let (mut from, mut to) = (0, self.steps.len());
        while from < to {
            let middle = from.midpoint(to);
            match found(middle) {
                Some((_, (_, stands))) if stands + 1e-12 < p => from = middle + 1,
                _ => to = middle,
            }
        }
        let (step, (stands_from, _)) = found(from)?;
        let us = step.us as f64;
        let left = from.checked_sub(1).and_then(found);
        Some(match left {
            Some((left, (_, left_at))) if stands_from > p && stands_from > left_at => {
                let left_us = left.us as f64;
                left_us + (us - left_us) * ((p - left_at) / (stands_from - left_at)).max(0.0)
            }
            _ => us,
        })
    }

    /// 95 % interval of a quantile: the instants at which the estimate, on the scale of log(−log), is
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
        let reaches = |step: &Step| !is_far_below(step, wanted.exp()) && away(step) >= -Z;
        let inner = self.steps.iter().filter(|step| step.survival > 0.0);
        let mut inner = inner.skip_while(|step| !reaches(step)).peekable();
        let low = inner.peek()?.us as f64;
        // What is below one bound is not above the other.
        let high = inner.find(|step| away(step) > Z)?.us as f64;
        Some((low.min(estimate), high.max(estimate)))
    }
}

/// Whether a step is certainly more than its own error below the quantile at which −ln of the survival
/// is `wanted`, told without a logarithm: most steps are. With x = −ln s < w it stands ln(w/x) · x/σ below,
/// which is at least (1 − x/w) · x/σ, for ln y ≥ 1 − 1/y. That is concave in x, and x lies between 1 − s
/// and (1 − s)/s: so the lesser of its values at both ends is a bound.
fn is_far_below(step: &Step, wanted: f64) -> bool {
    let lost = 1.0 - step.survival;
    let most = lost / step.survival;
    let bound = |x: f64| (1.0 - x / wanted) * x;
    let least = bound(lost).min(bound(most));
    // A little beyond, so that no rounding decides.
    most < wanted && least * least > Z * Z * 1.000_001 * step.greenwood
}

#[cfg(test)]
mod tests {
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
}
