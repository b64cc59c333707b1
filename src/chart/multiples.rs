//! Small multiples: one trend per member, all on the same axes.

use super::axis::{PeriodName, ValueAxis};
use super::parts::{GAP, Room, Sheet, drawable, last_known, places, runs, value_with_period};
use super::scene::{Align, Frame, Label};
use super::text::{ASCENT, clean};
use super::theme::{self, Ink};
use super::{Line, Scale};

/// The narrowest a panel may be.
const NARROWEST: f64 = 190.0;
/// The height of a panel's plot.
const PLOT: f64 = 96.0;
/// Between panels side by side.
const BETWEEN: f64 = 24.0;

/// Small multiples, borrowed from their spec.
#[derive(Clone, Copy, Debug)]
pub(super) struct Multiples<'a> {
    pub(super) scale: Scale,
    pub(super) periods: &'a [String],
    pub(super) panels: &'a [Line],
}

/// What stands above a panel.
struct Title {
    /// The name, wrapped.
    lines: Vec<String>,
    /// The last value.
    value: String,
}

impl Title {
    /// The name at the left, the value at the right, from the top of a panel.
    fn draw(self, sheet: &mut Sheet<'_>, panel: Frame) {
        let (face, pitch) = (theme::LABEL_STRONG, theme::LABEL_STRONG.line_height());
        let mut y = panel.top + ASCENT * face.size;
        let (text, x) = (self.value, panel.right);
        let (align, ink) = (Align::Right, Ink::Muted);
        sheet.scene.text(Label {
            text,
            x,
            y,
            align,
            face: theme::LABEL,
            ink,
        });
        for text in self.lines {
            let (x, align, ink) = (panel.left, Align::Left, Ink::Text);
            sheet.scene.text(Label {
                text,
                x,
                y,
                align,
                face,
                ink,
            });
            y += pitch;
        }
    }
}

impl Multiples<'_> {
    /// Lays the panels out, row by row; yields the bottom of the last.
    pub(super) fn layout(self, sheet: &mut Sheet<'_>, room: Room) -> f64 {
        let count = self.periods.len();
        let values = self
            .panels
            .iter()
            .flat_map(|panel| drawable(&panel.values).take(count));
        let values: Vec<f64> = values.flatten().collect();
        if values.is_empty() {
            return sheet.nothing(room);
        }
        let axis = Self::few_ticks(ValueAxis::enclosing(sheet.language, self.scale, values));
        let ticks = sheet.tick_width(&axis);
        let columns = self.columns(room.width() - ticks);
        let width = (room.width() - ticks + BETWEEN) / columns as f64 - BETWEEN;
        let mut top = sheet.axis_note(&axis, room);
        let rows = self.panels.chunks(columns);
        let last_row = rows.len().saturating_sub(1);
        for (row, panels) in rows.enumerate() {
            let titles: Vec<Title> = panels
                .iter()
                .map(|panel| self.title(sheet, panel, width))
                .collect();
            let lines = titles
                .iter()
                .map(|title| title.lines.len())
                .max()
                .unwrap_or(1);
            let title = lines as f64 * theme::LABEL_STRONG.line_height();
            let bottom = top + title + GAP + PLOT;
            for (column, (panel, title_text)) in panels.iter().zip(titles).enumerate() {
                let left = room.left + ticks + column as f64 * (width + BETWEEN);
                let plot = Frame {
                    left,
                    top: top + title + GAP,
                    right: left + width,
                    bottom,
                };
                self.draw_panel(sheet, panel, (&axis, plot));
                title_text.draw(sheet, Frame { top, ..plot });
                if column == 0 {
                    sheet.tick_labels(&axis, plot);
                }
                let below = (row + 1) * columns + column;
                if row == last_row || below >= self.panels.len() {
                    self.ends_of_time(sheet, plot);
                }
            }
            top = bottom + 22.0;
        }
        top + 4.0
    }

    /// As many columns as fit, without a last row of one where another division avoids it.
    fn columns(self, width: f64) -> usize {
        let fitting = (1..=4_u8)
            .rev()
            .find(|&n| (width + BETWEEN) / f64::from(n) - BETWEEN >= NARROWEST);
        let most = usize::from(fitting.unwrap_or(1))
            .min(self.panels.len())
            .max(1);
        let gaps = |columns: usize| (columns - self.panels.len() % columns) % columns;
        if most > 2 && gaps(most) > gaps(most - 1) {
            most - 1
        } else {
            most
        }
    }

    /// A small panel has room for the ticks at the ends and one between.
    fn few_ticks(mut axis: ValueAxis) -> ValueAxis {
        let count = axis.ticks.len();
        let every = match count {
            0..=4 => 1,
            5 => 2,
            7 => 3,
            _ => count - 1,
        };
        let mut at = 0;
        axis.ticks.retain(|_| {
            at += 1;
            (at - 1) % every == 0
        });
        axis
    }

    fn draw_panel(self, sheet: &mut Sheet<'_>, panel: &Line, (axis, plot): (&ValueAxis, Frame)) {
        let xs = places(self.periods.len(), plot.left, plot.right);
        let y = |value: f64| plot.bottom - axis.position(value) * (plot.bottom - plot.top);
        sheet.grid_lines(axis, plot);
        let runs = runs(drawable(&panel.values).take(self.periods.len()));
        let point = |&(place, value): &(usize, f64)| Some((*xs.get(place)?, y(value)));
        for run in &runs {
            let points: Vec<(f64, f64)> = run.iter().filter_map(point).collect();
            match points.as_slice() {
                [point] => sheet.scene.dot(*point, 2.5, Ink::Accent),
                _ => sheet.scene.line(points, Ink::Accent, 2.0),
            }
        }
        let end = runs.last().and_then(|run| run.last());
        if let Some(at) = end.and_then(point) {
            sheet.scene.dot(at, 3.5, Ink::Accent);
        }
        let lines = std::slice::from_ref(panel);
        sheet.period_spots((self.periods, &xs, plot), self.scale, (lines, &[]));
    }

    /// The panel's name and its last value, for a panel of this width.
    fn title(self, sheet: &Sheet<'_>, panel: &Line, width: f64) -> Title {
        let value = last_known(&panel.values, self.periods).map_or_else(
            || sheet.language.text("axis.no_data"),
            |last| value_with_period(sheet.language, self.scale, last, self.periods),
        );
        let value = sheet.fonts.shorten(&value, theme::LABEL, width * 0.7);
        let room = width - sheet.fonts.width(&value, theme::LABEL) - GAP;
        Title {
            lines: sheet
                .fonts
                .wrap(&clean(&panel.name), theme::LABEL_STRONG, room, 3),
            value,
        }
    }

    /// The first and the last period below a panel.
    fn ends_of_time(self, sheet: &mut Sheet<'_>, plot: Frame) {
        let (face, ink) = (theme::SMALL, Ink::Muted);
        let y = plot.bottom + 6.0 + ASCENT * face.size;
        let language = sheet.language;
        let name = |label: &String| PeriodName::of(language, &clean(label)).whole(language);
        let most = (plot.right - plot.left - GAP) / 2.0;
        if let Some(first) = self.periods.first() {
            let text = sheet.fonts.shorten(&name(first), face, most);
            sheet.scene.text(Label {
                text,
                x: plot.left,
                y,
                align: Align::Left,
                face,
                ink,
            });
        }
        if let [_, .., last] = self.periods {
            let text = sheet.fonts.shorten(&name(last), face, most);
            sheet.scene.text(Label {
                text,
                x: plot.right,
                y,
                align: Align::Right,
                face,
                ink,
            });
        }
    }
}
