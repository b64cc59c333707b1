//! Networks: places on a lattice, joined by straight and diagonal strokes.

use super::classes::Classes;
use super::lattice::{Lattice, Link, lattice};
use super::legend::{Sample, Shape};
use super::parts::{Room, Sheet, known};
use super::scene::Align;
use super::text::{Face, clean};
use super::theme::{self, Ink};
use super::{Network, Place};

/// The radius of a place.
const RADIUS: f64 = 9.0;
/// From the middle of a place to the top of its words.
const DROP: f64 = 14.0;
/// The narrowest that words below a place may be.
const NARROWEST: f64 = 72.0;
/// The widest a column may be.
const WIDEST: f64 = 190.0;
/// The width of strokes.
const STROKE: f64 = 3.0;
/// How much of a turn is cut off diagonally.
const CUT: f64 = 9.0;
/// Between neighbouring tracks of one gutter.
const TRACK: f64 = 6.0;

/// Places in pixels.
struct Plan {
    /// Left edge of the lattice, and the width of a column.
    left: f64,
    pitch: f64,
    /// The middle of the places of each row, from the first row on.
    rows: Vec<f64>,
    first_row: i32,
    bottom: f64,
}

impl Plan {
    fn x(&self, column: usize) -> f64 {
        self.left + self.pitch * (column as f64 + 0.5)
    }

    fn y(&self, row: i32) -> f64 {
        let at = usize::try_from(row - self.first_row).unwrap_or(0);
        self.rows.get(at).copied().unwrap_or(self.bottom)
    }
}

/// A stroke between rows, in the gutter right of a column.
struct Track {
    gutter: usize,
    /// The place that it leaves or reaches: strokes of one place run together.
    of: (usize, bool),
    /// The rows between which it runs.
    rows: (i32, i32),
}

impl Network {
    /// Lays the network out; yields its bottom.
    pub(super) fn layout(&self, sheet: &mut Sheet<'_>, room: Room) -> f64 {
        let values: Vec<f64> = self
            .places
            .iter()
            .filter_map(|one| known(one.value))
            .collect();
        let routes: Vec<Vec<usize>> = self.routes.iter().map(|(_, path)| path.clone()).collect();
        if routes.iter().flatten().all(|at| *at >= self.places.len()) {
            return sheet.nothing(room);
        }
        let classes = Classes::enclosing(sheet.language, self.scale, values.iter().copied());
        let fits = |made: &Lattice| {
            let gutter = gutter_width(made);
            room.width() / made.columns.max(1) as f64 - gutter >= NARROWEST
        };
        let bottom = match lattice(self.places.len(), &routes).filter(fits) {
            Some(made) => self.draw(sheet, &made, room, &classes),
            None => self.strips(sheet, room, &classes),
        };
        let on_route = |one: &(usize, &Place)| routes.iter().flatten().any(|at| *at == one.0);
        let drawn = || self.places.iter().enumerate().filter(on_route);
        let mut key = if values.is_empty() {
            Vec::new()
        } else {
            classes.legend(Ink::Ordered)
        };
        let hollow = drawn().any(|(_, one)| known(one.value).is_none());
        key.extend(hollow.then(|| (Sample::Hollow, sheet.language.text("axis.no_value"))));
        let border = drawn().any(|(_, one)| one.is_border);
        let square = Sample::Point(Shape::Square, Ink::Muted);
        key.extend(border.then(|| (square, sheet.language.text("axis.border_point"))));
        sheet.legend(
            &key,
            Room {
                top: bottom + 8.0,
                ..room
            },
        )
    }

    fn draw(&self, sheet: &mut Sheet<'_>, made: &Lattice, room: Room, classes: &Classes) -> f64 {
        let words_width = |pitch: f64| pitch - gutter_width(made);
        let pitch = (room.width() / made.columns.max(1) as f64).min(WIDEST);
        let words: Vec<[Vec<String>; 2]> = self
            .places
            .iter()
            .map(|place| words(sheet, place, words_width(pitch)))
            .collect();
        let plan = plan(made, &words, (room, pitch));
        for points in strokes(made, &plan) {
            sheet.scene.line(points, Ink::Context, STROKE);
        }
        for ((place, cell), [name, label]) in self.places.iter().zip(&made.cells).zip(&words) {
            let Some((column, row)) = *cell else { continue };
            let (x, y) = (plan.x(column), plan.y(row));
            draw_place(sheet, place, (x, y), classes);
            let mut top = y + DROP;
            for (lines, face, ink) in [
                (name, theme::LABEL, Ink::Text),
                (label, theme::LABEL_STRONG, Ink::Text),
            ] {
                let height = lines.len() as f64 * face.line_height();
                sheet.block(lines, (x, top + height / 2.0), Align::Centre, (face, ink));
                top += height;
            }
        }
        plan.bottom
    }

