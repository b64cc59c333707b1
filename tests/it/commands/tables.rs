//! `query` and `kpi eval`: tables, formats, refused statements.

use std::fs::File;

use insta::assert_snapshot;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::{query, said, small_project};
use crate::support::{Sandbox, csv_rows};

fn ingested() -> Sandbox {
    let sandbox = small_project();
    sandbox.succeeds(&["ingest"]);
    sandbox
}

#[test]
fn each_table_answers_in_each_format_with_the_same_rows() {
    let sandbox = ingested();
    for (table, rows) in [("events", 9), ("clearances", 3), ("ledger", 1), ("kpis", 0)] {
        let sql = format!("SELECT * FROM {table}");
        let csv = csv_rows(&sandbox.succeeds(&["query", &sql, "--format", "csv"]).stdout);
        let json = sandbox
            .succeeds(&["query", &sql, "--format", "json"])
            .stdout;
        let json: Vec<serde_json::Map<String, serde_json::Value>> =
            serde_json::from_str(&json).unwrap();
        if rows > 0 {
            assert_eq!(csv.len(), rows, "{table}");
        } else {
            assert!(csv.len() > 100, "{table} has {} rows", csv.len());
        }
        assert_eq!(json.len(), csv.len(), "{table}");
        for (json, csv) in json.iter().zip(&csv) {
            for (name, text) in csv {
                match &json[name] {
                    serde_json::Value::Null => assert_eq!(text, "", "{table}.{name}"),
                    serde_json::Value::String(value) => assert_eq!(value, text, "{table}.{name}"),
                    other => assert_eq!(&other.to_string(), text, "{table}.{name}"),
                }
            }
        }
        let text = sandbox.succeeds(&["query", &sql]).stdout;
        // Three rules and the header.
        assert_eq!(text.lines().count(), csv.len() + 4, "{table}:\n{text}");

        sandbox.succeeds(&[
            "query",
            &sql,
            "--format",
            "parquet",
            "--output",
            "rows.parquet",
        ]);
        let file = File::open(sandbox.join("rows.parquet")).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let columns = reader.schema().fields().len();
        let count: usize = reader
            .build()
            .unwrap()
            .map(|batch| batch.unwrap().num_rows())
            .sum();
        assert_eq!((count, columns), (csv.len(), csv[0].len()), "{table}");
    }
}

#[test]
fn a_table_for_people_shows_numbers_on_the_right_and_a_line_below_the_header() {
    let sandbox = ingested();
    let sql = "SELECT corridor, COUNT(*) AS n, SUM(paid) AS paid FROM clearances GROUP BY corridor ORDER BY corridor";
    assert_snapshot!(said(&sandbox, &["query", sql]), @r"
    exit 0
    --- stdout
    ──────────────────────
     corridor   n    paid
    ══════════════════════
     C1         2   20.25
     C2         1
    ──────────────────────
    ");
}

#[test]
fn a_column_is_what_the_contract_says_it_is() {
    let sandbox = ingested();
    let rows = query(
        &sandbox,
        "SELECT declaration_id, status, lodged_at, released_last_at, released_count, variant, event_count, aeo, paid \
         FROM clearances ORDER BY declaration_id",
    );
    let texts: Vec<String> = rows
        .iter()
        .map(|row| {
            [
                "declaration_id",
                "status",
                "lodged_at",
                "released_last_at",
                "released_count",
                "variant",
                "event_count",
                "aeo",
                "paid",
            ]
            .map(|name| row[name].as_str())
            .join("|")
        })
        .collect();
    assert_eq!(
        texts,
        [
            "A1|released|2025-01-10T05:00:00Z|2025-01-10T07:00:00Z|1|Lodged > Registered > Paid > Released|4|true|20.25",
            "A2|released|2025-01-11T05:00:00Z|2025-01-11T11:00:00Z|1|Lodged > Registered > Inspection completed > Released|4|false|",
            "A3|open|2025-02-03T04:00:00Z||0|Lodged|1|false|",
        ]
    );
}

#[test]
fn events_are_counted_joined_and_shown_as_plain_texts() {
    let sandbox = ingested();
    assert_eq!(
        query(&sandbox, "SELECT COUNT(*) AS n FROM events")[0]["n"],
        "9"
    );
    let joined = query(
        &sandbox,
        "SELECT e.activity AS activity, c.status AS status FROM events AS e \
         JOIN clearances AS c ON e.declaration_id = c.declaration_id WHERE c.status = 'open'",
    );
    assert_eq!(joined.len(), 1);
    assert_eq!(
        (joined[0]["activity"].as_str(), joined[0]["status"].as_str()),
        ("Lodged", "open")
    );
    let rows = query(&sandbox, "SELECT * FROM events WHERE milestone = 'paid'");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["declaration_id"], "A1");
    assert_eq!(rows[0]["at"], "2025-01-10T06:00:00Z");
    assert_eq!(rows[0]["paid"], "20.25");
    assert_eq!(rows[0]["source_file"], "inbox/log.csv");
    assert_eq!(rows[0]["source_line"], "4");
}

#[test]
fn figures_are_printed_with_every_digit() {
    let sandbox = ingested();
    let rows = query(
        &sandbox,
        "SELECT AVG(customs_value) AS mean, 1000000.0 / 3 AS third FROM clearances",
    );
    let mean: f64 = rows[0]["mean"].parse().unwrap();
    assert!((mean - 175.0 / 3.0).abs() < 1e-9, "{mean}");
    let third: f64 = rows[0]["third"].parse().unwrap();
    assert!((third - 1e6 / 3.0).abs() < 1e-6, "{third}");
}

