//! Cumulative shares over elapsed time.

use super::axis::{ELAPSED, ValueAxis, elapsed_text, value_text};
use super::parts::{EndLabel, GAP, Room, Sheet, WIDE_GUTTER, drawable, known, runs};
use super::scene::{Frame, Mark};
use super::theme::{self, CONTEXT, Ink, Pair, SUBJECT};
use super::{Band, Line, Scale};

/// Cumulative curves, borrowed from their spec.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cumulative<'a> {
    pub(super) at_s: &'a [f64],
    pub(super) bands: &'a [Band],
    pub(super) lines: &'a [Line],
    pub(super) steps: bool,
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

/// Place in time and share to pixels.
type Place<'p> = dyn Fn(&(usize, f64)) -> Option<(f64, f64)> + 'p;

/// A curve that has at least one value.
struct Curve {
    pair: Pair,
    /// Its unbroken stretches, as (place in time, share).
    runs: Vec<Vec<(usize, f64)>>,
    /// The share it ends at.
    last: f64,
    label: EndLabel,
}

impl Cumulative<'_> {
    /// Lays the curves out; yields their bottom.
    pub(super) fn layout(self, sheet: &mut Sheet<'_>, room: Room) -> f64 {
        let times = self.at_s.iter().filter_map(|&at| known(Some(at)));
        let longest = times.fold(0.0, f64::max);
        let curves = self.curves(sheet, room);
        if longest <= 0.0 || curves.is_empty() {
            return sheet.nothing(room);
        }
        let shares = curves.iter().flat_map(|curve| curve.runs.iter().flatten());
        let shares = shares.map(|&(_, share)| share);
        let bands = self.bands.iter();
        let edges = bands.flat_map(|band| drawable(&band.low).chain(drawable(&band.high)));
        let shares = shares.chain(edges.flatten());
        let axis = ValueAxis::enclosing(sheet.language, Scale::Share, shares.chain([0.0, 1.0]));
        let mut labels: Vec<EndLabel> = curves.iter().map(|curve| curve.label.clone()).collect();
        let top = sheet.axis_note(&axis, room);
        let plot = Frame {
            left: room.left + sheet.tick_width(&axis),
            top,
            right: room.right - sheet.widest(&labels) - WIDE_GUTTER - GAP / 2.0,
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
        let point = |&(place, share): &(usize, f64)| {
            Some((time.x(known(self.at_s.get(place).copied())?), y(share)))
        };
        sheet.value_grid(&axis, plot);
        for band in self.bands {
            self.draw_band(sheet, band, &point);
        }
        // The first curve (the earliest milestone) is drawn last, so it stays visible.
        for (curve, label) in curves.iter().zip(&mut labels).rev() {
            for run in &curve.runs {
                let points = self.way(run.iter().filter_map(point));
                label.mark = (points.last().map_or(plot.right, |&(x, _)| x), y(curve.last));
                match points.as_slice() {
                    [point] => sheet.scene.dot(*point, 3.5, curve.pair.mark),
                    _ => sheet.scene.line(points, curve.pair.mark, 2.2),
                }
            }
        }
        let span = (plot.top - 6.0, plot.bottom + 6.0);
        sheet.end_labels(&labels, plot.right + WIDE_GUTTER, span);
        let lines = (self.lines, self.bands);
        sheet.curve_spots((self.at_s, plot), |seconds| time.x(seconds), lines);
        Self::time_axis(sheet, time, plot)
    }

    /// The curves that have a value, with their labels not yet placed.
    fn curves(self, sheet: &Sheet<'_>, room: Room) -> Vec<Curve> {
        let face = theme::LABEL_STRONG;
        let curve = |(at, line): (usize, &Line)| {
            let runs = runs(drawable(&line.values).take(self.at_s.len()));
            let &(_, last) = runs.last()?.last()?;
            let value = value_text(sheet.language, Scale::Share, last);
            let lines = sheet.name_and_value((&line.name, &value), face, room.label_width());
            let pair = self.pair(at);
            let label = EndLabel {
                lines,
                face,
                ink: pair.text,
                mark: (0.0, 0.0),
            };
            Some(Curve {
                pair,
                runs,
                last,
                label,
            })
        };
        self.lines.iter().enumerate().filter_map(curve).collect()
    }

    /// The colours of the n-th curve.
    fn pair(self, at: usize) -> Pair {
        match at {
            _ if self.bands.is_empty() => theme::category(at),
            0 => SUBJECT,
            _ => CONTEXT,
        }
    }

    /// The way through points: straight, or level until the next one.
    fn way(self, points: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
        let mut way: Vec<(f64, f64)> = Vec::new();
        for (x, y) in points {
            if let Some(&(_, before)) = way.last().filter(|_| self.steps) {
                way.push((x, before));
            }
            way.push((x, y));
        }
        way
    }

    /// A band where both its edges are known.
    fn draw_band(self, sheet: &mut Sheet<'_>, band: &Band, point: &Place<'_>) {
        let pairs = drawable(&band.low)
            .zip(drawable(&band.high))
            .take(self.at_s.len());
        let (low, high): (Vec<_>, Vec<_>) = pairs
            .map(|(low, high)| (high.and(low), low.and(high)))
            .unzip();
        for (low, high) in runs(low).iter().zip(runs(high)) {
            let mut points = self.way(high.iter().filter_map(point));
            points.extend(self.way(low.iter().filter_map(point)).into_iter().rev());
            if points.len() > 2 {
                let (ink, opacity) = (Ink::Accent, 0.16);
                sheet.scene.marks.push(Mark::Area {
                    points,
                    ink,
                    opacity,
                });
            }
        }
    }

    /// Ticks at telling times, as many as fit. Yields their bottom.
    fn time_axis(sheet: &mut Sheet<'_>, time: TimeAxis, plot: Frame) -> f64 {
        let y = plot.bottom + 20.0;
        let mut taken: Vec<(f64, f64)> = Vec::new();
        for seconds in ELAPSED.iter().filter(|at| **at <= time.longest) {
            let text = elapsed_text(sheet.language, *seconds);
            let x = time.x(*seconds);
            let half = sheet.fonts.width(&text, theme::SMALL) / 2.0 + 7.0;
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
            sheet.centred(&text, (x, y), Ink::Muted);
        }
        y + 4.0
    }
}
