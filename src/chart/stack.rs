//! Parts of a whole as stacked columns over periods.

use super::axis::{ValueAxis, value_text};
use super::parts::{EndLabel, GUTTER, Room, Sheet, drawable};
use super::scene::Frame;
use super::theme::{self, Ink, Lane, Pair, Step};
use super::{Line, Part, Role, Scale};

/// The widest a column may be with the space beside it.
const WIDEST_PITCH: f64 = 90.0;

/// A stack, borrowed from its spec.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stack<'a> {
    pub(super) scale: Scale,
    pub(super) periods: &'a [String],
    pub(super) parts: &'a [Part],
}

/// The colours of parts: lanes and parties keep their own, steps of an order are of one hue, others
/// take the next category.
pub(super) fn pairs(parts: &[Part]) -> Vec<Pair> {
    let mut next = 0;
    let mut pair = |part: &Part| match &part.role {
        Role::Ordered { at, of } => Pair {
            mark: Ink::Ordered(Step::of(*at, *of)),
            text: Ink::Text,
        },
        Role::Named(name) => {
            let own = Lane::named(name).map(theme::lane);
            own.or_else(|| theme::party(name)).unwrap_or_else(|| {
                next += 1;
                theme::category(next - 1)
            })
        }
    };
    parts.iter().map(&mut pair).collect()
}

/// A part of one column: which part, from which height to which.
type Slice = (usize, f64, f64);

impl Stack<'_> {
    /// Lays the columns out; yields their bottom.
    pub(super) fn layout(self, sheet: &mut Sheet<'_>, room: Room) -> f64 {
        let columns: Vec<Vec<Slice>> = (0..self.periods.len()).map(|at| self.column(at)).collect();
        let Some(last) = columns.iter().rposition(|column| !column.is_empty()) else {
            return sheet.nothing(room);
        };
        let heights = columns.iter().flatten().map(|&(_, _, to)| to);
        let whole = (self.scale == Scale::Share).then_some(1.0);
        let heights = heights.chain([0.0]).chain(whole);
        let axis = ValueAxis::enclosing(sheet.language, self.scale, heights);
        let pairs = pairs(self.parts);
        let mut labels = self.labels(sheet, room, (columns.get(last), &pairs));

        let top = sheet.axis_note(&axis, room);
        let bottom = top + room.plot_height().max(Sheet::stacked_height(&labels));
        let left = room.left + sheet.tick_width(&axis);
        let space = room.right - left - sheet.widest(&labels) - GUTTER;
        let pitch = (space / columns.len() as f64).min(WIDEST_PITCH);
        let plot = Frame {
            left,
            top,
            right: left + pitch * columns.len() as f64,
            bottom,
        };
        let y = |value: f64| bottom - axis.position(value) * (bottom - top);
        sheet.value_grid(&axis, plot);

        let xs: Vec<f64> = (0..columns.len())
            .map(|at| left + pitch * (at as f64 + 0.5))
            .collect();
        let half = pitch * 0.41;
        for (column, x) in columns.iter().zip(&xs) {
            for &(part, from, to) in column {
                let Some(pair) = pairs.get(part) else {
                    continue;
                };
                // A hairline of paper keeps neighbours apart without relying on colour.
                let hairline = if y(from) - y(to) > 3.0 && from > 0.0 {
                    1.0
                } else {
                    0.0
                };
                let frame = Frame {
                    left: x - half,
                    top: y(to),
                    right: x + half,
                    bottom: y(from) - hairline,
                };
                sheet.scene.rect(frame, pair.mark);
            }
        }
        let end = xs.get(last).copied().unwrap_or(left) + half;
        let slices = columns.get(last).into_iter().flatten();
        for (label, &(_, from, to)) in labels.iter_mut().zip(slices) {
            label.mark = (end, y(f64::midpoint(from, to)));
        }
        // The first part is at the base: the last label is the highest.
        labels.reverse();
        sheet.end_labels(&labels, plot.right + GUTTER, (top - 4.0, bottom + 4.0));
        // As they stand: the part at the base last.
        let line = |part: &Part| Line {
            name: part.name.clone(),
            values: part.values.clone(),
        };
        let lines: Vec<Line> = self.parts.iter().rev().map(line).collect();
        sheet.period_spots((self.periods, &xs, plot), self.scale, (&lines, &[]));
        sheet.period_axis(self.periods, &xs, plot)
    }

    /// The slices of a column from the base upwards; none where nothing is known.
    fn column(self, at: usize) -> Vec<Slice> {
        let mut base = 0.0;
        let mut column = Vec::new();
        for (part, values) in self.parts.iter().enumerate() {
            let value = drawable(&values.values).nth(at).flatten();
            if let Some(value) = value.filter(|&value| value > 0.0) {
                column.push((part, base, base + value));
                base += value;
            }
        }
        column
    }

    fn labels(
        self,
        sheet: &Sheet<'_>,
        room: Room,
        (column, pairs): (Option<&Vec<Slice>>, &[Pair]),
    ) -> Vec<EndLabel> {
        let slices = column.into_iter().flatten();
        let label = |&(part, from, to): &Slice| {
            let value = value_text(sheet.language, self.scale, to - from);
            let name = &self.parts.get(part)?.name;
            let face = theme::LABEL;
            let lines = sheet.name_and_value((name, &value), face, room.label_width());
            Some(EndLabel {
                lines,
                face,
                ink: pairs.get(part)?.text,
                mark: (0.0, 0.0),
            })
        };
        slices.filter_map(label).collect()
    }
}
