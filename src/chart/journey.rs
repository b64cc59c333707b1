//! Time–cost–distance: cumulative values along a distance, with steps where goods stand still.

use super::axis::{ValueAxis, value_text};
use super::intervals::value_ticks;
use super::legend::{Sample, Shape};
use super::parts::{Room, Sheet, known};
use super::scene::{Align, Frame, Label};
use super::text::{ASCENT, clean};
use super::theme::{self, Category, Ink};
use super::{Journey, JourneyPanel, Scale};
use crate::language::Language;

/// The most lines of names above the plot.
const MOST_LINES: usize = 4;
/// The border's marks.
const BORDER: Ink = Ink::Category(Category::Vermilion);

/// The distance axis, shared by all panels.
struct Road {
    left: f64,
    right: f64,
    axis: ValueAxis,
}

/// A distance that can be drawn: a way begins at 0.
fn distance(km: f64) -> Option<f64> {
    known(Some(km)).filter(|km| *km >= 0.0)
}

impl Road {
    fn x(&self, km: f64) -> f64 {
        self.left + self.axis.position(km) * (self.right - self.left)
    }
}

impl Journey {
    /// Lays the panels out below each other; yields their bottom.
    pub(super) fn layout(&self, sheet: &mut Sheet<'_>, room: Room) -> f64 {
        let kilometres = || self.stops.iter().filter_map(|(_, km, _)| distance(*km));
        let panels: Vec<&JourneyPanel> = self
            .panels
            .iter()
            .filter(|panel| points(panel).next().is_some())
            .collect();
        if kilometres().next().is_none() || panels.is_empty() {
            return sheet.nothing(room);
        }
        let axes: Vec<ValueAxis> = panels
            .iter()
            .map(|panel| value_axis(sheet.language, panel))
            .collect();
        let ticks = axes
            .iter()
            .map(|axis| sheet.tick_width(axis))
            .fold(0.0, f64::max);
        let road = Road {
            left: room.left + ticks,
            right: room.right - 24.0,
            axis: distance_axis(sheet.language, kilometres().fold(0.0, f64::max)),
        };
        let (mut top, stops) = self.names(sheet, &road, room);
        let height = room.plot_height() * if panels.len() > 1 { 0.72 } else { 1.0 };
        let mut plot = Frame {
            left: road.left,
            top,
            right: road.right,
            bottom: top,
        };
        for (panel, axis) in panels.iter().zip(&axes) {
            let title = panel_title(sheet, (panel, axis), Room { top, ..room });
            plot = Frame {
                top: title,
                bottom: title + height,
                ..plot
            };
            for x in &stops {
                // Not through the title, which stands between the names and the plot.
                let points = vec![(*x, plot.top), (*x, plot.bottom)];
                sheet.scene.line(points, Ink::Grid, 1.0);
            }
            self.draw_panel(sheet, (panel, axis), (&road, plot));
            top = plot.bottom + 16.0;
        }
        let bottom = value_ticks(sheet, &road.axis, plot);
        let key = [
            (
                Sample::Stroke(BORDER, 3.5),
                sheet.language.text("axis.stands_at_border"),
            ),
            (
                Sample::Stroke(Ink::Context, 3.5),
                sheet.language.text("axis.stands_elsewhere"),
            ),
            (
                Sample::Point(Shape::Circle, Ink::Accent),
                sheet.language.text("axis.arrives"),
            ),
        ];
        sheet.legend(
            &key,
            Room {
                top: bottom + 4.0,
                ..room
            },
        )
    }

    /// Names above the plot, in as many lines as it takes to keep them apart. Yields the bottom, and the place
    /// of each stop.
    fn names(&self, sheet: &mut Sheet<'_>, road: &Road, room: Room) -> (f64, Vec<f64>) {
        let face = theme::SMALL;
        let mut lines: Vec<f64> = Vec::new();
        let mut placed: Vec<(usize, f64, String, bool)> = Vec::new();
        let mut stops = Vec::new();
        // Borders first: where there is no room for all names, theirs are kept.
        let mut order: Vec<&(String, f64, bool)> = self.stops.iter().collect();
        order.sort_by(|a, b| b.2.cmp(&a.2).then(a.1.total_cmp(&b.1)));
        let mut taken: Vec<(usize, f64, f64)> = Vec::new();
        for (name, km, is_border) in order {
            let Some(km) = distance(*km) else { continue };
            let text = sheet.fonts.shorten(&clean(name), face, room.width() * 0.45);
            let half = sheet.fonts.width(&text, face) / 2.0;
            let x = road.x(km).max(room.left + half).min(room.right - half);
            let clear = |line: &usize| {
                let apart = |&(of, left, right): &(usize, f64, f64)| {
                    of != *line || x + half + 8.0 < left || x - half - 8.0 > right
                };
                taken.iter().all(apart)
            };
            let line = (0..MOST_LINES).find(clear);
            if let Some(line) = line {
                taken.push((line, x - half, x + half));
                placed.push((line, x, text, *is_border));
                lines.resize(lines.len().max(line + 1), 0.0);
            }
            stops.push(road.x(km));
        }
        let pitch = face.line_height();
        let bottom = room.top + lines.len() as f64 * pitch + 4.0;
        // The first line is the lowest, next to the plot.
        let line_bottom = |line: usize| bottom - 4.0 - line as f64 * pitch;
        for (line, x, text, is_border) in placed {
            let ink = if is_border { Ink::Text } else { Ink::Muted };
            sheet.scene.text(Label {
                text,
                x,
                y: line_bottom(line) - pitch + ASCENT * face.size,
                align: Align::Centre,
                face,
                ink,
            });
        }
        (bottom, stops)
    }

