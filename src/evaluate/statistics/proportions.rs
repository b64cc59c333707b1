//! Shares and their quotients.

use super::{Z, on_log_scale};

/// 95 % interval of a share (Wilson 1927, "Probable inference, the law of succession, and
/// statistical inference"). Inside 0–1 for every k ≤ n. `None` when n is 0.
pub fn wilson(k: u64, n: u64) -> Option<(f64, f64)> {
    wilson_of(k as f64, n as f64)
}

/// [`wilson`] where rows count in part.
pub(in crate::evaluate) fn wilson_of(k: f64, n: f64) -> Option<(f64, f64)> {
    if n <= 0.0 {
        return None;
    }
    let share = k / n;
    let scale = 1.0 + Z * Z / n;
    let centre = (share + Z * Z / (2.0 * n)) / scale;
    let half = Z / scale * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    Some((
        (centre - half).max(0.0).min(share),
        (centre + half).min(1.0).max(share),
    ))
}

/// 95 % interval of the quotient of two independent shares a = (met, n) and b = (met, n) by Katz's
/// logarithms (Katz, Baptista, Azen & Pike 1978, "Obtaining confidence intervals for the risk ratio
/// in cohort studies", method C): ln(a/b) ± z · √(1/aₘ − 1/aₙ + 1/bₘ − 1/bₙ). `None` where one of
/// the groups has no row that meets the condition: the logarithm does not exist.
pub fn lift_interval(a: (u64, u64), b: (u64, u64)) -> Option<(f64, f64)> {
    if a.0 == 0 || b.0 == 0 {
        return None;
    }
    let part = |(met, n): (u64, u64)| 1.0 / met as f64 - 1.0 / n as f64;
    let rate = |(met, n): (u64, u64)| met as f64 / n as f64;
    on_log_scale(rate(a) / rate(b), (part(a) + part(b)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, wanted: f64) -> bool {
        (found - wanted).abs() <= 5e-4 * wanted.abs().max(1.0)
    }

    #[test]
    fn intervals_of_shares_agree_with_a_published_table() {
        // Wilson for 15 of 50, Newcombe 1998 (method 3): 0.1910–0.4375.
        let (low, high) = wilson(15, 50).unwrap();
        assert!(close(low, 0.1910) && close(high, 0.4375), "{low} {high}");
        assert_eq!(wilson(0, 10).unwrap().0.to_bits(), 0.0_f64.to_bits());
        assert_eq!(wilson(10, 10).unwrap().1.to_bits(), 1.0_f64.to_bits());
        assert_eq!(wilson(0, 0), None);
    }

    #[test]
    fn the_interval_of_a_lift_by_hand() {
        // 40 of 200 against 10 of 100: 2; error √(1/40 − 1/200 + 1/10 − 1/100) = √0.11 = 0.33166;
        // 2 · exp(± 0.65005) = 1.0441 and 3.8310.
        let (low, high) = lift_interval((40, 200), (10, 100)).unwrap();
        assert!(close(low, 1.044_1) && close(high, 3.831_0), "{low} {high}");
        assert_eq!(lift_interval((0, 9), (1, 9)), None);
        assert_eq!(lift_interval((1, 9), (0, 9)), None);
    }
}
