//! Values with codes.

use std::hash::Hash;

use crate::model::FastMap;

/// Gives out codes to values in the order of first sight, while the rows that have them are gone through.
pub(super) struct Known<T> {
    codes: FastMap<T, u32>,
    /// Each value once, by its code.
    pub(super) members: Vec<T>,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self {
            codes: FastMap::default(),
            members: Vec::new(),
        }
    }
}

impl<T: Copy + Eq + Hash> Known<T> {
    /// The code of a value, given out when it is new.
    pub(super) fn code(&mut self, value: T) -> u32 {
        *self.codes.entry(value).or_insert_with(|| {
            self.members.push(value);
            u32::try_from(self.members.len() - 1).unwrap_or(u32::MAX)
        })
    }

    /// The code of a value that is there already.
    pub(super) fn find(&self, value: T) -> Option<u32> {
        self.codes.get(&value).copied()
    }

    /// The members of some values and their codes; `None` where there are more than `most`.
    pub(super) fn of(
        values: impl ExactSizeIterator<Item = T>,
        most: usize,
    ) -> Option<(Vec<T>, Vec<u32>)> {
        let (mut known, mut codes) = (Self::default(), Vec::with_capacity(values.len()));
        // Most rows are as the one before.
        let mut last = None;
        for value in values {
            let code = match last {
                Some((before, code)) if before == value => code,
                _ => known.code(value),
            };
            last = Some((value, code));
            codes.push(code);
            if known.members.len() > most {
                return None;
            }
        }
        Some((known.members, codes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_given_out_in_the_order_of_first_sight_while_there_are_few() {
        let values = |count: i64| Known::of((0..count).collect::<Vec<_>>().into_iter(), 4096);
        assert!(values(4096).is_some());
        assert!(values(4097).is_none());
        let (members, codes) = Known::of([3, 3, 1, 3].into_iter(), 2).unwrap();
        assert_eq!((members, codes), (vec![3, 1], vec![0, 0, 1, 0]));
    }
}
