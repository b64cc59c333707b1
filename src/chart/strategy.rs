//! Strategy maps: objectives in rows of their perspectives, joined by what helps what.

use std::ops::Range;

use super::legend::Shape;
use super::parts::{Room, Sheet};
use super::scene::{Align, Frame};
use super::text::clean;
use super::theme::{self, Category, Ink};
use super::{Goal, Standing, StrategyMap};

/// Between the edge of a perspective and its boxes, and between a box and its words.
const PAD: f64 = 10.0;
/// The narrowest that a box may be beside others.
const NARROWEST: f64 = 150.0;
/// The most boxes side by side.
const AT_MOST: usize = 4;
/// The width of the bar at the left edge of a box that has the colour of its standing.
const EDGE: f64 = 5.0;
/// Between neighbouring strokes of one gutter.
const TRACK: f64 = 7.0;
/// The length of an arrow's head.
const HEAD: f64 = 6.0;
/// The widest that the room between two columns may be.
const WIDEST_GAP: f64 = 46.0;
/// The room that the shape of a standing takes before its words.
const SHAPE: f64 = 16.0;
/// The most lines of a title: more than any that people read.
const LINES: usize = 24;

/// Boxes side by side: objectives of one perspective.
struct Line {
    perspective: usize,
    goals: Range<usize>,
    frame: Frame,
}

/// A box in its place.
struct Boxed<'a> {
    goal: &'a Goal,
    line: usize,
    column: usize,
    title: Vec<String>,
    label: Vec<String>,
    frame: Frame,
}

impl Boxed<'_> {
    fn height(&self) -> f64 {
        let title = self.title.len() as f64 * theme::LABEL_STRONG.line_height();
        title + self.label.len() as f64 * theme::SMALL.line_height() + 2.0 * PAD
    }

    /// A point of its upper or lower edge.
    fn port(&self, share: f64, is_top: bool) -> (f64, f64) {
        let Frame {
            left, top, right, ..
        } = self.frame;
        let y = if is_top { top } else { self.frame.bottom };
        (left + share * (right - left), y)
    }
}

/// Everything in its place.
struct Plan<'a> {
    boxes: Vec<Boxed<'a>>,
    lines: Vec<Line>,
    /// The whole width of the perspectives' grounds.
    across: (f64, f64),
    /// Where their names stand: from `across` to here.
    names_to: f64,
    columns: usize,
    /// The room between two columns.
    gap: f64,
}

impl Standing {
    const fn ink(self) -> Ink {
        match self {
            Self::OnTrack => Ink::Category(Category::Green),
            Self::AtRisk => Ink::Category(Category::Orange),
            Self::OffTrack => Ink::Category(Category::Vermilion),
            Self::NotMeasured => Ink::Context,
        }
    }

    const fn text_ink(self) -> Ink {
        match self {
            Self::OnTrack => Ink::CategoryText(Category::Green),
            Self::AtRisk => Ink::CategoryText(Category::Orange),
            Self::OffTrack => Ink::CategoryText(Category::Vermilion),
            Self::NotMeasured => Ink::Muted,
        }
    }
}

impl StrategyMap {
    /// Lays the map out; yields its bottom.
    pub(super) fn layout(&self, sheet: &mut Sheet<'_>, room: Room) -> f64 {
        if self.perspectives.iter().all(|one| one.goals.is_empty()) {
            return sheet.nothing(room);
        }
        let links = self.known_links();
        let mut plan = self.columns(&links, room);
        let bottom = self.place(&mut plan, &links, sheet, room);
        self.draw_grounds(&plan, sheet);
        for way in ways(&plan, &links) {
            draw_way(sheet, way);
        }
        for one in &plan.boxes {
            draw_box(sheet, one);
        }
        bottom
    }

    /// Links between two objectives that there are.
    fn known_links(&self) -> Vec<(usize, usize)> {
        let count: usize = self.perspectives.iter().map(|one| one.goals.len()).sum();
        let is_known = |link: &&(usize, usize)| link.0 != link.1 && link.0.max(link.1) < count;
        self.links.iter().filter(is_known).copied().collect()
    }

