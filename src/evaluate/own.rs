//! The rows that base tables have beside one per declaration, with their own columns.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use arrow::array::ArrayRef;
use polars::prelude::{NamedFrom, Series};

use super::frame::{self, Kind};
use super::made::{Surroundings, chapter};
use super::numbers::{Numbers, PerRow};
use crate::catalogue::{Base, party_us};
use crate::error::Result;
use crate::fold::{Clearances, FoldedRange, Table};
use crate::model::Party;

/// A column of a base table's own.
#[derive(Clone, Debug)]
pub(super) enum OwnColumn<'c> {
    /// Times in microseconds, stretches of time in microseconds, or counts.
    Integers(Arc<Numbers<i64>>),
    /// Amounts and numbers in millionths.
    Amounts(Arc<Numbers<i128>>),
    /// Truth values.
    Bools(Vec<Option<bool>>),
    /// Texts.
    Texts(Vec<Option<&'c str>>),
}

impl OwnColumn<'_> {
    fn integers(values: Numbers<i64>) -> Self {
        Self::Integers(Arc::new(values))
    }

    fn amounts(values: Numbers<i128>) -> Self {
        Self::Amounts(Arc::new(values))
    }

    /// The column for polars.
    pub(super) fn series(&self, name: &str) -> Result<Series> {
        Ok(match self {
            Self::Integers(values) => frame::whole_numbers(name, values),
            Self::Amounts(values) => frame::decimals(name, values.iter())?,
            Self::Bools(values) => Series::new(name.into(), values),
            Self::Texts(values) => Series::new(name.into(), values),
        })
    }
}

/// Makes a column when it is first asked for.
type Make<'c> = Box<dyn FnOnce() -> OwnColumn<'c> + Send + 'c>;

/// Rows of a base table: the declaration of each, and columns that are the row's own.
pub(super) struct OwnRows<'c> {
    /// Row of the declaration in clearances; ascending.
    pub(super) parents: Arc<Vec<u32>>,
    columns: BTreeMap<String, LazyLock<OwnColumn<'c>, Make<'c>>>,
}

impl<'c> OwnRows<'c> {
    fn with<const N: usize>(parents: Vec<u32>, columns: [(&str, OwnColumn<'c>); N]) -> Self {
        let mut own = Self {
            parents: Arc::new(parents),
            columns: BTreeMap::new(),
        };
        for (name, column) in columns {
            own.add(name, || column);
        }
        own
    }

    /// Adds a column that is made when it is first asked for. That must not be work on all cores: who waits there takes up
    /// other work, which may ask for the same column and would wait for itself.
    fn add(&mut self, name: &str, make: impl FnOnce() -> OwnColumn<'c> + Send + 'c) {
        let make: Make<'c> = Box::new(make);
        self.columns.insert(name.to_owned(), LazyLock::new(make));
    }

    /// Whether rows have a column of their own by a name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.columns.contains_key(name)
    }

    /// A column of the row's own.
    pub(super) fn column(&self, name: &str) -> Option<&OwnColumn<'c>> {
        self.columns.get(name).map(LazyLock::force)
    }
}

/// The rows of a base table; `None` where they are those of clearances.
pub(super) fn own_rows<'c>(
    clearances: &'c Clearances,
    surroundings: Surroundings<'c>,
    base: Base,
) -> Option<OwnRows<'c>> {
    match base {
        Base::Clearances => None,
        Base::Payments => Some(payments(clearances)),
        Base::PartyTimes => Some(party_times(clearances)),
        Base::Items => items(clearances),
        Base::Crossings => Some(crossings(clearances, surroundings.borders)),
    }
}

/// The ranges with the row in clearances of their first declaration.
fn ranges(clearances: &Clearances) -> impl Iterator<Item = (u32, &FoldedRange)> {
    clearances.ranges().iter().scan(0_u32, |first, range| {
        let at = *first;
        *first += u32::try_from(range.clearances.rows()).unwrap_or(u32::MAX);
        Some((at, range))
    })
}

