//! Spans: row by row once, then spread over the cells of each dimension.

use jiff::Timestamp;
use rayon::prelude::*;

use super::ended::Ended;
use super::{Cell, Cells, Measuring, Tally};
use crate::catalogue::{
    Clock, Definition, Limit, Measure, Negative, OPEN_WHEN, OpenRule, Outcome, ValueExpression,
    first_at,
};
use crate::error::Result;
use crate::evaluate::dimension::Dimension;

/// What is known of the span of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::evaluate) enum Spanned {
    /// It has ended after so many microseconds.
    Done(i64),
    /// It has lasted so many microseconds at the freeze time, and has not ended.
    Open(i64),
    /// It has not ended, and how long it has lasted is not known.
    OpenSince,
    /// It can't be told: a missing start, a fault, an end that will never come.
    Excluded,
}

/// A row of the population with its span: sixteen bytes, for there are as many as rows.
#[derive(Clone, Copy, Debug)]
pub(in crate::evaluate) struct SpanRow {
    pub(in crate::evaluate) row: u32,
    pub(super) period: u16,
    /// Whether the limit is kept, where there is one. An open span has missed it or not yet met it.
    within: Option<bool>,
    /// See [`SpanRow::span`]; of one that has ended its microseconds.
    pub(super) span: i64,
}

impl SpanRow {
    /// Stands for a span that has not ended and has lasted nobody knows how long.
    const OPEN_SINCE: i64 = i64::MIN;
    /// Stands for a span that can't be told.
    const EXCLUDED: i64 = i64::MIN + 1;

    pub(super) fn new(row: u32, period: u32, span: Spanned) -> Self {
        Self {
            row,
            // Sixty-five thousand months are more than there have been.
            period: u16::try_from(period).unwrap_or(u16::MAX),
            within: None,
            span: match span {
                Spanned::Done(us) => us.max(0),
                Spanned::Open(us) => (-1 - us.max(0)).max(Self::EXCLUDED + 1),
                Spanned::OpenSince => Self::OPEN_SINCE,
                Spanned::Excluded => Self::EXCLUDED,
            },
        }
    }

    /// Position of its period.
    pub(in crate::evaluate) fn period(self) -> u32 {
        u32::from(self.period)
    }

    /// Whether the span has ended.
    pub(super) const fn is_done(self) -> bool {
        self.span >= 0
    }

    /// What is known of the span.
    pub(in crate::evaluate) fn span(self) -> Spanned {
        match self.span {
            Self::OPEN_SINCE => Spanned::OpenSince,
            Self::EXCLUDED => Spanned::Excluded,
            us if us >= 0 => Spanned::Done(us),
            open => Spanned::Open(-1 - open),
        }
    }
}

/// The list of the ended spans of a cell; `None` where it adds up something else.
const fn ended_of(cell: &mut Cell) -> Option<&mut Vec<i64>> {
    match &mut cell.tally {
        Tally::Spans { sorted, .. } => Some(sorted),
        _ => None,
    }
}

/// Codes of rows in a byte each, which most dimensions can do with; `None` where there are more members. Spans in ascending
/// order ask for rows all over the table: four times as many codes are near the processor.
fn small_codes(dimension: &Dimension) -> Option<Vec<u8>> {
    let fit = dimension.members.len() <= 1 << u8::BITS;
    let small = |code: &u32| u8::try_from(*code).unwrap_or_default();
    fit.then(|| dimension.codes.iter().map(small).collect())
}

/// Adds ended spans, ascending, to the lists of the members of a period.
fn add_to_lists<C: Copy + Default + Into<u32>>(
    (rows, spans): (&[u32], &[i64]),
    codes: &[C],
    lists: &mut [Vec<i64>],
) {
    // Fetched once, for the numbers of spans and for the lists.
    let code = |row: &u32| codes.get(*row as usize).copied().unwrap_or_default();
    let codes: Vec<C> = rows.iter().map(code).collect();
    // A list of hundreds of thousands would be copied many times while it grows.
    let mut rooms = vec![0_u32; lists.len()];
    for code in &codes {
        if let Some(room) = rooms.get_mut((*code).into() as usize) {
            *room += 1;
        }
    }
    for (list, room) in lists.iter_mut().zip(rooms) {
        // A list that has the spans of earlier pieces will be added to by later ones.
        match list.as_slice() {
            [] => list.reserve_exact(room as usize),
            _ => list.reserve(room as usize),
        }
    }
    for (span, code) in spans.iter().zip(codes) {
        if let Some(list) = lists.get_mut(code.into() as usize) {
            list.push(*span);
        }
    }
}

