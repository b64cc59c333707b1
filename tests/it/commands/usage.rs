//! The command line itself: names that do not exist, help, streams, pipes.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use insta::assert_snapshot;

use super::{said, small_project, tree};
use crate::support::Sandbox;

/// Every command with its words.
const COMMANDS: [&[&str]; 10] = [
    &[],
    &["run"],
    &["ingest"],
    &["check"],
    &["kpi"],
    &["kpi", "list"],
    &["kpi", "explain"],
    &["kpi", "eval"],
    &["query"],
    &["init"],
];

fn ingested() -> Sandbox {
    let sandbox = small_project();
    sandbox.succeeds(&["ingest"]);
    sandbox
}

#[test]
fn the_help_of_every_command_has_examples_and_the_options_that_all_commands_share() {
    let sandbox = Sandbox::empty();
    for command in COMMANDS.into_iter().chain([&["simulate"][..]]) {
        let mut words = command.to_vec();
        words.push("--help");
        let ran = sandbox.succeeds(&words);
        assert!(ran.stderr.is_empty(), "{command:?}: {}", ran.stderr);
        assert!(
            ran.stdout.contains("\nExamples:\n"),
            "{command:?}: {}",
            ran.stdout
        );
        let example = ["  clearway", &command.join(" ")].join(" ");
        assert!(
            ran.stdout.contains(example.trim_end()),
            "{command:?}: {}",
            ran.stdout
        );
        for option in ["--project", "--quiet", "--help"] {
            assert!(ran.stdout.contains(option), "{command:?} has no {option}");
        }
    }
}

#[test]
fn the_help_of_the_program_lists_the_exit_status() {
    let help = Sandbox::empty().succeeds(&["--help"]).stdout;
    assert!(help.contains(
        "Exit status: 0 done · 1 done, with notices at or above --fail-on · 2 usage · 3 input unusable ·\n\
         4 configuration or catalogue invalid · 5 output not written · 70 a bug"
    ), "{help}");
}

#[test]
fn what_the_command_line_does_not_know_is_a_usage_error_on_standard_error() {
    let sandbox = Sandbox::empty();
    for words in [
        &[][..],
        &["frobnicate"],
        &["kpi"],
        &["kpi", "evaluate", "TF01"],
        &["run", "--frobnicate"],
        &["run", "--period"],
        &["run", "--fail-on", "anything"],
        &["run", "--as-of", "yesterday"],
        &["kpi", "eval", "TF01", "--format", "xml"],
        &["query"],
        &["init"],
        &["simulate", "--declarations", "-5"],
        &["simulate", "--faults", "2"],
        &["simulate", "--first-month", "2025-13"],
        &["simulate", "--months", "0"],
    ] {
        let ran = sandbox.clearway(words);
        assert_eq!(ran.status, 2, "{words:?}: {}", ran.stderr);
        assert!(ran.stdout.is_empty(), "{words:?}: {}", ran.stdout);
        assert!(!ran.stderr.is_empty(), "{words:?}");
    }
}

