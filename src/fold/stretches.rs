//! Stretches of time inside a declaration's own timeline.

use super::FoldRules;
use super::timeline::Timeline;
use crate::catalogue::party_us;
use crate::model::{Milestone, Party};

/// Stretches of one declaration in microseconds; `None` where a bound has not happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stretches {
    /// From each query to its answer, added up; `None` while one is unanswered.
    pub(super) query: Option<i64>,
    /// In which another agency's control was under way; `None` while one is.
    pub(super) agency: Option<i64>,
    /// From arrival to exit.
    pub(super) stay: Option<i64>,
    /// Of the stay, in which a documentary check, an inspection or another agency's control was under
    /// way.
    pub(super) active: Option<i64>,
    /// The stay by the party that was awaited.
    pub(super) parties: Option<[i64; Party::ALL.len()]>,
    /// Of the stay, in which customs was awaited and the office was closed; not part of `parties`.
    pub(super) closed: Option<i64>,
    /// From the opening of transit to its termination.
    pub(super) journey: Option<i64>,
    /// Of the journey, in which the goods were at a border crossing point.
    pub(super) stops: Option<i64>,
}

/// A column of stretches of time and how it is read.
type StretchColumn = (&'static str, fn(&Stretches) -> Option<i64>);

const STRETCHES: [StretchColumn; 9] = [
    ("party_closed_us", |of| of.closed),
    ("query_us", |of| of.query),
    ("agency_us", |of| of.agency),
    ("stay_us", |of| of.stay),
    ("active_us", |of| of.active),
    ("idle_us", |of| Some(of.stay? - of.active?)),
    ("journey_us", |of| of.journey),
    ("stop_us", |of| of.stops),
    ("driving_us", |of| Some(of.journey? - of.stops?)),
];

/// Stretches as columns, declaration by declaration.
#[derive(Debug)]
pub(super) struct StretchColumns {
    parties: [Vec<Option<i64>>; Party::ALL.len()],
    others: [Vec<Option<i64>>; STRETCHES.len()],
}

impl StretchColumns {
    /// No declaration yet, with room for so many.
    pub(super) fn with_room(rows: usize) -> Self {
        Self {
            parties: std::array::from_fn(|_| Vec::with_capacity(rows)),
            others: std::array::from_fn(|_| Vec::with_capacity(rows)),
        }
    }

    /// Adds a declaration.
    pub(super) fn push(&mut self, stretches: &Stretches) {
        for (at, column) in self.parties.iter_mut().enumerate() {
            column.push(stretches.parties.and_then(|times| times.get(at).copied()));
        }
        for (column, (_, read)) in self.others.iter_mut().zip(STRETCHES) {
            column.push(read(stretches));
        }
    }

    /// The columns with their names. Each is taken when it is asked for, so that none outlives what is made of it.
    pub(super) fn columns(&mut self) -> impl Iterator<Item = (String, Vec<Option<i64>>)> {
        let parties = Party::ALL.into_iter().map(party_us);
        let others = STRETCHES.iter().map(|(name, _)| (*name).to_owned());
        let columns = self.parties.iter_mut().chain(&mut self.others);
        parties.chain(others).zip(columns.map(std::mem::take))
    }
}

/// The stretches of a declaration of an office, found in memory that is used for one declaration after the other.
pub(super) fn of(
    timeline: Timeline<'_>,
    rules: &FoldRules,
    office: Option<&str>,
    Intervals { under_way, inside }: &mut Intervals,
) -> Stretches {
    use Milestone::{
        AgencyCompleted, AgencyStarted, Arrived, BorderEntered, BorderLeft, DocumentCheckCompleted,
        DocumentCheckStarted, Exited, InspectionCompleted, InspectionStarted, TransitOpened,
        TransitTerminated,
    };
    under_way.find(timeline, (AgencyStarted, AgencyCompleted));
    let agency = under_way.closed_total();
    let between = |from, to| {
        let bounds = (timeline.first(from)?, timeline.first(to)?);
        (bounds.0 <= bounds.1).then_some(bounds)
    };
    let stay = between(Arrived, Exited);
    let journey = between(TransitOpened, TransitTerminated);
    let mut length_inside = |bounds: (i64, i64), kinds: &[(Milestone, Milestone)]| {
        inside.clear();
        for kind in kinds {
            under_way.find(timeline, *kind);
            let clip = |at: i64| at.clamp(bounds.0, bounds.1);
            let clipped = under_way.0.iter();
            let clipped = clipped.map(|(from, to)| (clip(*from), clip(to.unwrap_or(bounds.1))));
            inside.extend(clipped);
        }
        union(inside)
    };
    let active = [
        (DocumentCheckStarted, DocumentCheckCompleted),
        (InspectionStarted, InspectionCompleted),
        (AgencyStarted, AgencyCompleted),
    ];
    let parties = stay.map(|bounds| by_party(timeline, rules, bounds, office));
    Stretches {
        query: query(timeline),
        agency,
        stay: stay.map(length),
        active: stay.map(|bounds| length_inside(bounds, &active)),
        parties: parties.map(|(parties, _)| parties),
        closed: parties.and_then(|(_, closed)| closed),
        journey: journey.map(length),
        stops: journey.map(|bounds| length_inside(bounds, &[(BorderEntered, BorderLeft)])),
    }
}

const fn length(bounds: (i64, i64)) -> i64 {
    bounds.1 - bounds.0
}

/// Intervals of one declaration.
#[derive(Debug, Default)]
pub(super) struct Intervals {
    under_way: UnderWay,
    inside: Vec<(i64, i64)>,
}

/// Times at which something was under way, from a beginning to its end, as disjoint intervals.
#[derive(Debug, Default)]
struct UnderWay(Vec<(i64, Option<i64>)>);

impl UnderWay {
    /// The length of all; `None` where there is none, or one goes on.
    fn closed_total(&self) -> Option<i64> {
        let lengths = self.0.iter().map(|(from, to)| Some((*to)? - from));
        lengths.sum::<Option<i64>>().filter(|_| !self.0.is_empty())
    }

    /// Finds when something was under way. Several may be at once: it ends when as many have ended as have begun. An end without a
    /// beginning is none.
    fn find(&mut self, timeline: Timeline<'_>, (begin, end): (Milestone, Milestone)) {
        let Self(intervals) = self;
        intervals.clear();
        if !timeline.has(begin) {
            return;
        }
        let mut depth = 0_u32;
        let events = timeline.events.iter();
        let bounds = events.filter_map(|event| match event.milestone {
            Some(milestone) if milestone == begin => Some((event.at, true)),
            Some(milestone) if milestone == end => Some((event.at, false)),
            _ => None,
        });
        let mut bounds = bounds.peekable();
        while let Some((at, begins)) = bounds.next() {
            // At one instant what was under way ends first, then the next begins and may end at once.
            let (mut begun, mut ended) = (usize::from(begins), usize::from(!begins));
            while let Some((_, begins)) = bounds.next_if(|(other, _)| *other == at) {
                begun += usize::from(begins);
                ended += usize::from(!begins);
            }
            let first = ended.min(depth as usize);
            ended -= first;
            depth -= u32::try_from(first).unwrap_or(depth);
            if first > 0
                && depth == 0
                && let Some(open) = intervals.last_mut()
            {
                open.1 = Some(at);
            }
            for _ in 0..begun {
                if depth == 0 {
                    intervals.push((at, None));
                }
                depth += 1;
                if ended > 0 {
                    ended -= 1;
                    depth -= 1;
                    if depth == 0
                        && let Some(open) = intervals.last_mut()
                    {
                        open.1 = Some(at);
                    }
                }
            }
        }
    }
}

/// The length of a union of intervals, which are put in order for it.
fn union(intervals: &mut [(i64, i64)]) -> i64 {
    intervals.sort_unstable();
    let mut total = 0;
    let mut reached = i64::MIN;
    for (from, to) in intervals.iter() {
        let from = *from.max(&reached);
        total += (to - from).max(0);
        reached = reached.max(*to);
    }
    total
}

/// The first question with the first answer after it, and so on. `None` where there is no question,
/// or one without an answer.
fn query(timeline: Timeline<'_>) -> Option<i64> {
    let first = timeline.first(Milestone::QueryRaised)?;
    let mut answered = timeline.times(Milestone::QueryAnswered).peekable();
    while answered.next_if(|at| *at < first).is_some() {}
    let mut total = 0;
    for raised in timeline.times(Milestone::QueryRaised) {
        total += (answered.next()? - raised).max(0);
    }
    Some(total)
}

/// Time by party between arrival and exit: each stretch between two milestones belongs to the party
/// that was awaited for the second. Of a stretch in which customs was awaited, the hours when the
/// office was closed are told apart (`None` where no calendar says when it is open). All parts add up
/// to the whole.
fn by_party(
    timeline: Timeline<'_>,
    rules: &FoldRules,
    (arrived, exited): (i64, i64),
    office: Option<&str>,
) -> ([i64; Party::ALL.len()], Option<i64>) {
    let clock = rules
        .working
        .as_ref()
        .and_then(|working| working.clock(office));
    let mut times = [0; Party::ALL.len()];
    let mut closed = clock.map(|_| 0);
    let mut from = arrived;
    let milestones = timeline.events.iter();
    let milestones = milestones.filter_map(|event| Some((event.at, event.milestone?)));
    let mut milestones = milestones.peekable();
    while let Some((at, mut milestone)) = milestones.next() {
        // Of milestones at one instant the earliest of a clearance was awaited first.
        while let Some((_, other)) = milestones.next_if(|(other, _)| *other == at) {
            milestone = milestone.min(other);
        }
        let at = at.clamp(arrived, exited);
        let mut time = at - from;
        let party = rules.party(milestone);
        if let (Some(clock), Some(closed), Party::Customs) = (clock, &mut closed, party) {
            let open = clock.open_us(from, at);
            *closed += time - open;
            time = open;
        }
        let index = Party::ALL.iter().position(|other| *other == party);
        if let Some(sum) = index.and_then(|index| times.get_mut(index)) {
            *sum += time;
        }
        from = at;
    }
    (times, closed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::state::EventRow;

    fn events(milestones: &[(Milestone, i64)]) -> Vec<EventRow> {
        milestones
            .iter()
            .map(|(milestone, at)| EventRow {
                declaration: 0,
                at: *at,
                milestone: Some(*milestone),
                ..EventRow::EXPECTED
            })
            .collect()
    }

    fn stretches(milestones: &[(Milestone, i64)]) -> Stretches {
        of(
            Timeline::of(&events(milestones)),
            &FoldRules::default(),
            None,
            &mut Intervals::default(),
        )
    }

    #[test]
    fn time_by_party_adds_up_to_the_time_from_arrival_to_exit() {
        use Milestone::{Arrived, Exited, Lodged, Paid, Registered, Released};
        // 10 trader (arrival → lodgement), 5 customs, 20 bank, 2 customs, 30 trader.
        let log = [
            (Arrived, 0),
            (Lodged, 10),
            (Registered, 15),
            (Paid, 35),
            (Released, 37),
            (Exited, 67),
        ];
        assert_eq!(stretches(&log).parties, Some([7, 40, 0, 20, 0]));
        assert_eq!(stretches(&log[1..]).parties, None);
    }

    #[test]
    fn controls_of_agencies_that_overlap_count_once_and_an_open_one_is_open() {
        use Milestone::{AgencyCompleted, AgencyStarted};
        let log = [
            (AgencyStarted, 0),
            (AgencyStarted, 4),
            (AgencyCompleted, 6),
            (AgencyCompleted, 10),
            (AgencyCompleted, 11),
            (AgencyStarted, 20),
            (AgencyCompleted, 25),
        ];
        assert_eq!(stretches(&log).agency, Some(15));
        assert_eq!(stretches(&log[..6]).agency, None);
        assert_eq!(stretches(&[(AgencyCompleted, 3)]).agency, None);
        let at_once = [(AgencyStarted, 7), (AgencyCompleted, 7)];
        assert_eq!(stretches(&at_once).agency, Some(0));
    }

    #[test]
    fn what_is_under_way_is_clipped_to_the_stay() {
        use Milestone::{
            AgencyCompleted, AgencyStarted, Arrived, DocumentCheckCompleted, DocumentCheckStarted,
            Exited,
        };
        let log = [
            (DocumentCheckStarted, -5),
            (Arrived, 0),
            (DocumentCheckCompleted, 10),
            (AgencyStarted, 8),
            (AgencyCompleted, 20),
            (Exited, 100),
        ];
        let mut log = log.to_vec();
        log.sort_by_key(|(_, at)| *at);
        let stretches = stretches(&log);
        assert_eq!((stretches.stay, stretches.active), (Some(100), Some(20)));
    }

    #[test]
    fn questions_are_answered_in_their_order() {
        use Milestone::{QueryAnswered, QueryRaised};
        let log = [
            (QueryAnswered, 1),
            (QueryRaised, 2),
            (QueryRaised, 4),
            (QueryAnswered, 10),
            (QueryAnswered, 13),
        ];
        assert_eq!(stretches(&log).query, Some(8 + 9));
        assert_eq!(stretches(&log[..4]).query, None);
    }
}
