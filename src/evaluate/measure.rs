//! One KPI over one base table: rows of its population → cells.
//!
//! A cell is a period and a member. Every cell, also the whole, is computed from base rows; no cell
//! is ever made from other cells.

use crate::catalogue::{Definition, Measure, Negative, first_at, last_at};
use crate::error::Result;
use crate::model::{Milestone, Period};

use super::base::{BaseTable, Dimension};
use super::scope::Grid;
use super::targets::Limits;

/// What a cell adds up to, before it is turned into rows of the table.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tally {
    /// A number of rows, out of the cell's rows.
    Part {
        /// How many meet the condition.
        met: u64,
    },
    /// A number of things.
    Count(u64),
    /// A sum in millionths.
    Sum(i128),
    /// Two sums in millionths.
    Ratio(i128, i128),
    /// Spans in microseconds, ascending, and how many of those with a limit are within it.
    Spans {
        sorted: Vec<i64>,
        limited: u64,
        within: u64,
    },
}

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cell {
    pub(super) tally: Tally,
    pub(super) n: u64,
    pub(super) n_open: u64,
    pub(super) n_excluded: u64,
}

/// Cells by period (rows) and member (columns).
pub(super) struct Cells {
    members: usize,
    cells: Vec<Cell>,
}

impl Cells {
    fn new(grid: &Grid, dimension: &Dimension, tally: Tally) -> Self {
        let members = dimension.members.len();
        let empty = Cell {
            tally,
            n: 0,
            n_open: 0,
            n_excluded: 0,
        };
        Self {
            members,
            cells: vec![empty; members * grid.len()],
        }
    }

    pub(super) fn get(&self, period: usize, member: usize) -> Option<&Cell> {
        self.cells.get(period * self.members + member)
    }

    fn at(&mut self, period: u32, member: u32) -> Option<&mut Cell> {
        self.cells
            .get_mut(period as usize * self.members + member as usize)
    }

    /// Every cell.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Cell> {
        self.cells.iter_mut()
    }

    /// Whether a member has a row in any period.
    pub(super) fn has_rows(&self, member: usize) -> bool {
        let cells = self.cells.iter().skip(member).step_by(self.members.max(1));
        cells
            .into_iter()
            .any(|cell| cell.n + cell.n_open + cell.n_excluded > 0)
    }
}

/// The rows of a KPI's population with the position of their period.
pub(super) struct Population {
    rows: Vec<(u32, u32)>,
}

impl Population {
    /// Rows that have the anchor inside the grid and meet the conditions.
    pub(super) fn of(
        definition: &Definition,
        base: &BaseTable<'_>,
        grid: &Grid,
        condition: Option<&str>,
    ) -> Result<Self> {
        let anchor = format!("{}_at", definition.anchor);
        let period = |at| grid.find(at);
        Self::dated_by(&anchor, period, (definition, condition), base)
    }

    /// Rows that have been opened at any time up to the end of the grid: the population of a stock.
    pub(super) fn of_stock(
        opened: Milestone,
        definition: &Definition,
        base: &BaseTable<'_>,
        grid: &Grid,
        condition: Option<&str>,
    ) -> Result<Self> {
        let period = |at| grid.find_or_first(at);
        Self::dated_by(&first_at(opened), period, (definition, condition), base)
    }

    fn dated_by(
        column: &str,
        period: impl Fn(i64) -> Option<u32>,
        (definition, condition): (&Definition, Option<&str>),
        base: &BaseTable<'_>,
    ) -> Result<Self> {
        let times = base.times(column);
        let own = definition.population.as_deref();
        let mut conditions = Vec::new();
        for sql in [own, condition].into_iter().flatten() {
            conditions.push(base.condition(sql)?);
        }
        let is_met = |row: u32| {
            conditions
                .iter()
                .all(|met| met.get(row as usize).copied().unwrap_or(false))
        };
        let rows = (0_u32..)
            .zip(times.iter())
            .filter_map(|(row, at)| Some((row, period((*at)?)?)))
            .filter(|(row, _)| is_met(*row))
            .collect();
        Ok(Self { rows })
    }
}

