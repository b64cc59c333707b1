//! What is found of a record before it is read.

use std::hash::Hasher;
use std::ops::Range;

use rustc_hash::FxHasher;

use super::super::columns::NONE;

/// The columns of the declaration's number and of the time in a source where nothing else is read from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct OwnColumns {
    /// The number's column.
    pub(in super::super) id: usize,
    /// The time's column.
    pub(in super::super) time: usize,
}

/// A record of which only the fields of its own have been found.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Outline<'b> {
    /// The declaration's number.
    pub(in super::super) id: &'b str,
    /// The time.
    pub(in super::super) time: &'b str,
    /// What stands before, between and behind them, with all delimiters.
    pub(in super::super) around: [&'b [u8]; 3],
}

impl Outline<'_> {
    #[inline]
    pub(super) fn hash(&self) -> u64 {
        let mut hasher = FxHasher::default();
        for part in self.around {
            hasher.write(part);
        }
        hasher.finish()
    }

    /// How many bytes stand around the own fields.
    pub(super) fn length(&self) -> usize {
        self.around.iter().map(|part| part.len()).sum()
    }

    /// Whether `key` stands around the own fields. Where one part of it ends and the next begins need not be said: that is
    /// behind the same number of delimiters in all rows of a source.
    #[inline]
    pub(super) fn is(&self, key: &[u8]) -> bool {
        let mut parts = self.around.iter();
        let rest = parts.try_fold(key, |rest, part| rest.strip_prefix(*part));
        rest.is_some_and(<[u8]>::is_empty)
    }
}

/// A record that is to be read, and what was found of it beforehand ([`RowReader::look_ahead`]).
#[derive(Clone, Debug)]
pub(in super::super) struct Ahead<'b> {
    pub(super) outline: Outline<'b>,
    pub(super) hash: u64,
    /// Where it stands in its block, without its line feed.
    pub(in super::super) place: Range<usize>,
    /// The number of the remembered row that it repeats, or [`NONE`].
    pub(super) number: u32,
    /// Where the bytes of that row stand.
    pub(super) key: Range<usize>,
    /// Whether one like it has been read in full, as far as is known.
    pub(super) seen: bool,
    /// Its declaration's number and the code of that, where it repeats a row and has one.
    pub(super) id: Option<(&'b str, u32)>,
}

impl<'b> Ahead<'b> {
    #[inline]
    pub(in super::super) fn of(outline: Outline<'b>, place: Range<usize>) -> Self {
        Self {
            hash: outline.hash(),
            outline,
            place,
            number: NONE,
            key: 0..0,
            seen: false,
            id: None,
        }
    }
}
