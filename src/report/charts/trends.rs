//! Lines, stacks and curves: how it developed.

use super::{
    Words, chart, is_trend, measure_words, now, period_labels, range_title, scale, target,
};
use crate::catalogue::{Area, Definition, Measure};
use crate::chart::{Band, Line, Plot, Scale};
use crate::evaluate::{MilestoneCurves, SpanCurve, Statistic};
use crate::model::Milestone;
use crate::report::choices;
use crate::report::model::{Kind, ReportChart};
use crate::report::text::capitalised;
use crate::report::view::{ALL, View, main_statistic, shown};

/// The median of a span over time with bands of percentiles.
pub(super) fn span_trend(view: &View<'_>, kpi: &str, id: &str) -> Option<(Area, ReportChart)> {
    let definition = view.definition(kpi)?;
    if !definition.measure.is_span() {
        return None;
    }
    let series = |statistic| view.series(&definition.id, view.subject(), statistic);
    let median = series(Statistic::Median);
    if !is_trend(&median) {
        return None;
    }
    let band = |low, high| Band {
        name: view.fill(
            "chart.band",
            &[
                ("low", &view.language().statistic(low)),
                ("high", &view.language().statistic(high)),
            ],
        ),
        low: series(low),
        high: series(high),
    };
    let span = match &definition.measure {
        Measure::Span { from, to, .. } => view.language().from_to(*from, *to),
        _ => format!("({})", view.title(definition)),
    };
    let periods = range_title(view);
    let words = Words {
        id: id.to_owned(),
        title: now(view, kpi).map_or_else(
            || view.question(definition),
            |median| {
                view.fill(
                    "chart.half",
                    &[
                        ("median", &median),
                        ("span", &span),
                        ("period", &view.period()),
                    ],
                )
            },
        ),
        subtitle: view.fill(
            "chart.half_subtitle",
            &[("title", &view.title(definition)), ("periods", &periods)],
        ),
        description: view.fill(
            "chart.half_description",
            &[("span", &span), ("periods", &periods)],
        ),
        basis: None,
    };
    let plot = Plot::Trend {
        scale: scale(definition),
        periods: period_labels(view),
        bands: vec![
            band(Statistic::P10, Statistic::P90),
            band(Statistic::P25, Statistic::P75),
        ],
        lines: vec![Line {
            name: view.text("chart.median"),
            values: median,
        }],
        target: target(view, view.main_row(&definition.id, view.subject())),
    };
    chart(view, &[definition], words, plot)
}

/// One small line chart per member, all on the same axes.
pub(super) fn panels(
    view: &View<'_>,
    (kpi, dimension): (&str, &str),
    (id, title): (&str, String),
) -> Option<(Area, ReportChart)> {
    let definition = view.definition(kpi)?;
    let panels: Vec<Line> = view
        .members(kpi, dimension)
        .into_iter()
        .take(choices::AT_MOST_PANELS)
        .map(|row| Line {
            name: view.member_title(dimension, &row.member),
            values: view.series(kpi, (dimension, &row.member), row.statistic),
        })
        .filter(|panel| is_trend(&panel.values))
        .collect();
    if panels.len() < 2 {
        return None;
    }
    let measure = measure_words(view, definition);
    let (by, periods) = (view.by(dimension), range_title(view));
    let places = [
        ("title", measure.as_str()),
        ("by", by.as_str()),
        ("periods", periods.as_str()),
    ];
    let words = Words {
        id: id.to_owned(),
        title,
        subtitle: view.fill("chart.panels_subtitle", &places),
        description: view.fill("chart.panels_description", &places),
        basis: None,
    };
    let plot = Plot::SmallMultiples {
        scale: scale(definition),
        periods: period_labels(view),
        panels,
    };
    chart(view, &[definition], words, plot)
}

