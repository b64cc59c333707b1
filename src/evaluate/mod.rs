//! Clearances × catalogue × scope → the table of figures.

mod base;
mod check;
mod curve;
mod frame;
mod measure;
mod objectives;
mod rows;
mod scope;
mod statistics;
mod table;
mod targets;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::tz::TimeZone;

pub use base::{BaseTable, Dimension, MISSING};
pub use check::check_catalogue;
pub use curve::{MilestoneCurves, milestone_curves};
pub use frame::full_frame;
pub use objectives::{
    OBJECTIVE_RULE, ObjectiveFigure, ObjectiveState, ObjectiveStatus, objective_states,
};
pub use scope::Scope;
pub use statistics::{
    mean, mean_interval, quantile, quantile_interval, standard_deviation, wilson,
};
pub use table::{KpiRow, KpiTable, State, Statistic, TargetState};

use crate::catalogue::{
    Base, Catalogue, Definition, Measure, condition_columns, first_at, required_input,
};
use crate::error::{Error, Result};
use crate::fold::Clearances;
use crate::model::Unit;
use crate::project::Target;
use measure::{Cells, Measuring, Population, Tally};
use rows::RowMaker;
use scope::Grid;
use targets::Limits;

/// What figures are computed from.
#[derive(Debug)]
pub struct Evaluator<'e> {
    clearances: BaseTable<'e>,
    payments: BaseTable<'e>,
    /// Columns that the log has, or that a mapping can fill.
    available: &'e BTreeSet<String>,
    catalogue: &'e Catalogue,
    targets: &'e [Target],
    zone: &'e TimeZone,
}

/// The figures of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// Every figure.
    pub table: KpiTable,
    /// KPIs that can't be computed, with the input they lack.
    pub not_measurable: Vec<(String, String)>,
}

impl<'e> Evaluator<'e> {
    /// An evaluator over folded clearances. `available` are the columns that the log has or that a
    /// mapping can fill: a KPI that needs another one is not measurable.
    pub fn new(
        clearances: &'e Clearances,
        available: &'e BTreeSet<String>,
        catalogue: &'e Catalogue,
        targets: &'e [Target],
        zone: &'e TimeZone,
    ) -> Self {
        Self {
            clearances: BaseTable::new(clearances, Base::Clearances),
            payments: BaseTable::new(clearances, Base::Payments),
            available,
            catalogue,
            targets,
            zone,
        }
    }

    /// Evaluates some definitions over a scope.
    pub fn evaluate(&self, definitions: &[&Definition], scope: &Scope) -> Result<Evaluation> {
        let mut rows = Vec::new();
        let mut not_measurable = Vec::new();
        let grid = Grid::new(&scope.periods, self.zone);
        for definition in definitions {
            if let Some(missing) = self.missing_input(definition)? {
                rows.extend(not_measurable_rows(definition, scope));
                not_measurable.push((definition.id.to_string(), missing));
                continue;
            }
            rows.extend(self.evaluate_one(definition, scope, &grid)?);
        }
        Ok(Evaluation {
            table: KpiTable::new(rows),
            not_measurable,
        })
    }

    fn base(&self, base: Base) -> &BaseTable<'e> {
        match base {
            Base::Clearances => &self.clearances,
            Base::Payments => &self.payments,
        }
    }

    fn evaluate_one(
        &self,
        definition: &Definition,
        scope: &Scope,
        grid: &Grid,
    ) -> Result<Vec<KpiRow>> {
        let measured = self.measured(definition)?;
        let base = self.base(measured.base);
        let condition = scope.condition.as_deref();
        let population = match &measured.measure {
            Measure::Stock { opened, .. } => {
                Population::of_stock(*opened, measured, base, grid, condition)?
            }
            _ => Population::of(measured, base, grid, condition)?,
        };
        let limits = Limits::new(measured, self.targets, base, &scope.periods);
        let measuring = Measuring {
            definition: measured,
            base,
            grid,
            periods: &scope.periods,
            population: &population,
            limits: &limits,
        };
        let maker = RowMaker {
            definition,
            targets: self.targets,
            periods: &scope.periods,
            min_declarations: scope.min_declarations,
        };
        let mut rows = Vec::new();
        for names in std::iter::once(&Vec::new()).chain(&scope.dimensions) {
            if !makes_sense(definition, names) {
                continue;
            }
            let dimension = base.dimension(names);
            let mut cells = measuring.cells(&dimension)?;
            if matches!(definition.measure, Measure::WithinTarget { .. }) {
                cells.spans_to_parts();
            }
            rows.extend(maker.rows(&dimension, &cells));
        }
        Ok(rows)
    }

    /// The definition whose rows are measured: the span of a `within_target`, else itself.
    fn measured<'d>(&'d self, definition: &'d Definition) -> Result<&'d Definition> {
        match &definition.measure {
            Measure::WithinTarget { span } => self.catalogue.require(span),
            _ => Ok(definition),
        }
    }

    /// The first input of a definition that the log does not have, as a user would name it.
    pub fn missing_input(&self, definition: &Definition) -> Result<Option<String>> {
        if let Measure::WithinTarget { span } = &definition.measure {
            let span = self.catalogue.require(span)?;
            let any = self
                .targets
                .iter()
                .any(|target| target.kpi.eq_ignore_ascii_case(&span.id) || target.kpi == span.slug);
            return Ok(match self.missing_input(span)? {
                Some(missing) => Some(missing),
                None => (!any).then(|| format!("target for `{}`", span.id)),
            });
        }
        let missing = required_columns(definition)?
            .into_iter()
            .filter(|column| !self.available.contains(column))
            .find_map(|column| required_input(&column));
        Ok(missing)
    }
}

