//! Laws of time that hold for any log: how a stay is shared out, two clocks, months and the whole.

use std::cell::Cell;
use std::collections::BTreeMap;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use clearway::evaluate::{KpiRow, KpiTable, Scope, Statistic};
use clearway::fold::Clearances;
use clearway::model::{PeriodArgument, Quantity};
use clearway::pipeline::{Log, load_log};
use clearway::project::Project;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::laws::{
    Silent, config, definition, figures, file, many_events, project_with, read, rows,
};

/// Breaks, a night shift over midnight and a closed day; Keles never closes.
const CALENDARS: [(&str, &str); 2] = [
    (
        "calendars/others.toml",
        "offices = [\"*\"]\n[week]\nmon = [\"09:00-13:00\", \"14:00-18:00\"]\ntue = [\"09:00-18:00\"]\n\
         wed = [\"07:30-11:15\"]\nfri = [\"22:00-06:00\"]\nsat = [\"10:00-10:01\"]\n",
    ),
    (
        "calendars/keles.toml",
        "offices = [\"Keles\"]\n[week]\nmon = [\"00:00-24:00\"]\ntue = [\"00:00-24:00\"]\n\
         wed = [\"00:00-24:00\"]\nthu = [\"00:00-24:00\"]\nfri = [\"00:00-24:00\"]\nsat = [\"00:00-24:00\"]\n\
         sun = [\"00:00-24:00\"]\n",
    ),
];

/// A log of offices that are open and closed, folded. The attribute `case` is the declaration itself, so
/// that a breakdown by it has one declaration in each cell.
fn timed(rows: &[String], check: impl FnOnce(&Project, &Log)) {
    let attributes = "office = \"corridor\"\ncase = \"declaration\"\n";
    let (_sandbox, project) = project_with(&[file(rows)], attributes, &CALENDARS);
    read(&project);
    let log = load_log(&project, None, &Silent).unwrap();
    check(&project, &log);
}

/// A column of whole numbers. What no declaration of a range has is no column there.
fn integers(clearances: &Clearances, name: &str) -> Vec<Option<i64>> {
    let ranges = clearances.ranges().iter().zip(clearances.column(name));
    ranges
        .flat_map(|(range, column)| match column {
            Some(column) => column.as_primitive::<Int64Type>().iter().collect(),
            None => vec![None; range.clearances.num_rows()],
        })
        .collect()
}

#[test]
fn a_stay_is_shared_out_among_parties_to_the_microsecond() {
    let (stays, shut) = (Cell::new(0), Cell::new(0));
    let checked = TestRunner::new(config(30)).run(&many_events(), |events| {
        timed(&rows(&events), |_, log| {
            let stay = integers(&log.clearances, "stay_us");
            let parties = ["customs", "trader", "agency", "bank", "terminal", "closed"]
                .map(|party| integers(&log.clearances, &format!("party_{party}_us")));
            for (row, stay) in stay.iter().enumerate() {
                let parts = parties.iter().map(|party| party[row]);
                let sum: Option<i64> = parts.clone().sum();
                assert_eq!(sum, *stay, "declaration {row}");
                assert!(parts.flatten().all(|part| part >= 0));
                stays.set(stays.get() + usize::from(stay.is_some_and(|stay| stay > 0)));
                shut.set(shut.get() + usize::from(parties[5][row].is_some_and(|us| us > 0)));
            }
        });
        Ok(())
    });
    checked.unwrap();
    assert!(stays.get() > 50 && shut.get() > 20, "{stays:?} {shut:?}");
}

/// Figures of all spans that have a twin on the working clock, and of the twins.
fn both_clocks(project: &Project, log: &Log) -> KpiTable {
    let catalogue = &project.catalogue;
    let pairs = catalogue.definitions().iter();
    let pairs = pairs.filter(|one| one.has_working_twin).flat_map(|one| {
        let twin = catalogue.require(&format!("{}W", one.id)).unwrap();
        [one, twin]
    });
    let scope = Scope {
        periods: log.periods(PeriodArgument::All).unwrap(),
        dimensions: vec![vec!["case".to_owned()], vec!["corridor".to_owned()]],
        condition: None,
        cross_own: false,
        min_declarations: 1,
    };
    let definitions: Vec<_> = pairs.collect();
    let evaluated = log.evaluator(project).evaluate(&definitions, &scope);
    evaluated.unwrap().table
}

