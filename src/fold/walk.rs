//! What needs the events of a declaration in their order.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanBufferBuilder, Int32Array, TimestampMicrosecondArray};
use arrow::buffer::NullBuffer;

use super::state::{EventRow, NONE, RangeState};
use super::stretches::{self, Intervals, StretchColumns};
use super::timeline::Timeline;
use crate::model::{FastMap, Milestone, Texts};

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
#[derive(Debug)]
pub(super) struct Walked {
    pub(super) event_count: Vec<i32>,
    pub(super) first_at: Vec<Option<i64>>,
    pub(super) last_at: Vec<Option<i64>>,
    pub(super) status: Vec<Option<u32>>,
    pub(super) variant: Vec<Option<u32>>,
    pub(super) variants: Texts,
    pub(super) counts: Vec<Counts>,
    pub(super) stretches: StretchColumns,
    /// First and last time and number of occurrences, by milestone, in memory that the next range will use.
    pub(super) milestones: Vec<Occurrences>,
    pub(super) crossings: Vec<Crossing>,
}

/// One passage of a border crossing point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Crossing {
    /// Row of its declaration.
    pub(super) row: u32,
    /// 1 for the declaration's first.
    pub(super) number: u32,
    /// When the means of transport entered the border zone.
    pub(super) entered_us: i64,
    /// When it left; `None` while it is there.
    pub(super) left_us: Option<i64>,
    /// From entry until the goods arrived inside the zone.
    pub(super) queue_us: Option<i64>,
    /// Official fees stated by its events, in millionths.
    pub(super) fee_official: Option<i128>,
    /// Unofficial fees stated by its events, in millionths.
    pub(super) fee_unofficial: Option<i128>,
    /// Code of the border crossing point that its events name.
    pub(super) bcp: Option<u32>,
}

impl RangeState<'_> {
    /// Walks through the events of each declaration of `order`, which have been put in order. The offices of the
    /// declarations are given by row.
    pub(super) fn walk(
        &self,
        order: &[u32],
        offices: &[Option<&str>],
        milestones: Vec<Occurrences>,
    ) -> Walked {
        let mut walked = Walked::with_room(order.len(), self.entries, milestones);
        let mut paths = Paths::default();
        let (mut own, mut intervals) = (Vec::new(), Intervals::default());
        for (row, events) in self
            .events
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
            let timeline = Timeline::of(events);
            let path = paths.path(events, &self.activities, &mut walked.variants);
            walked.push(timeline, path);
            let number = u32::try_from(row).unwrap_or(NONE);
            for event in events {
                walked.occurred(number, event);
            }
            let office = offices.get(row).copied().flatten();
            let stretches = stretches::of(timeline, self.rules, office, &mut intervals);
            walked.stretches.push(&stretches);
            super::crossings::collect(timeline, &self.details, number, &mut walked.crossings);
        }
        walked
    }

    /// Puts the events of each declaration in order: by time; at equal times by label, officer and lane, for nothing may
    /// depend on the order of the rows.
    pub(super) fn put_in_order(&mut self) {
        self.close_gaps();
        let labels = &self.activities;
        let texts = |name: &str| self.texts.get(name).map(|(texts, _)| texts);
        let (officers, lanes) = (texts("officer"), texts("lane"));
        let officer = |event: &EventRow| officers?.value(event.officer);
        let lane = |event: &EventRow| lanes?.value(event.lane);
        for own in self
            .events
            .chunk_by_mut(|a, b| a.declaration == b.declaration)
        {
            // As they come from a segment, mostly.
            if own.is_sorted_by(|a, b| a.at < b.at) {
                continue;
            }
            own.sort_unstable_by(|a, b| {
                let label = |event: &EventRow| labels.value(event.activity);
                a.at.cmp(&b.at)
                    .then_with(|| label(a).cmp(&label(b)))
                    .then_with(|| officer(a).cmp(&officer(b)))
                    .then_with(|| lane(a).cmp(&lane(b)))
            });
        }
    }

    /// Moves events to where others were expected that lie after the freeze time.
    fn close_gaps(&mut self) {
        if self.places.are_full() {
            return;
        }
        let mut end = 0;
        for own in self.places.taken() {
            let count = own.len();
            self.events.copy_within(own, end);
            end += count;
        }
        self.events.truncate(end);
    }
}

