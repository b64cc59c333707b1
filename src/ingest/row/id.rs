//! The declaration's number of a row.

use super::super::reject::Reason;
use super::super::trim::trimmed;
use super::Refusal;
use crate::project::Mapping;

/// No declaration has a longer number: a longer text stands in the wrong column, or has swallowed
/// rows.
const ID_BYTES_MAX: usize = 200;

/// A declaration's number as a field has it, or why it is none.
#[inline]
pub(super) fn declaration_id(text: &str) -> Result<&str, Reason> {
    let id = trimmed(text);
    if id.is_empty() {
        return Err(Reason::MissingId);
    }
    if id.len() > ID_BYTES_MAX || has_control(id.as_bytes()) {
        return Err(Reason::BadId);
    }
    Ok(id)
}

/// Refuses a row for the field of its declaration's number.
#[cold]
pub(super) fn refused_id(reason: Reason, mapping: &Mapping, text: &str) -> Refusal {
    Refusal {
        column: mapping.columns.declaration_id.clone(),
        value: trimmed(text).to_owned(),
        reason,
    }
}

/// Whether some byte is an ASCII control character. To the end in any case, eight bytes at a time (H. S. Warren, "Hacker's
/// Delight", 6-1: bytes below a number, and bytes that are zero).
fn has_control(bytes: &[u8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let Some(last) = bytes.last_chunk() else {
        return bytes.iter().any(u8::is_ascii_control);
    };
    let control = |word: &[u8; 8]| {
        let word = u64::from_le_bytes(*word);
        let delete = word ^ (ONES * 0x7f);
        (word.wrapping_sub(ONES * 0x20) & !word) | (delete.wrapping_sub(ONES) & !delete)
    };
    let (words, _) = bytes.as_chunks();
    // The last eight may have been looked at in part.
    let any = words
        .iter()
        .fold(control(last), |any, word| any | control(word));
    any & (ONES << 7) != 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn control_characters_are_found_wherever_they_stand(
            mut bytes in proptest::collection::vec(prop_oneof![b' '..0x7f, 0x80..=0xff_u8], 0..40),
            control in prop_oneof![0..b' ', Just(0x7f)],
            at in any::<prop::sample::Index>(),
        ) {
            prop_assert!(!has_control(&bytes));
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = control;
                prop_assert!(has_control(&bytes));
            }
        }
    }
}
