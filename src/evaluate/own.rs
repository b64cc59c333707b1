//! The rows that base tables have beside one per declaration, with their own columns.

use std::collections::BTreeMap;

use polars::prelude::{Int64Chunked, IntoSeries, NamedFrom, Series, TimeUnit};

use super::frame;
use crate::catalogue::{Base, party_us};
use crate::error::Result;
use crate::fold::Clearances;
use crate::model::Party;

/// A column of a base table's own.
#[derive(Clone, Debug)]
pub(super) enum OwnColumn {
    /// Times in microseconds, stretches of time in microseconds, or counts.
    Integers(Vec<Option<i64>>),
    /// Amounts in millionths.
    Amounts(Vec<Option<i128>>),
    /// Texts.
    Texts(Vec<Option<String>>),
}

impl OwnColumn {
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
            Self::Texts(values) => Series::new(name.into(), values),
        })
    }
}

/// Rows of a base table: the declaration of each, and columns that are the row's own.
#[derive(Clone, Debug, Default)]
pub(super) struct OwnRows {
    /// Row of the declaration in clearances; ascending.
    pub(super) parents: Vec<u32>,
    /// Own columns by name.
    pub(super) columns: BTreeMap<&'static str, OwnColumn>,
}

/// The rows of a base table; `None` for clearances themselves.
pub(super) fn own_rows(clearances: &Clearances, base: Base) -> Option<OwnRows> {
    match base {
        Base::Clearances => None,
        Base::Payments => Some(payments(clearances)),
        Base::PartyTimes => Some(party_times(clearances)),
        Base::Items => Some(OwnRows {
            parents: (0..u32::try_from(clearances.len()).unwrap_or(u32::MAX)).collect(),
            columns: BTreeMap::new(),
        }),
        Base::Crossings => Some(OwnRows::default()),
    }
}

fn payments(clearances: &Clearances) -> OwnRows {
    let mut rows = OwnRows::default();
    let (mut times, mut amounts) = (Vec::new(), Vec::new());
    let mut first = 0;
    for range in clearances.ranges() {
        for (row, at, paid) in &range.payments {
            rows.parents.push(first + row);
            times.push(Some(*at));
            amounts.push(Some(*paid));
        }
        first += u32::try_from(range.clearances.num_rows()).unwrap_or(u32::MAX);
    }
    let columns = [
        ("payment_at", OwnColumn::Integers(times)),
        ("payment", OwnColumn::Amounts(amounts)),
    ];
    rows.columns.extend(columns);
    rows
}

/// A row for each party of every declaration whose time was divided among the parties.
fn party_times(clearances: &Clearances) -> OwnRows {
    let closed = ("closed", "party_closed_us".to_owned());
    let parties = Party::ALL.map(|party| (party.name(), party_us(party)));
    let parties: Vec<(&str, Vec<Option<i64>>)> = parties
        .into_iter()
        .chain([closed])
        .map(|(name, column)| (name, frame::integers(clearances, &column)))
        .collect();
    let mut rows = OwnRows::default();
    let (mut names, mut times) = (Vec::new(), Vec::new());
    for declaration in 0..clearances.len() {
        let time = |column: &[Option<i64>]| column.get(declaration).copied().flatten();
        if parties.iter().all(|(_, column)| time(column).is_none()) {
            continue;
        }
        for (name, column) in &parties {
            rows.parents
                .push(u32::try_from(declaration).unwrap_or(u32::MAX));
            names.push(Some((*name).to_owned()));
            times.push(Some(time(column).unwrap_or(0)));
        }
    }
    let columns = [
        ("party", OwnColumn::Texts(names)),
        ("party_time_us", OwnColumn::Integers(times)),
    ];
    rows.columns.extend(columns);
    rows
}
