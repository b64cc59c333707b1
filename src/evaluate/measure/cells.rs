//! Cells: what the rows of one period and one member add up to.

use crate::evaluate::base::Dimension;
use crate::evaluate::scope::Grid;

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
    Sum(i128),
    /// Two sums in millionths.
    Ratio(i128, i128),
    /// A sum of microseconds times millionths, and the sum of the millionths.
    Weighted(i128, i128),
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
}

/// Cells by period (rows) and member (columns).
pub(in crate::evaluate) struct Cells {
    members: usize,
    all: Vec<Cell>,
    /// For base tables with several rows per declaration: the last one counted in each cell, plus one.
    counted: Vec<u32>,
}

impl Cells {
    pub(super) fn new(grid: &Grid, dimension: &Dimension, tally: Tally) -> Self {
        let members = dimension.members.len();
        let empty = Cell {
            tally,
            n: 0,
            n_open: 0,
            n_excluded: 0,
        };
        Self {
            members,
            all: vec![empty; members * grid.len()],
            counted: Vec::new(),
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

    /// Every cell with its position.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (usize, &mut Cell)> {
        self.all.iter_mut().enumerate()
    }

    /// Whether a declaration has not been counted in this cell yet; its rows come one after another.
    pub(super) fn is_new(&mut self, index: usize, declaration: u32) -> bool {
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
