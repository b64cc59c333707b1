//! A Parquet file as blocks of rows of texts, so that it takes the same path as CSV.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, TimeUnit};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::row::{Outcome, Row, RowReader};
use crate::error::{Error, Result};

const BATCH_ROWS: usize = 1 << 16;

/// Rows of a file, every column as text.
#[derive(Debug)]
pub(super) struct ParquetBlock {
    columns: Vec<ArrayRef>,
    rows: usize,
    first_row: u64,
}

/// Reads a file block by block.
#[derive(Debug)]
pub(super) struct ParquetBlocks {
    reader: ParquetRecordBatchReader,
    row: u64,
}

impl ParquetBlocks {
    /// Opens a file; of its columns only `wanted` are decoded. The header lists those found.
    pub(super) fn open(path: &Path, wanted: &[String]) -> Result<(Vec<String>, Self)> {
        let fault = |cause: &dyn std::fmt::Display| Error::read(path, cause);
        let file = File::open(path).map_err(|cause| fault(&cause))?;
        let builder =
            ParquetRecordBatchReaderBuilder::try_new(file).map_err(|cause| fault(&cause))?;
        let names: Vec<String> = builder
            .schema()
            .fields()
            .iter()
            .map(|field| field.name().clone())
            .collect();
        let found: Vec<usize> = (0..names.len())
            .filter(|at| names.get(*at).is_some_and(|n| wanted.contains(n)))
            .collect();
        if found.is_empty() {
            // Nothing matches: the caller names the missing columns from the full list.
            let reader = builder.build().map_err(|cause| fault(&cause))?;
            return Ok((names, Self { reader, row: 1 }));
        }
        let mask = ProjectionMask::roots(builder.parquet_schema(), found.iter().copied());
        let header = found
            .iter()
            .filter_map(|at| names.get(*at).cloned())
            .collect();
        let reader = builder
            .with_projection(mask)
            .with_batch_size(BATCH_ROWS)
            .build()
            .map_err(|cause| fault(&cause))?;
        Ok((header, Self { reader, row: 1 }))
    }

    /// The next block; `None` at the end of the file.
    pub(super) fn next_block(&mut self, path: &Path) -> Result<Option<ParquetBlock>> {
        let Some(batch) = self.reader.next() else {
            return Ok(None);
        };
        let batch: RecordBatch = batch.map_err(|cause| Error::read(path, &cause))?;
        let columns = batch
            .columns()
            .iter()
            .zip(batch.schema().fields())
            .map(|(column, field)| {
                as_text(column).map_err(|cause| {
                    Error::input(format!(
                        "`{}`: column `{}` can't be read as text: {cause}",
                        path.display(),
                        field.name()
                    ))
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let block = ParquetBlock {
            columns,
            rows: batch.num_rows(),
            first_row: self.row,
        };
        self.row += batch.num_rows() as u64;
        Ok(Some(block))
    }
}

/// Any column as texts that the row reader understands; times as ISO 8601 in UTC where they carry
/// a zone.
fn as_text(column: &ArrayRef) -> std::result::Result<ArrayRef, arrow::error::ArrowError> {
    let column = match column.data_type() {
        DataType::Timestamp(_, Some(_)) => &cast(
            column,
            &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        )?,
        // Written out: 1e16 is 10000000000000000, never an exponent.
        DataType::Float32 | DataType::Float64 => {
            let floats = cast(column, &DataType::Float64)?;
            let floats = floats.as_primitive::<Float64Type>();
            let texts = floats
                .iter()
                .map(|float| float.map(|float| float.to_string()));
            return Ok(Arc::new(texts.collect::<StringArray>()));
        }
        _ => column,
    };
    cast(column, &DataType::Utf8)
}

struct TextRow<'b> {
    columns: &'b [ArrayRef],
    row: usize,
}

impl Row for TextRow<'_> {
    fn field(&self, at: usize) -> &str {
        let texts = self
            .columns
            .get(at)
            .and_then(|column| column.as_string_opt::<i32>());
        match texts {
            Some(texts) if texts.is_valid(self.row) => texts.value(self.row),
            _ => "",
        }
    }
}

impl ParquetBlock {
    /// Reads every row of the block.
    pub(super) fn read(&self, rows: &mut RowReader<'_>) -> Outcome {
        let mut outcome = rows.outcome();
        for row in 0..self.rows {
            let text_row = TextRow {
                columns: &self.columns,
                row,
            };
            let raw = || {
                let fields: Vec<&str> = (0..self.columns.len())
                    .map(|at| text_row.field(at))
                    .collect();
                fields.join(",")
            };
            rows.read(&text_row, self.first_row + row as u64, &mut outcome, raw);
        }
        outcome
    }
}
