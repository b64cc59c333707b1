//! A drawing as a list of marks in pixels: what a layout yields and what is then inked.

use super::spots::Spot;
use super::text::{ASCENT, DESCENT, Face, Fonts};
use super::theme::Ink;

/// Where a text stands against its anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Centre,
    Right,
}

/// A line of text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Label {
    pub(super) text: String,
    /// The anchor; which end of the text it is, `align` says.
    pub(super) x: f64,
    /// The baseline.
    pub(super) y: f64,
    pub(super) align: Align,
    pub(super) face: Face,
    pub(super) ink: Ink,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Frame {
    /// Whether it shares room with another.
    pub(super) fn meets(self, other: Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    /// Whether a point lies inside.
    pub(super) fn contains(self, (x, y): (f64, f64)) -> bool {
        x >= self.left && x <= self.right && y >= self.top && y <= self.bottom
    }
}

impl Label {
    /// The room the text takes.
    pub(super) fn frame(&self, fonts: &Fonts) -> Frame {
        let width = fonts.width(&self.text, self.face);
        let left = match self.align {
            Align::Left => self.x,
            Align::Centre => self.x - width / 2.0,
            Align::Right => self.x - width,
        };
        Frame {
            left,
            top: self.y - ASCENT * self.face.size,
            right: left + width,
            bottom: self.y + DESCENT * self.face.size,
        }
    }
}

/// One thing to draw. Later marks cover earlier ones.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Mark {
    /// A stroke through points.
    Line {
        points: Vec<(f64, f64)>,
        ink: Ink,
        width: f64,
    },
    /// A filled outline; opacity 0–1.
    Area {
        points: Vec<(f64, f64)>,
        ink: Ink,
        opacity: f64,
    },
    /// A filled rectangle; opacity 0–1.
    Rect {
        frame: Frame,
        ink: Ink,
        opacity: f64,
    },
    /// A filled circle.
    Dot {
        at: (f64, f64),
        radius: f64,
        ink: Ink,
    },
    /// A line of text.
    Text(Label),
}

/// A drawing.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scene {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) marks: Vec<Mark>,
    /// What is to be read where; not drawn, and only in pages.
    pub(super) spots: Vec<Spot>,
}

impl Scene {
    /// An empty drawing; its height is set when everything has its place.
    pub(super) const fn new(width: f64) -> Self {
        Self {
            width,
            height: 0.0,
            marks: Vec::new(),
            spots: Vec::new(),
        }
    }

    pub(super) fn line(&mut self, points: Vec<(f64, f64)>, ink: Ink, width: f64) {
        self.marks.push(Mark::Line { points, ink, width });
    }

    pub(super) fn rect(&mut self, frame: Frame, ink: Ink) {
        self.marks.push(Mark::Rect {
            frame,
            ink,
            opacity: 1.0,
        });
    }

    pub(super) fn dot(&mut self, at: (f64, f64), radius: f64, ink: Ink) {
        self.marks.push(Mark::Dot { at, radius, ink });
    }

    /// A filled outline.
    pub(super) fn shape(&mut self, points: Vec<(f64, f64)>, ink: Ink) {
        self.marks.push(Mark::Area {
            points,
            ink,
            opacity: 1.0,
        });
    }

    /// A light area behind marks.
    pub(super) fn wash(&mut self, frame: Frame, ink: Ink, opacity: f64) {
        self.marks.push(Mark::Rect {
            frame,
            ink,
            opacity,
        });
    }

    /// Hatching inside a frame: something is there that may not be shown.
    pub(super) fn hatch(&mut self, frame: Frame) {
        const PITCH: f64 = 6.0;
        let (width, height) = (frame.right - frame.left, frame.bottom - frame.top);
        let mut from = PITCH / 2.0 - height;
        while from < width {
            // Up to the right at 45°: as far as the frame lets it.
            let (start, end) = (0_f64.max(-from), height.min(width - from));
            if end - start > 0.5 {
                let at = |t: f64| (frame.left + from + t, frame.bottom - t);
                self.line(vec![at(start), at(end)], Ink::Axis, 1.0);
            }
            from += PITCH;
        }
    }

    /// Draws a text unless it is empty.
    pub(super) fn text(&mut self, label: Label) {
        if !label.text.is_empty() {
            self.marks.push(Mark::Text(label));
        }
    }

    /// A horizontal line, laid onto the pixel grid so that it stays crisp.
    pub(super) fn level(&mut self, (left, right): (f64, f64), y: f64, ink: Ink) {
        let y = y.floor() + 0.5;
        self.line(vec![(left, y), (right, y)], ink, 1.0);
    }
}
