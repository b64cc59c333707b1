//! A table whose columns are in memory, or are read from the store when first asked for.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use arrow::array::{
    Array, ArrayData, ArrayRef, MutableArrayData, RecordBatch, make_array, new_null_array,
};

use super::kept::column_of;
use super::table::PARENT;
use crate::error::{Error, Result};
use crate::store::StoredTable;

/// The first failure to read a column, for all tables that share it.
pub(super) type Failure = Arc<OnceLock<Error>>;

/// Where the rows of a table come from: rows of one source that stand side by side, one after another.
pub(super) type Picks = Arc<Vec<Pick>>;

/// Some adjoining rows of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pick {
    /// The number of the source.
    pub(super) source: usize,
    pub(super) rows: Range<usize>,
}

/// How many rows are picked.
fn picked_rows(picks: &[Pick]) -> usize {
    picks.iter().map(|pick| pick.rows.len()).sum()
}

/// A table of the fold.
#[derive(Debug, Default)]
pub struct Table {
    rows: usize,
    columns: BTreeMap<String, Column>,
}

enum Column {
    Here(ArrayRef),
    Stored(Stored, OnceLock<Option<ArrayRef>>),
}

/// A column of tables in the store.
#[derive(Clone)]
struct Stored {
    sources: Arc<Vec<StoredTable>>,
    /// `None` for all rows of the only source, as they stand.
    picks: Option<Picks>,
    failure: Failure,
}

impl Table {
    /// A table in memory.
    pub(super) fn here(batch: &RecordBatch) -> Self {
        let schema = batch.schema();
        let columns = schema.fields().iter().zip(batch.columns());
        Self {
            rows: batch.num_rows(),
            columns: columns
                .map(|(field, array)| (field.name().clone(), Column::Here(Arc::clone(array))))
                .collect(),
        }
    }

    /// A table in the store.
    pub(super) fn stored(source: StoredTable, failure: &Failure) -> Self {
        let rows = source.rows();
        Self::of(vec![source], None, rows, failure)
    }

    /// Picked rows of several tables in the store.
    pub(super) fn picked(sources: Vec<StoredTable>, picks: &Picks, failure: &Failure) -> Self {
        Self::of(sources, Some(picks), picked_rows(picks), failure)
    }

    fn of(
        sources: Vec<StoredTable>,
        picks: Option<&Picks>,
        rows: usize,
        failure: &Failure,
    ) -> Self {
        let sources = Arc::new(sources);
        let names = sources.iter().flat_map(StoredTable::column_names);
        let column = |name: &str| {
            let stored = Stored {
                sources: Arc::clone(&sources),
                picks: picks.cloned(),
                failure: Arc::clone(failure),
            };
            (name.to_owned(), Column::Stored(stored, OnceLock::new()))
        };
        Self {
            rows,
            columns: names.map(column).collect(),
        }
    }

    /// The same table, without the columns that have been read of it.
    pub(super) fn unread(&self) -> Self {
        let columns = self.columns.iter().map(|(name, column)| {
            let column = match column {
                Column::Here(array) => Column::Here(Arc::clone(array)),
                Column::Stored(stored, _) => Column::Stored(stored.clone(), OnceLock::new()),
            };
            (name.clone(), column)
        });
        Self {
            rows: self.rows,
            columns: columns.collect(),
        }
    }

    /// Without the columns that are not named.
    pub(super) fn only(mut self, names: &[String]) -> Self {
        self.columns.retain(|name, _| names.contains(name));
        self
    }

    /// With a column in memory.
    pub(super) fn with(mut self, name: &str, array: ArrayRef) -> Self {
        self.columns.insert(name.to_owned(), Column::Here(array));
        self
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The names of its columns, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.columns.keys().map(String::as_str);
        names.filter(|name| *name != PARENT)
    }

    /// A column; `None` where the table has none of that name. A column that can't be read is noted as
    /// the failure of its clearances.
    pub fn column(&self, name: &str) -> Option<&ArrayRef> {
        match self.columns.get(name)? {
            Column::Here(array) => Some(array),
            Column::Stored(stored, slot) => slot.get_or_init(|| stored.read_or_note(name)).as_ref(),
        }
    }

    /// As [`Table::column`], for one who makes something else of it: the table does not keep it.
    pub fn passing(&self, name: &str) -> Option<ArrayRef> {
        match self.columns.get(name)? {
            Column::Here(array) => Some(Arc::clone(array)),
            Column::Stored(stored, slot) => match slot.get() {
                Some(kept) => kept.clone(),
                None => stored.read_or_note(name),
            },
        }
    }
}

impl Stored {
    /// Reads a column; one that can't be read is noted as the failure of its clearances.
    fn read_or_note(&self, name: &str) -> Option<ArrayRef> {
        match self.read(name) {
            Ok(array) => Some(array),
            Err(error) => {
                // Only the first one is told.
                let _ = self.failure.set(error);
                None
            }
        }
    }

    fn read(&self, name: &str) -> Result<ArrayRef> {
        let arrays: Vec<Option<ArrayRef>> = self
            .sources
            .iter()
            .map(|source| column_of(source, name))
            .collect::<Result<_>>()?;
        let missing = || Error::internal("reading a folded column", name);
        let some = arrays.iter().flatten().next().ok_or_else(missing)?;
        let Some(picks) = &self.picks else {
            return Ok(Arc::clone(some));
        };
        // A layer in which no declaration has a value has no such column.
        let data_type = some.data_type();
        let arrays: Vec<ArrayRef> = arrays
            .iter()
            .zip(self.sources.iter())
            .map(|(array, source)| match array {
                Some(array) => Arc::clone(array),
                None => new_null_array(data_type, source.rows()),
            })
            .collect();
        if arrays.iter().any(|array| array.data_type() != data_type) {
            return Err(Error::internal("merging a column", "it has two types"));
        }
        let arrays: Vec<ArrayData> = arrays.iter().map(Array::to_data).collect();
        let sources = arrays.iter().collect();
        let mut merged = MutableArrayData::new(sources, true, picked_rows(picks));
        for Pick { source, rows } in picks.iter() {
            let extended = merged.try_extend(*source, rows.start, rows.end);
            extended.map_err(|cause| Error::internal("merging a column", cause))?;
        }
        Ok(make_array(merged.freeze()))
    }
}

impl fmt::Debug for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Here(_) => "Here",
            Self::Stored(..) => "Stored",
        })
    }
}
