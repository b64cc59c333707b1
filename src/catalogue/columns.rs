//! The columns that conditions and SQL see.

use std::collections::BTreeSet;

use super::definition::Base;
use crate::model::{AMOUNTS, ATTRIBUTES, Milestone, Party};

/// Columns of `clearances` that no log carries: Clearway makes them.
pub const MADE_COLUMNS: [&str; 6] = [
    "declaration_id",
    "event_count",
    "variant",
    "first_event_at",
    "last_event_at",
    "status",
];

/// Standard attributes that are numbers and can be added up like amounts.
pub const AMOUNT_LIKE: [&str; 3] = ["package_count", "net_mass_kg", "distance_km"];

/// Columns that only the base table `payments` has.
const PAYMENT_COLUMNS: [&str; 2] = ["payment", "payment_at"];

/// Columns that only the base table `items` has.
const ITEM_COLUMNS: [&str; 1] = ["item"];

/// Columns that the fold makes from the events of a declaration, with the columns they need.
const FOLDED: [(&str, &[&str]); 26] = [
    ("lane_first", &["lane"]),
    ("lane_change_count", &["lane"]),
    ("inspection_finding", &["finding"]),
    ("inspection_selection_reason", &["selection_reason"]),
    ("audit_finding", &["finding"]),
    ("audit_selection_reason", &["selection_reason"]),
    ("lane_officer", &["officer", "lane_selected_at"]),
    (
        "inspection_officer",
        &["officer", "inspection_completed_at"],
    ),
    ("audit_assessed", &["assessed"]),
    ("customs_value_first", &["customs_value"]),
    ("manual_count", &[]),
    ("paper_event_count", &["paperless"]),
    ("rework_count", &[]),
    ("repeat_count", &[]),
    ("redo_count", &[]),
    ("handover_count", &["officer"]),
    ("query_us", &["query_raised_at", "query_answered_at"]),
    ("agency_us", &["agency_started_at", "agency_completed_at"]),
    ("stay_us", &["arrived_at", "exited_at"]),
    ("active_us", &["arrived_at", "exited_at"]),
    ("idle_us", &["arrived_at", "exited_at"]),
    ("party_closed_us", &["arrived_at", "exited_at"]),
    (
        "journey_us",
        &["transit_opened_at", "transit_terminated_at"],
    ),
    (
        "stop_us",
        &[
            "transit_opened_at",
            "transit_terminated_at",
            "border_entered_at",
        ],
    ),
    (
        "driving_us",
        &[
            "transit_opened_at",
            "transit_terminated_at",
            "border_entered_at",
        ],
    ),
    ("hs_chapter", &["hs_code"]),
];

/// A column that is made from others when it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MadeColumn {
    /// `released_date`: the date in the project's zone, `2025-03-31`.
    Date(Milestone),
    /// `released_hour`: the hour of the day in the project's zone, `00` to `23`.
    Hour(Milestone),
    /// `released_weekday`: `1 Mon` to `7 Sun` in the project's zone.
    Weekday(Milestone),
    /// `released_in_hours`: whether the office was open.
    InHours(Milestone),
    /// `hs_chapter`: the first two digits of the HS code.
    Chapter,
}

/// A way to make a column from a milestone's first time.
type Making = fn(Milestone) -> MadeColumn;

const MAKINGS: [(&str, Making); 4] = [
    ("_date", MadeColumn::Date),
    ("_hour", MadeColumn::Hour),
    ("_weekday", MadeColumn::Weekday),
    ("_in_hours", MadeColumn::InHours),
];

impl MadeColumn {
    /// The column with this name; `None` for one that is not made.
    pub fn from_name(name: &str) -> Option<Self> {
        if name == "hs_chapter" {
            return Some(Self::Chapter);
        }
        MAKINGS.iter().find_map(|(suffix, making)| {
            let milestone = Milestone::from_name(name.strip_suffix(suffix)?)?;
            Some(making(milestone))
        })
    }

    /// The names of all of them.
    pub fn names() -> impl Iterator<Item = String> {
        let of_milestone =
            |milestone: Milestone| MAKINGS.map(|(suffix, _)| format!("{milestone}{suffix}"));
        let chapter = std::iter::once("hs_chapter".to_owned());
        Milestone::ALL
            .into_iter()
            .flat_map(of_milestone)
            .chain(chapter)
    }

    /// Whether it is a truth value; the others are texts.
    pub const fn is_bool(self) -> bool {
        matches!(self, Self::InHours(_))
    }
}

