//! Late rows, and what the next report says about figures that were published before.

use super::{LOG, edit, figure, small_project};
use crate::support::{Sandbox, csv_rows};

/// Revisions of the whole in a report: period, KPI, statistic, old, new.
fn revisions(sandbox: &Sandbox, report: &str) -> Vec<String> {
    let rows = csv_rows(&sandbox.read(&format!("reports/{report}/revisions.csv")));
    rows.iter()
        .filter(|row| row["dimension"] == "all")
        .map(|row| {
            ["period", "kpi", "statistic", "old", "new"]
                .map(|name| row[name].as_str())
                .join(" ")
        })
        .collect()
}

fn cause(sandbox: &Sandbox, report: &str, kpi: &str) -> String {
    let rows = csv_rows(&sandbox.read(&format!("reports/{report}/revisions.csv")));
    let row = rows
        .iter()
        .find(|row| row["kpi"] == kpi && row["dimension"] == "all");
    row.unwrap_or_else(|| panic!("{kpi} in {rows:?}"))["cause"].clone()
}

/// A project whose January has been published, and which then gets a file.
fn published_then(name: &str, rows: &str) -> Sandbox {
    let sandbox = small_project();
    sandbox.succeeds(&["run", "--period", "2025-01"]);
    let header = LOG.lines().next().unwrap();
    sandbox.write(name, format!("{header}\n{rows}").as_bytes());
    sandbox
}

const LATE: &str = "A6,Lodged,20.01.2025 10:00,C1,O1,import,road,1,,1,1,1,5,1,0,\n\
                    A6,Released,20.01.2025 20:00,C1,O1,import,road,1,,1,1,1,,,,\n";

#[test]
fn late_rows_change_a_month_and_the_next_report_says_so() {
    let sandbox = published_then("inbox/late.csv", LATE);
    assert_eq!(revisions(&sandbox, "2025-01"), Vec::<String>::new());
    let ran = sandbox.succeeds(&["run", "--period", "2025-02"]);
    assert!(
        ran.stderr.contains("changed since the report of 2025-01"),
        "{}",
        ran.stderr
    );
    let told = revisions(&sandbox, "2025-02");
    // A1 2 h, A2 6 h; then A6 with 10 h: the median moves from 4 h to 6 h.
    assert!(
        told.contains(&"2025-01 TF02 median 14400 21600".to_owned()),
        "{told:?}"
    );
    assert!(
        told.contains(&"2025-01 TF02 max 21600 36000".to_owned()),
        "{told:?}"
    );
    assert!(
        !told.iter().any(|row| row.starts_with("2025-01 TF02 min")),
        "what has not changed is not named: {told:?}"
    );
    assert!(
        !told.iter().any(|row| row.starts_with("2025-02")),
        "February is new: {told:?}"
    );
    assert_eq!(
        cause(&sandbox, "2025-02", "TF02"),
        "late rows in inbox/late.csv"
    );
    let page = sandbox.read("reports/2025-02/index.html");
    assert!(page.contains("Published figures that this report revises"));
    assert!(page.contains("late rows in inbox/late.csv"));
    let record: serde_json::Value =
        serde_json::from_str(&sandbox.read("reports/2025-02/run.json")).unwrap();
    assert_eq!(record["revisions"]["since_report"], "2025-01");
    let all = csv_rows(&sandbox.read("reports/2025-02/revisions.csv")).len();
    assert_eq!(record["revisions"]["figures"], all);
}

#[test]
fn a_report_that_is_made_again_says_the_same_again() {
    let sandbox = published_then("inbox/late.csv", LATE);
    sandbox.succeeds(&["run", "--period", "2025-02"]);
    let told = sandbox.read("reports/2025-02/revisions.csv");
    let ran = sandbox.succeeds(&["run", "--period", "2025-02"]);
    assert!(ran.stderr.contains("unchanged"), "{}", ran.stderr);
    assert_eq!(sandbox.read("reports/2025-02/revisions.csv"), told);
    // And that of January, made again from the same data, names the same changes.
    sandbox.succeeds(&["run", "--period", "2025-01"]);
    assert!(revisions(&sandbox, "2025-01").contains(&"2025-01 TF02 median 14400 21600".to_owned()));
    // The next month compares with what was told last: nothing is told twice.
    let header = LOG.lines().next().unwrap();
    let march = "A7,Lodged,03.03.2025 10:00,C1,O1,import,road,1,,1,1,1,5,1,0,\n";
    sandbox.write("inbox/march.csv", format!("{header}\n{march}").as_bytes());
    sandbox.succeeds(&["run", "--period", "2025-03"]);
    let told = revisions(&sandbox, "2025-03");
    assert!(
        !told.iter().any(|row| row.contains("TF02 median")),
        "{told:?}"
    );
}

