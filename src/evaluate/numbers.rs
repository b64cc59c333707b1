//! Columns of numbers: for each row one, or none.

/// A number of which one value, the smallest, stands for none. No log has it: it is a time three hundred thousand years ago, and
/// an amount of more digits than a column of amounts can hold. Sums of a few such amounts do not come near it either.
pub trait Number: Copy + PartialEq {
    /// Stands for none.
    const NONE: Self;
}

impl Number for i64 {
    const NONE: Self = Self::MIN;
}

impl Number for i128 {
    const NONE: Self = Self::MIN;
}

/// A number for each row, or none. A list of `Option` would take twice as many bytes, and there are as many of these columns
/// as a catalogue names, each as long as the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbers<N>(Vec<N>);

impl<N: Number> Numbers<N> {
    /// How many rows there are.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no row.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of a row; `None` where it has none, or there is no such row.
    #[inline]
    pub fn get(&self, row: usize) -> Option<N> {
        self.0.get(row).copied().filter(|number| *number != N::NONE)
    }

    /// What each row has, in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<N>> + Clone {
        let numbers = self.0.iter().copied();
        numbers.map(|number| (number != N::NONE).then_some(number))
    }

    /// Adds a row for each number, but for those at some places of them none.
    pub(super) fn extend(
        &mut self,
        numbers: impl Iterator<Item = N>,
        missing: impl Iterator<Item = usize>,
    ) {
        let before = self.0.len();
        // First all, as if each were there, then those that are not: so many are taken at a time, where a look at each row's
        // bit would take them one by one.
        self.0.extend(numbers);
        for place in missing {
            if let Some(number) = self.0.get_mut(before + place) {
                *number = N::NONE;
            }
        }
    }
}

impl<N: Number> FromIterator<Option<N>> for Numbers<N> {
    fn from_iter<I: IntoIterator<Item = Option<N>>>(numbers: I) -> Self {
        let numbers = numbers.into_iter().inspect(|number| {
            debug_assert!(*number != Some(N::NONE), "a number that stands for none");
        });
        Self(numbers.map(|number| number.unwrap_or(N::NONE)).collect())
    }
}

/// A column of rows that may have nothing in it.
pub(super) trait PerRow {
    /// No row yet, with room for so many.
    fn with_room(rows: usize) -> Self;
    /// Adds rows that have nothing until there are so many, and takes away those beyond them.
    fn fill_to(&mut self, rows: usize);
    /// What some rows have, in their order.
    fn of_rows(&self, rows: &[u32]) -> Self;
}

impl<N: Number> PerRow for Numbers<N> {
    fn with_room(rows: usize) -> Self {
        Self(Vec::with_capacity(rows))
    }

    fn fill_to(&mut self, rows: usize) {
        self.0.resize(rows, N::NONE);
    }

    fn of_rows(&self, rows: &[u32]) -> Self {
        let number = |row: &u32| self.0.get(*row as usize).copied().unwrap_or(N::NONE);
        Self(rows.iter().map(number).collect())
    }
}

impl<T: Clone> PerRow for Vec<Option<T>> {
    fn with_room(rows: usize) -> Self {
        Self::with_capacity(rows)
    }

    fn fill_to(&mut self, rows: usize) {
        self.resize(rows, None);
    }

    fn of_rows(&self, rows: &[u32]) -> Self {
        let value = |row: &u32| self.get(*row as usize).cloned().flatten();
        rows.iter().map(value).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_are_what_they_were_made_of(
            given in proptest::collection::vec(prop::option::of(any::<i64>()), 0..50),
            rows in proptest::collection::vec(0..60_u32, 0..30),
        ) {
            let given: Vec<Option<i64>> = given.into_iter().map(|one| one.filter(|one| *one != i64::MIN)).collect();
            let numbers: Numbers<i64> = given.iter().copied().collect();
            prop_assert_eq!(numbers.iter().collect::<Vec<_>>(), given.clone());
            let at = |row: usize| given.get(row).copied().flatten();
            for row in 0..given.len() + 2 {
                prop_assert_eq!(numbers.get(row), at(row));
            }
            let chosen = numbers.of_rows(&rows);
            let wanted: Vec<Option<i64>> = rows.iter().map(|row| at(*row as usize)).collect();
            prop_assert_eq!(chosen.iter().collect::<Vec<_>>(), wanted);
        }
    }

    #[test]
    fn what_is_missing_is_missing_whatever_stands_in_its_place() {
        let mut numbers: Numbers<i128> = Numbers::with_room(5);
        numbers.extend([7, 8].into_iter(), [1].into_iter());
        numbers.extend([9, 0].into_iter(), [0].into_iter());
        numbers.fill_to(5);
        let all: Vec<Option<i128>> = numbers.iter().collect();
        assert_eq!(all, [Some(7), None, None, Some(0), None]);
        assert!(!numbers.is_empty() && numbers.len() == 5);
    }
}
