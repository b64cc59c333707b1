//! What may not be shown: cells that are too small or tell one trader's figures, and those by which such
//! a cell could be found out.

use super::figures::{CellFigures, FigureGrid};

impl FigureGrid {
    /// Withholds cells.
    ///
    /// - A cell with fewer than `min` declarations, and one in which one trader makes up most of an
    ///   amount (primary suppression). An empty cell is no secret.
    /// - Where the members of a breakdown add up to a whole that is published, further cells, the smallest
    ///   first, until at least two are withheld that have `min` declarations together: a total less its
    ///   other parts then tells none of them (secondary suppression; Hundepool et al. 2012, "Statistical
    ///   Disclosure Control", 4.4, with a greedy choice). Where dimensions are crossed this holds along
    ///   each of them.
    ///
    /// Cells of other periods, other KPIs and other conditions are not looked at.
    pub(super) fn withhold(&mut self, min: u64) {
        for cell in &mut self.cells {
            cell.withheld = cell.is_small(min) || cell.dominated;
        }
        let lines = self.lines();
        let members = self.members.len().max(1);
        for period in self.cells.chunks_mut(members) {
            // A cell that is withheld for one line may be the only one in another.
            while lines.iter().any(|line| protect(period, line, min)) {}
        }
    }

    /// The members that add up to a total: those that differ in one of the crossed dimensions.
    fn lines(&self) -> Vec<Vec<usize>> {
        let mut lines = Vec::new();
        let mut stride: usize = self.sizes.iter().product();
        for size in &self.sizes {
            let block = stride;
            stride /= (*size).max(1);
            for start in 0..self.members.len() {
                if start % block < stride {
                    lines.push((0..*size).map(|step| start + step * stride).collect());
                }
            }
        }
        lines
    }
}

/// Withholds further cells of a line until the withheld ones protect each other. Says whether it had to.
fn protect(cells: &mut [CellFigures], line: &[usize], min: u64) -> bool {
    let mut changed = false;
    loop {
        let of_line = |at: &usize| cells.get(*at).filter(|cell| cell.size() > 0);
        let withheld = line.iter().filter_map(of_line).filter(|c| c.withheld);
        let (count, size) = withheld.fold((0, 0), |(count, size), cell| {
            (count + 1, size + cell.size())
        });
        if count == 0 || count >= 2 && size >= min {
            return changed;
        }
        let next = line
            .iter()
            .filter_map(|at| Some((of_line(at)?, *at)))
            .filter(|(cell, _)| !cell.withheld)
            .min_by_key(|(cell, at)| (cell.size(), *at))
            .map(|(_, at)| at);
        let Some(cell) = next.and_then(|at| cells.get_mut(at)) else {
            return changed;
        };
        cell.withheld = true;
        changed = true;
    }
}

impl CellFigures {
    /// How many declarations it tells of.
    const fn size(&self) -> u64 {
        if self.n == 0 { self.n_open } else { self.n }
    }

    /// Too few to be shown; none at all is no secret.
    const fn is_small(&self, min: u64) -> bool {
        let size = self.size();
        size > 0 && size < min
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// A grid of one period with so many declarations per member; `sizes` as crossed.
    fn grid(sizes: &[usize], n: &[u64]) -> FigureGrid {
        let members = (0..n.len()).map(|at| Arc::from(at.to_string().as_str()));
        let grid = FigureGrid::new(Arc::from("x"), members.collect(), 1, |_, at| CellFigures {
            n: n[at],
            n_open: 0,
            n_excluded: 0,
            dominated: false,
            withheld: false,
            figures: Vec::new(),
        });
        FigureGrid {
            sizes: sizes.to_vec(),
            ..grid
        }
    }

    fn withheld(mut grid: FigureGrid) -> Vec<usize> {
        grid.withhold(5);
        let cells = grid.cells.iter().enumerate();
        cells
            .filter(|(_, cell)| cell.withheld)
            .map(|(at, _)| at)
            .collect()
    }

    #[test]
    fn a_small_cell_takes_the_next_smallest_with_it() {
        assert_eq!(withheld(grid(&[4], &[90, 3, 40, 60])), [1, 2]);
        assert_eq!(withheld(grid(&[4], &[90, 0, 40, 60])), [0_usize; 0]);
        // Two that are small together still tell each other: 1 + 1 can only be 2.
        assert_eq!(withheld(grid(&[4], &[90, 1, 1, 60])), [1, 2, 3]);
        assert_eq!(withheld(grid(&[4], &[90, 3, 4, 60])), [1, 2]);
        // The only member is the whole: nothing is left to withhold.
        assert_eq!(withheld(grid(&[1], &[3])), [0]);
        assert_eq!(withheld(grid(&[], &[90])), [0_usize; 0]);
    }

    #[test]
    fn where_dimensions_are_crossed_each_of_them_is_protected() {
        // Rows a, b, c; columns x, y, z. a-x is small. In its row a-y (20) goes with it, in its column
        // b-x (10); then b-y closes the square in row b and column y, for it is smaller than b-z.
        let n = [3, 20, 90, 10, 30, 40, 50, 60, 70];
        assert_eq!(withheld(grid(&[3, 3], &n)), [0, 1, 3, 4]);
    }

    #[test]
    fn a_cell_that_one_trader_dominates_is_withheld_however_large() {
        let mut grid = grid(&[3], &[500, 80, 60]);
        grid.cells[0].dominated = true;
        assert_eq!(withheld(grid), [0, 2]);
    }

    #[test]
    fn no_line_has_a_lone_withheld_cell() {
        let mut seed = 1_u64;
        for _ in 0..200 {
            let n: Vec<u64> = (0..24)
                .map(|_| {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    (seed >> 33) % 30
                })
                .collect();
            let mut grid = grid(&[2, 3, 4], &n);
            grid.withhold(5);
            for line in grid.lines() {
                let cells: Vec<&CellFigures> = line.iter().map(|at| &grid.cells[*at]).collect();
                let some: Vec<_> = cells.iter().filter(|cell| cell.n > 0).collect();
                let hidden: Vec<_> = some.iter().filter(|cell| cell.withheld).collect();
                let together: u64 = hidden.iter().map(|cell| cell.n).sum();
                assert!(
                    hidden.is_empty()
                        || hidden.len() == some.len()
                        || hidden.len() >= 2 && together >= 5,
                    "{n:?}"
                );
            }
        }
    }
}
