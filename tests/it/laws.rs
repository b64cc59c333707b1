//! Laws that hold for any log.
//!
//! Logs are small and wild: milestones in any order, equal times, missing attributes. The library is
//! called directly, so that a law is tried on dozens of logs in seconds. The seed is fixed, so that
//! a green run stays green; `PROPTEST_RNG_SEED` and `PROPTEST_CASES` try others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use clearway::catalogue::{Catalogue, Definition, Measure};
use clearway::check::check_files;
use clearway::evaluate::{KpiRow, KpiTable, Scope, Statistic};
use clearway::ingest::RowCounts;
use clearway::model::{PeriodArgument, Quantity, Unit};
use clearway::pipeline::{IngestRequest, Log, Progress, ingest, load_log, missing_input};
use clearway::project::Project;
use clearway::store::{Store, read_rejects};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{RngSeed, TestRunner};

use crate::support::Sandbox;

const HEADER: &str = "declaration,activity,time,corridor,lane,finding,paperless,electronic_payment,\
    customs_value,paid,exempted";

const ACTIVITIES: [&str; 14] = [
    "arrived",
    "lodged",
    "rejected",
    "registered",
    "lane_selected",
    "query_raised",
    "amended",
    "inspection_completed",
    "assessed",
    "paid",
    "released",
    "exited",
    "cancelled",
    "a label without a milestone",
];

/// 20 January 2025, 00:00 UTC: the logs run over the ends of several months.
const START_S: i64 = 1_737_331_200;
const HALF_DAY_S: i64 = 43_200;

/// An event, before it is written as a row.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    declaration: u8,
    activity: &'static str,
    /// Half days since the start: coarse, so that equal times are common.
    half_days: i64,
    /// Finer than the milliseconds of the store's statistics.
    us: i64,
    attributes: [&'static str; 5],
    /// In hundredths.
    amounts: [Option<u32>; 3],
}

impl Event {
    /// The event as a row, moved by whole days.
    pub(crate) fn row(&self, days: i64) -> String {
        let at = START_S + (self.half_days + 2 * days) * HALF_DAY_S;
        let time = jiff::Timestamp::from_microsecond(at * 1_000_000 + self.us).unwrap();
        let amounts = self.amounts.map(|amount| {
            amount.map_or(String::new(), |cents| {
                format!("{}.{:02}", cents / 100, cents % 100)
            })
        });
        format!(
            "D{},{},{time},{},{}",
            self.declaration,
            self.activity,
            self.attributes.join(","),
            amounts.join(",")
        )
    }
}

fn event(declarations: u8) -> impl Strategy<Value = Event> {
    use proptest::sample::select;
    let attributes = (
        select(&["", "Keles", "Oybek"][..]),
        select(&["", "green", "red"][..]),
        select(&["", "yes", "no"][..]),
        select(&["", "yes", "no"][..]),
        select(&["", "yes", "no"][..]),
    );
    let amount = || proptest::option::weighted(0.3, 0..10_000_000_u32);
    // Some events a year later: growth needs a month and the same month of the year before.
    let half_days = prop_oneof![6 => 0..150_i64, 1 => 730..760_i64];
    let amounts = [amount(), amount(), amount()];
    let at = (half_days, select(&[0, 0, 0, 500][..]));
    let parts = (
        0..declarations,
        select(&ACTIVITIES[..]),
        at,
        attributes,
        amounts,
    );
    parts.prop_map(
        |(declaration, activity, (half_days, us), attributes, amounts)| Event {
            declaration,
            activity,
            half_days,
            us,
            attributes: attributes.into(),
            amounts,
        },
    )
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    proptest::collection::vec(event(12), 1..60)
}

/// Enough events per declaration for cells with several spans and their intervals.
pub(crate) fn many_events() -> impl Strategy<Value = Vec<Event>> {
    proptest::collection::vec(event(40), 1..500)
}

pub(crate) fn rows(events: &[Event]) -> Vec<String> {
    events.iter().map(|event| event.row(0)).collect()
}

