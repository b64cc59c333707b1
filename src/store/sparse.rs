//! Columns of a segment read back as the rows that have a value, and their values.
//!
//! The counterpart of [`super::pages`]. Most columns are empty in most rows: the library's reader would spread each over all
//! rows, only for the fold to look for the few that have a value. Here the bits that say "there or not" become row numbers at
//! once, and codes stay codes. Pages are found and unpacked by the library; what is written in another way than the store
//! writes it is left to its reader.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Int32Type};
use arrow::error::ArrowError;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, RowSelection};
use parquet::basic::{Encoding, Type};
use parquet::column::page::{Page, PageReader as _};
use parquet::errors::Result;
use parquet::file::serialized_reader::SerializedPageReader;

use super::fetched::Fetched;
use super::hybrid::{GROUP, WIDTH_MAX, codes_of, rows_there};
use super::pages::{count, fault};

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

/// A column of texts: the rows that have one, for each of them the position of its text, and all texts.
#[derive(Clone, Copy, Debug)]
pub struct ColumnTexts<'c> {
    /// The rows.
    pub rows: &'c [u32],
    /// The positions.
    pub codes: &'c [u32],
    /// The texts.
    pub texts: &'c StringArray,
}

impl<'c> ColumnTexts<'c> {
    /// The text at a position; `None` where there is none.
    pub fn text(&self, code: u32) -> Option<&'c str> {
        let at = code as usize;
        (at < self.texts.len()).then(|| self.texts.value(at))
    }
}

impl SparseColumn {
    /// Its texts; `None` for a column of something else.
    pub fn texts(&self) -> Option<ColumnTexts<'_>> {
        match &self.values {
            SparseValues::Texts(codes, texts) => Some(ColumnTexts {
                rows: &self.rows,
                codes,
                texts,
            }),
            SparseValues::Bools(_) | SparseValues::Numbers(_) => None,
        }
    }

    /// What the library has read of a column.
    pub(super) fn of_array(name: &str, array: &ArrayRef) -> std::result::Result<Self, ArrowError> {
        let there = |row: &usize| array.is_valid(*row);
        let there: Vec<usize> = (0..array.len()).filter(there).collect();
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
            let codes = keys.map(|key| key.cast_unsigned());
            SparseValues::Texts(codes.collect(), texts.clone())
        };
        Ok(Self {
            name: name.to_owned(),
            rows: there.into_iter().map(count).collect(),
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

fn parts<T: Copy>(all: &[T], places: impl Iterator<Item = Range<usize>>) -> Vec<T> {
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
        wanted: rows.map_or(0..all, hull),
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

/// From the first row that is chosen to the last one.
fn hull(chosen: &RowSelection) -> Range<usize> {
    let (mut hull, mut from) = (None, 0);
    for selector in chosen.iter() {
        let to = from + selector.row_count;
        if !selector.skip && selector.row_count > 0 {
            hull = Some(hull.map_or(from, |(first, _)| first)).map(|first| (first, to));
        }
        from = to;
    }
    let (first, end) = hull.unwrap_or_default();
    first..end
}

/// A column of which some pages have been read.
struct Reading {
    /// Rows of the row group.
    all: usize,
    /// Those of which the values are read.
    wanted: Range<usize>,
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
        let in_page = |row: usize| row.saturating_sub(self.before).min(rows);
        let own = in_page(self.wanted.start)..in_page(self.wanted.end);
        let before = self.column.rows.len();
        let mut rest = page;
        // How many values stand before the first that is wanted.
        let mut passed = own.start;
        if self.can_be_null {
            let levels = take_length(&mut rest).and_then(|length| rest.split_off(..length));
            let levels = levels.ok_or_else(short)?;
            let there = &mut self.column.rows;
            passed = rows_there(levels, own, self.before, there).ok_or_else(short)?;
        } else {
            let own = self.before + own.start..self.before + own.end;
            self.column.rows.extend(own.map(count));
        }
        self.before += rows;
        let there = self.column.rows.len() - before;
        let places = passed..passed + there;
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
                codes_of(rest, usize::from(*width), places, codes).ok_or_else(short)?;
                let own = codes.get(first..).unwrap_or_default();
                let greatest = own.iter().copied().fold(0, u32::max);
                if !own.is_empty() && greatest as usize >= texts.len() {
                    return Err(fault("a code without a text"));
                }
            }
            (SparseValues::Texts(..), Encoding::PLAIN) if there == 0 => {}
            (SparseValues::Bools(bools), Encoding::PLAIN) => {
                let bytes = rest.get(..places.end.div_ceil(GROUP));
                let bytes = bytes.ok_or_else(short)?;
                let bit = |at: usize| {
                    bytes
                        .get(at / GROUP)
                        .map_or(0, |byte| byte >> (at % GROUP) & 1)
                };
                bools.extend(places.map(|at| bit(at) == 1));
            }
            (SparseValues::Numbers(numbers), Encoding::PLAIN) => {
                let bytes = rest.get(passed * self.width..places.end * self.width);
                let bytes = bytes.ok_or_else(short)?;
                numbers.reserve(there);
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
}
