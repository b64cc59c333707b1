//! One source row → its events, or the reason why not.

mod amounts;
mod attributes;
mod columns;
mod events;
mod fields;
mod hash;
mod id;
mod outline;
mod repeated;
mod translated;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use self::attributes::Attributes;
use self::columns::{check_columns, computed_columns};
use self::fields::{Field, RowFields};
use self::hash::{SaidBytes, row_hash};
use self::id::{declaration_id, refused_id};
pub(super) use self::outline::{Ahead, Outline, OwnColumns};
use self::repeated::Repeated;
use self::translated::Translated;
use super::columns::{AttributeColumn, EventColumns, NONE, NumberColumn, Sparse, SparseTexts};
use super::ledger::AssumedTimes;
use super::reject::{Reason, Reject};
use super::time::{Assumption, TimeReader};
use super::trim::trimmed;
use crate::error::Result;
use crate::model::{AttributeType, Milestone, Spent};
use crate::project::{AttributeMapping, Expression, Layout, Mapping, Origin, Rates};

/// Stands for an activity that is mapped to no milestone.
const NO_MILESTONE: u8 = u8::MAX;
/// 1970-01-02T00:00:00Z. Earlier times are what systems write for "none" (0001-01-01, 1900-01-01,
/// 1970-01-01 in any zone); no customs system has logged then.
const NOT_BEFORE_US: i64 = 86_400_000_000;
/// All that is mapped from one row is at most so long; a row with more is refused.
const MAPPED_BYTES_MAX: usize = 256 << 10;
/// How much of a field that is too long is shown.
const SHOWN_CHARACTERS: usize = 60;

/// What every row of a project is checked against.
#[derive(Clone, Debug)]
pub struct Limits<'p> {
    /// Times after this instant are refused.
    pub not_after_us: i64,
    /// The project's currency.
    pub currency: &'p str,
    /// Exchange rates.
    pub rates: &'p Rates,
    /// The project's zone, for the date of a rate.
    pub zone: &'p TimeZone,
}

/// A source row as texts.
pub(super) trait Row {
    /// The text of the field at a position; empty when there is none.
    fn field(&self, at: usize) -> &str;

    /// Whether the field at a position is empty.
    fn is_empty(&self, at: usize) -> bool {
        self.field(at).is_empty()
    }

    /// The positions of the fields that are not empty; `None` where each would have to be looked at to know.
    fn filled(&self) -> Option<&[usize]> {
        None
    }
}

impl Row for csv::StringRecord {
    fn field(&self, at: usize) -> &str {
        self.get(at).unwrap_or_default()
    }
}

/// What became of the rows of a block.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Their events.
    pub events: EventColumns,
    /// Refused rows.
    pub rejects: Vec<Reject>,
    /// Rows read.
    pub read: u64,
    /// Bytes of text that they were cut from; 0 where the source is no text.
    pub bytes: u64,
    /// Rows left out by the mapping's `where`.
    pub filtered: u64,
    /// Labels mapped to no milestone, with their number of rows.
    pub unmapped: BTreeMap<String, u64>,
    /// Local times that a rule had to settle.
    pub assumed: BTreeMap<Assumption, AssumedTimes>,
    /// Times read, and those of them that had no offset.
    pub zones: (u64, u64),
}

impl Outcome {
    /// Counts the label of the newest event, which is mapped to no milestone.
    fn note_unmapped(&mut self) {
        let newest = self.events.own.last();
        let label = newest.and_then(|event| self.events.activity.value(event.activity));
        *self
            .unmapped
            .entry(label.unwrap_or_default().to_owned())
            .or_default() += 1;
    }

    /// Counts the times of an accepted row that a rule had to settle.
    fn note_assumed(&mut self, assumed: Vec<(Assumption, String)>, line: u64) {
        for (assumption, value) in assumed {
            let one = AssumedTimes {
                times: 1,
                line,
                value,
            };
            self.assumed.entry(assumption).or_default().add(one);
        }
    }

    /// Refuses a row that could not even be cut into fields.
    pub fn refuse(&mut self, reject: Reject) {
        self.read += 1;
        self.rejects.push(reject);
    }
}

/// Why a row was refused, before its line is known.
struct Refusal {
    column: String,
    value: String,
    reason: Reason,
}

fn refuse<T>(reason: Reason, column: &str, value: &str) -> Result<T, Refusal> {
    Err(Refusal {
        column: column.to_owned(),
        value: value.to_owned(),
        reason,
    })
}

