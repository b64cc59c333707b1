//! Two groups of spans set against each other, with the second in the mix of the first.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use rand_distr::{Binomial, Distribution as _};

use super::{WeightedSample, Z, mean, quantile, standard_deviation};
use crate::catalogue::Contrast;

/// How often the medians are drawn again.
const DRAWS: usize = 1000;

/// Groups smaller than this have no interval.
const SMALLEST: usize = 5;

/// The spans of both groups in one stratum of one cell, in microseconds.
#[derive(Clone, Debug, Default)]
pub(in crate::evaluate) struct Stratum {
    pub(in crate::evaluate) a: Vec<i64>,
    pub(in crate::evaluate) b: Vec<i64>,
}

/// A figure with its interval.
type Estimate = (Option<f64>, Option<(f64, f64)>);

/// The median (or mean) of group a against that of group b, whose rows are weighted so that each
/// stratum has the share that it has in a (direct standardisation; Rothman 2012, "Epidemiology: An
/// Introduction", chapter 10). Differences are in seconds. `None` where there are no strata; strata
/// have rows of both groups.
pub(in crate::evaluate) fn contrasted(
    strata: &[&Stratum],
    median: bool,
    form: Contrast,
) -> Estimate {
    let set_against = |a: f64, b: f64| match form {
        Contrast::Advantage => (b > 0.0).then(|| 1.0 - a / b),
        Contrast::Difference => Some((a - b) / 1e6),
    };
    let groups = Groups::new(strata);
    let (a, b) = if median {
        (quantile(&groups.a, 0.5), groups.b.quantile(0.5))
    } else {
        (mean(&groups.a), groups.mean_b(strata))
    };
    let Some((a, b)) = a.zip(b) else {
        return (None, None);
    };
    let Some(value) = set_against(a, b) else {
        return (None, None);
    };
    let enough = |size: usize| size >= SMALLEST;
    let ci = if !enough(groups.a.len()) || !enough(groups.b_rows) {
        None
    } else if median {
        groups.redrawn(strata, b, set_against)
    } else {
        groups
            .mean_errors(strata)
            .and_then(|errors| mean_interval((a, b), errors, form))
    };
    // Ties may leave the estimate outside what was drawn.
    let ci = ci.map(|(low, high)| (low.min(value), high.max(value)));
    (Some(value), ci)
}

struct Groups {
    a: Vec<i64>,
    b: WeightedSample,
    b_rows: usize,
}

impl Groups {
    fn new(strata: &[&Stratum]) -> Self {
        let mut a: Vec<i64> = strata.iter().flat_map(|s| s.a.iter().copied()).collect();
        a.sort_unstable();
        let b = strata.iter().flat_map(|stratum| {
            let weight = stratum.a.len() as f64 / stratum.b.len() as f64;
            stratum.b.iter().map(move |us| (*us, weight))
        });
        let b: Vec<(i64, f64)> = b.collect();
        Self {
            a,
            b_rows: b.len(),
            b: WeightedSample::new(b),
        }
    }

    /// The share of a stratum in group a.
    fn share(&self, stratum: &Stratum) -> f64 {
        stratum.a.len() as f64 / self.a.len() as f64
    }

    fn mean_b(&self, strata: &[&Stratum]) -> Option<f64> {
        let means = strata.iter().map(|s| Some(self.share(s) * mean(&s.b)?));
        means.sum::<Option<f64>>().filter(|_| !strata.is_empty())
    }

    /// Variances of the means of a and of b. `None` where a stratum has a single row of b.
    fn mean_errors(&self, strata: &[&Stratum]) -> Option<(f64, f64)> {
        let variance =
            |sample: &[i64]| Some(standard_deviation(sample)?.powi(2) / sample.len() as f64);
        let b = strata
            .iter()
            .map(|s| Some(self.share(s).powi(2) * variance(&s.b)?));
        Some((variance(&self.a)?, b.sum::<Option<f64>>()?))
    }

