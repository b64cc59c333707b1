//! The program after a run, asked for figures.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::rc::Rc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Ask::{self, FileOrder, Kpi, Nothing, Query, Ranking, Rows, RunRecord};
use super::figure::{Figure, decimal, millionths, statistic};
use super::{Line, Project};
use crate::support::{Sandbox, csv_rows, repository};

/// A row of CSV by column.
pub(super) type Row = BTreeMap<String, String>;

/// The program after a run over a project.
pub(super) struct Program<'p> {
    pub(super) project: &'p Project,
    zone: TimeZone,
    sandbox: Sandbox,
    /// Answers in CSV by the arguments that were asked.
    answers: RefCell<BTreeMap<Vec<String>, Rc<Vec<Row>>>>,
    /// Columns of `clearances` that the expected lines are about.
    clearances: BTreeMap<String, Vec<String>>,
    /// The times among them, in microseconds, with their month.
    times: BTreeMap<String, Vec<Option<(i64, String)>>>,
}

impl<'p> Program<'p> {
    /// Runs it over a copy of the project with its data.
    pub(super) fn run(project: &'p Project, data: &Path, lines: &[Line]) -> Self {
        let sandbox = Sandbox::empty();
        sandbox.copy_from(&repository("tests/projects").join(project.name));
        let bytes = std::fs::read(data.join(project.file)).unwrap();
        sandbox.write(&format!("inbox/{}", project.file), &bytes);
        sandbox.succeeds(&["run", "--period", "all", "--quiet"]);
        let mut program = Self {
            project,
            zone: TimeZone::get(project.zone).unwrap(),
            sandbox,
            answers: RefCell::default(),
            clearances: BTreeMap::new(),
            times: BTreeMap::new(),
        };
        program.load(lines);
        program
    }

    fn load(&mut self, lines: &[Line]) {
        let mut columns = BTreeSet::from([format!("{}_at", self.project.anchor)]);
        for line in lines {
            match (line.what.as_str(), line.dimension.as_str()) {
                ("events" | "variants" | "rework_cases", _) | (_, "all") => {}
                (_, dimension) => drop(columns.insert(dimension.to_owned())),
            }
            if let Some((from, to)) = line.span() {
                columns.extend([from, to]);
            } else if line.what.starts_with("sum:") {
                columns.insert(line.subject().to_owned());
            } else if line.what == "RM04" {
                columns.insert("finding".to_owned());
            }
        }
        let names: Vec<String> = columns.into_iter().collect();
        let rows = self.query(&format!("SELECT {} FROM clearances", names.join(", ")));
        for name in names {
            let column: Vec<String> = rows.iter().map(|row| row[&name].clone()).collect();
            if name.ends_with("_at") {
                let times = column.iter().map(|text| self.time(text)).collect();
                self.times.insert(name, times);
            } else {
                self.clearances.insert(name, column);
            }
        }
    }

    fn time(&self, text: &str) -> Option<(i64, String)> {
        if text.is_empty() {
            return None;
        }
        let at: Timestamp = text.parse().unwrap();
        let month = at.to_zoned(self.zone.clone()).strftime("%Y-%m").to_string();
        Some((at.as_microsecond(), month))
    }

    /// Runs a command that prints CSV; the same one is run once.
    fn ask(&self, arguments: &[&str]) -> Rc<Vec<Row>> {
        let key: Vec<String> = arguments
            .iter()
            .map(|&argument| argument.to_owned())
            .collect();
        if let Some(rows) = self.answers.borrow().get(&key) {
            return Rc::clone(rows);
        }
        let printed = self
            .sandbox
            .succeeds(&[arguments, &["--format", "csv", "--quiet"]].concat());
        let rows = Rc::new(csv_rows(&printed.stdout));
        self.answers.borrow_mut().insert(key, Rc::clone(&rows));
        rows
    }

    fn query(&self, sql: &str) -> Rc<Vec<Row>> {
        self.ask(&["query", sql])
    }

    /// What the program has for a line.
    pub(super) fn figure(&self, line: &Line, ask: &Ask) -> Option<Figure> {
        match ask {
            RunRecord => {
                let text = self.sandbox.read("reports/all/run.json");
                let record: serde_json::Value = serde_json::from_str(&text).unwrap();
                let total = record["totals"].get(&line.statistic)?;
                Some(Figure::Exact(total.to_string()))
            }
            Kpi(id) => self.kpi(line, id),
            Query(template) => {
                let sql = template
                    .replace("{dimension}", &line.dimension)
                    .replace("{amount}", line.subject())
                    .replace("{statistic}", &line.statistic);
                let rows = self.query(&sql);
                let is_asked = |row: &&Row| {
                    let member = row.get("member").map(|member| member_name(member));
                    member.is_none_or(|member| member == line.member)
                };
                Some(Figure::Exact(rows.iter().find(is_asked)?["value"].clone()))
            }
            Ranking(sql) => {
                let rank: usize = line.member.parse().unwrap();
                Some(Figure::Exact(
                    self.query(sql).get(rank - 1)?["value"].clone(),
                ))
            }
            Rows => self.counted(line),
            FileOrder => Some(self.variants_in_file_order()),
            Nothing(_) => None,
        }
    }

