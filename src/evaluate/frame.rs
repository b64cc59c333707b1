//! Clearances for polars: conditions and SQL see them as one data frame.

use std::collections::BTreeSet;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, PrimitiveArray};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{DataType, Decimal128Type, Int32Type, Int64Type, TimestampMicrosecondType};
use polars::prelude::{
    Column, DataFrame, Int64Chunked, Int128Chunked, IntoSeries, NamedFrom, NewChunkedArray, Series,
    TimeUnit,
};

use super::numbers::{Number, Numbers, PerRow};
use crate::catalogue::{AMOUNT_LIKE, clearance_columns};
use crate::error::{Error, Result};
use crate::fold::Clearances;
use crate::model::{
    AMOUNT_PRECISION, AMOUNT_SCALE, AMOUNTS, ATTRIBUTES, AttributeType, attribute_type,
};

/// What kind of values a column of `clearances` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Bool,
    Amount,
    Time,
    /// A count: where the log has none of a milestone, it happened zero times.
    Count,
    Integer,
}

pub(super) fn kind(name: &str) -> Kind {
    let standard = ATTRIBUTES.iter().any(|(attribute, _)| *attribute == name);
    if AMOUNTS.contains(&name)
        || AMOUNT_LIKE.contains(&name)
        || ["audit_assessed", "customs_value_first"].contains(&name)
    {
        Kind::Amount
    } else if ["inspection_finding", "audit_finding"].contains(&name) {
        Kind::Bool
    } else if standard {
        match attribute_type(name) {
            AttributeType::Text => Kind::Text,
            AttributeType::Bool => Kind::Bool,
            AttributeType::Number => Kind::Amount,
        }
    } else if name.ends_with("_at") {
        Kind::Time
    } else if name.ends_with("_count") {
        Kind::Count
    } else if name.ends_with("_us") {
        Kind::Integer
    } else {
        Kind::Text
    }
}

/// The named columns as a data frame. Times are UTC without a zone, in microseconds; a column that
/// the log has no value for is null (a count is zero).
pub(super) fn frame<'n>(
    clearances: &Clearances,
    names: impl IntoIterator<Item = &'n str>,
) -> Result<DataFrame> {
    let columns: Vec<Column> = names
        .into_iter()
        .map(|name| series(clearances, name).map(Column::from))
        .collect::<Result<_>>()?;
    clearances.check()?;
    DataFrame::new(clearances.len(), columns)
        .map_err(|cause| Error::internal("building the clearances frame", cause))
}

/// The columns of `clearances` by its contract that are `wanted`, in table order; `own` are attributes
/// beyond the standard ones. The declaration's number is always there.
pub fn full_frame(
    clearances: &Clearances,
    own: &BTreeSet<String>,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<DataFrame> {
    let names = clearance_columns(own);
    let names = names.iter().map(String::as_str);
    frame(
        clearances,
        names.filter(|name| *name == "declaration_id" || wanted(name)),
    )
}

fn series(clearances: &Clearances, name: &str) -> Result<Series> {
    Ok(match kind(name) {
        Kind::Text => Series::new(name.into(), texts(clearances, name)),
        Kind::Bool => Series::new(name.into(), bools(clearances, name)),
        Kind::Amount => decimals(name, amounts(clearances, name).iter())?,
        Kind::Count => {
            let counts = integers(clearances, name);
            let counts = counts.iter().map(Option::unwrap_or_default).collect();
            Int64Chunked::from_vec(name.into(), counts).into_series()
        }
        Kind::Time | Kind::Integer => whole_numbers(name, &integers(clearances, name)),
    })
}

/// A column of times, by its name, or of stretches of time or counts.
pub(super) fn whole_numbers(name: &str, values: &Numbers<i64>) -> Series {
    let values = Int64Chunked::from_iter_options(name.into(), values.iter());
    if name.ends_with("_at") {
        let times = values.into_datetime(TimeUnit::Microseconds, None);
        times.into_series()
    } else {
        values.into_series()
    }
}

/// A column of amounts in millionths.
pub(super) fn decimals(name: &str, values: impl Iterator<Item = Option<i128>>) -> Result<Series> {
    let decimals = Int128Chunked::from_iter_options(name.into(), values).into_decimal(
        usize::from(AMOUNT_PRECISION),
        usize::from(AMOUNT_SCALE.unsigned_abs()),
    );
    decimals
        .map(IntoSeries::into_series)
        .map_err(|cause| Error::internal(&format!("reading column `{name}`"), cause))
}

/// What `read` makes of the arrays of a column, range by range; a range without it has no values.
fn each_range<A, C: PerRow>(
    clearances: &Clearances,
    arrays: Vec<Option<A>>,
    read: impl Fn(A, &mut C),
) -> C {
    let ranges = clearances.ranges().iter();
    each_table(ranges.map(|range| range.clearances.rows()), arrays, read)
}

/// The same of any tables, whose numbers of rows are given.
pub(super) fn each_table<A, C: PerRow>(
    rows: impl Iterator<Item = usize> + Clone,
    arrays: impl IntoIterator<Item = Option<A>>,
    read: impl Fn(A, &mut C),
) -> C {
    let mut values = C::with_room(rows.clone().sum());
    let mut end = 0;
    for (rows, array) in rows.zip(arrays) {
        end += rows;
        if let Some(array) = array {
            read(array, &mut values);
        }
        values.fill_to(end);
    }
    values
}

/// What `read` makes of a column of other values than texts: these are copied, and nobody needs the arrays behind that.
fn copied<C: PerRow>(clearances: &Clearances, name: &str, read: impl Fn(&ArrayRef, &mut C)) -> C {
    let arrays = clearances.passing(name);
    each_range(clearances, arrays, |array, values| read(&array, values))
}

/// Adds the values of an array of texts.
pub(super) fn read_texts<'c>(array: &'c ArrayRef, values: &mut Vec<Option<&'c str>>) {
    if let Some(column) = array.as_dictionary_opt::<Int32Type>() {
        if let Some(texts) = column.values().as_string_opt::<i32>() {
            let keys = column.keys().iter();
            values.extend(keys.map(|key| {
                let key = key.and_then(|key| usize::try_from(key).ok());
                key.map(|key| texts.value(key))
            }));
        }
    } else if let Some(texts) = array.as_string_opt::<i32>() {
        values.extend(texts.iter());
    }
}