/// A few dozen logs each, found again by their seed.
pub(crate) fn config(cases: u32) -> ProptestConfig {
    let mut config = ProptestConfig {
        max_shrink_iters: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    if std::env::var_os("PROPTEST_RNG_SEED").is_none() {
        config.rng_seed = RngSeed::Fixed(20_250_301);
    }
    config
}

pub(crate) struct Silent;

impl Progress for Silent {
    fn begin(&self, _stage: &str, _steps: u64) {}
    fn advance(&self, _steps: u64) {}
    fn end(&self) {}
}

/// A project with these files in its inbox.
fn project(files: &[Vec<u8>]) -> (Sandbox, Project) {
    project_with(files, "", &[])
}

/// As [`project`], with more attributes in its mapping and more files beside it.
pub(crate) fn project_with(
    files: &[Vec<u8>],
    attributes: &str,
    beside: &[(&str, &str)],
) -> (Sandbox, Project) {
    let columns: Vec<&str> = HEADER.split(',').collect();
    let list = |columns: &[&str]| {
        columns
            .iter()
            .map(|name| format!("{name} = \"{name}\"\n"))
            .collect::<String>()
    };
    let mapping = format!(
        "layout = \"events\"\n[columns]\ndeclaration_id = \"declaration\"\nactivity = \"activity\"\n\
         timestamp = \"time\"\n[activities]\n{}[attributes]\n{}{attributes}[amounts]\n{}",
        list(&ACTIVITIES[..13]),
        list(&columns[3..8]),
        list(&columns[8..])
    );
    let sandbox = Sandbox::with(&[
        (
            "clearway.toml",
            "[project]\nname = \"Laws\"\ntimezone = \"Asia/Tashkent\"\ncurrency = \"UZS\"\n\
             [[source]]\npath = \"inbox/*.csv\"\nmapping = \"wild\"\n\
             [report]\ndir = \"reports\"\nmin_declarations = 1\n",
        ),
        (
            "targets.toml",
            "[[target]]\nkpi = \"TF01\"\nstatistic = \"within_target\"\nvalue = \"48h\"\n",
        ),
        ("mappings/wild.toml", &mapping),
    ]);
    for (name, text) in beside {
        sandbox.write(name, text.as_bytes());
    }
    for (number, bytes) in files.iter().enumerate() {
        sandbox.write(&format!("inbox/{number}.csv"), bytes);
    }
    let project = Project::load(sandbox.path()).unwrap();
    (sandbox, project)
}

pub(crate) fn file(rows: &[String]) -> Vec<u8> {
    format!("{HEADER}\n{}\n", rows.join("\n")).into_bytes()
}

pub(crate) fn read(project: &Project) -> RowCounts {
    let today = "2030-01-01T00:00:00Z".parse().unwrap();
    let request = IngestRequest::default();
    let ingested = ingest(project, &request, today, &Silent).unwrap();
    let mut totals = RowCounts::default();
    for entry in &ingested.taken {
        assert!(entry.rows.balances(), "{entry:?}");
        assert_eq!(
            entry.events, entry.rows.accepted,
            "an event per accepted row"
        );
        totals += &entry.rows;
    }
    totals
}

/// Every figure of a log.
pub(crate) struct Figures {
    /// By month.
    pub(crate) months: KpiTable,
    /// The whole log as one period.
    pub(crate) whole: KpiTable,
    rows: RowCounts,
}

/// The definitions for which the mapping has every input; the others are the worked cases' matter.
fn measurable(project: &Project) -> Vec<&Definition> {
    let definitions = project.catalogue.definitions().iter();
    definitions
        .filter(|definition| missing_input(project, definition).unwrap().is_none())
        .collect()
}

/// The definition of a figure.
pub(crate) fn definition(kpi: &str) -> &'static Definition {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    let built_in = || Catalogue::load(&[], &BTreeSet::new()).unwrap();
    CATALOGUE.get_or_init(built_in).require(kpi).unwrap()
}

