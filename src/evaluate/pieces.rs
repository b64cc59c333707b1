//! Evaluation in bounded memory: the log is gone through piece by piece, and not all breakdowns are added
//! up at the same time.
//!
//! Without a limit the whole log is the only piece. Rows come in the order of the log either way, and what
//! they add up to goes on from piece to piece ([`Summing`]): figures are the same.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::base::{BaseTable, BaseTables};
use super::dimension::Dimension;
use super::figures::FigureGrid;
use super::kept::Kept;
use super::made::Surroundings;
use super::measure::{Cells, Measuring, Pass, Summing};
use super::{Breakdown, Evaluator, Run, Settings, base_for, breakdowns, is_composed};
use crate::catalogue::{Base, Definition, Measure};
use crate::error::{Error, Result};
use crate::fold::Clearances;
use crate::model::MemoryLimit;

/// What a declaration of a piece takes at most, in bytes: some sixty columns, as they are read and as they are
/// counted.
const OF_A_ROW: u64 = 3_000;
/// What a cell takes beside its spans, in bytes.
const OF_A_CELL: u64 = 400;
/// What a span takes that waits to be sorted, in bytes, with the room in which lists of them grow.
const OF_A_SPAN: u64 = 16;

/// What a member or a score takes in a map of a cell, in bytes.
const OF_AN_ENTRY: u64 = 64;
/// How many definitions are measured together at most: each has columns of its own, which a piece holds.
const TOGETHER: usize = 12;

/// A log in pieces, with the members of its dimensions: a code means the same in every piece.
#[derive(Debug)]
pub(super) struct Pieces<'c> {
    clearances: &'c Clearances,
    surroundings: Surroundings<'c>,
    /// Which ranges of the fold each piece has.
    ranges: Vec<Range<usize>>,
    /// What breakdowns may take that are added up at the same time, in bytes.
    budget: u64,
    members: Kept<(Base, String), Vec<String>>,
}

impl<'c> Pieces<'c> {
    /// Cuts a log so that a quarter of the limit holds a piece, or a range of the fold where that is more, and
    /// half of it what is added up.
    pub(super) fn new(
        clearances: &'c Clearances,
        surroundings: Surroundings<'c>,
        limit: MemoryLimit,
    ) -> Self {
        let rows_max = limit.bytes() / 4 / OF_A_ROW;
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let mut rows = 0;
        for (at, range) in clearances.ranges().iter().enumerate() {
            let own = range.clearances.rows() as u64;
            match ranges.last_mut() {
                Some(piece) if rows + own <= rows_max => {
                    piece.end = at + 1;
                    rows += own;
                }
                _ => {
                    ranges.push(at..at + 1);
                    rows = own;
                }
            }
        }
        Self {
            clearances,
            surroundings,
            ranges,
            budget: limit.bytes() / 2,
            members: Kept::default(),
        }
    }

    /// The clearances of each piece.
    fn iter(&self) -> impl Iterator<Item = Clearances> {
        let ranges = self.ranges.iter().cloned();
        ranges.map(|range| self.clearances.piece(range))
    }

    /// The members of a dimension of a base table in all pieces, sorted.
    pub(super) fn members(&self, base: Base, name: &str) -> Arc<Vec<String>> {
        let key = (base, name.to_owned());
        if let Some(members) = self.members.find(&key) {
            return members;
        }
        let mut members = BTreeSet::new();
        for piece in self.iter() {
            let table = BaseTable::new(&piece, self.surroundings, base);
            members.extend(table.plain_dimension(name).members);
        }
        self.members.keep(key, members.into_iter().collect())
    }
}

/// A breakdown of a KPI that is measured.
struct Unit<'d> {
    definition: &'d Definition,
    base: Base,
    names: Vec<String>,
    /// With the dimension, but for its rows; from the first piece on.
    summing: Option<(Dimension, Summing)>,
}

