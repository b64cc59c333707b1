//! Column chunks of a segment, made from codes and sparse values as they stand in a run.
//!
//! The library's writer takes arrays: it would spread every sparse column over all rows, hash each text to find the code
//! that it has already, and count levels one by one; that was a third of an ingest. Here a row's "there or not" is
//! copied as bits, and codes are packed as they come. What surrounds the pages (headers, metadata, file) is the
//! library's. The layout is that of the Parquet format's document "Encodings": definition levels and
//! dictionary indices as the hybrid of runs and packed bits, everything else plain; one data page a chunk.

use std::fs::File;

use bytes::Bytes;
use parquet::basic::{Compression, Encoding};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::ByteArray;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedPageWriter, SerializedRowGroupWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

use super::hybrid::{GROUP, put_codes, put_packed, put_run, width};
use super::renumbered::Renumbered;

/// A chunk is stored compressed where that saves an eighth of it: reading it costs more then.
const WORTH_OF_8: usize = 7;

/// A column of one row group as it will stand in the file.
#[derive(Debug)]
pub(super) struct Chunk {
    bytes: Bytes,
    close: ColumnCloseResult,
}

impl Chunk {
    /// Appends the chunk as the next column of a row group.
    pub(super) fn append(self, group: &mut SerializedRowGroupWriter<'_, File>) -> Result<()> {
        group.append_column(&self.bytes, self.close)
    }
}

/// What the pages of a chunk hold.
struct Pages<'c> {
    column: &'c ColumnDescPtr,
    levels: Levels,
    /// The dictionary page and how many texts it has; there is none without a text.
    dictionary: (Vec<u8>, usize),
    /// The values that are there.
    values: Vec<u8>,
    statistics: Option<Statistics>,
    /// Whether it is tried to compress them.
    compresses: bool,
}

/// Which rows have a value.
pub(super) struct Levels {
    rows: usize,
    /// How many of them have one.
    there: usize,
    /// A bit for each row, from the lowest of the first byte on.
    bits: Vec<u8>,
}

impl Levels {
    /// Those of which it is said so.
    pub(super) fn of(rows: usize, is_there: impl Fn(usize) -> bool) -> Self {
        let mut bits = Vec::with_capacity(rows.div_ceil(GROUP));
        for first in (0..rows).step_by(GROUP) {
            let group = first..rows.min(first + GROUP);
            let group = group.enumerate();
            bits.push(group.fold(0, |byte, (at, row)| byte | u8::from(is_there(row)) << at));
        }
        let there = bits.iter().map(|byte| byte.count_ones() as usize).sum();
        Self { rows, there, bits }
    }

    /// Some of so many, each once.
    pub(super) fn of_some(rows: usize, some: impl Iterator<Item = usize>) -> Self {
        let (mut there, mut bits) = (0, vec![0; rows.div_ceil(GROUP)]);
        for row in some {
            if let Some(byte) = bits.get_mut(row / GROUP) {
                *byte |= 1 << (row % GROUP);
                there += 1;
            }
        }
        Self { rows, there, bits }
    }

    /// Every row has one.
    pub(super) const fn all(rows: usize) -> Self {
        Self {
            rows,
            there: rows,
            // One run says it.
            bits: Vec::new(),
        }
    }

    /// As the first part of a data page: the length, then one run where all rows are alike, else packed bits.
    fn write(&self, page: &mut Vec<u8>) {
        let mut levels = Vec::with_capacity(self.bits.len() + GROUP);
        if self.there == 0 || self.there == self.rows {
            put_run(&mut levels, self.rows, &[u8::from(self.there > 0)]);
        } else {
            put_packed(&mut levels, self.bits.len(), &self.bits);
        }
        put_length(page, levels.len());
        page.extend_from_slice(&levels);
    }
}

/// A length in four bytes. Pages are far smaller than 4 GiB: a row group has few rows, and a row is short.
fn put_length(out: &mut Vec<u8>, length: usize) {
    out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
}

/// What is wrong with a column, beyond what the library finds.
pub(super) fn fault(what: &str) -> ParquetError {
    ParquetError::General(what.to_owned())
}

