//! The folded table.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Decimal128Array, DictionaryArray, Int32Array, Int64Array, RecordBatch,
    RecordBatchOptions, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{Field, Int32Type, Schema};

use super::Interner;
use super::state::{EventRow, RangeState};
use crate::catalogue::{count, first_at, last_at, party_us};
use crate::error::{Error, Result};
use crate::model::{AMOUNT_PRECISION, AMOUNT_SCALE, FastMap, Milestone, Party};
use crate::project::Take;

/// What joins the activities of a variant.
const VARIANT_JOINT: &str = " > ";

/// The clearances of one range of declaration numbers, sorted by number.
#[derive(Debug)]
pub struct FoldedRange {
    /// One row per declaration. Columns that no declaration of the range has a value for are left
    /// out.
    pub clearances: RecordBatch,
    /// One entry per payment: row in `clearances`, time, amount in millionths. Sorted.
    pub payments: Vec<(u32, i64, i128)>,
    /// Events after the freeze time, which were left out.
    pub after_freeze: u64,
}

/// All clearances, sorted by declaration number.
#[derive(Debug, Default)]
pub struct Clearances {
    ranges: Vec<FoldedRange>,
    after_freeze: u64,
}

impl Clearances {
    pub(super) fn new(ranges: Vec<FoldedRange>) -> Self {
        // Counted before empty ranges are dropped: all events of one may lie after the freeze time.
        let after_freeze = ranges.iter().map(|range| range.after_freeze).sum();
        Self {
            ranges: ranges
                .into_iter()
                .filter(|range| range.clearances.num_rows() > 0)
                .collect(),
            after_freeze,
        }
    }

    /// The ranges, in the order of declaration numbers.
    pub fn ranges(&self) -> &[FoldedRange] {
        &self.ranges
    }

