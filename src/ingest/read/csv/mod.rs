//! Delimited text.

use std::cell::Cell;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use memchr::{memchr, memchr_iter, memrchr};

use super::super::reject::{Reason, Reject};
use super::super::row::{Ahead, Outcome, OwnColumns, RowReader};
use super::dialect::Dialect;
use super::encoding::EncodedText;
use super::lines::{LineBlocks, Lines, count_lines};
use super::plain::{Cut, PlainRow, Records, outline};
use super::{Block, Look, Opened, Sink, Source, Wanted};
use crate::error::{Error, Result};
use crate::project::Reading;

/// Records of a file.
#[derive(Debug)]
struct CsvBlock {
    lines: Lines,
    dialect: Dialect,
    /// How many fields the header has.
    width: usize,
    /// Whether it is known to have no quote.
    unquoted: bool,
}

/// The records of a file, block by block.
#[derive(Debug)]
struct CsvSource {
    blocks: LineBlocks,
    dialect: Dialect,
    width: usize,
    path: PathBuf,
}

/// Opens a file: reads its header, behind the lines that are to be skipped.
pub(super) fn open(path: &Path, reading: &Reading, wanted: &Wanted) -> Result<Opened> {
    let text = EncodedText::open(path, reading.encoding)?;
    let encoding = text.encoding.name();
    let mut blocks = LineBlocks::of(text, path);
    skip_lines(&mut blocks, reading.skip_lines)?;
    let dialect = Dialect::of(reading, blocks.start(), &wanted.columns);
    let header = header(&mut blocks, dialect, path, encoding)?;
    let source = CsvSource {
        blocks,
        dialect,
        width: header.len(),
        path: path.to_owned(),
    };
    Ok(Opened {
        header,
        encoding: Some(encoding),
        source: Box::new(source),
    })
}

/// Reads the header; the blocks hold the records after it. An empty file has an empty header.
fn header(
    blocks: &mut LineBlocks,
    dialect: Dialect,
    path: &Path,
    encoding: &'static str,
) -> Result<Vec<String>> {
    let Some(first) = blocks.next(&|bytes| last_record_end(bytes, dialect))? else {
        return Ok(Vec::new());
    };
    let mut reader = dialect.reader(&first.bytes);
    let mut record = csv::StringRecord::new();
    let found = reader.read_record(&mut record).map_err(|cause| {
        Error::input_with_hint(
            format!("can't read the header of `{}`: {cause}", path.display()),
            format!(
                "the file was read as {encoding}; say what it is in the mapping, such as \
                 `encoding = \"windows-1251\"`"
            ),
        )
    })?;
    if !found {
        return Ok(Vec::new());
    }
    let end = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
    blocks.put_back(first, end);
    Ok(record.iter().map(|name| name.trim().to_owned()).collect())
}

/// Drops the lines above the header.
fn skip_lines(blocks: &mut LineBlocks, count: u64) -> Result<()> {
    let whole_lines = |bytes: &[u8]| memrchr(b'\n', bytes).map(|at| at + 1);
    let mut left = count;
    while left > 0 {
        let Some(lines) = blocks.next(&whole_lines)? else {
            return Ok(());
        };
        let mut from = 0;
        while left > 0 {
            let rest = lines.bytes.get(from..).unwrap_or_default();
            match memchr(b'\n', rest) {
                Some(at) => from += at + 1,
                None => break,
            }
            left -= 1;
        }
        if left == 0 {
            blocks.put_back(lines, from);
        }
    }
    Ok(())
}

impl CsvSource {
    /// The next block; `None` at the end of the file.
    fn next(&mut self) -> Result<Option<CsvBlock>> {
        let Self { dialect, width, .. } = *self;
        // Said of bytes that a block is cut from; the last one is not cut, and nothing is known of it.
        let unquoted = Cell::new(false);
        let end = |bytes: &[u8]| {
            let quote = quote_of(bytes, dialect);
            let (end, _) = record_ends(bytes, dialect, quote);
            unquoted.set(end.is_some() && quote.is_none());
            end
        };
        let Some(lines) = self.blocks.next(&end)? else {
            return Ok(None);
        };
        if self.blocks.ended() {
            closed(&lines, dialect, &self.path)?;
        }
        Ok(Some(CsvBlock {
            lines,
            dialect,
            width,
            unquoted: unquoted.get(),
        }))
    }
}

impl Source for CsvSource {
    fn run(mut self: Box<Self>, sink: &mut Sink<'_>) -> Result<()> {
        while let Some(block) = self.next()? {
            if sink(Box::new(block)) == ControlFlow::Break(()) {
                break;
            }
        }
        Ok(())
    }
}

/// The position after the last line end that ends a record: one that is not inside quotes. `bytes`
/// starts at the start of a record.
fn last_record_end(bytes: &[u8], dialect: Dialect) -> Option<usize> {
    record_ends(bytes, dialect, quote_of(bytes, dialect)).0
}

