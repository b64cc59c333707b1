//! `kpi trend`.

use super::arguments::{TableFormat, TrendArguments};
use super::kpi::{check_breakdown, kind, number, quantity, say_not_measurable, scope};
use super::printer::{Bars, Printer};
use super::table::TextTable;
use crate::catalogue::Definition;
use crate::error::{ExitStatus, Result};
use crate::evaluate::{
    Effect, ReformEffect, Scale, Scope, Signal, State, Trend, TrendPoint, Trends, Verdict, trends,
};
use crate::model::{Grain, Unit};
use crate::output::trends::{REFORM_COLUMNS, TREND_COLUMNS, reform_texts, trend_texts};
use crate::pipeline::{Level, Notice, load_log};
use crate::project::Project;

/// Prints a KPI month by month, or what reforms changed in it.
pub(super) fn trend(
    project: &Project,
    arguments: &TrendArguments,
    printer: &Printer,
) -> Result<ExitStatus> {
    let definition = project.catalogue.require(&arguments.kpi)?;
    check_breakdown(definition, &arguments.by)?;
    let as_of = super::run::as_of(project, arguments.as_of)?;
    let log = load_log(project, as_of, &Bars(printer))?;
    let evaluator = log.evaluator(project);
    let question = (arguments.by.as_slice(), arguments.condition.as_deref());
    let last = log.last_whole_month(project);
    let scope = Scope {
        periods: Scope::periods_between(log.months.0, last, Grain::Month),
        ..scope(project, &evaluator, definition, question)?
    };
    let evaluation = evaluator.evaluate(&[definition], &scope)?;
    say_not_measurable(&evaluation, printer);
    let trends = trends(&evaluation.table, &[definition], &project.reforms, last);
    say_what_is_missing(&trends, definition, arguments, printer);
    let currency = &project.config.currency;
    let table = match (arguments.format, arguments.reforms) {
        (TableFormat::Table, false) => people_table(&trends, currency),
        (TableFormat::Table, true) => people_reforms(&trends, currency),
        (_, false) => data_table(&trends, currency),
        (_, true) => data_reforms(&trends, currency),
    };
    printer.data(&table.print(arguments.format)?)?;
    let below = arguments.format == TableFormat::Table && !arguments.reforms;
    if below && !trends.effects.is_empty() {
        printer.data(b"\n")?;
        let table = people_reforms(&trends, currency);
        printer.data(&table.print(TableFormat::Table)?)?;
    }
    Ok(ExitStatus::Done)
}

/// Why series have no limits or no season, and why there is no reform to speak of.
fn say_what_is_missing(
    trends: &Trends,
    definition: &Definition,
    arguments: &TrendArguments,
    printer: &Printer,
) {
    let note = |text: String| {
        printer.notice(&Notice {
            level: Level::Info,
            text,
        });
    };
    for trend in &trends.series {
        let of = match trend.dimension.as_ref() {
            "all" => String::new(),
            _ => format!("`{}`: ", trend.member),
        };
        if let Some(reason) = &trend.without_limits {
            note(format!("{of}no limits: {reason}"));
        }
        if let Some(reason) = &trend.without_season {
            note(format!("{of}no seasonal adjustment: {reason}"));
        }
    }
    if arguments.reforms && trends.effects.is_empty() {
        let id = &definition.id;
        note(format!("no reform in targets.toml names `{id}`"));
    }
}

fn data_table(trends: &Trends, currency: &str) -> TextTable {
    const NUMERIC: [&str; 9] = [
        "value",
        "moving_range",
        "centre",
        "lower",
        "upper",
        "range_upper",
        "trend",
        "seasonal",
        "adjusted",
    ];
    let rows = trends.series.iter().flat_map(|trend| {
        let points = trend.points.iter();
        points.map(|point| trend_texts(trend, point, currency).to_vec())
    });
    table_of(&TREND_COLUMNS, rows.collect(), &NUMERIC)
}

fn data_reforms(trends: &Trends, currency: &str) -> TextTable {
    const NUMERIC: [&str; 9] = [
        "months_before",
        "months_after",
        "expected",
        "observed",
        "effect",
        "ci_low",
        "ci_high",
        "slope",
        "autocorrelation",
    ];
    let rows = trends.effects.iter();
    let rows = rows.map(|effect| reform_texts(effect, currency).to_vec());
    table_of(&REFORM_COLUMNS, rows.collect(), &NUMERIC)
}