impl Measuring<'_, '_> {
    /// The span of every row of the population, in row order; `None` for a measure that does not rest on spans.
    pub(super) fn span_rows(&self) -> Result<Option<Vec<SpanRow>>> {
        match &self.definition.measure {
            Measure::Span { .. } => {
                let spans = self.milestone_spans(self.definition)?;
                Ok(Some(self.against_targets(spans, self.definition)))
            }
            Measure::WithinTarget { span, .. } => {
                let other = self.evaluator.catalogue().require(span)?;
                let spans = self.milestone_spans(other)?;
                Ok(Some(self.against_targets(spans, other)))
            }
            Measure::Duration { of, open_when } => {
                let spans = self.stated_spans(of, open_when.as_deref())?;
                Ok(Some(self.against_targets(spans, self.definition)))
            }
            Measure::Within { from, limit, .. } => {
                let spans = self.milestone_spans(self.definition)?;
                let starts = self.base.times(&first_at(*from));
                let start = |row: u32| starts.get(row as usize);
                let held = |span: &SpanRow| {
                    let most = match limit {
                        Limit::Elapsed(us) => *us,
                        Limit::Months(months) => self.months_after(start(span.row)?, *months)?,
                    };
                    kept(span.span(), most as f64)
                };
                Ok(Some(with_limits(spans, held)))
            }
            _ => Ok(None),
        }
    }

    /// How many microseconds lie between an instant and the same wall-clock time some months later.
    fn months_after(&self, at_us: i64, months: i32) -> Option<i64> {
        let zone = self.evaluator.settings.zone;
        let at = Timestamp::from_microsecond(at_us).ok()?;
        let later = at
            .to_zoned(zone.clone())
            .checked_add(jiff::Span::new().try_months(months).ok()?)
            .ok()?;
        Some(later.timestamp().as_microsecond() - at_us)
    }

    fn against_targets(&self, spans: Vec<SpanRow>, definition: &Definition) -> Vec<SpanRow> {
        let limits = self.limits(definition);
        with_limits(spans, |span| {
            let limit = limits.of(span.row as usize, span.period())?;
            kept(span.span(), limit * 1e6)
        })
    }

    /// Spans between two milestones of each row.
    fn milestone_spans(&self, definition: &Definition) -> Result<Vec<SpanRow>> {
        let (from, to, negative, nil_when, open_when) = match &definition.measure {
            Measure::Span {
                from,
                to,
                negative,
                nil_when,
                open_when,
            } => (
                *from,
                *to,
                *negative,
                nil_when.as_deref(),
                open_when.as_deref(),
            ),
            Measure::Within { from, to, .. } => (*from, *to, Negative::Fault, None, None),
            _ => return Ok(Vec::new()),
        };
        let (starts, ends) = (
            self.base.times(&first_at(from)),
            self.base.times(&first_at(to)),
        );
        let nil = nil_when.map(|sql| self.base.condition(sql)).transpose()?;
        let open = self.base.condition(open_when.unwrap_or(OPEN_WHEN))?;
        let freeze = self.evaluator.settings.freeze_us;
        let offices = match definition.clock {
            Clock::Working => self.base.texts("office"),
            Clock::Elapsed => Vec::new(),
        };
        // Time between two instants by the definition's clock; `None` where the office has none.
        let length = |row: usize, from: i64, to: i64| match definition.clock {
            Clock::Elapsed => Some(to - from),
            Clock::Working => {
                let office = offices.get(row).copied().flatten();
                let clock = self.evaluator.settings.working?.clock(office)?;
                Some(clock.open_us(from, to))
            }
        };
        let done = |length: Option<i64>| length.map_or(Spanned::Excluded, Spanned::Done);
        let span = |row: usize| {
            let is_nil = nil.as_ref().is_some_and(|nil| nil.get(row) == Some(&true));
            match (starts.get(row), ends.get(row)) {
                (Some(start), None) if open.get(row).copied().unwrap_or(false) => {
                    let open = length(row, start, freeze.max(start));
                    open.map_or(Spanned::Excluded, Spanned::Open)
                }
                (Some(start), Some(_)) if is_nil => done(length(row, start, start)),
                (Some(start), Some(end)) if end >= start => done(length(row, start, end)),
                (Some(start), Some(_)) if negative == Negative::Zero => {
                    done(length(row, start, start))
                }
                _ => Spanned::Excluded,
            }
        };
        Ok(self.spanned(span))
    }