fn evaluate(project: &Project, log: &Log, argument: PeriodArgument) -> KpiTable {
    let breakdowns: [&[&str]; 3] = [&["corridor"], &["lane"], &["corridor", "lane"]];
    let scope = Scope {
        periods: log.grid(&log.periods(argument).unwrap()),
        dimensions: breakdowns
            .iter()
            .map(|names| names.iter().map(|name| (*name).to_owned()).collect())
            .collect(),
        condition: None,
        cross_own: false,
        min_declarations: 1,
    };
    let definitions = measurable(project);
    let evaluation = log
        .evaluator(project)
        .evaluate(&definitions, &scope)
        .unwrap();
    assert_eq!(evaluation.not_measurable, [], "the mapping has every input");
    evaluation.table
}

pub(crate) fn figures(files: &[Vec<String>]) -> Figures {
    let files: Vec<Vec<u8>> = files.iter().map(|rows| file(rows)).collect();
    let (_sandbox, project) = project(&files);
    let rows = read(&project);
    let log = load_log(&project, None, &Silent).unwrap();
    let months = PeriodArgument::Months(log.months.0, log.months.1);
    Figures {
        months: evaluate(&project, &log, months),
        whole: evaluate(&project, &log, PeriodArgument::All),
        rows,
    }
}

/// The first rows that differ, for a message that can be read.
fn assert_same(found: &KpiTable, wanted: &KpiTable) {
    for (found, wanted) in found.rows().iter().zip(wanted.rows()) {
        assert_eq!(found, wanted);
    }
    assert_eq!(found.rows().len(), wanted.rows().len());
}

proptest! {
    #![proptest_config(config(24))]

    #[test]
    fn the_order_of_rows_changes_no_figure(
        (events, shuffled) in events().prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle()))
    ) {
        let (given, other) = (figures(&[rows(&events)]), figures(&[rows(&shuffled)]));
        assert_same(&other.months, &given.months);
        assert_same(&other.whole, &given.whole);
        prop_assert_eq!(other.rows, given.rows);
    }

    #[test]
    fn splitting_the_log_into_files_changes_no_figure(
        events in events(),
        parts in proptest::collection::vec(0..3_usize, 60),
    ) {
        let mut files = vec![Vec::new(); 3];
        for (row, part) in rows(&events).into_iter().zip(parts) {
            files[part].push(row);
        }
        files.retain(|file| !file.is_empty());
        let (given, other) = (figures(&[rows(&events)]), figures(&files));
        assert_same(&other.months, &given.months);
        assert_same(&other.whole, &given.whole);
        prop_assert_eq!(other.rows, given.rows);
    }

    #[test]
    fn repeated_rows_change_no_figure_and_are_counted(
        events in events(),
        within in proptest::collection::vec(any::<Index>(), 0..10),
        across in proptest::collection::vec(any::<Index>(), 1..10),
    ) {
        let once = rows(&events);
        let repeat = |at: &[Index]| at.iter().map(|at| at.get(&once).clone()).collect::<Vec<_>>();
        let first: Vec<String> = once.iter().cloned().chain(repeat(&within)).collect();
        let (given, other) = (figures(std::slice::from_ref(&once)), figures(&[first, repeat(&across)]));
        assert_same(&other.months, &given.months);
        assert_same(&other.whole, &given.whole);
        let distinct = once.iter().collect::<BTreeSet<_>>().len() as u64;
        let read = (once.len() + within.len() + across.len()) as u64;
        let wanted = RowCounts { read, accepted: distinct, rejected: 0, duplicates: read - distinct, filtered: 0 };
        prop_assert_eq!(other.rows, wanted);
    }

    #[test]
    fn replacing_files_leaves_what_the_other_files_alone_would_have_given(
        events in events(),
        // Which of five files hold each row: most rows are in several.
        holders in proptest::collection::vec(1..32_u8, 60),
    ) {
        let mut files = vec![Vec::new(); 5];
        for (row, holders) in rows(&events).into_iter().zip(holders) {
            for (number, file) in files.iter_mut().enumerate() {
                if holders & (1 << number) != 0 {
                    file.push(row.clone());
                }
            }
        }
        // An empty file would be the same file as another one.
        prop_assume!(files.iter().collect::<BTreeSet<_>>().len() == 5 && !files.iter().any(Vec::is_empty));
        let bytes: Vec<Vec<u8>> = files.iter().map(|rows| file(rows)).collect();
        let (sandbox, project) = project(&bytes[..3]);
        read(&project);
        for (old, new) in [(0, 3), (1, 4)] {
            sandbox.write(&format!("inbox/{new}.csv"), &bytes[new]);
            let old = format!("inbox/{old}.csv");
            let files = [format!("inbox/{new}.csv")];
            let request = IngestRequest { files: &files, supersedes: Some(&old), ..IngestRequest::default() };
            ingest(&project, &request, "2030-01-01T00:00:00Z".parse().unwrap(), &Silent).unwrap();
        }
        let log = load_log(&project, None, &Silent).unwrap();
        let months = evaluate(&project, &log, PeriodArgument::Months(log.months.0, log.months.1));
        let given = figures(&files[2..]);
        assert_same(&months, &given.months);
        prop_assert_eq!(log.totals(), given.rows);
        for entry in &log.ledger {
            prop_assert!(entry.rows.balances(), "{:?}", entry);
            prop_assert_eq!(entry.events, entry.rows.accepted);
        }
    }

    #[test]
    fn moving_a_log_by_whole_days_changes_no_figure_of_the_whole(events in events(), days in -400..400_i64) {
        let moved: Vec<String> = events.iter().map(|event| event.row(days)).collect();
        let (given, other) = (figures(&[rows(&events)]), figures(&[moved]));
        let undated = |table: &KpiTable| -> Vec<KpiRow> {
            let period = given.whole.rows()[0].period;
            let moves = |row: &&KpiRow| !is_of_a_day(definition(&row.kpi));
            let rows = table.rows().iter().filter(moves);
            rows.cloned().map(|row| KpiRow { period, ..row }).collect()
        };
        prop_assert_eq!(undated(&other.whole), undated(&given.whole));
    }
}

