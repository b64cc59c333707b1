//! Published files that are no CSV of events: the same log twice, and counts.

use std::collections::BTreeMap;

use crate::support::{Sandbox, csv_rows, published_data, repository};

fn project(name: &str, file: &str) -> Option<Sandbox> {
    let data = published_data()?;
    let sandbox = Sandbox::empty();
    sandbox.copy_from(&repository("tests/projects").join(name));
    let bytes = std::fs::read(data.join(file)).unwrap();
    sandbox.write(&format!("inbox/{file}"), &bytes);
    Some(sandbox)
}

#[test]
fn the_running_example_is_the_same_as_xes_and_as_csv() {
    let (Some(csv), Some(xes)) = (
        project("running-example", "running-example.csv"),
        project("running-example-xes", "running-example.xes"),
    ) else {
        return;
    };
    for sandbox in [&csv, &xes] {
        let ran = sandbox.succeeds(&["ingest"]);
        assert!(
            ran.stderr.contains("42 read = 42 accepted"),
            "{}",
            ran.stderr
        );
    }
    for sql in [
        "SELECT * FROM clearances ORDER BY declaration_id",
        "SELECT declaration_id, activity, milestone, at, officer, fee_official FROM events \
         ORDER BY declaration_id, at, activity",
    ] {
        let of = |sandbox: &Sandbox| sandbox.succeeds(&["query", sql, "--format", "csv"]).stdout;
        let clearances = of(&csv);
        assert!(clearances.lines().count() > 6, "{clearances}");
        assert_eq!(clearances, of(&xes));
    }
}

/// A number without a fraction, however it is printed.
fn whole(text: &str) -> u64 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    assert!(fraction.bytes().all(|digit| digit == b'0'), "{text}");
    whole.parse().unwrap()
}

#[test]
fn counts_of_crossings_add_up_by_mode_bridge_and_year() {
    let Some(sandbox) = project("texas", "texas-border-crossings.csv") else {
        return;
    };
    let raw = csv_rows(&sandbox.read("inbox/texas-border-crossings.csv"));
    let ran = sandbox.succeeds(&["ingest"]);
    let told = ran.stderr.replace(char::is_whitespace, " ");
    assert!(told.contains("34 090 read = 34 090 accepted"), "{told}");
    // Found with a spreadsheet's sum over the column.
    let total: u64 = raw
        .iter()
        .map(|row| row["Northbound Crossing"].parse::<u64>().unwrap())
        .sum();
    assert_eq!(total, 970_464_685);
    for (column, member) in [
        ("Modes", "vehicle"),
        ("Crossing", "bcp"),
        ("Year", "SUBSTR(CAST(border_entered_at AS VARCHAR), 1, 4)"),
    ] {
        let mut wanted: BTreeMap<String, u64> = BTreeMap::new();
        for row in &raw {
            *wanted.entry(row[column].clone()).or_default() +=
                row["Northbound Crossing"].parse::<u64>().unwrap();
        }
        let sql = format!(
            "SELECT {member} AS member, SUM(package_count) AS value FROM clearances GROUP BY {member}"
        );
        let rows = csv_rows(&sandbox.succeeds(&["query", &sql, "--format", "csv"]).stdout);
        let found: BTreeMap<String, u64> = rows
            .iter()
            .map(|row| (row["member"].clone(), whole(&row["value"])))
            .collect();
        assert_eq!(found, wanted, "{column}");
    }
}
