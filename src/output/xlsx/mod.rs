//! The workbook: real numbers with number formats, one flat table a sheet that can be filtered,
//! and native charts of the headline series. Text from data is written as text, never as a formula.

mod table;

use jiff::tz::TimeZone;
use rust_xlsxwriter::{
    Chart, ChartFont, ChartLine, Color, DocProperties, ExcelDateTime, Format, FormatAlign,
    Workbook, Worksheet, XlsxError,
};

use self::table::{DAY, column_kind, fitting, number_format, sheet};
use crate::catalogue::Area;
use crate::language::Language;
use crate::report::{Cell, Chapter, Column, Head, Kind, Report, Row, Sentence, Table};

/// Characters of a line of the summary.
const LINE: usize = 110;
const ACCENT: Color = Color::RGB(0x00_70_B0);
/// The ground of a total row, and grid lines.
const TOTAL: Color = Color::RGB(0x00_EE_F1_F4);
const GREY: Color = Color::RGB(0x57_60_6A);

/// The workbook as bytes; the same report gives the same bytes.
pub fn workbook(report: &Report) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let head = &report.head;
    let name = |key| sheet_name(&head.language.text(key));
    let over_time = name("page.trends");
    workbook.set_properties(&properties(report)?);
    workbook.push_worksheet(summary(report, &over_time)?);
    workbook.push_worksheet(sheet(&name("page.scorecard"), &[&report.scorecard], head)?);
    if let Some(strategy) = &report.strategy {
        workbook.push_worksheet(sheet(&name("page.strategy"), &[strategy], head)?);
    }
    for chapter in &report.chapters {
        workbook.push_worksheet(sheet(&area_name(chapter, head), &[&chapter.listing], head)?);
    }
    workbook.push_worksheet(sheet(&over_time, &[&oldest_first(&report.trends)], head)?);
    workbook.push_worksheet(definitions(report)?);
    let tables = std::iter::once(&report.quality.revisions);
    let tables: Vec<&Table> = tables.chain(&report.quality.tables).collect();
    workbook.push_worksheet(sheet(&name("page.quality"), &tables, head)?);
    workbook.save_to_buffer()
}

/// The chapter's title, or a shorter one where that is too long for a sheet.
fn area_name(chapter: &Chapter, head: &Head) -> String {
    sheet_name(&match chapter.area {
        Area::InternationalCooperation => head.language.text("workbook.cooperation"),
        _ => chapter.title.clone(),
    })
}

/// A name that Excel takes: at most 31 characters, none of which it uses in references.
fn sheet_name(name: &str) -> String {
    let allowed = |c: &char| !matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\');
    name.chars().filter(allowed).take(31).collect()
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
        .set_title(head.title.clone())
        .set_author(head.project.clone())
        .set_comment(head.language.fill(
            "head.frozen_note",
            &[("versions", &head.versions), ("freeze", &head.freeze_title)],
        ))
        .set_creation_datetime(&created))
}

/// Title, sentences and the charts.
fn summary(report: &Report, over_time: &str) -> Result<Worksheet, XlsxError> {
    let head = &report.head;
    let text = |key| head.language.text(key);
    let mut sheet = Worksheet::new();
    sheet.set_name(sheet_name(&text("workbook.summary")))?;
    sheet.set_screen_gridlines(false);
    sheet.set_column_width(0, LINE as f64)?;
    let bold = Format::new().set_bold();
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let grey = Format::new().set_font_color(GREY).set_text_wrap();
    let title = Format::new().set_bold().set_font_size(20);
    let sentence = |one: &Sentence| (one.to_string(), &wrapped);
    let mut lines = vec![
        (head.project.clone(), &bold),
        (head.title.clone(), &title),
        (head.frozen.clone(), &grey),
    ];
    lines.extend(head.provisional.iter().map(sentence));
    lines.push((String::new(), &wrapped));
    lines.push((text("page.short"), &bold));
    lines.extend(report.narrative.iter().map(sentence));
    lines.push((String::new(), &wrapped));
    lines.push((text("page.attention"), &bold));
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
    for chart in charts(&report.trends, (over_time, &head.language)) {
        sheet.insert_chart(row, 0, &chart)?;
        row += 19;
    }
    sheet.set_paper_size(9).set_print_fit_to_pages(1, 0);
    Ok(sheet)
}

/// A line chart of every headline series that has a number.
fn charts(trends: &Table, named: (&str, &Language)) -> Vec<Chart> {
    let rows = trends
        .groups
        .iter()
        .map(|group| group.rows.len())
        .sum::<usize>();
    let Ok(last) = u32::try_from(rows) else {
        return Vec::new();
    };
    (0..trends.columns.len())
        .filter(|at| column_kind(trends, *at).is_some())
        .filter_map(|at| line_chart(trends, (at, last), named))
        .collect()
}

