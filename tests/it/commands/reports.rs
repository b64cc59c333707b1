//! `run`: the folder of a report, its files, periods, and what a second run changes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;
use std::time::SystemTime;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Decimal128Type, Int32Type, Int64Type};
use calamine::{Data, Reader, Xlsx};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use sha2::{Digest, Sha256};

use super::{
    edit, figure, query, sample_project, sample_without_log, simulate, small_project, tree,
};
use crate::support::{Sandbox, csv_rows};

const COLUMNS: &str = "kpi,kpi_version,grain,period,dimension,member,statistic,value,unit,n,n_open,n_excluded,\
ci_low,ci_high,state,target,target_state,previous,year_ago";

const STATISTICS: [&str; 19] = [
    "value",
    "mean",
    "median",
    "p10",
    "p25",
    "p75",
    "p90",
    "p95",
    "sd",
    "cv",
    "min",
    "max",
    "within_target",
    "km_p10",
    "km_p25",
    "km_median",
    "km_p75",
    "km_p90",
    "km_p95",
];

fn published(options: &[&str]) -> Sandbox {
    let sandbox = sample_project(options);
    sandbox.succeeds(&["run", "--period", "2024-02"]);
    sandbox
}

#[test]
fn a_report_folder_holds_the_files_of_the_contract_and_no_others() {
    let sandbox = published(&["--declarations", "800", "--faults", "0.01"]);
    let files = tree(&sandbox.join("reports/2024-02"));
    let (pages, rest): (BTreeSet<&str>, BTreeSet<&str>) = files
        .keys()
        .map(String::as_str)
        .partition(|name| name.starts_with("pages/"));
    let (charts, plain): (BTreeSet<&str>, BTreeSet<&str>) = rest
        .into_iter()
        .partition(|name| name.starts_with("charts/"));
    assert_eq!(
        plain,
        BTreeSet::from([
            "changes.csv",
            "curves.csv",
            "index.html",
            "kpis.csv",
            "kpis.parquet",
            "objectives.csv",
            "quality.csv",
            "reforms.csv",
            "rejects.csv",
            "report.xlsx",
            "revisions.csv",
            "run.json",
            "trends.csv"
        ])
    );
    assert!(charts.len() >= 10, "{charts:?}");
    for kind in ["pages/corridor-", "pages/office-", "pages/revenue.html"] {
        assert!(pages.iter().any(|page| page.starts_with(kind)), "{kind}");
    }
    assert!(
        pages.iter().all(|page| page.ends_with(".html")),
        "{pages:?}"
    );
    for chart in &charts {
        let (stem, kind) = chart.rsplit_once('.').unwrap();
        let (twin, start): (_, &[u8]) = match kind {
            "svg" => ("png", b"<svg"),
            "png" => ("svg", b"\x89PNG"),
            _ => panic!("{chart}"),
        };
        assert!(
            charts.contains(format!("{stem}.{twin}").as_str()),
            "{chart} has no {twin}"
        );
        assert!(files[*chart].starts_with(start), "{chart}");
    }
    // Nothing is left beside it, and the page needs no other file.
    assert_eq!(fs::read_dir(sandbox.join("reports")).unwrap().count(), 1);
    let page = String::from_utf8(files["index.html"].clone()).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>"));
    assert!(
        !page.contains("src=\"http") && !page.contains("href=\"http"),
        "it works offline"
    );
}

#[test]
fn kpis_csv_has_the_columns_of_the_contract_and_is_sorted_by_every_key_column() {
    let sandbox = published(&[]);
    let text = sandbox.read("reports/2024-02/kpis.csv");
    assert_eq!(text.lines().next(), Some(COLUMNS));
    let rows = csv_rows(&text);
    let key = |row: &BTreeMap<String, String>| {
        let texts = ["kpi", "grain", "period", "dimension", "member"].map(|name| row[name].clone());
        let statistic = STATISTICS.iter().position(|name| *name == row["statistic"]);
        (texts, statistic.unwrap_or_else(|| panic!("{row:?}")))
    };
    let keys: Vec<_> = rows.iter().map(key).collect();
    assert!(keys.is_sorted_by(|a, b| a < b), "sorted, and no key twice");
    for row in &rows {
        assert!(
            ["ok", "suppressed", "not_measurable"].contains(&row["state"].as_str()),
            "{row:?}"
        );
        assert_eq!(row["state"] == "ok", !row["value"].is_empty(), "{row:?}");
    }
    let listed: BTreeSet<String> =
        csv_rows(&sandbox.succeeds(&["kpi", "list", "--format", "csv"]).stdout)
            .iter()
            .map(|row| row["kpi"].clone())
            .collect();
    let found: BTreeSet<String> = rows.iter().map(|row| row["kpi"].clone()).collect();
    assert_eq!(
        found, listed,
        "every KPI has a row, if only to say that it is not measurable"
    );
}

