//! What new segments make it necessary to read again of earlier ones.
//!
//! A declaration that has been folded before is in an earlier layer; of one that is in none the earlier segments have
//! no event. Segments that end before a declaration's first event, or begin behind its last one, have none of it either.
//! So a new month reads few of the earlier ones, for the few declarations that go on in it.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray};
use arrow::datatypes::TimestampMicrosecondType;
use rayon::prelude::*;

use super::layers::{first_at_least, ids};
use super::range::{Opened, read_ids};
use crate::error::{Error, Result};
use crate::store::{Segment, SparseColumn, StoredRange, segment_metadata};

/// The columns of a folded table that have the times of a declaration's first and of its last event.
const EVENTS_AT: [&str; 2] = ["first_event_at", "last_event_at"];

/// When the first and the last event were, in microseconds since the Unix epoch.
type Times = (i64, i64);

/// The declarations that some segments speak of.
pub(super) fn declarations_of(segments: &[Segment]) -> Result<BTreeSet<String>> {
    let sets: Vec<BTreeSet<String>> = segments
        .par_iter()
        .map(|segment| {
            let metadata = segment_metadata(&segment.path)?;
            let mut found = Vec::new();
            for group in 0..metadata.metadata().num_row_groups() {
                let ids = read_ids(&segment.path, &metadata, group)?;
                if let Some(ids) = ids.as_ref().and_then(SparseColumn::texts) {
                    // Rows stand by declaration: one of each is enough.
                    let of_one = ids.codes.chunk_by(|a, b| a == b).filter_map(<[u32]>::first);
                    found.extend(of_one.filter_map(|code| Some(ids.text(*code)?.to_owned())));
                }
            }
            Ok(found.into_iter().collect())
        })
        .collect::<Result<_>>()?;
    let mut all = BTreeSet::new();
    for mut set in sets {
        all.append(&mut set);
    }
    Ok(all)
}

/// Those of some declarations that earlier layers have, with the times between which all their events of earlier segments
/// are.
pub(super) fn folded_before(
    layers: &[Vec<StoredRange>],
    declarations: &BTreeSet<String>,
) -> Result<BTreeMap<String, Times>> {
    let ranges: Vec<&StoredRange> = layers.iter().flatten().collect();
    let found: Vec<Vec<(String, Times)>> = ranges
        .par_iter()
        .map(|range| of_range(range, declarations))
        .collect::<Result<_>>()?;
    let mut all = BTreeMap::new();
    for (declaration, times) in found.into_iter().flatten() {
        let known = all.entry(declaration).or_insert(times);
        *known = (known.0.min(times.0), known.1.max(times.1));
    }
    Ok(all)
}

fn of_range(range: &StoredRange, declarations: &BTreeSet<String>) -> Result<Vec<(String, Times)>> {
    let mut between = declarations.range(range.first.clone()..).peekable();
    if between.peek().is_none_or(|next| **next > range.last) {
        return Ok(Vec::new());
    }
    let ids = ids(&range.clearances)?;
    let missing = || Error::internal("reading folded tables", "no times of events");
    let mut times = Vec::new();
    for name in EVENTS_AT {
        let column = range.clearances.column(name)?.ok_or_else(missing)?;
        let column = column.as_primitive_opt::<TimestampMicrosecondType>();
        times.push(column.ok_or_else(missing)?.values().clone());
    }
    let (mut found, mut row) = (Vec::new(), 0);
    for declaration in between {
        row = first_at_least(&ids, row, declaration);
        if row == ids.len() {
            break;
        }
        if ids.value(row) == declaration {
            let mut times = times.iter().map(|times| times.get(row).copied());
            let times = times.next().flatten().zip(times.next().flatten());
            found.push((declaration.clone(), times.ok_or_else(missing)?));
        }
    }
    Ok(found)
}

/// Each segment with the declarations that are folded anew: all of a new one, of an earlier one those that it may have
/// events of.
pub(super) fn among<'s>(
    opened: Vec<Opened<'s>>,
    new: &[Segment],
    folded_before: &'s BTreeMap<String, Times>,
) -> Vec<Opened<'s>> {
    let opened = opened.into_par_iter().map(|one| {
        if new.contains(one.segment()) {
            return one;
        }
        let (from, to) = one.times().unwrap_or((i64::MIN, i64::MAX));
        let within = |(first, last): &Times| *first <= to && *last >= from;
        let within = folded_before.iter().filter(|(_, times)| within(times));
        one.only(within.map(|(id, _)| id.as_str()).collect())
    });
    opened.collect()
}
