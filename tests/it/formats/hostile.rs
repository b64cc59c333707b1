//! Input that is meant to do harm, or might as well be: it meets a limit that says what it is.

use super::fixture::{COLUMNS, project, with_mapping};
use super::gzip;

const EVENTS: &str = "layout = \"events\"\n[columns]\ndeclaration_id = \"id\"\nactivity = \"what\"\n\
    timestamp = \"when\"\n[attributes]\noffice = \"office\"\n";

/// What `ingest` says of a file; nothing of it may be in the store.
fn refused(file: &str, bytes: &[u8], mapping: &str) -> String {
    let sandbox = with_mapping(file, bytes, mapping);
    let ran = sandbox.clearway(&["ingest"]);
    assert_eq!(ran.status, 3, "{file}: {}", ran.stderr);
    let rows = sandbox.clearway(&[
        "query",
        "SELECT COUNT(*) AS n FROM ledger",
        "--format",
        "csv",
    ]);
    assert!(!rows.stdout.contains('1'), "{file}: {}", rows.stdout);
    ran.stderr
}

#[test]
fn a_line_without_an_end() {
    let header = b"id,what,when,office\n".to_vec();
    let endless = [header, vec![b'x'; 20 << 20]].concat();
    for (file, bytes) in [
        ("log.csv", endless.clone()),
        ("log.csv.gz", gzip(&endless)),
        (
            "log.csv.zst",
            zstd::encode_all(endless.as_slice(), 1).unwrap(),
        ),
    ] {
        let text = refused(file, &bytes, EVENTS);
        assert!(
            text.contains("starts on line 2 is longer than 16 MiB"),
            "{text}"
        );
    }
    let text = refused("log.ndjson", &endless, EVENTS);
    assert!(text.contains("longer than 16 MiB"), "{text}");
}

#[test]
fn a_file_that_unpacks_without_end() {
    // 80 MiB of one row pack to a few kilobytes.
    let row = "1,a,2025-01-01,o\n";
    let rows = ["id,what,when,office\n", &row.repeat((80 << 20) / row.len())].concat();
    let packed = zstd::encode_all(rows.as_bytes(), 3).unwrap();
    let text = refused("log.csv.zst", &packed, EVENTS);
    assert!(
        text.contains("unpacks to more than 500 times its size"),
        "{text}"
    );
}

#[test]
fn a_field_that_is_too_long_refuses_its_row() {
    let long = "x".repeat(300 << 10);
    let rows = [
        ["1", "Lodged", "2025-01-01", &long, "1", ""],
        ["2", "Lodged", "2025-01-01", "o", "1", ""],
    ];
    let text: String = std::iter::once(COLUMNS)
        .chain(rows)
        .map(|row| row.join(",") + "\n")
        .collect();
    let sandbox = project("log.csv", text.as_bytes(), "", COLUMNS);
    let ran = sandbox.succeeds(&["ingest"]);
    let wanted = "2 read = 1 accepted + 1 rejected";
    assert!(ran.stderr.contains(wanted), "{}", ran.stderr);
    assert!(ran.stderr.contains("field_too_long 1"), "{}", ran.stderr);
    let ran = sandbox.succeeds(&["check"]);
    let told = "column `office`: `xxx";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("307200 bytes; a row may carry 256 KiB"),
        "{}",
        ran.stderr
    );
}

#[test]
fn lines_that_are_no_objects_are_refused_one_by_one() {
    let deep = "[".repeat(100_000);
    let lines = [
        r#"{"id":"1","what":"Lodged","when":"2025-01-01","office":"o"}"#,
        "not json",
        "[1,2]",
        r#"{"id":{"no":1},"what":"Lodged","when":"2025-01-01"}"#,
        r#"{"id":"2","what":"Lodged","when":"2025-01-01","office":"#,
        &format!("{{\"id\":{deep}"),
        &format!("{{\"other\":{deep}{}}}", "]".repeat(100_000)),
    ]
    .join("\n");
    let sandbox = with_mapping("log.ndjson", lines.as_bytes(), EVENTS);
    let ran = sandbox.succeeds(&["check"]);
    let told = "7 rows, 1 good, 6 to be rejected";
    assert!(ran.stderr.contains(told), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("broken_record: 5, first at line 2"),
        "{}",
        ran.stderr
    );
    // `office` is there; a column that is not could be a misspelt one.
    assert!(
        !ran.stderr.contains("none of the first rows"),
        "{}",
        ran.stderr
    );
    let mapping = EVENTS.replace("office = \"office\"", "office = \"post\"");
    let misspelt = with_mapping("log.ndjson", lines.as_bytes(), &mapping).succeeds(&["check"]);
    let told = "in none of the first rows: column `post`";
    assert!(misspelt.stderr.contains(told), "{}", misspelt.stderr);
    // The last one is an object, however deep: it has no number.
    assert!(
        ran.stderr.contains("missing_id: 1, first at line 7"),
        "{}",
        ran.stderr
    );
}

#[test]
fn entities_depth_and_endless_tags_in_xml() {
    let mapping = EVENTS.replace("\"id\"", "\"case:concept:name\"");
    let bomb = "<!DOCTYPE log [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>\n\
                <log><trace><string key=\"concept:name\" value=\"&b;\"/></trace></log>";
    let text = refused("log.xes", bomb.as_bytes(), &mapping);
    assert!(text.contains("line 1"), "{text}");
    assert!(text.contains("none are expanded"), "{text}");
    let deep = ["<log>", &"<container key='a'>".repeat(1000)].concat();
    let text = refused("log.xes", deep.as_bytes(), &mapping);
    assert!(text.contains("nested deeper than 64"), "{text}");
    let endless = [&b"<log><trace><string key=\""[..], &vec![b'x'; 20 << 20]].concat();
    let text = refused("log.xes.gz", &gzip(&endless), &mapping);
    assert!(text.contains("longer than 16 MiB"), "{text}");
    let cut = "<log><trace><event>";
    let text = refused("log.xes", cut.as_bytes(), &mapping);
    assert!(text.contains("ends in the middle of the log"), "{text}");
}

#[test]
fn what_is_no_workbook_or_no_parquet_is_told() {
    let text = refused("log.xlsx", b"id,what,when\n", EVENTS);
    assert!(text.contains("is not a workbook"), "{text}");
    let text = refused("log.parquet", b"id,what,when\n", EVENTS);
    assert!(text.contains("can't read"), "{text}");
    let text = refused("log.doc", b"id,what,when\n", EVENTS);
    assert!(text.contains("can't tell the format"), "{text}");
}
