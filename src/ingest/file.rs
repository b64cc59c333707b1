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

use super::account::Account;
use super::columns::EventColumns;
use super::ledger::{
    LedgerEntry, NEAR_DUPLICATE_EXAMPLES, NearDuplicate, PLAUSIBLE_FROM_US, Pull, RowCounts,
    batch_name,
};
use super::near::NearDuplicates;
use super::read::{self, Block, Opened, Source, Wanted};
use super::row::{Limits, Outcome, RowReader};
use super::run::{OVERSHOT, RunRows};
use super::twins::Twins;
use crate::error::{Error, Result};
use crate::model::Spent;
use crate::project::{Format, Mapping};
use crate::store::{
    BatchPaths, DuplicateRow, DuplicateWriter, Segment, Store, Syncing, UNNAMED, Withdrawal,
    write_segment,
};

/// How many blocks each worker may have parsed that nobody has taken yet: whoever takes them waits now and then until a run
/// has been sorted and written.
const OUTCOMES_AHEAD: usize = 4;

/// A file to be ingested.
#[derive(Clone, Debug)]
pub struct SourceFile<'p> {
    /// Path on disk.
    pub path: &'p Path,
    /// Path relative to the project, with `/`, as the ledger names it.
    pub name: &'p str,
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
    take: &mut dyn FnMut(&Outcome) -> Result<()>,
) -> Result<()> {
    read_rows(open(file)?, file, limits, take)
}

/// Reads a source that has been opened; `file` says its mapping and how it is called.
pub(super) fn read_rows(
    opened: Opened,
    file: &SourceFile<'_>,
    limits: &Limits<'_>,
    take: &mut dyn FnMut(&Outcome) -> Result<()>,
) -> Result<()> {
    let Opened { header, source, .. } = opened;
    if header.is_empty() {
        return Ok(());
    }
    let rows = RowReader::new(file.mapping, limits.clone(), &header, file.name)?;
    let spent = rows.spent();
    let workers = rayon::current_num_threads();
    let (blocks_in, blocks_out) = sync_channel(workers);
    let (outcomes_in, outcomes_out) = sync_channel(workers * OUTCOMES_AHEAD);
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
        collect(outcomes_out, &spent, take)
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
        let mut outcome = block.read(&mut rows);
        outcome.zones = rows.take_zones();
        if out.send((number, Ok(outcome))).is_err() {
            return;
        }
    }
}

fn collect(
    outcomes: Receiver<Numbered<Result<Outcome>>>,
    spent: &Spent<EventColumns>,
    take: &mut dyn FnMut(&Outcome) -> Result<()>,
) -> Result<()> {
    let mut waiting: BTreeMap<u64, Result<Outcome>> = BTreeMap::new();
    let mut next = 0;
    for (number, outcome) in outcomes {
        waiting.insert(number, outcome);
        while let Some(outcome) = waiting.remove(&next) {
            let outcome = outcome?;
            take(&outcome)?;
            let mut events = outcome.events;
            events.clear();
            spent.give(events);
            next += 1;
        }
    }
    if waiting.is_empty() {
        Ok(())
    } else {
        Err(Error::Internal("a block of the file was lost".to_owned()))
    }
}

/// What a file is to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Names what the store will hold of it.
    pub batch: String,
}

impl Identity {
    /// Of a file whose content has been read so often before.
    pub fn of(sha256: &str, readings: usize) -> Self {
        Self {
            sha256: sha256.to_owned(),
            batch: batch_name(sha256, readings + 1),
        }
    }
}

/// How a file comes into the store.
#[derive(Clone, Copy)]
pub struct Ingest<'i> {
    /// Asked when all is read, before anything that the file replaces is taken out, and when it has many rejects: until
    /// then its bytes may still be being hashed.
    pub identity: &'i dyn Fn() -> Result<Identity>,
    /// Batches that it replaces: their rows go in the same commit.
    pub supersedes: &'i [String],
    /// How many events are sorted and written together ([`super::run_events`]).
    pub run_events: usize,
    /// Told how many rows and bytes of text have been read since it was told last.
    pub progress: &'i dyn Fn(u64, u64),
}

