//! Attributes and amounts of the events of a row group.

use super::state::{NONE, PaidRow, RangeState, greater};
use super::translation::Translation;
use crate::model::{AMOUNTS, Milestone};
use crate::store::{GroupRows, SparseValues, events};

/// A row of a row group, as far as the fold needs it. Of one that is left out nothing counts but that it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// The line of its declaration; [`NONE`] for a row that does not belong to the range, or has not happened.
    pub(super) line: u32,
    /// Its position among the events of the range.
    pub(super) event: u32,
    pub(super) at: i64,
    pub(super) milestone: Option<Milestone>,
}

impl Row {
    /// Stands in the place of one that is left out.
    const LEFT_OUT: Self = Self {
        line: NONE,
        event: NONE,
        at: 0,
        milestone: None,
    };

    fn is_audit(self) -> bool {
        matches!(
            self.milestone,
            Some(Milestone::AuditStarted | Milestone::AuditCompleted)
        )
    }

    fn is_crossing(self) -> bool {
        matches!(
            self.milestone,
            Some(Milestone::BorderEntered | Milestone::BorderLeft)
        )
    }
}

/// The rows of a row group: one for each that was read, left out or not, in their order.
#[derive(Debug, Default)]
pub(super) struct Rows(Vec<Row>);

impl Rows {
    /// No row yet, of so many that were read.
    pub(super) fn of_read(rows: usize) -> Self {
        Self(Vec::with_capacity(rows))
    }

    /// Adds the row that comes next.
    pub(super) fn push(&mut self, row: Row) {
        self.0.push(row);
    }

    /// Leaves out the row that comes next.
    pub(super) fn leave_out(&mut self) {
        self.0.push(Row::LEFT_OUT);
    }

    /// Those at some positions, which have a value each.
    const fn cells<'c, T>(&'c self, positions: &'c [u32], values: &'c [T]) -> Cells<'c, T> {
        Cells {
            rows: self,
            positions,
            values,
        }
    }

    fn at(&self, position: u32) -> Option<Row> {
        let row = self.0.get(position as usize).copied();
        row.filter(|row| row.line != NONE)
    }
}

/// The rows that have a value in a column, and their values.
#[derive(Clone, Copy)]
struct Cells<'c, T> {
    rows: &'c Rows,
    positions: &'c [u32],
    values: &'c [T],
}

impl<T: Copy> Cells<'_, T> {
    fn each(self) -> impl DoubleEndedIterator<Item = (Row, T)> {
        let cells = self.positions.iter().zip(self.values);
        cells.filter_map(move |(position, value)| Some((self.rows.at(*position)?, *value)))
    }

    /// Those whose positions are among some others, which ascend.
    fn among(self, others: &[u32]) -> impl Iterator<Item = (Row, T)> {
        let cells = self.positions.iter().zip(self.values);
        let cells = cells.filter(|(position, _)| others.binary_search(position).is_ok());
        cells.filter_map(move |(position, value)| Some((self.rows.at(*position)?, *value)))
    }

    /// Those among which the newest of each line is. A segment is in the order of declarations and times: most others are
    /// known to be older by the one behind them, and need not be held against what is known of their line.
    fn newest(self) -> impl Iterator<Item = (Row, T)> {
        without_beaten(self.each().rev(), |at, next| at < next)
    }

    /// Those among which the earliest of each line is.
    fn earliest(self) -> impl Iterator<Item = (Row, T)> {
        without_beaten(self.each(), |at, before| at > before)
    }
}

/// Without the cells whose neighbour before is of the same line and beats their time.
fn without_beaten<T>(
    cells: impl Iterator<Item = (Row, T)>,
    is_beaten: impl Fn(i64, i64) -> bool,
) -> impl Iterator<Item = (Row, T)> {
    let mut neighbour = (NONE, 0);
    cells.filter(move |(row, _)| {
        let (line, at) = std::mem::replace(&mut neighbour, (row.line, row.at));
        line != row.line || !is_beaten(row.at, at)
    })
}

