//! The rows that base tables have beside one per declaration, with their own columns.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::{Int64Chunked, IntoSeries, NamedFrom, Series, TimeUnit};

use super::frame::{self, Kind};
use super::made::{Surroundings, chapter};
use crate::catalogue::{Base, party_us};
use crate::error::Result;
use crate::fold::{Clearances, FoldedRange};
use crate::model::Party;

/// A column of a base table's own.
#[derive(Clone, Debug)]
pub(super) enum OwnColumn<'c> {
    /// Times in microseconds, stretches of time in microseconds, or counts.
    Integers(Vec<Option<i64>>),
    /// Amounts and numbers in millionths.
    Amounts(Vec<Option<i128>>),
    /// Truth values.
    Bools(Vec<Option<bool>>),
    /// Texts.
    Texts(Vec<Option<&'c str>>),
}

impl OwnColumn<'_> {
    /// The column for polars.
    pub(super) fn series(&self, name: &str) -> Result<Series> {
        Ok(match self {
            Self::Integers(values) if name.ends_with("_at") => values
                .iter()
                .copied()
                .collect::<Int64Chunked>()
                .into_datetime(TimeUnit::Microseconds, None)
                .into_series()
                .with_name(name.into()),
            Self::Integers(values) => Series::new(name.into(), values),
            Self::Amounts(values) => frame::decimals(name, values.iter().copied())?,
            Self::Bools(values) => Series::new(name.into(), values),
            Self::Texts(values) => Series::new(name.into(), values),
        })
    }
}

/// Rows of a base table: the declaration of each, and columns that are the row's own.
#[derive(Clone, Debug, Default)]
pub(super) struct OwnRows<'c> {
    /// Row of the declaration in clearances; ascending.
    pub(super) parents: Vec<u32>,
    /// Own columns by name.
    pub(super) columns: BTreeMap<String, OwnColumn<'c>>,
}

impl<'c> OwnRows<'c> {
    fn with<const N: usize>(parents: Vec<u32>, columns: [(&str, OwnColumn<'c>); N]) -> Self {
        let columns = columns.map(|(name, column)| (name.to_owned(), column));
        Self {
            parents,
            columns: columns.into(),
        }
    }
}

/// The rows of a base table; `None` for clearances themselves.
pub(super) fn own_rows<'c>(
    clearances: &'c Clearances,
    surroundings: Surroundings<'c>,
    base: Base,
) -> Option<OwnRows<'c>> {
    match base {
        Base::Clearances => None,
        Base::Payments => Some(payments(clearances)),
        Base::PartyTimes => Some(party_times(clearances)),
        Base::Items => Some(items(clearances)),
        Base::Crossings => Some(crossings(clearances, surroundings.borders)),
    }
}

/// The ranges with the row in clearances of their first declaration.
fn ranges(clearances: &Clearances) -> impl Iterator<Item = (u32, &FoldedRange)> {
    clearances.ranges().iter().scan(0_u32, |first, range| {
        let at = *first;
        *first += u32::try_from(range.clearances.num_rows()).unwrap_or(u32::MAX);
        Some((at, range))
    })
}

/// A payment's kind of tax, and whether it was electronic, are its own where its event says so, else
/// those of its declaration.
fn payments(clearances: &Clearances) -> OwnRows<'_> {
    let (mut parents, mut times, mut amounts) = (Vec::new(), Vec::new(), Vec::new());
    let (mut electronic, mut kinds) = (Vec::new(), Vec::new());
    let of_declaration = (
        frame::bools(clearances, "electronic_payment"),
        frame::texts(clearances, "tax_kind"),
    );
    for (first, range) in ranges(clearances) {
        for payment in &range.payments {
            let parent = first + payment.row;
            parents.push(parent);
            times.push(Some(payment.at_us));
            amounts.push(Some(payment.amount));
            let (by_bool, by_kind) = (
                of_declaration.0.get(parent as usize).copied().flatten(),
                of_declaration.1.get(parent as usize).copied().flatten(),
            );
            electronic.push(payment.electronic.or(by_bool));
            let kind = payment
                .tax_kind
                .and_then(|code| range.tax_kinds.get(code as usize));
            kinds.push(kind.map(String::as_str).or(by_kind));
        }
    }
    OwnRows::with(
        parents,
        [
            ("payment_at", OwnColumn::Integers(times)),
            ("payment", OwnColumn::Amounts(amounts)),
            ("electronic_payment", OwnColumn::Bools(electronic)),
            ("tax_kind", OwnColumn::Texts(kinds)),
        ],
    )
}

/// A row for each party of every declaration whose time was divided among the parties. Closed hours
/// are a party of their own where a calendar tells them apart.
fn party_times(clearances: &Clearances) -> OwnRows<'_> {
    let closed = ("closed", "party_closed_us".to_owned());
    let parties = Party::ALL.map(|party| (party.name(), party_us(party)));
    let parties: Vec<(&str, Vec<Option<i64>>)> = parties
        .into_iter()
        .chain([closed])
        .map(|(name, column)| (name, frame::integers(clearances, &column)))
        .filter(|(_, column)| column.iter().any(Option::is_some))
        .collect();
    let (mut parents, mut names, mut times) = (Vec::new(), Vec::new(), Vec::new());
    for declaration in 0..clearances.len() {
        let time = |column: &[Option<i64>]| column.get(declaration).copied().flatten();
        if parties.iter().all(|(_, column)| time(column).is_none()) {
            continue;
        }
        for (name, column) in &parties {
            parents.push(u32::try_from(declaration).unwrap_or(u32::MAX));
            names.push(Some(*name));
            times.push(Some(time(column).unwrap_or(0)));
        }
    }
    OwnRows::with(
        parents,
        [
            ("party", OwnColumn::Texts(names)),
            ("party_time_us", OwnColumn::Integers(times)),
        ],
    )
}

