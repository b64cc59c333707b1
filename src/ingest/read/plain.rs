//! Records of a block in which every delimiter separates fields and every line feed records.
//!
//! Most fields of a log are empty: a row has thirty columns and says something in ten. So the columns that are not
//! empty are noted while a record is cut; whoever reads the row need not look at the others.

use super::super::row::Row;

/// The positions of a delimiter and of line feeds, eight bytes at a time: fields are short, so that a
/// search for the next one would be started more often than it is long.
struct Separators<'b> {
    words: std::slice::Iter<'b, [u8; 8]>,
    rest: std::slice::Iter<'b, u8>,
    delimiter: u8,
    /// Where what has been looked at ends.
    at: usize,
    /// The top bit of each of its bytes that separates and has not been given out.
    found: u64,
}

/// The top bit of each byte of a word that is `byte`.
#[inline]
const fn bytes_that_are(byte: u8, word: u64) -> u64 {
    const LOW: u64 = u64::from_ne_bytes([0x7f; 8]);
    let other = word ^ u64::from_ne_bytes([byte; 8]);
    // A byte's low seven bits and 0x7f overflow into its top bit unless they are all zero; no byte
    // reaches the next one.
    !(((other & LOW) + LOW) | other | LOW)
}

impl<'b> Separators<'b> {
    fn of(bytes: &'b [u8], delimiter: u8) -> Self {
        let (words, rest) = bytes.as_chunks::<8>();
        Self {
            words: words.iter(),
            rest: rest.iter(),
            delimiter,
            at: 0,
            found: 0,
        }
    }
}

impl Iterator for Separators<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.found == 0 {
            let Some(word) = self.words.next() else {
                return self.next_of_rest();
            };
            let word = u64::from_le_bytes(*word);
            self.found = bytes_that_are(self.delimiter, word) | bytes_that_are(b'\n', word);
            self.at += 8;
        }
        let byte = self.found.trailing_zeros() / 8;
        self.found &= self.found - 1;
        Some(self.at - 8 + byte as usize)
    }
}

impl Separators<'_> {
    /// The last few bytes, which fill no word.
    fn next_of_rest(&mut self) -> Option<usize> {
        let separates = |byte: &u8| *byte == self.delimiter || *byte == b'\n';
        let before = self.rest.position(separates)?;
        self.at += before + 1;
        Some(self.at - 1)
    }
}

/// A record that has been cut into fields.
#[derive(Debug, Default)]
pub(super) struct Cut {
    /// Where each field begins in the block, and where the one behind the last would.
    starts: Vec<usize>,
    /// The columns whose fields are not empty.
    filled: Vec<usize>,
}

impl Cut {
    /// How many fields the record has.
    pub(super) fn count(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }
}

/// The records of a block.
pub(super) struct Records<'b> {
    bytes: &'b [u8],
    separators: Separators<'b>,
    /// Where the next record begins.
    at: usize,
}

impl<'b> Records<'b> {
    pub(super) fn of(bytes: &'b [u8], delimiter: u8) -> Self {
        Self {
            bytes,
            separators: Separators::of(bytes, delimiter),
            at: 0,
        }
    }

    /// Cuts the next record: where it begins, and where it ends without its line feed. `None` when there is none.
    #[inline]
    pub(super) fn next(&mut self, cut: &mut Cut) -> Option<(usize, usize)> {
        let start = self.at;
        if start >= self.bytes.len() {
            return None;
        }
        cut.starts.clear();
        cut.filled.clear();
        let mut from = start;
        let end = loop {
            // The last record of a file may have no line feed.
            let at = self.separators.next().unwrap_or(self.bytes.len());
            if at > from {
                cut.filled.push(cut.starts.len());
            }
            cut.starts.push(from);
            from = at + 1;
            if self.bytes.get(at).is_none_or(|byte| *byte == b'\n') {
                break at;
            }
        };
        cut.starts.push(from);
        self.at = from;
        Some((start, end))
    }
}

/// A record of which each field is what stands between two separators.
pub(super) struct PlainRow<'b> {
    /// Some text of the block that holds the record.
    pub(super) text: &'b str,
    /// Where that text begins in the block.
    pub(super) offset: usize,
    pub(super) cut: &'b Cut,
}

impl Row for PlainRow<'_> {
    #[inline]
    fn field(&self, at: usize) -> &str {
        match self.cut.starts.get(at..).unwrap_or_default() {
            [start, next, ..] if next - start > 1 => {
                let field = start - self.offset..next - 1 - self.offset;
                self.text.get(field).unwrap_or_default()
            }
            _ => "",
        }
    }

    #[inline]
    fn is_empty(&self, at: usize) -> bool {
        match self.cut.starts.get(at..).unwrap_or_default() {
            [start, next, ..] => next - start <= 1,
            _ => true,
        }
    }

    fn filled(&self) -> Option<&[usize]> {
        Some(&self.cut.filled)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn records_end_at_line_feeds_and_fields_at_delimiters(
            bytes in proptest::collection::vec(prop::sample::select(&b";\n\x3ba \x0b:\0;"[..]), 0..300),
        ) {
            let mut lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
            // What stands behind the last line feed is a record where there is something.
            lines.pop_if(|last| last.is_empty());
            let text = std::str::from_utf8(&bytes).unwrap();
            let (mut records, mut cut) = (Records::of(&bytes, b';'), Cut::default());
            for line in lines {
                let (start, end) = records.next(&mut cut).unwrap();
                prop_assert_eq!(&bytes[start..end], line);
                let wanted: Vec<&[u8]> = line.split(|byte| *byte == b';').collect();
                prop_assert_eq!(cut.count(), wanted.len());
                // Of the whole block, or of the record alone.
                for (text, offset) in [(text, 0), (&text[start..end], start)] {
                    let row = PlainRow { text, offset, cut: &cut };
                    let filled = (0..wanted.len()).filter(|at| !wanted[*at].is_empty());
                    prop_assert_eq!(row.filled().unwrap(), filled.collect::<Vec<_>>());
                    for (at, wanted) in wanted.iter().enumerate() {
                        prop_assert_eq!(row.field(at).as_bytes(), *wanted);
                        prop_assert_eq!(row.is_empty(at), wanted.is_empty());
                    }
                    prop_assert!(row.field(wanted.len()).is_empty() && row.is_empty(wanted.len()));
                }
            }
            prop_assert!(records.next(&mut cut).is_none());
        }

        #[test]
        fn separators_are_the_delimiters_and_the_line_feeds(
            bytes in proptest::collection::vec(prop::sample::select(&b";\n\x8a\x3ba\xbb\x0b:\0"[..]), 0..80),
        ) {
            let wanted = (0..bytes.len()).filter(|at| [b';', b'\n'].contains(&bytes[*at]));
            let found = Separators::of(&bytes, b';');
            prop_assert_eq!(found.collect::<Vec<_>>(), wanted.collect::<Vec<_>>());
        }
    }
}
