//! One source file → the store: read, check, sort, write, commit.
//!
//! A thread runs the source, which cuts the file into blocks, workers parse blocks side by side, and
//! the caller's thread takes their outcomes in file order: the result does not depend on how many
//! threads there are.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use super::columns::EventColumns;
use super::ledger::{LedgerEntry, Pull, RowCounts};
use super::read::{self, Block, Opened, Source, Wanted};
use super::row::{Limits, Outcome, RowReader};
use super::run::{RUN_EVENTS, RunRows};
use super::twins::drop_known_rows;
use crate::error::{Error, Result};
use crate::project::{Format, Mapping};
use crate::store::{RejectWriter, Segment, SegmentPaths, Store, write_segment};

/// A file to be ingested.
#[derive(Clone, Debug)]
pub struct SourceFile<'p> {
    /// Path on disk.
    pub path: &'p Path,
    /// Path relative to the project, with `/`, as the ledger names it.
    pub name: &'p str,
    /// SHA-256 of its bytes.
    pub sha256: &'p str,
    /// How to read it.
    pub mapping: &'p Mapping,
    /// What it holds of a database, where it is a spooled pull.
    pub pull: Option<&'p Pull>,
}

fn open(file: &SourceFile<'_>) -> Result<Opened> {
    let wanted = Wanted::of(file.mapping);
    read::open(file.path, &file.mapping.reading, &wanted)
}

/// Checks the header of a file against its mapping, without reading its rows.
pub fn check_header(file: &SourceFile<'_>, limits: &Limits<'_>) -> Result<()> {
    let opened = open(file)?;
    // An empty file has no rows to be wrong.
    if opened.header.is_empty() {
        return Ok(());
    }
    RowReader::new(file.mapping, limits.clone(), &opened.header, file.name).map(|_| ())
}

/// Columns that the mapping reads and none of the first rows has, in a format whose rows name their own
/// fields; empty for all others, whose header must have every column.
pub fn absent_columns(file: &SourceFile<'_>) -> Result<Vec<String>> {
    let reading = &file.mapping.reading;
    let format = read::format(file.path, reading)?;
    if !matches!(format, Format::Ndjson | Format::Ocel | Format::Xes) {
        return Ok(Vec::new());
    }
    let seen = read::columns(file.path, reading)?;
    let mut columns = file.mapping.source_columns();
    columns.retain(|column| !seen.contains(column));
    Ok(columns)
}

/// Checks the columns of a query against its mapping.
pub fn check_columns(
    mapping: &Mapping,
    limits: &Limits<'_>,
    columns: &[String],
    source: &str,
) -> Result<()> {
    RowReader::new(mapping, limits.clone(), columns, source).map(|_| ())
}

/// Reads a file and hands the outcome of each block, in file order, to `take`.
pub fn read_file(
    file: &SourceFile<'_>,
    limits: &Limits<'_>,
    take: &mut dyn FnMut(Outcome) -> Result<()>,
) -> Result<()> {
    read_rows(open(file)?, file, limits, take)
}

/// Reads a source that has been opened; `file` says its mapping and how it is called.
pub(super) fn read_rows(
    opened: Opened,
    file: &SourceFile<'_>,
    limits: &Limits<'_>,
    take: &mut dyn FnMut(Outcome) -> Result<()>,
) -> Result<()> {
    let Opened { header, source } = opened;
    if header.is_empty() {
        return Ok(());
    }
    let rows = RowReader::new(file.mapping, limits.clone(), &header, file.name)?;
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (blocks_in, blocks_out) = sync_channel(workers * 2);
    let (outcomes_in, outcomes_out) = sync_channel(workers * 2);
    // Held by the workers alone: when they give up, so does the source.
    let blocks_out = Arc::new(Mutex::new(blocks_out));
    std::thread::scope(|scope| {
        let outcomes_of_reader = outcomes_in.clone();
        scope.spawn(move || cut(source, &blocks_in, &outcomes_of_reader));
        for _ in 0..workers {
            let (rows, outcomes_in) = (rows.clone(), outcomes_in.clone());
            let blocks_out = Arc::clone(&blocks_out);
            scope.spawn(move || parse(rows, &blocks_out, &outcomes_in));
        }
        drop((outcomes_in, blocks_out));
        collect(outcomes_out, take)
    })
}

