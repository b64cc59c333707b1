//! One source row → its events, or the reason why not.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use xxhash_rust::xxh3::xxh3_64;

use super::columns::{AttributeColumn, EventColumns, NumberColumn, TextColumn};
use super::number::{decimal_to_millionths, millionths_to_decimal, parse_millionths};
use super::reject::{Reason, Reject};
use super::time::{TimeFault, TimeReader, civil_date};
use crate::error::{Error, Result, did_you_mean};
use crate::model::{AttributeType, Milestone};
use crate::project::{
    AttributeMapping, Expression, Layout, Mapping, Origin, Rates, Value, parse_bool,
};

/// Stands for an activity that is mapped to no milestone.
const NO_MILESTONE: u8 = u8::MAX;

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
    /// Rows left out by the mapping's `where`.
    pub filtered: u64,
    /// Labels mapped to no milestone, with their number of rows.
    pub unmapped: BTreeMap<String, u64>,
    /// Times read, and those of them that had no offset.
    pub zones: (u64, u64),
}

impl Outcome {
    /// Counts the label of the newest event if it is mapped to no milestone.
    fn note_unmapped(&mut self) {
        if self.events.milestone.last() != Some(&NO_MILESTONE) {
            return;
        }
        let activity = &self.events.activity;
        let label = activity.codes.last().and_then(|code| activity.value(*code));
        *self
            .unmapped
            .entry(label.unwrap_or_default().to_owned())
            .or_default() += 1;
    }

    /// Refuses a row that could not even be cut into fields.
    pub fn refuse(&mut self, reject: Reject) {
        self.read += 1;
        self.rejects.push(reject);
    }
}