/// Turns rows into events by a mapping whose columns have been found in the file's header.
#[derive(Clone, Debug)]
pub(super) struct RowReader<'p> {
    mapping: &'p Mapping,
    limits: Limits<'p>,
    /// The columns of the source, and behind them the computed ones.
    header: Vec<String>,
    /// How many columns the source has.
    width: usize,
    /// The expressions of the computed columns and the places of the columns they read.
    computed: Vec<(&'p Expression, Vec<usize>)>,
    declaration_id: usize,
    item: Option<usize>,
    event_id: Option<usize>,
    currency: Option<usize>,
    activity: Vec<usize>,
    lifecycle: Option<usize>,
    timestamp: usize,
    milestones: Vec<(Milestone, usize)>,
    attributes: Attributes,
    /// By attribute what its code list has made of values of the block under way.
    translated: Vec<Translated>,
    amounts: Vec<Field>,
    condition: Option<Field>,
    times: TimeReader,
    /// What the row under way says.
    said: SaidBytes,
    label: String,
    /// Milestones of the outcome under way by the codes of their activities.
    milestone_codes: Vec<u8>,
    repeated: Repeated,
    /// The hash of what it says.
    said_hash: u64,
    /// Whether amounts of the row under way may have been converted, at the rate of its day.
    converted: bool,
    /// Columns of blocks that have been stored.
    spent: Spent<EventColumns>,
}

impl<'p> RowReader<'p> {
    /// Finds the mapping's columns in the header of `file`; missing ones are an error that names
    /// the nearest.
    pub(super) fn new(
        mapping: &'p Mapping,
        limits: Limits<'p>,
        header: &[String],
        file: &str,
    ) -> Result<Self> {
        check_columns(mapping, header, file)?;
        let width = header.len();
        let computed = computed_columns(mapping, header);
        let names = mapping.computed.iter().map(|(name, _)| name);
        let header: Vec<String> = header.iter().chain(names).cloned().collect();
        // From behind: a computed column may stand in for one of the same name.
        let find = |column: &str| {
            let at = header.iter().rposition(|name| name == column);
            at.unwrap_or(usize::MAX)
        };
        let resolve = |origin: &Origin| match origin {
            Origin::Column(column) => Field::At(find(column)),
            Origin::Expression(expression) => {
                let at = expression
                    .columns()
                    .iter()
                    .map(|column| find(column))
                    .collect();
                Field::Expression(expression.clone(), at)
            }
            Origin::Constant(value) => Field::Constant(value.clone()),
        };
        let roles = &mapping.columns;
        Ok(Self {
            declaration_id: find(&roles.declaration_id),
            item: roles.item.as_deref().map(find),
            event_id: roles.event_id.as_deref().map(find),
            currency: roles.currency.as_deref().map(find),
            activity: roles.activity.iter().map(|column| find(column)).collect(),
            lifecycle: roles.lifecycle.as_deref().map(find),
            timestamp: find(&roles.timestamp),
            milestones: mapping
                .milestones
                .iter()
                .map(|(m, column)| (*m, find(column)))
                .collect(),
            attributes: Attributes::of(
                mapping.attributes.iter().map(|one| resolve(&one.origin)),
                header.len(),
            ),
            translated: vec![Translated::default(); mapping.attributes.len()],
            amounts: mapping
                .amounts
                .iter()
                .map(|amount| resolve(&amount.origin))
                .collect(),
            condition: mapping
                .condition
                .as_ref()
                .map(|condition| resolve(&Origin::Expression(condition.clone()))),
            times: TimeReader::new(&mapping.timestamp_formats, &mapping.timezone),
            computed,
            width,
            said: SaidBytes::default(),
            label: String::new(),
            milestone_codes: Vec::new(),
            repeated: Repeated::default(),
            said_hash: 0,
            converted: false,
            spent: Spent::default(),
            header,
            mapping,
            limits,
        })
    }

    /// The columns of the source.
    pub(super) fn header(&self) -> &[String] {
        &self.header
    }

    /// How many times have been read since the last call, and how many of them had no offset.
    pub(super) fn take_zones(&mut self) -> (u64, u64) {
        self.times.take_zones()
    }

    /// How many fields a row must have.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Where columns go when they have been stored.
    pub(super) fn spent(&self) -> Spent<EventColumns> {
        self.spent.clone()
    }

    /// An empty outcome with this mapping's columns, for the rows of one block: none of another one may
    /// be read in between.
    pub(super) fn outcome(&mut self) -> Outcome {
        self.milestone_codes.clear();
        self.translated.iter_mut().for_each(Translated::clear);
        self.repeated.begin_block();
        let events = self.spent.take().unwrap_or_else(|| self.columns());
        Outcome {
            events,
            ..Outcome::default()
        }
    }

    fn columns(&self) -> EventColumns {
        let attributes =
            self.mapping
                .attributes
                .iter()
                .map(|attribute| match attribute.attribute_type {
                    AttributeType::Text => AttributeColumn::Text(SparseTexts::default()),
                    AttributeType::Bool => AttributeColumn::Bool(Sparse::default()),
                    AttributeType::Number => AttributeColumn::Number(NumberColumn::default()),
                });
        EventColumns {
            attributes: attributes.collect(),
            amounts: vec![NumberColumn::default(); self.mapping.amounts.len()],
            ..EventColumns::default()
        }
    }

