//! Rules of the repository that no compiler knows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Sandbox, csv_rows, repository};

/// Lines of a source file beyond which it should be two.
const LINES_MAX: usize = 600;

/// Every text file of some folders and files of the repository, by its path in it.
fn texts(roots: &[&str]) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    let mut paths: Vec<PathBuf> = roots.iter().map(|root| repository(root)).collect();
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            // Made by the program, not kept.
            if path.ends_with("data/store") {
                continue;
            }
            paths.extend(
                fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else if let Ok(text) = fs::read_to_string(&path) {
            let name = path.strip_prefix(repository("")).unwrap();
            texts.insert(name.to_str().unwrap().replace('\\', "/"), text);
        }
    }
    assert!(!texts.is_empty(), "{roots:?} hold no text");
    texts
}

fn sources() -> BTreeMap<String, String> {
    let mut sources = texts(&["src"]);
    sources.retain(|name, _| Path::new(name).extension().is_some_and(|kind| kind == "rs"));
    sources
}

#[test]
fn every_definition_file_is_in_the_catalogue_under_its_own_name_with_a_source() {
    let sandbox = Sandbox::empty();
    sandbox.succeeds(&["init", "."]);
    let listed = csv_rows(&sandbox.succeeds(&["kpi", "list", "--format", "csv"]).stdout);
    let listed: BTreeSet<String> = listed
        .into_iter()
        .map(|mut row| row.remove("kpi").unwrap())
        .collect();
    let mut slugs = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for (name, text) in texts(&["src/catalogue/built_in"]) {
        let definition: toml::Table = text.parse().unwrap();
        let field = |key: &str| {
            definition[key]
                .as_str()
                .unwrap_or_default()
                .trim()
                .to_owned()
        };
        let id = field("id");
        assert_eq!(name, format!("src/catalogue/built_in/{id}.toml"));
        for key in ["title", "question", "formula", "null_rule", "source"] {
            assert!(!field(key).is_empty(), "{name}: `{key}` is empty");
        }
        assert!(slugs.insert(field("slug")), "{name}: the slug is taken");
        if definition.contains_key("working") {
            assert!(
                ids.insert(format!("{id}W")),
                "{name}: the twin's id is taken"
            );
        }
        ids.insert(id);
    }
    assert_eq!(ids, listed);
}

#[test]
fn no_file_names_a_folder_of_somebodys_machine() {
    let folders = ["home", "root", "Users", "tmp", "work"].map(|folder| format!("/{folder}/"));
    let kept = [
        "src",
        "tests",
        "data",
        "README.md",
        "Cargo.toml",
        ".ci",
        ".clippy.toml",
        ".rustfmt.toml",
        ".gitignore",
    ];
    for (name, text) in texts(&kept) {
        for (at, line) in text.lines().enumerate() {
            for folder in &folders {
                let stray = line.match_indices(folder.as_str()).any(|(at, _)| {
                    // `https://example.org/home/` is an address, a folder of ours may be called the same.
                    !line[..at].ends_with(|c: char| {
                        c.is_alphanumeric() || c == '.' || c == '-' || c == '_'
                    })
                });
                assert!(!stray, "{name}:{}: {line}", at + 1);
            }
        }
    }
}

