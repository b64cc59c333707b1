//! The hash of a row, by which one that comes twice is known.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// Marks the end of a text; no UTF-8 has it.
const END: u8 = 0xff;

/// What the mapping reads from a row beside the declaration's number and an event's time (a row of several dates: with all of
/// them), as bytes that differ where rows do.
#[derive(Clone, Debug)]
pub(super) struct SaidBytes(Vec<u8>);

impl Default for SaidBytes {
    fn default() -> Self {
        Self(Vec::with_capacity(256))
    }
}

impl SaidBytes {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// How many bytes it is.
    pub(super) const fn length(&self) -> usize {
        self.0.len()
    }

    /// Adds a text, its end marked, so that `ab`, `c` and `a`, `bc` differ.
    pub(super) fn text(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(END);
    }

    /// Adds so many empty texts.
    pub(super) fn empty(&mut self, texts: usize) {
        self.0.resize(self.0.len() + texts, END);
    }

    /// Adds a milestone and its time, of a row that has several.
    pub(super) fn milestone(&mut self, code: u8, at: i64) {
        self.0.push(code);
        self.0.extend_from_slice(&at.to_le_bytes());
    }

    /// Adds an amount, marked as there, so that one in the next column does not look the same.
    pub(super) fn amount(&mut self, amount: Option<i128>) {
        self.0.push(u8::from(amount.is_some()));
        if let Some(amount) = amount {
            self.0.extend_from_slice(&amount.to_le_bytes());
        }
    }

    /// The hash of all of it. Many rows say the same: it is made once for all of them.
    pub(super) fn hash(&self) -> u64 {
        xxh3_64(&self.0)
    }
}

/// The hash of a row with a declaration's number, the time of its first event, and what it says beside them.
#[inline]
pub(super) fn row_hash(id: &str, first_at: i64, said: u64) -> u64 {
    /// Odd, so that no two times become one; 2⁶⁴ divided by the golden ratio, so that near times become distant.
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    let seed = said.wrapping_add(first_at.cast_unsigned().wrapping_mul(SPREAD));
    xxh3_64_with_seed(id.as_bytes(), seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(of: impl FnOnce(&mut SaidBytes)) -> u64 {
        let mut said = SaidBytes::default();
        of(&mut said);
        said.hash()
    }

    #[test]
    fn what_differs_is_hashed_as_other_bytes() {
        let texts = |texts: &[&str]| {
            said(|said| {
                for text in texts {
                    said.text(text);
                }
            })
        };
        assert_ne!(texts(&["ab", "c"]), texts(&["a", "bc"]));
        assert_ne!(texts(&["ab", ""]), texts(&["", "ab"]));
        let several_at_once = said(|said| {
            said.text("a");
            said.empty(2);
            said.text("b");
        });
        assert_eq!(texts(&["a", "", "", "b"]), several_at_once);
        let amounts = |first, second| {
            said(|said| {
                said.amount(first);
                said.amount(second);
            })
        };
        assert_ne!(amounts(Some(5), None), amounts(None, Some(5)));
        assert_ne!(amounts(Some(0), None), amounts(None, None));
        let times = |first, second| {
            said(|said| {
                said.milestone(1, first);
                said.milestone(2, second);
            })
        };
        assert_ne!(times(7, 8), times(8, 7));
    }

    #[test]
    fn number_and_time_are_part_of_it() {
        let one = row_hash("D1", 1_000_000, 3);
        assert_eq!(one, row_hash("D1", 1_000_000, 3));
        for other in [
            row_hash("D2", 1_000_000, 3),
            row_hash("D1", 1_000_001, 3),
            row_hash("D1", 1_000_000, 4),
        ] {
            assert_ne!(one, other);
        }
    }
}
