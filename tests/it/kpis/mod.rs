//! Every built-in KPI against figures worked by hand.
//!
//! `tests/kpis/<id>/` holds a small log, what the KPI makes of it (`expected.csv`) and the arithmetic
//! (`why.md`). There is no switch that writes `expected.csv`: its figures come from the definition.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::support::{Sandbox, csv_rows, repository};

/// One named test per case of an area.
macro_rules! cases {
    ($($name:ident = $id:literal;)+) => {
        $(
            #[test]
            fn $name() {
                super::check($id);
            }
        )+

        /// The cases that have a test.
        pub(super) const TESTED: &[&str] = &[$($id),+];
    };
}

mod context;
mod cooperation;
mod digital;
mod facilitation;
mod revenue;
mod risk;

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
        .map(|column| column.get("column").unwrap_or(column).as_str().unwrap())
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

/// Files of a case that are not copied into its project as they stand.
const OWN_FILES: [&str; 5] = [
    "events.csv",
    "expected.csv",
    "why.md",
    "mapping.toml",
    "clearway.toml",
];

/// The files of a case folder, by path within it, sorted.
fn files_of(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            let inner = files_of(&entry.path()).into_iter();
            files.extend(inner.map(|file| format!("{name}/{file}")));
        } else {
            files.push(name);
        }
    }
    files.sort();
    files
}

/// A project with the log of a case. What else its folder holds (targets, corridors, calendars,
/// inputs) belongs to the project; a `mapping.toml` or `clearway.toml` stands in for the common one.
fn project(id: &str) -> Sandbox {
    let folder = repository("tests/kpis").join(id);
    let files = files_of(&folder);
    let own = |name: &str| {
        let known = files.iter().any(|file| file == name);
        case_file(&if known {
            format!("{id}/{name}")
        } else {
            name.to_owned()
        })
    };
    let mapping = own("mapping.toml");
    let log = padded(&case_file(&format!("{id}/events.csv")), &mapping);
    let sandbox = Sandbox::with(&[
        ("clearway.toml", own("clearway.toml").as_str()),
        ("mappings/canonical.toml", &mapping),
        ("inbox/events.csv", &log),
    ]);
    for file in files
        .iter()
        .filter(|file| !OWN_FILES.contains(&file.as_str()))
    {
        sandbox.write(file, &fs::read(folder.join(file)).unwrap());
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
        arguments.extend(dimension.split('+').flat_map(|name| ["--by", name]));
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
        let broken_down = |row: &Row| row["dimension"] != "all";
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
    let areas = [
        context::TESTED,
        cooperation::TESTED,
        digital::TESTED,
        facilitation::TESTED,
        revenue::TESTED,
        risk::TESTED,
    ];
    let tested: BTreeSet<String> = areas.concat().into_iter().map(str::to_owned).collect();
    assert_eq!(tested, folders());
}
