//! The workbook: real numbers with number formats, one flat table a sheet that can be filtered,
//! and native charts of the headline series. Text from data is written as text, never as a formula.

use jiff::tz::TimeZone;
use rust_xlsxwriter::{
    Chart, ChartLine, Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder,
    Workbook, Worksheet, XlsxError,
};

use crate::catalogue::Area;
use crate::evaluate::State;
use crate::report::{
    Cell, Column, Comparison, Figure, Interval, Kind, Report, Row, Sentence, Table,
};

/// Excel refuses longer text in a cell.
const LONGEST_TEXT: usize = 32_767;
/// Elapsed time in hours, past 24, and minutes.
const TIME: &str = "[h]:mm";
/// Seconds of a day: Excel counts time in days.
const DAY: f64 = 86_400.0;
/// Characters of a line of the summary.
const LINE: usize = 110;
const OVER_TIME: &str = "Over time";
const ACCENT: Color = Color::RGB(0x00_70_B0);
const TOTAL: Color = Color::RGB(0x00_EE_F1_F4);
const GREY: Color = Color::RGB(0x57_60_6A);

/// The workbook as bytes; the same report gives the same bytes.
pub fn workbook(report: &Report) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let currency = &report.head.currency;
    workbook.set_properties(&properties(report)?);
    workbook.push_worksheet(summary(report)?);
    workbook.push_worksheet(sheet("Scorecard", &[&report.scorecard], currency)?);
    for chapter in &report.chapters {
        workbook.push_worksheet(sheet(
            area_name(chapter.area),
            &[&chapter.listing],
            currency,
        )?);
    }
    workbook.push_worksheet(sheet(
        OVER_TIME,
        &[&oldest_first(&report.trends)],
        currency,
    )?);
    workbook.push_worksheet(definitions(report)?);
    let tables: Vec<&Table> = report.quality.tables.iter().collect();
    workbook.push_worksheet(sheet("Data quality", &tables, currency)?);
    workbook.save_to_buffer()
}

/// At most 31 characters, which is all that Excel takes.
const fn area_name(area: Area) -> &'static str {
    match area {
        Area::InternationalCooperation => "Cooperation and corridors",
        other => other.title(),
    }
}

fn properties(report: &Report) -> Result<DocProperties, XlsxError> {
    let head = &report.head;
    let freeze = head.freeze.to_zoned(TimeZone::UTC).datetime();
    // A civil date of jiff is always in these ranges; the year may be negative.
    let part = |number: i8| u8::try_from(number).unwrap_or(1);
    let created = ExcelDateTime::from_ymd(
        u16::try_from(freeze.year()).unwrap_or(1900),
        part(freeze.month()),
        part(freeze.day()),
    )?
    .and_hms(
        u16::from(part(freeze.hour())),
        part(freeze.minute()),
        part(freeze.second()),
    )?;
    Ok(DocProperties::new()
        .set_title(format!("Customs performance, {}", head.period_title))
        .set_author(head.project.clone())
        .set_comment(format!(
            "{}. Data frozen {}.",
            head.versions, head.freeze_title
        ))
        .set_creation_datetime(&created))
}

