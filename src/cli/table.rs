//! Tables as text, CSV and JSON.

use comfy_table::{CellAlignment, Table, TableComponent, presets};
use serde_json::{Map, Value};

use super::arguments::TableFormat;
use crate::error::{Error, Result};
use crate::report::visible;

/// A table of texts.
#[derive(Debug, Default)]
pub(super) struct TextTable {
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    /// Columns whose texts are numbers.
    pub(super) numeric: Vec<bool>,
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

    fn is_numeric(&self, column: usize) -> bool {
        self.numeric.get(column).copied().unwrap_or(false)
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
            if self.is_numeric(at) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        format!("{table}\n").into_bytes()
    }

    pub(super) fn csv(&self) -> Result<Vec<u8>> {
        let fault = |cause| Error::internal("printing CSV", cause);
        let mut csv = csv::Writer::from_writer(Vec::new());
        csv.write_record(&self.header).map_err(fault)?;
        for row in &self.rows {
            csv.write_record(row).map_err(fault)?;
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
        let number = self
            .is_numeric(column)
            .then(|| serde_json::from_str::<Value>(text).ok())
            .flatten();
        match number {
            Some(number) if number.is_number() && number == text => number,
            _ => Value::String(text.to_owned()),
        }
    }
}
