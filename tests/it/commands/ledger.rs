//! The account of files: what replaces what, what is read again, and who keeps a row that two had.

use std::collections::BTreeMap;
use std::fs;

use super::{LOG, edit, figure, query, said, small_project};
use crate::support::{Sandbox, csv_rows};

/// Some rows of [`LOG`], by their number from 1, with its header.
fn rows_of_log(rows: &[usize]) -> String {
    let lines: Vec<&str> = LOG.lines().collect();
    let mut text = lines[0].to_owned() + "\n";
    for row in rows {
        text.push_str(lines[*row]);
        text.push('\n');
    }
    text
}

/// [`LOG`] with another time of A1's release.
fn corrected() -> String {
    LOG.replace(
        "A1,Released,10.01.2025 12:00",
        "A1,Released,10.01.2025 13:00",
    )
}

/// File, state, and rows read, accepted, rejected, duplicates, filtered; in the order of ingestion.
fn account(sandbox: &Sandbox) -> Vec<String> {
    let text = sandbox.succeeds(&["ledger", "--format", "csv"]).stdout;
    let columns = [
        "file",
        "state",
        "rows_read",
        "rows_accepted",
        "rows_rejected",
        "rows_duplicates",
        "rows_filtered",
    ];
    let row = |row: &BTreeMap<String, String>| columns.map(|name| row[name].as_str()).join(" ");
    csv_rows(&text).iter().map(row).collect()
}

/// Declaration, activity, file and line of every event.
fn events(sandbox: &Sandbox) -> Vec<String> {
    let sql = "SELECT declaration_id, activity, source_file, source_line FROM events \
               ORDER BY declaration_id, at, activity";
    let rows = query(sandbox, sql);
    let columns = ["declaration_id", "activity", "source_file", "source_line"];
    rows.iter()
        .map(|row| columns.map(|name| row[name].as_str()).join(" "))
        .collect()
}

/// The median of January's clearance times (TF02) in seconds.
fn median(sandbox: &Sandbox) -> String {
    figure(sandbox, &["TF02", "--period", "2025-01"], "all", "median")
}

#[test]
fn a_file_that_replaces_another_takes_its_rows_out() {
    let sandbox = small_project();
    sandbox.succeeds(&["ingest"]);
    // A1 2 h, A2 6 h
    assert_eq!(median(&sandbox), "14400");
    sandbox.write("inbox/corrected.csv", corrected().as_bytes());
    let ran = sandbox.succeeds(&[
        "ingest",
        "--supersedes",
        "inbox/log.csv",
        "inbox/corrected.csv",
    ]);
    assert!(
        ran.stderr.contains(
            "superseded inbox/log.csv by inbox/corrected.csv: 9 rows taken out, 0 of them kept for another file"
        ),
        "{}",
        ran.stderr
    );
    // A1 3 h, A2 6 h
    assert_eq!(median(&sandbox), "16200");
    assert_eq!(
        account(&sandbox),
        [
            "inbox/log.csv superseded 9 9 0 0 0",
            "inbox/corrected.csv current 9 9 0 0 0"
        ]
    );
    assert_eq!(events(&sandbox).len(), 9);
    // The file that was replaced still lies in the inbox: it does not come back.
    let ran = sandbox.succeeds(&["ingest"]);
    assert!(
        ran.stderr.contains("0 new files, 2 known"),
        "{}",
        ran.stderr
    );
    assert_eq!(median(&sandbox), "16200");
    // Unless it is asked for by name.
    sandbox.succeeds(&[
        "ingest",
        "--supersedes",
        "inbox/corrected.csv",
        "inbox/log.csv",
    ]);
    assert_eq!(median(&sandbox), "14400");
    assert_eq!(
        account(&sandbox)[2],
        "inbox/log.csv current 9 9 0 0 0",
        "read a second time"
    );
}