/// Computes the cells of a KPI for one dimension.
pub(super) struct Measuring<'m, 'c> {
    pub(super) definition: &'m Definition,
    pub(super) base: &'m BaseTable<'c>,
    pub(super) grid: &'m Grid,
    pub(super) periods: &'m [Period],
    pub(super) population: &'m Population,
    /// Limits for spans, by row.
    pub(super) limits: &'m Limits,
}

impl Measuring<'_, '_> {
    pub(super) fn cells(&self, dimension: &Dimension) -> Result<Cells> {
        match &self.definition.measure {
            Measure::Count => Ok(self.count(dimension)),
            Measure::Share { when } => self.share(dimension, when),
            Measure::Ratio {
                numerator,
                numerator_where,
                denominator,
                exclude_missing,
            } => {
                let columns = (numerator.as_slice(), denominator.as_slice());
                self.ratio(
                    dimension,
                    columns,
                    numerator_where.as_deref(),
                    *exclude_missing,
                )
            }
            Measure::Sum { of } | Measure::Growth { of, .. } => Ok(self.sum(dimension, of)),
            Measure::MemberShare { of: Some(of), .. } => Ok(self.sum(dimension, of)),
            Measure::MemberShare { of: None, .. } => Ok(self.count(dimension)),
            Measure::Span {
                from,
                to,
                negative,
                nil_when,
            } => self.spans(dimension, (*from, *to), *negative, nil_when.as_deref()),
            // Evaluated with the definition of its span KPI; see `Evaluation`.
            Measure::WithinTarget { .. } => Ok(Cells::new(self.grid, dimension, Tally::Count(0))),
            Measure::Stock { opened, closed } => self.stock(dimension, *opened, closed),
        }
    }

    fn each(&self, dimension: &Dimension, mut take: impl FnMut(usize, u32, u32)) {
        for (row, period) in &self.population.rows {
            let member = dimension
                .codes
                .get(*row as usize)
                .copied()
                .unwrap_or_default();
            take(*row as usize, *period, member);
        }
    }

    fn count(&self, dimension: &Dimension) -> Cells {
        let mut cells = Cells::new(self.grid, dimension, Tally::Count(0));
        self.each(dimension, |_, period, member| {
            if let Some(cell) = cells.at(period, member) {
                cell.n += 1;
                cell.tally = Tally::Count(cell.n);
            }
        });
        cells
    }

    fn share(&self, dimension: &Dimension, when: &str) -> Result<Cells> {
        let condition = self.base.condition(when)?;
        let mut cells = Cells::new(self.grid, dimension, Tally::Part { met: 0 });
        self.each(dimension, |row, period, member| {
            let Some(cell) = cells.at(period, member) else {
                return;
            };
            cell.n += 1;
            if let Tally::Part { met } = &mut cell.tally {
                *met += u64::from(condition.get(row).copied().unwrap_or(false));
            }
        });
        Ok(cells)
    }

    fn sum(&self, dimension: &Dimension, of: &str) -> Cells {
        let amounts = self.base.amounts(of);
        let mut cells = Cells::new(self.grid, dimension, Tally::Sum(0));
        self.each(dimension, |row, period, member| {
            let Some(cell) = cells.at(period, member) else {
                return;
            };
            match amounts.get(row).copied().flatten() {
                Some(amount) => {
                    cell.n += 1;
                    if let Tally::Sum(sum) = &mut cell.tally {
                        *sum += amount;
                    }
                }
                None => cell.n_excluded += 1,
            }
        });
        cells
    }

    fn ratio(
        &self,
        dimension: &Dimension,
        (above, below): (&[String], &[String]),
        only: Option<&str>,
        exclude_missing: bool,
    ) -> Result<Cells> {
        let load = |names: &[String]| {
            names
                .iter()
                .map(|name| self.base.amounts(name))
                .collect::<Vec<_>>()
        };
        let (above, below) = (load(above), load(below));
        let only = only.map(|sql| self.base.condition(sql)).transpose()?;
        let mut cells = Cells::new(self.grid, dimension, Tally::Ratio(0, 0));
        self.each(dimension, |row, period, member| {
            let Some(cell) = cells.at(period, member) else {
                return;
            };
            let value =
                |column: &std::rc::Rc<Vec<Option<i128>>>| column.get(row).copied().flatten();
            if exclude_missing
                && above
                    .iter()
                    .chain(&below)
                    .any(|column| value(column).is_none())
            {
                cell.n_excluded += 1;
                return;
            }
            cell.n += 1;
            let counted = only
                .as_ref()
                .is_none_or(|met| met.get(row).copied().unwrap_or(false));
            if let Tally::Ratio(numerator, denominator) = &mut cell.tally {
                if counted {
                    *numerator += above.iter().filter_map(value).sum::<i128>();
                }
                *denominator += below.iter().filter_map(value).sum::<i128>();
            }
        });
        Ok(cells)
    }

