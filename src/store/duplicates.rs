//! Rows of a file that another file held already: which ones they were, so that they count again
//! should the other file be replaced.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::schema::events;
use super::segment::event_properties;
use crate::error::{Error, Result};

/// A row that another file held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DuplicateRow<'r> {
    /// The declaration's number.
    pub declaration: &'r str,
    /// Hash of all that the mapping reads from the row.
    pub hash: u64,
    /// Its line in its file.
    pub line: u64,
}

/// Writes such rows of one source file; the file is made with the first of them.
#[derive(Debug)]
pub struct DuplicateWriter {
    path: PathBuf,
    parquet: Option<ArrowWriter<File>>,
    rows: u64,
}

fn schema() -> Arc<Schema> {
    Arc::new(Schema::new(vec![
        Field::new(events::DECLARATION_ID, DataType::Utf8, true),
        Field::new(events::ROW_HASH, DataType::Int64, true),
        Field::new(events::SOURCE_LINE, DataType::Int64, true),
    ]))
}

impl DuplicateWriter {
    /// A writer to `path`.
    pub const fn new(path: PathBuf) -> Self {
        Self {
            path,
            parquet: None,
            rows: 0,
        }
    }

    /// Adds some rows.
    pub fn write(&mut self, rows: &[DuplicateRow<'_>]) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let path = self.path.clone();
        let fault = |cause: &dyn std::fmt::Display| Error::output(&path, cause);
        let ids: StringArray = rows.iter().map(|row| Some(row.declaration)).collect();
        let hashes: Int64Array = rows.iter().map(|row| row.hash.cast_signed()).collect();
        let lines: Int64Array = rows.iter().map(|row| row.line.cast_signed()).collect();
        let columns: Vec<Arc<dyn Array>> = vec![Arc::new(ids), Arc::new(hashes), Arc::new(lines)];
        let batch = RecordBatch::try_new(schema(), columns)
            .map_err(|cause| Error::internal("building duplicates", cause))?;
        if self.parquet.is_none() {
            let file = File::create(&self.path).map_err(|cause| fault(&cause))?;
            let parquet = ArrowWriter::try_new(file, schema(), Some(event_properties()));
            self.parquet = Some(parquet.map_err(|cause| fault(&cause))?);
        }
        if let Some(parquet) = &mut self.parquet {
            parquet.write(&batch).map_err(|cause| fault(&cause))?;
        }
        self.rows += rows.len() as u64;
        Ok(())
    }

    /// Completes the file, so that a commit may name it, and says how many rows it has.
    pub fn finish(self) -> Result<u64> {
        let fault = |cause: &dyn std::fmt::Display| Error::output(&self.path, cause);
        if let Some(parquet) = self.parquet {
            let file = parquet.into_inner().map_err(|cause| fault(&cause))?;
            file.sync_all().map_err(|cause| fault(&cause))?;
        }
        Ok(self.rows)
    }
}

/// Hands every row of a file to `take`.
pub(super) fn read(path: &Path, take: &mut dyn FnMut(DuplicateRow<'_>)) -> Result<()> {
    let fault = |cause: &dyn std::fmt::Display| Error::read(path, cause);
    let file = File::open(path).map_err(|cause| fault(&cause))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .and_then(ParquetRecordBatchReaderBuilder::build)
        .map_err(|cause| fault(&cause))?;
    for batch in reader {
        let batch = batch.map_err(|cause| fault(&cause))?;
        let column = |name: &str| {
            batch
                .column_by_name(name)
                .ok_or_else(|| Error::internal("reading duplicates", path.display()))
        };
        let ids = column(events::DECLARATION_ID)?.as_string::<i32>();
        let hashes = column(events::ROW_HASH)?.as_primitive::<Int64Type>();
        let lines = column(events::SOURCE_LINE)?.as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            take(DuplicateRow {
                declaration: ids.value(row),
                hash: hashes.value(row).cast_unsigned(),
                line: lines.value(row).cast_unsigned(),
            });
        }
    }
    Ok(())
}
