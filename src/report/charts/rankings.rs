//! Bars: who is first, and by how much.

use super::{Words, chart, scale};
use crate::catalogue::{Area, Definition};
use crate::chart::{Bar, Plot, Scale};
use crate::evaluate::Statistic;
use crate::report::choices;
use crate::report::model::ReportChart;
use crate::report::text::capitalised;
use crate::report::view::{ALL, View, main_statistic, shown};

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
    let reference = view.main_row(kpi, ALL).and_then(|row| {
        let text = view.figure(row, style).text;
        Some((shown(row)?, view.fill("chart.all", &[("value", &text)])))
    });
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
    let title = clear_first(&bars).map_or_else(
        || view.text("chart.longest_wait"),
        |slowest| {
            view.fill(
                "chart.slowest",
                &[("member", &slowest.name), ("value", &slowest.label)],
            )
        },
    );
    let words = ranking_words(
        view,
        definition,
        choices::CORRIDOR,
        ("release_time_by_corridor", title),
    );
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
    let title = clear_first(&bars).map_or_else(
        || view.question(definition),
        |highest| {
            view.fill(
                "chart.highest",
                &[
                    ("title", &view.title(definition)),
                    ("member", &highest.name),
                    ("value", &highest.label),
                ],
            )
        },
    );
    let words = ranking_words(view, definition, dimension, (id, title));
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
    dimension: &str,
    (id, title): (&'static str, String),
) -> Words {
    let (subtitle, description) = if main_statistic(definition) == Statistic::Median {
        ("chart.ranking_median", "chart.ranking_median_description")
    } else {
        ("chart.ranking", "chart.ranking_description")
    };
    let places = [
        ("title", view.title(definition)),
        ("by", view.by(dimension)),
        ("period", view.period()),
    ];
    let places: Vec<(&str, &str)> = places.iter().map(|(name, text)| (*name, &**text)).collect();
    let mut subtitle = view.fill(subtitle, &places);
    if view
        .main_row(&definition.id, ALL)
        .is_some_and(|row| row.ci.is_some())
    {
        subtitle.push_str(&view.text("chart.whiskers"));
    }
    Words {
        id,
        title: capitalised(&title),
        subtitle,
        description: view.fill(description, &places),
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
    let title = view.fill(
        "chart.most_revenue",
        &[("member", &first.name), ("value", &first.label)],
    );
    let words = ranking_words(
        view,
        definition,
        choices::CORRIDOR,
        ("revenue_by_corridor", title),
    );
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
