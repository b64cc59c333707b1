//! `kpi eval`.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::mem::ManuallyDrop;

use super::arguments::{EvalArguments, TableFormat};
use super::printer::{Bars, Printer};
use super::table::{Kind, TextTable};
use crate::catalogue::{Definition, Measure};
use crate::error::{Error, ExitStatus, Result};
use crate::evaluate::{Evaluation, Evaluator, KpiRow, KpiTable, Noise, Scope, State, Statistic};
use crate::model::{
    Amount, Grain, Quantity, Unit, format_duration, format_working_time, group_thousands,
};
use crate::output::data;
use crate::pipeline::{Level, Notice, load_log};
use crate::project::Project;

/// Evaluates KPIs.
pub(super) fn eval(
    project: &Project,
    arguments: &EvalArguments,
    printer: &Printer,
) -> Result<ExitStatus> {
    let definitions = asked(project, &arguments.kpis)?;
    let named: Vec<String> = arguments
        .by
        .iter()
        .chain(&arguments.each)
        .cloned()
        .collect();
    match definitions.as_slice() {
        [only] => check_breakdown(only, &named)?,
        // Those that need a breakdown stand without one among several.
        _ => check_once(&named)?,
    }
    let as_of = super::run::as_of(project, arguments.as_of)?;
    // The program ends here: to give back what they hold, list by list, would only keep its user waiting.
    let log = ManuallyDrop::new(load_log(project, as_of, &Bars(printer))?);
    let evaluator = ManuallyDrop::new(log.evaluator(project));
    let question = (named.as_slice(), arguments.condition.as_deref());
    for definition in &definitions {
        scope(project, &evaluator, definition, question)?;
    }
    let grains: Vec<Option<Grain>> = match arguments.grain.as_slice() {
        [] => vec![None],
        grains => grains.iter().map(|grain| Some(grain.grain())).collect(),
    };
    let mut tables = Vec::new();
    for (at, grain) in grains.into_iter().enumerate() {
        let asked = log.periods_of(arguments.period, grain)?;
        let scope = Scope {
            periods: log.grid(&asked),
            dimensions: breakdowns(arguments),
            condition: arguments.condition.clone(),
            cross_own: true,
            min_declarations: project.config.report.min_declarations,
        };
        let mut evaluation = evaluator.evaluate(&definitions, &scope)?;
        // The same for every grain.
        if at == 0 {
            say_not_measurable(&evaluation, printer);
        }
        evaluation
            .table
            .keep_periods(|period| asked.contains(&period));
        tables.push(evaluation.table);
    }
    let tables: Vec<&[KpiRow]> = tables.iter().map(KpiTable::rows).collect();
    print(&tables, project, arguments.format, printer)?;
    Ok(ExitStatus::Done)
}

/// The definitions that are asked for, each once.
fn asked<'p>(project: &'p Project, names: &[String]) -> Result<Vec<&'p Definition>> {
    let all = project.catalogue.definitions();
    if names.iter().any(|name| name == "all") {
        return Ok(all.iter().collect());
    }
    let named: Vec<&Definition> = names
        .iter()
        .map(|name| project.catalogue.require(name))
        .collect::<Result<_>>()?;
    let is_named = |of: &&Definition| named.iter().any(|named| named.id == of.id);
    Ok(all.iter().filter(is_named).collect())
}

/// What is broken down beside the whole: all of `--by` at once, and each of `--each`.
fn breakdowns(arguments: &EvalArguments) -> Vec<Vec<String>> {
    let by = Some(arguments.by.clone()).filter(|by| !by.is_empty());
    let each = arguments.each.iter().map(|name| vec![name.clone()]);
    by.into_iter().chain(each).collect()
}

/// As data in one table; for people a table for each KPI.
fn print(
    tables: &[&[KpiRow]],
    project: &Project,
    format: TableFormat,
    printer: &Printer,
) -> Result<()> {
    let currency = &project.config.currency;
    let all: Vec<&KpiRow> = tables.iter().copied().flatten().collect();
    match format {
        TableFormat::Csv => return printer.data(&data::rows_csv(tables, currency)?),
        TableFormat::Json => return printer.data(&data_table(&all, currency).print(format)?),
        TableFormat::Table => {}
    }
    let kpis: BTreeSet<&str> = all.iter().map(|row| row.kpi.as_ref()).collect();
    for kpi in &kpis {
        if kpis.len() > 1 {
            let definition = project.catalogue.require(kpi)?;
            printer.data(format!("{kpi} {}\n", definition.title).as_bytes())?;
        }
        let own = all.iter().copied().filter(|row| row.kpi.as_ref() == *kpi);
        let own: Vec<&KpiRow> = own.collect();
        printer.data(&people_table(&own, currency).print(format)?)?;
    }
    Ok(())
}

