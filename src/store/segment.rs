//! Segments: the Parquet files of the table `events`, each one sorted run of one source file.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Decimal128Array, DictionaryArray, Int32Array, Int64Array, StringArray,
    TimestampMicrosecondArray,
};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::datatypes::{DataType, Field, Int32Type, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::{Compression, Encoding};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;
use rayon::prelude::*;

use super::schema::{amount_type, events, time_type};
use crate::error::{Error, Result};
use crate::ingest::{
    AttributeColumn, EventColumns, NONE, NumberColumn, Sparse, SparseTexts, TextColumn,
};
use crate::model::{AMOUNT_PRECISION, AMOUNT_SCALE, Milestone};
use crate::project::Mapping;

/// Rows per row group: small enough that a fold over a range of declarations reads little more
/// than it needs, large enough for good compression.
/// Readers take one row group at a time: a batch over two would have its dictionaries rebuilt.
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
    let sorted = writer.sorted(order);
    // Row groups share nothing: they are encoded side by side and appended in their order.
    let groups: Vec<Vec<ArrowColumnChunk>> = order
        .par_chunks(ROW_GROUP_ROWS)
        .enumerate()
        .map(|(at, rows)| {
            let arrays = writer.arrays(rows, at * ROW_GROUP_ROWS, &sorted)?;
            encoded(&encoders, at, &schema, &arrays).map_err(|cause| fault(&cause))
        })
        .collect::<Result<_>>()?;
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
    let times = || {
        order
            .iter()
            .filter_map(|row| columns.at.get(*row as usize).copied())
    };
    Ok(Segment {
        path: path.to_owned(),
        rows: order.len() as u64,
        size,
        at_us: (times().min().unwrap_or(0), times().max().unwrap_or(0)),
        declarations: (id(order.first()), id(order.last())),
    })
}

/// The columns of a row group as they stand in the file.
fn encoded(
    encoders: &ArrowRowGroupWriterFactory,
    group: usize,
    schema: &Schema,
    arrays: &[ArrayRef],
) -> parquet::errors::Result<Vec<ArrowColumnChunk>> {
    let columns = schema.fields().iter().zip(arrays);
    let writers = encoders.create_column_writers(group)?;
    let encoded = columns.zip(writers).map(|((field, array), mut writer)| {
        for leaf in compute_leaves(field, array)? {
            writer.write(&leaf)?;
        }
        writer.close()
    });
    encoded.collect()
}

