//! Databases as sources: a query whose rows are spooled to a CSV file, which then takes the way of
//! any other file.
//!
//! A pull is one snapshot of the database. With a watermark column it takes the rows at or above
//! the newest value of the pull before, and those without a value; rows at the boundary that were
//! taken then are duplicates and count once, so that none is lost when several share a value.
//! Passwords are kept out of everything that is shown: what is shown of an address is made from
//! its parts, never from its text.

mod address;
mod postgres;
mod spool;
mod sqlite;
mod tls;

use std::path::Path;

use address::Address;

use super::ledger::{Pull, Watermark};
use crate::digest;
use crate::error::{Error, Result, did_you_mean};
use crate::project::DatabaseSource;

use self::postgres::Postgres;
use self::spool::Spool;
use self::sqlite::Sqlite;

/// A connection to a source.
#[derive(Debug)]
pub struct Database<'s> {
    source: &'s DatabaseSource,
    shown: String,
    engine: Engine,
}

#[derive(Debug)]
enum Engine {
    Postgres(Box<Postgres>),
    Sqlite(Sqlite),
}

/// What a pull would take, in the snapshot of its connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The ledger's account of it.
    pub pull: Pull,
    /// Whether the store holds all of it already, as far as the watermark tells.
    pub up_to_date: bool,
}

/// The newest value of a watermark column with its number of rows.
pub(super) type Newest = Option<(String, u64)>;

/// The rows of a query that a pull takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Selection<'q> {
    query: &'q str,
    /// The watermark column and the value from which on rows are taken.
    from: Option<(&'q str, &'q str)>,
}

impl<'s> Database<'s> {
    /// Connects; paths are relative to `folder`.
    pub fn open(source: &'s DatabaseSource, folder: &Path) -> Result<Self> {
        let address = Address::resolve(source, folder)?;
        let shown = format!("{}#{}", address.shown(), source.name);
        let engine = match address {
            Address::Postgres(address) => {
                Engine::Postgres(Box::new(Postgres::connect(&source.name, *address)?))
            }
            Address::Sqlite(path, shown) => {
                Engine::Sqlite(Sqlite::open(&source.name, &path, shown)?)
            }
        };
        Ok(Self {
            source,
            shown,
            engine,
        })
    }

    /// The source as the ledger names it: the address without its password, and the source's name.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// The columns of the query, which is not run for it.
    pub fn columns(&mut self) -> Result<Vec<String>> {
        let query = &self.source.query;
        let columns = match &mut self.engine {
            Engine::Postgres(database) => database.columns(query)?,
            Engine::Sqlite(database) => database.columns(query)?,
        };
        if let Some(column) = &self.source.watermark
            && !columns.contains(column)
        {
            let hint = did_you_mean(column, columns.iter().map(String::as_str))
                .unwrap_or_else(|| format!("the query has: {}", columns.join(", ")));
            return Err(Error::input_with_hint(
                format!(
                    "the query of the source `{}` has no column `{column}`, which is its watermark",
                    self.source.name
                ),
                hint,
            ));
        }
        Ok(columns)
    }

    /// Looks at what there is to take after the pull `before`. A query or a watermark column that
    /// has changed since starts from the beginning.
    pub fn plan(&mut self, before: Option<&Pull>) -> Result<Plan> {
        self.columns()?;
        let source = self.source;
        let mut pull = Pull {
            source: source.name.clone(),
            query_sha256: query_sha256(source),
            watermark: None,
        };
        let Some(column) = &source.watermark else {
            return Ok(Plan {
                pull,
                up_to_date: false,
            });
        };
        let known = before
            .filter(|before| before.query_sha256 == pull.query_sha256)
            .and_then(|before| before.watermark.as_ref());
        let from = known.and_then(|known| known.newest.clone());
        let selection = Selection {
            query: &source.query,
            from: from.as_deref().map(|from| (column.as_str(), from)),
        };
        let (newest, rows_without) = match &mut self.engine {
            Engine::Postgres(database) => database.newest(selection, column)?,
            Engine::Sqlite(database) => database.newest(selection, column)?,
        };
        let (newest, rows_at_newest) = match newest {
            Some((newest, rows)) => (Some(newest), rows),
            // All rows at and above the boundary are gone: the boundary stays.
            None => (from.clone(), 0),
        };
        let watermark = Watermark {
            column: column.clone(),
            from,
            newest,
            rows_at_newest,
            rows_without,
        };
        let up_to_date = known.is_some_and(|known| {
            known.newest.is_some()
                && known.newest == watermark.newest
                && known.rows_at_newest >= watermark.rows_at_newest
                && known.rows_without >= watermark.rows_without
        });
        pull.watermark = Some(watermark);
        Ok(Plan { pull, up_to_date })
    }

    /// Writes the rows of a plan to a file, whole, and gives its SHA-256.
    pub fn spool(&mut self, plan: &Plan, path: &Path) -> Result<String> {
        let watermark = plan.pull.watermark.as_ref();
        let from = watermark.and_then(|watermark| {
            let from = watermark.from.as_deref()?;
            Some((watermark.column.as_str(), from))
        });
        let selection = Selection {
            query: &self.source.query,
            from,
        };
        let mut spool = Spool::create(path)?;
        match &mut self.engine {
            Engine::Postgres(database) => database.copy(selection, &mut spool)?,
            Engine::Sqlite(database) => database.copy(selection, &mut spool)?,
        }
        spool.finish()
    }
}

/// What a watermark is only good for: the query and the column.
fn query_sha256(source: &DatabaseSource) -> String {
    let column = source.watermark.as_deref().unwrap_or_default();
    digest::sha256(format!("{}\n{column}", statement(&source.query)).as_bytes())
}

/// A query without the semicolon at its end, so that it can stand in brackets.
fn statement(query: &str) -> &str {
    query.trim().trim_end_matches([';', ' ', '\n', '\r', '\t'])
}

/// An error of a database with what to do next.
pub(super) fn database_error(message: String, hint: impl Into<String>) -> Error {
    Error::input_with_hint(message, hint.into())
}

impl Selection<'_> {
    /// `SELECT *` of the query, with the rows below the boundary left out.
    fn sql(self, quoted: impl Fn(&str) -> String, literal: impl Fn(&str) -> String) -> String {
        // The line end closes a comment that the query may end with.
        let all = format!("SELECT * FROM ({}\n) AS q", statement(self.query));
        match self.from {
            None => all,
            Some((column, from)) => {
                let column = quoted(column);
                format!(
                    "{all} WHERE {column} >= {} OR {column} IS NULL",
                    literal(from)
                )
            }
        }
    }
}