/// Title, sentences and the charts.
fn summary(report: &Report) -> Result<Worksheet, XlsxError> {
    let head = &report.head;
    let mut sheet = Worksheet::new();
    sheet.set_name("Summary")?;
    sheet.set_screen_gridlines(false);
    sheet.set_column_width(0, LINE as f64)?;
    let bold = Format::new().set_bold();
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let grey = Format::new().set_font_color(GREY).set_text_wrap();
    let title = Format::new().set_bold().set_font_size(20);
    let sentence = |one: &Sentence| (one.to_string(), &wrapped);
    let mut lines = vec![
        (head.project.clone(), &bold),
        (
            format!("Customs performance, {}", head.period_title),
            &title,
        ),
        (
            format!(
                "Data frozen {}, zone {}, money in {}",
                head.freeze_title, head.zone, head.currency
            ),
            &grey,
        ),
    ];
    lines.extend(head.provisional.iter().map(sentence));
    lines.push((String::new(), &wrapped));
    lines.push(("The period in short".to_owned(), &bold));
    lines.extend(report.narrative.iter().map(sentence));
    lines.push((String::new(), &wrapped));
    lines.push(("Needs attention".to_owned(), &bold));
    lines.extend(report.attention.iter().map(sentence));
    lines.extend(head.notices.iter().map(|notice| (notice.clone(), &grey)));
    lines.push((String::new(), &wrapped));
    lines.push((head.versions.clone(), &grey));
    let mut row = 0;
    for (text, format) in lines {
        sheet.write_string_with_format(row, 0, fitting(&text), format)?;
        // Not every program fits the height of a row to wrapped text by itself.
        let lines = text.chars().count() / LINE + 1;
        let height = if row == 1 { 30.0 } else { 16.0 * lines as f64 };
        sheet.set_row_height(row, height)?;
        row += 1;
    }
    row += 1;
    for chart in charts(&report.trends) {
        sheet.insert_chart(row, 0, &chart)?;
        row += 19;
    }
    sheet.set_paper_size(9).set_print_fit_to_pages(1, 0);
    Ok(sheet)
}

/// A line chart of the first duration and of the first amount of money among the headline series.
fn charts(trends: &Table) -> Vec<Chart> {
    let mut charts = Vec::new();
    let periods = trends
        .groups
        .iter()
        .map(|group| group.rows.len())
        .sum::<usize>();
    let Ok(last) = u32::try_from(periods) else {
        return charts;
    };
    for kind in [Kind::Duration, Kind::Money] {
        let at = (0..trends.columns.len()).find(|at| column_kind(trends, *at) == Some(kind));
        let column = at.and_then(|at| trends.columns.get(at));
        let (Some(at), Some(column)) = (at, column) else {
            continue;
        };
        // The label column comes first; no column of this table takes more than one.
        let Ok(at) = u16::try_from(at + 1) else {
            continue;
        };
        let title = match kind {
            Kind::Duration => format!("{}, median, hours", column.title),
            _ => column.title.clone(),
        };
        let mut line = ChartLine::new();
        line.set_color(ACCENT).set_width(2.25);
        let mut chart = Chart::new_line();
        chart
            .add_series()
            .set_name(column.title.as_str())
            .set_categories((OVER_TIME, 1, 0, last, 0))
            .set_values((OVER_TIME, 1, at, last, at))
            .set_format(&mut line);
        chart.title().set_name(title.as_str());
        chart.legend().set_hidden();
        chart
            .y_axis()
            .set_num_format(number_format(kind))
            .set_min(0);
        chart.set_width(780).set_height(350).set_alt_text(title);
        charts.push(chart);
    }
    charts
}

/// What the numbers of a column mean, by the first that is there.
fn column_kind(table: &Table, at: usize) -> Option<Kind> {
    table
        .groups
        .iter()
        .flat_map(|group| &group.rows)
        .find_map(|row| match row.cells.get(at) {
            Some(Cell::Figure(figure, _)) if figure.state == State::Ok => Some(figure.kind),
            _ => None,
        })
}

/// Excel draws a line from the first row to the last.
fn oldest_first(table: &Table) -> Table {
    let mut table = table.clone();
    for group in &mut table.groups {
        group.rows.reverse();
    }
    table
}

