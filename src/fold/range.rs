//! One range of declaration numbers: planning, reading, folding.

use std::fs::File;
use std::path::Path;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::TimestampMicrosecondType;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::statistics::Statistics;

use super::FoldRules;
use super::read::{self, Row, codes};
use super::state::{EventRow, NONE, RangeState};
use super::table::FoldedRange;
use crate::error::{Error, Result};
use crate::model::Milestone;
use crate::store::{ROW_GROUP_ROWS, Segment, events};

/// Declaration numbers from `from` (included) to `to` (excluded; `None` is no bound).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Range {
    from: String,
    to: Option<String>,
}

impl Range {
    fn contains(&self, id: &str) -> bool {
        self.from.as_str() <= id && self.to.as_deref().is_none_or(|to| id < to)
    }

    fn meets(&self, first: &str, last: &str) -> bool {
        self.from.as_str() <= last && self.to.as_deref().is_none_or(|to| first < to)
    }
}

/// Smallest and greatest declaration number of a row group, from its statistics. Without statistics
/// it may hold any.
fn declarations(metadata: &ParquetMetaData, row_group: usize) -> (String, String) {
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

fn metadata(path: &Path) -> Result<ArrowReaderMetadata> {
    let file = File::open(path).map_err(|cause| Error::read(path, &cause))?;
    ArrowReaderMetadata::load(
        &file,
        parquet::arrow::arrow_reader::ArrowReaderOptions::default(),
    )
    .map_err(|cause| Error::read(path, &cause))
}

/// The newest event of a segment.
pub(super) fn newest_us(path: &Path) -> Result<Option<i64>> {
    let metadata = metadata(path)?;
    let newest = metadata.metadata().row_groups().iter().filter_map(|group| {
        let at = group
            .columns()
            .iter()
            .find(|column| column.column_path().string() == events::AT)?;
        match at.statistics()? {
            Statistics::Int64(statistics) => statistics.max_opt().copied(),
            _ => None,
        }
    });
    Ok(newest.max())
}

/// Cuts the declaration numbers of all segments into ranges of between `least` and `most` events.
pub(super) fn plan(segments: &[Segment], least: u64, most: u64) -> Result<Vec<Range>> {
    let total: u64 = segments.iter().map(|segment| segment.rows).sum();
    let threads = rayon::current_num_threads() as u64;
    let wanted = (total / (threads * 2).max(1)).clamp(least, most);
    let mut groups: Vec<(String, u64)> = Vec::new();
    for segment in segments {
        let metadata = metadata(&segment.path)?;
        for (at, group) in metadata.metadata().row_groups().iter().enumerate() {
            let rows = u64::try_from(group.num_rows()).unwrap_or_default();
            groups.push((declarations(metadata.metadata(), at).0, rows));
        }
    }
    groups.sort();
    let mut ranges = Vec::new();
    let (mut from, mut events) = (String::new(), 0);
    for (first, rows) in groups {
        if events >= wanted && first > from {
            ranges.push(Range {
                from: from.clone(),
                to: Some(first.clone()),
            });
            (from, events) = (first, 0);
        }
        events += rows;
    }
    ranges.push(Range { from, to: None });
    Ok(ranges)
}

/// Folds the events of one range.
pub(super) fn fold(
    segments: &[Segment],
    range: &Range,
    rules: &FoldRules,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<FoldedRange> {
    let mut state = RangeState::new(rules);
    for segment in segments {
        if range.meets(&segment.declarations.0, &segment.declarations.1) {
            read_segment(&segment.path, range, &mut state, progress)?;
        }
    }
    state.finish()
}

fn read_segment(
    path: &Path,
    range: &Range,
    state: &mut RangeState<'_>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<()> {
    let fault = |cause: &dyn std::fmt::Display| Error::read(path, cause);
    let metadata = metadata(path)?;
    let groups: Vec<usize> = (0..metadata.metadata().num_row_groups())
        .filter(|group| {
            let (first, last) = declarations(metadata.metadata(), *group);
            range.meets(&first, &last)
        })
        .collect();
    if groups.is_empty() {
        return Ok(());
    }
    let not_needed = [
        events::EVENT_ID,
        events::SOURCE_FILE,
        events::SOURCE_LINE,
        events::ROW_HASH,
    ];
    let needed = metadata
        .schema()
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .filter(|name| !not_needed.contains(name))
        .collect::<Vec<_>>();
    let mask = ProjectionMask::columns(metadata.parquet_schema(), needed);
    let file = File::open(path).map_err(|cause| fault(&cause))?;
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
        .with_row_groups(groups)
        .with_projection(mask)
        .with_batch_size(ROW_GROUP_ROWS)
        .build()
        .map_err(|cause| fault(&cause))?;
    for batch in reader {
        let batch = batch.map_err(|cause| fault(&cause))?;
        read_batch(&batch, range, state)?;
        progress(batch.num_rows() as u64);
    }
    Ok(())
}

fn column<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b ArrayRef> {
    batch
        .column_by_name(name)
        .ok_or_else(|| Error::input(format!("a segment of the store has no column `{name}`")))
}

fn read_batch(batch: &RecordBatch, range: &Range, state: &mut RangeState<'_>) -> Result<()> {
    let declarations = codes(column(batch, events::DECLARATION_ID)?, |id| {
        range.contains(id).then(|| state.declaration(id))
    })?;
    let items = match batch.column_by_name(events::ITEM) {
        Some(items) if items.null_count() < items.len() => {
            codes(items, |item| Some(state.lines.item(item)))?
        }
        _ => Vec::new(),
    };
    let activities = codes(column(batch, events::ACTIVITY)?, |label| {
        Some(state.activity(label))
    })?;
    let milestones = codes(column(batch, events::MILESTONE)?, |name| {
        Milestone::from_name(name).map(|milestone| u32::from(milestone.code()))
    })?;
    let at = column(batch, events::AT)?;
    let at = at.as_primitive_opt::<TimestampMicrosecondType>();
    let at = at
        .ok_or_else(|| Error::internal("reading times", "wrong type"))?
        .values();
    // Rows of this range that have happened by the freeze time.
    let mut rows: Vec<Row> = Vec::with_capacity(batch.num_rows());
    let columns = declarations
        .iter()
        .zip(at)
        .zip(activities.iter().zip(&milestones));
    for (row, ((declaration, at), (activity, milestone))) in columns.enumerate() {
        let Some(declaration) = *declaration else {
            continue;
        };
        if state.is_after_freeze(*at) {
            continue;
        }
        let item = items.get(row).copied().flatten().unwrap_or(NONE);
        let milestone = milestone.and_then(|index| Milestone::ALL.get(index as usize).copied());
        rows.push(Row {
            position: row,
            line: state.lines.line(declaration, item),
            event: u32::try_from(state.events.len()).unwrap_or(NONE),
            at: *at,
            milestone,
        });
        state.events.push(EventRow {
            declaration,
            at: *at,
            milestone,
            activity: activity.unwrap_or_default(),
            item,
            officer: NONE,
            lane: NONE,
            detail: NONE,
            on_paper: false,
        });
    }
    read::values(batch, &rows, state)
}
