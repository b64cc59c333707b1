//! A CSV file cut into blocks of whole records, so that blocks can be parsed side by side.

use std::io::Read;
use std::path::Path;

use memchr::{memchr, memchr_iter, memrchr};

use super::reject::{Reason, Reject};
use super::row::{Outcome, RowReader};
use crate::error::{Error, Result};

/// Bytes read at a time. Large enough to make hand-over cheap, small enough that the blocks in
/// flight fit the caches and a few megabytes of memory.
const BLOCK_BYTES: usize = 1 << 20;
/// A record longer than this is taken for an unbalanced quote.
const RECORD_BYTES_MAX: usize = 16 << 20;

/// Whole records of a file.
#[derive(Debug)]
pub(super) struct CsvBlock {
    bytes: Vec<u8>,
    /// Line number of the first record.
    first_line: u64,
}

/// Reads a stream block by block.
pub(super) struct CsvBlocks<R> {
    stream: R,
    rest: Vec<u8>,
    line: u64,
    delimiter: u8,
    ended: bool,
}

impl<R: Read> CsvBlocks<R> {
    /// Reads the header; the blocks hold the records after it. A byte order mark is skipped. An
    /// empty file has an empty header.
    pub(super) fn open(stream: R, delimiter: u8, path: &Path) -> Result<(Vec<String>, Self)> {
        let mut blocks = Self {
            stream,
            rest: Vec::new(),
            line: 1,
            delimiter,
            ended: false,
        };
        let Some(first) = blocks.next_block(path)? else {
            return Ok((Vec::new(), blocks));
        };
        let mut bytes = first.bytes;
        if bytes.starts_with(b"\xef\xbb\xbf") {
            bytes.drain(..3);
        }
        let mut reader = reader(delimiter, bytes.as_slice());
        let mut record = csv::StringRecord::new();
        let found = reader.read_record(&mut record).map_err(|cause| {
            Error::input_with_hint(
                format!("can't read the header of `{}`: {cause}", path.display()),
                "the file must be UTF-8 text",
            )
        })?;
        if !found {
            return Ok((Vec::new(), blocks));
        }
        let end = usize::try_from(reader.position().byte()).unwrap_or(bytes.len());
        let header = record.iter().map(|name| name.trim().to_owned()).collect();
        let after = bytes.split_off(end.min(bytes.len()));
        let header_lines = memchr_iter(b'\n', &bytes).count() as u64;
        // The rest of the first block goes in front of what the block left over.
        blocks.line = 1 + header_lines;
        let rest = std::mem::take(&mut blocks.rest);
        blocks.rest = after;
        blocks.rest.extend_from_slice(&rest);
        Ok((header, blocks))
    }

    /// The next block; `None` at the end of the file.
    pub(super) fn next_block(&mut self, path: &Path) -> Result<Option<CsvBlock>> {
        let mut bytes = std::mem::take(&mut self.rest);
        loop {
            if !self.ended {
                let before = bytes.len();
                let wanted = u64::try_from(BLOCK_BYTES).unwrap_or(u64::MAX);
                self.stream
                    .by_ref()
                    .take(wanted)
                    .read_to_end(&mut bytes)
                    .map_err(|cause| Error::read(path, &cause))?;
                self.ended = bytes.len() == before;
            }
            if self.ended {
                if bytes.is_empty() {
                    return Ok(None);
                }
                return Ok(Some(self.block(bytes)));
            }
            if let Some(end) = last_record_end(&bytes, self.delimiter) {
                self.rest = bytes.split_off(end);
                return Ok(Some(self.block(bytes)));
            }
            if bytes.len() > RECORD_BYTES_MAX {
                return Err(Error::input_with_hint(
                    format!(
                        "`{}`: the record that starts on line {} is longer than {} MiB",
                        path.display(),
                        self.line,
                        RECORD_BYTES_MAX >> 20
                    ),
                    "look for a quote that is never closed on that line",
                ));
            }
        }
    }

    fn block(&mut self, bytes: Vec<u8>) -> CsvBlock {
        let first_line = self.line;
        self.line += memchr_iter(b'\n', &bytes).count() as u64;
        CsvBlock { bytes, first_line }
    }
}

impl<R> std::fmt::Debug for CsvBlocks<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CsvBlocks")
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

