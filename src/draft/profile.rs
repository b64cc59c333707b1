//! What the values of a column look like.

use rust_decimal::Decimal;

use super::times::{TimesSeen, times_in};
use crate::ingest::parse_millionths;
use crate::model::{FastMap, FastSet};
use crate::project::parse_bool;

/// How many different values of a column are kept; the number of them all is known nevertheless.
const VALUES_KEPT: usize = 5000;
/// A longer value is neither kept nor shown in full.
const SHOWN_CHARACTERS: usize = 60;

/// The values of a column while rows are looked at.
#[derive(Debug, Default)]
pub(super) struct Values {
    filled: u64,
    hashes: FastSet<u64>,
    kept: Vec<(String, u64)>,
    places: FastMap<String, usize>,
}

impl Values {
    /// Takes the field of a row.
    pub(super) fn take(&mut self, field: &str) {
        let text = field.trim();
        if text.is_empty() {
            return;
        }
        self.filled += 1;
        self.hashes
            .insert(xxhash_rust::xxh3::xxh3_64(text.as_bytes()));
        if let Some(value) = self.places.get(text).and_then(|at| self.kept.get_mut(*at)) {
            value.1 += 1;
        } else if self.kept.len() < VALUES_KEPT {
            self.places.insert(text.to_owned(), self.kept.len());
            self.kept.push((text.to_owned(), 1));
        }
    }

    /// What they are.
    pub(super) fn profile(self, name: &str) -> Column {
        let kept: u64 = self.kept.iter().map(|(_, count)| count).sum();
        let count_if = |is: &dyn Fn(&str) -> bool| {
            let fitting = self.kept.iter().filter(|(text, _)| is(text));
            fitting.map(|(_, count)| count).sum::<u64>()
        };
        let share = |count: u64| count as f64 / kept.max(1) as f64;
        let exact = count_if(&|text| parse_millionths(text).is_some());
        let any_number = |text: &str| text.parse::<Decimal>().is_ok();
        let is_bool = |text: &str| parse_bool(text).is_some();
        Column {
            name: name.to_owned(),
            filled: self.filled,
            distinct: self.hashes.len() as u64,
            exact: share(exact),
            numbers: share(count_if(&|text| {
                parse_millionths(text).is_some() || any_number(text)
            })),
            bools: share(count_if(&is_bool)),
            times: times_in(&self.kept),
            values: self.kept,
        }
    }
}

/// What is known of a column.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    /// Rows in which it has a value.
    pub(super) filled: u64,
    /// How many different values.
    pub(super) distinct: u64,
    /// The share of values that are decimal numbers with at most six places.
    pub(super) exact: f64,
    /// The share of values that are decimal numbers.
    pub(super) numbers: f64,
    /// The share of values that are true or false.
    pub(super) bools: f64,
    /// The times among them.
    pub(super) times: TimesSeen,
    /// The first different values with how often each was met, in the order of the file.
    pub(super) values: Vec<(String, u64)>,
}

impl Column {
    /// The values from the most frequent on.
    pub(super) fn most_frequent(&self) -> Vec<(&str, u64)> {
        let mut values: Vec<(&str, u64)> = self
            .values
            .iter()
            .map(|(text, count)| (text.as_str(), *count))
            .collect();
        values.sort_by(|(a, m), (b, n)| n.cmp(m).then_with(|| a.cmp(b)));
        values
    }

    /// Whether all different values are kept.
    pub(super) fn is_closed(&self) -> bool {
        self.distinct == self.values.len() as u64
    }

    /// A few values, for people.
    pub(super) fn examples(&self) -> String {
        let few: Vec<String> = self
            .values
            .iter()
            .take(3)
            .map(|(text, _)| shown(text))
            .collect();
        let more = if self.distinct > few.len() as u64 {
            ", …"
        } else {
            ""
        };
        format!("{}{more}", few.join(", "))
    }
}

/// A value on one line, cut where it is long.
pub(super) fn shown(text: &str) -> String {
    let mut short: String = text
        .chars()
        .take(SHOWN_CHARACTERS)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().count() > SHOWN_CHARACTERS {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[&str]) -> Column {
        let mut all = Values::default();
        for value in values {
            all.take(value);
        }
        all.profile("x")
    }

    #[test]
    fn numbers_and_truth_values_are_told_apart() {
        let numbers = column(&["1", "2.5", "0.1234567", "word", ""]);
        assert_eq!((numbers.filled, numbers.distinct), (4, 4));
        assert!((numbers.exact - 0.5).abs() < 1e-9);
        assert!((numbers.numbers - 0.75).abs() < 1e-9);
        let bools = column(&["Y", "n", "Y"]);
        assert!((bools.bools - 1.0).abs() < 1e-9);
        assert_eq!(bools.most_frequent(), [("Y", 2), ("n", 1)]);
        assert_eq!(bools.examples(), "Y, n");
    }

    #[test]
    fn long_values_are_cut_and_stay_on_one_line() {
        assert_eq!(shown("a\nb"), "a b");
        assert_eq!(
            shown(&"x".repeat(100)).chars().count(),
            SHOWN_CHARACTERS + 1
        );
    }
}
