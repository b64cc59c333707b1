//! Text from data, made safe to read.

use std::fmt::Write as _;

/// The text with every character that would not be seen, or would move other text about, written
/// as an escape: controls, bidirectional marks and overrides, zero-width and line separators.
/// `ab\u{202e}c` becomes the visible `ab⟨U+202E⟩c`. Ordinary spaces of any width stay.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unseen(c) {
            // Writing to a string can't fail.
            let _ = write!(shown, "⟨U+{:04X}⟩", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Whether a character is invisible or changes the direction or the lines of its neighbours.
/// Zero-width joiners are left alone: Persian, Urdu and several Indian scripts spell with them.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// The first letter in upper case: how a code is shown that has no title.
pub(super) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_be_seen_is_spelt_out() {
        assert_eq!(visible("ab\u{202e}c\u{0}\n"), "ab⟨U+202E⟩c⟨U+0000⟩⟨U+000A⟩");
        assert_eq!(visible("Ёқут 12\u{202f}345 <b>"), "Ёқут 12\u{202f}345 <b>");
    }
}
