//! Bars: who is first, and by how much.

use super::{Words, chart, measure_words, scale};
use crate::catalogue::{Area, Definition, Measure};
use crate::chart::{Bar, Plot};
use crate::evaluate::{KpiRow, Statistic};
use crate::report::choices;
use crate::report::format;
use crate::report::model::{Field, ReportChart};
use crate::report::text::visible;
use crate::report::view::{ALL, View, dimension_title, main_statistic, shown};

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
            Some(target) => format!("{figure} (target {})", target.text),
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
        let (measure, figure) = (
            visible(&definition.title),
            view.figure(first, view.prose()).text,
        );
        let name = view.member_title(dimension, &first.member);
        match main_statistic(definition) {
            Statistic::Median => format!("{measure}: longest at {name}, median {figure}"),
            _ => format!("{measure}: {name} is highest with {figure}"),
        }
    } else {
        visible(&definition.question)
    };
    let mut words = ranking_words(view, definition, (dimension, &bars), (id, title));
    if all > bars.len() {
        words.subtitle = format!("{}; the first {} of {all}", words.subtitle, bars.len());
    }
    // The whole of a sum is many times as long as its parts: no reference line.
    let whole = view.main_row(kpi, ALL).filter(|_| !is_sum(definition));
    let reference = whole.and_then(|row| {
        Some((
            shown(row)?,
            format!("all {}", view.figure(row, view.prose()).text),
        ))
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
    let period = format::period_title(view.input.period);
    let measure = measure_words(view, definition);
    let by = dimension_title(dimension);
    let interval = if bars.iter().any(|bar| bar.interval.is_some()) {
        "; whiskers: 95 % interval"
    } else {
        ""
    };
    let target = if bars.iter().any(|bar| bar.target.is_some()) {
        "; tick: target"
    } else {
        ""
    };
    Words {
        id: id.to_owned(),
        title,
        subtitle: format!("{measure} by {by}, {period}{interval}{target}"),
        description: format!("Bars of {measure} by {by} in {period}, longest bar first."),
        basis: None,
    }
}
