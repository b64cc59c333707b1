//! Events that are planned but not yet due.

use std::collections::VecDeque;

use super::step::Step;

const HOUR_S: i64 = 3600;

/// A planned event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Planned {
    /// When, in seconds since the Unix epoch.
    pub(super) at: i64,
    /// The declaration's number and the place of the event in its journey: the order of events
    /// of the same second.
    pub(super) order: (u64, u16),
    pub(super) step: Step,
    /// Where the declaration is kept.
    pub(super) slot: usize,
}

/// A queue in time order, by hour: an event is filed in its hour, and an hour is sorted when it
/// comes up. Filing costs no comparison, which matters when 10^8 events pass through.
#[derive(Debug)]
pub(super) struct Agenda {
    hours: VecDeque<Vec<Planned>>,
    first_hour: i64,
    end: i64,
}

impl Agenda {
    /// For events from `start` to before `end`.
    pub(super) const fn new(start: i64, end: i64) -> Self {
        let first_hour = start.div_euclid(HOUR_S);
        Self {
            hours: VecDeque::new(),
            first_hour,
            end,
        }
    }

    /// Whether an event at this time will be in the log.
    pub(super) const fn covers(&self, at: i64) -> bool {
        at < self.end
    }

    /// Files an event. One that falls before the hour that is due comes with that hour.
    pub(super) fn file(&mut self, planned: Planned) {
        let hour = planned.at.div_euclid(HOUR_S) - self.first_hour;
        let place = usize::try_from(hour).unwrap_or(0);
        while self.hours.len() <= place {
            self.hours.push_back(Vec::new());
        }
        if let Some(events) = self.hours.get_mut(place) {
            events.push(planned);
        }
    }

    /// The events of the next hour in time order; `None` once the next hour is not over by
    /// `until` or nothing is left.
    pub(super) fn next_hour(&mut self, until: i64) -> Option<Vec<Planned>> {
        if (self.first_hour + 1) * HOUR_S > until {
            return None;
        }
        let mut events = self.hours.pop_front()?;
        self.first_hour += 1;
        events.sort_unstable();
        Some(events)
    }
}
