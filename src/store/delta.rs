//! One Delta table: open or create, list, commit. deltalake-core stays in this file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use arrow::datatypes::Schema;
use deltalake_core::DeltaTable;
use deltalake_core::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake_core::kernel::transaction::{CommitBuilder, CommitProperties};
use deltalake_core::kernel::{Action, Add, MetadataExt, Remove, StructType, Transaction};
use deltalake_core::operations::create::CreateBuilder;
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use futures::TryStreamExt;
use tokio::runtime::Runtime;

use super::segment::Segment;
use crate::error::{Error, Result};

/// A hundred years: the ledger lives in the commits, so the log is never cleaned; and files that a
/// commit took out are known as such for good.
const RETENTION: &str = "interval 36500 days";

/// A table with the runtime that drives its asynchronous operations.
pub(super) struct Delta {
    folder: PathBuf,
    table: DeltaTable,
    runtime: Runtime,
}

/// What one commit does to a table, all at once.
#[derive(Debug)]
pub(super) struct Change<'c> {
    /// Data files that come in.
    pub(super) add: &'c [Segment],
    /// Data files that go out; they stay on disk, so that a past state can be read again.
    pub(super) remove: &'c [Segment],
    /// Columns of it that the table lacks are added.
    pub(super) schema: &'c Schema,
    /// The application transaction: a name and which of its turns this is.
    pub(super) transaction: (String, i64),
    /// What the commit says about itself, by key.
    pub(super) notes: BTreeMap<String, serde_json::Value>,
}

/// What a commit said about itself.
#[derive(Debug)]
pub(super) struct CommitNotes {
    /// The commit's number.
    pub(super) version: u64,
    /// When it was made, in milliseconds since the Unix epoch.
    pub(super) made_ms: Option<i64>,
    /// Its notes, by key.
    pub(super) notes: BTreeMap<String, serde_json::Value>,
}

/// A data file as the log knows it.
pub(super) struct LoggedFile {
    /// Path on disk.
    pub(super) path: PathBuf,
    /// Bytes.
    pub(super) size: u64,
    /// Statistics as JSON.
    pub(super) stats: Option<String>,
}

