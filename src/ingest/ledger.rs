//! The account of all rows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How many rows of a file ended in which way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowCounts {
    /// Rows read (a CSV header is not a row).
    pub read: u64,
    /// Rows whose events are in the store.
    pub accepted: u64,
    /// Rows refused, each with its reason.
    pub rejected: u64,
    /// Rows that were there already, in this file or an earlier one.
    pub duplicates: u64,
    /// Rows left out by the mapping's `where`.
    pub filtered: u64,
}

impl RowCounts {
    /// Whether every row read is accounted for (DESIGN.md, invariant 1).
    pub fn balances(&self) -> bool {
        self.read == self.accepted + self.rejected + self.duplicates + self.filtered
    }
}

impl std::ops::AddAssign<&Self> for RowCounts {
    fn add_assign(&mut self, other: &Self) {
        self.read += other.read;
        self.accepted += other.accepted;
        self.rejected += other.rejected;
        self.duplicates += other.duplicates;
        self.filtered += other.filtered;
    }
}

/// The account of one ingested file; it travels in the same commit as the file's events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Path relative to the project folder, with `/`.
    pub file: String,
    /// SHA-256 of the bytes on disk, in lower-case hexadecimal.
    pub sha256: String,
    /// Bytes on disk.
    pub size: u64,
    /// The mapping it was read with.
    pub mapping: String,
    /// SHA-256 of that mapping file.
    pub mapping_sha256: String,
    /// Rows by outcome.
    pub rows: RowCounts,
    /// Events in the store: a row of the `declarations` layout gives one per milestone.
    pub events: u64,
    /// Rejected rows by reason code.
    pub reasons: BTreeMap<String, u64>,
    /// Labels of activities that the mapping maps to no milestone, with their number of rows.
    pub unmapped_activities: BTreeMap<String, u64>,
    /// Microseconds since the Unix epoch of the earliest and the latest event.
    pub time_range_us: Option<(i64, i64)>,
    /// The program's version.
    pub program: String,
}