/// A payment's kind of tax, and whether it was electronic, are its own where its event says so, else
/// those of its declaration.
fn payments(clearances: &Clearances) -> OwnRows<'_> {
    let of = FoldedRange::payments;
    let parents = parents(clearances, of);
    let times = of_parts(clearances, of, "payment_at", frame::read_times);
    let amounts = of_parts(clearances, of, "payment", frame::read_amounts);
    // Range by range, not on all cores: others wait meanwhile.
    let whole: fn(&FoldedRange) -> &Table = |range| &range.clearances;
    let mut own = OwnRows::with(
        parents,
        [
            ("payment_at", OwnColumn::integers(times)),
            ("payment", OwnColumn::amounts(amounts)),
        ],
    );
    let parents = Arc::clone(&own.parents);
    own.add("electronic_payment", move || {
        let own = of_parts(clearances, of, "electronic_payment", frame::read_bools);
        let of_declaration = of_parts(clearances, whole, "electronic_payment", frame::read_bools);
        OwnColumn::Bools(or_of_declaration(own, &parents, &of_declaration))
    });
    let parents = Arc::clone(&own.parents);
    own.add("tax_kind", move || {
        let own = texts_of_parts(clearances, of, "tax_kind");
        let of_declaration = texts_of_parts(clearances, whole, "tax_kind");
        OwnColumn::Texts(or_of_declaration(own, &parents, &of_declaration))
    });
    own
}

/// The row in clearances of the declaration of each part.
fn parents<'c>(clearances: &'c Clearances, of: fn(&'c FoldedRange) -> &'c Table) -> Vec<u32> {
    let parents = ranges(clearances)
        .flat_map(|(first, range)| of(range).parents().map(move |row| first + row));
    parents.collect()
}

/// A column of parts, of other values than texts: these are copied, and nobody needs the arrays behind that.
fn of_parts<C: PerRow>(
    clearances: &Clearances,
    of: fn(&FoldedRange) -> &Table,
    name: &str,
    read: impl Fn(&ArrayRef, &mut C),
) -> C {
    let tables = || clearances.ranges().iter().map(of);
    let arrays = tables().map(|table| table.passing(name));
    frame::each_table(tables().map(Table::rows), arrays, |array, values| {
        read(&array, values);
    })
}

/// The texts of parts, which stay where they are.
fn texts_of_parts<'c>(
    clearances: &'c Clearances,
    of: fn(&'c FoldedRange) -> &'c Table,
    name: &str,
) -> Vec<Option<&'c str>> {
    let tables = || clearances.ranges().iter().map(of);
    let arrays = tables().map(|table| table.column(name));
    frame::each_table(tables().map(Table::rows), arrays, frame::read_texts)
}

/// What a part states, else what its declaration states.
fn or_of_declaration<T: Copy>(
    own: Vec<Option<T>>,
    parents: &[u32],
    of_declaration: &[Option<T>],
) -> Vec<Option<T>> {
    let other = |parent: &u32| of_declaration.get(*parent as usize).copied().flatten();
    let pairs = own.into_iter().zip(parents);
    pairs
        .map(|(own, parent)| own.or_else(|| other(parent)))
        .collect()
}

/// A row for each party of every declaration whose time was divided among the parties. Closed hours
/// are a party of their own where a calendar tells them apart.
fn party_times(clearances: &Clearances) -> OwnRows<'_> {
    let closed = ("closed", "party_closed_us".to_owned());
    let parties = Party::ALL.map(|party| (party.name(), party_us(party)));
    let parties: Vec<(&str, Numbers<i64>)> = parties
        .into_iter()
        .chain([closed])
        .map(|(name, column)| (name, frame::integers(clearances, &column)))
        .filter(|(_, column)| column.iter().any(|time| time.is_some()))
        .collect();
    let (mut parents, mut names, mut times) = (Vec::new(), Vec::new(), Vec::new());
    for declaration in 0..clearances.len() {
        let times_of = parties.iter().map(|(_, column)| column.get(declaration));
        if times_of.clone().all(|time| time.is_none()) {
            continue;
        }
        for ((name, _), time) in parties.iter().zip(times_of) {
            parents.push(u32::try_from(declaration).unwrap_or(u32::MAX));
            names.push(Some(*name));
            times.push(time.unwrap_or(0));
        }
    }
    OwnRows::with(
        parents,
        [
            ("party", OwnColumn::Texts(names)),
            (
                "party_time_us",
                OwnColumn::integers(times.into_iter().map(Some).collect()),
            ),
        ],
    )
}