impl Delta {
    /// Opens the table of a folder, or creates it with `schema`. Columns that the table lacks are
    /// added with the next commit.
    pub(super) fn open_or_create(folder: &Path, schema: &Schema) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(|cause| Error::output(folder, &cause))?;
        if Self::is_at(folder) {
            return Self::open(folder);
        }
        let runtime = runtime()?;
        let kernel: StructType = schema
            .try_into_kernel()
            .map_err(|cause| Error::internal("making a schema", cause))?;
        let table = runtime.block_on(async {
            CreateBuilder::new()
                .with_location(location(folder)?)
                .with_columns(kernel.fields().cloned())
                .with_save_mode(SaveMode::ErrorIfExists)
                .with_configuration([
                    ("delta.logRetentionDuration", Some(RETENTION)),
                    ("delta.deletedFileRetentionDuration", Some(RETENTION)),
                ])
                .await
                .map_err(|cause| Error::output(folder, &cause))
        })?;
        Ok(Self {
            folder: folder.to_owned(),
            table,
            runtime,
        })
    }

    /// Whether a folder holds a table. A run that died while making it has left no commit.
    pub(super) fn is_at(folder: &Path) -> bool {
        std::fs::read_dir(folder.join("_delta_log")).is_ok_and(|entries| {
            entries.flatten().any(|entry| {
                Path::new(&entry.file_name())
                    .extension()
                    .is_some_and(|extension| extension == "json")
            })
        })
    }

    /// Opens the table of a folder.
    pub(super) fn open(folder: &Path) -> Result<Self> {
        let runtime = runtime()?;
        let table = runtime.block_on(async {
            let url = url::Url::parse(&location(folder)?)
                .map_err(|cause| Error::internal("locating the store", cause))?;
            deltalake_core::DeltaTableBuilder::from_url(url)
                .map_err(|cause| damaged(folder, &cause))?
                .load()
                .await
                .map_err(|cause| damaged(folder, &cause))
        })?;
        Ok(Self {
            folder: folder.to_owned(),
            table,
            runtime,
        })
    }

    /// The number of the newest commit.
    pub(super) fn version(&self) -> u64 {
        self.table.version().unwrap_or_default()
    }

    /// The data files of the newest state, sorted by path.
    pub(super) fn files(&self) -> Result<Vec<LoggedFile>> {
        let state = self
            .table
            .snapshot()
            .map_err(|cause| damaged(&self.folder, &cause))?;
        let mut files: Vec<LoggedFile> = state
            .log_data()
            .iter()
            .map(|file| LoggedFile {
                path: self.folder.join(file.path().as_ref()),
                size: u64::try_from(file.size()).unwrap_or_default(),
                stats: file.stats(),
            })
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    /// What the commits said about themselves under some keys, oldest first. The log is never
    /// cleaned, so that the n-th commit has number n.
    pub(super) fn notes(&self, keys: &[&str]) -> Result<Vec<CommitNotes>> {
        let mut infos = self
            .runtime
            .block_on(self.table.history(None).try_collect::<Vec<_>>())
            .map_err(|cause| damaged(&self.folder, &cause))?;
        infos.reverse();
        let noted = (0..).zip(infos).map(|(version, mut info)| CommitNotes {
            version,
            made_ms: info.timestamp,
            notes: keys
                .iter()
                .filter_map(|key| Some(((*key).to_owned(), info.info.remove(*key)?)))
                .collect(),
        });
        Ok(noted.filter(|commit| !commit.notes.is_empty()).collect())
    }

    /// Data files that a commit has taken out.
    fn removed_files(&self) -> Result<BTreeSet<PathBuf>> {
        let state = self
            .table
            .snapshot()
            .map_err(|cause| damaged(&self.folder, &cause))?;
        let log_store = self.table.log_store();
        // The stream wants the runtime already when it is made.
        let removed = self.runtime.block_on(async {
            let removed = state.all_tombstones(log_store.as_ref());
            removed.try_collect::<Vec<_>>().await
        });
        let removed = removed.map_err(|cause| damaged(&self.folder, &cause))?;
        Ok(removed
            .iter()
            .map(|file| self.folder.join(file.path().as_ref()))
            .collect())
    }

    /// Deletes what a run that died has left: data files that no commit has ever named, and commits
    /// that were being written. Nobody else may be writing.
    pub(super) fn clean(&self) -> Result<()> {
        delete(&staged_commits(&self.folder)?)?;
        let known: BTreeSet<PathBuf> = self.files()?.into_iter().map(|file| file.path).collect();
        let mut unknown = parquet_files(&self.folder)?;
        unknown.retain(|path| !known.contains(path));
        if unknown.is_empty() {
            return Ok(());
        }
        let removed = self.removed_files()?;
        unknown.retain(|path| !removed.contains(path));
        delete(&unknown)
    }

    /// Makes a commit.
    pub(super) fn commit(&mut self, change: Change<'_>) -> Result<()> {
        let state = self
            .table
            .snapshot()
            .map_err(|cause| damaged(&self.folder, &cause))?;
        let mut actions: Vec<Action> = change
            .add
            .iter()
            .map(|file| add(&self.folder, file).map(Action::Add))
            .collect::<Result<_>>()?;
        let removals = change.remove.iter();
        actions.extend(removals.map(|file| Action::Remove(removal(&self.folder, file))));
        actions.extend(self.widened(change.schema)?);
        let (name, turn) = change.transaction;
        let properties = CommitProperties::default()
            .with_metadata(change.notes)
            .with_application_transaction(Transaction::new(name, turn))
            .with_cleanup_expired_logs(Some(false));
        let operation = DeltaOperation::Write {
            mode: if change.remove.is_empty() {
                SaveMode::Append
            } else {
                SaveMode::Overwrite
            },
            partition_by: None,
            predicate: None,
        };
        let commit = CommitBuilder::from(properties).with_actions(actions).build(
            Some(state),
            self.table.log_store(),
            operation,
        );
        let committed = self.runtime.block_on(async { commit.await });
        let committed = committed.map_err(|cause| Error::output(&self.folder, &cause))?;
        // Nobody else commits while the store is locked: what the log has become is known, and need not be read again.
        self.table.state = Some(committed.snapshot);
        Ok(())
    }

    /// New metadata where `schema` has columns that the table lacks.
    fn widened(&self, schema: &Schema) -> Result<Option<Action>> {
        let state = self
            .table
            .snapshot()
            .map_err(|cause| damaged(&self.folder, &cause))?;
        let current = state.schema();
        let wanted: StructType = schema
            .try_into_kernel()
            .map_err(|cause| Error::internal("making a schema", cause))?;
        let missing: Vec<_> = wanted
            .fields()
            .filter(|field| current.field(field.name()).is_none())
            .cloned()
            .collect();
        if missing.is_empty() {
            return Ok(None);
        }
        let fields = current.fields().cloned().chain(missing);
        let widened = StructType::try_new(fields)
            .map_err(|cause| Error::internal("widening a schema", cause))?;
        let metadata = state
            .metadata()
            .clone()
            .with_schema(&widened)
            .map_err(|cause| Error::internal("widening a schema", cause))?;
        Ok(Some(Action::Metadata(metadata)))
    }
}

