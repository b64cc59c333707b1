//! Taking files out of the store again, because others replace them.
//!
//! A row that the outgoing file shares with one that stays is not lost: when the other file was
//! read, the row was a duplicate there and its place was written down. Now it is handed over to that
//! file, so that the store holds what it would hold had the outgoing file never been there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, BooleanArray, DictionaryArray, Int32Array, Int64Array, RecordBatch,
    StringArray,
};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{Int32Type, Int64Type, TimestampMicrosecondType};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::arrow::{ArrowWriter, ProjectionMask};

use super::schema::events;
use super::segment::{ROW_GROUP_ROWS, Segment, event_properties};
use super::{Store, check_row_hashes, duplicates};
use crate::error::{Error, Result};
use crate::ingest::LedgerEntry;
use crate::model::FastMap;

/// What a commit takes out of the store, and what it must change for that.
#[derive(Clone, Debug, Default)]
pub struct Withdrawal {
    /// The batch that replaces others.
    pub by: String,
    /// Segments that go.
    pub removed: Vec<Segment>,
    /// Segments with rows that are handed over to other files; they are on disk already.
    pub restored: Vec<Segment>,
    /// Entries in their new state: those that are replaced, and those that rows are handed over to.
    pub amended: Vec<LedgerEntry>,
    /// Source rows that go.
    pub rows_removed: u64,
    /// Source rows that are handed over.
    pub rows_restored: u64,
}

/// A source row by its identity: the hash and the declaration, which tells rows of equal hash apart.
type Owners = FastMap<(u64, String), (usize, u64)>;

impl Store {
    /// Prepares the withdrawal of the batches `old`, which `by` replaces. Nothing is committed.
    pub fn withdraw(&self, old: &[String], by: &str) -> Result<Withdrawal> {
        let mut withdrawal = Withdrawal {
            by: by.to_owned(),
            ..Withdrawal::default()
        };
        if old.is_empty() {
            return Ok(withdrawal);
        }
        let goes = |batch: &str| old.iter().any(|one| one == batch);
        let (removed, stays): (Vec<Segment>, Vec<Segment>) = self
            .segments()?
            .into_iter()
            .partition(|segment| goes(segment.batch()));
        withdrawal.removed = removed;
        let mut entries = self.ledger()?;
        // Who may inherit, in the order of ingestion.
        let may_inherit =
            |entry: &LedgerEntry| entry.duplicates_elsewhere > 0 && !goes(&entry.batch);
        let heirs = entries.iter().enumerate();
        let heirs = heirs
            .filter(|(_, entry)| may_inherit(entry))
            .map(|(at, _)| at);
        let heirs: Vec<usize> = heirs.collect();
        // The number of the next segment of each batch.
        let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
        for segment in &stays {
            *numbers.entry(segment.batch().to_owned()).or_default() += 1;
        }
        let mut changed = BTreeSet::new();
        for segment in withdrawal.removed.clone() {
            let owners = self.owners(&segment.path, &entries, &heirs)?;
            let inheriting: BTreeSet<usize> = owners.values().map(|(heir, _)| *heir).collect();
            for heir in inheriting {
                let Some(entry) = entries.get_mut(heir) else {
                    continue;
                };
                let number = numbers.entry(entry.batch.clone()).or_default();
                let path = self.paths().segment(&entry.batch, *number);
                *number += 1;
                let handed = hand_over(&segment.path, &path, &entry.file, &|key| {
                    let (owner, line) = owners.get(key)?;
                    (*owner == heir).then_some(*line)
                })?;
                let rows = owners.values().filter(|(owner, _)| *owner == heir).count() as u64;
                inherit(entry, rows, &handed);
                changed.insert(heir);
                withdrawal.rows_restored += rows;
                withdrawal.restored.push(handed);
            }
        }
        for (at, mut entry) in entries.into_iter().enumerate() {
            if goes(&entry.batch) {
                entry.superseded_by = Some(by.to_owned());
                withdrawal.rows_removed += entry.rows.accepted;
                withdrawal.amended.push(entry);
            } else if changed.contains(&at) {
                withdrawal.amended.push(entry);
            }
        }
        Ok(withdrawal)
    }

