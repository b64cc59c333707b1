//! Reads a published report back: its figures and its period.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::data::COLUMNS;
use crate::catalogue::Catalogue;
use crate::error::{Error, Result};
use crate::evaluate::{KpiRow, KpiTable, State, Statistic};
use crate::model::{Amount, Month, Period, PeriodArgument, Quantity, Unit};

/// The figures of a report folder.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedReport {
    /// The period reported on.
    pub period: Period,
    /// ISO 4217.
    pub currency: String,
    /// Every row of `kpis.csv`; targets and earlier figures are left out.
    pub table: KpiTable,
}

/// Reads `run.json` and `kpis.csv` of a report folder. The catalogue tells working time from elapsed
/// time, which share a unit there.
pub fn read_report(folder: &Path, catalogue: &Catalogue) -> Result<PublishedReport> {
    let (record, path) = (folder.join("run.json"), folder.join("kpis.csv"));
    let text = fs::read(&record).map_err(|cause| Error::read(&record, &cause))?;
    let text: serde_json::Value = serde_json::from_slice(&text)
        .map_err(|cause| fault(&record, &format!("is not JSON: {cause}")))?;
    let named = |name: &str| {
        let value = text.get(name).and_then(serde_json::Value::as_str);
        value.ok_or_else(|| fault(&record, &format!("has no `{name}`")))
    };
    let period = period(named("period")?).ok_or_else(|| fault(&record, "has no valid `period`"))?;
    let currency = named("currency")?.to_owned();
    let mut reader = csv::Reader::from_path(&path).map_err(|cause| Error::read(&path, &cause))?;
    let header = reader
        .headers()
        .map_err(|cause| Error::read(&path, &cause))?
        .clone();
    let place = |name: &str| {
        let at = header.iter().position(|column| column == name);
        at.ok_or_else(|| fault(&path, &format!("has no column `{name}`")))
    };
    let places = COLUMNS
        .iter()
        .take(15)
        .map(|name| place(name))
        .collect::<Result<Vec<usize>>>()?;
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|cause| Error::read(&path, &cause))?;
        let texts: Vec<&str> = places
            .iter()
            .map(|at| record.get(*at).unwrap_or_default())
            .collect();
        let line = record.position().map_or(0, csv::Position::line);
        let row = row(&texts, catalogue)
            .ok_or_else(|| fault(&path, &format!("has a row that can't be read, line {line}")))?;
        rows.push(row);
    }
    Ok(PublishedReport {
        period,
        currency,
        table: KpiTable::new(rows),
    })
}

fn fault(path: &Path, what: &str) -> Error {
    Error::input_with_hint(
        format!("`{}` {what}", path.display()),
        "name the folder of a published report, such as reports/2025-03",
    )
}

/// `2025-03`, `2025-Q1`, `2025`; `all` for the whole log, whose months the file does not tell.
fn period(text: &str) -> Option<Period> {
    match text.parse().ok()? {
        PeriodArgument::One(period) => Some(period),
        PeriodArgument::Months(..) => None,
        PeriodArgument::All => {
            let unknown = Month::new(1, 1)?;
            Some(Period::range(unknown, unknown))
        }
    }
}

fn row(texts: &[&str], catalogue: &Catalogue) -> Option<KpiRow> {
    let [
        kpi,
        version,
        _grain,
        when,
        dimension,
        member,
        statistic,
        value,
        unit,
        n,
        open,
        excluded,
        low,
        high,
        state,
    ] = texts
    else {
        return None;
    };
    let when = period(when)?;
    let statistic = Statistic::from_name(statistic)?;
    let unit = self::unit(kpi, unit, statistic, catalogue);
    let count = |text: &str| text.parse().ok();
    let states = [State::Ok, State::Suppressed, State::NotMeasurable];
    Some(KpiRow {
        kpi: Arc::from(*kpi),
        kpi_version: version.parse().ok()?,
        period: when,
        dimension: Arc::from(*dimension),
        member: Arc::from(*member),
        statistic,
        value: match *value {
            "" => None,
            value => Some(quantity(value, unit)?),
        },
        unit,
        n: count(n),
        n_open: count(open),
        n_excluded: count(excluded),
        ci: low.parse().ok().zip(high.parse().ok()),
        state: states.into_iter().find(|one| one.name() == *state)?,
        target: None,
        target_state: None,
        previous: None,
        year_ago: None,
        change: None,
        change_of_year: None,
    })
}

/// The unit by its name; a currency's code is money.
fn unit(kpi: &str, name: &str, statistic: Statistic, catalogue: &Catalogue) -> Unit {
    let known = Unit::ALL.into_iter().find(|unit| unit.name() == name);
    match known {
        Some(Unit::Seconds) if statistic != Statistic::WithinTarget => {
            let definition = catalogue.require(kpi).ok();
            definition.map_or(Unit::Seconds, |definition| definition.unit)
        }
        Some(unit) => unit,
        None => Unit::Money,
    }
}

/// `None` for a cell that can't be read.
fn quantity(text: &str, unit: Unit) -> Option<Quantity> {
    let number: f64 = text.parse().ok()?;
    Some(match unit {
        Unit::Money => Quantity::Money(Amount::rounded(number)),
        Unit::Count => text
            .parse()
            .map_or(Quantity::Number(number), Quantity::Count),
        Unit::Seconds | Unit::WorkingSeconds => Quantity::Seconds(number),
        Unit::Share => Quantity::Share(number),
        Unit::Ratio => Quantity::Ratio(number),
        _ => Quantity::Number(number),
    })
}
