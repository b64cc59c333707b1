//! The log as Parquet: the same columns as the CSV, all text, empty fields null.

use std::fs::File;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::{ParquetError, Result};
use parquet::file::properties::WriterProperties;

use super::row::{COLUMNS, Row};

/// Rows handed over at once.
const BATCH_ROWS: usize = 16_384;
/// Rows in a row group: what the writer keeps in memory, packed, and a reader must unpack.
const GROUP_ROWS: usize = 262_144;

/// A Parquet file being written.
#[derive(Debug)]
pub(super) struct ParquetLog {
    writer: ArrowWriter<File>,
    schema: Arc<Schema>,
    columns: Vec<StringBuilder>,
    rows: usize,
}

impl ParquetLog {
    /// `level` is that of Zstandard, 3 by default.
    pub(super) fn new(file: File, level: Option<u32>) -> Result<Self> {
        let level = i32::try_from(level.unwrap_or(3).clamp(1, 22)).unwrap_or(3);
        let properties = WriterProperties::builder()
            .set_created_by(concat!("clearway ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(level)?))
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .build();
        let fields: Vec<Field> = COLUMNS
            .iter()
            .map(|name| Field::new(*name, DataType::Utf8, true))
            .collect();
        let schema = Arc::new(Schema::new(fields));
        let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties))?;
        let columns = COLUMNS.iter().map(|_| StringBuilder::new()).collect();
        Ok(Self {
            writer,
            schema,
            columns,
            rows: 0,
        })
    }

    pub(super) fn write(&mut self, row: &Row) -> Result<()> {
        for (column, field) in self.columns.iter_mut().zip(row.fields()) {
            if field.is_empty() {
                column.append_null();
            } else {
                let text = std::str::from_utf8(field)
                    .map_err(|fault| ParquetError::General(fault.to_string()))?;
                column.append_value(text);
            }
        }
        self.rows += 1;
        if self.rows == BATCH_ROWS {
            self.hand_over()
        } else {
            Ok(())
        }
    }

    pub(super) fn finish(mut self) -> Result<()> {
        self.hand_over()?;
        self.writer.close()?;
        Ok(())
    }

    fn hand_over(&mut self) -> Result<()> {
        let columns = self
            .columns
            .iter_mut()
            .map(|column| Arc::new(column.finish()) as ArrayRef)
            .collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns)?;
        self.rows = 0;
        self.writer.write(&batch)
    }
}
