//! Process-behaviour charts: values, centre, limits, and points that stand out.

use super::axis::ValueAxis;
use super::legend::{Sample, Shape};
use super::parts::{
    EndLabel, GUTTER, Room, Sheet, drawable, last_known, places, runs, value_with_period,
};
use super::scene::Frame;
use super::theme::{self, CONTEXT, Category, Ink, SUBJECT};
use super::{Control, Line, Signal};
use crate::language::Language;

impl Signal {
    /// Every signal, in the order of the key.
    const ALL: [Self; 4] = [Self::Above, Self::Below, Self::Run, Self::Near];

    /// Its shape.
    const fn shape(self) -> Shape {
        match self {
            Self::Above => Shape::Up,
            Self::Below => Shape::Down,
            Self::Run => Shape::Diamond,
            Self::Near => Shape::Square,
        }
    }

    /// The key of its words.
    const fn words(self) -> &'static str {
        match self {
            Self::Above => "axis.signal_above",
            Self::Below => "axis.signal_below",
            Self::Run => "axis.signal_run",
            Self::Near => "axis.signal_near",
        }
    }

    const fn ink(self) -> Ink {
        match self {
            Self::Above | Self::Below => Ink::Category(Category::Vermilion),
            Self::Run | Self::Near => Ink::Category(Category::Orange),
        }
    }
}

/// A line with its values as they can be drawn, and how it looks.
struct Series<'a> {
    line: &'a Line,
    values: Vec<Option<f64>>,
    ink: Ink,
}

