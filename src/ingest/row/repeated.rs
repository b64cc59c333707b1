//! Rows that say what an earlier row has said, but for the number of their declaration and their time.
//!
//! Four of five rows of a customs log do: activity, office, corridor and lane in one of some thousand combinations. What
//! such a row becomes is known by its bytes. It need not be cut into fields, and no field of it has to be looked up, translated
//! or made a number; what is counted of it (identity, time, label) is what a full reading counts.

use std::ops::Range;

use hashbrown::HashTable;

use super::super::columns::{AttributeColumn, Event, EventColumns, NONE};
use super::events::{milestone_of, read_time};
use super::fields::Field;
use super::hash::row_hash;
use super::id::{declaration_id, refused_id};
use super::outline::{Ahead, OwnColumns};
use super::{Outcome, Refusal, RowReader};
use crate::model::Texts;
use crate::project::Layout;

/// So many rows are remembered. When there are more, all are forgotten: those that come then are of other kinds.
const ROWS_MAX: usize = 1 << 12;
/// A row of more bytes is not remembered: memory is bounded.
const ROW_BYTES_MAX: usize = 1 << 10;
/// How many rows are known to have been seen.
const SEEN: usize = 1 << 13;

/// What a remembered row has become, in numbers that last.
#[derive(Clone, Debug)]
struct Said {
    activity: u32,
    /// [`NONE`] for an empty one.
    item: u32,
    /// Attributes and their texts.
    texts: Box<[(usize, u32)]>,
    bools: Box<[(usize, bool)]>,
    /// Numbers of attributes, and of amounts, which are counted on from them.
    numbers: Box<[(usize, i128)]>,
}

/// A remembered row: what is looked at whenever it is repeated, which fits a line of the processor's memory.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// Where the bytes around its own fields begin and end.
    key: (u32, u32),
    /// The hash of what it says.
    hash: u64,
    here: Here,
}

impl Known {
    /// Where the bytes around its own fields stand.
    const fn key(&self) -> Range<usize> {
        self.key.0 as usize..self.key.1 as usize
    }
}

// The bytes of all rows are counted in 32 bits.
const _: () = assert!(ROWS_MAX * ROW_BYTES_MAX <= u32::MAX as usize);

/// What a remembered row is in a block.
#[derive(Clone, Copy, Debug)]
struct Here {
    /// Number of the block that met it last: the others are about that one.
    block: u32,
    detail: u32,
    activity: u32,
    item: u32,
    milestone: u8,
}

/// Texts of a column with numbers that last, and the codes that they have in the block under way.
#[derive(Clone, Debug, Default)]
struct Spelled {
    texts: Texts,
    /// [`NONE`] for a text that has not been met in the block.
    codes: Vec<u32>,
}

impl Spelled {
    fn number(&mut self, text: &str) -> u32 {
        let number = self.texts.code(text);
        if self.codes.len() < self.texts.len() {
            self.codes.push(NONE);
        }
        number
    }

    /// The block's code of a text, which `column` gives when it is first met; [`NONE`] for none.
    fn code(&mut self, number: u32, column: impl FnOnce(&str) -> u32) -> u32 {
        let Some(code) = self.codes.get_mut(number as usize) else {
            return NONE;
        };
        if *code == NONE {
            *code = column(self.texts.value(number).unwrap_or_default());
        }
        *code
    }

    fn clear(&mut self) {
        self.texts.clear();
        self.codes.clear();
    }
}

/// The texts of all columns.
#[derive(Clone, Debug, Default)]
struct Spelling {
    /// By attribute.
    attributes: Vec<Spelled>,
    activity: Spelled,
    item: Spelled,
}

impl Spelling {
    fn columns(&mut self) -> impl Iterator<Item = &mut Spelled> {
        let attributes = self.attributes.iter_mut();
        attributes.chain([&mut self.activity, &mut self.item])
    }

