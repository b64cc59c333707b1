//! Columns of texts as codes of the range.

use arrow::array::{Array as _, StringArray};

use super::state::NONE;
use crate::store::ColumnTexts;

/// Positions among texts turned into codes, which may be [`NONE`]. A text is looked up once, however many rows have it; and only if
/// a row has it.
pub(super) struct Translation<'t> {
    texts: &'t StringArray,
    /// By position.
    known: Vec<u32>,
}

impl<'t> Translation<'t> {
    const NOT_ASKED: u32 = NONE - 1;

    pub(super) fn of(texts: &'t StringArray) -> Self {
        Self {
            texts,
            known: vec![Self::NOT_ASKED; texts.len()],
        }
    }

    /// The code that `code` gives to the text at a position.
    #[inline]
    pub(super) fn code(&mut self, position: u32, code: impl FnOnce(&str) -> u32) -> u32 {
        let Some(slot) = self.known.get_mut(position as usize) else {
            return NONE;
        };
        if *slot == Self::NOT_ASKED {
            *slot = code(self.texts.value(position as usize));
        }
        *slot
    }
}

/// By row a code; [`NONE`] for a row that has none.
pub(super) fn by_row(count: usize, rows: &[u32], codes: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut by_row = vec![NONE; count];
    for (row, code) in rows.iter().zip(codes) {
        if let Some(slot) = by_row.get_mut(*row as usize) {
            *slot = code;
        }
    }
    by_row
}

/// For each of `count` rows the code that `code` gives to its text; [`NONE`] where it has none.
pub(super) fn codes(
    column: ColumnTexts<'_>,
    count: usize,
    mut code: impl FnMut(&str) -> u32,
) -> Vec<u32> {
    let ColumnTexts { rows, codes, texts } = column;
    let mut own = Translation::of(texts);
    let codes = codes.iter().map(|of_row| own.code(*of_row, &mut code));
    by_row(count, rows, codes)
}
