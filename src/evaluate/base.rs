//! The rows that KPIs count: one base table as plain columns, loaded as they are asked for.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use polars::prelude::{Column, IntoLazy, NamedFrom, Series, TimeUnit};
use polars::prelude::{DataFrame, Int64Chunked, IntoSeries};

use super::frame;
use crate::catalogue::{Base, PAYMENT_COLUMNS, condition_columns};
use crate::error::{Error, Result, first_paragraph};
use crate::fold::Clearances;

/// What stands for an empty attribute, so that members add up to the whole.
pub const MISSING: &str = "(missing)";

/// A dimension: for each row the position of its member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dimension {
    /// Its name; two dimensions are joined by `+`.
    pub name: String,
    /// Member names, sorted.
    pub members: Vec<String>,
    /// Per row: position in `members`.
    pub codes: Vec<u32>,
    /// The dimensions that are crossed, each with its number of members; one for a plain one.
    parts: Vec<(String, usize)>,
}

impl Dimension {
    /// The dimension with one member that holds every row.
    pub fn all(rows: usize) -> Self {
        Self {
            name: "all".to_owned(),
            members: vec!["all".to_owned()],
            codes: vec![0; rows],
            parts: Vec::new(),
        }
    }

    fn of(name: &str, values: &[Option<&str>]) -> Self {
        let mut members: Vec<&str> = values
            .iter()
            .map(|value| value.unwrap_or(MISSING))
            .collect();
        members.sort_unstable();
        members.dedup();
        let position: BTreeMap<&str, u32> = members.iter().copied().zip(0_u32..).collect();
        let codes = values
            .iter()
            .map(|value| {
                position
                    .get(value.unwrap_or(MISSING))
                    .copied()
                    .unwrap_or_default()
            })
            .collect();
        let members: Vec<String> = members.into_iter().map(str::to_owned).collect();
        Self {
            name: name.to_owned(),
            parts: vec![(name.to_owned(), members.len())],
            members,
            codes,
        }
    }

    /// Both dimensions at once: a member for each pair.
    fn cross(&self, other: &Self) -> Self {
        let width = other.members.len();
        let members = self
            .members
            .iter()
            .flat_map(|a| other.members.iter().map(move |b| format!("{a}+{b}")))
            .collect();
        let codes = self
            .codes
            .iter()
            .zip(&other.codes)
            .map(|(a, b)| a * u32::try_from(width).unwrap_or(u32::MAX) + b)
            .collect();
        Self {
            name: format!("{}+{}", self.name, other.name),
            members,
            codes,
            parts: self.parts.iter().chain(&other.parts).cloned().collect(),
        }
    }

    /// For each member the number of the whole that it is a part of, when the members of the
    /// dimensions `of` are parts and every other crossed dimension has wholes of its own: with lane
    /// as the part, `Alat+green` is a part of Alat. With no dimension named there is one whole.
    pub fn wholes(&self, of: &[String]) -> Vec<usize> {
        (0..self.members.len())
            .map(|member| {
                let (mut rest, mut whole, mut scale) = (member, 0, 1);
                for (name, size) in self.parts.iter().rev() {
                    let index = rest % size;
                    rest /= size;
                    if !of.is_empty() && !of.contains(name) {
                        whole += index * scale;
                        scale *= size;
                    }
                }
                whole
            })
            .collect()
    }
}

/// A base table. Columns are read from the clearances once, when first asked for.
pub struct BaseTable<'c> {
    clearances: &'c Clearances,
    base: Base,
    /// For the base table of payments: row of the declaration, time, amount.
    payments: Vec<(usize, i64, i128)>,
    times: RefCell<BTreeMap<String, Rc<Vec<Option<i64>>>>>,
    amounts: RefCell<BTreeMap<String, Rc<Vec<Option<i128>>>>>,
    conditions: RefCell<BTreeMap<String, Rc<Vec<bool>>>>,
    dimensions: RefCell<BTreeMap<Vec<String>, Rc<Dimension>>>,
}

impl<'c> BaseTable<'c> {
    /// The base table over these clearances.
    pub fn new(clearances: &'c Clearances, base: Base) -> Self {
        let mut payments = Vec::new();
        if base == Base::Payments {
            let mut first = 0;
            for range in clearances.ranges() {
                let shifted = range
                    .payments
                    .iter()
                    .map(|(row, at, paid)| (first + *row as usize, *at, *paid));
                payments.extend(shifted);
                first += range.clearances.num_rows();
            }
        }
        Self {
            clearances,
            base,
            payments,
            times: RefCell::default(),
            amounts: RefCell::default(),
            conditions: RefCell::default(),
            dimensions: RefCell::default(),
        }
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        match self.base {
            Base::Clearances => self.clearances.len(),
            Base::Payments => self.payments.len(),
        }
    }

    /// A column of declarations, spread over the rows of this table.
    fn spread<T: Clone>(&self, values: Vec<Option<T>>) -> Vec<Option<T>> {
        match self.base {
            Base::Clearances => values,
            Base::Payments => self
                .payments
                .iter()
                .map(|(row, _, _)| values.get(*row).cloned().flatten())
                .collect(),
        }
    }

