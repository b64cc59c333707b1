//! Where the places of a network stand: a column and a row for each, so that every corridor runs one
//! way and no two places share a cell.
//!
//! Columns are the layers of a directed graph without cycles (each corridor is turned so that none
//! arises), as in Sugiyama, Tagawa and Toda (1981), "Methods for visual understanding of hierarchical
//! system structures". Each corridor has a row of its own for the places that no earlier corridor has;
//! corridors whose columns do not meet share one.

/// A run along a row or between rows, from one place to the next of a corridor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link {
    /// The place at the left.
    pub(super) from: usize,
    /// The place at the right.
    pub(super) to: usize,
    /// The row that it runs along where it passes whole columns.
    pub(super) row: i32,
}

/// A network on a lattice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lattice {
    /// Column and row of each place; `None` for a place on no corridor.
    pub(super) cells: Vec<Option<(usize, i32)>>,
    /// Links between neighbouring places, each once.
    pub(super) links: Vec<Link>,
    /// How many columns.
    pub(super) columns: usize,
}

/// Corridors as directed links, turned one by one.
struct Layers {
    after: Vec<Vec<usize>>,
}

impl Layers {
    fn add(&mut self, path: &[usize]) {
        for pair in path.windows(2) {
            if let [from, to] = *pair
                && let Some(after) = self.after.get_mut(from)
                && !after.contains(&to)
            {
                after.push(to);
            }
        }
    }

    /// For each place the length of the longest way to it; `None` where a way leads back to itself.
    fn columns(&self) -> Option<Vec<usize>> {
        let count = self.after.len();
        let mut columns = vec![0; count];
        // A way without a cycle has fewer links than there are places.
        for round in 0..=count {
            let mut moved = false;
            for (from, after) in self.after.iter().enumerate() {
                let next = columns.get(from).copied().unwrap_or(0) + 1;
                for to in after {
                    if let Some(column) = columns.get_mut(*to).filter(|column| **column < next) {
                        (*column, moved) = (next, true);
                    }
                }
            }
            if !moved {
                return Some(columns);
            }
            if round == count {
                return None;
            }
        }
        Some(columns)
    }

    /// The columns, with places that have something after them moved as far right as it lets them.
    fn tight_columns(&self) -> Option<Vec<usize>> {
        let mut columns = self.columns()?;
        for _ in 0..self.after.len() {
            let mut moved = false;
            for (from, after) in self.after.iter().enumerate() {
                let next = after
                    .iter()
                    .filter_map(|to| columns.get(*to))
                    .min()
                    .copied();
                let limit = next.and_then(|next| next.checked_sub(1));
                if let (Some(limit), Some(column)) = (limit, columns.get_mut(from))
                    && *column < limit
                {
                    (*column, moved) = (limit, true);
                }
            }
            if !moved {
                break;
            }
        }
        Some(columns)
    }
}

/// Puts a network of `count` places onto a lattice; `None` where corridors wind so that one of them
/// can't run one way. Places that are named twice in succession count once.
pub(super) fn lattice(count: usize, routes: &[Vec<usize>]) -> Option<Lattice> {
    let mut paths: Vec<Vec<usize>> = routes
        .iter()
        .map(|route| {
            let mut path: Vec<usize> = route.iter().copied().filter(|at| *at < count).collect();
            path.dedup();
            path
        })
        .filter(|path| !path.is_empty())
        .collect();
    // The longest corridor is the trunk.
    paths.sort_by_key(|path| std::cmp::Reverse(path.len()));
    let mut layers = Layers {
        after: vec![Vec::new(); count],
    };
    let mut turned: Vec<Vec<usize>> = Vec::with_capacity(paths.len());
    for path in paths {
        let back: Vec<usize> = path.iter().rev().copied().collect();
        let best = [path, back]
            .into_iter()
            .filter_map(|path| {
                let mut tried = Layers {
                    after: layers.after.clone(),
                };
                tried.add(&path);
                let width = tried.columns()?.into_iter().max().unwrap_or(0);
                Some((width, path))
            })
            .min_by_key(|(width, _)| *width)?;
        layers.add(&best.1);
        turned.push(best.1);
    }
    let columns = layers.tight_columns()?;
    let mut made = Lattice {
        cells: vec![None; count],
        ..Lattice::default()
    };
    let mut rows = Rows::default();
    for path in &turned {
        made.place(path, &columns, &mut rows);
    }
    let cells = made.cells.iter().flatten();
    made.columns = cells.map(|(column, _)| column + 1).max().unwrap_or(0);
    Some(made)
}

/// Which columns of each row are taken.
#[derive(Debug, Default)]
struct Rows {
    taken: Vec<(i32, usize, usize)>,
}

