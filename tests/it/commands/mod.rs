//! Every command as its users type it: what it prints, where, and with which exit status.

mod charts;
mod compare;
mod configuration;
#[cfg(unix)]
mod crash;
mod hostile;
mod inputs;
mod languages;
mod ledger;
mod pages;
mod pdf;
mod reports;
mod revisions;
mod store;
mod tables;
mod usage;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::support::{Sandbox, csv_rows, repository};

/// A log for the project that `init` makes: three declarations in two months.
const LOG: &str = "\
declaration,event,event_time,corridor,office,direction,mode,lane,finding,aeo,electronic,electronic_payment,value,duty,exempted,paid
A1,Lodged,10.01.2025 10:00,C1,O1,import,road,1,,1,1,1,100,20,0,
A1,Registered,10.01.2025 10:05,C1,O1,import,road,1,,1,1,1,,,,
A1,Paid,10.01.2025 11:00,C1,O1,import,road,1,,1,1,1,,,,20.25
A1,Released,10.01.2025 12:00,C1,O1,import,road,1,,1,1,1,,,,
A2,Lodged,11.01.2025 10:00,C1,O2,export,rail,3,,0,1,0,70,7,0,
A2,Registered,11.01.2025 10:05,C1,O2,export,rail,3,,0,1,0,,,,
A2,Inspection completed,11.01.2025 15:00,C1,O2,export,rail,3,yes,0,1,0,,,,
A2,Released,11.01.2025 16:00,C1,O2,export,rail,3,,0,1,0,,,,
A3,Lodged,03.02.2025 09:00,C2,O1,import,road,2,,0,1,1,5,1,0,
";

/// The project that `init` makes, without a log.
fn new_project() -> Sandbox {
    let sandbox = Sandbox::empty();
    sandbox.succeeds(&["init", "."]);
    sandbox
}

/// The project that `init` makes, with [`LOG`]; no cell is too small to be shown.
fn small_project() -> Sandbox {
    let sandbox = new_project();
    sandbox.write("inbox/log.csv", LOG.as_bytes());
    edit(
        &sandbox,
        "clearway.toml",
        "min_declarations = 5 ",
        "min_declarations = 1 ",
    );
    sandbox
}

/// The sample project of the repository with a log of its own, simulated with these options.
pub(crate) fn sample_project(options: &[&str]) -> Sandbox {
    let sandbox = sample_without_log();
    simulate(&sandbox, "data/inbox/log.csv.zst", options);
    sandbox
}

/// The sample project of the repository without its logs.
fn sample_without_log() -> Sandbox {
    let sandbox = Sandbox::empty();
    let source = repository("data");
    for name in ["clearway.toml", "corridors.toml", "targets.toml"] {
        sandbox.write(
            &format!("data/{name}"),
            &fs::read(source.join(name)).unwrap(),
        );
    }
    for folder in ["mappings", "calendars"] {
        for entry in fs::read_dir(source.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            sandbox.write(&format!("data/{folder}/{name}"), &fs::read(&path).unwrap());
        }
    }
    fs::create_dir_all(sandbox.join("data/inbox")).unwrap();
    sandbox
}

/// Simulates a log into a file and returns what the simulator says about it.
fn simulate(sandbox: &Sandbox, output: &str, options: &[&str]) -> String {
    let fixed = [
        "simulate",
        "--declarations",
        "300",
        "--months",
        "2",
        "--output",
        output,
    ];
    // An option given again would be refused: those of the test come first.
    let mut arguments = vec!["simulate"];
    for pair in fixed[1..].chunks(2) {
        if !options.contains(&pair[0]) {
            arguments.extend(pair);
        }
    }
    arguments.extend(options);
    sandbox.succeeds(&arguments).stderr
}

/// Replaces a text that must be in a file.
fn edit(sandbox: &Sandbox, file: &str, from: &str, to: &str) {
    let text = sandbox.read(file);
    assert!(text.contains(from), "`{from}` is not in {file}:\n{text}");
    sandbox.write(file, text.replace(from, to).as_bytes());
}

/// What a command said: exit status, standard output, standard error, without the sandbox's path.
fn said(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let ran = sandbox.clearway(arguments);
    let mut text = format!("exit {}", ran.status);
    for (name, stream) in [("stdout", ran.stdout), ("stderr", ran.stderr)] {
        if stream.is_empty() {
            continue;
        }
        text.push_str(&format!("\n--- {name}"));
        for line in stream
            .replace(&sandbox.path().display().to_string(), "DIR")
            .lines()
        {
            text.push('\n');
            text.push_str(line.trim_end());
        }
    }
    text
}

/// Every file below a folder with its bytes, by its path in it.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(path) = folders.pop() {
        for entry in fs::read_dir(&path).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// The answer to a statement, as rows.
fn query(sandbox: &Sandbox, sql: &str) -> Vec<BTreeMap<String, String>> {
    csv_rows(&sandbox.succeeds(&["query", sql, "--format", "csv"]).stdout)
}

/// A figure of `kpi eval`: its value, or its state where it has none.
fn figure(sandbox: &Sandbox, arguments: &[&str], member: &str, statistic: &str) -> String {
    let mut words = vec!["kpi", "eval", "--format", "csv"];
    words.extend(arguments);
    let rows = csv_rows(&sandbox.succeeds(&words).stdout);
    let row = rows
        .iter()
        .find(|row| row["member"] == member && row["statistic"] == statistic)
        .unwrap_or_else(|| panic!("no {member} {statistic} in {rows:?}"));
    match row["state"].as_str() {
        "ok" => row["value"].clone(),
        state => state.to_owned(),
    }
}
