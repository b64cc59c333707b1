//! `compare`: what changed between two periods or two reports, and what drove it.

use std::path::Path;

use super::arguments::{CompareArguments, DEFAULT_DIMENSIONS, TableFormat};
use super::kpi::quantity;
use super::printer::{Bars, Printer};
use super::table::{Kind, TextTable};
use crate::catalogue::{Catalogue, Definition};
use crate::error::{Error, ExitStatus, Result};
use crate::evaluate::{
    Change, Contribution, Drivers, KpiRow, Noise, Scope, Side, State, Statistic, drivers,
    main_statistic,
};
use crate::model::{Period, PeriodArgument, Quantity, Unit, group_thousands};
use crate::output::published::read_report;
use crate::pipeline::load_log;
use crate::project::Project;

/// The whole, as a dimension and as its only member.
const ALL: (&str, &str) = ("all", "all");
/// How many members of a dimension people are told of.
const AT_MOST_MEMBERS: usize = 3;

/// Two sides and what their figures mean.
struct Comparison<'c> {
    definitions: Vec<&'c Definition>,
    before: Side<'c>,
    after: Side<'c>,
    by: &'c [String],
    currency: &'c str,
}

/// Compares two periods of the project, or two report folders.
pub(super) fn compare(
    project: Option<&Path>,
    load: impl FnOnce() -> Result<Project>,
    arguments: &CompareArguments,
    printer: &Printer,
) -> Result<ExitStatus> {
    let folder = |text: &str| text.parse::<PeriodArgument>().is_err();
    match (folder(&arguments.after), folder(&arguments.before)) {
        (true, true) => reports(project, load, arguments, printer),
        (false, false) => periods(&load()?, arguments, printer),
        _ => Err(Error::usage(
            "a period can't be compared with a report folder",
            Some("give two periods, or the folders of two reports".to_owned()),
        )),
    }?;
    Ok(ExitStatus::Done)
}

fn periods(project: &Project, arguments: &CompareArguments, printer: &Printer) -> Result<()> {
    let definitions = definitions(&project.catalogue, &arguments.kpi)?;
    let as_of = super::run::as_of(project, arguments.as_of)?;
    let log = load_log(project, as_of, &Bars(printer))?;
    let period = |text: &str| {
        let argument: PeriodArgument = text
            .parse()
            .map_err(|fault: String| Error::usage(fault, None))?;
        match log.periods(argument)?.as_slice() {
            [period] => Ok(*period),
            _ => Err(Error::usage(
                format!("`{text}` is several periods"),
                Some("give one month, quarter or year".to_owned()),
            )),
        }
    };
    let (after, before) = (period(&arguments.after)?, period(&arguments.before)?);
    check_grain(after, before)?;
    let evaluator = log.evaluator(project);
    // A dimension that the log lacks is a mistake where it was asked for, else it is passed over.
    let asked = arguments.by.as_slice() != DEFAULT_DIMENSIONS;
    if asked {
        for (definition, name) in definitions
            .iter()
            .flat_map(|one| arguments.by.iter().map(move |name| (one, name)))
        {
            evaluator.check_dimension(definition, name)?;
        }
    }
    let dimensions = arguments
        .by
        .iter()
        .filter(|name| asked || log.available.contains(*name));
    let scope = Scope {
        periods: log.grid(&[before, after]),
        dimensions: dimensions.map(|name| vec![name.clone()]).collect(),
        condition: None,
        cross_own: false,
        min_declarations: project.config.report.min_declarations,
    };
    let evaluation = evaluator.evaluate(&definitions, &scope)?;
    let table = &evaluation.table;
    let side = |period| Side { table, period };
    let comparison = Comparison {
        definitions,
        before: side(before),
        after: side(after),
        by: &arguments.by,
        currency: &project.config.currency,
    };
    comparison.print(arguments.format, printer)
}

