//! Rows that an earlier segment holds already, and rows that are nearly the same.

use std::path::Path;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReader, RowSelection};

use super::columns::{EventColumns, NONE};
use super::near::{KnownEvent, NearDuplicates, RunIndex};
use super::run::RunRows;
use crate::error::{Error, Result};
use crate::store::{Segment, check_row_hashes, events, read_segment, segment_metadata};

/// A look through earlier segments, and what it has found.
pub(super) struct Twins {
    /// First events of the rows that a segment held.
    pub(super) dropped: Vec<u32>,
    /// Events that repeat one of a segment with other attributes.
    pub(super) near: NearDuplicates,
    /// The earliest and the latest time of the run.
    times: (i64, i64),
    /// From when to when segments have events beside those of the run.
    shared: (i64, i64),
    index: Option<RunIndex>,
}

impl Twins {
    /// A look for the rows of a run in `segments`, to be taken by and by.
    pub(super) fn of<'s>(rows: &mut RunRows, segments: impl Iterator<Item = &'s Segment>) -> Self {
        let (from, to) = rows.times().unwrap_or_default();
        // Equal rows are of one time. In a log in the order of time runs share an instant at most.
        let shared = segments
            .map(|segment| (segment.at_us.0.max(from), segment.at_us.1.min(to)))
            .filter(|(from, to)| from <= to)
            .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let shared = shared.unwrap_or((i64::MAX, i64::MIN));
        rows.share_times(shared);
        Self {
            dropped: Vec::new(),
            near: NearDuplicates::default(),
            times: (from, to),
            shared,
            index: None,
        }
    }

    /// Drops the rows of a run that one of `segments` holds. Only segments that overlap the run in
    /// time and in declaration numbers are opened: in a log that arrives month by month, hardly any.
    pub(super) fn drop_known_rows<'s>(
        &mut self,
        columns: &EventColumns,
        rows: &mut RunRows,
        segments: impl Iterator<Item = &'s Segment>,
    ) -> Result<()> {
        let (from, to) = self.times;
        let (first, last) = rows.declarations(columns).unwrap_or_default();
        for segment in segments {
            let apart = segment.at_us.0 > to
                || segment.at_us.1 < from
                || segment.declarations.0.as_str() > last
                || segment.declarations.1.as_str() < first;
            if !apart {
                self.compare(&segment.path, columns, rows)?;
            }
        }
        Ok(())
    }

    fn compare(&mut self, path: &Path, columns: &EventColumns, rows: &mut RunRows) -> Result<()> {
        let metadata = segment_metadata(path)?;
        check_row_hashes(path, metadata.metadata())?;
        for group in 0..metadata.metadata().num_row_groups() {
            let group = GroupReader {
                path,
                metadata: &metadata,
                group,
            };
            self.compare_group(&group, columns, rows)?;
        }
        Ok(())
    }

    /// Only rows of shared times are read.
    fn compare_group(
        &mut self,
        group: &GroupReader<'_>,
        columns: &EventColumns,
        rows: &mut RunRows,
    ) -> Result<()> {
        let fault = |cause: &dyn std::fmt::Display| Error::read(group.path, cause);
        let within = group.rows_within(self.shared)?;
        if !within.selects_any() {
            return Ok(());
        }
        let shared = self.shared;
        let index = self
            .index
            .get_or_insert_with(|| RunIndex::of(columns, shared));
        let names = [
            events::DECLARATION_ID,
            events::ITEM,
            events::EVENT_ID,
            events::ACTIVITY,
            events::AT,
            events::SOURCE_FILE,
            events::SOURCE_LINE,
            events::ROW_HASH,
        ];
        let reader = group.reader(&names, Some(within))?;
        for batch in reader {
            let batch = batch.map_err(|cause| fault(&cause))?;
            let segment = SegmentRows::of(&batch, columns, group.path)?;
            for row in 0..batch.num_rows() {
                let Some(known) = segment.event(row) else {
                    continue;
                };
                if rows.may_have(columns, known.hash)
                    && let Some(head) = rows.drop_row(columns, known.declaration, known.hash)
                {
                    self.dropped.push(head);
                }
                let place = || segment.place(row);
                self.near.compare(columns, index, known, place);
            }
        }
        Ok(())
    }
}

/// One row group of a segment.
struct GroupReader<'f> {
    path: &'f Path,
    metadata: &'f ArrowReaderMetadata,
    group: usize,
}

