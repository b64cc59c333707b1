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

/// Every column of `clearances`, in table order; `own` are a project's own attributes.
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
    columns
}

/// The input that a column depends on, as a user would name it: `released_at` → milestone
/// `released`. `None` for columns that are always there.
pub fn required_input(column: &str) -> Option<String> {
    if MADE_COLUMNS.contains(&column) {
        return None;
    }
    if PAYMENT_COLUMNS.contains(&column) {
        return Some("amount `paid`".to_owned());
    }
    if CROSSING_COLUMNS.contains(&column) {
        let border = ["border", "pair_us"].contains(&column);
        return Some(if border {
            "`border` of the crossing points in corridors.toml".to_owned()
        } else {
            "milestone `border_entered`".to_owned()
        });
    }
    if PARTY_COLUMNS.contains(&column) {
        return Some("milestones `arrived` and `exited`".to_owned());
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
