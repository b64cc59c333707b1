//! What a log or the name of a file says is data: it neither runs, nor moves text about, nor becomes
//! a path.

use super::{LOG, query, small_project, tree};
use crate::support::{Sandbox, csv_rows};

/// A corridor that would be a formula and a path, an office that would clear the screen.
const CORRIDOR: &str = "=HYPERLINK(\"\"http://x\"\")";
const OFFICE: &str = "../../\u{1b}[2J\u{202e}O";

/// [`LOG`] with hostile labels, in a file with a hostile name.
fn hostile() -> Sandbox {
    let sandbox = small_project();
    std::fs::remove_file(sandbox.join("inbox/log.csv")).unwrap();
    let log = LOG
        .replace(",C1,", &format!(",\"{CORRIDOR}\","))
        .replace(",O1,", &format!(",{OFFICE},"));
    let bad = "-2+3,Lodged,\u{1b}[31mnever,C1,O1,import,road,1,,1,1,1,1,1,0,\n";
    let name = "inbox/=1+1 \u{202e}<script>alert(3)<!--.csv";
    sandbox.write(name, (log + bad).as_bytes());
    sandbox
}

fn assert_tame(text: &str, what: &str) {
    for bad in ['\u{1b}', '\u{202e}', '\u{7}'] {
        assert!(!text.contains(bad), "{what} has {bad:?}:\n{text}");
    }
}

#[test]
fn nothing_hostile_reaches_the_terminal() {
    let sandbox = hostile();
    for words in [
        &["check"][..],
        &["run", "--period", "2025-01"],
        &["ledger"],
        &["ledger", "--file", "inbox"],
        &["kpi", "eval", "TF02", "--by", "office,corridor"],
        &["query", "SELECT office, corridor, variant FROM clearances"],
        &["query", "SELECT * FROM ledger"],
    ] {
        let ran = sandbox.clearway(words);
        assert_eq!(ran.status, 0, "{words:?}: {}", ran.stderr);
        assert_tame(&ran.stderr, "standard error");
        assert_tame(&ran.stdout, "standard output");
    }
    // Names in error messages, too.
    let header = LOG.lines().next().unwrap();
    let header = header.replace("declaration,", "declaration\u{1b}[2J,");
    sandbox.write("inbox/other\u{202e}.csv", (header + "\n").as_bytes());
    let ran = sandbox.clearway(&["ingest"]);
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    assert_tame(&ran.stderr, "the error");
    assert!(ran.stderr.contains("⟨U+202E⟩"), "{}", ran.stderr);
}

#[test]
fn every_csv_is_inert_in_a_spreadsheet_and_parquet_and_json_are_exact() {
    let sandbox = hostile();
    sandbox.succeeds(&["run", "--period", "2025-01"]);
    let mut texts: Vec<(String, String)> = tree(&sandbox.join("reports/2025-01"))
        .into_iter()
        .filter(|(name, _)| name.ends_with(".csv"))
        .map(|(name, bytes)| (name, String::from_utf8(bytes).unwrap()))
        .collect();
    assert!(texts.len() >= 4, "{texts:?}");
    for words in [
        &["ledger", "--format", "csv"][..],
        &["kpi", "eval", "TF02", "--by", "corridor", "--format", "csv"],
        &[
            "query",
            "SELECT corridor, -1 AS minus FROM clearances",
            "--format",
            "csv",
        ],
    ] {
        texts.push((words[0].to_owned(), sandbox.succeeds(words).stdout));
    }
    let mut guarded = 0;
    for (name, text) in &texts {
        for (column, cell) in csv_rows(text).iter().flatten() {
            let number = cell.parse::<f64>().is_ok();
            assert!(
                number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r']),
                "{name}, {column}: {cell}"
            );
            guarded += usize::from(cell.starts_with("'="));
        }
    }
    assert!(guarded > 10, "{guarded} cells had to be guarded");
    let sql = "SELECT corridor, -1 AS minus FROM clearances WHERE declaration_id = 'A1'";
    assert_eq!(
        query(&sandbox, sql)[0]["minus"],
        "-1",
        "a number is left alone"
    );
    let json = sandbox.succeeds(&["query", sql, "--format", "json"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[0]["corridor"], "=HYPERLINK(\"http://x\")");
}

#[test]
fn labels_are_text_on_the_page_and_in_charts_and_never_a_path() {
    let sandbox = hostile();
    sandbox.succeeds(&["run", "--period", "2025-01"]);
    let report = tree(&sandbox.join("reports/2025-01"));
    for (name, bytes) in &report {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
        assert!(name.chars().all(plain) && !name.contains(".."), "{name}");
        if name.ends_with(".svg") || name.ends_with(".html") {
            let text = String::from_utf8(bytes.clone()).unwrap();
            assert_tame(&text, name);
            assert!(!text.contains("<script>alert"), "{name}");
        }
    }
    let page = sandbox.read("reports/2025-01/index.html");
    assert!(page.contains("&lt;script&gt;alert(3)"), "the file is named");
    let outside: Vec<String> = tree(sandbox.path())
        .into_keys()
        .filter(|name| name.contains("[2J"))
        .collect();
    assert_eq!(outside, Vec::<String>::new());
}
