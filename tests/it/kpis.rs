//! Every built-in KPI against figures worked by hand.
//!
//! `tests/kpis/<id>/` holds a small log, what the KPI makes of it (`expected.csv`) and the arithmetic
//! (`why.md`). There is no switch that writes `expected.csv`: its figures come from the definition.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::support::{Sandbox, csv_rows, repository};

/// A row of `kpis.csv` or of `expected.csv`.
type Row = BTreeMap<String, String>;

/// What names a figure within one KPI: period, dimension, member, statistic.
type Key = [String; 4];

fn key(row: &Row) -> Key {
    ["period", "dimension", "member", "statistic"].map(|column| row[column].clone())
}

/// A file of `tests/kpis`.
fn case_file(name: &str) -> String {
    let path = repository("tests/kpis").join(name);
    fs::read_to_string(&path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()))
}

/// The log with every column that the mapping reads; those that the case leaves out are empty.
fn padded(events: &str, mapping: &str) -> String {
    let mapping: toml::Table = mapping.parse().unwrap();
    let mapped = ["columns", "attributes", "amounts"].map(|section| &mapping[section]);
    let header: Vec<&str> = mapped
        .iter()
        .flat_map(|section| section.as_table().unwrap().values())
        .map(|column| column.as_str().unwrap())
        .collect();
    let mut padded = csv::Writer::from_writer(Vec::new());
    padded.write_record(&header).unwrap();
    for row in csv_rows(events) {
        for column in row.keys() {
            assert!(header.contains(&column.as_str()), "unknown column {column}");
        }
        let fields = header
            .iter()
            .map(|column| row.get(*column).map_or("", String::as_str));
        padded.write_record(fields).unwrap();
    }
    String::from_utf8(padded.into_inner().unwrap()).unwrap()
}

/// A project with the log of a case.
fn project(id: &str) -> Sandbox {
    let mapping = case_file("mapping.toml");
    let log = padded(&case_file(&format!("{id}/events.csv")), &mapping);
    let sandbox = Sandbox::with(&[
        ("clearway.toml", case_file("clearway.toml").as_str()),
        ("mappings/canonical.toml", &mapping),
        ("inbox/events.csv", &log),
    ]);
    let targets = repository("tests/kpis").join(id).join("targets.toml");
    if targets.is_file() {
        sandbox.write("targets.toml", &fs::read(targets).unwrap());
    }
    // A rejected row, a duplicate or a misspelt milestone would make the case another one.
    let read = sandbox.succeeds(&["ingest", "--fail-on", "info"]);
    assert_eq!(
        read.stderr.matches("no milestone").count(),
        0,
        "{id}: {}",
        read.stderr
    );
    sandbox
}

/// The figures of one KPI: every month, or one longer period, with one breakdown beside the whole.
fn figures(sandbox: &Sandbox, id: &str, dimension: &str, period: Option<&str>) -> Vec<Row> {
    let mut arguments = vec!["kpi", "eval", id, "--format", "csv"];
    if dimension != "all" {
        arguments.extend(["--by", dimension]);
    }
    if let Some(period) = period {
        arguments.extend(["--period", period]);
    }
    csv_rows(&sandbox.succeeds(&arguments).stdout)
}

/// A month is written `2025-03`; a quarter or year is asked for by itself.
fn longer_period(period: &str) -> Option<&str> {
    let month = period.len() == 7 && !period.contains('Q');
    (!month).then_some(period)
}

/// A number, or a fraction such as `3/7`; `None` when empty.
fn number(text: &str) -> Option<f64> {
    let parse = |text: &str| {
        text.parse::<f64>()
            .unwrap_or_else(|_| panic!("`{text}` is no number"))
    };
    match text.split_once('/') {
        Some((part, whole)) => Some(parse(part) / parse(whole)),
        None if text.is_empty() => None,
        None => Some(parse(text)),
    }
}

