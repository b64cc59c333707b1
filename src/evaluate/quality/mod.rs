//! Data-quality indicators, DQ01 to DQ10: what a reader must know of the data before trusting a figure.
//!
//! Those about rows and files are of the whole ledger; those about declarations are of the period
//! that is reported on, dated by the first event; coverage is of the period's figures. They are no
//! definitions of the catalogue, because what they count is not a table that conditions see: rows
//! that were never taken, pairs of milestones, the figures themselves.

mod of_period;

use std::collections::BTreeMap;

use crate::ingest::{LedgerEntry, RowCounts};

/// A rule of data quality.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QualityRule {
    /// `DQ03`.
    pub id: &'static str,
    /// `order_faults`.
    pub slug: &'static str,
    /// What it counts, and of what.
    pub title: &'static str,
    /// What is at fault, in full, and what it is broken down by.
    pub definition: &'static str,
    /// Whether it needs the ledger only, so that `ingest` can judge it.
    pub of_ledger: bool,
}

const fn rule(
    id: &'static str,
    slug: &'static str,
    (title, definition): (&'static str, &'static str),
    of_ledger: bool,
) -> QualityRule {
    QualityRule {
        id,
        slug,
        title,
        definition,
        of_ledger,
    }
}

/// Every rule, in the order of the list of indicators that must accompany each run.
pub const QUALITY_RULES: [QualityRule; 10] = [
    rule(
        "DQ01",
        "rejected_rows",
        (
            "Rejected rows, of rows read",
            "rows that the ledger counts as rejected, by reason and by file",
        ),
        true,
    ),
    rule(
        "DQ02",
        "duplicate_rows",
        (
            "Duplicate rows, of rows read",
            "rows that repeat an event, which counts once, of the same file or another; beside them events that repeat declaration, activity and time with other attributes, which count (near-duplicates)",
        ),
        true,
    ),
    rule(
        "DQ03",
        "order_faults",
        (
            "Declarations with milestones in an impossible order, of those with both milestones",
            "declarations for which a milestone comes before one that it can only follow (registered before lodged, exited before released, completed before started …), by pair of milestones; release before arrival or lodgement is no fault: pre-arrival processing and simplified procedures allow it",
        ),
        false,
    ),
    rule(
        "DQ04",
        "implausible_times",
        (
            "Rows with a future, impossible or implausibly old time, of rows read",
            "rows rejected for a time in the future, an impossible time or a placeholder (before 2 January 1970), and accepted events before 1990, by reason",
        ),
        true,
    ),
    rule(
        "DQ05",
        "missing_milestones",
        (
            "Declarations that lack a milestone of their class of case, of that class",
            "declarations without lodged, registered or lane_selected though released, or without the end of an inspection, query or agency step that has begun though released, by class of case; a milestone that the log never has is not asked for",
        ),
        false,
    ),
    rule(
        "DQ06",
        "assumed_zones",
        (
            "Times without an offset, read in the mapping's zone, of times read",
            "times without an offset, taken as local in the zone that the mapping declares, by file",
        ),
        true,
    ),
    rule(
        "DQ07",
        "unknown_codes",
        (
            "Rows with a code or an activity that no list knows, of rows read",
            "rows rejected for a code that its list does not have, by column, and rows whose activity the mapping maps to no milestone",
        ),
        true,
    ),
    rule(
        "DQ08",
        "open_declarations",
        (
            "Declarations that were open at the freeze time, of all",
            "declarations that were neither released nor cancelled nor rejected at the freeze time",
        ),
        false,
    ),
    rule(
        "DQ09",
        "currency_faults",
        (
            "Rows with an unknown currency or an unreadable number, of rows read",
            "rows rejected for a currency or for a number that can't be read as declared, by column",
        ),
        true,
    ),
    rule(
        "DQ10",
        "uncovered_cases",
        (
            "Cases of a KPI's population that its figure does not rest on, of all of them",
            "cases that are still open for a KPI, and those that it excludes because something that it needs is empty, of the cases of its population, by KPI",
        ),
        false,
    ),
];

