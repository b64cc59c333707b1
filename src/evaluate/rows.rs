//! Figures → rows of the table: what may be shown, against targets and earlier periods.

use std::sync::Arc;

use super::figures::{CellFigures, Figure, FigureGrid};
use super::statistics::Change;
use super::table::{KpiRow, State};
use super::targets::{judge, target_of};
use crate::catalogue::Definition;
use crate::model::{Period, Quantity};
use crate::project::Target;

/// The 95 % interval that a change of a figure is judged by.
type Spread = Option<(f64, f64)>;

/// What all rows of one KPI and one dimension share.
pub(super) struct RowMaker<'r> {
    pub(super) definition: &'r Definition,
    pub(super) targets: &'r [Target],
    pub(super) periods: &'r [Period],
}

impl RowMaker<'_> {
    /// The rows of every period and of every member that has a row in some period.
    pub(super) fn rows(&self, grid: &FigureGrid) -> Vec<KpiRow> {
        let mut rows = Vec::new();
        for (at, member) in grid.members.iter().enumerate() {
            if !grid.has_rows(at) && grid.dimension.as_ref() != "all" {
                continue;
            }
            let key = (Arc::clone(&grid.dimension), Arc::clone(member));
            rows.extend(self.member_rows(&key, at, grid));
        }
        rows
    }

    fn member_rows(
        &self,
        key: &(Arc<str>, Arc<str>),
        member: usize,
        grid: &FigureGrid,
    ) -> Vec<KpiRow> {
        let mut by_period: Vec<Vec<KpiRow>> = Vec::with_capacity(self.periods.len());
        let mut spreads: Vec<Vec<Spread>> = Vec::with_capacity(self.periods.len());
        for (at, period) in self.periods.iter().enumerate() {
            let Some(cell) = grid.get(at, member) else {
                continue;
            };
            let figures = || cell.figures.iter();
            spreads.push(figures().map(Figure::spread).collect());
            by_period.push(
                figures()
                    .map(|figure| self.row(key, *period, cell, figure))
                    .collect(),
            );
        }
        self.compare(&mut by_period, &spreads);
        by_period.into_iter().flatten().collect()
    }

    fn row(
        &self,
        (dimension, member): &(Arc<str>, Arc<str>),
        period: Period,
        cell: &CellFigures,
        figure: &Figure,
    ) -> KpiRow {
        let suppressed = cell.withheld;
        let (state, value, ci) = match figure.value {
            _ if suppressed => (State::Suppressed, None, None),
            None => (State::NotMeasurable, None, None),
            Some(value) => (State::Ok, Some(value), figure.ci),
        };
        let cell_key = (dimension.as_ref(), member.as_ref());
        let target = target_of(
            self.targets,
            self.definition,
            cell_key,
            period,
            figure.statistic,
        );
        let shown = |n: u64| (!suppressed).then_some(n);
        KpiRow {
            kpi: Arc::clone(&self.definition.id),
            kpi_version: self.definition.version,
            period,
            dimension: Arc::clone(dimension),
            member: Arc::clone(member),
            statistic: figure.statistic,
            value,
            unit: figure.unit,
            n: shown(cell.n),
            n_open: shown(cell.n_open),
            n_excluded: shown(cell.n_excluded),
            ci,
            state,
            target: target.map(|target| target.value),
            target_state: target
                .zip(value)
                .and_then(|(target, value)| judge(value.to_f64(), target, self.definition.better)),
            previous: None,
            year_ago: None,
            change: None,
            change_of_year: None,
        }
    }

    /// Sets each figure beside the same figure one period and one year earlier.
    fn compare(&self, by_period: &mut [Vec<KpiRow>], spreads: &[Vec<Spread>]) {
        let values: Vec<Vec<Option<Quantity>>> = by_period
            .iter()
            .map(|rows| rows.iter().map(|row| row.value).collect())
            .collect();
        let value = |at: Option<usize>, statistic: usize| {
            at.and_then(|at| values.get(at))
                .and_then(|values| values.get(statistic).copied().flatten())
        };
        let spread = |at: usize, statistic: usize| {
            spreads
                .get(at)
                .and_then(|spreads| spreads.get(statistic).copied().flatten())
        };
        for (at, rows) in by_period.iter_mut().enumerate() {
            let Some(period) = self.periods.get(at) else {
                continue;
            };
            let previous = earlier(self.periods, at, period.months());
            let year_ago = earlier(self.periods, at, 12);
            for (statistic, row) in rows.iter_mut().enumerate() {
                row.previous = value(previous, statistic);
                row.year_ago = value(year_ago, statistic);
                let change = |before_at: Option<usize>, before: Option<Quantity>| {
                    let (now, before) = row.value.zip(before)?;
                    let before_spread = before_at.and_then(|at| spread(at, statistic));
                    Some(Change::between(
                        (now.to_f64(), spread(at, statistic)),
                        (before.to_f64(), before_spread),
                    ))
                };
                row.change = change(previous, row.previous);
                row.change_of_year = change(year_ago, row.year_ago);
            }
        }
    }
}

/// Position of the period that lies `months` before another, if it is among those evaluated.
pub(super) fn earlier(periods: &[Period], period: usize, months: i32) -> Option<usize> {
    let earlier = periods.get(period)?.shifted(-months);
    periods.binary_search(&earlier).ok()
}
