//! Bytes of a row group, fetched before they are asked for.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use bytes::buf::Reader;
use bytes::{Buf, Bytes};
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{ChunkReader, Length};

use crate::error::{Error, Result};

/// Columns that lie so far apart, in bytes, are fetched one by one; what lies between nearer ones is fetched with them.
const APART: u64 = 1 << 16;

/// The bytes of some columns of a row group. Columns are many and small: asked for one by one, each from a handle of its
/// own and in two steps, they cost more calls of the system than work.
#[derive(Clone, Debug)]
pub(super) struct Fetched {
    /// How long the file is.
    length: u64,
    /// Parts of the file with their places, ascending.
    parts: Arc<[(u64, Bytes)]>,
}

impl Fetched {
    /// Fetches some columns of a row group.
    pub(super) fn of(
        path: &Path,
        metadata: &ArrowReaderMetadata,
        group: usize,
        leaves: &[usize],
    ) -> Result<Self> {
        let columns = metadata.metadata().row_groups().get(group);
        let columns = columns.map_or(&[][..], |group| group.columns());
        let ranges = leaves.iter().filter_map(|leaf| columns.get(*leaf));
        let ranges = together(ranges.map(ColumnChunkMetaData::byte_range).collect());
        let fault = |cause| Error::read(path, &cause);
        let mut file = File::open(path).map_err(fault)?;
        let length = file.metadata().map_err(fault)?.len();
        let mut parts = Vec::with_capacity(ranges.len());
        for (from, to) in ranges {
            let wanted = to.min(length).saturating_sub(from);
            let mut bytes = Vec::with_capacity(usize::try_from(wanted).unwrap_or_default());
            file.seek(SeekFrom::Start(from)).map_err(fault)?;
            let part = Read::by_ref(&mut file).take(wanted);
            { part }.read_to_end(&mut bytes).map_err(fault)?;
            parts.push((from, Bytes::from(bytes)));
        }
        Ok(Self {
            length,
            parts: parts.into(),
        })
    }

    /// What has been fetched from a place on.
    fn from(&self, place: u64) -> Result<Bytes, ParquetError> {
        let next = self.parts.partition_point(|(from, _)| *from <= place);
        let part = next.checked_sub(1).and_then(|at| self.parts.get(at));
        let rest = part.and_then(|(from, bytes)| {
            let skipped = usize::try_from(place - from).ok()?;
            (skipped <= bytes.len()).then(|| bytes.slice(skipped..))
        });
        rest.ok_or_else(|| ParquetError::EOF(format!("nothing is known of byte {place}")))
    }
}

impl Length for Fetched {
    fn len(&self) -> u64 {
        self.length
    }
}

impl ChunkReader for Fetched {
    type T = Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        self.from(start).map(Buf::reader)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let mut rest = self.from(start)?;
        if rest.len() < length {
            let found = rest.len();
            let fault = format!("{length} bytes at {start} are wanted, {found} are there");
            return Err(ParquetError::EOF(fault));
        }
        rest.truncate(length);
        Ok(rest)
    }
}

/// From places and lengths, the beginnings and ends of what is fetched in one go.
fn together(mut columns: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    columns.sort_unstable();
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for (from, length) in columns {
        let to = from.saturating_add(length);
        match ranges.last_mut() {
            Some(last) if from <= last.1.saturating_add(APART) => last.1 = last.1.max(to),
            _ => ranges.push((from, to)),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_near_is_fetched_in_one_go() {
        assert_eq!(together(vec![]), []);
        let columns = vec![(100 + APART, 5), (4, 50), (54, 46), (1000 + 2 * APART, 7)];
        let ranges = [(4, 105 + APART), (1000 + 2 * APART, 1007 + 2 * APART)];
        assert_eq!(together(columns), ranges);
    }

    #[test]
    fn only_what_was_fetched_is_there() {
        let parts = [(4, "abcdef"), (20, "xyz")];
        let parts = parts.map(|(from, text)| (from, Bytes::from(text)));
        let fetched = Fetched {
            length: 100,
            parts: parts.into(),
        };
        let bytes = |start, length| fetched.get_bytes(start, length).ok();
        assert_eq!(bytes(4, 6).as_deref(), Some(&b"abcdef"[..]));
        assert_eq!(bytes(8, 2).as_deref(), Some(&b"ef"[..]));
        assert_eq!(bytes(21, 1).as_deref(), Some(&b"y"[..]));
        for (start, length) in [(3, 1), (8, 3), (11, 1), (23, 1), (30, 0)] {
            assert_eq!(bytes(start, length), None);
        }
        let mut text = String::new();
        let read = fetched
            .get_read(7)
            .map(|mut read| read.read_to_string(&mut text));
        assert_eq!(
            (read.ok().and_then(Result::ok), text.as_str()),
            (Some(3), "def")
        );
    }
}
