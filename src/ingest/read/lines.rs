//! A stream of text cut into blocks of whole records, so that blocks can be parsed side by side.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use memchr::{memchr, memchr_iter};

use super::encoding::EncodedText;
use super::unpack::ByteStream;
use crate::error::{Error, Result};
use crate::model::Spent;

/// Bytes read at a time at the beginning of a file. Large enough to make hand-over cheap, small enough that a file of a few
/// megabytes keeps all cores busy.
const BLOCK_BYTES: usize = 1 << 20;
/// Further on blocks are larger, for what rows repeat is found once in each of them; not so large that those in flight take
/// much memory.
const BLOCK_BYTES_MAX: usize = 4 << 20;
/// Between these a block is such a part of all that has been read before it.
const PART_OF_READ: usize = 16;
/// A longer record is refused with the whole file: an unbalanced quote, or a line without an end.
pub(super) const RECORD_BYTES_MAX: usize = 16 << 20;

/// Whole records of a file.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) bytes: Vec<u8>,
    /// Line number of the first record.
    pub(super) first_line: u64,
    /// Whether there is a CR.
    pub(super) has_returns: bool,
    spent: Spent<Vec<u8>>,
}

impl Drop for Lines {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        // Not what a gigantic record has needed.
        if bytes.capacity() <= BLOCK_BYTES_MAX * 2 {
            bytes.clear();
            self.spent.give(bytes);
        }
    }
}

impl Lines {
    /// Records that begin on a line.
    #[cfg(test)]
    pub(super) fn of(bytes: &[u8], first_line: u64) -> Self {
        Self {
            bytes: bytes.to_vec(),
            first_line,
            has_returns: has_returns(bytes),
            spent: Spent::default(),
        }
    }
}

/// How many lines end in some bytes: by LF, by CR LF, or, as old Macintoshes wrote, by CR alone.
pub(super) fn count_lines(bytes: &[u8]) -> u64 {
    count(bytes, has_returns(bytes))
}

fn has_returns(bytes: &[u8]) -> bool {
    memchr(b'\r', bytes).is_some()
}

fn count(bytes: &[u8], has_returns: bool) -> u64 {
    let feeds = memchr_iter(b'\n', bytes).count();
    if !has_returns {
        return feeds as u64;
    }
    let lone = memchr_iter(b'\r', bytes).filter(|at| bytes.get(at + 1) != Some(&b'\n'));
    (feeds + lone.count()) as u64
}

/// Cuts a stream into blocks.
pub(super) struct LineBlocks {
    stream: ByteStream,
    rest: Vec<u8>,
    line: u64,
    /// How many bytes have been read.
    read: usize,
    ended: bool,
    path: PathBuf,
    spent: Spent<Vec<u8>>,
}

impl LineBlocks {
    /// Blocks of a file's text.
    pub(super) fn of(text: EncodedText, path: &Path) -> Self {
        Self {
            stream: text.stream,
            rest: text.start,
            line: 1,
            read: 0,
            ended: false,
            path: path.to_owned(),
            spent: Spent::default(),
        }
    }

    /// What has been read and not yet given out.
    pub(super) fn start(&self) -> &[u8] {
        &self.rest
    }

    /// Whether the block given out last reaches the end of the file.
    pub(super) fn ended(&self) -> bool {
        self.ended && self.rest.is_empty()
    }

    /// The next block; `None` at the end of the file. `end` finds where the last whole record of
    /// some bytes ends.
    pub(super) fn next(&mut self, end: &dyn Fn(&[u8]) -> Option<usize>) -> Result<Option<Lines>> {
        let mut bytes = self.spent.take().unwrap_or_default();
        bytes.append(&mut self.rest);
        // What was put back may be a block already.
        let mut short = bytes.len() < self.block_bytes();
        loop {
            if short && !self.ended {
                self.ended = !self
                    .read_more(&mut bytes)
                    .map_err(|cause| Error::read(&self.path, &cause))?;
            }
            if self.ended {
                if bytes.is_empty() {
                    return Ok(None);
                }
                return Ok(Some(self.block(bytes)));
            }
            if let Some(end) = end(&bytes) {
                self.rest.extend(bytes.drain(end..));
                return Ok(Some(self.block(bytes)));
            }
            short = true;
            if bytes.len() > RECORD_BYTES_MAX {
                return Err(Error::input_with_hint(
                    format!(
                        "`{}`: the record that starts on line {} is longer than {} MiB",
                        self.path.display(),
                        self.line,
                        RECORD_BYTES_MAX >> 20
                    ),
                    "look for a quote that is never closed on that line, or a file without line ends",
                ));
            }
        }
    }

    /// How many bytes are read at a time.
    fn block_bytes(&self) -> usize {
        (self.read / PART_OF_READ).clamp(BLOCK_BYTES, BLOCK_BYTES_MAX)
    }

    /// Reads a block more, or as many bytes as there are; `false` at the end of the stream.
    fn read_more(&mut self, bytes: &mut Vec<u8>) -> io::Result<bool> {
        let most = self.block_bytes();
        // Not more: what has been reserved too generously would be taken for what a gigantic record has needed.
        bytes.reserve_exact(most);
        let mut next = self.stream.by_ref().take(most as u64);
        let read = next.read_to_end(bytes)?;
        self.read = self.read.saturating_add(read);
        Ok(read > 0)
    }

    /// Puts the end of a block back in front of what follows. A parser stops inside CR LF: both
    /// characters are one line end, and stay together.
    pub(super) fn put_back(&mut self, mut block: Lines, from: usize) {
        let inside = from
            .checked_sub(1)
            .and_then(|at| block.bytes.get(at..=from));
        let from = from + usize::from(inside == Some(b"\r\n"));
        let after = block.bytes.split_off(from.min(block.bytes.len()));
        self.line = block.first_line + count_lines(&block.bytes);
        let rest = std::mem::replace(&mut self.rest, after);
        self.rest.extend_from_slice(&rest);
    }

    fn block(&mut self, bytes: Vec<u8>) -> Lines {
        let first_line = self.line;
        let has_returns = has_returns(&bytes);
        self.line += count(&bytes, has_returns);
        Lines {
            bytes,
            first_line,
            has_returns,
            spent: self.spent.clone(),
        }
    }
}

impl std::fmt::Debug for LineBlocks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LineBlocks")
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::UTF_8;
    use memchr::memrchr;

    use super::*;

    #[test]
    fn blocks_of_a_large_file_grow_and_lose_no_line() {
        const LINE: &[u8] = b"0123456789abcde\n";
        let lines = (BLOCK_BYTES_MAX * (PART_OF_READ + 2)) / LINE.len();
        let text = EncodedText {
            start: Vec::new(),
            stream: Box::new(io::Cursor::new(LINE.repeat(lines))),
            encoding: UTF_8,
        };
        let mut blocks = LineBlocks::of(text, Path::new("log.csv"));
        let whole_lines = |bytes: &[u8]| memrchr(b'\n', bytes).map(|at| at + 1);
        let (mut found, mut lengths) = (0, Vec::new());
        while let Some(block) = blocks.next(&whole_lines).unwrap() {
            assert_eq!(block.first_line, found + 1);
            assert_eq!(block.bytes.len() % LINE.len(), 0);
            found += count_lines(&block.bytes);
            lengths.push(block.bytes.len());
        }
        assert_eq!(found, lines as u64);
        assert_eq!(lengths.first(), Some(&BLOCK_BYTES));
        // The last one has what is left.
        lengths.pop();
        assert!(lengths.is_sorted());
        assert_eq!(lengths.iter().max(), Some(&BLOCK_BYTES_MAX));
    }
}
