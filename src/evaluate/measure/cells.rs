//! Cells: what the rows of one period and one member add up to.

use rayon::prelude::*;

use crate::evaluate::dimension::Dimension;
use crate::evaluate::scope::Grid;
use crate::evaluate::statistics::{Cluster, Products};

/// What a cell adds up to, before it is turned into figures.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::evaluate) enum Tally {
    /// A number of rows, out of the cell's rows.
    Part {
        /// How many meet the condition.
        met: u64,
    },
    /// A number of things.
    Count(u64),
    /// A sum in millionths.
    Sum {
        sum: i128,
        /// What its error rests on; `None` for a stock, which does not arrive by chance.
        products: Option<Products>,
    },
    /// One sum over another, both in millionths (above the line of a weighted mean: microseconds
    /// times millionths).
    Ratio {
        above: i128,
        below: i128,
        products: Products,
    },
    /// Numbers of which the mean is taken, in row order.
    Numbers(Vec<f64>),
    /// Rows that meet a condition and rows in all, in two groups.
    Groups { a: (u64, u64), b: (u64, u64) },
    /// Spans in microseconds, ascending, and how many of those with a limit are within it.
    Spans {
        sorted: Vec<i64>,
        /// How long the open ones have lasted by the freeze time, ascending.
        open: Vec<i64>,
        limited: u64,
        within: u64,
    },
    /// A number that is made in one go, with its interval.
    Figure {
        value: Option<f64>,
        ci: Option<(f64, f64)>,
    },
}

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::evaluate) struct Cell {
    pub(in crate::evaluate) tally: Tally,
    pub(in crate::evaluate) n: u64,
    pub(in crate::evaluate) n_open: u64,
    pub(in crate::evaluate) n_excluded: u64,
    /// Whether one trader makes up so much of an amount that the figure would tell theirs.
    pub(in crate::evaluate) dominated: bool,
}

/// Cells by period (rows) and member (columns).
pub(in crate::evaluate) struct Cells {
    members: usize,
    all: Vec<Cell>,
    /// For base tables with several rows per declaration: the last one counted in each cell, plus one.
    counted: Vec<usize>,
    /// What the last declaration has added to each cell.
    clusters: Vec<Cluster>,
}

impl Cells {
    pub(super) fn new(grid: &Grid, dimension: &Dimension, tally: Tally) -> Self {
        let members = dimension.members.len();
        let empty = Cell {
            tally,
            n: 0,
            n_open: 0,
            n_excluded: 0,
            dominated: false,
        };
        Self {
            members,
            all: vec![empty; members * grid.len()],
            counted: Vec::new(),
            clusters: Vec::new(),
        }
    }

    /// The cell of a period and a member, by their positions.
    pub(in crate::evaluate) fn get(&self, period: usize, member: usize) -> Option<&Cell> {
        self.all.get(period * self.members + member)
    }

    /// Position of a cell.
    pub(super) fn index(&self, period: u32, member: u32) -> usize {
        period as usize * self.members + member as usize
    }

    pub(super) fn at(&mut self, period: u32, member: u32) -> Option<&mut Cell> {
        let index = self.index(period, member);
        self.all.get_mut(index)
    }

    /// The cells of a period, by the positions of their members.
    pub(super) fn of_period(&mut self, period: usize) -> &mut [Cell] {
        let mut periods = self.all.chunks_mut(self.members.max(1));
        periods.nth(period).unwrap_or_default()
    }

    /// The cell at a position.
    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut Cell> {
        self.all.get_mut(index)
    }

    /// Adds a row of a declaration to the sums of a cell.
    pub(super) fn add(&mut self, index: usize, declaration: usize, values: (i128, i128)) {
        if self.clusters.is_empty() {
            self.clusters = vec![Cluster::default(); self.all.len()];
        }
        let (Some(cell), Some(cluster)) = (self.all.get_mut(index), self.clusters.get_mut(index))
        else {
            return;
        };
        let numbers = (float(values.0), float(values.1));
        match &mut cell.tally {
            Tally::Sum { sum, products } => {
                *sum += values.0;
                if let Some(products) = products {
                    products.add(cluster, declaration, numbers);
                }
            }
            Tally::Ratio {
                above,
                below,
                products,
            } => {
                *above += values.0;
                *below += values.1;
                products.add(cluster, declaration, numbers);
            }
            _ => {}
        }
    }

    /// How many cells there are.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// Every cell, on all cores.
    pub(super) fn par_iter_mut(&mut self) -> impl ParallelIterator<Item = &mut Cell> {
        self.all.par_iter_mut()
    }

    /// Every cell with its position.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (usize, &mut Cell)> {
        self.all.iter_mut().enumerate()
    }

    /// Whether a declaration has not been counted in this cell yet; its rows come one after another.
    pub(super) fn is_new(&mut self, index: usize, declaration: usize) -> bool {
        if self.counted.is_empty() {
            self.counted = vec![0; self.all.len()];
        }
        let Some(counted) = self.counted.get_mut(index) else {
            return false;
        };
        let new = *counted != declaration + 1;
        *counted = declaration + 1;
        new
    }
}

/// A sum as a floating-point number. Most are so small that the machine converts them itself.
#[inline]
fn float(value: i128) -> f64 {
    /// Out of line: inlined, the optimiser sees that both conversions agree for small numbers, drops the branch and
    /// always takes the slow one.
    #[cold]
    #[inline(never)]
    const fn of_large(value: i128) -> f64 {
        value as f64
    }
    i64::try_from(value).map_or_else(|_| of_large(value), |small| small as f64)
}