#[test]
fn a_file_that_was_taken_beside_the_one_it_corrects_can_still_replace_it() {
    let sandbox = small_project();
    sandbox.succeeds(&["ingest"]);
    sandbox.write("inbox/log.csv", corrected().as_bytes());
    let ran = sandbox.succeeds(&["ingest"]);
    assert!(
        ran.stderr
            .contains("`clearway ingest --supersedes inbox/log.csv inbox/log.csv`"),
        "{}",
        ran.stderr
    );
    // Both releases of A1 are there, and the first one counts.
    assert_eq!(median(&sandbox), "14400");
    assert_eq!(
        account(&sandbox),
        [
            "inbox/log.csv current 9 9 0 0 0",
            "inbox/log.csv current 9 1 0 8 0"
        ]
    );
    let ran = sandbox.succeeds(&["ingest", "--supersedes", "inbox/log.csv", "inbox/log.csv"]);
    assert!(
        ran.stderr
            .contains("9 rows taken out, 8 of them kept for another file"),
        "{}",
        ran.stderr
    );
    assert_eq!(median(&sandbox), "16200");
    assert_eq!(
        account(&sandbox),
        [
            "inbox/log.csv superseded 9 9 0 0 0",
            "inbox/log.csv current 9 9 0 0 0"
        ]
    );
    assert_eq!(events(&sandbox).len(), 9);
}

#[test]
fn of_equal_files_one_is_taken() {
    let sandbox = small_project();
    sandbox.write("inbox/copy.csv", LOG.as_bytes());
    for _ in 0..2 {
        sandbox.succeeds(&["ingest"]);
        assert_eq!(account(&sandbox), ["inbox/copy.csv current 9 9 0 0 0"]);
    }
    // Nothing of an empty one is ever written; it is named all the same.
    sandbox.write("inbox/empty.csv", b"");
    sandbox.write("inbox/empty-too.csv", b"");
    sandbox.succeeds(&["ingest"]);
    let text = sandbox.succeeds(&["ledger", "--format", "csv"]).stdout;
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let rows = csv_rows(&text);
    assert_eq!((rows.len(), rows[1]["sha256"].as_str()), (2, empty));
}

#[test]
fn a_source_can_say_that_a_changed_file_replaces_itself() {
    let sandbox = small_project();
    edit(
        &sandbox,
        "clearway.toml",
        "path = \"inbox/*.csv*\"",
        "when_changed = \"supersede\"\npath = \"inbox/*.csv*\"",
    );
    sandbox.succeeds(&["ingest"]);
    sandbox.write("inbox/log.csv", corrected().as_bytes());
    sandbox.succeeds(&["run"]);
    assert_eq!(median(&sandbox), "16200");
    assert_eq!(
        account(&sandbox),
        [
            "inbox/log.csv superseded 9 9 0 0 0",
            "inbox/log.csv current 9 9 0 0 0"
        ]
    );
    edit(&sandbox, "clearway.toml", "\"supersede\"", "\"supersedes\"");
    let text = said(&sandbox, &["ingest"]);
    assert!(text.starts_with("exit 4\n"), "{text}");
    assert!(
        text.contains("`add` (a log that grows) or `supersede`"),
        "{text}"
    );
}

