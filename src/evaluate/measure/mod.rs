//! One KPI over one base table: rows of its population → cells.
//!
//! A cell is a period and a member. Every cell, also the whole, is computed from base rows; no cell
//! is ever made from other cells.

mod cells;
mod distribution;
mod dominance;
mod ended;
mod groups;
mod outlier;
mod population;
mod ranking;
mod spans;
mod stock;
mod summing;
mod sums;

use std::sync::Arc;

pub(super) use cells::{Cell, Cells, Tally};
pub(super) use dominance::Pass;
use ended::Ended;
pub(super) use population::Population;
pub(super) use spans::SpanRow;
pub(super) use summing::Summing;

use super::base::BaseTable;
use super::dimension::Dimension;
use super::scope::Grid;
use super::targets::Limits;
use super::{Evaluator, Scope, base_for};
use crate::catalogue::{Base, Definition, Measure};
use crate::error::Result;

/// Computes the cells of a KPI, dimension by dimension.
pub(super) struct Measuring<'m, 'e> {
    pub(super) evaluator: &'m Evaluator<'e>,
    pub(super) definition: &'m Definition,
    pub(super) base: &'m BaseTable<'e>,
    pub(super) grid: &'m Grid,
    pub(super) scope: &'m Scope,
    pub(super) population: Population,
    /// The rows with their spans, in row order, for kinds that rest on spans; with limits by row. Where spans are what is
    /// measured, without those that are in `ended` and have no limit.
    spans: Option<Vec<SpanRow>>,
    /// Where spans are what is measured: those that have ended, in ascending order.
    ended: Option<Ended>,
}

impl<'m, 'e> Measuring<'m, 'e> {
    /// Finds the population among the rows of a base table, and the spans where the measure rests on them.
    pub(super) fn new(
        evaluator: &'m Evaluator<'e>,
        definition: &'m Definition,
        base: Base,
        grid: &'m Grid,
        scope: &'m Scope,
    ) -> Result<Self> {
        let mut measuring = Self::in_row_order(evaluator, definition, base, grid, scope)?;
        if definition.measure.is_span() {
            measuring.sort_spans();
        }
        Ok(measuring)
    }

    /// As [`Measuring::new`], for a measure that goes through the spans in the order of the log.
    fn in_row_order(
        evaluator: &'m Evaluator<'e>,
        definition: &'m Definition,
        base: Base,
        grid: &'m Grid,
        scope: &'m Scope,
    ) -> Result<Self> {
        let base = evaluator.base(base);
        let condition = scope.condition.as_deref();
        let population = match &definition.measure {
            Measure::Stock { opened, .. } => {
                Population::of_stock(*opened, definition, base, grid, condition)?
            }
            _ => Population::of(definition, base, grid, condition)?,
        };
        let mut measuring = Self {
            evaluator,
            definition,
            base,
            grid,
            scope,
            population,
            spans: None,
            ended: None,
        };
        measuring.spans = measuring.span_rows()?;
        Ok(measuring)
    }

    /// The same for a KPI that this one refers to, over the rows that are in both populations.
    fn referred(&self, id: &str) -> Result<Measuring<'m, 'e>> {
        let definition = self.evaluator.catalogue().require(id)?;
        let base = base_for(definition, self.scope, &[])?;
        let mut other =
            Measuring::in_row_order(self.evaluator, definition, base, self.grid, self.scope)?;
        if let Some(sql) = &self.definition.population {
            let met = other.base.condition(sql)?;
            let keep = |row: u32| met.get(row as usize).copied().unwrap_or(false);
            other.population.rows.retain(|(row, _)| keep(*row));
            if let Some(spans) = &mut other.spans {
                spans.retain(|span| keep(span.row));
            }
        }
        Ok(other)
    }

    /// The dimension of a breakdown.
    pub(super) fn dimension(&self, names: &[String]) -> Arc<Dimension> {
        match &self.definition.measure {
            Measure::Stock {
                bands: Some(bands), ..
            } => self.base.banded(names, bands),
            _ => self.base.dimension(names),
        }
    }

    /// Limits for the spans of a KPI.
    fn limits(&self, definition: &Definition) -> Limits {
        let targets = self.evaluator.settings.targets;
        Limits::new(definition, targets, self.base, &self.scope.periods)
    }

    /// Calls `take` with each row of the population, its period and its member.
    fn each(&self, dimension: &Dimension, mut take: impl FnMut(usize, u32, u32)) {
        for (row, period) in &self.population.rows {
            take(*row as usize, *period, dimension.code(*row as usize));
        }
    }

    /// Counts a row in its cell: every row, or every declaration once where a declaration has
    /// several rows. Says whether it was counted.
    fn count_row(&self, cells: &mut Cells, row: usize, index: usize) -> bool {
        let counted = match self.base.declaration(row) {
            Some(declaration) => cells.is_new(index, declaration),
            None => true,
        };
        if counted && let Some(cell) = cells.get_mut(index) {
            cell.n += 1;
        }
        counted
    }
}
