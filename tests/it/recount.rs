//! A second way to the headline figures: plain loops over the raw log.
//!
//! Nothing of the library is used here, and neither mapping nor catalogue is read: the log's labels
//! and codes and every definition are written out once more, so that a fault in ingest, fold,
//! evaluation or export shows as a difference. The log has one faulty row in a hundred.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::support::{Sandbox, csv_rows, repository};

const DAY_S: i64 = 86_400;

/// What the log says of one declaration.
#[derive(Default)]
struct Case {
    /// Times of each label, ascending: seconds since 1970 of the local clock.
    times: BTreeMap<String, Vec<i64>>,
    /// The newest value of each column that is not empty, with its time.
    newest: BTreeMap<&'static str, (i64, String)>,
    /// Each payment: time, amount in millionths.
    payments: Vec<(i64, i128)>,
}

const ARRIVED: &str = "Terminalga keldi";
const LODGED: &str = "Deklaratsiya topshirildi";
const REJECTED: &str = "Rad etildi";
const REGISTERED: &str = "Ro'yxatga olindi";
const LANE_SELECTED: &str = "Yo'lak belgilandi";
const INSPECTED: &str = "Ko'rik tugadi";
const ASSESSED: &str = "To'lov hisoblandi";
const RELEASED: &str = "Chiqarib yuborildi";
const CANCELLED: &str = "Bekor qilindi";

const CORRIDORS: [(&str, &str); 9] = [
    ("C1", "Yallama"),
    ("C2", "Keles"),
    ("C3", "Oybek"),
    ("C4", "Dustlik"),
    ("C5", "Jartepa"),
    ("C6", "Ayritom"),
    ("C7", "Alat"),
    ("C8", "Dautota"),
    ("C9", "Tashkent air and post"),
];
const LANES: [(&str, &str); 4] = [("1", "green"), ("2", "yellow"), ("3", "red"), ("4", "blue")];

/// Days from 1970 to a date, by counting; `None` if there is no such date.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = |year: i64| {
        [
            31,
            if leap(year) { 29 } else { 28 },
            31,
            30,
            31,
            30,
            31,
            31,
            30,
            31,
            30,
            31,
        ]
    };
    if !(1..=12).contains(&month) {
        return None;
    }
    let months = lengths(year);
    let before: i64 = months.iter().take(usize::try_from(month).ok()? - 1).sum();
    if !(1..=months[usize::try_from(month).ok()? - 1]).contains(&day) {
        return None;
    }
    let years: i64 = (1970..year)
        .map(|year| if leap(year) { 366 } else { 365 })
        .sum();
    Some(years + before + day - 1)
}

/// `14.03.2024 09:05:00` as seconds since 1970 of the same clock. Half the faults of the log are
/// found here: other shapes, days and hours that do not exist, times ten years ahead.
fn seconds(text: &str) -> Option<i64> {
    let (date, clock) = text.split_once(' ')?;
    let numbers = |text: &str, mark: char, widths: [usize; 3]| {
        let parts: Vec<&str> = text.split(mark).collect();
        let fits = parts.len() == 3
            && parts
                .iter()
                .zip(widths)
                .all(|(part, width)| part.len() == width);
        let numbers: Vec<i64> = parts.iter().filter_map(|part| part.parse().ok()).collect();
        (fits && numbers.len() == 3).then_some(numbers)
    };
    let date = numbers(date, '.', [2, 2, 4])?;
    let clock = numbers(clock, ':', [2, 2, 2])?;
    let there_is = clock[0] < 24 && clock[1] < 60 && clock[2] < 60;
    // The log is of 2024; nothing of it can have happened after 2030.
    if !there_is || date[2] > 2030 {
        return None;
    }
    Some(days(date[2], date[1], date[0])? * DAY_S + clock[0] * 3600 + clock[1] * 60 + clock[2])
}

/// Millionths of a plain decimal.
fn millionths(text: &str) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > 6 {
        return None;
    }
    format!("{whole}{fraction:0<6}").parse().ok()
}

fn code(codes: &[(&str, &str)], text: &str) -> Option<String> {
    codes
        .iter()
        .find(|(code, _)| *code == text)
        .map(|(_, name)| (*name).to_owned())
}

