//! The rows that KPIs count: one base table as plain columns, loaded as they are asked for.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use polars::prelude::{Column, DataFrame, DataType, IntoLazy, NamedFrom, Series};

use super::combinations::Combinations;
use super::dimension::Dimension;
use super::frame;
use super::kept::Kept;
use super::made::{Surroundings, chapter};
use super::numbers::{Numbers, PerRow};
use super::own::{OwnColumn, OwnRows, own_rows};
use super::pieces::Pieces;
use crate::catalogue::{AGE_BAND, Bands, Base, MadeColumn, ValueExpression, condition_columns};
use crate::error::{Error, Result, first_paragraph};
use crate::fold::Clearances;

/// A base table. Columns are read from the clearances once, when first asked for.
pub struct BaseTable<'c> {
    clearances: &'c Clearances,
    surroundings: Surroundings<'c>,
    base: Base,
    /// What this is a piece of.
    pieces: Option<Arc<Pieces<'c>>>,
    /// Rows other than one per declaration; made when first asked for.
    own: OnceLock<Option<OwnRows<'c>>>,
    times: Kept<String, Numbers<i64>>,
    amounts: Kept<String, Numbers<i128>>,
    values: Kept<String, Numbers<i128>>,
    conditions: Kept<String, Vec<bool>>,
    dimensions: Kept<Vec<String>, Dimension>,
}

impl<'c> BaseTable<'c> {
    /// The base table over these clearances.
    pub fn new(clearances: &'c Clearances, surroundings: Surroundings<'c>, base: Base) -> Self {
        Self {
            clearances,
            surroundings,
            base,
            pieces: None,
            own: OnceLock::new(),
            times: Kept::default(),
            amounts: Kept::default(),
            values: Kept::default(),
            conditions: Kept::default(),
            dimensions: Kept::default(),
        }
    }