impl Unit<'_> {
    fn needs(&self, pass: Pass) -> bool {
        match &self.summing {
            Some((_, summing)) => summing.passes().contains(&pass),
            None => pass == Pass::First,
        }
    }
}

impl Evaluator<'_> {
    /// Calls `work` with an evaluator over each piece of the log, in its order.
    pub(super) fn each_piece(
        &self,
        mut work: impl FnMut(&Evaluator<'_>) -> Result<()>,
    ) -> Result<()> {
        let Some(pieces) = &self.pieces else {
            return work(self);
        };
        for clearances in pieces.iter() {
            let settings = Settings {
                memory_limit: None,
                ..self.settings
            };
            work(&Evaluator {
                bases: BaseTables::of_piece(&clearances, settings.surroundings(), pieces),
                settings,
                pieces: None,
            })?;
        }
        Ok(())
    }

    /// Adds the rows of this piece to some breakdowns.
    fn add_to(&self, units: &mut [Unit<'_>], pass: Pass, run: &Run<'_, '_>) -> Result<()> {
        let same =
            |a: &Unit<'_>, b: &Unit<'_>| a.definition.id == b.definition.id && a.base == b.base;
        units.par_chunk_by_mut(same).try_for_each(|units| {
            let Some(first) = units
                .first()
                .filter(|_| units.iter().any(|one| one.needs(pass)))
            else {
                return Ok(());
            };
            let (grid, scope) = (&run.grid, run.scope);
            let measuring = Measuring::new(self, first.definition, first.base, grid, scope)?;
            units.par_iter_mut().try_for_each(|unit| {
                if !unit.needs(pass) {
                    return Ok(());
                }
                let dimension = measuring.dimension(&unit.names);
                let (_, summing) = unit
                    .summing
                    .get_or_insert_with(|| (dimension.without_rows(), measuring.begin(&dimension)));
                measuring.add(summing, &dimension, pass)
            })
        })
    }
}

impl Pieces<'_> {
    /// What a breakdown takes at most while it is added up, in bytes.
    fn bytes(&self, unit: &Unit<'_>, run: &Run<'_, '_>) -> u64 {
        let rows = self.clearances.len() as u64;
        let members = |name: &String| self.members(unit.base, name).len() as u64;
        let cells = unit.names.iter().map(members).product::<u64>() * run.grid.len() as u64;
        let waiting = match &unit.definition.measure {
            Measure::Span { .. }
            | Measure::Duration { .. }
            | Measure::Mean { .. }
            | Measure::Contrast { .. } => rows * OF_A_SPAN,
            Measure::Concentration { over: of, .. } | Measure::Distinct { of } => {
                rows.min(cells * members(of)) * OF_AN_ENTRY
            }
            Measure::Gain { .. } => rows * OF_AN_ENTRY,
            _ => 0,
        };
        waiting + cells * OF_A_CELL
    }
}

impl Run<'_, '_> {
    /// Definitions in their order, as many together as may be added up at the same time.
    pub(super) fn together<'d>(
        &self,
        pieces: &Pieces<'_>,
        definitions: &[&'d Definition],
    ) -> Result<Vec<Vec<&'d Definition>>>
    where
        Self: 'd,
    {
        let mut chunks: Vec<Vec<&Definition>> = Vec::new();
        let mut bytes = 0;
        for definition in definitions {
            let units = self.units(&[definition])?;
            let own: u64 = units.iter().map(|unit| pieces.bytes(unit, self)).sum();
            match chunks.last_mut() {
                Some(chunk) if chunk.len() < TOGETHER && bytes + own <= pieces.budget => {
                    chunk.push(definition);
                    bytes += own;
                }
                _ => {
                    chunks.push(vec![definition]);
                    bytes = own;
                }
            }
        }
        Ok(chunks)
    }