#[test]
fn an_unknown_kpi_is_named_with_the_nearest_one() {
    let sandbox = small_project();
    assert_snapshot!(said(&sandbox, &["kpi", "explain", "customs_clearence_time"]), @r"
    exit 2
    --- stderr
    error: there is no KPI `customs_clearence_time`

    hint: did you mean `customs_clearance_time`?
    ");
    assert_snapshot!(said(&sandbox, &["kpi", "eval", "nonsense!"]), @r"
    exit 2
    --- stderr
    error: there is no KPI `nonsense!`

    hint: `clearway kpi list` shows every KPI
    ");
}

#[test]
fn the_rules_of_data_quality_are_explained_as_kpis_are() {
    let sandbox = small_project();
    for (id, slug, part) in [
        ("DQ01", "rejected_rows", "by reason and by file"),
        ("DQ02", "duplicate_rows", "near-duplicates"),
        ("DQ03", "order_faults", "exited before released"),
        ("DQ04", "implausible_times", "before 1990"),
        ("DQ05", "missing_milestones", "by class of case"),
        ("DQ06", "assumed_zones", "times without an offset"),
        ("DQ07", "unknown_codes", "maps to no milestone"),
        ("DQ08", "open_declarations", "at the freeze time"),
        ("DQ09", "currency_faults", "currency"),
        ("DQ10", "uncovered_cases", "by KPI"),
    ] {
        let text = sandbox.succeeds(&["kpi", "explain", id]).stdout;
        assert!(text.starts_with(&format!("{id}  ")), "{text}");
        assert!(text.contains(part), "{text}");
        assert!(text.contains(&format!("--fail-on \"{id}>1%\"")), "{text}");
        assert_eq!(text, sandbox.succeeds(&["kpi", "explain", slug]).stdout);
    }
    // No project is needed.
    let nowhere = Sandbox::empty();
    let lower = nowhere.succeeds(&["kpi", "explain", "dq03"]).stdout;
    assert_eq!(lower, sandbox.succeeds(&["kpi", "explain", "DQ03"]).stdout);
    assert_snapshot!(said(&sandbox, &["kpi", "explain", "order_fault"]), @r"
    exit 2
    --- stderr
    error: there is no KPI `order_fault`

    hint: did you mean `order_faults`?
    ");
}

#[test]
fn a_kpi_is_known_by_its_id_in_any_case_and_by_its_slug() {
    let sandbox = small_project();
    let by_id = sandbox.succeeds(&["kpi", "explain", "TF02"]).stdout;
    assert!(
        by_id.starts_with("TF02  Customs clearance time\n"),
        "{by_id}"
    );
    for part in [
        "formula",
        "population",
        "anchor",
        "null rule",
        "unit",
        "better",
        "source",
        "version",
    ] {
        assert!(by_id.contains(&format!("\n  {part} ")), "{part}: {by_id}");
    }
    assert_eq!(by_id, sandbox.succeeds(&["kpi", "explain", "tf02"]).stdout);
    assert_eq!(
        by_id,
        sandbox
            .succeeds(&["kpi", "explain", "customs_clearance_time"])
            .stdout
    );
}

#[test]
fn an_unknown_dimension_is_named_with_the_nearest_one() {
    let sandbox = ingested();
    assert_snapshot!(said(&sandbox, &["kpi", "eval", "TF02", "--by", "corridr"]), @r"
    exit 2
    --- stderr
    error: there is no dimension `corridr` in this log

    hint: did you mean `corridor`?
    ");
    for column in [
        "released_at",
        "paid",
        "party_customs_us",
        "released_count",
        "declaration_id",
    ] {
        let ran = sandbox.clearway(&["kpi", "eval", "TF02", "--by", column]);
        assert_eq!(ran.status, 2, "`{column}` has no members: {}", ran.stdout);
        assert!(
            ran.stderr.contains("there is no dimension"),
            "{}",
            ran.stderr
        );
    }
    sandbox.succeeds(&["kpi", "eval", "TF02", "--by", "electronic_payment"]);
}

#[test]
fn an_unknown_column_in_a_condition_is_named_with_the_nearest_one() {
    let sandbox = ingested();
    let eval = |condition: &str| said(&sandbox, &["kpi", "eval", "TF02", "--where", condition]);
    assert_snapshot!(eval("directon = 'import'"), @r"
    exit 2
    --- stderr
    error: the condition `directon = 'import'` reads `directon`, and there is no such column

    hint: did you mean `direction`?
    ");
    assert_snapshot!(eval("direction = \"import\""), @r#"
    exit 2
    --- stderr
    error: the condition `direction = "import"` reads `import`, and there is no such column

    hint: a text stands in single quotes: 'import'
    "#);
}

#[test]
fn a_condition_that_is_none_is_refused() {
    let sandbox = ingested();
    for (condition, part) in [
        ("direction", "not true or false"),
        ("paid + 1", "not true or false"),
        ("direction =", "is not SQL"),
        ("", "is not SQL"),
        ("TRUE; SELECT 1", "is more than one condition"),
        ("COUNT(*) > 1", "uses a function of many rows"),
        (
            "direction IN (SELECT direction FROM clearances)",
            "uses a subquery",
        ),
        ("FROB(direction) = 1", "frob"),
        ("released_at > 'yesterday'", "can't be evaluated"),
    ] {
        let ran = sandbox.clearway(&["kpi", "eval", "TF02", "--where", condition]);
        assert_eq!(ran.status, 2, "{condition}: {}", ran.stdout);
        assert!(ran.stderr.contains(part), "{condition}: {}", ran.stderr);
        assert!(
            ran.stderr.lines().count() <= 3,
            "{condition}: {}",
            ran.stderr
        );
    }
}

#[test]
fn a_condition_counts_only_what_meets_it() {
    let sandbox = ingested();
    let count = |condition: &str| {
        super::figure(
            &sandbox,
            &["CX01", "--period", "2025", "--where", condition],
            "all",
            "value",
        )
    };
    assert_eq!(count("TRUE"), "3");
    assert_eq!(count("direction = 'import'"), "2");
    assert_eq!(count("direction LIKE 'imp%' AND lane = 'green'"), "1");
    assert_eq!(count("released_at >= TIMESTAMP '2025-01-11 00:00:00'"), "1");
    assert_eq!(count("paid > 20.2 AND paid < 20.3"), "1");
    assert_eq!(count("NOT finding"), "0");
}

#[test]
fn a_period_that_is_none_or_lies_outside_the_log_is_refused() {
    let sandbox = ingested();
    assert_snapshot!(said(&sandbox, &["kpi", "eval", "TF02", "--period", "2025-13"]), @r"
    exit 2
    --- stderr
    error: invalid value '2025-13' for '--period <PERIOD>': `2025-13` is not a period: give `2025-03`, `2025-Q1`, `2025`, `2024-07..2025-03` or `all`

    For more information, try '--help'.
    ");
    assert_snapshot!(said(&sandbox, &["kpi", "eval", "TF02", "--period", "2030-01"]), @r"
    exit 2
    --- stderr
    error: the log has no event in that period

    hint: it covers 2025-01 to 2025-02
    ");
    for period in [
        "2025-Q5",
        "2025-1",
        "yesterday",
        "2025-03..2025-01",
        "2025-01..",
        "",
    ] {
        assert_eq!(
            sandbox
                .clearway(&["kpi", "eval", "TF02", "--period", period])
                .status,
            2,
            "{period}"
        );
    }
}

#[test]
fn a_freeze_time_before_the_first_event_is_refused() {
    let sandbox = ingested();
    let text = said(&sandbox, &["run", "--as-of", "2024-01-01"]);
    assert!(text.starts_with("exit 2\n"), "{text}");
    assert!(
        text.contains(
            "error: no event has happened by 2023-12-31T19:00:00Z\n\nhint: give a later `--as-of`"
        ),
        "{text}"
    );
    assert!(!sandbox.join("reports/2025-01").exists());
}

#[test]
fn init_makes_a_project_that_check_accepts_and_never_writes_over_one() {
    let sandbox = Sandbox::empty();
    assert_snapshot!(said(&sandbox, &["init", "customs"]), @r"
    exit 0
    --- stderr
    made the project `customs`
    next: edit customs/mappings/customs.toml, put logs into inbox/, then
      clearway check --project customs
      clearway run --project customs
    ");
    sandbox.succeeds(&["check", "--project", "customs"]);
    let before = tree(sandbox.path());
    assert_snapshot!(said(&sandbox, &["init", "customs"]), @r"
    exit 2
    --- stderr
    error: `customs` is not empty

    hint: name a new folder
    ");
    let status = sandbox.clearway(&["init", "customs/clearway.toml"]).status;
    assert_eq!(status, 2, "a file is no place for a project");
    assert_eq!(tree(sandbox.path()), before);
    assert_eq!(
        sandbox
            .clearway(&["init", "customs/clearway.toml/new"])
            .status,
        5
    );
}

#[test]
fn data_goes_to_standard_output_and_everything_else_to_standard_error() {
    let sandbox = small_project();
    for words in [&["check"][..], &["ingest"], &["run"]] {
        let ran = sandbox.succeeds(words);
        assert!(ran.stdout.is_empty(), "{words:?}: {}", ran.stdout);
        assert!(!ran.stderr.is_empty(), "{words:?}");
    }
    for words in [
        &["kpi", "list"][..],
        &["kpi", "explain", "TF01"],
        &["kpi", "eval", "TF01"],
        &["query", "SELECT * FROM ledger"],
    ] {
        let ran = sandbox.succeeds(words);
        assert!(!ran.stdout.is_empty(), "{words:?}");
        assert!(ran.stderr.is_empty(), "{words:?}: {}", ran.stderr);
    }
}

#[test]
fn quiet_leaves_data_and_errors_only() {
    let sandbox = small_project();
    for words in [&["check", "--quiet"][..], &["run", "-q"], &["-q", "ingest"]] {
        let ran = sandbox.succeeds(words);
        assert_eq!(
            (ran.stdout.as_str(), ran.stderr.as_str()),
            ("", ""),
            "{words:?}"
        );
    }
    assert!(!sandbox.succeeds(&["kpi", "list", "-q"]).stdout.is_empty());
    assert!(
        sandbox
            .clearway(&["kpi", "explain", "TF99", "-q"])
            .stderr
            .starts_with("error: ")
    );
}

#[test]
fn a_reader_that_stops_reading_is_no_failure() {
    let sandbox = small_project();
    for words in [
        &["simulate", "--declarations", "5000"][..],
        &["kpi", "list"],
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_clearway"))
            .args(words)
            .current_dir(sandbox.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        // Reads a line and closes the pipe, as `head -1` does.
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{words:?}: {stderr}");
        assert!(!stderr.contains("error"), "{words:?}: {stderr}");
        assert!(!line.is_empty());
    }
}

#[test]
fn a_dimension_given_twice_is_refused() {
    let ran = ingested().clearway(&["kpi", "eval", "CX01", "--by", "office,office"]);
    assert_eq!(ran.status, 2, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("`office` is given twice"),
        "{}",
        ran.stderr
    );
}