/// Reads one row; `None` if anything in it is wrong.
fn read(row: &BTreeMap<&str, &str>, cases: &mut BTreeMap<String, Case>) -> Option<()> {
    const NUMBERS: [&str; 8] = [
        "orinlar",
        "netto_kg",
        "masofa_km",
        "bojxona_qiymati",
        "hisoblangan_dastlabki",
        "hisoblangan",
        "tolangan",
        "imtiyoz",
    ];
    let given = |column: &str| Some(row[column]).filter(|text| !text.is_empty());
    let id = given("bayonnoma_raqami")?;
    let label = given("hodisa")?;
    let at = seconds(row["vaqt"])?;
    if NUMBERS
        .iter()
        .any(|column| given(column).is_some_and(|text| millionths(text).is_none()))
    {
        return None;
    }
    if given("transport").is_some_and(|mode| !["20", "30", "40", "50"].contains(&mode))
        || given("yonalish").is_some_and(|direction| !["IM", "EK", "TR"].contains(&direction))
    {
        return None;
    }
    let mut values: Vec<(&'static str, String)> = Vec::new();
    if let Some(text) = given("koridor") {
        values.push(("corridor", code(&CORRIDORS, text)?));
    }
    if let Some(text) = given("yolak") {
        values.push(("lane", code(&LANES, text)?));
    }
    for (name, column) in [
        ("finding", "natija"),
        ("electronic", "elektron_tolov"),
        ("exempted", "imtiyoz"),
    ] {
        values.extend(given(column).map(|text| (name, text.to_owned())));
    }
    let case = cases.entry(id.to_owned()).or_default();
    for (name, value) in values {
        let known = case.newest.get(name);
        // No two values of one time differ in this log; the greater would count.
        if known.is_none_or(|known| (at, &value) > (known.0, &known.1)) {
            case.newest.insert(name, (at, value));
        }
    }
    if let Some(paid) = given("tolangan") {
        case.payments.push((at, millionths(paid)?));
    }
    let times = case.times.entry(label.to_owned()).or_default();
    times.push(at);
    times.sort_unstable();
    Some(())
}

/// Rows by outcome.
#[derive(Debug, Default, PartialEq)]
struct Outcomes {
    read: u64,
    accepted: u64,
    rejected: u64,
    duplicates: u64,
}

fn read_log(bytes: &[u8]) -> (BTreeMap<String, Case>, Outcomes) {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let header = reader.headers().unwrap().clone();
    let (mut cases, mut seen, mut outcomes) =
        (BTreeMap::new(), BTreeSet::new(), Outcomes::default());
    for record in reader.byte_records() {
        let record = record.unwrap();
        outcomes.read += 1;
        let texts: Option<Vec<&str>> = record
            .iter()
            .map(|field| std::str::from_utf8(field).ok().map(str::trim))
            .collect();
        let Some(texts) = texts.filter(|texts| texts.len() == header.len()) else {
            outcomes.rejected += 1;
            continue;
        };
        let row: BTreeMap<&str, &str> = header.iter().zip(texts.iter().copied()).collect();
        // A faulty row is refused each time; only a good one can be a duplicate.
        let whole: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        if seen.contains(&whole) {
            outcomes.duplicates += 1;
        } else if read(&row, &mut cases).is_some() {
            outcomes.accepted += 1;
            seen.insert(whole);
        } else {
            outcomes.rejected += 1;
        }
    }
    (cases, outcomes)
}

impl Case {
    fn first(&self, label: &str) -> Option<i64> {
        self.times
            .get(label)
            .and_then(|times| times.first().copied())
    }

    fn last(&self, label: &str) -> Option<i64> {
        self.times
            .get(label)
            .and_then(|times| times.last().copied())
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.newest
            .get(name)
            .is_some_and(|(_, newest)| newest == value)
    }

    fn member(&self, dimension: &str) -> String {
        let member = if dimension == "all" {
            Some("all".to_owned())
        } else {
            self.newest.get(dimension).map(|(_, newest)| newest.clone())
        };
        member.unwrap_or_else(|| "(missing)".to_owned())
    }

    fn paid(&self) -> i128 {
        self.payments.iter().map(|(_, amount)| amount).sum()
    }

    fn exempted(&self) -> i128 {
        self.newest
            .get("exempted")
            .map_or(0, |(_, text)| millionths(text).unwrap())
    }

    /// Cancelled for good, or refused and not lodged again.
    fn ended_unreleased(&self) -> bool {
        let released = self.last(RELEASED);
        let cancelled = self.last(CANCELLED).is_some_and(|at| Some(at) >= released);
        let again = self.last(LODGED).max(self.last(REGISTERED)).max(released);
        cancelled || self.last(REJECTED).is_some_and(|at| Some(at) >= again)
    }

    /// From the first `from` to the release; what is still open has lasted until `now`.
    fn to_release(&self, from: &str, (nil, negative_is_nil): (bool, bool), now: i64) -> Span {
        match (self.first(from), self.first(RELEASED)) {
            (Some(_), Some(_)) if nil => Span::Seconds(0),
            (Some(from), Some(to)) if to >= from => Span::Seconds(to - from),
            (Some(_), Some(_)) if negative_is_nil => Span::Seconds(0),
            (Some(from), None) if !self.ended_unreleased() => Span::Open(now - from),
            _ => Span::Excluded,
        }
    }
}

#[derive(Clone, Copy)]
enum Span {
    Seconds(i64),
    Open(i64),
    Excluded,
}

/// `2024-03` of a time on the log's own clock, which is that of the project.
fn month(at: i64) -> String {
    (1..=12)
        .map(|month| (month, days(2024, month, 1).unwrap() * DAY_S))
        .filter(|(_, start)| *start <= at)
        .map(|(month, _)| format!("2024-{month:02}"))
        .next_back()
        .unwrap()
}

/// Figures by KPI, month, dimension, member, statistic.
pub(crate) type Figures = BTreeMap<[String; 5], Figure>;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Figure {
    value: Option<f64>,
    n: u64,
    n_open: u64,
    n_excluded: u64,
}

fn put(figures: &mut Figures, key: [&str; 5], figure: Figure) {
    let before = figures.insert(key.map(str::to_owned), figure);
    assert!(before.is_none(), "{key:?} twice");
}

/// Quantile by linear interpolation between the two nearest ranks.
fn quantile(sorted: &[i64], p: f64) -> f64 {
    let place = p * (sorted.len() - 1) as f64;
    let below = (0..sorted.len())
        .rev()
        .find(|rank| *rank as f64 <= place)
        .unwrap();
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] as f64 + (place - below as f64) * (sorted[above] - sorted[below]) as f64
}