#[test]
fn trends_csv_shows_the_figures_of_kpis_csv_and_two_months_are_no_trend() {
    let sandbox = published(&[]);
    let figures = csv_rows(&sandbox.read("reports/2024-02/kpis.csv"));
    let key = |row: &BTreeMap<String, String>| {
        ["kpi", "period", "dimension", "member", "statistic"].map(|name| row[name].clone())
    };
    let figures: BTreeMap<_, _> = figures
        .iter()
        .map(|row| (key(row), (row["value"].clone(), row["state"].clone())))
        .collect();
    let points = csv_rows(&sandbox.read("reports/2024-02/trends.csv"));
    assert!(points.len() > 100, "{} points", points.len());
    for point in &points {
        let shown = (point["value"].clone(), point["state"].clone());
        assert_eq!(figures[&key(point)], shown, "{point:?}");
        assert_eq!(point["dimension"], "all", "members need twelve months");
        assert_eq!((&*point["centre"], &*point["signal"]), ("", ""));
    }
    let reforms = csv_rows(&sandbox.read("reports/2024-02/reforms.csv"));
    assert!(!reforms.is_empty());
    for reform in &reforms {
        assert_eq!(reform["verdict"], "not_measurable");
        assert_eq!(
            reform["reason"],
            "2 months before it, 12 are needed to tell it from the season"
        );
    }
    let record: serde_json::Value =
        serde_json::from_str(&sandbox.read("reports/2024-02/run.json")).unwrap();
    let trends = &record["trends"];
    assert_eq!(trends["with_limits"], 0);
    assert_eq!(trends["reforms"].as_array().unwrap().len(), reforms.len());
}

#[test]
fn kpis_parquet_has_the_rows_of_kpis_csv() {
    let sandbox = published(&[]);
    let csv = csv_rows(&sandbox.read("reports/2024-02/kpis.csv"));
    let file = File::open(sandbox.join("reports/2024-02/kpis.parquet")).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let names: Vec<String> = reader
        .schema()
        .fields()
        .iter()
        .map(|f| f.name().clone())
        .collect();
    assert_eq!(names.join(","), COLUMNS);
    let mut at = 0;
    for batch in reader.build().unwrap() {
        let batch = batch.unwrap();
        for row in 0..batch.num_rows() {
            for (name, column) in names.iter().zip(batch.columns()) {
                let text = &csv[at][name];
                assert_eq!(
                    column.is_null(row),
                    text.is_empty(),
                    "row {at}, {name}: `{text}`"
                );
                if column.is_null(row) {
                    continue;
                }
                match column.data_type() {
                    DataType::Utf8 => assert_eq!(column.as_string::<i32>().value(row), text),
                    DataType::Int32 => {
                        let value = column.as_primitive::<Int32Type>().value(row);
                        assert_eq!(value.to_string(), *text);
                    }
                    DataType::Int64 => {
                        let value = column.as_primitive::<Int64Type>().value(row);
                        assert_eq!(value.to_string(), *text);
                    }
                    DataType::Decimal128(38, 12) => {
                        let value = column.as_primitive::<Decimal128Type>().value(row);
                        same_number(value, text);
                    }
                    other => panic!("{name} is {other}"),
                }
            }
            at += 1;
        }
    }
    assert_eq!(at, csv.len());
}