fn line_chart(
    trends: &Table,
    (at, last): (usize, u32),
    (over_time, language): (&str, &Language),
) -> Option<Chart> {
    let column = trends.columns.get(at)?;
    // The label column comes first; no column of this table takes more than one.
    let sheet_column = u16::try_from(at + 1).ok()?;
    let is_time = column_kind(trends, at) == Some(Kind::Duration);
    let unit = column.unit.as_deref().unwrap_or("");
    let key = if is_time {
        "workbook.hours"
    } else {
        "workbook.chart"
    };
    let title = if unit.is_empty() {
        column.title.clone()
    } else {
        language.fill(key, &[("title", &column.title), ("unit", unit)])
    };
    let mut line = ChartLine::new();
    line.set_color(ACCENT).set_width(2.25);
    let mut grid = ChartLine::new();
    grid.set_color(TOTAL);
    let mut chart = Chart::new_line();
    chart
        .add_series()
        .set_name(column.title.as_str())
        .set_categories((over_time, 1, 0, last, 0))
        .set_values((over_time, 1, sheet_column, last, sheet_column))
        .set_format(&mut line);
    let mut font = ChartFont::new();
    font.set_size(12);
    chart.title().set_name(title.as_str()).set_font(&font);
    chart.legend().set_hidden();
    chart.y_axis().set_min(0).set_major_gridlines_line(&grid);
    if is_time {
        let longest = largest(trends, at) / DAY;
        let step = TIME_STEPS.into_iter().find(|step| longest / step <= 8.0);
        chart
            .y_axis()
            .set_num_format(number_format(Kind::Duration))
            .set_major_unit(step.unwrap_or(30.0));
    } else {
        let format = match column_kind(trends, at) {
            Some(Kind::Money) | None => money_format(unit, language),
            Some(kind) => number_format(kind),
        };
        chart.y_axis().set_num_format(format);
    }
    chart.set_width(780).set_height(350).set_alt_text(title);
    Some(chart)
}

/// Steps of a time axis in days: an hour, 3, 6, 12, one day, 2, 5, 10.
const TIME_STEPS: [f64; 8] = [1.0 / 24.0, 0.125, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0];

/// The largest number of a column; zero when there is none.
fn largest(table: &Table, at: usize) -> f64 {
    let rows = table.groups.iter().flat_map(|group| &group.rows);
    rows.filter_map(|row| match row.cells.get(at) {
        Some(Cell::Figure(figure, _)) => figure.number,
        _ => None,
    })
    .fold(0.0, f64::max)
}

/// Axis labels in the magnitude that the unit names: each comma leaves out three digits.
fn money_format(unit: &str, language: &Language) -> &'static str {
    [
        ("magnitude.trillion", "#,##0.0,,,,"),
        ("magnitude.billion", "#,##0.0,,,"),
        ("magnitude.million", "#,##0.0,,"),
        ("magnitude.thousand", "#,##0.0,"),
    ]
    .into_iter()
    .find_map(|(key, format)| unit.starts_with(&language.text(key)).then_some(format))
    .unwrap_or("#,##0")
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
    let text = |key| report.head.language.text(key);
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
                    link: None,
                    cells,
                }
            })
            .collect();
    let mut columns = ["listing.title", "page.name", "workbook.question"]
        .map(|key| words(&text(key)))
        .to_vec();
    columns.extend(terms.iter().map(|term| words(term)));
    let group = crate::report::Group {
        title: None,
        total: false,
        rows,
    };
    let table = Table {
        id: String::new(),
        title: String::new(),
        label: text("scorecard.label"),
        columns,
        groups: vec![group],
        notes: Vec::new(),
    };
    let name = sheet_name(&text("page.definitions"));
    sheet(&name, &[&table], &report.head)
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
    fn sheets_have_names_that_excel_takes_in_every_language() {
        for (tag, _) in Language::all() {
            let names = read(&Fixture::speaking(tag).report()).sheet_names();
            let distinct: std::collections::BTreeSet<&String> = names.iter().collect();
            assert_eq!(distinct.len(), names.len(), "{tag}: {names:?}");
            assert!(
                names.iter().all(|name| name.chars().count() <= 31),
                "{names:?}"
            );
        }
        let russian = read(&Fixture::speaking("ru").report()).sheet_names();
        assert_eq!(russian.first().map(String::as_str), Some("Сводка"));
    }

    #[test]
    fn a_change_of_time_is_a_number_of_minutes() {
        // From 22 h 36 min to 20 h 47 min, both rounded: a negative number, no text.
        let fixture = Fixture::new();
        let row = |name: &str| {
            let mut book = read(&fixture.report());
            let range = book.worksheet_range("Scorecard").unwrap();
            let header: Vec<String> = range
                .rows()
                .next()
                .unwrap()
                .iter()
                .map(ToString::to_string)
                .collect();
            let at = header
                .iter()
                .position(|title| title.contains(name))
                .unwrap();
            let row = range
                .rows()
                .find(|row| row[1] == "Total release time")
                .unwrap();
            row[at].clone()
        };
        let table = fixture.table();
        let find = |period| {
            let row = table.find(
                "TF01",
                period,
                ("all", "all"),
                crate::evaluate::Statistic::Median,
            );
            row.and_then(|row| row.value).unwrap().to_f64()
        };
        let period = fixture.input().period;
        let minutes = (find(period) - find(period.previous())) / 60.0;
        match row("Feb 2025, change") {
            Data::Float(number) => assert!((number - minutes).abs() < 1e-6 && number < 0.0),
            other => panic!("{other:?}"),
        }
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
            .find(|row| row.iter().any(|cell| *cell == "Post"))
            .unwrap();
        assert!(post.iter().any(|cell| *cell == "suppressed"));
        assert!(
            post.iter()
                .all(|cell| matches!(cell, Data::String(_) | Data::Empty)),
            "{post:?}"
        );
    }
}