fn reports(
    project: Option<&Path>,
    load: impl FnOnce() -> Result<Project>,
    arguments: &CompareArguments,
    printer: &Printer,
) -> Result<()> {
    // Reports can be compared where there is no project: the built-in catalogue has their titles.
    let catalogue = match Project::find(project) {
        Ok(_) => load()?.catalogue,
        Err(_) => Catalogue::load(&[], &std::collections::BTreeSet::new())
            .map_err(Error::Configuration)?,
    };
    let read = |folder: &str| read_report(Path::new(folder), &catalogue);
    let (after, before) = (read(&arguments.after)?, read(&arguments.before)?);
    check_grain(after.period, before.period)?;
    if after.currency != before.currency {
        return Err(Error::usage(
            format!(
                "the reports are in {} and {}: money can't be compared",
                after.currency, before.currency
            ),
            None,
        ));
    }
    let comparison = Comparison {
        definitions: definitions(&catalogue, &arguments.kpi)?,
        before: Side {
            table: &before.table,
            period: before.period,
        },
        after: Side {
            table: &after.table,
            period: after.period,
        },
        by: &arguments.by,
        currency: &after.currency,
    };
    comparison.print(arguments.format, printer)
}

/// The KPIs that were asked for; every one where none was.
fn definitions<'c>(catalogue: &'c Catalogue, asked: &[String]) -> Result<Vec<&'c Definition>> {
    if asked.is_empty() {
        return Ok(catalogue.definitions().iter().collect());
    }
    asked.iter().map(|kpi| catalogue.require(kpi)).collect()
}

fn check_grain(after: Period, before: Period) -> Result<()> {
    if after.grain == before.grain {
        return Ok(());
    }
    Err(Error::usage(
        format!(
            "a {} can't be compared with a {}",
            after.grain, before.grain
        ),
        Some("give two months, two quarters or two years".to_owned()),
    ))
}

/// A KPI whose whole has a figure on both sides.
struct Changed<'c> {
    definition: &'c Definition,
    before: &'c KpiRow,
    after: &'c KpiRow,
    /// The figure before as a number.
    old: f64,
    /// What the change is, set against chance.
    change: Change,
}

impl Changed<'_> {
    /// Beyond noise first, then what can't be tested.
    const fn rank(&self) -> u8 {
        match self.change.noise {
            Noise::Higher | Noise::Lower => 0,
            Noise::Untested => 1,
            Noise::Within => 2,
        }
    }
}

impl<'c> Comparison<'c> {
    fn print(&self, format: TableFormat, printer: &Printer) -> Result<()> {
        let changes = self.changes();
        match format {
            TableFormat::Table => {
                printer.data(&self.people_table(&changes).print(format)?)?;
                let driven = self.driver_lines(&changes);
                if !driven.is_empty() {
                    printer.data(driven.as_bytes())?;
                }
                Ok(())
            }
            TableFormat::Csv | TableFormat::Json => {
                printer.data(&self.data_table(&changes).print(format)?)
            }
        }
    }