    /// What the newest event says, read from the details `detail` of its block.
    fn of_newest(&mut self, events: &EventColumns, detail: u32) -> Said {
        let first_amount = events.attributes.len();
        self.attributes.resize_with(first_amount, Spelled::default);
        let (mut texts, mut bools, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
        let columns = events.attributes.iter().zip(&mut self.attributes);
        for (at, (column, spelled)) in columns.enumerate() {
            match column {
                AttributeColumn::Text(column) => {
                    let text = column.codes.of_last(detail);
                    let text = text.and_then(|code| column.value(code));
                    texts.extend(text.map(|text| (at, spelled.number(text))));
                }
                AttributeColumn::Bool(column) => {
                    bools.extend(column.of_last(detail).map(|bool| (at, bool)));
                }
                AttributeColumn::Number(column) => {
                    numbers.extend(column.of_last(detail).map(|number| (at, number)));
                }
            }
        }
        for (at, column) in (first_amount..).zip(&events.amounts) {
            numbers.extend(column.of_last(detail).map(|number| (at, number)));
        }
        let activity = events.own.last();
        let activity = activity.and_then(|event| events.activity.value(event.activity));
        let item = events.item.codes.last();
        let item = item.and_then(|code| events.item.value(*code));
        let number = |text: Option<&str>, spelled: &mut Spelled| {
            text.map_or(NONE, |text| spelled.number(text))
        };
        Said {
            activity: number(activity, &mut self.activity),
            item: number(item, &mut self.item),
            texts: texts.into(),
            bools: bools.into(),
            numbers: numbers.into(),
        }
    }

    /// Adds details to a block.
    fn push(&mut self, said: &Said, events: &mut EventColumns) -> u32 {
        let detail = events.next_detail();
        let first_amount = events.attributes.len();
        for (attribute, number) in &said.texts {
            let column = events.attributes.get_mut(*attribute);
            let column = column.zip(self.attributes.get_mut(*attribute));
            if let Some((AttributeColumn::Text(column), spelled)) = column {
                let code = spelled.code(*number, |text| column.code(text));
                column.codes.values.push((detail, code));
            }
        }
        for (attribute, bool) in &said.bools {
            if let Some(AttributeColumn::Bool(column)) = events.attributes.get_mut(*attribute) {
                column.values.push((detail, *bool));
            }
        }
        for (at, number) in &said.numbers {
            let column = match at.checked_sub(first_amount) {
                Some(amount) => events.amounts.get_mut(amount),
                None => match events.attributes.get_mut(*at) {
                    Some(AttributeColumn::Number(column)) => Some(column),
                    _ => None,
                },
            };
            if let Some(column) = column {
                column.values.push((detail, *number));
            }
        }
        detail
    }
}

/// A row that is worth remembering: its hash, and what stands around its own fields.
pub(super) type Worth = (u64, Box<[u8]>);

/// Rows that are remembered. What is looked at for every row stands close together: most of the time goes into fetching it.
#[derive(Clone, Debug, Default)]
pub(super) struct Repeated {
    /// Numbers of rows by what stands around their own fields.
    numbers: HashTable<u32>,
    rows: Vec<Known>,
    /// What stands around the own fields of all rows, in the order of their numbers.
    bytes: Vec<u8>,
    /// By row the hash of that, and what it has become.
    said: Vec<(u64, Said)>,
    spelling: Spelling,
    /// How many blocks have begun.
    block: u32,
    /// Parts of the hashes of rows that were read in full. A row is worth remembering when it comes again (not within the records
    /// that are looked at together): the many that never do would crowd out the others.
    seen: Vec<u32>,
    worth: Option<Worth>,
    /// How often a row has been remembered, which may have made the numbers of others void.
    changes: u64,
}

impl Repeated {
    /// Forgets the codes of the block before, and its last row: that may have been refused before it was read.
    pub(super) fn begin_block(&mut self) {
        self.worth = None;
        self.block = self.block.wrapping_add(1);
        if self.block == 0 {
            // Rows may have been met in a block of the same number.
            self.forget();
        }
        for column in self.spelling.columns() {
            column.codes.fill(NONE);
        }
    }

    fn forget(&mut self) {
        self.numbers.clear();
        self.rows.clear();
        self.bytes.clear();
        self.said.clear();
        self.spelling.columns().for_each(Spelled::clear);
    }

    /// The number of the remembered row that a record repeats.
    fn find(&self, one: &Ahead<'_>) -> Option<u32> {
        let number = self.numbers.find(one.hash, |number| {
            let key = self.rows.get(*number as usize).map(Known::key);
            key.and_then(|key| self.bytes.get(key))
                .is_some_and(|key| one.outline.is(key))
        });
        number.copied()
    }