    fn own_rows(&self) -> Option<&OwnRows<'c>> {
        if let Some(own) = self.own.get() {
            return own.as_ref();
        }
        // Not within `get_or_init`, for the same reason as in `Kept`.
        let made = own_rows(self.clearances, self.surroundings, self.base);
        self.own.get_or_init(|| made).as_ref()
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        match self.own_rows() {
            None => self.clearances.len(),
            Some(own) => own.parents.len(),
        }
    }

    /// Row of a row's declaration in clearances.
    pub fn parent(&self, row: usize) -> usize {
        match self.own_rows() {
            None => row,
            Some(own) => own.parents.get(row).map_or(0, |parent| *parent as usize),
        }
    }

    /// The number of a row's declaration in the whole log.
    #[inline]
    pub fn declaration_of(&self, row: usize) -> usize {
        self.clearances.before() + self.parent(row)
    }

    /// Whether a declaration may have several rows that are parts of it: there `n` counts declarations.
    pub const fn has_parts(&self) -> bool {
        matches!(self.base, Base::Items | Base::PartyTimes)
    }

    /// As [`BaseTable::declaration_of`], for tables whose rows are parts of declarations: there `n` counts
    /// declarations. Payments and crossings count themselves.
    #[inline]
    pub fn declaration(&self, row: usize) -> Option<usize> {
        self.has_parts().then(|| self.declaration_of(row))
    }

    fn has_own(&self, name: &str) -> bool {
        self.own_rows().is_some_and(|own| own.has(name))
    }

    fn own(&self, name: &str) -> Option<&OwnColumn<'c>> {
        self.own_rows()?.column(name)
    }

    /// A column of declarations, spread over the rows of this table.
    fn spread<C: PerRow>(&self, column: C) -> C {
        match self.own_rows() {
            None => column,
            Some(own) => column.of_rows(&own.parents),
        }
    }

    /// A column of times or stretches of time in microseconds, or of counts.
    pub fn times(&self, name: &str) -> Arc<Numbers<i64>> {
        if let Some(kept) = self.times.find(name) {
            return kept;
        }
        let times = match self.own(name) {
            Some(OwnColumn::Integers(own)) => Arc::clone(own),
            _ => Arc::new(self.spread(frame::integers(self.clearances, name))),
        };
        self.times.share(name.to_owned(), times)
    }

    /// A column of texts.
    pub fn texts(&self, name: &str) -> Vec<Option<&'c str>> {
        match self.own(name) {
            Some(OwnColumn::Texts(own)) => own.clone(),
            _ => self.spread(frame::texts(self.clearances, name)),
        }
    }

    /// A column of amounts in millionths.
    pub fn amounts(&self, name: &str) -> Arc<Numbers<i128>> {
        if let Some(kept) = self.amounts.find(name) {
            return kept;
        }
        let amounts = match self.own(name) {
            Some(OwnColumn::Amounts(own)) => Arc::clone(own),
            _ => Arc::new(self.spread(frame::amounts(self.clearances, name))),
        };
        self.amounts.share(name.to_owned(), amounts)
    }

    /// A numeric column in millionths: amounts as they are, times in microseconds, counts times a
    /// million (a milestone that the log does not have happened zero times).
    fn millionths(&self, name: &str) -> Arc<Numbers<i128>> {
        let integers = |scale: i128, missing: Option<i64>| {
            let integers = self.times(name);
            let scaled = integers.iter().map(|value| {
                value
                    .or(missing)
                    .map(|value| i128::from(value).saturating_mul(scale))
            });
            Arc::new(scaled.collect::<Numbers<_>>())
        };
        if name.ends_with("_us") {
            integers(1, None)
        } else if name.ends_with("_count") {
            integers(1_000_000, Some(0))
        } else if name == "crossing_number" {
            integers(1_000_000, None)
        } else {
            self.amounts(name)
        }
    }

    /// The value of an expression for each row, in millionths.
    pub fn values(&self, expression: &ValueExpression) -> Result<Arc<Numbers<i128>>> {
        if let Some(kept) = self.values.find(expression.sql()) {
            return Ok(kept);
        }
        let names = expression.columns();
        let columns: Vec<Arc<Numbers<i128>>> =
            names.iter().map(|name| self.millionths(name)).collect();
        let values = match (columns.as_slice(), names.as_slice()) {
            ([only], [name]) if *name == expression.sql() => Arc::clone(only),
            _ => {
                let mut row_values = vec![None; columns.len()];
                let values = (0..self.rows()).map(|row| {
                    for (slot, column) in row_values.iter_mut().zip(&columns) {
                        *slot = column.get(row);
                    }
                    expression.evaluate(&row_values)
                });
                Arc::new(values.collect())
            }
        };
        Ok(self.values.share(expression.sql().to_owned(), values))
    }

    /// One dimension, or several crossed.
    pub fn dimension(&self, names: &[String]) -> Arc<Dimension> {
        if let Some(kept) = self.dimensions.find(names) {
            return kept;
        }
        let single = |name: &String| {
            let plain = self.plain_dimension(name);
            match &self.pieces {
                Some(pieces) => plain.among(&pieces.members(self.base, name)),
                None => plain,
            }
        };
        let dimension = names
            .iter()
            .map(single)
            .reduce(|a, b| a.cross(&b))
            .unwrap_or_else(|| Dimension::all(self.rows()));
        self.dimensions.keep(names.to_vec(), dimension)
    }

    /// A dimension that is not crossed with another, with the members that this table has.
    pub(super) fn plain_dimension(&self, name: &str) -> Dimension {
        let of_bools = |name: &str, bools: &[Option<bool>]| {
            let word = |bool: bool| if bool { "true" } else { "false" };
            let words = bools.iter().map(|bool| bool.map(word));
            Dimension::of(name, &words.collect::<Vec<_>>())
        };
        let of_column = |column: &str, member: fn(&str) -> Option<&str>| {
            let dimension = Dimension::of_column(name, (column, member), self.clearances);
            match self.own_rows() {
                None => dimension,
                Some(own) => dimension.spread(&own.parents),
            }
        };
        match (self.own(name), MadeColumn::from_name(name)) {
            (Some(OwnColumn::Texts(own)), _) => Dimension::of(name, own),
            (Some(OwnColumn::Bools(own)), _) => of_bools(name, own),
            (_, Some(MadeColumn::Chapter)) => of_column("hs_code", chapter),
            (_, Some(made)) => {
                let texts = self.spread(self.surroundings.texts(self.clearances, made));
                let texts: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
                Dimension::of(name, &texts)
            }
            _ if frame::is_bool(name) => {
                of_bools(name, &self.spread(frame::bools(self.clearances, name)))
            }
            _ => of_column(name, |text| Some(text)),
        }
    }

    /// As [`BaseTable::dimension`], crossed with bands of age last. Rows lie in the first band until a
    /// stock puts them into theirs.
    pub fn banded(&self, names: &[String], bands: &Bands) -> Arc<Dimension> {
        let others: Vec<String> = names
            .iter()
            .filter(|name| *name != AGE_BAND)
            .cloned()
            .collect();
        let dimension = self.dimension(&others);
        if others.len() == names.len() {
            return dimension;
        }
        Arc::new(dimension.with_bands(AGE_BAND, &bands.names))
    }

    /// The value of a numeric SQL expression for each row, in floating point.
    pub fn numbers(&self, sql: &str) -> Result<Vec<Option<f64>>> {
        let fault = |cause: &dyn std::fmt::Display| fault(sql, cause);
        let result = self.column(sql, &columns_of(sql)?)?;
        let numbers = result
            .cast(&DataType::Float64)
            .map_err(|cause| fault(&cause))?;
        let numbers = numbers.f64().map_err(|cause| fault(&cause))?;
        let numbers: Vec<Option<f64>> = numbers.iter().collect();
        Ok(match numbers.as_slice() {
            [only] if self.rows() != 1 => vec![*only; self.rows()],
            _ => numbers,
        })
    }

    /// For each row whether it meets a SQL condition; null does not.
    pub fn condition(&self, sql: &str) -> Result<Arc<Vec<bool>>> {
        if let Some(kept) = self.conditions.find(sql) {
            return Ok(kept);
        }
        let columns = columns_of(sql)?;
        let met = match self.by_combination(sql, &columns)? {
            Some(met) => met,
            None => truths(sql, &self.column(sql, &columns)?)?,
        };
        // A condition without columns is one value for all rows.
        let met = match met.as_slice() {
            [only] => vec![*only; self.rows()],
            _ => met,
        };
        Ok(self.conditions.keep(sql.to_owned(), met))
    }

    /// As [`BaseTable::condition`], where the condition reads texts, truth values and counts alone: asked once for each
    /// combination of them. `None` where it reads anything else, or nothing, or there are too many.
    fn by_combination(&self, sql: &str, columns: &BTreeSet<String>) -> Result<Option<Vec<bool>>> {
        let is_plain = |name: &String| {
            let elsewhere = self.has_own(name) || MadeColumn::from_name(name).is_some();
            Combinations::may_have(name) && !elsewhere
        };
        if columns.is_empty() || !columns.iter().all(is_plain) {
            return Ok(None);
        }
        let names = columns.iter().map(String::as_str);
        let Some(combinations) = Combinations::of(self.clearances, names) else {
            return Ok(None);
        };
        let met = truths(sql, &evaluated(sql, combinations.frame()?)?)?;
        let met = combinations.spread(&met);
        Ok(met.map(|met| match self.own_rows() {
            None => met,
            Some(own) => {
                let of_parent = |row: &u32| met.get(*row as usize) == Some(&true);
                own.parents.iter().map(of_parent).collect()
            }
        }))
    }

    /// What a SQL expression of these columns gives, row by row, or one value where it reads none.
    fn column(&self, sql: &str, columns: &BTreeSet<String>) -> Result<Column> {
        evaluated(sql, self.frame(columns.iter().map(String::as_str))?)
    }

    fn frame<'n>(&self, names: impl Iterator<Item = &'n str>) -> Result<DataFrame> {
        let (own, other): (Vec<&str>, Vec<&str>) = names.partition(|name| self.has_own(name));
        let (made, mut folded): (Vec<&str>, Vec<&str>) = other
            .into_iter()
            .partition(|name| MadeColumn::from_name(name).is_some());
        // polars needs a column to know how many rows there are.
        if folded.is_empty() {
            folded.push("declaration_id");
        }
        let fault = |cause| Error::internal("building the frame of a base table", cause);
        let mut frame = frame::frame(self.clearances, folded)?;
        for name in made {
            let Some(made) = MadeColumn::from_name(name) else {
                continue;
            };
            let series = if made.is_bool() {
                Series::new(name.into(), self.surroundings.bools(self.clearances, made))
            } else {
                Series::new(name.into(), self.surroundings.texts(self.clearances, made))
            };
            frame.with_column(Column::from(series)).map_err(fault)?;
        }
        let Some(rows) = self.own_rows() else {
            return Ok(frame);
        };
        let parents = Series::new("rows".into(), rows.parents.as_slice());
        let mut frame = frame.take(parents.u32().map_err(fault)?).map_err(fault)?;
        for name in own {
            if let Some(column) = self.own(name) {
                let column = column.series(name)?;
                frame.with_column(Column::from(column)).map_err(fault)?;
            }
        }
        Ok(frame)
    }
}