/// What each span weighs when every open one hands its weight on to all that are longer, in equal parts
/// (an end comes before what is still open at the same age): length, whether it has ended, weight.
fn redistributed(ended: &[i64], open: &[i64]) -> Vec<(i64, bool, f64)> {
    let n = ended.len() + open.len();
    let mut all: Vec<(i64, bool, f64)> = Vec::new();
    all.extend(ended.iter().map(|s| (*s, true, 1.0 / n as f64)));
    all.extend(open.iter().map(|s| (*s, false, 1.0 / n as f64)));
    all.sort_by_key(|(s, ended, _)| (*s, !ended));
    for at in 0..all.len() {
        let longer = all.len() - at - 1;
        if !all[at].1 && longer > 0 && all[at + 1..].iter().any(|(_, ended, _)| *ended) {
            let part = all[at].2 / longer as f64;
            all[at].2 = 0.0;
            for later in &mut all[at + 1..] {
                later.2 += part;
            }
        }
    }
    all
}

/// Each span stands at the middle of its weight, the first at 0 and the last at 1; an open one stands
/// beyond every number.
fn weighted_quantile(all: &[(i64, bool, f64)], p: f64) -> Option<f64> {
    let weighty: Vec<_> = all.iter().filter(|(_, _, weight)| *weight > 0.0).collect();
    let (first, last) = (weighty.first()?.2, weighty.last()?.2);
    let length = 1.0 - first / 2.0 - last / 2.0;
    if weighty.len() == 1 {
        return weighty[0].1.then_some(weighty[0].0 as f64);
    }
    let mut before = 0.0;
    let mut placed = Vec::new();
    for (length_s, ended, weight) in weighty {
        placed.push((
            (before + weight / 2.0 - first / 2.0) / length,
            *length_s,
            *ended,
        ));
        before += weight;
    }
    let right = placed.iter().position(|(at, _, _)| at + 1e-12 >= p)?;
    let (at, s, ended) = placed[right];
    if !ended {
        return None;
    }
    let Some((left_at, left_s, _)) = right.checked_sub(1).map(|left| placed[left]) else {
        return Some(s as f64);
    };
    let way = ((p - left_at) / (at - left_at)).min(1.0);
    Some(left_s as f64 + (s - left_s) as f64 * way)
}

