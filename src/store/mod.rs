//! The store: Delta tables of events and rejects, and the ledger in their commits.
//!
//! `events` is the authority: a source file's segments, its ledger entry and its content hash go
//! into one commit; so do the files that it replaces. Its rejects lie in a Parquet file that is
//! complete before that commit, which names it; the table `rejects` takes the file over in a commit
//! of its own. Should the program die between the two, opening the store finishes the second.

mod account;
mod contents;
mod delta;
mod details;
mod duplicates;
mod fetched;
mod folded;
mod hybrid;
mod leftovers;
mod pages;
mod published;
mod rejects;
mod renumbered;
mod schema;
mod segment;
mod segment_reader;
mod segment_rows;
mod sparse;
mod table_file;
mod whole;
mod withdraw;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

pub use account::Accounted;
pub use contents::{Content, Contents};
use delta::{Change, Delta, LoggedFile};
pub use duplicates::{DuplicateRow, DuplicateWriter};
pub use folded::{FoldedStore, Part, RangeTables, StoredRange, WrittenRange};
pub use leftovers::{pulls_folder, spool_folder};
pub use published::{
    Basis, Past, Publication, Published, PublishedFigure, PublishedFigures, PublishedKey,
};
pub use rejects::{RAW_BYTES_MAX, RejectWriter, StoredReject, read_rejects};
pub use schema::{
    amount_type, attribute_data_type, events, events_schema, rejects_schema, time_type,
};
pub use segment::{Segment, SegmentOrder, Syncing, write as write_segment};
pub use segment_reader::{check_row_hashes, declaration_bounds, read_segment, segment_metadata};
pub use segment_rows::{GroupRows, read_rows};
pub use sparse::{ColumnTexts, SparseColumn, SparseValues};
pub use table_file::StoredTable;
pub use withdraw::Withdrawal;

use crate::error::{Error, Result};
use crate::ingest::LedgerEntry;

/// An open store.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    events: Delta,
    rejects: Delta,
    own_attributes: BTreeSet<String>,
    /// Held while the store is open for writing; released by the operating system if we die.
    _lock: Option<File>,
}

/// What a batch is called while its file is read: its name says what the file holds, which is hashed meanwhile.
pub const UNNAMED: &str = "unnamed";

/// Where the files of a batch are in a store.
#[derive(Clone, Debug)]
pub struct BatchPaths {
    folder: PathBuf,
}

impl BatchPaths {
    /// The n-th segment, from 0.
    pub fn segment(&self, batch: &str, number: usize) -> PathBuf {
        self.folder
            .join("events")
            .join(format!("{batch}-{number:05}.parquet"))
    }

    /// Rejects.
    pub fn rejects(&self, batch: &str) -> PathBuf {
        self.folder.join("rejects").join(format!("{batch}.parquet"))
    }

    /// Rows that another file held already.
    pub fn duplicates(&self, batch: &str) -> PathBuf {
        self.folder
            .join("duplicates")
            .join(format!("{batch}.parquet"))
    }

    /// Gives a batch that was written as [`UNNAMED`] its name: its segments, in their order, and its list of duplicates
    /// where it has one.
    pub fn name(&self, batch: &str, segments: &mut [Segment], has_duplicates: bool) -> Result<()> {
        let rename = |from: &Path, to: &Path| {
            std::fs::rename(from, to).map_err(|cause| Error::output(to, &cause))
        };
        for (number, segment) in segments.iter_mut().enumerate() {
            let path = self.segment(batch, number);
            rename(&segment.path, &path)?;
            segment.path = path;
        }
        if has_duplicates {
            rename(&self.duplicates(UNNAMED), &self.duplicates(batch))?;
        }
        Ok(())
    }
}