/// Every column without which a KPI can't be computed. Conditions that only refine a figure
/// (`nil_when`, the closing milestones of a stock beside the first) are not among them.
pub fn required_columns(definition: &Definition) -> Result<BTreeSet<String>> {
    let mut columns = BTreeSet::from([format!("{}_at", definition.anchor)]);
    let conditions = |sql: &str| {
        condition_columns(sql)
            .map_err(|message| Error::internal("reading a checked condition", message))
    };
    if let Some(population) = &definition.population {
        columns.extend(conditions(population)?);
    }
    match &definition.measure {
        Measure::Count | Measure::WithinTarget { .. } => {}
        Measure::Share { when } => columns.extend(conditions(when)?),
        Measure::Ratio {
            numerator,
            numerator_where,
            denominator,
            ..
        } => {
            columns.extend(numerator.iter().chain(denominator).cloned());
            if let Some(sql) = numerator_where {
                columns.extend(conditions(sql)?);
            }
        }
        Measure::Sum { of } | Measure::Growth { of, .. } => {
            columns.insert(of.clone());
        }
        Measure::Span { from, to, .. } => columns.extend([first_at(*from), first_at(*to)]),
        Measure::Stock { opened, closed } => {
            columns.insert(first_at(*opened));
            columns.extend(closed.first().map(|milestone| first_at(*milestone)));
        }
        Measure::MemberShare { of, dimensions } => {
            columns.extend(of.iter().cloned());
            columns.extend(dimensions.iter().cloned());
        }
    }
    Ok(columns)
}

/// A member's share makes sense for the dimensions that its definition names (or all of them), and
/// never for the whole.
fn makes_sense(definition: &Definition, names: &[String]) -> bool {
    match &definition.measure {
        Measure::MemberShare { dimensions, .. } => {
            !names.is_empty() && dimensions.iter().all(|dimension| names.contains(dimension))
        }
        _ => true,
    }
}

fn not_measurable_rows(definition: &Definition, scope: &Scope) -> Vec<KpiRow> {
    let statistics: &[Statistic] = match definition.unit {
        Unit::Seconds => &Statistic::SPAN,
        _ => &[Statistic::Value],
    };
    let all: Arc<str> = Arc::from("all");
    let mut rows = Vec::new();
    for period in &scope.periods {
        for statistic in statistics {
            rows.push(KpiRow {
                kpi: Arc::clone(&definition.id),
                kpi_version: definition.version,
                period: *period,
                dimension: Arc::clone(&all),
                member: Arc::clone(&all),
                statistic: *statistic,
                value: None,
                unit: match statistic {
                    Statistic::Cv => Unit::Ratio,
                    Statistic::WithinTarget => Unit::Share,
                    _ => definition.unit,
                },
                n: Some(0),
                n_open: Some(0),
                n_excluded: Some(0),
                ci: None,
                state: State::NotMeasurable,
                target: None,
                target_state: None,
                previous: None,
                year_ago: None,
            });
        }
    }
    rows
}

impl Cells {
    /// Turns spans with a limit into the share of those within it.
    fn spans_to_parts(&mut self) {
        for cell in self.iter_mut() {
            if let Tally::Spans {
                sorted,
                limited,
                within,
            } = &cell.tally
            {
                cell.n_excluded += sorted.len() as u64 - limited;
                cell.n = *limited;
                cell.tally = Tally::Part { met: *within };
            }
        }
    }
}