impl GroupReader<'_> {
    /// Some columns of all rows or of some, as one batch: its dictionaries are those of the file.
    fn reader(
        &self,
        names: &[&str],
        rows: Option<RowSelection>,
    ) -> Result<ParquetRecordBatchReader> {
        read_segment(self.path, self.metadata, self.group, names, rows)
    }

    /// The rows whose time is between two instants, both included.
    fn rows_within(&self, (from, to): (i64, i64)) -> Result<RowSelection> {
        let mut within = Vec::new();
        for batch in self.reader(&[events::AT], None)? {
            let batch = batch.map_err(|cause| Error::read(self.path, &cause))?;
            let at = batch.columns().first();
            let at = at.and_then(|at| at.as_primitive_opt::<TimestampMicrosecondType>());
            let at = at.map(|at| at.values().iter()).into_iter().flatten();
            let is_within = at.map(|at| Some(from <= *at && *at <= to));
            within.push(is_within.collect::<BooleanArray>());
        }
        Ok(RowSelection::from_filters(&within))
    }
}

/// A text column of a segment as codes of the run.
struct Codes {
    keys: Vec<usize>,
    /// Code of the segment's dictionary → code of the run; `None` for a text that it does not have.
    codes: Vec<Option<u32>>,
}

impl Codes {
    /// `None` for a column that the segment does not have: every row of it is empty.
    fn of(batch: &RecordBatch, name: &str, code: impl Fn(&str) -> Option<u32>) -> Option<Self> {
        let texts = batch.column_by_name(name)?.as_any_dictionary_opt()?;
        let values = texts.values().as_string_opt::<i32>()?;
        let mut codes: Vec<Option<u32>> = values
            .iter()
            .map(|text| code(text.unwrap_or_default()))
            .collect();
        // A column that no row fills has no text, and so no key that arrow could make a position of.
        let mut keys = if values.is_empty() {
            vec![0; texts.len()]
        } else {
            texts.normalized_keys()
        };
        // An empty field has no code of its own in the dictionary.
        codes.push(Some(NONE));
        for (row, key) in keys.iter_mut().enumerate() {
            if texts.keys().is_null(row) {
                *key = codes.len() - 1;
            }
        }
        Some(Self { keys, codes })
    }

    fn code(codes: Option<&Self>, row: usize) -> Option<u32> {
        let Some(codes) = codes else {
            return Some(NONE);
        };
        codes.codes.get(*codes.keys.get(row)?).copied().flatten()
    }
}

/// Rows of a segment, spelt in the codes of a run.
struct SegmentRows<'b> {
    batch: &'b RecordBatch,
    declaration: Codes,
    item: Option<Codes>,
    event_id: Option<Codes>,
    activity: Option<Codes>,
    at: &'b [i64],
    hashes: &'b [i64],
}

impl<'b> SegmentRows<'b> {
    fn of(batch: &'b RecordBatch, columns: &EventColumns, path: &Path) -> Result<Self> {
        let missing = || Error::internal("comparing segments", path.display());
        let at = batch.column_by_name(events::AT).ok_or_else(missing)?;
        let hashes = batch.column_by_name(events::ROW_HASH).ok_or_else(missing)?;
        let declaration = |text: &str| columns.declaration_id.find(text);
        let declaration = Codes::of(batch, events::DECLARATION_ID, declaration);
        Ok(Self {
            batch,
            declaration: declaration.ok_or_else(missing)?,
            item: Codes::of(batch, events::ITEM, |text| columns.item.find(text)),
            event_id: Codes::of(batch, events::EVENT_ID, |text| columns.event_id.find(text)),
            activity: Codes::of(batch, events::ACTIVITY, |text| columns.activity.find(text)),
            at: at.as_primitive::<TimestampMicrosecondType>().values(),
            hashes: hashes.as_primitive::<Int64Type>().values(),
        })
    }

    /// A row as the run would say it; `None` when the run has nothing of its declaration. Texts
    /// that only the segment has are like none.
    fn event(&self, row: usize) -> Option<KnownEvent> {
        /// A code that no text of a run has: one below [`NONE`].
        const OTHER: u32 = NONE - 1;
        Some(KnownEvent {
            declaration: Codes::code(Some(&self.declaration), row)?,
            at: self.at.get(row).copied()?,
            activity: Codes::code(self.activity.as_ref(), row).unwrap_or(OTHER),
            item: Codes::code(self.item.as_ref(), row).unwrap_or(OTHER),
            event_id: Codes::code(self.event_id.as_ref(), row).unwrap_or(OTHER),
            hash: self.hashes.get(row).copied()?.cast_unsigned(),
        })
    }

    /// Where a row came from, `inbox/march.csv:17`.
    fn place(&self, row: usize) -> String {
        let file = self.batch.column_by_name(events::SOURCE_FILE);
        let file = file.and_then(|file| file.as_any_dictionary_opt());
        let file = file.and_then(|file| {
            let names = file.values().as_string_opt::<i32>()?;
            let key = *file.normalized_keys().get(row)?;
            (key < names.len()).then(|| names.value(key).to_owned())
        });
        let line = self.batch.column_by_name(events::SOURCE_LINE);
        let line = line.and_then(|line| line.as_primitive_opt::<Int64Type>());
        let line = line.and_then(|line| line.values().get(row).copied());
        format!("{}:{}", file.unwrap_or_default(), line.unwrap_or_default())
    }
}