/// The columns that a SQL expression reads.
fn columns_of(sql: &str) -> Result<BTreeSet<String>> {
    condition_columns(sql).map_err(|message| fault(sql, &message))
}

/// What a SQL expression gives for each row of a frame.
fn evaluated(sql: &str, frame: DataFrame) -> Result<Column> {
    let fault = |cause: &dyn std::fmt::Display| fault(sql, cause);
    let expr = polars::sql::sql_expr(sql).map_err(|cause| fault(&cause))?;
    let lazy = frame.lazy().select([expr.alias("result")]);
    let result = lazy.collect().map_err(|cause| fault(&cause))?;
    let result = result.column("result").map_err(|cause| fault(&cause))?;
    Ok(result.clone())
}

/// For each row whether a condition is met, from what it gives; null is not.
fn truths(sql: &str, given: &Column) -> Result<Vec<bool>> {
    let message = |_| format!("it is {}, not true or false", given.dtype());
    let given = given.bool().map_err(|cause| fault(sql, &message(cause)))?;
    Ok(given.iter().map(|met| met == Some(true)).collect())
}

/// The error of a SQL text that can't be evaluated.
fn fault(sql: &str, cause: &dyn std::fmt::Display) -> Error {
    Error::usage(
        format!(
            "the condition `{sql}` can't be evaluated: {}",
            first_paragraph(cause)
        ),
        Some(
            "compare like with like: texts in single quotes, times as `TIMESTAMP '2025-03-01 00:00:00'`"
                .to_owned(),
        ),
    )
}