    /// Which rows of a segment another file held too, with the first such file and the line there.
    fn owners(&self, segment: &Path, entries: &[LedgerEntry], heirs: &[usize]) -> Result<Owners> {
        let mut owners = Owners::default();
        if heirs.is_empty() {
            return Ok(owners);
        }
        let mut rows: FastMap<u64, Vec<String>> = FastMap::default();
        for batch in open(segment, true)? {
            let batch = batch.map_err(|cause| Error::read(segment, &cause))?;
            let keys = Keys::of(&batch, segment)?;
            for row in 0..batch.num_rows() {
                let (hash, id) = keys.key(row);
                let ids = rows.entry(hash).or_default();
                if ids.iter().all(|known| known != id) {
                    ids.push(id.to_owned());
                }
            }
        }
        for heir in heirs {
            let Some(entry) = entries.get(*heir) else {
                continue;
            };
            duplicates::read(&self.paths().duplicates(&entry.batch), &mut |row| {
                let known = rows.get(&row.hash);
                if known.is_some_and(|ids| ids.iter().any(|id| id == row.declaration)) {
                    let key = (row.hash, row.declaration.to_owned());
                    owners.entry(key).or_insert((*heir, row.line));
                }
            })?;
        }
        Ok(owners)
    }
}

/// Puts rows that were duplicates down as accepted.
fn inherit(entry: &mut LedgerEntry, rows: u64, handed: &Segment) {
    entry.rows.accepted += rows;
    entry.rows.duplicates -= rows;
    entry.duplicates_elsewhere -= rows;
    entry.events += handed.rows;
    let (from, to) = entry.time_range_us.unwrap_or(handed.at_us);
    entry.time_range_us = Some((from.min(handed.at_us.0), to.max(handed.at_us.1)));
}

fn open(path: &Path, keys_only: bool) -> Result<ParquetRecordBatchReader> {
    let fault = |cause: &dyn std::fmt::Display| Error::read(path, cause);
    let file = File::open(path).map_err(|cause| fault(&cause))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|cause| fault(&cause))?;
    check_row_hashes(path, builder.metadata())?;
    let mask = if keys_only {
        let names = [events::DECLARATION_ID, events::ROW_HASH];
        ProjectionMask::columns(builder.parquet_schema(), names)
    } else {
        ProjectionMask::all()
    };
    builder
        .with_projection(mask)
        .with_batch_size(ROW_GROUP_ROWS)
        .build()
        .map_err(|cause| fault(&cause))
}

/// The identities of the rows of a batch.
struct Keys<'b> {
    ids: &'b StringArray,
    codes: Vec<usize>,
    hashes: &'b [i64],
}

impl<'b> Keys<'b> {
    fn of(batch: &'b RecordBatch, path: &Path) -> Result<Self> {
        let missing = || Error::internal("reading a segment", path.display());
        let column = |name: &str| batch.column_by_name(name).ok_or_else(missing);
        let id = column(events::DECLARATION_ID)?
            .as_any_dictionary_opt()
            .ok_or_else(missing)?;
        let hashes = column(events::ROW_HASH)?.as_primitive_opt::<Int64Type>();
        Ok(Self {
            codes: id.normalized_keys(),
            ids: id.values().as_string_opt::<i32>().ok_or_else(missing)?,
            hashes: hashes.ok_or_else(missing)?.values(),
        })
    }

    fn key(&self, row: usize) -> (u64, &'b str) {
        let hash = self.hashes.get(row).copied().unwrap_or_default();
        let code = self.codes.get(row).copied().unwrap_or_default();
        (hash.cast_unsigned(), self.ids.value(code))
    }
}

