//! What was published: every figure as reports last gave it, so that the next report can say what has
//! changed since.
//!
//! A Delta table of its own beside the events, for three reasons: report folders are moved, filed and
//! deleted by people; a report that is made again takes the place of the one before; and published
//! figures, unlike the other tables, can't be made again from the raw files. A commit is one report:
//! its notes say what the report rested on, its file holds the figures that are new or have changed.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int32Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Int32Type, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::{Deserialize, Serialize};

use super::delta::{Change, Delta};
use super::segment::{Segment, properties};
use crate::error::{Error, Result};
use crate::model::FastSet;

const KEY: &str = "clearwayPublication";

/// Where a published figure stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublishedKey {
    /// The catalogue's id.
    pub kpi: Arc<str>,
    /// The period as `kpis.csv` prints it; a stated range as `2024-07..2025-03`.
    pub period: Arc<str>,
    /// `all`, or the dimension.
    pub dimension: Arc<str>,
    /// `all`, or the member.
    pub member: Arc<str>,
    /// The statistic's name.
    pub statistic: Arc<str>,
}

/// A figure as it was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedFigure {
    /// The version of the definition.
    pub kpi_version: u32,
    /// The value as `kpis.csv` prints it; empty unless the state is `ok`.
    pub value: String,
    /// `ok`, `suppressed`, `not_measurable`, or `absent` for a member that is there no more.
    pub state: String,
}

/// What a report rests on. Two reports with equal bases have equal figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// The freeze time in microseconds since the Unix epoch.
    pub freeze_us: i64,
    /// The program's version.
    pub program: String,
    /// The catalogue's version, with a hash of all definitions.
    pub catalogue: String,
    /// Hashes of what the project says beside the log, by what it is: `targets`, `calendars` …
    pub settings: BTreeMap<String, String>,
    /// The batches whose rows counted, in the order of ingestion.
    pub batches: Vec<String>,
}

/// One report that was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// The period reported on.
    pub report: String,
    /// What it rests on.
    pub basis: Basis,
}

/// Figures by where they stand.
pub type PublishedFigures = BTreeMap<PublishedKey, PublishedFigure>;

/// What was last published, as a report sees it.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// The newest report that rests on something else; `None` when there is none.
    pub before: Option<Publication>,
    /// The figures as they were published up to that report.
    pub figures: PublishedFigures,
    /// Figures published since, by reports with the same basis.
    pub since: PublishedFigures,
    /// The periods of those reports.
    pub reports: Vec<String>,
}

/// The table of published figures, open for writing.
#[derive(Debug)]
pub struct Published {
    folder: PathBuf,
    table: Delta,
    /// Held while the table is open.
    _lock: File,
}

fn schema() -> Arc<Schema> {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    Arc::new(Schema::new(vec![
        text("kpi"),
        text("period"),
        text("dimension"),
        text("member"),
        text("statistic"),
        Field::new("kpi_version", DataType::Int32, true),
        text("value"),
        text("state"),
    ]))
}

impl Published {
    /// Opens the table in a store's folder, making it when it is not there. One writer at a time.
    pub fn open(store: &Path) -> Result<Self> {
        std::fs::create_dir_all(store).map_err(|cause| Error::output(store, &cause))?;
        let lock = super::lock(store)?;
        let folder = store.join("published");
        let table = Delta::open_or_create(&folder, &schema())?;
        table.clean()?;
        Ok(Self {
            folder,
            table,
            _lock: lock,
        })
    }

    /// What was published before the reports that rest on `basis`. `wanted` chooses the figures by
    /// their period.
    pub fn past(&self, basis: &Basis, wanted: &dyn Fn(&str) -> bool) -> Result<Past> {
        let mut publications = Vec::new();
        for mut commit in self.table.notes(&[KEY])? {
            let notes = commit.notes.remove(KEY).unwrap_or_default();
            let publication: Publication = serde_json::from_value(notes).map_err(|cause| {
                Error::input_with_hint(
                    format!("`{}` can't be read: {cause}", self.folder.display()),
                    "was it made by a newer version of Clearway?",
                )
            })?;
            publications.push((commit.version, publication));
        }
        let known = publications
            .iter()
            .rposition(|(_, one)| one.basis != *basis);
        let mut past = Past {
            before: known
                .and_then(|at| publications.get(at))
                .map(|(_, one)| one.clone()),
            ..Past::default()
        };
        for (at, (version, publication)) in publications.into_iter().enumerate() {
            let old = known.is_some_and(|known| at <= known);
            if !old {
                past.reports.push(publication.report);
            }
            let figures = if old {
                &mut past.figures
            } else {
                &mut past.since
            };
            let path = self.path(version);
            if path.is_file() {
                read(&path, wanted, figures)?;
            }
        }
        Ok(past)
    }

