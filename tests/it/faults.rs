//! The corpus of faulty inputs: every folder of `tests/faults` becomes what its rule says.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::Deserialize;
use toml::Table;

use crate::support::{Sandbox, csv_rows, repository};

/// `case.toml`; the keys are explained in `tests/faults/README.md`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    rule: String,
    #[serde(default)]
    mapping: Table,
    #[serde(default)]
    project: Table,
    #[serde(default)]
    rates: String,
    #[serde(default)]
    ledger: std::collections::BTreeMap<String, [u64; 5]>,
    #[serde(default)]
    reasons: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    status: i32,
    #[serde(default)]
    check: Vec<String>,
    #[serde(default)]
    ingest: Vec<String>,
    #[serde(default)]
    silent: Vec<String>,
    events: Option<Vec<String>>,
    values: Option<Vec<String>>,
}

/// The cases, by name.
fn cases() -> Vec<PathBuf> {
    let mut cases: Vec<PathBuf> = fs::read_dir(repository("tests/faults"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    cases.sort();
    cases
}

/// The entries of `more` in `base`, tables within tables likewise; `"(none)"` takes one out.
fn merge(base: &mut Table, more: Table) {
    for (key, value) in more {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(base)), toml::Value::Table(more)) => merge(base, more),
            (_, value) if value.as_str() == Some("(none)") => {
                base.remove(&key);
            }
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

fn table(name: &str, more: Table) -> String {
    let text = fs::read_to_string(repository("tests/faults").join(name)).unwrap();
    let mut table: Table = text.parse().unwrap();
    merge(&mut table, more);
    table.to_string()
}

/// The bytes of a file; those of `NAME.hex` are written as hexadecimal digits.
fn bytes(path: &Path) -> (String, Vec<u8>) {
    let name = path.file_name().unwrap().to_str().unwrap();
    let bytes = fs::read(path).unwrap();
    let Some(name) = name.strip_suffix(".hex") else {
        return (name.to_owned(), bytes);
    };
    let digits: Vec<u32> = bytes
        .iter()
        .filter_map(|byte| char::from(*byte).to_digit(16))
        .collect();
    let pairs = digits.chunks(2);
    let bytes = pairs.map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap());
    (name.to_owned(), bytes.collect())
}

fn project(folder: &Path, case: &Case) -> Sandbox {
    let sandbox = Sandbox::empty();
    let toml = |name: &str, more: &Table| table(name, more.clone());
    sandbox.write(
        "clearway.toml",
        toml("clearway.toml", &case.project).as_bytes(),
    );
    sandbox.write(
        "mappings/faults.toml",
        toml("mapping.toml", &case.mapping).as_bytes(),
    );
    if !case.rates.is_empty() {
        sandbox.write("rates.csv", case.rates.as_bytes());
    }
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !path.ends_with("case.toml") {
            let (name, bytes) = bytes(&path);
            sandbox.write(&format!("inbox/{name}"), &bytes);
        }
    }
    sandbox
}

/// One column of an answer.
fn column(sandbox: &Sandbox, sql: &str) -> Result<Vec<String>, String> {
    let ran = sandbox.clearway(&["query", sql, "--format", "csv"]);
    if ran.status != 0 {
        return Err(format!("{sql}: {}", ran.stderr));
    }
    let rows = csv_rows(&ran.stdout);
    Ok(rows.iter().map(|row| row["x"].clone()).collect())
}

/// What differs from the expectation.
fn differences(folder: &Path) -> Result<(), String> {
    let text = fs::read_to_string(folder.join("case.toml")).unwrap();
    let case: Case = toml::from_str(&text).map_err(|cause| cause.to_string())?;
    if case.rule.is_empty() {
        return Err("no rule".to_owned());
    }
    let sandbox = project(folder, &case);
    let checked = sandbox.clearway(&["check"]);
    let ingested = sandbox.clearway(&["ingest"]);
    if ingested.status != case.status || checked.status != case.status {
        let (check, ingest) = (checked.stderr, ingested.stderr);
        return Err(format!(
            "exit status {}:\n{ingest}\n{check}",
            ingested.status
        ));
    }
    for (said, wanted) in [
        (&checked.stderr, &case.check),
        (&ingested.stderr, &case.ingest),
    ] {
        let missing = wanted.iter().find(|text| !said.contains(text.as_str()));
        if let Some(missing) = missing {
            return Err(format!("`{missing}` is not in:\n{said}"));
        }
    }
    if let Some(said) = case
        .silent
        .iter()
        .find(|text| ingested.stderr.contains(text.as_str()))
    {
        return Err(format!("`{said}` is in:\n{}", ingested.stderr));
    }
    ledger(&sandbox, &case)?;
    // Every row is either good or explained.
    let unexplained = case.ledger.iter().any(|(file, rows)| {
        rows[2] > 0 && (case.check.is_empty() || !case.reasons.contains_key(file))
    });
    if unexplained {
        return Err("a rejected row without its reason and place".to_owned());
    }
    for (wanted, sql) in [
        (&case.events, "SELECT at AS x FROM events ORDER BY at"),
        (
            &case.values,
            "SELECT customs_value AS x FROM events WHERE customs_value IS NOT NULL ORDER BY at",
        ),
    ] {
        let Some(wanted) = wanted else { continue };
        let found = column(&sandbox, sql)?;
        if found != *wanted {
            return Err(format!("{sql}: {found:?}"));
        }
    }
    Ok(())
}

fn ledger(sandbox: &Sandbox, case: &Case) -> Result<(), String> {
    let line = |file: &str, rows: &[u64; 5], reasons: &str| {
        let rows = rows.map(|count| count.to_string());
        format!("{file} {} {reasons}", rows.join(" "))
            .trim_end()
            .to_owned()
    };
    let wanted: Vec<String> = case
        .ledger
        .iter()
        .map(|(file, rows)| {
            let reasons = case.reasons.get(file).map_or("", String::as_str);
            line(&format!("inbox/{file}"), rows, reasons)
        })
        .collect();
    // A project that is refused has no store.
    if case.status == 4 {
        return Ok(());
    }
    let ran = sandbox.succeeds(&[
        "query",
        "SELECT * FROM ledger ORDER BY file",
        "--format",
        "csv",
    ]);
    let found: Vec<String> = csv_rows(&ran.stdout)
        .iter()
        .map(|row| {
            let rows = ["read", "accepted", "rejected", "duplicates", "filtered"]
                .map(|outcome| row[&format!("rows_{outcome}")].parse().unwrap());
            line(&row["file"], &rows, &row["reasons"])
        })
        .collect();
    if found == wanted {
        Ok(())
    } else {
        Err(format!("the ledger is {found:#?}"))
    }
}

#[test]
fn every_fault_becomes_what_its_rule_says() {
    let cases = cases();
    assert!(cases.len() >= 60, "only {} cases", cases.len());
    let (next, failed) = (Mutex::new(cases.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(folder) = next.lock().unwrap().next() else {
                        return;
                    };
                    if let Err(difference) = differences(folder) {
                        let name = folder.file_name().unwrap().to_str().unwrap();
                        failed.lock().unwrap().push(format!("{name}: {difference}"));
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().unwrap();
    failed.sort();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}
