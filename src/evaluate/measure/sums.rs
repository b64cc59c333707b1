//! Counts, shares, sums, ratios, means.

use super::dominance::{Majority, Pass};
use super::{Cells, Measuring, Tally};
use crate::catalogue::{Measure, ValueExpression, first_at};
use crate::error::Result;
use crate::evaluate::dimension::Dimension;
use crate::evaluate::statistics::Products;

/// Nothing over nothing.
pub(super) const EMPTY_RATIO: Tally = Tally::Ratio {
    above: 0,
    below: 0,
    products: Products::NONE,
};

impl Measuring<'_, '_> {
    pub(super) fn count(&self, dimension: &Dimension, cells: &mut Cells) {
        self.each(dimension, |row, period, member| {
            let index = cells.index(period, member);
            if self.count_row(cells, row, index)
                && let Some(cell) = cells.get_mut(index)
            {
                cell.tally = Tally::Count(cell.n);
            }
        });
    }

    /// Where a declaration has several rows it meets the condition if any of them does.
    pub(super) fn share(
        &self,
        dimension: &Dimension,
        when: &str,
        (cells, meeting): (&mut Cells, &mut Cells),
    ) -> Result<()> {
        let condition = self.base.condition(when)?;
        if !self.base.has_parts() {
            // Numbers beside each other, and not in their cells, which are large.
            let mut numbers = vec![(0_u64, 0_u64); cells.len()];
            self.each(dimension, |row, period, member| {
                if let Some((n, met)) = numbers.get_mut(cells.index(period, member)) {
                    *n += 1;
                    *met += u64::from(condition.get(row) == Some(&true));
                }
            });
            for ((_, cell), (n, more)) in cells.iter_mut().zip(numbers) {
                cell.n += n;
                if let Tally::Part { met } = &mut cell.tally {
                    *met += more;
                }
            }
            return Ok(());
        }
        self.each(dimension, |row, period, member| {
            let index = cells.index(period, member);
            self.count_row(cells, row, index);
            let met =
                condition.get(row).copied().unwrap_or(false) && self.count_row(meeting, row, index);
            if met
                && let Some(cell) = cells.get_mut(index)
                && let Tally::Part { met } = &mut cell.tally
            {
                *met += 1;
            }
        });
        Ok(())
    }

    pub(super) fn sum(
        &self,
        dimension: &Dimension,
        of: &ValueExpression,
        (cells, majorities): (&mut Cells, &mut [Majority]),
        pass: Pass,
    ) -> Result<()> {
        let values = self.base.values(of)?;
        if pass == Pass::First {
            self.each(dimension, |row, period, member| {
                let index = cells.index(period, member);
                if let Some(value) = values.get(row) {
                    self.count_row(cells, row, index);
                    cells.add(index, self.base.declaration_of(row), (value, 0));
                } else if let Some(cell) = cells.get_mut(index) {
                    cell.n_excluded += 1;
                }
            });
        }
        for majority in majorities {
            self.look_for(majority, (dimension, cells), pass, &|row| values.get(row));
        }
        Ok(())
    }

    pub(super) fn ratio(
        &self,
        dimension: &Dimension,
        (cells, majorities): (&mut Cells, &mut [Majority]),
        pass: Pass,
    ) -> Result<()> {
        let Measure::Ratio {
            numerator,
            numerator_where,
            denominator,
            exclude_missing,
            ..
        } = &self.definition.measure
        else {
            return Ok(());
        };
        let (above, below) = (self.base.values(numerator)?, self.base.values(denominator)?);
        let only = numerator_where
            .as_deref()
            .map(|sql| self.base.condition(sql))
            .transpose()?;
        let mut add = |row: usize, period, member| {
            let (upper, lower) = (above.get(row), below.get(row));
            if *exclude_missing && (upper.is_none() || lower.is_none()) {
                if let Some(cell) = cells.at(period, member) {
                    cell.n_excluded += 1;
                }
                return;
            }
            let index = cells.index(period, member);
            self.count_row(cells, row, index);
            let counted = only
                .as_ref()
                .is_none_or(|met| met.get(row).copied().unwrap_or(false));
            let upper = upper.filter(|_| counted).unwrap_or_default();
            cells.add(
                index,
                self.base.declaration_of(row),
                (upper, lower.unwrap_or_default()),
            );
        };
        if pass == Pass::First {
            self.each(dimension, &mut add);
        }
        let met = |row: usize| only.as_ref().is_none_or(|met| met.get(row) == Some(&true));
        let upper = |row: usize| above.get(row).filter(|_| met(row));
        let lower = |row: usize| below.get(row);
        // As they were made: one for each side that is money.
        let mut majorities = majorities.iter_mut();
        if numerator.is_money()
            && let Some(majority) = majorities.next()
        {
            self.look_for(majority, (dimension, cells), pass, &upper);
        }
        if denominator.is_money()
            && let Some(majority) = majorities.next()
        {
            self.look_for(majority, (dimension, cells), pass, &lower);
        }
        Ok(())
    }

    pub(super) fn mean(&self, dimension: &Dimension, of: &str, cells: &mut Cells) -> Result<()> {
        let numbers = self.base.numbers(of)?;
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
        Ok(())
    }

    /// A row without one of the times or the weight is excluded, and so is a negative span.
    pub(super) fn weighted(
        &self,
        dimension: &Dimension,
        (cells, majorities): (&mut Cells, &mut [Majority]),
        pass: Pass,
    ) -> Result<()> {
        let Measure::Weighted {
            from, to, weight, ..
        } = &self.definition.measure
        else {
            return Ok(());
        };
        let (starts, ends) = (
            self.base.times(&first_at(*from)),
            self.base.times(&first_at(*to)),
        );
        let weights = self.base.values(weight)?;
        let mut add = |row: usize, period, member| {
            let Some(cell) = cells.at(period, member) else {
                return;
            };
            let span = starts
                .get(row)
                .zip(ends.get(row))
                .map(|(start, end)| end - start)
                .filter(|span| *span >= 0);
            let weight = weights.get(row);
            let Some((span, weight)) = span.zip(weight) else {
                cell.n_excluded += 1;
                return;
            };
            cell.n += 1;
            let index = cells.index(period, member);
            cells.add(
                index,
                self.base.declaration_of(row),
                (i128::from(span) * weight, weight),
            );
        };
        if pass == Pass::First {
            self.each(dimension, &mut add);
        }
        for majority in majorities {
            self.look_for(majority, (dimension, cells), pass, &|row| weights.get(row));
        }
        Ok(())
    }
}
