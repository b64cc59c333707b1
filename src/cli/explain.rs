//! `kpi list` and `kpi explain`: the definitions, with or without a project.

use std::path::Path;

use super::arguments::ListFormat;
use super::printer::Printer;
use super::table::{Kind, TextTable};
use crate::catalogue::{Catalogue, Clock, Definition};
use crate::error::{Error, ExitStatus, Result, nearest};
use crate::evaluate::{QUALITY_RULES, QualityRule, required_columns};
use crate::model::{Unit, format_duration, format_working_time, group_thousands};
use crate::pipeline;
use crate::project::{Project, Target};

/// Definitions to be read: those of a project, or the built-in ones where there is none.
pub(super) enum Source {
    /// A project with its catalogue.
    Project(Box<Project>),
    /// No project here.
    BuiltIn(Catalogue),
}

impl Source {
    /// The project that is named or found; a project that is named must be there.
    pub(super) fn find(
        given: Option<&Path>,
        load: impl FnOnce() -> Result<Project>,
    ) -> Result<Self> {
        if given.is_none() && Project::find(None).is_err() {
            let none = std::collections::BTreeSet::new();
            let built_in = Catalogue::load(&[], &none).map_err(Error::Configuration)?;
            return Ok(Self::BuiltIn(built_in));
        }
        Ok(Self::Project(Box::new(load()?)))
    }

    fn catalogue(&self) -> &Catalogue {
        match self {
            Self::Project(project) => &project.catalogue,
            Self::BuiltIn(catalogue) => catalogue,
        }
    }
}

/// Lists the catalogue.
pub(super) fn list(source: &Source, format: ListFormat, printer: &Printer) -> Result<ExitStatus> {
    let catalogue = source.catalogue();
    let Some(format) = format.table() else {
        let needs = |definition: &Definition| needs(definition).unwrap_or_default();
        printer.data(catalogue.reference(&needs).as_bytes())?;
        return Ok(ExitStatus::Done);
    };
    let header = [
        "kpi", "slug", "title", "area", "unit", "better", "measure", "version",
    ];
    let rows = catalogue.definitions().iter().map(|definition| {
        vec![
            definition.id.to_string(),
            definition.slug.clone(),
            definition.title.clone(),
            definition.area.name().to_owned(),
            definition.unit.name().to_owned(),
            definition.better.name().to_owned(),
            definition.measure.kind().to_owned(),
            definition.version.to_string(),
        ]
    });
    let table = TextTable {
        header: header.map(str::to_owned).to_vec(),
        rows: rows.collect(),
        kinds: vec![Kind::Text; header.len()],
    };
    printer.data(&table.print(format)?)?;
    Ok(ExitStatus::Done)
}

/// The columns that a KPI needs.
fn needs(definition: &Definition) -> Result<Vec<String>> {
    Ok(required_columns(definition)?.into_iter().collect())
}

/// Prints a definition, and what a project makes of it.
pub(super) fn explain(source: &Source, name: &str, printer: &Printer) -> Result<ExitStatus> {
    let catalogue = source.catalogue();
    // A project may call a KPI of its own as it likes: KPIs are looked for first.
    if catalogue.find(name).is_none()
        && let Some(rule) = QualityRule::find(name)
    {
        printer.data(quality_rule(rule).as_bytes())?;
        return Ok(ExitStatus::Done);
    }
    let definition = catalogue
        .require(name)
        .map_err(|unknown| nearest_rule(name, catalogue).unwrap_or(unknown))?;
    let facts = catalogue.facts(definition, &needs(definition)?);
    let mut lines = vec![
        format!("{}  {}", definition.id, definition.title),
        definition.question.clone(),
        String::new(),
    ];
    lines.extend(facts.iter().map(|fact| line(fact.term, &fact.text)));
    if let Source::Project(project) = source {
        lines.push(String::new());
        lines.push(format!("In `{}`", project.config.name));
        lines.extend(in_project(project, definition)?);
    }
    lines.push(String::new());
    printer.data(lines.join("\n").as_bytes())?;
    Ok(ExitStatus::Done)
}

