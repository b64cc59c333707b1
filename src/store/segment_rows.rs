//! Rows of a segment for the fold: columns, and numbers without the rows that have none.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Decimal128Type};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, RowSelection, RowSelector};
use parquet::basic::Type;
use parquet::column::reader::{ColumnReader, get_column_reader};
use parquet::data_type::FixedLenByteArray;
use parquet::errors::ParquetError;
use parquet::file::serialized_reader::SerializedPageReader;

use super::fetched::Fetched;
use super::segment_reader::{batches, leaves};
use crate::error::{Error, Result};

/// Some rows of a row group.
#[derive(Debug)]
pub struct GroupRows {
    /// Every column that was asked for, but for numbers.
    pub columns: RecordBatch,
    /// The numbers, by column.
    pub numbers: Vec<(String, SparseNumbers)>,
}

/// A column of numbers, most of whose rows have none: as an array it would be sixteen bytes for each of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SparseNumbers {
    /// The rows that have a number, ascending.
    pub rows: Vec<u32>,
    /// Their numbers, in millionths.
    pub values: Vec<i128>,
}

impl SparseNumbers {
    fn push(&mut self, row: usize, value: i128) {
        self.rows.push(u32::try_from(row).unwrap_or(u32::MAX));
        self.values.push(value);
    }

    fn of_array(array: &ArrayRef) -> Self {
        let mut numbers = Self::default();
        let array = array.as_primitive_opt::<Decimal128Type>();
        for (row, value) in array.into_iter().flatten().enumerate() {
            if let Some(value) = value {
                numbers.push(row, value);
            }
        }
        numbers
    }
}

/// Reads the columns of a row group whose names are `wanted`, all rows or those of `rows`; `None` where there is no row.
pub fn read_rows(
    path: &Path,
    metadata: &ArrowReaderMetadata,
    group: usize,
    wanted: impl Fn(&str) -> bool,
    rows: Option<RowSelection>,
) -> Result<Option<GroupRows>> {
    let fault = |cause: &dyn std::fmt::Display| Error::read(path, cause);
    let all = leaves(metadata, wanted);
    let fetched = Fetched::of(path, metadata, group, &all)?;
    let (sparse, others): (Vec<usize>, Vec<usize>) =
        all.into_iter().partition(|leaf| is_sparse(metadata, *leaf));
    let mut numbers = Vec::with_capacity(sparse.len());
    let source = Arc::new(fetched.clone());
    for leaf in sparse {
        let column = metadata.parquet_schema().column(leaf);
        let found = decoded(&source, metadata, (group, leaf), rows.as_ref());
        numbers.push((
            column.name().to_owned(),
            found.map_err(|cause| fault(&cause))?,
        ));
    }
    let mut batches = batches(path, metadata, (group, fetched), &others, rows)?;
    let Some(batch) = batches.next() else {
        return Ok(None);
    };
    let mut columns = batch.map_err(|cause| fault(&cause))?;
    if batches.next().is_some() {
        return Err(Error::internal(
            "reading a row group",
            "it is more than one batch",
        ));
    }
    // Numbers that another program has written in its own way.
    let schema = columns.schema();
    for field in schema.fields() {
        if let DataType::Decimal128(..) = field.data_type()
            && let Ok(at) = columns.schema().index_of(field.name())
        {
            let array = columns.remove_column(at);
            numbers.push((field.name().clone(), SparseNumbers::of_array(&array)));
        }
    }
    Ok(Some(GroupRows { columns, numbers }))
}

/// Whether a column is of numbers as the store writes them: big-endian, each with as many bytes, none nested.
fn is_sparse(metadata: &ArrowReaderMetadata, leaf: usize) -> bool {
    let column = metadata.parquet_schema().column(leaf);
    let field = metadata.schema().field_with_name(column.name());
    let is_number = field.is_ok_and(|field| matches!(field.data_type(), DataType::Decimal128(..)));
    let is_plain = column.max_rep_level() == 0 && column.max_def_level() <= 1;
    is_number && is_plain && column.physical_type() == Type::FIXED_LEN_BYTE_ARRAY
}

