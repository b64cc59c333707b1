//! Real data: every figure that was found without the program (`tests/projects/*/expected.csv`)
//! must come out of it.

mod figure;
mod program;

use crate::support::{csv_rows, published_data, repository};
use program::{Program, Row};

/// How the program is asked for a figure.
enum Ask {
    /// The totals in `run.json`.
    RunRecord,
    /// `kpi eval`, broken down by the line's dimension, for its month or the whole log.
    Kpi(&'static str),
    /// `query`: the row whose `member` is the line's (the only row, if there is no such column),
    /// column `value`. The line fills in `{dimension}`, `{amount}`, `{statistic}`.
    Query(&'static str),
    /// `query`: the line's member is the number of the row, from 1.
    Ranking(&'static str),
    /// Counted in this file from the rows of `clearances` that `query` prints.
    Rows,
    /// Counted in this file from the rows of `events`, in the order of the source's lines.
    FileOrder,
    /// Not a figure of the program, and why.
    Nothing(#[expect(dead_code, reason = "for readers of the table")] &'static str),
}
use Ask::{FileOrder, Kpi, Nothing, Query, Ranking, Rows, RunRecord};

const BY_LABEL: &str = "the program orders equal times by label, see `n` and `declarations`";

/// Project (`*`: every one) · what (`*` at the end: whatever follows) · cells (`whole`, `months`,
/// `members`, `member months`; `*`: all) · statistics (`*`: all, `!x`: all but x) · how they are
/// asked for. A line may match several rules: then all of them must give its figure.
type Rule = (&'static str, &'static str, &'static str, &'static str, Ask);

#[rustfmt::skip]
const RULES: &[Rule] = &[
    ("*", "rows", "whole", "*", RunRecord),
    ("*", "rows", "whole", "*", Query("SELECT SUM(rows_{statistic}) AS value FROM ledger")),
    ("*", "declarations", "whole", "n", Query("SELECT COUNT(*) AS value FROM clearances")),
    ("*", "declarations", "members", "n", Query("SELECT {dimension} AS member, COUNT(*) AS value FROM clearances GROUP BY {dimension}")),
    ("*", "declarations", "months", "n", Rows),
    ("korea", "declarations", "*", "n", Kpi("CX01")),
    ("receipt", "declarations", "*", "n", Kpi("CX01")),
    ("scms", "declarations", "*", "n", Kpi("CX01")),
    ("fines", "declarations", "*", "n", Kpi("PF02")),
    ("*", "events", "whole", "n", Query("SELECT COUNT(*) AS value FROM events")),
    ("*", "events", "members", "n", Query("SELECT activity AS member, COUNT(*) AS value FROM events GROUP BY activity")),
    ("*", "activities", "whole", "n", Query("SELECT COUNT(DISTINCT activity) AS value FROM events")),
    ("*", "rework_cases", "members", "n", Query("SELECT activity AS member, COUNT(*) AS value FROM (SELECT declaration_id, activity FROM events GROUP BY declaration_id, activity HAVING COUNT(*) > 1) AS repeated GROUP BY activity")),

    ("*", "variants", "whole", "n", Query("SELECT COUNT(DISTINCT variant) AS value FROM clearances")),
    ("*", "variants", "members", "declarations", Ranking("SELECT variant, COUNT(*) AS value FROM clearances GROUP BY variant ORDER BY value DESC")),
    ("*", "variants", "whole", "n_file_order", FileOrder),
    ("*", "variants", "whole", "n_milestone_order", Nothing(BY_LABEL)),
    ("*", "variants", "members", "declarations_milestone_order", Nothing(BY_LABEL)),

    ("*", "first_to_last", "whole", "*", Rows),
    ("*", "span:*", "*", "*", Rows),
    ("*", "span_not_negative:*", "*", "*", Rows),
    ("receipt", "span:lodged->released", "*", "*", Kpi("TF02")),
    ("scms", "span:lodged->released", "*", "*", Kpi("TF02")),
    ("scms", "span_not_negative:released->exited", "*", "*", Kpi("TF15")),
    ("scms", "span:released->exited", "*", "n_negative n_without_end", Kpi("TF15")),
    ("fines", "span:assessed->paid", "*", "*", Kpi("PF01")),
    ("receipt", "span_not_negative:lane_selected->released", "*", "*", Kpi("PP01")),
    ("receipt", "span:lane_selected->released", "*", "n_negative n_without_end", Kpi("PP01")),
    // Only released requests are in the population of PR01.
    ("running-example", "span:registered->released", "*", "!n_without_end", Kpi("PR01")),

    ("*", "sum:*", "whole", "value", Query("SELECT SUM({amount}) AS value FROM clearances")),
    ("*", "sum:*", "whole", "n", Query("SELECT COUNT({amount}) AS value FROM clearances")),
    ("*", "sum:*", "members", "value", Query("SELECT {dimension} AS member, SUM({amount}) AS value FROM clearances GROUP BY {dimension}")),
    ("*", "sum:*", "*", "*", Rows),
    ("fines", "sum:assessed", "*", "value", Kpi("PF03")),
    // Paid on the day of registration, so by month too.
    ("korea", "sum:paid", "*", "value", Kpi("RV01")),
    ("fines", "sum:paid", "whole", "value", Kpi("RV01")),
    ("fines", "sum:paid", "members", "value", Kpi("RV01")),
    ("*", "RV01", "months", "value", Kpi("RV01")),
    ("korea", "RV04", "*", "value", Kpi("RV04")),

    ("korea", "RM04", "*", "n value", Kpi("RM04")),
    ("korea", "RM04", "*", "findings", Rows),
    ("korea", "PK01", "*", "*", Kpi("PK01")),
    ("receipt", "DT01", "*", "*", Kpi("DT01")),
    ("receipt", "DT07", "*", "*", Kpi("DT07")),
    ("*", "TF21", "*", "*", Kpi("TF21")),

    ("fines", "balance", "whole", "n_settled", Query("SELECT COUNT(*) AS value FROM clearances WHERE assessed + COALESCE(fee_official, 0) - COALESCE(paid, 0) = 0")),
    ("fines", "balance", "whole", "n_due", Query("SELECT COUNT(*) AS value FROM clearances WHERE assessed + COALESCE(fee_official, 0) - COALESCE(paid, 0) > 0")),
    ("fines", "balance", "whole", "n_overpaid", Query("SELECT COUNT(*) AS value FROM clearances WHERE assessed + COALESCE(fee_official, 0) - COALESCE(paid, 0) < 0")),
    ("fines", "balance", "whole", "due", Query("SELECT SUM(assessed + COALESCE(fee_official, 0) - COALESCE(paid, 0)) AS value FROM clearances WHERE assessed + COALESCE(fee_official, 0) - COALESCE(paid, 0) > 0")),
    ("fines", "balance", "whole", "overpaid", Query("SELECT SUM(COALESCE(paid, 0) - assessed - COALESCE(fee_official, 0)) AS value FROM clearances WHERE assessed + COALESCE(fee_official, 0) - COALESCE(paid, 0) < 0")),
];

/// A project folder with the published file that belongs into its inbox.
struct Project {
    name: &'static str,
    file: &'static str,
    zone: &'static str,
    /// The milestone whose date puts a declaration into a month, see `tests/projects/README.md`.
    anchor: &'static str,
}

impl Project {
    const fn new(
        name: &'static str,
        file: &'static str,
        zone: &'static str,
        anchor: &'static str,
    ) -> Self {
        Self {
            name,
            file,
            zone,
            anchor,
        }
    }
}

#[rustfmt::skip]
const PROJECTS: [Project; 5] = [
    Project::new("korea", "korea-import-declarations.csv", "Asia/Seoul", "registered"),
    Project::new("fines", "traffic-fines.csv", "Europe/Rome", "assessed"),
    Project::new("receipt", "receipt.csv", "Europe/Amsterdam", "lodged"),
    Project::new("running-example", "running-example.csv", "Europe/Amsterdam", "registered"),
    Project::new("scms", "scms-shipments.csv", "UTC", "lodged"),
];

fn project(name: &str) -> &'static Project {
    PROJECTS
        .iter()
        .find(|project| project.name == name)
        .unwrap()
}

#[test]
fn inspected_declarations_of_korea_give_the_figures_found_without_the_program() {
    every_figure_is_reached(project("korea"));
}

#[test]
fn traffic_fines_give_the_figures_found_without_the_program() {
    every_figure_is_reached(project("fines"));
}

#[test]
fn building_permits_give_the_figures_found_without_the_program() {
    every_figure_is_reached(project("receipt"));
}

#[test]
fn the_running_example_gives_the_figures_found_without_the_program() {
    every_figure_is_reached(project("running-example"));
}

#[test]
fn medical_shipments_give_the_figures_found_without_the_program() {
    every_figure_is_reached(project("scms"));
}

#[test]
fn a_wrong_figure_and_a_line_without_a_rule_are_both_told() {
    let Some(data) = published_data() else { return };
    let project = project("running-example");
    let mut lines = expected(project);
    lines.retain(|line| {
        let rules = rules_of(project, line);
        !rules.iter().any(|(.., ask)| matches!(ask, Nothing(_)))
    });
    for line in &mut lines {
        // One second, one cent, one declaration, a part in a million of a share.
        let off = match (line.what.as_str(), line.statistic.as_str()) {
            ("TF21", "value") => 0.000_001,
            (what, "value") if what.starts_with("sum:") => 0.01,
            _ => 1.0,
        };
        line.value = (line.value.parse::<f64>().unwrap() + off).to_string();
    }
    lines.push(Line {
        what: "weather".to_owned(),
        ..lines[0].clone()
    });
    let faults = faults(&Program::run(project, &data, &lines), &lines);
    for line in &lines {
        let told = faults.iter().filter(|(at, _)| at == line).count();
        let asked = rules_of(project, line).len();
        assert_eq!(told, asked.max(1), "{line:?}");
    }
}

fn every_figure_is_reached(project: &Project) {
    let Some(data) = published_data() else { return };
    let lines = expected(project);
    let idle: Vec<&str> = RULES
        .iter()
        .filter(|rule| {
            rule.0 == project.name && !lines.iter().any(|line| matches(project, line, rule))
        })
        .map(|rule| rule.1)
        .collect();
    assert!(idle.is_empty(), "rules for no line: {idle:?}");
    let program = Program::run(project, &data, &lines);
    let faults = faults(&program, &lines);
    let told: Vec<String> = faults
        .iter()
        .take(30)
        .map(|(line, fault)| format!("{line:?}: {fault}"))
        .collect();
    assert!(
        faults.is_empty(),
        "{}: {} faults in {} figures\n{}",
        project.name,
        faults.len(),
        lines.len(),
        told.join("\n")
    );
}

/// A line of `expected.csv`.
#[derive(Clone, Debug, PartialEq)]
struct Line {
    what: String,
    dimension: String,
    member: String,
    period: String,
    statistic: String,
    value: String,
}

impl Line {
    fn cells(&self) -> &'static str {
        match (self.dimension.as_str(), self.period.as_str()) {
            ("all", "all") => "whole",
            ("all", _) => "months",
            (_, "all") => "members",
            _ => "member months",
        }
    }

    /// What stands behind the colon: an amount, or a span.
    fn subject(&self) -> &str {
        self.what.split_once(':').map_or("", |(_, subject)| subject)
    }

    /// The columns that start and end the line's span.
    fn span(&self) -> Option<(String, String)> {
        if self.what == "first_to_last" {
            return Some(("first_event_at".to_owned(), "last_event_at".to_owned()));
        }
        let (from, to) = self.subject().split_once("->")?;
        Some((format!("{from}_at"), format!("{to}_at")))
    }
}

fn expected(project: &Project) -> Vec<Line> {
    let path = repository("tests/projects")
        .join(project.name)
        .join("expected.csv");
    let rows = csv_rows(&std::fs::read_to_string(path).unwrap());
    let line = |row: &Row| Line {
        what: row["what"].clone(),
        dimension: row["dimension"].clone(),
        member: row["member"].clone(),
        period: row["period"].clone(),
        statistic: row["statistic"].clone(),
        value: row["value"].clone(),
    };
    rows.iter().map(line).collect()
}

fn matches(project: &Project, line: &Line, (name, what, cells, statistics, _): &Rule) -> bool {
    let what = match what.strip_suffix('*') {
        Some(start) => line.what.starts_with(start),
        None => line.what == *what,
    };
    let statistic = match statistics.strip_prefix('!') {
        Some(but) => line.statistic != but,
        None => *statistics == "*" || statistics.split(' ').any(|one| one == line.statistic),
    };
    let here = *name == "*" || *name == project.name;
    here && what && statistic && (*cells == "*" || *cells == line.cells())
}

fn rules_of(project: &Project, line: &Line) -> Vec<&'static Rule> {
    RULES
        .iter()
        .filter(|rule| matches(project, line, rule))
        .collect()
}

/// Every line that the program does not reach, with what it says instead.
fn faults(program: &Program<'_>, lines: &[Line]) -> Vec<(Line, String)> {
    let mut faults = Vec::new();
    for line in lines {
        let rules = rules_of(program.project, line);
        if rules.is_empty() {
            faults.push((line.clone(), "no rule says how to ask for it".to_owned()));
        }
        for (.., ask) in rules {
            let fault = match program.figure(line, ask) {
                _ if matches!(ask, Nothing(_)) => continue,
                Some(figure) if figure.is(&line.value) => continue,
                Some(figure) => format!("the program has {figure:?}"),
                None => "the program has none".to_owned(),
            };
            faults.push((line.clone(), fault));
        }
    }
    faults
}
