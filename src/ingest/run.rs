//! A run: up to eight hundred thousand events of one file, sorted, free of duplicates, ready to be stored.
//!
//! Runs bound the memory of ingest whatever the size of a file. Within a run rows stand by
//! declaration and time, so that the fold reads each declaration in one piece and a look-up of one
//! declaration reads one row group.

use std::ops::Range;

use super::columns::{Event, EventColumns};
use super::placed::put_in_place;
use crate::model::{FastMap, FastSet, MemoryLimit};
use crate::store::SegmentOrder;

/// By how many events most runs are overshot.
pub(super) const OVERSHOT: usize = 1 << 17;

/// How many events a run holds, which the last block may overshoot. Where runs are longer fewer segments tell of each declaration,
/// and they are folded faster; but two runs have to fit into memory. No row and no figure depends on it.
pub fn run_events(limit: Option<MemoryLimit>) -> usize {
    if limit.is_some() { 1 << 19 } else { 3 << 18 }
}

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

/// The rows of a run in the order in which they are stored, without those that occur twice.
#[derive(Debug)]
pub(super) struct RunRows {
    /// Events by declaration number, time and position in the file, dropped ones included.
    order: Vec<u32>,
    /// What they have, in this order: fetched once, for each comes from another place in memory.
    own: Vec<Event>,
    /// Where in the order events share declaration and time.
    together: Vec<Range<usize>>,
    /// Events to be left out, marked true.
    dropped: Vec<bool>,
    /// From when to when earlier segments have events too.
    shared_times: (i64, i64),
    /// The rows of these times by their identity, once an earlier segment has to be compared with.
    index: Option<RowIndex>,
    /// How many rows are duplicates.
    pub duplicates: u64,
}

/// First event of each distinct row.
#[derive(Debug, Default)]
struct RowIndex {
    heads: FastMap<RowKey, u32>,
    hashes: FastSet<u64>,
}

impl RunRows {
    /// Sorts a run and finds rows that occur twice in it; the first one, in file order, stays.
    pub(super) fn of(events: &EventColumns) -> Self {
        let mut rows = Self {
            dropped: vec![false; events.len()],
            ..sorted(events)
        };
        rows.drop_repeated(events);
        rows
    }

    /// Equal rows are of one declaration and one time: they stand together in the order.
    fn drop_repeated(&mut self, events: &EventColumns) {
        let mut repeated = Vec::new();
        let mut seen: FastSet<u64> = FastSet::default();
        for together in &self.together {
            seen.clear();
            let order = self.order.get(together.clone()).unwrap_or_default();
            let own = self.own.get(together.clone()).unwrap_or_default();
            for (event, own) in order.iter().zip(own).filter(|(_, own)| own.head) {
                if !seen.insert(own.row_hash) {
                    repeated.push(*event);
                }
            }
        }
        self.duplicates += repeated.len() as u64;
        for event in repeated {
            self.drop_events(events, event);
        }
    }

    /// Events that share declaration and time with others, dropped ones included.
    pub(super) fn together(&self) -> impl Iterator<Item = &[u32]> {
        let together = self.together.iter();
        together.filter_map(|range| self.order.get(range.clone()))
    }

    /// Whether an event has been left out.
    pub(super) fn is_dropped(&self, event: u32) -> bool {
        self.dropped.get(event as usize).copied().unwrap_or(false)
    }

    /// Drops a source row: its first event and those that share its fate.
    fn drop_events(&mut self, events: &EventColumns, head: u32) {
        let mut at = head as usize;
        loop {
            if let Some(dropped) = self.dropped.get_mut(at) {
                *dropped = true;
            }
            at += 1;
            if events.own.get(at).is_none_or(|event| event.head) {
                return;
            }
        }
    }

    /// The first and the last declaration, by their numbers. `None` for a run without events.
    pub(super) fn declarations<'e>(&self, events: &'e EventColumns) -> Option<(&'e str, &'e str)> {
        let ids = &events.declaration_id;
        let id = |event: Option<&Event>| ids.value(event?.declaration);
        id(self.own.first()).zip(id(self.own.last()))
    }

    /// The earliest and the latest time. `None` for a run without events.
    pub(super) fn times(&self) -> Option<(i64, i64)> {
        let at = self.own.iter().map(|event| event.at);
        at.clone().min().zip(at.max())
    }

    /// Says from when to when earlier segments have events too, before rows are looked for.
    pub(super) fn share_times(&mut self, times: (i64, i64)) {
        self.shared_times = times;
        self.index = None;
    }

    fn index(&mut self, events: &EventColumns) -> &mut RowIndex {
        let (dropped, (from, to)) = (&self.dropped, self.shared_times);
        self.index.get_or_insert_with(|| {
            let mut index = RowIndex::default();
            for (event, (own, dropped)) in (0_u32..).zip(events.own.iter().zip(dropped)) {
                if own.head && !*dropped && (from..=to).contains(&own.at) {
                    let (declaration, hash) = (own.declaration, own.row_hash);
                    index.heads.insert(RowKey { declaration, hash }, event);
                    index.hashes.insert(hash);
                }
            }
            index
        })
    }

    /// Whether some row of the run has this hash: a cheap first look.
    pub(super) fn may_have(&mut self, events: &EventColumns, hash: u64) -> bool {
        self.index(events).hashes.contains(&hash)
    }

    /// Drops the row with this identity, which an earlier segment holds already, and says which it
    /// was: its first event. `None` when there is none, or it was dropped before.
    pub(super) fn drop_row(
        &mut self,
        events: &EventColumns,
        declaration: u32,
        hash: u64,
    ) -> Option<u32> {
        let key = RowKey { declaration, hash };
        let head = self.index(events).heads.remove(&key)?;
        self.duplicates += 1;
        self.drop_events(events, head);
        Some(head)
    }

    /// The rows to be stored, by declaration number, time and position in the file.
    pub(super) fn into_order(self) -> SegmentOrder {
        let Self {
            order: mut events,
            mut own,
            dropped,
            duplicates,
            ..
        } = self;
        if duplicates > 0 {
            let is_kept = |event: u32| dropped.get(event as usize) == Some(&false);
            let mut kept = events.iter().map(|event| is_kept(*event));
            own.retain(|_| kept.next() == Some(true));
            events.retain(|event| is_kept(*event));
        }
        SegmentOrder { events, own }
    }

    /// How many rows are to be stored that have a time before `from`.
    pub(super) fn before(&self, from: i64) -> u64 {
        let rows = self.order.iter().zip(&self.own);
        let early = rows.filter(|(_, own)| own.at < from);
        early.filter(|(event, _)| !self.is_dropped(**event)).count() as u64
    }
}