    /// Finds the remembered rows that some records repeat. Each step of this is a way to memory; the same step of all is taken
    /// before the next one, so that they are taken side by side.
    fn find_all(&self, records: &mut [Ahead<'_>]) {
        // The first of the table that may be it: nearly always it is, or there is none.
        for one in &mut *records {
            let first = self.numbers.find(one.hash, |_| true);
            one.number = first.copied().unwrap_or(NONE);
        }
        for one in &mut *records {
            let row = self.rows.get(one.number as usize);
            one.key = row.map(Known::key).unwrap_or_default();
        }
        for one in records.iter_mut().filter(|one| one.number != NONE) {
            let key = self.bytes.get(one.key.clone());
            if !key.is_some_and(|key| one.outline.is(key)) {
                one.number = self.find(one).unwrap_or(NONE);
            }
        }
        for one in records.iter_mut().filter(|one| one.number == NONE) {
            let (place, part) = Self::seen_at(one.hash);
            one.seen = self.seen.get(place) == Some(&part);
        }
    }

    /// Where it stands that a row with a hash has been seen, and what stands there then.
    fn seen_at(hash: u64) -> (usize, u32) {
        let [a, b, c, d, place @ ..] = hash.to_be_bytes();
        (
            u32::from_be_bytes(place) as usize % SEEN,
            u32::from_be_bytes([a, b, c, d]),
        )
    }

    /// Notes that a row is to be read in full.
    fn note(&mut self, one: &Ahead<'_>) {
        if self.seen.is_empty() {
            self.seen.resize(SEEN, 0);
        }
        let (place, part) = Self::seen_at(one.hash);
        if let Some(seen) = self.seen.get_mut(place) {
            *seen = part;
        }
        let is_worth = one.seen && one.outline.length() <= ROW_BYTES_MAX;
        self.worth = is_worth.then(|| (one.hash, one.outline.around.concat().into()));
    }

    /// The row that comes next, where it is worth remembering.
    pub(super) fn take_worth(&mut self) -> Option<Worth> {
        self.worth.take()
    }

    /// Remembers what a row has become: the newest event of the block, and the hash of what it says.
    pub(super) fn keep(&mut self, (hash, key): Worth, events: &EventColumns, said_hash: u64) {
        let Some(newest) = events.own.last() else {
            return;
        };
        if self.rows.len() == ROWS_MAX {
            self.forget();
        }
        self.changes += 1;
        let here = Here {
            block: self.block,
            detail: newest.detail,
            activity: newest.activity,
            item: events.item.codes.last().copied().unwrap_or(NONE),
            milestone: newest.milestone,
        };
        let count = |length: usize| u32::try_from(length).unwrap_or(NONE);
        let begin = count(self.bytes.len());
        self.bytes.extend_from_slice(&key);
        self.rows.push(Known {
            key: (begin, count(self.bytes.len())),
            hash: said_hash,
            here,
        });
        let said = self.spelling.of_newest(events, newest.detail);
        let number = count(self.said.len());
        self.said.push((hash, said));
        let said = &self.said;
        let hash_of = |number: &u32| said.get(*number as usize).map_or(0, |(hash, _)| *hash);
        self.numbers.insert_unique(hash, number, hash_of);
    }
}

impl RowReader<'_> {
    /// The columns without which a row's bytes say all of what it becomes. `None` where there are none such: rows of several
    /// dates, rows with ids of their own, which never repeat, and mappings that read number or time for something else too.
    pub(in super::super) fn own_columns(&self) -> Option<OwnColumns> {
        let own = OwnColumns {
            id: self.declaration_id,
            time: self.timestamp,
        };
        let plain = [&self.item, &self.currency, &self.lifecycle];
        let plain = plain.into_iter().flatten().chain(&self.activity);
        let fields = self.attributes.fields().iter().chain(&self.amounts);
        let fields = fields.chain(&self.condition).flat_map(|field| match field {
            Field::At(column) => std::slice::from_ref(column),
            Field::Expression(_, columns) => columns,
            Field::Constant(_) => &[],
        });
        let computed = self.computed.iter().flat_map(|(_, columns)| columns);
        let mut others = plain.chain(fields).chain(computed);
        let is_own = self.mapping.layout == Layout::Events
            && self.event_id.is_none()
            && own.id != own.time
            && own.id.max(own.time) < self.width
            && !others.any(|column| *column == own.id || *column == own.time);
        is_own.then_some(own)
    }