fn definitions(report: &Report) -> Result<Worksheet, XlsxError> {
    let words = |title: &str| Column {
        title: title.to_owned(),
        unit: None,
        kpi: None,
        numeric: false,
    };
    let terms: Vec<&str> = report
        .definitions
        .iter()
        .flat_map(|one| &one.facts)
        .map(|(term, _)| term.as_str())
        .fold(Vec::new(), |mut terms, term| {
            if !terms.contains(&term) {
                terms.push(term);
            }
            terms
        });
    let rows =
        report
            .definitions
            .iter()
            .map(|one| {
                let fact = |term: &str| one.facts.iter().find(|(of, _)| of == term);
                let mut cells = vec![
                    Cell::Words(one.title.clone()),
                    Cell::Words(one.slug.clone()),
                    Cell::Words(one.question.clone()),
                ];
                cells.extend(terms.iter().map(|term| {
                    fact(term).map_or(Cell::Blank, |(_, text)| Cell::Words(text.clone()))
                }));
                Row {
                    label: one.id.to_string(),
                    kpi: None,
                    cells,
                }
            })
            .collect();
    let mut columns = vec![words("Title"), words("Name"), words("Question")];
    columns.extend(terms.iter().map(|term| words(term)));
    let group = crate::report::Group {
        title: None,
        total: false,
        rows,
    };
    let table = Table {
        id: String::new(),
        title: String::new(),
        label: "KPI".to_owned(),
        columns,
        groups: vec![group],
        notes: Vec::new(),
    };
    sheet("Definitions", &[&table], &report.head.currency)
}

/// A sheet with a table that can be filtered; further tables stand below it.
fn sheet(name: &str, tables: &[&Table], currency: &str) -> Result<Worksheet, XlsxError> {
    let mut sheet = Worksheet::new();
    sheet.set_name(name)?;
    let mut next_row = 0;
    for (at, table) in tables.iter().enumerate() {
        let first_row = next_row;
        let (last_row, last_column) = write_table(&mut sheet, first_row, table, currency)?;
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
    currency: &str,
) -> Result<(u32, u16), XlsxError> {
    let is_grouped = table.groups.iter().any(|group| group.title.is_some());
    let spreads: Vec<Spread> = (0..table.columns.len())
        .map(|at| Spread::of(table, at))
        .collect();
    let mut pen = Pen {
        sheet,
        row: first,
        column: 0,
        is_total: false,
    };
    if is_grouped {
        pen.header("Group", None, false)?;
    }
    pen.header(&table.label, None, false)?;
    for (at, (column, spread)) in table.columns.iter().zip(&spreads).enumerate() {
        let unit = unit(table, at, currency);
        for (suffix, numeric) in spread.headers() {
            let title = format!("{}{suffix}", column.title);
            pen.header(&title, unit.as_deref(), column.numeric && *numeric)?;
        }
    }
    let last_column = pen.column.saturating_sub(1);
    for group in &table.groups {
        for row in &group.rows {
            pen.row += 1;
            pen.column = 0;
            pen.is_total = group.total;
            if is_grouped {
                pen.words(group.title.as_deref().unwrap_or("Total"))?;
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
        Some(Kind::Duration) => match unit {
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
                Cell::Blank | Cell::Words(_) | Cell::Figure(_, None) => {}
            }
        }
        found
    }

    /// What follows the column's title in each header, and whether numbers stand below it.
    const fn headers(self) -> &'static [(&'static str, bool)] {
        match self {
            Self::One => &[("", true)],
            Self::Interval => &[("", true), (" 95 % from", true), (" 95 % to", true)],
            Self::Target => &[("", true), (", state", false)],
            Self::Comparison => &[("", true), (", change", true), (", verdict", false)],
            Self::Change => &[("", true), (", verdict", false)],
        }
    }
}

/// Writes one cell after the other.
struct Pen<'a> {
    sheet: &'a mut Worksheet,
    row: u32,
    column: u16,
    is_total: bool,
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
            let format = if words.len() > 48 {
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
                let number = if figure.kind == Kind::Duration {
                    number / DAY
                } else {
                    number
                };
                let is_negative_time = figure.kind == Kind::Duration && number < 0.0;
                if is_negative_time {
                    // Excel shows negative time as ####: the text is what can be read.
                    return self.words(&figure.text);
                }
                let format = self.format().set_num_format(number_format(figure.kind));
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
            Cell::Blank => {}
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
                self.words(mark.mark())?;
            }
            Cell::Comparison(Comparison {
                before,
                change,
                verdict,
                ..
            }) => {
                self.figure(before)?;
                self.optional(change.as_ref())?;
                self.words(verdict.mark())?;
            }
            Cell::Change(Comparison {
                change, verdict, ..
            }) => {
                self.optional(change.as_ref())?;
                self.words(verdict.mark())?;
            }
        }
        self.column = after;
        Ok(())
    }
}

