//! Databases as sources: what is pulled, what is not pulled twice, what is never shown.

mod server;
mod sqlite;

use std::fs;

use self::server::{PASSWORD, server};
use crate::support::{Ran, Sandbox, csv_rows};

/// A project with one source.
fn project(source: &str) -> Sandbox {
    let sandbox = Sandbox::empty();
    let project = format!(
        "[project]\nname = \"P\"\ntimezone = \"Asia/Tashkent\"\ncurrency = \"UZS\"\n\
         [report]\nmin_declarations = 1\n[[source]]\nname = \"declarations\"\nmapping = \"rows\"\n{source}\n"
    );
    sandbox.write("clearway.toml", project.as_bytes());
    // What is said of delimiters is meant for files, not for databases.
    let mapping = "layout = \"events\"\ndelimiter = \";\"\n\
        [columns]\ndeclaration_id = \"no\"\nactivity = \"what\"\ntimestamp = \"at\"\n\
        [activities]\nLodged = \"lodged\"\nReleased = \"released\"\n\
        [attributes]\noffice = \"office\"\naeo = \"trusted\"\n[amounts]\ncustoms_value = \"value\"\n";
    sandbox.write("mappings/rows.toml", mapping.as_bytes());
    sandbox
}

fn source(query: &str, watermark: Option<&str>) -> String {
    let watermark = watermark.map(|column| format!("watermark = \"{column}\"\n"));
    format!(
        "url = \"env:CUSTOMS_DB\"\nquery = \"\"\"{query}\"\"\"\n{}",
        watermark.unwrap_or_default()
    )
}

/// The ledger's row counts, one line per pull.
fn ledger(sandbox: &Sandbox) -> Vec<String> {
    let sql = "SELECT * FROM ledger";
    let ran = sandbox.succeeds(&["query", sql, "--format", "csv"]);
    let rows = csv_rows(&ran.stdout);
    rows.iter()
        .map(|row| {
            ["read", "accepted", "rejected", "duplicates"]
                .map(|outcome| row[&format!("rows_{outcome}")].as_str())
                .join(" ")
        })
        .collect()
}