/// The numbers of a column, decoded.
fn decoded(
    source: &Arc<Fetched>,
    metadata: &ArrowReaderMetadata,
    (group, leaf): (usize, usize),
    rows: Option<&RowSelection>,
) -> Result<SparseNumbers, ParquetError> {
    let missing = || ParquetError::General(format!("no row group {group} with a column {leaf}"));
    let group = metadata
        .metadata()
        .row_groups()
        .get(group)
        .ok_or_else(missing)?;
    let chunk = group.columns().get(leaf).ok_or_else(missing)?;
    let all = usize::try_from(group.num_rows()).unwrap_or_default();
    let pages = SerializedPageReader::new(Arc::clone(source), chunk, all, None)?;
    let column = metadata.parquet_schema().column(leaf);
    let can_be_null = column.max_def_level() > 0;
    let ColumnReader::FixedLenByteArrayColumnReader(mut reader) =
        get_column_reader(column, Box::new(pages))
    else {
        return Err(missing());
    };
    let all = [RowSelector::select(all)];
    let all = rows.is_none().then_some(&all);
    let chosen = rows.into_iter().flat_map(RowSelection::iter);
    // Of so many rows at a time: a number that is being decoded takes more than a number.
    let together = 1 << 14;
    let (mut levels, mut texts) = (Vec::new(), Vec::new());
    let mut numbers = SparseNumbers::default();
    let mut before = 0;
    for selector in all.into_iter().flatten().chain(chosen) {
        if selector.skip {
            reader.skip_records(selector.row_count)?;
            continue;
        }
        let mut left = selector.row_count;
        while left > 0 {
            levels.clear();
            texts.clear();
            let (read, ..) =
                reader.read_records(left.min(together), Some(&mut levels), None, &mut texts)?;
            if read == 0 {
                return Err(ParquetError::EOF(format!(
                    "{left} rows of a column are missing"
                )));
            }
            if !can_be_null {
                levels.resize(read, 1);
            }
            take(&levels, &texts, before, &mut numbers)?;
            before += read;
            left -= read;
        }
    }
    Ok(numbers)
}

