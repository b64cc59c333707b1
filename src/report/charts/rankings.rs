//! Bars: who is first, and by how much.

use super::{Words, chart, scale};
use crate::catalogue::{Area, Definition};
use crate::chart::{Bar, Plot, Scale};
use crate::evaluate::Statistic;
use crate::report::choices;
use crate::report::format;
use crate::report::model::ReportChart;
use crate::report::text::visible;
use crate::report::view::{ALL, View, dimension_title, main_statistic, shown};

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

pub(super) fn release_time_ranking(view: &View<'_>) -> Option<(Area, ReportChart)> {
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

pub(super) fn rate_ranking(
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

pub(super) fn revenue_ranking(view: &View<'_>) -> Option<(Area, ReportChart)> {
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