impl QualityRule {
    /// The rule with this id or slug, in any case.
    pub fn find(name: &str) -> Option<&'static Self> {
        let mut rules = QUALITY_RULES.iter();
        rules.find(|rule| rule.id.eq_ignore_ascii_case(name) || rule.slug == name)
    }
}

/// How much of something is at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QualityRow {
    /// The rule's id.
    pub rule: &'static str,
    /// `all`, or what the rule is broken down by: `reason`, `file`, `order`, `class`, `kpi` …
    pub dimension: &'static str,
    /// The member of that dimension.
    pub member: String,
    /// How many are at fault.
    pub count: u64,
    /// Of how many.
    pub of: u64,
}

impl QualityRow {
    /// The share at fault; `None` of nothing.
    pub fn share(&self) -> Option<f64> {
        (self.of > 0).then(|| self.count as f64 / self.of as f64)
    }
}

/// Rows of one rule.
struct Rows {
    rule: &'static str,
    rows: Vec<QualityRow>,
}

impl Rows {
    /// A rule begins with the whole.
    fn new(rule: &'static str, count: u64, of: u64) -> Self {
        let mut rows = Self {
            rule,
            rows: Vec::new(),
        };
        rows.add("all", "all", (count, of));
        rows
    }

    fn add(&mut self, dimension: &'static str, member: impl Into<String>, (count, of): (u64, u64)) {
        self.rows.push(QualityRow {
            rule: self.rule,
            dimension,
            member: member.into(),
            count,
            of,
        });
    }
}

/// Reasons for which a row is refused that have to do with times, codes, money.
const TIME_REASONS: [&str; 3] = ["future_time", "impossible_time", "placeholder_time"];
const CODE_REASONS: [&str; 1] = ["unknown_code"];
const MONEY_REASONS: [&str; 9] = [
    "unknown_currency",
    "undeclared_currency",
    "missing_currency",
    "currency_mismatch",
    "bad_number",
    "ambiguous_number",
    "misplaced_separator",
    "number_too_precise",
    "number_too_large",
];

/// The rules about rows and files: DQ01, DQ02, DQ04, DQ06, DQ07 and DQ09.
pub fn ledger_quality(ledger: &[LedgerEntry]) -> Vec<QualityRow> {
    let mut totals = RowCounts::default();
    let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
    for entry in ledger {
        totals += &entry.rows;
        for (reason, count) in &entry.reasons {
            *reasons.entry(reason).or_default() += count;
        }
    }
    let of = totals.read;
    let sum = |of: &dyn Fn(&LedgerEntry) -> u64| ledger.iter().map(of).sum::<u64>();
    let mut rejected = Rows::new("DQ01", totals.rejected, of);
    for (reason, count) in &reasons {
        rejected.add("reason", *reason, (*count, of));
    }
    for entry in ledger.iter().filter(|entry| entry.rows.rejected > 0) {
        rejected.add("file", &entry.file, (entry.rows.rejected, entry.rows.read));
    }
    let mut duplicates = Rows::new("DQ02", totals.duplicates, of);
    let elsewhere = sum(&|entry| entry.duplicates_elsewhere);
    duplicates.add("kind", "in another file", (elsewhere, of));
    let within = totals.duplicates.saturating_sub(elsewhere);
    duplicates.add("kind", "in the same file", (within, of));
    let (near, events) = (
        sum(&|entry| entry.near_duplicates),
        sum(&|entry| entry.events),
    );
    duplicates.add("kind", "near-duplicate events, which count", (near, events));
    let old = sum(&|entry| entry.implausible_times);
    let of_reasons =
        |names: &[&str]| -> u64 { names.iter().filter_map(|name| reasons.get(name)).sum() };
    let mut times = Rows::new("DQ04", of_reasons(&TIME_REASONS) + old, of);
    for reason in TIME_REASONS {
        times.add("reason", reason, (of_reasons(&[reason]), of));
    }
    times.add("reason", "before_1990", (old, of));
    let read = sum(&|entry| entry.times_read);
    let local = sum(&|entry| entry.times_without_offset);
    let mut zones = Rows::new("DQ06", local, read);
    for entry in ledger.iter().filter(|entry| entry.times_without_offset > 0) {
        zones.add(
            "file",
            &entry.file,
            (entry.times_without_offset, entry.times_read),
        );
    }
    let rows = [
        rejected,
        duplicates,
        times,
        zones,
        unknown_codes(ledger, of),
        currency(ledger, of),
    ];
    rows.into_iter().flat_map(|rows| rows.rows).collect()
}

