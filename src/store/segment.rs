//! Segments: the Parquet files of the table `events`, each one sorted run of one source file.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use arrow::array::{ArrayRef, Int64Array, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::basic::{Compression, Encoding};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnDescPtr, ColumnPath};
use rayon::prelude::*;

use super::details::{Details, RowDetail, Values};
use super::pages::{self, Chunk, Levels};
use super::renumbered::Renumbered;
use super::schema::{amount_type, events, time_type};
use crate::error::{Error, Result};
use crate::ingest::{AttributeColumn, Event, EventColumns, NONE, TextColumn};
use crate::model::{Milestone, Spent, Texts};
use crate::project::Mapping;

/// Rows per row group: small enough that a fold over a range of declarations reads little more
/// than it needs, large enough for good compression.
pub(super) const ROW_GROUP_ROWS: usize = 1 << 14;

/// What is known of a segment without opening it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Path of the file.
    pub path: PathBuf,
    /// How many events.
    pub rows: u64,
    /// Bytes on disk.
    pub size: u64,
    /// Earliest and latest time in microseconds since the Unix epoch; a bound, not always exact.
    pub at_us: (i64, i64),
    /// Smallest and greatest declaration number.
    pub declarations: (String, String),
}

impl Segment {
    /// How many row groups it has, as the store writes them.
    pub(crate) const fn row_groups(&self) -> u64 {
        self.rows.div_ceil(ROW_GROUP_ROWS as u64)
    }

    /// A file of which no more is known than where it is.
    pub(super) fn at(path: PathBuf) -> Self {
        Self {
            path,
            rows: 0,
            size: 0,
            at_us: (0, 0),
            declarations: (String::new(), String::new()),
        }
    }

    /// The batch that the segment belongs to.
    pub(super) fn batch(&self) -> &str {
        let stem = self.path.file_stem().and_then(|stem| stem.to_str());
        let parts = stem.and_then(|stem| stem.rsplit_once('-'));
        parts.map_or("", |(batch, _)| batch)
    }
}

/// A segment that has been written, whose bytes are on their way to the disk: waiting for them takes as long as encoding
/// a hundred thousand rows, and no processor.
#[derive(Debug)]
pub struct Syncing {
    segment: Segment,
    synced: JoinHandle<std::io::Result<()>>,
}

impl Syncing {
    /// Hands the bytes over on a thread of its own.
    fn start(segment: Segment, file: File) -> Self {
        let synced = std::thread::spawn(move || file.sync_all());
        Self { segment, synced }
    }

    /// The segment, which can be read already.
    pub const fn segment(&self) -> &Segment {
        &self.segment
    }

    /// Waits until the segment is safe on disk; an error where it could not be brought there.
    pub fn wait(self) -> Result<Segment> {
        let Self { segment, synced } = self;
        let stopped = || std::io::Error::other("the thread that syncs it has stopped");
        let synced = synced.join().unwrap_or_else(|_| Err(stopped()));
        synced.map_err(|cause| Error::output(&segment.path, &cause))?;
        Ok(segment)
    }
}

/// Writes some events of `columns` as one Parquet file, which can then be read, but is safe on disk only when it has been
/// waited for ([`Syncing::wait`]). There must be at least one.
pub fn write(
    path: &Path,
    columns: &EventColumns,
    SegmentOrder { events, own }: &SegmentOrder,
    mapping: &Mapping,
    source_file: &str,
) -> Result<Syncing> {
    let fault = |cause: &dyn std::fmt::Display| Error::output(path, cause);
    let file = File::create(path).map_err(|cause| fault(&cause))?;
    let writer = SegmentColumns {
        columns,
        mapping,
        source_file,
    };
    let schema = Arc::new(writer.schema());
    let (mut parquet, encoders) =
        ArrowWriter::try_new(file, Arc::clone(&schema), Some(event_properties()))
            .and_then(ArrowWriter::into_serialized_writer)
            .map_err(|cause| fault(&cause))?;
    let details = Details::of(columns, own.iter().map(|event| event.detail));
    let values = Values::of(columns, &details);
    let spent = Spent::default();
    let descriptors = parquet.schema_descr().columns().to_vec();
    // Row groups share nothing: they are encoded side by side and appended in their order.
    let groups: Vec<Vec<Encoded>> = events
        .par_chunks(ROW_GROUP_ROWS)
        .zip(own.par_chunks(ROW_GROUP_ROWS))
        .enumerate()
        .map(|(number, (rows, own))| {
            let group = RowGroup {
                of: &writer,
                rows,
                own,
                first: number * ROW_GROUP_ROWS,
                details: &details,
                descriptors: &descriptors,
                spent: &spent,
            };
            group.encoded(&encoders, number, (&schema, &values))
        })
        .collect::<parquet::errors::Result<_>>()
        .map_err(|cause| fault(&cause))?;
    for group in groups {
        append(&mut parquet, group).map_err(|cause| fault(&cause))?;
    }
    let file = parquet.into_inner().map_err(|cause| fault(&cause))?;
    let size = file.metadata().map_err(|cause| fault(&cause))?.len();
    let id = |event: Option<&Event>| {
        let id = event.and_then(|event| columns.declaration_id.value(event.declaration));
        id.unwrap_or_default().to_owned()
    };
    let times = own.iter().map(|event| event.at);
    let segment = Segment {
        path: path.to_owned(),
        rows: events.len() as u64,
        size,
        at_us: (times.clone().min().unwrap_or(0), times.max().unwrap_or(0)),
        declarations: (id(own.first()), id(own.last())),
    };
    Ok(Syncing::start(segment, file))
}

