//! What needs the events of a declaration in their order.

use super::Interner;
use super::state::{EventRow, NONE, RangeState};
use super::stretches::{self, Stretches};
use crate::model::{FastMap, Milestone};

/// What joins the activities of a variant.
const VARIANT_JOINT: &str = " > ";

/// The texts of the column `status`.
pub(super) const STATUS: [&str; 4] = ["open", "released", "cancelled", "rejected"];

/// Counts of a declaration, in the order of their columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Changes of the lane.
    pub(super) lane_changes: i32,
    /// Events between registration and release that somebody handled.
    pub(super) manual: i32,
    /// Events that needed paper.
    pub(super) on_paper: i32,
    /// Occurrences of an activity directly after the same activity.
    pub(super) repeats: i32,
    /// Occurrences of an activity again later.
    pub(super) redone: i32,
    /// Changes of the officer.
    pub(super) handovers: i32,
}

/// What the walk through the events found, by row of the folded table.
#[derive(Debug, Default)]
pub(super) struct Walked {
    pub(super) event_count: Vec<i32>,
    pub(super) first_at: Vec<Option<i64>>,
    pub(super) last_at: Vec<Option<i64>>,
    pub(super) status: Vec<Option<u32>>,
    pub(super) variant: Vec<Option<u32>>,
    pub(super) variants: Interner,
    pub(super) counts: Vec<Counts>,
    pub(super) stretches: Vec<Stretches>,
    /// First and last time and number of occurrences, by milestone.
    pub(super) milestones: Vec<Vec<Option<Occurrences>>>,
    pub(super) crossings: Vec<Crossing>,
}

/// First time, last time, number.
pub(super) type Occurrences = (i64, i64, i32);

/// One passage of a border crossing point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Crossing {
    /// Row of its declaration.
    pub row: u32,
    /// 1 for the declaration's first.
    pub number: u32,
    /// When the means of transport entered the border zone.
    pub entered_us: i64,
    /// When it left; `None` while it is there.
    pub left_us: Option<i64>,
    /// From entry until the goods arrived inside the zone.
    pub queue_us: Option<i64>,
    /// Official fees stated by its events, in millionths.
    pub fee_official: Option<i128>,
    /// Unofficial fees stated by its events, in millionths.
    pub fee_unofficial: Option<i128>,
    /// Code of the border crossing point that its events name.
    pub bcp: Option<u32>,
}

impl RangeState<'_> {
    /// Walks through the events of each declaration of `order`, whose offices are given by row.
    pub(super) fn walk(&mut self, order: &[u32], offices: &[Option<&str>]) -> Walked {
        let mut events = std::mem::take(&mut self.events);
        self.sort(&mut events, order);
        let mut walked = Walked {
            milestones: vec![Vec::new(); Milestone::ALL.len()],
            ..Walked::default()
        };
        let mut path = String::new();
        let mut own = Vec::new();
        for (row, events) in events
            .chunk_by(|a, b| a.declaration == b.declaration)
            .enumerate()
        {
            // Lines of one declaration that tell of the same event tell of one occurrence.
            let events = if events.iter().any(|event| event.item != NONE) {
                merged(events, &mut own);
                own.as_slice()
            } else {
                events
            };
            path.clear();
            for event in events {
                if !path.is_empty() {
                    path.push_str(VARIANT_JOINT);
                }
                let label = self.activities.values.get(event.activity as usize);
                path.push_str(label.map_or("", String::as_str));
            }
            walked.push(events, &path);
            for event in events {
                walked.occurred(row, order.len(), event);
            }
            let office = offices.get(row).copied().flatten();
            walked
                .stretches
                .push(stretches::of(events, self.rules, office));
            let row = u32::try_from(row).unwrap_or(NONE);
            super::crossings::collect(events, &self.details, row, &mut walked.crossings);
        }
        walked
    }

    /// By declaration and time; at equal times by label, officer and line: nothing may depend on the
    /// order of the rows.
    fn sort(&self, events: &mut [EventRow], order: &[u32]) {
        let mut rows = vec![u32::MAX; self.ids.values.len()];
        for (row, code) in (0_u32..).zip(order) {
            if let Some(slot) = rows.get_mut(*code as usize) {
                *slot = row;
            }
        }
        let row_of = |event: &EventRow| rows.get(event.declaration as usize).copied();
        let labels = &self.activities.values;
        let texts = |name: &str| self.texts.get(name).map(|(interner, _)| &interner.values);
        let (officers, lanes) = (texts("officer"), texts("lane"));
        let text = |texts: Option<&'_ Vec<String>>, code: u32| texts?.get(code as usize).cloned();
        events.sort_unstable_by(|a, b| {
            let label = |event: &EventRow| labels.get(event.activity as usize);
            (row_of(a), a.at)
                .cmp(&(row_of(b), b.at))
                .then_with(|| label(a).cmp(&label(b)))
                .then_with(|| text(officers, a.officer).cmp(&text(officers, b.officer)))
                .then_with(|| text(lanes, a.lane).cmp(&text(lanes, b.lane)))
        });
    }
}

