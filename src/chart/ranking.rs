//! Horizontal bars from zero, with interval whiskers and a reference line.

use super::parts::{GAP, Room, Sheet, known};
use super::scene::{Align, Frame, Label};
use super::text::{ASCENT, clean};
use super::theme::{self, Ink};
use super::{Bar, Scale};

/// The thickness of a bar.
const BAR: f64 = 20.0;
/// From the bottom of one bar to the top of the next.
const BETWEEN: f64 = 9.0;
/// The width of the hatching that stands for a value that is not shown.
const HATCH: f64 = 26.0;

/// A ranking, borrowed from its spec.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ranking<'a> {
    pub(super) scale: Scale,
    pub(super) bars: &'a [Bar],
    pub(super) reference: Option<&'a (f64, String)>,
}

/// A bar that has its place.
struct Row {
    /// The name, wrapped.
    name: Vec<String>,
    /// What is written at the end of the bar.
    label: String,
    /// The height of the middle of the bar.
    middle: f64,
    value: Option<f64>,
    interval: Option<(f64, f64)>,
    target: Option<f64>,
}

impl Row {
    fn of(bar: &Bar, name: Vec<String>) -> Self {
        let value = known(bar.value);
        let interval = bar
            .interval
            .filter(|_| value.is_some())
            .and_then(|(low, high)| Some((known(Some(low))?, known(Some(high))?)))
            .map(|(low, high)| (low.min(high), low.max(high)));
        Self {
            name,
            label: clean(&bar.label),
            middle: 0.0,
            value,
            interval,
            target: known(bar.target).filter(|_| value.is_some()),
        }
    }

    fn height(&self) -> f64 {
        BAR.max(self.name.len() as f64 * theme::LABEL.line_height())
    }

    fn is_negative(&self) -> bool {
        self.value.is_some_and(|value| value < 0.0)
    }

    /// The lowest and the highest value that are drawn: the bar from zero, its whisker, its target.
    fn extent(&self) -> (f64, f64) {
        let value = self.value.unwrap_or(0.0);
        let (low, high) = self.interval.unwrap_or((value, value));
        let target = self.target.unwrap_or(0.0);
        (
            value.min(low).min(target).min(0.0),
            value.max(high).max(target).max(0.0),
        )
    }

    /// What stands between the zero line and the label of a bar without a value.
    fn hatching(&self) -> f64 {
        if self.value.is_none() { HATCH } else { 0.0 }
    }

    /// The room that the label takes beyond the bar and its whisker.
    fn label_room(&self, sheet: &Sheet<'_>) -> f64 {
        self.hatching() + sheet.fonts.width(&self.label, theme::LABEL) + 2.0 * GAP
    }
}

/// Values to pixels.
#[derive(Clone, Copy, Debug)]
struct Ruler {
    zero: f64,
    per_unit: f64,
}

impl Ruler {
    fn x(self, value: f64) -> f64 {
        self.zero + value * self.per_unit
    }
}