type Numbered<T> = (u64, T);

fn cut(
    source: Box<dyn Source>,
    out: &SyncSender<Numbered<Box<dyn Block>>>,
    faults: &SyncSender<Numbered<Result<Outcome>>>,
) {
    let mut number = 0;
    let done = source.run(&mut |block| {
        // A closed channel means that the taker has given up.
        if out.send((number, block)).is_err() {
            return ControlFlow::Break(());
        }
        number += 1;
        ControlFlow::Continue(())
    });
    if let Err(error) = done {
        // Behind the last block, so that it is met in its place.
        let _ = faults.send((number, Err(error)));
    }
}

fn parse(
    mut rows: RowReader<'_>,
    blocks: &Mutex<Receiver<Numbered<Box<dyn Block>>>>,
    out: &SyncSender<Numbered<Result<Outcome>>>,
) {
    loop {
        let next = match blocks.lock() {
            Ok(blocks) => blocks.recv(),
            Err(_) => return,
        };
        let Ok((number, block)) = next else { return };
        if out.send((number, Ok(block.read(&mut rows)))).is_err() {
            return;
        }
    }
}

fn collect(
    outcomes: Receiver<Numbered<Result<Outcome>>>,
    take: &mut dyn FnMut(Outcome) -> Result<()>,
) -> Result<()> {
    let mut waiting: BTreeMap<u64, Result<Outcome>> = BTreeMap::new();
    let mut next = 0;
    for (number, outcome) in outcomes {
        waiting.insert(number, outcome);
        while let Some(outcome) = waiting.remove(&next) {
            take(outcome?)?;
            next += 1;
        }
    }
    if waiting.is_empty() {
        Ok(())
    } else {
        Err(Error::Internal("a block of the file was lost".to_owned()))
    }
}

/// Ingests a file: all of it or, on an error, nothing.
pub fn ingest_file(
    store: &mut Store,
    file: &SourceFile<'_>,
    limits: &Limits<'_>,
    progress: &dyn Fn(u64),
) -> Result<LedgerEntry> {
    let size = |path: &Path| {
        std::fs::metadata(path)
            .and_then(|metadata| Ok((metadata.len(), metadata.modified()?)))
            .map_err(|cause| Error::read(path, &cause))
    };
    let before = size(file.path)?;
    let (entry, segments) = read_and_write(store, file, limits, progress)?;
    let entry = LedgerEntry {
        size: before.0,
        ..entry
    };
    if size(file.path)? != before {
        return Err(Error::input_with_hint(
            format!("`{}` changed while it was being read", file.path.display()),
            "nothing of it was taken; run again when it is complete",
        ));
    }
    store.commit(&entry, &segments)?;
    Ok(entry)
}

/// Reads a file and writes its segments and rejects; nothing is committed yet. A thread of its own
/// writes one run while the next one is being read.
fn read_and_write(
    store: &Store,
    file: &SourceFile<'_>,
    limits: &Limits<'_>,
    progress: &dyn Fn(u64),
) -> Result<(LedgerEntry, Vec<Segment>)> {
    let writer = RunWriter {
        file,
        paths: store.segment_paths(file.sha256),
        earlier: store.segments()?,
        segments: Vec::new(),
        rows: RowCounts::default(),
    };
    let mut account = Account::new(store, file);
    let written = std::thread::scope(|scope| {
        let (runs_in, runs_out) = sync_channel(1);
        // Runs come back empty, with their memory.
        let (spent_in, spent_out) = sync_channel(2);
        let writing = scope.spawn(move || writer.write_all(&runs_out, &spent_in));
        let mut run = EventColumns::default();
        let send = |run: &mut EventColumns| {
            let next = spent_out.try_recv().unwrap_or_default();
            // A closed channel means that the writer has failed: its error is met below.
            runs_in
                .send(std::mem::replace(run, next))
                .map_err(|_| Error::Internal("the writer has stopped".to_owned()))
        };
        let read = read_file(file, limits, &mut |outcome| {
            progress(outcome.read);
            run.append(&outcome.events);
            account.take(outcome)?;
            if run.len() >= RUN_EVENTS {
                send(&mut run)
            } else {
                Ok(())
            }
        });
        let read = read.and_then(|()| send(&mut run));
        drop(runs_in);
        let written = writing
            .join()
            .map_err(|_| Error::Internal("the writer has stopped".to_owned()))?;
        // What stopped the writer says more than that it was stopped.
        let written = written?;
        read.map(|()| written)
    })?;
    account.finish(written)
}

