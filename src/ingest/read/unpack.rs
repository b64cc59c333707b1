//! Opening a file: decompression, and the format from its name.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Result};
use crate::project::{Format, Reading};

/// A file as a stream of its uncompressed bytes.
pub(super) type ByteStream = Box<dyn Read + Send>;

/// A compressed file may unpack to so many times its size …
const RATIO_MAX: u64 = 500;
/// … once it has unpacked to more than this. A log of a month packs to a tenth or a hundredth.
const RATIO_FREE_BYTES: u64 = 64 << 20;

/// Opens a file; `.gz` and `.zst` are unpacked, within [`RATIO_MAX`].
pub(super) fn open(path: &Path) -> Result<ByteStream> {
    let file = File::open(path).map_err(|cause| Error::read(path, &cause))?;
    let Some(compression) = compression(path) else {
        return Ok(Box::new(file));
    };
    let packed = Arc::new(AtomicU64::new(0));
    let file = Counted {
        stream: file,
        count: Arc::clone(&packed),
    };
    let stream: ByteStream = match compression {
        Compression::Gzip => Box::new(flate2::read::MultiGzDecoder::new(BufReader::with_capacity(
            1 << 18,
            file,
        ))),
        Compression::Zstd => {
            Box::new(zstd::stream::Decoder::new(file).map_err(|cause| Error::read(path, &cause))?)
        }
    };
    Ok(Box::new(Guarded {
        stream,
        packed,
        unpacked: 0,
    }))
}

/// Counts the bytes that are taken from a stream.
struct Counted<R> {
    stream: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Stops a stream that unpacks to far more than a log does.
struct Guarded {
    stream: ByteStream,
    packed: Arc<AtomicU64>,
    unpacked: u64,
}

impl Read for Guarded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.stream.read(buffer)?;
        self.unpacked += read as u64;
        let packed = self.packed.load(Ordering::Relaxed);
        if self.unpacked > RATIO_FREE_BYTES && self.unpacked / RATIO_MAX > packed {
            return Err(io::Error::other(format!(
                "it unpacks to more than {RATIO_MAX} times its size, which no log does (a \
                 decompression bomb?); if it is genuine, unpack it yourself"
            )));
        }
        Ok(read)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compression {
    Gzip,
    Zstd,
}

fn compression(path: &Path) -> Option<Compression> {
    match extension(path).as_str() {
        "gz" => Some(Compression::Gzip),
        "zst" => Some(Compression::Zstd),
        _ => None,
    }
}

/// The extension in lower case; empty when there is none.
fn extension(path: &Path) -> String {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.unwrap_or_default().to_ascii_lowercase()
}

/// The format of a file: as the mapping says, else from its name. A `.json` file is OCEL when it
/// begins like one, else one object per line or a list of objects.
pub(in crate::ingest) fn format(path: &Path, reading: &Reading) -> Result<Format> {
    if let Some(format) = reading.format {
        return Ok(format);
    }
    match from_name(path) {
        Some(Named::Format(format)) => Ok(format),
        Some(Named::Json) if reading.object_type.is_some() || looks_like_ocel(path)? => {
            Ok(Format::Ocel)
        }
        Some(Named::Json) => Ok(Format::Ndjson),
        Some(Named::OtherWorkbook) => Err(Error::input_with_hint(
            format!(
                "`{}` is a workbook of a kind that is not read",
                path.display()
            ),
            "save it as .xlsx or as CSV in the program that made it",
        )),
        None => Err(Error::input_with_hint(
            format!(
                "can't tell the format of `{}` from its name",
                path.display()
            ),
            format!(
                "say `format = \"csv\"` (or {}) in the mapping",
                Format::NAMES
                    .iter()
                    .map(|(name, _)| format!("`{name}`"))
                    .skip(1)
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        )),
    }
}

enum Named {
    Format(Format),
    /// One of the two that are JSON.
    Json,
    /// Known, to be refused by its name.
    OtherWorkbook,
}

fn from_name(path: &Path) -> Option<Named> {
    let name = match compression(path) {
        Some(_) => path.with_extension(""),
        None => path.to_owned(),
    };
    Some(Named::Format(match extension(&name).as_str() {
        "csv" | "tsv" | "txt" => Format::Csv,
        "parquet" | "pq" => Format::Parquet,
        "ndjson" | "jsonl" => Format::Ndjson,
        "xes" => Format::Xes,
        "jsonocel" => Format::Ocel,
        "xlsx" | "xlsm" => Format::Xlsx,
        "json" => return Some(Named::Json),
        "xls" | "xlsb" | "ods" => return Some(Named::OtherWorkbook),
        _ => return None,
    }))
}

/// Whether the name of a file says its format: what a folder is searched for. Workbooks that are not
/// read are among them: they are refused, not passed over.
pub fn has_known_name(path: &Path) -> bool {
    from_name(path).is_some()
}

fn looks_like_ocel(path: &Path) -> Result<bool> {
    let mut start = Vec::new();
    open(path)?
        .take(1 << 16)
        .read_to_end(&mut start)
        .map_err(|cause| Error::read(path, &cause))?;
    // Those of OCEL 1.0 as well, so that it is refused as what it is.
    let keys = [
        "\"objectTypes\"",
        "\"eventTypes\"",
        "\"ocel:global-log\"",
        "\"ocel:global-event\"",
        "\"ocel:events\"",
    ];
    let has = |key: &str| memchr::memmem::find(&start, key.as_bytes()).is_some();
    Ok(keys.into_iter().any(has))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_formats() {
        let format = |name: &str| match from_name(Path::new(name)) {
            Some(Named::Format(format)) => Some(format),
            _ => None,
        };
        assert_eq!(format("a/b.CSV.GZ"), Some(Format::Csv));
        assert_eq!(format("log.xes.gz"), Some(Format::Xes));
        assert_eq!(format("log.jsonl.zst"), Some(Format::Ndjson));
        assert_eq!(format("log.xlsx"), Some(Format::Xlsx));
        assert_eq!(format("log.json"), None);
        assert!(has_known_name(Path::new("log.json")));
        assert!(has_known_name(Path::new("log.xls")));
        assert!(!has_known_name(Path::new("README.md")));
        assert!(!has_known_name(Path::new("log.gz")));
    }

    #[test]
    fn a_stream_that_unpacks_without_end_is_stopped_with_a_reason() {
        let packed = Arc::new(AtomicU64::new(1 << 10));
        let mut guarded = Guarded {
            stream: Box::new(io::repeat(b'0')),
            packed: Arc::clone(&packed),
            unpacked: 0,
        };
        let error = io::copy(&mut guarded, &mut io::sink()).unwrap_err();
        assert!(error.to_string().contains("500 times"), "{error}");
        // The same amount out of a file that is large itself is fine.
        packed.store(1 << 20, Ordering::Relaxed);
        let mut guarded = Guarded {
            stream: Box::new(io::repeat(b'0').take(RATIO_FREE_BYTES * 2)),
            packed,
            unpacked: 0,
        };
        assert_eq!(
            io::copy(&mut guarded, &mut io::sink()).unwrap(),
            RATIO_FREE_BYTES * 2
        );
    }
}