/// Texts of the rows that have one, by their codes, which are below `distinct`. `bounds` are the least and the greatest
/// text where readers shall know them.
pub(super) fn texts<'t>(
    column: &ColumnDescPtr,
    (levels, codes): (Levels, impl Iterator<Item = u32>),
    (distinct, value): (usize, impl Fn(u32) -> Option<&'t str>),
    bounds: Option<(&str, &str)>,
    renumbered: &mut Renumbered,
) -> Result<Chunk> {
    renumbered.begin(distinct);
    let mut own = Vec::with_capacity(levels.there);
    for code in codes {
        let new = renumbered.code(code);
        own.push(new.ok_or_else(|| fault("a code without a text"))?);
    }
    // The texts are fetched one behind the other, and not between codes: they are all over memory, and nobody can tell at which
    // code the next one is due.
    let mut dictionary = Vec::new();
    for code in renumbered.used() {
        let text = value(*code).unwrap_or_default();
        put_length(&mut dictionary, text.len());
        dictionary.extend_from_slice(text.as_bytes());
    }
    let texts = renumbered.used().len();
    let mut values = Vec::new();
    if texts > 0 {
        let width = width(texts);
        values.extend(u8::try_from(width));
        put_codes(&mut values, &own, width);
    }
    let text = |text: &str| Some(ByteArray::from(text));
    let statistics = bounds.map(|(least, greatest)| {
        let nulls = (levels.rows - levels.there) as u64;
        Statistics::byte_array(text(least), text(greatest), None, Some(nulls), false)
    });
    let pages = Pages {
        column,
        levels,
        dictionary: (dictionary, texts),
        values,
        statistics,
        compresses: true,
    };
    pages.chunk()
}

/// Truth values of the rows that have one.
pub(super) fn bools(
    column: &ColumnDescPtr,
    levels: Levels,
    values: impl Iterator<Item = bool>,
) -> Result<Chunk> {
    let values: Vec<bool> = values.collect();
    let bits = Levels::of(values.len(), |at| values.get(at) == Some(&true)).bits;
    Pages::plain(column, levels, bits).chunk()
}

/// Numbers of the rows that have one, in the sixteen bytes of a decimal, the highest first.
pub(super) fn numbers(
    column: &ColumnDescPtr,
    levels: Levels,
    numbers: impl Iterator<Item = i128>,
) -> Result<Chunk> {
    let mut values = Vec::with_capacity(levels.there * size_of::<i128>());
    for number in numbers {
        values.extend_from_slice(&number.to_be_bytes());
    }
    Pages::plain(column, levels, values).chunk()
}

/// A number without any order in every row: it is stored as it is.
pub(super) fn words(
    column: &ColumnDescPtr,
    words: impl ExactSizeIterator<Item = u64>,
) -> Result<Chunk> {
    let levels = Levels::all(words.len());
    let mut values = Vec::with_capacity(words.len() * size_of::<u64>());
    words.for_each(|word| values.extend_from_slice(&word.to_le_bytes()));
    let pages = Pages {
        compresses: false,
        ..Pages::plain(column, levels, values)
    };
    pages.chunk()
}

impl<'c> Pages<'c> {
    /// Values as they are, without a dictionary.
    fn plain(column: &'c ColumnDescPtr, levels: Levels, values: Vec<u8>) -> Self {
        Self {
            column,
            levels,
            dictionary: (Vec::new(), 0),
            values,
            statistics: None,
            compresses: true,
        }
    }

