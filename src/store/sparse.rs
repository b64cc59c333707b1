//! Columns of a segment read back as the rows that have a value, and their values.
//!
//! The counterpart of [`super::pages`]. Most columns are empty in most rows: the library's reader would spread each over all
//! rows, only for the fold to look for the few that have a value. Here the bits that say "there or not" become row numbers at
//! once, and codes stay codes. Pages are found and unpacked by the library; what is written in another way than the store
//! writes it is left to its reader.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Int32Type};
use arrow::error::ArrowError;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, RowSelection};
use parquet::basic::{Encoding, Type};
use parquet::column::page::{Page, PageReader as _};
use parquet::errors::{ParquetError, Result};
use parquet::file::serialized_reader::SerializedPageReader;

use super::fetched::Fetched;
use super::pages::{GROUP, WIDTH_MAX};

/// A column of some rows: those that have a value, and their values, one for each.
#[derive(Clone, Debug, PartialEq)]
pub struct SparseColumn {
    /// Its name.
    pub name: String,
    /// The rows that have a value, ascending, counted from the first row that was read.
    pub rows: Vec<u32>,
    /// Their values.
    pub values: SparseValues,
}

/// Values of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum SparseValues {
    /// Positions among texts. A text that no row has may be among them.
    Texts(Vec<u32>, StringArray),
    /// Truth values.
    Bools(Vec<bool>),
    /// Numbers, as integers without their decimal point.
    Numbers(Vec<i128>),
}

impl SparseColumn {
    /// What the library has read of a column.
    pub(super) fn of_array(name: &str, array: &ArrayRef) -> std::result::Result<Self, ArrowError> {
        let mut rows = Vec::with_capacity(array.len() - array.null_count());
        let there = |row: &usize| array.is_valid(*row);
        let there: Vec<usize> = (0..array.len()).filter(there).collect();
        rows.extend(
            there
                .iter()
                .map(|row| u32::try_from(*row).unwrap_or(u32::MAX)),
        );
        let values = if let Some(array) = array.as_primitive_opt::<Decimal128Type>() {
            SparseValues::Numbers(there.iter().map(|row| array.value(*row)).collect())
        } else if let Some(array) = array.as_boolean_opt() {
            SparseValues::Bools(there.iter().map(|row| array.value(*row)).collect())
        } else if there.is_empty() {
            // Of any type: another program may have added it.
            SparseValues::Texts(Vec::new(), StringArray::new_null(0))
        } else {
            let text = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
            let array = cast(array, &text)?;
            let missing = || ArrowError::CastError(format!("`{name}` is no column of texts"));
            let array = array.as_dictionary_opt::<Int32Type>().ok_or_else(missing)?;
            let texts = array.values().as_string_opt::<i32>().ok_or_else(missing)?;
            let keys = there
                .iter()
                .filter_map(|row| array.keys().values().get(*row));
            let codes = keys.map(|key| u32::try_from(*key).unwrap_or(u32::MAX));
            SparseValues::Texts(codes.collect(), texts.clone())
        };
        Ok(Self {
            name: name.to_owned(),
            rows,
            values,
        })
    }

    /// Leaves the rows that are chosen, counted from the first of them.
    fn chosen(self, chosen: &RowSelection) -> Self {
        let mut rows = Vec::new();
        // Where the values of the chosen rows stand.
        let mut places = Vec::new();
        let (mut from, mut before) = (0, 0);
        for selector in chosen.iter() {
            let to = from + selector.row_count;
            if !selector.skip {
                let place = |row: usize| self.rows.partition_point(|own| (*own as usize) < row);
                let own = place(from)..place(to);
                let renumbered = |row: &u32| count(*row as usize - from + before);
                let of_own = self.rows.get(own.clone()).unwrap_or_default();
                rows.extend(of_own.iter().map(renumbered));
                places.push(own);
                before += selector.row_count;
            }
            from = to;
        }
        let places = || places.iter().cloned();
        Self {
            rows,
            values: match self.values {
                SparseValues::Texts(codes, texts) => {
                    SparseValues::Texts(parts(&codes, places()), texts)
                }
                SparseValues::Bools(bools) => SparseValues::Bools(parts(&bools, places())),
                SparseValues::Numbers(numbers) => SparseValues::Numbers(parts(&numbers, places())),
            },
            ..self
        }
    }
}

fn parts<T: Copy>(all: &[T], places: impl Iterator<Item = std::ops::Range<usize>>) -> Vec<T> {
    let parts = places.filter_map(|place| all.get(place));
    parts.flatten().copied().collect()
}