/// The rows of each cell by statistic.
fn cells(table: &KpiTable) -> Vec<BTreeMap<Statistic, &KpiRow>> {
    let same = |a: &KpiRow, b: &KpiRow| {
        (&a.kpi, a.period, &a.dimension, &a.member) == (&b.kpi, b.period, &b.dimension, &b.member)
    };
    let cells = table.rows().chunk_by(same);
    cells
        .map(|rows| rows.iter().map(|row| (row.statistic, row)).collect())
        .collect()
}

fn number(row: &KpiRow) -> Option<f64> {
    row.value.map(Quantity::to_f64)
}

/// Whether `low ≤ high`, but for the last digits.
fn ordered(low: f64, high: f64) -> bool {
    low <= high + 1e-9 * high.abs().max(1.0)
}

fn check_span(cell: &BTreeMap<Statistic, &KpiRow>) {
    use Statistic::{Cv, Max, Mean, Median, Min, P10, P25, P75, P90, P95, Sd};
    check_open_counted_in(cell);
    let value = |statistic: Statistic| cell.get(&statistic).and_then(|row| number(row));
    let Some(mean) = value(Mean) else {
        // Without spans there is no statistic at all.
        assert!(
            cell.values()
                .all(|row| row.value.is_none() && row.n == Some(0)),
            "{cell:?}"
        );
        return;
    };
    let ladder: Vec<f64> = [Min, P10, P25, Median, P75, P90, P95, Max]
        .map(|s| value(s).unwrap())
        .to_vec();
    assert!(
        ladder.is_sorted_by(|low, high| ordered(*low, *high)),
        "{cell:?}"
    );
    assert!(ladder[0] >= 0.0, "a negative span: {cell:?}");
    assert!(
        ordered(ladder[0], mean) && ordered(mean, ladder[7]),
        "{cell:?}"
    );
    let n = cell[&Mean].n.unwrap();
    assert_eq!(value(Sd).is_some(), n > 1, "{cell:?}");
    if let (Some(sd), Some(cv)) = (value(Sd), value(Cv)) {
        assert!(
            sd >= 0.0 && (cv * mean - sd).abs() <= 1e-9 * sd.max(1.0),
            "{cell:?}"
        );
        // No deviation is larger than the range.
        assert!(ordered(sd, ladder[7] - ladder[0]), "{cell:?}");
    }
}

