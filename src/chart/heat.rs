//! Heat maps: cells coloured by magnitude.

use super::axis::value_text;
use super::classes::Classes;
use super::legend::Sample;
use super::parts::{GAP, Room, Sheet, known};
use super::scene::{Align, Frame};
use super::text::{ASCENT, clean};
use super::theme::{self, Ink};
use super::{HeatCell, HeatMap, Scale};
use crate::language::Language;

/// The least height of a cell.
const LOWEST: f64 = 26.0;
/// The widest a cell may be.
const WIDEST: f64 = 72.0;

/// Draws a cell into a frame; the text names its row and column.
type DrawCell<'a> = dyn Fn(&mut Sheet<'_>, (Frame, &str), HeatCell) + 'a;

/// The table as it is drawn: on a phone rows and columns may change places.
struct Grid {
    columns: Vec<String>,
    rows: Vec<(String, Vec<HeatCell>)>,
}

impl HeatMap {
    /// Lays the map out; yields its bottom.
    pub(super) fn layout(&self, sheet: &mut Sheet<'_>, room: Room) -> f64 {
        let value = |cell: &HeatCell| match cell {
            HeatCell::Value(value) => known(Some(*value)),
            HeatCell::Suppressed | HeatCell::Missing => None,
        };
        let cells = || self.rows.iter().flat_map(|(_, cells)| cells);
        let values: Vec<f64> = cells().filter_map(value).collect();
        let hatched = cells().any(|cell| *cell == HeatCell::Suppressed);
        if (values.is_empty() && !hatched) || self.columns.is_empty() {
            return sheet.nothing(room);
        }
        let widest = values
            .iter()
            .map(|value| {
                sheet
                    .fonts
                    .width(&self.cell_text(sheet.language, *value), theme::SMALL)
            })
            .fold(0.0, f64::max);
        let classes = Classes::enclosing(sheet.language, self.scale, values.iter().copied());
        let bottom =
            self.grid(room)
                .draw(sheet, (room, &self.column_title), &|sheet, place, cell| {
                    self.draw_cell(sheet, (place, cell), widest, &classes);
                });
        let mut entries = if values.is_empty() {
            Vec::new()
        } else {
            classes.legend(Ink::Sequence)
        };
        entries.extend(hatched.then(|| (Sample::Hatched, self.hatched.clone())));
        let room = Room {
            top: bottom + 12.0,
            ..room
        };
        sheet.legend(&entries, room)
    }

    fn grid(&self, room: Room) -> Grid {
        let names = |row: &(String, Vec<HeatCell>)| clean(&row.0);
        let columns: Vec<String> = self.columns.iter().map(|name| clean(name)).collect();
        if !room.is_narrow() || columns.len() <= self.rows.len() {
            let rows = self.rows.iter().map(|row| (names(row), row.1.clone()));
            return Grid {
                columns,
                rows: rows.collect(),
            };
        }
        let column = |(at, name): (usize, String)| {
            let cells = self.rows.iter().map(|(_, cells)| cells.get(at).copied());
            let cells = cells.map(|cell| cell.unwrap_or(HeatCell::Missing));
            (name, cells.collect())
        };
        Grid {
            columns: self.rows.iter().map(names).collect(),
            rows: columns.into_iter().enumerate().map(column).collect(),
        }
    }

    /// A value as it stands in its cell: plain numbers with one decimal below ten.
    fn cell_text(&self, language: &Language, value: f64) -> String {
        match self.scale {
            Scale::Number if value.abs() < 0.05 => "0".to_owned(),
            Scale::Number if value.abs() < 9.95 => language.number(value, 1),
            Scale::Number if value.abs() < 1e6 => value_text(language, Scale::Count, value),
            scale => value_text(language, scale, value),
        }
    }

    fn draw_cell(
        &self,
        sheet: &mut Sheet<'_>,
        ((frame, name), cell): ((Frame, &str), HeatCell),
        widest: f64,
        classes: &Classes,
    ) {
        let value = match cell {
            HeatCell::Missing => return,
            HeatCell::Suppressed => {
                sheet.spot(frame, name, std::slice::from_ref(&self.hatched));
                return sheet.scene.hatch(frame);
            }
            HeatCell::Value(value) => value,
        };
        let Some(value) = known(Some(value)) else {
            return;
        };
        let text = self.cell_text(sheet.language, value);
        sheet.spot(frame, name, std::slice::from_ref(&text));
        let step = classes.step(value);
        sheet.scene.rect(frame, Ink::Sequence(step));
        if widest + 4.0 > frame.right - frame.left {
            return;
        }
        let at = (
            f64::midpoint(frame.left, frame.right),
            f64::midpoint(frame.top, frame.bottom),
        );
        let style = (theme::SMALL, step.ink_on_it());
        sheet.block(std::slice::from_ref(&text), at, Align::Centre, style);
    }
}

impl Grid {
    /// Draws names and cells; yields their bottom.
    fn draw(&self, sheet: &mut Sheet<'_>, (room, title): (Room, &str), cell: &DrawCell<'_>) -> f64 {
        let face = theme::LABEL;
        let most = room.width() * 0.3;
        let names: Vec<Vec<String>> = self
            .rows
            .iter()
            .map(|(name, _)| sheet.fonts.wrap(name, face, most, 2))
            .collect();
        let widths = names
            .iter()
            .flatten()
            .map(|line| sheet.fonts.width(line, face));
        let left = room.left + widths.fold(0.0, f64::max).ceil() + GAP;
        let pitch = ((room.right - left) / self.columns.len() as f64).min(WIDEST);
        let mut top = room.top;
        let above = Room { left, top, ..room };
        top = sheet.caption(title, above, (theme::SMALL, Ink::Muted)) + 2.0;
        self.column_names(sheet, (left, pitch), top + ASCENT * theme::SMALL.size);
        top += theme::SMALL.line_height() + 4.0;
        // Paper between cells, as long as cells are wide enough for it.
        let air = if pitch > 12.0 { 1.0 } else { 0.0 };
        for ((row, cells), name) in self.rows.iter().zip(names) {
            let height = LOWEST.max(name.len() as f64 * face.line_height());
            let at = (left - GAP, top + height / 2.0);
            sheet.block(&name, at, Align::Right, (face, Ink::Text));
            for (column, (one, across)) in cells.iter().zip(&self.columns).enumerate() {
                let x = left + pitch * column as f64;
                let frame = Frame {
                    left: x + air,
                    top: top + 1.0,
                    right: x + pitch - air,
                    bottom: top + height - 1.0,
                };
                cell(sheet, (frame, &format!("{row}, {across}")), *one);
            }
            top += height;
        }
        top
    }

    /// As many names of columns as fit, at even distances.
    fn column_names(&self, sheet: &mut Sheet<'_>, (left, pitch): (f64, f64), y: f64) {
        let face = theme::SMALL;
        let most = (pitch - 4.0).max(60.0);
        let names: Vec<String> = self
            .columns
            .iter()
            .map(|name| sheet.fonts.shorten(name, face, most))
            .collect();
        let widths = names.iter().map(|name| sheet.fonts.width(name, face));
        let needed = (widths.fold(0.0, f64::max) + 6.0) / pitch;
        let steps = [1, 2, 3, 4, 6, 12, 24];
        let every = steps
            .into_iter()
            .find(|step| f64::from(*step) >= needed)
            .map_or(usize::MAX, |step| usize::try_from(step).unwrap_or(1));
        for (at, name) in names.iter().enumerate().step_by(every) {
            sheet.centred(name, (left + pitch * (at as f64 + 0.5), y), Ink::Muted);
        }
    }
}