/// Rejected rows of some reasons by source column.
fn by_column(rows: &mut Rows, ledger: &[LedgerEntry], (reasons, of): (&[&str], u64)) {
    let mut columns: BTreeMap<&str, u64> = BTreeMap::new();
    for entry in ledger {
        let chosen = reasons
            .iter()
            .filter_map(|reason| entry.reason_columns.get(*reason));
        for (column, count) in chosen.flatten() {
            *columns.entry(column).or_default() += count;
        }
    }
    for (column, count) in columns {
        rows.add("column", column, (count, of));
    }
}

fn of_reasons(ledger: &[LedgerEntry], reasons: &[&str]) -> u64 {
    let counts = ledger.iter().flat_map(|entry| {
        let counts = reasons
            .iter()
            .filter_map(|reason| entry.reasons.get(*reason));
        counts.copied().collect::<Vec<u64>>()
    });
    counts.sum()
}

fn unknown_codes(ledger: &[LedgerEntry], of: u64) -> Rows {
    let unmapped = ledger
        .iter()
        .flat_map(|entry| entry.unmapped_activities.values());
    let unmapped: u64 = unmapped.sum();
    let mut rows = Rows::new("DQ07", of_reasons(ledger, &CODE_REASONS) + unmapped, of);
    by_column(&mut rows, ledger, (&CODE_REASONS, of));
    rows.add(
        "column",
        "activities mapped to no milestone",
        (unmapped, of),
    );
    rows
}

fn currency(ledger: &[LedgerEntry], of: u64) -> Rows {
    let mut rows = Rows::new("DQ09", of_reasons(ledger, &MONEY_REASONS), of);
    by_column(&mut rows, ledger, (&MONEY_REASONS, of));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(read: u64, rejected: u64, reason: &str) -> LedgerEntry {
        LedgerEntry {
            file: "a.csv".to_owned(),
            rows: RowCounts {
                read,
                accepted: read - rejected,
                rejected,
                ..RowCounts::default()
            },
            reasons: BTreeMap::from([(reason.to_owned(), rejected)]),
            reason_columns: BTreeMap::from([(
                reason.to_owned(),
                BTreeMap::from([("lane".to_owned(), rejected)]),
            )]),
            ..LedgerEntry::default()
        }
    }

    fn found(rows: &[QualityRow], rule: &str, member: &str) -> (u64, u64) {
        let row = rows
            .iter()
            .find(|row| row.rule == rule && row.member == member);
        row.map(|row| (row.count, row.of)).unwrap()
    }

    #[test]
    fn rows_of_files_are_added_up_before_they_are_divided() {
        let mut other = entry(300, 6, "unknown_code");
        other.unmapped_activities = BTreeMap::from([("Coffee".to_owned(), 9)]);
        let rows = ledger_quality(&[entry(100, 4, "future_time"), other]);
        assert_eq!(found(&rows, "DQ01", "all"), (10, 400));
        assert_eq!(found(&rows, "DQ01", "unknown_code"), (6, 400));
        assert_eq!(found(&rows, "DQ04", "all"), (4, 400));
        assert_eq!(found(&rows, "DQ07", "all"), (15, 400));
        assert_eq!(found(&rows, "DQ07", "lane"), (6, 400));
        assert_eq!(found(&rows, "DQ09", "all"), (0, 400));
        assert_eq!(ledger_quality(&[])[0].share(), None);
    }

    #[test]
    fn every_rule_has_its_own_id_and_slug() {
        for rule in &QUALITY_RULES {
            assert_eq!(QualityRule::find(rule.id), Some(rule));
            assert_eq!(QualityRule::find(rule.slug), Some(rule));
        }
        assert_eq!(
            QualityRule::find("dq03").map(|rule| rule.slug),
            Some("order_faults")
        );
    }
}
