//! What is known of the declarations of a range while their events pass by, in any order.

use std::collections::BTreeMap;

use arrow::array::{Array as _, StringArray};

use super::FoldRules;
use super::declarations::Places;
use super::lines::Lines;
use super::walk::Occurrences;
use crate::model::{Milestone, Texts};
use crate::project::Take;

/// No time yet.
const NEVER: i64 = i64::MIN;

/// No code.
pub(super) const NONE: u32 = u32::MAX;

/// One event, reduced to what needs the events of a declaration in their order.
#[derive(Clone, Copy, Debug)]
pub(super) struct EventRow {
    pub(super) declaration: u32,
    pub(super) at: i64,
    pub(super) milestone: Option<Milestone>,
    pub(super) activity: u32,
    /// Code of the declaration's line, [`NONE`] where the event is about the whole.
    pub(super) item: u32,
    /// Code of the officer, or [`NONE`].
    pub(super) officer: u32,
    /// Code of the lane, or [`NONE`].
    pub(super) lane: u32,
    /// Code of the border crossing point of an entry or a leaving, or [`NONE`].
    pub(super) bcp: u32,
    /// Position of what few events have, or [`NONE`].
    pub(super) detail: u32,
    /// Whether the event needed paper, by its own attribute.
    pub(super) on_paper: bool,
}

impl EventRow {
    /// Stands where an event is expected: nothing is known of it.
    pub(super) const EXPECTED: Self = Self {
        declaration: NONE,
        at: NEVER,
        milestone: None,
        activity: NONE,
        item: NONE,
        officer: NONE,
        lane: NONE,
        bcp: NONE,
        detail: NONE,
        on_paper: false,
    };
}

/// What few events have: fees, how a payment was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Detail {
    pub(super) fee_official: Option<i128>,
    pub(super) fee_unofficial: Option<i128>,
    pub(super) electronic: Option<bool>,
    /// Code of the kind of tax, or [`NONE`].
    pub(super) tax_kind: u32,
}

impl Default for Detail {
    fn default() -> Self {
        Self {
            fee_official: None,
            fee_unofficial: None,
            electronic: None,
            tax_kind: NONE,
        }
    }
}

/// An event with an amount `paid`.
#[derive(Clone, Copy, Debug)]
pub(super) struct PaidRow {
    pub(super) line: u32,
    pub(super) at: i64,
    /// The amount as it stands in the log.
    pub(super) amount: i128,
    /// Position of its event.
    pub(super) event: u32,
}

/// How long a list becomes that is to have a place: lists grow by many places at once, for the lines of a row group come one behind
/// the other.
const fn length_for(place: usize) -> usize {
    (place / ROOM + 1) * ROOM
}

/// So many places are added to a list.
const ROOM: usize = 1 << 10;

/// The newest value per line of a declaration; at equal times the greater one, so that order is no
/// matter. Offered with negated times it is the earliest.
#[derive(Debug)]
pub(super) struct Newest<T> {
    /// Time and value by line; [`NEVER`] where there is none.
    known: Vec<(i64, T)>,
}

impl<T> Default for Newest<T> {
    fn default() -> Self {
        Self { known: Vec::new() }
    }
}

impl<T: Copy + Default> Newest<T> {
    #[inline]
    fn offer_with(&mut self, line: u32, at: i64, value: T, greater: impl FnOnce(T, T) -> bool) {
        let index = line as usize;
        if self.known.len() <= index {
            self.known.resize(length_for(index), (NEVER, T::default()));
        }
        if let Some(known) = self.known.get_mut(index)
            && (at > known.0 || at == known.0 && greater(value, known.1))
        {
            *known = (at, value);
        }
    }

    /// The value of a line.
    #[inline]
    pub(super) fn value(&self, line: u32) -> Option<T> {
        self.get(line).map(|(_, value)| value)
    }

    /// The value of a line with its time.
    #[inline]
    pub(super) fn get(&self, line: u32) -> Option<(i64, T)> {
        let known = self.known.get(line as usize);
        known.copied().filter(|(at, _)| *at != NEVER)
    }
}