/// One row per line of a declaration; one per declaration where a range of the log names no items; `None` where no
/// range names any.
fn items(clearances: &Clearances) -> Option<OwnRows<'_>> {
    if clearances
        .ranges()
        .iter()
        .all(|range| range.items.is_none())
    {
        return None;
    }
    let tables = clearances.ranges().iter().map(|range| &range.items);
    let names: BTreeSet<&str> = tables.flatten().flat_map(Table::names).collect();
    let mut parents = Vec::new();
    for (first, range) in ranges(clearances) {
        if let Some(items) = &range.items {
            parents.extend(items.parents().map(|row| first + row));
        } else {
            let rows = u32::try_from(range.clearances.rows()).unwrap_or(u32::MAX);
            parents.extend(first..first + rows);
        }
    }
    let mut own = OwnRows::with(parents, []);
    let of = FoldedRange::lines;
    for name in names {
        own.add(name, move || match frame::kind(name) {
            Kind::Bool => OwnColumn::Bools(of_parts(clearances, of, name, frame::read_bools)),
            Kind::Amount => OwnColumn::amounts(of_parts(clearances, of, name, frame::read_amounts)),
            _ => OwnColumn::Texts(texts_of_parts(clearances, of, name)),
        });
    }
    if own.has("hs_code") {
        own.add("hs_chapter", move || {
            let codes = texts_of_parts(clearances, of, "hs_code");
            OwnColumn::Texts(
                codes
                    .into_iter()
                    .map(|code| code.and_then(chapter))
                    .collect(),
            )
        });
    }
    Some(own)
}

/// One row per declaration and crossing. A crossing whose events name no crossing point has that of its
/// declaration. Two crossings in succession at different points of one border are a pair, whose time
/// stands on the first: from its entry to the other's leaving.
fn crossings<'c>(clearances: &'c Clearances, borders: &'c [(String, String)]) -> OwnRows<'c> {
    let of = FoldedRange::crossings;
    let parents = parents(clearances, of);
    let own = texts_of_parts(clearances, of, "bcp");
    let bcps = or_of_declaration(own, &parents, &frame::texts(clearances, "bcp"));
    let times = |name: &str| of_parts(clearances, of, name, frame::read_times);
    let fees = |name: &str| of_parts(clearances, of, name, frame::read_amounts);
    let numbers = of_parts(clearances, of, "crossing_number", frame::read_integers);
    let queues = of_parts(clearances, of, "queue_us", frame::read_integers);
    let (entered, left) = (times("crossing_at"), times("crossing_left_at"));
    let border = |bcp: Option<&'c str>| {
        let bcp = bcp?;
        let mut sides = borders.iter();
        let side = sides.find(|(point, _)| point == bcp);
        side.map(|(_, border)| border.as_str())
    };
    let bcp = |row: usize| bcps.get(row).copied().flatten();
    let from_entry = |row: usize, end: Option<i64>| Some(end? - entered.get(row)?);
    let pair = |row: usize| {
        let next = row + 1;
        let same = border(bcp(row))? == border(bcp(next))?;
        let is_pair = parents.get(row) == parents.get(next) && same && bcp(row) != bcp(next);
        from_entry(row, left.get(next).filter(|_| is_pair))
    };
    let rows = 0..parents.len();
    let pairs = rows.clone().map(pair).collect();
    let lengths = rows.map(|row| from_entry(row, left.get(row))).collect();
    let of_borders = bcps.iter().map(|bcp| border(*bcp)).collect();
    OwnRows::with(
        parents,
        [
            ("crossing_us", OwnColumn::integers(lengths)),
            ("pair_us", OwnColumn::integers(pairs)),
            ("crossing_at", OwnColumn::integers(entered)),
            ("crossing_left_at", OwnColumn::integers(left)),
            ("queue_us", OwnColumn::integers(queues)),
            ("crossing_number", OwnColumn::integers(numbers)),
            ("fee_official", OwnColumn::amounts(fees("fee_official"))),
            ("fee_unofficial", OwnColumn::amounts(fees("fee_unofficial"))),
            ("border", OwnColumn::Texts(of_borders)),
            ("bcp", OwnColumn::Texts(bcps)),
        ],
    )
}
