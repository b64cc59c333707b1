//! Events in memory: columns that grow row by row, and shrink again when a row turns out bad.

use crate::model::Texts;

/// The code of an empty field.
pub const NONE: u32 = u32::MAX;

/// A column of texts, each distinct text kept once.
#[derive(Clone, Debug, Default)]
pub struct TextColumn {
    /// Per row: the code of its text, or [`NONE`].
    pub codes: Vec<u32>,
    texts: Texts,
}

impl TextColumn {
    /// Adds a row; an empty text is no value.
    pub fn push(&mut self, text: &str) {
        let code = if text.is_empty() {
            NONE
        } else {
            self.code(text)
        };
        self.codes.push(code);
    }

    /// The code of a text, given out when it is new.
    pub fn code(&mut self, text: &str) -> u32 {
        self.texts.code(text)
    }

    /// The text of a code.
    pub fn value(&self, code: u32) -> Option<&str> {
        self.texts.value(code)
    }

    /// The code of a text that is there already.
    pub fn find(&self, text: &str) -> Option<u32> {
        self.texts.find(text)
    }

    /// How many distinct texts.
    pub fn distinct(&self) -> usize {
        self.texts.len()
    }

    /// Every distinct text, in the order of the codes.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.texts.values()
    }

    /// For each code its rank in the order of the texts.
    pub fn ranks(&self) -> Vec<u32> {
        self.texts.ranks()
    }

    fn append(&mut self, other: &Self) {
        // Most attributes are empty in most blocks.
        if other.texts.is_empty() {
            self.codes
                .resize(self.codes.len() + other.codes.len(), NONE);
            return;
        }
        let codes: Vec<u32> = other.values().map(|text| self.code(text)).collect();
        self.codes.extend(
            other
                .codes
                .iter()
                .map(|code| codes.get(*code as usize).copied().unwrap_or(NONE)),
        );
    }

    fn clear(&mut self) {
        self.codes.clear();
        self.texts.clear();
    }
}

/// A column of exact decimals in millionths, most of whose rows are empty.
#[derive(Clone, Debug, Default)]
pub struct NumberColumn {
    /// Row and value, ascending by row.
    pub values: Vec<(u32, i128)>,
}

impl NumberColumn {
    fn append(&mut self, other: &Self, rows: u32) {
        self.values
            .extend(other.values.iter().map(|(row, value)| (row + rows, *value)));
    }

    fn truncate(&mut self, rows: u32) {
        while self.values.last().is_some_and(|(row, _)| *row >= rows) {
            self.values.pop();
        }
    }
}

/// A mapped attribute's column.
#[derive(Clone, Debug)]
pub enum AttributeColumn {
    /// Texts.
    Text(TextColumn),
    /// Per row: 0 false, 1 true, 2 no value.
    Bool(Vec<u8>),
    /// Numbers.
    Number(NumberColumn),
}

/// Events, column by column. Attribute and amount columns stand in the mapping's order.
#[derive(Clone, Debug, Default)]
pub struct EventColumns {
    /// Declaration numbers.
    pub declaration_id: TextColumn,
    /// Declaration lines.
    pub item: TextColumn,
    /// The source's own row ids.
    pub event_id: TextColumn,
    /// Activities' labels.
    pub activity: TextColumn,
    /// Per row: position in `Milestone::ALL`, or 255.
    pub milestone: Vec<u8>,
    /// Microseconds since the Unix epoch, UTC.
    pub at: Vec<i64>,
    /// Line (CSV) or row (Parquet) in the source file, from 1.
    pub line: Vec<u64>,
    /// Hash of all that the mapping reads from the source row.
    pub row_hash: Vec<u64>,
    /// Whether this is the first event of its source row.
    pub head: Vec<bool>,
    /// Mapped attributes.
    pub attributes: Vec<AttributeColumn>,
    /// Mapped amounts.
    pub amounts: Vec<NumberColumn>,
}

