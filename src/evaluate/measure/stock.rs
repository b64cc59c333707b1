//! Stocks: what is open, or owed, at the end of each period.

use super::{Cells, Measuring, Tally};
use crate::catalogue::{AGE_BAND, Bands, Base, Measure, ValueExpression, first_at, last_at};
use crate::error::Result;
use crate::evaluate::dimension::Dimension;
use crate::model::Milestone;

/// When a declaration was opened and closed, and its row.
struct Life {
    row: usize,
    opened: i64,
    closed: Option<i64>,
}

impl Measuring<'_, '_> {
    /// Counts, at the end of each period, the declarations that were opened before it and not
    /// closed before it. What happened before the opening closes nothing: a declaration refused at
    /// its first lodgement and registered after its second is open from then on.
    pub(super) fn stock(&self, dimension: &Dimension, cells: &mut Cells) -> Result<()> {
        for life in self.lives()? {
            for (period, end) in self.ends_in(&life) {
                let member = self.aged(dimension, &life, end);
                if let Some(cell) = cells.at(period, member) {
                    cell.n += 1;
                    cell.n_open += 1;
                    cell.tally = Tally::Count(cell.n);
                }
            }
        }
        Ok(())
    }

    /// Adds up, at the end of each period, what is owed on the declarations that were opened before it:
    /// the amount as it is known at the freeze time, less all payments by the period's end, never less
    /// than nothing.
    pub(super) fn owed(
        &self,
        dimension: &Dimension,
        of: &ValueExpression,
        cells: &mut Cells,
    ) -> Result<()> {
        let amounts = self.base.values(of)?;
        let payments = self.payments_by_row();
        for life in self.lives()? {
            let Some(owed) = amounts.get(life.row) else {
                continue;
            };
            let from = payments.partition_point(|(row, _, _)| *row < life.row);
            let own: Vec<(i64, i128)> = payments
                .iter()
                .skip(from)
                .take_while(|(row, _, _)| *row == life.row)
                .map(|(_, at, paid)| (*at, *paid))
                .collect();
            for (period, end) in self.ends_in(&life) {
                let paid: i128 = own
                    .iter()
                    .filter(|(at, _)| *at < end)
                    .map(|(_, paid)| paid)
                    .sum();
                if owed <= paid {
                    continue;
                }
                let member = self.aged(dimension, &life, end);
                if let Some(cell) = cells.at(period, member)
                    && let Tally::Sum { sum, .. } = &mut cell.tally
                {
                    *sum += owed - paid;
                    cell.n += 1;
                    cell.n_open += 1;
                }
            }
        }
        Ok(())
    }

    /// Row of the declaration, time and amount of every payment, sorted.
    fn payments_by_row(&self) -> Vec<(usize, i64, i128)> {
        let table = self.evaluator.base(Base::Payments);
        let (times, amounts) = (table.times("payment_at"), table.amounts("payment"));
        let mut payments: Vec<(usize, i64, i128)> = (0..table.rows())
            .filter_map(|row| {
                let paid = times.get(row).zip(amounts.get(row));
                paid.map(|(time, amount)| (table.parent(row), time, amount))
            })
            .collect();
        payments.sort_unstable();
        payments
    }

    /// Every declaration of the population with its opening and closing.
    fn lives(&self) -> Result<Vec<Life>> {
        let Measure::Stock {
            opened, closed, of, ..
        } = &self.definition.measure
        else {
            return Ok(Vec::new());
        };
        let opened = self.base.times(&first_at(*opened));
        let times = |milestone: &Milestone| {
            [first_at(*milestone), last_at(*milestone)].map(|name| self.base.times(&name))
        };
        let closed: Vec<_> = closed.iter().flat_map(times).collect();
        let open = self.base.condition("status = 'open'")?;
        let life = |row: usize| {
            let start = opened.get(row)?;
            let end = closed
                .iter()
                .filter_map(|times| times.get(row))
                .filter(|end| *end >= start)
                .min();
            // Closed before it was opened, by the log's order, and closed for good. Money is owed by
            // released declarations too.
            let gone = of.is_none() && open.get(row) != Some(&true);
            Some(Life {
                row,
                opened: start,
                closed: end.or_else(|| gone.then_some(start)),
            })
        };
        let rows = self.population.rows.iter();
        Ok(rows.filter_map(|(row, _)| life(*row as usize)).collect())
    }

    /// The periods at whose end a declaration is open, each with its end (the freeze time, if earlier).
    fn ends_in(&self, life: &Life) -> impl Iterator<Item = (u32, i64)> {
        let periods = u32::try_from(self.grid.len()).unwrap_or(u32::MAX);
        let from = self.grid.find_or_first(life.opened).unwrap_or(periods);
        let to = life
            .closed
            .and_then(|end| self.grid.find_or_first(end))
            .unwrap_or(periods);
        let now = self.evaluator.settings.freeze_us.saturating_add(1);
        (from..to).map(move |period| (period, self.grid.end_of(period).min(now)))
    }

    /// The member of a declaration, in its band of age where the dimension asks for bands.
    fn aged(&self, dimension: &Dimension, life: &Life, end: i64) -> u32 {
        let code = dimension.code(life.row);
        let Measure::Stock {
            bands: Some(bands), ..
        } = &self.definition.measure
        else {
            return code;
        };
        if dimension.name.split('+').any(|name| name == AGE_BAND) {
            code + bands.of(end - life.opened)
        } else {
            code
        }
    }
}

impl Bands {
    /// Position of the band that holds an age; a bound belongs to the older band.
    fn of(&self, age_us: i64) -> u32 {
        let band = self.bounds_us.partition_point(|bound| *bound <= age_us);
        u32::try_from(band).unwrap_or_default()
    }
}
