//! One Delta table: open or create, list, commit. deltalake-core stays in this file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow::datatypes::Schema;
use deltalake_core::DeltaTable;
use deltalake_core::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake_core::kernel::transaction::{CommitBuilder, CommitProperties};
use deltalake_core::kernel::{Action, Add, MetadataExt, StructType, Transaction};
use deltalake_core::operations::create::CreateBuilder;
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use futures::TryStreamExt;
use tokio::runtime::Runtime;

use super::segment::Segment;
use crate::error::{Error, Result};

/// A hundred years: the ledger lives in the commits, so the log is never cleaned.
const RETENTION: &str = "interval 36500 days";
/// The key of a commit's ledger entry.
const LEDGER_KEY: &str = "clearwayLedger";

/// A table with the runtime that drives its asynchronous operations.
pub(super) struct Delta {
    folder: PathBuf,
    table: DeltaTable,
    runtime: Runtime,
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
        if folder.join("_delta_log").is_dir() {
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
                .with_configuration([("delta.logRetentionDuration", Some(RETENTION))])
                .await
                .map_err(|cause| Error::output(folder, &cause))
        })?;
        Ok(Self {
            folder: folder.to_owned(),
            table,
            runtime,
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

    /// The ledger entries in the commits, oldest first.
    pub(super) fn ledger_texts(&self) -> Result<Vec<serde_json::Value>> {
        let infos = self
            .runtime
            .block_on(self.table.history(None).try_collect::<Vec<_>>())
            .map_err(|cause| damaged(&self.folder, &cause))?;
        let mut entries: Vec<serde_json::Value> = infos
            .into_iter()
            .filter_map(|mut info| info.info.remove(LEDGER_KEY))
            .collect();
        entries.reverse();
        Ok(entries)
    }

    /// Adds files in one commit, which carries an application transaction and, where there is one,
    /// a ledger entry; columns of `schema` that the table lacks are added in the same commit.
    pub(super) fn append(
        &mut self,
        files: &[Segment],
        schema: &Schema,
        transaction: &str,
        entry: Option<serde_json::Value>,
    ) -> Result<()> {
        let state = self
            .table
            .snapshot()
            .map_err(|cause| damaged(&self.folder, &cause))?;
        let mut actions: Vec<Action> = files
            .iter()
            .map(|file| add(&self.folder, file).map(Action::Add))
            .collect::<Result<_>>()?;
        actions.extend(self.widened(schema)?);
        let mut metadata = BTreeMap::new();
        if let Some(entry) = entry {
            metadata.insert(LEDGER_KEY.to_owned(), entry);
        }
        let properties = CommitProperties::default()
            .with_metadata(metadata)
            .with_application_transaction(Transaction::new(transaction, 1))
            .with_cleanup_expired_logs(Some(false));
        let operation = DeltaOperation::Write {
            mode: SaveMode::Append,
            partition_by: None,
            predicate: None,
        };
        let commit = CommitBuilder::from(properties).with_actions(actions).build(
            Some(state),
            self.table.log_store(),
            operation,
        );
        let committed = self.runtime.block_on(async { commit.await });
        committed.map_err(|cause| Error::output(&self.folder, &cause))?;
        self.runtime
            .block_on(self.table.update_state())
            .map_err(|cause| damaged(&self.folder, &cause))
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
    Error::input_with_hint(
        format!("can't read the store `{}`: {cause}", folder.display()),
        "the store is made from the raw files: remove the folder `store` and run again",
    )
}

fn location(folder: &Path) -> Result<String> {
    let absolute = folder
        .canonicalize()
        .map_err(|cause| Error::read(folder, &cause))?;
    url::Url::from_directory_path(&absolute)
        .map(|url| url.to_string())
        .map_err(|()| Error::internal("locating the store", absolute.display()))
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
