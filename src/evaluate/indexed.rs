//! Several KPIs on one scale: each as a percentage of its own value in a base period.

use super::table::{KpiTable, State, Statistic};
use crate::model::{Period, Quantity};

/// The value in the base period.
const BASE: f64 = 100.0;

/// Indexed series.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexedSeries {
    /// The base period: the first in which every series has a figure above zero.
    pub base: Period,
    /// The periods of every series.
    pub periods: Vec<Period>,
    /// A series for each that was asked for: 100 × value / value in the base period, per period; `None`
    /// where the figure is missing, suppressed, or lies before the base.
    pub series: Vec<Vec<Option<f64>>>,
}

/// Indexes series of the table, each a KPI, a cell (dimension and member) and a statistic; `None` where
/// no period has them all, and for fewer than two periods from the base on.
pub fn indexed(
    table: &KpiTable,
    asked: &[(&str, (&str, &str), Statistic)],
    periods: &[Period],
) -> Option<IndexedSeries> {
    let value = |(kpi, cell, statistic): (&str, (&str, &str), Statistic), period: Period| {
        let row = table.find(kpi, period, cell, statistic)?;
        let value = row.value.filter(|_| row.state == State::Ok);
        value.map(Quantity::to_f64)
    };
    let values = |one| periods.iter().map(|period| value(one, *period)).collect();
    let series: Vec<Vec<Option<f64>>> = asked.iter().copied().map(values).collect();
    let has_all = |at: usize| {
        let mut values = series
            .iter()
            .map(|values| values.get(at).copied().flatten());
        !series.is_empty() && values.all(|value| value.is_some_and(|value| value > 0.0))
    };
    let at = (0..periods.len()).find(|at| has_all(*at))?;
    if periods.len() - at < 2 {
        return None;
    }
    let index = |values: Vec<Option<f64>>| {
        let base = values.get(at).copied().flatten();
        let of_base = |(place, value): (usize, Option<f64>)| {
            let value = value.filter(|_| place >= at)?;
            Some(value / base? * BASE)
        };
        values.into_iter().enumerate().map(of_base).collect()
    };
    Some(IndexedSeries {
        base: *periods.get(at)?,
        periods: periods.to_vec(),
        series: series.into_iter().map(index).collect(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::evaluate::KpiRow;
    use crate::model::{Month, Unit};

    fn row(kpi: &str, month: i8, value: Option<u64>) -> KpiRow {
        let all: Arc<str> = Arc::from("all");
        KpiRow {
            kpi: Arc::from(kpi),
            kpi_version: 1,
            period: Period::month(Month::new(2025, month).unwrap()),
            dimension: Arc::clone(&all),
            member: all,
            statistic: Statistic::Value,
            value: value.map(Quantity::Count),
            unit: Unit::Count,
            n: Some(9),
            n_open: Some(0),
            n_excluded: Some(0),
            ci: None,
            state: if value.is_some() {
                State::Ok
            } else {
                State::Suppressed
            },
            target: None,
            target_state: None,
            previous: None,
            year_ago: None,
            change: None,
            change_of_year: None,
        }
    }

    #[test]
    fn the_base_is_the_first_period_that_all_series_have() {
        let values = [
            (1, Some(5), None),
            (2, Some(10), Some(0)),
            (3, Some(20), Some(8)),
            (4, Some(15), None),
            (5, Some(30), Some(6)),
        ];
        let rows = values
            .into_iter()
            .flat_map(|(month, a, b)| [row("A", month, a), row("B", month, b)]);
        let table = KpiTable::new(rows.collect());
        let periods: Vec<Period> = (1..=5)
            .map(|month| Period::month(Month::new(2025, month).unwrap()))
            .collect();
        let all = ("all", "all");
        let kpis = [("A", all, Statistic::Value), ("B", all, Statistic::Value)];
        let made = indexed(&table, &kpis, &periods).unwrap();
        assert_eq!(made.base, periods[2]);
        assert_eq!(
            made.series[0],
            [None, None, Some(100.0), Some(75.0), Some(150.0)]
        );
        assert_eq!(made.series[1], [None, None, Some(100.0), None, Some(75.0)]);
        assert_eq!(indexed(&table, &kpis, &periods[..3]), None);
        assert_eq!(indexed(&table, &[], &periods), None);
    }
}
