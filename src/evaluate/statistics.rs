//! The arithmetic of samples. Every function says its source, its tie rule and its empty case.

/// The normal quantile of 97.5 %: two-sided 95 % intervals.
const Z: f64 = 1.959_963_984_540_054;

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

/// Arithmetic mean; the sum is exact. `None` when empty.
pub fn mean(values: &[i64]) -> Option<f64> {
    let sum: i128 = values.iter().map(|value| i128::from(*value)).sum();
    (!values.is_empty()).then(|| sum as f64 / values.len() as f64)
}

/// Standard deviation with n − 1, in two passes. `None` below two values.
pub fn standard_deviation(values: &[i64]) -> Option<f64> {
    let mean = mean(values).filter(|_| values.len() > 1)?;
    let squares: f64 = values
        .iter()
        .map(|value| (*value as f64 - mean).powi(2))
        .sum();
    Some((squares / (values.len() - 1) as f64).sqrt())
}

/// 95 % interval of a mean by Student's t (the quantile by the Cornish–Fisher expansion in
/// Abramowitz & Stegun 26.7.5, good to three digits from n = 5 on). It leans on the central limit
/// theorem: for heavy tails and small n it is too narrow. `None` below five values.
pub fn mean_interval(mean: f64, deviation: f64, n: u64) -> Option<(f64, f64)> {
    if n < 5 {
        return None;
    }
    let freedom = (n - 1) as f64;
    let (z3, z5, z7) = (Z.powi(3), Z.powi(5), Z.powi(7));
    let t = Z
        + (z3 + Z) / (4.0 * freedom)
        + (5.0 * z5 + 16.0 * z3 + 3.0 * Z) / (96.0 * freedom.powi(2))
        + (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * Z) / (384.0 * freedom.powi(3));
    let half = t * deviation / (n as f64).sqrt();
    Some((mean - half, mean + half))
}

/// 95 % interval of a share (Wilson 1927, "Probable inference, the law of succession, and
/// statistical inference"). Inside 0–1 for every k ≤ n. `None` when n is 0.
pub fn wilson(k: u64, n: u64) -> Option<(f64, f64)> {
    if n == 0 {
        return None;
    }
    let (k, n) = (k as f64, n as f64);
    let share = k / n;
    let scale = 1.0 + Z * Z / n;
    let centre = (share + Z * Z / (2.0 * n)) / scale;
    let half = Z / scale * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    Some((
        (centre - half).max(0.0).min(share),
        (centre + half).min(1.0).max(share),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, wanted: f64) -> bool {
        (found - wanted).abs() <= 5e-4 * wanted.abs().max(1.0)
    }

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
    fn deviation_has_n_minus_one_and_needs_two_values() {
        assert!(close(
            standard_deviation(&[2, 4, 4, 4, 5, 5, 7, 9]).unwrap(),
            2.138_09
        ));
        assert_eq!(standard_deviation(&[3]), None);
        assert_eq!(mean(&[]), None);
    }

    #[test]
    fn intervals_agree_with_published_tables() {
        // Wilson for 15 of 50, Newcombe 1998 (method 3): 0.1910–0.4375.
        let (low, high) = wilson(15, 50).unwrap();
        assert!(close(low, 0.1910) && close(high, 0.4375), "{low} {high}");
        assert_eq!(wilson(0, 10).unwrap().0.to_bits(), 0.0_f64.to_bits());
        assert_eq!(wilson(10, 10).unwrap().1.to_bits(), 1.0_f64.to_bits());
        assert_eq!(wilson(0, 0), None);
        // t(9) at 97.5 % is 2.2622.
        let (low, high) = mean_interval(0.0, 10_f64.sqrt(), 10).unwrap();
        assert!(close(high, 2.2622) && close(low, -2.2622), "{low} {high}");
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
