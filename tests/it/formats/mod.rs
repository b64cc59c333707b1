//! Every format and encoding: the same log must give the same clearances, whatever it comes in.

mod bytes;
mod draft;
mod fixture;
mod hostile;
mod objects;
mod published;

use std::io::Write;

use fixture::{COLUMNS, EVENTS, clearances, events, project, workbook, xes};

use crate::support::Sandbox;

/// What [`EVENTS`] must become, worked out by hand: times are UTC, five hours before Tashkent.
const CLEARANCES: &str = "\
declaration_id,office,lane,paid,lodged_at,inspection_started_at,inspection_completed_at,released_at,event_count
Д-1,Яллама,green,20.25,2025-01-10T05:00:00Z,2025-01-10T06:00:00Z,2025-01-10T07:30:00Z,2025-01-10T08:00:00Z,4
Д-2,\"Олот, \"\"юк\"\"\",red,1234567890123.45,2025-01-11T04:00:00Z,,,,2
";

fn same_clearances(file: &str, bytes: &[u8], top: &str, columns: [&str; 6]) {
    let sandbox = project(file, bytes, top, columns);
    let ran = sandbox.succeeds(&["ingest"]);
    assert!(
        ran.stderr.contains("6 read = 6 accepted"),
        "{file}: {}",
        ran.stderr
    );
    assert_eq!(clearances(&sandbox), CLEARANCES, "{file}");
}

fn delimited(delimiter: char) -> String {
    let quoted = |field: &str| {
        if field.contains([delimiter, '"']) {
            format!("\"{}\"", field.replace('"', "\"\""))
        } else {
            field.to_owned()
        }
    };
    let row = |fields: [&str; 6]| {
        let fields = fields.map(quoted).join(&delimiter.to_string());
        format!("{fields}\r\n")
    };
    std::iter::once(COLUMNS).chain(EVENTS).map(row).collect()
}