impl Ranking<'_> {
    /// Lays the bars out; yields their bottom.
    pub(super) fn layout(self, sheet: &mut Sheet<'_>, room: Room) -> f64 {
        if self.bars.is_empty() {
            return sheet.nothing(room);
        }
        let face = theme::LABEL;
        let reference = self
            .reference
            .filter(|(value, _)| known(Some(*value)).is_some());
        let mut rows = self.rows(sheet, room);
        let names = rows.iter().flat_map(|row| &row.name);
        let names_width = names
            .map(|line| sheet.fonts.width(line, face))
            .fold(0.0, f64::max);
        let left = room.left + names_width.ceil() + GAP + 2.0;
        Self::shorten_labels(sheet, &mut rows, room.right - left);
        let reference_value = reference.map(|&(value, _)| value);
        let ruler = Self::ruler(sheet, &rows, reference_value, (left, room.right));

        let top = room.top + 8.0 + if reference.is_some() { 22.0 } else { 0.0 };
        let mut y = top;
        for row in &mut rows {
            row.middle = y + row.height() / 2.0;
            y += row.height() + BETWEEN;
        }
        let bottom = y - BETWEEN;
        for row in &rows {
            let at = (left - GAP - 2.0, row.middle);
            sheet.block(&row.name, at, Align::Right, (face, Ink::Text));
            Self::draw_bar(sheet, row, ruler);
        }
        let zero = ruler.zero.floor() + 0.5;
        sheet.scene.line(
            vec![(zero, top - 5.0), (zero, bottom + 5.0)],
            Ink::Axis,
            1.0,
        );
        if let Some((value, text)) = reference {
            Self::draw_reference(sheet, (ruler.x(*value), text), (room, top, bottom));
        }
        for (bar, row) in self.bars.iter().zip(&rows) {
            let half = f64::midpoint(row.height(), BETWEEN);
            let frame = Frame {
                left: room.left,
                right: room.right,
                top: row.middle - half,
                bottom: row.middle + half,
            };
            sheet.bar_spot(bar, self.scale, frame);
        }
        // Labels come last: a reference line is interrupted by them.
        for row in &rows {
            Self::draw_label(sheet, row, ruler);
        }
        bottom + 6.0
    }

    /// The bars with their names wrapped, not yet placed.
    fn rows(self, sheet: &Sheet<'_>, room: Room) -> Vec<Row> {
        let most = room.width() * if room.is_narrow() { 0.36 } else { 0.32 };
        let name = |bar: &Bar| sheet.fonts.wrap(&clean(&bar.name), theme::LABEL, most, 3);
        self.bars
            .iter()
            .map(|bar| Row::of(bar, name(bar)))
            .collect()
    }

    /// Cuts labels so that a part of the width is left for the bars.
    fn shorten_labels(sheet: &Sheet<'_>, rows: &mut [Row], width: f64) {
        let both_sides = rows.iter().any(Row::is_negative);
        for row in rows {
            let share = match row.value {
                // Without a bar there is nothing to leave room for.
                None if !both_sides => 1.0,
                _ if both_sides => 0.4,
                _ => 0.8,
            };
            let most = width * share - 2.0 * GAP - row.hatching();
            row.label = sheet.fonts.shorten(&row.label, theme::LABEL, most);
        }
    }

    /// The longest scale at which every bar, whisker and label ends inside.
    fn ruler(
        sheet: &Sheet<'_>,
        rows: &[Row],
        reference: Option<f64>,
        (left, right): (f64, f64),
    ) -> Ruler {
        // Labels of negative bars stand at the left.
        let negative = rows.iter().filter(|row| row.is_negative());
        let before = negative
            .map(|row| row.label_room(sheet))
            .fold(0.0, f64::max);
        let extents = || rows.iter().map(Row::extent);
        let low = extents()
            .map(|(low, _)| low)
            .chain(reference)
            .fold(0.0, f64::min);
        let high = extents()
            .map(|(_, high)| high)
            .chain(reference)
            .fold(0.0, f64::max);
        let room = right - left - before;
        let per_unit = rows
            .iter()
            .filter(|row| !row.is_negative())
            .map(|row| (room - row.label_room(sheet)) / (row.extent().1 - low))
            .chain([(room - GAP) / (high - low)])
            .fold(f64::INFINITY, f64::min);
        // Where all bars are zero, any scale will do.
        let per_unit = if per_unit.is_finite() { per_unit } else { 1.0 };
        Ruler {
            zero: left + before - low * per_unit,
            per_unit,
        }
    }

    fn draw_bar(sheet: &mut Sheet<'_>, row: &Row, ruler: Ruler) {
        let middle = row.middle;
        let (top, bottom) = (middle - BAR / 2.0, middle + BAR / 2.0);
        let Some(value) = row.value else {
            let frame = Frame {
                left: ruler.zero + 4.0,
                top: top + 3.0,
                right: ruler.zero + HATCH,
                bottom: bottom - 3.0,
            };
            sheet.scene.hatch(frame);
            return;
        };
        let (from, to) = (ruler.zero, ruler.x(value));
        let frame = Frame {
            left: from.min(to),
            top,
            right: from.max(to),
            bottom,
        };
        sheet.scene.rect(frame, Ink::Bar);
        if let Some(target) = row.target {
            let x = ruler.x(target);
            let tick = vec![(x, top - 3.0), (x, bottom + 3.0)];
            sheet.scene.line(tick, Ink::Text, 2.5);
        }
        let Some((low, high)) = row.interval else {
            return;
        };
        let (low, high) = (ruler.x(low), ruler.x(high));
        sheet
            .scene
            .line(vec![(low, middle), (high, middle)], Ink::Text, 1.3);
        for x in [low, high] {
            sheet
                .scene
                .line(vec![(x, middle - 4.0), (x, middle + 4.0)], Ink::Text, 1.3);
        }
    }

    fn draw_label(sheet: &mut Sheet<'_>, row: &Row, ruler: Ruler) {
        let (low, high) = row.extent();
        let (x, align) = if row.is_negative() {
            (ruler.x(low) - GAP, Align::Right)
        } else {
            (ruler.x(high) + row.hatching() + GAP, Align::Left)
        };
        let ink = if row.value.is_some() {
            Ink::Text
        } else {
            Ink::Muted
        };
        let (text, y, face) = (row.label.clone(), row.middle, theme::LABEL);
        if text.is_empty() {
            return;
        }
        let mut frame = Label {
            text,
            x,
            y,
            align,
            face,
            ink,
        }
        .frame(sheet.fonts);
        (frame.left, frame.right) = (frame.left - 3.0, frame.right + 3.0);
        (frame.top, frame.bottom) = (y - BAR / 2.0, y + BAR / 2.0);
        sheet.scene.rect(frame, Ink::Paper);
        sheet.block(std::slice::from_ref(&row.label), (x, y), align, (face, ink));
    }

    fn draw_reference(
        sheet: &mut Sheet<'_>,
        (x, text): (f64, &str),
        (room, top, bottom): (Room, f64, f64),
    ) {
        let face = theme::SMALL;
        let x = x.floor() + 0.5;
        sheet
            .scene
            .line(vec![(x, top - 6.0), (x, bottom + 5.0)], Ink::Text, 1.0);
        let text = sheet.fonts.shorten(&clean(text), face, room.width());
        let half = sheet.fonts.width(&text, face) / 2.0;
        let x = x.max(room.left + half).min(room.right - half);
        let y = room.top + 4.0 + ASCENT * face.size;
        sheet.scene.text(Label {
            text,
            x,
            y,
            align: Align::Centre,
            face,
            ink: Ink::Text,
        });
    }
}
