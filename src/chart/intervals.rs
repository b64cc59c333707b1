//! Points with intervals, against a reference with an interval.

use super::axis::ValueAxis;
use super::parts::{GAP, Room, Sheet, known};
use super::scene::{Align, Frame, Label};
use super::text::{ASCENT, clean};
use super::theme::{self, Ink};
use super::{Bar, Intervals};

/// The least height of a row.
const ROW: f64 = 32.0;
/// The radius of a point.
const RADIUS: f64 = 5.0;

/// An interval in order, if it can be drawn.
fn interval(bar: &Bar) -> Option<(f64, f64)> {
    let (low, high) = bar.interval.filter(|_| known(bar.value).is_some())?;
    let (low, high) = (known(Some(low))?, known(Some(high))?);
    Some((low.min(high), low.max(high)))
}

impl Intervals {
    /// Lays the points out; yields their bottom.
    pub(super) fn layout(&self, sheet: &mut Sheet<'_>, room: Room) -> f64 {
        let reference = self
            .reference
            .as_ref()
            .filter(|one| known(one.value).is_some());
        let bars = || self.points.iter().chain(reference);
        let drawn: Vec<f64> = bars()
            .flat_map(|bar| {
                let (low, high) = interval(bar).unzip();
                [known(bar.value), low, high].into_iter().flatten()
            })
            .collect();
        if self.points.is_empty() {
            return sheet.nothing(room);
        }
        let face = theme::LABEL;
        let share = if room.is_narrow() { 0.32 } else { 0.3 };
        let wrap =
            |text: &str, part: f64| sheet.fonts.wrap(&clean(text), face, room.width() * part, 3);
        let rows: Vec<(Vec<String>, Vec<String>)> = self
            .points
            .iter()
            .map(|bar| (wrap(&bar.name, share), wrap(&bar.label, share)))
            .collect();
        let width = |lines: &mut dyn Iterator<Item = &String>| {
            let widths = lines.map(|line| sheet.fonts.width(line, face));
            widths.fold(0.0, f64::max).ceil()
        };
        let names = width(&mut rows.iter().flat_map(|(name, _)| name));
        let labels = width(&mut rows.iter().flat_map(|(_, label)| label));
        let axis = ValueAxis::enclosing(sheet.language, self.scale, drawn);
        let note = sheet.axis_note(&axis, room);
        let plot = Frame {
            left: room.left + names + GAP + RADIUS,
            top: note + if reference.is_some() { 18.0 } else { 0.0 },
            right: room.right - labels - GAP - RADIUS,
            bottom: note,
        };
        let height = |row: &(Vec<String>, Vec<String>)| {
            let lines = row.0.len().max(row.1.len()) as f64;
            ROW.max(lines * face.line_height() + 8.0)
        };
        let bottom = plot.top + rows.iter().map(height).sum::<f64>();
        let plot = Frame { bottom, ..plot };
        let x = |value: f64| plot.left + axis.position(value) * (plot.right - plot.left);
        if let Some(reference) = reference {
            draw_reference(sheet, (reference, room), &x, plot);
        }
        let mut top = plot.top;
        for (bar, row) in self.points.iter().zip(&rows) {
            let middle = top + height(row) / 2.0;
            let at = (plot.left - GAP - RADIUS, middle);
            sheet.block(&row.0, at, Align::Right, (face, Ink::Text));
            draw_point(sheet, bar, &x, (plot.left, middle));
            let ink = if known(bar.value).is_some() {
                Ink::Text
            } else {
                Ink::Muted
            };
            let at = (plot.right + GAP + RADIUS, middle);
            sheet.block(&row.1, at, Align::Left, (face, ink));
            let frame = Frame {
                left: room.left,
                top,
                right: room.right,
                bottom: top + height(row),
            };
            sheet.bar_spot(bar, self.scale, frame);
            top += height(row);
        }
        value_ticks(sheet, &axis, plot)
    }
}

/// The reference behind the points: its band, its line, its words above.
fn draw_reference(
    sheet: &mut Sheet<'_>,
    (reference, room): (&Bar, Room),
    x: &dyn Fn(f64) -> f64,
    plot: Frame,
) {
    if let Some((low, high)) = interval(reference) {
        let band = Frame {
            left: x(low),
            right: x(high),
            ..plot
        };
        sheet.scene.wash(band, Ink::Context, 0.22);
    }
    let Some(value) = known(reference.value) else {
        return;
    };
    let at = x(value);
    let points = vec![(at, plot.top - 3.0), (at, plot.bottom)];
    sheet.scene.line(points, Ink::Muted, 1.4);
    let face = theme::SMALL;
    let words = format!("{} {}", clean(&reference.name), clean(&reference.label));
    let text = sheet.fonts.shorten(words.trim(), face, room.width());
    let half = sheet.fonts.width(&text, face) / 2.0;
    sheet.scene.text(Label {
        text,
        x: at.max(room.left + half).min(room.right - half),
        y: plot.top - 18.0 + ASCENT * face.size,
        align: Align::Centre,
        face,
        ink: Ink::Muted,
    });
}

/// The whisker and the point, or hatching.
fn draw_point(
    sheet: &mut Sheet<'_>,
    bar: &Bar,
    x: &dyn Fn(f64) -> f64,
    (left, middle): (f64, f64),
) {
    let Some(value) = known(bar.value) else {
        let frame = Frame {
            left,
            top: middle - 7.0,
            right: left + 24.0,
            bottom: middle + 7.0,
        };
        return sheet.scene.hatch(frame);
    };
    if let Some((low, high)) = interval(bar) {
        let (low, high) = (x(low), x(high));
        sheet
            .scene
            .line(vec![(low, middle), (high, middle)], Ink::Accent, 2.0);
        for end in [low, high] {
            let cap = vec![(end, middle - 4.0), (end, middle + 4.0)];
            sheet.scene.line(cap, Ink::Accent, 1.6);
        }
    }
    sheet
        .scene
        .dot((x(value), middle), RADIUS + 1.2, Ink::Paper);
    sheet.scene.dot((x(value), middle), RADIUS, Ink::Accent);
}

/// Ticks of a value axis below a plot, as many as fit; yields their bottom.
pub(super) fn value_ticks(sheet: &mut Sheet<'_>, axis: &ValueAxis, plot: Frame) -> f64 {
    let face = theme::SMALL;
    let y = plot.bottom + 5.0;
    sheet
        .scene
        .level((plot.left, plot.right), plot.bottom, Ink::Axis);
    let mut free = f64::NEG_INFINITY;
    for (value, text) in &axis.ticks {
        let x = plot.left + axis.position(*value) * (plot.right - plot.left);
        let half = sheet.fonts.width(text, face) / 2.0;
        if x - half < free {
            continue;
        }
        free = x + half + 8.0;
        let tick = x.floor() + 0.5;
        sheet
            .scene
            .line(vec![(tick, plot.bottom), (tick, y)], Ink::Axis, 1.0);
        sheet.centred(text, (x, y + 4.0 + ASCENT * face.size), Ink::Muted);
    }
    y + 6.0 + face.line_height()
}