impl std::fmt::Debug for Ingest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ingest")
            .field("supersedes", &self.supersedes)
            .finish_non_exhaustive()
    }
}

/// Ingests a file: all of it or, on an error, nothing. What it replaces goes with the same commit.
pub fn ingest_file(
    store: &mut Store,
    file: &SourceFile<'_>,
    limits: &Limits<'_>,
    ingest: &Ingest<'_>,
) -> Result<(LedgerEntry, Withdrawal)> {
    let size = |path: &Path| {
        std::fs::metadata(path)
            .and_then(|metadata| Ok((metadata.len(), metadata.modified()?)))
            .map_err(|cause| Error::read(path, &cause))
    };
    let before = size(file.path)?;
    let withdrawal = match ingest.supersedes {
        [] => Withdrawal::default(),
        old => store.withdraw(old, &(ingest.identity)()?.batch)?,
    };
    let (entry, segments) = read_and_write(store, file, limits, (ingest, &withdrawal))?;
    let entry = LedgerEntry {
        size: before.0,
        ..entry
    };
    if size(file.path)? != before {
        return Err(changed_meanwhile(file.path));
    }
    store.commit(Some(&entry), &segments, &withdrawal)?;
    Ok((entry, withdrawal))
}

/// The error of a file that is not what it was when its reading began.
pub fn changed_meanwhile(path: &Path) -> Error {
    Error::input_with_hint(
        format!("`{}` changed while it was being read", path.display()),
        "nothing of it was taken; run again when it is complete",
    )
}