    /// Every KPI with a figure on both sides: those beyond noise first, then in catalogue order.
    fn changes(&self) -> Vec<Changed<'c>> {
        let mut changes: Vec<Changed<'c>> = self
            .definitions
            .iter()
            .filter_map(|definition| {
                let statistic = main_statistic(definition);
                let row = |side: Side<'c>| {
                    let row = side.row(&definition.id, ALL, statistic)?;
                    Some((row, shown(row)?))
                };
                let ((before, old), (after, new)) = (row(self.before)?, row(self.after)?);
                Some(Changed {
                    definition,
                    before,
                    after,
                    old,
                    change: Change::between((new, after.ci), (old, before.ci)),
                })
            })
            .collect();
        changes.sort_by_key(Changed::rank);
        changes
    }

    fn drivers(&self, definition: &Definition) -> Vec<Drivers> {
        self.by
            .iter()
            .filter_map(|by| drivers(definition, self.before, self.after, by).ok())
            .collect()
    }

    fn people_table(&self, changes: &[Changed<'_>]) -> TextTable {
        let header = [
            "kpi",
            "title",
            "",
            &self.before.period.to_string(),
            "n",
            &self.after.period.to_string(),
            "n",
            "change",
            "95 % interval",
        ]
        .map(str::to_owned)
        .to_vec();
        let count =
            |n: Option<u64>| n.map_or_else(String::new, |n| group_thousands(&n.to_string()));
        let rows = changes
            .iter()
            .map(|change| {
                let figure = |row: &KpiRow| {
                    row.value.map_or_else(String::new, |value| {
                        quantity(value, row.unit, self.currency)
                    })
                };
                vec![
                    change.definition.id.to_string(),
                    change.definition.title.clone(),
                    statistic_name(change.after.statistic).to_owned(),
                    figure(change.before),
                    count(change.before.n),
                    figure(change.after),
                    count(change.after.n),
                    self.difference(
                        change.after.unit,
                        change.change.difference,
                        Some(change.old),
                    ),
                    match change.change.noise {
                        Noise::Higher | Noise::Lower => "beyond noise".to_owned(),
                        Noise::Within => "within noise".to_owned(),
                        Noise::Untested => "not tested".to_owned(),
                    },
                ]
            })
            .collect();
        let kinds = (0..header.len())
            .map(|at| match at {
                3..=7 => Kind::Number,
                _ => Kind::Text,
            })
            .collect();
        TextTable {
            header,
            rows,
            kinds,
        }
    }

    /// What drove the changes beyond noise (every change of KPIs that were asked for by name).
    fn driver_lines(&self, changes: &[Changed<'_>]) -> String {
        let few = self.definitions.len() <= 5;
        let mut lines = String::new();
        for change in changes.iter().filter(|change| few || change.rank() == 0) {
            for split in self.drivers(change.definition) {
                lines.push_str(&self.driver_line(change, &split));
            }
        }
        lines
    }

    fn driver_line(&self, change: &Changed<'_>, split: &Drivers) -> String {
        let unit = change.after.unit;
        let part = |number| self.difference(unit, number, None);
        let id = &change.definition.id;
        let what = match split.statistic {
            Statistic::Mean => " mean (a median has no parts)",
            _ => "",
        };
        let effects = if split.has_mix {
            format!(" = {} mix {} rate", part(split.mix()), part(split.rate()))
        } else {
            String::new()
        };
        let members: Vec<String> = split
            .parts
            .iter()
            .take(AT_MOST_MEMBERS)
            .map(|one| format!("{} {}", name(one), part(one.total())))
            .collect();
        format!(
            "{id}{what} by {}: {}{effects}; most by {}\n",
            split.dimension,
            part(split.change),
            members.join(", ")
        )
    }

    /// A signed difference: times and shares subtracted, amounts and counts as they are, with the
    /// relative change where one is asked for.
    fn difference(&self, unit: Unit, difference: f64, before: Option<f64>) -> String {
        let sign = if difference > 0.0 { "+" } else { "" };
        match unit {
            Unit::Share => format!("{sign}{:.2} pp", difference * 100.0).replace('-', "−"),
            Unit::Seconds | Unit::WorkingSeconds => {
                format!(
                    "{sign}{}",
                    quantity(Quantity::Seconds(difference), unit, "")
                )
            }
            Unit::Count | Unit::Money => {
                let currency = if unit == Unit::Money {
                    self.currency
                } else {
                    ""
                };
                let number = group_thousands(&format!("{difference:.0}")).replace('-', "−");
                let relative = before
                    .filter(|before| *before != 0.0)
                    .map_or_else(String::new, |before| {
                        format!(" ({sign}{:.1} %)", difference / before * 100.0)
                    });
                format!("{sign}{number} {currency}").trim_end().to_owned()
                    + &relative.replace('-', "−")
            }
            _ => format!("{sign}{difference:.3}").replace('-', "−"),
        }
    }

    /// Long form: the whole of each KPI, then its split.
    fn data_table(&self, changes: &[Changed<'_>]) -> TextTable {
        const HEADER: [(&str, Kind); 15] = [
            ("kpi", Kind::Text),
            ("dimension", Kind::Text),
            ("member", Kind::Text),
            ("statistic", Kind::Text),
            ("unit", Kind::Text),
            ("period_before", Kind::Text),
            ("period_after", Kind::Text),
            ("before", Kind::Number),
            ("n_before", Kind::Number),
            ("after", Kind::Number),
            ("n_after", Kind::Number),
            ("change", Kind::Number),
            ("noise", Kind::Text),
            ("mix_effect", Kind::Number),
            ("rate_effect", Kind::Number),
        ];
        let mut rows = Vec::new();
        for change in changes {
            rows.push(self.whole_row(change));
            for split in self.drivers(change.definition) {
                rows.extend(self.split_rows(change, &split));
            }
        }
        TextTable {
            header: HEADER.map(|(name, _)| name.to_owned()).to_vec(),
            rows,
            kinds: HEADER.map(|(_, kind)| kind).to_vec(),
        }
    }

    fn unit(&self, unit: Unit) -> String {
        match unit {
            Unit::Money => self.currency.to_owned(),
            unit => unit.name().to_owned(),
        }
    }

    fn whole_row(&self, change: &Changed<'_>) -> Vec<String> {
        let count = |n: Option<u64>| n.map_or_else(String::new, |n| n.to_string());
        let exact = |row: &KpiRow| {
            row.value
                .map_or_else(String::new, |value| value.to_string())
        };
        vec![
            change.definition.id.to_string(),
            ALL.0.to_owned(),
            ALL.1.to_owned(),
            change.after.statistic.to_string(),
            self.unit(change.after.unit),
            self.before.period.to_string(),
            self.after.period.to_string(),
            exact(change.before),
            count(change.before.n),
            exact(change.after),
            count(change.after.n),
            number(change.change.difference),
            change.change.noise.name().to_owned(),
            String::new(),
            String::new(),
        ]
    }

    /// The effects of all members together, then of each.
    fn split_rows(&self, change: &Changed<'_>, split: &Drivers) -> Vec<Vec<String>> {
        let line = |member: &str, figures: (Option<f64>, Option<f64>), effects: (f64, f64)| {
            let figure = |figure: Option<f64>| figure.map_or_else(String::new, number);
            let mix = if split.has_mix {
                number(effects.0)
            } else {
                String::new()
            };
            vec![
                change.definition.id.to_string(),
                split.dimension.clone(),
                member.to_owned(),
                split.statistic.to_string(),
                self.unit(change.after.unit),
                self.before.period.to_string(),
                self.after.period.to_string(),
                figure(figures.0),
                String::new(),
                figure(figures.1),
                String::new(),
                number(effects.0 + effects.1),
                String::new(),
                mix,
                number(effects.1),
            ]
        };
        let mut rows = vec![line(ALL.1, (None, None), (split.mix(), split.rate()))];
        rows.extend(
            split
                .parts
                .iter()
                .map(|part| line(name(part), (part.before, part.after), (part.mix, part.rate))),
        );
        rows
    }
}

/// The member; those that may not be shown stand together.
fn name(part: &Contribution) -> &str {
    part.member.as_deref().unwrap_or("(suppressed)")
}

fn number(value: f64) -> String {
    // `+ 0.0` turns −0 into 0.
    (value + 0.0).to_string()
}

fn statistic_name(statistic: Statistic) -> &'static str {
    match statistic {
        Statistic::Value => "",
        statistic => statistic.name(),
    }
}

fn shown(row: &KpiRow) -> Option<f64> {
    (row.state == State::Ok).then(|| row.value.map(Quantity::to_f64))?
}