    fn chunk(self) -> Result<Chunk> {
        let rows = self.levels.rows;
        let mut data = Vec::with_capacity(self.values.len() + rows / GROUP + 2 * GROUP);
        self.levels.write(&mut data);
        data.extend_from_slice(&self.values);
        let (dictionary, texts) = self.dictionary;
        let plain = [dictionary, data];
        let [dictionary_size, data_size] = plain.each_ref().map(Vec::len);
        let (compression, pages) = if self.compresses {
            compressed(plain)
        } else {
            (Compression::UNCOMPRESSED, plain)
        };
        let mut file = TrackedWrite::new(Vec::new());
        let mut writer = SerializedPageWriter::new(&mut file);
        let [dictionary, data] = pages.map(Bytes::from);
        let (mut before, mut size) = (0, 0);
        let mut encodings = vec![Encoding::RLE, Encoding::PLAIN];
        let mut encoding = Encoding::PLAIN;
        if texts > 0 {
            let page = Page::DictionaryPage {
                buf: dictionary,
                num_values: count(texts),
                encoding,
                is_sorted: false,
            };
            let written = writer.write_page(CompressedPage::new(page, dictionary_size))?;
            (before, size) = (written.bytes_written, written.uncompressed_size);
            encoding = Encoding::RLE_DICTIONARY;
            encodings.push(encoding);
        }
        let page = Page::DataPage {
            buf: data,
            num_values: count(rows),
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        size += writer
            .write_page(CompressedPage::new(page, data_size))?
            .uncompressed_size;
        let bytes = Bytes::from(file.into_inner()?);
        let mut metadata = ColumnChunkMetaData::builder(ColumnDescPtr::clone(self.column))
            .set_compression(compression)
            .set_encodings(encodings)
            .set_total_compressed_size(long(bytes.len()))
            .set_total_uncompressed_size(long(size))
            .set_num_values(long(rows))
            .set_data_page_offset(before.cast_signed())
            .set_dictionary_page_offset((texts > 0).then_some(0));
        if let Some(statistics) = self.statistics {
            metadata = metadata.set_statistics(statistics);
        }
        Ok(Chunk {
            close: ColumnCloseResult {
                bytes_written: bytes.len() as u64,
                rows_written: rows as u64,
                metadata: metadata.build()?,
                bloom_filter: None,
                column_index: None,
                offset_index: None,
            },
            bytes,
        })
    }
}

/// A number of rows or values, of which a row group has few.
pub(super) fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn long(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Pages as they are stored: all of a chunk in the same way.
fn compressed(pages: [Vec<u8>; 2]) -> (Compression, [Vec<u8>; 2]) {
    let packed = pages.each_ref().map(|page| match page.as_slice() {
        [] => Vec::new(),
        page => lz4_flex::block::compress(page),
    });
    let size = |pages: &[Vec<u8>; 2]| pages.iter().map(Vec::len).sum::<usize>();
    if size(&packed) * 8 <= size(&pages) * WORTH_OF_8 {
        (Compression::LZ4_RAW, packed)
    } else {
        (Compression::UNCOMPRESSED, pages)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
    use arrow::datatypes::{Decimal128Type, Int64Type};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;
    use proptest::prelude::*;

    use super::*;

    const SCHEMA: &str = "message m {
        OPTIONAL BYTE_ARRAY text (STRING);
        OPTIONAL BOOLEAN bool;
        OPTIONAL FIXED_LEN_BYTE_ARRAY (16) number (DECIMAL(38, 6));
        OPTIONAL INT64 word;
    }";

    /// A text's code, a truth value (2 for none), a number, a word.
    type Row = (Option<u32>, u8, Option<i128>, u64);

    /// What the library reads of row groups with these rows.
    fn read(groups: &[Vec<Row>]) -> Vec<RecordBatch> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.parquet");
        let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
        let properties = Arc::new(WriterProperties::builder().build());
        let file = File::create(&path).unwrap();
        let mut writer = SerializedFileWriter::new(file, schema, properties).unwrap();
        let columns = writer.schema_descr().columns().to_vec();
        let mut renumbered = Renumbered::default();
        for rows in groups {
            let levels = |is_there: &dyn Fn(&Row) -> bool| {
                let there = rows.iter().enumerate().filter(|(_, row)| is_there(row));
                Levels::of_some(rows.len(), there.map(|(at, _)| at))
            };
            let all: Vec<String> = (0..70_000).map(text).collect();
            let value = |code: u32| all.get(code as usize).map(String::as_str);
            let codes = rows.iter().filter_map(|row| row.0);
            let codes = (levels(&|row| row.0.is_some()), codes);
            let of_bools = rows.iter().filter(|row| row.1 < 2).map(|row| row.1 == 1);
            let of_numbers = rows.iter().filter_map(|row| row.2);
            let bounds = Some(("a", "b"));
            let chunks = [
                texts(
                    &columns[0],
                    codes,
                    (all.len(), value),
                    bounds,
                    &mut renumbered,
                ),
                bools(&columns[1], levels(&|row| row.1 < 2), of_bools),
                numbers(&columns[2], levels(&|row| row.2.is_some()), of_numbers),
                words(&columns[3], rows.iter().map(|row| row.3)),
            ];
            let mut group = writer.next_row_group().unwrap();
            for chunk in chunks {
                chunk.unwrap().append(&mut group).unwrap();
            }
            group.close().unwrap();
        }
        writer.close().unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(&path).unwrap()).unwrap();
        let bounds = reader.metadata().row_groups().iter();
        for (group, rows) in bounds.zip(groups) {
            let found = group.column(0).statistics().unwrap();
            let nulls = rows.iter().filter(|row| row.0.is_none()).count();
            assert_eq!(found.null_count_opt(), Some(nulls as u64));
            assert_eq!(
                (found.min_bytes_opt(), found.max_bytes_opt()),
                (Some(&b"a"[..]), Some(&b"b"[..]))
            );
            assert!(group.column(1).statistics().is_none());
        }
        let batches = reader.with_batch_size(1 << 20).build().unwrap();
        batches.map(Result::unwrap).collect()
    }

