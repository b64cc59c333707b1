//! Attributes and amounts of the events of a row group.

use arrow::array::{Array as _, StringArray};

use super::state::{NONE, PaidRow, RangeState, greater};
use crate::model::{AMOUNTS, Milestone, Texts};
use crate::store::{ColumnTexts, GroupRows, SparseValues, events};

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

/// Positions among texts turned into codes, which may be [`NONE`]. A text is looked up once, however many rows have it; and only if
/// a row has it.
struct Translation<'t> {
    texts: &'t StringArray,
    /// By position.
    known: Vec<u32>,
}

impl<'t> Translation<'t> {
    const NOT_ASKED: u32 = NONE - 1;

    fn of(texts: &'t StringArray) -> Self {
        Self {
            texts,
            known: vec![Self::NOT_ASKED; texts.len()],
        }
    }

    /// The code that `code` gives to the text at a position.
    #[inline]
    fn code(&mut self, position: u32, code: impl FnOnce(&str) -> u32) -> u32 {
        let Some(slot) = self.known.get_mut(position as usize) else {
            return NONE;
        };
        if *slot == Self::NOT_ASKED {
            *slot = code(self.texts.value(position as usize));
        }
        *slot
    }
}

/// By row a code; [`NONE`] for a row that has none.
fn by_row(count: usize, rows: &[u32], codes: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut by_row = vec![NONE; count];
    for (row, code) in rows.iter().zip(codes) {
        if let Some(slot) = by_row.get_mut(*row as usize) {
            *slot = code;
        }
    }
    by_row
}

/// For each of `count` rows the code that `code` gives to its text; [`NONE`] where it has none.
pub(super) fn codes(
    column: ColumnTexts<'_>,
    count: usize,
    mut code: impl FnMut(&str) -> u32,
) -> Vec<u32> {
    let ColumnTexts { rows, codes, texts } = column;
    let mut own = Translation::of(texts);
    let codes = codes.iter().map(|of_row| own.code(*of_row, &mut code));
    by_row(count, rows, codes)
}

/// For each of `count` rows the code of its text among `known`, where it is one of those that are `chosen`; [`NONE`] for others.
/// All texts are looked up together: the numbers of a range are too many to be at hand. One that no row has gets a code too; a
/// declaration without events is not folded.
pub(super) fn codes_among(
    known: &mut Texts,
    column: ColumnTexts<'_>,
    count: usize,
    chosen: impl Fn(&str) -> bool,
) -> Vec<u32> {
    let ColumnTexts { rows, codes, texts } = column;
    let is_chosen = |(_, text): &(usize, Option<&str>)| text.is_some_and(&chosen);
    let (places, own): (Vec<usize>, Vec<Option<&str>>) =
        texts.iter().enumerate().filter(is_chosen).unzip();
    let mut by_text = vec![NONE; texts.len()];
    let own = known.codes(own.into_iter().flatten());
    for (place, code) in places.into_iter().zip(own) {
        if let Some(slot) = by_text.get_mut(place) {
            *slot = code;
        }
    }
    let codes = codes.iter();
    by_row(
        count,
        rows,
        codes.map(|code| by_text.get(*code as usize).copied().unwrap_or(NONE)),
    )
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
                if !OF_EVENTS.contains(&name) {
                    continue;
                }
                let codes = codes.iter();
                let codes = codes.map(|code| own.code(*code, |text| interner.code(text)));
                let codes: Vec<u32> = codes.collect();
                let texts = rows.cells(positions, &codes);
                read_texts_of_events(name, texts, state);
                if name == "tax_kind" {
                    for (row, code) in texts.among(paid) {
                        state.detail(row.event, |detail| detail.tax_kind = code);
                    }
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

/// Attributes of which more counts than the newest text of each line.
const OF_EVENTS: [&str; 5] = ["lane", "officer", "selection_reason", "bcp", "tax_kind"];

/// Reads what each event says in one of [`OF_EVENTS`].
fn read_texts_of_events(name: &str, texts: Cells<'_, u32>, state: &mut RangeState<'_>) {
    match name {
        "lane" => {
            for (row, code) in texts.each() {
                state.event(row.event, |event| event.lane = code);
            }
            derive("lane", "lane_first", Order::Earliest, texts.each(), state);
        }
        "officer" => {
            for (row, code) in texts.each() {
                state.event(row.event, |event| event.officer = code);
            }
            let on = |milestone| {
                let all = texts.each();
                all.filter(move |(row, _)| row.milestone == Some(milestone))
            };
            for (milestone, to) in [
                (Milestone::LaneSelected, "lane_officer"),
                (Milestone::InspectionCompleted, "inspection_officer"),
            ] {
                derive(name, to, Order::Earliest, on(milestone), state);
            }
        }
        "selection_reason" => {
            for (to, of_audits) in [
                ("audit_selection_reason", true),
                ("inspection_selection_reason", false),
            ] {
                let own = texts.each().filter(|(row, _)| row.is_audit() == of_audits);
                derive(name, to, Order::Newest, own, state);
            }
        }
        "bcp" => {
            for (row, code) in texts.each().filter(|(row, _)| row.is_crossing()) {
                state.event(row.event, |event| event.bcp = code);
            }
        }
        _ => {}
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
