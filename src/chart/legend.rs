//! Keys below a plot: shapes and colours with their words.

use super::parts::{Room, Sheet};
use super::scene::{Align, Frame, Label};
use super::text::{ASCENT, clean};
use super::theme::{self, Ink};

/// The room that a sample takes before its words.
const SAMPLE: f64 = 14.0;
/// Between a sample and its words.
const GAP: f64 = 6.0;
/// Between two entries.
const BETWEEN: f64 = 20.0;
/// From one line of entries to the next.
const PITCH: f64 = 20.0;

/// The shape of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Circle,
    Square,
    Up,
    Down,
    Diamond,
}

/// What an entry shows before its words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sample {
    /// A filled field.
    Field(Ink),
    /// A hatched field.
    Hatched,
    /// A hollow point.
    Hollow,
    /// A stroke of this width.
    Stroke(Ink, f64),
    /// A point.
    Point(Shape, Ink),
}

impl Sheet<'_> {
    /// A point of a shape, as heavy to the eye as a circle of this radius.
    pub(super) fn point(&mut self, shape: Shape, (x, y): (f64, f64), radius: f64, ink: Ink) {
        let (wide, square) = (radius * 1.25, radius * 0.9);
        let corners: &[(f64, f64)] = match shape {
            Shape::Circle => return self.scene.dot((x, y), radius, ink),
            Shape::Square => &[
                (-square, -square),
                (square, -square),
                (square, square),
                (-square, square),
            ],
            Shape::Up => &[(0.0, -wide), (wide, radius), (-wide, radius)],
            Shape::Down => &[(0.0, wide), (wide, -radius), (-wide, -radius)],
            Shape::Diamond => &[(0.0, -wide), (wide, 0.0), (0.0, wide), (-wide, 0.0)],
        };
        let points = corners.iter().map(|(dx, dy)| (x + dx, y + dy)).collect();
        self.scene.shape(points, ink);
    }

    /// Entries side by side from the top of a room, as many in a line as fit; yields their bottom.
    pub(super) fn legend(&mut self, entries: &[(Sample, String)], room: Room) -> f64 {
        let face = theme::SMALL;
        let (mut x, mut top) = (room.left, room.top);
        for (sample, words) in entries {
            let most = room.width() - SAMPLE - GAP;
            let text = self.fonts.shorten(&clean(words), face, most);
            let width = SAMPLE + GAP + self.fonts.width(&text, face);
            if x > room.left && x + width > room.right {
                (x, top) = (room.left, top + PITCH);
            }
            let middle = top + PITCH / 2.0;
            self.sample(*sample, (x, middle));
            self.scene.text(Label {
                text,
                x: x + SAMPLE + GAP,
                y: middle + (ASCENT - 0.22) / 2.0 * face.size + 0.08 * face.size,
                align: Align::Left,
                face,
                ink: Ink::Muted,
            });
            x += width + BETWEEN;
        }
        if entries.is_empty() { top } else { top + PITCH }
    }

    fn sample(&mut self, sample: Sample, (left, middle): (f64, f64)) {
        let frame = Frame {
            left,
            top: middle - 6.0,
            right: left + SAMPLE,
            bottom: middle + 6.0,
        };
        let centre = (left + SAMPLE / 2.0, middle);
        match sample {
            Sample::Field(ink) => self.scene.rect(frame, ink),
            Sample::Hatched => self.scene.hatch(frame),
            Sample::Hollow => {
                self.scene.dot(centre, 6.0, Ink::Muted);
                self.scene.dot(centre, 4.5, Ink::Paper);
            }
            Sample::Stroke(ink, width) => {
                let points = vec![(left, middle), (left + SAMPLE, middle)];
                self.scene.line(points, ink, width);
            }
            Sample::Point(shape, ink) => self.point(shape, centre, 5.0, ink),
        }
    }
}