impl std::fmt::Debug for Delta {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delta")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

fn runtime() -> Result<Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|cause| Error::internal("starting the runtime", cause))
}

fn damaged(folder: &Path, cause: &dyn std::fmt::Display) -> Error {
    let hint = if folder.ends_with("published") {
        "remove the folder `store/published`: the next report can then not say what it revises"
    } else {
        "events and rejects are made from the raw files: remove the folders `store/events` and \
         `store/rejects` and run again"
    };
    let message = format!("can't read the store `{}`: {cause}", folder.display());
    Error::input_with_hint(message, hint)
}

fn location(folder: &Path) -> Result<String> {
    let absolute = folder
        .canonicalize()
        .map_err(|cause| Error::read(folder, &cause))?;
    url::Url::from_directory_path(&absolute)
        .map(|url| url.to_string())
        .map_err(|()| Error::internal("locating the store", absolute.display()))
}

/// The Parquet files of a folder.
pub(super) fn parquet_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = files_of(folder)?;
    files.retain(|path| {
        let extension = path.extension();
        extension.is_some_and(|extension| extension == "parquet")
    });
    Ok(files)
}

/// Commits of a table's log that never got their name: until it is whole, a commit is called by its name,
/// `#` and a number.
fn staged_commits(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = files_of(&folder.join("_delta_log"))?;
    files.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let turn = name.rsplit_once('#').map(|(_, turn)| turn);
        turn.is_some_and(|turn| !turn.is_empty() && turn.bytes().all(|byte| byte.is_ascii_digit()))
    });
    Ok(files)
}

/// What lies in a folder.
fn files_of(folder: &Path) -> Result<Vec<PathBuf>> {
    let fault = |cause: &std::io::Error| Error::read(folder, cause);
    let entries = std::fs::read_dir(folder).map_err(|cause| fault(&cause))?;
    entries
        .map(|entry| Ok(entry.map_err(|cause| fault(&cause))?.path()))
        .collect()
}

/// Deletes files.
pub(super) fn delete(files: &[PathBuf]) -> Result<()> {
    for path in files {
        std::fs::remove_file(path).map_err(|cause| Error::output(path, &cause))?;
    }
    Ok(())
}

fn removal(folder: &Path, file: &Segment) -> Remove {
    let path = file.path.strip_prefix(folder).unwrap_or(&file.path);
    Remove {
        path: path.to_string_lossy().into_owned(),
        data_change: true,
        // As for `modification_time`: the log does not depend on the clock.
        deletion_timestamp: Some(file.at_us.1.div_euclid(1000)),
        ..Remove::default()
    }
}

fn add(folder: &Path, file: &Segment) -> Result<Add> {
    let path = file.path.strip_prefix(folder).unwrap_or(&file.path);
    let stats = serde_json::json!({
        "numRecords": file.rows,
        "minValues": { "declaration_id": file.declarations.0, "at": instant(file.at_us.0, false)? },
        "maxValues": { "declaration_id": file.declarations.1, "at": instant(file.at_us.1, true)? },
        "nullCount": {},
    });
    Ok(Add {
        path: path.to_string_lossy().into_owned(),
        size: i64::try_from(file.size).unwrap_or(i64::MAX),
        // Delta wants one; the newest event serves, so that the log does not depend on the clock.
        modification_time: file.at_us.1.div_euclid(1000),
        data_change: true,
        stats: Some(stats.to_string()),
        ..Add::default()
    })
}

/// Delta statistics hold milliseconds: bounds are widened to the next whole one.
fn instant(at_us: i64, up: bool) -> Result<String> {
    let ms = if up {
        -(-at_us).div_euclid(1000)
    } else {
        at_us.div_euclid(1000)
    };
    jiff::Timestamp::from_millisecond(ms)
        .map(|instant| format!("{instant:.3}"))
        .map_err(|cause| Error::internal("printing a time", cause))
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::disallowed_methods,
        reason = "a test leaves what a killed run would"
    )]

    use super::*;

    #[test]
    fn a_commit_that_was_being_written_is_cleared_away_and_those_that_were_made_stay() {
        let folder = tempfile::tempdir().unwrap();
        let schema = super::super::rejects_schema();
        let table = Delta::open_or_create(folder.path(), &schema).unwrap();
        let log = folder.path().join("_delta_log");
        let made = files_of(&log).unwrap();
        for name in ["00000000000000000001.json#1", "_last_checkpoint#12"] {
            std::fs::write(log.join(name), "{").unwrap();
        }
        std::fs::write(log.join("notes #a"), "mine").unwrap();
        table.clean().unwrap();
        let mut left = files_of(&log).unwrap();
        left.retain(|path| !path.ends_with("notes #a"));
        assert_eq!(left, made);
        assert!(log.join("notes #a").is_file());
    }
}