/// One row per line of a declaration; one per declaration where a range of the log names no items.
fn items(clearances: &Clearances) -> OwnRows<'_> {
    let tables = clearances.ranges().iter().map(|range| &range.items);
    let names: BTreeSet<String> = tables
        .flatten()
        .flat_map(|items| items.columns.schema().fields().to_vec())
        .map(|field| field.name().clone())
        .collect();
    let mut parents = Vec::new();
    for (first, range) in ranges(clearances) {
        if let Some(items) = &range.items {
            parents.extend(items.parents.iter().map(|row| first + row));
        } else {
            let rows = u32::try_from(range.clearances.num_rows()).unwrap_or(u32::MAX);
            parents.extend(first..first + rows);
        }
    }
    let mut columns = BTreeMap::new();
    for name in names {
        let column = match frame::kind(&name) {
            Kind::Bool => OwnColumn::Bools(of_items(clearances, &name, frame::read_bools)),
            Kind::Amount => OwnColumn::Amounts(of_items(clearances, &name, frame::read_amounts)),
            _ => OwnColumn::Texts(of_items(clearances, &name, frame::read_texts)),
        };
        columns.insert(name, column);
    }
    if let Some(OwnColumn::Texts(codes)) = columns.get("hs_code") {
        let chapters = codes.iter().map(|code| code.and_then(chapter)).collect();
        columns.insert("hs_chapter".to_owned(), OwnColumn::Texts(chapters));
    }
    OwnRows { parents, columns }
}

/// A column of lines, which in a range without items is that of its declarations.
fn of_items<'c, T>(
    clearances: &'c Clearances,
    name: &str,
    read: impl Fn(&'c arrow::array::ArrayRef, &mut Vec<Option<T>>),
) -> Vec<Option<T>> {
    let mut values = Vec::new();
    for range in clearances.ranges() {
        let before = values.len();
        let table = range.items.as_ref().map(|items| &items.columns);
        let table = table.unwrap_or(&range.clearances);
        if let Some(array) = table.column_by_name(name) {
            read(array, &mut values);
        }
        values.resize_with(before + table.num_rows(), || None);
    }
    values
}

/// One row per declaration and crossing. A crossing whose events name no crossing point has that of its
/// declaration. Two crossings in succession at different points of one border are a pair, whose time
/// stands on the first: from its entry to the other's leaving.
fn crossings<'c>(clearances: &'c Clearances, borders: &'c [(String, String)]) -> OwnRows<'c> {
    let of_declaration = frame::texts(clearances, "bcp");
    let mut all = Vec::new();
    for (first, range) in ranges(clearances) {
        for crossing in &range.crossings {
            let parent = first + crossing.row;
            let own = crossing.bcp.and_then(|code| range.bcps.get(code as usize));
            let bcp = own.map(String::as_str);
            let bcp = bcp.or_else(|| of_declaration.get(parent as usize).copied().flatten());
            all.push((parent, bcp, crossing));
        }
    }
    let border = |bcp: Option<&str>| {
        let bcp = bcp?;
        let mut sides = borders.iter();
        let side = sides.find(|(point, _)| point == bcp);
        side.map(|(_, border)| border.as_str())
    };
    let pairs = (0..all.len()).map(|at| {
        let (parent, bcp, crossing) = all.get(at)?;
        let (next_parent, next_bcp, next) = all.get(at + 1)?;
        let same = border(*bcp)? == border(*next_bcp)?;
        let is_pair = parent == next_parent && same && bcp != next_bcp;
        next.left_us
            .filter(|_| is_pair)
            .map(|left| left - crossing.entered_us)
    });
    let pairs: Vec<Option<i64>> = pairs.collect();
    let times = |read: fn(&crate::fold::Crossing) -> Option<i64>| {
        let times = all.iter().map(|(_, _, crossing)| read(crossing));
        OwnColumn::Integers(times.collect())
    };
    let fees = |read: fn(&crate::fold::Crossing) -> Option<i128>| {
        OwnColumn::Amounts(all.iter().map(|(_, _, crossing)| read(crossing)).collect())
    };
    let columns = [
        ("crossing_at", times(|of| Some(of.entered_us))),
        ("crossing_left_at", times(|of| of.left_us)),
        ("crossing_us", times(|of| Some(of.left_us? - of.entered_us))),
        ("queue_us", times(|of| of.queue_us)),
        ("crossing_number", times(|of| Some(of.number.into()))),
        ("pair_us", OwnColumn::Integers(pairs)),
        ("fee_official", fees(|of| of.fee_official)),
        ("fee_unofficial", fees(|of| of.fee_unofficial)),
        (
            "bcp",
            OwnColumn::Texts(all.iter().map(|(_, bcp, _)| *bcp).collect()),
        ),
        (
            "border",
            OwnColumn::Texts(all.iter().map(|(_, bcp, _)| border(*bcp)).collect()),
        ),
    ];
    OwnRows::with(all.iter().map(|(parent, _, _)| *parent).collect(), columns)
}