/// No file of the project and nothing that was said holds the password.
fn password_is_nowhere(sandbox: &Sandbox, said: &[&Ran]) {
    let escaped = PASSWORD.replace('@', "%40");
    let hidden = |text: &[u8]| {
        let text = String::from_utf8_lossy(text);
        // Parquet may be packed: the parts that are not must do.
        !["s3cr3t", PASSWORD, &escaped]
            .iter()
            .any(|part| text.contains(part))
    };
    for ran in said {
        assert!(
            hidden(ran.stderr.as_bytes()) && hidden(ran.stdout.as_bytes()),
            "{}",
            ran.stderr
        );
    }
    let mut folders = vec![sandbox.path().to_owned()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files += 1;
                assert!(hidden(&fs::read(&path).unwrap()), "{}", path.display());
            }
        }
    }
    assert!(files > 2);
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one server, one story told in its order"
)]
fn postgresql_is_pulled_above_the_watermark_and_no_row_is_lost_at_the_boundary() {
    let Some(server) = server() else { return };
    server.sql(
        "CREATE TABLE log (no text, what text, at timestamptz, office text, trusted boolean, \
         value numeric, changed timestamptz); \
         INSERT INTO log VALUES \
         ('A1', 'Lodged', '2025-03-01 10:00+05', 'O\"1, \nsouth', true, 100.50, '2025-03-01 06:00+00'), \
         ('A1', 'Released', '2025-03-01 12:00+05', NULL, false, NULL, '2025-03-02 06:00+00'), \
         ('A2', 'Lodged', NULL, NULL, NULL, NULL, '2025-03-02 06:00+00'), \
         ('A3', 'Lodged', '2025-03-03 00:00:00.000001+00', '', NULL, 12345678901234567890.123456, NULL);",
        "customs",
    );
    let sandbox = project(&source(
        "SELECT * FROM log -- all of it\n;",
        Some("changed"),
    ));
    let url = server.url("127.0.0.1", "?sslmode=disable");
    let run = |arguments: &[&str]| sandbox.clearway_with(arguments, &[("CUSTOMS_DB", &url)]);

    let checked = run(&["check"]);
    assert_eq!(checked.status, 0, "{}", checked.stderr);
    let name = format!(
        "postgres://clerk@127.0.0.1:{}/customs#declarations",
        server.port
    );
    let line = format!("{name}: connected, 7 columns");
    assert!(checked.stderr.contains(&line), "{}", checked.stderr);

    // The whole table; the event without a time is refused.
    let first = run(&["ingest"]);
    assert_eq!(first.status, 0, "{}", first.stderr);
    assert_eq!(ledger(&sandbox), ["4 3 1 0"]);
    let sql = "SELECT declaration_id, at, office, aeo, customs_value FROM events ORDER BY at";
    let events = csv_rows(&sandbox.succeeds(&["query", sql, "--format", "csv"]).stdout);
    let values: Vec<Vec<&str>> = events
        .iter()
        .map(|row| {
            ["at", "office", "aeo", "customs_value"]
                .map(|name| row[name].as_str())
                .to_vec()
        })
        .collect();
    assert_eq!(
        values,
        [
            ["2025-03-01T05:00:00Z", "O\"1, \nsouth", "true", "100.5"],
            ["2025-03-01T07:00:00Z", "", "false", ""],
            [
                "2025-03-03T00:00:00.000001Z",
                "",
                "",
                "12345678901234567890.123456"
            ],
        ]
    );

    // Nothing new: nothing is pulled.
    let again = run(&["ingest"]);
    assert!(
        again.stderr.contains("0 new files, 1 known"),
        "{}",
        again.stderr
    );
    assert_eq!(ledger(&sandbox).len(), 1);

    // One row at the boundary, one above it, one far below it (which no watermark can see).
    server.sql(
        "INSERT INTO log VALUES \
         ('A4', 'Lodged', '2025-03-04 10:00+05', NULL, NULL, NULL, '2025-03-02 06:00+00'), \
         ('A5', 'Lodged', '2025-03-05 10:00+05', NULL, NULL, NULL, '2025-03-05 06:00+00'), \
         ('A6', 'Lodged', '2025-03-06 10:00+05', NULL, NULL, NULL, '2025-01-01 06:00+00');",
        "customs",
    );
    let second = run(&["ingest"]);
    assert_eq!(second.status, 0, "{}", second.stderr);
    // Taken: the two rows of the boundary again (one refused again, one a duplicate), the row
    // without a watermark (a duplicate), A4 and A5.
    assert_eq!(ledger(&sandbox), ["4 3 1 0", "5 2 1 2"]);

    let reported = run(&["run", "--period", "2025-03"]);
    assert_eq!(reported.status, 0, "{}", reported.stderr);
    let record = sandbox.read("reports/2025-03/run.json");
    assert!(
        record.contains(&name) && record.contains("2025-03-05 06:00:00+00"),
        "{record}"
    );
    password_is_nowhere(&sandbox, &[&checked, &first, &again, &second, &reported]);
    assert!(!sandbox.join("store/pulls/declarations.csv").exists());
}

#[test]
fn a_query_without_a_watermark_is_read_whole_and_counts_once() {
    let Some(server) = server() else { return };
    server.sql(
        "CREATE TABLE small AS SELECT 'A' || n AS no, 'Lodged' AS what, \
         '2025-03-01 00:00Z'::timestamptz + n * interval '1 hour' AS at, 'O1' AS office, \
         true AS trusted, n AS value FROM generate_series(1, 3) AS n",
        "customs",
    );
    let sandbox = project(&source("SELECT * FROM small ORDER BY value", None));
    let url = server.url("127.0.0.1", "");
    let run = |arguments: &[&str]| sandbox.clearway_with(arguments, &[("CUSTOMS_DB", &url)]);
    for known in ["1 new file, 0 known", "0 new files, 1 known"] {
        let ran = run(&["ingest"]);
        assert!(ran.stderr.contains(known), "{}", ran.stderr);
    }
    server.sql(
        "INSERT INTO small VALUES ('A4', 'Lodged', '2025-03-02', 'O1', false, 4)",
        "customs",
    );
    assert_eq!(run(&["ingest"]).status, 0);
    assert_eq!(ledger(&sandbox), ["3 3 0 0", "4 1 0 3"]);
}