/// A column's position, or what stands in for it.
#[derive(Clone, Debug)]
enum Field {
    At(usize),
    Expression(Expression, Vec<usize>),
    Constant(String),
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
    header: Vec<String>,
    declaration_id: usize,
    item: Option<usize>,
    event_id: Option<usize>,
    currency: Option<usize>,
    activity: Vec<usize>,
    timestamp: usize,
    milestones: Vec<(Milestone, usize)>,
    attributes: Vec<Field>,
    amounts: Vec<Field>,
    condition: Option<Field>,
    times: TimeReader,
    hashed: Vec<u8>,
    label: String,
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
        let missing: Vec<String> = mapping
            .source_columns()
            .into_iter()
            .filter(|column| !header.contains(column))
            .collect();
        if let Some(first) = missing.first() {
            let hint = did_you_mean(first, header.iter().map(String::as_str))
                .unwrap_or_else(|| format!("the file has: {}", header.join(", ")));
            return Err(Error::input_with_hint(
                format!(
                    "`{file}` has no column `{}`, which the mapping `{}` reads",
                    missing.join("`, `"),
                    mapping.name
                ),
                hint,
            ));
        }
        let find = |column: &str| {
            header
                .iter()
                .position(|name| name == column)
                .unwrap_or(usize::MAX)
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
            timestamp: find(&roles.timestamp),
            milestones: mapping
                .milestones
                .iter()
                .map(|(m, column)| (*m, find(column)))
                .collect(),
            attributes: mapping
                .attributes
                .iter()
                .map(|a| resolve(&a.origin))
                .collect(),
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
            header: header.to_vec(),
            hashed: Vec::with_capacity(256),
            label: String::new(),
            mapping,
            limits,
        })
    }

    /// How many times have been read since the last call, and how many of them had no offset.
    pub(super) fn take_zones(&mut self) -> (u64, u64) {
        self.times.take_zones()
    }

    /// How many fields a row must have.
    pub(super) fn width(&self) -> usize {
        self.header.len()
    }

    /// An empty outcome with this mapping's columns.
    pub(super) fn outcome(&self) -> Outcome {
        let attributes =
            self.mapping
                .attributes
                .iter()
                .map(|attribute| match attribute.attribute_type {
                    AttributeType::Text => AttributeColumn::Text(TextColumn::default()),
                    AttributeType::Bool => AttributeColumn::Bool(Vec::new()),
                    AttributeType::Number => AttributeColumn::Number(NumberColumn::default()),
                });
        let events = EventColumns {
            attributes: attributes.collect(),
            amounts: vec![NumberColumn::default(); self.mapping.amounts.len()],
            ..EventColumns::default()
        };
        Outcome {
            events,
            ..Outcome::default()
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
        let rows = outcome.events.rows();
        match self.push(row, line, outcome) {
            Ok(true) => outcome.note_unmapped(),
            Ok(false) => outcome.filtered += 1,
            Err(Refusal {
                column,
                value,
                reason,
            }) => {
                outcome.events.truncate(rows);
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

    /// Adds the row's events; `false` when `where` leaves it out.
    fn push(&mut self, row: &impl Row, line: u64, outcome: &mut Outcome) -> Result<bool, Refusal> {
        if let Some(Field::Expression(condition, at)) = &self.condition {
            let column = |i: usize| at.get(i).map_or("", |at| row.field(*at).trim());
            match condition.holds(&column) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(fault) => return refuse(Reason::BadNumber, "where", &fault.value),
            }
        }
        self.hashed.clear();
        let events = &mut outcome.events;
        let first_row = events.rows();
        let id = row.field(self.declaration_id).trim();
        if id.is_empty() {
            return refuse(Reason::MissingId, &self.mapping.columns.declaration_id, "");
        }
        hash_text(&mut self.hashed, id);
        match self.mapping.layout {
            Layout::Events => self.push_event(row, events)?,
            Layout::Declarations => self.push_milestones(row, events)?,
        }
        let item = self.item.map_or("", |at| row.field(at).trim());
        let event_id = self.event_id.map_or("", |at| row.field(at).trim());
        hash_text(&mut self.hashed, item);
        hash_text(&mut self.hashed, event_id);
        self.push_attributes(row, events)?;
        self.push_amounts(row, events, first_row)?;
        let hash = xxh3_64(&self.hashed);
        for at in first_row..events.rows() {
            events.declaration_id.push(id);
            events.item.push(item);
            events.event_id.push(event_id);
            events.line.push(line);
            events.row_hash.push(hash);
            events.head.push(at == first_row);
        }
        Ok(true)
    }

    fn push_event(&mut self, row: &impl Row, events: &mut EventColumns) -> Result<(), Refusal> {
        let label = match self.activity.as_slice() {
            [only] => row.field(*only).trim(),
            columns => {
                self.label.clear();
                for (i, at) in columns.iter().enumerate() {
                    if i > 0 {
                        self.label.push('+');
                    }
                    self.label.push_str(row.field(*at).trim());
                }
                self.label.as_str()
            }
        };
        if label.is_empty() || label.bytes().all(|byte| byte == b'+') {
            return refuse(
                Reason::MissingActivity,
                &self.mapping.columns.activity.join("+"),
                label,
            );
        }
        let text = row.field(self.timestamp);
        let at = read_time(
            &mut self.times,
            &self.limits,
            &self.mapping.columns.timestamp,
            text,
        )?;
        let milestone = self.mapping.activities.get(label);
        hash_text(&mut self.hashed, label);
        self.hashed.extend_from_slice(&at.to_le_bytes());
        events.activity.push(label);
        events
            .milestone
            .push(milestone.map_or(NO_MILESTONE, |milestone| milestone.code()));
        events.at.push(at);
        Ok(())
    }

    fn push_milestones(
        &mut self,
        row: &impl Row,
        events: &mut EventColumns,
    ) -> Result<(), Refusal> {
        let mut any = false;
        for ((milestone, at), (_, column)) in self.milestones.iter().zip(&self.mapping.milestones) {
            let text = row.field(*at);
            if text.trim().is_empty() {
                continue;
            }
            let instant = read_time(&mut self.times, &self.limits, column, text)?;
            self.hashed.push(milestone.code());
            self.hashed.extend_from_slice(&instant.to_le_bytes());
            events.activity.push(milestone.name());
            events.milestone.push(milestone.code());
            events.at.push(instant);
            any = true;
        }
        if any {
            Ok(())
        } else {
            let columns: Vec<&str> = self
                .mapping
                .milestones
                .iter()
                .map(|(_, column)| column.as_str())
                .collect();
            refuse(Reason::MissingTime, &columns.join(", "), "")
        }
    }

    /// Attributes stand on the first event of the row; its other events carry none.
    fn push_attributes(
        &mut self,
        row: &impl Row,
        events: &mut EventColumns,
    ) -> Result<(), Refusal> {
        let rows = events.at.len();
        let rows_u32 = events.rows();
        let mapped = self.mapping.attributes.iter().zip(&self.attributes);
        for ((mapping, field), column) in mapped.zip(&mut events.attributes) {
            let text = text_of(field, row).map_err(|value| Refusal {
                column: mapping.name.clone(),
                value,
                reason: Reason::BadNumber,
            })?;
            let text = translate(mapping, field, &text, &self.header)?;
            hash_text(&mut self.hashed, text);
            match column {
                AttributeColumn::Text(column) => {
                    let first = column.codes.len();
                    column.push(text);
                    column
                        .codes
                        .resize(rows.max(first + 1), super::columns::NONE);
                }
                AttributeColumn::Bool(bools) => {
                    let bool = match (text, parse_bool(text)) {
                        ("", _) => 2,
                        (_, Some(bool)) => u8::from(bool),
                        (_, None) => {
                            return refuse(
                                Reason::BadBoolean,
                                column_name(mapping, field, &self.header),
                                text,
                            );
                        }
                    };
                    bools.push(bool);
                    bools.resize(rows, 2);
                }
                AttributeColumn::Number(column) => {
                    if text.is_empty() {
                        continue;
                    }
                    let Some(value) = parse_millionths(text) else {
                        return refuse(
                            Reason::BadNumber,
                            column_name(mapping, field, &self.header),
                            text,
                        );
                    };
                    let first = events.declaration_id.codes.len();
                    column
                        .values
                        .push((u32::try_from(first).unwrap_or(rows_u32), value));
                }
            }
        }
        Ok(())
    }

    fn push_amounts(
        &mut self,
        row: &impl Row,
        events: &mut EventColumns,
        first: u32,
    ) -> Result<(), Refusal> {
        let rate = self.rate(row, events.at.get(first as usize).copied().unwrap_or(0))?;
        let mapped = self.mapping.amounts.iter().zip(&self.amounts);
        for ((mapping, field), column) in mapped.zip(&mut events.amounts) {
            let value = match field {
                Field::Expression(expression, at) => computed(expression, at, row),
                Field::At(_) | Field::Constant(_) => {
                    let text = text_of(field, row).unwrap_or_default();
                    if text.is_empty() {
                        Ok(None)
                    } else {
                        parse_millionths(&text)
                            .map(Some)
                            .ok_or_else(|| text.clone().into_owned())
                    }
                }
            };
            let value = value.and_then(|value| match (value, rate) {
                (Some(value), Some(rate)) => {
                    convert(value, rate).map(Some).ok_or(value.to_string())
                }
                (value, _) => Ok(value),
            });
            match value {
                Ok(Some(value)) => {
                    // Marked, so that an amount in the next column does not look the same.
                    self.hashed.push(1);
                    self.hashed.extend_from_slice(&value.to_le_bytes());
                    column.values.push((first, value));
                }
                Ok(None) => self.hashed.push(0),
                Err(text) => {
                    let column = match field {
                        Field::At(at) => self.header.get(*at).map_or("", String::as_str),
                        _ => &mapping.name,
                    };
                    return refuse(Reason::BadNumber, column, &text);
                }
            }
        }
        Ok(())
    }

    /// The rate of the row's currency on the day of its event; `None` in the project's currency.
    fn rate(&self, row: &impl Row, at_us: i64) -> Result<Option<Decimal>, Refusal> {
        let Some(column) = self.currency else {
            return Ok(None);
        };
        let currency = row.field(column).trim();
        if currency.is_empty() || currency == self.limits.currency {
            return Ok(None);
        }
        let rate = civil_date(at_us, self.limits.zone)
            .and_then(|date| self.limits.rates.rate(currency, date));
        if let Some(rate) = rate {
            Ok(Some(rate))
        } else {
            let name = self.mapping.columns.currency.as_deref().unwrap_or_default();
            refuse(Reason::UnknownCurrency, name, currency)
        }
    }
}

fn convert(value: i128, rate: Decimal) -> Option<i128> {
    decimal_to_millionths(millionths_to_decimal(value)?.checked_mul(rate)?)
}

fn read_time(
    times: &mut TimeReader,
    limits: &Limits<'_>,
    column: &str,
    text: &str,
) -> Result<i64, Refusal> {
    if text.trim().is_empty() {
        return refuse(Reason::MissingTime, column, "");
    }
    match times.read(text) {
        Ok(at) if at > limits.not_after_us => refuse(Reason::FutureTime, column, text),
        Ok(at) => Ok(at),
        Err(TimeFault::Unparsable) => refuse(Reason::UnparsableTime, column, text),
        Err(TimeFault::Impossible) => refuse(Reason::ImpossibleTime, column, text),
    }
}

/// The text of a field; the error is the offending value of an expression.
fn text_of<'r>(field: &'r Field, row: &'r impl Row) -> Result<Cow<'r, str>, String> {
    Ok(match field {
        Field::At(at) => Cow::Borrowed(row.field(*at).trim()),
        Field::Constant(value) => Cow::Borrowed(value.as_str()),
        Field::Expression(expression, at) => {
            let column = |i: usize| at.get(i).map_or("", |at| row.field(*at).trim());
            match expression.evaluate(&column).map_err(|fault| fault.value)? {
                Value::Null => Cow::Borrowed(""),
                Value::Text(text) => text,
                Value::Number(number) => Cow::Owned(number.normalize().to_string()),
                Value::Bool(bool) => Cow::Borrowed(if bool { "true" } else { "false" }),
            }
        }
    })
}

fn computed(expression: &Expression, at: &[usize], row: &impl Row) -> Result<Option<i128>, String> {
    let column = |i: usize| at.get(i).map_or("", |at| row.field(*at).trim());
    match expression.evaluate(&column).map_err(|fault| fault.value)? {
        Value::Null => Ok(None),
        Value::Number(number) => decimal_to_millionths(number)
            .map(Some)
            .ok_or(number.to_string()),
        Value::Text(text) => parse_millionths(&text)
            .map(Some)
            .ok_or_else(|| text.into_owned()),
        Value::Bool(bool) => Err(bool.to_string()),
    }
}

/// Our code for a source value; a code list knows every value it may meet.
fn translate<'t>(
    mapping: &'t AttributeMapping,
    field: &Field,
    text: &'t str,
    header: &[String],
) -> Result<&'t str, Refusal> {
    match &mapping.codes {
        Some(codes) if !text.is_empty() => match codes.get(text) {
            Some(code) => Ok(code),
            None => refuse(
                Reason::UnknownCode,
                column_name(mapping, field, header),
                text,
            ),
        },
        _ => Ok(text),
    }
}

fn column_name<'n>(mapping: &'n AttributeMapping, field: &Field, header: &'n [String]) -> &'n str {
    match field {
        Field::At(at) => header.get(*at).map_or("", String::as_str),
        _ => &mapping.name,
    }
}

/// Texts are hashed with their end marked, so that `ab`,`c` and `a`,`bc` differ.
fn hash_text(hashed: &mut Vec<u8>, text: &str) {
    hashed.extend_from_slice(text.as_bytes());
    hashed.push(0xff);
}