    fn draw_panel(
        &self,
        sheet: &mut Sheet<'_>,
        (panel, axis): (&JourneyPanel, &ValueAxis),
        (road, plot): (&Road, Frame),
    ) {
        let y = |value: f64| plot.bottom - axis.position(value) * (plot.bottom - plot.top);
        sheet.value_grid(axis, plot);
        let mut run: Vec<(f64, f64)> = Vec::new();
        let mut steps: Vec<(f64, f64, f64, bool)> = Vec::new();
        let mut runs: Vec<Vec<(f64, f64)>> = Vec::new();
        for ((_, km, is_border), value) in self.stops.iter().zip(&panel.at_stops) {
            let value = value.and_then(|(a, b)| Some((known(Some(a))?, known(Some(b))?)));
            let (Some(km), Some((arrived, left))) = (distance(*km), value) else {
                runs.push(std::mem::take(&mut run));
                continue;
            };
            let x = road.x(km);
            run.extend([(x, y(arrived)), (x, y(left))]);
            if (left - arrived).abs() > f64::EPSILON {
                steps.push((x, arrived, left, *is_border));
            }
        }
        runs.push(run);
        for points in runs.into_iter().filter(|points| !points.is_empty()) {
            for point in &points {
                sheet.scene.dot(*point, 3.0, Ink::Accent);
            }
            sheet.scene.line(points, Ink::Accent, 2.2);
        }
        let mut taken: Vec<Frame> = Vec::new();
        for &(x, from, to, is_border) in &steps {
            let ink = if is_border { BORDER } else { Ink::Context };
            sheet.scene.line(vec![(x, y(from)), (x, y(to))], ink, 3.5);
        }
        // The longest stop is labelled first; a label that would touch another is left out.
        steps.sort_by(|a, b| (b.2 - b.1).total_cmp(&(a.2 - a.1)));
        for (x, from, to, _) in steps {
            let text = format!("+{}", value_text(sheet.language, panel.scale, to - from));
            let (bottom, top) = (y(from), y(to));
            // Beside a tall step; below or above a low one, where the way does not run.
            let tall = bottom - top > 18.0;
            let middle = f64::midpoint(bottom, top);
            let (below, above) = (bottom + 11.0, top - 11.0);
            let (right, left) = if tall {
                (middle, middle)
            } else {
                (below, above)
            };
            let spots = [(x + 8.0, right, Align::Left), (x - 8.0, left, Align::Right)];
            for (x, middle, align) in spots {
                let middle = middle.clamp(plot.top + 8.0, plot.bottom - 8.0);
                let label = step_label(&text, (x, middle), align);
                let frame = label.frame(sheet.fonts);
                let inside = frame.left > plot.left + 2.0 && frame.right < plot.right + 20.0;
                let clear = |other: &Frame| !other.meets(frame);
                if inside && taken.iter().all(clear) {
                    taken.push(frame);
                    sheet.scene.text(label);
                    break;
                }
            }
        }
    }
}

fn step_label(text: &str, (x, middle): (f64, f64), align: Align) -> Label {
    let face = theme::LABEL;
    Label {
        text: text.to_owned(),
        x,
        y: middle + 0.36 * face.size,
        align,
        face,
        ink: Ink::Text,
    }
}

/// The values of a panel that can be drawn.
fn points(panel: &JourneyPanel) -> impl Iterator<Item = f64> {
    let values = panel.at_stops.iter().flatten();
    values
        .flat_map(|&(a, b)| [a, b])
        .filter_map(|value| known(Some(value)))
}

/// From 0 to the end of the road, where the last tick may lie before it.
fn distance_axis(language: &Language, furthest: f64) -> ValueAxis {
    let mut axis = ValueAxis::enclosing(language, Scale::Number, [0.0, furthest]);
    if furthest > 0.0 {
        axis.high = furthest;
        axis.ticks.retain(|(km, _)| *km <= furthest);
    }
    for (_, text) in &mut axis.ticks {
        *text = language.fill("axis.kilometres", &[("n", text)]);
    }
    axis
}

fn value_axis(language: &Language, panel: &JourneyPanel) -> ValueAxis {
    ValueAxis::enclosing(language, panel.scale, points(panel).chain([0.0]))
}

/// The title of a panel with the note of its axis; yields the top of its plot.
fn panel_title(
    sheet: &mut Sheet<'_>,
    (panel, axis): (&JourneyPanel, &ValueAxis),
    room: Room,
) -> f64 {
    let mut words = panel.title.clone();
    if !axis.note.is_empty() {
        words = format!("{words}, {}", axis.note);
    }
    sheet.caption(&words, room, (theme::LABEL_STRONG, Ink::Text)) + 8.0
}