/// The columns that a column can't be had without: for one that Clearway makes those that it is made
/// from, for others itself.
pub fn source_columns(column: &str) -> Vec<String> {
    if let Some((_, sources)) = FOLDED.iter().find(|(name, _)| *name == column) {
        return sources.iter().map(|name| (*name).to_owned()).collect();
    }
    if PAYMENT_COLUMNS.contains(&column) {
        return vec!["paid".to_owned()];
    }
    if CROSSING_COLUMNS.contains(&column) {
        return vec![first_at(Milestone::BorderEntered)];
    }
    if PARTY_COLUMNS.contains(&column) {
        return vec![first_at(Milestone::Arrived), first_at(Milestone::Exited)];
    }
    match MadeColumn::from_name(column) {
        Some(
            MadeColumn::Date(milestone)
            | MadeColumn::Hour(milestone)
            | MadeColumn::Weekday(milestone)
            | MadeColumn::InHours(milestone),
        ) => vec![first_at(milestone)],
        _ => vec![column.to_owned()],
    }
}

/// Columns by which lines of a declaration are told apart.
pub const LINE_COLUMNS: [&str; 8] = [
    "item",
    "hs_code",
    "hs_chapter",
    "origin",
    "exemption_code",
    "preference",
    "preference_eligible",
    "finding_severity",
];

/// Columns that only the base table `crossings` has.
const CROSSING_COLUMNS: [&str; 7] = [
    "crossing_at",
    "crossing_left_at",
    "crossing_us",
    "queue_us",
    "crossing_number",
    "border",
    "pair_us",
];

/// Columns that only the base table `party_times` has.
const PARTY_COLUMNS: [&str; 2] = ["party", "party_time_us"];

/// The columns that a base table has beside those of its declarations.
pub const fn base_columns(base: Base) -> &'static [&'static str] {
    match base {
        Base::Clearances => &[],
        Base::Payments => &PAYMENT_COLUMNS,
        Base::Items => &ITEM_COLUMNS,
        Base::Crossings => &CROSSING_COLUMNS,
        Base::PartyTimes => &PARTY_COLUMNS,
    }
}

/// `<milestone>_at`: the first occurrence.
pub fn first_at(milestone: Milestone) -> String {
    format!("{milestone}_at")
}

/// `<milestone>_last_at`: the last occurrence.
pub fn last_at(milestone: Milestone) -> String {
    format!("{milestone}_last_at")
}

/// `<milestone>_count`: how many occurrences.
pub fn count(milestone: Milestone) -> String {
    format!("{milestone}_count")
}

/// `party_<party>_us`: time by party in microseconds.
pub fn party_us(party: Party) -> String {
    format!("party_{party}_us")
}

/// Every column of the folded table, in table order; `own` are a project's own attributes. Conditions
/// may also read [`MadeColumn`]s.
pub fn clearance_columns(own: &BTreeSet<String>) -> Vec<String> {
    let mut columns: Vec<String> = vec!["declaration_id".to_owned(), "status".to_owned()];
    columns.extend(ATTRIBUTES.iter().map(|(name, _)| (*name).to_owned()));
    columns.extend(own.iter().cloned());
    columns.extend(AMOUNTS.iter().map(|name| (*name).to_owned()));
    for milestone in Milestone::ALL {
        columns.extend([first_at(milestone), last_at(milestone), count(milestone)]);
    }
    columns
        .extend(["event_count", "variant", "first_event_at", "last_event_at"].map(str::to_owned));
    columns.extend(Party::ALL.map(party_us));
    let folded = FOLDED.iter().map(|(name, _)| *name);
    let folded = folded.filter(|name| MadeColumn::from_name(name).is_none());
    columns.extend(folded.map(str::to_owned));
    columns
}

/// The input that a column depends on, as a user would name it: `released_at` → milestone
/// `released`. `None` for columns that are always there.
pub fn required_input(column: &str) -> Option<String> {
    if MADE_COLUMNS.contains(&column) {
        return None;
    }
    if ITEM_COLUMNS.contains(&column) {
        return Some("column `item`".to_owned());
    }
    for suffix in ["_last_at", "_at", "_count"] {
        if let Some(milestone) = column.strip_suffix(suffix).and_then(Milestone::from_name) {
            return Some(format!("milestone `{milestone}`"));
        }
    }
    let kind = if AMOUNTS.contains(&column) {
        "amount"
    } else {
        "attribute"
    };
    Some(format!("{kind} `{column}`"))
}