/// The position after the last line end that ends a record: one that is not inside quotes. `bytes`
/// starts at the start of a record.
fn last_record_end(bytes: &[u8], delimiter: u8) -> Option<usize> {
    if memchr(b'"', bytes).is_none() {
        return memrchr(b'\n', bytes).map(|at| at + 1);
    }
    // A quote opens a quoted field only at the field's start; inside one, two quotes are one.
    let mut end = None;
    let mut field_start = true;
    let mut quoted = false;
    let mut bytes = bytes.iter().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        if quoted {
            if *byte == b'"' && bytes.next_if(|(_, next)| **next == b'"').is_none() {
                quoted = false;
            }
            continue;
        }
        quoted = field_start && *byte == b'"';
        field_start = *byte == delimiter || *byte == b'\n' || *byte == b'\r';
        if *byte == b'\n' {
            end = Some(at + 1);
        }
    }
    end
}

fn reader(delimiter: u8, bytes: &[u8]) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .buffer_capacity(1 << 16)
        .from_reader(bytes)
}

impl CsvBlock {
    /// Reads every record of the block.
    pub(super) fn read(&self, rows: &mut RowReader<'_>, delimiter: u8) -> Outcome {
        let mut outcome = rows.outcome();
        let mut reader = reader(delimiter, &self.bytes);
        let mut record = csv::StringRecord::new();
        loop {
            let start = reader.position().clone();
            let result = reader.read_record(&mut record);
            let from = usize::try_from(start.byte()).unwrap_or(0);
            let to = usize::try_from(reader.position().byte()).unwrap_or(from);
            let line = self.first_line + start.line() - 1 + self.line_ends(from);
            let raw = || {
                let bytes = self.bytes.get(from..to).unwrap_or_default();
                String::from_utf8_lossy(bytes)
                    .trim_matches(['\r', '\n'])
                    .to_owned()
            };
            match result {
                Ok(false) => return outcome,
                Ok(true) if record.len() != rows.width() => {
                    let found = format!("{} fields, the header has {}", record.len(), rows.width());
                    let reject = Reject::whole(line, Reason::WrongColumnCount, found, raw());
                    outcome.refuse(reject);
                }
                Ok(true) => rows.read(&record, line, &mut outcome, raw),
                // Only broken UTF-8 is possible here: the reader is flexible and reads memory.
                Err(_) => {
                    outcome.refuse(Reject::whole(
                        line,
                        Reason::BrokenUtf8,
                        String::new(),
                        raw(),
                    ));
                }
            }
        }
    }

    /// Line ends directly at a position: the reader skips them before a record (blank lines, and
    /// the second half of a CR LF).
    fn line_ends(&self, from: usize) -> u64 {
        let bytes = self.bytes.get(from..).unwrap_or_default();
        let ends = bytes
            .iter()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'));
        ends.filter(|byte| **byte == b'\n').count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_end_inside_quotes_ends_no_record() {
        for (text, end) in [
            ("a,b\nc,d\ne", Some(8)),
            ("a,\"x\ny\"\nb,\"z\n", Some(8)),
            ("a,5\" pipe\nb\n", Some(12)),
            ("\"say \"\"hi\"\"\n\"\nx", Some(14)),
            ("no end", None),
            ("\"open\n", None),
        ] {
            assert_eq!(last_record_end(text.as_bytes(), b','), end, "{text:?}");
        }
    }

    #[test]
    fn blocks_join_to_the_whole_file_and_know_their_lines() {
        let mut text = String::from("\u{feff}id,text\n");
        let rows: Vec<String> = (0..200_000)
            .map(|row| format!("{row},\"two\nlines\"\n"))
            .collect();
        text.push_str(&rows.concat());
        let path = Path::new("x.csv");
        let (header, mut blocks) = CsvBlocks::open(text.as_bytes(), b',', path).unwrap();
        assert_eq!(header, ["id", "text"]);
        let (mut joined, mut line, mut count) = (Vec::new(), 2, 0);
        while let Some(block) = blocks.next_block(path).unwrap() {
            assert_eq!(block.first_line, line);
            line += memchr_iter(b'\n', &block.bytes).count() as u64;
            joined.extend_from_slice(&block.bytes);
            count += 1;
        }
        assert!(count > 2);
        assert_eq!(joined, &text.as_bytes()["\u{feff}id,text\n".len()..]);
    }

    #[test]
    fn a_quote_that_is_never_closed_is_an_error_with_its_line() {
        let text = format!("a,b\n1,2\n3,\"{}", "x\n".repeat(RECORD_BYTES_MAX));
        let path = Path::new("x.csv");
        let (_, mut blocks) = CsvBlocks::open(text.as_bytes(), b',', path).unwrap();
        let error = loop {
            match blocks.next_block(path) {
                Ok(Some(_)) => {}
                Ok(None) => panic!("no error"),
                Err(error) => break error,
            }
        };
        assert!(error.to_string().contains("starts on line 3"), "{error}");
    }
}