/// Elapsed time runs past 24 hours; a space stands before the per cent sign.
const fn number_format(kind: Kind) -> &'static str {
    match kind {
        Kind::Duration => TIME,
        Kind::Share => "0.0 %",
        Kind::Count | Kind::Money => "#,##0",
        Kind::Ratio => "0.000",
        Kind::Growth => "+0.0 %;-0.0 %;0.0 %",
    }
}

/// Text that fits a cell; cut at a character where it is longer.
fn fitting(text: &str) -> &str {
    let end = text
        .char_indices()
        .map(|(at, c)| at + c.len_utf8())
        .take(LONGEST_TEXT / 2)
        .last();
    end.and_then(|end| text.get(..end)).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Data, Reader as _, Xlsx};

    use super::*;
    use crate::report::fixture::Fixture;

    fn read(report: &Report) -> Xlsx<Cursor<Vec<u8>>> {
        Xlsx::new(Cursor::new(workbook(report).unwrap())).unwrap()
    }

    #[test]
    fn the_same_report_gives_the_same_bytes() {
        let report = Fixture::new().report();
        assert!(workbook(&report).unwrap() == workbook(&report).unwrap());
    }

    #[test]
    fn sheets_stand_in_the_order_of_the_report() {
        let sheets = read(&Fixture::new().report()).sheet_names().join(", ");
        insta::assert_snapshot!(sheets, @"Summary, Scorecard, Trade facilitation, Risk management, Digital transformation, Revenue, Volume, Over time, Definitions, Data quality");
    }

    #[test]
    fn a_duration_is_a_number_of_days_and_its_header_says_so() {
        let fixture = Fixture::new();
        let mut book = read(&fixture.report());
        let range = book.worksheet_range("Trade facilitation").unwrap();
        let header = range.rows().next().unwrap();
        let at = header
            .iter()
            .position(|cell| cell.to_string().starts_with("Figure"))
            .unwrap();
        assert!(header[at].to_string().contains("[h]:mm"), "{}", header[at]);
        let row = range.rows().nth(1).unwrap();
        assert_eq!(row[0].to_string(), "TF01");
        let median = fixture
            .table()
            .find(
                "TF01",
                fixture.input().period,
                ("all", "all"),
                crate::evaluate::Statistic::Median,
            )
            .and_then(|row| row.value)
            .unwrap();
        let days = match &row[at] {
            Data::Float(days) => *days,
            Data::DateTime(time) => time.as_f64(),
            other => panic!("{other:?}"),
        };
        assert!((days * DAY - median.to_f64()).abs() < 1e-6);
    }

    #[test]
    fn a_name_that_looks_like_a_formula_stays_text() {
        let mut fixture = Fixture::new();
        fixture.rename("corridor", "C1", "=HYPERLINK(\"http://example.org\")");
        let mut book = read(&fixture.report());
        let formulas = book.worksheet_formula("Trade facilitation").unwrap();
        assert_eq!(formulas.used_cells().count(), 0);
        let range = book.worksheet_range("Trade facilitation").unwrap();
        assert!(
            range
                .used_cells()
                .any(|(_, _, cell)| cell.to_string().starts_with("=HYPERLINK"))
        );
    }

    #[test]
    fn a_suppressed_cell_says_so_and_is_no_number() {
        let mut book = read(&Fixture::new().report());
        let range = book.worksheet_range("Trade facilitation").unwrap();
        let post = range
            .rows()
            .find(|row| row.iter().any(|cell| cell.to_string() == "Post"))
            .unwrap();
        assert!(
            post.iter()
                .any(|cell| cell.to_string() == "suppressed (n < 5)")
        );
        assert!(
            post.iter()
                .all(|cell| matches!(cell, Data::String(_) | Data::Empty)),
            "{post:?}"
        );
    }
}