/// For each row what `code` makes of its text in a column, which is asked once in a range for each text that some row has.
pub(super) fn text_codes<'c>(
    clearances: &'c Clearances,
    name: &str,
    mut code: impl FnMut(Option<&'c str>) -> u32,
) -> Vec<u32> {
    let mut codes = Vec::with_capacity(clearances.len());
    for (range, column) in clearances.ranges().iter().zip(clearances.column(name)) {
        let end = codes.len() + range.clearances.rows();
        if let Some(column) = column {
            each_text(column, &mut code, &mut codes);
        }
        if codes.len() < end {
            codes.resize(end, code(None));
        }
    }
    codes
}

/// Adds for each row of an array of texts what `code` makes of its text, which is asked once for each text of a
/// dictionary that some row has.
fn each_text<'c>(
    array: &'c ArrayRef,
    mut code: impl FnMut(Option<&'c str>) -> u32,
    codes: &mut Vec<u32>,
) {
    let Some(column) = array.as_dictionary_opt::<Int32Type>() else {
        let mut texts = Vec::with_capacity(array.len());
        read_texts(array, &mut texts);
        codes.extend(texts.into_iter().map(code));
        return;
    };
    let Some(texts) = column.values().as_string_opt::<i32>() else {
        return;
    };
    // The last one is that of no text.
    let mut known: Vec<Option<u32>> = vec![None; texts.len() + 1];
    codes.extend(column.keys().iter().map(|key| {
        let key = key.and_then(|key| usize::try_from(key).ok());
        let Some(slot) = known.get_mut(key.unwrap_or(texts.len())) else {
            return code(None);
        };
        *slot.get_or_insert_with(|| code(key.map(|key| texts.value(key))))
    }));
}

/// Adds the values of an array of truth values.
pub(super) fn read_bools(array: &ArrayRef, values: &mut Vec<Option<bool>>) {
    if let Some(bools) = array.as_boolean_opt() {
        values.extend(bools.iter());
    }
}

/// Adds the values of an array of numbers. `of` is also given what stands where a number is missing: it must not fail on any.
fn read_numbers<A: ArrowPrimitiveType, N: Number>(
    array: &PrimitiveArray<A>,
    of: impl Fn(A::Native) -> N,
    values: &mut Numbers<N>,
) {
    let numbers = array.values().iter().map(|number| of(*number));
    let missing = array.nulls().map(|nulls| !nulls.inner());
    let missing = missing.iter().flat_map(BooleanBuffer::set_indices);
    values.extend(numbers, missing);
}

/// Adds the values of an array of amounts.
pub(super) fn read_amounts(array: &ArrayRef, values: &mut Numbers<i128>) {
    if let Some(amounts) = array.as_primitive_opt::<Decimal128Type>() {
        read_numbers(amounts, |amount| amount, values);
    }
}

/// A column of texts.
pub(super) fn texts<'c>(clearances: &'c Clearances, name: &str) -> Vec<Option<&'c str>> {
    each_range(clearances, clearances.column(name), read_texts)
}

/// A column of truth values.
pub(super) fn bools(clearances: &Clearances, name: &str) -> Vec<Option<bool>> {
    copied(clearances, name, read_bools)
}

/// A column of amounts in millionths.
pub(super) fn amounts(clearances: &Clearances, name: &str) -> Numbers<i128> {
    copied(clearances, name, read_amounts)
}

/// Adds the values of an array of times.
pub(super) fn read_times(array: &ArrayRef, values: &mut Numbers<i64>) {
    if let Some(times) = array.as_primitive_opt::<TimestampMicrosecondType>() {
        read_numbers(times, |time| time, values);
    }
}

/// Adds the values of an array of times, stretches of time or counts.
pub(super) fn read_integers(array: &ArrayRef, values: &mut Numbers<i64>) {
    match array.data_type() {
        DataType::Timestamp(..) => read_times(array, values),
        DataType::Int32 => {
            if let Some(counts) = array.as_primitive_opt::<Int32Type>() {
                read_numbers(counts, i64::from, values);
            }
        }
        _ => {
            if let Some(integers) = array.as_primitive_opt::<Int64Type>() {
                read_numbers(integers, |integer| integer, values);
            }
        }
    }
}

/// A column of times or counts.
pub(super) fn integers(clearances: &Clearances, name: &str) -> Numbers<i64> {
    copied(clearances, name, read_integers)
}

/// Whether a column has members: texts other than the declaration's number, and truth values.
pub(super) fn is_dimension(name: &str) -> bool {
    matches!(kind(name), Kind::Text | Kind::Bool)
        && !["declaration_id", "payment", "crossing_number"].contains(&name)
}

/// Whether a dimension is a truth value.
pub(super) fn is_bool(name: &str) -> bool {
    kind(name) == Kind::Bool
}
