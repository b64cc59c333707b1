//! Attributes and amounts of the events of a row group.

use arrow::array::{Array as _, StringArray};

use super::state::{NONE, PaidRow, RangeState, greater};
use crate::model::{AMOUNTS, Milestone, Texts};
use crate::store::{GroupRows, SparseColumn, SparseValues, events};

/// A row of a row group that belongs to the range and has happened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// Its position among the rows that were read.
    pub(super) position: usize,
    /// The line of its declaration.
    pub(super) line: u32,
    /// Its position among the events of the range.
    pub(super) event: u32,
    pub(super) at: i64,
    pub(super) milestone: Option<Milestone>,
}

impl Row {
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

/// The rows of a row group that belong to the range and have happened.
#[derive(Debug, Default)]
pub(super) struct Rows {
    all: Vec<Row>,
    /// For each row that was read its place in `all`, or [`NONE`].
    by_position: Vec<u32>,
}

impl Rows {
    /// No row yet, of so many that were read.
    pub(super) fn of_read(rows: usize) -> Self {
        Self {
            all: Vec::with_capacity(rows),
            by_position: vec![NONE; rows],
        }
    }

    pub(super) fn push(&mut self, row: Row) {
        let place = u32::try_from(self.all.len()).unwrap_or(NONE);
        if let Some(slot) = self.by_position.get_mut(row.position) {
            *slot = place;
        }
        self.all.push(row);
    }

    fn at(&self, position: u32) -> Option<&Row> {
        self.all
            .get(*self.by_position.get(position as usize)? as usize)
    }

    /// Those that have a value in a column, with their values.
    fn with<'r, T>(&'r self, rows: &[u32], values: impl Iterator<Item = T>) -> Vec<(&'r Row, T)> {
        let mut found = Vec::with_capacity(rows.len());
        let all = rows.iter().zip(values);
        found.extend(all.filter_map(|(row, value)| Some((self.at(*row)?, value))));
        found
    }
}

/// For each row that has a text the code that `code` gives to it, which may be [`NONE`]. A text is looked up once, however
/// many rows have it; and only if a row has it.
fn translated<'t>(
    codes: &'t [u32],
    texts: &'t StringArray,
    mut code: impl FnMut(&str) -> u32 + 't,
) -> impl Iterator<Item = u32> + 't {
    const NOT_ASKED: u32 = NONE - 1;
    let mut known = vec![NOT_ASKED; texts.len()];
    codes.iter().map(move |of_row| {
        let Some(slot) = known.get_mut(*of_row as usize) else {
            return NONE;
        };
        if *slot == NOT_ASKED {
            *slot = code(texts.value(*of_row as usize));
        }
        *slot
    })
}

/// A column of texts: the rows that have one, for each of them the position of its text, and all texts.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextRows<'r> {
    rows: &'r [u32],
    codes: &'r [u32],
    texts: &'r StringArray,
}

