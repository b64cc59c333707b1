//! Codes of a row group.

use crate::ingest::NONE;

/// Codes of a run → codes of a row group, given out in the order of their first use. Used for one column after the other:
/// some have a hundred thousand texts, and their list is cleared where it was used.
#[derive(Debug, Default)]
pub(super) struct Renumbered {
    /// [`NONE`] for one that has not been used.
    codes: Vec<u32>,
    used: Vec<u32>,
    /// The code asked for last and its new one: the rows of a declaration stand together.
    last: Option<(u32, u32)>,
}

impl Renumbered {
    /// Begins a column of codes below `distinct`.
    pub(super) fn begin(&mut self, distinct: usize) {
        for code in self.used.drain(..) {
            if let Some(slot) = self.codes.get_mut(code as usize) {
                *slot = NONE;
            }
        }
        self.codes.resize(distinct.max(self.codes.len()), NONE);
        self.last = None;
    }

    /// The new code; `None` for a code that there is none of.
    #[inline]
    pub(super) fn code(&mut self, code: u32) -> Option<u32> {
        if let Some((last, new)) = self.last
            && last == code
        {
            return Some(new);
        }
        let slot = self.codes.get_mut(code as usize)?;
        if *slot == NONE {
            *slot = u32::try_from(self.used.len()).unwrap_or(NONE);
            self.used.push(code);
        }
        self.last = Some((code, *slot));
        Some(*slot)
    }

    /// The codes that have been used, in the order of their new ones.
    pub(super) fn used(&self) -> &[u32] {
        &self.used
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_numbered_in_the_order_of_their_use_in_each_column() {
        let mut renumbered = Renumbered::default();
        for (distinct, codes, wanted, used) in [
            (9, [7, 7, 2, 7], [0, 0, 1, 0], &[7, 2][..]),
            (8, [7, 0, 0, 2], [0, 1, 1, 2], &[7, 0, 2]),
        ] {
            renumbered.begin(distinct);
            let found = codes.map(|code| renumbered.code(code));
            assert_eq!(found, wanted.map(Some));
            assert_eq!(renumbered.code(9), None);
            assert_eq!(renumbered.code(NONE), None);
            assert_eq!(renumbered.used(), used);
        }
    }
}
