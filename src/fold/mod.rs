//! Events → clearances: one row per declaration.
//!
//! The fold runs over ranges of declaration numbers. Segments are sorted by declaration, so a range
//! reads little more than its own rows, ranges share nothing, and memory is bounded by a range and
//! not by the log. Every rule below is independent of the order of the events.

mod columns;
mod crossings;
mod finish;
mod layers;
mod lines;
mod range;
mod read;
mod state;
mod stretches;
mod table;
mod walk;

use std::collections::BTreeMap;
use std::sync::Arc;

use columns::Failure;
use rayon::prelude::*;

pub use columns::Table;
pub use table::{Clearances, FoldedRange};

use crate::calendar::WorkingTime;
use crate::error::{Error, Result};
use crate::model::{Milestone, Party};
use crate::project::Take;
use crate::store::{FoldedStore, RangeTables, Segment};
use range::{Chosen, Opened, Range};

/// Events per range: at about 150 bytes each, a range stays well under 200 MB.
const RANGE_EVENTS_MAX: u64 = 1 << 20;
/// Below this a range is not worth a thread.
const RANGE_EVENTS_MIN: u64 = 1 << 17;

/// How a log is folded.
#[derive(Clone, Debug, Default)]
pub struct FoldRules {
    /// Which amount of several counts; [`Take::Sum`] where nothing is said.
    pub takes: BTreeMap<String, Take>,
    /// Who is awaited until a milestone, where that is not its default.
    pub parties: BTreeMap<Milestone, Party>,
    /// When offices are open; without it no hours are told apart as closed.
    pub working: Option<Arc<WorkingTime>>,
    /// Events after this instant have not happened yet, in microseconds since the Unix epoch.
    pub freeze_us: i64,
}

impl FoldRules {
    /// Who is awaited until a milestone.
    pub fn party(&self, milestone: Milestone) -> Party {
        let own = self.parties.get(&milestone).copied();
        own.unwrap_or_else(|| milestone.default_party())
    }
}

/// The newest event of the store, in microseconds since the Unix epoch; `None` when it is empty.
/// Read from the segments themselves: the statistics in the log are rounded to milliseconds.
pub fn newest_event_us(segments: &[Segment]) -> Result<Option<i64>> {
    let Some(bound) = segments.iter().map(|segment| segment.at_us.1).max() else {
        return Ok(None);
    };
    // Only segments that may hold it: their bound is within the rounding of the greatest.
    let near = segments
        .iter()
        .filter(|segment| segment.at_us.1 >= bound - 1000);
    let newest: Vec<Option<i64>> = near
        .map(|segment| range::newest_us(&segment.path))
        .collect::<Result<_>>()?;
    Ok(newest.into_iter().flatten().max())
}

/// Told how many events were folded since it was last called.
pub type Folded<'p> = &'p (dyn Fn(u64) + Sync);

/// Folds all segments, in memory.
pub fn fold(segments: &[Segment], rules: &FoldRules, progress: Folded<'_>) -> Result<Clearances> {
    let opened = Opened::all(segments)?;
    let ranges = range::plan(opened.iter(), RANGE_EVENTS_MIN, RANGE_EVENTS_MAX);
    let folded: Vec<(RangeTables, u64)> = ranges
        .par_iter()
        .map(|range| range::fold(&opened, &Chosen::all(range), rules, progress))
        .collect::<Result<_>>()?;
    // Counted before empty ranges are dropped: all events of one may lie after the freeze time.
    let after_freeze = folded.iter().map(|(_, after_freeze)| after_freeze).sum();
    let folded = folded.iter().map(|(tables, _)| FoldedRange::here(tables));
    Ok(Clearances::new(
        folded.collect(),
        after_freeze,
        Failure::default(),
    ))
}

/// How many layers of folded tables are kept until all is folded anew.
const LAYERS_MAX: usize = 8;

/// Folds what the cache does not have yet, and keeps it. No event may lie after the freeze time: such a
/// fold is not worth keeping. Where the cache can't be written all is folded in memory.
pub fn fold_into(
    mut kept: FoldedStore,
    segments: &[Segment],
    rules: &FoldRules,
    progress: Folded<'_>,
) -> Result<Clearances> {
    if !kept.new_segments(segments).is_empty() && !kept.prepare(segments) {
        return fold(segments, rules, progress);
    }
    let new: Vec<Segment> = kept.new_segments(segments).into_iter().cloned().collect();
    if !new.is_empty() {
        let new_events: u64 = new.iter().map(|segment| segment.rows).sum();
        let events: u64 = segments.iter().map(|segment| segment.rows).sum();
        let layers = kept.declarations();
        let (first, newer) = layers.split_first().unwrap_or((&0, &[]));
        let outgrown = newer.iter().sum::<u64>() > first / 2 || layers.len() >= LAYERS_MAX;
        let anew = layers.is_empty() || outgrown || new_events > events / 2;
        if anew {
            kept.clear();
        }
        // Those that new events speak of; all when folding anew.
        let declarations = if anew {
            None
        } else {
            Some(range::declarations_of(&new)?)
        };
        let opened = Opened::all(segments)?;
        let of_new = opened.iter().filter(|one| new.contains(one.segment()));
        let ranges = range::plan(of_new, RANGE_EVENTS_MIN, RANGE_EVENTS_MAX);
        let write = |range: &Range| {
            let chosen = Chosen::of(range, declarations.as_ref());
            let (tables, _) = range::fold(&opened, &chosen, rules, progress)?;
            kept.write(range.from(), segments, &tables)
        };
        let layer: Result<Vec<_>> = ranges.par_iter().map(write).collect();
        match layer.and_then(|layer| kept.finish(segments, layer)) {
            // A full disk is no reason to withhold figures.
            Err(Error::Output { .. }) => return fold(segments, rules, progress),
            done => done?,
        }
    }
    let failure = Failure::default();
    let Some(layers) = kept.layers()? else {
        return fold(segments, rules, progress);
    };
    let ranges = layers::merged(layers, &failure)?;
    Ok(Clearances::new(ranges, 0, failure))
}
