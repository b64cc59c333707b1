//! One range of declaration numbers: planning, reading, folding.

use std::fs::File;
use std::path::Path;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Int32Type, Schema, TimestampMicrosecondType};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::statistics::Statistics;

use super::FoldRules;
use super::state::{EventRow, RangeState};
use super::table::FoldedRange;
use crate::error::{Error, Result};
use crate::model::{AMOUNTS, Milestone};
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

/// A column as codes into its dictionary. Segments hold dictionaries; files rewritten by another
/// engine may hold plain texts.
fn dictionary(column: &ArrayRef) -> Result<ArrayRef> {
    if matches!(column.data_type(), DataType::Dictionary(key, _) if **key == DataType::Int32) {
        return Ok(ArrayRef::clone(column));
    }
    let text = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    cast(column, &text).map_err(|cause| Error::internal("reading a text column", cause))
}

/// For each row the code that `code` gives to its text; `None` where it is null.
fn codes(column: &ArrayRef, mut code: impl FnMut(&str) -> Option<u32>) -> Result<Vec<Option<u32>>> {
    let column = dictionary(column)?;
    let missing = || Error::internal("reading a text column", "it is not a dictionary");
    let column = column
        .as_dictionary_opt::<Int32Type>()
        .ok_or_else(missing)?;
    let values = column.values().as_string_opt::<i32>().ok_or_else(missing)?;
    // Each text is looked up once per batch, however many rows have it; and only if a row has it.
    let mut known: Vec<Option<Option<u32>>> = vec![None; values.len()];
    Ok(column
        .keys_iter()
        .map(|key| {
            let key = key?;
            let slot = known.get_mut(key)?;
            *slot.get_or_insert_with(|| code(values.value(key)))
        })
        .collect())
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
    // Rows of this range that have happened by the freeze time: row in batch and declaration.
    let mut rows: Vec<(usize, u32)> = Vec::with_capacity(batch.num_rows());
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
        rows.push((row, declaration));
        state.event(EventRow {
            declaration,
            at: *at,
            milestone: milestone.and_then(|index| Milestone::ALL.get(index as usize).copied()),
            activity: activity.unwrap_or_default(),
        });
    }
    read_values(batch, &batch.schema(), at, &rows, state)
}

fn read_values(
    batch: &RecordBatch,
    schema: &Schema,
    at: &[i64],
    rows: &[(usize, u32)],
    state: &mut RangeState<'_>,
) -> Result<()> {
    const ROLES: [&str; 5] = [
        events::DECLARATION_ID,
        events::ITEM,
        events::ACTIVITY,
        events::MILESTONE,
        events::AT,
    ];
    for (field, array) in schema.fields().iter().zip(batch.columns()) {
        let name = field.name().as_str();
        if ROLES.contains(&name) || array.null_count() == array.len() {
            continue;
        }
        let time = |row: usize| at.get(row).copied().unwrap_or_default();
        match array.data_type() {
            DataType::Boolean => {
                let bools = array.as_boolean();
                let slot = state.bools(name);
                for (row, declaration) in rows.iter().filter(|(row, _)| bools.is_valid(*row)) {
                    slot.offer(*declaration, time(*row), u8::from(bools.value(*row)));
                }
            }
            DataType::Decimal128(..) => {
                let numbers = array.as_primitive::<Decimal128Type>();
                let values = rows
                    .iter()
                    .filter(|(row, _)| numbers.is_valid(*row))
                    .map(|(row, declaration)| (*declaration, time(*row), numbers.value(*row)));
                if AMOUNTS.contains(&name) {
                    state.amounts(name, values);
                } else {
                    let slot = state.numbers(name);
                    values.for_each(|(declaration, at, value)| slot.offer(declaration, at, value));
                }
            }
            _ => {
                let (interner, slot) = state.texts(name);
                let codes = codes(array, |text| Some(interner.code(text)))?;
                for (row, declaration) in rows {
                    if let Some(code) = codes.get(*row).copied().flatten() {
                        slot.offer(*declaration, time(*row), code, |a, b| {
                            interner.greater(a, b)
                        });
                    }
                }
            }
        }
    }
    Ok(())
}
