//! The ledger, replayed from the commits of `events`.

use std::collections::BTreeMap;
use std::path::Path;

use super::delta::CommitNotes;
use crate::error::{Error, Result};
use crate::ingest::{LedgerEntry, batch_name};

/// The key of a commit's ledger entry.
pub(super) const ENTRY_KEY: &str = "clearwayLedger";
/// The key of earlier entries in the state that a commit has given them.
pub(super) const AMENDED_KEY: &str = "clearwayAmended";
/// Both.
pub(super) const KEYS: [&str; 2] = [ENTRY_KEY, AMENDED_KEY];

/// A ledger entry with the commit that brought it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accounted {
    /// The entry, in its newest state.
    pub entry: LedgerEntry,
    /// The number of the commit.
    pub commit: u64,
    /// When the commit was made, in milliseconds since the Unix epoch. It comes from the store's log
    /// and reaches no report.
    pub made_ms: Option<i64>,
}

/// Every entry in its newest state, in the order of ingestion.
pub(super) fn replay(folder: &Path, commits: Vec<CommitNotes>) -> Result<Vec<Accounted>> {
    let fault = |cause: serde_json::Error| {
        Error::input_with_hint(
            format!(
                "the ledger of `{}` can't be read: {cause}",
                folder.display()
            ),
            "was the store made by a newer version of Clearway?",
        )
    };
    let mut account: Vec<Accounted> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for mut commit in commits {
        if let Some(amended) = commit.notes.remove(AMENDED_KEY) {
            let amended: Vec<LedgerEntry> = serde_json::from_value(amended).map_err(fault)?;
            for entry in amended {
                let place = places.get(&entry.batch).and_then(|at| account.get_mut(*at));
                if let Some(known) = place {
                    known.entry = entry;
                }
            }
        }
        if let Some(entry) = commit.notes.remove(ENTRY_KEY) {
            let mut entry: LedgerEntry = serde_json::from_value(entry).map_err(fault)?;
            if entry.batch.is_empty() {
                entry.batch = batch_name(&entry.sha256, 1);
            }
            places.insert(entry.batch.clone(), account.len());
            account.push(Accounted {
                entry,
                commit: commit.version,
                made_ms: commit.made_ms,
            });
        }
    }
    Ok(account)
}