fn utf_16(text: &str, big: bool) -> Vec<u8> {
    let bytes = |unit: u16| {
        if big {
            unit.to_be_bytes()
        } else {
            unit.to_le_bytes()
        }
    };
    text.encode_utf16().flat_map(bytes).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

#[test]
fn delimited_text_in_any_dialect_encoding_and_packing() {
    for delimiter in [',', ';', '\t', '|'] {
        let text = delimited(delimiter);
        same_clearances("log.csv", text.as_bytes(), "", COLUMNS);
        let marked = ["\u{feff}", &text].concat();
        same_clearances("log.txt", marked.as_bytes(), "", COLUMNS);
        for big in [false, true] {
            same_clearances("log.csv", &utf_16(&marked, big), "", COLUMNS);
            same_clearances("log.csv", &utf_16(&text, big), "", COLUMNS);
        }
        let cyrillic = encoding_rs::WINDOWS_1251.encode(&text).0;
        same_clearances("log.csv", &cyrillic, "", COLUMNS);
        same_clearances("log.csv", &cyrillic, "encoding = \"windows-1251\"", COLUMNS);
        let old = encoding_rs::IBM866.encode(&text).0;
        same_clearances("log.csv.gz", &gzip(&old), "encoding = \"cp866\"", COLUMNS);
        let packed = zstd::encode_all(text.as_bytes(), 3).unwrap();
        same_clearances("log.tsv.zst", &packed, "", COLUMNS);
    }
}

#[test]
fn declared_delimiters_quotes_and_lines_above_the_header() {
    let text = delimited('^');
    let titled = format!("Report of the \"post\"\n\n{text}");
    let top = "delimiter = \"^\"\nskip_lines = 2";
    same_clearances("log.csv", titled.as_bytes(), top, COLUMNS);
    // Quotes that are escaped, and quotes that mean nothing.
    let escaped = text.replace("\"\"", "\\\"");
    let top = "delimiter = \"^\"\nescape = '\\'";
    same_clearances("log.csv", escaped.as_bytes(), top, COLUMNS);
    let bare = text.replace("\"Олот, \"\"юк\"\"\"", "Олот, \"юк\"");
    let top = "delimiter = \"^\"\nquote = \"\"";
    same_clearances("log.csv", bare.as_bytes(), top, COLUMNS);
    let apostrophes = text.replace("\"Олот, \"\"юк\"\"\"", "'Олот, \"юк\"'");
    let top = "delimiter = \"^\"\nquote = \"'\"";
    same_clearances("log.csv", apostrophes.as_bytes(), top, COLUMNS);
}

#[test]
fn objects_on_lines_with_fields_inside_fields() {
    let lines: String = EVENTS
        .map(|[id, activity, time, office, lane, paid]| {
            let office = office.replace('"', "\\\"");
            let paid = if paid.is_empty() { "null" } else { paid };
            format!(
                "{{\"decl\":{{\"no\":\"{id}\",\"lane\":{lane}}},\"events\":[{{\"is\":\"{activity}\"}}],\
                 \"when\":\"{time}\",\"office\":\"{office}\",\"money\":{{\"paid\":{paid}}}}}\n"
            )
        })
        .concat();
    let columns = [
        "decl.no",
        "events.0.is",
        "when",
        "office",
        "decl.lane",
        "money.paid",
    ];
    same_clearances("log.ndjson", lines.as_bytes(), "", columns);
    same_clearances("log.json", lines.as_bytes(), "", columns);
    same_clearances("log.jsonl.gz", &gzip(lines.as_bytes()), "", columns);
    same_clearances(
        "log.ndjson",
        &utf_16(&format!("\u{feff}{lines}"), false),
        "",
        columns,
    );
}

#[test]
fn sheets_with_real_dates_and_numbers() {
    let columns = COLUMNS;
    same_clearances("log.xlsx", &workbook("Sheet1", &[]), "", columns);
    let other = workbook("События", &["Title of the report", ""]);
    same_clearances(
        "log.xlsx",
        &other,
        "sheet = \"События\"\nskip_lines = 2",
        columns,
    );
    let sandbox = project("log.xlsx", &other, "sheet = \"Событие\"", columns);
    let ran = sandbox.clearway(&["check"]);
    assert_eq!(ran.status, 3);
    assert!(
        ran.stderr.contains("has no sheet `Событие`"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("did you mean `События`?"),
        "{}",
        ran.stderr
    );
}

#[test]
fn traces_and_events() {
    let columns = [
        "case:concept:name",
        "concept:name",
        "time:timestamp",
        "case:office",
        "lane",
        "paid",
    ];
    let text = xes("UTF-8");
    same_clearances("log.xes", text.as_bytes(), "", columns);
    same_clearances("log.xes.gz", &gzip(text.as_bytes()), "", columns);
    let cyrillic = xes("windows-1251");
    let cyrillic = encoding_rs::WINDOWS_1251.encode(&cyrillic).0;
    same_clearances("log.xes", &cyrillic, "", columns);
    let by_classifier = columns.map(|column| match column {
        "concept:name" => "classifier:Activity",
        other => other,
    });
    same_clearances("log.xes", text.as_bytes(), "", by_classifier);
}

#[test]
fn parquet() {
    let sandbox = project("log.csv", delimited(',').as_bytes(), "", COLUMNS);
    let path = sandbox.join("log.parquet");
    fixture::parquet(&path);
    let bytes = std::fs::read(path).unwrap();
    same_clearances("log.parquet", &bytes, "", COLUMNS);
}

#[test]
fn a_lifecycle_is_a_start_and_an_end() {
    let log = "<log><trace><string key='concept:name' value='D1'/>\
        <event><string key='concept:name' value='Inspect'/><string key='lifecycle:transition' value='start'/>\
        <date key='time:timestamp' value='2025-01-10T10:00:00+05:00'/></event>\
        <event><string key='concept:name' value='Inspect'/><string key='lifecycle:transition' value='COMPLETE'/>\
        <date key='time:timestamp' value='2025-01-10T11:00:00+05:00'/></event>\
        <event><string key='concept:name' value='Inspect'/><string key='lifecycle:transition' value='suspend'/>\
        <date key='time:timestamp' value='2025-01-10T10:30:00+05:00'/></event>\
        <event><string key='concept:name' value='Release'/>\
        <date key='time:timestamp' value='2025-01-10T12:00:00+05:00'/></event>\
        </trace></log>";
    let mapping = "layout = \"events\"\n[columns]\ndeclaration_id = \"case:concept:name\"\n\
        activity = \"concept:name\"\nlifecycle = \"lifecycle:transition\"\ntimestamp = \"time:timestamp\"\n\
        [activities]\nInspect = { start = \"inspection_started\", complete = \"inspection_completed\" }\n\
        Release = \"released\"\n";
    let sandbox = fixture::with_mapping("log.xes", log.as_bytes(), mapping);
    sandbox.succeeds(&["ingest"]);
    let sql = "SELECT inspection_started_at, inspection_completed_at, released_at, variant FROM clearances";
    let printed = sandbox.succeeds(&["query", sql, "--format", "csv"]).stdout;
    let row = printed.lines().nth(1).unwrap();
    assert!(
        row.starts_with("2025-01-10T05:00:00Z,2025-01-10T06:00:00Z,2025-01-10T07:00:00Z,"),
        "{row}"
    );
    let labels = ["Inspect+start", "Inspect+suspend", "Inspect", "Release"];
    assert_eq!(events(&sandbox), labels.map(|label| format!("D1,{label}")));
}

#[test]
fn a_column_that_is_computed() {
    let log = "no,day,hour,what\n7,10.01.2025,10:00,Lodged\n7,11.01.2025,09:30,Released\n";
    let mapping = "layout = \"events\"\ntimestamp_formats = [\"%d.%m.%Y %H:%M\"]\n\
        [computed]\nkey = \"'UZ-' || no\"\ntime = \"day || ' ' || hour\"\n\
        [columns]\ndeclaration_id = \"key\"\nactivity = \"what\"\ntimestamp = \"time\"\n\
        [activities]\nLodged = \"lodged\"\nReleased = \"released\"\n";
    let sandbox = fixture::with_mapping("log.csv", log.as_bytes(), mapping);
    sandbox.succeeds(&["ingest"]);
    let sql = "SELECT declaration_id, lodged_at, released_at FROM clearances";
    let printed = sandbox.succeeds(&["query", sql, "--format", "csv"]).stdout;
    assert_eq!(
        printed.lines().nth(1).unwrap(),
        "UZ-7,2025-01-10T05:00:00Z,2025-01-11T04:30:00Z"
    );
}

#[test]
fn a_folder_is_every_file_in_it_whose_name_says_its_format() {
    let sandbox = project("unused.csv", b"", "", COLUMNS);
    std::fs::remove_file(sandbox.join("inbox/unused.csv")).unwrap();
    let toml = sandbox
        .read("clearway.toml")
        .replace("inbox/unused.csv", "inbox");
    sandbox.write("clearway.toml", toml.as_bytes());
    let text = delimited(',');
    let lines: Vec<&str> = text.split_inclusive("\r\n").collect();
    let part = |rows: &[&str]| [lines[0], &rows.concat()].concat().into_bytes();
    sandbox.write("inbox/a.csv", &part(&lines[1..3]));
    sandbox.write("inbox/2025/01/b.csv.gz", &gzip(&part(&lines[3..])));
    sandbox.write("inbox/README.md", b"not a log");
    sandbox.write("inbox/.hidden.csv", b"not a log");
    sandbox.write("inbox/c.csv.part", b"not a log");
    let ran = sandbox.succeeds(&["ingest"]);
    assert!(ran.stderr.contains("2 new files"), "{}", ran.stderr);
    assert_eq!(clearances(&sandbox), CLEARANCES);
}

#[test]
fn standard_input_is_taken_once_whatever_its_format() {
    let sandbox = project("log.csv", delimited(',').as_bytes(), "", COLUMNS);
    let feed = |arguments: &[&str], bytes: &[u8]| {
        let ran = sandbox.clearway_with_input(arguments, bytes);
        assert_eq!(ran.status, 0, "{}", ran.stderr);
        ran.stderr
    };
    // A new project, so that the file is not there.
    std::fs::remove_file(sandbox.join("inbox/log.csv")).unwrap();
    let toml = sandbox.read("clearway.toml").replace("inbox/log.csv", "-");
    sandbox.write("clearway.toml", toml.as_bytes());
    let packed = gzip(delimited(';').as_bytes());
    let text = feed(&["ingest"], &packed);
    assert!(text.contains("1 new file, 0 known"), "{text}");
    assert!(text.contains("6 read = 6 accepted"), "{text}");
    assert_eq!(clearances(&sandbox), CLEARANCES);
    let text = feed(&["ingest", "-", "--mapping", "log"], &packed);
    assert!(text.contains("0 new files, 1 known"), "{text}");
    // The same events in another form are another file, with nothing new in it.
    let text = feed(&["ingest", "-"], delimited(',').as_bytes());
    assert!(text.contains("6 duplicates"), "{text}");
    let text = feed(&["ingest"], b"");
    assert!(text.contains("nothing came on standard input"), "{text}");
    let names = sandbox.succeeds(&[
        "query",
        "SELECT file FROM ledger ORDER BY file",
        "--format",
        "csv",
    ]);
    let names: Vec<&str> = names.stdout.lines().skip(1).collect();
    assert_eq!(names.len(), 2);
    assert!(
        names.iter().all(|name| name.starts_with("stdin-")),
        "{names:?}"
    );
    assert!(
        names.iter().any(|name| name.ends_with(".csv.gz")),
        "{names:?}"
    );
    let left = std::fs::read_dir(sandbox.join("store/spool"))
        .unwrap()
        .count();
    assert_eq!(left, 0, "the spooled files are removed");
    let ran = sandbox.clearway_with_input(&["ingest", "-", "--mapping", "lok"], b"x");
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("did you mean `log`?"), "{}", ran.stderr);
}

#[test]
fn a_row_that_does_not_fit_the_encoding_is_refused_with_its_line() {
    let mut bytes = encoding_rs::WINDOWS_1251
        .encode(&delimited(';'))
        .0
        .into_owned();
    bytes.extend_from_slice(b"\xc4-3;Lodged;2025-01-12 10:00:00;\x98\xc0;1;\r\n");
    let sandbox = project("log.csv", &bytes, "encoding = \"windows-1251\"", COLUMNS);
    let ran = sandbox.succeeds(&["check"]);
    assert!(
        ran.stderr.contains("broken_utf8: 1, first at line 8"),
        "{}",
        ran.stderr
    );
    // What is declared wrongly can't even show its header.
    let sandbox = project("log.csv", &bytes, "encoding = \"utf-8\"", COLUMNS);
    let ran: Sandbox = sandbox;
    let ran = ran.clearway(&["check"]);
    assert!(ran.stderr.contains("broken_utf8: 7"), "{}", ran.stderr);
}

#[test]
fn keys_of_a_mapping_that_say_nothing_sensible_are_told() {
    let wrong = "layout = \"events\"\nencoding = \"windows-125l\"\ndelimiter = \"ab\"\nquote = \"\\n\"\n\
        format = \"xls\"\nskip_lines = -1\n[computed]\na = \"b || 'x'\"\nb = \"c +\"\nd = \"a || 'y'\"\n\
        [columns]\ndeclaration_id = \"a\"\nactivity = \"d\"\ntimestamp = \"e\"\n\
        [activities]\nCheck = { start = \"inspection_begun\" }\n";
    let sandbox = fixture::with_mapping("log.csv", b"", wrong);
    let ran = sandbox.clearway(&["check"]);
    assert_eq!(ran.status, 4, "{}", ran.stderr);
    for told in [
        "`encoding`: `windows-125l` is not an encoding",
        "`delimiter`: must be one ASCII character",
        "`quote`: must be one ASCII character",
        "`format`: `xls` is not one of: csv, parquet, ndjson, xes, ocel, xlsx (hint: did you mean `xes`?)",
        "`skip_lines`: must be at least 0",
        "`computed.b`: is not SQL",
        "`computed.d`: reads `a`, which is computed itself",
        "`activities.Check`: has transitions (hint: name the column of the transition",
        "`inspection_begun` is not a milestone",
    ] {
        assert!(ran.stderr.contains(told), "{told}\n{}", ran.stderr);
    }
}

#[test]
fn a_column_that_stands_twice_can_not_be_mapped() {
    let text = delimited(',').replace("lane,paid", "paid,paid");
    let sandbox = project(
        "log.csv",
        text.as_bytes(),
        "",
        COLUMNS.map(|column| match column {
            "lane" => "office",
            other => other,
        }),
    );
    let ran = sandbox.clearway(&["check"]);
    assert_eq!(ran.status, 3);
    assert!(
        ran.stderr.contains("the column `paid` more than once"),
        "{}",
        ran.stderr
    );
}
