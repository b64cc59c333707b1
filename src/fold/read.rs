//! Attributes and amounts of a batch of events.

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int32Type};

use super::state::{NONE, PaidRow, RangeState, greater};
use crate::error::{Error, Result};
use crate::model::{AMOUNTS, Milestone, Texts};
use crate::store::{GroupRows, SparseNumbers, events};

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

    /// The rows that have a number in a column, with their numbers.
    fn with_number(&self, numbers: &SparseNumbers) -> Vec<(&Row, i128)> {
        let all = numbers.rows.iter().zip(&numbers.values);
        all.filter_map(|(row, number)| Some((self.at(*row as usize)?, *number)))
            .collect()
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

/// The texts of a dictionary, and by row the position of its own; of a row without one it says nothing.
fn texts_and_keys(column: &ArrayRef) -> Result<(&StringArray, &[i32])> {
    let missing = || Error::internal("reading a text column", "it is not a dictionary");
    let texts = column.as_dictionary_opt::<Int32Type>();
    let texts = texts.ok_or_else(missing)?;
    let values = texts.values().as_string_opt::<i32>().ok_or_else(missing)?;
    Ok((values, texts.keys().values()))
}

/// Calls `take` with each position that has a text, and the code that `code` gives to it, which may be [`NONE`]. A text
/// is looked up once per batch, however many rows have it; and only if a row has it.
fn each_code(
    column: &ArrayRef,
    mut code: impl FnMut(&str) -> u32,
    mut take: impl FnMut(usize, u32),
) -> Result<()> {
    const NOT_ASKED: u32 = NONE - 1;
    let column = dictionary(column)?;
    let (values, keys) = texts_and_keys(&column)?;
    let mut known = vec![NOT_ASKED; values.len()];
    let mut take_key = |position: usize, key: i32| {
        let key = usize::try_from(key).unwrap_or(usize::MAX);
        if let Some(slot) = known.get_mut(key) {
            if *slot == NOT_ASKED {
                *slot = code(values.value(key));
            }
            take(position, *slot);
        }
    };
    if column.nulls().is_none() {
        let keys = keys.iter().enumerate();
        keys.for_each(|(position, key)| take_key(position, *key));
        return Ok(());
    }
    for position in valid_positions(&column) {
        if let Some(key) = keys.get(position) {
            take_key(position, *key);
        }
    }
    Ok(())
}

/// For each row the code that `code` gives to its text; [`NONE`] where it is null.
pub(super) fn codes(column: &ArrayRef, code: impl FnMut(&str) -> u32) -> Result<Vec<u32>> {
    let mut codes = vec![NONE; column.len()];
    each_code(column, code, |position, code| {
        if let Some(slot) = codes.get_mut(position) {
            *slot = code;
        }
    })?;
    Ok(codes)
}

/// For each row the code of its text among `known`, where it is one of those that are `chosen`; [`NONE`] for others. All texts
/// of a batch are looked up together: the numbers of a range are too many to be at hand. One that no row of the batch has gets a
/// code too; a declaration without events is not folded.
pub(super) fn codes_among(
    known: &mut Texts,
    column: &ArrayRef,
    chosen: impl Fn(&str) -> bool,
) -> Result<Vec<u32>> {
    let column = dictionary(column)?;
    let (values, keys) = texts_and_keys(&column)?;
    let is_chosen = |(_, text): &(usize, Option<&str>)| text.is_some_and(&chosen);
    let (places, own): (Vec<usize>, Vec<Option<&str>>) =
        values.iter().enumerate().filter(is_chosen).unzip();
    let mut by_value = vec![NONE; values.len()];
    let codes = known.codes(own.into_iter().flatten());
    for (place, code) in places.into_iter().zip(codes) {
        if let Some(slot) = by_value.get_mut(place) {
            *slot = code;
        }
    }
    let mut by_row = vec![NONE; column.len()];
    for position in valid_positions(&column) {
        let key = keys
            .get(position)
            .and_then(|key| usize::try_from(*key).ok());
        let code = key.and_then(|key| by_value.get(key));
        if let (Some(slot), Some(code)) = (by_row.get_mut(position), code) {
            *slot = *code;
        }
    }
    Ok(by_row)
}

/// Reads every column that is not a role of the event.
pub(super) fn values(read: &GroupRows, rows: &Rows, state: &mut RangeState<'_>) -> Result<()> {
    const ROLES: [&str; 5] = [
        events::DECLARATION_ID,
        events::ITEM,
        events::ACTIVITY,
        events::MILESTONE,
        events::AT,
    ];
    let batch = &read.columns;
    // What a payment says of itself is kept with it.
    let mut paid = vec![false; batch.num_rows()];
    for (name, numbers) in &read.numbers {
        read_numbers(name, &rows.with_number(numbers), state);
        if name == "paid" {
            for row in &numbers.rows {
                if let Some(slot) = paid.get_mut(*row as usize) {
                    *slot = true;
                }
            }
        }
    }
    let pays = |row: &&Row| paid.get(row.position) == Some(&true);
    let schema = batch.schema();
    for (field, array) in schema.fields().iter().zip(batch.columns()) {
        let name = field.name().as_str();
        if ROLES.contains(&name) || array.null_count() == array.len() {
            continue;
        }
        if let Some(bools) = array.as_boolean_opt() {
            let valid = rows.with_value(array);
            let valid = valid.iter().copied();
            read_bools(name, bools, valid.clone(), state);
            if name == "electronic_payment" {
                for row in valid.filter(pays) {
                    let electronic = bools.value(row.position);
                    state.detail(row.event, |detail| detail.electronic = Some(electronic));
                }
            }
            continue;
        }
        let interner = state.interner(name);
        let mut coded: Vec<(&Row, u32)> = Vec::with_capacity(array.len() - array.null_count());
        each_code(
            array,
            |text| interner.code(text),
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
