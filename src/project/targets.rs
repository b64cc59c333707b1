//! `targets.toml`: what each KPI should reach, by period and member, and the reforms behind it.

use std::path::Path;

use jiff::civil::Date;

use super::document::{Document, Located, Section};
use super::strategy::{self, Objective};
use crate::error::Fault;
use crate::model::{Grain, Month, Period, PeriodArgument};

/// One target.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The KPI's id or slug.
    pub kpi: String,
    /// The statistic of a span; `None` is the KPI's only value, or a span's median.
    /// `within_target` gives the limit that single spans are held against.
    pub statistic: Option<String>,
    /// The dimension and member it holds for; `None` is the whole.
    pub cell: Option<(String, String)>,
    /// The first month it holds for.
    pub from: Option<Month>,
    /// The last month it holds for.
    pub to: Option<Month>,
    /// The grain it holds for; `None` is every grain, but months alone for what grows with the length
    /// of the period (counts and sums).
    pub grain: Option<Grain>,
    /// Seconds, a share 0–1, a count or money, by the KPI's unit.
    pub value: f64,
    /// Whether the value was written as a span, with its unit.
    pub is_span: bool,
    /// Where the figure stood before there was a target, in the unit of `value`.
    pub baseline: Option<f64>,
    /// The period of the baseline.
    pub baseline_period: Option<Period>,
    /// Relative distance from the target that still counts as near, 0.1 for 10 %.
    pub band: f64,
    /// Where it comes from.
    pub source: String,
    /// The line in the file, for messages.
    pub line: usize,
}

impl Target {
    /// Whether it holds for all of a period.
    pub fn covers(&self, period: Period) -> bool {
        self.from.is_none_or(|from| from <= period.first)
            && self.to.is_none_or(|to| period.last <= to)
    }
}

/// A dated change whose effect on some KPIs is estimated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reform {
    /// What people call it.
    pub name: String,
    /// The first day on which it was in force, in the project's zone.
    pub date: Date,
    /// The KPIs that it was meant to change, by id or slug.
    pub kpis: Vec<String>,
    /// The line in the file, for messages.
    pub line: usize,
}

/// Everything that `targets.toml` holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Targets, in file order.
    pub targets: Vec<Target>,
    /// Reforms, in file order.
    pub reforms: Vec<Reform>,
    /// The strategy map's objectives, in file order.
    pub objectives: Vec<Objective>,
}

/// Reads `targets.toml`.
pub(super) fn parse(path: &Path, text: &str) -> Result<Plan, Vec<Fault>> {
    let document = Document::new(path, text);
    let root = document.parse();
    let section = document.root(&root);
    let plan = Plan {
        targets: section
            .sections("target")
            .into_iter()
            .filter_map(target)
            .collect(),
        reforms: section
            .sections("reform")
            .into_iter()
            .filter_map(reform)
            .collect(),
        objectives: strategy::objectives(&section),
    };
    section.finish();
    let faults = document.into_faults();
    if faults.is_empty() {
        Ok(plan)
    } else {
        Err(faults)
    }
}

fn reform(section: Section<'_, '_>) -> Option<Reform> {
    let name = section.required_text("name");
    let date = section.required_date("date").and_then(|text| {
        let date: Option<Date> = text.value.parse().ok();
        if date.is_none() {
            let message = format!("`{}` is not a date such as `2025-01-01`", text.value);
            section.fault(&text, message, None);
        }
        date
    });
    let kpis: Vec<String> = section
        .texts("kpis")
        .into_iter()
        .map(|kpi| kpi.value)
        .collect();
    if kpis.is_empty() {
        let hint = "name those that it was meant to change: `kpis = [\"TF01\"]`".to_owned();
        section.fault_at("kpis", "names no KPI", Some(hint));
    }
    let line = section.line();
    section.finish();
    Some(Reform {
        name: name?.value,
        date: date?,
        kpis,
        line,
    })
}

