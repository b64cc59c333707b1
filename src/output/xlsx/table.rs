//! One table of the report as cells of a sheet.

use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Worksheet, XlsxError};

use super::{GREY, TOTAL};
use crate::evaluate::State;
use crate::language::Language;
use crate::report::{Cell, Comparison, Figure, Head, Interval, Kind, Table};

/// Excel refuses longer text in a cell.
const LONGEST_TEXT: usize = 32_767;
/// Characters of a text on a line of a cell, where columns are at their widest.
const WORDS_LINE: usize = 48;
/// Points of a line of text.
const LINE_HEIGHT: f64 = 15.0;
/// Elapsed time in hours, past 24, and minutes.
const TIME: &str = "[h]:mm";
/// Seconds of a minute.
const MINUTE: f64 = 60.0;
/// Seconds of a day: Excel counts time in days.
pub(super) const DAY: f64 = 86_400.0;

/// What the numbers of a column mean, by the first that is there.
pub(super) fn column_kind(table: &Table, at: usize) -> Option<Kind> {
    table
        .groups
        .iter()
        .flat_map(|group| &group.rows)
        .find_map(|row| match row.cells.get(at) {
            Some(Cell::Figure(figure, _)) if figure.state == State::Ok => Some(figure.kind),
            _ => None,
        })
}

/// A sheet with a table that can be filtered; further tables stand below it.
pub(super) fn sheet(name: &str, tables: &[&Table], head: &Head) -> Result<Worksheet, XlsxError> {
    let mut sheet = Worksheet::new();
    sheet.set_name(name)?;
    let mut next_row = 0;
    for (at, table) in tables.iter().enumerate() {
        let first_row = next_row;
        let (last_row, last_column) = write_table(&mut sheet, first_row, table, head)?;
        if at == 0 && last_row > first_row {
            sheet.autofilter(first_row, 0, last_row, last_column)?;
        }
        next_row = last_row + 3;
    }
    sheet.set_freeze_panes(1, 1)?;
    sheet.set_autofit_max_width(360);
    sheet.autofit();
    sheet
        .set_landscape()
        .set_paper_size(9)
        .set_print_fit_to_pages(1, 0)
        .set_repeat_rows(0, 0)?;
    Ok(sheet)
}

/// Writes a table from a row on and tells its last row and column.
fn write_table(
    sheet: &mut Worksheet,
    first: u32,
    table: &Table,
    head: &Head,
) -> Result<(u32, u16), XlsxError> {
    let language = &head.language;
    let is_grouped = table.groups.iter().any(|group| group.title.is_some());
    let spreads: Vec<Spread> = (0..table.columns.len())
        .map(|at| Spread::of(table, at))
        .collect();
    let mut pen = Pen {
        sheet,
        row: first,
        column: 0,
        is_total: false,
        lines: 1,
        minutes: minutes_format(language),
    };
    if is_grouped {
        pen.header(&language.text("workbook.group"), None, false)?;
    }
    pen.header(&table.label, None, false)?;
    for (at, (column, spread)) in table.columns.iter().zip(&spreads).enumerate() {
        let unit = unit(table, at, &head.currency);
        for (key, numeric) in spread.headers() {
            let title = if key.is_empty() {
                column.title.clone()
            } else {
                language.fill(key, &[("title", &column.title)])
            };
            pen.header(&title, unit.as_deref(), column.numeric && *numeric)?;
        }
    }
    let last_column = pen.column.saturating_sub(1);
    for group in &table.groups {
        for row in &group.rows {
            pen.row += 1;
            pen.column = 0;
            pen.lines = 1;
            pen.is_total = group.total;
            if is_grouped {
                let total = language.text("workbook.total");
                pen.words(group.title.as_deref().unwrap_or(&total))?;
            }
            pen.words(&row.label)?;
            for (cell, spread) in row.cells.iter().zip(&spreads) {
                pen.cell(cell, *spread)?;
            }
        }
    }
    let last_row = pen.row;
    Ok((last_row, last_column))
}

/// The unit in the header of a column: money is written out in full here, and time as Excel
/// counts it, so the header says so.
fn unit(table: &Table, at: usize, currency: &str) -> Option<String> {
    let unit = table.columns.get(at).and_then(|column| column.unit.clone());
    match column_kind(table, at) {
        Some(Kind::Money) => Some(currency.to_owned()),
        Some(Kind::Duration | Kind::WorkingTime) => match unit {
            Some(unit) if unit.contains(TIME) => Some(unit),
            Some(unit) => Some(format!("{unit}, {TIME}")),
            None => Some(TIME.to_owned()),
        },
        _ => unit,
    }
}

/// How many columns of the workbook a column of the report takes.
#[derive(Clone, Copy)]
enum Spread {
    One,
    Interval,
    Target,
    Comparison,
    Change,
}

impl Spread {
    /// By what is in the column; an interval anywhere gives its bounds columns.
    fn of(table: &Table, at: usize) -> Self {
        let cells = table
            .groups
            .iter()
            .flat_map(|group| &group.rows)
            .filter_map(|row| row.cells.get(at));
        let mut found = Self::One;
        for cell in cells {
            match cell {
                Cell::Figure(_, Some(_)) => return Self::Interval,
                Cell::Target(_) => found = Self::Target,
                Cell::Comparison(_) => found = Self::Comparison,
                Cell::Change(_) => found = Self::Change,
                Cell::Blank | Cell::Words(_) | Cell::Trend(..) | Cell::Figure(_, None) => {}
            }
        }
        found
    }

