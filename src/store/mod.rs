//! The store: Delta tables of events and rejects, and the ledger in their commits.
//!
//! `events` is the authority: a source file's segments, its ledger entry and its content hash go
//! into one commit. Its rejects lie in a Parquet file that is complete before that commit, which
//! names it; the table `rejects` takes the file over in a commit of its own. Should the program die
//! between the two, opening the store finishes the second.

mod delta;
mod folded;
mod rejects;
mod schema;
mod segment;

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use delta::{Delta, LoggedFile};
pub use folded::{FoldedStore, Part, RangeTables, StoredRange, StoredTable, WrittenRange};
pub use rejects::{RejectWriter, StoredReject, read_rejects};
pub use schema::{
    amount_type, attribute_data_type, events, events_schema, rejects_schema, time_type,
};
pub use segment::{ROW_GROUP_ROWS, Segment, write as write_segment};

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

/// Names the segments of one source file.
#[derive(Clone, Debug)]
pub struct SegmentPaths {
    folder: PathBuf,
    stem: String,
}

impl SegmentPaths {
    /// The path of the n-th segment, from 0.
    pub fn number(&self, number: usize) -> PathBuf {
        self.folder
            .join(format!("{}-{number:05}.parquet", self.stem))
    }
}

impl Store {
    /// Opens the store for writing, making it when it is not there. One writer at a time.
    pub fn open_for_writing(folder: &Path, own_attributes: &BTreeSet<String>) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(|cause| Error::output(folder, &cause))?;
        let lock = lock(folder)?;
        let mut store = Self {
            folder: folder.to_owned(),
            events: Delta::open_or_create(&folder.join("events"), &events_schema(own_attributes))?,
            rejects: Delta::open_or_create(&folder.join("rejects"), &rejects_schema())?,
            own_attributes: own_attributes.clone(),
            _lock: Some(lock),
        };
        store.finish_rejects()?;
        Ok(store)
    }

    /// Opens the store for reading; `None` when nothing was ever ingested.
    pub fn open_for_reading(folder: &Path) -> Result<Option<Self>> {
        if !folder.join("rejects").join("_delta_log").is_dir() {
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

    /// The account of every ingested file, in the order of ingestion.
    pub fn ledger(&self) -> Result<Vec<LedgerEntry>> {
        let texts = self.events.ledger_texts()?;
        texts
            .into_iter()
            .map(|text| {
                serde_json::from_value(text).map_err(|cause| {
                    Error::input_with_hint(
                        format!(
                            "the ledger of `{}` can't be read: {cause}",
                            self.folder.display()
                        ),
                        "was the store made by a newer version of Clearway?",
                    )
                })
            })
            .collect()
    }

    /// The segments of `events`, sorted by path.
    pub fn segments(&self) -> Result<Vec<Segment>> {
        Ok(self.events.files()?.into_iter().map(segment).collect())
    }

    /// The files of `rejects`, sorted by path.
    pub fn reject_files(&self) -> Result<Vec<PathBuf>> {
        Ok(self
            .rejects
            .files()?
            .into_iter()
            .map(|file| file.path)
            .collect())
    }

    /// Where the segments of a source file go.
    pub fn segment_paths(&self, sha256: &str) -> SegmentPaths {
        let stem = sha256.get(..16).unwrap_or(sha256);
        SegmentPaths {
            folder: self.folder.join("events"),
            stem: stem.to_owned(),
        }
    }

    /// Where the rejects of a source file go.
    pub fn rejects_path(&self, sha256: &str) -> PathBuf {
        self.folder.join("rejects").join(rejects_name(sha256))
    }

    /// Commits a source file: its segments, its ledger entry, then its rejects.
    pub fn commit(&mut self, entry: &LedgerEntry, segments: &[Segment]) -> Result<()> {
        let text = serde_json::to_value(entry)
            .map_err(|cause| Error::internal("printing a ledger entry", cause))?;
        let schema = events_schema(&self.own_attributes);
        self.events
            .append(segments, &schema, &transaction(&entry.sha256), Some(text))?;
        self.take_rejects(entry)
    }

    /// Takes over every reject file that the ledger names and the table `rejects` lacks: what a run
    /// that died between its two commits has left.
    fn finish_rejects(&mut self) -> Result<()> {
        let known: BTreeSet<PathBuf> = self.reject_files()?.into_iter().collect();
        for entry in self.ledger()? {
            if !known.contains(&self.rejects_path(&entry.sha256)) {
                self.take_rejects(&entry)?;
            }
        }
        Ok(())
    }

    /// Takes the reject file of a ledger entry, if it has rejects, into the table `rejects`.
    fn take_rejects(&mut self, entry: &LedgerEntry) -> Result<()> {
        if entry.rows.rejected == 0 {
            return Ok(());
        }
        let path = self.rejects_path(&entry.sha256);
        let size = std::fs::metadata(&path)
            .map_err(|cause| Error::read(&path, &cause))?
            .len();
        let file = Segment {
            path,
            rows: entry.rows.rejected,
            size,
            at_us: entry.time_range_us.unwrap_or_default(),
            declarations: (String::new(), String::new()),
        };
        let transaction = transaction(&entry.sha256);
        self.rejects
            .append(&[file], &rejects_schema(), &transaction, None)
    }
}

fn transaction(sha256: &str) -> String {
    format!("clearway:sha256:{sha256}")
}

fn rejects_name(sha256: &str) -> String {
    format!("{}.parquet", sha256.get(..16).unwrap_or(sha256))
}

fn lock(folder: &Path) -> Result<File> {
    let path = folder.join(".lock");
    let file = File::create(&path).map_err(|cause| Error::output(&path, &cause))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::Output {
            path: folder.to_owned(),
            cause: "another run is writing to this store; try again when it has ended".to_owned(),
        }),
        Err(TryLockError::Error(cause)) => Err(Error::output(&path, &cause)),
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
