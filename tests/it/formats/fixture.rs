//! One small log in every format.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use crate::support::Sandbox;

/// Id, activity, time, office, lane, paid.
pub(super) const COLUMNS: [&str; 6] = ["id", "what", "when", "office", "lane", "paid"];

/// Two declarations, local times of Tashkent.
pub(super) const EVENTS: [[&str; 6]; 6] = [
    ["Д-1", "Lodged", "2025-01-10 10:00:00", "Яллама", "1", ""],
    [
        "Д-1",
        "Check starts",
        "2025-01-10 11:00:00",
        "Яллама",
        "1",
        "",
    ],
    [
        "Д-1",
        "Check ends",
        "2025-01-10 12:30:00",
        "Яллама",
        "1",
        "20.25",
    ],
    ["Д-1", "Released", "2025-01-10 13:00:00", "Яллама", "1", ""],
    [
        "Д-2",
        "Lodged",
        "2025-01-11 09:00:00",
        "Олот, \"юк\"",
        "3",
        "1234567890123",
    ],
    [
        "Д-2",
        "Note",
        "2025-01-11 09:30:00",
        "Олот, \"юк\"",
        "3",
        "0.45",
    ],
];

/// A project with one file and a mapping whose columns are named so; `top` is put into the mapping.
pub(super) fn project(file: &str, bytes: &[u8], top: &str, columns: [&str; 6]) -> Sandbox {
    let [id, what, when, office, lane, paid] = columns;
    let mapping = format!(
        "layout = \"events\"\n{top}\n[columns]\ndeclaration_id = '{id}'\nactivity = '{what}'\n\
         timestamp = '{when}'\n[activities]\nLodged = \"lodged\"\n\
         'Check starts' = \"inspection_started\"\n'Check ends' = \"inspection_completed\"\n\
         Released = \"released\"\n[attributes]\noffice = '{office}'\nlane = '{lane}'\n\
         [codes.lane]\n1 = \"green\"\n3 = \"red\"\n[amounts]\npaid = '{paid}'\n"
    );
    with_mapping(file, bytes, &mapping)
}

/// A project with one file and its mapping.
pub(super) fn with_mapping(file: &str, bytes: &[u8], mapping: &str) -> Sandbox {
    let toml = format!(
        "[project]\nname = \"Formats\"\ntimezone = \"Asia/Tashkent\"\ncurrency = \"UZS\"\n\
         [[source]]\npath = \"inbox/{file}\"\nmapping = \"log\"\n"
    );
    let sandbox = Sandbox::with(&[("clearway.toml", &toml), ("mappings/log.toml", mapping)]);
    sandbox.write(&format!("inbox/{file}"), bytes);
    sandbox
}

/// The clearances, as far as the log says something about them.
pub(super) fn clearances(sandbox: &Sandbox) -> String {
    let sql = "SELECT declaration_id, office, lane, paid, lodged_at, inspection_started_at, \
               inspection_completed_at, released_at, event_count FROM clearances ORDER BY declaration_id";
    sandbox.succeeds(&["query", sql, "--format", "csv"]).stdout
}

/// `declaration,activity` of every event, by time.
pub(super) fn events(sandbox: &Sandbox) -> Vec<String> {
    let sql = "SELECT declaration_id, activity FROM events ORDER BY at, declaration_id, activity";
    let printed = sandbox.succeeds(&["query", sql, "--format", "csv"]).stdout;
    printed.lines().skip(1).map(str::to_owned).collect()
}

/// The log on a sheet, behind an empty first sheet's place or alone, with lines above its header.
pub(super) fn workbook(sheet_name: &str, above: &[&str]) -> Vec<u8> {
    let mut workbook = Workbook::new();
    if sheet_name != "Sheet1" {
        workbook
            .add_worksheet()
            .write_string(0, 0, "nothing here")
            .unwrap();
    }
    let sheet = workbook.add_worksheet();
    sheet.set_name(sheet_name).unwrap();
    let date = Format::new().set_num_format("dd.mm.yyyy hh:mm");
    for (row, text) in (0..).zip(above) {
        sheet.write_string(row, 0, *text).unwrap();
    }
    let top = u32::try_from(above.len()).unwrap();
    for (column, name) in (0..).zip(COLUMNS) {
        sheet.write_string(top, column, name).unwrap();
    }
    for (row, [id, what, when, office, lane, paid]) in (top + 1..).zip(EVENTS) {
        sheet.write_string(row, 0, id).unwrap();
        sheet.write_string(row, 1, what).unwrap();
        let when = ExcelDateTime::parse_from_str(when).unwrap();
        sheet
            .write_datetime_with_format(row, 2, &when, &date)
            .unwrap();
        sheet.write_string(row, 3, office).unwrap();
        sheet
            .write_number(row, 4, lane.parse::<f64>().unwrap())
            .unwrap();
        if !paid.is_empty() {
            sheet
                .write_number(row, 5, paid.parse::<f64>().unwrap())
                .unwrap();
        }
    }
    workbook.save_to_buffer().unwrap()
}

/// The log as XES; the office is an attribute of the trace.
pub(super) fn xes(encoding: &str) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"{encoding}\"?>\n<log xmlns=\"http://www.xes-standard.org/\">\n\
         <classifier name=\"Activity\" keys=\"concept:name\"/>\n"
    );
    for id in ["Д-1", "Д-2"] {
        let mut of_trace = EVENTS.into_iter().filter(|event| event[0] == id).peekable();
        let office = of_trace.peek().unwrap()[3].replace('"', "&quot;");
        text += &format!(
            "<trace>\n<string key=\"concept:name\" value=\"{id}\"/>\n<string key=\"office\" value=\"{office}\"/>\n"
        );
        for [_, what, when, _, lane, paid] in of_trace {
            let when = when.replace(' ', "T");
            text += &format!(
                "<event><string key=\"concept:name\" value=\"{what}\"/>\
                 <date key=\"time:timestamp\" value=\"{when}+05:00\"/><int key=\"lane\" value=\"{lane}\"/>"
            );
            if !paid.is_empty() {
                text += &format!("<float key=\"paid\" value=\"{paid}\"/>");
            }
            text += "</event>\n";
        }
        text += "</trace>\n";
    }
    text + "</log>\n"
}

/// The log as Parquet.
pub(super) fn parquet(path: &Path) {
    let fields = COLUMNS.map(|name| Field::new(name, DataType::Utf8, true));
    let schema = Arc::new(Schema::new(fields.to_vec()));
    let column = |at: usize| {
        let texts = EVENTS
            .iter()
            .map(move |event| Some(event[at]).filter(|text| !text.is_empty()));
        Arc::new(texts.collect::<StringArray>()) as _
    };
    let batch = RecordBatch::try_new(Arc::clone(&schema), (0..6).map(column).collect()).unwrap();
    let file = std::fs::File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, schema, None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}
