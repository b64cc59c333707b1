//! The store: crashes, locks, damage.

use std::fs::{self, File};

use parquet::basic::Compression;
use parquet::file::reader::{FileReader, SerializedFileReader};

use super::{query, said, sample_project, small_project, tree};

/// The newest commit of a table.
fn newest_commit(sandbox: &crate::support::Sandbox, table: &str) -> std::path::PathBuf {
    let log = sandbox.join(&format!("data/store/{table}/_delta_log"));
    let mut commits: Vec<_> = fs::read_dir(log)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    commits.sort();
    commits.pop().unwrap()
}

#[test]
fn a_crash_before_the_rejects_are_committed_is_mended_by_the_next_run() {
    let sandbox = sample_project(&["--faults", "0.02"]);
    sandbox.succeeds(&["run"]);
    let report = tree(&sandbox.join("reports"));
    assert!(report["2024-02/rejects.csv"].len() > 200);
    let commit = newest_commit(&sandbox, "rejects");
    let store = tree(&sandbox.join("data/store"));
    fs::remove_file(&commit).unwrap();
    let ran = sandbox.succeeds(&["run"]);
    assert!(
        ran.stderr.contains("ingested   0 new files, 1 known"),
        "{}",
        ran.stderr
    );
    assert!(commit.is_file(), "the commit is made again");
    assert!(
        tree(&sandbox.join("reports")) == report,
        "and the report has every reject"
    );
    assert_eq!(tree(&sandbox.join("data/store")).len(), store.len());
}

#[test]
fn a_crash_before_the_events_are_committed_leaves_nothing_behind_that_counts() {
    let sandbox = sample_project(&["--faults", "0.02"]);
    sandbox.succeeds(&["run"]);
    let report = tree(&sandbox.join("reports"));
    // As if the program had died after writing the segments and the rejects, before both commits.
    fs::remove_file(newest_commit(&sandbox, "rejects")).unwrap();
    fs::remove_file(newest_commit(&sandbox, "events")).unwrap();
    assert_eq!(query(&sandbox, "SELECT * FROM ledger").len(), 0);
    let ran = sandbox.succeeds(&["run"]);
    assert!(
        ran.stderr.contains("ingested   1 new file, 0 known"),
        "{}",
        ran.stderr
    );
    let again = tree(&sandbox.join("reports"));
    assert!(again["2024-02/kpis.csv"] == report["2024-02/kpis.csv"]);
    assert!(again["2024-02/rejects.csv"] == report["2024-02/rejects.csv"]);
}

#[test]
fn one_writer_at_a_time() {
    let sandbox = small_project();
    sandbox.succeeds(&["ingest"]);
    let lock = File::open(sandbox.join("store/.lock")).unwrap();
    lock.lock().unwrap();
    insta::assert_snapshot!(said(&sandbox, &["ingest"]), @r"
    exit 5
    --- stderr
    error: can't write `./store`: another run is writing to this store; try again when it has ended
    ");
    // Readers need not wait.
    assert_eq!(query(&sandbox, "SELECT * FROM clearances").len(), 3);
    lock.unlock().unwrap();
    sandbox.succeeds(&["ingest"]);
}

#[test]
fn a_damaged_store_is_an_input_error_that_says_how_to_make_it_anew() {
    let sandbox = small_project();
    sandbox.succeeds(&["run"]);
    let kpis = sandbox.read("reports/2025-01/kpis.csv");
    let log = sandbox.join("store/events/_delta_log");
    fs::write(log.join("00000000000000000001.json"), "no JSON").unwrap();
    for words in [
        &["run"][..],
        &["kpi", "eval", "TF01"],
        &["query", "SELECT * FROM ledger"],
    ] {
        let text = said(&sandbox, words);
        assert!(text.starts_with("exit 3\n"), "{words:?}: {text}");
        assert!(
            text.contains("remove the folders `store/events` and `store/rejects` and run again"),
            "{text}"
        );
    }
    fs::remove_dir_all(sandbox.join("store")).unwrap();
    sandbox.succeeds(&["run"]);
    assert_eq!(sandbox.read("reports/2025-01/kpis.csv"), kpis);
}

#[test]
fn a_segment_that_is_gone_is_an_input_error_with_its_name() {
    let sandbox = small_project();
    sandbox.succeeds(&["ingest"]);
    let events = sandbox.join("store/events");
    let segment = fs::read_dir(&events)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| {
            path.extension()
                .is_some_and(|extension| extension == "parquet")
        })
        .unwrap();
    fs::remove_file(&segment).unwrap();
    let ran = sandbox.clearway(&["kpi", "eval", "TF01"]);
    assert_eq!(ran.status, 3, "{}", ran.stderr);
    let name = segment.file_name().unwrap().to_str().unwrap();
    assert!(ran.stderr.contains(name), "{}", ran.stderr);
}

/// Times and lines are packed and hashes have no order: compressed they take more room, and time whenever they are read.
#[test]
fn a_segment_says_how_its_rows_are_hashed_and_compresses_no_column_that_grows_by_it() {
    let sandbox = small_project();
    sandbox.succeeds(&["ingest"]);
    let files = fs::read_dir(sandbox.join("store/events")).unwrap();
    let mut files = files.map(|file| file.unwrap().path());
    let is_segment =
        |path: &std::path::PathBuf| path.extension().is_some_and(|end| end == "parquet");
    let segment =
        SerializedFileReader::new(File::open(files.find(is_segment).unwrap()).unwrap()).unwrap();
    let metadata = segment.metadata();
    let notes = metadata.file_metadata().key_value_metadata().unwrap();
    assert!(
        notes.iter().any(|note| note.key == "clearway.row_hash"),
        "{notes:?}"
    );
    for name in ["at", "source_line", "row_hash"] {
        let columns = metadata.row_group(0).columns();
        let column = columns
            .iter()
            .find(|column| column.column_path().string() == name);
        assert_eq!(
            column.unwrap().compression(),
            Compression::UNCOMPRESSED,
            "{name}"
        );
    }
}