    /// Writes down a report, with the figures that differ from those that were published last.
    pub fn record(&mut self, publication: &Publication, figures: &PublishedFigures) -> Result<()> {
        let version = self.table.version() + 1;
        let mut files = Vec::new();
        if !figures.is_empty() {
            files.push(write(self.path(version), figures)?);
        }
        let notes = serde_json::to_value(publication)
            .map_err(|cause| Error::internal("printing a publication", cause))?;
        self.table.commit(Change {
            add: &files,
            remove: &[],
            schema: &schema(),
            transaction: (
                format!("clearway:report:{}", publication.report),
                i64::try_from(version).unwrap_or(i64::MAX),
            ),
            notes: BTreeMap::from([(KEY.to_owned(), notes)]),
        })
    }

    fn path(&self, version: u64) -> PathBuf {
        self.folder.join(format!("{version:08}.parquet"))
    }
}

fn write(path: PathBuf, figures: &PublishedFigures) -> Result<Segment> {
    let fault = |cause: &dyn std::fmt::Display| Error::output(&path, cause);
    let keys = |text: fn(&PublishedKey) -> &str| -> ArrayRef {
        let texts = figures.keys().map(text).map(Some);
        Arc::new(texts.collect::<StringArray>())
    };
    let texts = |text: fn(&PublishedFigure) -> &str| -> ArrayRef {
        let texts = figures.values().map(text).map(Some);
        Arc::new(texts.collect::<StringArray>())
    };
    let versions = figures
        .values()
        .map(|figure| figure.kpi_version.cast_signed());
    let columns = vec![
        keys(|key| &key.kpi),
        keys(|key| &key.period),
        keys(|key| &key.dimension),
        keys(|key| &key.member),
        keys(|key| &key.statistic),
        Arc::new(versions.collect::<Int32Array>()),
        texts(|figure| &figure.value),
        texts(|figure| &figure.state),
    ];
    let batch = RecordBatch::try_new(schema(), columns)
        .map_err(|cause| Error::internal("building published figures", cause))?;
    let file = File::create(&path).map_err(|cause| fault(&cause))?;
    let mut parquet = ArrowWriter::try_new(file, schema(), Some(properties().build()))
        .map_err(|cause| fault(&cause))?;
    parquet.write(&batch).map_err(|cause| fault(&cause))?;
    let file = parquet.into_inner().map_err(|cause| fault(&cause))?;
    file.sync_all().map_err(|cause| fault(&cause))?;
    let size = file.metadata().map_err(|cause| fault(&cause))?.len();
    Ok(Segment {
        rows: figures.len() as u64,
        size,
        ..Segment::at(path)
    })
}

fn read(path: &Path, wanted: &dyn Fn(&str) -> bool, figures: &mut PublishedFigures) -> Result<()> {
    let fault = |cause: &dyn std::fmt::Display| Error::read(path, cause);
    let file = File::open(path).map_err(|cause| fault(&cause))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .and_then(ParquetRecordBatchReaderBuilder::build)
        .map_err(|cause| fault(&cause))?;
    // Few texts stand in hundreds of thousands of rows.
    let mut known: FastSet<Arc<str>> = FastSet::default();
    let mut shared = |text: &str| {
        if let Some(known) = known.get(text) {
            return Arc::clone(known);
        }
        let text: Arc<str> = Arc::from(text);
        known.insert(Arc::clone(&text));
        text
    };
    for batch in reader {
        let batch = batch.map_err(|cause| fault(&cause))?;
        let column = |name: &str| {
            let column = batch.column_by_name(name);
            column.ok_or_else(|| Error::internal("reading published figures", path.display()))
        };
        let names = [
            "kpi",
            "period",
            "dimension",
            "member",
            "statistic",
            "value",
            "state",
        ];
        let mut texts = Vec::with_capacity(names.len());
        for name in names {
            texts.push(column(name)?.as_string::<i32>());
        }
        let versions = column("kpi_version")?.as_primitive::<Int32Type>();
        for row in 0..batch.num_rows() {
            let text = |at: usize| {
                let column = texts.get(at).filter(|column| column.is_valid(row));
                column.map_or("", |column| column.value(row))
            };
            if !wanted(text(1)) {
                continue;
            }
            let key = PublishedKey {
                kpi: shared(text(0)),
                period: shared(text(1)),
                dimension: shared(text(2)),
                member: shared(text(3)),
                statistic: shared(text(4)),
            };
            let figure = PublishedFigure {
                kpi_version: versions.value(row).cast_unsigned(),
                value: text(5).to_owned(),
                state: text(6).to_owned(),
            };
            figures.insert(key, figure);
        }
    }
    Ok(())
}
