//! A block of CSV without quotes is cut by hand, one with quotes is parsed: both must say the same.

use crate::support::{Sandbox, csv_rows};

fn run(log: &str) -> [String; 3] {
    let sandbox = Sandbox::with_sample_mapping("log.csv");
    sandbox.write("log.csv", log.as_bytes());
    sandbox.succeeds(&["run", "--period", "2024-01"]);
    let rows =
        "SELECT rows_read, rows_accepted, rows_rejected, rows_duplicates, reasons FROM ledger";
    [
        sandbox.read("reports/2024-01/kpis.csv"),
        sandbox.read("reports/2024-01/rejects.csv"),
        sandbox.succeeds(&["query", rows, "--format", "csv"]).stdout,
    ]
}

#[test]
fn a_quote_in_a_file_changes_nothing_but_itself() {
    let sandbox = Sandbox::empty();
    let faults = "missing_id,unparsable_time,impossible_time,unknown_code,bad_number,wrong_column_count,duplicate";
    let words = [
        "simulate",
        "--declarations",
        "300",
        "--months",
        "1",
        "--output",
        "log.csv",
    ];
    sandbox.succeeds(
        &[
            words.as_slice(),
            &["--faults", "0.05", "--fault-kinds", faults],
        ]
        .concat(),
    );
    // Blank lines are lines, and no records.
    let plain = sandbox.read("log.csv").replacen("\n26", "\n\n\n26", 3);
    assert!(!plain.contains('"') && plain.contains("\n\n\n26"));
    let last = plain.trim_end().rfind('\n').unwrap() + 1;
    let (before, row) = plain.split_at(last);
    let (id, rest) = row.split_once(',').unwrap();
    let quoted = format!("{before}\"{id}\",{rest}");
    let (found, parsed) = (run(&plain), run(&quoted));
    assert_eq!(found, parsed);
    let rejects = csv_rows(&found[1]);
    let reasons = rejects.iter().map(|row| row["reason"].as_str());
    let reasons: std::collections::BTreeSet<&str> = reasons.collect();
    assert!(
        reasons.contains("wrong_column_count") && reasons.len() > 4,
        "{reasons:?}"
    );
    // A line number that a reader of the file would find.
    for row in &rejects {
        let line: usize = row["line"].parse().unwrap();
        assert_eq!(plain.lines().nth(line - 1), Some(row["raw"].as_str()));
    }
}