#[test]
fn an_unknown_table_is_named_with_the_nearest_one() {
    let sandbox = ingested();
    assert_snapshot!(said(&sandbox, &["query", "SELECT * FROM event"]), @r"
    exit 2
    --- stderr
    error: there is no table `event`

    hint: did you mean `events`?
    ");
    let text = said(
        &sandbox,
        &["query", "SELECT * FROM read_csv('/etc/passwd')"],
    );
    assert!(text.starts_with("exit 2\n"), "{text}");
    assert!(
        text.contains("the tables are: events, clearances, kpis, ledger"),
        "{text}"
    );
    sandbox.succeeds(&[
        "query",
        "WITH mine AS (SELECT * FROM ledger) SELECT * FROM mine",
    ]);
    sandbox.succeeds(&["query", "SELECT * FROM \"ledger\" AS l"]);
}

#[test]
fn only_one_select_is_answered() {
    let sandbox = ingested();
    for sql in [
        "",
        "SELECT 1; SELECT 2",
        "DROP TABLE events",
        "DELETE FROM clearances WHERE TRUE",
        "TRUNCATE TABLE events",
        "CREATE TABLE mine AS SELECT * FROM ledger",
        "INSERT INTO ledger VALUES (1)",
    ] {
        let ran = sandbox.clearway(&["query", sql]);
        assert_eq!(ran.status, 2, "{sql}: {}", ran.stdout);
        assert!(
            ran.stderr.contains("give one SELECT statement"),
            "{sql}: {}",
            ran.stderr
        );
    }
    assert_eq!(
        query(&sandbox, "SELECT COUNT(*) AS n FROM events")[0]["n"],
        "9"
    );
}

#[test]
fn a_statement_that_can_not_be_answered_says_why() {
    let sandbox = ingested();
    let text = said(&sandbox, &["query", "SELEC 1"]);
    assert!(
        text.starts_with("exit 2\n--- stderr\nerror: the statement is not SQL"),
        "{text}"
    );
    let text = said(&sandbox, &["query", "SELECT nothing FROM ledger"]);
    assert!(
        text.starts_with("exit 2\n--- stderr\nerror: the statement can't be answered"),
        "{text}"
    );
    assert!(text.contains("nothing"), "{text}");
    assert!(!text.contains("Resolved plan"), "{text}");
}

#[test]
fn parquet_needs_a_file_and_a_file_needs_a_folder() {
    let sandbox = ingested();
    assert_snapshot!(said(&sandbox, &["query", "SELECT * FROM ledger", "--format", "parquet"]), @r"
    exit 2
    --- stderr
    error: Parquet is not for a terminal

    hint: name a file with `--output FILE`
    ");
    let words = [
        "query",
        "SELECT * FROM ledger",
        "--format",
        "csv",
        "--output",
        "clearway.toml/rows.csv",
    ];
    let text = said(&sandbox, &words);
    assert!(
        text.starts_with("exit 5\n--- stderr\nerror: can't write `clearway.toml/rows.csv`"),
        "{text}"
    );
}

#[test]
fn an_empty_store_is_an_input_that_can_not_be_used() {
    let sandbox = super::new_project();
    for words in [
        &["query", "SELECT * FROM events"][..],
        &["query", "SELECT * FROM clearances"],
        &["query", "SELECT * FROM kpis"],
        &["kpi", "eval", "TF01"],
        &["run"],
    ] {
        let ran = sandbox.clearway(words);
        assert_eq!(ran.status, 3, "{words:?}: {}", ran.stderr);
        assert!(
            ran.stderr.contains("error: the store holds no event yet"),
            "{}",
            ran.stderr
        );
    }
    // Ingesting nothing makes a store without events.
    sandbox.succeeds(&["ingest"]);
    for table in ["events", "clearances", "kpis"] {
        let ran = sandbox.clearway(&["query", &format!("SELECT * FROM {table}")]);
        assert_eq!(ran.status, 3, "{table}: {}", ran.stderr);
    }
}

#[test]
fn a_kpi_prints_the_same_figures_for_people_and_programs() {
    let sandbox = ingested();
    assert_snapshot!(said(&sandbox, &["kpi", "eval", "TF02", "--by", "lane", "--period", "2025-01", "--format", "csv"])
        .lines().filter(|line| line.contains(",median,") || line.contains(",mean,") || !line.contains("TF02")).collect::<Vec<_>>().join("\n"), @r"
    exit 0
    --- stdout
    kpi,kpi_version,grain,period,dimension,member,statistic,value,unit,n,n_open,n_excluded,ci_low,ci_high,state,target,target_state,previous,year_ago
    TF02,1,month,2025-01,all,all,mean,14400,s,2,0,0,,,ok,,,,
    TF02,1,month,2025-01,all,all,median,14400,s,2,0,0,,,ok,,,,
    TF02,1,month,2025-01,lane,green,mean,7200,s,1,0,0,,,ok,,,,
    TF02,1,month,2025-01,lane,green,median,7200,s,1,0,0,,,ok,,,,
    TF02,1,month,2025-01,lane,red,mean,21600,s,1,0,0,,,ok,,,,
    TF02,1,month,2025-01,lane,red,median,21600,s,1,0,0,,,ok,,,,
    ");
    let people = sandbox
        .succeeds(&["kpi", "eval", "TF02", "--by", "lane", "--period", "2025-01"])
        .stdout;
    let row = |member: &str| {
        people
            .lines()
            .find(|line| line.contains(member))
            .unwrap_or_else(|| panic!("no {member} in\n{people}"))
    };
    assert!(row(" all ").contains(" 4 h 00 min "), "{people}");
    assert!(row(" green ").contains(" 2 h 00 min "), "{people}");
    assert!(row(" red ").contains(" 6 h 00 min "), "{people}");
}
