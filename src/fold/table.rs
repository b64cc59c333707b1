//! The folded table.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, DictionaryArray, Int32Array,
    Int64Array, RecordBatch, RecordBatchOptions, StringArray, TimestampMicrosecondArray,
    UInt32Array,
};
use arrow::buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};
use arrow::datatypes::{ArrowNativeType, Field, Int32Type, Schema, UInt32Type};
use rayon::prelude::*;

use super::columns::{Failure, Table};
use crate::error::{Error, Result};
use crate::model::{AMOUNT_PRECISION, AMOUNT_SCALE, Texts};
use crate::store::RangeTables;

/// The clearances of one range of declaration numbers, sorted by number.
#[derive(Debug, Default)]
pub struct FoldedRange {
    /// One row per declaration. Columns that no declaration of the range has a value for are left
    /// out.
    pub clearances: Table,
    /// Payments, by declaration and time: `payment_at`, `payment` and what their events say of them.
    pub payments: Table,
    /// Crossings of borders, by declaration and entry.
    pub crossings: Table,
    /// Lines of declarations, where an event of the range names an item, by declaration and item:
    /// `item`, and every attribute and amount that an event states of it. An attribute that only the
    /// whole declaration states is that of each of its lines; an amount that is stated of the whole
    /// alone is a line of its own, without an item, so that lines add up to it.
    pub items: Option<Table>,
}

/// The column of a table of parts that holds the row of each part's declaration in `clearances`.
pub(super) const PARENT: &str = "row";

impl FoldedRange {
    /// The table of payments.
    pub const fn payments(&self) -> &Table {
        &self.payments
    }

    /// The table of crossings.
    pub const fn crossings(&self) -> &Table {
        &self.crossings
    }

    /// The table of lines: in a range without any each declaration is one.
    pub fn lines(&self) -> &Table {
        self.items.as_ref().unwrap_or(&self.clearances)
    }

    /// The same tables, without what has been read of them.
    fn unread(&self) -> Self {
        Self {
            clearances: self.clearances.unread(),
            payments: self.payments.unread(),
            crossings: self.crossings.unread(),
            items: self.items.as_ref().map(Table::unread),
        }
    }

    /// Tables in memory.
    pub(super) fn here(tables: &RangeTables) -> Self {
        let [payments, crossings, items] = &tables.parts;
        let table = |batch: &Option<RecordBatch>| batch.as_ref().map(Table::here);
        Self {
            clearances: Table::here(&tables.clearances),
            payments: table(payments).unwrap_or_default(),
            crossings: table(crossings).unwrap_or_default(),
            items: table(items),
        }
    }
}

impl Table {
    /// For a table of parts: the row of each part's declaration in `clearances`.
    pub fn parents(&self) -> impl Iterator<Item = u32> {
        let parents = self
            .column(PARENT)
            .and_then(|rows| rows.as_primitive_opt::<UInt32Type>());
        let parents = parents.into_iter().flat_map(|rows| rows.values().iter());
        parents.copied()
    }
}

/// All clearances, sorted by declaration number.
#[derive(Debug, Default)]
pub struct Clearances {
    ranges: Vec<FoldedRange>,
    /// How many declarations of the log come before these.
    before: usize,
    after_freeze: u64,
    failure: Failure,
}

impl Clearances {
    pub(super) fn new(ranges: Vec<FoldedRange>, after_freeze: u64, failure: Failure) -> Self {
        Self {
            ranges: ranges
                .into_iter()
                .filter(|range| range.clearances.rows() > 0)
                .collect(),
            before: 0,
            after_freeze,
            failure,
        }
    }

    /// The clearances of some adjoining ranges, by their positions. Of those in the store no column has been
    /// read yet; what is read of a piece is freed with it.
    #[must_use]
    pub fn piece(&self, ranges: Range<usize>) -> Self {
        let rows = |range: &FoldedRange| range.clearances.rows();
        let earlier = self.ranges.iter().take(ranges.start);
        Self {
            before: self.before + earlier.map(rows).sum::<usize>(),
            ranges: self
                .ranges
                .get(ranges)
                .unwrap_or_default()
                .iter()
                .map(FoldedRange::unread)
                .collect(),
            after_freeze: 0,
            failure: Arc::clone(&self.failure),
        }
    }

    /// How many declarations of the log come before these: none, but for a piece.
    pub fn before(&self) -> usize {
        self.before
    }

    /// The ranges, in the order of declaration numbers.
    pub fn ranges(&self) -> &[FoldedRange] {
        &self.ranges
    }

