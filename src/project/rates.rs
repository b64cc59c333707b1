//! `rates.csv`: dated exchange rates for amounts in a foreign currency.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::error::Fault;

/// Units of the project's currency for one unit of another, by currency and date.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    by_currency: BTreeMap<String, BTreeMap<Date, Decimal>>,
}

impl Rates {
    /// Reads `date,currency,rate` lines with a header.
    pub fn parse(path: &Path, text: &str) -> Result<Self, Vec<Fault>> {
        let mut rates = Self::default();
        let mut faults = Vec::new();
        for (at, line) in text
            .lines()
            .enumerate()
            .skip(1)
            .filter(|(_, line)| !line.is_empty())
        {
            let mut fields = line.split(',').map(str::trim);
            let parsed = (|| {
                let date: Date = fields.next()?.parse().ok()?;
                let currency = fields.next().filter(|currency| currency.len() == 3)?;
                let rate: Decimal = fields.next()?.parse().ok()?;
                (rate > Decimal::ZERO && fields.next().is_none()).then_some((date, currency, rate))
            })();
            match parsed {
                Some((date, currency, rate)) => {
                    rates
                        .by_currency
                        .entry(currency.to_owned())
                        .or_default()
                        .insert(date, rate);
                }
                None => faults.push(Fault {
                    file: path.to_owned(),
                    line: Some(at + 1),
                    field: String::new(),
                    message: format!("`{line}` is not a rate"),
                    hint: Some("write `2025-03-01,USD,12950.5`".to_owned()),
                }),
            }
        }
        if faults.is_empty() {
            Ok(rates)
        } else {
            Err(faults)
        }
    }

    /// The rate in force on a date: the newest one of that date or before; `None` when there is
    /// none.
    pub fn rate(&self, currency: &str, date: Date) -> Option<Decimal> {
        self.by_currency
            .get(currency)?
            .range(..=date)
            .next_back()
            .map(|(_, rate)| *rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_rate_on_or_before_the_date_is_in_force() {
        let text = "date,currency,rate\n2025-01-01,USD,12900\n2025-02-01,USD,12950.5\n";
        let rates = Rates::parse(Path::new("rates.csv"), text).unwrap();
        let on = |date: &str| {
            rates
                .rate("USD", date.parse().unwrap())
                .map(|rate| rate.to_string())
        };
        assert_eq!(on("2025-01-31"), Some("12900".to_owned()));
        assert_eq!(on("2025-02-01"), Some("12950.5".to_owned()));
        assert_eq!(on("2024-12-31"), None);
        assert!(Rates::parse(Path::new("r"), "date,currency,rate\n2025-01-01,USD,-1\n").is_err());
    }
}
