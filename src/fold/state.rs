//! What is known of the declarations of a range while their events pass by, in any order.

use std::collections::BTreeMap;

use super::{FoldRules, Interner};
use crate::model::Milestone;
use crate::project::Take;

/// No time yet.
const NEVER: i64 = i64::MIN;

/// One event, reduced to what milestones, variants and parties need.
#[derive(Clone, Copy, Debug)]
pub(super) struct EventRow {
    pub(super) declaration: u32,
    pub(super) at: i64,
    pub(super) milestone: Option<Milestone>,
    pub(super) activity: u32,
}

/// The newest value per declaration; at equal times the greater one, so that order is no matter.
#[derive(Debug)]
pub(super) struct Newest<T> {
    pub(super) at: Vec<i64>,
    pub(super) value: Vec<T>,
}

impl<T> Default for Newest<T> {
    fn default() -> Self {
        Self {
            at: Vec::new(),
            value: Vec::new(),
        }
    }
}

impl<T: Copy + Default> Newest<T> {
    fn offer_with(
        &mut self,
        declaration: u32,
        at: i64,
        value: T,
        greater: impl FnOnce(T, T) -> bool,
    ) {
        let index = declaration as usize;
        if self.at.len() <= index {
            self.at.resize(index + 1, NEVER);
            self.value.resize(index + 1, T::default());
        }
        if let (Some(known_at), Some(known)) = (self.at.get_mut(index), self.value.get_mut(index))
            && (at > *known_at || at == *known_at && greater(value, *known))
        {
            *known_at = at;
            *known = value;
        }
    }

    /// The value of a declaration.
    pub(super) fn get(&self, declaration: u32) -> Option<T> {
        let index = declaration as usize;
        let known = self.at.get(index).is_some_and(|at| *at != NEVER);
        if known {
            self.value.get(index).copied()
        } else {
            None
        }
    }
}

impl<T: Copy + Default + Ord> Newest<T> {
    pub(super) fn offer(&mut self, declaration: u32, at: i64, value: T) {
        self.offer_with(declaration, at, value, |new, old| new > old);
    }
}

/// Codes of texts: greatness is that of the texts, not of the codes.
#[derive(Debug, Default)]
pub(super) struct NewestText(pub(super) Newest<u32>);

impl NewestText {
    pub(super) fn offer(
        &mut self,
        declaration: u32,
        at: i64,
        code: u32,
        greater: impl FnOnce(u32, u32) -> bool,
    ) {
        self.0.offer_with(declaration, at, code, greater);
    }
}

impl Interner {
    pub(super) fn greater(&self, a: u32, b: u32) -> bool {
        self.values.get(a as usize) > self.values.get(b as usize)
    }
}

/// An amount per declaration.
#[derive(Debug)]
pub(super) enum AmountState {
    /// All added up.
    Sum(Vec<Option<i128>>),
    /// The newest.
    Latest(Newest<i128>),
}

impl AmountState {
    fn offer(&mut self, declaration: u32, at: i64, value: i128) {
        match self {
            Self::Latest(newest) => newest.offer(declaration, at, value),
            Self::Sum(sums) => {
                let index = declaration as usize;
                if sums.len() <= index {
                    sums.resize(index + 1, None);
                }
                if let Some(sum) = sums.get_mut(index) {
                    *sum = Some(sum.unwrap_or_default() + value);
                }
            }
        }
    }

    pub(super) fn get(&self, declaration: u32) -> Option<i128> {
        match self {
            Self::Latest(newest) => newest.get(declaration),
            Self::Sum(sums) => sums.get(declaration as usize).copied().flatten(),
        }
    }
}

/// First and last time and number of occurrences of one milestone.
#[derive(Debug, Default)]
pub(super) struct MilestoneState {
    pub(super) rows: Vec<Option<(i64, i64, u32)>>,
}

impl MilestoneState {
    fn offer(&mut self, declaration: u32, at: i64) {
        let index = declaration as usize;
        if self.rows.len() <= index {
            self.rows.resize(index + 1, None);
        }
        if let Some(row) = self.rows.get_mut(index) {
            let (first, last, count) = row.unwrap_or((at, at, 0));
            *row = Some((first.min(at), last.max(at), count + 1));
        }
    }

    pub(super) fn get(&self, declaration: u32) -> Option<(i64, i64, u32)> {
        self.rows.get(declaration as usize).copied().flatten()
    }
}

/// All that is known of a range.
pub(super) struct RangeState<'r> {
    pub(super) rules: &'r FoldRules,
    pub(super) ids: Interner,
    pub(super) activities: Interner,
    pub(super) events: Vec<EventRow>,
    pub(super) milestones: BTreeMap<Milestone, MilestoneState>,
    pub(super) texts: BTreeMap<String, (Interner, NewestText)>,
    pub(super) bools: BTreeMap<String, Newest<u8>>,
    pub(super) numbers: BTreeMap<String, Newest<i128>>,
    pub(super) amounts: BTreeMap<String, AmountState>,
    /// Every event with an amount `paid`: declaration, time, amount as it stands in the log.
    pub(super) payments: Vec<(u32, i64, i128)>,
    pub(super) after_freeze: u64,
}

impl<'r> RangeState<'r> {
    pub(super) fn new(rules: &'r FoldRules) -> Self {
        Self {
            rules,
            ids: Interner::default(),
            activities: Interner::default(),
            events: Vec::new(),
            milestones: BTreeMap::new(),
            texts: BTreeMap::new(),
            bools: BTreeMap::new(),
            numbers: BTreeMap::new(),
            amounts: BTreeMap::new(),
            payments: Vec::new(),
            after_freeze: 0,
        }
    }

    pub(super) fn declaration(&mut self, id: &str) -> u32 {
        self.ids.code(id)
    }

    pub(super) fn activity(&mut self, label: &str) -> u32 {
        self.activities.code(label)
    }

    pub(super) fn is_after_freeze(&mut self, at: i64) -> bool {
        let after = at > self.rules.freeze_us;
        self.after_freeze += u64::from(after);
        after
    }

    pub(super) fn event(&mut self, event: EventRow) {
        if let Some(milestone) = event.milestone {
            self.milestones
                .entry(milestone)
                .or_default()
                .offer(event.declaration, event.at);
        }
        self.events.push(event);
    }

    pub(super) fn texts(&mut self, name: &str) -> &mut (Interner, NewestText) {
        self.texts.entry(name.to_owned()).or_default()
    }

    pub(super) fn bools(&mut self, name: &str) -> &mut Newest<u8> {
        self.bools.entry(name.to_owned()).or_default()
    }

    pub(super) fn numbers(&mut self, name: &str) -> &mut Newest<i128> {
        self.numbers.entry(name.to_owned()).or_default()
    }

    pub(super) fn amounts(&mut self, name: &str, values: impl Iterator<Item = (u32, i64, i128)>) {
        let take = self.rules.takes.get(name).copied().unwrap_or(Take::Sum);
        let state = self
            .amounts
            .entry(name.to_owned())
            .or_insert_with(|| match take {
                Take::Sum => AmountState::Sum(Vec::new()),
                Take::Latest => AmountState::Latest(Newest::default()),
            });
        for (declaration, at, value) in values {
            state.offer(declaration, at, value);
            if name == "paid" {
                self.payments.push((declaration, at, value));
            }
        }
    }
}
