//! What is known of a range, as tables.

use std::sync::Arc;

use arrow::array::{Array as _, Int32Array, Int64Array, RecordBatch, StringArray};

use super::lines::{LinesByRow, RowLines};
use super::read::{BEFORE_AUDIT, BY_AUDIT};
use super::state::{AmountState, NONE, RangeState, greater};
use super::table::Columns;
use super::walk::{Counts, Crossing, STATUS, Walked};
use crate::catalogue::{count, first_at, last_at};
use crate::error::Result;
use crate::model::{Milestone, Texts, positions};
use crate::project::Take;
use crate::store::RangeTables;

/// One payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Payment {
    /// Row of its declaration in `clearances`.
    row: u32,
    /// When it was made, in microseconds since the Unix epoch.
    at_us: i64,
    /// The amount in millionths.
    amount: i128,
    /// Whether it was made electronically, where its event says so.
    electronic: Option<bool>,
    /// Code of the kind of tax, where its event says so.
    tax_kind: Option<u32>,
}

/// A column of counts and how it is read.
type CountColumn = (&'static str, fn(&Counts) -> i32);

const COUNTS: [CountColumn; 7] = [
    ("lane_change_count", |counts| counts.lane_changes),
    ("manual_count", |counts| counts.manual),
    ("paper_event_count", |counts| counts.on_paper),
    ("rework_count", |counts| counts.repeats + counts.redone),
    ("repeat_count", |counts| counts.repeats),
    ("redo_count", |counts| counts.redone),
    ("handover_count", |counts| counts.handovers),
];

/// Truth values that hold of a declaration where they hold of any of its lines.
const FINDINGS: [&str; 3] = ["finding", "inspection_finding", "audit_finding"];

/// Numbers that add up over the lines of a declaration.
const ADDITIVE: [&str; 2] = ["package_count", "net_mass_kg"];

impl RangeState<'_> {
    /// Turns what is known into tables.
    pub(super) fn finish(&mut self) -> Result<RangeTables> {
        let order = self.order();
        let lines = self.lines.by_row(&order);
        let audit = self.audit_assessed(&lines);
        let payments = self.payments(&order);
        self.put_in_order();
        let milestones = std::mem::take(&mut self.milestones);
        let offices = self.attribute_texts("office");
        let office = |code: Option<u32>| offices?.value(code?);
        let codes = self.text_codes("office", &lines).into_iter();
        let offices: Vec<Option<&str>> = codes.map(office).collect();
        let mut walked = self.walk(&order, &offices, milestones);
        let mut columns = Columns::default();
        columns.push("declaration_id", Arc::new(self.numbers_of(&order)));
        columns.push_texts("status", &walked.status, &super::table::texts_of(STATUS))?;
        self.push_attributes(&mut columns, &lines)?;
        for (name, state) in self.stated_amounts() {
            columns.push_numbers(name, &lines.amounts(state))?;
        }
        let of_audit = parts_by_row(&audit, &lines).map(|parts| sum(parts.iter().copied()));
        columns.push_numbers("audit_assessed", &of_audit.collect::<Vec<_>>())?;
        let crossings = std::mem::take(&mut walked.crossings);
        push_walked(&mut columns, &mut walked, order.len())?;
        self.milestones = walked.milestones;
        let items = if self.lines.has_items() {
            Some(self.items(&lines, &audit)?)
        } else {
            None
        };
        let payments = self.payments_table(&payments)?;
        let crossings = self.crossings_table(&crossings)?;
        Ok(RangeTables {
            clearances: columns.table(order.len())?,
            parts: [payments, crossings, items],
        })
    }

    /// The numbers of declarations.
    fn numbers_of(&self, order: &[u32]) -> StringArray {
        if order.len() == self.ids.len() {
            return self.ids.clone();
        }
        let numbers = order.iter().map(|code| self.ids.value(*code as usize));
        numbers.map(Some).collect()
    }

    /// The texts of an attribute.
    fn attribute_texts(&self, name: &str) -> Option<&Texts> {
        self.texts.get(name).map(|(interner, _)| interner)
    }

    fn payments_table(&self, payments: &[Payment]) -> Result<Option<RecordBatch>> {
        if payments.is_empty() {
            return Ok(None);
        }
        let mut columns = Columns::default();
        columns.push_parents(payments.iter().map(|one| one.row).collect());
        columns.push_times("payment_at", &of_all(payments, |one| Some(one.at_us)));
        columns.push_numbers("payment", &of_all(payments, |one| Some(one.amount)))?;
        columns.push_bools(
            "electronic_payment",
            &of_all(payments, |one| one.electronic),
        );
        if let Some(kinds) = self.attribute_texts("tax_kind") {
            columns.push_texts("tax_kind", &of_all(payments, |one| one.tax_kind), kinds)?;
        }
        columns.table(payments.len()).map(Some)
    }

    fn crossings_table(&self, crossings: &[Crossing]) -> Result<Option<RecordBatch>> {
        if crossings.is_empty() {
            return Ok(None);
        }
        let mut columns = Columns::default();
        columns.push_parents(crossings.iter().map(|one| one.row).collect());
        columns.push_times("crossing_at", &of_all(crossings, |of| Some(of.entered_us)));
        columns.push_times("crossing_left_at", &of_all(crossings, |of| of.left_us));
        columns.push_integers("queue_us", &of_all(crossings, |of| of.queue_us));
        let numbers = crossings.iter().map(|of| i64::from(of.number));
        columns.push(
            "crossing_number",
            Arc::new(Int64Array::from_iter_values(numbers)),
        );
        columns.push_numbers("fee_official", &of_all(crossings, |of| of.fee_official))?;
        columns.push_numbers("fee_unofficial", &of_all(crossings, |of| of.fee_unofficial))?;
        if let Some(bcps) = self.attribute_texts("bcp") {
            columns.push_texts("bcp", &of_all(crossings, |of| of.bcp), bcps)?;
        }
        columns.table(crossings.len()).map(Some)
    }

    /// Declarations with at least one event, by number.
    fn order(&self) -> Vec<u32> {
        let events = (0..).zip(self.places.taken());
        let there = events.filter(|(_, events)| !events.is_empty());
        there.map(|(code, _)| code).collect()
    }

    /// The newest text of each declaration, as a code.
    fn text_codes(&self, name: &str, lines: &LinesByRow<'_>) -> Vec<Option<u32>> {
        let Some((interner, newest)) = self.texts.get(name) else {
            return Vec::new();
        };
        let newest = &newest.0;
        lines.newest(newest, |row| {
            row.newest(newest, |a, b| greater(interner, a, b))
        })
    }

    fn push_attributes(&self, columns: &mut Columns, lines: &LinesByRow<'_>) -> Result<()> {
        for (name, (interner, _)) in &self.texts {
            columns.push_texts(name, &self.text_codes(name, lines), interner)?;
        }
        for (name, newest) in &self.bools {
            let is_finding = FINDINGS.contains(&name.as_str());
            let bools = lines.newest(newest, |row| {
                if is_finding {
                    row.greatest(newest)
                } else {
                    row.newest(newest, |a, b| a > b)
                }
            });
            let bools = bools.into_iter().map(|bool| Some(bool? == 1));
            columns.push_bools(name, &bools.collect::<Vec<_>>());
        }
        for (name, newest) in &self.numbers {
            let additive = ADDITIVE.contains(&name.as_str());
            let numbers = lines.newest(newest, |row| {
                if additive {
                    row.latest(newest)
                } else {
                    row.newest(newest, |a, b| a > b)
                }
            });
            columns.push_numbers(name, &numbers)?;
        }
        Ok(())
    }

    /// Amounts that are columns as they are.
    fn stated_amounts(&self) -> impl Iterator<Item = (&str, &AmountState)> {
        let helpers = [BY_AUDIT, BEFORE_AUDIT];
        self.amounts
            .iter()
            .filter(move |(name, _)| !helpers.contains(&name.as_str()))
            .map(|(name, state)| (name.as_str(), state))
    }

    /// What audits assessed in addition: of each row's header and then of each of its items, one row after the
    /// other ([`parts_by_row`] tells them apart). Where amounts are totals (`take = "latest"`), it is by how much
    /// an audit's exceeds the newest of other events. Empty where no audit assessed anything.
    fn audit_assessed(&self, lines: &LinesByRow<'_>) -> Vec<Option<i128>> {
        let Some(by_audit) = self.amounts.get(BY_AUDIT) else {
            return Vec::new();
        };
        let totals = self.rules.takes.get("assessed") == Some(&Take::Latest);
        let before = self.amounts.get(BEFORE_AUDIT).filter(|_| totals);
        let part = |row: RowLines<'_>, line: u32| {
            let of = |state: &AmountState| {
                if line == row.header {
                    row.amount_of_header(state)
                } else {
                    row.amount_of_item(state, line)
                }
            };
            Some(of(by_audit)? - before.and_then(of).unwrap_or(0))
        };
        let parts = lines.rows().flat_map(|row| {
            let all = std::iter::once(row.header).chain(row.items.iter().copied());
            all.map(move |line| part(row, line))
        });
        parts.collect()
    }

    /// Payments with the row of their declaration. Where the log carries running totals
    /// (`take = "latest"`), a payment is the difference from the total before it, of the same line.
    fn payments(&self, order: &[u32]) -> Vec<Payment> {
        let rows = positions(order, self.ids.len());
        let dated = self.payments.iter().filter_map(|paid| {
            let event = self.events.get(paid.event as usize);
            let detail = event.and_then(|event| self.details.get(event.detail as usize));
            let tax_kind = detail.map(|detail| detail.tax_kind);
            let payment = Payment {
                row: *rows.get(self.lines.declaration(paid.line) as usize)?,
                at_us: paid.at,
                amount: paid.amount,
                electronic: detail.and_then(|detail| detail.electronic),
                tax_kind: tax_kind.filter(|code| *code != NONE),
            };
            Some((paid.line, payment))
        });
        // Nearly all have a row: a list that grows would be copied many times.
        let mut payments: Vec<(u32, Payment)> = Vec::with_capacity(self.payments.len());
        payments.extend(dated);
        if self.rules.takes.get("paid") == Some(&Take::Latest) {
            payments.sort_unstable();
            let mut before = (NONE, 0);
            for (line, payment) in &mut payments {
                let total = payment.amount;
                if before.0 == *line {
                    payment.amount -= before.1;
                }
                before = (*line, total);
            }
        }
        let mut payments: Vec<Payment> = payments.into_iter().map(|(_, one)| one).collect();
        let kinds = self.texts.get("tax_kind").map(|(interner, _)| interner);
        let kind = |one: &Payment| kinds.and_then(|kinds| kinds.value(one.tax_kind?));
        let key = |one: &Payment| (one.row, one.at_us, one.amount, one.electronic);
        // Those of a segment are sorted, mostly, which this sort makes use of.
        payments.sort_by(|a, b| key(a).cmp(&key(b)).then_with(|| kind(a).cmp(&kind(b))));
        payments
    }

    /// The lines of the declarations.
    fn items(&self, lines: &LinesByRow<'_>, audit: &[Option<i128>]) -> Result<RecordBatch> {
        let mut all: Vec<Item<'_>> = Vec::new();
        for (row, (of_row, audit)) in lines.rows().zip(parts_by_row(audit, lines)).enumerate() {
            let own = Item {
                row: u32::try_from(row).unwrap_or(NONE),
                lines: of_row,
                line: of_row.header,
                audit: audit.first().copied().flatten(),
            };
            if of_row.items.is_empty() || self.header_has_amounts(own) {
                all.push(own);
            }
            all.extend(of_row.items.iter().enumerate().map(|(at, line)| Item {
                line: *line,
                audit: audit.get(at + 1).copied().flatten(),
                ..own
            }));
        }
        let mut columns = Columns::default();
        let items = all.iter().map(|item| self.lines.item_text(item.line));
        columns.push("item", Arc::new(items.collect::<StringArray>()));
        for (name, (interner, newest)) in &self.texts {
            let codes = all
                .iter()
                .map(|item| item.lines.of_line(&newest.0, item.line));
            columns.push_texts(name, &codes.collect::<Vec<_>>(), interner)?;
        }
        for (name, newest) in &self.bools {
            let bools = all.iter().map(|item| item.lines.of_line(newest, item.line));
            let bools = bools.map(|bool| Some(bool? == 1));
            columns.push_bools(name, &bools.collect::<Vec<_>>());
        }
        for (name, newest) in &self.numbers {
            let additive = ADDITIVE.contains(&name.as_str());
            let numbers = all.iter().map(|item| match (additive, item.is_header()) {
                (false, _) => item.lines.of_line(newest, item.line),
                (true, true) => item.lines.latest_of_header(newest),
                (true, false) => item.lines.latest_of_item(newest, item.line),
            });
            columns.push_numbers(name, &numbers.collect::<Vec<_>>())?;
        }
        for (name, state) in self.stated_amounts() {
            columns.push_numbers(name, &of_all(&all, |item| item.amount(state)))?;
        }
        columns.push_numbers("audit_assessed", &of_all(&all, |item| item.audit))?;
        columns.push_parents(all.iter().map(|item| item.row).collect());
        columns.table(all.len())
    }

    /// Whether an amount of a declaration with items belongs to none of them.
    fn header_has_amounts(&self, header: Item<'_>) -> bool {
        let amounts = self.stated_amounts().map(|(_, state)| state);
        let numbers = self.numbers.iter();
        header.audit.is_some()
            || amounts
                .into_iter()
                .any(|state| header.amount(state).is_some())
            || numbers
                .filter(|(name, _)| ADDITIVE.contains(&name.as_str()))
                .any(|(_, newest)| header.lines.latest_of_header(newest).is_some())
    }
}