    /// The text of a code; that of 0 is empty.
    fn text(code: u32) -> String {
        "x".repeat(code as usize % 50)
            + &if code == 0 {
                String::new()
            } else {
                code.to_string()
            }
    }

    fn check(groups: &[Vec<Row>]) {
        let batches = read(groups);
        let column = |at: usize| {
            let columns: Vec<ArrayRef> = batches
                .iter()
                .map(|batch| Arc::clone(batch.column(at)))
                .collect();
            let columns: Vec<&dyn Array> = columns.iter().map(AsRef::as_ref).collect();
            arrow::compute::concat(&columns).unwrap()
        };
        let rows = || groups.iter().flatten();
        let texts = column(0);
        let texts: Vec<Option<&str>> = texts.as_string::<i32>().iter().collect();
        let wanted: Vec<Option<String>> = rows().map(|row| row.0.map(text)).collect();
        assert_eq!(
            texts,
            wanted.iter().map(Option::as_deref).collect::<Vec<_>>()
        );
        let bools = column(1);
        let bools: Vec<Option<bool>> = bools.as_boolean().iter().collect();
        let wanted = rows().map(|row| (row.1 < 2).then_some(row.1 == 1));
        assert_eq!(bools, wanted.collect::<Vec<_>>());
        let numbers = column(2);
        let numbers: Vec<Option<i128>> = numbers.as_primitive::<Decimal128Type>().iter().collect();
        assert_eq!(numbers, rows().map(|row| row.2).collect::<Vec<_>>());
        let words = column(3);
        let words = words.as_primitive::<Int64Type>().values().iter();
        let wanted = rows().map(|row| row.3.cast_signed());
        assert_eq!(
            words.copied().collect::<Vec<_>>(),
            wanted.collect::<Vec<_>>()
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            groups in proptest::collection::vec(
                // From one text to many; runs of different lengths, and none.
                (1_u32..=400, 1_usize..40, 0_u32..=4).prop_flat_map(|(distinct, runs, full)| {
                    let there = prop::bool::weighted((f64::from(full) / 4.0).clamp(0.001, 0.999));
                    let row = (there, 0..distinct, 0_u8..3, there, any::<i128>(), any::<u64>());
                    let number = |there: bool, number: i128| there.then_some(number % 10_i128.pow(38));
                    let row = row.prop_map(move |(has_text, code, bool, has_number, value, word)| {
                        (has_text.then_some(code), bool, number(has_number, value), word)
                    });
                    proptest::collection::vec((row, 1..=runs), 1..30)
                }),
                1..3,
            ),
        ) {
            let groups = groups.into_iter().map(|runs| {
                let runs = runs.into_iter().flat_map(|(row, length)| std::iter::repeat_n(row, length));
                runs.collect()
            });
            check(&groups.collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_row_group_may_have_a_text_of_its_own_in_every_row() {
        let row = |row: u32| (Some(row), 2, None, u64::from(row));
        check(&[
            (0..1 << 14).map(row).collect(),
            (0..1 << 14).rev().map(row).collect(),
        ]);
        let mixed = |row: u32| {
            (
                Some(if row % 100 < 30 { 7 } else { row % 4099 }),
                1,
                Some(-1),
                0,
            )
        };
        check(&[(0..20_000).map(mixed).collect()]);
    }

    #[test]
    fn nothing_in_any_row_is_a_page_without_a_value() {
        check(&[
            vec![(None, 2, None, 0); 1000],
            vec![(Some(0), 0, Some(0), 1)],
        ]);
    }
}
