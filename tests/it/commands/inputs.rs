//! Log files: what is read, refused, filtered, counted once, folded together.

use std::collections::BTreeMap;
use std::fs;

use insta::assert_snapshot;

use super::{
    LOG, edit, figure, new_project, query, said, sample_without_log, simulate, small_project,
};
use crate::support::{Sandbox, csv_rows};

/// The only row of the ledger's totals.
fn totals(sandbox: &Sandbox) -> BTreeMap<String, String> {
    let sums = ["read", "accepted", "rejected", "duplicates", "filtered"]
        .map(|name| format!("SUM(rows_{name}) AS {name}"))
        .join(", ");
    query(sandbox, &format!("SELECT {sums} FROM ledger")).remove(0)
}

fn counts(sandbox: &Sandbox) -> [u64; 5] {
    let totals = totals(sandbox);
    ["read", "accepted", "rejected", "duplicates", "filtered"]
        .map(|name| totals[name].parse().unwrap())
}

#[test]
fn a_source_file_that_is_not_there_is_an_input_error() {
    let sandbox = new_project();
    edit(&sandbox, "clearway.toml", "inbox/*.csv*", "inbox/log.csv");
    let text = said(&sandbox, &["check"]);
    assert_snapshot!(text, @r"
    exit 3
    --- stderr
    error: the source file `./inbox/log.csv` is not there

    hint: put it there, or change `path` in clearway.toml
    ");
    for command in ["ingest", "run"] {
        assert_eq!(said(&sandbox, &[command]), text, "{command}");
    }
}

#[test]
fn a_pattern_without_files_is_a_warning_until_something_is_to_be_reported() {
    let sandbox = new_project();
    let warning = "warning: no file matches the source `inbox/*.csv*`";
    for (words, status) in [
        (&["check"][..], 0),
        (&["ingest"], 0),
        (&["ingest", "--fail-on", "warning"], 1),
        (&["run"], 3),
    ] {
        let ran = sandbox.clearway(words);
        assert_eq!(ran.status, status, "{words:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(warning), "{words:?}: {}", ran.stderr);
    }
}

#[test]
fn a_column_that_is_not_in_the_file_is_named_with_the_nearest_one() {
    let sandbox = small_project();
    edit(
        &sandbox,
        "inbox/log.csv",
        "corridor,office",
        "koridor,office",
    );
    let text = said(&sandbox, &["check"]);
    assert_snapshot!(text, @r"
    exit 3
    --- stderr
    error: `inbox/log.csv` has no column `corridor`, which the mapping `customs` reads

    hint: did you mean `koridor`?
    ");
    assert_eq!(said(&sandbox, &["run"]), text);
}

#[test]
fn a_file_that_is_cut_off_is_taken_not_at_all_and_later_whole() {
    let sandbox = sample_without_log();
    simulate(&sandbox, "data/inbox/log.csv.zst", &[]);
    let whole = fs::read(sandbox.join("data/inbox/log.csv.zst")).unwrap();
    sandbox.write("data/inbox/log.csv.zst", &whole[..whole.len() / 2]);
    for command in ["check", "ingest"] {
        let text = said(&sandbox, &[command]);
        assert!(
            text.starts_with("exit 3\n--- stderr\nerror: can't read `data/inbox/log.csv.zst`: "),
            "{text}"
        );
    }
    assert_eq!(query(&sandbox, "SELECT * FROM ledger").len(), 0);
    sandbox.write("data/inbox/log.csv.zst", &whole);
    sandbox.succeeds(&["ingest"]);
    assert_eq!(query(&sandbox, "SELECT * FROM ledger").len(), 1);
    assert_eq!(counts(&sandbox)[2..], [0, 0, 0]);
}

#[test]
fn check_counts_what_would_happen_and_writes_nothing() {
    let sandbox = small_project();
    let bad = "B1,Lodged,32.01.2025 10:00,C1,O1,import,road,1,,1,1,1,,,,\n\
               B2,Strange,10.01.2025 10:00,C1,O1,import,road,1,,1,1,1,,,,\n\
               B3,Lodged,10.01.2025 10:00,C1\n";
    sandbox.write("inbox/log.csv", format!("{LOG}{bad}").as_bytes());
    let before = super::tree(sandbox.path());
    assert_snapshot!(said(&sandbox, &["check"]), @r"
    exit 0
    --- stderr
    configuration: valid, 1 mapping, 161 KPIs, 2 targets, 1 calendar, 0 corridors
    inbox/log.csv: 12 rows, 10 good, 2 to be rejected, 0 to be filtered
      impossible_time: 1, first at line 11, column `event_time`: `32.01.2025 10:00`
      wrong_column_count: 1, first at line 13: `4 fields, the header has 16`
      mapped to no milestone: `Strange` (1)
    ");
    assert_eq!(super::tree(sandbox.path()), before);
}

#[test]
fn a_refused_row_is_a_warning_and_can_be_a_failure() {
    let sandbox = small_project();
    sandbox.write(
        "inbox/more.csv",
        LOG.replace("C1,O1,import,road,1,", "C1,O1,import,road,9,")
            .as_bytes(),
    );
    let ran = sandbox.clearway(&["run", "--fail-on", "warning"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("warning: `inbox/more.csv`: 4 of 9 rows rejected (unknown_code 4)"),
        "{}",
        ran.stderr
    );
    assert!(
        sandbox.join("reports/2025-01/index.html").is_file(),
        "it is done all the same"
    );
}

#[test]
fn every_faulty_row_of_every_kind_is_accounted_for() {
    let sandbox = sample_without_log();
    let output = "data/inbox/log.csv";
    edit(&sandbox, "data/clearway.toml", "inbox/*.csv.zst", "inbox/*");
    let told = simulate(&sandbox, output, &["--faults", "0.05"]);
    let made: BTreeMap<&str, u64> = told
        .lines()
        .filter_map(|line| line.trim().strip_prefix("faulty rows, "))
        .map(|line| line.split_once(": ").unwrap())
        .map(|(kind, count)| (kind, count.parse().unwrap()))
        .collect();
    assert_eq!(made.len(), 9, "{told}");
    sandbox.succeeds(&["run"]);

    let folder = fs::read_dir(sandbox.join("reports"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let rejects = fs::read_to_string(folder.path().join("rejects.csv")).unwrap();
    assert!(
        rejects.starts_with("file,line,column,value,reason,raw\n"),
        "{rejects}"
    );
    let rejects = csv_rows(&rejects);
    let mut found: BTreeMap<&str, u64> = BTreeMap::new();
    for row in &rejects {
        *found.entry(&row["reason"]).or_default() += 1;
    }
    let [read, accepted, rejected, duplicates, filtered] = counts(&sandbox);
    found.insert("duplicate", duplicates);
    assert_eq!(found, made);
    assert_eq!(rejected, rejects.len() as u64);
    assert_eq!(filtered, 0);
    assert_eq!(read, accepted + rejected + duplicates);

    // Each one is where it is said to be, and the value is that of the column.
    let bytes = fs::read(sandbox.join(output)).unwrap();
    let lines: Vec<String> = bytes
        .split(|byte| *byte == b'\n')
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    let header: Vec<&str> = lines[0].split(',').collect();
    assert_eq!(read, lines.len() as u64 - 2, "a header and an end");
    for row in &rejects {
        assert_eq!(row["file"], "inbox/log.csv");
        let line = &lines[row["line"].parse::<usize>().unwrap() - 1];
        assert_eq!(row["raw"].trim_start_matches('\''), line, "{row:?}");
        match row["reason"].as_str() {
            "wrong_column_count" | "broken_utf8" => assert_eq!(row["column"], "", "{row:?}"),
            _ => {
                let at = header
                    .iter()
                    .position(|name| **name == row["column"])
                    .unwrap();
                assert_eq!(
                    line.split(',').nth(at),
                    Some(row["value"].as_str()),
                    "{row:?}"
                );
            }
        }
    }
}

#[test]
fn a_log_gives_the_same_figures_in_every_packing() {
    let mut figures = Vec::new();
    for name in ["log.csv", "log.csv.gz", "log.csv.zst", "log.parquet"] {
        let sandbox = sample_without_log();
        edit(&sandbox, "data/clearway.toml", "inbox/*.csv.zst", "inbox/*");
        simulate(&sandbox, &format!("data/inbox/{name}"), &[]);
        sandbox.succeeds(&["run", "--period", "2024-01"]);
        figures.push((name, sandbox.read("reports/2024-01/kpis.csv")));
    }
    assert!(figures[0].1.lines().count() > 500);
    for (name, kpis) in &figures[1..] {
        assert!(
            *kpis == figures[0].1,
            "{name} gives other figures than {}",
            figures[0].0
        );
    }
}

#[test]
fn a_log_with_a_row_per_declaration_gives_its_milestones() {
    let sandbox = Sandbox::with(&[
        (
            "clearway.toml",
            "[project]\nname = \"P\"\ntimezone = \"UTC\"\ncurrency = \"EUR\"\n\
             [[source]]\npath = \"log.csv\"\nmapping = \"rows\"\n[report]\nmin_declarations = 1\n",
        ),
        (
            "mappings/rows.toml",
            "layout = \"declarations\"\ntimezone = \"UTC\"\n\
             [columns]\ndeclaration_id = \"No: 1\"\n\
             [milestones]\nlodged = \"Lodged at\"\nreleased = \"Released at\"\n\
             [attributes]\noffice = \"Office\"\ndirection = { value = \"import\" }\n\
             [amounts]\ncustoms_value = \"Value\"\nassessed = { expr = '\"Value\" * \"Rate\" / 100' }\n",
        ),
        (
            "log.csv",
            "No: 1,Lodged at,Released at,Office,Value,Rate\n\
             1,2025-01-01,2025-01-03,A,1000.50,5\n\
             2,2025-01-01 06:00,2025-01-02 06:00,A,0.10,2.5\n\
             3,2025-01-02T00:00:00Z,,B,7,0\n",
        ),
    ]);
    sandbox.succeeds(&["run", "--period", "2025-01"]);
    assert_eq!(counts(&sandbox), [3, 3, 0, 0, 0]);
    let rows = query(
        &sandbox,
        "SELECT declaration_id, status, office, direction, customs_value, assessed FROM clearances ORDER BY declaration_id",
    );
    let rows: Vec<String> = rows
        .iter()
        .map(|row| {
            [
                "declaration_id",
                "status",
                "office",
                "direction",
                "customs_value",
                "assessed",
            ]
            .map(|name| row[name].as_str())
            .join("|")
        })
        .collect();
    assert_eq!(
        rows,
        [
            "1|released|A|import|1000.5|50.025",
            "2|released|A|import|0.1|0.0025",
            "3|open|B|import|7|0",
        ]
    );
    // (48 h + 24 h) / 2
    assert_eq!(
        figure(&sandbox, &["TF02", "--period", "2025-01"], "all", "mean"),
        "129600"
    );
}

#[test]
fn rows_that_the_mapping_leaves_out_are_counted_as_filtered() {
    let sandbox = small_project();
    edit(
        &sandbox,
        "mappings/customs.toml",
        "# where = \"status <> 'test'\"",
        "where = \"office <> 'O2' AND corridor = 'C1'\"",
    );
    let ran = sandbox.succeeds(&["run"]);
    assert!(
        ran.stderr
            .contains("rows       9 read = 4 accepted + 0 rejected + 0 duplicates + 5 filtered"),
        "{}",
        ran.stderr
    );
    assert_eq!(counts(&sandbox), [9, 4, 0, 0, 5]);
    assert_eq!(
        query(&sandbox, "SELECT declaration_id FROM clearances").len(),
        1
    );
}

#[test]
fn events_of_a_declaration_in_several_files_are_folded_together() {
    let sandbox = small_project();
    let whole = figure_table(&sandbox);
    let split = small_project();
    fs::remove_file(split.join("inbox/log.csv")).unwrap();
    let (header, rows) = LOG.split_once('\n').unwrap();
    for (at, row) in rows.lines().enumerate() {
        // The last event comes in the first file.
        split.write(
            &format!("inbox/{:02}.csv", 20 - at),
            format!("{header}\n{row}\n").as_bytes(),
        );
    }
    assert_eq!(figure_table(&split), whole);
    assert_eq!(query(&split, "SELECT * FROM ledger").len(), 9);
    assert_eq!(query(&split, "SELECT * FROM clearances").len(), 3);
}

fn figure_table(sandbox: &Sandbox) -> String {
    sandbox.succeeds(&["run", "--period", "2025-01"]);
    sandbox.read("reports/2025-01/kpis.csv")
}

#[test]
fn a_column_of_row_ids_that_no_row_fills_is_compared_as_empty() {
    let sandbox = small_project();
    let mapping = "mappings/customs.toml";
    let id = "declaration_id = \"declaration\"";
    edit(&sandbox, mapping, id, &format!("{id}\nevent_id = \"row\""));
    let with_ids = LOG.replace('\n', ",\n").replacen("paid,", "paid,row", 1);
    sandbox.write("inbox/log.csv", with_ids.as_bytes());
    sandbox.succeeds(&["ingest"]);
    // The same rows and one more, of the same declarations and times.
    let more = with_ids + "A1,Scanned,10.01.2025 10:30,C1,O1,import,road,1,,1,1,1,,,,,\n";
    sandbox.write("inbox/more.csv", more.as_bytes());
    sandbox.succeeds(&["ingest"]);
    assert_eq!(counts(&sandbox), [19, 10, 0, 9, 0]);
}

#[test]
fn a_row_that_comes_again_in_another_file_is_counted_once() {
    let sandbox = small_project();
    let before = figure_table(&sandbox);
    // All rows but the last again, in another order, and one row twice.
    let (header, rows) = LOG.split_once('\n').unwrap();
    let mut again: Vec<&str> = rows.lines().take(8).collect();
    again.reverse();
    again.push(again[0]);
    sandbox.write(
        "inbox/again.csv",
        format!("{header}\n{}\n", again.join("\n")).as_bytes(),
    );
    let ran = sandbox.succeeds(&["ingest"]);
    assert!(
        ran.stderr
            .contains("rows       9 read = 0 accepted + 0 rejected + 9 duplicates + 0 filtered"),
        "{}",
        ran.stderr
    );
    assert_eq!(counts(&sandbox), [18, 9, 0, 9, 0]);
    assert_eq!(figure_table(&sandbox), before);
}

#[test]
fn a_file_is_known_by_its_content_whatever_it_is_called() {
    let sandbox = small_project();
    sandbox.succeeds(&["ingest"]);
    fs::rename(
        sandbox.join("inbox/log.csv"),
        sandbox.join("inbox/renamed.csv"),
    )
    .unwrap();
    let ran = sandbox.succeeds(&["ingest"]);
    assert!(
        ran.stderr.contains("ingested   0 new files, 1 known"),
        "{}",
        ran.stderr
    );
    assert_eq!(query(&sandbox, "SELECT * FROM ledger").len(), 1);
}

#[test]
fn a_mapping_that_has_changed_since_is_a_warning() {
    let sandbox = small_project();
    sandbox.succeeds(&["ingest"]);
    edit(
        &sandbox,
        "mappings/customs.toml",
        "\"2\" = \"yellow\"",
        "\"2\" = \"orange\"",
    );
    let ran = sandbox.clearway(&["ingest", "--fail-on", "warning"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("was ingested with an earlier state of the mapping `customs`"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_log_of_which_every_row_is_refused_says_so() {
    let sandbox = small_project();
    let header = LOG.lines().next().unwrap();
    let fields = header.split(',').count() - 1;
    sandbox.write(
        "inbox/log.csv",
        format!("{header}\n{}\n", ",".repeat(fields)).as_bytes(),
    );
    let ran = sandbox.clearway(&["run"]);
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("no row was accepted: 1 were rejected"),
        "{}",
        ran.stderr
    );
}