/// All events by declaration number, time and position in the file.
fn sorted(events: &EventColumns) -> RunRows {
    // For each code how many events it has, then where its next one goes: declarations have few events, so
    // that putting each into its place is much cheaper than sorting all.
    let mut places = vec![0_u32; events.declaration_id.len()];
    for event in &events.own {
        if let Some(count) = places.get_mut(event.declaration as usize) {
            *count += 1;
        }
    }
    let mut ends = Vec::with_capacity(places.len());
    let mut place = 0;
    for code in events.declaration_id.sorted() {
        if let Some(slot) = places.get_mut(code as usize) {
            place += std::mem::replace(slot, place);
            ends.push(place as usize);
        }
    }
    let (mut order, mut all) = put_in_place(&events.own, |event| {
        let next = places.get_mut(event.declaration as usize)?;
        *next += 1;
        Some(*next as usize - 1)
    });
    let mut together = Vec::new();
    let mut start = 0;
    for end in ends {
        let own = start..end;
        start = end;
        let Some((order, of)) = order.get_mut(own.clone()).zip(all.get_mut(own.clone())) else {
            continue;
        };
        // Most logs are in the order of time already.
        if !of.is_sorted_by_key(|event| event.at) {
            sort_by_time(order, of);
        }
        let mut from = own.start;
        for same in of.chunk_by(|a, b| a.at == b.at) {
            let to = from + same.len();
            if same.len() > 1 {
                together.push(from..to);
            }
            from = to;
        }
    }
    RunRows {
        order,
        own: all,
        together,
        dropped: Vec::new(),
        shared_times: (i64::MIN, i64::MAX),
        index: None,
        duplicates: 0,
    }
}

/// Sorts events of a declaration and their positions in the file by time; what is of one time stays as it is.
fn sort_by_time(order: &mut [u32], events: &mut [Event]) {
    let mut both: Vec<(u32, Event)> = order.iter().copied().zip(events.iter().copied()).collect();
    both.sort_by_key(|(_, event)| event.at);
    for ((slot, own), (number, event)) in order.iter_mut().zip(events).zip(both) {
        (*slot, *own) = (number, event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(rows: &[(&str, i64, u64, bool)]) -> EventColumns {
        let mut events = EventColumns::default();
        for (declaration, at, row_hash, head) in rows {
            let event = Event {
                at: *at,
                row_hash: *row_hash,
                head: *head,
                declaration: events.declaration_id.code(declaration),
                ..Event::default()
            };
            events.own.push(event);
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
        let order = rows.into_order();
        let at: Vec<i64> = order.own.iter().map(|event| event.at).collect();
        assert_eq!((order.events, at), (vec![5, 2, 0, 1], vec![-3, 9, 5, 6]));
    }

    #[test]
    fn a_row_of_an_earlier_segment_is_dropped_once() {
        let events = events(&[("A", 1, 7, true), ("A", 2, 7, false), ("A", 3, 8, true)]);
        let mut rows = RunRows::of(&events);
        assert!(rows.may_have(&events, 7) && !rows.may_have(&events, 9));
        rows.drop_row(&events, 0, 7);
        rows.drop_row(&events, 0, 7);
        assert_eq!(rows.duplicates, 1);
        assert_eq!(rows.into_order().events, [2]);
    }

    #[test]
    fn rows_are_looked_for_only_at_times_that_segments_share() {
        let events = events(&[("A", 1, 7, true), ("A", 2, 8, true), ("B", 3, 9, true)]);
        let mut rows = RunRows::of(&events);
        assert_eq!(rows.times(), Some((1, 3)));
        assert_eq!(rows.declarations(&events), Some(("A", "B")));
        rows.share_times((2, 2));
        assert!(!rows.may_have(&events, 7) && !rows.may_have(&events, 9));
        assert_eq!(rows.drop_row(&events, 0, 8), Some(1));
        assert_eq!(rows.before(3), 1);
        assert_eq!(rows.into_order().events, [0, 2]);
    }
}