    /// Stretches that each row states.
    fn stated_spans(&self, of: &ValueExpression, open_when: Option<&str>) -> Result<Vec<SpanRow>> {
        let values = self.base.values(of)?;
        let open = self.base.condition(open_when.unwrap_or(OPEN_WHEN))?;
        let span = |row: usize| match values.get(row).and_then(|us| i64::try_from(us).ok()) {
            Some(us) => Spanned::Done(us.max(0)),
            None if open.get(row).copied().unwrap_or(false) => Spanned::OpenSince,
            None => Spanned::Excluded,
        };
        Ok(self.spanned(span))
    }

    fn spanned(&self, span: impl Fn(usize) -> Spanned + Sync) -> Vec<SpanRow> {
        let rows = self.population.rows.par_iter();
        rows.map(|(row, period)| SpanRow::new(*row, *period, span(*row as usize)))
            .collect()
    }

    /// Adds the spans to the lists of the cells. Those that have ended come in the order of [`Ended`], so that the lists of
    /// one piece of the log ascend in every breakdown: rows are sorted once and not each cell. [`sorted`] puts those of
    /// several pieces in order, and open spans.
    pub(super) fn spans(&self, dimension: &Dimension, cells: &mut Cells) {
        // A whole has one member: nobody looks at its codes.
        let codes = (dimension.members.len() > 1).then(|| small_codes(dimension));
        let codes = codes.flatten();
        for (period, ended) in self.ended.iter().flat_map(Ended::by_period) {
            let own = cells.of_period(period);
            // Beside each other, and not in their cells, which are large: those of most breakdowns fit into the nearest
            // memory.
            let lists = own.iter_mut().map(ended_of);
            let mut lists: Vec<Vec<i64>> = lists
                .map(|list| list.map(std::mem::take).unwrap_or_default())
                .collect();
            match (&codes, lists.as_mut_slice()) {
                (_, [whole]) => whole.extend_from_slice(ended.1),
                (Some(codes), lists) => add_to_lists(ended, codes, lists),
                (None, lists) => add_to_lists(ended, &dimension.codes, lists),
            }
            for (cell, list) in own.iter_mut().zip(lists) {
                cell.n = list.len() as u64;
                if let Some(own) = ended_of(cell) {
                    *own = list;
                }
            }
        }
        for span in self.rows_with_spans() {
            let Some(cell) = cells.at(span.period(), dimension.code(span.row as usize)) else {
                continue;
            };
            match (span.span(), &mut cell.tally) {
                (Spanned::Open(us), Tally::Spans { open, .. }) => {
                    open.push(us);
                    cell.n_open += 1;
                }
                (Spanned::OpenSince, _) => cell.n_open += 1,
                (
                    Spanned::Done(_),
                    Tally::Spans {
                        limited, within, ..
                    },
                ) => {
                    *limited += u64::from(span.within.is_some());
                    *within += u64::from(span.within == Some(true));
                }
                _ => cell.n_excluded += 1,
            }
        }
    }

    /// Shares of spans held against a limit. A row without a limit is excluded.
    pub(super) fn within(&self, dimension: &Dimension, outcome: Outcome, cells: &mut Cells) {
        let due = match self.definition.measure {
            Measure::Within { open, .. } | Measure::WithinTarget { open, .. } => {
                open == OpenRule::Due
            }
            _ => false,
        };
        for span in self.rows_with_spans() {
            let member = dimension.code(span.row as usize);
            let Some(cell) = cells.at(span.period(), member) else {
                continue;
            };
            let kept = match (span.span(), span.within) {
                (Spanned::Excluded, _) | (Spanned::Done(_), None) => {
                    cell.n_excluded += 1;
                    continue;
                }
                // Late by now, whatever will become of it.
                (Spanned::Open(_), Some(false)) if due => false,
                (Spanned::Open(_) | Spanned::OpenSince, _) => {
                    cell.n_open += 1;
                    continue;
                }
                (Spanned::Done(_), Some(kept)) => kept,
            };
            cell.n += 1;
            if let Tally::Part { met } = &mut cell.tally {
                *met += u64::from(kept == (outcome == Outcome::Within));
            }
        }
    }