/// The events of a segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SegmentOrder {
    /// Their positions among the columns of a run, in the order in which they are stored.
    pub events: Vec<u32>,
    /// What they have, in this order.
    pub own: Vec<Event>,
}

/// A column of a row group as it will stand in the file.
enum Encoded {
    Own(Chunk),
    /// In an encoding that the library knows.
    Library(ArrowColumnChunk),
}

fn append(
    parquet: &mut SerializedFileWriter<File>,
    group: Vec<Encoded>,
) -> parquet::errors::Result<()> {
    let mut row_group = parquet.next_row_group()?;
    for column in group {
        match column {
            Encoded::Own(chunk) => chunk.append(&mut row_group)?,
            Encoded::Library(chunk) => chunk.append_to_row_group(&mut row_group)?,
        }
    }
    row_group.close().map(|_| ())
}

/// What a file of ours says of its making begins so.
pub(super) const CREATOR: &str = "clearway";

/// The way in which rows are hashed, as a file's metadata has it: hashes made in different ways can't be compared.
pub(super) fn row_hash_kind() -> KeyValue {
    KeyValue::new(format!("{CREATOR}.{}", events::ROW_HASH), "2".to_owned())
}

/// How the tables of the store are written. LZ4: the fold reads every segment once, and a row group's columns
/// are too small for a better compression to pay for its tables.
pub(super) fn properties() -> WriterPropertiesBuilder {
    WriterProperties::builder()
        .set_compression(Compression::LZ4_RAW)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        // Nobody asks for the bounds of most columns, and they cost more than the columns.
        .set_statistics_enabled(EnabledStatistics::None)
        // A column of a row group is one page or a few: there is nothing to look up.
        .set_offset_index_disabled(true)
        .set_created_by(format!("{CREATOR} {}", env!("CARGO_PKG_VERSION")))
}

/// How tables of events, and of their duplicates, are written, whose rows have hashes.
pub(super) fn event_properties() -> WriterProperties {
    let plain = |name: &str| ColumnPath::from(name);
    let mut properties = properties().set_key_value_metadata(Some(vec![row_hash_kind()]));
    // Ranges of declarations and the newest event are found by their bounds.
    for name in [events::DECLARATION_ID, events::AT] {
        properties =
            properties.set_column_statistics_enabled(plain(name), EnabledStatistics::Chunk);
    }
    // Ascending within a declaration: differences are small, a dictionary would not be. What is packed so LZ4 makes larger.
    for name in [events::AT, events::SOURCE_LINE] {
        properties = properties
            .set_column_dictionary_enabled(plain(name), false)
            .set_column_compression(plain(name), Compression::UNCOMPRESSED)
            .set_column_encoding(plain(name), Encoding::DELTA_BINARY_PACKED);
    }
    // A hash has neither order nor repetition: it is stored as it is.
    properties = properties
        .set_column_dictionary_enabled(plain(events::ROW_HASH), false)
        .set_column_compression(plain(events::ROW_HASH), Compression::UNCOMPRESSED);
    properties.build()
}

struct SegmentColumns<'c> {
    columns: &'c EventColumns,
    mapping: &'c Mapping,
    source_file: &'c str,
}

