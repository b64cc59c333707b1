//! One source file → the store: read, check, sort, write, commit.
//!
//! A reader thread unpacks the file and cuts it into blocks, workers parse blocks side by side, and
//! the caller's thread takes their outcomes in file order: the result does not depend on how many
//! threads there are.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::columns::EventColumns;
use super::csv_blocks::{CsvBlock, CsvBlocks};
use super::ledger::{LedgerEntry, RowCounts};
use super::parquet_blocks::{ParquetBlock, ParquetBlocks};
use super::row::{Limits, Outcome, RowReader};
use super::run::{RUN_EVENTS, RunRows};
use super::source::{self, ByteStream};
use super::twins::drop_known_rows;
use crate::error::{Error, Result};
use crate::project::{Format, Mapping};
use crate::store::{RejectWriter, Segment, Store, write_segment};

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
}

enum Blocks {
    Csv(CsvBlocks<ByteStream>, u8),
    Parquet(ParquetBlocks),
}

enum Block {
    Csv(CsvBlock, u8),
    Parquet(ParquetBlock),
}

impl Blocks {
    fn open(file: &SourceFile<'_>) -> Result<(Vec<String>, Self)> {
        match source::format(file.path, file.mapping.format)? {
            Format::Csv => {
                let delimiter = file.mapping.delimiter;
                let (header, blocks) =
                    CsvBlocks::open(source::open(file.path)?, delimiter, file.path)?;
                Ok((header, Self::Csv(blocks, delimiter)))
            }
            Format::Parquet => {
                let (header, blocks) =
                    ParquetBlocks::open(file.path, &file.mapping.source_columns())?;
                Ok((header, Self::Parquet(blocks)))
            }
        }
    }

    fn next_block(&mut self, path: &Path) -> Result<Option<Block>> {
        Ok(match self {
            Self::Csv(blocks, delimiter) => blocks
                .next_block(path)?
                .map(|block| Block::Csv(block, *delimiter)),
            Self::Parquet(blocks) => blocks.next_block(path)?.map(Block::Parquet),
        })
    }
}

impl Block {
    fn read(&self, rows: &mut RowReader<'_>) -> Outcome {
        match self {
            Self::Csv(block, delimiter) => block.read(rows, *delimiter),
            Self::Parquet(block) => block.read(rows),
        }
    }
}

/// Checks the header of a file against its mapping, without reading its rows.
pub fn check_header(file: &SourceFile<'_>, limits: &Limits<'_>) -> Result<()> {
    let (header, _) = Blocks::open(file)?;
    RowReader::new(file.mapping, limits.clone(), &header, file.name).map(|_| ())
}

/// Reads a file and hands the outcome of each block, in file order, to `take`.
pub fn read_file(
    file: &SourceFile<'_>,
    limits: &Limits<'_>,
    take: &mut dyn FnMut(Outcome) -> Result<()>,
) -> Result<()> {
    let (header, blocks) = Blocks::open(file)?;
    if header.is_empty() {
        return Ok(());
    }
    let rows = RowReader::new(file.mapping, limits.clone(), &header, file.name)?;
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (blocks_in, blocks_out) = sync_channel(workers * 2);
    let (outcomes_in, outcomes_out) = sync_channel(workers * 2);
    let blocks_out = Mutex::new(blocks_out);
    std::thread::scope(|scope| {
        let outcomes_of_reader = outcomes_in.clone();
        scope.spawn(move || cut(blocks, file.path, &blocks_in, &outcomes_of_reader));
        for _ in 0..workers {
            let (rows, outcomes_in, blocks_out) = (rows.clone(), outcomes_in.clone(), &blocks_out);
            scope.spawn(move || parse(rows, blocks_out, &outcomes_in));
        }
        drop(outcomes_in);
        collect(&outcomes_out, take)
    })
}

type Numbered<T> = (u64, T);

fn cut(
    mut blocks: Blocks,
    path: &Path,
    out: &SyncSender<Numbered<Block>>,
    faults: &SyncSender<Numbered<Result<Outcome>>>,
) {
    for number in 0.. {
        match blocks.next_block(path) {
            Ok(Some(block)) => {
                // A closed channel means that the taker has given up.
                if out.send((number, block)).is_err() {
                    return;
                }
            }
            Ok(None) => return,
            Err(error) => {
                let _ = faults.send((number, Err(error)));
                return;
            }
        }
    }
}

