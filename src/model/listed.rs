//! Texts by their number.

use compact_str::CompactString;

/// A text of so many bytes or fewer stands in the list itself.
const SHORT: usize = size_of::<CompactString>();

/// A list of texts that grows. Texts of a column are alike: short ones, as declaration numbers are, or long ones.
#[derive(Clone, Debug)]
pub(super) enum Listed {
    /// All are short, and stand in the list themselves: they are too many to be at hand, and one way to memory finds each.
    Short(Vec<CompactString>),
    /// All stand in one string, with the place at which each ends: from the first long one on, which would take an allocation
    /// of its own.
    Joined(String, Vec<usize>),
}

impl Default for Listed {
    fn default() -> Self {
        Self::Short(Vec::new())
    }
}

impl Listed {
    /// The text of a number.
    #[inline]
    pub(super) fn get(&self, number: u32) -> Option<&str> {
        let at = number as usize;
        match self {
            Self::Short(texts) => texts.get(at).map(CompactString::as_str),
            Self::Joined(text, ends) => {
                let end = *ends.get(at)?;
                let start = match at.checked_sub(1) {
                    Some(before) => *ends.get(before)?,
                    None => 0,
                };
                text.get(start..end)
            }
        }
    }

    /// Adds a text behind all others.
    pub(super) fn push(&mut self, new: &str) {
        match self {
            Self::Short(texts) if new.len() <= SHORT => texts.push(CompactString::new(new)),
            Self::Short(texts) => {
                let mut joined = Self::Joined(String::new(), Vec::with_capacity(texts.len() + 1));
                for text in texts.iter() {
                    joined.push(text);
                }
                joined.push(new);
                *self = joined;
            }
            Self::Joined(text, ends) => {
                text.push_str(new);
                ends.push(text.len());
            }
        }
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        match self {
            Self::Short(texts) => texts.len(),
            Self::Joined(_, ends) => ends.len(),
        }
    }

    /// Forgets all but keeps the memory: those that come next are probably of the same kind.
    pub(super) fn clear(&mut self) {
        match self {
            Self::Short(texts) => texts.clear(),
            Self::Joined(text, ends) => {
                text.clear();
                ends.clear();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn texts_are_found_by_their_numbers_whatever_their_lengths(
            texts in proptest::collection::vec("(|[ab]{1,9}|ä{1,3}|[0-9]{24,25})", 0..40),
            cleared in 0..40_usize,
        ) {
            let (mut listed, mut known) = (Listed::default(), Vec::new());
            for (at, text) in texts.iter().enumerate() {
                if at == cleared {
                    listed.clear();
                    known.clear();
                }
                listed.push(text);
                known.push(text.as_str());
                prop_assert_eq!(listed.len(), known.len());
                let found = (0..).map_while(|number| listed.get(number));
                prop_assert_eq!(found.collect::<Vec<_>>(), known.clone());
            }
        }
    }

    #[test]
    fn short_ones_are_joined_when_a_long_one_comes() {
        let mut listed = Listed::default();
        for short in ["a", "", "0123456789abcdefghijklmn"] {
            listed.push(short);
            assert!(matches!(listed, Listed::Short(_)));
        }
        listed.push("0123456789abcdefghijklmno");
        assert!(matches!(listed, Listed::Joined(..)));
        assert_eq!(listed.get(2), Some("0123456789abcdefghijklmn"));
    }
}