#[test]
fn a_row_that_two_files_hold_stays_with_the_other_when_one_is_replaced() {
    let sandbox = small_project();
    sandbox.succeeds(&["ingest"]);
    // A2 again (rows 5 to 8), and what only this file has.
    let mut second = rows_of_log(&[5, 6, 7, 8]);
    second.push_str("A4,Lodged,12.01.2025 09:00,C1,O2,import,road,1,,0,1,1,5,1,0,\n");
    sandbox.write("inbox/second.csv", second.as_bytes());
    sandbox.write("inbox/third.csv", rows_of_log(&[8, 7]).as_bytes());
    sandbox.succeeds(&["ingest"]);
    assert_eq!(
        account(&sandbox),
        [
            "inbox/log.csv current 9 9 0 0 0",
            "inbox/second.csv current 5 1 0 4 0",
            "inbox/third.csv current 2 0 0 2 0"
        ]
    );

    // The corrected file no longer has A2.
    let correct = rows_of_log(&[1, 2, 3, 4, 9]);
    sandbox.write("inbox/corrected.csv", correct.as_bytes());
    let ran = sandbox.succeeds(&[
        "ingest",
        "--supersedes",
        "inbox/log.csv",
        "inbox/corrected.csv",
    ]);
    assert!(
        ran.stderr
            .contains("9 rows taken out, 4 of them kept for another file"),
        "{}",
        ran.stderr
    );
    assert_eq!(
        account(&sandbox),
        [
            "inbox/log.csv superseded 9 9 0 0 0",
            "inbox/second.csv current 5 5 0 0 0",
            "inbox/third.csv current 2 0 0 2 0",
            "inbox/corrected.csv current 5 5 0 0 0"
        ]
    );
    let expected = [
        "A1 Lodged inbox/corrected.csv 2",
        "A1 Registered inbox/corrected.csv 3",
        "A1 Paid inbox/corrected.csv 4",
        "A1 Released inbox/corrected.csv 5",
        "A2 Lodged inbox/second.csv 2",
        "A2 Registered inbox/second.csv 3",
        "A2 Inspection completed inbox/second.csv 4",
        "A2 Released inbox/second.csv 5",
        "A3 Lodged inbox/corrected.csv 6",
        "A4 Lodged inbox/second.csv 6",
    ];
    assert_eq!(events(&sandbox), expected);

    // The second file goes too: two of A2's rows are left to the third.
    sandbox.write("inbox/second-b.csv", rows_of_log(&[5]).as_bytes());
    sandbox.succeeds(&[
        "ingest",
        "--supersedes",
        "inbox/second.csv",
        "inbox/second-b.csv",
    ]);
    let expected = [
        "A2 Lodged inbox/second-b.csv 2",
        "A2 Inspection completed inbox/third.csv 3",
        "A2 Released inbox/third.csv 2",
    ];
    assert_eq!(events(&sandbox)[4..7], expected);
    assert_eq!(
        events(&sandbox).len(),
        8,
        "A4 is gone, and A2's registration"
    );
    assert_eq!(account(&sandbox)[2], "inbox/third.csv current 2 2 0 0 0");
}

#[test]
fn replacing_files_gives_what_reading_only_the_last_ones_gives() {
    let replaced = small_project();
    replaced.write("inbox/other.csv", rows_of_log(&[2, 3, 7, 7]).as_bytes());
    replaced.succeeds(&["ingest"]);
    for (old, new, text) in [
        ("log", "log-2", rows_of_log(&[1, 2, 4, 8])),
        ("other", "other-2", rows_of_log(&[3, 4, 8, 9, 9])),
        ("log-2", "log-3", corrected()),
    ] {
        replaced.write(&format!("inbox/{new}.csv"), text.as_bytes());
        let (old, new) = (format!("inbox/{old}.csv"), format!("inbox/{new}.csv"));
        replaced.succeeds(&["ingest", "--supersedes", &old, &new]);
    }
    let plain = small_project();
    plain.write("inbox/log.csv", corrected().as_bytes());
    plain.write(
        "inbox/other-2.csv",
        rows_of_log(&[3, 4, 8, 9, 9]).as_bytes(),
    );
    plain.succeeds(&["ingest"]);
    let content = |sandbox: &Sandbox| {
        query(
            sandbox,
            "SELECT declaration_id, activity, at, office, customs_value FROM events \
             ORDER BY declaration_id, at, activity",
        )
    };
    assert_eq!(content(&replaced), content(&plain));
    let sql = "SELECT SUM(rows_accepted) AS n FROM ledger WHERE state = 'current'";
    assert_eq!(query(&replaced, sql), query(&plain, sql));
}

#[test]
fn files_are_read_again_under_a_changed_mapping() {
    let sandbox = small_project();
    sandbox.write("inbox/other.csv", rows_of_log(&[9, 9]).as_bytes());
    sandbox.succeeds(&["ingest"]);
    edit(
        &sandbox,
        "mappings/customs.toml",
        "\"2\" = \"yellow\"",
        "\"2\" = \"orange\"",
    );
    let lane = || {
        let sql = "SELECT lane FROM clearances WHERE declaration_id = 'A3'";
        query(&sandbox, sql)[0]["lane"].clone()
    };
    assert_eq!(lane(), "yellow");
    let ran = sandbox.succeeds(&["ingest", "--again"]);
    assert!(
        ran.stderr.contains("2 new files, 0 known"),
        "{}",
        ran.stderr
    );
    assert_eq!(lane(), "orange");
    assert_eq!(
        account(&sandbox),
        [
            "inbox/log.csv superseded 9 9 0 0 0",
            "inbox/other.csv superseded 2 1 0 1 0",
            "inbox/log.csv current 9 9 0 0 0",
            "inbox/other.csv current 2 0 0 2 0"
        ],
        "when the first file went, the second kept the row for a while"
    );
    let ran = sandbox.succeeds(&["ingest", "--again"]);
    assert!(
        ran.stderr.contains("0 new files, 2 known"),
        "{}",
        ran.stderr
    );
    let ran = sandbox.succeeds(&["ingest", "--again", "inbox/log.csv"]);
    assert!(ran.stderr.contains("1 new file, 0 known"), "{}", ran.stderr);
    assert_eq!(events(&sandbox).len(), 9);
}

