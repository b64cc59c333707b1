//! Which charts a report has, each as data with everything it needs to stand alone.

mod control;
mod parts;
mod patterns;
mod places;
mod rankings;
mod single;
mod trends;

use std::sync::Arc;

use crate::catalogue::{Area, Clock, Definition, Measure};
use crate::chart::{ChartSpec, Plot, Scale};
use crate::evaluate::{KpiRow, Statistic};
use crate::model::Unit;
use crate::report::choices;
use crate::report::model::{Field, ReportChart};
use crate::report::pages;
use crate::report::text::visible;
use crate::report::view::{View, main_statistic, shown};

pub(crate) use patterns::index_series;
pub use single::{ChartKind, ChartRequest, Refusal, one_chart};

/// Every chart that has something to show, with the area whose chapter it belongs to.
pub(super) fn charts(view: &View<'_>) -> Vec<(Area, ReportChart)> {
    let release_time = (choices::RELEASE_TIME, choices::CORRIDOR);
    let revenue = (choices::REVENUE, choices::CORRIDOR);
    let faster = view.text("chart.panels_faster");
    let developed = view.text("chart.revenue_panels");
    let charts = [
        trends::span_trend(view, choices::RELEASE_TIME, "release_time_trend"),
        control::control(view, choices::RELEASE_TIME, "release_time_control"),
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
pub(super) struct Words {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) subtitle: String,
    pub(super) description: String,
    /// What it rests on, where that is not the whole of its definitions.
    pub(super) basis: Option<String>,
}

/// The charts of a member's page: how its headline figures developed, and its journey.
pub(super) fn of_member(view: &View<'_>) -> Vec<ReportChart> {
    let (dimension, member) = view.subject();
    let journeys = view.input.journeys.iter();
    let journey = journeys
        .filter(|one| dimension == choices::CORRIDOR && one.corridor == member)
        .find_map(|one| places::journey(view, one));
    let mut charts = vec![
        trends::span_trend(view, choices::RELEASE_TIME, "release_time_trend"),
        journey,
    ];
    let single = [
        (choices::VOLUME, "volume_trend"),
        (choices::BACKLOG, "backlog_trend"),
        (choices::REVENUE, "revenue_trend"),
        (choices::INSPECTION_RATE, "inspection_rate_trend"),
        (choices::HIT_RATE, "hit_rate_trend"),
    ];
    charts.extend(single.map(|(kpi, id)| trends::single_trend(view, kpi, id)));
    charts
        .into_iter()
        .flatten()
        .map(|(_, chart)| chart)
        .collect()
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

/// Puts words, plot and the footer together.
pub(super) fn report_chart(
    view: &View<'_>,
    definitions: &[&Definition],
    words: Words,
    plot: Plot,
) -> ReportChart {
    let mut footer: Vec<String> = match words.basis {
        Some(basis) => vec![basis],
        None => definitions.iter().map(|one| basis(view, one)).collect(),
    };
    let freeze = view.language().instant(view.input.freeze, view.input.zone);
    footer.push(view.fill(
        "chart.source",
        &[
            ("project", &visible(view.input.project)),
            ("freeze", &freeze),
            ("zone", &visible(view.input.zone)),
        ],
    ));
    let (dimension, member) = view.subject();
    let (id, subtitle) = match pages::page_of(dimension, member) {
        // A journey names its corridor itself.
        Some(page)
            if words
                .subtitle
                .starts_with(&view.member_title(dimension, member)) =>
        {
            (format!("{page}-{}", words.id), words.subtitle)
        }
        Some(page) => {
            let places = [
                ("member", view.member_title(dimension, member)),
                ("subtitle", words.subtitle),
            ];
            let places = places.each_ref().map(|(name, text)| (*name, text.as_str()));
            let subtitle = view.fill("member_page.subtitle", &places);
            (format!("{page}-{}", words.id), subtitle)
        }
        None => (words.id, words.subtitle),
    };
    let spec = ChartSpec {
        id,
        language: Arc::clone(view.input.language),
        title: words.title,
        subtitle,
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
    let row = view.main_row(&definition.id, view.subject());
    let field = |field| row.and_then(|row| view.field(row, field, view.prose()));
    let n = field(Field::N).map_or_else(String::new, |n| {
        view.fill("chart.basis_n", &[("n", &n.text)])
    });
    let open = field(Field::Open)
        .filter(|open| open.number != Some(0.0))
        .map_or_else(String::new, |open| {
            view.fill("chart.basis_open", &[("n", &open.text)])
        });
    let kpi = format!("{} {}", definition.id, view.title(definition));
    let (key, place, text) = if let Measure::Span { from, to, .. } = &definition.measure {
        let key = match definition.clock {
            Clock::Elapsed => "chart.basis_elapsed",
            Clock::Working => "chart.basis_working",
        };
        (key, "span", view.language().from_to(*from, *to))
    } else {
        let formula = visible(&view.language().formula(definition));
        ("chart.basis_formula", "formula", formula)
    };
    view.fill(
        key,
        &[("kpi", &kpi), (place, &text), ("n", &n), ("open", &open)],
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
    let title = view.title(definition);
    let unit = match (main_statistic(definition), definition.unit) {
        (Statistic::Median, _) => return view.fill("chart.measure_median", &[("title", &title)]),
        (_, Unit::Money) => visible(view.input.currency),
        (_, unit) => view.language().with_unit("", unit).trim().to_owned(),
    };
    if unit.is_empty() {
        return title;
    }
    view.fill("chart.measure_unit", &[("title", &title), ("unit", &unit)])
}

fn period_labels(view: &View<'_>) -> Vec<String> {
    view.periods().iter().map(ToString::to_string).collect()
}

/// `March 2023 to March 2025`.
fn range_title(view: &View<'_>) -> String {
    match view.periods() {
        [first, .., last] => view.language().periods(*first, *last),
        _ => view.period(),
    }
}

/// A trend needs two points.
fn is_trend(values: &[Option<f64>]) -> bool {
    values.iter().flatten().count() >= 2
}

fn target(view: &View<'_>, row: Option<&KpiRow>) -> Option<(f64, String)> {
    let target = view.field(row?, Field::Target, view.prose())?;
    Some((
        target.number?,
        view.fill("target.line", &[("target", &target.text)]),
    ))
}

/// `72.0 %`, or why there is none.
fn now(view: &View<'_>, kpi: &str) -> Option<String> {
    let row = view.main_row(kpi, view.subject())?;
    shown(row).map(|_| view.figure(row, view.prose()).text)
}
