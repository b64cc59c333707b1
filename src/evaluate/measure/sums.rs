//! Counts, shares, sums, ratios, means.

use super::{Cells, Measuring, Tally};
use crate::catalogue::{Measure, ValueExpression, first_at};
use crate::error::Result;
use crate::evaluate::base::Dimension;
use crate::evaluate::statistics::Products;
use crate::model::Milestone;

const EMPTY_RATIO: Tally = Tally::Ratio {
    above: 0,
    below: 0,
    products: Products::NONE,
};

impl Measuring<'_, '_> {
    pub(super) fn count(&self, dimension: &Dimension) -> Cells {
        let mut cells = Cells::new(self.grid, dimension, Tally::Count(0));
        self.each(dimension, |row, period, member| {
            if self.count_row(&mut cells, row, (period, member))
                && let Some(cell) = cells.at(period, member)
            {
                cell.tally = Tally::Count(cell.n);
            }
        });
        cells
    }

    /// Where a declaration has several rows it meets the condition if any of them does.
    pub(super) fn share(&self, dimension: &Dimension, when: &str) -> Result<Cells> {
        let condition = self.base.condition(when)?;
        let mut cells = Cells::new(self.grid, dimension, Tally::Part { met: 0 });
        let mut meeting = Cells::new(self.grid, dimension, Tally::Count(0));
        self.each(dimension, |row, period, member| {
            self.count_row(&mut cells, row, (period, member));
            let met = condition.get(row).copied().unwrap_or(false)
                && self.count_row(&mut meeting, row, (period, member));
            if met && let Some(cell) = cells.at(period, member) {
                let before = if let Tally::Part { met } = cell.tally {
                    met
                } else {
                    0
                };
                cell.tally = Tally::Part { met: before + 1 };
            }
        });
        Ok(cells)
    }

    pub(super) fn sum(&self, dimension: &Dimension, of: &ValueExpression) -> Result<Cells> {
        let values = self.base.values(of)?;
        let empty = Tally::Sum {
            sum: 0,
            products: Some(Products::NONE),
        };
        let mut cells = Cells::new(self.grid, dimension, empty);
        self.each(dimension, |row, period, member| {
            if let Some(value) = values.get(row).copied().flatten() {
                self.count_row(&mut cells, row, (period, member));
                let index = cells.index(period, member);
                cells.add(index, self.base.parent(row), (value, 0));
            } else if let Some(cell) = cells.at(period, member) {
                cell.n_excluded += 1;
            }
        });
        if of.is_money() {
            self.mark_dominated(dimension, &mut cells, &|row| *values.get(row)?);
        }
        Ok(cells)
    }

    pub(super) fn ratio(&self, dimension: &Dimension) -> Result<Cells> {
        let mut cells = Cells::new(self.grid, dimension, EMPTY_RATIO);
        let Measure::Ratio {
            numerator,
            numerator_where,
            denominator,
            exclude_missing,
            ..
        } = &self.definition.measure
        else {
            return Ok(cells);
        };
        let (above, below) = (self.base.values(numerator)?, self.base.values(denominator)?);
        let only = numerator_where
            .as_deref()
            .map(|sql| self.base.condition(sql))
            .transpose()?;
        self.each(dimension, |row, period, member| {
            let value = |column: &[Option<i128>]| column.get(row).copied().flatten();
            let (upper, lower) = (value(&above), value(&below));
            if *exclude_missing && (upper.is_none() || lower.is_none()) {
                if let Some(cell) = cells.at(period, member) {
                    cell.n_excluded += 1;
                }
                return;
            }
            self.count_row(&mut cells, row, (period, member));
            let counted = only
                .as_ref()
                .is_none_or(|met| met.get(row).copied().unwrap_or(false));
            let upper = upper.filter(|_| counted).unwrap_or_default();
            let index = cells.index(period, member);
            cells.add(
                index,
                self.base.parent(row),
                (upper, lower.unwrap_or_default()),
            );
        });
        if numerator.is_money() {
            let met = |row: usize| only.as_ref().is_none_or(|met| met.get(row) == Some(&true));
            let amount = |row: usize| above.get(row).copied().flatten().filter(|_| met(row));
            self.mark_dominated(dimension, &mut cells, &amount);
        }
        if denominator.is_money() {
            self.mark_dominated(dimension, &mut cells, &|row| *below.get(row)?);
        }
        Ok(cells)
    }

    pub(super) fn mean(&self, dimension: &Dimension, of: &str) -> Result<Cells> {
        let numbers = self.base.numbers(of)?;
        let mut cells = Cells::new(self.grid, dimension, Tally::Numbers(Vec::new()));
        self.each(dimension, |row, period, member| {
            let Some(cell) = cells.at(period, member) else {
                return;
            };
            let number = numbers.get(row).copied().flatten();
            match (number.filter(|number| number.is_finite()), &mut cell.tally) {
                (Some(number), Tally::Numbers(numbers)) => {
                    numbers.push(number);
                    cell.n += 1;
                }
                _ => cell.n_excluded += 1,
            }
        });
        Ok(cells)
    }

    /// A row without one of the times or the weight is excluded, and so is a negative span.
    pub(super) fn weighted(
        &self,
        dimension: &Dimension,
        (from, to): (Milestone, Milestone),
        weight: &ValueExpression,
    ) -> Result<Cells> {
        let (starts, ends) = (
            self.base.times(&first_at(from)),
            self.base.times(&first_at(to)),
        );
        let weights = self.base.values(weight)?;
        let mut cells = Cells::new(self.grid, dimension, EMPTY_RATIO);
        self.each(dimension, |row, period, member| {
            let Some(cell) = cells.at(period, member) else {
                return;
            };
            let time = |times: &[Option<i64>]| times.get(row).copied().flatten();
            let span = time(&starts)
                .zip(time(&ends))
                .map(|(start, end)| end - start)
                .filter(|span| *span >= 0);
            let weight = weights.get(row).copied().flatten();
            let Some((span, weight)) = span.zip(weight) else {
                cell.n_excluded += 1;
                return;
            };
            cell.n += 1;
            let index = cells.index(period, member);
            cells.add(
                index,
                self.base.parent(row),
                (i128::from(span) * weight, weight),
            );
        });
        if weight.is_money() {
            self.mark_dominated(dimension, &mut cells, &|row| *weights.get(row)?);
        }
        Ok(cells)
    }
}
