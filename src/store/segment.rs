//! Segments: the Parquet files of the table `events`, each one sorted run of one source file.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::basic::{Compression, Encoding};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnDescPtr, ColumnPath};
use rayon::prelude::*;

use super::pages::{self, Chunk};
use super::schema::{amount_type, events, time_type};
use crate::error::{Error, Result};
use crate::ingest::{AttributeColumn, EventColumns, NONE, NumberColumn, Sparse, TextColumn};
use crate::model::Milestone;
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

/// Writes the rows `order` of `columns` as one Parquet file. There must be at least one.
pub fn write(
    path: &Path,
    columns: &EventColumns,
    order: &[u32],
    mapping: &Mapping,
    source_file: &str,
) -> Result<Segment> {
    let fault = |cause: &dyn std::fmt::Display| Error::output(path, cause);
    let file = File::create(path).map_err(|cause| fault(&cause))?;
    let writer = SegmentColumns {
        columns,
        mapping,
        source_file,
    };
    let schema = Arc::new(writer.schema());
    let (mut parquet, encoders) =
        ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties()))
            .and_then(ArrowWriter::into_serialized_writer)
            .map_err(|cause| fault(&cause))?;
    let details = Details::of(columns, order);
    let values = writer.values(&details);
    let at: Vec<i64> = pick(&columns.at, order).collect();
    let descriptors = parquet.schema_descr().columns().to_vec();
    // Row groups share nothing: they are encoded side by side and appended in their order.
    let groups: Vec<Vec<Encoded>> = order
        .par_chunks(ROW_GROUP_ROWS)
        .enumerate()
        .map(|(number, rows)| {
            let group = RowGroup {
                of: &writer,
                rows,
                first: number * ROW_GROUP_ROWS,
                at: &at,
                details: &details,
                descriptors: &descriptors,
            };
            group.encoded(&encoders, number, (&schema, &values))
        })
        .collect::<parquet::errors::Result<_>>()
        .map_err(|cause| fault(&cause))?;
    for group in groups {
        append(&mut parquet, group).map_err(|cause| fault(&cause))?;
    }
    let file = parquet.into_inner().map_err(|cause| fault(&cause))?;
    file.sync_all().map_err(|cause| fault(&cause))?;
    let size = file.metadata().map_err(|cause| fault(&cause))?.len();
    let id = |row: Option<&u32>| {
        row.and_then(|row| columns.declaration_id.codes.get(*row as usize))
            .and_then(|code| columns.declaration_id.value(*code))
            .unwrap_or_default()
            .to_owned()
    };
    let times = at.iter().copied();
    Ok(Segment {
        path: path.to_owned(),
        rows: order.len() as u64,
        size,
        at_us: (times.clone().min().unwrap_or(0), times.max().unwrap_or(0)),
        declarations: (id(order.first()), id(order.last())),
    })
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

