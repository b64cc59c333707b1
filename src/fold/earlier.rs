//! What new segments make it necessary to read again of earlier ones.
//!
//! A declaration that has been folded before is in an earlier layer; of one that is in none the earlier segments have
//! no event. Segments that end before a declaration's first event have none of it either. So a new month reads the
//! earlier ones for the few declarations that go on in it.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray};
use arrow::datatypes::TimestampMicrosecondType;
use rayon::prelude::*;

use super::layers::{first_at_least, ids};
use super::range::{Opened, column};
use super::read::codes;
use super::state::NONE;
use crate::error::{Error, Result};
use crate::store::{Segment, StoredRange, events, read_segment, segment_metadata};

/// The column of a folded table that has the time of a declaration's first event.
const FIRST_EVENT_AT: &str = "first_event_at";

/// The declarations that some segments speak of.
pub(super) fn declarations_of(segments: &[Segment]) -> Result<BTreeSet<String>> {
    let sets: Vec<BTreeSet<String>> = segments
        .par_iter()
        .map(|segment| {
            let metadata = segment_metadata(&segment.path)?;
            let mut found = Vec::new();
            let id = [events::DECLARATION_ID];
            for group in 0..metadata.metadata().num_row_groups() {
                for batch in read_segment(&segment.path, &metadata, group, &id, None)? {
                    let batch = batch.map_err(|cause| Error::read(&segment.path, &cause))?;
                    codes(column(&batch, events::DECLARATION_ID)?, |id| {
                        found.push(id.to_owned());
                        NONE
                    })?;
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

/// Those of some declarations that earlier layers have, with the time of their first event in microseconds since the
/// Unix epoch.
pub(super) fn folded_before(
    layers: &[Vec<StoredRange>],
    declarations: &BTreeSet<String>,
) -> Result<BTreeMap<String, i64>> {
    let ranges: Vec<&StoredRange> = layers.iter().flatten().collect();
    let found: Vec<Vec<(String, i64)>> = ranges
        .par_iter()
        .map(|range| of_range(range, declarations))
        .collect::<Result<_>>()?;
    let mut all = BTreeMap::new();
    for (declaration, first_us) in found.into_iter().flatten() {
        let first = all.entry(declaration).or_insert(first_us);
        *first = first_us.min(*first);
    }
    Ok(all)
}

fn of_range(range: &StoredRange, declarations: &BTreeSet<String>) -> Result<Vec<(String, i64)>> {
    let between = declarations.range(range.first.clone()..=range.last.clone());
    let ids = ids(&range.clearances)?;
    let missing = || Error::internal("reading folded tables", "no times of first events");
    let first = range.clearances.column(FIRST_EVENT_AT)?;
    let first = first.ok_or_else(missing)?;
    let first = first.as_primitive_opt::<TimestampMicrosecondType>();
    let first = first.ok_or_else(missing)?.values();
    let (mut found, mut row) = (Vec::new(), 0);
    for declaration in between {
        row = first_at_least(&ids, row, declaration);
        if row < ids.len() && ids.value(row) == declaration {
            let first_us = first.get(row).copied().ok_or_else(missing)?;
            found.push((declaration.clone(), first_us));
        }
    }
    Ok(found)
}

/// Each segment with the declarations that are folded anew: all of a new one, of an earlier one those that it may have
/// events of.
pub(super) fn among<'s>(
    opened: Vec<Opened<'s>>,
    new: &[Segment],
    folded_before: &'s BTreeMap<String, i64>,
) -> Vec<Opened<'s>> {
    let opened = opened.into_iter().map(|one| {
        if new.contains(one.segment()) {
            return one;
        }
        let newest = one.newest_us().unwrap_or(i64::MAX);
        let begun = folded_before.iter().filter(|(_, first)| **first <= newest);
        one.only(begun.map(|(id, _)| id.as_str()).collect())
    });
    opened.collect()
}
