//! Clearances × catalogue × scope → the table of figures.
//!
//! A `Run` takes one definition after the other: population → cells per breakdown (`measure`) → figures
//! (`figures`, or `composed` for those made from other KPIs) → rows (`rows`).

mod base;
mod check;
mod combinations;
mod composed;
mod curve;
mod dimension;
mod drivers;
mod figures;
mod frame;
mod gains;
mod indexed;
mod journeys;
mod kept;
mod known;
mod made;
mod measure;
mod needs;
mod numbers;
mod objectives;
mod own;
mod pieces;
mod quality;
mod rows;
mod scope;
mod statistics;
mod suppress;
mod table;
mod targets;
mod trend;
mod weekly;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::tz::TimeZone;
use rayon::prelude::*;

pub use base::{BaseTable, BaseTables};
pub use check::check_catalogue;
pub use curve::{CurvePoint, MilestoneCurves, SpanCurve};
pub use dimension::{Dimension, MISSING};
pub use drivers::{Contribution, Drivers, NoDrivers, Side, drivers};
pub use frame::full_frame;
pub use gains::GainCurve;
pub use indexed::{IndexedSeries, indexed};
pub use journeys::{JourneyProfile, JourneyStop};
pub use made::Surroundings;
pub use needs::required_columns;
pub use numbers::{Number, Numbers};
pub use objectives::{
    ObjectiveFigure, ObjectiveState, ObjectiveStatus, main_statistic, objective_states,
};
pub use quality::{QUALITY_RULES, QualityRow, QualityRule, ledger_quality};
pub use scope::Scope;
pub use statistics::{
    Change, KaplanMeier, Moments, Noise, difference_interval, lift_interval, mean, mean_interval,
    quantile, quantile_interval, standard_deviation, wilson,
};
pub use table::{KpiRow, KpiTable, State, Statistic, TargetState};
pub use trend::{
    BASELINE_MONTHS, Effect, MONTHS_AFTER, MONTHS_BEFORE, MONTHS_BEFORE_FOR_SLOPE, ProcessLimits,
    ReformEffect, Rule, SEASON_MONTHS, Scale, SeasonPoint, Signal, Trend, TrendPoint, Trends,
    Verdict, trends,
};
pub use weekly::{HourFigure, WeeklyHours};

use crate::calendar::WorkingTime;
use crate::catalogue::{
    AGE_BAND, Base, Catalogue, Definition, LINE_COLUMNS, Measure, condition_columns,
};
use crate::error::{Error, Result};
use crate::fold::Clearances;
use crate::model::{MemoryLimit, Unit};
use crate::project::{Calendar, Input, Target};
use figures::FigureGrid;
use kept::Kept;
use measure::Measuring;
use pieces::Pieces;
use rows::RowMaker;
use scope::Grid;

/// What a project and a log say beside the clearances.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'e> {
    /// Columns that the log has, or that a mapping can fill: a KPI that needs another one is not
    /// measurable.
    pub available: &'e BTreeSet<String>,
    /// Every definition.
    pub catalogue: &'e Catalogue,
    /// Targets.
    pub targets: &'e [Target],
    /// Working hours.
    pub calendars: &'e [Calendar],
    /// Figures from outside the log, by name.
    pub inputs: &'e BTreeMap<String, Input>,
    /// When offices are open; `None` where no calendar says so.
    pub working: Option<&'e WorkingTime>,
    /// Border crossing points and the border that each is a side of.
    pub borders: &'e [(String, String)],
    /// Months and days are cut in this zone.
    pub zone: &'e TimeZone,
    /// What was known then is counted, in microseconds since the Unix epoch.
    pub freeze_us: i64,
    /// How much memory the program may take; `None` for as much as it needs. No figure depends on it.
    pub memory_limit: Option<MemoryLimit>,
}

impl<'e> Settings<'e> {
    const fn surroundings(&self) -> Surroundings<'e> {
        Surroundings {
            zone: Some(self.zone),
            working: self.working,
            borders: self.borders,
        }
    }
}

/// What figures are computed from.
#[derive(Debug)]
pub struct Evaluator<'e> {
    bases: BaseTables<'e>,
    settings: Settings<'e>,
    /// With a limit for memory.
    pieces: Option<Arc<Pieces<'e>>>,
}

/// The figures of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// Every figure.
    pub table: KpiTable,
    /// KPIs that can't be computed, with the input they lack.
    pub not_measurable: Vec<(String, String)>,
}

/// A KPI's id and the dimensions that it is broken down by.
type Breakdown = (Arc<str>, Vec<String>);

/// What became of a definition.
enum Evaluated {
    Rows(Vec<KpiRow>),
    /// The input that it lacks.
    NotMeasurable(String),
}

/// One evaluation: a scope, and figures that several KPIs are made from.
struct Run<'r, 'e> {
    evaluator: &'r Evaluator<'e>,
    scope: &'r Scope,
    grid: Grid,
    /// Figures of KPIs from their own rows that others refer to, or that were measured ahead.
    measured: Kept<Breakdown, FigureGrid>,
    /// Figures of KPIs that are made from others, and that others refer to.
    composed: Kept<Breakdown, FigureGrid>,
}