/// Reads a column of a row group, all rows or those of `rows`; `None` where it is not written as the store writes texts, truth
/// values and numbers.
pub(super) fn read(
    source: &Arc<Fetched>,
    metadata: &ArrowReaderMetadata,
    (group, leaf): (usize, usize),
    rows: Option<&RowSelection>,
) -> Result<Option<SparseColumn>> {
    let column = metadata.parquet_schema().column(leaf);
    let Ok(field) = metadata.schema().field_with_name(column.name()) else {
        return Ok(None);
    };
    if column.max_rep_level() > 0 || column.max_def_level() > 1 {
        return Ok(None);
    }
    let is_text = match field.data_type() {
        DataType::Dictionary(_, values) => **values == DataType::Utf8,
        other => *other == DataType::Utf8,
    };
    let values = match (column.physical_type(), field.data_type()) {
        (Type::BYTE_ARRAY, _) if is_text => {
            SparseValues::Texts(Vec::new(), StringArray::new_null(0))
        }
        (Type::BOOLEAN, DataType::Boolean) => SparseValues::Bools(Vec::new()),
        (Type::FIXED_LEN_BYTE_ARRAY, DataType::Decimal128(..)) => SparseValues::Numbers(Vec::new()),
        _ => return Ok(None),
    };
    let groups = metadata.metadata().row_groups();
    let group = groups.get(group).ok_or_else(|| fault("no row group"))?;
    let chunk = group.columns().get(leaf).ok_or_else(|| fault("no chunk"))?;
    let all = usize::try_from(group.num_rows()).unwrap_or_default();
    let mut pages = SerializedPageReader::new(Arc::clone(source), chunk, all, None)?;
    let mut read = Reading {
        all,
        can_be_null: column.max_def_level() > 0,
        width: usize::try_from(column.type_length()).unwrap_or_default(),
        before: 0,
        column: SparseColumn {
            name: column.name().to_owned(),
            rows: Vec::new(),
            values,
        },
    };
    while let Some(page) = pages.get_next_page()? {
        if !read.page(&page)? {
            return Ok(None);
        }
    }
    if read.before != all {
        return Err(fault("a column has fewer rows than its row group"));
    }
    Ok(Some(match rows {
        Some(rows) => read.column.chosen(rows),
        None => read.column,
    }))
}

