//! Shares of a whole as stacked columns over periods.

use super::axis::{ValueAxis, value_text};
use super::parts::{EndLabel, GUTTER, Room, Sheet, drawable};
use super::scene::Frame;
use super::theme::{self, Lane, Pair};
use super::{Part, Scale};

/// The widest a column may be with the space beside it.
const WIDEST_PITCH: f64 = 90.0;

/// A stack, borrowed from its spec.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stack<'a> {
    pub(super) periods: &'a [String],
    pub(super) parts: &'a [Part],
}

/// A part of one column: which part, from which share to which.
type Slice = (usize, f64, f64);

impl Stack<'_> {
    /// Lays the columns out; yields their bottom.
    pub(super) fn layout(self, sheet: &mut Sheet<'_>, room: Room) -> f64 {
        let columns: Vec<Vec<Slice>> = (0..self.periods.len()).map(|at| self.column(at)).collect();
        let Some(last) = columns.iter().rposition(|column| !column.is_empty()) else {
            return sheet.nothing(room);
        };
        let heights = columns.iter().flatten().map(|&(_, _, to)| to);
        let axis = ValueAxis::enclosing(sheet.language, Scale::Share, heights.chain([0.0, 1.0]));
        let pairs = self.pairs();
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
        let y = |share: f64| bottom - axis.position(share) * (bottom - top);
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
        sheet.period_axis(self.periods, &xs, plot)
    }

    /// The slices of a column from the base upwards; none where nothing is known.
    fn column(self, at: usize) -> Vec<Slice> {
        let mut base = 0.0;
        let mut column = Vec::new();
        for (part, shares) in self.parts.iter().enumerate() {
            let share = drawable(&shares.shares).nth(at).flatten();
            if let Some(share) = share.filter(|&share| share > 0.0) {
                column.push((part, base, base + share));
                base += share;
            }
        }
        column
    }

    /// The colours of the parts: a lane keeps its own, others take the next category.
    fn pairs(self) -> Vec<Pair> {
        let mut next = 0;
        let pair = |part: &Part| {
            Lane::named(&part.role).map_or_else(
                || {
                    next += 1;
                    theme::category(next - 1)
                },
                theme::lane,
            )
        };
        self.parts.iter().map(pair).collect()
    }

    fn labels(
        self,
        sheet: &Sheet<'_>,
        room: Room,
        (column, pairs): (Option<&Vec<Slice>>, &[Pair]),
    ) -> Vec<EndLabel> {
        let slices = column.into_iter().flatten();
        let label = |&(part, from, to): &Slice| {
            let value = value_text(sheet.language, Scale::Share, to - from);
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
