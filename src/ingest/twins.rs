//! Rows that an earlier segment holds already.

use std::fs::File;
use std::path::Path;

use arrow::array::AsArray;
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::columns::EventColumns;
use super::run::RunRows;
use crate::error::{Error, Result};
use crate::store::{ROW_GROUP_ROWS, Segment, events};

/// Drops the rows of a run that one of `segments` holds. Only segments that overlap the run in time
/// and in declaration numbers are opened: in a log that arrives month by month, hardly any.
pub(super) fn drop_known_rows<'s>(
    columns: &EventColumns,
    rows: &mut RunRows,
    segments: impl Iterator<Item = &'s Segment>,
) -> Result<()> {
    let from = columns.at.iter().copied().min().unwrap_or(0);
    let to = columns.at.iter().copied().max().unwrap_or(0);
    let first = columns.declaration_id.values().min().unwrap_or_default();
    let last = columns.declaration_id.values().max().unwrap_or_default();
    for segment in segments {
        let apart = segment.at_us.0 > to
            || segment.at_us.1 < from
            || segment.declarations.0.as_str() > last
            || segment.declarations.1.as_str() < first;
        if !apart {
            compare(&segment.path, columns, rows, (from, to))?;
        }
    }
    Ok(())
}

fn compare(
    path: &Path,
    columns: &EventColumns,
    rows: &mut RunRows,
    (from, to): (i64, i64),
) -> Result<()> {
    let fault = |cause: &dyn std::fmt::Display| Error::read(path, cause);
    let file = File::open(path).map_err(|cause| fault(&cause))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|cause| fault(&cause))?;
    let names = [events::DECLARATION_ID, events::AT, events::ROW_HASH];
    let mask = ProjectionMask::columns(builder.parquet_schema(), names);
    let reader = builder
        .with_projection(mask)
        .with_batch_size(ROW_GROUP_ROWS)
        .build()
        .map_err(|cause| fault(&cause))?;
    for batch in reader {
        let batch = batch.map_err(|cause| fault(&cause))?;
        let missing = || Error::internal("comparing segments", path.display());
        let id = batch
            .column_by_name(events::DECLARATION_ID)
            .ok_or_else(missing)?
            .as_any_dictionary();
        let at = batch.column_by_name(events::AT).ok_or_else(missing)?;
        let at = at.as_primitive::<TimestampMicrosecondType>().values();
        let hashes = batch.column_by_name(events::ROW_HASH).ok_or_else(missing)?;
        let hashes = hashes.as_primitive::<Int64Type>().values();
        let keys = id.normalized_keys();
        let values = id.values().as_string::<i32>();
        for ((key, at), hash) in keys.iter().zip(at).zip(hashes) {
            let hash = hash.cast_unsigned();
            if *at < from || *at > to || !rows.may_have(columns, hash) {
                continue;
            }
            if let Some(declaration) = columns.declaration_id.find(values.value(*key)) {
                rows.drop_row(columns, declaration, hash);
            }
        }
    }
    Ok(())
}