impl Store {
    /// Opens the store for writing, making it when it is not there, and finishes or clears away what
    /// a run that died has left. One writer at a time.
    pub fn open_for_writing(folder: &Path, own_attributes: &BTreeSet<String>) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(|cause| Error::output(folder, &cause))?;
        let lock = lock(folder)?;
        leftovers::clear(folder)?;
        let mut store = Self {
            folder: folder.to_owned(),
            events: Delta::open_or_create(&folder.join("events"), &events_schema(own_attributes))?,
            rejects: Delta::open_or_create(&folder.join("rejects"), &rejects_schema())?,
            own_attributes: own_attributes.clone(),
            _lock: Some(lock),
        };
        let duplicates = folder.join("duplicates");
        std::fs::create_dir_all(&duplicates).map_err(|cause| Error::output(&duplicates, &cause))?;
        store.recover()?;
        Ok(store)
    }

    /// Opens the store for reading; `None` when nothing was ever ingested.
    pub fn open_for_reading(folder: &Path) -> Result<Option<Self>> {
        if !Delta::is_at(&folder.join("rejects")) {
            return Ok(None);
        }
        Ok(Some(Self {
            folder: folder.to_owned(),
            events: Delta::open(&folder.join("events"))?,
            rejects: Delta::open(&folder.join("rejects"))?,
            own_attributes: BTreeSet::new(),
            _lock: None,
        }))
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The number of the newest commit of `events`.
    pub fn version(&self) -> u64 {
        self.events.version()
    }

    /// The account of every file whose rows count, in the order of ingestion.
    pub fn ledger(&self) -> Result<Vec<LedgerEntry>> {
        let account = self.account()?.into_iter();
        let entries = account.map(|accounted| accounted.entry);
        Ok(entries.filter(LedgerEntry::is_current).collect())
    }

    /// The account of every file ever ingested, those that were replaced included, in the order of
    /// ingestion.
    pub fn account(&self) -> Result<Vec<Accounted>> {
        account::replay(&self.folder, self.events.notes(&account::KEYS)?)
    }

    /// The segments of `events`, sorted by path.
    pub fn segments(&self) -> Result<Vec<Segment>> {
        Ok(self.events.files()?.into_iter().map(segment).collect())
    }

    /// The files of `rejects`, sorted by path.
    pub fn reject_files(&self) -> Result<Vec<PathBuf>> {
        let files = self.rejects.files()?.into_iter();
        Ok(files.map(|file| file.path).collect())
    }

    /// Where the files of its batches are.
    pub fn paths(&self) -> BatchPaths {
        BatchPaths {
            folder: self.folder.clone(),
        }
    }

    /// Commits a source file with what it replaces: its segments and its ledger entry, then its
    /// rejects. Without an entry, only what is withdrawn goes.
    pub fn commit(
        &mut self,
        entry: Option<&LedgerEntry>,
        segments: &[Segment],
        withdrawal: &Withdrawal,
    ) -> Result<()> {
        let print = |value: serde_json::Result<serde_json::Value>| {
            value.map_err(|cause| Error::internal("printing a ledger entry", cause))
        };
        let mut notes = BTreeMap::new();
        if let Some(entry) = entry {
            let text = print(serde_json::to_value(entry))?;
            notes.insert(account::ENTRY_KEY.to_owned(), text);
        }
        if !withdrawal.amended.is_empty() {
            let text = print(serde_json::to_value(&withdrawal.amended))?;
            notes.insert(account::AMENDED_KEY.to_owned(), text);
        }
        let batch = entry.map_or(withdrawal.by.as_str(), |entry| entry.batch.as_str());
        let added: Vec<Segment> = segments
            .iter()
            .chain(&withdrawal.restored)
            .cloned()
            .collect();
        self.events.commit(Change {
            add: &added,
            remove: &withdrawal.removed,
            schema: &events_schema(&self.own_attributes),
            transaction: transaction(batch, self.events.version()),
            notes,
        })?;
        let mut gone: Vec<PathBuf> = withdrawal
            .amended
            .iter()
            .filter(|entry| !entry.is_current() && entry.rows.rejected > 0)
            .map(|entry| self.paths().rejects(&entry.batch))
            .collect();
        if !gone.is_empty() {
            let known = self.reject_files()?;
            gone.retain(|path| known.contains(path));
        }
        self.move_rejects(&entry.into_iter().collect::<Vec<_>>(), gone)?;
        // Nobody can inherit by these any more.
        let amended = withdrawal.amended.iter();
        let void = amended.filter(|entry| !entry.is_current() || entry.duplicates_elsewhere == 0);
        let mut void: Vec<PathBuf> = void
            .map(|one| self.paths().duplicates(&one.batch))
            .collect();
        void.retain(|path| path.is_file());
        delta::delete(&void)
    }

    /// Finishes what a run that died between its two commits has left undone, and deletes the files
    /// of one that died before the first.
    fn recover(&mut self) -> Result<()> {
        let ledger = self.ledger()?;
        let known: BTreeSet<PathBuf> = self.reject_files()?.into_iter().collect();
        let wanted = |entry: &LedgerEntry| entry.rows.rejected > 0;
        let paths: BTreeSet<PathBuf> = ledger
            .iter()
            .filter(|entry| wanted(entry))
            .map(|entry| self.paths().rejects(&entry.batch))
            .collect();
        let missing = ledger
            .iter()
            .filter(|entry| wanted(entry) && !known.contains(&self.paths().rejects(&entry.batch)));
        let missing: Vec<&LedgerEntry> = missing.collect();
        self.move_rejects(&missing, known.difference(&paths).cloned().collect())?;
        self.events.clean()?;
        self.rejects.clean()?;
        let named: BTreeSet<PathBuf> = ledger
            .iter()
            .filter(|entry| entry.duplicates_elsewhere > 0)
            .map(|entry| self.paths().duplicates(&entry.batch))
            .collect();
        let mut unnamed = delta::parquet_files(&self.folder.join("duplicates"))?;
        unnamed.retain(|path| !named.contains(path));
        delta::delete(&unnamed)
    }

    /// Takes the reject files of some entries into the table `rejects`, and some files out of it.
    fn move_rejects(&mut self, entries: &[&LedgerEntry], gone: Vec<PathBuf>) -> Result<()> {
        let mut add = Vec::new();
        for entry in entries.iter().filter(|entry| entry.rows.rejected > 0) {
            let path = self.paths().rejects(&entry.batch);
            let metadata = std::fs::metadata(&path).map_err(|cause| Error::read(&path, &cause))?;
            add.push(Segment {
                path,
                rows: entry.rows.rejected,
                size: metadata.len(),
                at_us: entry.time_range_us.unwrap_or_default(),
                declarations: (String::new(), String::new()),
            });
        }
        let remove: Vec<Segment> = gone.into_iter().map(Segment::at).collect();
        let Some(first) = add.first().or(remove.first()) else {
            return Ok(());
        };
        let stem = first.path.file_stem().unwrap_or_default().to_string_lossy();
        let transaction = transaction(&stem, self.rejects.version());
        self.rejects.commit(Change {
            add: &add,
            remove: &remove,
            schema: &rejects_schema(),
            transaction,
            notes: BTreeMap::new(),
        })
    }
}

