//! Means, deviations and ratios, with intervals from moments.

use super::Z;

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

/// Mean and central moments of a sample, made in two passes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    n: usize,
    mean: f64,
    /// Sums of squares, cubes and fourth powers of the distances from the mean.
    powers: [f64; 3],
}

impl Moments {
    /// Those of some values; `None` when there is none.
    pub fn of(values: &[i64]) -> Option<Self> {
        /// Sums side by side: each would wait for its last addition otherwise.
        const LANES: usize = 4;
        let mean = mean(values)?;
        let mut sums = [[0.0; LANES]; 3];
        let (chunks, rest) = values.as_chunks::<LANES>();
        let rest_of_zero = rest.iter().map(|value| *value as f64 - mean);
        let mut add = |distances: [f64; LANES]| {
            let [squares, cubes, fourths] = &mut sums;
            for (lane, distance) in distances.into_iter().enumerate() {
                let square = distance * distance;
                if let (Some(a), Some(b), Some(c)) = (
                    squares.get_mut(lane),
                    cubes.get_mut(lane),
                    fourths.get_mut(lane),
                ) {
                    *a += square;
                    *b += square * distance;
                    *c += square * square;
                }
            }
        };
        for chunk in chunks {
            add(chunk.map(|value| value as f64 - mean));
        }
        let mut last = [0.0; LANES];
        for (slot, distance) in last.iter_mut().zip(rest_of_zero) {
            *slot = distance;
        }
        add(last);
        Some(Self {
            n: values.len(),
            mean,
            powers: sums.map(|lanes| lanes.iter().sum()),
        })
    }

    /// Arithmetic mean.
    pub const fn mean(&self) -> f64 {
        self.mean
    }

    /// Standard deviation with n − 1. `None` below two values.
    pub fn standard_deviation(&self) -> Option<f64> {
        let [squares, ..] = self.powers;
        (self.n > 1).then(|| (squares / (self.n - 1) as f64).sqrt())
    }

    /// Deviation, and the third and fourth central moments, where there are ten values and not all equal.
    fn central(&self) -> Option<(f64, f64, f64)> {
        let deviation = self.standard_deviation().filter(|_| self.n >= 10)?;
        let [_, cubes, fourths] = self.powers;
        let n = self.n as f64;
        (deviation > 0.0).then_some((deviation, cubes / n, fourths / n))
    }

    /// 95 % interval of a standard deviation that does not ask for normal data: var(s²) ≈ (m₄ − s⁴)/n
    /// (Cramér 1946, "Mathematical Methods of Statistics", 27.4), carried over to ln s, so that the
    /// interval stays positive. It leans on the fourth moment: for small n and heavy tails it is too
    /// narrow. `None` below ten values and where all are equal.
    pub fn deviation_interval(&self) -> Option<(f64, f64)> {
        let (deviation, _, fourth) = self.central()?;
        let error = (fourth / deviation.powi(4) - 1.0).max(0.0) / (4.0 * self.n as f64);
        on_log_scale(deviation, error.sqrt())
    }

    /// 95 % interval of the coefficient of variation sd / mean, by the same moments (Cramér 1946,
    /// 27.7 and 28.4): var(ln cv) ≈ (m₄/s⁴ − 1)/4n − m₃/(s² · mean · n) + cv²/n. `None` below ten
    /// values, where all are equal, and where the mean is not positive.
    pub fn variation_interval(&self) -> Option<(f64, f64)> {
        let (deviation, third, fourth) = self.central()?;
        let mean = self.mean;
        if mean <= 0.0 {
            return None;
        }
        let cv = deviation / mean;
        let variance = (fourth / deviation.powi(4) - 1.0) / 4.0
            - third / (deviation.powi(2) * mean)
            + cv.powi(2);
        on_log_scale(cv, (variance.max(0.0) / self.n as f64).sqrt())
    }
}

/// value · exp(± z · error): the interval of a positive number whose logarithm has this error.
pub(in crate::evaluate) fn on_log_scale(value: f64, error: f64) -> Option<(f64, f64)> {
    let (low, high) = (value * (-Z * error).exp(), value * (Z * error).exp());
    (low.is_finite() && high.is_finite()).then_some((low, high))
}

/// Sums of squares and products of two values of each declaration: what the error of their ratio rests on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::evaluate) struct Products {
    above: f64,
    both: f64,
    below: f64,
}

/// What the rows of one declaration have added up to so far: they come one after another and are not
/// independent of each other, so that their sum counts, not each of them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(in crate::evaluate) struct Cluster {
    declaration: Option<usize>,
    above: f64,
    below: f64,
}

impl Products {
    /// Those of no row.
    pub(in crate::evaluate) const NONE: Self = Self {
        above: 0.0,
        both: 0.0,
        below: 0.0,
    };

