//! How folded tables stand in the cache.
//!
//! Nearly every milestone happens once: its last time is its first. Only other last times are kept, which saves a
//! third of what there is to write.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::compute::kernels::cmp::eq;
use arrow::compute::kernels::zip::zip;
use arrow::compute::{is_not_null, nullif};
use arrow::error::ArrowError;

use crate::catalogue::{first_at, last_at};
use crate::error::{Error, Result};
use crate::model::Milestone;
use crate::store::StoredTable;

/// A table as it is kept.
pub(super) fn as_kept(table: &RecordBatch) -> Result<RecordBatch> {
    let schema = table.schema();
    let columns = schema.fields().iter().zip(table.columns());
    let columns = columns.map(|(field, column)| {
        match first_of(field.name()).and_then(|first| table.column_by_name(&first)) {
            Some(first) => nullif(column, &eq(column, first)?),
            None => Ok(Arc::clone(column)),
        }
    });
    columns
        .collect::<std::result::Result<_, ArrowError>>()
        .and_then(|columns| {
            // A table without a row has no column.
            let options = RecordBatchOptions::new().with_row_count(Some(table.num_rows()));
            RecordBatch::try_new_with_options(Arc::clone(&schema), columns, &options)
        })
        .map_err(|cause| Error::internal("keeping a folded table", cause))
}

/// A column of a table that was kept; `None` where the table has none of that name.
pub(super) fn column_of(table: &StoredTable, name: &str) -> Result<Option<ArrayRef>> {
    let Some(column) = table.column(name)? else {
        return Ok(None);
    };
    let Some(first) = first_of(name) else {
        return Ok(Some(column));
    };
    let Some(first) = table.column(&first)? else {
        return Ok(Some(column));
    };
    is_not_null(&column)
        .and_then(|other| zip(&other, &column, &first))
        .map(Some)
        .map_err(|cause| Error::internal("reading a folded column", cause))
}

/// For the name of the column of a milestone's last times, that of the column of its first ones.
fn first_of(name: &str) -> Option<String> {
    let mut milestones = Milestone::ALL.into_iter();
    let milestone = milestones.find(|milestone| last_at(*milestone) == name)?;
    Some(first_at(milestone))
}