    /// Percentile interval of the bootstrap (Efron & Tibshirani 1993, "An Introduction to the
    /// Bootstrap", chapter 13). A resample is drawn by what decides its median: how many rows of
    /// each stratum lie at or below the median of the whole, a binomial number; its median then
    /// lies as far on the other side (Bahadur 1966, "A note on quantiles in large samples";
    /// Woodruff 1952 for strata). The seed is made from the data: the same rows give the same
    /// interval, whatever else is evaluated beside them.
    fn redrawn(
        &self,
        strata: &[&Stratum],
        median_b: f64,
        set_against: impl Fn(f64, f64) -> Option<f64>,
    ) -> Option<(f64, f64)> {
        let mut dice = ChaCha8Rng::seed_from_u64(seed(strata));
        let binomial = |n: usize, p: f64| Binomial::new(n as u64, p).ok();
        let of_a = binomial(self.a.len(), 0.5)?;
        let below: Vec<(f64, usize, Binomial)> = strata
            .iter()
            .map(|stratum| {
                let (n, share) = (stratum.b.len(), self.share(stratum));
                let count = stratum
                    .b
                    .iter()
                    .filter(|us| **us as f64 <= median_b)
                    .count();
                let drawn = binomial(n, count as f64 / n as f64)?;
                Some((share, count, drawn))
            })
            .collect::<Option<_>>()?;
        let sizes: Vec<f64> = strata.iter().map(|s| s.b.len() as f64).collect();
        let mut drawn: Vec<f64> = Vec::with_capacity(DRAWS);
        for _ in 0..DRAWS {
            let k = of_a.sample(&mut dice) as f64 / self.a.len() as f64;
            let shift: f64 = below
                .iter()
                .zip(&sizes)
                .map(|((share, count, drawn), n)| {
                    share * (drawn.sample(&mut dice) as f64 - *count as f64) / n
                })
                .sum();
            let a = quantile(&self.a, 1.0 - k)?;
            let b = self.b.quantile((0.5 - shift).clamp(0.0, 1.0))?;
            drawn.extend(set_against(a, b));
        }
        drawn.sort_unstable_by(f64::total_cmp);
        let enough = drawn.len() > DRAWS / 2;
        let drawn = WeightedSample::of_sorted(&drawn);
        let bounds = drawn.quantile(0.025).zip(drawn.quantile(0.975));
        bounds.filter(|_| enough)
    }
}

/// Normal interval of a contrast of means; that of an advantage by the delta method.
fn mean_interval(
    (a, b): (f64, f64),
    (var_a, var_b): (f64, f64),
    form: Contrast,
) -> Option<(f64, f64)> {
    let (value, error) = match form {
        Contrast::Difference => ((a - b) / 1e6, (var_a + var_b).sqrt() / 1e6),
        Contrast::Advantage => {
            let ratio = a / b;
            let error = (var_a / b.powi(2) + ratio.powi(2) * var_b / b.powi(2)).sqrt();
            (1.0 - ratio, error)
        }
    };
    error
        .is_finite()
        .then_some((value - Z * error, value + Z * error))
}

/// A number that follows from the spans alone.
fn seed(strata: &[&Stratum]) -> u64 {
    let mut hash = xxhash_rust::xxh3::Xxh3::new();
    for stratum in strata {
        for group in [&stratum.a, &stratum.b] {
            hash.update(&(group.len() as u64).to_le_bytes());
            let sum: i128 = group.iter().map(|us| i128::from(*us)).sum();
            hash.update(&sum.to_le_bytes());
        }
    }
    hash.digest()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let (advantage, ci) = contrasted(&[&road, &rail], false, Contrast::Advantage);
        assert!((advantage.unwrap() - 0.5).abs() < 1e-12);
        assert_eq!(ci, None);
        assert_eq!(contrasted(&[], true, Contrast::Advantage), (None, None));
    }

    #[test]
    fn the_interval_of_a_difference_of_means_by_hand() {
        // a: 1 2 3 4 5 s, variance 2.5 / 5; b: 2 4 6 8 10 s, variance 10 / 5. Difference −3, error
        // √2.5 = 1.58114; ± 3.09898.
        let seconds = |step: i64| (1..=5).map(|at| at * step * 1_000_000).collect();
        let stratum = Stratum {
            a: seconds(1),
            b: seconds(2),
        };
        let (value, ci) = contrasted(&[&stratum], false, Contrast::Difference);
        assert!((value.unwrap() + 3.0).abs() < 1e-9);
        let (low, high) = ci.unwrap();
        assert!((low + 6.098_98).abs() < 1e-4 && (high - 0.098_98).abs() < 1e-4);
    }

    #[test]
    fn the_interval_of_a_difference_of_medians_holds_the_truth_as_often_as_it_says() {
        // Exponential spans with medians ln 2 and 2 ln 2, by inversion of uniform numbers.
        let mut dice = ChaCha8Rng::seed_from_u64(7);
        let uniform = rand_distr::StandardUniform;
        let mut spans = |n: usize, scale: f64| -> Vec<i64> {
            let draw = |_| {
                let u: f64 = uniform.sample(&mut dice);
                #[expect(clippy::cast_possible_truncation, reason = "a test number")]
                let us = (-(1.0 - u).ln() * scale * 1e6) as i64;
                us
            };
            (0..n).map(draw).collect()
        };
        let truth = -std::f64::consts::LN_2;
        let mut held = 0;
        for _ in 0..300 {
            let stratum = Stratum {
                a: spans(40, 1.0),
                b: spans(60, 2.0),
            };
            let (value, ci) = contrasted(&[&stratum], true, Contrast::Difference);
            let (low, high) = ci.unwrap();
            assert!(low <= value.unwrap() && value.unwrap() <= high);
            held += u32::from(low <= truth && truth <= high);
        }
        // 95 % of 300 is 285; four standard errors are 15.
        assert!((270..=300).contains(&held), "{held} of 300");
    }
}