/// Equal to twelve digits: further ones depend on the order of additions.
fn same(found: Option<f64>, wanted: Option<f64>) -> bool {
    match (found, wanted) {
        (Some(found), Some(wanted)) => (found - wanted).abs() <= 1e-12 * wanted.abs().max(1e-3),
        (found, wanted) => found.is_none() && wanted.is_none(),
    }
}

/// What differs between a found row and the expected one.
fn differences(found: Option<&Row>, wanted: &Row) -> Vec<String> {
    let Some(found) = found else {
        return vec!["there is no such row".to_owned()];
    };
    let mut differences = Vec::new();
    for column in ["n", "n_open", "n_excluded", "state"] {
        if found[column] != wanted[column] {
            differences.push(format!(
                "{column} {} instead of {}",
                found[column], wanted[column]
            ));
        }
    }
    if !same(number(&found["value"]), number(&wanted["value"])) {
        differences.push(format!(
            "value {} instead of {}",
            found["value"], wanted["value"]
        ));
    }
    differences
}

/// Whether any declaration or payment stands behind a row.
fn rests_on_something(row: &Row) -> bool {
    ["n", "n_open", "n_excluded"]
        .iter()
        .any(|column| row[*column] != "0")
}

/// Runs one case and compares it with its expected figures.
fn check(id: &str) {
    let sandbox = project(id);
    let expected = csv_rows(&case_file(&format!("{id}/expected.csv")));
    let mut evaluations: BTreeMap<(&str, Option<&str>), Vec<&Row>> = BTreeMap::new();
    for row in &expected {
        assert_eq!(row["kpi"], id, "{row:?}");
        let evaluation = (row["dimension"].as_str(), longer_period(&row["period"]));
        evaluations.entry(evaluation).or_default().push(row);
    }
    let mut faults = Vec::new();
    for ((dimension, period), wanted) in evaluations {
        let rows = figures(&sandbox, id, dimension, period);
        let found: BTreeMap<Key, &Row> = rows.iter().map(|row| (key(row), row)).collect();
        assert_eq!(found.len(), rows.len(), "{id}: two rows with one key");
        for row in &wanted {
            for difference in differences(found.get(&key(row)).copied(), row) {
                faults.push(format!("{}: {difference}", key(row).join(" ")));
            }
        }
        // A breakdown is stated whole: no member may turn up that the hand has not found.
        let known: BTreeSet<Key> = wanted.iter().map(|row| key(row)).collect();
        let stated: BTreeSet<(&str, &str, &str)> = wanted
            .iter()
            .map(|row| (&*row["period"], &*row["dimension"], &*row["statistic"]))
            .collect();
        for (key, row) in &found {
            let cell = (&*key[0], &*key[1], &*key[3]);
            if stated.contains(&cell) && !known.contains(key) && rests_on_something(row) {
                faults.push(format!(
                    "{}: not expected, value {}",
                    key.join(" "),
                    row["value"]
                ));
            }
        }
    }
    assert!(
        faults.is_empty(),
        "{id} (see tests/kpis/{id}/why.md)\n{}",
        faults.join("\n")
    );
}

