//! The rules about the declarations of a period and its figures: DQ03, DQ05, DQ08 and DQ10.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{QualityRow, Rows};
use crate::catalogue::{Base, first_at};
use crate::error::Result;
use crate::evaluate::Evaluator;
use crate::evaluate::base::BaseTable;
use crate::evaluate::numbers::Numbers;
use crate::evaluate::table::{KpiTable, State, Statistic};
use crate::model::{Milestone, Period};

/// Pairs of milestones of which the second can't come before the first: what begins ends later, what
/// is answered was asked, goods leave after their release. Release before arrival or lodgement is no
/// fault: pre-arrival processing and simplified procedures allow it.
const ORDERS: [(Milestone, Milestone); 13] = [
    (Milestone::Lodged, Milestone::Registered),
    (Milestone::Registered, Milestone::Assessed),
    (
        Milestone::DocumentCheckStarted,
        Milestone::DocumentCheckCompleted,
    ),
    (Milestone::InspectionStarted, Milestone::InspectionCompleted),
    (Milestone::QueryRaised, Milestone::QueryAnswered),
    (Milestone::AgencyStarted, Milestone::AgencyCompleted),
    (Milestone::Arrived, Milestone::Unloaded),
    (Milestone::Arrived, Milestone::Exited),
    (Milestone::Released, Milestone::Exited),
    (Milestone::AuditStarted, Milestone::AuditCompleted),
    (Milestone::TransitOpened, Milestone::TransitTerminated),
    (Milestone::RefundClaimed, Milestone::Refunded),
    (Milestone::BorderEntered, Milestone::BorderLeft),
];

/// Milestones that a released declaration has passed, whatever the procedure, where the log has them.
const OF_RELEASED: [Milestone; 3] = [
    Milestone::Lodged,
    Milestone::Registered,
    Milestone::LaneSelected,
];

/// The declarations of a period in a piece of the log, with the first times of the milestones that the log
/// has.
struct Cases<'p, 'c> {
    base: &'p BaseTable<'c>,
    rows: Vec<usize>,
    times: BTreeMap<Milestone, Arc<Numbers<i64>>>,
}

impl Cases<'_, '_> {
    fn times(&self, milestone: Milestone) -> Option<&Numbers<i64>> {
        self.times.get(&milestone).map(Arc::as_ref)
    }

    /// The rows for which some texts are `text`.
    fn having(&self, column: &str, text: &str) -> Vec<usize> {
        let texts = self.base.texts(column);
        let has = |row: &&usize| texts.get(**row).copied().flatten() == Some(text);
        self.rows.iter().filter(has).copied().collect()
    }
}

/// How many of how many.
type Counts = (u64, u64);

fn add(sum: &mut Counts, (count, of): Counts) {
    sum.0 += count;
    sum.1 += of;
}

/// What is counted, piece by piece of the log.
#[derive(Default)]
struct Counted {
    order: Counts,
    /// By position in [`ORDERS`]; only those that the log has both milestones of.
    orders: BTreeMap<usize, Counts>,
    /// Released declarations by direction; which count where the log states directions.
    by_direction: Missing,
    /// Released declarations, whatever their direction.
    at_all: Missing,
    /// Released declarations with a direction.
    directed: u64,
    open: Counts,
}

impl Evaluator<'_> {
    /// The rules about the declarations of a period, and about its figures in a table.
    pub fn period_quality(&self, table: &KpiTable, period: Period) -> Result<Vec<QualityRow>> {
        let (from, to) = period.bounds_us(self.settings.zone);
        let present: BTreeSet<String> = self.bases.clearances().column_names();
        let has = |one: &Milestone| present.contains(&first_at(*one));
        let milestones: Vec<Milestone> = Milestone::ALL.into_iter().filter(has).collect();
        let mut counted = Counted::default();
        self.each_piece(|piece| {
            let base = piece.base(Base::Clearances);
            let first = base.times("first_event_at");
            let inside = |at: &Option<i64>| at.is_some_and(|at| (from..to).contains(&at));
            let rows = first.iter().enumerate().filter(|(_, at)| inside(at));
            let times = milestones
                .iter()
                .map(|one| (*one, base.times(&first_at(*one))));
            counted.add(&Cases {
                base,
                rows: rows.map(|(row, _)| row).collect(),
                times: times.collect(),
            });
            Ok(())
        })?;
        let mut rows = counted.rows();
        rows.extend(coverage(table, period).rows);
        Ok(rows)
    }
}

impl Counted {
    fn add(&mut self, cases: &Cases<'_, '_>) {
        self.add_orders(cases);
        let released: Vec<usize> = cases
            .times(Milestone::Released)
            .map_or(Vec::new(), |times| {
                let rows = cases.rows.iter().copied();
                rows.filter(|row| times.get(*row).is_some()).collect()
            });
        let mut by_direction = Vec::new();
        for direction in ["import", "export", "transit"] {
            let of_direction = cases.having("direction", direction);
            let rows = released.iter().copied();
            let rows = rows.filter(|row| of_direction.binary_search(row).is_ok());
            let rows: Vec<usize> = rows.collect();
            self.directed += rows.len() as u64;
            let name = format!("released, {direction}");
            by_direction.push((name, rows, OF_RELEASED.into()));
        }
        let mut at_all = vec![("released".to_owned(), released, OF_RELEASED.into())];
        let started = started(cases);
        by_direction.extend(started.iter().cloned());
        at_all.extend(started);
        self.by_direction.add(cases, &by_direction);
        self.at_all.add(cases, &at_all);
        let open = cases.having("status", "open").len() as u64;
        add(&mut self.open, (open, cases.rows.len() as u64));
    }