    /// Corridor by corridor, each from top to bottom: what fits on a phone, and any network.
    fn strips(&self, sheet: &mut Sheet<'_>, room: Room, classes: &Classes) -> f64 {
        const PITCH: f64 = 26.0;
        let columns = [4_u8, 3, 2]
            .into_iter()
            .find(|n| room.width() / f64::from(*n) >= 230.0)
            .unwrap_or(1);
        let width = (room.width() + 28.0) / f64::from(columns) - 28.0;
        let mut tops = vec![room.top; usize::from(columns)];
        for (route, path) in &self.routes {
            let places: Vec<&Place> = path.iter().filter_map(|at| self.places.get(*at)).collect();
            // The shortest column so far; of equal ones the leftmost.
            let next = tops
                .iter()
                .copied()
                .enumerate()
                .min_by(|a, b| a.1.total_cmp(&b.1));
            let Some((column, top)) = next.filter(|_| !places.is_empty()) else {
                continue;
            };
            let left = room.left + column as f64 * (width + 28.0);
            let face = theme::LABEL_STRONG;
            let title = sheet.fonts.wrap(&clean(route), face, width, 2);
            let height = title.len() as f64 * face.line_height();
            let at = (left, top + height / 2.0);
            sheet.block(&title, at, Align::Left, (face, Ink::Text));
            let first = top + height + 6.0 + PITCH / 2.0;
            let last = first + (places.len() - 1) as f64 * PITCH;
            let x = left + RADIUS + 1.0;
            sheet
                .scene
                .line(vec![(x, first), (x, last)], Ink::Context, STROKE);
            let mut y = first;
            for place in places {
                draw_place(sheet, place, (x, y), classes);
                strip_words(sheet, place, (x + RADIUS + 8.0, left + width), y);
                y += PITCH;
            }
            if let Some(top) = tops.get_mut(column) {
                *top = last + PITCH / 2.0 + 16.0;
            }
        }
        tops.into_iter().fold(room.top, f64::max)
    }
}

/// Name left, label right.
fn strip_words(sheet: &mut Sheet<'_>, place: &Place, (left, right): (f64, f64), y: f64) {
    let face = theme::LABEL;
    let label = sheet
        .fonts
        .shorten(&clean(&place.label), face, (right - left) * 0.55);
    let room = right - left - sheet.fonts.width(&label, face) - 8.0;
    let name = sheet.fonts.shorten(&clean(&place.name), face, room);
    sheet.block(&[name], (left, y), Align::Left, (face, Ink::Text));
    sheet.block(&[label], (right, y), Align::Right, (face, Ink::Text));
}

/// A place: round, or square at a border; hollow without a value.
fn draw_place(sheet: &mut Sheet<'_>, place: &Place, at: (f64, f64), classes: &Classes) {
    let shape = if place.is_border {
        Shape::Square
    } else {
        Shape::Circle
    };
    sheet.point(shape, at, RADIUS + 2.5, Ink::Paper);
    if let Some(value) = known(place.value) {
        sheet.point(shape, at, RADIUS, Ink::Ordered(classes.step(value)));
    } else {
        sheet.point(shape, at, RADIUS, Ink::Muted);
        sheet.point(shape, at, RADIUS - 2.0, Ink::Paper);
    }
}

/// Name and label of a place, wrapped. A word that is too wide is broken after a hyphen if it has one.
fn words(sheet: &Sheet<'_>, place: &Place, width: f64) -> [Vec<String>; 2] {
    let wrap = |text: &str, face: Face, most: usize| {
        let text = clean(text);
        let wide = |word: &str| sheet.fonts.width(word, face) > width;
        let loose: Vec<String> = text
            .split(' ')
            .map(|word| {
                if wide(word) {
                    word.replace('-', "- ")
                } else {
                    word.to_owned()
                }
            })
            .collect();
        sheet.fonts.wrap(&loose.join(" "), face, width, most)
    };
    [
        wrap(&place.name, theme::LABEL, 2),
        wrap(&place.label, theme::LABEL_STRONG, 2),
    ]
}

/// Rows as high as their tallest words.
fn plan(made: &Lattice, words: &[[Vec<String>; 2]], (room, pitch): (Room, f64)) -> Plan {
    let rows_of = || {
        let places = made.cells.iter().flatten().map(|(_, row)| *row);
        places.chain(made.links.iter().map(|link| link.row))
    };
    let first_row = rows_of().min().unwrap_or(0);
    let last_row = rows_of().max().unwrap_or(0);
    let mut rows = Vec::new();
    let mut top = room.top + 4.0;
    for row in first_row..=last_row {
        let tallest = made
            .cells
            .iter()
            .zip(words)
            .filter(|(cell, _)| cell.is_some_and(|(_, of)| of == row))
            .map(|(_, [name, label])| {
                name.len() as f64 * theme::LABEL.line_height()
                    + label.len() as f64 * theme::LABEL_STRONG.line_height()
            })
            .fold(0.0, f64::max);
        rows.push(top + RADIUS + 3.0);
        top += RADIUS + 3.0 + DROP + tallest + 14.0;
    }
    Plan {
        left: room.left + (room.width() - pitch * made.columns as f64).max(0.0) / 2.0,
        pitch,
        rows,
        first_row,
        bottom: top - 8.0,
    }
}

