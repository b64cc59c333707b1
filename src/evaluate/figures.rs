//! Cells → figures: the numbers of each cell with their intervals, before anything is withheld.

use std::sync::Arc;

use rayon::prelude::*;

use super::dimension::Dimension;
use super::measure::{Cell, Cells, Tally};
use super::statistics::{
    KaplanMeier, Moments, Z, lift_interval, mean_interval, quantile, quantile_interval, wilson,
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
    /// The variance of a total, in the square of its unit, as if declarations arrived one by one by
    /// chance (a compound Poisson sum: Σ x²). What was collected is not uncertain, so that no
    /// interval is printed for it; whether it differs from another month's is.
    pub(super) variance: Option<f64>,
}

impl Figure {
    /// The 95 % interval that a change is judged by.
    pub(super) fn spread(&self) -> Option<(f64, f64)> {
        let value = self.value?.to_f64();
        let half = self.variance.map(|variance| Z * variance.sqrt());
        self.ci
            .or_else(|| half.map(|half| (value - half, value + half)))
    }
}

/// The figures of a cell.
#[derive(Clone, Debug)]
pub(super) struct CellFigures {
    pub(super) n: u64,
    pub(super) n_open: u64,
    pub(super) n_excluded: u64,
    /// Whether one trader makes up most of the figure's amount.
    pub(super) dominated: bool,
    /// Whether the figures may not be shown.
    pub(super) withheld: bool,
    pub(super) figures: Vec<Figure>,
}

impl CellFigures {
    /// The number of a statistic, as floating point.
    pub(super) fn value(&self, statistic: Statistic) -> Option<f64> {
        self.figure(statistic)?.value.map(Quantity::to_f64)
    }

    /// The figure of a statistic.
    pub(super) fn figure(&self, statistic: Statistic) -> Option<&Figure> {
        self.figures.iter().find(|f| f.statistic == statistic)
    }
}

