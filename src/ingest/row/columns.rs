//! The columns of a source: those of its header, and those that the mapping computes from them.

use super::fields::computed_text;
use super::{Refusal, Row, RowReader};
use crate::error::{Error, Result, did_you_mean};
use crate::project::{Expression, Mapping};

/// A row and, behind its own fields, the texts of the computed columns.
pub(super) struct WithComputed<'r, R> {
    row: &'r R,
    width: usize,
    texts: Vec<String>,
}

impl<R: Row> Row for WithComputed<'_, R> {
    fn field(&self, at: usize) -> &str {
        match at.checked_sub(self.width).and_then(|at| self.texts.get(at)) {
            Some(text) => text,
            None => self.row.field(at),
        }
    }
}

impl RowReader<'_> {
    /// The row with its computed columns.
    pub(super) fn compute<'r, R: Row>(&self, row: &'r R) -> Result<WithComputed<'r, R>, Refusal> {
        let mut texts = Vec::with_capacity(self.computed.len());
        for ((expression, at), (name, _)) in self.computed.iter().zip(&self.mapping.computed) {
            let numbers = &self.mapping.numbers;
            let text = computed_text(expression, at, row, numbers);
            let text = text.map_err(|fault| Refusal {
                column: name.clone(),
                value: fault.value,
                reason: fault.reason,
            })?;
            texts.push(text);
        }
        Ok(WithComputed {
            row,
            width: self.width,
            texts,
        })
    }
}

/// Every column that a mapping reads must be in the header of `file`, once.
pub(super) fn check_columns(mapping: &Mapping, header: &[String], file: &str) -> Result<()> {
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
    let twice = |column: &&String| header.iter().filter(|name| *name == *column).count() > 1;
    if let Some(column) = mapping.source_columns().iter().find(twice) {
        return Err(Error::input_with_hint(
            format!("`{file}` has the column `{column}` more than once"),
            "rename one of them in the export: which one is meant can't be told",
        ));
    }
    Ok(())
}

/// The expressions of the computed columns, each with the places of the columns that it reads.
pub(super) fn computed_columns<'p>(
    mapping: &'p Mapping,
    header: &[String],
) -> Vec<(&'p Expression, Vec<usize>)> {
    let place = |column: &String| {
        let at = header.iter().position(|name| name == column);
        at.unwrap_or(usize::MAX)
    };
    let computed = mapping.computed.iter();
    computed
        .map(|(_, expression)| (expression, expression.columns().iter().map(place).collect()))
        .collect()
}
