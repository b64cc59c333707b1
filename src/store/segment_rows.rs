//! Rows of a segment for the fold.

use std::path::Path;
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::TimestampMicrosecondType;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, RowSelection};

use super::fetched::Fetched;
use super::schema::events;
use super::segment_reader::{batches, leaves};
use super::sparse::{self, SparseColumn};
use crate::error::{Error, Result};

/// Some rows of a row group.
#[derive(Clone, Debug, Default)]
pub struct GroupRows {
    /// How many there are.
    pub rows: usize,
    /// When each happened, in microseconds since the Unix epoch; empty where that was not asked for.
    pub at: ScalarBuffer<i64>,
    /// The other columns.
    pub columns: Vec<SparseColumn>,
}

impl GroupRows {
    /// A column; `None` where the segment has none of that name, or it was not asked for.
    pub fn column(&self, name: &str) -> Option<&SparseColumn> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// Reads the columns of a row group whose names are `wanted`, all rows or those of `rows`.
pub fn read_rows(
    path: &Path,
    metadata: &ArrowReaderMetadata,
    group: usize,
    wanted: impl Fn(&str) -> bool,
    rows: Option<RowSelection>,
) -> Result<GroupRows> {
    let fault = |cause: &dyn std::fmt::Display| Error::read(path, cause);
    let all = leaves(metadata, wanted);
    let fetched = Fetched::of(path, metadata, group, &all)?;
    let source = Arc::new(fetched.clone());
    let of_group = metadata.metadata().row_groups().get(group);
    let of_group = of_group.and_then(|group| usize::try_from(group.num_rows()).ok());
    let mut read = GroupRows {
        rows: match &rows {
            Some(rows) => rows.row_count(),
            None => of_group.unwrap_or(0),
        },
        ..GroupRows::default()
    };
    let mut others = Vec::new();
    for leaf in all {
        let column = sparse::read(&source, metadata, (group, leaf), rows.as_ref());
        match column.map_err(|cause| fault(&cause))? {
            Some(column) => read.columns.push(column),
            None => others.push(leaf),
        }
    }
    if others.is_empty() || read.rows == 0 {
        return Ok(read);
    }
    for batch in batches(path, metadata, (group, fetched), &others, rows)? {
        let batch = batch.map_err(|cause| fault(&cause))?;
        if batch.num_rows() != read.rows {
            return Err(Error::internal(
                "reading a row group",
                "it is more than one batch",
            ));
        }
        for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
            if field.name() == events::AT {
                let at = array.as_primitive_opt::<TimestampMicrosecondType>();
                let at = at.ok_or_else(|| Error::internal("reading times", "wrong type"))?;
                read.at = at.values().clone();
            } else {
                // What another program has written in its own way.
                let column = SparseColumn::of_array(field.name(), array);
                read.columns.push(column.map_err(|cause| fault(&cause))?);
            }
        }
    }
    Ok(read)
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, BooleanArray, Decimal128Array, RecordBatch, StringArray};
    use arrow::datatypes::{DataType, Field, Schema};
    use parquet::arrow::ArrowWriter;
    use parquet::file::properties::{WriterProperties, WriterVersion};
    use proptest::prelude::*;

    use super::super::segment_reader::segment_metadata;
    use super::super::sparse::SparseValues;
    use super::*;
    use crate::model::{AMOUNT_PRECISION, AMOUNT_SCALE};

    /// How a file is written.
    #[derive(Clone, Copy, Debug)]
    struct Written {
        rows_of_group: usize,
        rows_of_page: usize,
        /// In pages of the second version, which the store does not write.
        is_second: bool,
        has_dictionaries: bool,
        /// With so small ones that most texts are written without.
        has_small_dictionaries: bool,
    }

    /// Texts, truth values and numbers: some that may be missing, some that may not, short ones, and small ones, which are
    /// written as integers.
    fn columns(numbers: &[Option<i128>]) -> RecordBatch {
        let number = |name, precision, scale, null| {
            Field::new(name, DataType::Decimal128(precision, scale), null)
        };
        let schema = Arc::new(Schema::new(vec![
            Field::new("id", DataType::Utf8, false),
            Field::new("text", DataType::Utf8, true),
            Field::new("bool", DataType::Boolean, true),
            Field::new("always", DataType::Boolean, false),
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
        let texts = all().map(|number| Some((number? % 40).to_string()));
        let bools = || all().map(|number| number.map(|number| number % 3 == 0));
        let always = bools().map(|bool| Some(bool.unwrap_or(true)));
        let columns: Vec<ArrayRef> = vec![
            Arc::new(ids),
            Arc::new(texts.collect::<StringArray>()),
            Arc::new(bools().collect::<BooleanArray>()),
            Arc::new(always.collect::<BooleanArray>()),
            decimals(all().collect(), AMOUNT_PRECISION, AMOUNT_SCALE),
            decimals(
                all().map(|number| number.or(Some(-1))).collect(),
                AMOUNT_PRECISION,
                AMOUNT_SCALE,
            ),
            decimals(all().map(|number| number.map(small)).collect(), 25, 0),
            decimals(all().map(|number| number.map(small)).collect(), 9, 0),
        ];
        RecordBatch::try_new(schema, columns).unwrap()
    }

    fn write(path: &Path, batch: &RecordBatch, written: Written) {
        let version = if written.is_second {
            WriterVersion::PARQUET_2_0
        } else {
            WriterVersion::PARQUET_1_0
        };
        let properties = WriterProperties::builder()
            .set_writer_version(version)
            .set_dictionary_enabled(written.has_dictionaries)
            .set_dictionary_page_size_limit(if written.has_small_dictionaries {
                16
            } else {
                1 << 20
            })
            .set_max_row_group_row_count(Some(written.rows_of_group))
            .set_data_page_row_count_limit(written.rows_of_page)
            .set_write_batch_size(written.rows_of_page)
            .build();
        let file = std::fs::File::create(path).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
        writer.write(batch).unwrap();
        writer.close().unwrap();
    }

    /// The values of a column as texts, each with its row.
    fn shown(column: &SparseColumn) -> Vec<(u32, String)> {
        let values: Vec<String> = match &column.values {
            SparseValues::Texts(codes, texts) => {
                let codes = codes.iter();
                codes
                    .map(|code| texts.value(*code as usize).to_owned())
                    .collect()
            }
            SparseValues::Bools(bools) => bools.iter().map(bool::to_string).collect(),
            SparseValues::Numbers(numbers) => numbers.iter().map(i128::to_string).collect(),
        };
        assert_eq!(values.len(), column.rows.len(), "{}", column.name);
        column.rows.iter().copied().zip(values).collect()
    }

    /// What stands in a column in the row `at` of the file, made from its number.
    fn wanted(name: &str, at: usize, number: Option<i128>) -> Option<String> {
        let small = |number: i128| (number % 1_000_000_000).to_string();
        let is_third = |number: i128| number % 3 == 0;
        match name {
            "id" => Some(at.to_string()),
            "text" => number.map(|number| (number % 40).to_string()),
            "bool" => number.map(|number| is_third(number).to_string()),
            "always" => Some(number.is_none_or(is_third).to_string()),
            "paid" => number.map(|number| number.to_string()),
            "required" => Some(number.unwrap_or(-1).to_string()),
            _ => number.map(small),
        }
    }

    /// Whether a column is read without the library.
    fn is_read_here(path: &Path, name: &str, group: usize) -> bool {
        let metadata = segment_metadata(path).unwrap();
        let leaf = leaves(&metadata, |other| other == name);
        let source = Arc::new(Fetched::of(path, &metadata, group, &leaf).unwrap());
        let read = sparse::read(&source, &metadata, (group, leaf[0]), None);
        read.unwrap().is_some()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn values_are_those_that_were_written(
            numbers in proptest::collection::vec(
                (1..12_usize, prop_oneof![
                    3 => Just(None),
                    1 => (-10_i128.pow(37)..10_i128.pow(37)).prop_map(Some),
                    1 => (-300..300_i128).prop_map(Some),
                ]),
                1..200,
            ),
            chosen in proptest::collection::vec(any::<bool>(), 200),
            (rows_of_group, rows_of_page) in (1..300_usize, 1..100_usize),
            (is_second, has_dictionaries, has_small_dictionaries) in any::<(bool, bool, bool)>(),
        ) {
            let runs = numbers.into_iter();
            let numbers = runs.flat_map(|(length, number)| std::iter::repeat_n(number, length));
            let numbers: Vec<Option<i128>> = numbers.collect();
            let all = columns(&numbers);
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("numbers.parquet");
            let written = Written {
                rows_of_group,
                rows_of_page,
                is_second,
                has_dictionaries,
                has_small_dictionaries,
            };
            write(&path, &all, written);
            let metadata = segment_metadata(&path).unwrap();
            let mut before = 0;
            for group in 0..metadata.metadata().num_row_groups() {
                if !is_second {
                    prop_assert!(is_read_here(&path, "bool", group));
                    prop_assert!(is_read_here(&path, "required", group) || has_dictionaries);
                    prop_assert!(is_read_here(&path, "text", group) || !has_dictionaries || has_small_dictionaries);
                }
                let rows = metadata.metadata().row_group(group).num_rows();
                let rows = usize::try_from(rows).unwrap();
                let some: Vec<bool> = chosen.iter().cycle().take(rows).copied().collect();
                let filter = some.iter().map(|chosen| Some(*chosen)).collect();
                let filter = RowSelection::from_filters(&[filter]);
                for (rows, some) in [(None, vec![true; rows]), (Some(filter), some)] {
                    let found = read_rows(&path, &metadata, group, |_| true, rows).unwrap();
                    let own = some.iter().zip(before..).filter(|(chosen, _)| **chosen);
                    let own: Vec<usize> = own.map(|(_, at)| at).collect();
                    prop_assert_eq!(found.rows, own.len());
                    for field in all.schema().fields().iter().filter(|_| !own.is_empty()) {
                        let name = field.name();
                        let values = (0..).zip(&own).filter_map(|(row, at)| {
                            Some((row, wanted(name, *at, numbers[*at])?))
                        });
                        let values: Vec<(u32, String)> = values.collect();
                        prop_assert_eq!(shown(found.column(name).unwrap()), values, "{}", name);
                    }
                }
                before += rows;
            }
        }
    }
}
