//! Lines of declarations: what is stated of a line, and what is stated of the whole.
//!
//! Attributes and amounts are kept per line; an event without an item belongs to the declaration's
//! header, which is a line too. A log without items has one line per declaration, the header.

use super::state::{AmountState, NONE, Newest};
use crate::model::{FastMap, Texts};

/// A line with an item.
#[derive(Clone, Copy, Debug)]
struct Line {
    declaration: u32,
    item: u32,
}

/// The lines of a range. The headers come first, in the order of the declarations: the header of a declaration has its code. Behind
/// them stand the lines with an item, as they are first seen.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// How many headers there are.
    headers: u32,
    with_item: Vec<Line>,
    by_item: FastMap<(u32, u32), u32>,
    items: Texts,
}

impl Lines {
    /// Forgets all lines but keeps the memory; so many declarations have a header each.
    pub(super) fn begin(&mut self, declarations: u32) {
        self.headers = declarations;
        self.with_item.clear();
        self.by_item.clear();
        self.items.clear();
    }

    /// The code of an item's text.
    pub(super) fn item(&mut self, text: &str) -> u32 {
        self.items.code(text)
    }

    /// The text of a line's item; `None` for a header.
    pub(super) fn item_text(&self, line: u32) -> Option<&str> {
        self.items.value(self.with_item(line)?.item)
    }

    /// The line of an item, or the header.
    #[inline]
    pub(super) fn line(&mut self, declaration: u32, item: u32) -> u32 {
        if item == NONE {
            return declaration;
        }
        let Self {
            headers, with_item, ..
        } = self;
        let line = self.by_item.entry((declaration, item));
        *line.or_insert_with(|| {
            with_item.push(Line { declaration, item });
            let behind = u32::try_from(with_item.len() - 1).unwrap_or(NONE);
            headers.saturating_add(behind)
        })
    }

    /// What is known of a line that is no header.
    fn with_item(&self, line: u32) -> Option<Line> {
        let at = line.checked_sub(self.headers)?;
        self.with_item.get(at as usize).copied()
    }

    /// The declaration of a line.
    pub(super) fn declaration(&self, line: u32) -> u32 {
        self.with_item(line).map_or(line, |line| line.declaration)
    }

    /// Whether any event named an item.
    pub(super) fn has_items(&self) -> bool {
        !self.by_item.is_empty()
    }

    /// The lines of each declaration of `order`.
    pub(super) fn by_row<'o>(&self, order: &'o [u32]) -> LinesByRow<'o> {
        let mut by_row = LinesByRow {
            headers: order,
            starts: vec![0; order.len() + 1],
            items: Vec::with_capacity(self.by_item.len()),
        };
        if self.by_item.is_empty() {
            return by_row;
        }
        let rows: FastMap<u32, usize> = order.iter().copied().zip(0..).collect();
        let lines = self
            .by_item
            .iter()
            .filter_map(|((declaration, item), line)| {
                let text = self.items.value(*item)?;
                Some((*rows.get(declaration)?, text, *line))
            });
        let mut lines: Vec<(usize, &str, u32)> = lines.collect();
        lines.sort_unstable();
        for (row, _, line) in lines {
            by_row.items.push(line);
            if let Some(end) = by_row.starts.get_mut(row + 1) {
                *end = by_row.items.len();
            }
        }
        // A declaration without items begins and ends where the one before it ended.
        let mut last = 0;
        for start in &mut by_row.starts {
            last = last.max(*start);
            *start = last;
        }
        by_row
    }
}

/// The lines of declarations by row of the folded table.
#[derive(Debug)]
pub(super) struct LinesByRow<'o> {
    headers: &'o [u32],
    starts: Vec<usize>,
    items: Vec<u32>,
}

impl LinesByRow<'_> {
    /// For each row what `of` makes of its lines, of each of which `of_line` says the value. A row with a header alone has
    /// the header's value, whatever `of` makes of several lines.
    fn values<T: Copy>(
        &self,
        of_line: impl Fn(u32) -> Option<T>,
        of: impl Fn(RowLines<'_>) -> Option<T>,
    ) -> Vec<Option<T>> {
        if self.items.is_empty() {
            return self.headers.iter().map(|line| of_line(*line)).collect();
        }
        self.rows().map(of).collect()
    }

    /// For each row what `of` makes of its lines, of each of which the newest value is known.
    pub(super) fn newest<T: Copy + Default>(
        &self,
        newest: &Newest<T>,
        of: impl Fn(RowLines<'_>) -> Option<T>,
    ) -> Vec<Option<T>> {
        self.values(|line| newest.value(line), of)
    }

    /// The amount of each row: the sum over its lines.
    pub(super) fn amounts(&self, amounts: &AmountState) -> Vec<Option<i128>> {
        let of = |row: RowLines<'_>| row.amount(amounts);
        match amounts {
            AmountState::Sum(sums) => {
                self.values(|line| sums.get(line as usize).copied().flatten(), of)
            }
            AmountState::Latest(newest) => self.newest(newest, of),
        }
    }

    /// The lines of each row.
    pub(super) fn rows(&self) -> impl Iterator<Item = RowLines<'_>> {
        let bounds = self.starts.windows(2);
        self.headers.iter().zip(bounds).map(|(header, bounds)| {
            let items = match bounds {
                [start, end] => self.items.get(*start..*end).unwrap_or_default(),
                _ => &[],
            };
            RowLines {
                header: *header,
                items,
            }
        })
    }
}

