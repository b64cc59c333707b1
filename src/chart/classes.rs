//! Classes of magnitude with round bounds, for colours of one hue.

use super::Scale;
use super::axis::ValueAxis;
use super::legend::Sample;
use super::theme::{Ink, Step};
use crate::language::Language;

/// The most classes that can be told apart.
const MOST: f64 = 5.0;

/// Classes between neighbouring ticks of an axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Classes {
    ticks: Vec<(f64, String)>,
    note: String,
}

impl Classes {
    /// Classes with round bounds that hold all values.
    pub(super) fn enclosing(
        language: &Language,
        scale: Scale,
        values: impl IntoIterator<Item = f64>,
    ) -> Self {
        let axis = ValueAxis::with_intervals(language, scale, values, MOST);
        // What the axis must say about its zero is plain from the bounds of the classes.
        Self {
            ticks: axis.ticks,
            note: axis.magnitude,
        }
    }

    fn count(&self) -> usize {
        self.ticks.len().saturating_sub(1).max(1)
    }

    /// The step of a value. A value at a bound belongs to the class above it.
    pub(super) fn step(&self, value: f64) -> Step {
        let inner = self.ticks.iter().skip(1).take(self.count() - 1);
        let at = inner.filter(|(bound, _)| *bound <= value).count();
        Step::of(at, self.count())
    }

    /// An entry per class.
    pub(super) fn legend(&self, ink: impl Fn(Step) -> Ink) -> Vec<(Sample, String)> {
        let mut entries = Vec::new();
        for (at, pair) in self.ticks.windows(2).enumerate() {
            if let [(_, low), (_, high)] = pair {
                let words = format!("{low}–{high} {}", self.note);
                let step = Step::of(at, self.count());
                entries.push((Sample::Field(ink(step)), words.trim().to_owned()));
            }
        }
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_at_a_bound_belongs_to_the_class_above() {
        let classes = Classes::enclosing(
            &Language::built_in("en").unwrap(),
            Scale::Count,
            [0.0, 100.0],
        );
        // Bounds 0, 20 … 100.
        assert_eq!(classes.step(0.0), Step::One);
        assert_eq!(classes.step(19.9), Step::One);
        assert_eq!(classes.step(20.0), Step::Two);
        assert_eq!(classes.step(100.0), Step::Five);
        let words: Vec<String> = classes
            .legend(Ink::Sequence)
            .into_iter()
            .map(|(_, words)| words)
            .collect();
        assert_eq!(words, ["0–20", "20–40", "40–60", "60–80", "80–100"]);
    }

    #[test]
    fn equal_values_and_none_have_a_class() {
        for values in [vec![], vec![0.0], vec![7.0, 7.0]] {
            let classes = Classes::enclosing(
                &Language::built_in("en").unwrap(),
                Scale::Number,
                values.iter().copied(),
            );
            let step = classes.step(values.first().copied().unwrap_or_default());
            assert!(Step::ALL.contains(&step));
            assert!((1..=5).contains(&classes.legend(Ink::Ordered).len()));
        }
    }
}