/// The folders of `tests/kpis`.
fn folders() -> BTreeSet<String> {
    fs::read_dir(repository("tests/kpis"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect()
}

#[test]
fn every_built_in_definition_has_a_worked_case_and_the_reverse() {
    let sandbox = Sandbox::with(&[
        ("clearway.toml", case_file("clearway.toml").as_str()),
        ("mappings/canonical.toml", &case_file("mapping.toml")),
    ]);
    let listed = csv_rows(&sandbox.succeeds(&["kpi", "list", "--format", "csv"]).stdout);
    let defined: BTreeSet<String> = listed.iter().map(|row| row["kpi"].clone()).collect();
    assert_eq!(defined, folders());
    for id in folders() {
        for name in ["events.csv", "expected.csv", "why.md"] {
            assert!(
                repository("tests/kpis").join(&id).join(name).is_file(),
                "{id} has no {name}"
            );
        }
    }
}

#[test]
fn every_case_breaks_its_figure_down_and_has_an_open_declaration() {
    const CLOSING: [&str; 3] = ["released", "cancelled", "rejected"];
    for id in folders() {
        let expected = csv_rows(&case_file(&format!("{id}/expected.csv")));
        let broken_down = |row: &Row| ["corridor", "lane"].contains(&&*row["dimension"]);
        assert!(expected.iter().any(broken_down), "{id} has no breakdown");
        let events = csv_rows(&case_file(&format!("{id}/events.csv")));
        let closed: BTreeSet<&String> = events
            .iter()
            .filter(|row| CLOSING.contains(&&*row["activity"]))
            .map(|row| &row["declaration"])
            .collect();
        assert!(
            events
                .iter()
                .any(|row| !closed.contains(&row["declaration"])),
            "{id} has no open case"
        );
    }
}

macro_rules! cases {
    ($($name:ident = $id:literal;)+) => {
        $(
            #[test]
            fn $name() {
                check($id);
            }
        )+

        /// The cases that have a test.
        const TESTED: &[&str] = &[$($id),+];
    };
}

cases! {
    declarations_are_counted_once_by_first_lodgement = "CX01";
    electronic_declarations_are_those_known_to_be_without_paper = "DT01";
    electronic_payment_is_weighted_by_amount = "DT02";
    first_time_right_knows_no_amendment_rejection_or_query = "DT07";
    lanes_share_the_declarations_that_got_one = "RM01";
    inspection_rate_counts_completed_inspections_of_registered_declarations = "RM02";
    hit_rate_counts_findings_of_completed_inspections = "RM04";
    revenue_is_exact_and_dated_by_each_payment = "RV01";
    revenue_shares_of_corridors_are_of_all_revenue = "RV03";
    effective_rate_divides_sums_of_declarations_that_have_both = "RV04";
    growth_compares_with_the_same_month_of_last_year = "RV06";
    exemption_ratio_takes_a_missing_amount_for_nothing = "RV07";
    release_time_is_nil_before_arrival_and_open_without_release = "TF01";
    clearance_time_is_nil_up_to_arrival_and_a_fault_before_lodgement = "TF02";
    delay_after_release_is_open_until_the_goods_leave = "TF15";
    within_target_holds_each_declaration_against_its_own_target = "TF19";
    slow_tail_counts_five_days_to_the_second_and_what_is_open = "TF21";
    backlog_counts_what_waits_when_the_month_ends_in_the_projects_zone = "TF30";
}

#[test]
fn a_milestone_that_no_declaration_of_the_log_reached_happened_zero_times() {
    let mapping = case_file("mapping.toml");
    let events = "declaration,activity,time\nN1,lodged,2025-03-03T08:00:00+05:00\n\
        N1,registered,2025-03-03T09:00:00+05:00\nN2,registered,2025-03-04T09:00:00+05:00\n";
    let sandbox = Sandbox::with(&[
        ("clearway.toml", case_file("clearway.toml").as_str()),
        ("mappings/canonical.toml", &mapping),
        ("inbox/events.csv", &padded(events, &mapping)),
    ]);
    sandbox.succeeds(&["ingest"]);
    // Right the first time: N1 of N1. Inspected: none of N1, N2.
    for (id, value, n) in [("DT07", "1", "1"), ("RM02", "0", "2")] {
        let rows = figures(&sandbox, id, "all", None);
        let [row] = rows.as_slice() else {
            panic!("{id}: {rows:?}")
        };
        assert_eq!(
            (&*row["value"], &*row["n"], &*row["state"]),
            (value, n, "ok"),
            "{id}"
        );
    }
}

#[test]
fn every_case_is_run() {
    let tested: BTreeSet<String> = TESTED.iter().map(|id| (*id).to_owned()).collect();
    assert_eq!(tested, folders());
}
