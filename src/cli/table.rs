//! Tables as text, CSV and JSON.

use comfy_table::{CellAlignment, Table, TableComponent, presets};
use serde_json::{Map, Value};

use super::arguments::TableFormat;
use crate::error::{Error, Result};
use crate::output::data::inert;
use crate::report::visible;

/// What the texts of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Bool,
}

/// A table of texts.
#[derive(Debug, Default)]
pub(super) struct TextTable {
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    /// What the texts of each column are.
    pub(super) kinds: Vec<Kind>,
}

impl TextTable {
    /// The table in a format.
    pub(super) fn print(&self, format: TableFormat) -> Result<Vec<u8>> {
        match format {
            TableFormat::Table => Ok(self.text()),
            TableFormat::Csv => self.csv(),
            TableFormat::Json => self.json(),
        }
    }

    fn text(&self) -> Vec<u8> {
        let mut table = Table::new();
        table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
        // A line below the header, none between rows.
        for line in [
            TableComponent::HorizontalLines,
            TableComponent::MiddleIntersections,
            TableComponent::LeftBorderIntersections,
            TableComponent::RightBorderIntersections,
        ] {
            table.remove_style(line);
        }
        table.set_header(self.header.iter().map(|name| visible(name)));
        for row in &self.rows {
            table.add_row(row.iter().map(|text| visible(text)));
        }
        for (at, column) in table.column_iter_mut().enumerate() {
            if self.kinds.get(at) == Some(&Kind::Number) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        format!("{table}\n").into_bytes()
    }

    pub(super) fn csv(&self) -> Result<Vec<u8>> {
        let fault = |cause| Error::internal("printing CSV", cause);
        let mut csv = csv::Writer::from_writer(Vec::new());
        csv.write_record(self.header.iter().map(|name| inert(name)))
            .map_err(fault)?;
        for row in &self.rows {
            let fields = row
                .iter()
                .enumerate()
                .map(|(at, text)| match self.kinds.get(at) {
                    Some(Kind::Text) | None => inert(text),
                    Some(Kind::Number | Kind::Bool) => text.clone(),
                });
            csv.write_record(fields).map_err(fault)?;
        }
        csv.into_inner()
            .map_err(|cause| Error::internal("printing CSV", cause))
    }

    fn json(&self) -> Result<Vec<u8>> {
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|row| {
                let fields = self.header.iter().zip(row).enumerate();
                let fields: Map<String, Value> = fields
                    .map(|(at, (name, text))| (name.clone(), self.json_value(at, text)))
                    .collect();
                Value::Object(fields)
            })
            .collect();
        let mut bytes = serde_json::to_vec_pretty(&rows)
            .map_err(|cause| Error::internal("printing JSON", cause))?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Numbers stay numbers where JSON can hold every digit; empty is null.
    fn json_value(&self, column: usize, text: &str) -> Value {
        if text.is_empty() {
            return Value::Null;
        }
        let typed = match self.kinds.get(column) {
            Some(Kind::Number | Kind::Bool) => serde_json::from_str::<Value>(text).ok(),
            Some(Kind::Text) | None => None,
        };
        // A number that would come back with other digits stays a text.
        let exact = typed.filter(|value| format!("{value}") == text);
        exact.unwrap_or_else(|| Value::String(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_numbers_and_truth_values_where_they_are_exact() {
        let table = TextTable {
            header: ["n", "paid", "aeo", "id"].map(str::to_owned).to_vec(),
            rows: vec![
                ["7", "12345678901234567890.12", "true", "7"]
                    .map(str::to_owned)
                    .to_vec(),
            ],
            kinds: vec![Kind::Number, Kind::Number, Kind::Bool, Kind::Text],
        };
        let json: Value = serde_json::from_slice(&table.json().unwrap()).unwrap();
        let wanted = serde_json::json!([{"n": 7, "paid": "12345678901234567890.12", "aeo": true, "id": "7"}]);
        assert_eq!(json, wanted);
    }
}