    /// Reads one row into `outcome`. `raw` gives the row's text should it be refused.
    pub(super) fn read(
        &mut self,
        row: &impl Row,
        line: u64,
        outcome: &mut Outcome,
        raw: impl Fn() -> String,
    ) {
        outcome.read += 1;
        let (rows, details) = (outcome.events.rows(), outcome.events.details);
        let worth = self.repeated.take_worth();
        let pushed = if self.computed.is_empty() {
            self.push(row, line, outcome)
        } else {
            self.compute(row)
                .and_then(|row| self.push(&row, line, outcome))
        };
        if let (Some(worth), Ok(Some(_)), false) = (worth, &pushed, self.converted) {
            self.repeated.keep(worth, &outcome.events, self.said_hash);
        }
        self.settle(pushed, (rows, details, line), outcome, raw);
    }

    /// Counts a row whose events have been pushed behind the first `rows`, its details behind the first `details`, or which
    /// was refused or left out. Of one that has been pushed the milestone of its newest event is given.
    #[inline]
    fn settle(
        &mut self,
        pushed: Result<Option<u8>, Refusal>,
        (rows, details, line): (u32, u32, u64),
        outcome: &mut Outcome,
        raw: impl Fn() -> String,
    ) {
        let assumed = self.times.take_assumed();
        match pushed {
            Ok(Some(milestone)) => {
                if milestone == NO_MILESTONE {
                    outcome.note_unmapped();
                }
                if !assumed.is_empty() {
                    outcome.note_assumed(assumed, line);
                }
            }
            Ok(None) => outcome.filtered += 1,
            Err(Refusal {
                column,
                value,
                reason,
            }) => {
                outcome.events.truncate(rows, details);
                outcome.rejects.push(Reject {
                    line,
                    column,
                    value,
                    reason,
                    raw: raw(),
                });
            }
        }
    }

    /// Adds the row's events, and gives the milestone of the last one; `None` when `where` leaves it out.
    fn push(
        &mut self,
        row: &impl Row,
        line: u64,
        outcome: &mut Outcome,
    ) -> Result<Option<u8>, Refusal> {
        if let Some(Field::Expression(condition, at)) = &self.condition {
            match condition.holds(&RowFields::new(row, at, &self.mapping.numbers)) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(fault) => return refuse(fault.reason, "where", &fault.value),
            }
        }
        self.said.clear();
        let events = &mut outcome.events;
        let first_row = events.rows();
        let text = row.field(self.declaration_id);
        let id = declaration_id(text).map_err(|reason| refused_id(reason, self.mapping, text))?;
        match self.mapping.layout {
            Layout::Events => self.push_event(row, events)?,
            Layout::Declarations => self.push_milestones(row, events)?,
        }
        let item = self.item.map_or("", |at| trimmed(row.field(at)));
        let event_id = self.event_id.map_or("", |at| trimmed(row.field(at)));
        self.said.text(item);
        self.said.text(event_id);
        let detail = events.next_detail();
        self.push_attributes(row, events, detail)?;
        let first_at = events.event(first_row).map_or(0, |event| event.at);
        self.push_amounts(row, events, (detail, first_at))?;
        if self.said.length() > MAPPED_BYTES_MAX {
            return self.too_long(row);
        }
        self.said_hash = self.said.hash();
        let hash = row_hash(id, first_at, self.said_hash);
        let declaration = events.declaration_id.code(id);
        let own = events.own.get_mut(first_row as usize..);
        for (at, event) in own.unwrap_or_default().iter_mut().enumerate() {
            event.declaration = declaration;
            event.line = line;
            event.row_hash = hash;
            event.head = at == 0;
            // Attributes and amounts stand on the first event of the row; its other events carry none.
            event.detail = if event.head { detail } else { NONE };
            if self.item.is_some() {
                events.item.push(item);
            }
            if self.event_id.is_some() {
                events.event_id.push(event_id);
            }
        }
        Ok(events.own.last().map(|event| event.milestone))
    }

    /// Refuses a row whose mapped fields are too long together, at the longest of them.
    fn too_long<T>(&self, row: &impl Row) -> Result<T, Refusal> {
        let wanted = self.mapping.source_columns();
        let columns = self.header.iter().enumerate();
        let longest = columns
            .filter(|(_, name)| wanted.contains(name))
            .max_by_key(|(at, _)| row.field(*at).len());
        let (at, name) = longest.map_or((usize::MAX, ""), |(at, name)| (at, name.as_str()));
        let text = row.field(at);
        let start: String = text.chars().take(SHOWN_CHARACTERS).collect();
        let shown = format!(
            "{start}… ({} bytes; a row may carry {} KiB)",
            text.len(),
            MAPPED_BYTES_MAX >> 10
        );
        refuse(Reason::FieldTooLong, name, &shown)
    }
}

fn column_name<'n>(mapping: &'n AttributeMapping, field: &Field, header: &'n [String]) -> &'n str {
    match field {
        Field::At(at) => header.get(*at).map_or("", String::as_str),
        _ => &mapping.name,
    }
}
