//! What several kinds of chart are made of: grid, axis of periods, labels at the end of marks.

use super::Scale;
use super::axis::{PeriodName, ValueAxis, thin_periods, value_text};
use super::scene::{Align, Frame, Label, Scene};
use super::text::{ASCENT, DESCENT, Face, Fonts, Wish, clean, spread};
use super::theme::{self, Ink};
use crate::language::Language;

/// A drawing in the making, with what is needed to measure its text.
#[derive(Debug)]
pub(super) struct Sheet<'a> {
    pub(super) scene: Scene,
    pub(super) fonts: &'a Fonts,
    /// Of axes and notes.
    pub(super) language: &'a Language,
}

/// The part of a sheet that a plot may use; how far down it reaches is the plot's choice.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) top: f64,
}

impl Room {
    /// Its width.
    pub(super) fn width(self) -> f64 {
        self.right - self.left
    }

    /// Whether it is a phone's.
    pub(super) fn is_narrow(self) -> bool {
        self.width() < 560.0
    }

    /// The usual height of a plot.
    pub(super) fn plot_height(self) -> f64 {
        if self.is_narrow() { 240.0 } else { 310.0 }
    }

    /// The most that labels right of a plot may take.
    pub(super) fn label_width(self) -> f64 {
        if self.is_narrow() {
            0.3 * self.width()
        } else {
            215.0
        }
    }
}

/// Room between ticks and grid, and between marks and labels.
pub(super) const GAP: f64 = 8.0;
/// Between a plot and its labels where leader lines must fan out.
pub(super) const WIDE_GUTTER: f64 = 28.0;
/// Between a plot and its labels elsewhere.
pub(super) const GUTTER: f64 = 12.0;

/// A value that can be drawn: a number, and not so large that axis arithmetic would overflow.
pub(super) fn known(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.abs() < 1e60)
}

/// Values that can be drawn: at each place a number, or a gap.
pub(super) fn drawable(values: &[Option<f64>]) -> impl Iterator<Item = Option<f64>> {
    values.iter().map(|&value| known(value))
}

/// The unbroken stretches of a series, as (place, value).
pub(super) fn runs(values: impl IntoIterator<Item = Option<f64>>) -> Vec<Vec<(usize, f64)>> {
    let mut runs = Vec::new();
    let mut run = Vec::new();
    for (place, value) in values.into_iter().enumerate() {
        match value {
            Some(value) => run.push((place, value)),
            None if run.is_empty() => {}
            None => runs.push(std::mem::take(&mut run)),
        }
    }
    if !run.is_empty() {
        runs.push(run);
    }
    runs
}

/// The last period that has a value, and the value.
pub(super) fn last_known(values: &[Option<f64>], periods: &[String]) -> Option<(usize, f64)> {
    let places = drawable(values).take(periods.len()).enumerate();
    places
        .filter_map(|(place, value)| Some((place, value?)))
        .last()
}

/// A value as text, with its period where that is not the last: an old value must not be taken
/// for the newest.
pub(super) fn value_with_period(
    language: &Language,
    scale: Scale,
    (place, value): (usize, f64),
    periods: &[String],
) -> String {
    let text = value_text(language, scale, value);
    match periods.get(place) {
        Some(period) if place + 1 < periods.len() => {
            let period = PeriodName::of(language, &clean(period))
                .whole(language)
                .replace(' ', "\u{a0}");
            language.fill("axis.old_value", &[("value", &text), ("period", &period)])
        }
        _ => text,
    }
}

/// Where `count` points stand side by side: the first and last a little inside, one in the middle.
pub(super) fn places(count: usize, left: f64, right: f64) -> Vec<f64> {
    let inset = 6.0_f64.min((right - left) / 4.0);
    let gaps = count.saturating_sub(1);
    let step = (right - left - 2.0 * inset) / gaps.max(1) as f64;
    let first = if gaps == 0 {
        f64::midpoint(left, right)
    } else {
        left + inset
    };
    (0..count).map(|at| first + at as f64 * step).collect()
}

/// A line of a label beside a mark.
#[derive(Clone, Debug)]
pub(super) struct EndLabel {
    pub(super) lines: Vec<String>,
    pub(super) face: Face,
    pub(super) ink: Ink,
    /// The end of the mark it belongs to; the label stands right of it, at its height if it can.
    pub(super) mark: (f64, f64),
}

impl EndLabel {
    /// The height it takes, with a little air.
    fn height(&self) -> f64 {
        self.lines.len() as f64 * self.face.line_height() + 2.0
    }
}

