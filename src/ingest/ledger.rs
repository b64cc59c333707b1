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
    /// Whether every row read is accounted for (ARCHITECTURE.md, invariant 1).
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

/// Local times that a rule had to settle: clocks were set back or forward.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssumedTimes {
    /// How many.
    pub times: u64,
    /// Line or row of the first.
    pub line: u64,
    /// Its text.
    pub value: String,
}

impl AssumedTimes {
    /// What the operator should know of them, in words.
    pub fn told(&self, assumption: &str) -> String {
        let Self { times, line, value } = self;
        let rule = match assumption {
            "repeated_hour" => "in an hour that came twice, read as the first of the two",
            _ => "in an hour that never came, moved forward by its length",
        };
        format!("{times} local times lie {rule} (first at line {line}: `{value}`)")
    }

    /// Adds times that come later in the file.
    pub fn add(&mut self, later: Self) {
        if self.times == 0 {
            *self = later;
        } else {
            self.times += later.times;
        }
    }
}

/// Which rows of a database a ledger entry accounts for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pull {
    /// The source's name in `clearway.toml`.
    pub source: String,
    /// SHA-256 of its query and the name of its watermark column.
    pub query_sha256: String,
    /// The range of the watermark; `None` when the whole query was taken.
    pub watermark: Option<Watermark>,
}

/// The range of a watermark column that a pull has taken. Values are texts of PostgreSQL, literals
/// of SQLite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watermark {
    /// The column.
    pub column: String,
    /// Rows at and above this value were taken; from the beginning when `None`.
    pub from: Option<String>,
    /// The newest value there was; `None` when no row had one.
    pub newest: Option<String>,
    /// How many rows had the newest value.
    pub rows_at_newest: u64,
    /// How many rows had no value; they are taken each time.
    pub rows_without: u64,
}

/// Two accepted events of one declaration, activity and time that differ in something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NearDuplicate {
    /// The declaration's number.
    pub declaration: String,
    /// The activity's label.
    pub activity: String,
    /// The row that came first, `inbox/march.csv:17`.
    pub first: String,
    /// The row that repeats it with other attributes.
    pub second: String,
}

/// How many near-duplicates of a file are kept with their places; all of them are counted.
pub(super) const NEAR_DUPLICATE_EXAMPLES: usize = 10;

/// The account of one ingested file; it travels in the same commit as the file's events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Path relative to the project folder, with `/`; of a database its address without password.
    pub file: String,
    /// SHA-256 of the bytes on disk, in lower-case hexadecimal.
    pub sha256: String,
    /// Names what the store holds of this entry. Unlike the content hash it is the entry's alone: a
    /// file that is read again gets another one.
    #[serde(default)]
    pub batch: String,
    /// Bytes on disk.
    pub size: u64,
    /// The mapping it was read with.
    pub mapping: String,
    /// SHA-256 of that mapping file.
    pub mapping_sha256: String,
    /// The encoding of a text file, as declared or detected, by its name in the WHATWG's list;
    /// `None` for formats that are no text, and in entries of programs that did not write it down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Rows by outcome.
    pub rows: RowCounts,
    /// Events in the store: a row of the `declarations` layout gives one per milestone.
    pub events: u64,
    /// Rejected rows by reason code.
    pub reasons: BTreeMap<String, u64>,
    /// Rejected rows by reason code and source column.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reason_columns: BTreeMap<String, BTreeMap<String, u64>>,
    /// Labels of activities that the mapping maps to no milestone, with their number of rows.
    pub unmapped_activities: BTreeMap<String, u64>,
    /// Local times that a rule had to settle: `repeated_hour`, `skipped_hour`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub assumed_times: BTreeMap<String, AssumedTimes>,
    /// Microseconds since the Unix epoch of the earliest and the latest event.
    pub time_range_us: Option<(i64, i64)>,
    /// What was pulled, where the rows come from a database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull: Option<Pull>,
    /// Duplicates whose first occurrence was in another file when this one was read.
    #[serde(default)]
    pub duplicates_elsewhere: u64,
    /// Accepted events that repeat the declaration, activity and time of another one.
    #[serde(default)]
    pub near_duplicates: u64,
    /// The first of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub near_duplicate_examples: Vec<NearDuplicate>,
    /// Accepted events dated before [`PLAUSIBLE_FROM_US`].
    #[serde(default)]
    pub implausible_times: u64,
    /// Times read, those of rejected rows included.
    #[serde(default)]
    pub times_read: u64,
    /// How many of them had no offset and were taken as local in the mapping's zone.
    #[serde(default)]
    pub times_without_offset: u64,
    /// The batches that this entry replaced.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub supersedes: Vec<String>,
    /// The batch that has replaced this entry: none of its rows counts any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<String>,
    /// The program's version.
    pub program: String,
}

/// The start of 1990: an event before it is a placeholder or a typing error. No customs
/// administration ran an electronic clearance log then.
pub const PLAUSIBLE_FROM_US: i64 = 631_152_000_000_000;

impl LedgerEntry {
    /// Whether the rows of this entry count.
    pub const fn is_current(&self) -> bool {
        self.superseded_by.is_none()
    }
}

/// The stem of a batch: the content hash, shortened, and which reading of that content it is, from 1.
pub fn batch_name(sha256: &str, reading: usize) -> String {
    let short = sha256.get(..16).unwrap_or(sha256);
    if reading <= 1 {
        short.to_owned()
    } else {
        format!("{short}-{reading}")
    }
}
