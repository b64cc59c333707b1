//! The cumulative milestone curve of a time release study.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use super::frame;
use crate::catalogue::first_at;
use crate::fold::Clearances;
use crate::model::{Milestone, Period};

/// Share of the declarations that arrived in a period and had reached each milestone by each
/// time since arrival. Declarations that are still open, or never pass a milestone, stay in the
/// denominator, so a curve need not reach 1.
#[derive(Clone, Debug, PartialEq)]
pub struct MilestoneCurves {
    /// The period of arrival.
    pub period: Period,
    /// How many declarations arrived in it.
    pub n: u64,
    /// How many of them were open at the freeze time.
    pub n_open: u64,
    /// Times since arrival in seconds, ascending, shared by all curves.
    pub at_s: Vec<f64>,
    /// For each milestone the log has: the share that had reached it by each time of `at_s`.
    pub curves: Vec<(Milestone, Vec<f64>)>,
}

/// The milestones of a time release study, in their usual order.
const MILESTONES: [Milestone; 7] = [
    Milestone::Lodged,
    Milestone::Registered,
    Milestone::LaneSelected,
    Milestone::Assessed,
    Milestone::Paid,
    Milestone::Released,
    Milestone::Exited,
];

/// Times since arrival at which the curves are read: dense at first, then by the day.
const HOURS: [f64; 40] = [
    0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0,
    12.0, 15.0, 18.0, 21.0, 24.0, 30.0, 36.0, 42.0, 48.0, 60.0, 72.0, 96.0, 120.0, 144.0, 168.0,
    192.0, 240.0, 288.0, 336.0, 480.0, 600.0, 720.0,
];

/// The curves of the declarations that arrived in a period; `None` where none did, or fewer than
/// `min_declarations`.
pub fn milestone_curves(
    clearances: &Clearances,
    period: Period,
    zone: &TimeZone,
    min_declarations: u64,
) -> Option<MilestoneCurves> {
    let (from, to) = period.bounds_us(zone);
    let arrivals = frame::integers(clearances, &first_at(Milestone::Arrived));
    let rows: Vec<(usize, i64)> = arrivals
        .iter()
        .enumerate()
        .filter_map(|(row, at)| at.filter(|at| (from..to).contains(at)).map(|at| (row, at)))
        .collect();
    let n = rows.len() as u64;
    if n == 0 || n < min_declarations {
        return None;
    }
    let status = frame::texts(clearances, "status");
    let open = |row: &usize| status.get(*row).copied().flatten() == Some("open");
    let n_open = rows.iter().filter(|(row, _)| open(row)).count() as u64;
    let present: BTreeSet<String> = clearances.column_names();
    let curves = MILESTONES
        .into_iter()
        .filter(|milestone| present.contains(&first_at(*milestone)))
        .map(|milestone| {
            let times = frame::integers(clearances, &first_at(milestone));
            let mut waits: Vec<i64> = rows
                .iter()
                .filter_map(|(row, arrived)| Some(times.get(*row).copied().flatten()? - arrived))
                .collect();
            waits.sort_unstable();
            let shares = HOURS.iter().map(|hours| {
                let reached = waits.partition_point(|wait| *wait as f64 <= hours * 3.6e9);
                reached as f64 / n as f64
            });
            (milestone, shares.collect())
        })
        .collect();
    Some(MilestoneCurves {
        period,
        n,
        n_open,
        at_s: HOURS.iter().map(|hours| hours * 3600.0).collect(),
        curves,
    })
}