pub(super) fn milestone_curves(view: &View<'_>) -> Option<(Area, ReportChart)> {
    let definition = view.definition(choices::RELEASE_TIME)?;
    let curves = view.input.curves?;
    let lines: Vec<Line> = choices::CURVES
        .into_iter()
        .filter_map(|milestone| curves.curves.iter().find(|(of, _)| *of == milestone))
        .map(|(milestone, shares)| Line {
            name: capitalised(&view.language().milestone(*milestone)),
            values: shares.iter().copied().map(Some).collect(),
        })
        .collect();
    if lines.is_empty() || curves.at_s.len() < 2 {
        return None;
    }
    let language = view.language();
    let period = language.period_title(curves.period);
    let (n, open) = (language.count(curves.n), language.count(curves.n_open));
    let names: Vec<&str> = lines.iter().map(|line| line.name.as_str()).collect();
    let words = Words {
        id: "milestone_curves".to_owned(),
        title: released_in_a_day(view, curves).map_or_else(
            || view.text("chart.curves_question"),
            |share| view.fill("chart.curves_title", &[("share", &share)]),
        ),
        subtitle: view.fill("chart.curves_subtitle", &[("period", &period)]),
        basis: Some(view.fill("chart.curves_basis", &[("n", &n), ("open", &open)])),
        description: view.fill(
            "chart.curves_description",
            &[("milestones", &names.join(", "))],
        ),
    };
    let plot = Plot::Cumulative {
        at_s: curves.at_s.clone(),
        bands: Vec::new(),
        lines,
        steps: false,
    };
    chart(view, &[definition], words, plot)
}

/// The share of a span KPI that is over by each time: open declarations counted in, with the interval, beside
/// those that have ended alone.
pub(super) fn span_curve(view: &View<'_>, kpi: &str, id: &str) -> Option<(Area, ReportChart)> {
    let definition = view.definition(kpi)?;
    let mut curves = view.input.span_curves.iter();
    let curve = curves.find(|one| one.kpi.as_ref() == kpi && one.period == view.input.period)?;
    let points = || curve.points.iter();
    let ended: Vec<Option<f64>> = points().map(|point| point.ended).collect();
    let all: Vec<Option<f64>> = points().map(|point| point.all).collect();
    let (low, high) = points().map(|point| point.ci.unzip()).unzip();
    let lines = [("chart.curve_all", all), ("chart.curve_ended", ended)];
    let lines: Vec<Line> = lines
        .into_iter()
        .filter(|(_, values)| values.iter().any(Option::is_some))
        .map(|(key, values)| Line {
            name: view.text(key),
            values,
        })
        .collect();
    if lines.is_empty() {
        return None;
    }
    let band = Band {
        name: view.text("chart.interval"),
        low,
        high,
    };
    let words = span_curve_words(view, definition, curve, id);
    let plot = Plot::Cumulative {
        at_s: points().map(|point| point.at_s).collect(),
        bands: vec![band],
        lines,
        steps: true,
    };
    chart(view, &[definition], words, plot)
}

fn span_curve_words(
    view: &View<'_>,
    definition: &Definition,
    curve: &SpanCurve,
    id: &str,
) -> Words {
    let measure = view.title(definition);
    let within_a_day = curve
        .points
        .iter()
        .find(|point| (point.at_s - 86_400.0).abs() < 0.5);
    let within_a_day = within_a_day.and_then(|point| point.all);
    let kpi = format!("{} {measure}", definition.id);
    let (n, open) = (
        view.language().count(curve.n),
        view.language().count(curve.n_open),
    );
    Words {
        id: id.to_owned(),
        title: within_a_day.map_or_else(
            || view.question(definition),
            |share| {
                let share = view.number(Kind::Share, share, view.prose());
                view.fill(
                    "chart.curve_title",
                    &[("title", &measure), ("share", &share)],
                )
            },
        ),
        subtitle: view.fill(
            "chart.curve_subtitle",
            &[
                ("title", &measure),
                ("period", &view.language().period_title(curve.period)),
            ],
        ),
        description: view.fill("chart.curve_description", &[("title", &measure)]),
        basis: Some(view.fill(
            "chart.curve_basis",
            &[("kpi", &kpi), ("n", &n), ("open", &open)],
        )),
    }
}