fn table_of(columns: &[&str], rows: Vec<Vec<String>>, numeric: &[&str]) -> TextTable {
    TextTable {
        header: columns.iter().map(|name| (*name).to_owned()).collect(),
        rows,
        kinds: columns
            .iter()
            .map(|name| kind(numeric.contains(name)))
            .collect(),
    }
}

/// For people: one line per month.
fn people_table(trends: &Trends, currency: &str) -> TextTable {
    const COLUMNS: [&str; 8] = [
        "month",
        "member",
        "figure",
        "centre",
        "limits",
        "signal",
        "trend",
        "without season",
    ];
    let rows = trends.series.iter().flat_map(|trend| {
        let points = trend.points.iter();
        points.map(|point| people_row(trend, point, currency))
    });
    table_of(
        &COLUMNS,
        rows.collect(),
        &["figure", "centre", "limits", "trend", "without season"],
    )
}

fn people_row(trend: &Trend, point: &TrendPoint, currency: &str) -> Vec<String> {
    let level = |value: f64| number(value, trend.unit, currency);
    let limits = point.limits;
    let range = limits.map(|limits| {
        let bound = |value: f64| {
            if value.is_finite() {
                level(value)
            } else {
                "–".to_owned()
            }
        };
        format!("{} … {}", bound(limits.lower), bound(limits.upper))
    });
    let figure = match (point.state, point.value) {
        (State::Suppressed, _) => "suppressed".to_owned(),
        (_, Some(value)) => quantity(value, trend.unit, currency),
        (_, None) => "not measurable".to_owned(),
    };
    let signal = match point.signal {
        _ if point.provisional => "provisional".to_owned(),
        None | Some(Signal::CommonCause) => String::new(),
        Some(signal) => {
            let rules: Vec<String> = point
                .rules
                .iter()
                .map(|rule| rule.name().replace('_', " "))
                .collect();
            format!("{} ({})", signal.name(), rules.join(", "))
        }
    };
    let season = point.season;
    vec![
        point.period.to_string(),
        trend.member.to_string(),
        figure,
        limits
            .map(|limits| level(limits.centre))
            .unwrap_or_default(),
        range.unwrap_or_default(),
        signal,
        season.map(|season| level(season.trend)).unwrap_or_default(),
        season
            .map(|season| level(season.adjusted))
            .unwrap_or_default(),
    ]
}

/// For people: one line per reform and member.
fn people_reforms(trends: &Trends, currency: &str) -> TextTable {
    const COLUMNS: [&str; 9] = [
        "reform",
        "from",
        "member",
        "months before, after",
        "expected",
        "observed",
        "effect",
        "95 % interval",
        "verdict",
    ];
    let rows = trends
        .effects
        .iter()
        .map(|one| people_reform(one, currency));
    table_of(
        &COLUMNS,
        rows.collect(),
        &[
            "months before, after",
            "expected",
            "observed",
            "effect",
            "95 % interval",
        ],
    )
}

fn people_reform(one: &ReformEffect, currency: &str) -> Vec<String> {
    let mut texts = vec![
        one.reform.clone(),
        one.date.to_string(),
        one.member.to_string(),
        format!("{}, {}", one.months_before, one.months_after),
    ];
    match &one.effect {
        Ok(effect) => {
            let level = |value: f64| number(value, one.unit, currency);
            let change = |value: f64| change(effect, value, one.unit, currency);
            texts.extend([
                level(effect.expected),
                level(effect.observed),
                change(effect.change),
                format!("{} … {}", change(effect.ci.0), change(effect.ci.1)),
                match effect.verdict {
                    Verdict::WithinNoise => "not distinguishable from noise".to_owned(),
                    verdict => verdict.name().to_owned(),
                },
            ]);
        }
        Err(reason) => {
            texts.extend([""; 4].map(str::to_owned));
            texts.push(format!("not measurable: {reason}"));
        }
    }
    texts
}

/// A change with its sign: in per cent, in points of a share, or in the unit.
fn change(effect: &Effect, value: f64, unit: Unit, currency: &str) -> String {
    let sign = if value < 0.0 { "−" } else { "+" };
    let size = value.abs();
    match (effect.scale, unit) {
        (Scale::Relative, _) => format!("{sign}{:.1} %", size * 100.0),
        (Scale::Absolute, Unit::Share) => format!("{sign}{:.2} points", size * 100.0),
        (Scale::Absolute, unit) => format!("{sign}{}", number(size, unit, currency)),
    }
}
