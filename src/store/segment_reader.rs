//! Reading of segments: some columns of some rows of some row groups.

use std::fs::File;
use std::path::Path;

use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder, RowSelection,
};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::statistics::Statistics;

use super::events;
use super::fetched::Fetched;
use super::segment::{CREATOR, ROW_GROUP_ROWS, row_hash_kind};
use crate::error::{Error, Result};

/// What a segment says of itself: its columns, row groups and their bounds.
pub fn segment_metadata(path: &Path) -> Result<ArrowReaderMetadata> {
    let file = File::open(path).map_err(|cause| Error::read(path, &cause))?;
    ArrowReaderMetadata::load(&file, ArrowReaderOptions::default())
        .map_err(|cause| Error::read(path, &cause))
}

/// Checks that the hashes of a segment's rows can be compared with those of new rows: else rows that come again would be
/// counted twice. Of a file that another engine has written nothing is known, and it is taken for one.
pub fn check_row_hashes(path: &Path, metadata: &ParquetMetaData) -> Result<()> {
    let file = metadata.file_metadata();
    let is_ours = file.created_by().is_some_and(|by| by.starts_with(CREATOR));
    let mut notes = file.key_value_metadata().into_iter().flatten();
    if !is_ours || notes.any(|note| *note == row_hash_kind()) {
        return Ok(());
    }
    Err(Error::input_with_hint(
        format!(
            "`{}` was written by another version of Clearway, which told rows apart in another way: rows that come again \
             would not be found",
            path.display()
        ),
        "move the store away and run again: it is made anew from the source files (keep the old one for what was published, and \
         for rows that no file has any more)",
    ))
}

/// Smallest and greatest declaration number of a row group, from its statistics. Without statistics
/// it may hold any.
pub fn declaration_bounds(metadata: &ParquetMetaData, row_group: usize) -> (String, String) {
    let column = metadata.row_groups().get(row_group).and_then(|group| {
        group
            .columns()
            .iter()
            .find(|column| column.column_path().string() == events::DECLARATION_ID)
    });
    let text = |bytes: Option<&[u8]>| {
        bytes
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .map(str::to_owned)
    };
    let (first, last) = match column.and_then(|column| column.statistics()) {
        Some(Statistics::ByteArray(statistics)) => {
            let last = text(statistics.max_bytes_opt());
            // A cut maximum is a bound from above only if the writer says so.
            (
                text(statistics.min_bytes_opt()),
                last.filter(|_| statistics.max_is_exact()),
            )
        }
        _ => (None, None),
    };
    (
        first.unwrap_or_default(),
        last.unwrap_or_else(|| "\u{10ffff}".to_owned()),
    )
}

/// Reads some columns of a row group, all rows or those of `rows`, in one batch: one over two row groups would have
/// its dictionaries rebuilt. Columns that the segment does not have are left out.
pub fn read_segment(
    path: &Path,
    metadata: &ArrowReaderMetadata,
    group: usize,
    names: &[&str],
    rows: Option<RowSelection>,
) -> Result<ParquetRecordBatchReader> {
    let leaves = leaves(metadata, |name| names.contains(&name));
    let fetched = Fetched::of(path, metadata, group, &leaves)?;
    batches(path, metadata, (group, fetched), &leaves, rows)
}

/// The positions of the columns whose names are `wanted`.
pub(super) fn leaves(metadata: &ArrowReaderMetadata, wanted: impl Fn(&str) -> bool) -> Vec<usize> {
    let columns = metadata.parquet_schema().columns().iter().enumerate();
    let named = columns.filter(|(_, column)| wanted(&column.path().string()));
    named.map(|(leaf, _)| leaf).collect()
}

/// As [`read_segment`], from what has been fetched of the row group.
pub(super) fn batches(
    path: &Path,
    metadata: &ArrowReaderMetadata,
    (group, fetched): (usize, Fetched),
    leaves: &[usize],
    rows: Option<RowSelection>,
) -> Result<ParquetRecordBatchReader> {
    let mask = ProjectionMask::leaves(metadata.parquet_schema(), leaves.iter().copied());
    let all = metadata.metadata().row_groups().get(group);
    let all = all.and_then(|group| usize::try_from(group.num_rows()).ok());
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(fetched, metadata.clone())
        .with_row_groups(vec![group])
        .with_projection(mask)
        .with_batch_size(all.unwrap_or(ROW_GROUP_ROWS).max(1));
    let builder = match rows {
        Some(rows) => builder.with_row_selection(rows),
        None => builder,
    };
    builder.build().map_err(|cause| Error::read(path, &cause))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, RecordBatch};
    use parquet::arrow::ArrowWriter;
    use parquet::file::properties::WriterProperties;

    use super::super::segment::event_properties;
    use super::*;

    #[test]
    fn hashes_of_another_kind_are_not_compared() {
        let folder = tempfile::tempdir().unwrap();
        let check = |name: &str, properties: WriterProperties| {
            let path = folder.path().join(name);
            let hashes = Arc::new(Int64Array::from(vec![1])) as _;
            let batch = RecordBatch::try_from_iter([(events::ROW_HASH, hashes)]).unwrap();
            let file = File::create(&path).unwrap();
            let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
            writer.write(&batch).unwrap();
            writer.close().unwrap();
            check_row_hashes(&path, segment_metadata(&path).unwrap().metadata())
        };
        let by = |by: &str| {
            let properties = WriterProperties::builder();
            properties.set_created_by(by.to_owned()).build()
        };
        assert!(check("ours.parquet", event_properties()).is_ok());
        assert!(check("rewritten.parquet", by("duckdb")).is_ok());
        let fault = check("old.parquet", by("clearway 0.1.0")).unwrap_err();
        assert!(fault.to_string().contains("old.parquet"), "{fault}");
    }
}