impl Control {
    /// The values first, then limits and centre.
    fn series(&self) -> Vec<Series<'_>> {
        let count = self.periods.len();
        let series = |(line, ink)| Series {
            line,
            values: drawable(&line.values).take(count).collect(),
            ink,
        };
        let lines: [(&Line, Ink); 4] = [
            (&self.values, Ink::Accent),
            (&self.high, Ink::Axis),
            (&self.centre, Ink::Muted),
            (&self.low, Ink::Axis),
        ];
        lines.into_iter().map(series).collect()
    }

    /// Lays the chart out; yields its bottom.
    pub(super) fn layout(&self, sheet: &mut Sheet<'_>, room: Room) -> f64 {
        let series = self.series();
        let Some(subject) = series
            .first()
            .filter(|one| one.values.iter().any(Option::is_some))
        else {
            return sheet.nothing(room);
        };
        let all = series
            .iter()
            .flat_map(|one| one.values.iter().copied().flatten());
        let axis = ValueAxis::close(sheet.language, self.scale, all);
        let (mut labels, ends) = self.labels(&series, sheet, room);
        let top = sheet.axis_note(&axis, room);
        let plot = Frame {
            left: room.left + sheet.tick_width(&axis),
            top,
            right: room.right - sheet.widest(&labels) - GUTTER,
            bottom: top + room.plot_height().max(Sheet::stacked_height(&labels)),
        };
        let xs = places(self.periods.len(), plot.left, plot.right);
        let y = |value: f64| plot.bottom - axis.position(value) * (plot.bottom - plot.top);
        let x = |place: usize| xs.get(place).copied().unwrap_or(plot.left);
        for (label, (place, value)) in labels.iter_mut().zip(&ends) {
            label.mark = (x(*place), y(*value));
        }
        sheet.value_grid(&axis, plot);
        let half = match xs.as_slice() {
            [first, second, ..] => (second - first) / 2.0,
            _ => 12.0,
        };
        for one in series.iter().skip(1) {
            for (from, to, value) in levels(&one.values) {
                let left = (x(from) - half).max(plot.left);
                let right = (x(to) + half).min(plot.right);
                sheet
                    .scene
                    .line(vec![(left, y(value)), (right, y(value))], one.ink, 1.3);
            }
        }
        self.draw_values(sheet, &subject.values, (&x, &y));
        let span = (plot.top - 6.0, plot.bottom + 6.0);
        sheet.end_labels(&labels, plot.right + GUTTER, span);
        let lines = [&self.values, &self.high, &self.centre, &self.low].map(Clone::clone);
        sheet.period_spots((&self.periods, &xs, plot), self.scale, (&lines, &[]));
        let bottom = sheet.period_axis(&self.periods, &xs, plot);
        let below = Room {
            top: bottom + 10.0,
            ..room
        };
        sheet.legend(&self.key(sheet.language), below)
    }

    /// Labels of the series that have a value, and where their marks end.
    fn labels(
        &self,
        series: &[Series<'_>],
        sheet: &Sheet<'_>,
        room: Room,
    ) -> (Vec<EndLabel>, Vec<(usize, f64)>) {
        let label = |one: &Series<'_>| {
            let end = last_known(&one.values, &self.periods)?;
            let (face, ink) = if one.ink == Ink::Accent {
                (theme::LABEL_STRONG, SUBJECT.text)
            } else {
                (theme::SMALL, CONTEXT.text)
            };
            let value = value_with_period(sheet.language, self.scale, end, &self.periods);
            let lines = sheet.name_and_value((&one.line.name, &value), face, room.label_width());
            let label = EndLabel {
                lines,
                face,
                ink,
                mark: (0.0, 0.0),
            };
            Some((label, end))
        };
        series.iter().filter_map(label).unzip()
    }

    /// The line through the values, each a point, those with a signal in their shape.
    fn draw_values(
        &self,
        sheet: &mut Sheet<'_>,
        values: &[Option<f64>],
        (x, y): (&dyn Fn(usize) -> f64, &dyn Fn(f64) -> f64),
    ) {
        let runs = runs(values.iter().copied());
        for run in &runs {
            let points: Vec<(f64, f64)> = run.iter().map(|&(at, v)| (x(at), y(v))).collect();
            if points.len() > 1 {
                sheet.scene.line(points, Ink::Accent, 1.6);
            }
        }
        for &(place, value) in runs.iter().flatten() {
            let at = (x(place), y(value));
            let signal = self.signals.iter().filter(|(of, _)| *of == place);
            match signal.map(|(_, signal)| *signal).min() {
                Some(signal) => {
                    sheet.point(signal.shape(), at, 7.2, Ink::Paper);
                    sheet.point(signal.shape(), at, 5.6, signal.ink());
                }
                None => sheet.scene.dot(at, 3.2, Ink::Accent),
            }
        }
    }

    /// The key of the signals that occur.
    fn key(&self, language: &Language) -> Vec<(Sample, String)> {
        let occurs = |signal: &Signal| self.signals.iter().any(|(_, one)| one == signal);
        let entry = |signal: Signal| {
            let sample = Sample::Point(signal.shape(), signal.ink());
            (sample, language.text(signal.words()))
        };
        let signals = Signal::ALL.into_iter().filter(occurs).map(entry);
        let mut key: Vec<_> = signals.collect();
        if key.is_empty() {
            let sample = Sample::Point(Shape::Circle, Ink::Accent);
            key.push((sample, language.text("axis.no_signal")));
        }
        key
    }
}

/// Stretches of one value: from which place to which, and the value.
fn levels(values: &[Option<f64>]) -> Vec<(usize, usize, f64)> {
    let mut levels: Vec<(usize, usize, f64)> = Vec::new();
    for (at, value) in values.iter().enumerate() {
        let Some(value) = *value else {
            continue;
        };
        match levels.last_mut() {
            Some((_, to, level))
                if *to + 1 == at && (*level - value).abs() <= f64::EPSILON * value.abs() =>
            {
                *to = at;
            }
            _ => levels.push((at, at, value)),
        }
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_changes_is_two_levels() {
        let values = [Some(1.0), Some(1.0), None, Some(1.0), Some(2.0), Some(2.0)];
        assert_eq!(levels(&values), [(0, 1, 1.0), (3, 3, 1.0), (4, 5, 2.0)]);
    }
}