/// The character that quotes fields, where some bytes have it.
fn quote_of(bytes: &[u8], dialect: Dialect) -> Option<u8> {
    dialect
        .quote
        .filter(|quote| memchr(*quote, bytes).is_some())
}

/// The last block of a file must not end inside quotes: the file is cut off, or a quote was never
/// closed and has swallowed the rows behind it.
fn closed(last: &Lines, dialect: Dialect, path: &Path) -> Result<()> {
    let quote = quote_of(&last.bytes, dialect);
    let (end, open) = record_ends(&last.bytes, dialect, quote);
    if !open {
        return Ok(());
    }
    let before = last.bytes.get(..end.unwrap_or(0)).unwrap_or_default();
    Err(Error::input_with_hint(
        format!(
            "`{}`: a quote in the record that starts on line {} is never closed",
            path.display(),
            last.first_line + count_lines(before)
        ),
        "is the file cut off? nothing of it was taken; `quote = \"\"` in the mapping reads quotes as characters",
    ))
}

/// The position after the last line end that ends a record, and whether the bytes end inside quotes, where they have any.
fn record_ends(bytes: &[u8], dialect: Dialect, quote: Option<u8>) -> (Option<usize>, bool) {
    let Some(quote) = quote else {
        let end = memrchr(b'\n', bytes).or_else(|| memrchr(b'\r', bytes));
        return (end.map(|at| at + 1), false);
    };
    // A quote opens a quoted field only at the field's start; inside one, two quotes are one.
    let mut end = None;
    let mut field_start = true;
    let mut quoted = false;
    let mut bytes = bytes.iter().enumerate().peekable();
    while let Some((at, byte)) = bytes.next() {
        if quoted {
            if Some(*byte) == dialect.escape {
                bytes.next();
            } else if *byte == quote && bytes.next_if(|(_, next)| **next == quote).is_none() {
                quoted = false;
            }
            continue;
        }
        quoted = field_start && *byte == quote;
        field_start = *byte == dialect.delimiter || *byte == b'\n' || *byte == b'\r';
        if *byte == b'\n' {
            end = Some(at + 1);
        }
    }
    (end, quoted)
}

/// Says in the ledger's words that a record has another number of fields than the header.
fn wrong_count(line: u64, found: usize, width: usize, raw: String) -> Reject {
    let found = format!("{found} fields, the header has {width}");
    Reject::whole(line, Reason::WrongColumnCount, found, raw)
}

impl CsvBlock {
    /// Whether every delimiter separates fields and every line feed records: no field is quoted and no
    /// line ends otherwise.
    fn is_plain(&self) -> bool {
        let is_unquoted = || quote_of(&self.lines.bytes, self.dialect).is_none();
        !self.lines.has_returns && (self.unquoted || is_unquoted())
    }

    /// Reads a plain block. What the parser makes of such a block, without copying any field.
    fn read_plain(&self, rows: &mut RowReader<'_>) -> Outcome {
        let mut outcome = rows.outcome();
        let mut plain = PlainBlock::of(self, rows.width());
        let own = rows.own_columns().zip(plain.all);
        let mut ahead = Vec::with_capacity(TOGETHER);
        loop {
            let may_go_on =
                own.is_some_and(|own| plain.read_together(own, &mut ahead, rows, &mut outcome));
            if !may_go_on && !plain.read_next(rows, &mut outcome) {
                return outcome;
            }
        }
    }

