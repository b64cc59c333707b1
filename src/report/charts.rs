//! Which charts a report has, each as data with everything it needs to stand alone.

use std::sync::Arc;

use super::choices;
use super::format;
use super::model::{Field, Kind, ReportChart};
use super::text::visible;
use super::view::{ALL, View, dimension_title, main_statistic, shown};
use crate::catalogue::{Area, Definition, Measure};
use crate::chart::{Band, Bar, ChartSpec, Line, Part, Plot, Scale};
use crate::evaluate::{KpiRow, MilestoneCurves, Statistic};
use crate::model::{Milestone, Unit};

/// Every chart that has something to show, with the area whose chapter it belongs to.
pub(super) fn charts(view: &View<'_>) -> Vec<(Area, ReportChart)> {
    [
        release_time_trend(view),
        release_time_ranking(view),
        milestone_curves(view),
        single_trend(view, choices::BACKLOG, "backlog_trend"),
        lane_shares(view),
        single_trend(view, choices::HIT_RATE, "hit_rate_trend"),
        rate_ranking(
            view,
            choices::HIT_RATE,
            choices::CORRIDOR,
            "hit_rate_by_corridor",
        ),
        single_trend(view, choices::INSPECTION_RATE, "inspection_rate_trend"),
        digital_trend(view),
        single_trend(view, choices::REVENUE, "revenue_trend"),
        revenue_ranking(view),
        revenue_panels(view),
        single_trend(view, choices::VOLUME, "volume_trend"),
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
    let freeze = format::instant(view.input.freeze, view.input.zone);
    footer.push(format!(
        "Source: {}, clearance log; frozen {freeze}, {}",
        visible(view.input.project),
        visible(view.input.zone)
    ));
    let spec = ChartSpec {
        id: words.id.to_owned(),
        title: words.title,
        subtitle: words.subtitle,
        footer,
        description: words.description,
        plot,
    };
    let kpis = definitions.iter().map(|one| Arc::clone(&one.id)).collect();
    Some((area, ReportChart { spec, kpis }))
}

/// `TF01 Total release time, from arrival to release, elapsed time; n = 12 345, 12 open`.
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
        _ => String::new(),
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
        Unit::Share | Unit::Ratio => Scale::Share,
        Unit::Count => Scale::Count,
        Unit::Money => Scale::Money,
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

fn release_time_trend(view: &View<'_>) -> Option<(Area, ReportChart)> {
    let definition = view.definition(choices::RELEASE_TIME)?;
    let Measure::Span { from, to, .. } = &definition.measure else {
        return None;
    };
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
    let (from, to) = (format::milestone_noun(*from), format::milestone_noun(*to));
    let words = Words {
        id: "release_time_trend",
        title: now(view, &definition.id).map_or_else(
            || format!("How long does it take from {from} to {to}?"),
            |median| {
                format!(
                    "Half of the declarations took at most {median} from {from} to {to} in {period}"
                )
            },
        ),
        subtitle: format!(
            "{}, median and bands, {}",
            visible(&definition.title),
            range_title(view)
        ),
        description: format!(
            "Line of the median time from {from} to {to} per period, with bands from the 25th to \
             the 75th and from the 10th to the 90th percentile, {}.",
            range_title(view)
        ),
        basis: None,
    };
    let plot = Plot::Trend {
        scale: Scale::Duration,
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

/// The bars of a ranking, and the reference to the whole.
fn bars(view: &View<'_>, kpi: &str, dimension: &str) -> (Vec<Bar>, Option<(f64, String)>) {
    let style = view.prose();
    let bars = view
        .members(kpi, dimension)
        .into_iter()
        .take(choices::AT_MOST_BARS)
        .map(|row| Bar {
            name: view.member_title(dimension, &row.member),
            value: shown(row),
            label: view.figure(row, style).text,
            interval: row.ci.filter(|_| shown(row).is_some()),
        })
        .collect();
    let reference = view
        .main_row(kpi, ALL)
        .and_then(|row| Some((shown(row)?, format!("all {}", view.figure(row, style).text))));
    (bars, reference)
}

/// The first bar, when its interval lies wholly above that of every other bar.
fn clear_first(bars: &[Bar]) -> Option<&Bar> {
    let (first, others) = bars.split_first()?;
    let (low, _) = first.interval?;
    let is_clear = others.iter().all(|bar| match bar.interval {
        Some((_, high)) => high < low,
        None => bar.value.is_none(),
    });
    (is_clear && !others.is_empty()).then_some(first)
}

fn release_time_ranking(view: &View<'_>) -> Option<(Area, ReportChart)> {
    let definition = view.definition(choices::RELEASE_TIME)?;
    let (bars, reference) = bars(view, &definition.id, choices::CORRIDOR);
    if bars.len() < 2 {
        return None;
    }
    let name = dimension_title(choices::CORRIDOR);
    let title = clear_first(&bars).map_or_else(
        || format!("On which {name} do goods wait longest?"),
        |slowest| format!("Slowest {name}: {}, median {}", slowest.name, slowest.label),
    );
    let words = ranking_words(view, definition, &name, ("release_time_by_corridor", title));
    chart(
        view,
        &[definition],
        words,
        Plot::Ranking {
            scale: Scale::Duration,
            bars,
            reference,
        },
    )
}

fn rate_ranking(
    view: &View<'_>,
    kpi: &str,
    dimension: &str,
    id: &'static str,
) -> Option<(Area, ReportChart)> {
    let definition = view.definition(kpi)?;
    let (bars, reference) = bars(view, kpi, dimension);
    if bars.len() < 2 {
        return None;
    }
    let name = dimension_title(dimension);
    let title = clear_first(&bars).map_or_else(
        || visible(&definition.question),
        |highest| {
            format!(
                "{}: {} is highest with {}",
                visible(&definition.title),
                highest.name,
                highest.label
            )
        },
    );
    let words = ranking_words(view, definition, &name, (id, title));
    chart(
        view,
        &[definition],
        words,
        Plot::Ranking {
            scale: scale(definition),
            bars,
            reference,
        },
    )
}

fn ranking_words(
    view: &View<'_>,
    definition: &Definition,
    by: &str,
    (id, title): (&'static str, String),
) -> Words {
    let period = format::period_title(view.input.period);
    let statistic = if main_statistic(definition) == Statistic::Median {
        "median "
    } else {
        ""
    };
    let measure = visible(&definition.title);
    let interval = if view
        .main_row(&definition.id, ALL)
        .is_some_and(|row| row.ci.is_some())
    {
        ", whiskers: 95 % interval"
    } else {
        ""
    };
    Words {
        id,
        title,
        subtitle: format!("{measure}, {statistic}by {by}, {period}{interval}"),
        description: format!(
            "Bars of {measure}, {statistic}by {by} in {period}, longest bar first."
        ),
        basis: None,
    }
}

fn revenue_ranking(view: &View<'_>) -> Option<(Area, ReportChart)> {
    let definition = view.definition(choices::REVENUE)?;
    // The whole is a sum of the bars, many times as long: no reference line.
    let (bars, _) = bars(view, &definition.id, choices::CORRIDOR);
    let [first, _, ..] = bars.as_slice() else {
        return None;
    };
    let name = dimension_title(choices::CORRIDOR);
    let title = format!("{} brings in most: {}", first.name, first.label);
    let words = ranking_words(view, definition, &name, ("revenue_by_corridor", title));
    chart(
        view,
        &[definition],
        words,
        Plot::Ranking {
            scale: Scale::Money,
            bars,
            reference: None,
        },
    )
}

fn revenue_panels(view: &View<'_>) -> Option<(Area, ReportChart)> {
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
    let measure = visible(&definition.title);
    let words = Words {
        id: "revenue_by_corridor_trend",
        title: "How has revenue developed on each corridor?".to_owned(),
        subtitle: format!(
            "{measure}, {}, {}",
            visible(view.input.currency),
            range_title(view)
        ),
        description: format!(
            "One small line chart per corridor of {measure}, all on the same axes."
        ),
        basis: None,
    };
    let plot = Plot::SmallMultiples {
        scale: Scale::Money,
        periods: period_labels(view),
        panels,
    };
    chart(view, &[definition], words, plot)
}

fn lane_shares(view: &View<'_>) -> Option<(Area, ReportChart)> {
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
    let period = format::period_title(view.input.period);
    let measure = visible(&definition.title);
    let words = Words {
        id: "lane_shares",
        title: shown(first).map_or_else(
            || visible(&definition.question),
            |_| {
                let share = view.figure(first, view.prose()).text;
                let lane = view.member_title(choices::LANE, &first.member);
                format!("{lane} lane: {share} of declarations in {period}")
            },
        ),
        subtitle: format!(
            "{measure}, share of declarations per control lane, {}{}",
            range_title(view),
            if left_out {
                "; further lanes are in the table"
            } else {
                ""
            }
        ),
        description: format!(
            "Stacked shares of the control lanes per period, {}.",
            range_title(view)
        ),
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

fn milestone_curves(view: &View<'_>) -> Option<(Area, ReportChart)> {
    let definition = view.definition(choices::RELEASE_TIME)?;
    let curves = view.input.curves?;
    let lines: Vec<Line> = choices::CURVES
        .into_iter()
        .filter_map(|milestone| curves.curves.iter().find(|(of, _)| *of == milestone))
        .map(|(milestone, shares)| Line {
            name: super::text::capitalised(format::milestone_noun(*milestone)),
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
        id: "milestone_curves",
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
    Some(format::number(Kind::Share, *shares.get(at)?, view.prose()))
}

/// One KPI over time with its 95 % interval as a band, where it has one.
fn single_trend(view: &View<'_>, kpi: &str, id: &'static str) -> Option<(Area, ReportChart)> {
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
        id,
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

fn digital_trend(view: &View<'_>) -> Option<(Area, ReportChart)> {
    let definitions: Vec<&Definition> = choices::DIGITAL
        .into_iter()
        .filter_map(|kpi| view.definition(kpi))
        .filter(|one| is_trend(&view.series(&one.id, ALL, Statistic::Value)))
        .collect();
    let first = definitions.first()?;
    let measure = visible(&first.title);
    let period = format::period_title(view.input.period);
    let words = Words {
        id: "digital_trend",
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
