//! Every figure of every page is found again in `kpis.csv`.

use std::collections::BTreeMap;

use super::{sample_project, tree};
use crate::support::csv_rows;

type Row = BTreeMap<String, String>;

/// The figures of a page: key, column, text. A key that begins with `|` has the rest from its row.
fn figures(page: &str) -> Vec<(String, String, String)> {
    let mut row = String::new();
    let mut figures = Vec::new();
    for tag in page.split('<').skip(1) {
        let Some((tag, text)) = tag.split_once('>') else {
            continue;
        };
        let attribute = |name: &str| {
            let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
            Some(plain(rest.split('"').next()?))
        };
        row = attribute("data-row").unwrap_or(row);
        let Some(key) = attribute("data-kpi") else {
            continue;
        };
        let key = if key.starts_with('|') {
            format!("{row}{key}")
        } else {
            key
        };
        let field = attribute("data-field").unwrap_or_else(|| "value".to_owned());
        figures.push((key, field, plain(text)));
    }
    figures
}

fn plain(text: &str) -> String {
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&amp;", "&"),
    ]
    .into_iter()
    .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// What a text says in the unit of `kpis.csv`, and how far off it may be by its rounding; `None`
/// where that is not to be seen from the text (money in a column of millions).
fn read(text: &str, unit: &str) -> Option<(f64, f64)> {
    let text = text.replace(['\u{a0}', '\u{202f}'], " ").replace('−', "-");
    let words: Vec<&str> = text.split(' ').collect();
    if unit == "s" {
        let (sign, first) = match words.first()?.strip_prefix('-') {
            Some(first) => (-1.0, first),
            None => (1.0, *words.first()?),
        };
        let words: Vec<&str> = [first].iter().chain(words.get(1..)?).copied().collect();
        return read_time(&words).map(|(time, tolerance)| (sign * time, tolerance));
    }
    let digits: String = text
        .chars()
        .filter(|c| c.is_ascii_digit() || "-.".contains(*c))
        .collect();
    let number: f64 = digits.parse().ok()?;
    let decimals = digits.split_once('.').map_or(0, |(_, after)| after.len());
    let half = 0.51 * 10_f64.powi(-i32::try_from(decimals).unwrap());
    match unit {
        "share" | "ratio" if text.contains('%') => Some((number / 100.0, half / 100.0)),
        "share" | "ratio" | "count" | "index" | "z" => Some((number, half)),
        _ => None,
    }
}

/// `1 d 4 h 05 min`, `72 s`, `3.5 h`.
fn read_time(words: &[&str]) -> Option<(f64, f64)> {
    let mut seconds = 0.0;
    let mut unit = 0.0;
    let mut decimals = 0;
    for pair in words.chunks(2) {
        let [number, name] = *pair else { return None };
        unit = match name {
            "d" => 86_400.0,
            "h" => 3_600.0,
            "min" => 60.0,
            "s" => 1.0,
            _ => return None,
        };
        decimals = number.split_once('.').map_or(0, |(_, after)| after.len());
        seconds += number.parse::<f64>().ok()? * unit;
    }
    let step = unit * 10_f64.powi(-i32::try_from(decimals).ok()?);
    Some((seconds, 0.51 * step))
}

#[test]
fn every_figure_of_every_page_is_found_in_kpis_csv() {
    let sandbox = sample_project(&["--declarations", "1200", "--faults", "0.01"]);
    sandbox.succeeds(&["run", "--period", "2024-02"]);
    let rows = csv_rows(&sandbox.read("reports/2024-02/kpis.csv"));
    let key = |row: &Row| {
        ["kpi", "period", "dimension", "member", "statistic"]
            .map(|name| row[name].as_str())
            .join("|")
    };
    let rows: BTreeMap<String, Row> = rows.into_iter().map(|row| (key(&row), row)).collect();
    let files = tree(&sandbox.join("reports/2024-02"));
    let pages = files.iter().filter(|(name, _)| name.ends_with(".html"));
    let (mut figures_read, mut suppressed) = (0, 0);
    for (name, bytes) in pages {
        let page = std::str::from_utf8(bytes).unwrap();
        let figures = figures(page);
        assert!(figures.len() > 40, "{name}: {}", figures.len());
        for (key, field, text) in figures {
            let row = rows.get(&key).unwrap_or_else(|| panic!("{name}: {key}"));
            let place = format!("{name}: {key} {field} `{text}` {row:?}");
            if let Some((now, before)) = field.split_once('-') {
                assert!(!row[now].is_empty() && !row[before].is_empty(), "{place}");
                continue;
            }
            if field == "value" && row["state"] != "ok" {
                let words = ["suppressed", "not measurable"];
                assert!(words.iter().any(|word| text.starts_with(word)), "{place}");
                suppressed += 1;
                continue;
            }
            let value: f64 = row[&field].parse().unwrap_or_else(|_| panic!("{place}"));
            let is_count = ["n", "n_open", "n_excluded"].contains(&field.as_str());
            let unit = if is_count {
                "count"
            } else {
                row["unit"].as_str()
            };
            if let Some((read, tolerance)) = read(&text, unit) {
                // A share that rounds to nothing or to all is written as a limit.
                let tolerance = if text.contains(['<', '>']) {
                    0.01
                } else {
                    tolerance
                };
                assert!((read - value).abs() <= tolerance, "{place}: {read}");
                figures_read += 1;
            }
        }
    }
    assert!(figures_read > 10_000, "{figures_read}");
    assert!(suppressed > 100, "{suppressed}");
}

#[test]
fn two_runs_give_the_same_pages() {
    let sandbox = sample_project(&["--declarations", "300"]);
    let run = ["run", "--period", "2024-02", "--no-timings"];
    sandbox.succeeds(&run);
    let first = tree(&sandbox.join("reports/2024-02"));
    std::fs::remove_dir_all(sandbox.join("reports")).unwrap();
    sandbox.succeeds(&run);
    let second = tree(&sandbox.join("reports/2024-02"));
    assert!(first.keys().eq(second.keys()));
    for (name, bytes) in &first {
        assert!(*bytes == second[name], "{name}");
    }
}
