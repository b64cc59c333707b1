//! Random draws. Every number of the generator comes from one of these few shapes.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rand_distr::{Distribution, Gamma, StandardNormal};

/// A stream of draws, fixed by its seed and its stream number.
#[derive(Debug)]
pub(super) struct Dice {
    rng: ChaCha8Rng,
}

impl Dice {
    /// Streams of one seed are independent, so that switching faults on or off moves no event.
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self { rng }
    }

    /// The generator itself, for distributions that stand elsewhere.
    pub(super) const fn rng_mut(&mut self) -> &mut ChaCha8Rng {
        &mut self.rng
    }

    /// Uniform on 0 (included) to 1 (excluded), with 53 random bits.
    pub(super) fn share(&mut self) -> f64 {
        (self.rng.next_u64() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// True with the given probability.
    pub(super) fn chance(&mut self, probability: f64) -> bool {
        self.share() < probability
    }

    /// A whole number below `bound`; 0 when `bound` is 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        let product = u128::from(self.rng.next_u64()) * u128::from(bound);
        // The high half of a 64 by 64 bit product is below `bound`.
        u64::try_from(product >> 64).unwrap_or(0)
    }

    /// Uniform between two bounds.
    pub(super) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.share()
    }

    /// A factor with median 1: `exp(sigma · N(0, 1))`.
    pub(super) fn log_normal_factor(&mut self, sigma: f64) -> f64 {
        let normal: f64 = StandardNormal.sample(&mut self.rng);
        (sigma * normal).exp()
    }

    /// Log-normal seconds, at least 1. The mean is `median · exp(sigma² / 2)`.
    pub(super) fn log_normal(&mut self, median_s: f64, sigma: f64) -> i64 {
        whole(median_s * self.log_normal_factor(sigma)).max(1)
    }

    /// Gamma-distributed with the given shape and mean; the mean itself if they are not positive.
    pub(super) fn gamma(&mut self, shape: f64, mean: f64) -> f64 {
        Gamma::new(shape, mean / shape).map_or(mean, |gamma| gamma.sample(&mut self.rng))
    }

    /// One of the choices, by weight.
    pub(super) fn pick<T: Copy>(&mut self, choices: &Weighted<T>) -> T {
        let at = self.share() * choices.total;
        choices
            .head
            .iter()
            .find(|(up_to, _)| at < *up_to)
            .map_or(choices.last, |(_, item)| *item)
    }
}

/// Choices with weights; never empty.
#[derive(Clone, Debug)]
pub(super) struct Weighted<T> {
    /// Every choice but the last, each with the sum of the weights so far.
    head: Vec<(f64, T)>,
    last: T,
    total: f64,
}

impl<T: Copy> Weighted<T> {
    /// `last` stands beside the rest, so that there is always something to pick.
    pub(super) fn new(head: impl IntoIterator<Item = (T, f64)>, last: (T, f64)) -> Self {
        let mut total = 0.0;
        let head = head
            .into_iter()
            .map(|(item, weight)| {
                total += weight;
                (total, item)
            })
            .collect();
        Self {
            head,
            last: last.0,
            total: total + last.1,
        }
    }

    /// From a slice; `None` when it is empty.
    pub(super) fn from_slice(choices: &[(T, f64)]) -> Option<Self> {
        let (last, head) = choices.split_last()?;
        Some(Self::new(head.iter().copied(), *last))
    }
}

/// The nearest whole number; values beyond the range stop at its ends.
#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` saturates, which is what a draw needs"
)]
pub(super) fn whole(value: f64) -> i64 {
    value.round() as i64
}

/// The nearest whole number, 0 for anything negative.
pub(super) fn whole_unsigned(value: f64) -> u64 {
    u64::try_from(whole(value)).unwrap_or(0)
}

/// A number that looks random but is fixed by its inputs, for properties of a trader or a stamp of
/// an officer that must be the same whenever they are met (the finaliser of splitmix64).
pub(super) fn scatter(value: u64) -> u64 {
    let mut mixed = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_normal_has_the_median_it_was_given() {
        let mut dice = Dice::new(1, 0);
        let mut draws: Vec<i64> = (0..20_001).map(|_| dice.log_normal(3600.0, 1.0)).collect();
        draws.sort_unstable();
        let mean = draws.iter().sum::<i64>() / 20_001;
        assert!((3400..3800).contains(&draws[10_000]), "{}", draws[10_000]);
        assert!(
            (5500..6400).contains(&mean),
            "mean {mean}, expected 3600 · exp(1/2) = 5935"
        );
    }

    #[test]
    fn choices_come_up_by_weight() {
        let choices = Weighted::new([('a', 1.0), ('b', 2.0)], ('c', 7.0));
        let mut dice = Dice::new(2, 0);
        let picked: Vec<char> = (0..10_000).map(|_| dice.pick(&choices)).collect();
        let count = |wanted| picked.iter().filter(|item| **item == wanted).count();
        assert!((900..1100).contains(&count('a')) && (1850..2150).contains(&count('b')));
    }

    #[test]
    fn streams_of_one_seed_differ_and_equal_streams_agree() {
        let draws = |stream| {
            let mut dice = Dice::new(7, stream);
            (0..4).map(|_| dice.below(1_000_000)).collect::<Vec<u64>>()
        };
        assert_eq!(draws(0), draws(0));
        assert_ne!(draws(0), draws(1));
    }
}