/// Writes the rows of a segment for which `line` gives a line as a segment of another file.
fn hand_over(
    from: &Path,
    to: &Path,
    source_file: &str,
    line: &dyn Fn(&(u64, String)) -> Option<u64>,
) -> Result<Segment> {
    let fault = |cause: &dyn std::fmt::Display| Error::output(to, cause);
    let mut writer: Option<ArrowWriter<File>> = None;
    let mut segment = Segment {
        at_us: (i64::MAX, i64::MIN),
        ..Segment::at(PathBuf::from(to))
    };
    for batch in open(from, false)? {
        let batch = batch.map_err(|cause| Error::read(from, &cause))?;
        let keys = Keys::of(&batch, from)?;
        let lines: Vec<Option<i64>> = (0..batch.num_rows())
            .map(|row| {
                let (hash, id) = keys.key(row);
                line(&(hash, id.to_owned())).map(u64::cast_signed)
            })
            .collect();
        let chosen: BooleanArray = lines.iter().map(|line| Some(line.is_some())).collect();
        let kept = filter_record_batch(&batch, &chosen)
            .map_err(|cause| Error::internal("handing rows over", cause))?;
        if kept.num_rows() == 0 {
            continue;
        }
        let lines: Vec<i64> = lines.into_iter().flatten().collect();
        let kept = attributed(&kept, source_file, lines)?;
        extend(&mut segment, &kept, from)?;
        let parquet = if let Some(parquet) = &mut writer {
            parquet
        } else {
            let file = File::create(to).map_err(|cause| fault(&cause))?;
            let parquet = ArrowWriter::try_new(file, kept.schema(), Some(event_properties()));
            writer.insert(parquet.map_err(|cause| fault(&cause))?)
        };
        // One row group per batch: readers take one at a time.
        parquet.write(&kept).map_err(|cause| fault(&cause))?;
        parquet.flush().map_err(|cause| fault(&cause))?;
    }
    let Some(parquet) = writer else {
        return Err(Error::internal("handing rows over", "there are none"));
    };
    let file = parquet.into_inner().map_err(|cause| fault(&cause))?;
    file.sync_all().map_err(|cause| fault(&cause))?;
    segment.size = file.metadata().map_err(|cause| fault(&cause))?.len();
    Ok(segment)
}

/// The same rows as rows of another file.
fn attributed(batch: &RecordBatch, source_file: &str, lines: Vec<i64>) -> Result<RecordBatch> {
    let fault = |cause| Error::internal("handing rows over", cause);
    let keys = Int32Array::from(vec![0; batch.num_rows()]);
    let names: ArrayRef = Arc::new(StringArray::from(vec![source_file]));
    let names = DictionaryArray::<Int32Type>::try_new(keys, names).map_err(fault)?;
    let (names, lines): (ArrayRef, ArrayRef) = (Arc::new(names), Arc::new(Int64Array::from(lines)));
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns());
    let columns = columns.map(|(field, column)| match field.name().as_str() {
        events::SOURCE_FILE => Arc::clone(&names),
        events::SOURCE_LINE => Arc::clone(&lines),
        _ => Arc::clone(column),
    });
    RecordBatch::try_new(Arc::clone(&schema), columns.collect()).map_err(fault)
}

/// Widens what is known of a segment by a batch of it.
fn extend(segment: &mut Segment, batch: &RecordBatch, path: &Path) -> Result<()> {
    let at = batch
        .column_by_name(events::AT)
        .and_then(|at| at.as_primitive_opt::<TimestampMicrosecondType>())
        .ok_or_else(|| Error::internal("reading a segment", path.display()))?;
    for at in at.values() {
        segment.at_us = (segment.at_us.0.min(*at), segment.at_us.1.max(*at));
    }
    let keys = Keys::of(batch, path)?;
    if segment.rows == 0 {
        keys.key(0).1.clone_into(&mut segment.declarations.0);
    }
    let last = batch.num_rows().saturating_sub(1);
    keys.key(last).1.clone_into(&mut segment.declarations.1);
    segment.rows += batch.num_rows() as u64;
    Ok(())
}