    fn add_orders(&mut self, cases: &Cases<'_, '_>) {
        let mut faulty = vec![false; cases.rows.len()];
        let mut judged = vec![false; cases.rows.len()];
        for (number, (before, after)) in ORDERS.into_iter().enumerate() {
            let (Some(first), Some(second)) = (cases.times(before), cases.times(after)) else {
                continue;
            };
            let (mut count, mut of) = (0, 0);
            let slots = faulty.iter_mut().zip(&mut judged);
            for (row, (faulty, judged)) in cases.rows.iter().zip(slots) {
                let (Some(first), Some(second)) = (first.get(*row), second.get(*row)) else {
                    continue;
                };
                of += 1;
                *judged = true;
                if second < first {
                    count += 1;
                    *faulty = true;
                }
            }
            add(self.orders.entry(number).or_default(), (count, of));
        }
        let count = |marks: &[bool]| marks.iter().filter(|mark| **mark).count() as u64;
        add(&mut self.order, (count(&faulty), count(&judged)));
    }

    fn rows(&self) -> Vec<QualityRow> {
        let mut order = Rows::new("DQ03", self.order.0, self.order.1);
        for (number, counts) in &self.orders {
            if let Some((before, after)) = ORDERS.get(*number) {
                let name = format!("{} before {}", after.name(), before.name());
                order.add("order", name, *counts);
            }
        }
        let missing = if self.directed == 0 {
            &self.at_all
        } else {
            &self.by_direction
        };
        let open = Rows::new("DQ08", self.open.0, self.open.1);
        [order, missing.rows(), open]
            .into_iter()
            .flat_map(|rows| rows.rows)
            .collect()
    }
}

/// A class of cases: its name, its declarations, the milestones that they must have.
type Class = (String, Vec<usize>, Vec<Milestone>);

/// Released declarations of which something was begun that must have been completed.
fn started(cases: &Cases<'_, '_>) -> Vec<Class> {
    let mut classes = Vec::new();
    for (started, completed) in [
        (Milestone::InspectionStarted, Milestone::InspectionCompleted),
        (Milestone::QueryRaised, Milestone::QueryAnswered),
        (Milestone::AgencyStarted, Milestone::AgencyCompleted),
    ] {
        let (Some(times), Some(released)) =
            (cases.times(started), cases.times(Milestone::Released))
        else {
            continue;
        };
        let rows = cases.rows.iter().copied();
        let rows = rows.filter(|row| times.get(*row).is_some() && released.get(*row).is_some());
        let name = format!("released after {}", started.name());
        classes.push((name, rows.collect(), vec![completed]));
    }
    classes
}

/// Milestones that declarations lack.
#[derive(Default)]
struct Missing {
    whole: Counts,
    /// By position of the class and of the milestone in it, with their names.
    members: BTreeMap<(usize, usize), (String, Counts)>,
}

impl Missing {
    fn add(&mut self, cases: &Cases<'_, '_>, classes: &[Class]) {
        let (mut lacking, mut judged) = (BTreeSet::new(), BTreeSet::new());
        for (class, (name, rows, milestones)) in classes.iter().enumerate() {
            for (place, milestone) in milestones.iter().enumerate() {
                let Some(times) = cases.times(*milestone) else {
                    continue;
                };
                let without = rows.iter().copied().filter(|row| times.get(*row).is_none());
                let without: Vec<usize> = without.collect();
                let counts = (without.len() as u64, rows.len() as u64);
                let slot = self.members.entry((class, place)).or_insert_with(|| {
                    (
                        format!("{name}: no {}", milestone.name()),
                        Counts::default(),
                    )
                });
                add(&mut slot.1, counts);
                lacking.extend(without);
                judged.extend(rows.iter().copied());
            }
        }
        add(&mut self.whole, (lacking.len() as u64, judged.len() as u64));
    }

    fn rows(&self) -> Rows {
        let mut rows = Rows::new("DQ05", self.whole.0, self.whole.1);
        for (name, counts) in self.members.values().filter(|(_, counts)| counts.1 > 0) {
            rows.add("class", name.as_str(), *counts);
        }
        rows
    }
}

/// Coverage of each KPI of the period: open and excluded cases against all. Suppressed figures keep
/// their counts to themselves; a whole is formed of cases of KPIs, so that a declaration that three
/// KPIs leave out counts three times.
fn coverage(table: &KpiTable, period: Period) -> Rows {
    let mut members = Vec::new();
    let main = |statistic: Statistic| matches!(statistic, Statistic::Value | Statistic::Median);
    for row in table.rows() {
        let whole = &*row.dimension == "all" && row.period == period && main(row.statistic);
        if !whole || row.state != State::Ok {
            continue;
        }
        let [n, open, excluded] =
            [row.n, row.n_open, row.n_excluded].map(Option::unwrap_or_default);
        let (count, of) = (open + excluded, n + open + excluded);
        if of > 0 {
            members.push((row.kpi.to_string(), (count, of)));
        }
    }
    let sum = |of: fn(&(String, (u64, u64))) -> u64| members.iter().map(of).sum::<u64>();
    let mut rows = Rows::new("DQ10", sum(|one| one.1.0), sum(|one| one.1.1));
    for (kpi, counts) in members {
        rows.add("kpi", kpi, counts);
    }
    rows
}