    fn spans(
        &self,
        dimension: &Dimension,
        (from, to): (Milestone, Milestone),
        negative: Negative,
        nil_when: Option<&str>,
    ) -> Result<Cells> {
        let (starts, ends) = (
            self.base.times(&first_at(from)),
            self.base.times(&first_at(to)),
        );
        let nil = nil_when.map(|sql| self.base.condition(sql)).transpose()?;
        let open = self
            .base
            .condition("status = 'open' OR status = 'released'")?;
        let empty = Tally::Spans {
            sorted: Vec::new(),
            limited: 0,
            within: 0,
        };
        let mut cells = Cells::new(self.grid, dimension, empty);
        self.each(dimension, |row, period, member| {
            let Some(cell) = cells.at(period, member) else {
                return;
            };
            let time = |times: &[Option<i64>]| times.get(row).copied().flatten();
            let span = match (time(&starts), time(&ends)) {
                // A cancelled or rejected declaration will never reach the end: it is not open.
                (Some(_), None) if open.get(row).copied().unwrap_or(false) => {
                    cell.n_open += 1;
                    return;
                }
                (Some(_), Some(_))
                    if nil.as_ref().is_some_and(|nil| nil.get(row) == Some(&true)) =>
                {
                    0
                }
                (Some(start), Some(end)) if end >= start => end - start,
                (Some(_), Some(_)) if negative == Negative::Zero => 0,
                _ => {
                    cell.n_excluded += 1;
                    return;
                }
            };
            cell.n += 1;
            if let Tally::Spans {
                sorted,
                limited,
                within,
            } = &mut cell.tally
            {
                sorted.push(span);
                if let Some(limit) = self.limits.of(row, period) {
                    *limited += 1;
                    *within += u64::from(span as f64 <= limit * 1e6);
                }
            }
        });
        for cell in &mut cells.cells {
            if let Tally::Spans { sorted, .. } = &mut cell.tally {
                sorted.sort_unstable();
            }
        }
        Ok(cells)
    }

    /// Counts, at the end of each period, the declarations that were opened before it and not
    /// closed before it. What happened before the opening closes nothing: a declaration refused at
    /// its first lodgement and registered after its second is open from then on.
    fn stock(
        &self,
        dimension: &Dimension,
        opened: Milestone,
        closed: &[Milestone],
    ) -> Result<Cells> {
        let opened = self.base.times(&first_at(opened));
        let closed: Vec<_> = closed
            .iter()
            .flat_map(|milestone| [first_at(*milestone), last_at(*milestone)])
            .map(|name| self.base.times(&name))
            .collect();
        let open = self.base.condition("status = 'open'")?;
        let mut cells = Cells::new(self.grid, dimension, Tally::Count(0));
        // A stock counts declarations of every age, not only those registered in the period.
        let population = self.population.rows.iter().map(|(row, _)| *row as usize);
        for row in population {
            let Some(start) = opened.get(row).copied().flatten() else {
                continue;
            };
            let end = closed
                .iter()
                .filter_map(|times| times.get(row).copied().flatten())
                .filter(|end| *end >= start)
                .min();
            // Closed before it was opened, by the log's order, and closed for good.
            let end = end.or_else(|| (open.get(row) != Some(&true)).then_some(start));
            let Some(from) = self.grid.find_or_first(start) else {
                continue;
            };
            let to = match end {
                Some(end) => self.grid.find_or_first(end),
                None => None,
            };
            let to = to.unwrap_or_else(|| u32::try_from(self.periods.len()).unwrap_or(u32::MAX));
            let member = dimension.codes.get(row).copied().unwrap_or_default();
            for period in from..to {
                if let Some(cell) = cells.at(period, member) {
                    cell.n += 1;
                    cell.n_open += 1;
                    cell.tally = Tally::Count(cell.n);
                }
            }
        }
        Ok(cells)
    }
}
