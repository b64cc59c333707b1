//! Folded tables are kept in the store, and declarations without a new event are not folded again. What is
//! asked for must not depend on it.

use crate::support::{Sandbox, repository};

/// The sample's mapping and calendars over logs that are still to come.
fn sample() -> Sandbox {
    let sandbox = Sandbox::with_sample_mapping("inbox/*.csv");
    sandbox.write("inbox/.keep", b"");
    for file in std::fs::read_dir(repository("data/calendars")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        sandbox.write(&format!("calendars/{name}"), &std::fs::read(&path).unwrap());
    }
    sandbox
}

/// Everything that is asked of a store: all KPIs by some dimensions, and every column of every declaration.
fn answers(sandbox: &Sandbox) -> [String; 3] {
    let kpis = [
        "kpi",
        "eval",
        "all",
        "--each",
        "corridor,lane",
        "--grain",
        "month,all",
    ];
    let all = [kpis.as_slice(), &["--format", "csv"]].concat();
    let columns = ["query", "SELECT * FROM clearances", "--format", "csv"];
    let counted = [
        "query",
        "SELECT COUNT(*) AS n FROM clearances WHERE lane = 'red'",
    ];
    [all.as_slice(), &columns, &counted].map(|words| sandbox.succeeds(words).stdout)
}

fn simulate(sandbox: &Sandbox, seed: &str, months: &[&str]) -> Vec<String> {
    let words = [
        "simulate",
        "--declarations",
        "600",
        "--seed",
        seed,
        "--output",
        "log.csv",
    ];
    sandbox.succeeds(&[words.as_slice(), &["--split", "month", "--months"], months].concat());
    let mut files: Vec<String> = std::fs::read_dir(sandbox.path())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("log-"))
        .collect();
    files.sort();
    files
}

#[test]
fn a_log_that_arrives_month_by_month_gives_the_figures_of_one_that_arrives_at_once() {
    let at_once = sample();
    let files = simulate(&at_once, "7", &["4"]);
    assert_eq!(files.len(), 5);
    for name in &files {
        let bytes = at_once.read(name);
        at_once.write(&format!("inbox/{name}"), bytes.as_bytes());
    }
    at_once.succeeds(&["ingest"]);
    let wanted = answers(&at_once);
    // The months before may also come last: a declaration's first events are then its newest news.
    for is_reversed in [false, true] {
        let by_month = sample();
        let mut order = files.clone();
        if is_reversed {
            order.reverse();
        }
        let mut layers = Vec::new();
        for name in &order {
            by_month.write(&format!("inbox/{name}"), at_once.read(name).as_bytes());
            by_month.succeeds(&["ingest"]);
            // Folds, and keeps what it has folded.
            by_month.succeeds(&["query", "SELECT COUNT(*) FROM clearances"]);
            let manifest: serde_json::Value =
                serde_json::from_str(&by_month.read("store/folded/manifest.json")).unwrap();
            layers.push(manifest["layers"].as_array().unwrap().len());
        }
        // At first the new month is half of all and everything is folded anew; later months are layers.
        assert_eq!(layers.first(), Some(&1));
        assert!(layers.iter().any(|count| *count > 1), "{layers:?}");
        assert_eq!(answers(&by_month), wanted, "reversed: {is_reversed}");
    }
}

#[test]
fn an_answer_is_the_same_before_and_after_tables_were_kept_and_when_they_can_not_be() {
    let sandbox = sample();
    for name in simulate(&sandbox, "8", &["2"]) {
        let bytes = sandbox.read(&name);
        sandbox.write(&format!("inbox/{name}"), bytes.as_bytes());
    }
    sandbox.succeeds(&["ingest"]);
    let first = answers(&sandbox);
    assert!(sandbox.join("store/folded/manifest.json").exists());
    assert_eq!(answers(&sandbox), first);
    // A file in the place of the folder: nothing can be kept there.
    std::fs::remove_dir_all(sandbox.join("store/folded")).unwrap();
    sandbox.write("store/folded", b"");
    assert_eq!(answers(&sandbox), first);
}

#[test]
fn kept_tables_that_are_damaged_are_an_error_and_not_a_figure() {
    let sandbox = sample();
    for name in simulate(&sandbox, "9", &["1"]) {
        let bytes = sandbox.read(&name);
        sandbox.write(&format!("inbox/{name}"), bytes.as_bytes());
    }
    sandbox.succeeds(&["ingest"]);
    sandbox.succeeds(&["kpi", "eval", "TF02"]);
    for file in std::fs::read_dir(sandbox.join("store/folded")).unwrap() {
        let path = file.unwrap().path();
        if path.to_str().unwrap().contains(".clearances.") {
            // All but the end, where the file says what is where.
            let mut bytes = std::fs::read(&path).unwrap();
            let end = bytes.len() / 2;
            bytes[4..end].fill(0);
            std::fs::write(&path, bytes).unwrap();
        }
    }
    let ran = sandbox.clearway(&["kpi", "eval", "TF02"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (3, ""));
    assert!(ran.stderr.contains("store/folded"), "{}", ran.stderr);
}