#[test]
fn no_source_file_is_longer_than_one_can_oversee() {
    let long: Vec<String> = sources()
        .iter()
        .map(|(name, text)| (name, text.lines().count()))
        .filter(|(_, lines)| *lines > LINES_MAX)
        .map(|(name, lines)| format!("{name}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn no_test_is_switched_off() {
    let mark = ["#[", "ignore"].concat();
    for (name, text) in texts(&["src", "tests"]) {
        assert!(!text.contains(&mark), "{name} has a test that does not run");
    }
}

/// The architecture's promise of which part knows which library.
#[test]
fn libraries_stay_in_the_part_that_they_are_for() {
    for (library, parts) in [
        (
            "polars",
            &["src/evaluate/", "src/query.rs", "src/cli/query.rs"][..],
        ),
        ("plotters", &["src/chart/"]),
        ("resvg", &["src/chart/"]),
        ("rust_xlsxwriter", &["src/output/"]),
        ("maud", &["src/output/"]),
        ("deltalake_core", &["src/store/"]),
        ("clap", &["src/cli/", "src/simulate/arguments.rs"]),
        ("comfy_table", &["src/cli/"]),
        ("indicatif", &["src/cli/"]),
        (
            "rand_chacha",
            &["src/simulate/", "src/evaluate/statistics/"],
        ),
        ("rand_distr", &["src/simulate/", "src/evaluate/statistics/"]),
    ] {
        let (path, import) = (format!("{library}::"), format!("use {library};"));
        let mut used = false;
        for (name, text) in sources() {
            let here = parts.iter().any(|part| name.starts_with(part));
            for line in text
                .lines()
                .map(str::trim_start)
                .filter(|line| !line.starts_with("//"))
            {
                let found = line.contains(&import)
                    || line.match_indices(&path).any(|(at, _)| {
                        !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
                    });
                assert!(here || !found, "{name} uses {library}: {line}");
                used |= found;
            }
        }
        assert!(
            used,
            "{library} is used nowhere: take it off this list and out of Cargo.toml"
        );
    }
}

#[test]
fn the_evaluation_never_touches_the_disk() {
    for (name, text) in sources() {
        let pure = ["evaluate", "report", "model", "catalogue", "chart"]
            .iter()
            .any(|part| name.starts_with(&format!("src/{part}/")));
        // The gallery is a test that writes pictures to look at.
        if pure && name != "src/chart/gallery.rs" {
            for word in ["std::fs", "File::open", "File::create"] {
                assert!(!text.contains(word), "{name} uses {word}");
            }
        }
    }
}

/// The lines of the README's console blocks.
fn console_lines() -> Vec<String> {
    let readme = fs::read_to_string(repository("README.md")).unwrap();
    let mut lines = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        if line.starts_with("```") {
            inside = !inside && line.trim_end() == "```console";
        } else if inside {
            lines.push(line.trim_start_matches("$ ").trim().to_owned());
        }
    }
    lines
}

#[test]
fn the_readme_has_the_two_commands_that_do_everything() {
    let lines = console_lines();
    for command in ["cargo run --release -- run", "cargo test --release"] {
        assert!(
            lines.iter().any(|line| line == command),
            "`{command}` is not among {lines:#?}"
        );
    }
}

#[test]
fn every_command_of_the_readme_exists_with_its_options() {
    let sandbox = Sandbox::empty();
    let mut checked = 0;
    for line in console_lines() {
        let line = line.replace("cargo run --release -- ", "clearway ");
        let Some(rest) = line.strip_prefix("clearway ") else {
            continue;
        };
        let words = words(rest);
        let mut command: Vec<&str> = Vec::new();
        for word in &words {
            let known = match command.as_slice() {
                [] => true,
                ["kpi"] => !word.starts_with('-'),
                _ => false,
            };
            if !known {
                break;
            }
            command.push(word);
        }
        let mut help = command.clone();
        help.push("--help");
        let help = sandbox.succeeds(&help).stdout;
        for option in words.iter().filter(|word| word.starts_with('-')) {
            let named = help
                .split(|c: char| c.is_whitespace() || c == ',')
                .any(|word| word == option);
            assert!(named, "`{line}`: {command:?} has no option {option}");
        }
        checked += 1;
    }
    assert!(checked >= 5, "{checked} commands");
}

#[test]
fn the_questions_of_the_readme_are_answered() {
    let sandbox = Sandbox::empty();
    sandbox.succeeds(&["init", "customs"]);
    let log = "customs/inbox/log.csv";
    sandbox.write(
        log,
        b"declaration,event,event_time,corridor,office,direction,mode,lane,finding,aeo,electronic,electronic_payment,value,duty,exempted,paid\n\
          A1,Registered,2025-01-10 10:00,C1,O1,import,road,1,,1,1,1,100,20,0,\n\
          A1,Released,2025-03-10 12:00,C1,O1,import,road,1,,1,1,1,,,,\n",
    );
    sandbox.succeeds(&["ingest", "--project", "customs"]);
    for line in console_lines() {
        let Some(rest) = line.strip_prefix("clearway ") else {
            continue;
        };
        let words = words(rest);
        if !["kpi", "query"].contains(&words[0].as_str()) {
            continue;
        }
        let mut arguments: Vec<&str> = words.iter().map(String::as_str).collect();
        arguments.extend(["--project", "customs"]);
        assert!(!sandbox.succeeds(&arguments).stdout.is_empty(), "{line}");
    }
}

#[test]
fn the_reference_of_the_catalogue_is_what_the_definitions_say() {
    let printed = Sandbox::empty().succeeds(&["kpi", "list", "--format", "markdown"]);
    let kept = fs::read_to_string(repository("src/catalogue/REFERENCE.md")).unwrap();
    let lines = kept.lines().zip(printed.stdout.lines());
    for (at, (kept, printed)) in lines.enumerate() {
        assert_eq!(
            kept,
            printed,
            "line {}: print it anew with `clearway kpi list --format markdown`",
            at + 1
        );
    }
    assert_eq!(kept, printed.stdout);
}

/// A command line cut into words as a shell does: double quotes keep words together.
fn words(line: &str) -> Vec<String> {
    let line = line.split(" #").next().unwrap_or(line);
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
