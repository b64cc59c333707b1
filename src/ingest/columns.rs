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
    /// An empty column of texts of which hardly one comes again soon.
    pub fn of_many() -> Self {
        Self {
            codes: Vec::new(),
            texts: Texts::of_many(),
        }
    }

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

    /// The distinct texts.
    pub fn texts(&self) -> &Texts {
        &self.texts
    }

    fn append(&mut self, other: &Self) {
        // Lines and row ids may be mapped and never be there.
        if other.texts.is_empty() {
            self.codes
                .resize(self.codes.len() + other.codes.len(), NONE);
            return;
        }
        let codes = self.texts.codes(other.texts.values());
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

/// A column most of whose details are empty: what is there, with the number of its details.
#[derive(Clone, Debug)]
pub struct Sparse<T> {
    /// Details and value, ascending by details.
    pub values: Vec<(u32, T)>,
}

impl<T> Default for Sparse<T> {
    fn default() -> Self {
        Self { values: Vec::new() }
    }
}

impl<T: Copy> Sparse<T> {
    /// The value of the last details of all.
    pub fn of_last(&self, detail: u32) -> Option<T> {
        let (last, value) = self.values.last()?;
        (*last == detail).then_some(*value)
    }

    /// Adds the values of a column that begins at details `details` of this one, each as `of` says it.
    fn append(&mut self, other: &Self, details: u32, of: impl Fn(T) -> T) {
        let values = other.values.iter();
        self.values
            .extend(values.map(|(detail, value)| (detail + details, of(*value))));
    }

    fn truncate(&mut self, details: u32) {
        let kept = self.values.partition_point(|(detail, _)| *detail < details);
        self.values.truncate(kept);
    }
}

/// Exact decimals in millionths.
pub type NumberColumn = Sparse<i128>;

/// Texts of an attribute, each distinct text kept once.
#[derive(Clone, Debug, Default)]
pub struct SparseTexts {
    /// Codes of the texts.
    pub codes: Sparse<u32>,
    texts: Texts,
}

impl SparseTexts {
    /// Adds a text to details; an empty one is none.
    pub fn push(&mut self, detail: u32, text: &str) {
        if !text.is_empty() {
            self.codes.values.push((detail, self.texts.code(text)));
        }
    }

    /// The code of a text, given out when it is new.
    pub fn code(&mut self, text: &str) -> u32 {
        self.texts.code(text)
    }

    /// The text of a code.
    pub fn value(&self, code: u32) -> Option<&str> {
        self.texts.value(code)
    }

    /// The distinct texts.
    pub fn texts(&self) -> &Texts {
        &self.texts
    }

    fn append(&mut self, other: &Self, details: u32) {
        let codes = self.texts.codes(other.texts.values());
        let of = |code: u32| codes.get(code as usize).copied().unwrap_or(NONE);
        self.codes.append(&other.codes, details, of);
    }
}

/// A mapped attribute's column.
#[derive(Clone, Debug)]
pub enum AttributeColumn {
    /// Texts.
    Text(SparseTexts),
    /// Truth values.
    Bool(Sparse<bool>),
    /// Numbers.
    Number(NumberColumn),
}

impl AttributeColumn {
    fn truncate(&mut self, details: u32) {
        match self {
            Self::Text(texts) => texts.codes.truncate(details),
            Self::Bool(bools) => bools.truncate(details),
            Self::Number(numbers) => numbers.truncate(details),
        }
    }

    /// An empty column of the same type.
    fn like(&self) -> Self {
        match self {
            Self::Text(_) => Self::Text(SparseTexts::default()),
            Self::Bool(_) => Self::Bool(Sparse::default()),
            Self::Number(_) => Self::Number(NumberColumn::default()),
        }
    }

    /// Adds another column of the same mapped attribute, which begins at details `details` of this one.
    fn append(&mut self, other: &Self, details: u32) {
        match (self, other) {
            (Self::Text(mine), Self::Text(theirs)) => mine.append(theirs, details),
            (Self::Bool(mine), Self::Bool(theirs)) => mine.append(theirs, details, |bool| bool),
            (Self::Number(mine), Self::Number(theirs)) => {
                mine.append(theirs, details, |value| value);
            }
            _ => debug_assert!(false, "columns of one mapping have one type"),
        }
    }
}

/// What every event has. It stands together, for events are put into another order, in which each comes from somewhere
/// else in memory: one way there and not eight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// Microseconds since the Unix epoch, UTC.
    pub at: i64,
    /// Hash of all that the mapping reads from the source row.
    pub row_hash: u64,
    /// Line (CSV) or row (Parquet) in the source file, from 1.
    pub line: u64,
    /// Code of the declaration's number.
    pub declaration: u32,
    /// Code of the activity's label.
    pub activity: u32,
    /// Number of its details, or [`NONE`].
    pub detail: u32,
    /// Position in `Milestone::ALL`, or 255.
    pub milestone: u8,
    /// Whether this is the first event of its source row.
    pub head: bool,
}

