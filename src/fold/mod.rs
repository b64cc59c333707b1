//! Events → clearances: one row per declaration.
//!
//! The fold runs over ranges of declaration numbers. Segments are sorted by declaration, so a range
//! reads little more than its own rows, ranges share nothing, and memory is bounded by a range and
//! not by the log. Every rule below is independent of the order of the events.

mod columns;
mod crossings;
mod declarations;
mod earlier;
mod finish;
mod kept;
mod layers;
mod lines;
mod plan;
mod range;
mod read;
mod state;
mod stretches;
mod table;
mod timeline;
mod translation;
mod walk;

use std::collections::BTreeMap;
use std::sync::Arc;

use columns::Failure;
use rayon::prelude::*;

pub use columns::Table;
pub use table::{Clearances, FoldedRange};

use crate::calendar::WorkingTime;
use crate::error::{Error, Result};
use crate::model::{MemoryLimit, Milestone, Party};
use crate::project::Take;
use crate::store::{FoldedStore, RangeTables, Segment};
use plan::Range;
use range::{Opened, States};

/// Events per range, where memory allows: what is known of its declarations stays near the processor.
const RANGE_EVENTS_MAX: u64 = 1 << 19;
/// Below this a range costs more to find than to fold: it is not worth a thread, nor what it saves of memory.
const RANGE_EVENTS_MIN: u64 = 1 << 16;
/// What an event takes while its range is folded, in bytes, with the tables that it becomes and room to spare: a range may
/// come out half as large again.
const OF_AN_EVENT: u64 = 700;
/// What the metadata of a row group takes, in bytes; those of all segments are open at the same time.
const OF_A_ROW_GROUP: u64 = 37_500;
/// What the program takes beside ranges and metadata, in bytes.
const OF_THE_PROGRAM: u64 = 100_000_000;

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
    /// How many events a range has at most, if need be half as many again; `None` for as many as are folded fastest. No
    /// row depends on it.
    pub range_events: Option<u64>,
}

impl FoldRules {
    /// Who is awaited until a milestone.
    pub fn party(&self, milestone: Milestone) -> Party {
        let own = self.parties.get(&milestone).copied();
        own.unwrap_or_else(|| milestone.default_party())
    }

    /// The least and the greatest number of events of a range.
    fn range_events(&self) -> (u64, u64) {
        let most = self.range_events.unwrap_or(RANGE_EVENTS_MAX);
        (RANGE_EVENTS_MIN.min(most), most)
    }
}

/// How many events a range of some segments may have for a limit of memory to be kept. Each thread folds one.
pub fn range_events(limit: MemoryLimit, segments: &[Segment]) -> u64 {
    let row_groups = segments.iter().map(Segment::row_groups).sum::<u64>();
    let threads = rayon::current_num_threads() as u64;
    range_events_of(limit, row_groups, threads)
}

fn range_events_of(limit: MemoryLimit, row_groups: u64, threads: u64) -> u64 {
    let taken = OF_THE_PROGRAM + row_groups * OF_A_ROW_GROUP;
    let of_a_thread = limit.bytes().saturating_sub(taken) / threads.max(1);
    (of_a_thread / OF_AN_EVENT).clamp(RANGE_EVENTS_MIN, RANGE_EVENTS_MAX)
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
    let ranges = plan::plan(opened.iter(), rules.range_events());
    let states = States::of(rules);
    let here = |_: &Range, tables: RangeTables| Ok(FoldedRange::here(&tables));
    let of_range = |range: &Range| range::fold(&opened, range, &states, progress, &here);
    let folded = in_turn(&ranges, of_range)?;
    // Counted before empty ranges are dropped: all events of one may lie after the freeze time.
    let after_freeze = folded.iter().map(|(_, after_freeze)| after_freeze).sum();
    let folded = folded.into_iter().flat_map(|(tables, _)| tables);
    Ok(Clearances::new(
        folded.collect(),
        after_freeze,
        Failure::default(),
    ))
}

