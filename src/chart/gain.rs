//! Gain curves: how much of what there is to find lies in how much of a ranking.

use super::axis::ValueAxis;
use super::intervals::value_ticks;
use super::legend::{Sample, Shape};
use super::parts::{Room, Sheet, known};
use super::scene::Frame;
use super::text::{Face, clean};
use super::theme::{self, CONTEXT, Ink};
use super::{Gain, Scale};

/// The words of the axes.
const SMALL: (Face, Ink) = (theme::SMALL, Ink::Muted);
/// The widest the square plot may be.
const WIDEST: f64 = 420.0;

impl Gain {
    /// Lays the curves out; yields their bottom.
    pub(super) fn layout(&self, sheet: &mut Sheet<'_>, room: Room) -> f64 {
        let share = |value: f64| known(Some(value)).map(|value| value.clamp(0.0, 1.0));
        let curve = |points: &[(f64, f64)]| -> Vec<(f64, f64)> {
            let shares = points
                .iter()
                .filter_map(|&(x, y)| Some((share(x)?, share(y)?)));
            shares.collect()
        };
        let curves: Vec<Vec<(f64, f64)>> = self
            .curves
            .iter()
            .map(|(_, points)| curve(points))
            .collect();
        if curves.iter().all(|points| points.len() < 2) {
            return sheet.nothing(room);
        }
        let axis = ValueAxis::enclosing(sheet.language, Scale::Share, [0.0, 1.0]);
        let top = sheet.caption(&self.found, room, SMALL) + 10.0;
        let left = room.left + sheet.tick_width(&axis);
        let side = (room.right - left - 12.0).min(WIDEST);
        let plot = Frame {
            left,
            top,
            right: left + side,
            bottom: top + side,
        };
        let at = |(x, y): (f64, f64)| (plot.left + x * side, plot.bottom - y * side);
        sheet.value_grid(&axis, plot);
        let random = vec![at((0.0, 0.0)), at((1.0, 1.0))];
        sheet.scene.line(random, CONTEXT.mark, 1.6);
        for (n, points) in curves.iter().enumerate().rev() {
            let points: Vec<(f64, f64)> = points.iter().map(|&point| at(point)).collect();
            if points.len() > 1 {
                let width = if n == 0 { 2.5 } else { 1.8 };
                sheet.scene.line(points, theme::category(n).mark, width);
            }
        }
        let mark = self.mark.as_ref();
        let mark = mark.and_then(|((x, y), words)| Some(((share(*x)?, share(*y)?), words)));
        if let Some((point, _)) = mark {
            sheet.scene.dot(at(point), 6.5, Ink::Paper);
            sheet.scene.dot(at(point), 5.0, Ink::Text);
        }
        let bottom = value_ticks(sheet, &axis, plot);
        let below = Room {
            top: bottom - 2.0,
            left,
            ..room
        };
        let bottom = sheet.caption(&self.across, below, SMALL) + 10.0;
        let names = self
            .curves
            .iter()
            .enumerate()
            .map(|(n, (name, _))| (Sample::Stroke(theme::category(n).mark, 2.5), clean(name)));
        let random = (
            Sample::Stroke(CONTEXT.mark, 1.6),
            sheet.language.text("axis.random_order"),
        );
        let point = mark.map(|(_, words)| (Sample::Point(Shape::Circle, Ink::Text), clean(words)));
        let entries: Vec<_> = names.chain([random]).chain(point).collect();
        let below = Room {
            top: bottom,
            ..room
        };
        sheet.legend(&entries, below)
    }
}