/// Takes the texts of the rows whose level says that they have one; the first row is row `before`.
fn take(
    levels: &[i16],
    texts: &[FixedLenByteArray],
    before: usize,
    numbers: &mut SparseNumbers,
) -> Result<(), ParquetError> {
    const TOGETHER: usize = 16;
    let mut texts = texts.iter();
    for (block, levels) in levels.chunks(TOGETHER).enumerate() {
        // Most blocks have none.
        if levels.iter().fold(0, |any, level| any | level) == 0 {
            continue;
        }
        for (at, _) in levels.iter().enumerate().filter(|(_, level)| **level > 0) {
            let number = texts.next().and_then(|text| number(text.data()));
            let fault = || ParquetError::General("a number that is none".to_owned());
            numbers.push(before + block * TOGETHER + at, number.ok_or_else(fault)?);
        }
    }
    Ok(())
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
    use arrow::array::{Decimal128Array, StringArray};
    use arrow::datatypes::{Field, Schema};
    use parquet::arrow::ArrowWriter;
    use parquet::file::properties::WriterProperties;
    use proptest::prelude::*;

    use super::super::segment_reader::{read_segment, segment_metadata};
    use super::*;
    use crate::model::{AMOUNT_PRECISION, AMOUNT_SCALE};

    /// A file with a text column and numbers: some that may be missing, some that may not, short ones, and small ones, which
    /// are written as integers.
    fn write(path: &Path, numbers: &[Option<i128>], rows_of_group: usize, rows_of_page: usize) {
        let number = |name, precision, scale, null| {
            Field::new(name, DataType::Decimal128(precision, scale), null)
        };
        let schema = Arc::new(Schema::new(vec![
            Field::new("id", DataType::Utf8, false),
            number("paid", AMOUNT_PRECISION, AMOUNT_SCALE, true),
            number("required", AMOUNT_PRECISION, AMOUNT_SCALE, false),
            number("short", 25, 0, true),
            number("integer", 9, 0, true),
        ]));
        let small = |number: i128| number % 1_000_000_000;
        let decimals = |numbers: Vec<Option<i128>>, precision, scale| {
            let array = Decimal128Array::from(numbers).with_precision_and_scale(precision, scale);
            Arc::new(array.unwrap()) as ArrayRef
        };
        let all = || numbers.iter().copied();
        let ids: StringArray = (0..numbers.len()).map(|at| Some(at.to_string())).collect();
        let columns: Vec<ArrayRef> = vec![
            Arc::new(ids),
            decimals(all().collect(), AMOUNT_PRECISION, AMOUNT_SCALE),
            decimals(
                all().map(|number| number.or(Some(-1))).collect(),
                AMOUNT_PRECISION,
                AMOUNT_SCALE,
            ),
            decimals(all().map(|number| number.map(small)).collect(), 25, 0),
            decimals(all().map(|number| number.map(small)).collect(), 9, 0),
        ];
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns).unwrap();
        let properties = WriterProperties::builder()
            .set_max_row_group_row_count(Some(rows_of_group))
            .set_data_page_row_count_limit(rows_of_page)
            .set_write_batch_size(rows_of_page)
            .build();
        let file = std::fs::File::create(path).unwrap();
        let mut writer = ArrowWriter::try_new(file, schema, Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        /// Against the arrays that the library makes.
        #[test]
        fn numbers_are_those_of_the_array(
            numbers in proptest::collection::vec(
                prop_oneof![
                    3 => Just(None),
                    1 => (-10_i128.pow(37)..10_i128.pow(37)).prop_map(Some),
                    1 => (-300..300_i128).prop_map(Some),
                ],
                1..200,
            ),
            chosen in proptest::collection::vec(any::<bool>(), 200),
            (rows_of_group, rows_of_page) in (1..100_usize, 1..40_usize),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("numbers.parquet");
            write(&path, &numbers, rows_of_group, rows_of_page);
            let metadata = segment_metadata(&path).unwrap();
            for group in 0..metadata.metadata().num_row_groups() {
                let rows = metadata.metadata().row_group(group).num_rows();
                let some = chosen.iter().take(usize::try_from(rows).unwrap());
                let some = some.map(|chosen| Some(*chosen)).collect();
                let some = RowSelection::from_filters(&[some]);
                for rows in [None, Some(some)] {
                    let names = ["id", "paid", "required", "short", "integer"];
                    let wanted = read_segment(&path, &metadata, group, &names, rows.clone()).unwrap();
                    let wanted: Vec<RecordBatch> = wanted.map(Result::unwrap).collect();
                    let found = read_rows(&path, &metadata, group, |name| name != "none", rows).unwrap();
                    let Some(found) = found else {
                        prop_assert!(wanted.is_empty());
                        continue;
                    };
                    prop_assert_eq!(wanted.len(), 1);
                    prop_assert_eq!(found.columns.num_columns(), 1);
                    prop_assert_eq!(found.columns.column(0), wanted[0].column(0));
                    prop_assert_eq!(found.numbers.len(), 4);
                    for (name, numbers) in &found.numbers {
                        let array = wanted[0].column_by_name(name).unwrap();
                        prop_assert_eq!(numbers, &SparseNumbers::of_array(array));
                    }
                }
            }
        }
    }

    #[test]
    fn a_number_has_up_to_sixteen_bytes() {
        assert_eq!(number(&[]), None);
        assert_eq!(number(&[0xff]), Some(-1));
        assert_eq!(number(&[1, 0]), Some(256));
        assert_eq!(number(&i128::MIN.to_be_bytes()), Some(i128::MIN));
        assert_eq!(number(&[0; 17]), None);
    }
}