/// Names of the plain quantiles and of those with open ones.
const QUANTILES: [(&str, &str, f64); 6] = [
    ("median", "km_median", 0.5),
    ("p10", "km_p10", 0.1),
    ("p25", "km_p25", 0.25),
    ("p75", "km_p75", 0.75),
    ("p90", "km_p90", 0.9),
    ("p95", "km_p95", 0.95),
];

fn spans(
    figures: &mut Figures,
    kpi: &str,
    dimension: &str,
    cases: &BTreeMap<String, Case>,
    span: impl Fn(&Case) -> Option<(i64, Span)>,
) {
    let mut cells: BTreeMap<(String, String), Vec<Span>> = BTreeMap::new();
    for case in cases.values() {
        if let Some((anchor, span)) = span(case) {
            cells
                .entry((month(anchor), case.member(dimension)))
                .or_default()
                .push(span);
        }
    }
    for ((month, member), cell) in cells {
        let count =
            |wanted: fn(&Span) -> bool| cell.iter().filter(|span| wanted(span)).count() as u64;
        let lengths = |wanted: fn(&Span) -> Option<i64>| {
            let mut lengths: Vec<i64> = cell.iter().filter_map(wanted).collect();
            lengths.sort_unstable();
            lengths
        };
        let sorted = lengths(|span| {
            if let Span::Seconds(s) = span {
                Some(*s)
            } else {
                None
            }
        });
        let open = lengths(|span| {
            if let Span::Open(s) = span {
                Some(*s)
            } else {
                None
            }
        });
        let n = sorted.len() as u64;
        let mean = sorted.iter().sum::<i64>() as f64 / n as f64;
        let squares: f64 = sorted.iter().map(|s| (*s as f64 - mean).powi(2)).sum();
        let mut values: Vec<(&str, Option<f64>)> = vec![("mean", (n > 0).then_some(mean))];
        values.push(("sd", (n > 1).then(|| (squares / (n as f64 - 1.0)).sqrt())));
        values.extend(QUANTILES.map(|(name, _, p)| (name, (n > 0).then(|| quantile(&sorted, p)))));
        let weights = redistributed(&sorted, &open);
        values.extend(QUANTILES.map(|(_, name, p)| (name, weighted_quantile(&weights, p))));
        values.push(("min", sorted.first().map(|s| *s as f64)));
        values.push(("max", sorted.last().map(|s| *s as f64)));
        for (statistic, value) in values {
            let figure = Figure {
                value,
                n,
                n_open: count(|span| matches!(span, Span::Open(_))),
                n_excluded: count(|span| matches!(span, Span::Excluded)),
            };
            put(
                figures,
                [kpi, &month, dimension, &member, statistic],
                figure,
            );
        }
    }
}

/// One sum over another, row by row.
fn ratio(
    figures: &mut Figures,
    kpi: &str,
    dimension: &str,
    rows: impl Iterator<Item = (i64, String, i128, i128)>,
) {
    let mut cells: BTreeMap<(String, String), (i128, i128, u64)> = BTreeMap::new();
    for (anchor, member, above, below) in rows {
        let cell = cells.entry((month(anchor), member)).or_default();
        *cell = (cell.0 + above, cell.1 + below, cell.2 + 1);
    }
    for ((month, member), (above, below, n)) in cells {
        let value = (below != 0).then(|| above as f64 / below as f64);
        let figure = Figure {
            value,
            n,
            n_open: 0,
            n_excluded: 0,
        };
        put(figures, [kpi, &month, dimension, &member, "value"], figure);
    }
}