impl EventColumns {
    /// How many events.
    pub fn len(&self) -> usize {
        self.at.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
    }

    /// The number of events as a row number.
    pub fn rows(&self) -> u32 {
        u32::try_from(self.at.len()).unwrap_or(NONE)
    }

    /// Takes back every event from row `rows` on.
    pub fn truncate(&mut self, rows: u32) {
        let length = rows as usize;
        let Self {
            declaration_id,
            item,
            event_id,
            activity,
            ..
        } = self;
        for column in [declaration_id, item, event_id, activity] {
            column.codes.truncate(length);
        }
        self.milestone.truncate(length);
        self.at.truncate(length);
        self.line.truncate(length);
        self.row_hash.truncate(length);
        self.head.truncate(length);
        for column in &mut self.attributes {
            match column {
                AttributeColumn::Text(text) => text.codes.truncate(length),
                AttributeColumn::Bool(bools) => bools.truncate(length),
                AttributeColumn::Number(number) => number.truncate(rows),
            }
        }
        for column in &mut self.amounts {
            column.truncate(rows);
        }
    }

    /// Forgets all events but keeps the memory, for the next run.
    pub fn clear(&mut self) {
        self.truncate(0);
        let Self {
            declaration_id,
            item,
            event_id,
            activity,
            attributes,
            ..
        } = self;
        let attributes = attributes.iter_mut().filter_map(|column| match column {
            AttributeColumn::Text(text) => Some(text),
            AttributeColumn::Bool(_) | AttributeColumn::Number(_) => None,
        });
        for column in [declaration_id, item, event_id, activity]
            .into_iter()
            .chain(attributes)
        {
            column.clear();
        }
    }

    /// Adds all events of `other`, which has the same attribute and amount columns.
    pub fn append(&mut self, other: &Self) {
        let rows = self.rows();
        if self.is_empty() && self.attributes.is_empty() {
            *self = other.clone();
            return;
        }
        self.declaration_id.append(&other.declaration_id);
        self.item.append(&other.item);
        self.event_id.append(&other.event_id);
        self.activity.append(&other.activity);
        self.milestone.extend_from_slice(&other.milestone);
        self.at.extend_from_slice(&other.at);
        self.line.extend_from_slice(&other.line);
        self.row_hash.extend_from_slice(&other.row_hash);
        self.head.extend_from_slice(&other.head);
        for (mine, theirs) in self.attributes.iter_mut().zip(&other.attributes) {
            match (mine, theirs) {
                (AttributeColumn::Text(mine), AttributeColumn::Text(theirs)) => mine.append(theirs),
                (AttributeColumn::Bool(mine), AttributeColumn::Bool(theirs)) => {
                    mine.extend_from_slice(theirs);
                }
                (AttributeColumn::Number(mine), AttributeColumn::Number(theirs)) => {
                    mine.append(theirs, rows);
                }
                _ => debug_assert!(false, "columns of one mapping have one type"),
            }
        }
        for (mine, theirs) in self.amounts.iter_mut().zip(&other.amounts) {
            mine.append(theirs, rows);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appended_columns_keep_their_texts_and_numbers() {
        let mut a = TextColumn::default();
        a.push("x");
        a.push("");
        let mut b = TextColumn::default();
        b.push("y");
        b.push("x");
        a.append(&b);
        let texts: Vec<Option<&str>> = a.codes.iter().map(|code| a.value(*code)).collect();
        assert_eq!(texts, [Some("x"), None, Some("y"), Some("x")]);
        assert_eq!(a.ranks(), [0, 1]);

        let mut numbers = NumberColumn {
            values: vec![(0, 5)],
        };
        numbers.append(
            &NumberColumn {
                values: vec![(1, 7)],
            },
            2,
        );
        assert_eq!(numbers.values, [(0, 5), (3, 7)]);
        numbers.truncate(3);
        assert_eq!(numbers.values, [(0, 5)]);
    }
}
