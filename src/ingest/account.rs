//! What is known of a file while it is read: its ledger entry, and its rejects.

use super::file::{Identity, Ingest, SourceFile, Written};
use super::ledger::LedgerEntry;
use super::reject::Reject;
use super::row::Outcome;
use crate::error::{Error, Result};
use crate::store::{BatchPaths, RejectWriter, Segment};

/// The ledger entry of a file while it is being read, and its rejects.
pub(super) struct Account<'i> {
    paths: BatchPaths,
    identity: &'i dyn Fn() -> Result<Identity>,
    /// From when the refused rows that were held are written.
    rejects: Option<RejectWriter>,
    /// Refused rows, until then.
    held: Vec<Reject>,
    /// How many bytes they take, about.
    held_bytes: usize,
    pub(super) entry: LedgerEntry,
}

/// So many bytes of refused rows are held: what is written of them names the hash of their file, which is being made
/// meanwhile.
const HELD_BYTES_MAX: usize = 1 << 20;

impl<'i> Account<'i> {
    /// Of a file of which nothing has been read.
    pub(super) fn new(paths: BatchPaths, file: &SourceFile<'_>, ingest: &Ingest<'i>) -> Self {
        Self {
            paths,
            identity: ingest.identity,
            rejects: None,
            held: Vec::new(),
            held_bytes: 0,
            entry: LedgerEntry {
                file: file.name.to_owned(),
                mapping: file.mapping.name.clone(),
                mapping_sha256: file.mapping.sha256.clone(),
                pull: file.pull.cloned(),
                supersedes: ingest.supersedes.to_vec(),
                program: env!("CARGO_PKG_VERSION").to_owned(),
                ..LedgerEntry::default()
            },
        }
    }

    /// Counts the rows of a block, and keeps those that were refused.
    pub(super) fn take(&mut self, outcome: &Outcome) -> Result<()> {
        let entry = &mut self.entry;
        entry.rows.read += outcome.read;
        entry.rows.filtered += outcome.filtered;
        entry.times_read += outcome.zones.0;
        entry.times_without_offset += outcome.zones.1;
        entry.rows.rejected += outcome.rejects.len() as u64;
        for reject in &outcome.rejects {
            let reason = reject.reason.code();
            *entry.reasons.entry(reason.to_owned()).or_default() += 1;
            if !reject.column.is_empty() {
                let columns = entry.reason_columns.entry(reason.to_owned()).or_default();
                *columns.entry(reject.column.clone()).or_default() += 1;
            }
        }
        for (label, count) in &outcome.unmapped {
            *entry.unmapped_activities.entry(label.clone()).or_default() += count;
        }
        for (assumption, times) in &outcome.assumed {
            let assumption = assumption.code().to_owned();
            let assumed = self.entry.assumed_times.entry(assumption).or_default();
            assumed.add(times.clone());
        }
        if let Some(rejects) = &mut self.rejects {
            return rejects.write(&outcome.rejects);
        }
        self.held.extend_from_slice(&outcome.rejects);
        let bytes = |reject: &Reject| size_of::<Reject>() + reject.raw.len() + reject.value.len();
        self.held_bytes += outcome.rejects.iter().map(bytes).sum::<usize>();
        if self.held_bytes > HELD_BYTES_MAX {
            self.write_held()?;
        }
        Ok(())
    }

    /// Writes the refused rows that are held; those that come after are written at once.
    fn write_held(&mut self) -> Result<()> {
        let held = std::mem::take(&mut self.held);
        if held.is_empty() {
            return Ok(());
        }
        let Identity { sha256, batch } = (self.identity)()?;
        let path = self.paths.rejects(&batch);
        let rejects = RejectWriter::new(path, &self.entry.file, &sha256);
        self.rejects.insert(rejects).write(&held)
    }

    /// The entry and the segments, named, when all has been read and written. Fails where the entry does not balance.
    pub(super) fn finish(mut self, written: Written) -> Result<(LedgerEntry, Vec<Segment>)> {
        self.write_held()?;
        if let Some(rejects) = self.rejects {
            rejects.finish()?;
        }
        let entry = &mut self.entry;
        Identity {
            sha256: entry.sha256,
            batch: entry.batch,
        } = (self.identity)()?;
        entry.rows += &written.rows;
        entry.duplicates_elsewhere = written.duplicates_elsewhere;
        entry.near_duplicates = written.near_duplicates;
        entry.near_duplicate_examples = written.near_duplicate_examples;
        entry.implausible_times = written.implausible_times;
        let mut segments = written.segments;
        entry.events = segments.iter().map(|segment| segment.rows).sum();
        entry.time_range_us = segments
            .iter()
            .map(|segment| segment.at_us)
            .reduce(|(from, to), (next_from, next_to)| (from.min(next_from), to.max(next_to)));
        if !entry.rows.balances() {
            return Err(Error::Internal(format!(
                "the ledger of `{}` does not balance: {:?}",
                entry.file, entry.rows
            )));
        }
        let has_duplicates = entry.duplicates_elsewhere > 0;
        self.paths
            .name(&entry.batch, &mut segments, has_duplicates)?;
        Ok((self.entry, segments))
    }
}
