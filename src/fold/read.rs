//! Attributes and amounts of a batch of events.

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Int32Type};

use super::state::{NONE, PaidRow, RangeState, greater};
use crate::error::{Error, Result};
use crate::model::{AMOUNTS, Milestone};
use crate::store::events;

/// A row of a batch that belongs to the range and has happened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// Its position in the batch.
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

/// The rows of a batch that belong to the range and have happened.
#[derive(Debug, Default)]
pub(super) struct Rows {
    all: Vec<Row>,
    /// For each position of the batch its place in `all`, or [`NONE`].
    by_position: Vec<u32>,
}

impl Rows {
    /// No row yet, of a batch of so many.
    pub(super) fn of_batch(rows: usize) -> Self {
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

    fn at(&self, position: usize) -> Option<&Row> {
        self.all.get(*self.by_position.get(position)? as usize)
    }

    /// The rows that have a value in a column. Most columns are empty in most rows: only those that are
    /// not are visited.
    fn with_value(&self, column: &ArrayRef) -> Vec<&Row> {
        let positions = valid_positions(column);
        positions.filter_map(|position| self.at(position)).collect()
    }
}

/// The positions of an array that are not null.
fn valid_positions(column: &ArrayRef) -> impl Iterator<Item = usize> {
    let nulls = column.nulls();
    let all = if nulls.is_none() { column.len() } else { 0 };
    let valid = nulls.map(|nulls| nulls.inner().set_indices());
    (0..all).chain(valid.into_iter().flatten())
}

/// A column as codes into its dictionary. Segments hold dictionaries; files rewritten by another
/// engine may hold plain texts.
fn dictionary(column: &ArrayRef) -> Result<ArrayRef> {
    if matches!(column.data_type(), DataType::Dictionary(key, _) if **key == DataType::Int32) {
        return Ok(ArrayRef::clone(column));
    }
    let text = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    cast(column, &text).map_err(|cause| Error::internal("reading a text column", cause))
}

/// Calls `take` with each position that has a text, and the code that `code` gives to it. A text is
/// looked up once per batch, however many rows have it; and only if a row has it.
fn each_code(
    column: &ArrayRef,
    mut code: impl FnMut(&str) -> Option<u32>,
    mut take: impl FnMut(usize, u32),
) -> Result<()> {
    let column = dictionary(column)?;
    let missing = || Error::internal("reading a text column", "it is not a dictionary");
    let texts = column
        .as_dictionary_opt::<Int32Type>()
        .ok_or_else(missing)?;
    let values = texts.values().as_string_opt::<i32>().ok_or_else(missing)?;
    let keys = texts.keys().values();
    let mut known: Vec<Option<Option<u32>>> = vec![None; values.len()];
    for position in valid_positions(&column) {
        let key = keys
            .get(position)
            .and_then(|key| usize::try_from(*key).ok());
        let Some((key, slot)) = key.and_then(|key| Some((key, known.get_mut(key)?))) else {
            continue;
        };
        if let Some(code) = *slot.get_or_insert_with(|| code(values.value(key))) {
            take(position, code);
        }
    }
    Ok(())
}

/// For each row the code that `code` gives to its text; `None` where it is null.
pub(super) fn codes(
    column: &ArrayRef,
    code: impl FnMut(&str) -> Option<u32>,
) -> Result<Vec<Option<u32>>> {
    let mut codes = vec![None; column.len()];
    each_code(column, code, |position, code| {
        if let Some(slot) = codes.get_mut(position) {
            *slot = Some(code);
        }
    })?;
    Ok(codes)
}

/// Reads every column that is not a role of the event.
pub(super) fn values(batch: &RecordBatch, rows: &Rows, state: &mut RangeState<'_>) -> Result<()> {
    const ROLES: [&str; 5] = [
        events::DECLARATION_ID,
        events::ITEM,
        events::ACTIVITY,
        events::MILESTONE,
        events::AT,
    ];
    // What a payment says of itself is kept with it.
    let paid = batch.column_by_name("paid");
    let paid = paid.filter(|paid| paid.null_count() < paid.len());
    let pays = |row: &&Row| paid.is_some_and(|paid| paid.is_valid(row.position));
    let schema = batch.schema();
    for (field, array) in schema.fields().iter().zip(batch.columns()) {
        let name = field.name().as_str();
        if ROLES.contains(&name) || array.null_count() == array.len() {
            continue;
        }
        match array.data_type() {
            DataType::Boolean => {
                let bools = array.as_boolean();
                let valid = rows.with_value(array);
                let valid = valid.iter().copied();
                read_bools(name, bools, valid.clone(), state);
                if name == "electronic_payment" {
                    for row in valid.filter(pays) {
                        let electronic = bools.value(row.position);
                        state.detail(row.event, |detail| detail.electronic = Some(electronic));
                    }
                }
            }
            DataType::Decimal128(..) => {
                let numbers = array.as_primitive::<Decimal128Type>();
                let valid = rows.with_value(array);
                let valid = valid.iter().copied();
                if AMOUNTS.contains(&name) {
                    read_amounts(name, numbers, valid, state);
                } else {
                    let slot = state.numbers(name);
                    for row in valid {
                        slot.offer(row.line, row.at, numbers.value(row.position));
                    }
                }
            }
            _ => {
                let interner = state.interner(name);
                let mut coded: Vec<(&Row, u32)> =
                    Vec::with_capacity(array.len() - array.null_count());
                each_code(
                    array,
                    |text| Some(interner.code(text)),
                    |position, code| coded.extend(rows.at(position).map(|row| (row, code))),
                )?;
                let coded = coded.iter().copied();
                read_texts(name, coded.clone(), state);
                if name == "tax_kind" {
                    for (row, code) in coded.filter(|(row, _)| pays(row)) {
                        state.detail(row.event, |detail| detail.tax_kind = code);
                    }
                }
            }
        }
    }
    Ok(())
}

fn read_bools<'r>(
    name: &str,
    bools: &BooleanArray,
    rows: impl Iterator<Item = &'r Row> + Clone,
    state: &mut RangeState<'_>,
) {
    let mut offer = |slot: &str, rows: &mut dyn Iterator<Item = &'r Row>| {
        let slot = state.bools(slot);
        for row in rows {
            slot.offer(row.line, row.at, u8::from(bools.value(row.position)));
        }
    };
    offer(name, &mut rows.clone());
    match name {
        "finding" => {
            let of_audit = |row: &&Row| row.is_audit();
            offer("audit_finding", &mut rows.clone().filter(of_audit));
            offer("inspection_finding", &mut rows.filter(|row| !of_audit(row)));
        }
        "paperless" => {
            for row in rows.filter(|row| !bools.value(row.position)) {
                if let Some(event) = state.events.get_mut(row.event as usize) {
                    event.on_paper = true;
                }
            }
        }
        _ => {}
    }
}

fn read_amounts<'r>(
    name: &str,
    amounts: &Decimal128Array,
    rows: impl Iterator<Item = &'r Row> + Clone,
    state: &mut RangeState<'_>,
) {
    let slot = state.amounts(name, name);
    for row in rows.clone() {
        slot.offer(row.line, row.at, amounts.value(row.position));
    }
    match name {
        "paid" => state.payments.extend(rows.map(|row| PaidRow {
            line: row.line,
            at: row.at,
            amount: amounts.value(row.position),
            event: row.event,
        })),
        "customs_value" => {
            let first = state.single("customs_value_first");
            for row in rows {
                first.offer(row.line, -row.at, amounts.value(row.position));
            }
        }
        "assessed" => {
            for (slot, by_audit) in [(BY_AUDIT, true), (BEFORE_AUDIT, false)] {
                let slot = state.amounts(slot, name);
                for row in rows.clone().filter(|row| row.is_audit() == by_audit) {
                    slot.offer(row.line, row.at, amounts.value(row.position));
                }
            }
        }
        "fee_official" | "fee_unofficial" => {
            for row in rows {
                let amount = Some(amounts.value(row.position));
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
                state.detail(row.event, |detail| detail.bcp = code);
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
