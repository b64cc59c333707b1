//! Which charts a report has, each as data with everything it needs to stand alone.

mod rankings;
mod trends;

use std::sync::Arc;

use crate::catalogue::{Area, Clock, Definition, Measure};
use crate::chart::{ChartSpec, Plot, Scale};
use crate::evaluate::KpiRow;
use crate::model::Unit;
use crate::report::choices;
use crate::report::model::{Field, ReportChart};
use crate::report::text::visible;
use crate::report::view::{ALL, View, shown};

/// Every chart that has something to show, with the area whose chapter it belongs to.
pub(super) fn charts(view: &View<'_>) -> Vec<(Area, ReportChart)> {
    [
        trends::release_time_trend(view),
        rankings::release_time_ranking(view),
        trends::milestone_curves(view),
        trends::single_trend(view, choices::BACKLOG, "backlog_trend"),
        trends::lane_shares(view),
        trends::single_trend(view, choices::HIT_RATE, "hit_rate_trend"),
        rankings::rate_ranking(
            view,
            choices::HIT_RATE,
            choices::CORRIDOR,
            "hit_rate_by_corridor",
        ),
        trends::single_trend(view, choices::INSPECTION_RATE, "inspection_rate_trend"),
        trends::digital_trend(view),
        trends::single_trend(view, choices::REVENUE, "revenue_trend"),
        rankings::revenue_ranking(view),
        trends::revenue_panels(view),
        trends::single_trend(view, choices::VOLUME, "volume_trend"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The words of a chart.
struct Words {
    id: &'static str,
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
    let spec = ChartSpec {
        id: words.id.to_owned(),
        language: Arc::clone(view.input.language),
        title: words.title,
        subtitle: words.subtitle,
        footer,
        description: words.description,
        plot,
    };
    let kpis = definitions.iter().map(|one| Arc::clone(&one.id)).collect();
    Some((area, ReportChart { spec, kpis }))
}

/// `TF01 Total release time, from arrival to release, elapsed time; n = 12 345, 12 open`; what is not
/// a span with its formula.
fn basis(view: &View<'_>, definition: &Definition) -> String {
    let row = view.main_row(&definition.id, ALL);
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
    let (key, place, text) = match &definition.measure {
        Measure::Span { from, to, .. } => {
            let key = match definition.clock {
                Clock::Elapsed => "chart.basis_elapsed",
                Clock::Working => "chart.basis_working",
            };
            (key, "span", view.language().from_to(*from, *to))
        }
        _ => {
            let formula = visible(&view.language().formula(definition));
            ("chart.basis_formula", "formula", formula)
        }
    };
    view.fill(
        key,
        &[("kpi", &kpi), (place, &text), ("n", &n), ("open", &open)],
    )
}

fn scale(definition: &Definition) -> Scale {
    match definition.unit {
        Unit::Seconds | Unit::WorkingSeconds => Scale::Duration,
        Unit::Share | Unit::Ratio => Scale::Share,
        Unit::Count
        | Unit::Tonnes
        | Unit::KilometresPerHour
        | Unit::Days
        | Unit::PerThousand
        | Unit::Index
        | Unit::Z => Scale::Count,
        Unit::Money => Scale::Money,
    }
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
    let row = view.main_row(kpi, ALL)?;
    shown(row).map(|_| view.figure(row, view.prose()).text)
}
