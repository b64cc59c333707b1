//! Rows of texts: the block of every source that has its rows as texts anyway.

use super::super::row::{Outcome, Row, RowReader};
use super::{Block, Look};

/// Texts in a block before it is handed over: enough to make hand-over cheap.
const BLOCK_BYTES: usize = 1 << 20;
/// Rows in a block before it is handed over.
const BLOCK_ROWS: usize = 1 << 14;

/// Rows that all have the same columns. Fields are pushed one after the other; a row ends with its
/// line.
#[derive(Clone, Debug, Default)]
pub(in crate::ingest) struct TextRows {
    width: usize,
    text: String,
    /// Where each field ends in `text`.
    ends: Vec<usize>,
    lines: Vec<u64>,
    left_out: u64,
}

impl TextRows {
    /// No rows of so many columns.
    pub(in crate::ingest) fn new(width: usize) -> Self {
        Self {
            width,
            ..Self::default()
        }
    }

    /// Adds a field to the row under way; fields past the last column are dropped.
    pub(in crate::ingest) fn push(&mut self, field: &str) {
        if self.ends.len() < (self.lines.len() + 1) * self.width {
            self.text.push_str(field);
            self.ends.push(self.text.len());
        }
    }

    /// Ends the row under way; columns without a field are empty. `line` is where it stands in the
    /// source, from 1: a line, a sheet's row, the number of an event.
    pub(in crate::ingest) fn end_row(&mut self, line: u64) {
        let fields = (self.lines.len() + 1) * self.width;
        self.ends.resize(fields, self.text.len());
        self.lines.push(line);
    }

    /// Counts a row of the source that is of no declaration, as an event of other objects only: it
    /// is read and filtered.
    pub(in crate::ingest) fn leave_out(&mut self) {
        self.left_out += 1;
    }

    /// Whether it is time to hand the block over.
    pub(in crate::ingest) fn is_full(&self) -> bool {
        self.text.len() >= BLOCK_BYTES || self.lines.len() >= BLOCK_ROWS
    }

    /// Whether there is nothing to hand over.
    pub(in crate::ingest) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.left_out == 0
    }

    /// Gives the rows away as a block and begins anew.
    pub(in crate::ingest) fn take(&mut self) -> Box<dyn Block> {
        let next = Self::new(self.width);
        Box::new(std::mem::replace(self, next))
    }

    /// The texts of a row, in the order of the columns.
    pub(in crate::ingest) fn row(&self, row: usize) -> impl Iterator<Item = &str> {
        let view = TextRow { rows: self, row };
        (0..self.width).map(move |column| view.text(column))
    }

    /// How many rows.
    #[cfg(test)]
    pub(in crate::ingest) fn len(&self) -> usize {
        self.lines.len()
    }
}

#[derive(Clone, Copy)]
struct TextRow<'r> {
    rows: &'r TextRows,
    row: usize,
}

impl<'r> TextRow<'r> {
    fn text(&self, column: usize) -> &'r str {
        if column >= self.rows.width {
            return "";
        }
        let at = self.row * self.rows.width + column;
        let end = self.rows.ends.get(at).copied().unwrap_or(0);
        let start = at.checked_sub(1).and_then(|at| self.rows.ends.get(at));
        self.rows
            .text
            .get(start.copied().unwrap_or(0)..end)
            .unwrap_or_default()
    }
}

impl Row for TextRow<'_> {
    fn field(&self, at: usize) -> &str {
        self.text(at)
    }
}

impl Block for TextRows {
    fn read(&self, rows: &mut RowReader<'_>) -> Outcome {
        let mut outcome = rows.outcome();
        outcome.read += self.left_out;
        outcome.filtered += self.left_out;
        let header = rows.header().to_vec();
        for (row, line) in self.lines.iter().enumerate() {
            let view = TextRow { rows: self, row };
            let raw = || as_json(&header, self.row(row));
            rows.read(&view, *line, &mut outcome, raw);
        }
        outcome
    }

    fn look(&self, look: &mut Look<'_>) {
        for row in 0..self.lines.len() {
            look(&TextRow { rows: self, row });
        }
    }
}

/// A row as a JSON object, without its empty fields: how a refused row of a format that is not text
/// is shown.
fn as_json<'t>(header: &[String], fields: impl Iterator<Item = &'t str>) -> String {
    let pairs = header.iter().zip(fields);
    let pairs = pairs.filter(|(_, text)| !text.is_empty());
    let object: serde_json::Map<String, serde_json::Value> = pairs
        .map(|(name, text)| (name.clone(), text.into()))
        .collect();
    serde_json::Value::Object(object).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_find_their_rows_and_short_rows_are_filled_up() {
        let mut rows = TextRows::new(3);
        for field in ["a", "", "c", "dropped"] {
            rows.push(field);
        }
        rows.end_row(4);
        rows.push("d");
        rows.end_row(7);
        let texts: Vec<Vec<&str>> = (0..rows.len()).map(|at| rows.row(at).collect()).collect();
        assert_eq!(texts, [["a", "", "c"], ["d", "", ""]]);
        assert_eq!(rows.lines, [4, 7]);
        let header = ["x", "y", "z"].map(str::to_owned);
        assert_eq!(as_json(&header, rows.row(0)), r#"{"x":"a","z":"c"}"#);
    }
}
