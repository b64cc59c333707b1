//! Sources: whatever can be read as rows of texts. One file of this folder per format.
//!
//! **How a new source plugs in.** Write a type that implements [`Source`] and give it out with the
//! names of its columns as [`Opened`]; [`open`] does so for files by their [`Format`], and anything
//! else (a database) can hand its own `Opened` to [`super::file::read_rows`]. A source is run by one
//! thread of its own and pushes [`Block`]s, which workers turn into events side by side; outcomes are
//! taken in the order of the blocks, so the result does not depend on how many workers there are. A
//! source that has its rows as texts anyway fills [`rows::TextRows`], which is a block already; only a format
//! whose parsing is worth spreading over the workers (CSV, NDJSON, Parquet) needs a block of its own.
//! Every row must reach an [`Outcome`]: read, or refused with its line and reason. An error ends the
//! file, of which nothing is then taken.

mod csv;
mod dialect;
mod encoding;
mod json;
mod lines;
mod list;
mod ndjson;
mod ocel;
mod parquet;
mod plain;
mod rows;
mod unpack;
mod workbook;
mod workbook_size;
mod xes;
mod xes_parser;

use std::ops::ControlFlow;
use std::path::Path;

pub(super) use dialect::Dialect;
pub(super) use encoding::EncodedText;
pub use ocel::object_types;
pub(super) use unpack::format;
pub use unpack::has_known_name;

use super::row::{Outcome, Row, RowReader};
use crate::error::Result;
use crate::project::{Format, Mapping, Reading};

/// Some rows of a source, on their way to a worker.
pub(super) trait Block: Send {
    /// Reads every row.
    fn read(&self, rows: &mut RowReader<'_>) -> Outcome;

    /// Shows the fields of every row that could be cut into as many as the header has, to someone
    /// who has no mapping.
    fn look(&self, look: &mut Look<'_>);
}

/// Sees the fields of a row.
pub(super) type Look<'l> = dyn FnMut(&dyn Row) + 'l;

/// Takes blocks; says [`ControlFlow::Break`] when it wants no more.
pub(super) type Sink<'s> = dyn FnMut(Box<dyn Block>) -> ControlFlow<()> + 's;

/// Something with rows.
pub(super) trait Source: Send {
    /// Pushes every row, in order; returns early, without an error, when `sink` breaks off.
    fn run(self: Box<Self>, sink: &mut Sink<'_>) -> Result<()>;
}

/// A source that is ready to run.
pub(super) struct Opened {
    /// The names of the columns, as the fields of the rows follow each other; empty for a source
    /// without any rows.
    pub(super) header: Vec<String>,
    /// The encoding of text, as declared or detected.
    pub(super) encoding: Option<&'static str>,
    /// The rows.
    pub(super) source: Box<dyn Source>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened")
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}

/// The columns that are asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    /// All that the mapping reads.
    pub(super) columns: Vec<String>,
    /// Those without which no row can be read: where a format has no header, one of its first rows
    /// must have them.
    pub(super) required: Vec<String>,
}

impl Wanted {
    /// What a mapping reads.
    pub(super) fn of(mapping: &Mapping) -> Self {
        Self {
            columns: mapping.source_columns(),
            required: mapping.required_columns(),
        }
    }

    /// The header of a format whose rows name their own fields: what is wanted. `seen` are the names
    /// in its first rows; if a required one is not among them they are the header instead, so that
    /// the caller can say what is missing and what is there.
    fn header(&self, seen: Vec<String>) -> Vec<String> {
        let there = |column: &String| seen.contains(column);
        if seen.is_empty() || self.required.iter().all(there) {
            self.columns.clone()
        } else {
            seen
        }
    }

    /// The positions of the wanted columns among `names`. Where one is missing all positions are
    /// given, so that the caller can say what is there.
    fn places(&self, names: &[String]) -> Vec<usize> {
        if self.columns.is_empty() || !self.columns.iter().all(|column| names.contains(column)) {
            return (0..names.len()).collect();
        }
        let wanted = |at: &usize| {
            let name = names.get(*at);
            name.is_some_and(|name| self.columns.contains(name))
        };
        (0..names.len()).filter(wanted).collect()
    }
}

/// Opens a file.
pub(super) fn open(path: &Path, reading: &Reading, wanted: &Wanted) -> Result<Opened> {
    match format(path, reading)? {
        Format::Csv => csv::open(path, reading, wanted),
        Format::Ndjson => ndjson::open(path, reading, wanted),
        Format::Ocel => ocel::open(path, reading, wanted),
        Format::Parquet => parquet::open(path, wanted),
        Format::Xes => xes::open(path, reading, wanted),
        Format::Xlsx => workbook::open(path, reading, wanted),
    }
}

/// The names of the columns of a file; where its rows name their own fields, of its first rows.
pub(super) fn columns(path: &Path, reading: &Reading) -> Result<Vec<String>> {
    match format(path, reading)? {
        Format::Csv | Format::Parquet | Format::Xlsx => {
            open(path, reading, &Wanted::default()).map(|opened| opened.header)
        }
        Format::Ndjson => ndjson::columns(path, reading),
        Format::Ocel => ocel::columns(path, reading),
        Format::Xes => xes::columns(path, reading),
    }
}
