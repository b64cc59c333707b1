//! Cells → figures: the numbers of each cell with their intervals, before anything is withheld.

use std::sync::Arc;

use super::base::Dimension;
use super::measure::{Cell, Cells, Tally};
use super::statistics::{
    mean, mean_interval, quantile, quantile_interval, standard_deviation, wilson,
};
use super::table::Statistic;
use crate::catalogue::{Definition, Measure};
use crate::model::{Amount, Quantity, Unit};

/// One number of a cell with its interval.
#[derive(Clone, Debug)]
pub(super) struct Figure {
    pub(super) statistic: Statistic,
    pub(super) unit: Unit,
    pub(super) value: Option<Quantity>,
    pub(super) ci: Option<(f64, f64)>,
}

/// The figures of a cell.
#[derive(Clone, Debug)]
pub(super) struct CellFigures {
    pub(super) n: u64,
    pub(super) n_open: u64,
    pub(super) n_excluded: u64,
    pub(super) figures: Vec<Figure>,
}

impl CellFigures {
    /// The number of a statistic, as floating point.
    pub(super) fn value(&self, statistic: Statistic) -> Option<f64> {
        let figure = self.figures.iter().find(|f| f.statistic == statistic)?;
        figure.value.map(Quantity::to_f64)
    }
}

/// The figures of a KPI for one dimension: cells by period (rows) and member (columns).
#[derive(Clone, Debug)]
pub(super) struct FigureGrid {
    pub(super) dimension: Arc<str>,
    pub(super) members: Vec<Arc<str>>,
    cells: Vec<CellFigures>,
}

impl FigureGrid {
    /// Fills a grid; `figures` makes a cell from the positions of its period and member.
    pub(super) fn new(
        dimension: Arc<str>,
        members: Vec<Arc<str>>,
        periods: usize,
        mut figures: impl FnMut(usize, usize) -> CellFigures,
    ) -> Self {
        let mut cells = Vec::with_capacity(periods * members.len());
        for period in 0..periods {
            for member in 0..members.len() {
                cells.push(figures(period, member));
            }
        }
        Self {
            dimension,
            members,
            cells,
        }
    }

    /// The figures of a measured dimension.
    pub(super) fn of(
        definition: &Definition,
        dimension: &Dimension,
        cells: &Cells,
        periods: usize,
    ) -> Self {
        let wholes = wholes(definition, dimension, cells, periods);
        let members = dimension.members.iter().map(|m| Arc::from(m.as_str()));
        let name = Arc::from(dimension.name.as_str());
        Self::new(name, members.collect(), periods, |period, member| {
            let whole = wholes.get(period).and_then(|wholes| wholes.get(member));
            let whole = whole.copied().unwrap_or_default();
            match cells.get(period, member) {
                Some(cell) => CellFigures {
                    n: cell.n,
                    n_open: cell.n_open,
                    n_excluded: cell.n_excluded,
                    figures: figures(definition, cell, whole),
                },
                None => CellFigures {
                    n: 0,
                    n_open: 0,
                    n_excluded: 0,
                    figures: Vec::new(),
                },
            }
        })
    }

    /// The cell of a period and a member, by their positions.
    pub(super) fn get(&self, period: usize, member: usize) -> Option<&CellFigures> {
        if member >= self.members.len() {
            return None;
        }
        self.cells.get(period * self.members.len() + member)
    }

    /// Position of a member.
    pub(super) fn position(&self, member: &str) -> Option<usize> {
        self.members.iter().position(|name| name.as_ref() == member)
    }

    /// Whether a member has a row in any period.
    pub(super) fn has_rows(&self, member: usize) -> bool {
        let cells = self.cells.iter().skip(member).step_by(self.members.len());
        cells
            .into_iter()
            .any(|cell| cell.n + cell.n_open + cell.n_excluded > 0)
    }
}

/// A single value in the unit of a definition.
pub(super) fn quantity(unit: Unit, value: f64) -> Quantity {
    match unit {
        Unit::Seconds | Unit::WorkingSeconds => Quantity::Seconds(value),
        Unit::Share => Quantity::Share(value),
        Unit::Ratio => Quantity::Ratio(value),
        Unit::Money => Quantity::Money(Amount::rounded(value)),
        Unit::Count
        | Unit::Tonnes
        | Unit::KilometresPerHour
        | Unit::Days
        | Unit::PerThousand
        | Unit::Index
        | Unit::Z => Quantity::Number(value),
    }
}