/// The application transaction of a batch; a batch that is touched again has its next turn.
fn transaction(batch: &str, version: u64) -> (String, i64) {
    let turn = i64::try_from(version).unwrap_or(i64::MAX);
    (format!("clearway:batch:{batch}"), turn)
}

fn lock(folder: &Path) -> Result<File> {
    let held = "another run is writing to this store; try again when it has ended";
    lock_file(&folder.join(".lock"))?.ok_or_else(|| Error::output(folder, &held))
}

/// Locks a file, making it when it is not there; `None` while another run holds it.
fn lock_file(path: &Path) -> Result<Option<File>> {
    let file = File::create(path).map_err(|cause| Error::output(path, &cause))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(cause)) => Err(Error::output(path, &cause)),
    }
}

fn segment(file: LoggedFile) -> Segment {
    let stats: serde_json::Value = file
        .stats
        .as_deref()
        .and_then(|stats| serde_json::from_str(stats).ok())
        .unwrap_or_default();
    let text = |side: &str, column: &str| {
        stats
            .get(side)
            .and_then(|values| values.get(column))
            .and_then(|value| value.as_str())
    };
    let instant = |side: &str| {
        text(side, "at")
            .and_then(|at| at.parse::<jiff::Timestamp>().ok())
            .map(jiff::Timestamp::as_microsecond)
    };
    Segment {
        rows: stats
            .get("numRecords")
            .and_then(serde_json::Value::as_u64)
            .unwrap_or_default(),
        size: file.size,
        at_us: (
            instant("minValues").unwrap_or(i64::MIN),
            instant("maxValues").unwrap_or(i64::MAX),
        ),
        declarations: (
            text("minValues", "declaration_id")
                .unwrap_or_default()
                .to_owned(),
            text("maxValues", "declaration_id")
                .unwrap_or("\u{10ffff}")
                .to_owned(),
        ),
        path: file.path,
    }
}
