//! Charts to test with: such as a report has, and such as nobody would draw by hand.

mod kinds;
mod odd;
mod places;
mod usual;

use super::{ChartSpec, Line, Plot};
use crate::language::Language;

pub(in crate::chart) use kinds::*;
pub(in crate::chart) use odd::*;
pub(in crate::chart) use places::*;
pub(in crate::chart) use usual::*;

/// An hour in seconds.
const H: f64 = 3600.0;

pub(in crate::chart) fn spec(id: &str, title: &str, subtitle: &str, plot: Plot) -> ChartSpec {
    ChartSpec {
        id: id.to_owned(),
        language: Language::built_in("en").unwrap(),
        title: title.to_owned(),
        subtitle: subtitle.to_owned(),
        footer: vec![
            "n = 118 204 declarations, 1 120 still open. From arrival to release, elapsed clock."
                .into(),
            "Source: sample log, frozen 1 April 2025 00:00, Asia/Tashkent.".into(),
        ],
        description: format!("A chart: {title}"),
        plot,
    }
}

pub(in crate::chart) fn months(count: u32) -> Vec<String> {
    let month = |at: u32| format!("{}-{:02}", 2023 + (at + 3) / 12, (at + 3) % 12 + 1);
    (0..count).map(month).collect()
}

/// A series with a slope, a season and a little unrest, the same every time.
pub(in crate::chart) fn series(count: u32, from: f64, to: f64, seed: f64) -> Vec<Option<f64>> {
    let value = |at: u32| {
        let t = f64::from(at) / f64::from(count.max(2) - 1);
        let unrest =
            (f64::from(at) * 1.7 + seed).sin() * 0.06 + (f64::from(at) * 0.52).cos() * 0.05;
        Some((from + (to - from) * t) * (1.0 + unrest))
    };
    (0..count).map(value).collect()
}

pub(in crate::chart) fn line(name: &str, values: Vec<Option<f64>>) -> Line {
    Line {
        name: name.to_owned(),
        values,
    }
}

/// Charts as a report has them.
pub(in crate::chart) fn usual() -> Vec<ChartSpec> {
    vec![
        trend(24),
        revenue_lines(),
        gaps(),
        ranking(),
        growth(),
        stack(24),
        cumulative(),
        multiples(9),
        survival(),
        parties(9),
        backlog(24),
        collected(24),
        lodgements(),
        hit_rates(),
        gain(),
        indexed(),
        control(24),
        journey(true),
        journey(false),
        network(),
        strategy_map(),
    ]
}
