//! What the rows of a segment say beside their own columns: attributes and amounts, by details.
//!
//! Most rows say little: of three dozen columns a row fills a handful. So it is noted once for each of the details which
//! columns they fill, and a row is asked for these alone.

use std::ops::Range;

use rayon::prelude::*;

use crate::ingest::{AttributeColumn, EventColumns, NONE, NumberColumn, Sparse, SparseTexts};

/// The details of a segment's rows, numbered anew in the order in which its rows first have them: those that many have
/// soon are at hand.
pub(super) struct Details {
    /// By row of the segment, in its order; [`NONE`] for a row without any.
    of_rows: Vec<u32>,
    /// By their number in the run; [`NONE`] where no row of the segment has them.
    renumbered: Vec<u32>,
    /// How many there are.
    count: usize,
    /// The columns that each fills, by its new number: attributes, then amounts, a bit for each.
    filled: Vec<u64>,
    /// How many words these bits take.
    words: usize,
    columns: usize,
}

/// A row, numbered from the first of its row group, and its details.
pub(super) type RowDetail = (u32, u32);

impl Details {
    /// Those of a run's columns that the rows of a segment have, given in the order of the segment.
    pub(super) fn of(columns: &EventColumns, of_rows: impl Iterator<Item = u32>) -> Self {
        let mut renumbered = vec![NONE; columns.details as usize];
        let mut count = 0;
        let of_rows = of_rows.map(|detail| {
            let Some(own) = renumbered.get_mut(detail as usize) else {
                return NONE;
            };
            if *own == NONE {
                *own = count;
                count += 1;
            }
            *own
        });
        let of_rows: Vec<u32> = of_rows.collect();
        let all = columns.attributes.len() + columns.amounts.len();
        let words = all.div_ceil(u64::BITS as usize);
        let mut details = Self {
            of_rows,
            renumbered,
            count: count as usize,
            filled: vec![0; count as usize * words],
            words,
            columns: all,
        };
        for (at, column) in columns.attributes.iter().enumerate() {
            match column {
                AttributeColumn::Text(column) => details.fill(at, &column.codes),
                AttributeColumn::Bool(column) => details.fill(at, column),
                AttributeColumn::Number(column) => details.fill(at, column),
            }
        }
        for (at, column) in (columns.attributes.len()..).zip(&columns.amounts) {
            details.fill(at, column);
        }
        details
    }

    fn fill<T>(&mut self, at: usize, column: &Sparse<T>) {
        let (word, bit) = (at / u64::BITS as usize, at % u64::BITS as usize);
        for (detail, _) in &column.values {
            let own = self.renumbered.get(*detail as usize);
            let place = own.map(|own| *own as usize * self.words + word);
            if let Some(filled) = place.and_then(|place| self.filled.get_mut(place)) {
                *filled |= 1 << bit;
            }
        }
    }

    /// By column those of some rows that have a value in it, ascending and numbered from the first of them. They are put into
    /// lists that are empty.
    pub(super) fn filled_by(&self, rows: Range<usize>, by_column: &mut Vec<Vec<RowDetail>>) {
        by_column.resize_with(self.columns, Vec::new);
        let details = self.of_rows.get(rows).unwrap_or_default();
        for (row, detail) in (0..).zip(details) {
            let first = *detail as usize * self.words;
            let filled = self.filled.get(first..first + self.words);
            for (word, bits) in filled.unwrap_or_default().iter().enumerate() {
                let mut left = *bits;
                while left != 0 {
                    let at = word * u64::BITS as usize + left.trailing_zeros() as usize;
                    left &= left - 1;
                    if let Some(column) = by_column.get_mut(at) {
                        column.push((row, *detail));
                    }
                }
            }
        }
    }

    /// What a column says, by the new numbers; `empty` where it says nothing.
    fn values<T: Copy, U: Copy>(
        &self,
        column: &Sparse<T>,
        empty: U,
        as_stored: impl Fn(usize, T) -> U,
    ) -> Vec<U> {
        if column.values.is_empty() {
            return Vec::new();
        }
        let mut values = vec![empty; self.count];
        for (at, (detail, value)) in column.values.iter().enumerate() {
            let own = self.renumbered.get(*detail as usize);
            if let Some(slot) = own.and_then(|own| values.get_mut(*own as usize)) {
                *slot = as_stored(at, *value);
            }
        }
        values
    }
}

/// An attribute or an amount, by details.
pub(super) enum Values<'c> {
    /// Codes of texts.
    Codes(&'c SparseTexts, Vec<u32>),
    Bools(Vec<bool>),
    /// Where in the column the number stands: sixteen bytes for each of the details would be far apart.
    Numbers(&'c NumberColumn, Vec<u32>),
}

impl<'c> Values<'c> {
    /// Those of every attribute, then of every amount.
    pub(super) fn of(columns: &'c EventColumns, details: &Details) -> Vec<Self> {
        let attributes = columns.attributes.par_iter();
        let amounts = columns.amounts.par_iter();
        attributes
            .map(|column| Self::of_attribute(column, details))
            .chain(amounts.map(|column| Self::of_numbers(column, details)))
            .collect()
    }

    fn of_attribute(column: &'c AttributeColumn, details: &Details) -> Self {
        match column {
            AttributeColumn::Text(column) => {
                let codes = details.values(&column.codes, NONE, |_, code| code);
                Self::Codes(column, codes)
            }
            AttributeColumn::Bool(column) => {
                Self::Bools(details.values(column, false, |_, bool| bool))
            }
            AttributeColumn::Number(column) => Self::of_numbers(column, details),
        }
    }

    fn of_numbers(column: &'c NumberColumn, details: &Details) -> Self {
        let places = details.values(column, NONE, |at, _| u32::try_from(at).unwrap_or(NONE));
        Self::Numbers(column, places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_asked_for_the_columns_that_its_details_fill() {
        // More columns than a word has bits: 70 of texts, and an amount.
        let mut columns = EventColumns {
            attributes: vec![AttributeColumn::Bool(Sparse::default()); 70],
            amounts: vec![NumberColumn::default()],
            details: 4,
            ..EventColumns::default()
        };
        let of_column = |at: usize, details: &[u32], columns: &mut EventColumns| {
            let values = details.iter().map(|detail| (*detail, true)).collect();
            columns.attributes[at] = AttributeColumn::Bool(Sparse { values });
        };
        of_column(0, &[1, 2], &mut columns);
        of_column(69, &[2], &mut columns);
        columns.amounts[0].values = vec![(2, 5), (3, 7)];
        // Details 0 and 1 are of rows that were left out, or were never any row's.
        let details = Details::of(&columns, [3, NONE, 2, 3].into_iter());
        assert_eq!((details.count, details.words), (2, 2));
        let mut filled = Vec::new();
        details.filled_by(1..4, &mut filled);
        assert_eq!(filled.len(), 71);
        assert_eq!(filled[0], [(1, 1)]);
        assert_eq!(filled[69], [(1, 1)]);
        assert_eq!(filled[70], [(1, 1), (2, 0)]);
        assert!(filled[1..69].iter().all(Vec::is_empty));
        let values = Values::of(&columns, &details);
        assert!(matches!(&values[0], Values::Bools(bools) if *bools == [false, true]));
        assert!(matches!(&values[1], Values::Bools(bools) if bools.is_empty()));
        assert!(matches!(&values[70], Values::Numbers(_, places) if *places == [1, 0]));
    }
}