/// Reads every column that is not a role of the event.
pub(super) fn values(read: &GroupRows, rows: &Rows, state: &mut RangeState<'_>) {
    const ROLES: [&str; 4] = [
        events::DECLARATION_ID,
        events::ITEM,
        events::ACTIVITY,
        events::MILESTONE,
    ];
    debug_assert_eq!(rows.0.len(), read.rows, "values are found by position");
    let columns = read.columns.iter();
    let columns =
        columns.filter(|column| !column.rows.is_empty() && !ROLES.contains(&column.name.as_str()));
    // What a payment says of itself is kept with it.
    let paid = read
        .column("paid")
        .filter(|paid| matches!(paid.values, SparseValues::Numbers(_)));
    let paid = paid.map_or(&[][..], |paid| &paid.rows);
    for column in columns {
        let name = column.name.as_str();
        let positions = column.rows.as_slice();
        match &column.values {
            SparseValues::Numbers(values) => {
                read_numbers(name, rows.cells(positions, values), state);
            }
            SparseValues::Bools(values) => {
                let bools = rows.cells(positions, values);
                read_bools(name, bools, state);
                if name == "electronic_payment" {
                    for (row, electronic) in bools.among(paid) {
                        state.detail(row.event, |detail| detail.electronic = Some(electronic));
                    }
                }
            }
            SparseValues::Texts(codes, texts) => {
                let mut own = Translation::of(texts);
                let (interner, newest) = state.texts(name);
                // A text that the next event of its line replaces need not be translated.
                for (row, code) in rows.cells(positions, codes).newest() {
                    let code = own.code(code, |text| interner.code(text));
                    newest.offer(row.line, row.at, code, |a, b| greater(interner, a, b));
                }
                let of_events = OF_EVENTS.iter().find(|(own, _)| *own == name);
                if let Some((_, read)) = of_events {
                    let codes = codes.iter();
                    let codes = codes.map(|code| own.code(*code, |text| interner.code(text)));
                    let codes: Vec<u32> = codes.collect();
                    read(rows.cells(positions, &codes), paid, state);
                }
            }
        }
    }
}

fn read_bools(name: &str, bools: Cells<'_, bool>, state: &mut RangeState<'_>) {
    let slot = state.bools(name);
    for (row, bool) in bools.newest() {
        slot.offer(row.line, row.at, u8::from(bool));
    }
    match name {
        "finding" => {
            for (slot, by_audit) in [("audit_finding", true), ("inspection_finding", false)] {
                let slot = state.bools(slot);
                for (row, bool) in bools.each().filter(|(row, _)| row.is_audit() == by_audit) {
                    slot.offer(row.line, row.at, u8::from(bool));
                }
            }
        }
        "paperless" => {
            for (row, _) in bools.each().filter(|(_, paperless)| !paperless) {
                state.event(row.event, |event| event.on_paper = true);
            }
        }
        _ => {}
    }
}

fn read_numbers(name: &str, numbers: Cells<'_, i128>, state: &mut RangeState<'_>) {
    if numbers.each().next().is_none() {
        return;
    }
    if AMOUNTS.contains(&name) {
        read_amounts(name, numbers, state);
        return;
    }
    let slot = state.numbers(name);
    for (row, number) in numbers.newest() {
        slot.offer(row.line, row.at, number);
    }
}

fn read_amounts(name: &str, amounts: Cells<'_, i128>, state: &mut RangeState<'_>) {
    let slot = state.amounts(name, name);
    for (row, amount) in amounts.each() {
        slot.offer(row.line, row.at, amount);
    }
    match name {
        "paid" => {
            let paid = amounts.each().map(|(row, amount)| PaidRow {
                line: row.line,
                at: row.at,
                amount,
                event: row.event,
            });
            state.payments.extend(paid);
        }
        "customs_value" => {
            let first = state.single("customs_value_first");
            for (row, amount) in amounts.earliest() {
                first.offer(row.line, -row.at, amount);
            }
        }
        "assessed" => {
            for (slot, by_audit) in [(BY_AUDIT, true), (BEFORE_AUDIT, false)] {
                let slot = state.amounts(slot, name);
                for (row, amount) in amounts.each().filter(|(row, _)| row.is_audit() == by_audit) {
                    slot.offer(row.line, row.at, amount);
                }
            }
        }
        "fee_official" | "fee_unofficial" => {
            for (row, amount) in amounts.each() {
                let amount = Some(amount);
                state.detail(row.event, |detail| match name {
                    "fee_official" => detail.fee_official = amount,
                    _ => detail.fee_unofficial = amount,
                });
            }
        }
        _ => {}
    }
}

/// Amounts `assessed` on audit events, from which `audit_assessed` is made.
pub(super) const BY_AUDIT: &str = "assessed by audit";
/// Amounts `assessed` on all other events.
pub(super) const BEFORE_AUDIT: &str = "assessed before audit";

/// Reads the texts of events, of which some rows, those given beside, have an amount `paid`.
type ReadTexts = fn(Cells<'_, u32>, &[u32], &mut RangeState<'_>);

/// The attributes of which more counts than the newest text of each line, and how that is read.
const OF_EVENTS: [(&str, ReadTexts); 5] = [
    ("lane", read_lanes),
    ("officer", read_officers),
    ("selection_reason", read_selection_reasons),
    ("bcp", read_bcps),
    ("tax_kind", read_tax_kinds),
];

fn read_lanes(lanes: Cells<'_, u32>, _: &[u32], state: &mut RangeState<'_>) {
    for (row, code) in lanes.each() {
        state.event(row.event, |event| event.lane = code);
    }
    derive("lane", "lane_first", Order::Earliest, lanes.each(), state);
}