impl<T: Copy + Default + Ord> Newest<T> {
    #[inline]
    pub(super) fn offer(&mut self, line: u32, at: i64, value: T) {
        self.offer_with(line, at, value, |new, old| new > old);
    }
}

/// Codes of texts: greatness is that of the texts, not of the codes.
#[derive(Debug, Default)]
pub(super) struct NewestText(pub(super) Newest<u32>);

impl NewestText {
    #[inline]
    pub(super) fn offer(
        &mut self,
        line: u32,
        at: i64,
        code: u32,
        greater: impl FnOnce(u32, u32) -> bool,
    ) {
        self.0.offer_with(line, at, code, greater);
    }
}

/// Whether the text of one code is greater than that of another.
pub(super) fn greater(texts: &Texts, a: u32, b: u32) -> bool {
    texts.value(a) > texts.value(b)
}

/// An amount per line of a declaration.
#[derive(Debug)]
pub(super) enum AmountState {
    /// All added up.
    Sum(Vec<Option<i128>>),
    /// The newest.
    Latest(Newest<i128>),
}

impl AmountState {
    fn clear(&mut self) {
        match self {
            Self::Sum(sums) => sums.clear(),
            Self::Latest(newest) => newest.known.clear(),
        }
    }

    #[inline]
    pub(super) fn offer(&mut self, line: u32, at: i64, value: i128) {
        match self {
            Self::Latest(newest) => newest.offer(line, at, value),
            Self::Sum(sums) => {
                let index = line as usize;
                if sums.len() <= index {
                    sums.resize(length_for(index), None);
                }
                if let Some(sum) = sums.get_mut(index) {
                    *sum = Some(sum.unwrap_or_default() + value);
                }
            }
        }
    }
}

/// All that is known of a range.
pub(super) struct RangeState<'r> {
    pub(super) rules: &'r FoldRules,
    /// The declarations' numbers, ascending: by the code of a declaration its own.
    pub(super) ids: StringArray,
    pub(super) activities: Texts,
    pub(super) lines: Lines,
    /// Those of a declaration stand side by side; where some lie after the freeze time there are gaps behind them.
    pub(super) events: Vec<EventRow>,
    pub(super) places: Places,
    /// How many entries of border zones there are.
    pub(super) entries: usize,
    /// What was found of the milestones of the range before, in memory to be used again.
    pub(super) milestones: Vec<Occurrences>,
    pub(super) details: Vec<Detail>,
    pub(super) texts: BTreeMap<String, (Texts, NewestText)>,
    pub(super) bools: BTreeMap<String, Newest<u8>>,
    pub(super) numbers: BTreeMap<String, Newest<i128>>,
    pub(super) amounts: BTreeMap<String, AmountState>,
    pub(super) payments: Vec<PaidRow>,
    pub(super) after_freeze: u64,
}

impl<'r> RangeState<'r> {
    pub(super) fn new(rules: &'r FoldRules) -> Self {
        Self {
            rules,
            ids: StringArray::new_null(0),
            activities: Texts::default(),
            lines: Lines::default(),
            events: Vec::new(),
            places: Places::default(),
            entries: 0,
            milestones: Vec::new(),
            details: Vec::new(),
            texts: BTreeMap::new(),
            bools: BTreeMap::new(),
            numbers: BTreeMap::new(),
            amounts: BTreeMap::new(),
            payments: Vec::new(),
            after_freeze: 0,
        }
    }

    /// Forgets a range but keeps the memory for the next one: to have it cleared by the system again and to let every
    /// list grow again takes a twentieth of a fold.
    pub(super) fn clear(&mut self) {
        self.ids = StringArray::new_null(0);
        self.places.begin(0, std::iter::empty());
        self.lines.begin(0);
        self.activities.clear();
        self.entries = 0;
        self.details.clear();
        for (texts, newest) in self.texts.values_mut() {
            texts.clear();
            newest.0.known.clear();
        }
        self.bools.values_mut().for_each(|of| of.known.clear());
        self.numbers.values_mut().for_each(|of| of.known.clear());
        self.amounts.values_mut().for_each(AmountState::clear);
        self.payments.clear();
        self.after_freeze = 0;
    }

