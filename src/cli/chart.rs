//! `chart`: one chart as a file.

use std::path::Path;

use super::arguments::{ChartArguments, ChartKindArgument};
use super::printer::{Bars, Printer};
use super::run::{Beside, Surroundings};
use crate::chart;
use crate::error::{Error, ExitStatus, Result};
use crate::evaluate::{Evaluator, Scope, Trends, trends};
use crate::model::{Grain, Period, PeriodArgument};
use crate::output::folder;
use crate::pipeline::{Figures, Log, Profiles, load_log};
use crate::project::Project;
use crate::report::{self, ChartKind, ChartRequest, Refusal};

/// How a chart is written.
#[derive(Clone, Copy)]
enum Format {
    Svg,
    Png,
}

impl Format {
    /// The one that a file's name asks for.
    fn of(path: &Path) -> Result<Self> {
        let extension = path.extension().and_then(|one| one.to_str());
        match extension.map(str::to_ascii_lowercase).as_deref() {
            Some("svg") => Ok(Self::Svg),
            Some("png") => Ok(Self::Png),
            _ => Err(Error::usage(
                format!("`{}` names no kind of picture", path.display()),
                Some("end it in .svg or .png".to_owned()),
            )),
        }
    }
}

/// Draws a chart into a file.
pub(super) fn chart(
    project: &Project,
    arguments: &ChartArguments,
    printer: &Printer,
) -> Result<ExitStatus> {
    let format = Format::of(&arguments.output)?;
    let request = ChartRequest {
        kpi: project.catalogue.require(&arguments.kpi)?,
        by: arguments.by.as_deref(),
        kind: arguments.kind.map(ChartKindArgument::kind),
        condition: arguments.condition.as_deref(),
    };
    let kind = request.resolve().map_err(refused)?;
    let as_of = super::run::as_of(project, arguments.as_of)?;
    let log = load_log(project, as_of, &Bars(printer))?;
    let (period, months) = period(project, &log, arguments.period)?;
    let figures = figures(project, &log, (&request, kind), period)?;
    let beside = Beside::default();
    let surroundings = Surroundings::new(project, &log, &beside);
    let input = report::Input {
        trend_months: months,
        ..surroundings.input(project, &log, &figures)
    };
    let spec = report::one_chart(&input, &request, kind).map_err(refused)?;
    let drawing = |cause| Error::internal("drawing a chart", cause);
    let svg = chart::draw_svg(&spec).map_err(drawing)?;
    let bytes = match format {
        Format::Svg => svg.into_bytes(),
        Format::Png => chart::rasterise_png(&svg, 2.0).map_err(drawing)?,
    };
    folder::write_file(&arguments.output, &bytes)?;
    printer.line(&format!("chart      {}", arguments.output.display()));
    Ok(ExitStatus::Done)
}

fn refused(refusal: Refusal) -> Error {
    Error::usage(refusal.message, refusal.hint)
}

/// The period that a chart is about, and how many months a line goes back from its end: as many as were
/// asked for, else as many as a report's.
fn period(project: &Project, log: &Log, argument: Option<PeriodArgument>) -> Result<(Period, i32)> {
    let trend = project.config.report.trend_months;
    let Some(argument) = argument else {
        return Ok((Period::month(log.last_whole_month(project)), trend));
    };
    let periods = log.periods(argument)?;
    let (first, last) = (periods.first().copied(), periods.last().copied());
    let none = || Error::internal("choosing a period", "an argument without periods");
    let (first, last) = first.zip(last).ok_or_else(none)?;
    let months = match argument {
        PeriodArgument::Months(..) => last.last.since(first.first) + 1,
        _ => trend,
    };
    Ok((last, months))
}

/// What the chart is composed from.
fn figures(
    project: &Project,
    log: &Log,
    (request, kind): (&ChartRequest<'_>, ChartKind),
    period: Period,
) -> Result<Figures> {
    let evaluator = log.evaluator(project);
    check(&evaluator, request)?;
    let by = request.breakdown(kind);
    let dimensions = by.map(|name| vec![name.to_owned()]);
    let min_declarations = project.config.report.min_declarations;
    let scope = Scope {
        periods: match (kind, period.grain) {
            (ChartKind::Control, _) => months(log, project, period),
            (_, Grain::All) => vec![period],
            _ => log.grid(&[period]),
        },
        dimensions: dimensions.into_iter().collect(),
        condition: request.condition.map(str::to_owned),
        cross_own: true,
        min_declarations,
    };
    let evaluation = evaluator.evaluate(&[request.kpi], &scope)?;
    let trends = match kind {
        ChartKind::Control => {
            let last = log.last_whole_month(project).min(period.last);
            trends(&evaluation.table, &[request.kpi], &project.reforms, last)
        }
        _ => Trends::default(),
    };
    let last = Scope {
        periods: vec![period],
        dimensions: Vec::new(),
        ..scope
    };
    let asked = |of: ChartKind| (kind == of).then_some(request.kpi);
    let profiled = (asked(ChartKind::Hours), asked(ChartKind::Gain));
    let spans: &[_] = if kind == ChartKind::Curve {
        &[request.kpi]
    } else {
        &[]
    };
    Ok(Figures {
        period,
        profiles: Profiles::new(project, &evaluator, profiled, &last)?,
        indexed: None,
        evaluation,
        curves: None,
        span_curves: evaluator.span_curves(spans, &last)?,
        trends,
        objectives: Vec::new(),
    })
}

/// Every whole month of the log up to the end of a period, which limits are made from, and the period.
fn months(log: &Log, project: &Project, period: Period) -> Vec<Period> {
    let last = log.last_whole_month(project).min(period.last);
    let mut periods = Scope::periods_between(log.months.0, last, Grain::Month);
    if !periods.contains(&period) {
        periods.push(period);
    }
    periods
}

fn check(evaluator: &Evaluator<'_>, request: &ChartRequest<'_>) -> Result<()> {
    if let Some(by) = request.by {
        evaluator.check_dimension(request.kpi, by)?;
    }
    if let Some(condition) = request.condition {
        evaluator.check_condition(request.kpi, condition)?;
    }
    Ok(())
}