    /// How many boxes stand side by side, and which in which line; nothing has a height yet.
    fn columns(&self, links: &[(usize, usize)], room: Room) -> Plan<'_> {
        let most = self.perspectives.iter().map(|one| one.goals.len()).max();
        let sources = sources(links.iter().map(|link| link.0)).len() as f64;
        let names_to = if room.is_narrow() {
            room.right
        } else {
            room.left + 150.0
        };
        let left = if room.is_narrow() {
            room.left
        } else {
            names_to
        } + PAD;
        let gap = 18.0 + TRACK * sources;
        let gap = gap.min(WIDEST_GAP);
        let width = |columns: usize| (room.right - PAD - left) / columns as f64 - gap;
        let columns = (1..=most.unwrap_or(1).min(AT_MOST))
            .rev()
            .find(|columns| width(*columns) >= NARROWEST)
            .unwrap_or(1);
        // Strokes run right of every column, the last one's too.
        let gap = if links.is_empty() { 18.0 } else { gap };
        let pitch = (room.right - PAD - left) / columns as f64;
        let mut plan = Plan {
            boxes: Vec::new(),
            lines: Vec::new(),
            across: (room.left, room.right),
            names_to,
            columns,
            gap,
        };
        for (perspective, one) in self.perspectives.iter().enumerate() {
            for goals in one.goals.chunks(columns) {
                let first = plan.boxes.len();
                for (column, goal) in goals.iter().enumerate() {
                    let from = left + column as f64 * pitch;
                    plan.boxes.push(Boxed {
                        goal,
                        line: plan.lines.len(),
                        column,
                        title: Vec::new(),
                        label: Vec::new(),
                        frame: Frame {
                            left: from,
                            right: from + pitch - gap,
                            top: 0.0,
                            bottom: 0.0,
                        },
                    });
                }
                plan.lines.push(Line {
                    perspective,
                    goals: first..plan.boxes.len(),
                    frame: Frame {
                        left: plan.across.0,
                        right: plan.across.1,
                        top: 0.0,
                        bottom: 0.0,
                    },
                });
            }
        }
        plan
    }

    /// Wraps the words and gives every line its height; yields the bottom of the last.
    fn place(
        &self,
        plan: &mut Plan<'_>,
        links: &[(usize, usize)],
        sheet: &Sheet<'_>,
        room: Room,
    ) -> f64 {
        for one in &mut plan.boxes {
            let width = one.frame.right - one.frame.left - EDGE - 2.0 * PAD;
            let wrap = |text: &str, face, width| sheet.fonts.wrap(&clean(text), face, width, LINES);
            one.title = wrap(&one.goal.title, theme::LABEL_STRONG, width);
            one.label = wrap(&one.goal.label, theme::SMALL, width - SHAPE);
        }
        let mut top = room.top;
        let mut before = None;
        for at in 0..plan.lines.len() {
            let strokes = if plan.columns == 1 {
                0.0
            } else {
                TRACK * (gutter_sources(plan, links, at).len() as f64)
            };
            let Some(line) = plan.lines.get_mut(at) else {
                continue;
            };
            let is_first_of_its = before != Some(line.perspective);
            let name = self.perspectives.get(line.perspective);
            let name = name_lines(name.map_or("", |one| &one.name), (plan.names_to, sheet));
            let name_height = name.len() as f64 * theme::LABEL_STRONG.line_height();
            let air = if is_first_of_its {
                2.0 * PAD + 6.0
            } else {
                PAD
            };
            top += if before.is_none() && strokes <= 0.0 {
                PAD
            } else {
                air + strokes
            };
            line.frame.top = top - PAD;
            if is_first_of_its && room.is_narrow() {
                top += name_height + 4.0;
            }
            let mut height = if is_first_of_its && !room.is_narrow() {
                name_height
            } else {
                0.0
            };
            let boxes = plan.boxes.get_mut(line.goals.clone()).unwrap_or_default();
            for one in boxes.iter() {
                height = height.max(one.height());
            }
            for one in boxes {
                one.frame.top = top;
                one.frame.bottom = top + height;
            }
            top += height;
            line.frame.bottom = top + PAD;
            before = Some(line.perspective);
        }
        top + PAD
    }

    /// The grounds of the perspectives with their names.
    fn draw_grounds(&self, plan: &Plan<'_>, sheet: &mut Sheet<'_>) {
        for lines in plan.lines.chunk_by(|a, b| a.perspective == b.perspective) {
            let ([first, ..], Some(last)) = (lines, lines.last()) else {
                continue;
            };
            let frame = Frame {
                bottom: last.frame.bottom,
                ..first.frame
            };
            sheet.scene.wash(frame, Ink::Grid, 0.4);
            let name = self.perspectives.get(first.perspective);
            let name = name.map_or("", |one| &one.name);
            let words = name_lines(name, (plan.names_to, sheet));
            let height = words.len() as f64 * theme::LABEL_STRONG.line_height();
            let at = (frame.left + PAD, frame.top + PAD + height / 2.0);
            let look = (theme::LABEL_STRONG, Ink::Text);
            sheet.block(&words, at, Align::Left, look);
        }
    }
}