    /// Reads any block, record by record with the parser.
    fn read_parsed(&self, rows: &mut RowReader<'_>) -> Outcome {
        let mut outcome = rows.outcome();
        let bytes = self.lines.bytes.as_slice();
        let mut reader = self.dialect.reader(bytes);
        let mut record = csv::StringRecord::new();
        // The parser counts line feeds only.
        let mut returns = Counted::of(&self.lines);
        loop {
            let start = reader.position().clone();
            let result = reader.read_record(&mut record);
            let from = usize::try_from(start.byte()).unwrap_or(0);
            let to = usize::try_from(reader.position().byte()).unwrap_or(from);
            let line = match &mut returns {
                None => self.lines.first_line + start.line() - 1 + line_ends(bytes, from),
                Some(counted) => counted.line(from),
            };
            let raw = || {
                let bytes = bytes.get(from..to).unwrap_or_default();
                String::from_utf8_lossy(bytes)
                    .trim_matches(['\r', '\n'])
                    .to_owned()
            };
            match result {
                Ok(false) => return outcome,
                Ok(true) if record.len() != rows.width() => {
                    outcome.refuse(wrong_count(line, record.len(), rows.width(), raw()));
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
}

/// How many records are looked at before the first of them is read.
const TOGETHER: usize = 32;

/// A block in which no field is quoted, while it is being read.
struct PlainBlock<'b> {
    bytes: &'b [u8],
    /// All of it, where it is text: checked once for all records, which is cheaper than for each.
    all: Option<&'b str>,
    delimiter: u8,
    records: Records<'b>,
    cut: Cut,
    /// Where the next record begins, and on which line.
    start: usize,
    line: u64,
}

impl<'b> PlainBlock<'b> {
    fn of(block: &'b CsvBlock, width: usize) -> Self {
        let bytes = block.lines.bytes.as_slice();
        let delimiter = block.dialect.delimiter;
        Self {
            bytes,
            all: simdutf8::basic::from_utf8(bytes).ok(),
            delimiter,
            records: Records::of(bytes, delimiter),
            cut: Cut::of_width(width),
            start: 0,
            line: block.lines.first_line,
        }
    }

    /// Reads the next records as far as they have the fields that are a row's own: what earlier rows have said by that, all others
    /// in full. `false` where the one that comes then has not, or there is none.
    fn read_together(
        &mut self,
        (own, all): (OwnColumns, &'b str),
        ahead: &mut Vec<Ahead<'b>>,
        rows: &mut RowReader<'_>,
        outcome: &mut Outcome,
    ) -> bool {
        ahead.clear();
        let mut start = self.start;
        while ahead.len() < TOGETHER
            && let Some((outline, end)) = outline(all, start, self.delimiter, own)
        {
            ahead.push(Ahead::of(outline, start..end));
            start = end + 1;
        }
        let state = rows.look_ahead(ahead, outcome);
        for one in ahead.iter() {
            let raw = || all.get(one.place.clone()).unwrap_or_default().to_owned();
            if rows.repeat(one, (state, self.line), outcome, raw) {
                self.start = one.place.end + 1;
                self.line += 1;
            } else {
                self.read_next(rows, outcome);
            }
        }
        ahead.len() == TOGETHER
    }

    /// Reads the next record in full. `false` where there is none.
    fn read_next(&mut self, rows: &mut RowReader<'_>, outcome: &mut Outcome) -> bool {
        self.records.pass_to(self.start);
        let Some((from, end)) = self.records.next(&mut self.cut) else {
            return false;
        };
        let line = self.line;
        (self.start, self.line) = (end + 1, line + 1);
        let record = self.bytes.get(from..end).unwrap_or_default();
        if record.is_empty() {
            return true;
        }
        let raw = || String::from_utf8_lossy(record).into_owned();
        let text = match self.all {
            Some(all) => Ok((all, 0)),
            None => std::str::from_utf8(record).map(|text| (text, from)),
        };
        let Ok((text, offset)) = text else {
            let reject = Reject::whole(line, Reason::BrokenUtf8, String::new(), raw());
            outcome.refuse(reject);
            return true;
        };
        if self.cut.count() == rows.width() {
            let row = PlainRow {
                text,
                offset,
                cut: &self.cut,
            };
            rows.read(&row, line, outcome, raw);
        } else {
            outcome.refuse(wrong_count(line, self.cut.count(), rows.width(), raw()));
        }
        true
    }
}

impl Block for CsvBlock {
    fn read(&self, rows: &mut RowReader<'_>) -> Outcome {
        let mut outcome = if self.is_plain() {
            self.read_plain(rows)
        } else {
            self.read_parsed(rows)
        };
        outcome.bytes = self.lines.bytes.len() as u64;
        outcome
    }

    fn look(&self, look: &mut Look<'_>) {
        let mut reader = self.dialect.reader(&self.lines.bytes);
        for record in reader.records().flatten() {
            if record.len() == self.width {
                look(&record);
            }
        }
    }
}

/// Counts lines in a block with lone carriage returns.
struct Counted<'b> {
    bytes: &'b [u8],
    at: usize,
    line: u64,
}

impl<'b> Counted<'b> {
    /// `None` for a block whose lines end by line feeds.
    fn of(lines: &'b Lines) -> Option<Self> {
        let bytes = lines.bytes.as_slice();
        let lone = |at: usize| bytes.get(at + 1) != Some(&b'\n');
        memchr_iter(b'\r', bytes).any(lone).then_some(Self {
            bytes,
            at: 0,
            line: lines.first_line,
        })
    }

    /// The line of the record that begins behind the line ends at a position.
    fn line(&mut self, from: usize) -> u64 {
        let rest = self.bytes.get(from..).unwrap_or_default();
        let ends = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let to = from + ends.count();
        self.line += count_lines(self.bytes.get(self.at..to).unwrap_or_default());
        self.at = to;
        self.line
    }
}

/// Line ends directly at a position: the reader skips them before a record (blank lines, and the
/// second half of a CR LF).
fn line_ends(bytes: &[u8], from: usize) -> u64 {
    let bytes = bytes.get(from..).unwrap_or_default();
    let ends = bytes
        .iter()
        .take_while(|byte| matches!(byte, b'\r' | b'\n'));
    ends.filter(|byte| **byte == b'\n').count() as u64
}

#[cfg(test)]
mod tests;
