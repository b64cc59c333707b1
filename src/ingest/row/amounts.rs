//! Amounts of a row, in the project's currency.

use rust_decimal::Decimal;

use super::super::columns::EventColumns;
use super::super::number::{decimal_to_millionths, millionths_to_decimal};
use super::super::number_format::Number;
use super::super::reject::Reason;
use super::super::time::civil_date;
use super::super::trim::trimmed;
use super::fields::Field;
use super::{Refusal, Row, RowReader, refuse};
use crate::project::RowFault;

/// The currency that the row's own column names.
#[derive(Clone, Copy)]
enum RowCurrency<'r> {
    /// The project's, or there is no such column.
    Project,
    /// Another one, with its rate on the day of the row's event.
    Foreign(&'r str, Decimal),
    /// The column is empty.
    Missing,
}

impl RowReader<'_> {
    /// Adds the row's amounts to its details, converted as of the time of its first event.
    pub(super) fn push_amounts(
        &mut self,
        row: &impl Row,
        events: &mut EventColumns,
        (detail, at_us): (u32, i64),
    ) -> Result<(), Refusal> {
        let currency = self.row_currency(row, at_us)?;
        self.converted = matches!(currency, RowCurrency::Foreign(..));
        let mapped = self.mapping.amounts.iter().zip(&self.amounts);
        for ((mapping, field), column) in mapped.zip(&mut events.amounts) {
            if field.is_empty(row) {
                self.said.amount(None);
                continue;
            }
            let read = field.number(row, &self.mapping.numbers);
            self.converted |= matches!(
                &read,
                Ok(Some(Number {
                    currency: Some(_),
                    ..
                }))
            );
            let value = read.and_then(|read| {
                let value = read.map(|read| self.in_project_currency(read, currency, at_us));
                value.transpose()
            });
            match value {
                Ok(Some(value)) => {
                    self.said.amount(Some(value));
                    column.values.push((detail, value));
                }
                Ok(None) => self.said.amount(None),
                Err(RowFault { value, reason }) => {
                    let column = match field {
                        _ if reason == Reason::MissingCurrency => self.currency_column(),
                        Field::At(at) => self.header.get(*at).map_or("", String::as_str),
                        _ => &mapping.name,
                    };
                    return refuse(reason, column, &value);
                }
            }
        }
        Ok(())
    }

    fn currency_column(&self) -> &str {
        let column = self.mapping.columns.currency.as_deref();
        column.unwrap_or_default()
    }

    fn row_currency<'r>(&self, row: &'r impl Row, at_us: i64) -> Result<RowCurrency<'r>, Refusal> {
        let Some(column) = self.currency else {
            return Ok(RowCurrency::Project);
        };
        let currency = trimmed(row.field(column));
        if currency.is_empty() {
            return Ok(RowCurrency::Missing);
        }
        if currency == self.limits.currency {
            return Ok(RowCurrency::Project);
        }
        match self.rate(currency, at_us) {
            Some(rate) => Ok(RowCurrency::Foreign(currency, rate)),
            None => refuse(Reason::UnknownCurrency, self.currency_column(), currency),
        }
    }

    fn rate(&self, currency: &str, at_us: i64) -> Option<Decimal> {
        let date = civil_date(at_us, self.limits.zone)?;
        self.limits.rates.rate(currency, date)
    }

    /// An amount's own currency counts where the row names none; the two must agree.
    fn in_project_currency(
        &self,
        read: Number<'_, i128>,
        row: RowCurrency<'_>,
        at_us: i64,
    ) -> Result<i128, RowFault> {
        let fault = |reason, value: String| Err(RowFault { value, reason });
        let rate = match (read.currency, row) {
            (None, RowCurrency::Project) => return Ok(read.value),
            (None, RowCurrency::Missing) => return fault(Reason::MissingCurrency, String::new()),
            (None, RowCurrency::Foreign(_, rate)) => rate,
            (Some(own), RowCurrency::Foreign(row, rate)) if own == row => rate,
            (Some(own), RowCurrency::Foreign(row, _)) => {
                return fault(
                    Reason::CurrencyMismatch,
                    format!("{own}, the row says {row}"),
                );
            }
            (Some(own), _) if own == self.limits.currency => return Ok(read.value),
            (Some(own), RowCurrency::Project) if self.currency.is_some() => {
                let value = format!("{own}, the row says {}", self.limits.currency);
                return fault(Reason::CurrencyMismatch, value);
            }
            (Some(own), _) => match self.rate(own, at_us) {
                Some(rate) => rate,
                None => return fault(Reason::UnknownCurrency, own.to_owned()),
            },
        };
        let converted = millionths_to_decimal(read.value)
            .and_then(|value| value.checked_mul(rate))
            .and_then(decimal_to_millionths);
        converted.map_or_else(|| fault(Reason::NumberTooLarge, read.value.to_string()), Ok)
    }
}