    /// How many declarations.
    pub fn len(&self) -> usize {
        self.ranges
            .iter()
            .map(|range| range.clearances.num_rows())
            .sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// How many events lie after the freeze time.
    pub fn after_freeze(&self) -> u64 {
        self.after_freeze
    }

    /// Names of the columns for which at least one declaration has a value.
    pub fn column_names(&self) -> BTreeSet<String> {
        let schemas = self.ranges.iter().map(|range| range.clearances.schema());
        schemas
            .flat_map(|schema| {
                schema
                    .fields()
                    .iter()
                    .map(|f| f.name().clone())
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    /// A column, one array per range; `None` where no declaration of the range has a value.
    pub fn column(&self, name: &str) -> Vec<Option<&ArrayRef>> {
        self.ranges
            .iter()
            .map(|range| range.clearances.column_by_name(name))
            .collect()
    }
}

impl RangeState<'_> {
    /// Turns what is known into a table.
    pub(super) fn finish(mut self) -> Result<FoldedRange> {
        let order = self.order();
        let mut columns = Columns {
            order: &order,
            fields: Vec::new(),
            arrays: Vec::new(),
        };
        let ids = order
            .iter()
            .filter_map(|code| self.ids.values.get(*code as usize));
        columns.push(
            "declaration_id",
            Arc::new(ids.map(|id| Some(id.as_str())).collect::<StringArray>()),
        );
        let walked = self.walk(&order);
        columns.push_texts("status", &walked.status, &Interner::of(STATUS))?;
        self.push_attributes(&mut columns)?;
        self.push_amounts(&mut columns)?;
        self.push_milestones(&mut columns);
        columns.push(
            "event_count",
            Arc::new(Int32Array::from(walked.event_count)),
        );
        columns.push_texts("variant", &walked.variant, &walked.variants)?;
        columns.push_times("first_event_at", walked.first_at);
        columns.push_times("last_event_at", walked.last_at);
        for (party, times) in Party::ALL.into_iter().zip(walked.party_us) {
            columns.push(&party_us(party), Arc::new(Int64Array::from(times)));
        }
        let payments = self.payments(&order);
        let (schema, arrays) = (Arc::new(Schema::new(columns.fields)), columns.arrays);
        // Before the first event there is neither a row nor a column.
        let rows = RecordBatchOptions::new().with_row_count(Some(order.len()));
        let clearances = RecordBatch::try_new_with_options(schema, arrays, &rows)
            .map_err(|cause| Error::internal("building clearances", cause))?;
        Ok(FoldedRange {
            clearances,
            payments,
            after_freeze: self.after_freeze,
        })
    }

    /// Declarations with at least one event, by number.
    fn order(&self) -> Vec<u32> {
        let mut seen = vec![false; self.ids.values.len()];
        for event in &self.events {
            if let Some(seen) = seen.get_mut(event.declaration as usize) {
                *seen = true;
            }
        }
        let mut order: Vec<u32> = (0_u32..)
            .zip(seen)
            .filter(|(_, seen)| *seen)
            .map(|(at, _)| at)
            .collect();
        order.sort_unstable_by(|a, b| {
            self.ids
                .values
                .get(*a as usize)
                .cmp(&self.ids.values.get(*b as usize))
        });
        order
    }

    fn push_attributes(&self, columns: &mut Columns<'_>) -> Result<()> {
        for (name, (interner, newest)) in &self.texts {
            let codes: Vec<Option<u32>> = columns
                .order
                .iter()
                .map(|code| newest.0.get(*code))
                .collect();
            columns.push_texts(name, &codes, interner)?;
        }
        for (name, newest) in &self.bools {
            let bools = columns
                .order
                .iter()
                .map(|code| newest.get(*code).map(|bool| bool == 1));
            let bools: BooleanArray = bools.collect();
            columns.push(name, Arc::new(bools));
        }
        for (name, newest) in &self.numbers {
            let numbers = columns.order.iter().map(|code| newest.get(*code)).collect();
            columns.push_numbers(name, numbers)?;
        }
        Ok(())
    }

    fn push_amounts(&self, columns: &mut Columns<'_>) -> Result<()> {
        for (name, state) in &self.amounts {
            let amounts = columns.order.iter().map(|code| state.get(*code)).collect();
            columns.push_numbers(name, amounts)?;
        }
        Ok(())
    }

    fn push_milestones(&self, columns: &mut Columns<'_>) {
        for (milestone, state) in &self.milestones {
            let rows: Vec<_> = columns.order.iter().map(|code| state.get(*code)).collect();
            let times =
                |time: fn((i64, i64, u32)) -> i64| rows.iter().map(|row| row.map(time)).collect();
            columns.push_times(&first_at(*milestone), times(|row| row.0));
            columns.push_times(&last_at(*milestone), times(|row| row.1));
            let counts = rows
                .iter()
                .map(|row| row.map_or(0, |row| i32::try_from(row.2).unwrap_or(i32::MAX)));
            columns.push(&count(*milestone), Arc::new(counts.collect::<Int32Array>()));
        }
    }

    /// Payments with the row of their declaration. Where the log carries running totals
    /// (`take = "latest"`), a payment is the difference from the total before it.
    fn payments(&mut self, order: &[u32]) -> Vec<(u32, i64, i128)> {
        let rows: FastMap<u32, u32> = order.iter().copied().zip(0_u32..).collect();
        let mut payments: Vec<(u32, i64, i128)> = std::mem::take(&mut self.payments)
            .into_iter()
            .filter_map(|(declaration, at, amount)| Some((*rows.get(&declaration)?, at, amount)))
            .collect();
        payments.sort_unstable();
        if self.rules.takes.get("paid") == Some(&Take::Latest) {
            let mut before = (u32::MAX, 0);
            for (row, _, amount) in &mut payments {
                let total = *amount;
                if before.0 == *row {
                    *amount -= before.1;
                }
                before = (*row, total);
            }
        }
        payments
    }

    fn walk(&mut self, order: &[u32]) -> Walked {
        let mut rows = vec![u32::MAX; self.ids.values.len()];
        for (row, code) in (0_u32..).zip(order) {
            if let Some(slot) = rows.get_mut(*code as usize) {
                *slot = row;
            }
        }
        let row_of = |event: &EventRow| {
            rows.get(event.declaration as usize)
                .copied()
                .unwrap_or(u32::MAX)
        };
        let labels = &self.activities.values;
        let mut events = std::mem::take(&mut self.events);
        // At equal times by label: the variant must not depend on the order of the rows.
        events.sort_unstable_by(|a, b| {
            let label = |event: &EventRow| labels.get(event.activity as usize);
            (row_of(a), a.at)
                .cmp(&(row_of(b), b.at))
                .then_with(|| label(a).cmp(&label(b)))
        });
        let mut walked = Walked::with_capacity(order.len());
        let mut path = String::new();
        for events in events.chunk_by(|a, b| a.declaration == b.declaration) {
            path.clear();
            for event in events {
                if !path.is_empty() {
                    path.push_str(VARIANT_JOINT);
                }
                path.push_str(
                    labels
                        .get(event.activity as usize)
                        .map_or("", String::as_str),
                );
            }
            walked.push(events, &path);
        }
        walked
    }
}

const STATUS: [&str; 4] = ["open", "released", "cancelled", "rejected"];

/// What needs the events of a declaration in their order.
struct Walked {
    event_count: Vec<i32>,
    first_at: Vec<Option<i64>>,
    last_at: Vec<Option<i64>>,
    status: Vec<Option<u32>>,
    variant: Vec<Option<u32>>,
    variants: Interner,
    party_us: [Vec<Option<i64>>; Party::ALL.len()],
}

impl Walked {
    fn with_capacity(rows: usize) -> Self {
        Self {
            event_count: Vec::with_capacity(rows),
            first_at: Vec::with_capacity(rows),
            last_at: Vec::with_capacity(rows),
            status: Vec::with_capacity(rows),
            variant: Vec::with_capacity(rows),
            variants: Interner::default(),
            party_us: std::array::from_fn(|_| Vec::with_capacity(rows)),
        }
    }

    fn push(&mut self, events: &[EventRow], path: &str) {
        self.event_count
            .push(i32::try_from(events.len()).unwrap_or(i32::MAX));
        self.first_at.push(events.first().map(|event| event.at));
        self.last_at.push(events.last().map(|event| event.at));
        self.status.push(Some(status(events)));
        self.variant.push(Some(self.variants.code(path)));
        let times = party_times(events);
        for (party, column) in self.party_us.iter_mut().enumerate() {
            column.push(times.and_then(|times| times.get(party).copied()));
        }
    }
}

/// Position in [`STATUS`]. Of release and cancellation the later one counts. A declaration refused
/// at lodgement is rejected unless it was lodged, registered or released after that.
fn status(events: &[EventRow]) -> u32 {
    let last = |milestone: Milestone| {
        events
            .iter()
            .filter(|event| event.milestone == Some(milestone))
            .map(|event| event.at)
            .max()
    };
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

/// Time by party between arrival and exit, in microseconds: each stretch between two milestones
/// belongs to the party that was awaited for the second. The parts add up to the whole. `None`
/// where arrival or exit is missing or the exit comes first.
fn party_times(events: &[EventRow]) -> Option<[i64; Party::ALL.len()]> {
    let first = |milestone: Milestone| {
        events
            .iter()
            .filter(|event| event.milestone == Some(milestone))
            .map(|event| event.at)
            .min()
    };
    let (arrived, exited) = (first(Milestone::Arrived)?, first(Milestone::Exited)?);
    if exited < arrived {
        return None;
    }
    let mut times = [0; Party::ALL.len()];
    let mut from = arrived;
    for together in events.chunk_by(|a, b| a.at == b.at) {
        // Of milestones at one instant the earliest of a clearance was awaited first.
        let Some(milestone) = together.iter().filter_map(|event| event.milestone).min() else {
            continue;
        };
        let Some(at) = together
            .first()
            .map(|event| event.at.clamp(arrived, exited))
        else {
            continue;
        };
        let party = Party::ALL
            .iter()
            .position(|party| *party == milestone.default_party());
        if let Some(time) = party.and_then(|party| times.get_mut(party)) {
            *time += at - from;
        }
        from = at;
    }
    Some(times)
}

impl Interner {
    fn of<const N: usize>(texts: [&str; N]) -> Self {
        let mut interner = Self::default();
        for text in texts {
            interner.code(text);
        }
        interner
    }
}

struct Columns<'o> {
    order: &'o [u32],
    fields: Vec<Field>,
    arrays: Vec<ArrayRef>,
}

impl Columns<'_> {
    fn push(&mut self, name: &str, array: ArrayRef) {
        if array.null_count() < array.len() {
            self.fields
                .push(Field::new(name, array.data_type().clone(), true));
            self.arrays.push(array);
        }
    }

    fn push_times(&mut self, name: &str, times: Vec<Option<i64>>) {
        self.push(
            name,
            Arc::new(TimestampMicrosecondArray::from(times).with_timezone("UTC")),
        );
    }

    fn push_numbers(&mut self, name: &str, numbers: Vec<Option<i128>>) -> Result<()> {
        let array = Decimal128Array::from(numbers)
            .with_precision_and_scale(AMOUNT_PRECISION, AMOUNT_SCALE)
            .map_err(|cause| Error::internal("building an amount column", cause))?;
        self.push(name, Arc::new(array));
        Ok(())
    }

    /// Texts as a sorted dictionary, so that equal tables have equal bytes.
    fn push_texts(&mut self, name: &str, codes: &[Option<u32>], interner: &Interner) -> Result<()> {
        let mut order: Vec<usize> = (0..interner.values.len()).collect();
        order.sort_unstable_by(|a, b| interner.values.get(*a).cmp(&interner.values.get(*b)));
        let mut ranks = vec![0_i32; order.len()];
        for (rank, code) in (0_i32..).zip(&order) {
            if let Some(slot) = ranks.get_mut(*code) {
                *slot = rank;
            }
        }
        let keys: Int32Array = codes
            .iter()
            .map(|code| code.and_then(|code| ranks.get(code as usize).copied()))
            .collect();
        let values = order.iter().filter_map(|code| interner.values.get(*code));
        let values: StringArray = values.map(|text| Some(text.as_str())).collect();
        let array = DictionaryArray::<Int32Type>::try_new(keys, Arc::new(values))
            .map_err(|cause| Error::internal("building a text column", cause))?;
        self.push(name, Arc::new(array));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(milestones: &[(Milestone, i64)]) -> Vec<EventRow> {
        milestones
            .iter()
            .map(|(milestone, at)| EventRow {
                declaration: 0,
                at: *at,
                milestone: Some(*milestone),
                activity: 0,
            })
            .collect()
    }

    #[test]
    fn the_status_follows_the_last_word() {
        use Milestone::{Cancelled, Lodged, Registered, Rejected, Released};
        for (milestones, wanted) in [
            (vec![(Lodged, 1), (Registered, 2)], "open"),
            (vec![(Lodged, 1), (Released, 5)], "released"),
            (vec![(Lodged, 1), (Rejected, 2)], "rejected"),
            (vec![(Lodged, 1), (Rejected, 2), (Lodged, 3)], "open"),
            (
                vec![(Lodged, 1), (Released, 5), (Cancelled, 9)],
                "cancelled",
            ),
            (vec![(Cancelled, 3), (Released, 5)], "released"),
        ] {
            assert_eq!(
                STATUS[status(&events(&milestones)) as usize],
                wanted,
                "{milestones:?}"
            );
        }
    }

    #[test]
    fn time_by_party_adds_up_to_the_time_from_arrival_to_exit() {
        use Milestone::{Arrived, Exited, Lodged, Paid, Registered, Released};
        // 10 trader (arrival → lodgement), 5 customs, 20 bank, 2 customs, 30 trader.
        let events = events(&[
            (Arrived, 0),
            (Lodged, 10),
            (Registered, 15),
            (Paid, 35),
            (Released, 37),
            (Exited, 67),
        ]);
        assert_eq!(party_times(&events), Some([7, 40, 0, 20, 0]));
        assert_eq!(party_times(&events[1..]), None);
    }
}
