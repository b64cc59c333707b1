//! Columns from zero over periods, each against its own target.

use super::axis::ValueAxis;
use super::parts::{EndLabel, GUTTER, Room, Sheet, drawable, last_known, value_with_period};
use super::scene::Frame;
use super::theme::{self, Ink, SUBJECT};
use super::{Columns, Line};

/// The widest a column may be with the space beside it.
const WIDEST_PITCH: f64 = 90.0;

impl Columns {
    /// Lays the columns out; yields their bottom.
    pub(super) fn layout(&self, sheet: &mut Sheet<'_>, room: Room) -> f64 {
        let count = self.periods.len();
        let series =
            |values: &[Option<f64>]| -> Vec<Option<f64>> { drawable(values).take(count).collect() };
        let values = series(&self.columns.values);
        let targets = self.targets.as_ref().map(|line| series(&line.values));
        let targets = targets.unwrap_or_default();
        let all = || values.iter().chain(&targets).copied().flatten();
        if values.iter().flatten().next().is_none() {
            return sheet.nothing(room);
        }
        let axis = ValueAxis::enclosing(sheet.language, self.scale, all().chain([0.0]));
        let mut labels = self.labels(sheet, room);
        let top = sheet.axis_note(&axis, room);
        let bottom = top + room.plot_height().max(Sheet::stacked_height(&labels));
        let left = room.left + sheet.tick_width(&axis);
        let space = room.right - left - sheet.widest(&labels) - GUTTER;
        let pitch = (space / count as f64).min(WIDEST_PITCH);
        let plot = Frame {
            left,
            top,
            right: left + pitch * count as f64,
            bottom,
        };
        let y = |value: f64| bottom - axis.position(value) * (bottom - top);
        let xs: Vec<f64> = (0..count)
            .map(|at| left + pitch * (at as f64 + 0.5))
            .collect();
        sheet.grid_lines(&axis, plot);
        sheet.tick_labels(&axis, plot);
        let half = pitch * 0.36;
        let last = values.iter().rposition(Option::is_some);
        for (at, (value, x)) in values.iter().zip(&xs).enumerate() {
            if let Some(value) = value {
                let frame = Frame {
                    left: x - half,
                    top: y(value.max(0.0)),
                    right: x + half,
                    bottom: y(value.min(0.0)),
                };
                let ink = if Some(at) == last {
                    Ink::Accent
                } else {
                    Ink::Bar
                };
                sheet.scene.rect(frame, ink);
            }
            if let Some(target) = targets.get(at).copied().flatten() {
                let (half, y) = (pitch * 0.46, y(target));
                sheet
                    .scene
                    .line(vec![(x - half, y), (x + half, y)], Ink::Text, 2.2);
            }
        }
        sheet
            .scene
            .level((plot.left, plot.right), y(0.0), Ink::Axis);
        for (label, values) in labels.iter_mut().zip([&values, &targets]) {
            let end = last_known(values, &self.periods);
            let (place, value) = end.unwrap_or_default();
            let x = xs.get(place).copied().unwrap_or(plot.right);
            label.mark = (x + pitch * 0.46, y(value));
        }
        let span = (top - 4.0, bottom + 4.0);
        sheet.end_labels(&labels, plot.right + GUTTER, span);
        let lines = std::iter::once(&self.columns).chain(&self.targets);
        let lines: Vec<Line> = lines.cloned().collect();
        sheet.period_spots((&self.periods, &xs, plot), self.scale, (&lines, &[]));
        sheet.period_axis(&self.periods, &xs, plot)
    }

    /// A label for the columns, and one for the targets where there are any.
    fn labels(&self, sheet: &Sheet<'_>, room: Room) -> Vec<EndLabel> {
        let lines = [
            (Some(&self.columns), theme::LABEL_STRONG, SUBJECT.text),
            (self.targets.as_ref(), theme::LABEL, Ink::Text),
        ];
        let label = |(line, face, ink): (Option<&Line>, _, _)| {
            let line = line?;
            let end = last_known(&line.values, &self.periods)?;
            let value = value_with_period(sheet.language, self.scale, end, &self.periods);
            Some(EndLabel {
                lines: sheet.name_and_value((&line.name, &value), face, room.label_width()),
                face,
                ink,
                mark: (0.0, 0.0),
            })
        };
        lines.into_iter().filter_map(label).collect()
    }
}
