//! A sheet of a workbook (XLSX) as rows: the first row that is not empty is the header. Dates and
//! times come out as ISO 8601, numbers as Excel shows them, with 15 significant digits.

use std::fs::File;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use calamine::{DataRef, ExcelDateTime, Reader as _, Xlsx, XlsxError};

use super::rows::TextRows;
use super::workbook_size::check_size;
use super::{Opened, Sink, Source, Wanted};
use crate::error::{Error, Result, did_you_mean};
use crate::project::Reading;

/// The columns that a sheet can have; whatever stands further right is outside of any header.
const COLUMNS_MAX: usize = 1 << 14;

type Workbook = Xlsx<BufReader<File>>;

/// Opens a workbook at the sheet that the mapping names, or its first.
pub(super) fn open(path: &Path, reading: &Reading, wanted: &Wanted) -> Result<Opened> {
    check_size(path)?;
    let fault = |cause: &XlsxError| Error::read(path, cause);
    let file = File::open(path).map_err(|cause| Error::read(path, &cause))?;
    let mut workbook: Workbook = Xlsx::new(BufReader::new(file)).map_err(|cause| fault(&cause))?;
    let sheet = sheet(&workbook, path, reading)?;
    let mut names: Vec<String> = Vec::new();
    let mut header_row = 0;
    each_row(&mut workbook, &sheet, &mut |row, cells| {
        if row <= reading.skip_lines || cells.iter().all(String::is_empty) {
            return ControlFlow::Continue(());
        }
        names = cells.iter().map(|cell| cell.trim().to_owned()).collect();
        header_row = row;
        ControlFlow::Break(())
    })
    .map_err(|cause| fault(&cause))?;
    while names.last().is_some_and(String::is_empty) {
        names.pop();
    }
    let places = wanted.places(&names);
    let header: Vec<String> = places
        .iter()
        .filter_map(|at| names.get(*at).cloned())
        .collect();
    Ok(Opened {
        encoding: None,
        source: Box::new(WorkbookSource {
            workbook,
            sheet,
            header_row,
            rows: TextRows::new(header.len()),
            places,
            path: path.to_owned(),
        }),
        header,
    })
}

fn sheet(workbook: &Workbook, path: &Path, reading: &Reading) -> Result<String> {
    let names = workbook.sheet_names();
    let none = || Error::input(format!("`{}` has no sheet", path.display()));
    let Some(wanted) = &reading.sheet else {
        return names.into_iter().next().ok_or_else(none);
    };
    if names.contains(wanted) {
        return Ok(wanted.clone());
    }
    let hint = did_you_mean(wanted, names.iter().map(String::as_str))
        .unwrap_or_else(|| format!("it has: {}", names.join(", ")));
    Err(Error::input_with_hint(
        format!("`{}` has no sheet `{wanted}`", path.display()),
        hint,
    ))
}

struct WorkbookSource {
    workbook: Workbook,
    sheet: String,
    header_row: u64,
    /// The columns of the sheet that are wanted.
    places: Vec<usize>,
    rows: TextRows,
    path: PathBuf,
}

impl Source for WorkbookSource {
    fn run(self: Box<Self>, sink: &mut Sink<'_>) -> Result<()> {
        let Self {
            mut workbook,
            sheet,
            header_row,
            places,
            mut rows,
            path,
        } = *self;
        let mut flow = ControlFlow::Continue(());
        each_row(&mut workbook, &sheet, &mut |row, cells| {
            // Excel keeps rows that were emptied, or only coloured.
            if row > header_row && cells.iter().any(|cell| !cell.is_empty()) {
                for at in &places {
                    rows.push(cells.get(*at).map_or("", String::as_str));
                }
                rows.end_row(row);
                if rows.is_full() {
                    flow = sink(rows.take());
                }
            }
            flow
        })
        .map_err(|cause| Error::read(&path, &cause))?;
        if flow.is_continue() && !rows.is_empty() {
            // Nobody may want it any more.
            let _ = sink(rows.take());
        }
        Ok(())
    }
}

/// Takes the number of a row of the sheet, from 1, and its cells from column A on.
type TakeRow<'t> = dyn FnMut(u64, &[String]) -> ControlFlow<()> + 't;

/// Shows the rows of a sheet, in their order, without those that it does not have.
fn each_row(
    workbook: &mut Workbook,
    sheet: &str,
    take: &mut TakeRow<'_>,
) -> std::result::Result<(), XlsxError> {
    let mut reader = workbook.worksheet_cells_reader(sheet)?;
    let mut row = 0;
    let mut cells: Vec<String> = Vec::new();
    while let Some(cell) = reader.next_cell()? {
        let (next, column) = cell.get_position();
        let next = u64::from(next) + 1;
        if next != row {
            if row > 0 && take(row, &cells).is_break() {
                return Ok(());
            }
            row = next;
            for cell in &mut cells {
                cell.clear();
            }
        }
        let column = column as usize;
        if column >= COLUMNS_MAX {
            continue;
        }
        if cells.len() <= column {
            cells.resize(column + 1, String::new());
        }
        if let Some(slot) = cells.get_mut(column) {
            *slot = text_of(cell.get_value());
        }
    }
    if row > 0 {
        let _ = take(row, &cells);
    }
    Ok(())
}

fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number_text(*number),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.clone()
        }
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(bool) => bool.to_string(),
        DataRef::DateTime(time) => time_text(*time),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}

/// A number with 15 significant digits, as Excel keeps and shows it: 0.1 + 0.2 is 0.3.
fn number_text(number: f64) -> String {
    let rounded = format!("{number:.14e}").parse::<f64>();
    rounded.unwrap_or(number).to_string()
}

/// A date or time as ISO 8601, without an offset; a length of time as hours, minutes and seconds.
fn time_text(time: ExcelDateTime) -> String {
    if time.is_duration() {
        // A day is 1; whole milliseconds fit 53 bits for ten thousand years.
        let milliseconds = (time.as_f64() * 86_400_000.0).round();
        let seconds = milliseconds / 1000.0;
        return number_text(seconds);
    }
    let (year, month, day, hour, minute, second, milli) = time.to_ymd_hms_milli();
    let date = format!("{year:04}-{month:02}-{day:02}");
    match (hour, minute, second, milli) {
        (0, 0, 0, 0) => date,
        (_, _, _, 0) => format!("{date}T{hour:02}:{minute:02}:{second:02}"),
        _ => format!("{date}T{hour:02}:{minute:02}:{second:02}.{milli:03}"),
    }
}