/// Statistics that no value of a sample can pass when each of its values does not.
const MONOTONE: [Statistic; 9] = [
    Statistic::Mean,
    Statistic::Median,
    Statistic::P10,
    Statistic::P25,
    Statistic::P75,
    Statistic::P90,
    Statistic::P95,
    Statistic::Min,
    Statistic::Max,
];

#[test]
fn working_time_is_never_longer_than_elapsed_time_and_equal_where_an_office_never_closes() {
    // Cells where it is shorter, and where it is the same because the office never closes.
    let (shorter, equal) = (Cell::new(0), Cell::new(0));
    let checked = TestRunner::new(config(12)).run(&many_events(), |events| {
        timed(&rows(&events), |project, log| {
            let table = both_clocks(project, log);
            let elapsed = |row: &&KpiRow| definition(&row.kpi).has_working_twin;
            for row in table.rows().iter().filter(elapsed) {
                let twin = format!("{}W", row.kpi);
                let cell = (row.dimension.as_ref(), row.member.as_ref());
                let working = table.find(&twin, row.period, cell, row.statistic).unwrap();
                let counts = |row: &KpiRow| (row.n, row.n_open, row.n_excluded);
                assert_eq!(counts(working), counts(row), "{working:?} {row:?}");
                if !MONOTONE.contains(&row.statistic) {
                    continue;
                }
                let values = [working, row].map(|row| row.value.map(Quantity::to_f64));
                let [Some(open), Some(all)] = values else {
                    assert_eq!(values, [None, None]);
                    continue;
                };
                assert!((0.0..=all).contains(&open), "{working:?} {row:?}");
                let closes_never = cell == ("corridor", "Keles");
                assert!(
                    !closes_never || open.to_bits() == all.to_bits(),
                    "{working:?} {row:?}"
                );
                let count = if closes_never { &equal } else { &shorter };
                count.set(count.get() + usize::from(closes_never || open < all));
            }
        });
        Ok(())
    });
    checked.unwrap();
    assert!(
        shorter.get() > 1000 && equal.get() > 50,
        "{shorter:?} {equal:?}"
    );
}

proptest! {
    #![proptest_config(config(12))]

    #[test]
    fn moving_a_log_by_whole_weeks_changes_no_working_time(events in many_events(), weeks in -60..60_i64) {
        let moved: Vec<String> = events.iter().map(|event| event.row(7 * weeks)).collect();
        let of = |rows: &[String]| {
            let mut figures = Vec::new();
            timed(rows, |project, log| {
                let table = both_clocks(project, log);
                figures = table.rows().iter().map(|row| {
                    let key = (row.kpi.to_string(), row.member.to_string(), row.statistic);
                    (key, row.value, row.n, row.n_open, row.n_excluded)
                }).collect();
            });
            figures
        };
        prop_assert_eq!(of(&moved), of(&rows(&events)));
    }

    #[test]
    fn months_add_up_to_the_whole_log(events in many_events()) {
        let figures = figures(&[rows(&events)]);
        prop_assert_eq!(totals(&figures.months), totals(&figures.whole));
    }
}

/// What a KPI of a cell adds up to over all periods: value, n, open, excluded.
type Totals = BTreeMap<(String, String, String), [i128; 4]>;

/// The totals of the KPIs that count each row in the month of its anchor.
fn totals(table: &KpiTable) -> Totals {
    let mut totals = Totals::new();
    let once = |row: &&KpiRow| matches!(row.statistic, Statistic::Value | Statistic::Mean);
    for row in table.rows().iter().filter(once) {
        let kind = definition(&row.kpi).measure.kind();
        if !["count", "sum", "share", "span", "duration", "ratio"].contains(&kind) {
            continue;
        }
        let value = match row.value {
            Some(Quantity::Count(count)) => i128::from(count),
            Some(Quantity::Money(amount)) if kind == "sum" => amount.millionths(),
            _ => 0,
        };
        let counts = [row.n, row.n_open, row.n_excluded].map(|n| i128::from(n.unwrap()));
        let key = (&row.kpi, &row.dimension, &row.member);
        let key = (key.0.to_string(), key.1.to_string(), key.2.to_string());
        let parts = [value, counts[0], counts[1], counts[2]];
        for (total, part) in totals.entry(key).or_default().iter_mut().zip(parts) {
            *total += part;
        }
    }
    totals
}
