//! A look at a file without a mapping: its columns and some of its rows as texts.

use std::ops::ControlFlow;
use std::path::Path;

use super::read::{self, Dialect, EncodedText, Wanted};
use super::row::Row;
use crate::error::Result;
use crate::project::{Format, Reading};

/// What a file is, as far as it says so itself.
#[derive(Clone, Debug)]
pub struct Looked {
    /// Its format.
    pub format: Format,
    /// The encoding of text.
    pub encoding: Option<&'static str>,
    /// The delimiter of CSV.
    pub delimiter: Option<u8>,
    /// The names of its columns; where rows name their own fields, those of the first rows.
    pub columns: Vec<String>,
    /// How many rows were looked at.
    pub rows: u64,
    /// Whether those are all.
    pub complete: bool,
}

/// Shows the fields of up to `most` rows, in the order of the columns. Rows that can't be cut into
/// fields are passed over.
pub fn look(
    path: &Path,
    reading: &Reading,
    most: u64,
    each: &mut dyn FnMut(&[&str]),
) -> Result<Looked> {
    let format = read::format(path, reading)?;
    let columns = read::columns(path, reading)?;
    let (encoding, delimiter) = text_of(path, reading, format)?;
    let wanted = Wanted {
        columns,
        required: Vec::new(),
    };
    let opened = read::open(path, reading, &wanted)?;
    let width = opened.header.len();
    let (mut rows, mut complete) = (0, true);
    opened.source.run(&mut |block| {
        block.look(&mut |row: &dyn Row| {
            if rows == most {
                complete = false;
                return;
            }
            rows += 1;
            let fields: Vec<&str> = (0..width).map(|at| row.field(at)).collect();
            each(&fields);
        });
        if complete {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    })?;
    Ok(Looked {
        format,
        encoding,
        delimiter,
        columns: opened.header,
        rows,
        complete,
    })
}

/// The encoding of a text file, and the delimiter of CSV.
fn text_of(
    path: &Path,
    reading: &Reading,
    format: Format,
) -> Result<(Option<&'static str>, Option<u8>)> {
    if matches!(format, Format::Parquet | Format::Xlsx) {
        return Ok((None, None));
    }
    let text = EncodedText::open(path, reading.encoding)?;
    let delimiter = match format {
        Format::Csv => Some(Dialect::of(reading, &text.start, &[]).delimiter),
        _ => None,
    };
    Ok((Some(text.encoding.name()), delimiter))
}

/// The format of a file: as declared, else from its name and, for `.json`, its content.
pub fn format_of(path: &Path, reading: &Reading) -> Result<Format> {
    read::format(path, reading)
}