/// What a sequence of activities says by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Path {
    /// The code of its variant.
    variant: u32,
    /// How often an activity comes directly after the same one.
    repeats: i32,
    /// How often one comes again later.
    redone: i32,
}

impl Path {
    fn of(sequence: &[u32], variant: u32) -> Self {
        let mut path = Self {
            variant,
            ..Self::default()
        };
        for (at, activity) in sequence.iter().enumerate() {
            let before = sequence.get(..at).unwrap_or_default();
            if before.last() == Some(activity) {
                path.repeats += 1;
            } else if before.contains(activity) {
                path.redone += 1;
            }
        }
        path
    }
}

/// The sequences of activities met so far. Sequences repeat, so that few of them are spelt out.
#[derive(Default)]
struct Paths {
    known: FastMap<Vec<u32>, Path>,
    sequence: Vec<u32>,
}

impl Paths {
    /// The path of the events, whose variant is one of `variants`.
    fn path(&mut self, events: &[EventRow], labels_of: &Texts, variants: &mut Texts) -> Path {
        self.sequence.clear();
        self.sequence
            .extend(events.iter().map(|event| event.activity));
        if let Some(path) = self.known.get(self.sequence.as_slice()) {
            return *path;
        }
        let labels = self.sequence.iter();
        let labels = labels.map(|activity| labels_of.value(*activity).unwrap_or_default());
        let labels: Vec<&str> = labels.collect();
        let path = Path::of(&self.sequence, variants.code(&labels.join(VARIANT_JOINT)));
        self.known.insert(self.sequence.clone(), path);
        path
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
            let detail = event.detail == NONE && event.bcp == NONE;
            [detail, event.officer == NONE, event.lane == NONE]
        };
        kept.sort_by_key(|event| (event.item != NONE, known(event)));
        kept.truncate(of_header + most);
        let on_paper = together.iter().any(|event| event.on_paper);
        own.extend(kept.into_iter().map(|event| EventRow { on_paper, ..event }));
    }
}

impl Walked {
    /// Nothing yet, with room for so many declarations and crossings: lists that grow would be copied many times.
    fn with_room(rows: usize, crossings: usize, mut milestones: Vec<Occurrences>) -> Self {
        milestones.resize_with(Milestone::ALL.len(), Occurrences::default);
        milestones.iter_mut().for_each(Occurrences::clear);
        Self {
            event_count: Vec::with_capacity(rows),
            first_at: Vec::with_capacity(rows),
            last_at: Vec::with_capacity(rows),
            status: Vec::with_capacity(rows),
            variant: Vec::with_capacity(rows),
            variants: Texts::default(),
            counts: Vec::with_capacity(rows),
            stretches: StretchColumns::with_room(rows),
            milestones,
            crossings: Vec::with_capacity(crossings),
        }
    }

    fn push(&mut self, timeline: Timeline<'_>, path: Path) {
        let events = timeline.events;
        self.event_count
            .push(i32::try_from(events.len()).unwrap_or(i32::MAX));
        self.first_at.push(events.first().map(|event| event.at));
        self.last_at.push(events.last().map(|event| event.at));
        self.status.push(Some(status(timeline)));
        self.variant.push(Some(path.variant));
        self.counts.push(counts(timeline, path));
    }

    fn occurred(&mut self, row: u32, event: &EventRow) {
        let milestone = event.milestone.map(Milestone::index);
        if let Some(known) = milestone.and_then(|index| self.milestones.get_mut(index)) {
            known.add(row, event.at);
        }
    }
}

/// First and last time and number of occurrences of a milestone, of the rows that have any, ascending.
#[derive(Debug, Default)]
pub(super) struct Occurrences(Vec<Occurred>);

#[derive(Clone, Copy, Debug)]
struct Occurred {
    row: u32,
    count: i32,
    first: i64,
    last: i64,
}

