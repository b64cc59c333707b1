//! Opening a source file: decompression and format from its name.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use crate::error::{Error, Result};
use crate::project::Format;

/// A file as a stream of its uncompressed bytes.
pub(super) type ByteStream = Box<dyn Read + Send>;

/// Opens a file; `.gz` and `.zst` are unpacked.
pub(super) fn open(path: &Path) -> Result<ByteStream> {
    let file = File::open(path).map_err(|cause| Error::read(path, &cause))?;
    Ok(match compression(path) {
        Some("gz") => Box::new(flate2::read::MultiGzDecoder::new(BufReader::with_capacity(
            1 << 18,
            file,
        ))),
        Some("zst") => {
            Box::new(zstd::stream::Decoder::new(file).map_err(|cause| Error::read(path, &cause))?)
        }
        _ => Box::new(file),
    })
}

fn compression(path: &Path) -> Option<&'static str> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    ["gz", "zst"].into_iter().find(|known| *known == extension)
}

/// The format of a file: as the mapping says, else from its name.
pub(super) fn format(path: &Path, declared: Option<Format>) -> Result<Format> {
    if let Some(format) = declared {
        return Ok(format);
    }
    let name = match compression(path) {
        Some(_) => path.with_extension(""),
        None => path.to_owned(),
    };
    let extension = name
        .extension()
        .and_then(|e| e.to_str())
        .unwrap_or_default()
        .to_ascii_lowercase();
    match extension.as_str() {
        "csv" | "tsv" | "txt" => Ok(Format::Csv),
        "parquet" | "pq" => Ok(Format::Parquet),
        _ => Err(Error::input_with_hint(
            format!(
                "can't tell the format of `{}` from its name",
                path.display()
            ),
            "say `format = \"csv\"` or `format = \"parquet\"` in the mapping",
        )),
    }
}
