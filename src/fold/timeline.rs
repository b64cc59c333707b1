//! The events of one declaration in their order.

use super::state::EventRow;
use crate::model::Milestone;

const _: () = assert!(Milestone::ALL.len() <= u64::BITS as usize);

/// The events of one declaration, ascending by time. Most questions are about milestones that most declarations
/// never meet: which ones are met is noted once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timeline<'e> {
    /// All of them.
    pub(super) events: &'e [EventRow],
    /// A bit for each milestone that happened.
    happened: u64,
}

impl<'e> Timeline<'e> {
    pub(super) fn of(events: &'e [EventRow]) -> Self {
        debug_assert!(events.is_sorted_by_key(|event| event.at));
        let milestones = events.iter().filter_map(|event| event.milestone);
        Self {
            events,
            happened: milestones.fold(0, |bits, milestone| bits | 1 << milestone.index()),
        }
    }

    /// Whether a milestone happened.
    pub(super) const fn has(&self, milestone: Milestone) -> bool {
        self.happened >> milestone.index() & 1 == 1
    }

    /// Times of a milestone, in their order.
    pub(super) fn times(
        self,
        milestone: Milestone,
    ) -> impl DoubleEndedIterator<Item = i64> + use<'e> {
        let events = if self.has(milestone) {
            self.events
        } else {
            &[]
        };
        let events = events.iter();
        events
            .filter(move |event| event.milestone == Some(milestone))
            .map(|event| event.at)
    }

    /// First time of a milestone.
    pub(super) fn first(self, milestone: Milestone) -> Option<i64> {
        self.times(milestone).next()
    }

    /// Last time of a milestone.
    pub(super) fn last(self, milestone: Milestone) -> Option<i64> {
        self.times(milestone).next_back()
    }

    /// The events by their times.
    pub(super) fn instants(self) -> impl Iterator<Item = (i64, &'e [EventRow])> {
        let together = self.events.chunk_by(|a, b| a.at == b.at);
        together.filter_map(|together| together.first().map(|event| (event.at, together)))
    }
}