fn fault(what: &str) -> ParquetError {
    ParquetError::General(what.to_owned())
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A column of which some pages have been read.
struct Reading {
    /// Rows of the row group.
    all: usize,
    can_be_null: bool,
    /// Bytes of a number.
    width: usize,
    /// Rows of the pages before.
    before: usize,
    column: SparseColumn,
}

impl Reading {
    /// Reads the next page. `false` where it is written in another way.
    fn page(&mut self, page: &Page) -> Result<bool> {
        match page {
            Page::DictionaryPage {
                buf,
                num_values,
                encoding: Encoding::PLAIN | Encoding::PLAIN_DICTIONARY,
                ..
            } => {
                let SparseValues::Texts(_, texts) = &mut self.column.values else {
                    return Ok(false);
                };
                *texts = texts_of(buf, *num_values as usize)?;
                Ok(true)
            }
            Page::DataPage {
                buf,
                num_values,
                encoding,
                def_level_encoding: Encoding::RLE,
                ..
            } => self.data(buf, *num_values as usize, *encoding),
            _ => Ok(false),
        }
    }

    fn data(&mut self, page: &[u8], rows: usize, encoding: Encoding) -> Result<bool> {
        let short = || fault("a page ends too early");
        // What a damaged page says of itself is not believed before room is made for it.
        if self.before + rows > self.all {
            return Err(fault("a column has more rows than its row group"));
        }
        let before = self.column.rows.len();
        let mut rest = page;
        if self.can_be_null {
            let levels = take_length(&mut rest).and_then(|length| rest.split_off(..length));
            let levels = levels.ok_or_else(short)?;
            rows_there(levels, rows, self.before, &mut self.column.rows).ok_or_else(short)?;
        } else {
            let all = self.before..self.before + rows;
            self.column.rows.extend(all.map(count));
        }
        self.before += rows;
        let there = self.column.rows.len() - before;
        match (&mut self.column.values, encoding) {
            (
                SparseValues::Texts(codes, texts),
                Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY,
            ) => {
                // A page without a value may lack all of this.
                let (width, rest) = rest.split_first().unwrap_or((&0, rest));
                if u32::from(*width) > WIDTH_MAX {
                    return Ok(false);
                }
                let first = codes.len();
                codes_of(rest, usize::from(*width), there, codes).ok_or_else(short)?;
                let own = codes.get(first..).unwrap_or_default();
                let greatest = own.iter().copied().fold(0, u32::max);
                if !own.is_empty() && greatest as usize >= texts.len() {
                    return Err(fault("a code without a text"));
                }
            }
            (SparseValues::Texts(..), Encoding::PLAIN) if there == 0 => {}
            (SparseValues::Bools(bools), Encoding::PLAIN) => {
                let bytes = rest.get(..there.div_ceil(GROUP)).ok_or_else(short)?;
                let bits = bytes
                    .iter()
                    .flat_map(|byte| (0..GROUP).map(move |at| byte >> at & 1));
                bools.extend(bits.take(there).map(|bit| bit == 1));
            }
            (SparseValues::Numbers(numbers), Encoding::PLAIN) => {
                let bytes = rest.get(..there * self.width).ok_or_else(short)?;
                for bytes in bytes.chunks_exact(self.width.max(1)) {
                    let number = number(bytes).ok_or_else(|| fault("a number that is none"))?;
                    numbers.push(number);
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// A length in four bytes, taken off the front.
fn take_length(bytes: &mut &[u8]) -> Option<usize> {
    let (length, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    usize::try_from(u32::from_le_bytes(*length)).ok()
}

/// The texts of a dictionary: each behind its length.
fn texts_of(page: &[u8], texts: usize) -> Result<StringArray> {
    // Each has four bytes for its length at least.
    let mut all = StringBuilder::with_capacity(texts.min(page.len() / 4), page.len());
    let mut rest = page;
    for _ in 0..texts {
        let text = take_length(&mut rest).and_then(|length| rest.split_off(..length));
        let text = text.ok_or_else(|| fault("a dictionary ends too early"))?;
        let text = std::str::from_utf8(text);
        all.append_value(text.map_err(|cause| fault(&cause.to_string()))?);
    }
    Ok(all.finish())
}

/// A number of at most sixteen bytes, the first of which comes first and has the sign.
fn number(bytes: &[u8]) -> Option<i128> {
    if let Ok(bytes) = bytes.try_into() {
        return Some(i128::from_be_bytes(bytes));
    }
    let is_negative = bytes.first()? & 0x80 != 0;
    let mut all = [if is_negative { u8::MAX } else { 0 }; size_of::<i128>()];
    let own = all.len().checked_sub(bytes.len())?..;
    all.get_mut(own)?.copy_from_slice(bytes);
    Some(i128::from_be_bytes(all))
}

/// Part of values that are written as runs and packed groups.
enum Part<'b> {
    /// So many times the same.
    Run(usize, u32),
    /// Groups of eight, each in as many bytes as a value has bits.
    Packed(&'b [u8]),
}

/// Values of up to 32 bits as runs and packed groups (the Parquet format's document "Encodings"). It ends with its bytes, and
/// where they are no such parts.
struct Parts<'b> {
    bytes: &'b [u8],
    /// Bits of a value.
    width: usize,
}

impl Parts<'_> {
    /// An unsigned number in groups of seven bits, the lowest first.
    fn number(&mut self) -> Option<usize> {
        let (mut number, mut place) = (0, 0);
        loop {
            let byte = self.bytes.split_off_first()?;
            number |= usize::from(byte & 0x7f).checked_shl(place)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
            place += 7;
        }
    }
}

impl<'b> Iterator for Parts<'b> {
    type Item = Part<'b>;

    fn next(&mut self) -> Option<Part<'b>> {
        let header = self.number()?;
        let length = header >> 1;
        if header & 1 == 0 {
            let bytes = self.bytes.split_off(..self.width.div_ceil(GROUP))?;
            let value = bytes
                .iter()
                .rev()
                .fold(0, |value, byte| value << 8 | u32::from(*byte));
            return Some(Part::Run(length, value));
        }
        if self.width == 0 {
            return Some(Part::Run(length.checked_mul(GROUP)?, 0));
        }
        // The last group may be cut off behind its last value.
        let all = length.checked_mul(self.width)?.min(self.bytes.len());
        self.bytes.split_off(..all).map(Part::Packed)
    }
}

/// Adds the rows of a page that have a value, whose first row is `before`; `None` where the levels end too early.
fn rows_there(levels: &[u8], rows: usize, before: usize, there: &mut Vec<u32>) -> Option<()> {
    let mut parts = Parts {
        bytes: levels,
        width: 1,
    };
    let mut at = 0;
    while at < rows {
        match parts.next()? {
            Part::Run(length, value) => {
                let length = length.min(rows - at);
                if value == 1 {
                    there.extend((before + at..before + at + length).map(count));
                }
                at += length;
            }
            Part::Packed(bytes) => {
                for eight in bytes.chunks(size_of::<u64>()) {
                    let mut word = [0; size_of::<u64>()];
                    word.get_mut(..eight.len())?.copy_from_slice(eight);
                    let mut bits = u64::from_le_bytes(word);
                    while bits != 0 {
                        let row = at + bits.trailing_zeros() as usize;
                        bits &= bits - 1;
                        // Behind the last row a group is filled up.
                        if row < rows {
                            there.push(count(before + row));
                        }
                    }
                    at += eight.len() * GROUP;
                }
            }
        }
    }
    Some(())
}

/// Adds so many codes of so many bits; `None` where they end too early.
fn codes_of(bytes: &[u8], width: usize, count: usize, codes: &mut Vec<u32>) -> Option<()> {
    let end = codes.len() + count;
    codes.reserve(count + GROUP);
    let mut parts = Parts { bytes, width };
    while codes.len() < end {
        match parts.next()? {
            Part::Run(length, value) => {
                let length = length.min(end - codes.len());
                codes.extend(std::iter::repeat_n(value, length));
            }
            Part::Packed(bytes) => {
                let before = codes.len();
                for group in bytes.chunks(width) {
                    codes.extend_from_slice(&unpacked(group, width));
                }
                // A group that was cut off has as many values as it has bits for.
                codes.truncate(before + bytes.len() * GROUP / width);
            }
        }
    }
    codes.truncate(end);
    Some(())
}

/// The values of a group; those whose bits are missing are zero.
#[inline]
fn unpacked(group: &[u8], width: usize) -> [u32; GROUP] {
    let mut bytes = [0; size_of::<u128>()];
    if let Some(own) = bytes.get_mut(..group.len()) {
        own.copy_from_slice(group);
    }
    // Most codes have few bits: their group fits a word, with which it is cheaper to count.
    if let (Some(word), true) = (bytes.first_chunk(), width <= size_of::<u64>()) {
        let (word, mask) = (u64::from_le_bytes(*word), (1 << width) - 1);
        return std::array::from_fn(|at| u32::try_from(word >> (at * width) & mask).unwrap_or(0));
    }
    let (word, mask) = (u128::from_le_bytes(bytes), (1 << width) - 1);
    std::array::from_fn(|at| u32::try_from(word >> (at * width) & mask).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_up_to_sixteen_bytes() {
        assert_eq!(number(&[]), None);
        assert_eq!(number(&[0xff]), Some(-1));
        assert_eq!(number(&[1, 0]), Some(256));
        assert_eq!(number(&i128::MIN.to_be_bytes()), Some(i128::MIN));
        assert_eq!(number(&[0; 17]), None);
    }

    #[test]
    fn codes_are_runs_and_packed_groups() {
        let read = |bytes: &[u8], width, count| {
            let mut codes = Vec::new();
            codes_of(bytes, width, count, &mut codes).map(|()| codes)
        };
        // The example of the format's document: 0 to 7 in three bits each.
        let packed = [0b11, 0b1000_1000, 0b1100_0110, 0b1111_1010];
        assert_eq!(read(&packed, 3, 8), Some((0..8).collect()));
        // The last group may be filled up, or cut off behind its last value.
        assert_eq!(read(&packed, 3, 6), Some((0..6).collect()));
        assert_eq!(read(&packed[..3], 3, 5), Some((0..5).collect()));
        assert_eq!(read(&packed[..3], 3, 6), None);
        // Five times 700 in ten bits, then a group of eight.
        let group: u128 = (0..8).map(|at| (1016 + at) << (10 * at)).sum();
        let mut mixed = vec![5 << 1, 0xbc, 0x02, 0b11];
        mixed.extend_from_slice(&group.to_le_bytes()[..10]);
        let wanted: Vec<u32> = std::iter::repeat_n(700, 5).chain(1016..1024).collect();
        assert_eq!(read(&mixed, 10, 13), Some(wanted));
        // A single text has codes without a bit.
        assert_eq!(read(&[9 << 1], 0, 9), Some(vec![0; 9]));
        assert_eq!(read(&[0b11], 0, 8), Some(vec![0; 8]));
        assert_eq!(read(&[9 << 1], 0, 10), None);
        assert_eq!(read(&[0xff; 20], 3, 1), None);
        assert_eq!(read(&[], 3, 1), None);
        assert_eq!(read(&[], 3, 0), Some(Vec::new()));
    }

    #[test]
    fn levels_behind_the_last_row_are_of_none() {
        let mut rows = Vec::new();
        assert_eq!(rows_there(&[0b11, 0b1111_0110], 5, 10, &mut rows), Some(()));
        assert_eq!(rows, [11, 12, 14]);
        assert_eq!(
            rows_there(&[3 << 1, 1, 4 << 1, 0], 7, 20, &mut rows),
            Some(())
        );
        assert_eq!(rows, [11, 12, 14, 20, 21, 22]);
        assert_eq!(rows_there(&[3 << 1, 1], 4, 0, &mut Vec::new()), None);
    }
}