/// The lines of one declaration.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowLines<'l> {
    /// The header, of which nothing is known where every event named an item.
    pub(super) header: u32,
    /// Lines with an item, by the text of the item.
    pub(super) items: &'l [u32],
}

impl RowLines<'_> {
    /// The newest value of any line; at equal times the greater one.
    pub(super) fn newest<T: Copy + Default>(
        self,
        values: &Newest<T>,
        greater: impl Fn(T, T) -> bool,
    ) -> Option<T> {
        let mut newest = values.get(self.header);
        for line in self.items {
            if let Some((at, value)) = values.get(*line)
                && newest.is_none_or(|(known_at, known)| {
                    at > known_at || at == known_at && greater(value, known)
                })
            {
                newest = Some((at, value));
            }
        }
        newest.map(|(_, value)| value)
    }

    /// The greatest of what is known of each line.
    pub(super) fn greatest<T: Copy + Default + Ord>(self, values: &Newest<T>) -> Option<T> {
        let all = std::iter::once(&self.header).chain(self.items);
        all.filter_map(|line| values.get(*line))
            .map(|(_, value)| value)
            .max()
    }

    /// What a line states, else what the header states.
    pub(super) fn of_line<T: Copy + Default>(self, values: &Newest<T>, line: u32) -> Option<T> {
        let value = values.get(line).or_else(|| values.get(self.header));
        value.map(|(_, value)| value)
    }

    /// Whether what the header states of a latest amount stands: it is a total that replaces what lines
    /// stated before it, and that lines replace when they state theirs at the same time or later.
    fn header_stands(self, newest: &Newest<i128>) -> bool {
        newest.get(self.header).is_some_and(|(at, _)| {
            let mut items = self.items.iter().filter_map(|line| newest.get(*line));
            items.all(|(of_item, _)| of_item < at)
        })
    }

    /// The amount of the declaration that belongs to no line.
    pub(super) fn amount_of_header(self, amounts: &AmountState) -> Option<i128> {
        match amounts {
            AmountState::Sum(sums) => sums.get(self.header as usize).copied().flatten(),
            AmountState::Latest(newest) => self.latest_of_header(newest),
        }
    }

    /// As [`RowLines::amount_of_header`], of a number of which the newest counts.
    pub(super) fn latest_of_header(self, newest: &Newest<i128>) -> Option<i128> {
        let stands = self.header_stands(newest);
        newest
            .get(self.header)
            .filter(|_| stands)
            .map(|(_, value)| value)
    }

    /// The amount of one line with an item.
    pub(super) fn amount_of_item(self, amounts: &AmountState, line: u32) -> Option<i128> {
        match amounts {
            AmountState::Sum(sums) => sums.get(line as usize).copied().flatten(),
            AmountState::Latest(newest) => self.latest_of_item(newest, line),
        }
    }

    /// As [`RowLines::amount_of_item`], of a number of which the newest counts.
    pub(super) fn latest_of_item(self, newest: &Newest<i128>, line: u32) -> Option<i128> {
        let stands = !self.header_stands(newest);
        newest.get(line).filter(|_| stands).map(|(_, value)| value)
    }

    /// The amount of the declaration: the sum over its lines.
    pub(super) fn amount(self, amounts: &AmountState) -> Option<i128> {
        let items = self.items.iter();
        let items = items.filter_map(|line| self.amount_of_item(amounts, *line));
        sum(self.amount_of_header(amounts).into_iter().chain(items))
    }

    /// The sum over lines of a number of which the newest of each counts.
    pub(super) fn latest(self, newest: &Newest<i128>) -> Option<i128> {
        let items = self.items.iter();
        let items = items.filter_map(|line| self.latest_of_item(newest, *line));
        sum(self.latest_of_header(newest).into_iter().chain(items))
    }
}

fn sum(values: impl Iterator<Item = i128>) -> Option<i128> {
    values.fold(None, |sum, value| Some(sum.unwrap_or(0) + value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines() -> (Lines, [u32; 3]) {
        let mut lines = Lines::default();
        lines.begin(2);
        let (second, first) = (lines.item("2"), lines.item("1"));
        let of = [
            lines.line(0, NONE),
            lines.line(0, first),
            lines.line(0, second),
        ];
        (lines, of)
    }

    #[test]
    fn lines_are_found_again_and_listed_by_their_item() {
        let (mut lines, [header, first, second]) = lines();
        assert_eq!(lines.line(0, NONE), header);
        assert_eq!(
            (lines.item_text(first), lines.item_text(header)),
            (Some("1"), None)
        );
        lines.line(1, NONE);
        let by_row = lines.by_row(&[1, 0]);
        let items: Vec<&[u32]> = by_row.rows().map(|row| row.items).collect();
        assert_eq!(items, [&[][..], &[first, second][..]]);
    }

    #[test]
    fn a_total_replaces_what_lines_stated_before_it_and_lines_replace_it_again() {
        let (lines, [header, first, second]) = lines();
        let by_row = lines.by_row(&[0]);
        let row = by_row.rows().next().unwrap();
        let mut newest = Newest::default();
        newest.offer(first, 1, 100);
        newest.offer(second, 2, 200);
        assert_eq!(row.latest(&newest), Some(300));
        newest.offer(header, 5, 350);
        assert_eq!(row.latest(&newest), Some(350));
        assert_eq!(row.latest_of_item(&newest, first), None);
        newest.offer(first, 6, 120);
        assert_eq!(row.latest(&newest), Some(320));
        assert_eq!(row.latest_of_header(&newest), None);
    }
}
