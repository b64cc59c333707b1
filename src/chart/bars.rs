//! Parts of a whole as horizontal bars, one per member.

use super::axis::ValueAxis;
use super::legend::Sample;
use super::parts::{GAP, Room, Sheet, known};
use super::scene::{Align, Frame};
use super::stack::pairs;
use super::text::clean;
use super::theme::{self, Ink, Pair};
use super::{Part, StackedBars};

/// The thickness of a bar.
const BAR: f64 = 20.0;
/// From the bottom of one bar to the top of the next.
const BETWEEN: f64 = 9.0;

/// A bar before it has its place.
struct Row {
    name: Vec<String>,
    label: Vec<String>,
    /// Which part, from where to where.
    slices: Vec<(usize, f64, f64)>,
}

impl Row {
    fn height(&self) -> f64 {
        let lines = self.name.len().max(self.label.len()) as f64;
        BAR.max(lines * theme::LABEL.line_height())
    }

    fn end(&self) -> f64 {
        self.slices.last().map_or(0.0, |&(_, _, to)| to)
    }
}

impl StackedBars {
    /// Lays the bars out; yields their bottom.
    pub(super) fn layout(&self, sheet: &mut Sheet<'_>, room: Room) -> f64 {
        if self.bars.is_empty() || self.parts.is_empty() {
            return sheet.nothing(room);
        }
        let face = theme::LABEL;
        let rows = self.rows(sheet, room);
        let pairs = pairs(&self.parts);
        let drawn = self
            .parts
            .iter()
            .zip(&pairs)
            .map(|(part, pair)| (Sample::Field(pair.mark), clean(&part.name)));
        let mut top = sheet.legend(&drawn.collect::<Vec<_>>(), room) + 8.0;
        let width = |lines: &mut dyn Iterator<Item = &String>| {
            let widths = lines.map(|line| sheet.fonts.width(line, face));
            widths.fold(0.0, f64::max).ceil()
        };
        let names = width(&mut rows.iter().flat_map(|row| &row.name));
        let labels = width(&mut rows.iter().flat_map(|row| &row.label));
        let axis = ValueAxis::enclosing(
            sheet.language,
            self.scale,
            rows.iter().map(Row::end).chain([0.0]),
        );
        let (left, right) = (room.left + names + GAP + 2.0, room.right - labels - GAP);
        let first = top;
        for (at, row) in rows.iter().enumerate() {
            let middle = top + row.height() / 2.0;
            let beside = (left - GAP - 2.0, middle);
            sheet.block(&row.name, beside, Align::Right, (face, Ink::Text));
            let frame = Frame {
                left,
                top: middle - BAR / 2.0,
                right,
                bottom: middle + BAR / 2.0,
            };
            draw_bar(sheet, row, (frame, axis.high), &pairs);
            self.spot(sheet, at, frame);
            top += row.height() + BETWEEN;
        }
        let zero = left.floor() + 0.5;
        let line = vec![(zero, first - 4.0), (zero, top - BETWEEN + 4.0)];
        sheet.scene.line(line, Ink::Axis, 1.0);
        top - BETWEEN + 6.0
    }

    /// Every part of a bar in words.
    fn spot(&self, sheet: &mut Sheet<'_>, at: usize, frame: Frame) {
        let Some((name, _)) = self.bars.get(at) else {
            return;
        };
        let value = |part: &Part| part.values.get(at).copied().flatten();
        let parts = self.parts.iter();
        let values: Vec<String> = parts
            .filter_map(|part| sheet.reading(&part.name, (self.scale, value(part))))
            .collect();
        sheet.spot(frame, name, &values);
    }

    fn rows(&self, sheet: &Sheet<'_>, room: Room) -> Vec<Row> {
        let face = theme::LABEL;
        let share = if room.is_narrow() { 0.34 } else { 0.3 };
        let row = |(at, (name, label)): (usize, &(String, String))| {
            let mut base = 0.0;
            let mut slices = Vec::new();
            for (part, values) in self.parts.iter().enumerate() {
                let value = known(values.values.get(at).copied().flatten());
                if let Some(value) = value.filter(|value| *value > 0.0) {
                    slices.push((part, base, base + value));
                    base += value;
                }
            }
            Row {
                name: sheet
                    .fonts
                    .wrap(&clean(name), face, room.width() * share, 2),
                label: sheet
                    .fonts
                    .wrap(&clean(label), face, room.width() * 0.25, 2),
                slices,
            }
        };
        self.bars.iter().enumerate().map(row).collect()
    }
}

fn draw_bar(sheet: &mut Sheet<'_>, row: &Row, (frame, whole): (Frame, f64), pairs: &[Pair]) {
    let x = |value: f64| frame.left + value / whole * (frame.right - frame.left);
    for &(part, from, to) in &row.slices {
        let Some(pair) = pairs.get(part) else {
            continue;
        };
        // A hairline of paper keeps neighbours apart without relying on colour.
        let hairline = if x(to) - x(from) > 3.0 && from > 0.0 {
            1.0
        } else {
            0.0
        };
        let slice = Frame {
            left: x(from) + hairline,
            right: x(to),
            ..frame
        };
        sheet.scene.rect(slice, pair.mark);
    }
    let mut end = x(row.end());
    if row.slices.is_empty() {
        end = frame.left + 26.0;
        let hatching = Frame {
            left: frame.left + 4.0,
            right: end,
            top: frame.top + 3.0,
            bottom: frame.bottom - 3.0,
        };
        sheet.scene.hatch(hatching);
    }
    let at = (end + GAP, f64::midpoint(frame.top, frame.bottom));
    let style = (theme::LABEL, Ink::Text);
    sheet.block(&row.label, at, Align::Left, style);
}
