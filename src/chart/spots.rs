//! What a page tells about the place under a pointer: values in words over invisible fields.

use super::axis::{PeriodName, value_text};
use super::parts::{Sheet, known};
use super::scene::Frame;
use super::text::clean;
use super::{Band, Bar, Line, Scale};

/// Curves are read at places this far apart, in pixels.
const APART: f64 = 16.0;

/// A field of a chart and what is to be read there, one line per value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spot {
    pub(super) frame: Frame,
    pub(super) words: String,
}

impl Sheet<'_> {
    /// A field of a chart with its name and what is to be read there.
    pub(super) fn spot(&mut self, frame: Frame, name: &str, values: &[String]) {
        if values.is_empty() {
            return;
        }
        let lines = std::iter::once(clean(name)).chain(values.iter().cloned());
        let lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
        self.scene.spots.push(Spot {
            frame,
            words: lines.join("\n"),
        });
    }

    /// `Median: 14 h 44 min`; `None` where there is no value.
    pub(super) fn reading(
        &self,
        name: &str,
        (scale, value): (Scale, Option<f64>),
    ) -> Option<String> {
        let value = value_text(self.language, scale, known(value)?);
        Some(format!("{}: {value}", clean(name)))
    }

    /// `P25–P75: 6 h to 1 d 4 h`.
    pub(super) fn range_reading(
        &self,
        name: &str,
        (scale, low, high): (Scale, Option<f64>, Option<f64>),
    ) -> Option<String> {
        let text = |value| Some(value_text(self.language, scale, known(value)?));
        let (low, high) = (text(low)?, text(high)?);
        let places = [("low", low.as_str()), ("high", high.as_str())];
        let range = self.language.fill("page.interval", &places);
        Some(format!("{}: {range}", clean(name)))
    }

    /// A field over a bar or a point: its label and its interval.
    pub(super) fn bar_spot(&mut self, bar: &Bar, scale: Scale, frame: Frame) {
        let interval = bar.interval.filter(|_| known(bar.value).is_some());
        let (low, high) = interval.unzip();
        let name = self.language.text("chart.interval");
        let interval = self.range_reading(&name, (scale, low, high));
        let values: Vec<String> = [clean(&bar.label)].into_iter().chain(interval).collect();
        self.spot(frame, &bar.name, &values);
    }

    /// A field for every period with the values of its lines and bands.
    pub(super) fn period_spots(
        &mut self,
        (periods, xs, plot): (&[String], &[f64], Frame),
        scale: Scale,
        (lines, bands): (&[Line], &[Band]),
    ) {
        let half = match xs {
            [first, second, ..] => (second - first) / 2.0,
            _ => 12.0,
        };
        for (at, (period, x)) in periods.iter().zip(xs).enumerate() {
            let place = |values: &[Option<f64>]| values.get(at).copied().flatten();
            let lines = lines
                .iter()
                .filter_map(|line| self.reading(&line.name, (scale, place(&line.values))));
            let bands = bands.iter().rev().filter_map(|band| {
                self.range_reading(&band.name, (scale, place(&band.low), place(&band.high)))
            });
            let values: Vec<String> = lines.chain(bands).collect();
            let name = PeriodName::of(self.language, &clean(period)).whole(self.language);
            let frame = Frame {
                left: x - half,
                right: x + half,
                ..plot
            };
            self.spot(frame, &name, &values);
        }
    }

    /// Fields along curves over time, as near to each other as a pointer can tell apart.
    pub(super) fn curve_spots(
        &mut self,
        (at_s, plot): (&[f64], Frame),
        x: impl Fn(f64) -> f64,
        (lines, bands): (&[Line], &[Band]),
    ) {
        let mut last = f64::NEG_INFINITY;
        for (at, &seconds) in at_s.iter().enumerate() {
            let Some(seconds) = known(Some(seconds)) else {
                continue;
            };
            let middle = x(seconds);
            if middle - last < APART {
                continue;
            }
            last = middle;
            let place = |values: &[Option<f64>]| values.get(at).copied().flatten();
            let lines = lines
                .iter()
                .filter_map(|line| self.reading(&line.name, (Scale::Share, place(&line.values))));
            let bands = bands.iter().filter_map(|band| {
                let (low, high) = (place(&band.low), place(&band.high));
                self.range_reading(&band.name, (Scale::Share, low, high))
            });
            let values: Vec<String> = lines.chain(bands).collect();
            let frame = Frame {
                left: middle - APART / 2.0,
                right: middle + APART / 2.0,
                ..plot
            };
            self.spot(frame, &self.language.duration(seconds), &values);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::chart::{ChartSpec, Plot, draw_svg, inline_svg, inline_svg_narrow};
    use crate::language::Language;

    fn trend() -> ChartSpec {
        let line = |values: [Option<f64>; 3]| values.to_vec();
        ChartSpec {
            id: "trend".to_owned(),
            language: Arc::clone(&Language::built_in("en").unwrap()),
            title: "Trend".to_owned(),
            subtitle: String::new(),
            footer: Vec::new(),
            description: String::new(),
            plot: Plot::Trend {
                scale: Scale::Duration,
                periods: ["2025-01", "2025-02", "2025-03"].map(str::to_owned).into(),
                bands: vec![Band {
                    name: "P25–P75".to_owned(),
                    low: line([Some(3600.0), None, None]),
                    high: line([Some(7200.0), Some(1.0), None]),
                }],
                lines: vec![Line {
                    name: "a < b".to_owned(),
                    values: line([Some(5400.0), Some(3660.0), None]),
                }],
                target: None,
            },
        }
    }

    #[test]
    fn a_page_reads_values_off_each_period_that_has_one() {
        for svg in [inline_svg(&trend()), inline_svg_narrow(&trend())] {
            let svg = svg.unwrap().replace('\u{a0}', " ");
            assert_eq!(svg.matches("class=\"spot\"").count(), 2);
            let words =
                "<title>Jan 2025\na &lt; b: 1 h 30 min\nP25–P75: 1 h 00 min to 2 h 00 min</title>";
            assert!(svg.contains(words), "{svg}");
            assert!(
                svg.contains("<title>Feb 2025\na &lt; b: 1 h 01 min</title>"),
                "{svg}"
            );
        }
    }

    #[test]
    fn a_file_has_no_invisible_fields() {
        assert!(!draw_svg(&trend()).unwrap().contains("spot"));
    }
}
