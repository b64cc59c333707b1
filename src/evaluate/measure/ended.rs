//! Spans that have ended, in order.

use rayon::prelude::*;

use super::SpanRow;

/// The spans that have ended, period by period, ascending within each; equal ones in row order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Ended {
    rows: Vec<u32>,
    /// In microseconds.
    spans: Vec<i64>,
    /// Where each period ends.
    ends: Vec<usize>,
}

impl Ended {
    /// Those of some rows, whose periods are below `periods`.
    pub(super) fn of(spans: &[SpanRow], periods: usize) -> Self {
        let mut counts = vec![0; periods];
        let (mut longest, mut seconds, mut milliseconds) = (0, true, true);
        for span in spans.iter().filter(|span| span.is_done()) {
            if let Some(count) = counts.get_mut(usize::from(span.period)) {
                *count += 1;
            }
            longest = longest.max(span.span);
            seconds &= span.span % 1_000_000 == 0;
            milliseconds &= span.span % 1000 == 0;
        }
        // Few logs are finer than seconds: sorted are half as many bytes, near each other.
        let fits = |unit: i64| longest / unit <= i64::from(u32::MAX);
        let short = |units: i64| u32::try_from(units).unwrap_or(u32::MAX);
        if seconds && fits(1_000_000) {
            let (units, us) = (
                |us| short(us / 1_000_000),
                |units| i64::from(units) * 1_000_000,
            );
            Self::sorted(spans, &counts, units, us)
        } else if milliseconds && fits(1000) {
            let (units, us) = (|us| short(us / 1000), |units| i64::from(units) * 1000);
            Self::sorted(spans, &counts, units, us)
        } else {
            Self::sorted(spans, &counts, |us| us, |us| us)
        }
    }

    /// Sorts them as numbers of some unit, of which there are `counts` in each period.
    fn sorted<U: radsort::Key + Copy + Send>(
        spans: &[SpanRow],
        counts: &[usize],
        units: impl Fn(i64) -> U,
        us: impl Fn(U) -> i64,
    ) -> Self {
        let counts = counts.iter();
        let mut lists: Vec<Vec<(U, u32)>> = counts.map(|n| Vec::with_capacity(*n)).collect();
        for span in spans.iter().filter(|span| span.is_done()) {
            if let Some(list) = lists.get_mut(usize::from(span.period)) {
                list.push((units(span.span), span.row));
            }
        }
        // A stable sort: equal ones stay in row order. Bytes that all keys share cost nothing.
        let each = lists.par_iter_mut();
        each.for_each(|list| radsort::sort_by_key(list, |(units, _)| *units));
        let all: usize = lists.iter().map(Vec::len).sum();
        let mut ended = Self {
            rows: Vec::with_capacity(all),
            spans: Vec::with_capacity(all),
            ends: Vec::with_capacity(lists.len()),
        };
        for list in lists {
            ended.rows.extend(list.iter().map(|(_, row)| *row));
            ended.spans.extend(list.iter().map(|(units, _)| us(*units)));
            ended.ends.push(ended.rows.len());
        }
        ended
    }

    /// The rows and the spans of each period that has any.
    pub(super) fn by_period(&self) -> impl Iterator<Item = (usize, (&[u32], &[i64]))> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let periods = starts.zip(&self.ends).enumerate();
        periods.filter_map(|(period, (start, end))| {
            let own = start..*end;
            let (rows, spans) = (self.rows.get(own.clone())?, self.spans.get(own)?);
            (!rows.is_empty()).then_some((period, (rows, spans)))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::spans::Spanned;
    use super::*;

    fn any_span() -> impl Strategy<Value = Spanned> {
        let us = prop_oneof![0..3_i64, 0..40_000_000_i64, Just(i64::MAX)];
        prop_oneof![
            us.clone().prop_map(Spanned::Done),
            us.prop_map(Spanned::Open),
            Just(Spanned::OpenSince),
            Just(Spanned::Excluded),
        ]
    }

    proptest! {
        /// Whatever the unit in which all of them are whole.
        #[test]
        fn ended_spans_ascend_period_by_period(
            spans in proptest::collection::vec((any_span(), 0..30_u32), 0..300),
            unit in prop_oneof![Just(1), Just(1000), Just(1_000_000)],
        ) {
            let whole = |span: &Spanned| match *span {
                Spanned::Done(us) => Spanned::Done(us / unit * unit),
                other => other,
            };
            let rows = (0..).zip(&spans);
            let rows: Vec<SpanRow> = rows
                .map(|(row, (span, period))| SpanRow::new(row, *period, whole(span)))
                .collect();
            let mut wanted: Vec<(usize, i64, u32)> = rows
                .iter()
                .filter_map(|row| match row.span() {
                    Spanned::Done(us) => Some((row.period() as usize, us, row.row)),
                    _ => None,
                })
                .collect();
            wanted.sort_unstable();
            let ended = Ended::of(&rows, 30);
            let found = ended.by_period().flat_map(|(period, (rows, spans))| {
                let own = spans.iter().zip(rows);
                own.map(move |(us, row)| (period, *us, *row))
            });
            prop_assert_eq!(found.collect::<Vec<_>>(), wanted);
        }
    }
}