/// Every base table over the same clearances.
#[derive(Debug)]
pub struct BaseTables<'c> {
    clearances: BaseTable<'c>,
    payments: BaseTable<'c>,
    items: BaseTable<'c>,
    crossings: BaseTable<'c>,
    party_times: BaseTable<'c>,
}

impl<'c> BaseTables<'c> {
    /// The base tables over these clearances.
    pub fn new(clearances: &'c Clearances, surroundings: Surroundings<'c>) -> Self {
        Self::with(|base| BaseTable::new(clearances, surroundings, base))
    }

    /// The base tables over a piece.
    pub(super) fn of_piece(
        piece: &'c Clearances,
        surroundings: Surroundings<'c>,
        pieces: &Arc<Pieces<'c>>,
    ) -> Self {
        Self::with(|base| BaseTable {
            pieces: Some(Arc::clone(pieces)),
            ..BaseTable::new(piece, surroundings, base)
        })
    }

    fn with(of: impl Fn(Base) -> BaseTable<'c>) -> Self {
        Self {
            clearances: of(Base::Clearances),
            payments: of(Base::Payments),
            items: of(Base::Items),
            crossings: of(Base::Crossings),
            party_times: of(Base::PartyTimes),
        }
    }

    /// The clearances that they are of.
    pub fn clearances(&self) -> &'c Clearances {
        self.clearances.clearances
    }

    /// One of them.
    pub const fn get(&self, base: Base) -> &BaseTable<'c> {
        match base {
            Base::Clearances => &self.clearances,
            Base::Payments => &self.payments,
            Base::Items => &self.items,
            Base::Crossings => &self.crossings,
            Base::PartyTimes => &self.party_times,
        }
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