/// How many are registered and not done with at the end of each month.
fn backlog(
    figures: &mut Figures,
    dimension: &str,
    cases: &BTreeMap<String, Case>,
    months: &[String],
) {
    for (number, month) in (2..).zip(months) {
        let end = days(2024, number, 1).unwrap() * DAY_S;
        let mut waiting: BTreeMap<String, u64> = BTreeMap::new();
        for case in cases.values() {
            let Some(registered) = case.first(REGISTERED).filter(|at| *at < end) else {
                continue;
            };
            let done = [RELEASED, CANCELLED, REJECTED].into_iter().any(|label| {
                // What happened before registration (a first lodgement refused) closes nothing.
                case.times
                    .get(label)
                    .is_some_and(|times| times.iter().any(|at| (registered..end).contains(at)))
            });
            if !done {
                *waiting.entry(case.member(dimension)).or_default() += 1;
            }
        }
        for (member, n) in waiting {
            let figure = Figure {
                value: Some(n as f64),
                n,
                n_open: n,
                n_excluded: 0,
            };
            put(
                figures,
                ["TF30", month, dimension, &member, "value"],
                figure,
            );
        }
    }
}

fn lanes(figures: &mut Figures, cases: &BTreeMap<String, Case>) {
    let mut cells: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut wholes: BTreeMap<String, u64> = BTreeMap::new();
    for case in cases.values() {
        if let Some(at) = case.first(LANE_SELECTED) {
            *cells.entry((month(at), case.member("lane"))).or_default() += 1;
            *wholes.entry(month(at)).or_default() += 1;
        }
    }
    for ((month, member), n) in cells {
        let value = Some(n as f64 / wholes[&month] as f64);
        put(
            figures,
            ["RM01", &month, "lane", &member, "value"],
            Figure {
                value,
                n,
                n_open: 0,
                n_excluded: 0,
            },
        );
    }
}

/// The freeze time: the newest event.
fn newest(cases: &BTreeMap<String, Case>) -> i64 {
    let times = cases
        .values()
        .flat_map(|case| case.times.values().flatten());
    times.copied().max().unwrap()
}

fn release_times(figures: &mut Figures, dimension: &str, cases: &BTreeMap<String, Case>) {
    let now = newest(cases);
    spans(figures, "TF01", dimension, cases, |case| {
        Some((
            case.first(ARRIVED)?,
            case.to_release(ARRIVED, (false, true), now),
        ))
    });
    spans(figures, "TF02", dimension, cases, |case| {
        let in_advance = case
            .first(RELEASED)
            .zip(case.first(ARRIVED))
            .is_some_and(|(released, arrived)| released <= arrived);
        Some((
            case.first(LODGED)?,
            case.to_release(LODGED, (in_advance, false), now),
        ))
    });
}

fn recount(cases: &BTreeMap<String, Case>, months: &[String]) -> Figures {
    let mut figures = Figures::new();
    lanes(&mut figures, cases);
    for dimension in ["all", "corridor"] {
        let of = |case: &Case| case.member(dimension);
        release_times(&mut figures, dimension, cases);
        backlog(&mut figures, dimension, cases, months);
        let share = |anchor: &'static str, met: fn(&Case) -> bool| {
            cases.values().filter_map(move |case| {
                Some((case.first(anchor)?, of(case), i128::from(met(case)), 1))
            })
        };
        ratio(
            &mut figures,
            "RM02",
            dimension,
            share(REGISTERED, |case| case.first(INSPECTED).is_some()),
        );
        ratio(
            &mut figures,
            "RM04",
            dimension,
            share(INSPECTED, |case| case.is("finding", "1")),
        );
        let assessed = cases.values().filter_map(|case| {
            let due = case.paid() + case.exempted();
            Some((case.first(ASSESSED)?, of(case), case.exempted(), due))
        });
        ratio(&mut figures, "RV07", dimension, assessed);
        let payments = |only_electronic: bool| {
            cases.values().flat_map(move |case| {
                let counts = !only_electronic || case.is("electronic", "1");
                let amount = move |amount: i128| if counts { amount } else { 0 };
                case.payments
                    .iter()
                    .map(move |(at, paid)| (*at, of(case), amount(*paid), *paid))
            })
        };
        ratio(&mut figures, "DT02", dimension, payments(true));
        // Money is compared as millionths over one million.
        let revenue = sums(payments(false));
        for ((month, member), (sum, n)) in revenue {
            let figure = Figure {
                value: Some(sum as f64 / 1e6),
                n,
                n_open: 0,
                n_excluded: 0,
            };
            put(
                &mut figures,
                ["RV01", &month, dimension, &member, "value"],
                figure,
            );
        }
    }
    figures
}