impl<'r> TextRows<'r> {
    /// `None` for a column of something else.
    pub(super) fn of(column: &'r SparseColumn) -> Option<Self> {
        match &column.values {
            SparseValues::Texts(codes, texts) => Some(Self {
                rows: &column.rows,
                codes,
                texts,
            }),
            SparseValues::Bools(_) | SparseValues::Numbers(_) => None,
        }
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
pub(super) fn codes(column: TextRows<'_>, count: usize, code: impl FnMut(&str) -> u32) -> Vec<u32> {
    let TextRows { rows, codes, texts } = column;
    by_row(count, rows, translated(codes, texts, code))
}

/// For each of `count` rows the code of its text among `known`, where it is one of those that are `chosen`; [`NONE`] for others.
/// All texts are looked up together: the numbers of a range are too many to be at hand. One that no row has gets a code too; a
/// declaration without events is not folded.
pub(super) fn codes_among(
    known: &mut Texts,
    column: TextRows<'_>,
    count: usize,
    chosen: impl Fn(&str) -> bool,
) -> Vec<u32> {
    let TextRows { rows, codes, texts } = column;
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
    let columns = read.columns.iter();
    let columns =
        columns.filter(|column| !column.rows.is_empty() && !ROLES.contains(&column.name.as_str()));
    // What a payment says of itself is kept with it.
    let mut paid = vec![false; read.rows];
    for column in columns.clone() {
        if let SparseValues::Numbers(numbers) = &column.values {
            let numbers = rows.with(&column.rows, numbers.iter().copied());
            read_numbers(&column.name, &numbers, state);
            if column.name == "paid" {
                for row in &column.rows {
                    if let Some(slot) = paid.get_mut(*row as usize) {
                        *slot = true;
                    }
                }
            }
        }
    }
    let pays = |row: &Row| paid.get(row.position) == Some(&true);
    for column in columns {
        let name = column.name.as_str();
        match &column.values {
            SparseValues::Bools(bools) => {
                let bools = rows.with(&column.rows, bools.iter().copied());
                read_bools(name, &bools, state);
                if name == "electronic_payment" {
                    for (row, electronic) in bools.iter().filter(|(row, _)| pays(row)) {
                        state.detail(row.event, |detail| detail.electronic = Some(*electronic));
                    }
                }
            }
            SparseValues::Texts(codes, texts) => {
                let interner = state.interner(name);
                let codes = translated(codes, texts, |text| interner.code(text));
                let coded = rows.with(&column.rows, codes);
                read_texts(name, coded.iter().copied(), state);
                if name == "tax_kind" {
                    for (row, code) in coded.iter().filter(|(row, _)| pays(row)) {
                        state.detail(row.event, |detail| detail.tax_kind = *code);
                    }
                }
            }
            SparseValues::Numbers(_) => {}
        }
    }
}

fn read_bools(name: &str, bools: &[(&Row, bool)], state: &mut RangeState<'_>) {
    let mut offer = |slot: &str, wanted: &dyn Fn(&Row) -> bool| {
        let slot = state.bools(slot);
        for (row, bool) in bools.iter().filter(|(row, _)| wanted(row)) {
            slot.offer(row.line, row.at, u8::from(*bool));
        }
    };
    offer(name, &|_| true);
    match name {
        "finding" => {
            offer("audit_finding", &|row| row.is_audit());
            offer("inspection_finding", &|row| !row.is_audit());
        }
        "paperless" => {
            for (row, _) in bools.iter().filter(|(_, paperless)| !paperless) {
                if let Some(event) = state.events.get_mut(row.event as usize) {
                    event.on_paper = true;
                }
            }
        }
        _ => {}
    }
}

fn read_numbers(name: &str, numbers: &[(&Row, i128)], state: &mut RangeState<'_>) {
    if numbers.is_empty() {
        return;
    }
    if AMOUNTS.contains(&name) {
        read_amounts(name, numbers, state);
        return;
    }
    let slot = state.numbers(name);
    for (row, number) in numbers {
        slot.offer(row.line, row.at, *number);
    }
}

fn read_amounts(name: &str, amounts: &[(&Row, i128)], state: &mut RangeState<'_>) {
    let slot = state.amounts(name, name);
    for (row, amount) in amounts {
        slot.offer(row.line, row.at, *amount);
    }
    match name {
        "paid" => {
            let paid = amounts.iter().map(|(row, amount)| PaidRow {
                line: row.line,
                at: row.at,
                amount: *amount,
                event: row.event,
            });
            state.payments.extend(paid);
        }
        "customs_value" => {
            let first = state.single("customs_value_first");
            for (row, amount) in amounts {
                first.offer(row.line, -row.at, *amount);
            }
        }
        "assessed" => {
            for (slot, by_audit) in [(BY_AUDIT, true), (BEFORE_AUDIT, false)] {
                let slot = state.amounts(slot, name);
                let own = amounts.iter();
                for (row, amount) in own.filter(|(row, _)| row.is_audit() == by_audit) {
                    slot.offer(row.line, row.at, *amount);
                }
            }
        }
        "fee_official" | "fee_unofficial" => {
            for (row, amount) in amounts {
                let amount = Some(*amount);
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

fn read_texts<'r>(
    name: &str,
    rows: impl Iterator<Item = (&'r Row, u32)> + Clone,
    state: &mut RangeState<'_>,
) {
    let (interner, newest) = state.texts(name);
    for (row, code) in rows.clone() {
        newest.offer(row.line, row.at, code, |a, b| greater(interner, a, b));
    }
    match name {
        "lane" => {
            for (row, code) in rows.clone() {
                if let Some(event) = state.events.get_mut(row.event as usize) {
                    event.lane = code;
                }
            }
            derive("lane", "lane_first", Order::Earliest, rows, state);
        }
        "officer" => {
            for (row, code) in rows.clone() {
                if let Some(event) = state.events.get_mut(row.event as usize) {
                    event.officer = code;
                }
            }
            let on = |milestone| {
                let rows = rows.clone();
                rows.filter(move |(row, _)| row.milestone == Some(milestone))
            };
            let lanes = on(Milestone::LaneSelected);
            derive(name, "lane_officer", Order::Earliest, lanes, state);
            let inspections = on(Milestone::InspectionCompleted);
            derive(
                name,
                "inspection_officer",
                Order::Earliest,
                inspections,
                state,
            );
        }
        "selection_reason" => {
            let audits = rows.clone().filter(|(row, _)| row.is_audit());
            derive(name, "audit_selection_reason", Order::Newest, audits, state);
            let others = rows.filter(|(row, _)| !row.is_audit());
            derive(
                name,
                "inspection_selection_reason",
                Order::Newest,
                others,
                state,
            );
        }
        "bcp" => {
            for (row, code) in rows.filter(|(row, _)| row.is_crossing()) {
                if let Some(event) = state.events.get_mut(row.event as usize) {
                    event.bcp = code;
                }
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
fn derive<'r>(
    from: &str,
    to: &str,
    order: Order,
    rows: impl Iterator<Item = (&'r Row, u32)>,
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