/// Quantiles with open declarations counted in: without open ones they are the plain ones; with open ones
/// they are no lower, for what is open lasts longer than it has so far.
fn check_open_counted_in(cell: &BTreeMap<Statistic, &KpiRow>) {
    use Statistic::{KmMedian, KmP10, KmP25, KmP75, KmP90, KmP95, Median, P10, P25, P75, P90, P95};
    let mut before = Some(0.0);
    for (plain, counted) in [
        (P10, KmP10),
        (P25, KmP25),
        (Median, KmMedian),
        (P75, KmP75),
        (P90, KmP90),
        (P95, KmP95),
    ] {
        let (plain, counted) = (cell[&plain], cell[&counted]);
        if plain.n_open == Some(0) {
            assert_eq!(
                (plain.value, plain.ci),
                (counted.value, counted.ci),
                "{cell:?}"
            );
        }
        if let (Some(plain), Some(counted)) = (number(plain), number(counted)) {
            assert!(ordered(plain, counted), "{cell:?}");
        }
        // Once one is not reached, no higher one is.
        match (before, number(counted)) {
            (Some(low), Some(high)) => assert!(ordered(low, high), "{cell:?}"),
            (None, high) => assert_eq!(high, None, "{cell:?}"),
            (Some(_), None) => {}
        }
        before = number(counted);
    }
}

fn check_row(row: &KpiRow) {
    let value = number(row);
    let kind = definition(&row.kpi).measure.kind();
    // A ratio is of two amounts, of which none bounds the other: duty may exceed the value.
    if row.unit == Unit::Share && !["ratio", "contrast", "derived", "growth"].contains(&kind) {
        assert!(
            value.is_none_or(|value| (0.0..=1.0).contains(&value)),
            "{row:?}"
        );
    }
    assert!(value.is_none_or(f64::is_finite), "{row:?}");
    if let (Some(value), Some((low, high))) = (value, row.ci) {
        assert!(ordered(low, value) && ordered(value, high), "{row:?}");
        if row.unit == Unit::Share && kind == "share" {
            assert!(low >= 0.0 && high <= 1.0, "{row:?}");
        }
    }
}

/// What members of a breakdown add up to, by KPI and period: value, n, open, excluded.
type Sums = BTreeMap<(String, String), [i128; 4]>;

fn sums(table: &KpiTable, dimension: &str) -> Sums {
    let mut sums = Sums::new();
    for row in table
        .rows()
        .iter()
        .filter(|row| &*row.dimension == dimension)
    {
        // A span's counts stand on each of its statistics.
        if !matches!(row.statistic, Statistic::Value | Statistic::Mean) {
            continue;
        }
        let kind = definition(&row.kpi).measure.kind();
        let value = match row
            .value
            .filter(|_| ["count", "sum", "stock"].contains(&kind))
        {
            Some(Quantity::Count(count)) => i128::from(count),
            Some(Quantity::Money(amount)) => amount.millionths(),
            _ => 0,
        };
        let counts = [row.n, row.n_open, row.n_excluded].map(|n| i128::from(n.unwrap()));
        let sum = sums
            .entry((row.kpi.to_string(), row.period.to_string()))
            .or_default();
        for (sum, part) in sum.iter_mut().zip([value, counts[0], counts[1], counts[2]]) {
            *sum += part;
        }
    }
    sums
}

