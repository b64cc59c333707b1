//! A Parquet file as blocks of rows of texts, so that it takes the same path as CSV.

use std::fs::File;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, TimeUnit};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::super::row::{Outcome, Row, RowReader};
use super::{Block, Look, Opened, Sink, Source, Wanted};
use crate::error::{Error, Result};

const BATCH_ROWS: usize = 1 << 16;

/// Rows of a file, every column as text.
#[derive(Debug)]
struct ParquetBlock {
    columns: Vec<ArrayRef>,
    rows: usize,
    first_row: u64,
}

/// The rows of a file, block by block.
#[derive(Debug)]
struct ParquetSource {
    reader: ParquetRecordBatchReader,
    path: PathBuf,
}

/// Opens a file; only the wanted columns are decoded.
pub(super) fn open(path: &Path, wanted: &Wanted) -> Result<Opened> {
    let fault = |cause: &dyn std::fmt::Display| Error::read(path, cause);
    let file = File::open(path).map_err(|cause| fault(&cause))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|cause| fault(&cause))?;
    let fields = builder.schema().fields().iter();
    let names: Vec<String> = fields.map(|field| field.name().clone()).collect();
    let places = wanted.places(&names);
    let mask = ProjectionMask::roots(builder.parquet_schema(), places.iter().copied());
    let header = places.iter().filter_map(|at| names.get(*at).cloned());
    let header = header.collect();
    let reader = builder
        .with_projection(mask)
        .with_batch_size(BATCH_ROWS)
        .build()
        .map_err(|cause| fault(&cause))?;
    Ok(Opened {
        encoding: None,
        header,
        source: Box::new(ParquetSource {
            reader,
            path: path.to_owned(),
        }),
    })
}

impl Source for ParquetSource {
    fn run(self: Box<Self>, sink: &mut Sink<'_>) -> Result<()> {
        let mut first_row = 1;
        for batch in self.reader {
            let batch = batch.map_err(|cause| Error::read(&self.path, &cause))?;
            let rows = batch.num_rows();
            let block = ParquetBlock {
                columns: as_texts(&batch, &self.path)?,
                rows,
                first_row,
            };
            first_row += rows as u64;
            if sink(Box::new(block)) == ControlFlow::Break(()) {
                break;
            }
        }
        Ok(())
    }
}

fn as_texts(batch: &RecordBatch, path: &Path) -> Result<Vec<ArrayRef>> {
    let schema = batch.schema();
    let columns = batch.columns().iter().zip(schema.fields());
    let texts = columns.map(|(column, field)| {
        as_text(column).map_err(|cause| {
            Error::input(format!(
                "`{}`: column `{}` can't be read as text: {cause}",
                path.display(),
                field.name()
            ))
        })
    });
    texts.collect()
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

impl Block for ParquetBlock {
    fn read(&self, rows: &mut RowReader<'_>) -> Outcome {
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

    fn look(&self, look: &mut Look<'_>) {
        for row in 0..self.rows {
            look(&TextRow {
                columns: &self.columns,
                row,
            });
        }
    }
}