/// The scope of a question about one KPI, a breakdown and a condition, without its periods.
pub(super) fn scope(
    project: &Project,
    evaluator: &Evaluator<'_>,
    definition: &Definition,
    (by, condition): (&[String], Option<&str>),
) -> Result<Scope> {
    for name in by {
        evaluator.check_dimension(definition, name)?;
    }
    if let Some(condition) = condition {
        evaluator.check_condition(definition, condition)?;
    }
    let breakdown = (!by.is_empty()).then(|| by.to_vec());
    Ok(Scope {
        periods: Vec::new(),
        dimensions: breakdown.into_iter().collect(),
        condition: condition.map(str::to_owned),
        cross_own: true,
        min_declarations: project.config.report.min_declarations,
    })
}

/// Says which input a KPI lacks.
pub(super) fn say_not_measurable(evaluation: &Evaluation, printer: &Printer) {
    for (kpi, missing) in &evaluation.not_measurable {
        let text = format!("`{kpi}` is not measurable: the log has no {missing}");
        printer.notice(&Notice {
            level: Level::Info,
            text,
        });
    }
}

/// A part of a whole is a part by something: the KPI's own dimensions, or those that are asked for.
pub(super) fn check_breakdown(definition: &Definition, by: &[String]) -> Result<()> {
    check_once(by)?;
    let Measure::MemberShare { dimensions, .. } = &definition.measure else {
        return Ok(());
    };
    if by.is_empty() && dimensions.is_empty() {
        let id = &definition.id;
        return Err(Error::usage(
            format!("`{id}` is a part of a whole: it needs a breakdown"),
            Some(format!(
                "say of which, such as `clearway kpi eval {id} --by corridor`"
            )),
        ));
    }
    Ok(())
}

/// No dimension is named twice.
fn check_once(by: &[String]) -> Result<()> {
    let twice = |name: &&String| by.iter().filter(|other| other == name).count() > 1;
    if let Some(twice) = by.iter().find(twice) {
        let hint = "name each dimension once".to_owned();
        return Err(Error::usage(
            format!("`{twice}` is given twice"),
            Some(hint),
        ));
    }
    Ok(())
}

/// The columns of `kpis.csv`.
fn data_table(rows: &[&KpiRow], currency: &str) -> TextTable {
    const NUMERIC: [&str; 10] = [
        "kpi_version",
        "value",
        "n",
        "n_open",
        "n_excluded",
        "ci_low",
        "ci_high",
        "target",
        "previous",
        "year_ago",
    ];
    TextTable {
        header: data::COLUMNS.map(str::to_owned).to_vec(),
        rows: rows
            .iter()
            .map(|row| data::texts(row, currency).map(Cow::into_owned).to_vec())
            .collect(),
        kinds: data::COLUMNS
            .iter()
            .map(|name| kind(NUMERIC.contains(name)))
            .collect(),
    }
}

