//! How fields are told apart in delimited text.

use crate::project::Reading;

/// The delimiters that are tried where none is declared, most usual first.
pub(in crate::ingest) const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// How many records are looked at to tell the delimiter.
const RECORDS: usize = 50;

/// Delimiter and quoting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::ingest) struct Dialect {
    /// Between fields.
    pub(in crate::ingest) delimiter: u8,
    /// Around fields; doubled inside one. `None`: a quote is a character as any other.
    pub(in crate::ingest) quote: Option<u8>,
    /// Before a quote inside quotes, where the source writes so instead of doubling it.
    pub(in crate::ingest) escape: Option<u8>,
}

impl Dialect {
    /// What is declared; what begins so tells the delimiter where that is not.
    pub(in crate::ingest) fn of(reading: &Reading, start: &[u8], wanted: &[String]) -> Self {
        let dialect = Self {
            delimiter: b',',
            quote: reading.quote,
            escape: reading.escape,
        };
        let delimiter = reading.delimiter;
        Self {
            delimiter: delimiter.unwrap_or_else(|| detect_delimiter(dialect, start, wanted)),
            ..dialect
        }
    }

    /// A reader of text in this dialect, whose records may have any number of fields.
    pub(in crate::ingest) fn reader(self, bytes: &[u8]) -> csv::Reader<&[u8]> {
        csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(self.delimiter)
            .quoting(self.quote.is_some())
            .quote(self.quote.unwrap_or(b'"'))
            .escape(self.escape)
            .buffer_capacity(1 << 16)
            .from_reader(bytes)
    }
}

/// The delimiter of a file that begins with `start`, its header: the one under which most of the
/// wanted columns are in the header; among several, the one under which most records have as many
/// fields as the header (and more than one).
pub(in crate::ingest) fn detect_delimiter(dialect: Dialect, start: &[u8], wanted: &[String]) -> u8 {
    let score = |delimiter: u8| {
        let mut reader = Dialect {
            delimiter,
            ..dialect
        }
        .reader(start);
        let mut record = csv::ByteRecord::new();
        if !matches!(reader.read_byte_record(&mut record), Ok(true)) {
            return (0, 0, 0);
        }
        let width = record.len();
        let named = |field: &[u8]| {
            let name = String::from_utf8_lossy(field);
            wanted.iter().any(|column| column == name.trim())
        };
        let found = record.iter().filter(|field| named(field)).count();
        let mut alike = 0;
        for _ in 0..RECORDS {
            // Only the start is known: the last record may be cut off.
            if !matches!(reader.read_byte_record(&mut record), Ok(true)) {
                break;
            }
            alike += usize::from(width > 1 && record.len() == width);
        }
        (found, alike, width)
    };
    let mut best = (b',', score(b','));
    for delimiter in DELIMITERS {
        let next = score(delimiter);
        if next > best.1 {
            best = (delimiter, next);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delimiter_is_the_one_that_fits() {
        let dialect = Dialect {
            delimiter: b',',
            quote: Some(b'"'),
            escape: None,
        };
        let none: [String; 0] = [];
        for (text, delimiter) in [
            ("id,when\n1,2025-01-01\n", b','),
            ("id;when\n1;01.01.2025 10:00\n", b';'),
            ("id\twhen\n1\ta,b\n", b'\t'),
            ("id|when|value\n1|x|2,5\n2|y|3,5\n", b'|'),
            // Commas of numbers and of texts are fewer alike than the semicolons.
            ("id;value, UZS;note\n1;2,5;a\n2;3,75;b, c\n", b';'),
            ("\"a;b\",c\n1,2\n", b','),
            ("alone\n1\n", b','),
            ("", b','),
        ] {
            let found = detect_delimiter(dialect, text.as_bytes(), &none);
            assert_eq!(char::from(found), char::from(delimiter), "{text:?}");
        }
        // What the mapping asks for decides.
        let wanted = ["id;x".to_owned(), "y".to_owned()];
        let text = "id;x,y\n1;2,3\n";
        assert_eq!(detect_delimiter(dialect, text.as_bytes(), &wanted), b',');
    }
}
