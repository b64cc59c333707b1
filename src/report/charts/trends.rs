//! Lines, stacks and curves: how it developed.

use super::{
    Words, chart, is_trend, measure_words, now, period_labels, range_title, scale, target,
};
use crate::catalogue::{Area, Definition, Measure};
use crate::chart::{Band, Line, Plot, Scale};
use crate::evaluate::{MilestoneCurves, Statistic};
use crate::model::Milestone;
use crate::report::choices;
use crate::report::format;
use crate::report::model::{Kind, ReportChart};
use crate::report::text::{capitalised, visible};
use crate::report::view::{ALL, View, dimension_title, main_statistic, shown};

/// The median of a span over time with bands of percentiles.
pub(super) fn span_trend(view: &View<'_>, kpi: &str, id: &str) -> Option<(Area, ReportChart)> {
    let definition = view.definition(kpi)?;
    if !definition.measure.is_span() {
        return None;
    }
    let series = |statistic| view.series(&definition.id, ALL, statistic);
    let median = series(Statistic::Median);
    if !is_trend(&median) {
        return None;
    }
    let band = |name: &str, low, high| Band {
        name: name.to_owned(),
        low: series(low),
        high: series(high),
    };
    let period = format::period_title(view.input.period);
    let measure = visible(&definition.title);
    let between = match &definition.measure {
        Measure::Span { from, to, .. } => {
            let (from, to) = (format::milestone_noun(*from), format::milestone_noun(*to));
            format!("from {from} to {to}")
        }
        _ => format!("({measure})"),
    };
    let words = Words {
        id: id.to_owned(),
        title: now(view, kpi).map_or_else(
            || visible(&definition.question),
            |median| {
                format!("Half of the declarations took at most {median} {between} in {period}")
            },
        ),
        subtitle: format!("{measure}, median and bands, {}", range_title(view)),
        description: format!(
            "Line of the median time {between} per period, with bands from the 25th to the 75th \
             and from the 10th to the 90th percentile, {}.",
            range_title(view)
        ),
        basis: None,
    };
    let plot = Plot::Trend {
        scale: scale(definition),
        periods: period_labels(view),
        bands: vec![
            band("P10–P90", Statistic::P10, Statistic::P90),
            band("P25–P75", Statistic::P25, Statistic::P75),
        ],
        lines: vec![Line {
            name: "Median".to_owned(),
            values: median,
        }],
        target: target(view, view.main_row(&definition.id, ALL)),
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
    let by = dimension_title(dimension);
    let words = Words {
        id: id.to_owned(),
        title,
        subtitle: format!("{measure} by {by}, {}, same axes", range_title(view)),
        description: format!("One small line chart per {by} of {measure}, all on the same axes."),
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
            name: capitalised(format::milestone_noun(*milestone)),
            values: shares.iter().copied().map(Some).collect(),
        })
        .collect();
    if lines.is_empty() || curves.at_s.len() < 2 {
        return None;
    }
    let period = format::period_title(curves.period);
    let n = format::number(Kind::Count, curves.n as f64, view.prose());
    let open = format::number(Kind::Count, curves.n_open as f64, view.prose());
    let words = Words {
        id: "milestone_curves".to_owned(),
        title: released_in_a_day(view, curves).map_or_else(
            || "How soon after arrival is each milestone reached?".to_owned(),
            |share| format!("A day after arrival {share} of declarations were released"),
        ),
        subtitle: format!(
            "Cumulative share of declarations by time since arrival at each milestone, arrived in {period}"
        ),
        basis: Some(format!(
            "First occurrence of each milestone, elapsed time since arrival; n = {n}, {open} still \
             open and counted in"
        )),
        description: format!(
            "Curves of the cumulative share of declarations by time since arrival, one per \
             milestone: {}.",
            lines
                .iter()
                .map(|line| line.name.as_str())
                .collect::<Vec<_>>()
                .join(", ")
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
    let lines = [("All, open ones counted in", all), ("Ended only", ended)];
    let lines: Vec<Line> = lines
        .into_iter()
        .filter(|(_, values)| values.iter().any(Option::is_some))
        .map(|(name, values)| Line {
            name: name.to_owned(),
            values,
        })
        .collect();
    if lines.is_empty() {
        return None;
    }
    let measure = visible(&definition.title);
    let count = |n: u64| format::number(Kind::Count, n as f64, view.prose());
    let within_a_day = points().find(|point| (point.at_s - 86_400.0).abs() < 0.5);
    let within_a_day = within_a_day.and_then(|point| point.all);
    let words = Words {
        id: id.to_owned(),
        title: within_a_day.map_or_else(
            || visible(&definition.question),
            |share| {
                let share = format::number(Kind::Share, share, view.prose());
                format!("{measure}: over within a day for {share}, open ones counted in")
            },
        ),
        subtitle: format!(
            "{measure}: cumulative share by time, {}; band: 95 % interval",
            format::period_title(curve.period)
        ),
        description: format!(
            "Kaplan–Meier curve of {measure} with its interval, beside the share of those that have ended."
        ),
        basis: Some(format!(
            "{} {measure}: Kaplan–Meier estimate; n = {} ended, {} open",
            definition.id,
            count(curve.n),
            count(curve.n_open)
        )),
    };
    let band = Band {
        name: "95 % interval".to_owned(),
        low,
        high,
    };
    let plot = Plot::Cumulative {
        at_s: points().map(|point| point.at_s).collect(),
        bands: vec![band],
        lines,
        steps: true,
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
    Some(format::number(Kind::Share, *shares.get(at)?, view.prose()))
}

/// One KPI over time with its 95 % interval as a band, where it has one.
pub(super) fn single_trend(view: &View<'_>, kpi: &str, id: &str) -> Option<(Area, ReportChart)> {
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
        name: "95 % interval".to_owned(),
        low: bounds.iter().map(|bound| Some((*bound)?.0)).collect(),
        high: bounds.iter().map(|bound| Some((*bound)?.1)).collect(),
    };
    let has_band = bounds.iter().any(Option::is_some);
    let measure = visible(&definition.title);
    let period = format::period_title(view.input.period);
    let words = Words {
        id: id.to_owned(),
        title: now(view, kpi).map_or_else(
            || visible(&definition.question),
            |value| format!("{measure}: {value} in {period}"),
        ),
        subtitle: format!(
            "{measure}{}, {}",
            if has_band {
                " with its 95 % interval"
            } else {
                ""
            },
            range_title(view)
        ),
        description: format!("Line of {measure} per period, {}.", range_title(view)),
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

pub(super) fn digital_trend(view: &View<'_>) -> Option<(Area, ReportChart)> {
    let definitions: Vec<&Definition> = choices::DIGITAL
        .into_iter()
        .filter_map(|kpi| view.definition(kpi))
        .filter(|one| is_trend(&view.series(&one.id, ALL, Statistic::Value)))
        .collect();
    let first = definitions.first()?;
    let measure = visible(&first.title);
    let period = format::period_title(view.input.period);
    let words = Words {
        id: "digital_trend".to_owned(),
        title: now(view, &first.id).map_or_else(
            || visible(&first.question),
            |value| format!("{measure}: {value} in {period}"),
        ),
        subtitle: format!("Shares of digital take-up, {}", range_title(view)),
        description: format!(
            "Lines of the shares of digital take-up per period, {}.",
            range_title(view)
        ),
        basis: None,
    };
    let lines = definitions
        .iter()
        .map(|one| Line {
            name: visible(&one.title),
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
