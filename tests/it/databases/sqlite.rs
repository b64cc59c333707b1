//! SQLite as a source.

use rusqlite::Connection;

use super::{ledger, project};
use crate::support::csv_rows;

fn execute(path: &std::path::Path, statements: &str) {
    Connection::open(path)
        .unwrap()
        .execute_batch(statements)
        .unwrap();
}

#[test]
fn sqlite_is_pulled_above_the_watermark_with_values_of_any_type() {
    let sandbox =
        project("url = \"sqlite:customs.db\"\nquery = \"SELECT * FROM log;\"\nwatermark = \"seq\"");
    let path = sandbox.join("customs.db");
    execute(
        &path,
        "CREATE TABLE log (seq INTEGER, no, what TEXT, at TEXT, office, trusted, value);
         INSERT INTO log VALUES
         (8, 'A1', 'Lodged', '2025-03-01 10:00', 'O,1', 1, 0.5),
         (9, 17, 'Lodged', '2025-03-02 10:00', x'00ff', 0, 1e16),
         (9, 'A3', 'Lodged', '2025-03-03 10:00', NULL, NULL, '12.50');",
    );
    let checked = sandbox.succeeds(&["check"]);
    assert!(
        checked
            .stderr
            .contains("sqlite:customs.db#declarations: connected, 7 columns"),
        "{}",
        checked.stderr
    );
    sandbox.succeeds(&["ingest"]);
    assert_eq!(ledger(&sandbox), ["3 3 0 0"]);
    let sql = "SELECT declaration_id, office, aeo, customs_value FROM events ORDER BY at";
    let rows = csv_rows(&sandbox.succeeds(&["query", sql, "--format", "csv"]).stdout);
    let rows: Vec<String> = rows
        .iter()
        .map(|row| {
            ["declaration_id", "office", "aeo", "customs_value"]
                .map(|name| row[name].as_str())
                .join("|")
        })
        .collect();
    assert_eq!(
        rows,
        [
            "A1|O,1|true|0.5",
            "17|\\x00ff|false|10000000000000000",
            "A3|||12.5"
        ]
    );

    // 10 is above 9, as numbers are: as texts it would not be.
    execute(
        &path,
        "INSERT INTO log VALUES
         (9, 'A4', 'Lodged', '2025-03-04 10:00', NULL, NULL, NULL),
         (10, 'A5', 'Lodged', '2025-03-05 10:00', NULL, NULL, NULL);",
    );
    sandbox.succeeds(&["ingest"]);
    assert_eq!(ledger(&sandbox), ["3 3 0 0", "4 2 0 2"]);
    let ran = sandbox.succeeds(&["ingest"]);
    assert!(
        ran.stderr.contains("0 new files, 1 known"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_sqlite_source_that_can_not_be_read_says_where_and_what_next() {
    for (url, query, wanted) in [
        (
            "sqlite:nowhere.db",
            "SELECT 1",
            [
                "can't open the database",
                "nowhere.db",
                "check the path in `url`",
            ],
        ),
        (
            "sqlite:clearway.toml",
            "SELECT 1",
            [
                "can't open the database",
                "file is not a database",
                "nothing was taken",
            ],
        ),
        (
            "sqlite:customs.db",
            "SELECT * FROM nowhere",
            [
                "the query of the source `declarations` failed on `sqlite:customs.db`",
                "no such table: nowhere",
                "correct `query`",
            ],
        ),
    ] {
        let sandbox = project(&format!("url = \"{url}\"\nquery = \"{query}\""));
        execute(&sandbox.join("customs.db"), "CREATE TABLE log (no)");
        for command in ["check", "ingest"] {
            let ran = sandbox.clearway(&[command]);
            assert_eq!(ran.status, 3, "{url}: {}", ran.stderr);
            for text in wanted {
                assert!(
                    ran.stderr.contains(text),
                    "`{text}` is not in: {}",
                    ran.stderr
                );
            }
        }
    }
}

#[test]
fn a_source_must_be_told_apart_and_its_address_is_never_repeated() {
    let sandbox =
        project("url = \"mysql://clerk:s3cr3t@db/customs\"\nquery = \"SELECT 1\"\nuser = \"x\"");
    let ran = sandbox.clearway(&["check"]);
    assert_eq!(ran.status, 4, "{}", ran.stderr);
    for text in [
        "`source.url`: is not the address of a database",
        "`source.user`: is not a known key here",
    ] {
        assert!(ran.stderr.contains(text), "{}", ran.stderr);
    }
    assert!(!ran.stderr.contains("s3cr3t"), "{}", ran.stderr);
}