impl SegmentColumns<'_> {
    fn schema(&self) -> Schema {
        let text = |name: &str| {
            let dictionary =
                DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
            Field::new(name, dictionary, true)
        };
        let mut fields = vec![text(events::DECLARATION_ID)];
        if self.mapping.columns.item.is_some() {
            fields.push(text(events::ITEM));
        }
        if self.mapping.columns.event_id.is_some() {
            fields.push(text(events::EVENT_ID));
        }
        fields.push(text(events::ACTIVITY));
        fields.push(text(events::MILESTONE));
        fields.push(Field::new(events::AT, time_type(), true));
        for (attribute, column) in self.mapping.attributes.iter().zip(&self.columns.attributes) {
            fields.push(match column {
                AttributeColumn::Text(_) => text(&attribute.name),
                AttributeColumn::Bool(_) => Field::new(&attribute.name, DataType::Boolean, true),
                AttributeColumn::Number(_) => Field::new(&attribute.name, amount_type(), true),
            });
        }
        for amount in &self.mapping.amounts {
            fields.push(Field::new(&amount.name, amount_type(), true));
        }
        fields.push(text(events::SOURCE_FILE));
        fields.push(Field::new(events::SOURCE_LINE, DataType::Int64, true));
        fields.push(Field::new(events::ROW_HASH, DataType::Int64, true));
        Schema::new(fields)
    }
}

/// Some rows of a segment, adjoining in its order.
struct RowGroup<'g, 'c> {
    of: &'g SegmentColumns<'c>,
    rows: &'g [u32],
    /// What they have.
    own: &'g [Event],
    /// Position of the first one in the segment.
    first: usize,
    details: &'g Details,
    /// The columns of the file.
    descriptors: &'g [ColumnDescPtr],
    /// Lists that other row groups are done with.
    spent: &'g Spent<Vec<Vec<RowDetail>>>,
}

