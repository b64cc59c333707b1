//! Near-duplicates: events of one declaration, activity and time that differ in something else.
//!
//! They are accepted, for two lines of a log may well say the same of two things; but often they are
//! one thing that was exported twice, before and after a correction, so that the operator is told.
//! Memory is bounded by the run: of every event at most one predecessor is kept.

use super::columns::{EventColumns, NONE};
use super::ledger::{NEAR_DUPLICATE_EXAMPLES, NearDuplicate};
use super::run::RunRows;
use crate::model::FastMap;

/// What two near-duplicates share beside declaration and time. A log that numbers its events or the
/// lines of a declaration tells them apart by these.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Likeness {
    activity: u32,
    item: u32,
    event_id: u32,
}

fn likeness(events: &EventColumns, event: u32) -> Likeness {
    let code = |codes: &[u32]| codes.get(event as usize).copied().unwrap_or(NONE);
    Likeness {
        activity: events.event(event).map_or(NONE, |event| event.activity),
        item: code(&events.item.codes),
        event_id: code(&events.event_id.codes),
    }
}

/// Finds events of a run by declaration and time.
pub(super) struct RunIndex {
    /// Declaration, time and event, ascending.
    events: Vec<(u32, i64, u32)>,
    /// A bit for each pair of declaration and time: most pairs of another segment are not there, and
    /// cost no search.
    marks: Vec<u64>,
}

/// How many marks there are: a power of two, some ten for each event of a full run.
const MARKS: u64 = 1 << 23;