    /// Adds a row of a declaration: (A + a)² − A² = a (a + 2 A).
    pub(in crate::evaluate) fn add(
        &mut self,
        cluster: &mut Cluster,
        declaration: usize,
        (above, below): (f64, f64),
    ) {
        if cluster.declaration != Some(declaration) {
            *cluster = Cluster {
                declaration: Some(declaration),
                ..Cluster::default()
            };
        }
        self.above += above * (above + 2.0 * cluster.above);
        self.both += above * below + above * cluster.below + cluster.above * below;
        self.below += below * (below + 2.0 * cluster.below);
        cluster.above += above;
        cluster.below += below;
    }

    /// The sum of squares of what stands above the line.
    pub(in crate::evaluate) const fn squares(&self) -> f64 {
        self.above
    }

    /// 95 % interval of Σ above / Σ below over n rows by linearisation (Cochran 1977, "Sampling
    /// Techniques", 6.3): var ≈ Σ (above − r · below)² / (Σ below)². A share stays inside 0–1 if
    /// `share` says that it is one. `None` below five rows and where the divisor is not positive.
    pub(in crate::evaluate) fn interval(
        &self,
        (above, below): (f64, f64),
        n: u64,
        share: bool,
    ) -> Option<(f64, f64)> {
        if n < 5 || below <= 0.0 {
            return None;
        }
        let ratio = above / below;
        let residual = self.above - 2.0 * ratio * self.both + ratio * ratio * self.below;
        let half = Z * residual.max(0.0).sqrt() / below;
        let (low, high) = (ratio - half, ratio + half);
        Some(if share {
            (low.max(0.0).min(ratio), high.min(1.0).max(ratio))
        } else {
            (low, high)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, wanted: f64) -> bool {
        (found - wanted).abs() <= 5e-4 * wanted.abs().max(1.0)
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
    fn the_interval_of_a_mean_agrees_with_the_table_of_t() {
        // t(9) at 97.5 % is 2.2622.
        let (low, high) = mean_interval(0.0, 10_f64.sqrt(), 10).unwrap();
        assert!(close(high, 2.2622) && close(low, -2.2622), "{low} {high}");
    }

    #[test]
    fn intervals_of_deviation_and_variation_by_hand() {
        // Five times 1 and five times 3: mean 2, s² = 10/9, m₄ = 1, m₃ = 0. m₄/s⁴ = 0.81 < 1: the
        // error is taken as nothing.
        let flat: Vec<i64> = [1, 3].repeat(5);
        let of = |values: &[i64]| Moments::of(values).unwrap();
        let (low, high) = of(&flat).deviation_interval().unwrap();
        assert!(
            close(low, 1.054_09) && close(high, 1.054_09),
            "{low} {high}"
        );
        // Nine times 0 and once 10: mean 1, s² = 10, m₄ = (9 + 6561)/10 = 657, m₃ = (−9 + 729)/10 =
        // 72. ln s: (657/100 − 1)/40 = 0.13925, root 0.37316; 3.16228 · exp(± 0.73138).
        let spiked: Vec<i64> = [vec![0; 9], vec![10]].concat();
        let (low, high) = of(&spiked).deviation_interval().unwrap();
        assert!(close(low, 1.521_9) && close(high, 6.570_9), "{low} {high}");
        // ln cv: (1.3925 − 72/10 + 10)/10 = 0.41925, root 0.64749; 3.16228 · exp(± 1.26906).
        let (low, high) = of(&spiked).variation_interval().unwrap();
        assert!(close(low, 0.888_9) && close(high, 11.249_6), "{low} {high}");
        assert_eq!(of(&[4; 12]).deviation_interval(), None);
        assert_eq!(of(&[1, 2, 3]).variation_interval(), None);
        assert_eq!(Moments::of(&[]), None);
    }

    #[test]
    fn the_interval_of_a_ratio_by_hand() {
        // Paid 1, 2, 3, 4, 5 on 10 each: r = 15/50 = 0.3; residuals −2, −1, 0, 1, 2: Σ² = 10;
        // half = 1.95996 · √10 / 50 = 0.12396.
        let mut products = Products::NONE;
        let mut cluster = Cluster::default();
        for paid in 1..=4 {
            products.add(&mut cluster, paid, (paid as f64, 10.0));
        }
        // The fifth pays in two instalments.
        products.add(&mut cluster, 5, (2.0, 10.0));
        products.add(&mut cluster, 5, (3.0, 0.0));
        let (low, high) = products.interval((15.0, 50.0), 5, true).unwrap();
        assert!(
            close(low, 0.176_04) && close(high, 0.423_96),
            "{low} {high}"
        );
        assert_eq!(products.interval((15.0, 50.0), 4, true), None);
        assert_eq!(products.interval((15.0, 0.0), 5, true), None);
    }
}
