//! Cells → rows of the table.

use std::sync::Arc;

use super::base::Dimension;
use super::measure::{Cell, Cells, Tally};
use super::statistics::{
    mean, mean_interval, quantile, quantile_interval, standard_deviation, wilson,
};
use super::table::{KpiRow, State, Statistic};
use super::targets::{judge, target_of};
use crate::catalogue::{Definition, Measure};
use crate::model::{Amount, Period, Quantity, Unit};
use crate::project::Target;

/// One number of a cell with its interval.
struct Figure {
    statistic: Statistic,
    unit: Unit,
    value: Option<Quantity>,
    ci: Option<(f64, f64)>,
}

/// What all rows of one KPI and one dimension share.
pub(super) struct RowMaker<'r> {
    pub(super) definition: &'r Definition,
    pub(super) targets: &'r [Target],
    pub(super) periods: &'r [Period],
    pub(super) min_declarations: u64,
}

impl RowMaker<'_> {
    /// The rows of every period and of every member that has a row in some period.
    pub(super) fn rows(&self, dimension: &Dimension, cells: &Cells) -> Vec<KpiRow> {
        let mut rows = Vec::new();
        let name: Arc<str> = Arc::from(dimension.name.as_str());
        let wholes = self.wholes(dimension, cells);
        for (at, member) in dimension.members.iter().enumerate() {
            if !cells.has_rows(at) && dimension.name != "all" {
                continue;
            }
            let key = (Arc::clone(&name), Arc::from(member.as_str()));
            rows.extend(self.member_rows(&key, at, cells, &wholes));
        }
        rows
    }

    fn member_rows(
        &self,
        key: &(Arc<str>, Arc<str>),
        member: usize,
        cells: &Cells,
        wholes: &[Vec<(u64, i128)>],
    ) -> Vec<KpiRow> {
        let mut by_period: Vec<Vec<KpiRow>> = Vec::with_capacity(self.periods.len());
        for (at, period) in self.periods.iter().enumerate() {
            let Some(cell) = cells.get(at, member) else {
                continue;
            };
            let whole = wholes
                .get(at)
                .and_then(|wholes| wholes.get(member))
                .copied();
            let whole = whole.unwrap_or_default();
            let before = self.sum_before(at, member, cells);
            let figures = self.figures(cell, whole, before);
            by_period.push(
                figures
                    .into_iter()
                    .map(|figure| self.row(key, *period, cell, &figure))
                    .collect(),
            );
        }
        self.compare(&mut by_period);
        by_period.into_iter().flatten().collect()
    }

    /// For each period and member the whole that the member is a part of: its rows and its sum.
    fn wholes(&self, dimension: &Dimension, cells: &Cells) -> Vec<Vec<(u64, i128)>> {
        let Measure::MemberShare { dimensions, .. } = &self.definition.measure else {
            return Vec::new();
        };
        let whole_of = dimension.wholes(dimensions);
        let count = whole_of.iter().max().map_or(0, |last| last + 1);
        (0..self.periods.len())
            .map(|period| {
                let mut wholes = vec![(0, 0); count];
                for (member, whole) in whole_of.iter().enumerate() {
                    if let (Some(cell), Some(whole)) =
                        (cells.get(period, member), wholes.get_mut(*whole))
                    {
                        whole.0 += cell.n;
                        whole.1 += if let Tally::Sum(sum) = cell.tally {
                            sum
                        } else {
                            0
                        };
                    }
                }
                whole_of
                    .iter()
                    .map(|whole| wholes.get(*whole).copied().unwrap_or_default())
                    .collect()
            })
            .collect()
    }

    /// The figures of a cell, given the whole and the earlier sum that it is compared with.
    fn figures(&self, cell: &Cell, whole: (u64, i128), before: Option<i128>) -> Vec<Figure> {
        let unit = self.definition.unit;
        let one = |value: Option<Quantity>, ci| {
            vec![Figure {
                statistic: Statistic::Value,
                unit,
                value,
                ci,
            }]
        };
        let member_share = matches!(self.definition.measure, Measure::MemberShare { .. });
        match &cell.tally {
            Tally::Spans {
                sorted,
                limited,
                within,
            } => span_figures(sorted, *limited, *within),
            Tally::Part { met } => one(share(*met as f64, cell.n as f64), wilson(*met, cell.n)),
            Tally::Count(count) if member_share => one(
                share(*count as f64, whole.0 as f64),
                wilson(*count, whole.0),
            ),
            Tally::Count(count) => one(Some(Quantity::Count(*count)), None),
            Tally::Sum(sum) if member_share => one(share(*sum as f64, whole.1 as f64), None),
            Tally::Sum(sum) if matches!(self.definition.measure, Measure::Growth { .. }) => {
                let growth = before.map(|before| *sum as f64 / before as f64 - 1.0);
                one(growth.map(Quantity::Ratio), None)
            }
            Tally::Sum(sum) => one(Some(Quantity::Money(Amount::from_millionths(*sum))), None),
            Tally::Ratio(numerator, denominator) => {
                let quotient = *numerator as f64 / *denominator as f64;
                let value = (*denominator != 0).then_some(match unit {
                    Unit::Share => Quantity::Share(quotient),
                    _ => Quantity::Ratio(quotient),
                });
                one(value, None)
            }
        }
    }

    /// The sum that a growth is measured against; `None` where there is none or it may not be shown.
    fn sum_before(&self, period: usize, member: usize, cells: &Cells) -> Option<i128> {
        let Measure::Growth { months, .. } = self.definition.measure else {
            return None;
        };
        let cell = cells.get(self.earlier(period, months)?, member)?;
        match cell.tally {
            Tally::Sum(sum) if sum > 0 && cell.n >= self.min_declarations => Some(sum),
            _ => None,
        }
    }

    /// Position of the period that lies `months` before another, if it is among those evaluated.
    fn earlier(&self, period: usize, months: i32) -> Option<usize> {
        let earlier = self.periods.get(period)?.shifted(-months);
        self.periods.binary_search(&earlier).ok()
    }

    fn row(
        &self,
        (dimension, member): &(Arc<str>, Arc<str>),
        period: Period,
        cell: &Cell,
        figure: &Figure,
    ) -> KpiRow {
        // Too few rows to be shown; none at all is no secret.
        let few = |n: u64| n > 0 && n < self.min_declarations;
        let suppressed = few(cell.n) || cell.n == 0 && few(cell.n_open);
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
        }
    }

    /// Sets each figure beside the same figure one period and one year earlier.
    fn compare(&self, by_period: &mut [Vec<KpiRow>]) {
        let values: Vec<Vec<Option<Quantity>>> = by_period
            .iter()
            .map(|rows| rows.iter().map(|row| row.value).collect())
            .collect();
        let value = |at: Option<usize>, statistic: usize| {
            at.and_then(|at| values.get(at))
                .and_then(|values| values.get(statistic).copied().flatten())
        };
        for (at, rows) in by_period.iter_mut().enumerate() {
            let Some(period) = self.periods.get(at) else {
                continue;
            };
            let previous = self.earlier(at, period.months());
            let year_ago = self.earlier(at, 12);
            for (statistic, row) in rows.iter_mut().enumerate() {
                row.previous = value(previous, statistic);
                row.year_ago = value(year_ago, statistic);
            }
        }
    }
}