/// Folds ranges side by side, in their order: the last ones are the smallest, and no thread waits long for another one to
/// be done. What comes of them, in their order too.
fn in_turn<T: Send>(
    ranges: &[Range],
    fold: impl Fn(&Range) -> Result<T> + Sync + Send,
) -> Result<Vec<T>> {
    let numbered = ranges.iter().enumerate().par_bridge();
    let folded = numbered.map(|(number, range)| Ok((number, fold(range)?)));
    let mut folded: Vec<(usize, T)> = folded.collect::<Result<_>>()?;
    folded.sort_unstable_by_key(|(number, _)| *number);
    Ok(folded.into_iter().map(|(_, made)| made).collect())
}

/// How many layers of folded tables are kept until all is folded anew.
const LAYERS_MAX: usize = 8;

/// Folds what the cache does not have yet, and keeps it. Unless the tables are passing ones no event may lie
/// after the freeze time: such a fold is not worth keeping. Where nothing can be written all is folded in
/// memory.
pub fn fold_into(
    mut cache: FoldedStore,
    segments: &[Segment],
    rules: &FoldRules,
    progress: Folded<'_>,
) -> Result<Clearances> {
    if !cache.new_segments(segments).is_empty() && !cache.prepare(segments) {
        return fold(segments, rules, progress);
    }
    let new: Vec<Segment> = cache.new_segments(segments).into_iter().cloned().collect();
    let mut after_freeze = 0;
    if !new.is_empty() {
        let new_events: u64 = new.iter().map(|segment| segment.rows).sum();
        let events: u64 = segments.iter().map(|segment| segment.rows).sum();
        let layers = cache.declarations();
        let (first, newer) = layers.split_first().unwrap_or((&0, &[]));
        let outgrown = newer.iter().sum::<u64>() > first / 2 || layers.len() >= LAYERS_MAX;
        let anew = layers.is_empty() || outgrown || new_events > events / 2;
        if anew {
            cache.clear();
        }
        // Of earlier segments those that new events speak of; all when folding anew.
        let before = if anew {
            None
        } else {
            let Some(layers) = cache.layers()? else {
                return fold(segments, rules, progress);
            };
            let declarations = earlier::declarations_of(&new)?;
            Some(earlier::folded_before(&layers, &declarations)?)
        };
        let mut opened = Opened::all(segments)?;
        if let Some(before) = &before {
            opened = earlier::among(opened, &new, before);
        }
        let of_new = opened.iter().filter(|one| new.contains(one.segment()));
        let ranges = plan::plan(of_new, rules.range_events());
        let states = States::of(rules);
        let write = |range: &Range, mut tables: RangeTables| {
            tables.clearances = kept::as_kept(&tables.clearances)?;
            cache.write(range.from(), segments, &tables)
        };
        let of_range = |range: &Range| range::fold(&opened, range, &states, progress, &write);
        let layer = in_turn(&ranges, of_range);
        drop(states);
        let finished = layer.and_then(|layer| {
            after_freeze = layer.iter().map(|(_, after_freeze)| after_freeze).sum();
            let layer = layer.into_iter().flat_map(|(written, _)| written);
            cache.finish(segments, layer.collect())
        });
        match finished {
            // A full disk is no reason to withhold figures.
            Err(Error::Output { .. }) => return fold(segments, rules, progress),
            done => done?,
        }
    }
    let failure = Failure::default();
    let Some(layers) = cache.layers()? else {
        return fold(segments, rules, progress);
    };
    let ranges = layers::merged(layers, &failure)?;
    Ok(Clearances::new(ranges, after_freeze, failure))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_as_large_as_the_limit_leaves_room_for() {
        let of = |bytes, row_groups| range_events_of(MemoryLimit::of(bytes), row_groups, 2);
        // (1 GB - 100 MB - 37.5 MB) / 2 threads / 700 bytes.
        assert_eq!(of(1_000_000_000, 1000), RANGE_EVENTS_MAX);
        // (500 MB - 100 MB - 225 MB) / 2 / 700: a hundred million events in six thousand row groups.
        assert_eq!(of(500_000_000, 6000), 125_000);
        // Too little for any.
        assert_eq!(of(200_000_000, 6000), RANGE_EVENTS_MIN);
    }
}
