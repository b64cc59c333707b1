//! Lines over periods, with nested bands and a target.

use super::axis::ValueAxis;
use super::parts::{
    EndLabel, GUTTER, Room, Sheet, WIDE_GUTTER, drawable, known, last_known, places, runs,
    value_with_period,
};
use super::scene::{Align, Frame, Label, Mark};
use super::text::{ASCENT, DESCENT, clean};
use super::theme::{self, CONTEXT, Ink, Pair, SUBJECT};
use super::{Band, Line, Scale};

/// Up to this many lines get colours of their own; more are grey beside the subject.
const MOST_COLOURS: usize = 6;
/// Opacity of one band; nested bands add up.
const BAND_OPACITY: f64 = 0.14;

/// A trend, borrowed from its spec.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trend<'a> {
    pub(super) scale: Scale,
    pub(super) periods: &'a [String],
    pub(super) bands: &'a [Band],
    pub(super) lines: &'a [Line],
    pub(super) target: Option<&'a (f64, String)>,
}

/// A plot with its axes: where a value of a period stands.
struct Plane {
    plot: Frame,
    axis: ValueAxis,
    xs: Vec<f64>,
}

impl Plane {
    fn y(&self, value: f64) -> f64 {
        self.plot.bottom - self.axis.position(value) * (self.plot.bottom - self.plot.top)
    }

    fn points(&self, run: &[(usize, f64)]) -> Vec<(f64, f64)> {
        let at = |&(place, value): &(usize, f64)| Some((*self.xs.get(place)?, self.y(value)));
        run.iter().filter_map(at).collect()
    }
}