/// The share released 24 hours after arrival, where the curves have that time.
fn released_in_a_day(view: &View<'_>, curves: &MilestoneCurves) -> Option<String> {
    let at = curves
        .at_s
        .iter()
        .position(|at| (at - 86_400.0).abs() < 0.5)?;
    let (_, shares) = curves
        .curves
        .iter()
        .find(|(of, _)| *of == Milestone::Released)?;
    Some(view.number(Kind::Share, *shares.get(at)?, view.prose()))
}

/// One KPI over time with its 95 % interval as a band, where it has one.
pub(super) fn single_trend(view: &View<'_>, kpi: &str, id: &str) -> Option<(Area, ReportChart)> {
    let definition = view.definition(kpi)?;
    let statistic = main_statistic(definition);
    let values = view.series(kpi, view.subject(), statistic);
    if !is_trend(&values) {
        return None;
    }
    let bounds: Vec<Option<(f64, f64)>> = view
        .periods()
        .iter()
        .map(|period| {
            let row = view
                .input
                .table
                .find(kpi, *period, view.subject(), statistic)?;
            row.ci.filter(|_| shown(row).is_some())
        })
        .collect();
    let band = Band {
        name: view.text("chart.interval"),
        low: bounds.iter().map(|bound| Some((*bound)?.0)).collect(),
        high: bounds.iter().map(|bound| Some((*bound)?.1)).collect(),
    };
    let has_band = bounds.iter().any(Option::is_some);
    let measure = view.title(definition);
    let periods = range_title(view);
    let places = [("title", measure.as_str()), ("periods", periods.as_str())];
    let words = Words {
        id: id.to_owned(),
        title: trend_title(view, definition),
        subtitle: if has_band {
            view.fill("chart.trend_interval_subtitle", &places)
        } else {
            view.fill("chart.trend_subtitle", &places)
        },
        description: view.fill("chart.trend_description", &places),
        basis: None,
    };
    let plot = Plot::Trend {
        scale: scale(definition),
        periods: period_labels(view),
        bands: has_band.then_some(band).into_iter().collect(),
        lines: vec![Line {
            name: measure,
            values,
        }],
        target: target(view, view.main_row(kpi, view.subject())),
    };
    chart(view, &[definition], words, plot)
}

/// What a KPI was, or the question where it was not.
pub(super) fn trend_title(view: &View<'_>, definition: &Definition) -> String {
    now(view, &definition.id).map_or_else(
        || view.question(definition),
        |value| {
            view.fill(
                "chart.trend_title",
                &[
                    ("title", &view.title(definition)),
                    ("value", &value),
                    ("period", &view.period()),
                ],
            )
        },
    )
}

pub(super) fn digital_trend(view: &View<'_>) -> Option<(Area, ReportChart)> {
    let definitions: Vec<&Definition> = choices::DIGITAL
        .into_iter()
        .filter_map(|kpi| view.definition(kpi))
        .filter(|one| is_trend(&view.series(&one.id, ALL, Statistic::Value)))
        .collect();
    let first = definitions.first()?;
    let periods = range_title(view);
    let words = Words {
        id: "digital_trend".to_owned(),
        title: trend_title(view, first),
        subtitle: view.fill("chart.digital_subtitle", &[("periods", &periods)]),
        description: view.fill("chart.digital_description", &[("periods", &periods)]),
        basis: None,
    };
    let lines = definitions
        .iter()
        .map(|one| Line {
            name: view.title(one),
            values: view.series(&one.id, ALL, Statistic::Value),
        })
        .collect();
    let plot = Plot::Trend {
        scale: Scale::Share,
        periods: period_labels(view),
        bands: Vec::new(),
        lines,
        target: None,
    };
    chart(view, &definitions, words, plot)
}