    /// How many declarations.
    pub fn len(&self) -> usize {
        self.ranges
            .iter()
            .map(|range| range.clearances.rows())
            .sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// How many events lie after the freeze time.
    pub fn after_freeze(&self) -> u64 {
        self.after_freeze
    }

    /// Names of the columns for which at least one declaration has a value.
    pub fn column_names(&self) -> BTreeSet<String> {
        let tables = self.ranges.iter().map(|range| &range.clearances);
        tables
            .flat_map(|table| table.names().map(str::to_owned))
            .collect()
    }

    /// A column, one array per range; `None` where no declaration of the range has a value. Columns are
    /// read from the store when they are first asked for, all ranges side by side.
    pub fn column(&self, name: &str) -> Vec<Option<&ArrayRef>> {
        self.ranges
            .par_iter()
            .map(|range| range.clearances.column(name))
            .collect()
    }

    /// As [`Clearances::column`], for one who makes something else of the arrays: they are not kept.
    pub fn passing(&self, name: &str) -> Vec<Option<ArrayRef>> {
        self.ranges
            .par_iter()
            .map(|range| range.clearances.passing(name))
            .collect()
    }

    /// Fails if a column could not be read: figures that rest on it are not to be believed.
    pub fn check(&self) -> Result<()> {
        match self.failure.get() {
            None => Ok(()),
            Some(error) => Err(Error::input_with_hint(
                error.to_string(),
                "the folded tables are made from the events: remove the folder `store/folded` and run again",
            )),
        }
    }
}

/// Some texts with codes in their order.
pub(super) fn texts_of<const N: usize>(texts: [&str; N]) -> Texts {
    let mut all = Texts::default();
    for text in texts {
        all.code(text);
    }
    all
}

/// A number for each row, zero where there is none, and which rows have one. The library's own way from such a list
/// appends value by value and bit by bit, which for a hundred columns was a twentieth of a fold.
fn nullable<T: ArrowNativeType>(values: &[Option<T>]) -> (ScalarBuffer<T>, Option<NullBuffer>) {
    let numbers = values.iter().map(|value| value.unwrap_or_default());
    let numbers: Vec<T> = numbers.collect();
    (numbers.into(), nulls(values))
}

/// Which rows have a value; `None` where all have.
fn nulls<T>(values: &[Option<T>]) -> Option<NullBuffer> {
    let there = BooleanBuffer::collect_bool(values.len(), |row| {
        values.get(row).is_some_and(Option::is_some)
    });
    Some(NullBuffer::new(there)).filter(|nulls| nulls.null_count() > 0)
}

/// Columns of a table that is being built.
#[derive(Default)]
pub(super) struct Columns {
    fields: Vec<Field>,
    arrays: Vec<ArrayRef>,
}

impl Columns {
    /// Adds a column, unless it is null in every row.
    pub(super) fn push(&mut self, name: &str, array: ArrayRef) {
        if array.null_count() < array.len() {
            self.fields
                .push(Field::new(name, array.data_type().clone(), true));
            self.arrays.push(array);
        }
    }

    pub(super) fn push_times(&mut self, name: &str, times: &[Option<i64>]) {
        let (times, nulls) = nullable(times);
        let times = TimestampMicrosecondArray::new(times, nulls);
        self.push(name, Arc::new(times.with_timezone("UTC")));
    }

    pub(super) fn push_integers(&mut self, name: &str, integers: &[Option<i64>]) {
        let (integers, nulls) = nullable(integers);
        self.push(name, Arc::new(Int64Array::new(integers, nulls)));
    }

    pub(super) fn push_bools(&mut self, name: &str, bools: &[Option<bool>]) {
        let values = BooleanBuffer::collect_bool(bools.len(), |row| {
            bools.get(row).copied().flatten().unwrap_or_default()
        });
        self.push(name, Arc::new(BooleanArray::new(values, nulls(bools))));
    }

    pub(super) fn push_numbers(&mut self, name: &str, numbers: &[Option<i128>]) -> Result<()> {
        let (numbers, nulls) = nullable(numbers);
        let array = Decimal128Array::new(numbers, nulls)
            .with_precision_and_scale(AMOUNT_PRECISION, AMOUNT_SCALE)
            .map_err(|cause| Error::internal("building an amount column", cause))?;
        self.push(name, Arc::new(array));
        Ok(())
    }

    /// The rows of the declarations that the parts of this table belong to.
    pub(super) fn push_parents(&mut self, parents: Vec<u32>) {
        self.push(PARENT, Arc::new(UInt32Array::from(parents)));
    }

    /// Texts as a sorted dictionary of those that some row has, so that equal tables have equal bytes.
    pub(super) fn push_texts(
        &mut self,
        name: &str,
        codes: &[Option<u32>],
        texts: &Texts,
    ) -> Result<()> {
        let mut order = texts.sorted();
        let mut is_there = vec![false; order.len()];
        for code in codes.iter().flatten() {
            if let Some(slot) = is_there.get_mut(*code as usize) {
                *slot = true;
            }
        }
        let mut ranks = vec![0_i32; order.len()];
        order.retain(|code| is_there.get(*code as usize) == Some(&true));
        for (rank, code) in (0_i32..).zip(&order) {
            if let Some(slot) = ranks.get_mut(*code as usize) {
                *slot = rank;
            }
        }
        let rank = |code: &Option<u32>| ranks.get((*code)? as usize).copied();
        let keys: Vec<Option<i32>> = codes.iter().map(rank).collect();
        let (keys, nulls) = nullable(&keys);
        let keys = Int32Array::new(keys, nulls);
        let values = order.iter().map(|code| texts.value(*code));
        let values: StringArray = values.collect();
        let array = DictionaryArray::<Int32Type>::try_new(keys, Arc::new(values))
            .map_err(|cause| Error::internal("building a text column", cause))?;
        self.push(name, Arc::new(array));
        Ok(())
    }

    /// The table; it may have rows without having a column.
    pub(super) fn table(self, rows: usize) -> Result<RecordBatch> {
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(self.fields)), self.arrays, &options)
            .map_err(|cause| Error::internal("building a folded table", cause))
    }
}