fn target(section: Section<'_, '_>) -> Option<Target> {
    let kpi = section.required_text("kpi");
    let statistic = section.text("statistic").map(|statistic| statistic.value);
    let dimension = section.text("dimension");
    let member = section.text("member");
    let from = month(&section, "from");
    let to = month(&section, "to");
    let grain = grain(&section);
    let stated = section.text_or_number("value");
    if stated.is_none() {
        section.fault_at("value", "is missing", None);
    }
    let value = stated.and_then(|text| value(&section, &text));
    let (baseline, baseline_period) = baseline(&section, value.is_some_and(|(_, is_span)| is_span));
    let band = section.number("band").unwrap_or(0.0);
    if !(0.0..1.0).contains(&band) {
        section.fault_at(
            "band",
            format!("must be a share from 0 to 1, found {band}"),
            None,
        );
    }
    let source = section
        .text("source")
        .map(|source| source.value)
        .unwrap_or_default();
    let cell = match (dimension, member) {
        (Some(dimension), Some(member)) => Some((dimension.value, member.value)),
        (None, None) => None,
        _ => {
            section.fault_at("dimension", "`dimension` and `member` go together", None);
            None
        }
    };
    let line = section.line();
    section.finish();
    Some(Target {
        kpi: kpi?.value,
        statistic,
        cell,
        from,
        to,
        grain,
        value: value?.0,
        is_span: value?.1,
        baseline,
        baseline_period,
        band,
        source,
        line,
    })
}

fn month(section: &Section<'_, '_>, key: &'static str) -> Option<Month> {
    let text = section.text(key)?;
    match text.value.parse() {
        Ok(PeriodArgument::One(period)) if period.first == period.last => Some(period.first),
        _ => {
            section.fault(
                &text,
                format!("`{}` is not a month such as `2025-03`", text.value),
                None,
            );
            None
        }
    }
}

fn grain(section: &Section<'_, '_>) -> Option<Grain> {
    let text = section.text("grain")?;
    let grains = [Grain::Month, Grain::Quarter, Grain::Year, Grain::All];
    let found = grains.into_iter().find(|grain| grain.name() == text.value);
    if found.is_none() {
        let hint = "month, quarter, year or all".to_owned();
        section.fault(
            &text,
            format!("`{}` is not a grain", text.value),
            Some(hint),
        );
    }
    found
}

/// A value, and whether it was written as a span.
fn value(section: &Section<'_, '_>, text: &Located<String>) -> Option<(f64, bool)> {
    let number = text.value.parse().ok().map(|number| (number, false));
    let parsed = number.or_else(|| parse_span(&text.value).map(|seconds| (seconds, true)));
    if parsed.is_none() {
        let hint = "a number, or a span such as `90min`, `48h`, `3d`".to_owned();
        let message = format!("`{}` is not a value", text.value);
        section.fault(text, message, Some(hint));
    }
    parsed
}

/// The baseline and its period, which go together.
fn baseline(section: &Section<'_, '_>, is_span: bool) -> (Option<f64>, Option<Period>) {
    let text = section.text_or_number("baseline");
    let when = section.text("baseline_period");
    if text.is_some() != when.is_some() {
        let message = "`baseline` and `baseline_period` go together";
        section.fault_at("baseline", message, None);
    }
    let parsed = text.and_then(|text| {
        let (number, written_as_span) = value(section, &text)?;
        if written_as_span != is_span {
            section.fault(&text, "is not in the unit of `value`", None);
        }
        Some(number)
    });
    let period = when.and_then(|text| {
        if let Ok(PeriodArgument::One(period)) = text.value.parse() {
            return Some(period);
        }
        let message = format!("`{}` is not a month, quarter or year", text.value);
        section.fault(&text, message, None);
        None
    });
    (parsed, period)
}

/// Seconds of a span such as `30s`, `90min`, `48h`, `3d`; days are 24 hours.
pub fn parse_span(text: &str) -> Option<f64> {
    let at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at(at);
    let seconds = match unit {
        "s" => 1.0,
        "min" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => return None,
    };
    let number: f64 = number.trim().parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number * seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_in_their_unit_and_nothing_else_is() {
        assert_eq!(parse_span("48h"), Some(172_800.0));
        assert_eq!(parse_span("90min"), Some(5400.0));
        assert_eq!(parse_span("1.5d"), Some(129_600.0));
        for text in ["48", "h", "-1h", "48 hours", "infd"] {
            assert_eq!(parse_span(text), None, "{text}");
        }
    }

    #[test]
    fn every_fault_of_the_file_is_reported_with_its_line() {
        let text =
            "[[target]]\nkpi = \"TF01\"\nvalue = \"soon\"\n\n[[target]]\nvalue = 1\nkpy = 2\n";
        let faults = parse(Path::new("targets.toml"), text).unwrap_err();
        let lines: Vec<_> = faults
            .iter()
            .map(|fault| (fault.line, fault.field.as_str()))
            .collect();
        assert_eq!(
            lines,
            [
                (Some(3), "target.value"),
                (Some(5), "target.kpi"),
                (Some(7), "target.kpy")
            ]
        );
    }
}