fn append(
    parquet: &mut SerializedFileWriter<File>,
    group: Vec<ArrowColumnChunk>,
) -> parquet::errors::Result<()> {
    let mut row_group = parquet.next_row_group()?;
    for column in group {
        column.append_to_row_group(&mut row_group)?;
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

/// Attributes and amounts in the order of the segment. Most of them are empty in most rows: only what is
/// there is moved, and everything after that reads ahead in memory.
enum Sorted {
    /// By position the code of a text, or [`NONE`].
    Codes(Vec<u32>),
    /// By position 0 false, 1 true, 2 no value.
    Bools(Vec<u8>),
    /// Position and value.
    Numbers(Vec<(u32, i128)>),
}

/// Moves every value to the position of its row.
fn scattered<T: Copy, U: Copy>(
    values: &Sparse<T>,
    positions: &[u32],
    (length, empty): (usize, U),
    as_stored: impl Fn(T) -> U,
) -> Vec<U> {
    let mut moved = vec![empty; length];
    for (row, value) in &values.values {
        let position = positions.get(*row as usize);
        if let Some(slot) = position.and_then(|position| moved.get_mut(*position as usize)) {
            *slot = as_stored(*value);
        }
    }
    moved
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

    /// Every attribute, then every amount, in the order of the segment.
    fn sorted(&self, order: &[u32]) -> Vec<Sorted> {
        // A row that is left out has no position.
        let mut positions = vec![u32::MAX; self.columns.len()];
        for (position, row) in (0_u32..).zip(order) {
            if let Some(slot) = positions.get_mut(*row as usize) {
                *slot = position;
            }
        }
        let numbers = |column: &NumberColumn| {
            let position = |row: u32| positions.get(row as usize).copied();
            let values = column.values.iter();
            let mut sorted: Vec<(u32, i128)> = values
                .filter_map(|(row, value)| Some((position(*row)?, *value)))
                .filter(|(position, _)| *position != u32::MAX)
                .collect();
            sorted.sort_unstable_by_key(|(position, _)| *position);
            Sorted::Numbers(sorted)
        };
        let attribute = |column: &AttributeColumn| match column {
            AttributeColumn::Text(column) => {
                let empty = (order.len(), NONE);
                Sorted::Codes(scattered(&column.codes, &positions, empty, |code| code))
            }
            AttributeColumn::Bool(bools) => {
                let empty = (order.len(), 2);
                Sorted::Bools(scattered(bools, &positions, empty, u8::from))
            }
            AttributeColumn::Number(column) => numbers(column),
        };
        let attributes = self.columns.attributes.par_iter().map(attribute);
        attributes
            .chain(self.columns.amounts.par_iter().map(numbers))
            .collect()
    }

    fn arrays(&self, rows: &[u32], first: usize, sorted: &[Sorted]) -> Result<Vec<ArrayRef>> {
        let columns = self.columns;
        let gather = |column: &TextColumn| {
            let codes: Vec<u32> = pick(&column.codes, rows).collect();
            texts(&codes, column.distinct(), |code| column.value(code))
        };
        let mut arrays = vec![gather(&columns.declaration_id)?];
        if self.mapping.columns.item.is_some() {
            arrays.push(gather(&columns.item)?);
        }
        if self.mapping.columns.event_id.is_some() {
            arrays.push(gather(&columns.event_id)?);
        }
        arrays.push(gather(&columns.activity)?);
        arrays.push(milestones(&columns.milestone, rows)?);
        let at = pick(&columns.at, rows).collect::<Vec<i64>>();
        arrays.push(Arc::new(
            TimestampMicrosecondArray::from(at).with_timezone("UTC"),
        ));
        let mut attributes = columns.attributes.iter();
        for column in sorted {
            let attribute = attributes.next();
            let chunk = first..first + rows.len();
            arrays.push(match (column, attribute) {
                (Sorted::Codes(codes), Some(AttributeColumn::Text(texts_of))) => {
                    texts_in(texts_of, codes.get(chunk).unwrap_or_default())?
                }
                (Sorted::Bools(bools), _) => {
                    let bools = bools.get(chunk).unwrap_or_default().iter();
                    let bools = bools.map(|bool| (*bool < 2).then_some(*bool == 1));
                    Arc::new(bools.collect::<BooleanArray>())
                }
                (Sorted::Numbers(numbers), _) => amounts(numbers, first, rows.len())?,
                (Sorted::Codes(_), _) => {
                    return Err(Error::Internal("a text column is missing".to_owned()));
                }
            });
        }
        arrays.push(dictionary(
            vec![0; rows.len()].into(),
            vec![self.source_file],
        )?);
        let lines = pick(&columns.line, rows).map(u64::cast_signed);
        arrays.push(Arc::new(lines.collect::<Int64Array>()));
        let hashes = pick(&columns.row_hash, rows).map(u64::cast_signed);
        arrays.push(Arc::new(hashes.collect::<Int64Array>()));
        Ok(arrays)
    }
}

fn pick<'c, T: Copy + Default>(column: &'c [T], rows: &'c [u32]) -> impl Iterator<Item = T> + 'c {
    // Every row is there; said without a test that would keep the number of values from being known.
    rows.iter()
        .map(|row| column.get(*row as usize).copied().unwrap_or_default())
}

fn texts_in(column: &SparseTexts, codes: &[u32]) -> Result<ArrayRef> {
    texts(codes, column.distinct(), |code| column.value(code))
}

/// Texts by their codes, of which there are `distinct`, with a dictionary of just these.
fn texts<'t>(
    codes: &[u32],
    distinct: usize,
    value: impl Fn(u32) -> Option<&'t str>,
) -> Result<ArrayRef> {
    // Codes of the run → codes of this row group, given out in the order of their first use.
    let mut renumbered: Vec<i32> = vec![-1; distinct];
    let mut values: Vec<&str> = Vec::new();
    let mut keys = vec![0_i32; codes.len()];
    let there = keys
        .iter_mut()
        .zip(codes)
        .filter(|(_, code)| **code != NONE);
    for (key, code) in there {
        let Some(slot) = renumbered.get_mut(*code as usize) else {
            continue;
        };
        if *slot < 0 {
            *slot = i32::try_from(values.len()).unwrap_or(i32::MAX);
            values.push(value(*code).unwrap_or_default());
        }
        *key = *slot;
    }
    let is_text = |at: usize| codes.get(at).is_some_and(|code| *code != NONE);
    let nulls = NullBuffer::new(BooleanBuffer::collect_bool(codes.len(), is_text));
    dictionary(Int32Array::new(keys.into(), Some(nulls)), values)
}

fn milestones(codes: &[u8], rows: &[u32]) -> Result<ArrayRef> {
    let codes: Vec<u8> = pick(codes, rows).collect();
    let is_known = |code: &u8| usize::from(*code) < Milestone::ALL.len();
    let nulls: NullBuffer = codes.iter().map(is_known).collect();
    let known = |code: &u8| if is_known(code) { i32::from(*code) } else { 0 };
    let keys = Int32Array::new(codes.iter().map(known).collect(), Some(nulls));
    dictionary(keys, Milestone::ALL.map(Milestone::name).to_vec())
}

fn dictionary(keys: Int32Array, values: Vec<&str>) -> Result<ArrayRef> {
    let values = Arc::new(StringArray::from(values));
    let array = DictionaryArray::<Int32Type>::try_new(keys, values)
        .map_err(|cause| Error::internal("building a text column", cause))?;
    Ok(Arc::new(array))
}

fn amounts(sorted: &[(u32, i128)], first: usize, count: usize) -> Result<ArrayRef> {
    let from = sorted.partition_point(|(at, _)| (*at as usize) < first);
    let mut dense = vec![0_i128; count];
    let mut there = vec![false; count];
    for (at, value) in sorted.get(from..).unwrap_or_default() {
        let at = *at as usize - first;
        match dense.get_mut(at).zip(there.get_mut(at)) {
            Some((slot, there)) => (*slot, *there) = (*value, true),
            None => break,
        }
    }
    let array = Decimal128Array::new(dense.into(), Some(NullBuffer::from(there)))
        .with_precision_and_scale(AMOUNT_PRECISION, AMOUNT_SCALE)
        .map_err(|cause| Error::internal("building an amount column", cause))?;
    Ok(Arc::new(array))
}