fn read_officers(officers: Cells<'_, u32>, _: &[u32], state: &mut RangeState<'_>) {
    for (row, code) in officers.each() {
        state.event(row.event, |event| event.officer = code);
    }
    let on = |milestone| {
        let all = officers.each();
        all.filter(move |(row, _)| row.milestone == Some(milestone))
    };
    for (milestone, to) in [
        (Milestone::LaneSelected, "lane_officer"),
        (Milestone::InspectionCompleted, "inspection_officer"),
    ] {
        derive("officer", to, Order::Earliest, on(milestone), state);
    }
}

fn read_selection_reasons(reasons: Cells<'_, u32>, _: &[u32], state: &mut RangeState<'_>) {
    for (to, of_audits) in [
        ("audit_selection_reason", true),
        ("inspection_selection_reason", false),
    ] {
        let own = reasons
            .each()
            .filter(|(row, _)| row.is_audit() == of_audits);
        derive("selection_reason", to, Order::Newest, own, state);
    }
}

fn read_bcps(bcps: Cells<'_, u32>, _: &[u32], state: &mut RangeState<'_>) {
    for (row, code) in bcps.each().filter(|(row, _)| row.is_crossing()) {
        state.event(row.event, |event| event.bcp = code);
    }
}

fn read_tax_kinds(kinds: Cells<'_, u32>, paid: &[u32], state: &mut RangeState<'_>) {
    for (row, code) in kinds.among(paid) {
        state.detail(row.event, |detail| detail.tax_kind = code);
    }
}

/// Which of several values counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Earliest,
    Newest,
}

/// Offers texts of one attribute to an attribute that is made from it.
fn derive(
    from: &str,
    to: &str,
    order: Order,
    rows: impl Iterator<Item = (Row, u32)>,
    state: &mut RangeState<'_>,
) {
    let source = std::mem::take(state.interner(from));
    let (interner, newest) = state.texts(to);
    let mut codes = vec![NONE; source.len()];
    for (row, code) in rows {
        let known = codes.get_mut(code as usize);
        let (Some(known), Some(text)) = (known, source.value(code)) else {
            continue;
        };
        if *known == NONE {
            *known = interner.code(text);
        }
        let at = match order {
            Order::Earliest => -row.at,
            Order::Newest => row.at,
        };
        newest.offer(row.line, at, *known, |a, b| greater(interner, a, b));
    }
    *state.interner(from) = source;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::state::Newest;
    use super::*;

    proptest! {
        /// In any order of lines and times, and with rows that are left out.
        #[test]
        fn what_is_left_out_is_neither_the_newest_nor_the_earliest(
            all in proptest::collection::vec((prop::option::of(0..3_u32), 0..4_i64, prop::option::of(0..5_i128)), 0..40),
        ) {
            let mut rows = Rows::of_read(all.len());
            let (mut positions, mut values) = (Vec::new(), Vec::new());
            let [mut newest, mut earliest] = [(); 2].map(|()| Newest::default());
            for (position, (line, at, value)) in (0_u32..).zip(&all) {
                match line {
                    Some(line) => rows.push(Row {
                        line: *line,
                        event: position,
                        at: *at,
                        milestone: None,
                    }),
                    None => rows.leave_out(),
                }
                if let Some(value) = value {
                    positions.push(position);
                    values.push(*value);
                }
                if let (Some(line), Some(value)) = (line, value) {
                    newest.offer(*line, *at, *value);
                    earliest.offer(*line, -*at, *value);
                }
            }
            let cells = rows.cells(&positions, &values);
            let [mut among_newest, mut among_earliest] = [(); 2].map(|()| Newest::default());
            cells.newest().for_each(|(row, value)| among_newest.offer(row.line, row.at, value));
            cells.earliest().for_each(|(row, value)| among_earliest.offer(row.line, -row.at, value));
            for line in 0..3 {
                prop_assert_eq!(among_newest.get(line), newest.get(line));
                prop_assert_eq!(among_earliest.get(line), earliest.get(line));
            }
            // Those of rows among some: found one by one.
            let others: Vec<u32> = (0..40).step_by(3).collect();
            let found: Vec<(u32, i128)> = cells.among(&others).map(|(row, value)| (row.event, value)).collect();
            let wanted: Vec<(u32, i128)> = cells
                .each()
                .filter(|(row, _)| others.contains(&row.event))
                .map(|(row, value)| (row.event, value))
                .collect();
            prop_assert_eq!(found, wanted);
        }
    }

    #[test]
    fn of_a_line_in_the_order_of_times_one_value_is_left() {
        let mut rows = Rows::of_read(4);
        for (line, at) in [(0, 1), (0, 2), (0, 5), (1, 3)] {
            rows.push(Row {
                line,
                event: 0,
                at,
                milestone: None,
            });
        }
        let cells = rows.cells(&[0, 1, 2, 3], &['a', 'b', 'c', 'd']);
        let values = |cells: Vec<(Row, char)>| {
            cells
                .into_iter()
                .map(|(_, value)| value)
                .collect::<String>()
        };
        assert_eq!(values(cells.newest().collect()), "dc");
        assert_eq!(values(cells.earliest().collect()), "ad");
    }
}