impl Rows {
    /// Takes the row nearest to the wished one in which these columns are free.
    fn take(&mut self, near: i32, (from, to): (usize, usize)) -> i32 {
        let free = |row: i32| {
            let mut taken = self.taken.iter();
            taken.all(|&(of, left, right)| of != row || to < left || from > right)
        };
        // Each taken stretch blocks one row: among so many rows one is free.
        let far = i32::try_from(self.taken.len()).unwrap_or(i32::MAX / 2);
        let row = (0..=far)
            .flat_map(|away| [near + away, near - away])
            .find(|row| free(*row))
            .unwrap_or(near);
        self.taken.push((row, from, to));
        row
    }
}

impl Lattice {
    /// Gives the places of a corridor that have no cell yet a row, and links all its places.
    fn place(&mut self, path: &[usize], columns: &[usize], rows: &mut Rows) {
        let column = |place: usize| columns.get(place).copied().unwrap_or(0);
        let is_new = |cells: &[Option<(usize, i32)>], place: usize| {
            cells.get(place).copied().flatten().is_none()
        };
        // The columns that are passed in the corridor's own row.
        let mut own: Vec<usize> = Vec::new();
        own.extend(
            path.iter()
                .filter(|place| is_new(&self.cells, **place))
                .map(|place| column(*place)),
        );
        for pair in path.windows(2) {
            if let [from, to] = *pair {
                let known = self.linked(from, to);
                own.extend((column(from) + 1..column(to)).filter(|_| !known));
            }
        }
        let known = path
            .iter()
            .filter_map(|place| self.cells.get(*place).copied().flatten());
        let near = known.map(|(_, row)| row).next().unwrap_or(0);
        let range = own.iter().min().zip(own.iter().max());
        let row = range.map_or(near, |(from, to)| rows.take(near, (*from, *to)));
        for place in path {
            let cell = (column(*place), row);
            if let Some(slot) = self.cells.get_mut(*place).filter(|slot| slot.is_none()) {
                *slot = Some(cell);
            }
        }
        for pair in path.windows(2) {
            if let [from, to] = *pair
                && !self.linked(from, to)
            {
                self.links.push(Link { from, to, row });
            }
        }
    }

    fn linked(&self, from: usize, to: usize) -> bool {
        let mut links = self.links.iter();
        links.any(|link| (link.from, link.to) == (from, to))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn made(count: usize, routes: &[&[usize]]) -> Option<Lattice> {
        let routes: Vec<Vec<usize>> = routes.iter().map(|route| route.to_vec()).collect();
        lattice(count, &routes)
    }

    #[test]
    fn a_branch_leaves_the_trunk_in_a_row_of_its_own() {
        // 0 – 1 – 2 – 3 with a branch 1 – 4.
        let made = made(5, &[&[0, 1, 2, 3], &[1, 4]]).unwrap();
        assert_eq!(made.columns, 4);
        assert_eq!(made.cells[0], Some((0, 0)));
        assert_eq!(made.cells[3], Some((3, 0)));
        let (_, row) = made.cells[4].unwrap();
        assert_ne!(row, 0);
        assert_eq!(made.links.len(), 4);
    }

    #[test]
    fn a_corridor_that_runs_the_other_way_is_turned() {
        let forth = made(3, &[&[0, 1, 2], &[2, 1]]).unwrap();
        assert_eq!(forth.columns, 3);
        assert_eq!(forth.links.len(), 2);
        // Round and round: no order of columns exists.
        assert_eq!(made(3, &[&[0, 1, 2], &[0, 2], &[2, 0, 1, 2]]), None);
        assert_eq!(
            made(2, &[]),
            Some(Lattice {
                cells: vec![None, None],
                ..Lattice::default()
            })
        );
    }

    proptest! {
        #[test]
        fn no_two_places_share_a_cell_and_links_run_to_the_right(
            routes in proptest::collection::vec(
                proptest::collection::vec(0_usize..12, 1..6), 0..8)
        ) {
            let routes: Vec<Vec<usize>> = routes;
            if let Some(made) = lattice(12, &routes) {
                let cells: Vec<_> = made.cells.iter().flatten().collect();
                let distinct: BTreeSet<_> = cells.iter().collect();
                prop_assert_eq!(distinct.len(), cells.len());
                for link in &made.links {
                    let (from, to) = (made.cells[link.from].unwrap(), made.cells[link.to].unwrap());
                    prop_assert!(from.0 < to.0);
                    // What runs past a column runs past no place.
                    for column in from.0 + 1..to.0 {
                        prop_assert!(!distinct.contains(&&(column, link.row)));
                    }
                }
            }
        }
    }
}
