//! Values of the source as our own codes.

use super::super::columns::{NONE, SparseTexts};
use super::super::reject::Reason;
use super::fields::Field;
use super::{Refusal, column_name, refuse};
use crate::model::Texts;
use crate::project::AttributeMapping;

/// Our code for a source value; a code list knows every value it may meet.
pub(super) fn translate<'t>(
    mapping: &'t AttributeMapping,
    field: &Field,
    text: &'t str,
    header: &[String],
) -> Result<&'t str, Refusal> {
    match &mapping.codes {
        Some(codes) if !text.is_empty() => match codes.get(text) {
            Some(code) => Ok(code),
            None => refuse(
                Reason::UnknownCode,
                column_name(mapping, field, header),
                text,
            ),
        },
        _ => Ok(text),
    }
}

/// What a code list has translated already in the block under way: most rows repeat a value, and one look-up
/// is less than one in the list and one among the column's texts.
///
/// Of one attribute: the values of the source, and for each the code that the column has for our own.
#[derive(Clone, Debug, Default)]
pub(super) struct Translated {
    source: Texts,
    codes: Vec<u32>,
}

impl Translated {
    /// The code of the source's value, to be given to [`Translated::keep`], and that of our own, where it
    /// is known.
    pub(super) fn find(&mut self, value: &str) -> (u32, Option<u32>) {
        let source = self.source.code(value);
        let known = self.codes.get(source as usize).copied();
        (source, known.filter(|code| *code != NONE))
    }

    /// Remembers what a source's value has become: the newest text of the column.
    pub(super) fn keep(&mut self, source: u32, column: &SparseTexts) {
        let at = source as usize;
        if self.codes.len() <= at {
            self.codes.resize(at + 1, NONE);
        }
        let newest = column.codes.values.last();
        if let Some((slot, (_, code))) = self.codes.get_mut(at).zip(newest) {
            *slot = *code;
        }
    }

    /// Forgets all: the next block has codes of its own.
    pub(super) fn clear(&mut self) {
        self.source.clear();
        self.codes.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_known_once_it_has_been_kept_and_not_beyond_its_block() {
        let mut translated = Translated::default();
        let mut column = SparseTexts::default();
        let (yellow, known) = translated.find("sariq");
        assert_eq!(known, None);
        // A row that was refused keeps nothing.
        assert_eq!(translated.find("qizil").1, None);
        column.push(0, "yellow");
        translated.keep(yellow, &column);
        let (red, known) = translated.find("qizil");
        assert_eq!(known, None);
        column.push(1, "red");
        translated.keep(red, &column);
        let known = translated
            .find("sariq")
            .1
            .and_then(|code| column.value(code));
        assert_eq!(known, Some("yellow"));
        translated.clear();
        assert_eq!(translated.find("sariq").1, None);
    }
}