fn parse(
    mut rows: RowReader<'_>,
    blocks: &Mutex<Receiver<Numbered<Block>>>,
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
    outcomes: &Receiver<Numbered<Result<Outcome>>>,
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
    let mut ingest = FileIngest::new(store, file, before.0)?;
    read_file(file, limits, &mut |outcome| {
        progress(outcome.read);
        ingest.take(outcome)
    })?;
    let (entry, segments) = ingest.finish()?;
    if size(file.path)? != before {
        return Err(Error::input_with_hint(
            format!("`{}` changed while it was being read", file.path.display()),
            "nothing of it was taken; run again when it is complete",
        ));
    }
    store.commit(&entry, &segments)?;
    Ok(entry)
}

struct FileIngest<'f, 'p> {
    store: &'f Store,
    file: &'f SourceFile<'p>,
    earlier: Vec<Segment>,
    segments: Vec<Segment>,
    rejects: RejectWriter,
    run: EventColumns,
    entry: LedgerEntry,
}

impl<'f, 'p> FileIngest<'f, 'p> {
    fn new(store: &'f Store, file: &'f SourceFile<'p>, size: u64) -> Result<Self> {
        Ok(Self {
            earlier: store.segments()?,
            segments: Vec::new(),
            rejects: RejectWriter::new(store.rejects_path(file.sha256), file.name, file.sha256),
            run: EventColumns::default(),
            entry: LedgerEntry {
                file: file.name.to_owned(),
                sha256: file.sha256.to_owned(),
                size,
                mapping: file.mapping.name.clone(),
                mapping_sha256: file.mapping.sha256.clone(),
                rows: RowCounts::default(),
                events: 0,
                reasons: BTreeMap::new(),
                unmapped_activities: BTreeMap::new(),
                time_range_us: None,
                program: env!("CARGO_PKG_VERSION").to_owned(),
            },
            store,
            file,
        })
    }

    fn take(&mut self, outcome: Outcome) -> Result<()> {
        let rows = &mut self.entry.rows;
        rows.read += outcome.read;
        rows.filtered += outcome.filtered;
        rows.rejected += outcome.rejects.len() as u64;
        for reject in &outcome.rejects {
            *self
                .entry
                .reasons
                .entry(reject.reason.code().to_owned())
                .or_default() += 1;
        }
        for (label, count) in outcome.unmapped {
            *self.entry.unmapped_activities.entry(label).or_default() += count;
        }
        self.rejects.write(&outcome.rejects)?;
        self.run.append(&outcome.events);
        if self.run.len() >= RUN_EVENTS {
            self.write_run()
        } else {
            Ok(())
        }
    }

    fn write_run(&mut self) -> Result<()> {
        let events = std::mem::take(&mut self.run);
        if events.is_empty() {
            return Ok(());
        }
        let mut rows = RunRows::of(&events);
        drop_known_rows(
            &events,
            &mut rows,
            self.earlier.iter().chain(&self.segments),
        )?;
        let heads = events.head.iter().filter(|head| **head).count() as u64;
        self.entry.rows.duplicates += rows.duplicates;
        self.entry.rows.accepted += heads - rows.duplicates;
        let order = rows.order(&events);
        if order.is_empty() {
            return Ok(());
        }
        let path = self
            .store
            .segment_path(self.file.sha256, self.segments.len());
        let segment = write_segment(&path, &events, &order, self.file.mapping, self.file.name)?;
        self.entry.events += segment.rows;
        let (from, to) = self.entry.time_range_us.unwrap_or(segment.at_us);
        self.entry.time_range_us = Some((from.min(segment.at_us.0), to.max(segment.at_us.1)));
        self.segments.push(segment);
        Ok(())
    }

    fn finish(mut self) -> Result<(LedgerEntry, Vec<Segment>)> {
        self.write_run()?;
        self.rejects.finish()?;
        if !self.entry.rows.balances() {
            return Err(Error::Internal(format!(
                "the ledger of `{}` does not balance: {:?}",
                self.file.name, self.entry.rows
            )));
        }
        Ok((self.entry, self.segments))
    }
}