/// Whether a KPI is of the last day of its month, which doesn't move with the log.
fn is_of_a_day(of: &Definition) -> bool {
    let mut references = of.measure.references().into_iter();
    of.measure.kind() == "stock" || references.any(|id| is_of_a_day(definition(id)))
}

/// Whether a KPI exists for members only.
fn is_of_members(kpi: &str) -> bool {
    let definition = definition(kpi);
    definition.measure.kind() == "member_share" || !definition.dimensions.is_empty()
}

/// Whether a member has counts of its own: a contrast leaves out what a member has of one side
/// only.
fn adds_up(kpi: &str) -> bool {
    !is_of_members(kpi) && definition(kpi).measure.kind() != "contrast"
}

fn check_additive(table: &KpiTable) {
    let mut whole = sums(table, "all");
    whole.retain(|(kpi, _), _| adds_up(kpi));
    for dimension in ["corridor", "lane", "corridor+lane"] {
        let mut parts = sums(table, dimension);
        parts.retain(|(kpi, _), _| adds_up(kpi));
        for (key, whole) in &whole {
            // Where no member has a row, the whole has none.
            let parts = parts.get(key).copied().unwrap_or_default();
            assert_eq!(parts, *whole, "{key:?} by {dimension}");
        }
        assert!(parts.keys().all(|key| whole.contains_key(key)));
    }
}

fn check_member_shares(table: &KpiTable) {
    // A lane is a part of all declarations, a corridor's lane a part of the corridor; what is shared
    // out over any dimension is a part of all.
    let whole = |row: &KpiRow| match (&definition(&row.kpi).measure, row.member.rsplit_once('+')) {
        (Measure::MemberShare { dimensions, .. }, Some((rest, _))) if !dimensions.is_empty() => {
            rest.to_owned()
        }
        _ => "all".to_owned(),
    };
    let mut sums: BTreeMap<(&str, String, &str, String), (f64, u64)> = BTreeMap::new();
    for row in table
        .rows()
        .iter()
        .filter(|row| definition(&row.kpi).measure.kind() == "member_share")
    {
        let sum = sums
            .entry((&row.kpi, row.period.to_string(), &row.dimension, whole(row)))
            .or_default();
        sum.0 += number(row).unwrap_or(0.0);
        sum.1 += u64::from(row.value.is_some());
    }
    for (key, (sum, measured)) in sums {
        assert!(
            measured == 0 || (sum - 1.0).abs() < 1e-9,
            "{key:?} adds up to {sum}"
        );
    }
}

proptest! {
    #![proptest_config(config(40))]

    #[test]
    fn figures_of_any_log_keep_within_their_bounds_and_add_up(events in many_events()) {
        let figures = figures(&[rows(&events)]);
        for table in [&figures.months, &figures.whole] {
            table.rows().iter().for_each(check_row);
            let spans = |cell: &&BTreeMap<Statistic, &KpiRow>| cell.contains_key(&Statistic::Mean);
            cells(table).iter().filter(spans).for_each(check_span);
            check_additive(table);
            check_member_shares(table);
        }
    }

    #[test]
    fn every_row_of_a_dirty_file_is_accounted_for(bytes in dirty_file()) {
        let (_sandbox, project) = project(std::slice::from_ref(&bytes));
        let today = "2030-01-01T00:00:00Z".parse().unwrap();
        let checked = match check_files(&project, today, &Silent) {
            Ok(checked) => checked,
            // A quote that is never closed: where its record ends can't be known, and nothing is taken.
            Err(error) => {
                prop_assert!(error.to_string().contains("is never closed"), "{}", error);
                prop_assert!(ingest(&project, &IngestRequest::default(), today, &Silent).is_err());
                let store = Store::open_for_reading(&project.store_folder()).unwrap();
                let kept = store.map_or(0, |store| store.segments().unwrap().len());
                prop_assert_eq!(kept, 0);
                return Ok(());
            }
        };
        let rows = read(&project);
        prop_assert!(rows.balances(), "{:?}", rows);
        // Records as the csv crate counts them, without our cutting into blocks.
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes.as_slice());
        prop_assert_eq!(rows.read, reader.byte_records().count() as u64);
        let store = Store::open_for_reading(&project.store_folder()).unwrap().unwrap();
        let rejects = read_rejects(&store.reject_files().unwrap()).unwrap();
        prop_assert_eq!(rows.rejected, rejects.len() as u64);
        let refused: u64 = checked[0].reasons.values().map(|(count, _)| count).sum();
        prop_assert_eq!((checked[0].read, refused), (rows.read, rows.rejected));
        let stored: u64 = store.segments().unwrap().iter().map(|segment| segment.rows).sum();
        prop_assert_eq!(stored, rows.accepted);
    }
}

