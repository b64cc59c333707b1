//! Horizontal bars from zero, with interval whiskers and a reference line.

use super::Bar;
use super::parts::{GAP, Room, Sheet, known};
use super::scene::{Align, Frame, Label};
use super::text::{ASCENT, clean};
use super::theme::{self, Ink};

/// The thickness of a bar.
const BAR: f64 = 20.0;
/// From the bottom of one bar to the top of the next.
const BETWEEN: f64 = 9.0;

/// A ranking, borrowed from its spec.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ranking<'a> {
    pub(super) bars: &'a [Bar],
    pub(super) reference: Option<&'a (f64, String)>,
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

/// The lowest and the highest value that a bar draws: the bar itself from zero, and its whisker.
fn extent(bar: &Bar) -> Option<(f64, f64)> {
    let value = known(bar.value)?;
    let (low, high) = interval(bar).unwrap_or((value, value));
    Some((value.min(low).min(0.0), value.max(high).max(0.0)))
}

fn interval(bar: &Bar) -> Option<(f64, f64)> {
    let (low, high) = bar.interval?;
    let (low, high) = (known(Some(low))?, known(Some(high))?);
    Some((low.min(high), low.max(high)))
}

impl Ranking<'_> {
    /// Lays the bars out; yields their bottom.
    pub(super) fn layout(self, sheet: &mut Sheet<'_>, room: Room) -> f64 {
        if self.bars.is_empty() {
            return sheet.nothing(room);
        }
        let face = theme::LABEL;
        let most = room.width() * if room.is_narrow() { 0.36 } else { 0.32 };
        let names: Vec<Vec<String>> = self
            .bars
            .iter()
            .map(|bar| sheet.fonts.wrap(&clean(&bar.name), face, most, 2))
            .collect();
        let names_width = names
            .iter()
            .flatten()
            .map(|line| sheet.fonts.width(line, face))
            .fold(0.0, f64::max)
            .ceil();
        let labels: Vec<String> = self
            .bars
            .iter()
            .map(|bar| sheet.fonts.shorten(&clean(&bar.label), face, most))
            .collect();
        let left = room.left + names_width + GAP + 2.0;
        let ruler = self.ruler(sheet, &labels, (left, room.right));

        let reference = self
            .reference
            .filter(|(value, _)| known(Some(*value)).is_some());
        let top = room.top + 8.0 + if reference.is_some() { 22.0 } else { 0.0 };
        let mut tops = Vec::new();
        let mut y = top;
        for name in &names {
            tops.push(y);
            y += BAR.max(name.len() as f64 * face.line_height()) + BETWEEN;
        }
        let bottom = y - BETWEEN;
        for (bar, (top, name)) in self.bars.iter().zip(tops.iter().zip(&names)) {
            let middle = top + BAR.max(name.len() as f64 * face.line_height()) / 2.0;
            let at = (left - GAP - 2.0, middle);
            sheet.block(name, at, Align::Right, (face, Ink::Text));
            Self::draw_bar(sheet, bar, middle, ruler);
        }
        let zero = (ruler.zero.floor() + 0.5, top - 5.0, bottom + 5.0);
        sheet
            .scene
            .line(vec![(zero.0, zero.1), (zero.0, zero.2)], Ink::Axis, 1.0);
        if let Some((value, text)) = reference {
            Self::draw_reference(sheet, (ruler.x(*value), text), (room, top, bottom));
        }
        // Labels come last: a reference line ends where a label begins.
        for ((bar, label), (top, name)) in self.bars.iter().zip(labels).zip(tops.iter().zip(&names))
        {
            let middle = top + BAR.max(name.len() as f64 * face.line_height()) / 2.0;
            Self::draw_label(sheet, bar, label, (middle, ruler));
        }
        bottom + 6.0
    }

    /// The longest scale at which every bar, whisker and label ends inside.
    fn ruler(self, sheet: &Sheet<'_>, labels: &[String], (left, right): (f64, f64)) -> Ruler {
        let width = |label: &String| sheet.fonts.width(label, theme::LABEL) + 2.0 * GAP;
        let reference = self.reference.and_then(|&(value, _)| known(Some(value)));
        let negative = |bar: &Bar| known(bar.value).is_some_and(|value| value < 0.0);
        // Labels of negative bars stand at the left.
        let before = self
            .bars
            .iter()
            .zip(labels)
            .filter(|(bar, _)| negative(bar));
        let before = before.map(|(_, label)| width(label)).fold(0.0, f64::max);
        let extents = || self.bars.iter().filter_map(extent);
        let low = extents()
            .map(|(low, _)| low)
            .chain(reference)
            .fold(0.0, f64::min);
        let high = extents()
            .map(|(_, high)| high)
            .chain(reference)
            .fold(0.0, f64::max);
        let room = (right - left - before).max(40.0);
        let after = self
            .bars
            .iter()
            .zip(labels)
            .filter(|(bar, _)| !negative(bar));
        let per_unit = after
            .map(|(bar, label)| {
                let end = extent(bar).map_or(0.0, |(_, high)| high);
                (room - width(label)).max(20.0) / (end - low)
            })
            .chain([(room - GAP) / (high - low)])
            .fold(f64::INFINITY, f64::min);
        let per_unit = if per_unit.is_finite() { per_unit } else { 1.0 };
        Ruler {
            zero: left + before - low * per_unit,
            per_unit,
        }
    }

    fn draw_bar(sheet: &mut Sheet<'_>, bar: &Bar, middle: f64, ruler: Ruler) {
        let Some(value) = known(bar.value) else {
            return;
        };
        let (from, to) = (ruler.zero, ruler.x(value));
        let (top, bottom) = (middle - BAR / 2.0, middle + BAR / 2.0);
        let frame = Frame {
            left: from.min(to),
            top,
            right: from.max(to),
            bottom,
        };
        sheet.scene.rect(frame, Ink::Bar);
        if let Some((low, high)) = interval(bar) {
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
    }

    fn draw_label(sheet: &mut Sheet<'_>, bar: &Bar, text: String, (middle, ruler): (f64, Ruler)) {
        let negative = known(bar.value).is_some_and(|value| value < 0.0);
        let (low, high) = extent(bar).unwrap_or((0.0, 0.0));
        let ink = if known(bar.value).is_some() {
            Ink::Text
        } else {
            Ink::Muted
        };
        let (x, align) = if negative {
            (ruler.x(low) - GAP, Align::Right)
        } else {
            (ruler.x(high) + GAP, Align::Left)
        };
        let face = theme::LABEL;
        let label = Label {
            text,
            x,
            y: middle,
            align,
            face,
            ink,
        };
        let mut frame = label.frame(sheet.fonts);
        (frame.left, frame.right) = (frame.left - 3.0, frame.right + 3.0);
        (frame.top, frame.bottom) = (middle - BAR / 2.0, middle + BAR / 2.0);
        sheet.scene.rect(frame, Ink::Paper);
        sheet.block(&[label.text], (x, middle), align, (face, ink));
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