impl<'e> Evaluator<'e> {
    /// An evaluator over folded clearances.
    pub fn new(clearances: &'e Clearances, settings: Settings<'e>) -> Self {
        let surroundings = settings.surroundings();
        let pieces = settings
            .memory_limit
            .map(|limit| Arc::new(Pieces::new(clearances, surroundings, limit)));
        Self {
            bases: BaseTables::new(clearances, surroundings),
            settings,
            pieces,
        }
    }

    /// Evaluates some definitions over a scope.
    pub fn evaluate(&self, definitions: &[&Definition], scope: &Scope) -> Result<Evaluation> {
        let run = Run::new(self, scope);
        // Side by side, and an error is that of the first definition that has one.
        let made: Vec<Result<Evaluated>> = match &self.pieces {
            None => {
                let definitions = definitions.par_iter();
                definitions.map(|one| run.evaluated(one)).collect()
            }
            Some(pieces) => {
                let mut made = Vec::new();
                for some in run.together(pieces, definitions)? {
                    let run = Run::new(self, scope);
                    run.measure_in_pieces(pieces, &some)?;
                    made.extend(some.iter().map(|one| run.evaluated(one)));
                }
                made
            }
        };
        let mut parts = Vec::with_capacity(definitions.len());
        let mut not_measurable = Vec::new();
        for (definition, made) in definitions.iter().zip(made) {
            match made? {
                Evaluated::Rows(own) => parts.push(own),
                Evaluated::NotMeasurable(missing) => {
                    parts.push(not_measurable_rows(definition, scope));
                    not_measurable.push((definition.id.to_string(), missing));
                }
            }
        }
        // There are hundreds of thousands in a report: a list that grows would take twice as much.
        let mut rows = Vec::new();
        rows.reserve_exact(parts.iter().map(Vec::len).sum());
        for mut part in parts {
            rows.append(&mut part);
        }
        self.bases.clearances().check()?;
        Ok(Evaluation {
            table: KpiTable::new(rows),
            not_measurable,
        })
    }

    fn base(&self, base: Base) -> &BaseTable<'e> {
        self.bases.get(base)
    }

    fn catalogue(&self) -> &'e Catalogue {
        self.settings.catalogue
    }
}

impl<'r, 'e> Run<'r, 'e> {
    fn new(evaluator: &'r Evaluator<'e>, scope: &'r Scope) -> Self {
        Self {
            evaluator,
            scope,
            grid: Grid::new(&scope.periods, evaluator.settings.zone),
            measured: Kept::default(),
            composed: Kept::default(),
        }
    }
}

impl<'e> Run<'_, 'e> {
    fn evaluated(&self, definition: &Definition) -> Result<Evaluated> {
        match self.evaluator.missing_input(definition)? {
            Some(missing) => Ok(Evaluated::NotMeasurable(missing)),
            None => self.rows(definition).map(Evaluated::Rows),
        }
    }

    /// The rows of a KPI for all its breakdowns. What is read from a base table once serves them all.
    fn rows(&self, definition: &Definition) -> Result<Vec<KpiRow>> {
        let maker = RowMaker {
            definition,
            targets: self.evaluator.settings.targets,
            periods: &self.scope.periods,
        };
        let breakdowns = breakdowns(definition, self.scope);
        let mut rows = Vec::new();
        if is_composed(definition) {
            for names in &breakdowns {
                rows.extend(maker.rows(self.figures(definition, names)?.as_ref()));
            }
            return Ok(rows);
        }
        let mut measurings: BTreeMap<Base, Measuring<'_, 'e>> = BTreeMap::new();
        let mut based = Vec::with_capacity(breakdowns.len());
        for names in &breakdowns {
            let base = base_for(definition, self.scope, names)?;
            let known = self
                .measured
                .find(&(Arc::clone(&definition.id), names.clone()));
            if known.is_none()
                && let Entry::Vacant(slot) = measurings.entry(base)
            {
                slot.insert(self.measuring(definition, base)?);
            }
            based.push((names, base, known));
        }
        let grid = |(names, base, known): &(&Vec<String>, Base, Option<Arc<FigureGrid>>)| match (
            known,
            measurings.get(base),
        ) {
            (Some(grid), _) => Ok(Arc::clone(grid)),
            (None, Some(measuring)) => Ok(Arc::new(self.measured_by(measuring, names)?)),
            (None, None) => Err(Error::internal("measuring", &definition.id)),
        };
        // The first one reads the columns that all need; the others share them, side by side.
        let (first, others) = based.split_at(based.len().min(1));
        let first: Vec<Arc<FigureGrid>> = first.iter().map(grid).collect::<Result<_>>()?;
        let others: Vec<Arc<FigureGrid>> = others.par_iter().map(grid).collect::<Result<_>>()?;
        for grid in first.iter().chain(&others) {
            rows.extend(maker.rows(grid));
        }
        // Here, where others are made on the other cores. They are kept until all definitions have theirs.
        // Those of a member are sorted, which this sort makes use of.
        rows.sort_by(|a, b| a.key().cmp(&b.key()));
        rows.shrink_to_fit();
        Ok(rows)
    }

    /// The figures of a KPI in one breakdown, made once however many KPIs refer to them.
    fn figures(&self, definition: &Definition, names: &[String]) -> Result<Arc<FigureGrid>> {
        if !is_composed(definition) {
            return self.measured(definition, names);
        }
        let key = (Arc::clone(&definition.id), names.to_vec());
        if let Some(grid) = self.composed.find(&key) {
            return Ok(grid);
        }
        match self.composed(definition, names)? {
            Some(grid) => Ok(self.composed.keep(key, grid)),
            None => self.measured(definition, names),
        }
    }

    fn measuring<'m>(
        &'m self,
        definition: &'m Definition,
        base: Base,
    ) -> Result<Measuring<'m, 'e>> {
        Measuring::new(self.evaluator, definition, base, &self.grid, self.scope)
    }

    /// The figures of a KPI from its own rows, measured once.
    fn measured(&self, definition: &Definition, names: &[String]) -> Result<Arc<FigureGrid>> {
        let key = (Arc::clone(&definition.id), names.to_vec());
        if let Some(grid) = self.measured.find(&key) {
            return Ok(grid);
        }
        let (dimension, cells) = self.cells(definition, names)?;
        let grid = self.shown(definition, &dimension, &cells);
        Ok(self.measured.keep(key, grid))
    }

    fn measured_by(&self, measuring: &Measuring<'_, '_>, names: &[String]) -> Result<FigureGrid> {
        let dimension = measuring.dimension(names);
        let cells = measuring.cells(&dimension)?;
        Ok(self.shown(measuring.definition, &dimension, &cells))
    }
}

