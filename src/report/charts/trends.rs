//! Lines, stacks and curves: how it developed.

use super::{Words, chart, is_trend, now, period_labels, range_title, scale, target};
use crate::catalogue::{Area, Definition, Measure};
use crate::chart::{Band, Line, Part, Plot, Scale};
use crate::evaluate::{MilestoneCurves, Statistic};
use crate::model::Milestone;
use crate::report::choices;
use crate::report::model::{Kind, ReportChart};
use crate::report::text::{capitalised, visible};
use crate::report::view::{ALL, View, main_statistic, shown};

pub(super) fn release_time_trend(view: &View<'_>) -> Option<(Area, ReportChart)> {
    let definition = view.definition(choices::RELEASE_TIME)?;
    let Measure::Span { from, to, .. } = &definition.measure else {
        return None;
    };
    let series = |statistic| view.series(&definition.id, ALL, statistic);
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
    let span = view.language().from_to(*from, *to);
    let periods = range_title(view);
    let words = Words {
        id: "release_time_trend",
        title: now(view, &definition.id).map_or_else(
            || view.fill("chart.half_question", &[("span", &span)]),
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
        scale: Scale::Duration,
        periods: period_labels(view),
        bands: vec![
            band(Statistic::P10, Statistic::P90),
            band(Statistic::P25, Statistic::P75),
        ],
        lines: vec![Line {
            name: view.text("chart.median"),
            values: median,
        }],
        target: target(view, view.main_row(&definition.id, ALL)),
    };
    chart(view, &[definition], words, plot)
}

pub(super) fn revenue_panels(view: &View<'_>) -> Option<(Area, ReportChart)> {
    let definition = view.definition(choices::REVENUE)?;
    let panels: Vec<Line> = view
        .members(&definition.id, choices::CORRIDOR)
        .into_iter()
        .take(choices::AT_MOST_PANELS)
        .map(|row| Line {
            name: view.member_title(choices::CORRIDOR, &row.member),
            values: view.series(
                &definition.id,
                (choices::CORRIDOR, &row.member),
                row.statistic,
            ),
        })
        .filter(|panel| is_trend(&panel.values))
        .collect();
    if panels.len() < 2 {
        return None;
    }
    let measure = view.title(definition);
    let words = Words {
        id: "revenue_by_corridor_trend",
        title: view.text("chart.revenue_panels"),
        subtitle: view.fill(
            "chart.revenue_panels_subtitle",
            &[
                ("title", &measure),
                ("currency", &visible(view.input.currency)),
                ("periods", &range_title(view)),
            ],
        ),
        description: view.fill("chart.revenue_panels_description", &[("title", &measure)]),
        basis: None,
    };
    let plot = Plot::SmallMultiples {
        scale: Scale::Money,
        periods: period_labels(view),
        panels,
    };
    chart(view, &[definition], words, plot)
}

pub(super) fn lane_shares(view: &View<'_>) -> Option<(Area, ReportChart)> {
    let definition = view.definition(choices::LANE_SHARE)?;
    let members = view.members(&definition.id, choices::LANE);
    let first = members.first().copied()?;
    let left_out = members.len() > choices::AT_MOST_PARTS;
    let parts: Vec<Part> = members
        .into_iter()
        .take(choices::AT_MOST_PARTS)
        .map(|row| Part {
            name: view.member_title(choices::LANE, &row.member),
            shares: view.series(&definition.id, (choices::LANE, &row.member), row.statistic),
            role: row.member.to_string(),
        })
        .collect();
    let periods = range_title(view);
    let mut subtitle = view.fill(
        "chart.lane_subtitle",
        &[("title", &view.title(definition)), ("periods", &periods)],
    );
    if left_out {
        subtitle.push_str(&view.text("chart.lane_left_out"));
    }
    let words = Words {
        id: "lane_shares",
        title: shown(first).map_or_else(
            || view.question(definition),
            |_| {
                let lane = view.member_title(choices::LANE, &first.member);
                view.fill(
                    "chart.lane",
                    &[
                        ("lane", &lane),
                        ("share", &view.figure(first, view.prose()).text),
                        ("period", &view.period()),
                    ],
                )
            },
        ),
        subtitle,
        description: view.fill("chart.lane_description", &[("periods", &periods)]),
        basis: None,
    };
    chart(
        view,
        &[definition],
        words,
        Plot::Stack {
            periods: period_labels(view),
            parts,
        },
    )
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
        id: "milestone_curves",
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
        lines,
    };
    chart(view, &[definition], words, plot)
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
pub(super) fn single_trend(
    view: &View<'_>,
    kpi: &str,
    id: &'static str,
) -> Option<(Area, ReportChart)> {
    let definition = view.definition(kpi)?;
    let statistic = main_statistic(definition);
    let values = view.series(kpi, ALL, statistic);
    if !is_trend(&values) {
        return None;
    }
    let bounds: Vec<Option<(f64, f64)>> = view
        .periods()
        .iter()
        .map(|period| {
            let row = view.input.table.find(kpi, *period, ALL, statistic)?;
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
        id,
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
        target: target(view, view.main_row(kpi, ALL)),
    };
    chart(view, &[definition], words, plot)
}

/// What a KPI was, or the question where it was not.
fn trend_title(view: &View<'_>, definition: &Definition) -> String {
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
        id: "digital_trend",
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