    /// Begins a range of declarations with these numbers, which ascend, and makes room for their events, each of which is given by
    /// the code of its declaration.
    pub(super) fn begin(&mut self, ids: StringArray, events: impl Iterator<Item = u32>) {
        self.places.begin(ids.len(), events);
        self.lines.begin(u32::try_from(ids.len()).unwrap_or(NONE));
        self.ids = ids;
        // What stands there of the range before is written over, or lies in a gap.
        let room = self.places.room();
        self.events.truncate(room);
        self.events.resize(room, EventRow::EXPECTED);
    }

    /// Adds an event, and gives its place.
    #[inline]
    pub(super) fn push(&mut self, event: EventRow) -> u32 {
        let place = self.places.take(event.declaration).unwrap_or(NONE);
        if let Some(slot) = self.events.get_mut(place as usize) {
            *slot = event;
        }
        self.entries += usize::from(event.milestone == Some(Milestone::BorderEntered));
        place
    }

    pub(super) fn activity(&mut self, label: &str) -> u32 {
        self.activities.code(label)
    }

    pub(super) fn is_after_freeze(&mut self, at: i64) -> bool {
        let after = at > self.rules.freeze_us;
        self.after_freeze += u64::from(after);
        after
    }

    /// The interner of an attribute's texts.
    pub(super) fn interner(&mut self, name: &str) -> &mut Texts {
        &mut self.texts(name).0
    }

    pub(super) fn texts(&mut self, name: &str) -> &mut (Texts, NewestText) {
        self.texts.entry(name.to_owned()).or_default()
    }

    pub(super) fn bools(&mut self, name: &str) -> &mut Newest<u8> {
        self.bools.entry(name.to_owned()).or_default()
    }

    pub(super) fn numbers(&mut self, name: &str) -> &mut Newest<i128> {
        self.numbers.entry(name.to_owned()).or_default()
    }

    /// The state of an amount, taken as the rules say of `like`.
    pub(super) fn amounts(&mut self, name: &str, like: &str) -> &mut AmountState {
        let take = self.rules.takes.get(like).copied().unwrap_or(Take::Sum);
        let state = self.amounts.entry(name.to_owned());
        state.or_insert_with(|| match take {
            Take::Sum => AmountState::Sum(Vec::new()),
            Take::Latest => AmountState::Latest(Newest::default()),
        })
    }

    /// The state of an amount of which only the newest counts (the earliest, with negated times).
    pub(super) fn single(&mut self, name: &str) -> &mut AmountState {
        let state = self.amounts.entry(name.to_owned());
        state.or_insert_with(|| AmountState::Latest(Newest::default()))
    }

    /// Notes what one event says.
    pub(super) fn event(&mut self, event: u32, note: impl FnOnce(&mut EventRow)) {
        if let Some(event) = self.events.get_mut(event as usize) {
            note(event);
        }
    }