/// The strokes between rows that every link needs.
fn tracks(made: &Lattice) -> Vec<Track> {
    let cell = |place: usize| made.cells.get(place).copied().flatten();
    let mut tracks = Vec::new();
    for Link { from, to, row } in &made.links {
        let (Some((start, upper)), Some((end, lower))) = (cell(*from), cell(*to)) else {
            continue;
        };
        if start + 1 == end {
            if upper != lower {
                tracks.push(Track {
                    gutter: start,
                    of: (*from, true),
                    rows: (upper, lower),
                });
            }
            continue;
        }
        if upper != *row {
            tracks.push(Track {
                gutter: start,
                of: (*from, true),
                rows: (upper, *row),
            });
        }
        if lower != *row {
            tracks.push(Track {
                gutter: end - 1,
                of: (*to, false),
                rows: (*row, lower),
            });
        }
    }
    tracks
}

/// Which tracks of a gutter there are, one for each place, in order.
fn lanes(tracks: &[Track], gutter: usize) -> Vec<(usize, bool)> {
    let mut lanes: Vec<(usize, bool)> = tracks
        .iter()
        .filter(|track| track.gutter == gutter && track.rows.0 != track.rows.1)
        .map(|track| track.of)
        .collect();
    lanes.sort_unstable_by_key(|(place, leaves)| (!leaves, *place));
    lanes.dedup();
    lanes
}

/// The room between the words of neighbouring columns.
fn gutter_width(made: &Lattice) -> f64 {
    let tracks = tracks(made);
    let most = (0..made.columns)
        .map(|gutter| lanes(&tracks, gutter).len())
        .max();
    26.0_f64.max(TRACK * most.unwrap_or(0) as f64 + 12.0)
}

/// Every link as a stroke with its turns cut at 45°.
fn strokes(made: &Lattice, plan: &Plan) -> Vec<Vec<(f64, f64)>> {
    let all = tracks(made);
    let cell = |place: usize| made.cells.get(place).copied().flatten();
    let track_x = |gutter: usize, of: (usize, bool)| {
        let lanes = lanes(&all, gutter);
        let at = lanes.iter().position(|lane| *lane == of).unwrap_or(0) as f64;
        let middle = plan.x(gutter) + plan.pitch / 2.0;
        middle + (at - (lanes.len().saturating_sub(1)) as f64 / 2.0) * TRACK
    };
    let stroke = |link: &Link| {
        let ((start, upper), (end, lower)) = (cell(link.from)?, cell(link.to)?);
        let (first, last) = ((plan.x(start), plan.y(upper)), (plan.x(end), plan.y(lower)));
        let mut corners = vec![first];
        let leave = track_x(start, (link.from, true));
        if start + 1 == end {
            corners.extend([(leave, first.1), (leave, last.1)]);
        } else {
            let run = plan.y(link.row);
            let reach = track_x(end - 1, (link.to, false));
            corners.extend([
                (leave, first.1),
                (leave, run),
                (reach, run),
                (reach, last.1),
            ]);
        }
        corners.push(last);
        Some(cut_corners(&corners))
    };
    made.links.iter().filter_map(stroke).collect()
}

/// Cuts the right angles of a way diagonally; points in between on a straight way go.
fn cut_corners(corners: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let same = |a: f64, b: f64| (a - b).abs() < 0.01;
    let mut way: Vec<(f64, f64)> = Vec::new();
    for &corner in corners {
        if let Some(last) = way.last()
            && same(last.0, corner.0)
            && same(last.1, corner.1)
        {
            continue;
        }
        if let [.., before, last] = way.as_slice()
            && ((same(before.0, last.0) && same(last.0, corner.0))
                || (same(before.1, last.1) && same(last.1, corner.1)))
        {
            way.pop();
        }
        way.push(corner);
    }
    let mut points = Vec::new();
    for (at, &corner) in way.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| way.get(at));
        let (Some(before), Some(after)) = (before, way.get(at + 1)) else {
            points.push(corner);
            continue;
        };
        for other in [before, after] {
            let (dx, dy) = (other.0 - corner.0, other.1 - corner.1);
            let length = dx.hypot(dy);
            let cut = CUT.min(length / 2.0) / length;
            points.push((corner.0 + dx * cut, corner.1 + dy * cut));
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_cut_at_forty_five_degrees() {
        let way = [
            (0.0, 0.0),
            (50.0, 0.0),
            (50.0, 40.0),
            (50.0, 100.0),
            (90.0, 100.0),
        ];
        let cut = cut_corners(&way);
        assert_eq!(
            cut,
            [
                (0.0, 0.0),
                (41.0, 0.0),
                (50.0, 9.0),
                (50.0, 91.0),
                (59.0, 100.0),
                (90.0, 100.0)
            ]
        );
        assert_eq!(
            cut_corners(&[(0.0, 0.0), (5.0, 0.0), (9.0, 0.0)]),
            [(0.0, 0.0), (9.0, 0.0)]
        );
    }
}
