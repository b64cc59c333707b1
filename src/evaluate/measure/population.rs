//! The rows that a KPI is about.

use crate::catalogue::{Definition, first_at};
use crate::error::Result;
use crate::evaluate::base::BaseTable;
use crate::evaluate::scope::Grid;
use crate::model::Milestone;

/// The rows of a KPI's population with the position of their period, in row order.
pub(in crate::evaluate) struct Population {
    pub(in crate::evaluate) rows: Vec<(u32, u32)>,
}

impl Population {
    /// Rows that have the anchor inside the grid and meet the conditions.
    pub(in crate::evaluate) fn of(
        definition: &Definition,
        base: &BaseTable<'_>,
        grid: &Grid,
        condition: Option<&str>,
    ) -> Result<Self> {
        let anchor = format!("{}_at", definition.anchor);
        let period = grid.finder();
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
        mut period: impl FnMut(i64) -> Option<u32>,
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
        // Most have the date: a list that grows would be copied many times.
        let mut rows = Vec::with_capacity(times.len());
        let dated = (0_u32..).zip(times.iter());
        let dated = dated.filter_map(|(row, at)| Some((row, period(at?)?)));
        rows.extend(dated.filter(|(row, _)| is_met(*row)));
        Ok(Self { rows })
    }
}