/// The events of one declaration, of which those of several lines at the same time with the same
/// activity are one: as many as the line has that tells of most.
fn merged(events: &[EventRow], own: &mut Vec<EventRow>) {
    own.clear();
    for together in events.chunk_by(|a, b| (a.at, a.activity) == (b.at, b.activity)) {
        let mut by_item: FastMap<u32, usize> = FastMap::default();
        for event in together {
            *by_item.entry(event.item).or_default() += 1;
        }
        let of_header = by_item.get(&NONE).copied().unwrap_or(0);
        let of_items = by_item.iter().filter(|(item, _)| **item != NONE);
        let most = of_items.map(|(_, count)| *count).max().unwrap_or(0);
        // Those that know most come first: an officer, a lane or a detail may stand on one line only.
        let mut kept: Vec<EventRow> = together.to_vec();
        let known = |event: &EventRow| {
            let known = [event.detail, event.officer, event.lane];
            known.map(|code| code == NONE)
        };
        kept.sort_by_key(|event| (event.item != NONE, known(event)));
        kept.truncate(of_header + most);
        let on_paper = together.iter().any(|event| event.on_paper);
        own.extend(kept.into_iter().map(|event| EventRow { on_paper, ..event }));
    }
}

impl Walked {
    fn push(&mut self, events: &[EventRow], path: &str) {
        self.event_count
            .push(i32::try_from(events.len()).unwrap_or(i32::MAX));
        self.first_at.push(events.first().map(|event| event.at));
        self.last_at.push(events.last().map(|event| event.at));
        self.status.push(Some(status(events)));
        self.variant.push(Some(self.variants.code(path)));
        self.counts.push(counts(events));
    }

    fn occurred(&mut self, row: usize, rows: usize, event: &EventRow) {
        let milestone = event.milestone.map(Milestone::index);
        let Some(known) = milestone.and_then(|index| self.milestones.get_mut(index)) else {
            return;
        };
        if known.is_empty() {
            known.resize(rows, None);
        }
        if let Some(known) = known.get_mut(row) {
            let (first, last, count) = known.unwrap_or((event.at, event.at, 0));
            *known = Some((
                first.min(event.at),
                last.max(event.at),
                count.saturating_add(1),
            ));
        }
    }
}

/// First time of a milestone.
pub(super) fn first(events: &[EventRow], milestone: Milestone) -> Option<i64> {
    times(events, milestone).min()
}

/// Times of a milestone, in their order.
pub(super) fn times(
    events: &[EventRow],
    milestone: Milestone,
) -> impl DoubleEndedIterator<Item = i64> {
    events
        .iter()
        .filter(move |event| event.milestone == Some(milestone))
        .map(|event| event.at)
}

/// Position in [`STATUS`]. Of release and cancellation the later one counts. A declaration refused
/// at lodgement is rejected unless it was lodged, registered or released after that.
fn status(events: &[EventRow]) -> u32 {
    let last = |milestone: Milestone| times(events, milestone).max();
    let (released, cancelled) = (last(Milestone::Released), last(Milestone::Cancelled));
    let again = last(Milestone::Lodged)
        .max(last(Milestone::Registered))
        .max(released);
    match last(Milestone::Rejected) {
        _ if cancelled.is_some() && cancelled >= released => 2,
        Some(rejected) if again.is_none_or(|again| rejected >= again) => 3,
        _ if released.is_some() => 1,
        _ => 0,
    }
}

/// Whether somebody handled the declaration: an officer is named, or the milestone is a control.
fn is_manual(event: &EventRow) -> bool {
    use Milestone::{
        AgencyCompleted, AgencyStarted, Amended, DocumentCheckCompleted, DocumentCheckStarted,
        InspectionCompleted, InspectionStarted, QueryAnswered, QueryRaised, Scanned,
    };
    event.officer != NONE
        || matches!(
            event.milestone,
            Some(
                AgencyCompleted
                    | AgencyStarted
                    | Amended
                    | DocumentCheckCompleted
                    | DocumentCheckStarted
                    | InspectionCompleted
                    | InspectionStarted
                    | QueryAnswered
                    | QueryRaised
                    | Scanned
            )
        )
}

fn counts(events: &[EventRow]) -> Counts {
    let changes = |code: fn(&EventRow) -> u32| {
        let codes = events.iter().map(code).filter(|code| *code != NONE);
        let codes: Vec<u32> = codes.collect();
        let changes = codes.windows(2).filter(|pair| pair.first() != pair.last());
        saturated(changes.count())
    };
    let mut counts = Counts {
        lane_changes: changes(|event| event.lane),
        handovers: changes(|event| event.officer),
        on_paper: saturated(events.iter().filter(|event| event.on_paper).count()),
        ..Counts::default()
    };
    let registered = first(events, Milestone::Registered);
    let released = first(events, Milestone::Released);
    if let (Some(registered), Some(released)) = (registered, released) {
        let between = events
            .iter()
            .filter(|event| registered < event.at && event.at < released);
        counts.manual = saturated(between.filter(|event| is_manual(event)).count());
    }
    for (at, event) in events.iter().enumerate() {
        let before = events.get(..at).unwrap_or_default();
        let same = |other: &EventRow| other.activity == event.activity;
        if before.last().is_some_and(same) {
            counts.repeats += 1;
        } else if before.iter().any(same) {
            counts.redone += 1;
        }
    }
    counts
}

fn saturated(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
