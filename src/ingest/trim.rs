//! White space around texts.

/// A text without white space around it, as [`str::trim`]: most texts have none, and a look at both ends
/// tells so.
pub(super) fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [] => text,
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        _ => text.trim(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_what_the_library_leaves() {
        for text in [
            "",
            " ",
            "a",
            " a",
            "a\t",
            "\u{a0}a b\u{2003}",
            "ä ",
            "ä",
            "-1.5",
        ] {
            assert_eq!(trimmed(text), text.trim(), "{text:?}");
        }
    }
}
