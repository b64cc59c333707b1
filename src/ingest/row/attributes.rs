//! Attributes of a row.

use super::super::columns::{AttributeColumn, EventColumns, SparseTexts};
use super::super::reject::Reason;
use super::super::trim::trimmed;
use super::fields::{Field, text_of};
use super::hash::SaidBytes;
use super::translated::{Translated, translate};
use super::{Refusal, Row, RowReader, column_name, refuse};
use crate::project::{AttributeMapping, parse_bool};

/// The mapped attributes, in the mapping's order.
#[derive(Clone, Debug)]
pub(super) struct Attributes {
    fields: Vec<Field>,
    /// By column of the source those that are read from it as it stands.
    of_column: Vec<Vec<usize>>,
    /// Those that are made from several columns, or from none.
    made: Vec<usize>,
    /// Whether those of `of_column`, and then those that are made, ascend.
    ascend: bool,
    /// Those that have something to say in the row under way, ascending.
    filled: Vec<usize>,
}

impl Attributes {
    /// Those of a source with so many columns, computed ones included.
    pub(super) fn of(fields: impl Iterator<Item = Field>, columns: usize) -> Self {
        let fields: Vec<Field> = fields.collect();
        let (mut of_column, mut made) = (vec![Vec::new(); columns], Vec::new());
        for (attribute, field) in fields.iter().enumerate() {
            match field {
                Field::At(column) => {
                    if let Some(attributes) = of_column.get_mut(*column) {
                        attributes.push(attribute);
                    }
                }
                Field::Expression(..) | Field::Constant(_) => made.push(attribute),
            }
        }
        Self {
            filled: Vec::with_capacity(fields.len()),
            fields,
            ascend: of_column.iter().flatten().chain(&made).is_sorted(),
            of_column,
            made,
        }
    }

    /// Where each comes from.
    pub(super) fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Finds those that have something to say in a row.
    fn look(&mut self, row: &impl Row) {
        self.filled.clear();
        let Some(columns) = row.filled() else {
            let fields = self.fields.iter().enumerate();
            let filled = fields.filter(|(_, field)| !field.is_empty(row));
            self.filled.extend(filled.map(|(attribute, _)| attribute));
            return;
        };
        for column in columns {
            match self.of_column.get(*column).map(Vec::as_slice) {
                Some([only]) => self.filled.push(*only),
                Some(several) => self.filled.extend_from_slice(several),
                None => {}
            }
        }
        self.filled.extend_from_slice(&self.made);
        if !self.ascend && !self.filled.is_sorted() {
            self.filled.sort_unstable();
        }
    }
}

/// Adds a text of the source to details, by way of the attribute's code list where it has one.
#[inline]
fn push_text(
    (mapping, field, header): (&AttributeMapping, &Field, &[String]),
    own: &str,
    (column, translated): (&mut SparseTexts, &mut Translated),
    (detail, said): (u32, &mut SaidBytes),
) -> Result<(), Refusal> {
    if mapping.codes.is_none() {
        said.text(own);
        column.push(detail, own);
        return Ok(());
    }
    let (source, known) = translated.find(own);
    if let Some(code) = known {
        said.text(column.value(code).unwrap_or_default());
        column.codes.values.push((detail, code));
        return Ok(());
    }
    let text = translate(mapping, field, own, header)?;
    said.text(text);
    if !text.is_empty() {
        column.push(detail, text);
        translated.keep(source, column);
    }
    Ok(())
}

impl RowReader<'_> {
    /// Adds the row's attributes to its details.
    pub(super) fn push_attributes(
        &mut self,
        row: &impl Row,
        events: &mut EventColumns,
        detail: u32,
    ) -> Result<(), Refusal> {
        let Self {
            mapping,
            attributes,
            translated,
            said,
            header,
            ..
        } = self;
        let numbers = &mapping.numbers;
        attributes.look(row);
        let mut next = 0;
        for attribute in &attributes.filled {
            let mapped = mapping.attributes.get(*attribute);
            let mapped = mapped.zip(attributes.fields.get(*attribute));
            let column = events.attributes.get_mut(*attribute);
            let column = column.zip(translated.get_mut(*attribute));
            let (Some((mapping, field)), Some((column, translated))) = (mapped, column) else {
                continue;
            };
            said.empty(*attribute - next);
            next = *attribute + 1;
            if let (Field::At(at), AttributeColumn::Text(column)) = (field, &mut *column) {
                let own = trimmed(row.field(*at));
                let of = (mapping, field, header.as_slice());
                push_text(of, own, (column, translated), (detail, said))?;
                continue;
            }
            let text = text_of(field, row, numbers).map_err(|fault| Refusal {
                column: mapping.name.clone(),
                value: fault.value,
                reason: fault.reason,
            })?;
            let text = translate(mapping, field, &text, header)?;
            said.text(text);
            if text.is_empty() {
                continue;
            }
            let fault = |reason| refuse(reason, column_name(mapping, field, header), text);
            match column {
                AttributeColumn::Text(column) => column.push(detail, text),
                AttributeColumn::Bool(column) => match parse_bool(text) {
                    Some(bool) => column.values.push((detail, bool)),
                    None => return fault(Reason::BadBoolean),
                },
                AttributeColumn::Number(column) => {
                    let read = match field {
                        Field::At(_) => numbers.millionths(text).map(Some),
                        _ => field.number(row, numbers).map_err(|fault| fault.reason),
                    };
                    match read {
                        Ok(Some(read)) if read.currency.is_none() => {
                            column.values.push((detail, read.value));
                        }
                        Ok(None) => {}
                        Ok(Some(_)) => return fault(Reason::BadNumber),
                        Err(reason) => return fault(reason),
                    }
                }
            }
        }
        said.empty(attributes.fields.len() - next);
        Ok(())
    }
}
