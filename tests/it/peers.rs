//! The figures of the benchmark's job, computed by DuckDB and by Polars: they must be ours.

use std::path::Path;
use std::process::Command;

use crate::support::{Sandbox, repository};

/// A Python with the peers' packages; `None` (with a message) where it can't be made.
fn python(folder: &Path) -> Option<std::path::PathBuf> {
    let python = folder.join("bin/python");
    let runs = |command: &mut Command| command.output().is_ok_and(|done| done.status.success());
    let is_ready = || runs(Command::new(&python).args(["-c", "import duckdb, polars"]));
    if is_ready() {
        return Some(python);
    }
    let requirements = repository("benches/peers/requirements.txt");
    let made = runs(Command::new("python3").args(["-m", "venv"]).arg(folder))
        && runs(
            Command::new(&python)
                .args(["-m", "pip", "install", "-q", "-r"])
                .arg(requirements),
        );
    if made && is_ready() {
        return Some(python);
    }
    eprintln!("skipped: DuckDB and Polars for Python can't be installed here");
    None
}

#[test]
fn duckdb_and_polars_find_the_same_figures() {
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers");
    let Some(python) = python(&venv) else {
        return;
    };
    let sandbox = Sandbox::with_sample_mapping("log.csv");
    for file in ["log.csv", "log.parquet"] {
        sandbox.succeeds(&["simulate", "--declarations", "3000", "--output", file]);
    }
    sandbox.succeeds(&["ingest"]);
    let job = [
        "kpi", "eval", "TF01", "TF02", "TF15", "TF10", "RM02", "RM04", "RV01",
    ];
    let cells = [
        "--each",
        "corridor,office,lane,mode,direction",
        "--period",
        "2024-01..2025-12",
        "--grain",
        "month,all",
        "--format",
        "csv",
    ];
    let ours = sandbox.succeeds(&[job.as_slice(), &cells].concat()).stdout;
    sandbox.write("ours.csv", ours.as_bytes());
    let run = |script: &str, arguments: &[&str]| {
        let done = Command::new(&python)
            .arg(repository("benches/peers").join(script))
            .args(arguments)
            .current_dir(sandbox.path())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&done.stdout) + String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{script} {arguments:?}\n{text}");
    };
    run("duckdb_job.py", &["log.csv", "duckdb.csv"]);
    run("duckdb_job.py", &["log.parquet", "duckdb-parquet.csv"]);
    run("polars_job.py", &["log.csv", "polars.csv"]);
    run(
        "polars_job.py",
        &["log.parquet", "polars-parquet.csv", "--lean"],
    );
    let tables = [
        "ours.csv",
        "duckdb.csv",
        "duckdb-parquet.csv",
        "polars.csv",
        "polars-parquet.csv",
    ];
    run("compare.py", &tables);
}