/// The word and the bit of a pair of declaration and time.
fn mark(declaration: u32, at: i64) -> (usize, u64) {
    // Multiplication by the golden ratio spreads neighbours (Knuth, volume 3, 6.4).
    let mixed = (at.cast_unsigned() ^ u64::from(declaration).rotate_left(32))
        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mark = (mixed ^ (mixed >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mark = mark >> (u64::BITS - MARKS.ilog2());
    ((mark / 64) as usize, 1 << (mark % 64))
}

impl RunIndex {
    /// The events from one time to another, both included.
    pub(super) fn of(events: &EventColumns, (from, to): (i64, i64)) -> Self {
        let own = events.own.iter().zip(0_u32..);
        let mut index: Vec<(u32, i64, u32)> = own
            .map(|(own, event)| (own.declaration, own.at, event))
            .filter(|(_, at, _)| (from..=to).contains(at))
            .collect();
        index.sort_unstable();
        let mut marks = vec![0; (MARKS / 64).try_into().unwrap_or(0)];
        for (declaration, at, _) in &index {
            let (word, bit) = mark(*declaration, *at);
            if let Some(word) = marks.get_mut(word) {
                *word |= bit;
            }
        }
        Self {
            events: index,
            marks,
        }
    }

    /// Whether an event of a declaration may be there at a time.
    fn may_have(&self, declaration: u32, at: i64) -> bool {
        let (word, bit) = mark(declaration, at);
        self.marks.get(word).is_some_and(|word| word & bit != 0)
    }

    /// The events of a declaration at a time, in the order of the file.
    fn find(&self, declaration: u32, at: i64) -> impl Iterator<Item = u32> {
        let from = self
            .events
            .partition_point(|(one, time, _)| (*one, *time) < (declaration, at));
        let rest = self.events.get(from..).unwrap_or_default();
        rest.iter()
            .take_while(move |(one, time, _)| (*one, *time) == (declaration, at))
            .map(|(_, _, event)| *event)
    }
}

/// An event of a segment, as the run's codes say it; a text that the run does not know has no code
/// and can have no like there.
#[derive(Clone, Copy, Debug)]
pub(super) struct KnownEvent {
    pub(super) declaration: u32,
    pub(super) at: i64,
    pub(super) activity: u32,
    pub(super) item: u32,
    pub(super) event_id: u32,
    pub(super) hash: u64,
}

/// The events of a run that repeat an earlier one.
#[derive(Default)]
pub(super) struct NearDuplicates {
    /// Event of the run → where its predecessor stands.
    predecessors: FastMap<u32, String>,
}

impl NearDuplicates {
    /// Holds an event of an earlier segment against the run. `place` says where it stands.
    pub(super) fn compare(
        &mut self,
        events: &EventColumns,
        index: &RunIndex,
        known: KnownEvent,
        place: impl Fn() -> String,
    ) {
        if !index.may_have(known.declaration, known.at) {
            return;
        }
        let like = Likeness {
            activity: known.activity,
            item: known.item,
            event_id: known.event_id,
        };
        for event in index.find(known.declaration, known.at) {
            let hash = events.event(event).map(|event| event.row_hash);
            if likeness(events, event) == like && hash != Some(known.hash) {
                self.predecessors.entry(event).or_insert_with(&place);
            }
        }
    }

    /// Adds those within the run.
    pub(super) fn within(&mut self, events: &EventColumns, rows: &RunRows, file: &str) {
        let mut first: FastMap<Likeness, u32> = FastMap::default();
        for together in rows.together() {
            first.clear();
            for event in together.iter().filter(|event| !rows.is_dropped(**event)) {
                let like = likeness(events, *event);
                if let Some(earlier) = first.get(&like) {
                    let line = events.event(*earlier).map_or(0, |event| event.line);
                    let predecessor = self.predecessors.entry(*event);
                    predecessor.or_insert_with(|| format!("{file}:{line}"));
                } else {
                    first.insert(like, *event);
                }
            }
        }
    }

    /// How many events of the run repeat another, and the first of them. Events that turned out to
    /// be plain duplicates are none.
    pub(super) fn finish(
        self,
        events: &EventColumns,
        rows: &RunRows,
        file: &str,
    ) -> (u64, Vec<NearDuplicate>) {
        let mut kept: Vec<(u32, String)> = self
            .predecessors
            .into_iter()
            .filter(|(event, _)| !rows.is_dropped(*event))
            .collect();
        kept.sort_unstable();
        let count = kept.len() as u64;
        kept.truncate(NEAR_DUPLICATE_EXAMPLES);
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let examples = kept.into_iter().map(|(event, first)| {
            let own = events.event(event).copied().unwrap_or_default();
            NearDuplicate {
                declaration: text(events.declaration_id.value(own.declaration)),
                activity: text(events.activity.value(own.activity)),
                first,
                second: format!("{file}:{}", own.line),
            }
        });
        (count, examples.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::Event;

    fn events(rows: &[(&str, &str, i64, u64, &str)]) -> EventColumns {
        let mut events = EventColumns::default();
        for (line, (declaration, activity, at, hash, item)) in (2..).zip(rows) {
            let event = Event {
                at: *at,
                row_hash: *hash,
                line,
                declaration: events.declaration_id.code(declaration),
                activity: events.activity.code(activity),
                head: true,
                ..Event::default()
            };
            events.own.push(event);
            events.item.push(item);
            events.event_id.push("");
        }
        events
    }

    fn found(events: &EventColumns) -> Vec<(String, String)> {
        let rows = RunRows::of(events);
        let mut near = NearDuplicates::default();
        near.within(events, &rows, "a.csv");
        let (count, examples) = near.finish(events, &rows, "a.csv");
        assert_eq!(count, examples.len() as u64);
        let places = examples.into_iter();
        places.map(|one| (one.first, one.second)).collect()
    }

    #[test]
    fn the_same_event_with_another_attribute_is_near_and_the_same_row_is_not() {
        let events = events(&[
            ("A", "paid", 5, 1, ""),
            ("B", "paid", 5, 2, ""),
            ("A", "paid", 5, 1, ""),
            ("A", "paid", 5, 3, ""),
            ("A", "paid", 6, 4, ""),
            ("A", "released", 5, 5, ""),
        ]);
        let places = [("a.csv:2".to_owned(), "a.csv:5".to_owned())];
        assert_eq!(found(&events), places);
    }

    #[test]
    fn lines_of_a_declaration_are_told_apart() {
        let events = events(&[("A", "lodged", 5, 1, "1"), ("A", "lodged", 5, 2, "2")]);
        assert_eq!(found(&events), []);
    }
}
