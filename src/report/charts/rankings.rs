//! Bars: who is first, and by how much.

use super::{Words, chart, measure_words, scale};
use crate::catalogue::{Area, Definition, Measure};
use crate::chart::{Bar, Plot};
use crate::evaluate::{KpiRow, Statistic};
use crate::report::choices;
use crate::report::model::{Field, ReportChart};
use crate::report::view::{ALL, View, main_statistic, shown};

/// A row as a bar, with its target where it has one.
pub(super) fn bar(view: &View<'_>, dimension: &str, row: &KpiRow) -> Bar {
    let style = view.prose();
    let figure = view.figure(row, style).text;
    let target = view.field(row, Field::Target, style);
    let is_shown = shown(row).is_some();
    Bar {
        name: view.member_title(dimension, &row.member),
        value: shown(row),
        label: match target.filter(|_| is_shown) {
            Some(target) => view.fill(
                "chart.bar_target",
                &[("value", &figure), ("target", &target.text)],
            ),
            None => figure,
        },
        interval: row.ci.filter(|_| is_shown),
        target: row.target.filter(|_| is_shown),
    }
}

/// The first bar, when its interval lies wholly above that of every other bar.
fn clear_first(bars: &[Bar]) -> bool {
    let Some((first, others)) = bars.split_first() else {
        return false;
    };
    let Some((low, _)) = first.interval else {
        return false;
    };
    let is_clear = others.iter().all(|bar| match bar.interval {
        Some((_, high)) => high < low,
        None => bar.value.is_none(),
    });
    is_clear && !others.is_empty()
}

/// The members of a dimension as bars, the longest first.
pub(super) fn ranking(
    view: &View<'_>,
    (kpi, dimension): (&str, &str),
    id: &str,
) -> Option<(Area, ReportChart)> {
    let definition = view.definition(kpi)?;
    let mut rows = view.members(kpi, dimension);
    let size = |row: &&KpiRow| shown(row).unwrap_or(f64::NEG_INFINITY);
    rows.sort_by(|a, b| size(b).total_cmp(&size(a)));
    let all = rows.len();
    rows.truncate(choices::AT_MOST_BARS);
    let bars: Vec<Bar> = rows.iter().map(|row| bar(view, dimension, row)).collect();
    let first = rows.first().filter(|row| shown(row).is_some())?;
    if bars.len() < 2 {
        return None;
    }
    let title = if clear_first(&bars) || is_sum(definition) {
        let key = match main_statistic(definition) {
            Statistic::Median => "chart.longest",
            _ => "chart.highest",
        };
        view.fill(
            key,
            &[
                ("title", &view.title(definition)),
                ("member", &view.member_title(dimension, &first.member)),
                ("value", &view.figure(first, view.prose()).text),
            ],
        )
    } else {
        view.question(definition)
    };
    let mut words = ranking_words(view, definition, (dimension, &bars), (id, title));
    if all > bars.len() {
        let (n, all) = (bars.len().to_string(), all.to_string());
        let first_of = view.fill("chart.first_of", &[("n", &n), ("all", &all)]);
        words.subtitle.push_str(&first_of);
    }
    // The whole of a sum is many times as long as its parts: no reference line.
    let whole = view.main_row(kpi, ALL).filter(|_| !is_sum(definition));
    let reference = whole.and_then(|row| {
        let value = view.figure(row, view.prose()).text;
        Some((shown(row)?, view.fill("chart.all", &[("value", &value)])))
    });
    let plot = Plot::Ranking {
        scale: scale(definition),
        bars,
        reference,
    };
    chart(view, &[definition], words, plot)
}

/// Whether the parts add up to the whole, so that which is first is no question of chance.
fn is_sum(definition: &Definition) -> bool {
    matches!(
        definition.measure,
        Measure::Count | Measure::Sum { .. } | Measure::Stock { .. } | Measure::Distinct { .. }
    )
}

fn ranking_words(
    view: &View<'_>,
    definition: &Definition,
    (dimension, bars): (&str, &[Bar]),
    (id, title): (&str, String),
) -> Words {
    let places = [
        ("title", measure_words(view, definition)),
        ("by", view.by(dimension)),
        ("period", view.period()),
    ];
    let places: Vec<(&str, &str)> = places.iter().map(|(name, text)| (*name, &**text)).collect();
    let mut subtitle = view.fill("chart.ranking", &places);
    if bars.iter().any(|bar| bar.interval.is_some()) {
        subtitle.push_str(&view.text("chart.whiskers"));
    }
    if bars.iter().any(|bar| bar.target.is_some()) {
        subtitle.push_str(&view.text("chart.tick_target"));
    }
    Words {
        id: id.to_owned(),
        title,
        subtitle,
        description: view.fill("chart.ranking_description", &places),
        basis: None,
    }
}
