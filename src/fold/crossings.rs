//! Passages of border crossing points.

use super::state::{Detail, EventRow, NONE};
use super::timeline::Timeline;
use super::walk::Crossing;
use crate::model::Milestone;

/// Adds the crossings of one declaration, in their order. A crossing lasts from an entry to the next
/// leaving; an entry without a leaving before the next entry is one that nothing is known of but its
/// beginning. A leaving without an entry is none.
pub(super) fn collect(
    timeline: Timeline<'_>,
    details: &[Detail],
    row: u32,
    crossings: &mut Vec<Crossing>,
) {
    if !timeline.has(Milestone::BorderEntered) {
        return;
    }
    let mut passing = Passing {
        row,
        number: 0,
        open: None,
        details,
        crossings,
    };
    for (_, together) in timeline.instants() {
        match together {
            [only] => passing.meet(only),
            several => passing.meet_together(several),
        }
    }
    passing.crossings.extend(passing.open);
}

/// The way of one declaration through border crossing points.
struct Passing<'c> {
    row: u32,
    /// How many entries there were.
    number: u32,
    /// Entered and not left.
    open: Option<Crossing>,
    details: &'c [Detail],
    /// Those that are over.
    crossings: &'c mut Vec<Crossing>,
}

impl Passing<'_> {
    /// The events of one instant: an open crossing ends before the next begins; else it begins before it ends.
    fn meet_together(&mut self, events: &[EventRow]) {
        let is_open = self.open.is_some();
        let leaving = if is_open { 1 } else { 3 };
        let mut events: Vec<&EventRow> = events.iter().collect();
        events.sort_by_key(|event| match event.milestone {
            Some(Milestone::BorderLeft) => leaving,
            _ if enters(event) => 2 * i32::from(is_open),
            _ => leaving - 1,
        });
        for event in events {
            self.meet(event);
        }
    }

    fn meet(&mut self, event: &EventRow) {
        if enters(event) {
            self.crossings.extend(self.open.take());
            self.number += 1;
            self.open = Some(Crossing {
                row: self.row,
                number: self.number,
                entered_us: event.at,
                ..Crossing::default()
            });
        }
        let Some(crossing) = &mut self.open else {
            return;
        };
        note(crossing, event, self.details.get(event.detail as usize));
        if crossing.left_us.is_some() {
            self.crossings.extend(self.open.take());
        }
    }
}

fn enters(event: &EventRow) -> bool {
    event.milestone == Some(Milestone::BorderEntered)
}

/// What an event inside a crossing says of it.
fn note(crossing: &mut Crossing, event: &EventRow, detail: Option<&Detail>) {
    match event.milestone {
        Some(Milestone::Arrived) if crossing.queue_us.is_none() => {
            crossing.queue_us = Some(event.at - crossing.entered_us);
        }
        Some(Milestone::BorderLeft) => crossing.left_us = Some(event.at),
        _ => {}
    }
    if let Some(detail) = detail {
        let add = |sum: &mut Option<i128>, fee: Option<i128>| {
            if let Some(fee) = fee {
                *sum = Some(sum.unwrap_or(0) + fee);
            }
        };
        add(&mut crossing.fee_official, detail.fee_official);
        add(&mut crossing.fee_unofficial, detail.fee_unofficial);
    }
    crossing.bcp = crossing.bcp.or((event.bcp != NONE).then_some(event.bcp));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(milestone: Milestone, at: i64, bcp: u32, detail: u32) -> EventRow {
        EventRow {
            declaration: 0,
            at,
            milestone: Some(milestone),
            bcp,
            detail,
            ..EventRow::EXPECTED
        }
    }

    #[test]
    fn each_entry_has_its_leaving_its_queue_and_its_fees() {
        use Milestone::{Arrived, BorderEntered, BorderLeft, Paid};
        let detail = |fee| Detail {
            fee_official: Some(fee),
            ..Detail::default()
        };
        let details = [detail(10), detail(5)];
        let events = [
            event(BorderLeft, 0, 9, NONE),
            event(BorderEntered, 10, 7, 0),
            event(Arrived, 14, NONE, NONE),
            event(Paid, 15, NONE, 1),
            event(BorderLeft, 20, 8, NONE),
            event(Paid, 22, NONE, 1),
            event(BorderEntered, 25, 8, NONE),
        ];
        let mut crossings = Vec::new();
        collect(Timeline::of(&events), &details, 3, &mut crossings);
        let first = Crossing {
            row: 3,
            number: 1,
            entered_us: 10,
            left_us: Some(20),
            queue_us: Some(4),
            fee_official: Some(15),
            fee_unofficial: None,
            bcp: Some(7),
        };
        let second = Crossing {
            row: 3,
            number: 2,
            entered_us: 25,
            bcp: Some(8),
            ..Crossing::default()
        };
        assert_eq!(crossings, [first, second]);
    }

    #[test]
    fn at_one_instant_an_open_crossing_ends_first_and_else_one_begins_first() {
        use Milestone::{BorderEntered, BorderLeft};
        // At 5 nothing is open: an entry that is left at once. At 20 a crossing is open: it ends, and the next begins.
        let events = [
            event(BorderLeft, 5, NONE, NONE),
            event(BorderEntered, 5, 6, NONE),
            event(BorderEntered, 10, 7, NONE),
            event(BorderEntered, 20, 8, NONE),
            event(BorderLeft, 20, NONE, NONE),
        ];
        let mut crossings = Vec::new();
        collect(Timeline::of(&events), &[], 0, &mut crossings);
        let found: Vec<_> = crossings
            .iter()
            .map(|of| (of.number, of.entered_us, of.left_us, of.bcp))
            .collect();
        let wanted = [
            (1, 5, Some(5), Some(6)),
            (2, 10, Some(20), Some(7)),
            (3, 20, None, Some(8)),
        ];
        assert_eq!(found, wanted);
    }
}
