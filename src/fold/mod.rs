//! Events → clearances: one row per declaration.
//!
//! The fold runs over ranges of declaration numbers. Segments are sorted by declaration, so a range
//! reads little more than its own rows, ranges share nothing, and memory is bounded by a range and
//! not by the log. Every rule below is independent of the order of the events.

mod crossings;
mod finish;
mod lines;
mod range;
mod read;
mod state;
mod stretches;
mod table;
mod walk;

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

pub use finish::Payment;
pub use table::{Clearances, FoldedRange};
pub use walk::Crossing;

use crate::calendar::WorkingTime;
use crate::error::Result;
use crate::model::{FastMap, Milestone, Party};
use crate::project::Take;
use crate::store::Segment;

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

/// Folds all segments. `progress` is told how many events were folded since it was last called.
pub fn fold(
    segments: &[Segment],
    rules: &FoldRules,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Clearances> {
    let ranges = range::plan(segments, RANGE_EVENTS_MIN, RANGE_EVENTS_MAX)?;
    let folded: Vec<FoldedRange> = ranges
        .par_iter()
        .map(|range| range::fold(segments, range, rules, progress))
        .collect::<Result<_>>()?;
    Ok(Clearances::new(folded))
}

/// Distinct texts with their codes.
#[derive(Debug, Default)]
struct Interner {
    values: Vec<String>,
    codes: FastMap<String, u32>,
}

impl Interner {
    fn code(&mut self, text: &str) -> u32 {
        if let Some(code) = self.codes.get(text) {
            return *code;
        }
        let code = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.push(text.to_owned());
        self.codes.insert(text.to_owned(), code);
        code
    }
}