/// A rule of data quality, as it is explained.
fn quality_rule(rule: &QualityRule) -> String {
    let (judged, of) = if rule.of_ledger {
        (
            "by `ingest` and `run`",
            "every file of the ledger that counts",
        )
    } else {
        (
            "by `run`",
            "the period of the report: declarations by their first event, figures by their own period",
        )
    };
    let fail_on = format!("`--fail-on \"{}>1%\"`, {judged}", rule.id);
    let lines = [
        format!("{}  {}", rule.id, rule.title),
        String::new(),
        line("slug", rule.slug),
        line("counts", rule.definition),
        line("over", of),
        line("unit", "a number of cases, and its share (0 to 1)"),
        line("better", "lower"),
        line(
            "stands in",
            "`quality.csv`, the report's part on data quality",
        ),
        line("exit status 1", &fail_on),
        String::new(),
    ];
    lines.join("\n")
}

/// What to say of a name that is nearer to that of a rule than to any KPI's; `None` where it is not.
fn nearest_rule(name: &str, catalogue: &Catalogue) -> Option<Error> {
    let kpis = catalogue.definitions().iter();
    let kpis = kpis.flat_map(|one| [one.id.as_ref(), one.slug.as_str()]);
    let rules = QUALITY_RULES.iter().flat_map(|rule| [rule.id, rule.slug]);
    let near = nearest(name, kpis.chain(rules))?;
    QualityRule::find(near).map(|_| {
        Error::usage(
            format!("there is no KPI `{name}`"),
            Some(format!("did you mean `{near}`?")),
        )
    })
}

fn line(term: &str, text: &str) -> String {
    format!("  {term:<14} {text}")
}

/// Whether the KPI can be measured, its targets, objectives and reforms.
fn in_project(project: &Project, definition: &Definition) -> Result<Vec<String>> {
    let is_it = |name: &str| name.eq_ignore_ascii_case(&definition.id) || name == definition.slug;
    let measurable = match pipeline::missing_input(project, definition)? {
        Some(missing) => format!("no, missing: {missing}"),
        None => "yes".to_owned(),
    };
    let mut lines = vec![line("measurable", &measurable)];
    let targets = project.targets.iter().filter(|target| is_it(&target.kpi));
    lines.extend(targets.map(|target| {
        let text = target_text(target, definition, &project.config.currency);
        line("target", &text)
    }));
    for objective in &project.objectives {
        let own = objective.kpis.iter().filter(|of| is_it(&of.kpi));
        lines.extend(own.map(|of| {
            let statistic = of.statistic.as_deref();
            let by = statistic.map_or(String::new(), |name| format!(", by its {name}"));
            line(
                "objective",
                &format!("{} ({}{by})", objective.title, objective.id),
            )
        }));
    }
    let reforms = project.reforms.iter();
    let reforms = reforms.filter(|reform| reform.kpis.iter().any(|kpi| is_it(kpi)));
    lines.extend(reforms.map(|reform| {
        let text = format!("{}, from {}", reform.name, reform.date);
        line("reform", &text)
    }));
    Ok(lines)
}

/// `median 16 h 00 min; mode = road; 2025-01 to 2025-12; band 10 % (Plan for 2025)`.
fn target_text(target: &Target, definition: &Definition, currency: &str) -> String {
    let figure = |value: f64| {
        if target.is_span && definition.clock == Clock::Working {
            format_working_time(value)
        } else if target.is_span {
            format_duration(value)
        } else {
            let number = group_thousands(&value.to_string());
            match definition.unit {
                Unit::Money => format!("{number} {currency}"),
                _ => number,
            }
        }
    };
    let statistic = target.statistic.as_deref();
    let statistic = statistic.map_or(String::new(), |name| format!("{name} "));
    let mut parts = vec![format!("{statistic}{}", figure(target.value))];
    if let Some((dimension, member)) = &target.cell {
        parts.push(format!("{dimension} = {member}"));
    }
    parts.extend(target.grain.map(|grain| format!("by {grain}")));
    match (target.from, target.to) {
        (Some(from), Some(to)) => parts.push(format!("{from} to {to}")),
        (Some(from), None) => parts.push(format!("from {from}")),
        (None, Some(to)) => parts.push(format!("to {to}")),
        (None, None) => {}
    }
    if let (Some(baseline), Some(period)) = (target.baseline, target.baseline_period) {
        parts.push(format!("baseline {} in {period}", figure(baseline)));
    }
    let source = if target.source.is_empty() {
        String::new()
    } else {
        format!(" ({})", target.source)
    };
    format!("{}{source}", parts.join("; "))
}
