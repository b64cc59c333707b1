//! Which charts a report has, each as data with everything it needs to stand alone.

mod parts;
mod patterns;
mod places;
mod rankings;
mod single;
mod trends;

use std::sync::Arc;

use crate::catalogue::{Area, Definition, Measure};
use crate::chart::{ChartSpec, Plot, Scale};
use crate::evaluate::{KpiRow, Statistic};
use crate::model::Unit;
use crate::report::choices;
use crate::report::format;
use crate::report::model::{Field, ReportChart};
use crate::report::text::visible;
use crate::report::view::{ALL, View, main_statistic, shown};

pub(crate) use patterns::index_series;
pub use single::{ChartKind, ChartRequest, Refusal, one_chart};

/// Every chart that has something to show, with the area whose chapter it belongs to.
pub(super) fn charts(view: &View<'_>) -> Vec<(Area, ReportChart)> {
    let release_time = (choices::RELEASE_TIME, choices::CORRIDOR);
    let revenue = (choices::REVENUE, choices::CORRIDOR);
    let faster = "Is every corridor getting faster?".to_owned();
    let developed = "How has revenue developed on each corridor?".to_owned();
    let charts = [
        trends::span_trend(view, choices::RELEASE_TIME, "release_time_trend"),
        rankings::ranking(view, release_time, "release_time_by_corridor"),
        places::network(view, choices::RELEASE_TIME, "release_time_network"),
        trends::panels(
            view,
            release_time,
            ("release_time_by_corridor_trend", faster),
        ),
        trends::milestone_curves(view),
        trends::span_curve(view, choices::RELEASE_TIME, "release_time_curve"),
        parts::shares(
            view,
            choices::PARTY_SHARE,
            ("time_by_party", choices::AT_MOST_COLOURS),
        ),
        parts::shares_by(
            view,
            (choices::PARTY_SHARE, choices::CORRIDOR),
            "time_by_party_by_corridor",
        ),
        parts::ages(view, choices::BACKLOG, "backlog_by_age")
            .or_else(|| trends::single_trend(view, choices::BACKLOG, "backlog_trend")),
        parts::shares(
            view,
            choices::LANE_SHARE,
            ("lane_shares", choices::AT_MOST_PARTS),
        ),
        patterns::hit_rates(view),
        patterns::gain(view),
        trends::single_trend(view, choices::HIT_RATE, "hit_rate_trend"),
        rankings::ranking(
            view,
            (choices::HIT_RATE, choices::CORRIDOR),
            "hit_rate_by_corridor",
        ),
        trends::single_trend(view, choices::INSPECTION_RATE, "inspection_rate_trend"),
        trends::digital_trend(view),
        patterns::against_target(view, choices::REVENUE, "revenue_target")
            .or_else(|| trends::single_trend(view, choices::REVENUE, "revenue_trend")),
        rankings::ranking(view, revenue, "revenue_by_corridor"),
        trends::panels(view, revenue, ("revenue_by_corridor_trend", developed)),
        trends::single_trend(view, choices::VOLUME, "volume_trend"),
        patterns::indexed(view),
        patterns::hours(view),
    ];
    let mut charts: Vec<_> = charts.into_iter().flatten().collect();
    charts.extend(places::journeys(view));
    charts
}

/// The words of a chart.
struct Words {
    id: String,
    title: String,
    subtitle: String,
    description: String,
    /// What it rests on, where that is not the whole of its definitions.
    basis: Option<String>,
}

/// Puts words, plot and the footer together; the first definition gives the chapter.
fn chart(
    view: &View<'_>,
    definitions: &[&Definition],
    words: Words,
    plot: Plot,
) -> Option<(Area, ReportChart)> {
    let area = definitions.first()?.area;
    Some((area, report_chart(view, definitions, words, plot)))
}

