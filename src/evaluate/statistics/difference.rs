//! Whether two figures differ by more than chance.

/// 95 % interval of the difference now − before of two independent figures from their own 95 %
/// intervals (Zou & Donner 2008, "Construction of confidence limits about effect measures: a general
/// approach", which recovers the variance on each side of each figure). For shares with Wilson's
/// intervals it is the tenth method of Newcombe 1998, "Interval estimation for the difference
/// between independent proportions". Each interval holds its figure.
pub fn difference_interval(
    (now, now_ci): (f64, (f64, f64)),
    (before, before_ci): (f64, (f64, f64)),
) -> (f64, f64) {
    let difference = now - before;
    let down = (now - now_ci.0).hypot(before_ci.1 - before);
    let up = (now_ci.1 - now).hypot(before - before_ci.0);
    (difference - down, difference + up)
}

/// What a change is, set against chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Noise {
    /// The interval of the change lies above nothing.
    Higher,
    /// The interval of the change lies below nothing.
    Lower,
    /// The interval of the change holds nothing: it can't be told from chance.
    Within,
    /// One of the figures has no interval.
    Untested,
}

impl Noise {
    /// The name used in `changes.csv`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Higher => "higher",
            Self::Lower => "lower",
            Self::Within => "within_noise",
            Self::Untested => "untested",
        }
    }
}

/// A figure against the same figure of an earlier period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// Now − before, in the unit of the figure.
    pub difference: f64,
    /// Its 95 % interval, where both figures have one.
    pub ci: Option<(f64, f64)>,
    /// What that says.
    pub noise: Noise,
}

impl Change {
    /// The change from one figure to another, each with its interval where it has one.
    pub fn between(
        (now, now_ci): (f64, Option<(f64, f64)>),
        (before, before_ci): (f64, Option<(f64, f64)>),
    ) -> Self {
        let ci = now_ci
            .zip(before_ci)
            .map(|(now_ci, before_ci)| difference_interval((now, now_ci), (before, before_ci)));
        Self {
            difference: now - before,
            ci,
            noise: match ci {
                None => Noise::Untested,
                Some((low, _)) if low > 0.0 => Noise::Higher,
                Some((_, high)) if high < 0.0 => Noise::Lower,
                Some(_) => Noise::Within,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::statistics::wilson;

    #[test]
    fn the_difference_of_two_shares_agrees_with_a_published_table() {
        // Newcombe 1998, table II, method 10: 56/70 − 48/80 is 0.0524–0.3339, 9/10 − 3/10 is
        // 0.1705–0.8090.
        let interval = |a: (u64, u64), b: (u64, u64)| {
            let share = |(met, n): (u64, u64)| met as f64 / n as f64;
            difference_interval(
                (share(a), wilson(a.0, a.1).unwrap()),
                (share(b), wilson(b.0, b.1).unwrap()),
            )
        };
        let (low, high) = interval((56, 70), (48, 80));
        assert!((low - 0.0524).abs() < 5e-5 && (high - 0.3339).abs() < 5e-5);
        let (low, high) = interval((9, 10), (3, 10));
        assert!((low - 0.1705).abs() < 5e-5 && (high - 0.8090).abs() < 5e-5);
    }

    #[test]
    fn a_change_is_one_beyond_its_interval_only() {
        let of = |now, before| Change::between((now, Some((now - 3.0, now + 3.0))), before).noise;
        let before = (10.0, Some((6.0, 14.0)));
        // 3 and 4 make 5.
        assert_eq!(of(15.1, before), Noise::Higher);
        assert_eq!(of(14.9, before), Noise::Within);
        assert_eq!(of(5.1, before), Noise::Within);
        assert_eq!(of(4.9, before), Noise::Lower);
        assert_eq!(of(90.0, (10.0, None)), Noise::Untested);
    }
}