#[test]
fn a_replaced_file_a_new_target_and_a_new_version_are_named_as_causes() {
    let sandbox = published_then("inbox/log-2.csv", "");
    let corrected = LOG.replace(
        "A1,Released,10.01.2025 12:00",
        "A1,Released,10.01.2025 13:00",
    );
    sandbox.write("inbox/log-2.csv", corrected.as_bytes());
    sandbox.succeeds(&["ingest", "--supersedes", "inbox/log.csv", "inbox/log-2.csv"]);
    sandbox.succeeds(&["run", "--period", "2025-01"]);
    assert_eq!(
        cause(&sandbox, "2025-01", "TF02"),
        "replaced: inbox/log.csv by inbox/log-2.csv"
    );
    assert_eq!(
        figure(&sandbox, &["TF02", "--period", "2025-01"], "all", "median"),
        "16200"
    );

    edit(
        &sandbox,
        "targets.toml",
        "value = \"48h\"",
        "value = \"4h\"",
    );
    sandbox.succeeds(&["run", "--period", "2025-01"]);
    let rows = csv_rows(&sandbox.read("reports/2025-01/revisions.csv"));
    assert!(!rows.is_empty());
    for row in rows {
        assert_eq!(row["cause"], "targets changed", "{row:?}");
    }
}

#[test]
fn figures_that_become_too_small_to_be_shown_are_revised_without_a_number() {
    let sandbox = small_project();
    sandbox.succeeds(&["run", "--period", "2025-01"]);
    edit(
        &sandbox,
        "clearway.toml",
        "min_declarations = 1 ",
        "min_declarations = 2 ",
    );
    sandbox.succeeds(&["run", "--period", "2025-01"]);
    let rows = csv_rows(&sandbox.read("reports/2025-01/revisions.csv"));
    let row = rows
        .iter()
        .find(|row| row["kpi"] == "TF02" && row["member"] == "O1" && row["statistic"] == "median")
        .unwrap();
    assert_eq!(row["old"], "7200");
    assert_eq!([row["new"].as_str(), &row["new_state"]], ["", "suppressed"]);
    assert_eq!(row["cause"], "settings changed");
}

#[test]
fn a_member_that_is_no_longer_there_is_named_as_absent() {
    let sandbox = published_then("inbox/moved.csv", "");
    let moved = LOG.replace(",O2,", ",O7,");
    sandbox.write("inbox/moved.csv", moved.as_bytes());
    sandbox.succeeds(&["ingest", "--supersedes", "inbox/log.csv", "inbox/moved.csv"]);
    sandbox.succeeds(&["run", "--period", "2025-01"]);
    let rows = csv_rows(&sandbox.read("reports/2025-01/revisions.csv"));
    let told = |member: &str| {
        let row = rows
            .iter()
            .find(|row| {
                row["kpi"] == "TF02" && row["member"] == member && row["statistic"] == "median"
            })
            .unwrap();
        ["old", "old_state", "new", "new_state"]
            .map(|name| row[name].as_str())
            .join("|")
    };
    // A2 took 6 h.
    assert_eq!(told("O2"), "21600|ok||absent");
    assert_eq!(told("O7"), "|absent|21600|ok");
}

#[test]
fn what_was_published_outlives_the_rest_of_the_store() {
    let sandbox = published_then("inbox/late.csv", LATE);
    for table in ["events", "rejects"] {
        std::fs::remove_dir_all(sandbox.join("store").join(table)).unwrap();
    }
    std::fs::remove_dir_all(sandbox.join("reports")).unwrap();
    sandbox.succeeds(&["run", "--period", "2025-02"]);
    assert!(revisions(&sandbox, "2025-02").contains(&"2025-01 TF02 median 14400 21600".to_owned()));
}