/// Reads a file and writes its segments, duplicates and rejects; nothing is committed yet. A thread
/// of its own writes one run while the next one is being read.
fn read_and_write(
    store: &Store,
    file: &SourceFile<'_>,
    limits: &Limits<'_>,
    (ingest, withdrawal): (&Ingest<'_>, &Withdrawal),
) -> Result<(LedgerEntry, Vec<Segment>)> {
    let mut earlier = store.segments()?;
    earlier.retain(|segment| !withdrawal.removed.contains(segment));
    earlier.extend(withdrawal.restored.iter().cloned());
    let writer = RunWriter {
        file,
        paths: store.paths(),
        earlier,
        duplicates: None,
        segments: Vec::new(),
        written: Written::default(),
    };
    let mut account = Account::new(store.paths(), file, ingest);
    let opened = open(file)?;
    account.entry.encoding = opened.encoding.map(str::to_owned);
    let written = std::thread::scope(|scope| {
        // Handed over from one to the other: two runs are in memory, not more.
        let (runs_in, runs_out) = sync_channel(0);
        // Runs come back empty, with their memory.
        let spent: Spent<EventColumns> = Spent::default();
        let of_writer = spent.clone();
        let writing = scope.spawn(move || writer.write_all(&runs_out, &of_writer));
        let empty = || {
            let mut run = spent.take().unwrap_or_default();
            // A list of millions of bytes would be copied whenever it grows.
            run.reserve(ingest.run_events + OVERSHOT);
            run
        };
        let mut run = empty();
        // A closed channel means that the writer has failed: its error is met below.
        let send = |run| {
            let sent = runs_in.send(run);
            sent.map_err(|_| Error::Internal("the writer has stopped".to_owned()))
        };
        let read = read_rows(opened, file, limits, &mut |outcome| {
            (ingest.progress)(outcome.read, outcome.bytes);
            run.append(&outcome.events);
            account.take(outcome)?;
            if run.len() >= ingest.run_events {
                send(std::mem::take(&mut run))?;
                // The writer has taken it, and has given back the one before.
                run = empty();
            }
            Ok(())
        });
        let read = read.and_then(|()| send(run));
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

/// What has been written of a file.
#[derive(Default)]
pub(super) struct Written {
    pub(super) segments: Vec<Segment>,
    /// Accepted rows and duplicates.
    pub(super) rows: RowCounts,
    pub(super) duplicates_elsewhere: u64,
    pub(super) near_duplicates: u64,
    pub(super) near_duplicate_examples: Vec<NearDuplicate>,
    pub(super) implausible_times: u64,
}

/// Sorts runs, frees them of duplicates and writes them as segments.
struct RunWriter<'f, 'p> {
    file: &'f SourceFile<'p>,
    paths: BatchPaths,
    earlier: Vec<Segment>,
    /// From the first row on that another file holds.
    duplicates: Option<DuplicateWriter>,
    /// What has been written already.
    segments: Vec<Syncing>,
    written: Written,
}

impl RunWriter<'_, '_> {
    fn write_all(
        mut self,
        runs: &Receiver<EventColumns>,
        spent: &Spent<EventColumns>,
    ) -> Result<Written> {
        for mut run in runs {
            self.write(&run)?;
            run.clear();
            spent.give(run);
        }
        if let Some(duplicates) = self.duplicates {
            self.written.duplicates_elsewhere = duplicates.finish()?;
        }
        let segments = self.segments.into_iter().map(Syncing::wait);
        self.written.segments = segments.collect::<Result<_>>()?;
        Ok(self.written)
    }

    fn write(&mut self, events: &EventColumns) -> Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        let mut rows = RunRows::of(events);
        let own = self.segments.iter().map(Syncing::segment);
        let mut twins = Twins::of(&mut rows, self.earlier.iter().chain(own));
        twins.drop_known_rows(events, &mut rows, self.earlier.iter())?;
        if !twins.dropped.is_empty() {
            self.note_duplicates(&places(events, &twins.dropped))?;
        }
        let own = self.segments.iter().map(Syncing::segment);
        twins.drop_known_rows(events, &mut rows, own)?;
        let written = &mut self.written;
        let heads = events.heads();
        written.rows.duplicates += rows.duplicates;
        written.rows.accepted += heads - rows.duplicates;
        if heads == rows.duplicates {
            return Ok(());
        }
        written.note_near_duplicates(events, &rows, twins.near, self.file.name);
        written.implausible_times += rows.before(PLAUSIBLE_FROM_US);
        let path = self.paths.segment(UNNAMED, self.segments.len());
        let order = rows.into_order();
        let segment = write_segment(&path, events, &order, self.file.mapping, self.file.name)?;
        self.segments.push(segment);
        Ok(())
    }

    fn note_duplicates(&mut self, rows: &[DuplicateRow<'_>]) -> Result<()> {
        let duplicates = match &mut self.duplicates {
            Some(duplicates) => duplicates,
            none => none.insert(DuplicateWriter::new(self.paths.duplicates(UNNAMED))),
        };
        duplicates.write(rows)
    }
}

/// The rows that begin with some events, as the list of duplicates has them.
fn places<'e>(events: &'e EventColumns, heads: &[u32]) -> Vec<DuplicateRow<'e>> {
    let row = |head: &u32| {
        let event = events.event(*head)?;
        Some(DuplicateRow {
            declaration: events.declaration_id.value(event.declaration)?,
            hash: event.row_hash,
            line: event.line,
        })
    };
    heads.iter().filter_map(row).collect()
}

impl Written {
    fn note_near_duplicates(
        &mut self,
        events: &EventColumns,
        rows: &RunRows,
        mut near: NearDuplicates,
        file: &str,
    ) {
        near.within(events, rows, file);
        let (count, examples) = near.finish(events, rows, file);
        self.near_duplicates += count;
        self.near_duplicate_examples.extend(examples);
        self.near_duplicate_examples
            .truncate(NEAR_DUPLICATE_EXAMPLES);
    }
}