/// For people: one line per cell, the vector of a span side by side.
fn people_table(rows: &[&KpiRow], currency: &str) -> TextTable {
    let span = rows.iter().any(|row| row.statistic != Statistic::Value);
    let statistics: Vec<Statistic> = if span {
        use Statistic::{KmMedian, Mean, Median, P25, P75, P90, WithinTarget};
        vec![Median, P25, P75, P90, Mean, WithinTarget, KmMedian]
    } else {
        vec![Statistic::Value]
    };
    let mut header = vec!["period".to_owned(), "member".to_owned()];
    header.extend(statistics.iter().map(|statistic| match statistic {
        Statistic::WithinTarget => "within target".to_owned(),
        Statistic::KmMedian => "median with open".to_owned(),
        statistic => statistic.name().to_owned(),
    }));
    header.extend(["95 % interval", "n", "open", "excluded"].map(str::to_owned));
    let compared = rows.iter().any(|row| row.change.is_some());
    if compared {
        header.push("against the period before".to_owned());
    }
    let cells = rows.chunk_by(|a, b| {
        (a.period, &a.dimension, &a.member) == (b.period, &b.dimension, &b.member)
    });
    let rows: Vec<Vec<String>> = cells
        .map(|cell| {
            let find = |statistic: Statistic| cell.iter().find(|row| row.statistic == statistic);
            let first = cell.first();
            let mut texts = vec![
                first.map(|row| period(row)).unwrap_or_default(),
                first.map(|row| row.member.to_string()).unwrap_or_default(),
            ];
            texts.extend(
                statistics
                    .iter()
                    .map(|s| find(*s).map_or(String::new(), |row| figure(row, currency))),
            );
            let main = statistics.first().and_then(|statistic| find(*statistic));
            texts.push(main.map(|row| interval(row, currency)).unwrap_or_default());
            let count = |n: Option<u64>| {
                n.map_or_else(|| "–".to_owned(), |n| group_thousands(&n.to_string()))
            };
            texts.extend(
                first
                    .map(|row| [row.n, row.n_open, row.n_excluded].map(count))
                    .unwrap_or_default(),
            );
            if compared {
                texts.push(main.map(|row| change(row, currency)).unwrap_or_default());
            }
            texts
        })
        .collect();
    let kinds = (0..header.len()).map(|at| kind(at > 1)).collect();
    TextTable {
        header,
        rows,
        kinds,
    }
}

pub(super) const fn kind(number: bool) -> Kind {
    if number { Kind::Number } else { Kind::Text }
}

fn period(row: &KpiRow) -> String {
    match row.period.grain {
        Grain::All => "whole log".to_owned(),
        _ => row.period.to_string(),
    }
}

fn figure(row: &KpiRow, currency: &str) -> String {
    match (row.state, row.value) {
        (State::Suppressed, _) => "suppressed".to_owned(),
        (_, Some(value)) => quantity(value, row.unit, currency),
        (_, None) => "not measurable".to_owned(),
    }
}

/// A figure for people, with its unit.
pub(super) fn quantity(value: Quantity, unit: Unit, currency: &str) -> String {
    match (unit, value) {
        (Unit::Seconds, value) => format_duration(value.to_f64()),
        (Unit::WorkingSeconds, value) => format_working_time(value.to_f64()),
        (Unit::Share, value) => format!("{:.1} %", value.to_f64() * 100.0),
        (Unit::Ratio, value) => format!("{:.3}", value.to_f64()).replace('-', "−"),
        (Unit::Money, value) => format!("{} {currency}", group_thousands(&value.to_string())),
        (Unit::Count, Quantity::Count(count)) => group_thousands(&count.to_string()),
        (unit, value) => {
            let number = format!("{:.3}", value.to_f64()).replace('-', "−");
            format!("{}{}", group_thousands(&number), unit.suffix())
        }
    }
}

/// A bound or a level for people: a number near figures of a unit.
pub(super) fn number(value: f64, unit: Unit, currency: &str) -> String {
    let value = match unit {
        Unit::Seconds | Unit::WorkingSeconds => Quantity::Seconds(value),
        Unit::Share => Quantity::Share(value),
        Unit::Money => Quantity::Money(Amount::rounded((value * 100.0).round() / 100.0)),
        _ => Quantity::Number(value),
    };
    quantity(value, unit, currency)
}

fn interval(row: &KpiRow, currency: &str) -> String {
    let bound = |value: f64| number(value, row.unit, currency);
    row.ci
        .map(|(low, high)| format!("{} … {}", bound(low), bound(high)))
        .unwrap_or_default()
}

/// `−1 h 05 min (within noise)`.
fn change(row: &KpiRow, currency: &str) -> String {
    let Some(change) = row.change else {
        return String::new();
    };
    let noise = match change.noise {
        Noise::Higher => "higher",
        Noise::Lower => "lower",
        Noise::Within => "within noise",
        Noise::Untested => "not tested",
    };
    let sign = if change.difference < 0.0 { "−" } else { "+" };
    let size = match row.unit {
        // The difference of two shares is in percentage points.
        Unit::Share => format!("{:.1} pp", change.difference.abs() * 100.0),
        _ => number(change.difference.abs(), row.unit, currency),
    };
    format!("{sign}{size} ({noise})")
}