/// A row of the table of lines.
#[derive(Clone, Copy)]
struct Item<'l> {
    row: u32,
    lines: RowLines<'l>,
    line: u32,
    audit: Option<i128>,
}

impl Item<'_> {
    fn is_header(self) -> bool {
        self.line == self.lines.header
    }

    fn amount(self, state: &AmountState) -> Option<i128> {
        if self.is_header() {
            self.lines.amount_of_header(state)
        } else {
            self.lines.amount_of_item(state, self.line)
        }
    }
}

/// The parts of each row, its header's and its items', of those of all rows; none where there is none at all.
fn parts_by_row<'p>(
    parts: &'p [Option<i128>],
    lines: &LinesByRow<'_>,
) -> impl Iterator<Item = &'p [Option<i128>]> {
    lines.rows().scan(parts, |rest, row| {
        let own = rest.split_off(..=row.items.len());
        Some(own.unwrap_or_default())
    })
}

fn sum(values: impl Iterator<Item = Option<i128>>) -> Option<i128> {
    values
        .flatten()
        .fold(None, |sum, value| Some(sum.unwrap_or(0) + value))
}

/// What `read` reads of each of some parts.
fn of_all<P, T>(parts: &[P], read: impl Fn(&P) -> Option<T>) -> Vec<Option<T>> {
    parts.iter().map(read).collect()
}

fn push_walked(columns: &mut Columns, walked: &mut Walked, rows: usize) -> Result<()> {
    for (milestone, of) in Milestone::ALL.into_iter().zip(&walked.milestones) {
        if of.is_empty() {
            continue;
        }
        let [first, last, number] = of.columns(rows);
        columns.push(&first_at(milestone), first);
        columns.push(&last_at(milestone), last);
        columns.push(&count(milestone), number);
    }
    let event_count = std::mem::take(&mut walked.event_count);
    columns.push("event_count", Arc::new(Int32Array::from(event_count)));
    columns.push_texts("variant", &walked.variant, &walked.variants)?;
    columns.push_times("first_event_at", &std::mem::take(&mut walked.first_at));
    columns.push_times("last_event_at", &std::mem::take(&mut walked.last_at));
    for (name, read) in COUNTS {
        let counts = walked.counts.iter().map(read);
        columns.push(name, Arc::new(Int32Array::from_iter_values(counts)));
    }
    for (name, times) in walked.stretches.columns() {
        columns.push_integers(&name, &times);
    }
    Ok(())
}
