//! Quantiles of plain and of weighted samples.

use super::Z;

/// Quantile of type 7 (Hyndman & Fan 1996, "Sample quantiles in statistical packages"): linear
/// interpolation between order statistics at h = (n − 1) p, as Excel PERCENTILE.INC, numpy and R do
/// by default. `sorted` is ascending. `None` when it is empty.
pub fn quantile(sorted: &[i64], p: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let h = last as f64 * p;
    let low = h.floor();
    let index = rank(low);
    let at = sorted.get(index).copied()?;
    let next = sorted.get(index + 1).copied().unwrap_or(at);
    Some(at as f64 + (h - low) * (next - at) as f64)
}

/// Distribution-free 95 % interval of a quantile by order statistics (Conover 1999, "Practical
/// Nonparametric Statistics", section 3.2), with normal ranks rounded outwards. `None` where the
/// sample is too small for the interval to lie inside it.
pub fn quantile_interval(sorted: &[i64], p: f64) -> Option<(f64, f64)> {
    let n = sorted.len() as f64;
    let spread = Z * (n * p * (1.0 - p)).sqrt();
    let (low, high) = ((n * p - spread).floor(), (n * p + spread).ceil() + 1.0);
    if low < 1.0 || high > n {
        return None;
    }
    // Ranks count from 1.
    let at = |nth: f64| sorted.get(rank(nth) - 1).map(|value| *value as f64);
    Some((at(low)?, at(high)?))
}

/// A whole number at least 0 and below the length of a sample, as an index.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "callers pass whole numbers within a sample, which fits in memory"
)]
fn rank(whole: f64) -> usize {
    whole as usize
}

/// A sample whose values count with weights, for quantiles.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::evaluate) struct WeightedSample {
    values: Vec<f64>,
    /// Where each value stands between 0 (the first) and 1 (the last).
    at: Vec<f64>,
}

impl WeightedSample {
    /// Each value stands at the middle of its weight, the first at 0 and the last at 1. With equal
    /// weights that is type 7. Weights are positive.
    pub(in crate::evaluate) fn new(mut sample: Vec<(i64, f64)>) -> Self {
        sample.sort_unstable_by(|x, y| x.0.cmp(&y.0).then(x.1.total_cmp(&y.1)));
        let first = sample.first().map_or(0.0, |(_, weight)| weight / 2.0);
        let last = sample.last().map_or(0.0, |(_, weight)| weight / 2.0);
        let total: f64 = sample.iter().map(|(_, weight)| weight).sum();
        let length = total - first - last;
        let mut before = 0.0;
        let at = sample.iter().map(|(_, weight)| {
            let middle = before + weight / 2.0 - first;
            before += weight;
            if length > 0.0 { middle / length } else { 0.0 }
        });
        let at = at.collect();
        let values = sample.iter().map(|(value, _)| *value as f64).collect();
        Self { values, at }
    }

    /// Values that count alike, ascending.
    pub(in crate::evaluate) fn of_sorted(values: &[f64]) -> Self {
        let last = values.len().saturating_sub(1).max(1) as f64;
        Self {
            values: values.to_vec(),
            at: (0..values.len()).map(|index| index as f64 / last).collect(),
        }
    }

    /// The quantile, with straight lines between values. `None` when the sample is empty.
    pub(in crate::evaluate) fn quantile(&self, p: f64) -> Option<f64> {
        let last = self.values.last().copied()?;
        let right = self.at.partition_point(|at| *at < p);
        let Some((value, at)) = self.values.get(right).zip(self.at.get(right)) else {
            return Some(last);
        };
        let left = right
            .checked_sub(1)
            .and_then(|left| self.values.get(left).zip(self.at.get(left)));
        Some(match left {
            Some((left_value, left_at)) if at > left_at => {
                left_value + (value - left_value) * (p - left_at) / (at - left_at)
            }
            _ => *value,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_type_seven() {
        let sorted = [1, 2, 3, 4];
        assert_eq!(quantile(&sorted, 0.25), Some(1.75));
        assert_eq!(quantile(&sorted, 0.5), Some(2.5));
        assert_eq!(quantile(&sorted, 1.0), Some(4.0));
        assert_eq!(quantile(&[7], 0.9), Some(7.0));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn equal_weights_give_type_seven() {
        let values = [3, 9, 10, 40, 41];
        let weighted = WeightedSample::new(values.iter().map(|us| (*us, 0.3)).collect());
        for p in [0.0, 0.1, 0.5, 0.9, 1.0] {
            let (found, wanted) = (weighted.quantile(p).unwrap(), quantile(&values, p).unwrap());
            assert!((found - wanted).abs() < 1e-9, "{p}: {found} {wanted}");
        }
        assert_eq!(WeightedSample::new(Vec::new()).quantile(0.5), None);
        assert_eq!(WeightedSample::new(vec![(7, 2.0)]).quantile(0.5), Some(7.0));
    }

    #[test]
    fn the_interval_of_a_median_holds_it_and_needs_enough_values() {
        let sorted: Vec<i64> = (1..=100).collect();
        // 50 ± 9.8: ranks 40 and 61.
        assert_eq!(quantile_interval(&sorted, 0.5), Some((40.0, 61.0)));
        assert_eq!(quantile_interval(&sorted[..5], 0.5), None);
        assert_eq!(quantile_interval(&sorted, 0.999), None);
    }
}
