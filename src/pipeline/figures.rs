//! The evaluate stage of a report: every figure that it shows, before anything is composed.

use super::{DIMENSIONS, Log};
use crate::catalogue::Definition;
use crate::error::Result;
use crate::evaluate::{
    Evaluation, Evaluator, GainCurve, IndexedSeries, JourneyProfile, MilestoneCurves,
    ObjectiveState, Scope, SpanCurve, Trends, WeeklyHours, indexed, objective_states, trends,
};
use crate::model::{Grain, Period};
use crate::project::Project;
use crate::report;

/// The figures of one report.
#[derive(Debug)]
pub struct Figures {
    /// The period reported on.
    pub period: Period,
    /// Figures of the period and of the trend before it.
    pub evaluation: Evaluation,
    /// The milestone curves of the period.
    pub curves: Option<MilestoneCurves>,
    /// What is drawn beside the table.
    pub profiles: Profiles,
    /// The series that the report follows as an index.
    pub indexed: Option<IndexedSeries>,
    /// For every span KPI its cumulative curve in the period.
    pub span_curves: Vec<SpanCurve>,
    /// The objectives of the strategy map with their status in the period, by area.
    pub objectives: Vec<ObjectiveState>,
    /// How figures move from month to month, from the log's first month to the end of the period.
    pub trends: Trends,
}

/// Figures of one period that have no place in the table.
#[derive(Debug, Default)]
pub struct Profiles {
    /// When things happened in the week.
    pub weekly: Option<WeeklyHours>,
    /// What a ranking by score would have found.
    pub gain: Option<GainCurve>,
    /// Time and cost along corridors.
    pub journeys: Vec<JourneyProfile>,
}

impl Profiles {
    /// The profiles of the last period of a scope: the hours of one KPI, the gain curve of another, the
    /// journeys of every corridor.
    pub fn new(
        project: &Project,
        evaluator: &Evaluator<'_>,
        (hours_of, gain_of): (Option<&Definition>, Option<&Definition>),
        scope: &Scope,
    ) -> Result<Self> {
        let weekly = hours_of.map(|one| evaluator.weekly_hours(one, scope));
        let gain = gain_of.map(|one| evaluator.gain_curve(one, scope));
        Ok(Self {
            weekly: weekly.transpose()?.flatten(),
            gain: gain.transpose()?.flatten(),
            journeys: evaluator.journeys(&project.corridors, scope)?,
        })
    }
}

/// Evaluates the whole catalogue for a report.
pub fn evaluate(project: &Project, log: &Log, period: Period) -> Result<Figures> {
    let settings = &project.config.report;
    let scope = report_scope(project, log, period);
    let definitions: Vec<_> = project.catalogue.definitions().iter().collect();
    let evaluator = log.evaluator(project);
    let mut evaluation = evaluator.evaluate(&definitions, &scope)?;
    let whole = Scope {
        periods: vec![period],
        dimensions: Vec::new(),
        ..scope.clone()
    };
    let trends = monthly_trends(project, log, (&evaluator, &evaluation), (period, &scope))?;
    let earliest = period
        .last
        .plus(1 - settings.trend_months)
        .min(period.first);
    let is_shown = |one: Period| one.first >= earliest && one <= period;
    evaluation.table.keep_periods(is_shown);
    let find = |kpi| project.catalogue.find(kpi);
    let profiled = (find(report::HOURS_OF), find(report::GAIN_OF));
    let mut trend = scope.periods.clone();
    trend.retain(|one| is_shown(*one));
    let series = report::index_series(project.catalogue.definitions());
    let figures = Figures {
        period,
        profiles: Profiles::new(project, &evaluator, profiled, &whole)?,
        indexed: indexed(&evaluation.table, &series, &trend),
        curves: evaluator.milestone_curves(period, settings.min_declarations)?,
        span_curves: evaluator.span_curves(&definitions, &whole)?,
        objectives: objective_states(
            &project.objectives,
            &project.catalogue,
            &evaluation.table,
            period,
        ),
        evaluation,
        trends,
    };
    log.clearances.check()?;
    Ok(figures)
}

/// What a report evaluates: its period with all that it is compared with, by the dimensions that the log
/// has.
fn report_scope(project: &Project, log: &Log, period: Period) -> Scope {
    let known = DIMENSIONS
        .into_iter()
        .filter(|name| log.available.contains(*name));
    Scope {
        periods: log.grid(&[period]),
        dimensions: known.map(|name| vec![name.to_owned()]).collect(),
        condition: None,
        cross_own: false,
        min_declarations: project.config.report.min_declarations,
    }
}

/// A trend is one of whole months, whatever the report is of.
fn monthly_trends(
    project: &Project,
    log: &Log,
    (evaluator, evaluation): (&Evaluator<'_>, &Evaluation),
    (period, scope): (Period, &Scope),
) -> Result<Trends> {
    let definitions: Vec<_> = project.catalogue.definitions().iter().collect();
    let last = log.last_whole_month(project).min(period.last);
    if period.grain == Grain::Month {
        let table = &evaluation.table;
        return Ok(trends(table, &definitions, &project.reforms, last));
    }
    let by_month = Scope {
        periods: log.grid(&[Period::month(last)]),
        ..scope.clone()
    };
    let monthly = evaluator.evaluate(&definitions, &by_month)?;
    Ok(trends(&monthly.table, &definitions, &project.reforms, last))
}
