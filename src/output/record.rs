//! `run.json`: what a report was made from.

use serde::Serialize;
use serde_json::Value;

use crate::ingest::{LedgerEntry, RowCounts};

/// The record of a run.
#[derive(Clone, Debug, Serialize)]
pub struct RunRecord<'r> {
    /// Name and version of the program.
    pub program: String,
    /// Version of the catalogue with a hash of all definitions.
    pub catalogue: String,
    /// The administration.
    pub project: &'r str,
    /// The period reported on.
    pub period: String,
    /// The freeze time, UTC.
    pub freeze_time: String,
    /// The zone in which months and days were cut.
    pub timezone: &'r str,
    /// ISO 4217 code of all money.
    pub currency: &'r str,
    /// The number of the store's newest commit.
    pub store_version: u64,
    /// Every ingested file.
    pub files: &'r [LedgerEntry],
    /// Rows of all files by outcome.
    pub totals: &'r RowCounts,
    /// How many declarations were folded from them.
    pub declarations: u64,
    /// Settings that change figures or their display.
    pub settings: Value,
    /// The objectives of the strategy map with their status.
    pub objectives: Value,
    /// Data quality: the whole of every rule.
    pub quality: Value,
    /// How many published figures this report changes, and since which report.
    pub revisions: Value,
    /// Signals of the period's last month, and what reforms changed.
    pub trends: Value,
    /// KPIs that can't be computed, with the missing input.
    pub not_measurable: Value,
    /// What the operator should know.
    pub notices: &'r [String],
    /// Seconds by stage: the only thing here that differs between two equal runs.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub timings_s: Value,
}

/// Whether two records are equal but for their timings.
pub fn same_but_timings(a: &[u8], b: &[u8]) -> bool {
    let read = |bytes: &[u8]| {
        let mut value: Value = serde_json::from_slice(bytes).ok()?;
        value.as_object_mut()?.shift_remove("timings_s");
        Some(value)
    };
    match (read(a), read(b)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timings_alone_do_not_make_a_record_differ() {
        assert!(same_but_timings(
            br#"{"a":1,"timings_s":{"fold":2}}"#,
            br#"{"a":1}"#
        ));
        assert!(!same_but_timings(br#"{"a":1}"#, br#"{"a":2}"#));
        assert!(!same_but_timings(b"", b""));
    }
}
