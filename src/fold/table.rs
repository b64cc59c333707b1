//! The folded table.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, Decimal128Array, DictionaryArray, Int32Array, RecordBatch, RecordBatchOptions,
    StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{Field, Int32Type, Schema};

use super::Interner;
use super::finish::Payment;
use super::walk::Crossing;
use crate::error::{Error, Result};
use crate::model::{AMOUNT_PRECISION, AMOUNT_SCALE};

/// The clearances of one range of declaration numbers, sorted by number.
#[derive(Debug)]
pub struct FoldedRange {
    /// One row per declaration. Columns that no declaration of the range has a value for are left
    /// out.
    pub clearances: RecordBatch,
    /// Payments, by declaration and time.
    pub payments: Vec<Payment>,
    /// Texts of [`Payment::tax_kind`].
    pub tax_kinds: Vec<String>,
    /// Crossings of borders, by declaration and entry.
    pub crossings: Vec<Crossing>,
    /// Texts of [`Crossing::bcp`].
    pub bcps: Vec<String>,
    /// Lines of declarations, where an event of the range names an item.
    pub items: Option<FoldedItems>,
    /// Events after the freeze time, which were left out.
    pub after_freeze: u64,
}

/// The lines of the declarations of a range, by declaration and item.
#[derive(Debug)]
pub struct FoldedItems {
    /// The row of each line's declaration in `clearances`.
    pub parents: Vec<u32>,
    /// One row per line: `item`, and every attribute and amount that an event states of it. An
    /// attribute that only the whole declaration states is that of each of its lines; an amount that is
    /// stated of the whole alone is a line of its own, without an item, so that lines add up to it.
    pub columns: RecordBatch,
}

/// All clearances, sorted by declaration number.
#[derive(Debug, Default)]
pub struct Clearances {
    ranges: Vec<FoldedRange>,
    after_freeze: u64,
}

impl Clearances {
    pub(super) fn new(ranges: Vec<FoldedRange>) -> Self {
        // Counted before empty ranges are dropped: all events of one may lie after the freeze time.
        let after_freeze = ranges.iter().map(|range| range.after_freeze).sum();
        Self {
            ranges: ranges
                .into_iter()
                .filter(|range| range.clearances.num_rows() > 0)
                .collect(),
            after_freeze,
        }
    }

    /// The ranges, in the order of declaration numbers.
    pub fn ranges(&self) -> &[FoldedRange] {
        &self.ranges
    }

    /// How many declarations.
    pub fn len(&self) -> usize {
        self.ranges
            .iter()
            .map(|range| range.clearances.num_rows())
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
        let schemas = self.ranges.iter().map(|range| range.clearances.schema());
        schemas
            .flat_map(|schema| {
                schema
                    .fields()
                    .iter()
                    .map(|f| f.name().clone())
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    /// A column, one array per range; `None` where no declaration of the range has a value.
    pub fn column(&self, name: &str) -> Vec<Option<&ArrayRef>> {
        self.ranges
            .iter()
            .map(|range| range.clearances.column_by_name(name))
            .collect()
    }
}

impl Interner {
    pub(super) fn of<const N: usize>(texts: [&str; N]) -> Self {
        let mut interner = Self::default();
        for text in texts {
            interner.code(text);
        }
        interner
    }
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

    pub(super) fn push_times(&mut self, name: &str, times: Vec<Option<i64>>) {
        self.push(
            name,
            Arc::new(TimestampMicrosecondArray::from(times).with_timezone("UTC")),
        );
    }

    pub(super) fn push_numbers(&mut self, name: &str, numbers: Vec<Option<i128>>) -> Result<()> {
        let array = Decimal128Array::from(numbers)
            .with_precision_and_scale(AMOUNT_PRECISION, AMOUNT_SCALE)
            .map_err(|cause| Error::internal("building an amount column", cause))?;
        self.push(name, Arc::new(array));
        Ok(())
    }

    /// Texts as a sorted dictionary, so that equal tables have equal bytes.
    pub(super) fn push_texts(
        &mut self,
        name: &str,
        codes: &[Option<u32>],
        interner: &Interner,
    ) -> Result<()> {
        let mut order: Vec<usize> = (0..interner.values.len()).collect();
        order.sort_unstable_by(|a, b| interner.values.get(*a).cmp(&interner.values.get(*b)));
        let mut ranks = vec![0_i32; order.len()];
        for (rank, code) in (0_i32..).zip(&order) {
            if let Some(slot) = ranks.get_mut(*code) {
                *slot = rank;
            }
        }
        let keys: Int32Array = codes
            .iter()
            .map(|code| code.and_then(|code| ranks.get(code as usize).copied()))
            .collect();
        let values = order.iter().filter_map(|code| interner.values.get(*code));
        let values: StringArray = values.map(|text| Some(text.as_str())).collect();
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