#[test]
fn the_rejects_of_a_file_that_is_replaced_are_forgotten_and_its_text_is_kept_until_then() {
    let sandbox = small_project();
    let bad = LOG.replace("A1,Paid,10.01.2025 11:00", "A1,Paid,not a time");
    sandbox.write("inbox/log.csv", bad.as_bytes());
    sandbox.succeeds(&["run"]);
    let rejects = csv_rows(&sandbox.read("reports/2025-01/rejects.csv"));
    assert_eq!(rejects.len(), 1);
    let line = bad.lines().nth(3).unwrap();
    assert_eq!(
        rejects[0]["raw"], line,
        "the row can be put right and given again"
    );
    sandbox.write("inbox/corrected.csv", corrected().as_bytes());
    sandbox.succeeds(&[
        "ingest",
        "--supersedes",
        "inbox/log.csv",
        "inbox/corrected.csv",
    ]);
    sandbox.succeeds(&["run"]);
    assert_eq!(
        csv_rows(&sandbox.read("reports/2025-01/rejects.csv")).len(),
        0
    );
}

#[test]
fn what_can_not_be_replaced_is_an_error_that_says_why() {
    let sandbox = small_project();
    sandbox.succeeds(&["ingest"]);
    insta::assert_snapshot!(said(&sandbox, &["ingest", "--supersedes", "inbox/lag.csv", "inbox/log.csv"]), @r"
    exit 2
    --- stderr
    error: the store has no other file `inbox/lag.csv` that could be replaced

    hint: did you mean `inbox/log.csv`?
    ");
    insta::assert_snapshot!(said(&sandbox, &["ingest", "--supersedes", "inbox/log.csv"]), @r"
    exit 2
    --- stderr
    error: `--supersedes` needs the one file that replaces the other

    hint: `clearway ingest --supersedes OLD NEW`
    ");
    insta::assert_snapshot!(said(&sandbox, &["ingest", "inbox/lag.csv"]), @r"
    exit 2
    --- stderr
    error: no source has a file `inbox/lag.csv`

    hint: did you mean `inbox/log.csv`?
    ");
}

#[test]
fn near_duplicates_count_and_are_named_with_both_lines() {
    let sandbox = small_project();
    // The same payment with another amount, in the same file; A2's release with another office, in
    // another file.
    let mut log = LOG.to_owned();
    log.push_str("A1,Paid,10.01.2025 11:00,C1,O1,import,road,1,,1,1,1,,,,20.75\n");
    sandbox.write("inbox/log.csv", log.as_bytes());
    let mut other = rows_of_log(&[8]).replace(",O2,", ",O9,");
    other.push_str(LOG.lines().nth(5).unwrap());
    sandbox.write("inbox/other.csv", other.as_bytes());
    let ran = sandbox.succeeds(&["ingest"]);
    assert!(
        ran.stderr.contains(
            "`inbox/log.csv`: 1 events repeat the declaration, activity and time of another with other attributes, and count: inbox/log.csv:4 and inbox/log.csv:11 (`A1`, `Paid`)"
        ),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr
            .contains("inbox/log.csv:9 and inbox/other.csv:2 (`A2`, `Released`)"),
        "{}",
        ran.stderr
    );
    let near = query(&sandbox, "SELECT near_duplicates FROM ledger");
    let near: Vec<&str> = near
        .iter()
        .map(|row| row["near_duplicates"].as_str())
        .collect();
    assert_eq!(near, ["1", "1"]);
    assert_eq!(events(&sandbox).len(), 11, "they count");
}

#[test]
fn the_ledger_is_printed_for_people_and_for_programs() {
    let sandbox = small_project();
    sandbox.write("inbox/bad.csv", LOG.replace("Lodged", "").as_bytes());
    sandbox.succeeds(&["ingest"]);
    let table = sandbox.succeeds(&["ledger"]).stdout;
    assert!(
        table.contains("inbox/bad.csv") && table.contains("current"),
        "{table}"
    );
    let details = sandbox.succeeds(&["ledger", "--file", "bad"]).stdout;
    assert!(details.contains("missing_activity=3"), "{details}");
    assert!(!details.contains("inbox/log.csv"), "{details}");
    let json: serde_json::Value =
        serde_json::from_str(&sandbox.succeeds(&["ledger", "--format", "json"]).stdout).unwrap();
    let log = &json[1];
    assert_eq!(log["file"], "inbox/log.csv");
    // The six rows of the first file that are no lodgements are there already.
    assert_eq!([&log["rows_accepted"], &log["rows_duplicates"]], [3, 6]);
    assert_eq!(log["first_event"], "2025-01-10T05:00:00Z");
    assert_eq!(log["last_event"], "2025-02-03T04:00:00Z");
    assert_eq!(
        log["size"],
        fs::metadata(sandbox.join("inbox/log.csv")).unwrap().len()
    );
    assert_eq!(log["mapping"], "customs");
    assert_eq!(log["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(log["mapping_sha256"].as_str().unwrap().len(), 64);
    assert_eq!(log["program"], env!("CARGO_PKG_VERSION"));
    let text = said(&sandbox, &["ledger", "--file", "nothing"]);
    assert!(text.starts_with("exit 2\n"), "{text}");
}

#[test]
fn a_rejected_row_without_end_is_kept_up_to_a_stated_length() {
    let sandbox = small_project();
    let long = "x".repeat(100_000);
    let row = format!("A9,Lodged,{long},C1,O1,import,road,1,,1,1,1,1,1,0,\n");
    sandbox.write("inbox/long.csv", (rows_of_log(&[]) + &row).as_bytes());
    sandbox.succeeds(&["run"]);
    let rejects = csv_rows(&sandbox.read("reports/2025-01/rejects.csv"));
    for column in ["raw", "value"] {
        let text = &rejects[0][column];
        assert!(text.len() < 8300, "{column}: {}", text.len());
        assert!(text.contains("… [cut: 100"), "{}", &text[text.len() - 40..]);
    }
}

#[test]
fn rejects_by_the_megabyte_are_kept_once_each_and_in_their_order() {
    let sandbox = small_project();
    let rows: String = (0..20_000)
        .map(|number| format!("A9,Lodged,{number:0>200},C1,O1,import,road,1,,1,1,1,1,1,0,\n"))
        .collect();
    sandbox.write("inbox/bad.csv", (rows_of_log(&[1]) + &rows).as_bytes());
    sandbox.succeeds(&["run"]);
    let rejects = csv_rows(&sandbox.read("reports/2025-01/rejects.csv"));
    let values = rejects.iter().map(|reject| reject["value"].parse::<u32>());
    assert!(values.map(Result::unwrap).eq(0..20_000));
}

#[test]
fn a_rule_of_data_quality_decides_the_exit_status() {
    let sandbox = small_project();
    sandbox.write(
        "inbox/bad.csv",
        rows_of_log(&[1]).replace("A1", "").as_bytes(),
    );
    // One of ten rows.
    let ran = sandbox.clearway(&["ingest", "--fail-on", "DQ01>5%"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("failed: DQ01 (Rejected rows, of rows read) is 1 of 10, above 5 %"),
        "{}",
        ran.stderr
    );
    sandbox.succeeds(&["ingest", "--fail-on", "rejected_rows>10%"]);
    sandbox.succeeds(&["run", "--fail-on", "DQ03", "--fail-on", "DQ01>0.1"]);
    // All ten times are without an offset.
    let ran = sandbox.clearway(&["run", "--fail-on", "DQ06"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    let text = said(&sandbox, &["ingest", "--fail-on", "DQ03"]);
    assert!(text.starts_with("exit 2\n"), "{text}");
    assert!(
        text.contains("`clearway run --fail-on DQ03` does"),
        "{text}"
    );
}

#[test]
fn quality_indicators_of_a_month_are_counted() {
    let sandbox = small_project();
    // A1 leaves before its release; A5 is released without ever being registered.
    let mut log = LOG.replace("A1,Paid,", "A1,Exited,");
    log.push_str("A5,Lodged,12.01.2025 09:00,C1,O2,import,road,1,,0,1,1,5,1,0,\n");
    log.push_str("A5,Released,12.01.2025 10:00,C1,O2,import,road,1,,0,1,1,5,1,0,\n");
    sandbox.write("inbox/log.csv", log.as_bytes());
    edit(
        &sandbox,
        "mappings/customs.toml",
        "\"Released\" = \"released\"",
        "\"Released\" = \"released\"\n\"Exited\" = \"exited\"",
    );
    sandbox.succeeds(&["run", "--period", "2025-01"]);
    let rows = csv_rows(&sandbox.read("reports/2025-01/quality.csv"));
    let found = |rule: &str, member: &str| {
        let row = rows
            .iter()
            .find(|row| row["rule"] == rule && row["member"] == member);
        let row = row.unwrap_or_else(|| panic!("{rule} {member} in {rows:?}"));
        format!("{} of {}", row["count"], row["of"])
    };
    // A1 and A2 have both lodged and registered; A1 alone has released and exited.
    assert_eq!(found("DQ03", "all"), "1 of 2");
    assert_eq!(found("DQ03", "exited before released"), "1 of 1");
    assert_eq!(found("DQ03", "registered before lodged"), "0 of 2");
    // Released: A1 and A5 (import), A2 (export).
    assert_eq!(found("DQ05", "all"), "1 of 3");
    assert_eq!(found("DQ05", "released, import: no registered"), "1 of 2");
    assert_eq!(found("DQ05", "released, export: no registered"), "0 of 1");
    assert_eq!(found("DQ06", "all"), "11 of 11");
    assert_eq!(found("DQ08", "all"), "0 of 3");
}

#[test]
fn the_ledger_knows_the_encoding_of_texts() {
    let sandbox = small_project();
    sandbox.succeeds(&["ingest"]);
    let encodings = || -> Vec<String> {
        let rows = query(&sandbox, "SELECT encoding FROM ledger ORDER BY file");
        rows.iter().map(|row| row["encoding"].clone()).collect()
    };
    assert_eq!(encodings(), ["UTF-8"]);
    let is_header = |line: &&str| line.contains("sha256");
    let header = |text: String| text.lines().find(is_header).unwrap().to_owned();
    let shown = || header(sandbox.succeeds(&["ledger"]).stdout);
    assert!(!shown().contains("encoding"), "{}", shown());
    // A log in another encoding, found by its byte order mark.
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(LOG.encode_utf16().flat_map(u16::to_le_bytes));
    sandbox.write("inbox/wide.csv", &bytes);
    sandbox.succeeds(&["ingest"]);
    assert_eq!(encodings(), ["UTF-8", "UTF-16LE"]);
    assert!(shown().contains("encoding"), "{}", shown());
    let text = sandbox.succeeds(&["ledger", "--format", "csv"]).stdout;
    assert_eq!(csv_rows(&text)[1]["encoding"], "UTF-16LE");
    let details = sandbox.succeeds(&["ledger", "--file", "wide"]).stdout;
    assert!(
        details.contains("\nencoding             UTF-16LE\n"),
        "{details}"
    );
}

#[test]
fn an_entry_of_before_encodings_were_written_down_is_read() {
    let sandbox = small_project();
    sandbox.succeeds(&["ingest"]);
    let commit = "store/events/_delta_log/00000000000000000001.json";
    let text = sandbox.read(commit);
    let old = text.replace(r#""encoding":"UTF-8","#, "");
    assert_ne!(old, text);
    sandbox.write(commit, old.as_bytes());
    let rows = query(&sandbox, "SELECT encoding, rows_read FROM ledger");
    assert_eq!(
        (rows[0]["encoding"].as_str(), rows[0]["rows_read"].as_str()),
        ("", "9")
    );
}
