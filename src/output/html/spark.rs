//! The little line on a card: shape only, no scale; the figures are in the table over time.

use std::fmt::Write as _;

use maud::{Markup, html};

const WIDTH: f64 = 120.0;
const HEIGHT: f64 = 32.0;
/// Room for the dot at the end and for the line's own width.
const EDGE: f64 = 4.0;

/// A line over the periods with gaps where a figure is missing and a dot at the newest.
/// Nothing when fewer than two figures are there.
pub(super) fn spark(values: &[Option<f64>], label: &str) -> Markup {
    let points = points(values);
    let last = points.last().copied().flatten();
    html! {
        @if points.iter().flatten().count() >= 2 {
            svg.spark viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="xMinYMid" role="img" aria-label=(label) {
                path d=(path(&points)) {}
                @if let Some((x, y)) = last {
                    circle cx={ (tenths(x)) } cy={ (tenths(y)) } r="3" {}
                }
            }
        }
    }
}

fn points(values: &[Option<f64>]) -> Vec<Option<(f64, f64)>> {
    let low = values
        .iter()
        .flatten()
        .copied()
        .fold(f64::INFINITY, f64::min);
    let high = values
        .iter()
        .flatten()
        .copied()
        .fold(f64::NEG_INFINITY, f64::max);
    let steps = values.len().saturating_sub(1).max(1) as f64;
    values
        .iter()
        .enumerate()
        .map(|(at, value)| {
            let x = EDGE + at as f64 / steps * (WIDTH - 2.0 * EDGE);
            // A flat line lies in the middle.
            let share = if high > low {
                ((*value)? - low) / (high - low)
            } else {
                (*value)? * 0.0 + 0.5
            };
            Some((x, EDGE + (1.0 - share) * (HEIGHT - 2.0 * EDGE)))
        })
        .collect()
}

fn path(points: &[Option<(f64, f64)>]) -> String {
    let mut path = String::new();
    let mut pen_is_down = false;
    for point in points {
        if let Some((x, y)) = point {
            let command = if pen_is_down { 'L' } else { 'M' };
            // Writing to a string can't fail.
            let _ = write!(path, "{command}{} {}", tenths(*x), tenths(*y));
        }
        pen_is_down = point.is_some();
    }
    path
}

fn tenths(length: f64) -> String {
    format!("{length:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_figure_is_a_gap_in_the_line() {
        let values = [Some(0.0), Some(1.0), None, Some(1.0), Some(0.0)];
        assert_eq!(
            path(&points(&values)),
            "M4.0 28.0L32.0 4.0M88.0 4.0L116.0 28.0"
        );
    }

    #[test]
    fn a_single_figure_is_no_line() {
        assert_eq!(spark(&[None, Some(1.0)], "").into_string(), "");
        assert!(
            spark(&[Some(2.0), Some(2.0)], "")
                .into_string()
                .contains("M4.0 16.0L116.0 16.0")
        );
    }
}