    /// Notes what few events have of one event.
    pub(super) fn detail(&mut self, event: u32, note: impl FnOnce(&mut Detail)) {
        let Some(event) = self.events.get_mut(event as usize) else {
            return;
        };
        if event.detail == NONE {
            event.detail = u32::try_from(self.details.len()).unwrap_or(NONE);
            self.details.push(Detail::default());
        }
        if let Some(detail) = self.details.get_mut(event.detail as usize) {
            note(detail);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds an event of a declaration, and gives its line.
    fn declare(state: &mut RangeState<'_>, declaration: u32) -> u32 {
        let event = EventRow {
            declaration,
            at: 5,
            milestone: Some(Milestone::Lodged),
            activity: state.activity("lodged"),
            ..EventRow::EXPECTED
        };
        state.push(event);
        state.lines.line(event.declaration, NONE)
    }

    #[test]
    fn where_events_lie_after_the_freeze_time_nothing_of_the_range_before_is_found() {
        let rules = FoldRules::default();
        let pay = |state: &mut RangeState<'_>, (declaration, at): (u32, i64)| {
            let activity = state.activity("paid");
            let event = state.push(EventRow {
                declaration,
                at,
                milestone: Some(Milestone::Paid),
                activity,
                ..EventRow::EXPECTED
            });
            state.detail(event, |detail| detail.electronic = Some(at % 2 == 0));
            let (line, amount) = (state.lines.line(declaration, NONE), i128::from(at));
            state.amounts("paid", "paid").offer(line, at, amount);
            state.payments.push(PaidRow {
                line,
                at,
                amount,
                event,
            });
        };
        let mut used = RangeState::new(&rules);
        used.begin(vec!["A", "B"].into(), [0, 0, 0, 1].into_iter());
        for paid in [(0, 1), (0, 2), (1, 4), (0, 3)] {
            pay(&mut used, paid);
        }
        used.finish().unwrap();
        used.clear();
        let mut new = RangeState::new(&rules);
        // Of C one of three events has happened, of D none, of E two.
        for state in [&mut used, &mut new] {
            state.begin(vec!["C", "D", "E"].into(), [0, 0, 1, 2, 0, 2].into_iter());
            for paid in [(2, 8), (0, 6), (2, 7)] {
                pay(state, paid);
            }
        }
        let (of_used, of_new) = (used.finish().unwrap(), new.finish().unwrap());
        assert_eq!(of_used.clearances, of_new.clearances);
        assert_eq!(of_used.parts, of_new.parts);
        let column = |name: &str| of_used.clearances.column_by_name(name).unwrap().to_data();
        assert_eq!(
            column("declaration_id"),
            StringArray::from(vec!["C", "E"]).to_data()
        );
        let counts = arrow::array::Int32Array::from(vec![1, 2]);
        assert_eq!(column("event_count"), counts.to_data());
    }

    #[test]
    fn a_state_that_was_cleared_is_as_a_new_one() {
        let rules = FoldRules::default();
        let mut used = RangeState::new(&rules);
        used.begin(vec!["A", "C"].into(), [1, 0].into_iter());
        for declaration in [1, 0] {
            let line = declare(&mut used, declaration);
            let item = used.lines.item("1");
            used.lines.line(1, item);
            assert!(used.is_after_freeze(5));
            let (texts, newest) = used.texts("office");
            let code = texts.code("26001");
            newest.offer(line, 5, code, |_, _| false);
            used.amounts("paid", "paid").offer(line, 5, 7);
            used.single("customs_value_first").offer(line, 5, 7);
            used.bools("finding").offer(line, 5, 1);
            used.numbers("package_count").offer(line, 5, 3);
            used.detail(0, |detail| detail.electronic = Some(true));
            used.payments.push(PaidRow {
                line,
                at: 5,
                amount: 7,
                event: 0,
            });
        }
        let tables = used.finish().unwrap();
        assert_eq!(tables.clearances.num_rows(), 2);
        assert!(tables.clearances.column_by_name("paid").is_some());
        assert!(tables.parts.iter().any(Option::is_some));
        used.clear();
        let mut new = RangeState::new(&rules);
        for state in [&mut used, &mut new] {
            state.begin(vec!["B"].into(), [0].into_iter());
            let line = declare(state, 0);
            let (texts, newest) = state.texts("office");
            let code = texts.code("26002");
            newest.offer(line, 5, code, |_, _| false);
        }
        assert_eq!(used.after_freeze, 0);
        let (of_used, of_new) = (used.finish().unwrap(), new.finish().unwrap());
        assert_eq!(of_used.clearances, of_new.clearances);
        assert_eq!(of_used.parts, of_new.parts);
        assert_eq!(of_used.parts, [None, None, None]);
    }
}
