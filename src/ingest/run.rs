//! A run: up to a quarter of a million events of one file, sorted, free of duplicates, ready to be stored.
//!
//! Runs bound the memory of ingest whatever the size of a file. Within a run rows stand by
//! declaration and time, so that the fold reads each declaration in one piece and a look-up of one
//! declaration reads one row group.

use super::columns::EventColumns;
use crate::model::{FastMap, FastSet};

/// How many events a run holds at most (a block may overshoot it).
pub(super) const RUN_EVENTS: usize = 1 << 18;

/// Identity of a source row: its declaration and the hash of all that the mapping reads from it.
/// Rows of one declaration are few, so that a collision of the 64-bit hash among them is out of
/// the question (for 10 million rows in declarations of ten, the chance is below 10⁻¹¹).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct RowKey {
    /// Code of the declaration in the run.
    pub declaration: u32,
    /// Hash of the row.
    pub hash: u64,
}

/// The rows of a run by their identity, with what is needed to meet them in earlier segments.
#[derive(Debug)]
pub(super) struct RunRows {
    /// First event of each distinct row.
    heads: FastMap<RowKey, u32>,
    hashes: FastSet<u64>,
    /// Events to be left out, marked true.
    dropped: Vec<bool>,
    /// How many rows are duplicates.
    pub duplicates: u64,
}

impl RunRows {
    /// Finds rows that occur twice within the run; the first one, in file order, stays.
    pub(super) fn of(events: &EventColumns) -> Self {
        let mut rows = Self {
            heads: FastMap::default(),
            hashes: FastSet::default(),
            dropped: vec![false; events.len()],
            duplicates: 0,
        };
        let columns = events
            .head
            .iter()
            .zip(&events.declaration_id.codes)
            .zip(&events.row_hash);
        let mut repeated = false;
        for (at, ((head, declaration), hash)) in (0_u32..).zip(columns) {
            if *head {
                let key = RowKey {
                    declaration: *declaration,
                    hash: *hash,
                };
                repeated = rows.heads.contains_key(&key);
                if repeated {
                    rows.duplicates += 1;
                } else {
                    rows.heads.insert(key, at);
                    rows.hashes.insert(*hash);
                }
            }
            // The other events of a source row share its fate.
            if repeated && let Some(dropped) = rows.dropped.get_mut(at as usize) {
                *dropped = true;
            }
        }
        rows
    }

    /// Whether some row of the run has this hash: a cheap first look.
    pub(super) fn may_have(&self, hash: u64) -> bool {
        self.hashes.contains(&hash)
    }

    /// Whether an event has been left out.
    pub(super) fn is_dropped(&self, event: u32) -> bool {
        self.dropped.get(event as usize).copied().unwrap_or(false)
    }

    /// Drops the row with this identity, which an earlier segment holds already, and says which it
    /// was: its first event. `None` when there is none, or it was dropped before.
    pub(super) fn drop_row(
        &mut self,
        events: &EventColumns,
        declaration: u32,
        hash: u64,
    ) -> Option<u32> {
        let head = self.heads.remove(&RowKey { declaration, hash })?;
        self.duplicates += 1;
        let mut at = head as usize;
        loop {
            if let Some(dropped) = self.dropped.get_mut(at) {
                *dropped = true;
            }
            at += 1;
            if events.head.get(at).is_none_or(|head| *head) {
                return Some(head);
            }
        }
    }

    /// The rows to be stored, by declaration number, time and position in the file.
    pub(super) fn order(&self, events: &EventColumns) -> Vec<u32> {
        let ranks = events.declaration_id.ranks();
        let mut keys: Vec<u128> = Vec::with_capacity(events.len());
        let columns = events
            .declaration_id
            .codes
            .iter()
            .zip(&events.at)
            .zip(&self.dropped);
        for (at, ((declaration, time), dropped)) in (0_u32..).zip(columns) {
            if !*dropped {
                let rank = ranks
                    .get(*declaration as usize)
                    .copied()
                    .unwrap_or(u32::MAX);
                // The sign bit is flipped so that times before 1970 sort first.
                let time = time.cast_unsigned() ^ (1 << 63);
                keys.push(u128::from(rank) << 96 | u128::from(time) << 32 | u128::from(at));
            }
        }
        keys.sort_unstable();
        let row = |key: u128| u32::try_from(key & u128::from(u32::MAX)).unwrap_or(u32::MAX);
        keys.into_iter().map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(rows: &[(&str, i64, u64, bool)]) -> EventColumns {
        let mut events = EventColumns::default();
        for (declaration, at, hash, head) in rows {
            events.declaration_id.push(declaration);
            events.at.push(*at);
            events.row_hash.push(*hash);
            events.head.push(*head);
        }
        events
    }

    #[test]
    fn the_first_of_equal_rows_stays_with_all_its_events() {
        let events = events(&[
            ("B", 5, 1, true),
            ("B", 6, 1, false),
            ("A", 9, 1, true),
            ("B", 5, 1, true),
            ("B", 6, 1, false),
            ("A", -3, 2, true),
        ]);
        let rows = RunRows::of(&events);
        assert_eq!(rows.duplicates, 1);
        assert_eq!(rows.order(&events), [5, 2, 0, 1]);
    }

    #[test]
    fn a_row_of_an_earlier_segment_is_dropped_once() {
        let events = events(&[("A", 1, 7, true), ("A", 2, 7, false), ("A", 3, 8, true)]);
        let mut rows = RunRows::of(&events);
        assert!(rows.may_have(7) && !rows.may_have(9));
        rows.drop_row(&events, 0, 7);
        rows.drop_row(&events, 0, 7);
        assert_eq!(rows.duplicates, 1);
        assert_eq!(rows.order(&events), [2]);
    }
}