/// The figures of a KPI for one dimension: cells by period (rows) and member (columns).
#[derive(Clone, Debug)]
pub(super) struct FigureGrid {
    pub(super) dimension: Arc<str>,
    pub(super) members: Vec<Arc<str>>,
    /// How many members each of the crossed dimensions has; empty for the whole.
    pub(super) sizes: Vec<usize>,
    pub(super) cells: Vec<CellFigures>,
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
            sizes: Vec::new(),
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
        let sizes = dimension.sizes();
        let wholes = wholes(definition, dimension, cells, periods);
        let members = dimension.members.iter().map(|m| Arc::from(m.as_str()));
        let members: Vec<Arc<str>> = members.collect();
        let width = members.len();
        let made = (0..periods * width).into_par_iter().map(|at| {
            let (period, member) = (at / width, at % width);
            let whole = wholes.get(period).and_then(|wholes| wholes.get(member));
            let whole = whole.copied().unwrap_or_default();
            match cells.get(period, member) {
                Some(cell) => CellFigures {
                    n: cell.n,
                    n_open: cell.n_open,
                    n_excluded: cell.n_excluded,
                    dominated: cell.dominated,
                    withheld: false,
                    figures: figures(definition, cell, whole),
                },
                None => CellFigures {
                    n: 0,
                    n_open: 0,
                    n_excluded: 0,
                    dominated: false,
                    withheld: false,
                    figures: Vec::new(),
                },
            }
        });
        Self {
            dimension: Arc::from(dimension.name.as_str()),
            members,
            sizes,
            cells: made.collect(),
        }
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

/// What a member is a part of.
#[derive(Clone, Copy, Debug, Default)]
struct Whole {
    n: u64,
    sum: i128,
    squares: f64,
}

/// For each period and member the whole that the member is a part of.
fn wholes(
    definition: &Definition,
    dimension: &Dimension,
    cells: &Cells,
    periods: usize,
) -> Vec<Vec<Whole>> {
    let Measure::MemberShare { dimensions, .. } = &definition.measure else {
        return Vec::new();
    };
    let whole_of = dimension.wholes(dimensions);
    let count = whole_of.iter().max().map_or(0, |last| last + 1);
    (0..periods)
        .map(|period| {
            let mut wholes = vec![Whole::default(); count];
            for (member, whole) in whole_of.iter().enumerate() {
                if let (Some(cell), Some(whole)) =
                    (cells.get(period, member), wholes.get_mut(*whole))
                {
                    whole.n += cell.n;
                    if let Tally::Sum { sum, products } = cell.tally {
                        whole.sum += sum;
                        whole.squares += products.map_or(0.0, |products| products.squares());
                    }
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
fn figures(definition: &Definition, cell: &Cell, whole: Whole) -> Vec<Figure> {
    let unit = definition.unit;
    let figure = |value: Option<Quantity>, ci, variance| {
        vec![Figure {
            statistic: Statistic::Value,
            unit,
            value,
            ci,
            variance,
        }]
    };
    let one = |value: Option<Quantity>, ci| figure(value, ci, None);
    let member_share = matches!(definition.measure, Measure::MemberShare { .. });
    let scale = match definition.measure {
        Measure::Ratio { scale, .. } | Measure::Sum { scale, .. } => scale,
        // Spans are in microseconds.
        Measure::Weighted { scale, .. } => scale / 1e6,
        _ => 1.0,
    };
    match &cell.tally {
        Tally::Spans {
            sorted,
            open,
            limited,
            within,
        } => {
            // The estimate needs to know how long the open ones have lasted.
            let open = (open.len() as u64 == cell.n_open).then_some(open.as_slice());
            span_figures(unit, (sorted, open), wilson_share(*within, *limited))
        }
        Tally::Part { met } => one(share(*met as f64, cell.n as f64), wilson(*met, cell.n)),
        Tally::Count(count) if member_share => one(
            share(*count as f64, whole.n as f64),
            wilson(*count, whole.n),
        ),
        Tally::Count(count) => {
            let flow = matches!(definition.measure, Measure::Count);
            let variance = flow.then_some(*count as f64);
            figure(Some(Quantity::Count(*count)), None, variance)
        }
        Tally::Sum { sum, products } if member_share => one(
            share(*sum as f64, whole.sum as f64),
            products.and_then(|own| part_interval(*sum, own.squares(), cell.n, whole)),
        ),
        Tally::Sum { sum, products } => {
            let variance = products.map(|own| own.squares() * (scale / 1e6).powi(2));
            figure(Some(summed(unit, *sum, scale)), None, variance)
        }
        Tally::Ratio {
            above,
            below,
            products,
        } => {
            let sums = (*above as f64, *below as f64);
            let ci = products.interval(sums, cell.n, unit == Unit::Share);
            let ci = ci.map(|(low, high)| (low * scale, high * scale));
            one(quotient(unit, *above, *below, scale), ci)
        }
        Tally::Numbers(numbers) => {
            let (value, ci) = mean_of(numbers);
            one(value.map(|value| quantity(unit, value)), ci)
        }
        Tally::Groups { a, b } => {
            let rate = |(met, n): (u64, u64)| (n > 0).then(|| met as f64 / n as f64);
            let lift = rate(*a).zip(rate(*b)).filter(|(_, b)| *b > 0.0);
            let lift = lift.map(|(a, b)| Quantity::Ratio(a / b));
            one(lift, lift_interval(*a, *b))
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

/// A share of rows with its interval.
fn wilson_share(part: u64, whole: u64) -> (Option<Quantity>, Option<(f64, f64)>) {
    (share(part as f64, whole as f64), wilson(part, whole))
}

/// 95 % interval of a part's share r of a sum over n rows of the part, by linearisation as for
/// [`Products::interval`]: the part's rows count with 1 − r, the others with −r. `None` below five
/// rows of the part.
fn part_interval(sum: i128, squares: f64, n: u64, whole: Whole) -> Option<(f64, f64)> {
    let (total, all) = (whole.sum as f64, whole.squares);
    if n < 5 || total <= 0.0 {
        return None;
    }
    let r = sum as f64 / total;
    let variance = (1.0 - r).powi(2) * squares + r.powi(2) * (all - squares).max(0.0);
    let half = Z * variance.sqrt() / total;
    Some(((r - half).max(0.0).min(r), (r + half).min(1.0).max(r)))
}

/// The span vector, in seconds: spans that have ended and the ages of open ones (`None` where those are
/// not known), both ascending, and the share within target.
fn span_figures(
    unit: Unit,
    (ended, open): (&[i64], Option<&[i64]>),
    within: (Option<Quantity>, Option<(f64, f64)>),
) -> Vec<Figure> {
    let n = ended.len() as u64;
    let moments = Moments::of(ended);
    let mean_us = moments.map(|moments| moments.mean());
    let sd_us = moments.and_then(|moments| moments.standard_deviation());
    // Without open ones the estimate is the plain distribution.
    let estimate = open
        .filter(|open| !open.is_empty())
        .map(|open| KaplanMeier::new(ended, open));
    let figure = |statistic: Statistic| {
        if let Some(p) = statistic.quantile() {
            return match (statistic.counts_open(), open, &estimate) {
                (true, None, _) => (None, None),
                (true, _, Some(estimate)) => (estimate.quantile(p), estimate.quantile_interval(p)),
                _ => (quantile(ended, p), quantile_interval(ended, p)),
            };
        }
        match statistic {
            Statistic::Mean => {
                let ci = mean_us.zip(sd_us);
                (
                    mean_us,
                    ci.and_then(|(mean, sd)| mean_interval(mean, sd, n)),
                )
            }
            Statistic::Sd => (
                sd_us,
                moments.and_then(|moments| moments.deviation_interval()),
            ),
            Statistic::Min => (ended.first().map(|us| *us as f64), None),
            Statistic::Max => (ended.last().map(|us| *us as f64), None),
            _ => (None, None),
        }
    };
    Statistic::SPAN
        .into_iter()
        .map(|statistic| {
            let (unit, value, ci) = match statistic {
                Statistic::WithinTarget => (Unit::Share, within.0, within.1),
                Statistic::Cv => {
                    let positive = mean_us.zip(sd_us).filter(|(mean, _)| *mean > 0.0);
                    let cv = positive.map(|(mean, sd)| Quantity::Ratio(sd / mean));
                    let ci = moments.and_then(|moments| moments.variation_interval());
                    (Unit::Ratio, cv, ci)
                }
                _ => {
                    let (value, ci) = figure(statistic);
                    let ci = ci.map(|(low, high)| (low / 1e6, high / 1e6));
                    (unit, value.map(|us| Quantity::Seconds(us / 1e6)), ci)
                }
            };
            Figure {
                statistic,
                unit,
                value,
                ci,
                variance: None,
            }
        })
        .collect()
}