impl Trend<'_> {
    /// Lays the trend out; yields its bottom.
    pub(super) fn layout(self, sheet: &mut Sheet<'_>, room: Room) -> f64 {
        let values = |values| drawable(values).take(self.periods.len()).flatten();
        let of_lines = self.lines.iter().flat_map(|line| values(&line.values));
        let of_bands = self
            .bands
            .iter()
            .flat_map(|band| values(&band.low).chain(values(&band.high)));
        let data: Vec<f64> = of_lines.chain(of_bands).collect();
        if data.is_empty() {
            return sheet.nothing(room);
        }
        let target = self.target.and_then(|&(value, _)| known(Some(value)));
        let data = data.into_iter().chain(target);
        let axis = if self.scale == Scale::Number {
            ValueAxis::close(sheet.language, self.scale, data)
        } else {
            ValueAxis::enclosing(sheet.language, self.scale, data)
        };
        let top = sheet.axis_note(&axis, room);
        let mut plane = Plane {
            plot: Frame {
                left: room.left + sheet.tick_width(&axis),
                top,
                right: room.right,
                bottom: top + room.plot_height(),
            },
            axis,
            xs: Vec::new(),
        };
        // The labels decide how wide the plot may be; their heights need its height only.
        let (mut labels, ends) = self.labels(sheet, room);
        let gutter = if labels.len() > 5 {
            WIDE_GUTTER
        } else {
            GUTTER
        };
        plane.plot.right -= sheet.widest(&labels) + gutter;
        plane.plot.bottom = plane.plot.bottom.max(top + Sheet::stacked_height(&labels));
        plane.xs = places(self.periods.len(), plane.plot.left, plane.plot.right);
        for (label, (place, value)) in labels.iter_mut().zip(ends) {
            label.mark = (
                plane.xs.get(place).copied().unwrap_or_default(),
                plane.y(value),
            );
        }
        sheet.value_grid(&plane.axis, plane.plot);
        self.draw_bands(sheet, &plane);
        self.draw_lines(sheet, &plane);
        self.draw_target(sheet, &plane);
        let span = (plane.plot.top - 6.0, plane.plot.bottom + 6.0);
        sheet.end_labels(&labels, plane.plot.right + gutter, span);
        sheet.period_spots(
            (self.periods, &plane.xs, plane.plot),
            self.scale,
            (self.lines, self.bands),
        );
        sheet.period_axis(self.periods, &plane.xs, plane.plot)
    }

    /// The colours of the n-th line.
    fn pair(self, at: usize) -> Pair {
        match at {
            0 => SUBJECT,
            _ if self.bands.is_empty() && (3..=MOST_COLOURS).contains(&self.lines.len()) => {
                theme::category(at)
            }
            _ => CONTEXT,
        }
    }

    /// A label for each line and band with a value, and where its mark ends: period and value.
    fn labels(self, sheet: &Sheet<'_>, room: Room) -> (Vec<EndLabel>, Vec<(usize, f64)>) {
        let width = room.label_width();
        // Where the label goes is only known when all labels are measured.
        let mark = (0.0, 0.0);
        let line = |(at, line): (usize, &Line)| {
            let end = last_known(&line.values, self.periods)?;
            let face = if at == 0 {
                theme::LABEL_STRONG
            } else {
                theme::LABEL
            };
            let value = value_with_period(sheet.language, self.scale, end, self.periods);
            let lines = sheet.name_and_value((&line.name, &value), face, width);
            Some((
                EndLabel {
                    lines,
                    face,
                    ink: self.pair(at).text,
                    mark,
                },
                end,
            ))
        };
        let band = |band: &Band| {
            let end = last_known(&band.high, self.periods)?;
            let face = theme::SMALL;
            let lines = sheet.fonts.wrap(&clean(&band.name), face, width, 2);
            Some((
                EndLabel {
                    lines,
                    face,
                    ink: Ink::Muted,
                    mark,
                },
                end,
            ))
        };
        let lines = self.lines.iter().enumerate().filter_map(line);
        lines.chain(self.bands.iter().filter_map(band)).unzip()
    }

    fn draw_bands(self, sheet: &mut Sheet<'_>, plane: &Plane) {
        for band in self.bands {
            let pairs = drawable(&band.low)
                .zip(drawable(&band.high))
                .take(self.periods.len());
            let (low, high): (Vec<_>, Vec<_>) = pairs
                .map(|(low, high)| (high.and(low), low.and(high)))
                .unzip();
            for (low, high) in runs(low).iter().zip(runs(high)) {
                let mut points = plane.points(&high);
                points.extend(plane.points(low).into_iter().rev());
                if let [(x, top), (_, bottom)] = *points.as_slice() {
                    // A single period has no width of its own.
                    let (left, right) = (x - 4.0, x + 4.0);
                    points = vec![(left, top), (right, top), (right, bottom), (left, bottom)];
                }
                let (ink, opacity) = (Ink::Accent, BAND_OPACITY);
                sheet.scene.marks.push(Mark::Area {
                    points,
                    ink,
                    opacity,
                });
            }
        }
    }

    fn draw_lines(self, sheet: &mut Sheet<'_>, plane: &Plane) {
        // The subject comes last, above the others.
        for (at, line) in self.lines.iter().enumerate().rev() {
            let ink = self.pair(at).mark;
            let width = if at == 0 { 2.5 } else { 1.6 };
            let runs = runs(drawable(&line.values).take(self.periods.len()));
            for run in &runs {
                match plane.points(run).as_slice() {
                    [] => {}
                    [point] => sheet.scene.dot(*point, width + 0.5, ink),
                    points => sheet.scene.line(points.to_vec(), ink, width),
                }
            }
            let end = runs.last().and_then(|run| plane.points(run).pop());
            if let (0, Some(end)) = (at, end) {
                sheet.scene.dot(end, 5.5, Ink::Paper);
                sheet.scene.dot(end, 4.0, ink);
            }
        }
    }

    /// The target line, and its words where the fewest marks are in their way.
    fn draw_target(self, sheet: &mut Sheet<'_>, plane: &Plane) {
        let Some((value, text)) = self.target else {
            return;
        };
        let Some(value) = known(Some(*value)) else {
            return;
        };
        let (plot, y, face) = (plane.plot, plane.y(value), theme::SMALL);
        sheet.scene.level((plot.left, plot.right), y, Ink::Text);
        let text = sheet
            .fonts
            .shorten(&clean(text), face, plot.right - plot.left);
        let width = sheet.fonts.width(&text, face);
        let obstacles = self.obstacles(plane);
        let starts = [0.0, 0.25, 0.5, 0.75, 1.0]
            .map(|part| plot.left + 4.0 + part * (plot.right - plot.left - width - 8.0));
        let heights = [y - 6.0, y + ASCENT * face.size + 5.0];
        let spots = heights.iter().flat_map(|&y| starts.map(|x| (x, y)));
        let spots = spots.filter(|&(_, y)| {
            y - ASCENT * face.size > plot.top - 8.0 && y + DESCENT * face.size < plot.bottom
        });
        let label = |(x, y)| Label {
            text: text.clone(),
            x,
            y,
            align: Align::Left,
            face,
            ink: Ink::Text,
        };
        // A little more than the text itself, so that no line touches it.
        let around = |spot: (f64, f64)| {
            let Frame {
                left,
                top,
                right,
                bottom,
            } = label(spot).frame(sheet.fonts);
            Frame {
                left: left - 3.0,
                top: top - 4.0,
                right: right + 3.0,
                bottom: bottom + 4.0,
            }
        };
        let hits = |&spot: &(f64, f64)| {
            let frame = around(spot);
            obstacles
                .iter()
                .filter(|&&point| frame.contains(point))
                .count()
        };
        let best = spots
            .map(|spot| (hits(&spot), spot))
            .min_by_key(|&(hits, _)| hits);
        let (hits, spot) = best.unwrap_or((0, (plot.left + 4.0, y - 6.0)));
        let words = label(spot);
        // No higher than the words, so that the target line itself stays whole.
        let ground = words.frame(sheet.fonts);
        if hits > 0 {
            sheet.scene.rect(ground, Ink::Paper);
        }
        sheet.scene.text(words);
    }

    /// Points along every line and band edge, close enough that no text slips between them.
    fn obstacles(self, plane: &Plane) -> Vec<(f64, f64)> {
        let lines = self.lines.iter().map(|line| &line.values);
        let edges = self.bands.iter().flat_map(|band| [&band.low, &band.high]);
        let mut obstacles = Vec::new();
        for values in lines.chain(edges) {
            for run in runs(drawable(values).take(self.periods.len())) {
                let points = plane.points(&run);
                obstacles.extend(points.iter().copied());
                for pair in points.windows(2) {
                    let [(x0, y0), (x1, y1)] = *pair else {
                        continue;
                    };
                    let mut at = 0.0;
                    while at < 1.0 {
                        obstacles.push((x0 + at * (x1 - x0), y0 + at * (y1 - y0)));
                        at += 4.0 / (x1 - x0).hypot(y1 - y0).max(4.0);
                    }
                }
            }
        }
        obstacles
    }
}