    fn kpi(&self, line: &Line, id: &str) -> Option<Figure> {
        let mut arguments = vec!["kpi", "eval", id];
        if line.dimension != "all" {
            arguments.extend(["--by", line.dimension.as_str()]);
        }
        if line.period == "all" {
            arguments.extend(["--period", "all"]);
        }
        let (column, statistic) = match (line.what.as_str(), line.statistic.as_str()) {
            ("declarations", "n") => ("value", Some("value")),
            // The same in every row of a cell.
            (_, "n") => ("n", None),
            (_, "n_without_end") => ("n_open", None),
            (_, "n_negative") => ("n_excluded", None),
            (_, statistic) => ("value", Some(statistic)),
        };
        let rows = self.ask(&arguments);
        let row = rows.iter().find(|row| {
            let cell = [&row["dimension"], &row["member"], &row["period"]];
            cell == [&line.dimension, &line.member, &line.period]
                && statistic.is_none_or(|statistic| row["statistic"] == statistic)
        })?;
        let value = row[column].clone();
        match (column, row["unit"].as_str()) {
            ("value", "s" | "share" | "ratio") => value.parse().ok().map(Figure::Near),
            _ => Some(Figure::Exact(value)),
        }
    }

    /// Positions of the declarations in a line's cell; `anchor` dates them.
    fn cell(&self, line: &Line, anchor: &str) -> Vec<usize> {
        let members = self.clearances.get(&line.dimension);
        let months = &self.times[anchor];
        let is_in = |at: &usize| {
            let member = members.is_none_or(|members| member_name(&members[*at]) == line.member);
            let month = months[*at]
                .as_ref()
                .is_some_and(|(_, month)| *month == line.period);
            member && (line.period == "all" || month)
        };
        (0..months.len()).filter(is_in).collect()
    }

    /// A figure counted from the rows of `clearances`.
    fn counted(&self, line: &Line) -> Option<Figure> {
        let count = |n: usize| Some(Figure::Exact(n.to_string()));
        if let Some((from, to)) = line.span() {
            return self.span_figure(line, (&from, &to));
        }
        let cell = self.cell(line, &format!("{}_at", self.project.anchor));
        match (line.what.split(':').next()?, line.statistic.as_str()) {
            ("declarations", "n") => count(cell.len()),
            ("RM04", "findings") => {
                let findings = &self.clearances["finding"];
                count(cell.iter().filter(|at| findings[**at] == "true").count())
            }
            ("sum", statistic) => {
                let column = &self.clearances[line.subject()];
                let amounts = cell.iter().map(|at| column[*at].as_str());
                let amounts: Vec<i128> = amounts
                    .filter(|text| !text.is_empty())
                    .map(millionths)
                    .collect();
                let sum: i128 = amounts.iter().sum();
                match statistic {
                    "n" => count(amounts.len()),
                    "value" => Some(Figure::Exact(decimal(sum))),
                    // Each amount was rounded to millionths.
                    "unrounded" => Some(Figure::Within(
                        sum as f64 / 1e6,
                        amounts.len() as f64 * 0.5e-6,
                    )),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn span_figure(&self, line: &Line, (from, to): (&str, &str)) -> Option<Figure> {
        let (starts, ends) = (&self.times[from], &self.times[to]);
        let cell = self.cell(line, from);
        let started = cell.iter().filter(|at| starts[**at].is_some());
        if line.statistic == "n_without_end" {
            let open = started.filter(|at| ends[**at].is_none()).count();
            return Some(Figure::Exact(open.to_string()));
        }
        let mut spans: Vec<i64> = started
            .filter_map(|at| Some(ends[*at].as_ref()?.0 - starts[*at].as_ref()?.0))
            .filter(|span| *span >= 0 || !line.what.starts_with("span_not_negative:"))
            .collect();
        spans.sort_unstable();
        statistic(&spans, &line.statistic)
    }

    fn variants_in_file_order(&self) -> Figure {
        let rows = self.query("SELECT declaration_id, source_line, activity FROM events");
        let mut paths: BTreeMap<&str, BTreeMap<u64, &str>> = BTreeMap::new();
        for row in rows.iter() {
            let path = paths.entry(row["declaration_id"].as_str()).or_default();
            path.insert(
                row["source_line"].parse().unwrap(),
                row["activity"].as_str(),
            );
        }
        let variants: BTreeSet<Vec<&str>> = paths
            .into_values()
            .map(|path| path.into_values().collect())
            .collect();
        Figure::Exact(variants.len().to_string())
    }
}

fn member_name(text: &str) -> &str {
    if text.is_empty() { "(missing)" } else { text }
}