    /// Finds out beforehand what the records that come next repeat, and the codes of their declarations' numbers. Gives the
    /// state in which this holds.
    pub(in super::super) fn look_ahead(
        &self,
        records: &mut [Ahead<'_>],
        outcome: &mut Outcome,
    ) -> u64 {
        self.repeated.find_all(records);
        for one in records.iter_mut().filter(|one| one.number != NONE) {
            let id = declaration_id(one.outline.id).ok();
            one.id = id.map(|id| (id, NONE));
        }
        let ids = || records.iter().filter_map(|one| Some(one.id?.0));
        let codes = outcome.events.declaration_id.codes(ids());
        let own = records.iter_mut().filter_map(|one| one.id.as_mut());
        for ((_, slot), code) in own.zip(codes) {
            *slot = code;
        }
        self.repeated.changes
    }

    /// Reads a record into `outcome` by what an earlier one has become that was the same around its own fields, as
    /// [`RowReader::look_ahead`] has found it when the state was `state`. `false` where none is remembered: the record is to be
    /// read in full. `raw` gives its text should it be refused.
    #[inline]
    pub(in super::super) fn repeat(
        &mut self,
        one: &Ahead<'_>,
        (state, line): (u64, u64),
        outcome: &mut Outcome,
        raw: impl Fn() -> String,
    ) -> bool {
        let number = if state == self.repeated.changes {
            one.number
        } else {
            self.repeated.find(one).unwrap_or(NONE)
        };
        let (rows, details) = (outcome.events.rows(), outcome.events.details);
        let Some(pushed) = self.push_known(one, number, line, &mut outcome.events) else {
            self.repeated.note(one);
            return false;
        };
        outcome.read += 1;
        self.settle(pushed.map(Some), (rows, details, line), outcome, raw);
        true
    }

    /// Adds the event of a record that repeats the row of a number, as [`RowReader::push`] would; `None` where there is no
    /// such row.
    #[inline]
    fn push_known(
        &mut self,
        one: &Ahead<'_>,
        number: u32,
        line: u64,
        events: &mut EventColumns,
    ) -> Option<Result<u8, Refusal>> {
        let Repeated {
            rows,
            said,
            spelling,
            block,
            ..
        } = &mut self.repeated;
        let row = rows.get_mut(number as usize)?;
        let mapping = self.mapping;
        let id = match one.id {
            Some(id) => Ok(id),
            None => match declaration_id(one.outline.id) {
                Ok(id) => Ok((id, events.declaration_id.code(id))),
                Err(reason) => Err(refused_id(reason, mapping, one.outline.id)),
            },
        };
        let own = id.and_then(|id| {
            let column = &mapping.columns.timestamp;
            let at = read_time(&mut self.times, &self.limits, column, one.outline.time)?;
            Ok((id, at))
        });
        let ((id, declaration), at) = match own {
            Ok(own) => own,
            Err(refusal) => return Some(Err(refusal)),
        };
        if row.here.block != *block {
            let (_, said) = said.get(number as usize)?;
            let activity = spelling
                .activity
                .code(said.activity, |label| events.activity.code(label));
            let label = events.activity.value(activity).unwrap_or_default();
            let milestone = milestone_of(&mut self.milestone_codes, mapping, label, activity);
            row.here = Here {
                block: *block,
                detail: spelling.push(said, events),
                activity,
                item: spelling.item.code(said.item, |text| events.item.code(text)),
                milestone,
            };
        }
        let here = row.here;
        events.own.push(Event {
            at,
            row_hash: row_hash(id, at, row.hash),
            line,
            declaration,
            activity: here.activity,
            detail: here.detail,
            milestone: here.milestone,
            head: true,
        });
        if self.item.is_some() {
            events.item.codes.push(here.item);
        }
        Some(Ok(here.milestone))
    }
}