impl Occurrences {
    /// Adds an occurrence in the row of the last one or a later row.
    fn add(&mut self, row: u32, at: i64) {
        match self.0.last_mut() {
            Some(known) if known.row == row => {
                known.first = at.min(known.first);
                known.last = at.max(known.last);
                known.count = known.count.saturating_add(1);
            }
            _ => self.0.push(Occurred {
                row,
                count: 1,
                first: at,
                last: at,
            }),
        }
    }

    /// Whether there is none in any row.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Forgets all but keeps the memory.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// First times, last times and numbers, as columns of so many rows; where there is none, no time, and zero as the number.
    pub(super) fn columns(&self, rows: usize) -> [ArrayRef; 3] {
        let mut happened = BooleanBufferBuilder::new(rows);
        happened.append_n(rows, false);
        let [mut first, mut last] = [vec![0; rows], vec![0; rows]];
        let mut count = vec![0; rows];
        for of in &self.0 {
            let row = of.row as usize;
            let times = first.get_mut(row).zip(last.get_mut(row));
            if let (Some((first, last)), Some(count)) = (times, count.get_mut(row)) {
                (*first, *last, *count) = (of.first, of.last, of.count);
                happened.set_bit(row, true);
            }
        }
        let happened = Some(NullBuffer::new(happened.finish()));
        let times = |times: Vec<i64>| {
            let times = TimestampMicrosecondArray::new(times.into(), happened.clone());
            Arc::new(times.with_timezone("UTC")) as ArrayRef
        };
        [times(first), times(last), Arc::new(Int32Array::from(count))]
    }
}

/// Position in [`STATUS`]. Of release and cancellation the later one counts. A declaration refused
/// at lodgement is rejected unless it was lodged, registered or released after that.
fn status(timeline: Timeline<'_>) -> u32 {
    let last = |milestone| timeline.last(milestone);
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

fn counts(timeline: Timeline<'_>, path: Path) -> Counts {
    let events = timeline.events;
    let mut counts = Counts {
        repeats: path.repeats,
        redone: path.redone,
        ..Counts::default()
    };
    let (mut lane, mut officer) = (NONE, NONE);
    for event in events {
        counts.on_paper += i32::from(event.on_paper);
        counts.lane_changes += i32::from(changes(&mut lane, event.lane));
        counts.handovers += i32::from(changes(&mut officer, event.officer));
    }
    let registered = timeline.first(Milestone::Registered);
    let released = timeline.first(Milestone::Released);
    if let (Some(registered), Some(released)) = (registered, released) {
        let between = events
            .iter()
            .filter(|event| registered < event.at && event.at < released);
        counts.manual = saturated(between.filter(|event| is_manual(event)).count());
    }
    counts
}

/// Whether a code that is known changes another one that was known before it.
const fn changes(known: &mut u32, code: u32) -> bool {
    if code == NONE {
        return false;
    }
    let before = std::mem::replace(known, code);
    before != NONE && before != code
}

fn saturated(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_again_is_a_repeat_or_done_again() {
        let path = |sequence: &[u32]| {
            let Path {
                repeats, redone, ..
            } = Path::of(sequence, 7);
            (repeats, redone)
        };
        assert_eq!(path(&[]), (0, 0));
        assert_eq!(path(&[1, 2, 3]), (0, 0));
        // 1 follows itself, then comes again after 2, and so does 2.
        assert_eq!(path(&[1, 1, 2, 1, 2]), (1, 2));
        assert_eq!(path(&[4, 4, 4, 5, 4, 4]), (3, 1));
    }

    #[test]
    fn a_row_without_a_milestone_has_no_time_and_the_number_zero() {
        let mut occurrences = Occurrences::default();
        for (row, at) in [(1, 30), (1, 10), (1, 20), (3, 40)] {
            occurrences.add(row, at);
        }
        let time = TimestampMicrosecondArray::from(vec![None, Some(10), None, Some(40)]);
        let last = TimestampMicrosecondArray::from(vec![None, Some(30), None, Some(40)]);
        let [first_found, last_found, number] = occurrences.columns(4);
        let wanted: [ArrayRef; 3] = [
            Arc::new(time.with_timezone("UTC")),
            Arc::new(last.with_timezone("UTC")),
            Arc::new(Int32Array::from(vec![0, 3, 0, 1])),
        ];
        assert_eq!([first_found, last_found, number], wanted);
    }
}