/// Events. Attribute and amount columns stand in the mapping's order.
///
/// What an event says beside what every event has are its *details*. Many events say the same; they share their
/// details, which are kept once.
#[derive(Clone, Debug)]
pub struct EventColumns {
    /// What every event has.
    pub own: Vec<Event>,
    /// Declaration numbers.
    pub declaration_id: Texts,
    /// Declaration lines; without any row where the mapping has no column of them.
    pub item: TextColumn,
    /// The source's own row ids; without any row where the mapping has no column of them.
    pub event_id: TextColumn,
    /// Activities' labels.
    pub activity: Texts,
    /// How many details there are.
    pub details: u32,
    /// Mapped attributes, by details.
    pub attributes: Vec<AttributeColumn>,
    /// Mapped amounts, by details.
    pub amounts: Vec<NumberColumn>,
}

impl Default for EventColumns {
    fn default() -> Self {
        Self {
            own: Vec::new(),
            declaration_id: Texts::of_many(),
            item: TextColumn::default(),
            event_id: TextColumn::of_many(),
            activity: Texts::default(),
            details: 0,
            attributes: Vec::new(),
            amounts: Vec::new(),
        }
    }
}

impl EventColumns {
    /// How many events.
    pub fn len(&self) -> usize {
        self.own.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.own.is_empty()
    }

    /// The number of events as a row number.
    pub fn rows(&self) -> u32 {
        u32::try_from(self.own.len()).unwrap_or(NONE)
    }

    /// What the event at a position has.
    pub fn event(&self, at: u32) -> Option<&Event> {
        self.own.get(at as usize)
    }

    /// How many source rows they are of.
    pub fn heads(&self) -> u64 {
        self.own.iter().filter(|event| event.head).count() as u64
    }

    /// The number of details that are to be added: their values come next, in any column.
    pub fn next_detail(&mut self) -> u32 {
        let detail = self.details;
        self.details += 1;
        detail
    }

    /// Takes back every event from row `rows` on and all details from `details` on, which no other event has.
    pub fn truncate(&mut self, rows: u32, details: u32) {
        let length = rows as usize;
        self.own.truncate(length);
        self.item.codes.truncate(length);
        self.event_id.codes.truncate(length);
        self.details = self.details.min(details);
        for column in &mut self.attributes {
            column.truncate(details);
        }
        for column in &mut self.amounts {
            column.truncate(details);
        }
    }

    /// Forgets all events but keeps the memory, for those that come next.
    pub fn clear(&mut self) {
        self.truncate(0, 0);
        self.declaration_id.clear();
        self.activity.clear();
        self.item.clear();
        self.event_id.clear();
        for column in &mut self.attributes {
            if let AttributeColumn::Text(texts) = column {
                texts.texts.clear();
            }
        }
    }

    /// Makes room for what so many events have.
    pub fn reserve(&mut self, events: usize) {
        self.own.reserve(events);
    }

    /// By their codes in `other` the codes of the numbers that its events have. Those of refused rows are not taken: in a file
    /// that is full of them a run would never be full.
    fn numbers_of(&mut self, other: &Self) -> Vec<u32> {
        let mut codes = vec![NONE; other.declaration_id.len()];
        for event in &other.own {
            if let Some(code) = codes.get_mut(event.declaration as usize) {
                *code = 0;
            }
        }
        let numbers = other.declaration_id.values().zip(&codes);
        let numbers = numbers.filter_map(|(number, code)| (*code != NONE).then_some(number));
        let own = self.declaration_id.codes(numbers);
        let had = codes.iter_mut().filter(|code| **code != NONE);
        for (code, own) in had.zip(own) {
            *code = own;
        }
        codes
    }

