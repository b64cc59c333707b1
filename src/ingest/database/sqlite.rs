//! SQLite: a file, opened for reading only.

use std::path::Path;
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::spool::Spool;
use super::{Newest, Selection, database_error, statement};
use crate::error::{Error, Result};

/// How long to wait for another program that writes.
const BUSY: Duration = Duration::from_secs(15);

/// A connection with an open transaction: one snapshot.
#[derive(Debug)]
pub(super) struct Sqlite {
    connection: Connection,
    source: String,
    shown: String,
}

impl Sqlite {
    /// Opens the file and begins the snapshot.
    pub(super) fn open(source: &str, path: &Path, shown: String) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = Connection::open_with_flags(path, flags).and_then(|connection| {
            connection.busy_timeout(BUSY)?;
            connection.execute_batch("BEGIN")?;
            // The snapshot is taken with the first look.
            connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
            Ok(connection)
        });
        let connection = opened.map_err(|cause| {
            database_error(
                format!(
                    "can't open the database `{}` of the source `{source}`: {cause}",
                    path.display()
                ),
                "check the path in `url`, which is relative to the project folder; nothing was taken",
            )
        })?;
        Ok(Self {
            connection,
            source: source.to_owned(),
            shown,
        })
    }

    fn fault(&self, cause: &dyn std::fmt::Display) -> Error {
        database_error(
            format!(
                "the query of the source `{}` failed on `{}`: {cause}",
                self.source, self.shown
            ),
            "correct `query` or `watermark` of the source in clearway.toml; nothing was taken",
        )
    }

    pub(super) fn columns(&self, query: &str) -> Result<Vec<String>> {
        let sql = format!("SELECT * FROM ({}\n) AS q", statement(query));
        let prepared = self.connection.prepare(&sql);
        let prepared = prepared.map_err(|cause| self.fault(&cause))?;
        let names = prepared.column_names();
        Ok(names.into_iter().map(str::to_owned).collect())
    }

    /// The newest watermark of a selection (as SQL literal, since SQLite's values have types of
    /// their own) with its number of rows, and the number of rows without one.
    pub(super) fn newest(&self, selection: Selection<'_>, column: &str) -> Result<(Newest, u64)> {
        let rows = selection.sql(quoted, str::to_owned);
        let column = quoted(column);
        let newest = format!(
            "SELECT quote(w), count(*) FROM (SELECT {column} AS w FROM ({rows})) \
             WHERE w IS NOT NULL GROUP BY w ORDER BY w DESC LIMIT 1"
        );
        let without = format!("SELECT count(*) FROM ({rows}) WHERE {column} IS NULL");
        let count = |value: i64| u64::try_from(value).unwrap_or_default();
        let newest = self.connection.query_row(&newest, [], |row| {
            Ok((row.get::<_, String>(0)?, count(row.get(1)?)))
        });
        let newest = newest.optional().map_err(|cause| self.fault(&cause))?;
        let without = self.connection.query_row(&without, [], |row| row.get(0));
        let without = without.map_err(|cause| self.fault(&cause))?;
        Ok((newest, count(without)))
    }

    /// Streams the rows of a selection, with a header.
    pub(super) fn copy(&self, selection: Selection<'_>, spool: &mut Spool) -> Result<()> {
        let sql = selection.sql(quoted, str::to_owned);
        let prepared = self.connection.prepare(&sql);
        let mut prepared = prepared.map_err(|cause| self.fault(&cause))?;
        let mut writer = csv::Writer::from_writer(spool);
        let mut record: Vec<Vec<u8>> = prepared
            .column_names()
            .map(|name| name.as_bytes().to_vec())
            .collect();
        let mut written = writer.write_record(&record);
        let mut rows = prepared.query([]).map_err(|cause| self.fault(&cause))?;
        while written.is_ok()
            && let Some(row) = rows.next().map_err(|cause| self.fault(&cause))?
        {
            for (at, field) in record.iter_mut().enumerate() {
                field.clear();
                let value = row.get_ref(at).map_err(|cause| self.fault(&cause))?;
                print(value, field);
            }
            written = writer.write_record(&record);
        }
        let written = written.and_then(|()| Ok(writer.flush()?));
        let cause = written.err().map(|cause| cause.to_string());
        match (cause, writer.into_inner()) {
            (None, _) => Ok(()),
            (Some(cause), Ok(spool)) => Err(spool.fault(&cause)),
            (Some(cause), Err(error)) => Err(Error::internal(&cause, error.error())),
        }
    }
}

/// A value as text: numbers written out, never with an exponent; bytes as PostgreSQL shows them.
fn print(value: ValueRef<'_>, field: &mut Vec<u8>) {
    match value {
        ValueRef::Null => {}
        ValueRef::Integer(integer) => field.extend_from_slice(integer.to_string().as_bytes()),
        ValueRef::Real(real) => field.extend_from_slice(real.to_string().as_bytes()),
        ValueRef::Text(text) => field.extend_from_slice(text),
        ValueRef::Blob(bytes) => {
            field.extend_from_slice(b"\\x");
            field.extend_from_slice(crate::digest::hexadecimal(bytes).as_bytes());
        }
    }
}

/// A name in backquotes: one in double quotes that is no column would be taken for a text.
fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}