    /// A column of times in microseconds, or of counts.
    pub fn times(&self, name: &str) -> Rc<Vec<Option<i64>>> {
        if let Some(times) = self.times.borrow().get(name) {
            return Rc::clone(times);
        }
        let times = if name == "payment_at" {
            self.payments.iter().map(|(_, at, _)| Some(*at)).collect()
        } else {
            self.spread(frame::integers(self.clearances, name))
        };
        let times = Rc::new(times);
        self.times
            .borrow_mut()
            .insert(name.to_owned(), Rc::clone(&times));
        times
    }

    /// A column of amounts in millionths.
    pub fn amounts(&self, name: &str) -> Rc<Vec<Option<i128>>> {
        if let Some(amounts) = self.amounts.borrow().get(name) {
            return Rc::clone(amounts);
        }
        let amounts = if name == "payment" {
            self.payments
                .iter()
                .map(|(_, _, paid)| Some(*paid))
                .collect()
        } else {
            self.spread(frame::amounts(self.clearances, name))
        };
        let amounts = Rc::new(amounts);
        self.amounts
            .borrow_mut()
            .insert(name.to_owned(), Rc::clone(&amounts));
        amounts
    }

    /// One dimension, or several crossed.
    pub fn dimension(&self, names: &[String]) -> Rc<Dimension> {
        if let Some(dimension) = self.dimensions.borrow().get(names) {
            return Rc::clone(dimension);
        }
        let single = |name: &String| {
            if frame::is_bool(name) {
                let bools = self.spread(frame::bools(self.clearances, name));
                let words: Vec<Option<&str>> = bools
                    .iter()
                    .map(|bool| bool.map(|bool| if bool { "true" } else { "false" }))
                    .collect();
                Dimension::of(name, &words)
            } else {
                Dimension::of(name, &self.spread(frame::texts(self.clearances, name)))
            }
        };
        let dimension = names
            .iter()
            .map(single)
            .reduce(|a, b| a.cross(&b))
            .unwrap_or_else(|| Dimension::all(self.rows()));
        let dimension = Rc::new(dimension);
        self.dimensions
            .borrow_mut()
            .insert(names.to_vec(), Rc::clone(&dimension));
        dimension
    }

    /// For each row whether it meets a SQL condition; null does not.
    pub fn condition(&self, sql: &str) -> Result<Rc<Vec<bool>>> {
        if let Some(met) = self.conditions.borrow().get(sql) {
            return Ok(Rc::clone(met));
        }
        let fault = |cause: &dyn std::fmt::Display| {
            Error::usage(
                format!(
                    "the condition `{sql}` can't be evaluated: {}",
                    first_paragraph(cause)
                ),
                Some("compare like with like: texts in single quotes, times as `TIMESTAMP '2025-03-01 00:00:00'`".to_owned()),
            )
        };
        let columns = condition_columns(sql).map_err(|message| fault(&message))?;
        let expr = polars::sql::sql_expr(sql).map_err(|cause| fault(&cause))?;
        let frame = self.frame(columns.iter().map(String::as_str))?;
        let result = frame
            .lazy()
            .select([expr.alias("met")])
            .collect()
            .map_err(|cause| fault(&cause))?;
        let met = result.column("met").map_err(|cause| fault(&cause))?;
        let met = met
            .bool()
            .map_err(|_| fault(&format!("it is {}, not true or false", met.dtype())))?;
        let mut met: Vec<bool> = met.iter().map(|met| met == Some(true)).collect();
        // A condition without columns is one value for all rows.
        if let [only] = met.as_slice() {
            met = vec![*only; self.rows()];
        }
        let met = Rc::new(met);
        self.conditions
            .borrow_mut()
            .insert(sql.to_owned(), Rc::clone(&met));
        Ok(met)
    }

    fn frame<'n>(&self, names: impl Iterator<Item = &'n str>) -> Result<DataFrame> {
        let (own, folded): (Vec<&str>, Vec<&str>) =
            names.partition(|name| self.base == Base::Payments && PAYMENT_COLUMNS.contains(name));
        // polars needs a column to know how many rows there are.
        let folded = if folded.is_empty() {
            vec!["declaration_id"]
        } else {
            folded
        };
        let frame = frame::frame(self.clearances, folded)?;
        if self.base == Base::Clearances {
            return Ok(frame);
        }
        let fault = |cause| Error::internal("building the payments frame", cause);
        let rows: Vec<u32> = self
            .payments
            .iter()
            .map(|(row, _, _)| u32::try_from(*row).unwrap_or(u32::MAX))
            .collect();
        let rows = Series::new("rows".into(), rows);
        let rows = rows.u32().map_err(fault)?;
        let mut frame = frame.take(rows).map_err(fault)?;
        for name in own {
            let column = if name == "payment_at" {
                let times = self.payments.iter().map(|(_, at, _)| Some(*at));
                times
                    .collect::<Int64Chunked>()
                    .into_datetime(TimeUnit::Microseconds, None)
                    .into_series()
            } else {
                let paid: Vec<f64> = self
                    .payments
                    .iter()
                    .map(|(_, _, paid)| *paid as f64 / 1e6)
                    .collect();
                Series::new("payment".into(), paid)
            };
            frame
                .with_column(Column::from(column.with_name(name.into())))
                .map_err(fault)?;
        }
        Ok(frame)
    }
}

impl std::fmt::Debug for BaseTable<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BaseTable")
            .field("base", &self.base)
            .field("rows", &self.rows())
            .finish_non_exhaustive()
    }
}