/// Whether a KPI is made from figures of other KPIs, or from inputs.
const fn is_composed(definition: &Definition) -> bool {
    matches!(
        definition.measure,
        Measure::Growth { .. }
            | Measure::Attainment { .. }
            | Measure::Derived { .. }
            | Measure::Input { .. }
    )
}

/// The table whose rows a KPI counts in a breakdown. What a KPI says of lines is said line by line
/// only where lines are told apart, by the breakdown or by a condition. Otherwise declarations are
/// counted: an amount that is stated of the whole and of no line belongs to no chapter, but to the
/// declaration's corridor.
fn base_for(definition: &Definition, scope: &Scope, names: &[String]) -> Result<Base> {
    if definition.base != Base::Items {
        return Ok(definition.base);
    }
    let conditions = definition.conditions().into_iter().map(|one| one.sql);
    let mut read: BTreeSet<String> = names.iter().cloned().collect();
    for sql in conditions.chain(scope.condition.as_deref()) {
        let columns = condition_columns(sql)
            .map_err(|message| Error::internal("reading a checked condition", message))?;
        read.extend(columns);
    }
    read.extend(definition.measure.columns());
    let by_line = read
        .iter()
        .any(|column| LINE_COLUMNS.contains(&column.as_str()));
    Ok(if by_line {
        Base::Items
    } else {
        Base::Clearances
    })
}

/// The breakdowns of a KPI: the whole and those of the scope, each with the dimensions that the KPI can't
/// do without. A member's share is never one of the whole alone.
fn breakdowns(definition: &Definition, scope: &Scope) -> Vec<Vec<String>> {
    let share = match &definition.measure {
        Measure::MemberShare { dimensions, .. } => Some(dimensions),
        _ => None,
    };
    let own = share.map_or(definition.dimensions.as_slice(), Vec::as_slice);
    let mut all: Vec<Vec<String>> = Vec::new();
    if share.is_none() || !own.is_empty() {
        all.push(own.to_vec());
    }
    if let Measure::Stock { bands: Some(_), .. } = &definition.measure {
        all.push(vec![AGE_BAND.to_owned()]);
    }
    let line = match definition.base {
        Base::Crossings => Some("bcp"),
        Base::Items => Some("hs_chapter"),
        _ => None,
    };
    all.extend(line.map(|name| vec![name.to_owned()]));
    let crossed = own.is_empty() || share.is_some() || scope.cross_own;
    for names in scope.dimensions.iter().filter(|_| crossed) {
        let mut names = names.clone();
        for name in own {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        all.push(names);
    }
    let mut seen = BTreeSet::new();
    all.retain(|names| seen.insert(names.clone()));
    all
}

fn not_measurable_rows(definition: &Definition, scope: &Scope) -> Vec<KpiRow> {
    let statistics: &[Statistic] = if definition.measure.is_span() {
        &Statistic::SPAN
    } else {
        &[Statistic::Value]
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
                change: None,
                change_of_year: None,
            });
        }
    }
    rows
}