/// For each period and member the whole that the member is a part of: its rows and its sum.
fn wholes(
    definition: &Definition,
    dimension: &Dimension,
    cells: &Cells,
    periods: usize,
) -> Vec<Vec<(u64, i128)>> {
    let Measure::MemberShare { dimensions, .. } = &definition.measure else {
        return Vec::new();
    };
    let whole_of = dimension.wholes(dimensions);
    let count = whole_of.iter().max().map_or(0, |last| last + 1);
    (0..periods)
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

/// The figures of a cell, given the whole that it is a part of.
fn figures(definition: &Definition, cell: &Cell, whole: (u64, i128)) -> Vec<Figure> {
    let unit = definition.unit;
    let one = |value: Option<Quantity>, ci| {
        vec![Figure {
            statistic: Statistic::Value,
            unit,
            value,
            ci,
        }]
    };
    let member_share = matches!(definition.measure, Measure::MemberShare { .. });
    let scale = match definition.measure {
        Measure::Ratio { scale, .. }
        | Measure::Sum { scale, .. }
        | Measure::Weighted { scale, .. } => scale,
        _ => 1.0,
    };
    match &cell.tally {
        Tally::Spans {
            sorted,
            limited,
            within,
            ..
        } => span_figures(unit, sorted, *limited, *within),
        Tally::Part { met } => one(share(*met as f64, cell.n as f64), wilson(*met, cell.n)),
        Tally::Count(count) if member_share => one(
            share(*count as f64, whole.0 as f64),
            wilson(*count, whole.0),
        ),
        Tally::Count(count) => one(Some(Quantity::Count(*count)), None),
        Tally::Sum(sum) if member_share => one(share(*sum as f64, whole.1 as f64), None),
        Tally::Sum(sum) => one(Some(summed(unit, *sum, scale)), None),
        Tally::Ratio(numerator, denominator) => {
            one(quotient(unit, *numerator, *denominator, scale), None)
        }
        Tally::Weighted(sum, total) => {
            let mean_us = (*total != 0).then(|| *sum as f64 / *total as f64);
            one(mean_us.map(|us| quantity(unit, us / 1e6 * scale)), None)
        }
        Tally::Numbers(numbers) => {
            let (value, ci) = mean_of(numbers);
            one(value.map(|value| quantity(unit, value)), ci)
        }
        Tally::Groups { a, b } => {
            let rate = |(met, n): (u64, u64)| (n > 0).then(|| met as f64 / n as f64);
            let lift = rate(*a).zip(rate(*b)).filter(|(_, b)| *b > 0.0);
            one(lift.map(|(a, b)| Quantity::Ratio(a / b)), None)
        }
        Tally::Figure { value, ci } => one(value.map(|value| quantity(unit, value)), *ci),
    }
}

/// A sum in millionths in its unit; exact for money and whole counts.
fn summed(unit: Unit, sum: i128, scale: f64) -> Quantity {
    match unit {
        Unit::Money => Quantity::Money(Amount::from_millionths(sum)),
        Unit::Count => u64::try_from(sum / 1_000_000)
            .map_or(Quantity::Number(sum as f64 / 1e6), Quantity::Count),
        unit => quantity(unit, sum as f64 / 1e6 * scale),
    }
}

/// A quotient of two sums in millionths; money is rounded half to even at the millionth. `None` where
/// the divisor is zero.
fn quotient(unit: Unit, numerator: i128, denominator: i128, scale: f64) -> Option<Quantity> {
    if denominator == 0 {
        return None;
    }
    Some(quantity(
        unit,
        numerator as f64 / denominator as f64 * scale,
    ))
}

fn mean_of(numbers: &[f64]) -> (Option<f64>, Option<(f64, f64)>) {
    if numbers.is_empty() {
        return (None, None);
    }
    let n = numbers.len() as f64;
    let mean = numbers.iter().sum::<f64>() / n;
    let squares: f64 = numbers.iter().map(|value| (value - mean).powi(2)).sum();
    let deviation = (squares / (n - 1.0)).sqrt();
    (
        Some(mean),
        mean_interval(mean, deviation, numbers.len() as u64),
    )
}

fn share(part: f64, whole: f64) -> Option<Quantity> {
    (whole != 0.0).then(|| Quantity::Share(part / whole))
}

/// The span vector, in seconds.
fn span_figures(unit: Unit, sorted: &[i64], limited: u64, within: u64) -> Vec<Figure> {
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
                unit,
                value: value.map(Quantity::Seconds),
                ci,
            }
        })
        .collect()
}
