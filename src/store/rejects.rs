//! Rejected rows on disk.

use std::borrow::Cow;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::Int64Type;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use super::schema::rejects_schema;
use crate::error::{Error, Result};
use crate::ingest::Reject;

/// How many bytes of a rejected row and of the value at fault are kept. Rows of logs are far
/// shorter; of one that is not, the rest is counted.
pub const RAW_BYTES_MAX: usize = 8192;

/// The text, cut at [`RAW_BYTES_MAX`] with a mark that says so.
fn bounded(text: &str) -> Cow<'_, str> {
    if text.len() <= RAW_BYTES_MAX {
        return Cow::Borrowed(text);
    }
    let end = text.floor_char_boundary(RAW_BYTES_MAX);
    let kept = text.get(..end).unwrap_or_default();
    Cow::Owned(format!("{kept}… [cut: {} bytes in all]", text.len()))
}

/// A rejected row with its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredReject {
    /// The source file.
    pub file: String,
    /// Line (CSV) or row (Parquet), from 1.
    pub line: u64,
    /// The source column at fault.
    pub column: String,
    /// The offending value.
    pub value: String,
    /// The reason's code.
    pub reason: String,
    /// The row as it stands in the file, cut at [`RAW_BYTES_MAX`].
    pub raw: String,
}

/// Writes the rejects of one source file; the file is made with the first of them.
#[derive(Debug)]
pub struct RejectWriter {
    path: PathBuf,
    source_file: String,
    sha256: String,
    parquet: Option<ArrowWriter<File>>,
}

impl RejectWriter {
    /// A writer to `path` for a source file.
    pub fn new(path: PathBuf, source_file: &str, sha256: &str) -> Self {
        Self {
            path,
            source_file: source_file.to_owned(),
            sha256: sha256.to_owned(),
            parquet: None,
        }
    }

    /// Adds some rejects.
    pub fn write(&mut self, rejects: &[Reject]) -> Result<()> {
        if rejects.is_empty() {
            return Ok(());
        }
        let path = self.path.clone();
        let fault = |cause: &dyn std::fmt::Display| Error::output(&path, cause);
        let texts = |text: &dyn Fn(&Reject) -> String| -> ArrayRef {
            Arc::new(
                rejects
                    .iter()
                    .map(|reject| Some(text(reject)))
                    .collect::<StringArray>(),
            )
        };
        let lines: Int64Array = rejects
            .iter()
            .map(|reject| reject.line.cast_signed())
            .collect();
        let columns = vec![
            texts(&|_| self.source_file.clone()),
            texts(&|_| self.sha256.clone()),
            Arc::new(lines),
            texts(&|reject| reject.column.clone()),
            texts(&|reject| bounded(&reject.value).into_owned()),
            texts(&|reject| reject.reason.code().to_owned()),
            texts(&|reject| bounded(&reject.raw).into_owned()),
        ];
        let batch = RecordBatch::try_new(rejects_schema(), columns)
            .map_err(|cause| Error::internal("building rejects", cause))?;
        if self.parquet.is_none() {
            let level =
                ZstdLevel::try_new(1).map_err(|cause| Error::internal("choosing zstd", cause))?;
            let properties = WriterProperties::builder()
                .set_compression(Compression::ZSTD(level))
                .build();
            let file = File::create(&self.path).map_err(|cause| fault(&cause))?;
            let parquet = ArrowWriter::try_new(file, rejects_schema(), Some(properties));
            self.parquet = Some(parquet.map_err(|cause| fault(&cause))?);
        }
        if let Some(parquet) = &mut self.parquet {
            parquet.write(&batch).map_err(|cause| fault(&cause))?;
        }
        Ok(())
    }

    /// Completes the file, so that a commit may name it.
    pub fn finish(self) -> Result<()> {
        let Some(parquet) = self.parquet else {
            return Ok(());
        };
        let file = parquet
            .into_inner()
            .map_err(|cause| Error::output(&self.path, &cause))?;
        file.sync_all()
            .map_err(|cause| Error::output(&self.path, &cause))
    }
}

/// Reads rejects back, sorted by file and line.
pub fn read_rejects(files: &[PathBuf]) -> Result<Vec<StoredReject>> {
    let mut rejects = Vec::new();
    for path in files {
        read_file(path, &mut rejects)?;
    }
    rejects.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    Ok(rejects)
}

fn read_file(path: &Path, rejects: &mut Vec<StoredReject>) -> Result<()> {
    let fault = |cause: &dyn std::fmt::Display| Error::read(path, cause);
    let file = File::open(path).map_err(|cause| fault(&cause))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .and_then(ParquetRecordBatchReaderBuilder::build)
        .map_err(|cause| fault(&cause))?;
    for batch in reader {
        let batch = batch.map_err(|cause| fault(&cause))?;
        let text = |name: &str, row: usize| {
            let texts = batch
                .column_by_name(name)
                .and_then(|column| column.as_string_opt::<i32>());
            texts
                .filter(|texts| texts.is_valid(row))
                .map_or("", |texts| texts.value(row))
                .to_owned()
        };
        let lines = batch
            .column_by_name("line")
            .and_then(|c| c.as_primitive_opt::<Int64Type>());
        for row in 0..batch.num_rows() {
            rejects.push(StoredReject {
                file: text("file", row),
                line: lines.map_or(0, |lines| lines.value(row).cast_unsigned()),
                column: text("column", row),
                value: text("value", row),
                reason: text("reason", row),
                raw: text("raw", row),
            });
        }
    }
    Ok(())
}
