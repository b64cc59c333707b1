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
    let mut open: Option<Crossing> = None;
    let mut number = 0;
    // The events of one instant; room for them is made once.
    let mut own: Vec<&EventRow> = Vec::new();
    for (_, together) in timeline.instants() {
        // At one instant an open crossing ends before the next begins; else it begins before it ends.
        let leaving = if open.is_some() { 1 } else { 3 };
        own.clear();
        own.extend(together);
        own.sort_by_key(|event| match event.milestone {
            Some(Milestone::BorderLeft) => leaving,
            _ if enters(event) => 2 * i32::from(open.is_some()),
            _ => leaving - 1,
        });
        for event in &own {
            if enters(event) {
                crossings.extend(open.take());
                number += 1;
                open = Some(Crossing {
                    row,
                    number,
                    entered_us: event.at,
                    ..Crossing::default()
                });
            }
            let Some(crossing) = &mut open else {
                continue;
            };
            note(crossing, event, details.get(event.detail as usize));
            if crossing.left_us.is_some() {
                crossings.extend(open.take());
            }
        }
    }
    crossings.extend(open);
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
            activity: 0,
            item: NONE,
            officer: NONE,
            lane: NONE,
            bcp,
            detail,
            on_paper: false,
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
}