/// How the tables of the store are written. LZ4: the fold reads every segment once, and a row group's columns
/// are too small for a better compression to pay for its tables.
pub(super) fn properties() -> WriterProperties {
    let plain = |name: &str| ColumnPath::from(name);
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::LZ4_RAW)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        // Ranges of declarations and the newest event are found by their bounds; nobody asks for those of
        // other columns, and they cost more than the columns.
        .set_statistics_enabled(EnabledStatistics::None)
        // A column of a row group is one page or a few: there is nothing to look up.
        .set_offset_index_disabled(true)
        .set_created_by(format!("clearway {}", env!("CARGO_PKG_VERSION")));
    for name in [events::DECLARATION_ID, events::AT] {
        properties =
            properties.set_column_statistics_enabled(plain(name), EnabledStatistics::Chunk);
    }
    // Ascending within a declaration: differences are small, a dictionary would not be.
    for name in [events::AT, events::SOURCE_LINE] {
        properties = properties
            .set_column_dictionary_enabled(plain(name), false)
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

/// The details of a segment's rows, numbered anew in the order in which its rows first have them: those that one row has
/// stand one behind the other, and those that many have soon are at hand.
struct Details {
    /// By row of the segment, in its order; [`NONE`] for a row without any.
    of_rows: Vec<u32>,
    /// By their number in the run.
    renumbered: Vec<u32>,
    /// By their new number where their rows begin in `rows`, and where those of the last end.
    starts: Vec<u32>,
    /// The rows of each, ascending.
    rows: Vec<u32>,
}

impl Details {
    fn of(columns: &EventColumns, order: &[u32]) -> Self {
        let mut renumbered = vec![NONE; columns.details as usize];
        // How many rows each has, then where its rows begin.
        let mut starts: Vec<u32> = Vec::new();
        let of_rows = pick(&columns.detail, order).map(|detail| {
            let Some(own) = renumbered.get_mut(detail as usize) else {
                return NONE;
            };
            if *own == NONE {
                *own = u32::try_from(starts.len()).unwrap_or(NONE);
                starts.push(0);
            }
            if let Some(rows) = starts.get_mut(*own as usize) {
                *rows += 1;
            }
            *own
        });
        let of_rows: Vec<u32> = of_rows.collect();
        let mut place = 0;
        for start in &mut starts {
            place += std::mem::replace(start, place);
        }
        let mut next = starts.clone();
        starts.push(place);
        let mut rows = vec![0; place as usize];
        for (row, detail) in (0..).zip(&of_rows) {
            let next = next.get_mut(*detail as usize);
            let slot = next.and_then(|next| {
                let slot = rows.get_mut(*next as usize);
                *next += 1;
                slot
            });
            if let Some(slot) = slot {
                *slot = row;
            }
        }
        Self {
            of_rows,
            renumbered,
            starts,
            rows,
        }
    }

    /// How many there are.
    fn count(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// The rows of some details.
    fn rows_of(&self, detail: usize) -> &[u32] {
        let bounds = self.starts.get(detail).zip(self.starts.get(detail + 1));
        let rows = bounds.and_then(|(from, to)| self.rows.get(*from as usize..*to as usize));
        rows.unwrap_or_default()
    }

    /// The values of a column by the new numbers. Details of rows that were left out have none.
    fn values<T: Copy, U: Copy>(
        &self,
        column: &Sparse<T>,
        empty: U,
        as_stored: impl Fn(usize, T) -> U,
    ) -> Vec<U> {
        let mut values = vec![empty; self.count()];
        for (at, (detail, value)) in column.values.iter().enumerate() {
            let own = self.renumbered.get(*detail as usize);
            if let Some(slot) = own.and_then(|own| values.get_mut(*own as usize)) {
                *slot = as_stored(at, *value);
            }
        }
        values
    }
}

/// An attribute or an amount.
enum Values {
    /// By details the code of a text, or [`NONE`].
    Codes(Vec<u32>),
    /// By details 0 false, 1 true, 2 no value.
    Bools(Vec<u8>),
    /// Row and number, ascending: few rows have one.
    Numbers(Vec<(u32, i128)>),
}

impl Values {
    fn of_attribute(column: &AttributeColumn, details: &Details) -> Self {
        match column {
            AttributeColumn::Text(column) => {
                Self::Codes(details.values(&column.codes, NONE, |_, code| code))
            }
            AttributeColumn::Bool(column) => {
                Self::Bools(details.values(column, 2, |_, bool| u8::from(bool)))
            }
            AttributeColumn::Number(column) => Self::of_numbers(column, details),
        }
    }

    fn of_numbers(column: &NumberColumn, details: &Details) -> Self {
        if column.values.is_empty() {
            return Self::Numbers(Vec::new());
        }
        let places = details.values(column, NONE, |at, _| u32::try_from(at).unwrap_or(NONE));
        let mut numbers = Vec::with_capacity(column.values.len());
        for (detail, place) in places.into_iter().enumerate() {
            if let Some((_, number)) = column.values.get(place as usize) {
                let rows = details.rows_of(detail).iter();
                numbers.extend(rows.map(|row| (*row, *number)));
            }
        }
        // Of details that one row has the order is that of the rows already.
        numbers.sort_by_key(|(row, _)| *row);
        Self::Numbers(numbers)
    }
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

    /// Every attribute, then every amount.
    fn values(&self, details: &Details) -> Vec<Values> {
        let attributes = self.columns.attributes.par_iter();
        let amounts = self.columns.amounts.par_iter();
        attributes
            .map(|column| Values::of_attribute(column, details))
            .chain(amounts.map(|column| Values::of_numbers(column, details)))
            .collect()
    }
}

/// Some rows of a segment, adjoining in its order.
struct RowGroup<'g, 'c> {
    of: &'g SegmentColumns<'c>,
    rows: &'g [u32],
    /// Position of the first one in the segment.
    first: usize,
    /// The times of the segment, in its order.
    at: &'g [i64],
    details: &'g Details,
    /// The columns of the file.
    descriptors: &'g [ColumnDescPtr],
}

impl RowGroup<'_, '_> {
    /// Every column, in the order of the schema.
    fn encoded(
        &self,
        encoders: &ArrowRowGroupWriterFactory,
        group: usize,
        (schema, values): (&Schema, &[Values]),
    ) -> parquet::errors::Result<Vec<Encoded>> {
        let columns = self.of.columns;
        let mut attributes = columns.attributes.iter();
        let mut values = values.iter();
        let mut encoders = encoders.create_column_writers(group)?.into_iter();
        let fields = schema.fields().iter().zip(self.descriptors);
        let encoded = fields.map(|(field, column)| {
            // One for each column, used or not.
            let encoder = encoders.next();
            let library = |array: ArrayRef| match encoder {
                Some(encoder) => with_library(field, &array, encoder).map(Encoded::Library),
                None => Err(missing("an encoder")),
            };
            let own = match field.name().as_str() {
                events::DECLARATION_ID => self.ids(column),
                events::ITEM => self.texts(column, &columns.item),
                events::EVENT_ID => self.texts(column, &columns.event_id),
                events::ACTIVITY => self.texts(column, &columns.activity),
                events::MILESTONE => self.milestones(column),
                events::AT => {
                    let own = self.first..self.first + self.rows.len();
                    let at = self.at.get(own).unwrap_or_default().to_vec();
                    let at = TimestampMicrosecondArray::from(at).with_timezone("UTC");
                    return library(Arc::new(at));
                }
                events::SOURCE_FILE => {
                    let only = |_| Some(self.of.source_file);
                    pages::texts(column, &vec![0; self.rows.len()], (1, only), None)
                }
                events::SOURCE_LINE => {
                    let lines = pick(&columns.line, self.rows).map(u64::cast_signed);
                    return library(Arc::new(lines.collect::<Int64Array>()));
                }
                events::ROW_HASH => pages::words(column, pick(&columns.row_hash, self.rows)),
                _ => {
                    let values = values.next().ok_or_else(|| missing("values"))?;
                    self.values(column, values, attributes.next())
                }
            };
            own.map(Encoded::Own)
        });
        encoded.collect()
    }

    fn texts(
        &self,
        descriptor: &ColumnDescPtr,
        column: &TextColumn,
    ) -> parquet::errors::Result<Chunk> {
        let codes: Vec<u32> = pick(&column.codes, self.rows).collect();
        let value = |code: u32| column.value(code);
        pages::texts(descriptor, &codes, (column.distinct(), value), None)
    }

    /// Declaration numbers, with the least and the greatest: ranges are found by them.
    fn ids(&self, descriptor: &ColumnDescPtr) -> parquet::errors::Result<Chunk> {
        let ids = &self.of.columns.declaration_id;
        let codes: Vec<u32> = pick(&ids.codes, self.rows).collect();
        let value = |code: u32| ids.value(code);
        let bound = |code: Option<&u32>| value(*code?);
        let bounds = bound(codes.first()).zip(bound(codes.last()));
        pages::texts(descriptor, &codes, (ids.distinct(), value), bounds)
    }

    fn milestones(&self, descriptor: &ColumnDescPtr) -> parquet::errors::Result<Chunk> {
        let codes = pick(&self.of.columns.milestone, self.rows);
        let known = |code: u8| usize::from(code) < Milestone::ALL.len();
        let codes = codes.map(|code| if known(code) { u32::from(code) } else { NONE });
        let name = |code: u32| Some(Milestone::ALL.get(code as usize)?.name());
        let codes = codes.collect::<Vec<u32>>();
        pages::texts(descriptor, &codes, (Milestone::ALL.len(), name), None)
    }

    /// An attribute or an amount.
    fn values(
        &self,
        descriptor: &ColumnDescPtr,
        column: &Values,
        attribute: Option<&AttributeColumn>,
    ) -> parquet::errors::Result<Chunk> {
        let rows = self.first..self.first + self.rows.len();
        let details = self.details.of_rows.get(rows.clone()).unwrap_or_default();
        let details = details.iter().map(|detail| *detail as usize);
        match (column, attribute) {
            (Values::Codes(codes), Some(AttributeColumn::Text(texts))) => {
                let codes = details.map(|detail| codes.get(detail).copied().unwrap_or(NONE));
                let codes: Vec<u32> = codes.collect();
                let value = |code: u32| texts.value(code);
                pages::texts(descriptor, &codes, (texts.distinct(), value), None)
            }
            (Values::Bools(bools), _) => {
                let bools = details.map(|detail| bools.get(detail).copied().unwrap_or(2));
                pages::bools(descriptor, &bools.collect::<Vec<u8>>())
            }
            (Values::Numbers(numbers), _) => {
                let from = numbers.partition_point(|(at, _)| (*at as usize) < rows.start);
                let numbers = numbers.iter().skip(from);
                let own = numbers.map(|(at, value)| (*at as usize - rows.start, *value));
                let own = own.take_while(|(at, _)| *at < rows.len());
                pages::numbers(descriptor, rows.len(), own)
            }
            (Values::Codes(_), _) => Err(missing("a column of texts")),
        }
    }
}

fn missing(what: &str) -> ParquetError {
    ParquetError::General(format!("{what} is missing"))
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

fn pick<'c, T: Copy + Default>(
    column: &'c [T],
    rows: &'c [u32],
) -> impl ExactSizeIterator<Item = T> + 'c {
    // Every row is there; said without a test that would keep the number of values from being known.
    rows.iter()
        .map(|row| column.get(*row as usize).copied().unwrap_or_default())
}