/// The name of a perspective, wrapped into the room that it has.
fn name_lines(name: &str, (right, sheet): (f64, &Sheet<'_>)) -> Vec<String> {
    let width = right - super::compose::MARGIN - 2.0 * PAD;
    let face = theme::LABEL_STRONG;
    sheet.fonts.wrap(&clean(name), face, width, LINES)
}

/// Title and standing in a frame, with a bar in the colour of the standing.
fn draw_box(sheet: &mut Sheet<'_>, one: &Boxed<'_>) {
    let frame = one.frame;
    let standing = one.goal.standing;
    let outline = |inset: f64| Frame {
        left: frame.left + inset,
        top: frame.top + inset,
        right: frame.right - inset,
        bottom: frame.bottom - inset,
    };
    sheet.scene.rect(frame, Ink::Axis);
    sheet.scene.rect(outline(1.0), Ink::Paper);
    let bar = Frame {
        right: frame.left + EDGE,
        ..frame
    };
    sheet.scene.rect(bar, standing.ink());
    let (x, top) = (frame.left + EDGE + PAD, frame.top + PAD);
    let look = (theme::LABEL_STRONG, Ink::Text);
    let height = one.title.len() as f64 * look.0.line_height();
    sheet.block(&one.title, (x, top + height / 2.0), Align::Left, look);
    let top = top + height;
    let look = (theme::SMALL, standing.text_ink());
    let pitch = look.0.line_height();
    draw_shape(sheet, standing, (x + SHAPE / 2.0 - 2.0, top + pitch / 2.0));
    let middle = top + one.label.len() as f64 * pitch / 2.0;
    sheet.block(&one.label, (x + SHAPE, middle), Align::Left, look);
    sheet.spot(frame, &one.goal.title, &[clean(&one.goal.label)]);
}

/// The shape of a standing, beside the words that say the same.
fn draw_shape(sheet: &mut Sheet<'_>, standing: Standing, at: (f64, f64)) {
    const RADIUS: f64 = 5.0;
    let ink = standing.ink();
    match standing {
        Standing::OnTrack => sheet.point(Shape::Circle, at, RADIUS, ink),
        Standing::OffTrack => sheet.point(Shape::Down, at, RADIUS, ink),
        Standing::AtRisk => {
            sheet.point(Shape::Down, at, RADIUS, ink);
            sheet.point(Shape::Down, (at.0, at.1 - 0.7), RADIUS - 2.4, Ink::Paper);
        }
        Standing::NotMeasured => {
            let points = vec![(at.0 - RADIUS, at.1), (at.0 + RADIUS, at.1)];
            sheet.scene.line(points, ink, 1.5);
        }
    }
}

/// A stroke with its head at the end.
fn draw_way(sheet: &mut Sheet<'_>, way: Vec<(f64, f64)>) {
    if let [.., (x, y), tip] = way.as_slice() {
        let length = (tip.0 - x).hypot(tip.1 - y).max(1e-6);
        let (dx, dy) = ((tip.0 - x) / length, (tip.1 - y) / length);
        let back = (tip.0 - dx * HEAD, tip.1 - dy * HEAD);
        let half = HEAD * 0.6;
        let head = vec![
            *tip,
            (back.0 - dy * half, back.1 + dx * half),
            (back.0 + dy * half, back.1 - dx * half),
        ];
        sheet.scene.shape(head, Ink::Muted);
        let mut stroke = way;
        stroke.pop();
        stroke.push(back);
        sheet.scene.line(stroke, Ink::Muted, 1.5);
    }
}

/// Every link as a way along the gutters between boxes, which no box covers.
fn ways(plan: &Plan<'_>, links: &[(usize, usize)]) -> Vec<Vec<(f64, f64)>> {
    let way = |&(from, to): &(usize, usize)| {
        let (source, target) = (plan.boxes.get(from)?, plan.boxes.get(to)?);
        if plan.columns == 1 {
            let x = track_x(plan, links, (0, from));
            let (start, end) = (source.frame, target.frame);
            let (y, reach) = (
                start.top + 0.62 * (start.bottom - start.top),
                end.top + 0.38 * (end.bottom - end.top),
            );
            let points = [(start.right, y), (x, y), (x, reach), (end.right, reach)];
            return Some(points.to_vec());
        }
        let [leave, reach] = gutters(source, target);
        // Ways up and ways down use other places of an edge, so that none lies on another.
        let is_up = leave == source.line;
        let start = source.port(if is_up { 0.62 } else { 0.72 }, is_up);
        let enters_top = reach == target.line;
        let end = target.port(if enters_top { 0.25 } else { 0.35 }, enters_top);
        let out = track_y(plan, links, (leave, from));
        let mut points = vec![start, (start.0, out)];
        if leave == reach {
            points.push((end.0, out));
        } else {
            let x = track_x(plan, links, (between(source, target), from));
            let into = track_y(plan, links, (reach, from));
            points.extend([(x, out), (x, into), (end.0, into)]);
        }
        points.push(end);
        Some(points)
    };
    links.iter().filter_map(way).collect()
}

/// The gutters that a link leaves into and comes from; the n-th lies above the n-th line.
fn gutters(source: &Boxed<'_>, target: &Boxed<'_>) -> [usize; 2] {
    match source.line.cmp(&target.line) {
        std::cmp::Ordering::Equal => [source.line, source.line],
        std::cmp::Ordering::Greater => [source.line, target.line + 1],
        std::cmp::Ordering::Less => [source.line + 1, target.line],
    }
}

/// The column right of which a link over several lines runs.
fn between(source: &Boxed<'_>, target: &Boxed<'_>) -> usize {
    if source.column < target.column {
        target.column - 1
    } else {
        target.column
    }
}

/// Which objectives have a stroke in the gutter above a line, in order.
fn gutter_sources(plan: &Plan<'_>, links: &[(usize, usize)], gutter: usize) -> Vec<usize> {
    let uses = |link: &&(usize, usize)| {
        let ends = plan.boxes.get(link.0).zip(plan.boxes.get(link.1));
        ends.is_some_and(|(source, target)| gutters(source, target).contains(&gutter))
    };
    sources(links.iter().filter(uses).map(|link| link.0))
}

/// Which objectives have a stroke right of a column, in order.
fn column_sources(plan: &Plan<'_>, links: &[(usize, usize)], column: usize) -> Vec<usize> {
    let uses = |link: &&(usize, usize)| {
        let ends = plan.boxes.get(link.0).zip(plan.boxes.get(link.1));
        ends.is_some_and(|(source, target)| {
            let [leave, reach] = gutters(source, target);
            plan.columns == 1 || (leave != reach && between(source, target) == column)
        })
    };
    sources(links.iter().filter(uses).map(|link| link.0))
}

fn sources(from: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut sources: Vec<usize> = from.collect();
    sources.sort_unstable();
    sources.dedup();
    sources
}

/// The share of a gutter at which the strokes of an objective run.
fn share(sources: &[usize], from: usize) -> f64 {
    let at = sources.iter().position(|one| *one == from).unwrap_or(0);
    (at + 1) as f64 / (sources.len() + 1) as f64
}

fn track_y(plan: &Plan<'_>, links: &[(usize, usize)], (gutter, from): (usize, usize)) -> f64 {
    let frame_of = |at: usize| {
        let boxes = plan
            .lines
            .get(at)
            .and_then(|line| plan.boxes.get(line.goals.clone()));
        boxes.and_then(|boxes| boxes.first()).map(|one| one.frame)
    };
    let below = frame_of(gutter).map_or(0.0, |frame| frame.top);
    let above = gutter.checked_sub(1).and_then(frame_of);
    let tracks = gutter_sources(plan, links, gutter);
    let above = above.map_or(below - PAD - TRACK * tracks.len() as f64, |frame| {
        frame.bottom
    });
    above + (below - above) * share(&tracks, from)
}

fn track_x(plan: &Plan<'_>, links: &[(usize, usize)], (column, from): (usize, usize)) -> f64 {
    let right = plan.boxes.iter().find(|one| one.column == column);
    let right = right.map_or(plan.across.1, |one| one.frame.right);
    right + plan.gap * share(&column_sources(plan, links, column), from)
}