    /// Measures what some definitions are made from, piece by piece.
    pub(super) fn measure_in_pieces(
        &self,
        pieces: &Pieces<'_>,
        definitions: &[&Definition],
    ) -> Result<()> {
        let mut units = self.units(definitions)?;
        while !units.is_empty() {
            // At least one, however large.
            let mut bytes = 0;
            let fits = |unit: &&Unit<'_>| {
                bytes += pieces.bytes(unit, self);
                bytes <= pieces.budget
            };
            let count = units.iter().take_while(fits).count().max(1);
            let mut some: Vec<Unit<'_>> = units.drain(..count).collect();
            self.add_up(&mut some)?;
            for unit in some {
                let key = (Arc::clone(&unit.definition.id), unit.names.clone());
                let definition = unit.definition;
                let (dimension, cells) = self.end(unit)?;
                self.measured
                    .keep(key, self.shown(definition, &dimension, &cells));
            }
        }
        Ok(())
    }

    /// The cells of a KPI in one breakdown, with its dimension but for the rows.
    pub(super) fn cells(
        &self,
        definition: &Definition,
        names: &[String],
    ) -> Result<(Dimension, Cells)> {
        let mut units = [Unit {
            definition,
            base: base_for(definition, self.scope, names)?,
            names: names.to_vec(),
            summing: None,
        }];
        self.add_up(&mut units)?;
        let [unit] = units;
        self.end(unit)
    }

    fn add_up(&self, units: &mut [Unit<'_>]) -> Result<()> {
        for pass in [Pass::First, Pass::Second] {
            if units.iter().any(|unit| unit.needs(pass)) {
                self.evaluator
                    .each_piece(|piece| piece.add_to(units, pass, self))?;
            }
        }
        Ok(())
    }

    fn end(&self, unit: Unit<'_>) -> Result<(Dimension, Cells)> {
        let nothing = || Error::internal("adding up", &unit.definition.id);
        let (dimension, summing) = unit.summing.ok_or_else(nothing)?;
        let min = self.scope.min_declarations;
        let cells = summing.end(unit.definition, &dimension, min);
        Ok((dimension, cells))
    }

    /// The figures of cells, without those that may not be shown.
    pub(super) fn shown(
        &self,
        definition: &Definition,
        dimension: &Dimension,
        cells: &Cells,
    ) -> FigureGrid {
        let periods = self.scope.periods.len();
        let mut grid = FigureGrid::of(definition, dimension, cells, periods);
        grid.withhold(self.scope.min_declarations);
        grid
    }

    /// The breakdowns that some definitions rest on and that are measured themselves, those of one definition
    /// one after another.
    fn units<'d>(&self, definitions: &[&'d Definition]) -> Result<Vec<Unit<'d>>>
    where
        Self: 'd,
    {
        let mut found: BTreeMap<(Arc<str>, Base), Vec<Unit<'d>>> = BTreeMap::new();
        let mut seen: BTreeSet<Breakdown> = BTreeSet::new();
        for definition in definitions {
            if self.evaluator.missing_input(definition)?.is_some() {
                continue;
            }
            for names in breakdowns(definition, self.scope) {
                self.find_units(definition, &names, &mut |unit| {
                    let key = (Arc::clone(&unit.definition.id), unit.names.clone());
                    if seen.insert(key) {
                        let key = (Arc::clone(&unit.definition.id), unit.base);
                        found.entry(key).or_default().push(unit);
                    }
                })?;
            }
        }
        Ok(found.into_values().flatten().collect())
    }

    fn find_units<'d>(
        &self,
        definition: &'d Definition,
        names: &[String],
        found: &mut dyn FnMut(Unit<'d>),
    ) -> Result<()>
    where
        Self: 'd,
    {
        let references = definition.measure.references();
        if !is_composed(definition) || references.is_empty() {
            found(Unit {
                definition,
                base: base_for(definition, self.scope, names)?,
                names: names.to_vec(),
                summing: None,
            });
            return Ok(());
        }
        for id in references {
            let other = self.evaluator.catalogue().require(id)?;
            self.find_units(other, names, found)?;
        }
        Ok(())
    }
}