fn sums(
    rows: impl Iterator<Item = (i64, String, i128, i128)>,
) -> BTreeMap<(String, String), (i128, u64)> {
    let mut cells: BTreeMap<(String, String), (i128, u64)> = BTreeMap::new();
    for (at, member, _, amount) in rows {
        let cell = cells.entry((month(at), member)).or_default();
        *cell = (cell.0 + amount, cell.1 + 1);
    }
    cells
}

/// The figures of a table of `kpis.csv`'s columns: those of the KPIs and dimensions that are wanted. The
/// statistics `cv` (made from others that are compared) and `within_target` (needs the project's
/// targets) are left out, and so are those that begin with one of `but`.
pub(crate) fn published(text: &str, wanted: impl Fn(&str, &str) -> bool, but: &[&str]) -> Figures {
    let other = |statistic: &str| {
        let left_out = but.iter().any(|start| statistic.starts_with(start));
        ["within_target", "cv"].contains(&statistic) || left_out
    };
    let mut figures = Figures::new();
    for row in csv_rows(text) {
        if !wanted(&row["kpi"], &row["dimension"]) || other(&row["statistic"]) {
            continue;
        }
        let count = |column: &str| row[column].parse().unwrap();
        let figure = Figure {
            value: row["value"].parse().ok(),
            n: count("n"),
            n_open: count("n_open"),
            n_excluded: count("n_excluded"),
        };
        let key = ["kpi", "period", "dimension", "member", "statistic"].map(|column| &*row[column]);
        put(&mut figures, key, figure);
    }
    figures
}

/// Whether a KPI is counted here in a dimension.
fn is_counted(kpi: &str, dimension: &str) -> bool {
    const KPIS: [&str; 8] = [
        "TF01", "TF02", "TF30", "RM02", "RM04", "RV01", "RV07", "DT02",
    ];
    let plain = KPIS.contains(&kpi) && ["all", "corridor"].contains(&dimension);
    plain || kpi == "RM01" && dimension == "lane"
}

pub(crate) fn compare(found: &Figures, wanted: &Figures) -> Vec<String> {
    let mut faults = Vec::new();
    for (key, wanted) in wanted {
        let Some(found) = found.get(key) else {
            faults.push(format!("{key:?} is not published, wanted {wanted:?}"));
            continue;
        };
        let same = match (found.value, wanted.value) {
            (Some(a), Some(b)) => (a - b).abs() <= 1e-11 * b.abs(),
            (a, b) => a.is_none() && b.is_none(),
        };
        let counts = |figure: &Figure| (figure.n, figure.n_open, figure.n_excluded);
        if !same || counts(found) != counts(wanted) {
            faults.push(format!("{key:?} is {found:?}, wanted {wanted:?}"));
        }
    }
    // Cells that no declaration stands behind are published, and not found by counting.
    for (key, found) in found.iter().filter(|(key, _)| !wanted.contains_key(*key)) {
        if found.n + found.n_open + found.n_excluded > 0 {
            faults.push(format!(
                "{key:?} is published as {found:?}, and was not found"
            ));
        }
    }
    faults
}