/// Whether a number in units of 10⁻¹² is that of a text: exactly, where the text is short enough to
/// be exact itself, as amounts of money are.
fn same_number(value: i128, text: &str) {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() <= 12 && whole.len() + fraction.len() <= 15 {
        let scaled: i128 = format!("{whole}{fraction:0<12}").parse().unwrap();
        assert_eq!(value, scaled, "{text}");
    } else {
        let number: f64 = text.parse().unwrap();
        assert!(
            (value as f64 / 1e12 - number).abs() <= 1e-12 * number.abs().max(1.0),
            "{text}"
        );
    }
}

#[test]
fn the_workbook_opens_and_has_the_figures_as_numbers() {
    let sandbox = published(&[]);
    let kpis = csv_rows(&sandbox.read("reports/2024-02/kpis.csv"));
    let revenue = kpis
        .iter()
        .find(|row| row["kpi"] == "RV01" && row["period"] == "2024-02" && row["member"] == "all")
        .unwrap();
    let revenue: f64 = revenue["value"].parse().unwrap();
    let mut book: Xlsx<_> =
        calamine::open_workbook(sandbox.join("reports/2024-02/report.xlsx")).unwrap();
    let sheets = book.worksheets();
    assert!(sheets.len() >= 3);
    let mut numbers = 0;
    let mut found = false;
    for (name, cells) in &sheets {
        assert!(cells.height() > 1, "sheet {name} is empty");
        for cell in cells.rows().flatten() {
            match cell {
                Data::Float(number) => {
                    numbers += 1;
                    found |= (number - revenue).abs() < 0.005;
                }
                Data::Error(error) => panic!("{name}: {error}"),
                _ => {}
            }
        }
    }
    assert!(found, "revenue {revenue} is on a sheet");
    assert!(numbers > 1000, "{numbers} numbers");
}

