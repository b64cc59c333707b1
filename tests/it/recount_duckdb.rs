//! A third way to the headline figures: SQL over the raw log, run by `duckdb` from a virtual environment.
//!
//! Where there is no `python3`, or nothing to install `duckdb` from, the test says so and does nothing.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::recount::{compare, published, run_and_recount};
use crate::support::repository;

/// The release that the statements were written for.
const DUCKDB: &str = "2.0.1";

fn output(command: &mut Command) -> Result<String, String> {
    let ran = command.output().map_err(|cause| cause.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if ran.status.success() {
        Ok(text(&ran.stdout))
    } else {
        Err(text(&ran.stderr))
    }
}

/// A Python that has `duckdb`, made once and kept beside the build.
fn python() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("duckdb-{DUCKDB}"));
    let python = folder.join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    });
    let version = "import duckdb; print(duckdb.__version__)";
    let has_it = |python: &Path| {
        let found = output(Command::new(python).args(["-c", version]));
        found.is_ok_and(|found| found.trim() == DUCKDB)
    };
    if has_it(&python) {
        return Ok(python);
    }
    output(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&folder),
    )?;
    let install = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ];
    let patience = [
        "--retries",
        "1",
        "--timeout",
        "20",
        "--only-binary",
        ":all:",
    ];
    let package = format!("duckdb=={DUCKDB}");
    output(
        Command::new(&python)
            .args(install)
            .args(patience)
            .arg(package),
    )?;
    if has_it(&python) {
        Ok(python)
    } else {
        Err(format!("DuckDB {DUCKDB} was installed and is not there"))
    }
}

/// Whether a KPI is counted in the statements in a dimension.
fn is_counted(kpi: &str, dimension: &str) -> bool {
    let plain = [
        "TF01", "TF02", "TF03", "TF04", "RM02", "RM04", "RV01", "TF30",
    ]
    .contains(&kpi);
    match dimension {
        "all" => plain,
        "corridor" | "office" => plain || kpi == "RV03",
        "lane" => kpi == "RM01",
        _ => false,
    }
}

#[test]
fn headline_figures_agree_with_a_recount_in_duckdb() {
    let python = match python() {
        Ok(python) => python,
        Err(cause) => {
            eprintln!("skipped: DuckDB {DUCKDB} can't be had for `python3`: {cause}");
            return;
        }
    };
    let (sandbox, _) = run_and_recount(&[
        "--seed",
        "11",
        "--declarations",
        "3000",
        "--months",
        "6",
        "--faults",
        "0.02",
        "--fault-kinds",
        "missing_id,duplicate",
    ]);
    sandbox.succeeds(&["run", "--period", "2024-06"]);
    let found = published(
        &sandbox.read("reports/2024-06/kpis.csv"),
        is_counted,
        &["km_"],
    );
    let script = repository("tests/duckdb/recount.py");
    let log = sandbox.join("inbox/log.csv");
    let counted = output(Command::new(python).arg(script).arg(log)).unwrap();
    let mut wanted = published(&counted, is_counted, &[]);
    // The log runs on for some days after the month that is reported.
    wanted.retain(|key, _| key[1].as_str() <= "2024-06");
    let faults = compare(&found, &wanted);
    let first = faults
        .iter()
        .take(20)
        .cloned()
        .collect::<Vec<_>>()
        .join("\n");
    assert!(
        faults.is_empty(),
        "{} of {} differ\n{first}",
        faults.len(),
        wanted.len()
    );
    for kpi in [
        "TF01", "TF02", "TF03", "TF04", "TF30", "RM01", "RM02", "RM04", "RV01", "RV03",
    ] {
        let count = wanted.keys().filter(|key| key[0] == kpi).count();
        assert!(count >= 24, "{kpi} was compared {count} times");
    }
}
