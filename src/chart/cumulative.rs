//! Cumulative shares over elapsed time.

use super::axis::{ELAPSED, ValueAxis, value_text};
use super::parts::{EndLabel, GAP, Room, Sheet, drawable, known, runs};
use super::scene::Frame;
use super::theme::{self, Ink};
use super::{Line, Scale};

/// Cumulative curves, borrowed from their spec.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cumulative<'a> {
    pub(super) at_s: &'a [f64],
    pub(super) lines: &'a [Line],
}

/// Elapsed time to pixels: nearly linear at first and logarithmic later, so that the first hours
/// and the slow tail are both seen, and zero has a place.
#[derive(Clone, Copy, Debug)]
struct TimeAxis {
    left: f64,
    right: f64,
    /// The longest time, in seconds.
    longest: f64,
    /// Where the linear part goes over into the logarithmic one.
    knee: f64,
}

impl TimeAxis {
    fn x(self, seconds: f64) -> f64 {
        let bend = |seconds: f64| (seconds.max(0.0) / self.knee).ln_1p();
        self.left + bend(seconds) / bend(self.longest) * (self.right - self.left)
    }
}

impl Cumulative<'_> {
    /// Lays the curves out; yields their bottom.
    pub(super) fn layout(self, sheet: &mut Sheet<'_>, room: Room) -> f64 {
        let longest = self
            .at_s
            .iter()
            .copied()
            .filter(|&at| known(Some(at)).is_some())
            .fold(0.0, f64::max);
        let curves: Vec<(usize, Vec<(usize, f64)>)> = self
            .lines
            .iter()
            .enumerate()
            .map(|(at, line)| {
                let known = runs(drawable(&line.values).take(self.at_s.len()));
                (at, known.into_iter().flatten().collect())
            })
            .filter(|(_, curve): &(usize, Vec<_>)| !curve.is_empty())
            .collect();
        if longest <= 0.0 || curves.is_empty() {
            return sheet.nothing(room);
        }
        let shares = curves
            .iter()
            .flat_map(|(_, curve)| curve.iter().map(|&(_, share)| share));
        let axis = ValueAxis::enclosing(Scale::Share, shares.chain([0.0, 1.0]));
        let mut labels: Vec<EndLabel> = Vec::new();
        for (at, curve) in &curves {
            let (Some(line), Some(&(_, share))) = (self.lines.get(*at), curve.last()) else {
                continue;
            };
            let face = theme::LABEL_STRONG;
            let value = value_text(Scale::Share, share);
            let lines = sheet.name_and_value((&line.name, &value), face, room.label_width());
            labels.push(EndLabel {
                lines,
                face,
                ink: theme::category(*at).text,
                mark: (0.0, 0.0),
            });
        }
        let top = sheet.axis_note(&axis, room);
        let plot = Frame {
            left: room.left + sheet.tick_width(&axis),
            top,
            right: room.right - sheet.widest(&labels) - 4.0 * GAP,
            bottom: top + room.plot_height().max(Sheet::stacked_height(&labels)),
        };
        let knee = longest.min(6.0 * 3600.0) / 6.0;
        let time = TimeAxis {
            left: plot.left + 1.0,
            right: plot.right,
            longest,
            knee,
        };
        let y = |share: f64| plot.bottom - axis.position(share) * (plot.bottom - plot.top);
        sheet.value_grid(&axis, plot);
        // Later curves lie below, so the first (the earliest milestone) stays visible.
        for (label, (at, curve)) in labels.iter_mut().zip(&curves).rev() {
            let points: Vec<(f64, f64)> = curve
                .iter()
                .filter_map(|&(place, share)| Some((time.x(*self.at_s.get(place)?), y(share))))
                .collect();
            label.mark = points.last().copied().unwrap_or_default();
            let ink = theme::category(*at).mark;
            match points.as_slice() {
                [point] => sheet.scene.dot(*point, 3.5, ink),
                _ => sheet.scene.line(points, ink, 2.2),
            }
        }
        sheet.end_labels(
            &labels,
            plot.right + 3.5 * GAP,
            (plot.top - 6.0, plot.bottom + 6.0),
        );
        Self::time_axis(sheet, time, plot)
    }

    /// Ticks at telling times, as many as fit. Yields their bottom.
    fn time_axis(sheet: &mut Sheet<'_>, time: TimeAxis, plot: Frame) -> f64 {
        let y = plot.bottom + 20.0;
        let mut taken: Vec<(f64, f64)> = Vec::new();
        for (seconds, text) in ELAPSED.iter().filter(|(at, _)| *at <= time.longest) {
            let x = time.x(*seconds);
            let half = sheet.fonts.width(text, theme::SMALL) / 2.0 + 7.0;
            if taken
                .iter()
                .any(|&(left, right)| x - half < right && left < x + half)
            {
                continue;
            }
            taken.push((x - half, x + half));
            let tick = x.floor() + 0.5;
            sheet.scene.line(
                vec![(tick, plot.bottom), (tick, plot.bottom + 5.0)],
                Ink::Axis,
                1.0,
            );
            sheet.centred(text, (x, y), Ink::Muted);
        }
        y + 4.0
    }
}