#[test]
fn run_json_accounts_for_every_file_and_says_what_made_the_report() {
    let sandbox = sample_without_log();
    simulate(
        &sandbox,
        "data/inbox/log.csv.zst",
        &["--faults", "0.03", "--split", "month"],
    );
    sandbox.succeeds(&["run", "--period", "2024-02"]);
    let record: serde_json::Value =
        serde_json::from_str(&sandbox.read("reports/2024-02/run.json")).unwrap();
    assert_eq!(
        record["program"],
        format!("clearway {}", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(record["period"], "2024-02");
    assert_eq!(record["timezone"], "Asia/Tashkent");
    assert_eq!(record["currency"], "UZS");
    assert!(
        record["catalogue"]
            .as_str()
            .unwrap()
            .starts_with(env!("CARGO_PKG_VERSION"))
    );
    let newest = query(&sandbox, "SELECT MAX(at) AS newest FROM events");
    assert_eq!(record["freeze_time"], newest[0]["newest"]);
    assert_eq!(
        record["declarations"],
        query(&sandbox, "SELECT * FROM clearances").len()
    );
    assert!(record["settings"]["min_declarations"].is_number());
    for stage in ["ingest", "fold", "evaluate", "compose"] {
        assert!(record["timings_s"][stage].is_number(), "{stage}");
    }

    let files = record["files"].as_array().unwrap();
    assert_eq!(files.len(), 3, "two months and the days after them");
    let outcomes = ["accepted", "rejected", "duplicates", "filtered"];
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    for file in files {
        let bytes = fs::read(sandbox.join("data").join(file["file"].as_str().unwrap())).unwrap();
        let digest: String = Sha256::digest(&bytes)
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        assert_eq!(file["sha256"], digest);
        assert_eq!(file["size"], bytes.len());
        let rows = &file["rows"];
        let lines = zstd::decode_all(bytes.as_slice()).unwrap();
        let lines = lines.split(|byte| *byte == b'\n').count() - 1;
        assert_eq!(rows["read"], lines - 1, "every line but the header");
        let parts: u64 = outcomes
            .map(|name| rows[name].as_u64().unwrap())
            .iter()
            .sum();
        assert_eq!(rows["read"], parts, "the balance of {}", file["file"]);
        let reasons = file["reasons"].as_object().unwrap().values();
        let reasons: u64 = reasons.map(|count| count.as_u64().unwrap()).sum();
        assert_eq!(rows["rejected"], reasons);
        for name in outcomes.into_iter().chain(["read"]) {
            *sums.entry(name).or_default() += rows[name].as_u64().unwrap();
        }
    }
    for (name, sum) in sums {
        assert_eq!(record["totals"][name], sum, "{name}");
    }
    assert!(record["totals"]["rejected"].as_u64() > Some(0));
}

/// Every file with its bytes and the time it was written.
fn state(folder: &Path) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
    tree(folder)
        .into_iter()
        .map(|(name, bytes)| {
            let written = fs::metadata(folder.join(&name))
                .unwrap()
                .modified()
                .unwrap();
            (name, (bytes, written))
        })
        .collect()
}

#[test]
fn a_second_run_touches_nothing() {
    let sandbox = sample_project(&["--faults", "0.01"]);
    let first = sandbox.succeeds(&["run"]);
    assert!(
        first.stderr.contains("ingested   1 new file, 0 known"),
        "{}",
        first.stderr
    );
    assert!(
        first
            .stderr
            .contains("report     reports/2024-02/index.html"),
        "{}",
        first.stderr
    );
    let (reports, store) = (
        state(&sandbox.join("reports")),
        tree(&sandbox.join("data/store")),
    );
    let second = sandbox.succeeds(&["run"]);
    assert!(
        second.stderr.contains("ingested   0 new files, 1 known"),
        "{}",
        second.stderr
    );
    assert!(
        second
            .stderr
            .contains("unchanged  reports/2024-02/index.html"),
        "{}",
        second.stderr
    );
    assert!(
        state(&sandbox.join("reports")) == reports,
        "no byte and no time has changed"
    );
    assert!(tree(&sandbox.join("data/store")) == store);
}

#[test]
fn two_machines_give_the_same_bytes() {
    let run = |words: &[&str]| {
        let sandbox = sample_project(&[]);
        let mut all = vec!["run", "--no-timings"];
        all.extend(words);
        sandbox.succeeds(&all);
        tree(&sandbox.join("reports"))
    };
    let one = run(&[]);
    let other = run(&["--period", "2024-02"]);
    let names: Vec<_> = one
        .iter()
        .filter(|(name, bytes)| other.get(*name) != Some(bytes))
        .map(|(name, _)| name)
        .collect();
    assert!(
        names.is_empty() && one.len() == other.len(),
        "{names:?} differ"
    );
}

#[test]
fn a_file_that_comes_later_is_taken_and_only_that() {
    let sandbox = sample_without_log();
    simulate(&sandbox, "data/inbox/log.csv.zst", &["--split", "month"]);
    let late = sandbox.join("data/inbox/log-2024-03.csv.zst");
    let bytes = fs::read(&late).unwrap();
    fs::remove_file(&late).unwrap();
    sandbox.succeeds(&["run", "--period", "2024-02"]);
    let before = sandbox.read("reports/2024-02/kpis.csv");
    fs::write(&late, &bytes).unwrap();
    let ran = sandbox.succeeds(&["run", "--period", "2024-02"]);
    assert!(
        ran.stderr.contains("ingested   1 new file, 2 known"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("report     "), "{}", ran.stderr);
    let after = sandbox.read("reports/2024-02/kpis.csv");
    assert_ne!(
        after, before,
        "declarations of February are released in March"
    );

    // The same as if it had been there from the start.
    let whole = sample_without_log();
    simulate(&whole, "data/inbox/log.csv.zst", &["--split", "month"]);
    whole.succeeds(&["run", "--period", "2024-02"]);
    assert!(whole.read("reports/2024-02/kpis.csv") == after);
}

#[test]
fn each_form_of_a_period_gives_its_folder() {
    let sandbox = small_project();
    for (period, folders) in [
        (None, &["2025-01"][..]),
        (Some("2025-02"), &["2025-02"]),
        (Some("2025-Q1"), &["2025-Q1"]),
        (Some("2025"), &["2025"]),
        (Some("all"), &["all"]),
        (Some("2024-12..2025-02"), &["2024-12", "2025-01", "2025-02"]),
    ] {
        let mut words = vec!["run"];
        if let Some(period) = period {
            words.extend(["--period", period]);
        }
        sandbox.succeeds(&words);
        let found: BTreeSet<String> = fs::read_dir(sandbox.join("reports"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(
            found,
            folders.iter().map(|name| (*name).to_owned()).collect(),
            "{period:?}"
        );
        for folder in folders {
            let record = sandbox.read(&format!("reports/{folder}/run.json"));
            assert!(
                record.contains(&format!("\"period\": \"{folder}\"")),
                "{folder}"
            );
        }
        fs::remove_dir_all(sandbox.join("reports")).unwrap();
    }
    for (period, count) in [
        ("2025-01", "2"),
        ("2025-02", "1"),
        ("2025-Q1", "3"),
        ("2025", "3"),
        ("all", "3"),
    ] {
        assert_eq!(
            figure(&sandbox, &["CX01", "--period", period], "all", "value"),
            count,
            "{period}"
        );
    }
}

#[test]
fn the_freeze_time_leaves_out_what_happened_later() {
    let sandbox = small_project();
    sandbox.succeeds(&["ingest"]);
    // 11:30 in Tashkent: A1 is paid, not yet released.
    for freeze in [
        "2025-01-10T11:30:00",
        "2025-01-10T11:30:00+05:00",
        "2025-01-10T06:30:00Z",
    ] {
        let ran = sandbox.succeeds(&[
            "query",
            "SELECT declaration_id, status, event_count, paid FROM clearances",
            "--format",
            "csv",
            "--as-of",
            freeze,
        ]);
        assert_eq!(
            ran.stdout, "declaration_id,status,event_count,paid\nA1,open,3,20.25\n",
            "{freeze}"
        );
    }
    let open = |freeze: &str| {
        figure(
            &sandbox,
            &["TF30", "--period", "2025-01", "--as-of", freeze],
            "all",
            "value",
        )
    };
    assert_eq!(open("2025-01-10T11:30:00"), "1");
    assert_eq!(open("2025-01-11T12:00:00"), "1");
    assert_eq!(open("2025-01-20"), "0");
    let ran = sandbox.succeeds(&["run", "--as-of", "2025-01-11T12:00:00"]);
    assert!(
        ran.stderr.contains(
            "note: 3 events lie after the freeze time 2025-01-11T07:00:00Z and are not counted"
        ),
        "{}",
        ran.stderr
    );
    let record = sandbox.read("reports/2025-01/run.json");
    assert!(
        record.contains("\"freeze_time\": \"2025-01-11T07:00:00Z\""),
        "{record}"
    );
}

/// Labels that would run as script, as a formula, or turn text around.
fn hostile_log() -> String {
    let mut log = super::LOG.lines().next().unwrap().to_owned() + "\n";
    for (day, event) in [
        (1, "Lodged"),
        (1, "Registered"),
        (2, "Released"),
        (2, "<script>alert(1)</script>"),
    ] {
        log.push_str(&format!(
            "=cmd()|A1,{event},{day:02}.01.2025 10:00,<script>alert(2)</script>,\"=HYPERLINK(\"\"x\"\")\u{202e}\",import,road,1,,1,1,1,9,2,0,1\n"
        ));
    }
    log.push_str("=cmd(),Lodged,=2+5,C,O,import,road,1,,1,1,1,,,,\n");
    log.push_str("A,Lodged,01.01.2025 10:00,C,O,import,road,@SUM(A1),,1,1,1,,,,\n");
    log.push_str("-1,Lodged,\u{202e}2025,C,O,import,road,1,,1,1,1,,,,\n");
    log
}

#[test]
fn labels_from_a_hostile_log_are_shown_and_never_run() {
    let sandbox = small_project();
    sandbox.write("inbox/log.csv", hostile_log().as_bytes());
    let ran = sandbox.succeeds(&["run", "--period", "2025-01"]);
    assert!(!ran.stderr.contains('\u{202e}'), "{}", ran.stderr);

    let page = sandbox.read("reports/2025-01/index.html");
    assert!(
        page.contains("&lt;script&gt;alert(2)&lt;/script&gt;"),
        "the corridor is shown"
    );
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"),
        "the activity is named as unmapped"
    );
    assert!(!page.contains("<script>alert("), "and neither is a script");
    assert!(
        !page.contains('\u{202e}') && page.contains("⟨U+202E⟩"),
        "direction marks are spelt out"
    );
    for (name, svg) in tree(&sandbox.join("reports/2025-01")) {
        if Path::new(&name).extension().is_some_and(|end| end == "svg") {
            let svg = String::from_utf8(svg).unwrap();
            assert!(
                !svg.contains("<script") && !svg.contains('\u{202e}'),
                "{name}"
            );
        }
    }

    let rejects = csv_rows(&sandbox.read("reports/2025-01/rejects.csv"));
    let values: Vec<&str> = rejects.iter().map(|row| row["value"].as_str()).collect();
    assert_eq!(values, ["'=2+5", "'@SUM(A1)", "\u{202e}2025"]);
    for row in &rejects {
        for (name, text) in row {
            assert!(
                !text.starts_with(['=', '+', '-', '@', '\t']),
                "{name}: {text}"
            );
        }
    }

    let mut book: Xlsx<_> =
        calamine::open_workbook(sandbox.join("reports/2025-01/report.xlsx")).unwrap();
    let mut shown = false;
    for name in book.sheet_names() {
        assert!(
            book.worksheet_formula(&name).unwrap().is_empty(),
            "sheet {name} has a formula"
        );
        let cells = book.worksheet_range(&name).unwrap();
        shown |= cells
            .rows()
            .flatten()
            .any(|cell| cell.to_string().contains("=HYPERLINK"));
    }
    assert!(shown, "the office is on a sheet, as a text");

    let table = sandbox
        .succeeds(&["query", "SELECT office FROM clearances"])
        .stdout;
    assert!(
        table.contains("⟨U+202E⟩") && !table.contains('\u{202e}'),
        "{table}"
    );
}

#[test]
fn a_report_that_can_not_be_written_is_an_output_error_before_any_work() {
    let sandbox = small_project();
    sandbox.write("reports", b"a file");
    let text = super::said(&sandbox, &["run"]);
    insta::assert_snapshot!(text, @r"
    exit 5
    --- stderr
    error: can't write `./reports`: it is a file, not a folder
    ");
    assert!(!sandbox.join("store").exists());
    edit(
        &sandbox,
        "clearway.toml",
        "dir = \"reports\"",
        "dir = \"inbox/log.csv/reports\"",
    );
    let text = super::said(&sandbox, &["run"]);
    assert!(
        text.starts_with("exit 5\n--- stderr\nerror: can't write `./inbox/log.csv/reports`"),
        "{text}"
    );
}

#[test]
fn a_folder_that_is_no_report_is_left_alone() {
    let sandbox = small_project();
    sandbox.write("reports/2025-01/photo.jpg", b"mine");
    let text = super::said(&sandbox, &["run"]);
    assert!(text.starts_with("exit 5\n"), "{text}");
    assert!(
        text.contains("error: can't write `./reports/2025-01`: it is not a report folder: it has files but no `run.json`"),
        "{text}"
    );
    assert_eq!(tree(&sandbox.join("reports")).len(), 1);
}

#[test]
fn a_store_that_can_not_be_made_is_an_output_error() {
    let sandbox = small_project();
    sandbox.write("store", b"a file");
    let text = super::said(&sandbox, &["ingest"]);
    assert!(
        text.starts_with("exit 5\n--- stderr\nerror: can't write `./store`"),
        "{text}"
    );
}

#[test]
fn small_cells_are_suppressed_and_never_zero() {
    let sandbox = small_project();
    edit(
        &sandbox,
        "clearway.toml",
        "min_declarations = 1 ",
        "min_declarations = 2 ",
    );
    sandbox.succeeds(&["run"]);
    let rows = csv_rows(&sandbox.read("reports/2025-01/kpis.csv"));
    let cell = |dimension: &str, member: &str| {
        rows.iter()
            .find(|row| {
                row["kpi"] == "TF02"
                    && row["dimension"] == dimension
                    && row["member"] == member
                    && row["statistic"] == "median"
            })
            .unwrap_or_else(|| panic!("{dimension} {member}"))
    };
    assert_eq!(cell("all", "all")["value"], "14400");
    let small = cell("office", "O1");
    assert_eq!(small["state"], "suppressed");
    for column in ["value", "n", "ci_low", "ci_high", "previous", "year_ago"] {
        assert_eq!(small[column], "", "{column}");
    }
}