#[test]
fn a_changed_query_starts_from_the_beginning_with_a_warning() {
    let Some(server) = server() else { return };
    server.sql(
        "CREATE TABLE numbered AS SELECT n AS changed, 'A' || n AS no, 'Lodged' AS what, \
         '2025-03-01 00:00Z'::timestamptz + n * interval '1 hour' AS at, 'O1' AS office, \
         true AS trusted, n AS value FROM generate_series(1, 12) AS n",
        "customs",
    );
    let old = "SELECT * FROM numbered WHERE value < 10";
    let sandbox = project(&source(old, Some("changed")));
    let url = server.url("127.0.0.1", "");
    let run = |arguments: &[&str]| sandbox.clearway_with(arguments, &[("CUSTOMS_DB", &url)]);
    assert_eq!(run(&["ingest"]).status, 0);
    let text = sandbox
        .read("clearway.toml")
        .replace(" WHERE value < 10", "");
    sandbox.write("clearway.toml", text.as_bytes());
    let ran = run(&["ingest", "--fail-on", "warning"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("the query or the watermark of the source `declarations` has changed"),
        "{}",
        ran.stderr
    );
    // Numbers are compared as numbers: 12 is above 9.
    assert_eq!(ledger(&sandbox), ["9 9 0 0", "12 3 0 9"]);
    assert!(run(&["ingest"]).stderr.contains("0 new files, 1 known"));
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one server, one story told in its order"
)]
fn what_fails_says_where_and_what_next_and_takes_nothing() {
    let Some(server) = server() else { return };
    let query = "SELECT 'A' AS no, 'Lodged' AS what, now() AS at, 'O' AS office, true AS trusted, 1 AS value";
    let broken = "SELECT 1 / (n - 5000) AS value, 'A' || n AS no, 'Lodged' AS what, now() AS at, 'O' AS office, true AS trusted FROM generate_series(1, 9000) AS n";
    let port = server.port;
    let place = format!("`postgres://clerk@127.0.0.1:{port}/customs`");
    let good = server.url("127.0.0.1", "");
    let wrong = good.replace("%40", "%41");
    let elsewhere = good.replace("/customs", "/nowhere");
    let closed = format!(
        "postgres://clerk:{}@127.0.0.1:1/customs",
        PASSWORD.replace('@', "%40")
    );
    let unescaped = format!("postgres://clerk:{PASSWORD}@127.0.0.1:{port}/customs");
    for (url, query, watermark, wanted) in [
        (
            &wrong,
            query,
            None,
            [
                "can't connect to the database",
                "password authentication failed",
                "check the user and the password",
            ],
        ),
        (
            &elsewhere,
            query,
            None,
            [
                "`postgres://clerk@127.0.0.1",
                "database \"nowhere\" does not exist",
                "check the name of the database",
            ],
        ),
        (
            &closed,
            query,
            None,
            [
                "`postgres://clerk@127.0.0.1:1/customs`",
                "refused",
                "check host, port and `sslmode`",
            ],
        ),
        (
            &unescaped,
            query,
            None,
            [
                "the address of the source `declarations`",
                "has an `@`, `/` or `?`",
                "environment variable `CUSTOMS_DB`",
            ],
        ),
        (
            &good,
            "SELECT nothing FROM nowhere",
            None,
            [
                place.as_str(),
                "relation \"nowhere\" does not exist",
                "correct `query`",
            ],
        ),
        (
            &good,
            "DELETE FROM pg_class",
            None,
            [place.as_str(), "syntax error", "correct `query`"],
        ),
        (
            &good,
            "SELECT 'A' AS no, 'B' AS what",
            None,
            [
                "has no column `at`, `office`, `trusted`, `value`",
                "mapping `rows`",
                "did you mean `what`?",
            ],
        ),
        (
            &good,
            query,
            Some("att"),
            [
                "has no column `att`, which is its watermark",
                "did you mean `at`?",
                "declarations",
            ],
        ),
        (
            &good,
            "SELECT *, 'infinity'::timestamptz AS w FROM (SELECT 'A' AS no, 'B' AS what, now() AS at, 'O' AS office, true AS trusted, 1 AS value) AS q",
            Some("w"),
            [
                "is infinity",
                "no later row could exceed it",
                "declarations",
            ],
        ),
        (
            &good,
            broken,
            None,
            [place.as_str(), "division by zero", "nothing was taken"],
        ),
    ] {
        let sandbox = project(&source(query, watermark));
        let ran = sandbox.clearway_with(&["ingest"], &[("CUSTOMS_DB", url)]);
        assert_eq!(ran.status, 3, "{query}: {}", ran.stderr);
        for text in wanted {
            assert!(
                ran.stderr.contains(text),
                "`{text}` is not in: {}",
                ran.stderr
            );
        }
        password_is_nowhere(&sandbox, &[&ran]);
        assert_eq!(ledger(&sandbox), [""; 0], "{query}");
    }
    let sandbox = project(&source(query, None));
    let ran = sandbox.clearway(&["ingest"]);
    assert_eq!(ran.status, 3);
    assert!(
        ran.stderr
            .contains("the environment variable `CUSTOMS_DB`, which is not set"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_pull_that_dies_half_way_is_taken_whole_the_next_time() {
    let Some(server) = server() else { return };
    server.sql(
        "CREATE TABLE halves AS SELECT 'A' || n AS no, 'Lodged' AS what, \
         '2025-03-01 00:00Z'::timestamptz + n * interval '1 second' AS at, 'O1' AS office, \
         true AS trusted, 1000 / n AS value FROM generate_series(1, 5000) AS n",
        "customs",
    );
    let query = "SELECT *, 1 / (SELECT count(*) FROM switch) AS fine FROM halves";
    server.sql("CREATE TABLE switch (n int)", "customs");
    let sandbox = project(&source(query, None));
    // What an interrupted pull may have left.
    sandbox.write(
        "store/pulls/declarations.csv",
        b"no,what,at,office,trusted,value,fine\nA1,Lod",
    );
    let url = server.url("127.0.0.1", "");
    let run = || sandbox.clearway_with(&["ingest"], &[("CUSTOMS_DB", &url)]);
    assert_eq!(run().status, 3);
    assert_eq!(ledger(&sandbox), [""; 0]);
    server.sql("INSERT INTO switch VALUES (1)", "customs");
    let ran = run();
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    assert_eq!(ledger(&sandbox), ["5000 5000 0 0"]);
}

#[test]
fn sslmode_decides_on_encryption_and_on_the_certificate() {
    let Some(server) = server() else { return };
    let Some(certificate) = server.certificate_file() else {
        eprintln!("skipped: there is no openssl to make a certificate with");
        return;
    };
    // A copy that the program may read whoever runs the test.
    let query = "SELECT 'A' AS no, CASE WHEN ssl THEN 'Encrypted' ELSE 'Plain' END AS what, \
        '2025-03-01 00:00Z'::timestamptz AS at, 'O' AS office, true AS trusted, 1 AS value \
        FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    let sandbox = project(&source(query, None));
    fs::copy(certificate, sandbox.join("ca.pem")).unwrap();
    let root = format!(
        "?sslmode=verify-full&sslrootcert={}",
        sandbox.join("ca.pem").display()
    );
    for (host, options, wanted) in [
        ("127.0.0.1", "?sslmode=disable", Ok("Plain")),
        ("127.0.0.1", "?sslmode=require", Ok("Encrypted")),
        ("127.0.0.1", "", Ok("Encrypted")),
        ("localhost", root.as_str(), Ok("Encrypted")),
        // The certificate is for `localhost`.
        ("127.0.0.1", root.as_str(), Err("certificate")),
        ("localhost", "?sslmode=verify-full", Err("certificate")),
    ] {
        let _ = fs::remove_dir_all(sandbox.join("store"));
        let url = server.url(host, options);
        let ran = sandbox.clearway_with(&["ingest"], &[("CUSTOMS_DB", &url)]);
        match wanted {
            Ok(activity) => {
                assert_eq!(ran.status, 0, "{options}: {}", ran.stderr);
                let sql = "SELECT activity FROM events";
                let rows = csv_rows(&sandbox.succeeds(&["query", sql, "--format", "csv"]).stdout);
                assert_eq!(rows[0]["activity"], activity, "{host}{options}");
            }
            Err(text) => {
                assert_eq!(ran.status, 3, "{host}{options}: {}", ran.stderr);
                assert!(ran.stderr.contains(text), "{host}{options}: {}", ran.stderr);
            }
        }
    }
}