fn report_chart(
    view: &View<'_>,
    definitions: &[&Definition],
    words: Words,
    plot: Plot,
) -> ReportChart {
    let mut footer: Vec<String> = match words.basis {
        Some(basis) => vec![basis],
        None => definitions.iter().map(|one| basis(view, one)).collect(),
    };
    let freeze = format::instant(view.input.freeze, view.input.zone);
    footer.push(format!(
        "Source: {}, clearance log; frozen {freeze}, {}",
        visible(view.input.project),
        visible(view.input.zone)
    ));
    let spec = ChartSpec {
        id: words.id,
        title: words.title,
        subtitle: words.subtitle,
        footer,
        description: words.description,
        plot,
    };
    let kpis = definitions.iter().map(|one| Arc::clone(&one.id)).collect();
    ReportChart { spec, kpis }
}

/// `TF01 Total release time, from arrival to release, elapsed time; n = 12 345, 12 open`; what is not
/// a span with its formula.
fn basis(view: &View<'_>, definition: &Definition) -> String {
    let span = match &definition.measure {
        Measure::Span { from, to, .. } => {
            let clock = if definition.id.ends_with('W') {
                "working"
            } else {
                "elapsed"
            };
            let (from, to) = (format::milestone_noun(*from), format::milestone_noun(*to));
            format!(", from {from} to {to}, {clock} time")
        }
        _ => format!(": {}", visible(&definition.formula)),
    };
    let row = view.main_row(&definition.id, ALL);
    let field = |field| row.and_then(|row| view.field(row, field, view.prose()));
    let n = field(Field::N).map_or_else(String::new, |n| format!("; n = {}", n.text));
    let open = field(Field::Open)
        .filter(|open| open.number != Some(0.0))
        .map_or_else(String::new, |open| format!(", {} open", open.text));
    format!(
        "{} {}{span}{n}{open}",
        definition.id,
        visible(&definition.title)
    )
}

fn scale(definition: &Definition) -> Scale {
    match definition.unit {
        Unit::Seconds => Scale::Duration,
        Unit::WorkingSeconds => Scale::WorkingTime,
        Unit::Share => Scale::Share,
        Unit::Ratio if matches!(definition.measure, Measure::Growth { .. }) => Scale::Share,
        Unit::Count => Scale::Count,
        Unit::Ratio
        | Unit::Tonnes
        | Unit::KilometresPerHour
        | Unit::Days
        | Unit::PerThousand
        | Unit::Index
        | Unit::Z => Scale::Number,
        Unit::Money => Scale::Money,
    }
}

/// `Total release time, median`; `Revenue collected, UZS`: the measure with what its axis does not say.
fn measure_words(view: &View<'_>, definition: &Definition) -> String {
    let measure = visible(&definition.title);
    match (main_statistic(definition), definition.unit) {
        (Statistic::Median, _) => format!("{measure}, median"),
        (_, Unit::Money) => format!("{measure}, {}", visible(view.input.currency)),
        (_, unit) => match unit.suffix().trim() {
            "" => measure,
            suffix => format!("{measure}, {suffix}"),
        },
    }
}

fn period_labels(view: &View<'_>) -> Vec<String> {
    view.periods().iter().map(ToString::to_string).collect()
}

/// `March 2023 to March 2025`.
fn range_title(view: &View<'_>) -> String {
    match view.periods() {
        [first, .., last] => {
            format!(
                "{} to {}",
                format::period_title(*first),
                format::period_title(*last)
            )
        }
        _ => format::period_title(view.input.period),
    }
}

/// A trend needs two points.
fn is_trend(values: &[Option<f64>]) -> bool {
    values.iter().flatten().count() >= 2
}

fn target(view: &View<'_>, row: Option<&KpiRow>) -> Option<(f64, String)> {
    let target = view.field(row?, Field::Target, view.prose())?;
    Some((target.number?, format!("target {}", target.text)))
}

/// `72.0 %`, or why there is none.
fn now(view: &View<'_>, kpi: &str) -> Option<String> {
    let row = view.main_row(kpi, ALL)?;
    shown(row).map(|_| view.figure(row, view.prose()).text)
}