    /// Adds all events of `other`, which has the same attribute and amount columns; or any, where this
    /// one has none yet.
    pub fn append(&mut self, other: &Self) {
        let details = self.details;
        if self.is_empty() && self.attributes.is_empty() {
            let columns = other.attributes.iter();
            self.attributes = columns.map(AttributeColumn::like).collect();
        }
        if self.is_empty() && self.amounts.is_empty() {
            self.amounts = vec![NumberColumn::default(); other.amounts.len()];
        }
        let declarations = self.numbers_of(other);
        let activities = self.activity.codes(other.activity.values());
        let code = |codes: &[u32], code: u32| codes.get(code as usize).copied().unwrap_or(NONE);
        let detail = |detail: u32| match detail {
            NONE => NONE,
            detail => detail + details,
        };
        self.own.extend(other.own.iter().map(|event| Event {
            declaration: code(&declarations, event.declaration),
            activity: code(&activities, event.activity),
            detail: detail(event.detail),
            ..*event
        }));
        self.item.append(&other.item);
        self.event_id.append(&other.event_id);
        self.details += other.details;
        for (mine, theirs) in self.attributes.iter_mut().zip(&other.attributes) {
            mine.append(theirs, details);
        }
        for (mine, theirs) in self.amounts.iter_mut().zip(&other.amounts) {
            mine.append(theirs, details, |value| value);
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

        let mut numbers = Sparse {
            values: vec![(0, 5)],
        };
        let other = Sparse {
            values: vec![(1, 7)],
        };
        numbers.append(&other, 2, |value| value);
        assert_eq!(numbers.values, [(0, 5), (3, 7)]);
        numbers.truncate(3);
        assert_eq!(numbers.values, [(0, 5)]);
    }

    #[test]
    fn numbers_that_no_event_has_are_not_taken_over() {
        let mut block = EventColumns::default();
        for (number, is_kept) in [("A", false), ("B", true), ("C", false), ("D", true)] {
            let declaration = block.declaration_id.code(number);
            if is_kept {
                block.own.push(Event {
                    declaration,
                    ..Event::default()
                });
            }
        }
        let mut run = EventColumns::default();
        run.append(&block);
        run.append(&block);
        assert_eq!(run.declaration_id.values().collect::<Vec<_>>(), ["B", "D"]);
        let codes: Vec<u32> = run.own.iter().map(|event| event.declaration).collect();
        assert_eq!(codes, [0, 1, 0, 1]);
    }

    #[test]
    fn events_without_columns_take_those_of_the_first_block_and_keep_them() {
        let mut texts = SparseTexts::default();
        texts.push(0, "");
        texts.push(1, "x");
        let event = |at, detail| Event {
            at,
            detail,
            ..Event::default()
        };
        let block = EventColumns {
            own: vec![event(5, 0), event(6, 1)],
            details: 2,
            attributes: vec![AttributeColumn::Text(texts)],
            amounts: vec![Sparse {
                values: vec![(1, 7)],
            }],
            ..EventColumns::default()
        };
        let mut run = EventColumns::default();
        let found = |run: &EventColumns| {
            let Some(AttributeColumn::Text(texts)) = run.attributes.first() else {
                panic!("no column of texts");
            };
            let codes = texts.codes.values.iter();
            let texts: Vec<(u32, String)> = codes
                .map(|(detail, code)| (*detail, texts.value(*code).unwrap_or_default().to_owned()))
                .collect();
            (texts, run.amounts[0].values.clone())
        };
        for _ in 0..2 {
            run.append(&block);
            run.append(&block);
            let text = |detail| (detail, "x".to_owned());
            assert_eq!(found(&run), (vec![text(1), text(3)], vec![(1, 7), (3, 7)]));
            run.clear();
            assert_eq!(found(&run), (vec![], vec![]));
        }
    }
}