    /// The key of each header (none: the column's own title), and whether numbers stand below it.
    const fn headers(self) -> &'static [(&'static str, bool)] {
        match self {
            Self::One => &[("", true)],
            Self::Interval => &[("", true), ("workbook.low", true), ("workbook.high", true)],
            Self::Target => &[("", true), ("workbook.state", false)],
            Self::Comparison => &[
                ("", true),
                ("workbook.change", true),
                ("workbook.verdict", false),
            ],
            Self::Change => &[("", true), ("workbook.verdict", false)],
        }
    }
}

/// Writes one cell after the other.
struct Pen<'a> {
    sheet: &'a mut Worksheet,
    row: u32,
    column: u16,
    is_total: bool,
    /// Lines of text that the row has room for; 1 unless a longer text has been written.
    lines: usize,
    /// How a change of time is shown.
    minutes: String,
}

/// A signed number of minutes, with the word in the language of the report.
fn minutes_format(language: &Language) -> String {
    let unit = language.fill("duration.minutes", &[("n", "")]);
    let unit = unit.trim();
    format!("+#,##0 \"{unit}\";-#,##0 \"{unit}\";0 \"{unit}\"")
}

impl Pen<'_> {
    fn header(&mut self, title: &str, unit: Option<&str>, numeric: bool) -> Result<(), XlsxError> {
        let text = unit.map_or_else(|| title.to_owned(), |unit| format!("{title} ({unit})"));
        let align = if numeric {
            FormatAlign::Right
        } else {
            FormatAlign::Left
        };
        let format = Format::new()
            .set_bold()
            .set_text_wrap()
            .set_align(align)
            .set_border_bottom(FormatBorder::Thin);
        self.sheet
            .write_string_with_format(self.row, self.column, fitting(&text), &format)?;
        self.column += 1;
        Ok(())
    }

    fn format(&self) -> Format {
        let format = Format::new().set_align(FormatAlign::Top);
        // Not bold: automatic widths do not count with it.
        if self.is_total {
            format.set_background_color(TOTAL)
        } else {
            format
        }
    }

    fn words(&mut self, words: &str) -> Result<(), XlsxError> {
        if !words.is_empty() {
            let lines = words.chars().count().div_ceil(WORDS_LINE);
            let format = if lines > 1 {
                // Not every program fits the height of a row to wrapped text by itself.
                self.lines = lines.max(self.lines);
                let height = LINE_HEIGHT * self.lines as f64;
                self.sheet.set_row_height(self.row, height)?;
                self.format().set_text_wrap()
            } else {
                self.format()
            };
            self.sheet
                .write_string_with_format(self.row, self.column, fitting(words), &format)?;
        }
        self.column += 1;
        Ok(())
    }

    /// A number with its format; why there is none, in grey.
    fn figure(&mut self, figure: &Figure) -> Result<(), XlsxError> {
        match figure.number {
            Some(number) if figure.state == State::Ok && number.is_finite() => {
                let is_change = figure.key.as_ref().is_some_and(|key| key.field.is_change());
                let (number, format) = match figure.kind.is_time() {
                    // Excel shows time below zero as ####, so a change of time is in minutes.
                    true if is_change => (number / MINUTE, self.minutes.clone()),
                    true => (number / DAY, TIME.to_owned()),
                    false => (number, number_format(figure.kind).to_owned()),
                };
                let format = self.format().set_num_format(format);
                self.sheet
                    .write_number_with_format(self.row, self.column, number, &format)?;
            }
            _ => {
                let format = self.format().set_font_color(GREY).set_italic();
                let text = fitting(&figure.text);
                self.sheet
                    .write_string_with_format(self.row, self.column, text, &format)?;
            }
        }
        self.column += 1;
        Ok(())
    }

    fn optional(&mut self, figure: Option<&Figure>) -> Result<(), XlsxError> {
        match figure {
            Some(figure) => self.figure(figure),
            None => self.words(""),
        }
    }

    /// One cell of the report, in as many cells as its column takes.
    fn cell(&mut self, cell: &Cell, spread: Spread) -> Result<(), XlsxError> {
        let after = self.column + u16::try_from(spread.headers().len()).unwrap_or(1);
        match cell {
            // A line without a scale is for the page; the workbook has the figures it is made of.
            Cell::Blank | Cell::Trend(..) => {}
            Cell::Words(words) => self.words(words)?,
            Cell::Figure(figure, interval) => {
                self.figure(figure)?;
                if let Some(Interval { low, high }) = interval {
                    self.figure(low)?;
                    self.figure(high)?;
                }
            }
            Cell::Target(mark) => {
                self.figure(&mark.target)?;
                self.words(&mark.mark)?;
            }
            Cell::Comparison(Comparison {
                before,
                change,
                mark,
                ..
            }) => {
                self.figure(before)?;
                self.optional(change.as_ref())?;
                self.words(mark)?;
            }
            Cell::Change(Comparison { change, mark, .. }) => {
                self.optional(change.as_ref())?;
                self.words(mark)?;
            }
        }
        self.column = after;
        Ok(())
    }
}

/// Elapsed time runs past 24 hours; a space stands before the per cent sign.
pub(super) const fn number_format(kind: Kind) -> &'static str {
    match kind {
        Kind::Duration | Kind::WorkingTime => TIME,
        Kind::Share => "0.0 %",
        Kind::Count | Kind::Money => "#,##0",
        Kind::Ratio | Kind::Plain(_) => "0.000",
        Kind::Growth => "+0.0 %;-0.0 %;0.0 %",
    }
}

/// Text that fits a cell; cut at a character where it is longer.
pub(super) fn fitting(text: &str) -> &str {
    let end = text
        .char_indices()
        .map(|(at, c)| at + c.len_utf8())
        .take(LONGEST_TEXT / 2)
        .last();
    end.and_then(|end| text.get(..end)).unwrap_or("")
}