fn share(part: f64, whole: f64) -> Option<Quantity> {
    (whole != 0.0).then(|| Quantity::Share(part / whole))
}

/// The span vector, in seconds.
fn span_figures(sorted: &[i64], limited: u64, within: u64) -> Vec<Figure> {
    let seconds = |us: f64| us / 1e6;
    let n = sorted.len() as u64;
    let mean_us = mean(sorted);
    let sd_us = standard_deviation(sorted);
    Statistic::SPAN
        .into_iter()
        .map(|statistic| {
            let at = |p: f64| {
                let ci =
                    quantile_interval(sorted, p).map(|(low, high)| (seconds(low), seconds(high)));
                (quantile(sorted, p).map(seconds), ci)
            };
            let (value, ci) = match statistic {
                Statistic::Mean => {
                    let ci = mean_us
                        .zip(sd_us)
                        .and_then(|(mean, sd)| mean_interval(mean, sd, n));
                    (
                        mean_us.map(seconds),
                        ci.map(|(low, high)| (seconds(low), seconds(high))),
                    )
                }
                Statistic::Median => at(0.5),
                Statistic::P10 => at(0.1),
                Statistic::P25 => at(0.25),
                Statistic::P75 => at(0.75),
                Statistic::P90 => at(0.9),
                Statistic::P95 => at(0.95),
                Statistic::Sd => (sd_us.map(seconds), None),
                Statistic::Min => (sorted.first().map(|us| seconds(*us as f64)), None),
                Statistic::Max => (sorted.last().map(|us| seconds(*us as f64)), None),
                Statistic::Cv => {
                    let cv = mean_us
                        .zip(sd_us)
                        .filter(|(mean, _)| *mean > 0.0)
                        .map(|(mean, sd)| sd / mean);
                    return Figure {
                        statistic,
                        unit: Unit::Ratio,
                        value: cv.map(Quantity::Ratio),
                        ci: None,
                    };
                }
                Statistic::WithinTarget | Statistic::Value => {
                    let value = share(within as f64, limited as f64);
                    return Figure {
                        statistic,
                        unit: Unit::Share,
                        value,
                        ci: wilson(within, limited),
                    };
                }
            };
            Figure {
                statistic,
                unit: Unit::Seconds,
                value: value.map(Quantity::Seconds),
                ci,
            }
        })
        .collect()
}