impl Sheet<'_> {
    /// Name and value in one line where they fit into `width`, else below each other.
    pub(super) fn name_and_value(
        &self,
        (name, value): (&str, &str),
        face: Face,
        width: f64,
    ) -> Vec<String> {
        let name = clean(name);
        let joined = format!("{name} {value}");
        if self.fonts.width(&joined, face) <= width {
            return vec![joined.trim().to_owned()];
        }
        let mut lines = self.fonts.wrap(&name, face, width, 2);
        lines.extend(self.fonts.wrap(value, face, width, 2));
        lines
    }

    /// The width of the widest line of these labels, rounded up; 0 without labels.
    pub(super) fn widest(&self, labels: &[EndLabel]) -> f64 {
        labels
            .iter()
            .flat_map(|label| {
                label
                    .lines
                    .iter()
                    .map(|line| self.fonts.width(line, label.face))
            })
            .fold(0.0, f64::max)
            .ceil()
    }

    /// The height that these labels take below each other.
    pub(super) fn stacked_height(labels: &[EndLabel]) -> f64 {
        labels.iter().map(EndLabel::height).sum()
    }

    /// Writes labels in a column that begins at `x`, each as near to the end of its mark as the
    /// others let it, within `top..bottom`. A label that had to move gets a leader line.
    pub(super) fn end_labels(&mut self, labels: &[EndLabel], x: f64, (top, bottom): (f64, f64)) {
        let wishes: Vec<Wish> = labels
            .iter()
            .map(|label| Wish {
                at: label.mark.1,
                height: label.height(),
            })
            .collect();
        for (label, centre) in labels.iter().zip(spread(&wishes, top, bottom)) {
            if (centre - label.mark.1).abs() > 5.0 {
                let turn = x - 5.0;
                let elbow = (label.mark.0 + 5.0).min(turn - 3.0);
                let points = vec![
                    (elbow, label.mark.1),
                    (turn - 2.0, centre),
                    (turn + 2.0, centre),
                ];
                self.scene.line(points, label.ink, 0.8);
            }
            self.block(
                &label.lines,
                (x, centre),
                Align::Left,
                (label.face, label.ink),
            );
        }
    }

    /// Writes lines below each other, centred at a height.
    pub(super) fn block(
        &mut self,
        lines: &[String],
        (x, centre): (f64, f64),
        align: Align,
        (face, ink): (Face, Ink),
    ) {
        let pitch = face.line_height();
        let first = centre - pitch * (lines.len() as f64 - 1.0) / 2.0;
        // Capitals and figures look centred when their middle is.
        let drop = (ASCENT - DESCENT) / 2.0 * face.size + 0.08 * face.size;
        for (at, line) in lines.iter().enumerate() {
            let y = first + at as f64 * pitch + drop;
            self.scene.text(Label {
                text: line.clone(),
                x,
                y,
                align,
                face,
                ink,
            });
        }
    }

    /// The width that the ticks of an axis take at its left.
    pub(super) fn tick_width(&self, axis: &ValueAxis) -> f64 {
        let widths = axis
            .ticks
            .iter()
            .map(|(_, text)| self.fonts.width(text, theme::SMALL));
        widths.fold(0.0, f64::max).ceil() + GAP
    }

    /// Grid lines with their ticks at the left; the zero line is darker.
    pub(super) fn value_grid(&mut self, axis: &ValueAxis, plot: Frame) {
        self.grid_lines(axis, plot);
        self.tick_labels(axis, plot);
    }

    /// Grid lines alone.
    pub(super) fn grid_lines(&mut self, axis: &ValueAxis, plot: Frame) {
        for (value, _) in &axis.ticks {
            let y = plot.bottom - axis.position(*value) * (plot.bottom - plot.top);
            let ink = if value.abs() < f64::EPSILON {
                Ink::Axis
            } else {
                Ink::Grid
            };
            self.scene.level((plot.left, plot.right), y, ink);
        }
    }

    /// Ticks alone, left of the plot.
    pub(super) fn tick_labels(&mut self, axis: &ValueAxis, plot: Frame) {
        for (value, text) in &axis.ticks {
            let y = plot.bottom - axis.position(*value) * (plot.bottom - plot.top);
            let at = (plot.left - GAP, y);
            self.block(
                std::slice::from_ref(text),
                at,
                Align::Right,
                (theme::SMALL, Ink::Muted),
            );
        }
    }

    /// The note of an axis above its grid; yields the top of what may come below.
    pub(super) fn axis_note(&mut self, axis: &ValueAxis, room: Room) -> f64 {
        if axis.note.is_empty() {
            return room.top + 10.0;
        }
        let face = theme::SMALL;
        let mut note = axis.note.chars();
        let note: String = note
            .next()
            .into_iter()
            .flat_map(char::to_uppercase)
            .chain(note)
            .collect();
        let text = self.fonts.shorten(&note, face, room.width());
        let y = room.top + ASCENT * face.size;
        let (x, align, ink) = (room.left, Align::Left, Ink::Muted);
        self.scene.text(Label {
            text,
            x,
            y,
            align,
            face,
            ink,
        });
        room.top + face.line_height() + 10.0
    }

    /// The names of periods below a plot, as many as fit, with the year beneath the first of each
    /// year. Yields the bottom of what it wrote.
    pub(super) fn period_axis(&mut self, periods: &[String], xs: &[f64], plot: Frame) -> f64 {
        let face = theme::SMALL;
        let names: Vec<PeriodName> = periods
            .iter()
            .map(|label| PeriodName::of(self.language, &clean(label)))
            .collect();
        let widest = names
            .iter()
            .flat_map(|name| [Some(&name.name), name.year.as_ref()])
            .flatten()
            .map(|text| self.fonts.width(text, face))
            .fold(0.0, f64::max);
        let pitch = match xs {
            [first, .., last] => (last - first) / (xs.len() - 1) as f64,
            _ => f64::INFINITY,
        };
        let (upper, lower) = (plot.bottom + 18.0, plot.bottom + 18.0 + face.line_height());
        let mut year_shown: Option<&str> = None;
        let mut bottom = upper;
        for at in thin_periods(&names, (widest + 12.0) / pitch) {
            let (Some(name), Some(&x)) = (names.get(at), xs.get(at)) else {
                continue;
            };
            self.centred(&name.name, (x, upper), Ink::Muted);
            let year = name.year.as_deref();
            if year.is_some() && year != year_shown {
                self.centred(year.unwrap_or_default(), (x, lower), Ink::Muted);
                bottom = lower;
            }
            year_shown = year;
        }
        bottom + DESCENT * face.size
    }

    /// A line of words from data at the top left of a room; yields its bottom.
    pub(super) fn caption(&mut self, words: &str, room: Room, (face, ink): (Face, Ink)) -> f64 {
        let text = self.fonts.shorten(&clean(words), face, room.width());
        self.scene.text(Label {
            text,
            x: room.left,
            y: room.top + ASCENT * face.size,
            align: Align::Left,
            face,
            ink,
        });
        room.top + face.line_height()
    }

    /// Small text centred at a point, kept inside the sheet.
    pub(super) fn centred(&mut self, text: &str, (x, y): (f64, f64), ink: Ink) {
        let face = theme::SMALL;
        let text = self.fonts.shorten(text, face, self.scene.width - 2.0 * GAP);
        let half = self.fonts.width(&text, face) / 2.0;
        let x = x.max(GAP + half).min(self.scene.width - GAP - half);
        self.scene.text(Label {
            text,
            x,
            y,
            align: Align::Centre,
            face,
            ink,
        });
    }

    /// A sentence in the place of a plot that has nothing to show. Yields its bottom.
    pub(super) fn nothing(&mut self, room: Room) -> f64 {
        let (middle, y) = (f64::midpoint(room.left, room.right), room.top + 60.0);
        let text = self.language.text("axis.nothing");
        let lines = self.fonts.wrap(&text, theme::SUBTITLE, room.width(), 3);
        self.block(
            &lines,
            (middle, y),
            Align::Centre,
            (theme::SUBTITLE, Ink::Muted),
        );
        room.top + 120.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_breaks_at_gaps() {
        let values = [None, Some(1.0), Some(2.0), None, Some(f64::NAN), Some(3.0)];
        assert_eq!(
            runs(drawable(&values)),
            [vec![(1, 1.0), (2, 2.0)], vec![(5, 3.0)]]
        );
        assert!(runs(drawable(&[None, None])).is_empty());
    }

    #[test]
    fn an_old_value_names_its_period() {
        let periods = ["2025-01", "2025-02", "2025-03"].map(str::to_owned);
        let text = |values: &[Option<f64>]| {
            value_with_period(
                &Language::built_in("en").unwrap(),
                Scale::Count,
                last_known(values, &periods).unwrap(),
                &periods,
            )
        };
        assert_eq!(text(&[Some(1.0), Some(2.0), None]), "2 (Feb\u{a0}2025)");
        assert_eq!(text(&[None, None, Some(3.0), Some(4.0)]), "3");
    }

    #[test]
    fn one_point_stands_in_the_middle_and_many_from_end_to_end() {
        assert_eq!(places(1, 0.0, 100.0), [50.0]);
        assert_eq!(places(3, 0.0, 100.0), [6.0, 50.0, 94.0]);
        assert!(places(0, 0.0, 100.0).is_empty());
    }
}