/// Sorts runs, frees them of duplicates and writes them as segments.
struct RunWriter<'f, 'p> {
    file: &'f SourceFile<'p>,
    paths: SegmentPaths,
    earlier: Vec<Segment>,
    segments: Vec<Segment>,
    /// Accepted rows and duplicates.
    rows: RowCounts,
}

impl RunWriter<'_, '_> {
    fn write_all(
        mut self,
        runs: &Receiver<EventColumns>,
        spent: &SyncSender<EventColumns>,
    ) -> Result<(RowCounts, Vec<Segment>)> {
        for mut run in runs {
            self.write(&run)?;
            run.clear();
            // Nobody may be waiting for it.
            let _ = spent.try_send(run);
        }
        Ok((self.rows, self.segments))
    }

    fn write(&mut self, events: &EventColumns) -> Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        let mut rows = RunRows::of(events);
        drop_known_rows(events, &mut rows, self.earlier.iter().chain(&self.segments))?;
        let heads = events.head.iter().filter(|head| **head).count() as u64;
        self.rows.duplicates += rows.duplicates;
        self.rows.accepted += heads - rows.duplicates;
        let order = rows.order();
        if order.is_empty() {
            return Ok(());
        }
        let path = self.paths.number(self.segments.len());
        let segment = write_segment(&path, events, &order, self.file.mapping, self.file.name)?;
        self.segments.push(segment);
        Ok(())
    }
}

/// The ledger entry of a file while it is being read, and its rejects.
struct Account {
    rejects: RejectWriter,
    entry: LedgerEntry,
}

impl Account {
    fn new(store: &Store, file: &SourceFile<'_>) -> Self {
        Self {
            rejects: RejectWriter::new(store.rejects_path(file.sha256), file.name, file.sha256),
            entry: LedgerEntry {
                file: file.name.to_owned(),
                sha256: file.sha256.to_owned(),
                size: 0,
                mapping: file.mapping.name.clone(),
                mapping_sha256: file.mapping.sha256.clone(),
                rows: RowCounts::default(),
                events: 0,
                reasons: BTreeMap::new(),
                unmapped_activities: BTreeMap::new(),
                assumed_times: BTreeMap::new(),
                time_range_us: None,
                pull: file.pull.cloned(),
                program: env!("CARGO_PKG_VERSION").to_owned(),
            },
        }
    }

    fn take(&mut self, outcome: Outcome) -> Result<()> {
        let rows = &mut self.entry.rows;
        rows.read += outcome.read;
        rows.filtered += outcome.filtered;
        rows.rejected += outcome.rejects.len() as u64;
        for reject in &outcome.rejects {
            let reason = reject.reason.code().to_owned();
            *self.entry.reasons.entry(reason).or_default() += 1;
        }
        for (label, count) in outcome.unmapped {
            *self.entry.unmapped_activities.entry(label).or_default() += count;
        }
        for (assumption, times) in outcome.assumed {
            let assumption = assumption.code().to_owned();
            self.entry
                .assumed_times
                .entry(assumption)
                .or_default()
                .add(times);
        }
        self.rejects.write(&outcome.rejects)
    }

    fn finish(
        mut self,
        (written, segments): (RowCounts, Vec<Segment>),
    ) -> Result<(LedgerEntry, Vec<Segment>)> {
        self.rejects.finish()?;
        let entry = &mut self.entry;
        entry.rows += &written;
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
        Ok((self.entry, segments))
    }
}
