//! Names of the pages of members.

use super::choices;
use crate::digest::sha256;

/// Letters of the hash that names a page: two members of a report share one with a chance below
/// one in a million million, even if there are thousands.
const LETTERS: usize = 16;

/// The name of the page of a member, without folder and ending; `None` for the whole and for members
/// of dimensions that have no pages.
pub(super) fn page_of(dimension: &str, member: &str) -> Option<String> {
    choices::PAGES
        .contains(&dimension)
        .then(|| format!("{dimension}-{}", name_of(dimension, member)))
}

/// A member as part of a file's name: the same in every report, and made of none of its letters, so
/// that nothing in a log can become a path.
pub(super) fn name_of(dimension: &str, member: &str) -> String {
    // No name holds NUL: (`a`, `bc`) is not (`ab`, `c`).
    let mut hash = sha256(format!("{dimension}\0{member}").as_bytes());
    hash.truncate(LETTERS);
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_named_by_a_hash_and_never_by_letters_of_the_log() {
        // printf 'office\0../../etc' | sha256sum
        assert_eq!(
            page_of("office", "../../etc").as_deref(),
            Some("office-71bb61ab7306e397")
        );
        assert_ne!(page_of("office", "a"), page_of("corridor", "a"));
        assert_eq!(page_of("all", "all"), None);
        assert_eq!(page_of("lane", "red"), None);
    }
}