/// Runs the program over a simulated log and counts it once more.
pub(crate) fn run_and_recount(log: &[&str]) -> (Sandbox, Vec<u8>) {
    let sandbox = Sandbox::empty();
    let mapping = std::fs::read(repository("data/mappings/sample.toml")).unwrap();
    sandbox.write("mappings/sample.toml", &mapping);
    let project = "[project]\nname = \"Recount\"\ntimezone = \"Asia/Tashkent\"\ncurrency = \"UZS\"\n\
        [[source]]\npath = \"inbox/log.csv\"\nmapping = \"sample\"\n\
        [report]\ndir = \"reports\"\ntrend_months = 24\nmin_declarations = 1\n";
    sandbox.write("clearway.toml", project.as_bytes());
    sandbox.write("inbox/.keep", b"");
    let mut arguments = vec!["simulate", "--output", "inbox/log.csv"];
    arguments.extend(log);
    sandbox.succeeds(&arguments);
    let bytes = std::fs::read(sandbox.join("inbox/log.csv")).unwrap();
    (sandbox, bytes)
}

#[test]
fn headline_figures_of_a_faulty_log_agree_with_a_recount_in_plain_loops() {
    let months: Vec<String> = (1..=6).map(|month| format!("2024-{month:02}")).collect();
    let (sandbox, log) = run_and_recount(&[
        "--seed",
        "7",
        "--declarations",
        "2000",
        "--months",
        "6",
        "--faults",
        "0.01",
    ]);
    sandbox.succeeds(&["run", "--period", "2024-06"]);
    let (cases, outcomes) = read_log(&log);
    assert_eq!(cases.len(), 2000);

    let run: serde_json::Value =
        serde_json::from_str(&sandbox.read("reports/2024-06/run.json")).unwrap();
    let rows = |outcome: &str| run["totals"][outcome].as_u64().unwrap();
    let ledger = Outcomes {
        read: rows("read"),
        accepted: rows("accepted"),
        rejected: rows("rejected"),
        duplicates: rows("duplicates"),
    };
    assert_eq!(ledger, outcomes);
    assert!(
        outcomes.rejected > 150 && outcomes.duplicates > 20,
        "{outcomes:?}"
    );

    let mut wanted = recount(&cases, &months);
    wanted.retain(|key, _| months.contains(&key[1]));
    let found = published(&sandbox.read("reports/2024-06/kpis.csv"), is_counted, &[]);
    let faults = compare(&found, &wanted);
    let text = faults
        .iter()
        .take(20)
        .fold(String::new(), |mut text, fault| {
            writeln!(text, "{fault}").unwrap();
            text
        });
    assert!(
        faults.is_empty(),
        "{} of {} differ\n{text}",
        faults.len(),
        wanted.len()
    );
    // Nine corridors and the whole, six months: the comparison must not have been of little.
    let compared = |kpi: &str| wanted.keys().filter(|key| key[0] == kpi).count();
    for (kpi, least) in [
        ("TF01", 600),
        ("TF02", 600),
        ("RM01", 24),
        ("RM02", 60),
        ("RM04", 40),
    ] {
        assert!(compared(kpi) >= least, "{kpi}: {}", compared(kpi));
    }
    for (kpi, least) in [("TF30", 20), ("RV01", 60), ("RV07", 60), ("DT02", 60)] {
        assert!(compared(kpi) >= least, "{kpi}: {}", compared(kpi));
    }
}

#[test]
fn the_recount_would_notice_a_changed_figure() {
    let (_, log) = run_and_recount(&["--seed", "8", "--declarations", "200", "--months", "2"]);
    let months = ["2024-01".to_owned(), "2024-02".to_owned()];
    let wanted = recount(&read_log(&log).0, &months);
    assert_eq!(compare(&wanted, &wanted), Vec::<String>::new());
    let mut changed = wanted.clone();
    let (_, first) = changed
        .iter_mut()
        .find(|(key, _)| key[0] == "TF01" && key[4] == "median")
        .unwrap();
    first.value = first.value.map(|value| value + 1.0);
    let (_, second) = changed
        .iter_mut()
        .find(|(key, _)| key[0] == "RV01")
        .unwrap();
    second.n += 1;
    let lost = changed.keys().find(|key| key[0] == "RM02").unwrap().clone();
    changed.remove(&lost);
    assert_eq!(compare(&changed, &wanted).len(), 3);
}