#[test]
fn the_wild_logs_measure_every_kpi_with_intervals() {
    let mut runner = TestRunner::new(config(1));
    let (mut measured, mut with_interval) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..8 {
        let events = many_events().new_tree(&mut runner).unwrap().current();
        let figures = figures(&[rows(&events)]);
        for row in figures.months.rows().iter().chain(figures.whole.rows()) {
            if row.value.is_some() && row.n > Some(1) {
                measured.insert((row.kpi.to_string(), row.statistic));
            }
            if row.ci.is_some() {
                with_interval.insert((row.kpi.to_string(), row.statistic));
            }
        }
    }
    let (_sandbox, project) = project(&[]);
    let mut wanted = BTreeSet::new();
    for definition in measurable(&project) {
        let statistics: &[Statistic] = match definition.measure.kind() {
            "span" | "duration" => &Statistic::SPAN,
            _ => &[Statistic::Value],
        };
        for statistic in statistics {
            // How long an open stretch has lasted is not known where the log states stretches.
            if statistic.counts_open() && definition.measure.kind() == "duration" {
                continue;
            }
            // Only TF01 has a target.
            if *statistic != Statistic::WithinTarget || &*definition.id == "TF01" {
                wanted.insert((definition.id.to_string(), *statistic));
            }
        }
    }
    let missing: Vec<_> = wanted.difference(&measured).collect();
    assert!(missing.is_empty(), "{missing:?}");
    for (kpi, statistic) in [
        ("TF01", Statistic::Median),
        ("TF01", Statistic::Mean),
        ("RM02", Statistic::Value),
    ] {
        assert!(
            with_interval.contains(&(kpi.to_owned(), statistic)),
            "{kpi} {statistic}"
        );
    }
}

/// Cells that no export should have: quotes, line ends, bytes that are no UTF-8, zero bytes.
fn dirty_cell() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        4 => proptest::sample::select(&b"\"\"\",;\n\r\0\xff\xc3\xa9-+.: 'Z"[..]),
        2 => proptest::sample::select(&b"0123456789abyesno"[..]),
        1 => any::<u8>(),
    ];
    prop_oneof![
        2 => Just(Vec::new()),
        2 => Just(b"2025-03-01T00:00:00Z".to_vec()),
        1 => Just(b"2025-02-30 24:61".to_vec()),
        1 => Just(b"released".to_vec()),
        3 => proptest::collection::vec(byte, 0..8),
    ]
}

fn dirty_row() -> impl Strategy<Value = Vec<u8>> {
    let width = prop_oneof![4 => Just(11_usize), 1 => 1..14_usize];
    let ends = proptest::sample::select(&["\n", "\r\n", "\n\n", "\r"][..]);
    let dirty = width
        .prop_flat_map(|width| proptest::collection::vec(dirty_cell(), width))
        .prop_map(|cells| cells.join(&b","[..]));
    let row = prop_oneof![2 => dirty, 3 => event(12).prop_map(|event| event.row(0).into_bytes())];
    (row, ends).prop_map(|(mut row, end)| {
        row.extend_from_slice(end.as_bytes());
        row
    })
}

fn dirty_file() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(dirty_row(), 0..40).prop_map(|rows| {
        let mut bytes = format!("{HEADER}\n").into_bytes();
        bytes.extend(rows.concat());
        bytes
    })
}