    /// Puts the spans that have ended in ascending order, for cells that hold them in that order. What is still to be counted
    /// row by row stays: those that have not ended or can't be told, and those that have a limit.
    pub(super) fn sort_spans(&mut self) {
        if let Some(spans) = &mut self.spans {
            self.ended = Some(Ended::of(spans, self.grid.len()));
            spans.retain(|span| !span.is_done() || span.within.is_some());
            spans.shrink_to_fit();
        }
    }

    /// The spans in row order; where they are what is measured, without those of which all is known from their length.
    pub(super) fn rows_with_spans(&self) -> &[SpanRow] {
        self.spans.as_deref().unwrap_or_default()
    }
}

/// Sorts the spans of every cell. Ended ones of one piece of the log come sorted; those of several pieces are runs that
/// stand one after the other.
#[expect(
    clippy::stable_sort_primitive,
    reason = "the stable sort finds runs and merges them, the other one begins anew"
)]
pub(super) fn sorted(cells: &mut Cells) {
    cells.par_iter_mut().for_each(|cell| {
        if let Tally::Spans { sorted, open, .. } = &mut cell.tally {
            if !sorted.is_sorted() {
                sorted.sort();
            }
            open.sort_unstable();
        }
    });
}

fn with_limits(spans: Vec<SpanRow>, held: impl Fn(&SpanRow) -> Option<bool>) -> Vec<SpanRow> {
    let mut spans = spans;
    for span in &mut spans {
        span.within = held(span);
    }
    spans
}

/// Whether a limit in microseconds is kept; an open span that has not passed it yet has not missed it.
fn kept(span: Spanned, most_us: f64) -> Option<bool> {
    match span {
        Spanned::Done(us) | Spanned::Open(us) => Some(us as f64 <= most_us),
        // However long it has lasted: it has not been seen to be late.
        Spanned::OpenSince => Some(true),
        Spanned::Excluded => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whether codes fit into a byte or not, and in several pieces.
        #[test]
        fn a_span_comes_to_the_list_of_its_member(
            members in prop_oneof![1..5_usize, 250..260_usize, Just(1000)],
            rows in proptest::collection::vec((0..1000_usize, 0..50_i64), 0..100),
            cut in 0..100_usize,
        ) {
            let names: Vec<String> = (0..members).map(|name| format!("{name:04}")).collect();
            let of_rows = rows.iter().map(|(member, _)| Some(names[member % members].as_str()));
            // Each member has a row: behind those of the spans.
            let all: Vec<Option<&str>> = of_rows.chain(names.iter().map(|name| Some(name.as_str()))).collect();
            let dimension = Dimension::of("office", &all);
            let (mut lists, mut wanted) = (vec![Vec::new(); members], vec![Vec::new(); members]);
            let spans: Vec<i64> = rows.iter().map(|(_, us)| *us).collect();
            let numbers: Vec<u32> = (0..).take(rows.len()).collect();
            let cut = cut.min(rows.len());
            let pieces = [(&numbers[..cut], &spans[..cut]), (&numbers[cut..], &spans[cut..])];
            let small = small_codes(&dimension);
            prop_assert_eq!(small.is_some(), members <= 256);
            for piece in pieces {
                match &small {
                    Some(codes) => add_to_lists(piece, codes, &mut lists),
                    None => add_to_lists(piece, &dimension.codes, &mut lists),
                }
            }
            for (member, us) in &rows {
                wanted[member % members].push(*us);
            }
            prop_assert_eq!(lists, wanted);
        }
    }

    #[test]
    fn a_row_keeps_its_span_and_its_period() {
        assert_eq!(size_of::<SpanRow>(), 16);
        let day = 86_400_000_000;
        for span in [
            Spanned::Done(0),
            Spanned::Done(day),
            Spanned::Open(0),
            Spanned::Open(day),
            Spanned::OpenSince,
            Spanned::Excluded,
        ] {
            let row = SpanRow::new(7, 23, span);
            assert_eq!((row.row, row.period(), row.span()), (7, 23, span));
        }
    }
}
