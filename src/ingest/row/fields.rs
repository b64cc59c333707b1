//! What a mapped field of a row says: as text, as number.

use std::borrow::Cow;
use std::cell::Cell;

use rust_decimal::Decimal;

use super::super::number::decimal_to_millionths;
use super::super::number_format::{Number, NumberFormat};
use super::super::reject::Reason;
use super::super::trim::trimmed;
use super::Row;
use crate::project::{Expression, Fields, RowFault, Value};

/// A column's position, or what stands in for it.
#[derive(Clone, Debug)]
pub(super) enum Field {
    At(usize),
    Expression(Expression, Vec<usize>),
    Constant(String),
}

/// A row as an expression sees it: some of its columns, numbers as its source writes them.
pub(super) struct RowFields<'r, R> {
    row: &'r R,
    at: &'r [usize],
    numbers: &'r NumberFormat,
    /// The currency that the numbers read so far name.
    currency: Cell<Option<&'r str>>,
}

impl<'r, R: Row> RowFields<'r, R> {
    pub(super) fn new(row: &'r R, at: &'r [usize], numbers: &'r NumberFormat) -> Self {
        Self {
            row,
            at,
            numbers,
            currency: Cell::new(None),
        }
    }
}

impl<'r, R: Row> Fields<'r> for RowFields<'r, R> {
    fn text(&self, column: usize) -> &'r str {
        let at = self.at.get(column);
        at.map_or("", |at| self.row.field(*at).trim())
    }

    fn number(&self, text: &str) -> Result<Decimal, Reason> {
        let read = self.numbers.decimal(text)?;
        match (self.currency.get(), read.currency) {
            (Some(one), Some(other)) if one != other => return Err(Reason::CurrencyMismatch),
            (None, found) => self.currency.set(found),
            _ => {}
        }
        Ok(read.value)
    }
}

/// The text of a field; the error is that of an expression.
pub(super) fn text_of<'r>(
    field: &'r Field,
    row: &'r impl Row,
    numbers: &'r NumberFormat,
) -> Result<Cow<'r, str>, RowFault> {
    Ok(match field {
        Field::At(at) => Cow::Borrowed(trimmed(row.field(*at))),
        Field::Constant(value) => Cow::Borrowed(value.as_str()),
        Field::Expression(expression, at) => {
            match expression.evaluate(&RowFields::new(row, at, numbers))? {
                Value::Null => Cow::Borrowed(""),
                Value::Text(text) => text,
                Value::Number(number) => Cow::Owned(number.normalize().to_string()),
                Value::Bool(bool) => Cow::Borrowed(if bool { "true" } else { "false" }),
            }
        }
    })
}

/// The text of a computed column: a number as the source writes its own, so that it is read back.
pub(super) fn computed_text(
    expression: &Expression,
    at: &[usize],
    row: &impl Row,
    numbers: &NumberFormat,
) -> Result<String, RowFault> {
    Ok(
        match expression.evaluate(&RowFields::new(row, at, numbers))? {
            Value::Null => String::new(),
            Value::Text(text) => text.into_owned(),
            Value::Number(number) => numbers.print(number),
            Value::Bool(bool) => bool.to_string(),
        },
    )
}

impl Field {
    /// Whether it is a column that is empty in a row.
    pub(super) fn is_empty(&self, row: &impl Row) -> bool {
        matches!(self, Self::At(at) if row.is_empty(*at))
    }

    /// The number of a field in millionths, with the currency that stands beside it; `None` when
    /// it is empty.
    pub(super) fn number<'r>(
        &'r self,
        row: &'r impl Row,
        numbers: &'r NumberFormat,
    ) -> Result<Option<Number<'r, i128>>, RowFault> {
        let read = |text: &str| {
            let read = numbers.millionths(text);
            read.map(Some).map_err(|reason| RowFault {
                value: text.to_owned(),
                reason,
            })
        };
        match self {
            Self::At(at) => match trimmed(row.field(*at)) {
                "" => Ok(None),
                text => read(text),
            },
            // Checked when the mapping was loaded: a plain decimal.
            Self::Constant(text) => {
                let value = super::super::number::parse_millionths(text);
                Ok(value.map(|value| Number {
                    value,
                    currency: None,
                }))
            }
            Self::Expression(expression, at) => {
                let fields = RowFields::new(row, at, numbers);
                match expression.evaluate(&fields)? {
                    Value::Null => Ok(None),
                    Value::Number(number) => {
                        let value = decimal_to_millionths(number).ok_or_else(|| RowFault {
                            value: number.to_string(),
                            reason: Reason::NumberTooLarge,
                        })?;
                        Ok(Some(Number {
                            value,
                            currency: fields.currency.get(),
                        }))
                    }
                    Value::Text(text) => read(&text),
                    Value::Bool(bool) => Err(RowFault {
                        value: bool.to_string(),
                        reason: Reason::BadNumber,
                    }),
                }
            }
        }
    }
}