impl RowGroup<'_, '_> {
    /// Every column, in the order of the schema.
    fn encoded(
        &self,
        encoders: &ArrowRowGroupWriterFactory,
        group: usize,
        (schema, values): (&Schema, &[Values<'_>]),
    ) -> parquet::errors::Result<Vec<Encoded>> {
        let columns = self.of.columns;
        let mut filled = self.spent.take().unwrap_or_default();
        let own = self.first..self.first + self.rows.len();
        self.details.filled_by(own, &mut filled);
        let mut values = values.iter().zip(&filled);
        // One for all columns: some have a hundred thousand texts.
        let mut renumbered = Renumbered::default();
        let mut encoders = encoders.create_column_writers(group)?.into_iter();
        let fields = schema.fields().iter().zip(self.descriptors);
        let encoded = fields.map(|(field, column)| {
            // One for each column, used or not.
            let encoder = encoders.next();
            let library = |array: ArrayRef| match encoder {
                Some(encoder) => with_library(field, &array, encoder).map(Encoded::Library),
                None => Err(pages::fault("an encoder is missing")),
            };
            let own = match field.name().as_str() {
                events::DECLARATION_ID => self.ids(column, &mut renumbered),
                events::ITEM => self.picked(column, &columns.item, &mut renumbered),
                events::EVENT_ID => self.picked(column, &columns.event_id, &mut renumbered),
                events::ACTIVITY => {
                    let codes = self.of_all(|event| event.activity);
                    pages::texts(column, codes, of(&columns.activity), None, &mut renumbered)
                }
                events::MILESTONE => self.milestones(column, &mut renumbered),
                events::AT => {
                    let at: Vec<i64> = self.own.iter().map(|event| event.at).collect();
                    let at = TimestampMicrosecondArray::from(at).with_timezone("UTC");
                    return library(Arc::new(at));
                }
                events::SOURCE_FILE => {
                    let only = |_| Some(self.of.source_file);
                    let rows = self.rows.len();
                    let all = (Levels::all(rows), std::iter::repeat_n(0, rows));
                    pages::texts(column, all, (1, only), None, &mut renumbered)
                }
                events::SOURCE_LINE => {
                    let lines = self.own.iter().map(|event| event.line.cast_signed());
                    return library(Arc::new(lines.collect::<Int64Array>()));
                }
                events::ROW_HASH => {
                    pages::words(column, self.own.iter().map(|event| event.row_hash))
                }
                _ => {
                    let (values, filled) = values
                        .next()
                        .ok_or_else(|| pages::fault("values are missing"))?;
                    self.values(column, values, filled, &mut renumbered)
                }
            };
            own.map(Encoded::Own)
        });
        let encoded = encoded.collect();
        filled.iter_mut().for_each(Vec::clear);
        self.spent.give(filled);
        encoded
    }

    /// Codes of which every row has one.
    fn of_all(&self, code: impl Fn(&Event) -> u32) -> (Levels, impl Iterator<Item = u32>) {
        (Levels::all(self.own.len()), self.own.iter().map(code))
    }

    fn picked(
        &self,
        descriptor: &ColumnDescPtr,
        column: &TextColumn,
        renumbered: &mut Renumbered,
    ) -> parquet::errors::Result<Chunk> {
        let codes = with_levels(pick(&column.codes, self.rows));
        pages::texts(descriptor, codes, of(column.texts()), None, renumbered)
    }

    /// Declaration numbers, with the least and the greatest: ranges are found by them.
    fn ids(
        &self,
        descriptor: &ColumnDescPtr,
        renumbered: &mut Renumbered,
    ) -> parquet::errors::Result<Chunk> {
        let ids = &self.of.columns.declaration_id;
        let bound = |event: Option<&Event>| ids.value(event?.declaration);
        let bounds = bound(self.own.first()).zip(bound(self.own.last()));
        let codes = self.of_all(|event| event.declaration);
        pages::texts(descriptor, codes, of(ids), bounds, renumbered)
    }

    fn milestones(
        &self,
        descriptor: &ColumnDescPtr,
        renumbered: &mut Renumbered,
    ) -> parquet::errors::Result<Chunk> {
        let codes = self.own.iter().map(|event| event.milestone);
        let known = |code: u8| usize::from(code) < Milestone::ALL.len();
        let codes = codes.map(|code| if known(code) { u32::from(code) } else { NONE });
        let name = |code: u32| Some(Milestone::ALL.get(code as usize)?.name());
        let names = (Milestone::ALL.len(), name);
        pages::texts(descriptor, with_levels(codes), names, None, renumbered)
    }

    /// An attribute or an amount, of which some rows have a value.
    fn values(
        &self,
        descriptor: &ColumnDescPtr,
        column: &Values<'_>,
        filled: &[RowDetail],
        renumbered: &mut Renumbered,
    ) -> parquet::errors::Result<Chunk> {
        let rows = self.rows.len();
        let levels = || Levels::of_some(rows, filled.iter().map(|(row, _)| *row as usize));
        let details = filled.iter().map(|(_, detail)| *detail as usize);
        match column {
            Values::Codes(texts, codes) => {
                let codes = details.map(|detail| codes.get(detail).copied().unwrap_or(NONE));
                let codes = (levels(), codes);
                pages::texts(descriptor, codes, of(texts.texts()), None, renumbered)
            }
            Values::Bools(bools) => {
                let bools = details.map(|detail| bools.get(detail) == Some(&true));
                pages::bools(descriptor, levels(), bools)
            }
            Values::Numbers(column, places) => {
                let number = |detail| column.values.get(*places.get(detail)? as usize);
                let numbers = details.map(|detail| number(detail).map_or(0, |(_, number)| *number));
                pages::numbers(descriptor, levels(), numbers)
            }
        }
    }
}

/// How many texts there are, and the text of a code.
fn of<'t>(texts: &'t Texts) -> (usize, impl Fn(u32) -> Option<&'t str>) {
    (texts.len(), |code| texts.value(code))
}

/// Codes of all rows, as which of them have a text and the codes of these.
fn with_levels(codes: impl Iterator<Item = u32>) -> (Levels, impl Iterator<Item = u32>) {
    let codes: Vec<u32> = codes.collect();
    let levels = Levels::of(codes.len(), |row| {
        codes.get(row).is_some_and(|code| *code != NONE)
    });
    (levels, codes.into_iter().filter(|code| *code != NONE))
}

fn with_library(
    field: &Field,
    array: &ArrayRef,
    mut encoder: ArrowColumnWriter,
) -> parquet::errors::Result<ArrowColumnChunk> {
    for leaf in compute_leaves(field, array)? {
        encoder.write(&leaf)?;
    }
    encoder.close()
}

/// The codes of some rows.
fn pick<'c>(codes: &'c [u32], rows: &'c [u32]) -> impl Iterator<Item = u32> + 'c {
    rows.iter()
        .map(|row| codes.get(*row as usize).copied().unwrap_or(NONE))
}
