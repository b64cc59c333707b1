//! Reading of segments: some columns of some rows of some row groups.

use std::fs::File;
use std::path::Path;

use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder, RowSelection,
};

use super::segment::ROW_GROUP_ROWS;
use crate::error::{Error, Result};

/// What a segment says of itself: its columns, row groups and their bounds.
pub fn segment_metadata(path: &Path) -> Result<ArrowReaderMetadata> {
    let file = File::open(path).map_err(|cause| Error::read(path, &cause))?;
    ArrowReaderMetadata::load(&file, ArrowReaderOptions::default())
        .map_err(|cause| Error::read(path, &cause))
}

/// Reads some columns of some row groups, all rows or those of `rows`, one batch for each row group. Columns
/// that the segment does not have are left out.
pub fn read_segment(
    path: &Path,
    metadata: &ArrowReaderMetadata,
    groups: Vec<usize>,
    names: &[&str],
    rows: Option<RowSelection>,
) -> Result<ParquetRecordBatchReader> {
    let fault = |cause: &dyn std::fmt::Display| Error::read(path, cause);
    let mask = ProjectionMask::columns(metadata.parquet_schema(), names.iter().copied());
    let file = File::open(path).map_err(|cause| fault(&cause))?;
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata.clone())
        .with_row_groups(groups)
        .with_projection(mask)
        .with_batch_size(ROW_GROUP_ROWS);
    let builder = match rows {
        Some(rows) => builder.with_row_selection(rows),
        None => builder,
    };
    builder.build().map_err(|cause| fault(&cause))
}
