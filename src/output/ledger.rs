//! The ledger as a table: what `clearway ledger` prints and SQL sees.

use std::collections::BTreeMap;

use crate::store::Accounted;

/// What the texts of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerKind {
    /// A text; times are ISO 8601 in UTC.
    Text,
    /// A whole number.
    Count,
}

/// The columns with their kinds.
pub const LEDGER_COLUMNS: [(&str, LedgerKind); 26] = [
    ("file", LedgerKind::Text),
    ("state", LedgerKind::Text),
    ("sha256", LedgerKind::Text),
    ("size", LedgerKind::Count),
    ("mapping", LedgerKind::Text),
    ("mapping_sha256", LedgerKind::Text),
    ("rows_read", LedgerKind::Count),
    ("rows_accepted", LedgerKind::Count),
    ("rows_rejected", LedgerKind::Count),
    ("rows_duplicates", LedgerKind::Count),
    ("rows_filtered", LedgerKind::Count),
    ("events", LedgerKind::Count),
    ("duplicates_elsewhere", LedgerKind::Count),
    ("near_duplicates", LedgerKind::Count),
    ("implausible_times", LedgerKind::Count),
    ("reasons", LedgerKind::Text),
    ("unmapped_activities", LedgerKind::Text),
    ("first_event", LedgerKind::Text),
    ("last_event", LedgerKind::Text),
    ("supersedes", LedgerKind::Text),
    ("superseded_by", LedgerKind::Text),
    ("program", LedgerKind::Text),
    ("commit", LedgerKind::Count),
    ("committed_at", LedgerKind::Text),
    ("batch", LedgerKind::Text),
    ("encoding", LedgerKind::Text),
];

/// The row of an entry, in the order of [`LEDGER_COLUMNS`].
pub fn ledger_row(accounted: &Accounted) -> [String; 26] {
    let entry = &accounted.entry;
    let rows = &entry.rows;
    let state = if entry.is_current() {
        "current"
    } else {
        "superseded"
    };
    let time = |at: Option<i64>| at.map(instant).unwrap_or_default();
    [
        entry.file.clone(),
        state.to_owned(),
        entry.sha256.clone(),
        entry.size.to_string(),
        entry.mapping.clone(),
        entry.mapping_sha256.clone(),
        rows.read.to_string(),
        rows.accepted.to_string(),
        rows.rejected.to_string(),
        rows.duplicates.to_string(),
        rows.filtered.to_string(),
        entry.events.to_string(),
        entry.duplicates_elsewhere.to_string(),
        entry.near_duplicates.to_string(),
        entry.implausible_times.to_string(),
        counted(&entry.reasons),
        counted(&entry.unmapped_activities),
        time(entry.time_range_us.map(|range| range.0)),
        time(entry.time_range_us.map(|range| range.1)),
        entry.supersedes.join(" "),
        entry.superseded_by.clone().unwrap_or_default(),
        entry.program.clone(),
        accounted.commit.to_string(),
        time(accounted.made_ms.map(|ms| ms.saturating_mul(1000))),
        entry.batch.clone(),
        entry.encoding.clone().unwrap_or_default(),
    ]
}

/// `missing_id=3 unknown_code=1`.
fn counted(counts: &BTreeMap<String, u64>) -> String {
    let counts: Vec<String> = counts
        .iter()
        .map(|(name, count)| format!("{name}={count}"))
        .collect();
    counts.join(" ")
}

fn instant(us: i64) -> String {
    jiff::Timestamp::from_microsecond(us)
        .map(|at| at.to_string())
        .unwrap_or_default()
}
