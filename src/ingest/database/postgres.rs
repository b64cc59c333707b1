//! PostgreSQL: rows come by `COPY … TO STDOUT` as CSV, every value in the server's own exact text.

use std::io::{BufRead, Write};

use postgres::error::SqlState;
use postgres::{Client, SimpleQueryMessage};

use super::address::PostgresAddress;
use super::spool::Spool;
use super::{Newest, Selection, database_error, statement, tls};
use crate::error::{Error, Result};

/// One snapshot, nothing written, times in UTC as ISO 8601.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
    SET LOCAL TIME ZONE 'UTC'; SET LOCAL datestyle = 'ISO, YMD'; \
    SET LOCAL standard_conforming_strings = on";

/// A connection with an open transaction.
pub(super) struct Postgres {
    client: Client,
    source: String,
    shown: String,
    password: Option<String>,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres")
            .field("shown", &self.shown)
            .finish_non_exhaustive()
    }
}

impl Postgres {
    /// Connects and opens the snapshot.
    pub(super) fn connect(source: &str, address: PostgresAddress) -> Result<Self> {
        let tls = tls::connector(&address)?;
        let password = address.config.get_password();
        let password = password.map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let shown = address.shown;
        let connected = address.config.connect(tls);
        let client = connected.map_err(|cause| {
            let (what, hint) = connection_hint(&cause);
            let message = format!(
                "can't connect to the database `{shown}` of the source `{source}`: {}",
                scrubbed(&cause, password.as_deref())
            );
            database_error(message, format!("{what}{hint}"))
        })?;
        let mut database = Self {
            client,
            source: source.to_owned(),
            shown,
            password,
        };
        let begun = database.client.batch_execute(BEGIN);
        begun.map_err(|cause| database.fault(&cause))?;
        Ok(database)
    }

    /// An error of the query.
    fn fault(&self, cause: &dyn std::error::Error) -> Error {
        database_error(
            format!(
                "the query of the source `{}` failed on `{}`: {}",
                self.source,
                self.shown,
                scrubbed(cause, self.password.as_deref())
            ),
            "correct `query` or `watermark` of the source in clearway.toml, or the user's rights in the database; nothing was taken",
        )
    }

    pub(super) fn columns(&mut self, query: &str) -> Result<Vec<String>> {
        let sql = format!("SELECT * FROM ({}\n) AS q", statement(query));
        let prepared = self.client.prepare(&sql);
        let prepared = prepared.map_err(|cause| self.fault(&cause))?;
        let columns = prepared.columns().iter();
        Ok(columns.map(|column| column.name().to_owned()).collect())
    }

    /// The newest watermark of a selection with its number of rows, and the number of rows without
    /// one.
    pub(super) fn newest(
        &mut self,
        selection: Selection<'_>,
        column: &str,
    ) -> Result<(Newest, u64)> {
        let rows = selection.sql(quoted, literal);
        let column = quoted(column);
        // Under its own name: ORDER BY would take `w` for the text, in which 9 is above 10.
        let newest = self.first_row(&format!(
            "SELECT w::text AS newest, count(*) FROM (SELECT {column} AS w FROM ({rows}) AS r) AS v \
             WHERE w IS NOT NULL GROUP BY w ORDER BY w DESC LIMIT 1"
        ))?;
        let newest = newest.map(|row| (row.0, row.1));
        if let Some((value, _)) = &newest
            && matches!(value.as_str(), "infinity" | "NaN" | "Infinity")
        {
            return Err(database_error(
                format!(
                    "the newest {column} of the source `{}` is {value}: no later row could exceed it",
                    self.source
                ),
                "leave such rows out in `query`, or choose another `watermark`",
            ));
        }
        let without = self.first_row(&format!(
            "SELECT '', count(*) FROM ({rows}) AS r WHERE {column} IS NULL"
        ))?;
        Ok((newest, without.map_or(0, |row| row.1)))
    }

    /// A text and a count.
    fn first_row(&mut self, sql: &str) -> Result<Newest> {
        let messages = self.client.simple_query(sql);
        let messages = messages.map_err(|cause| self.fault(&cause))?;
        let row = messages.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        Ok(row.and_then(|row| Some((row.get(0)?.to_owned(), row.get(1)?.parse().ok()?))))
    }

    /// Streams the rows of a selection, with a header.
    pub(super) fn copy(&mut self, selection: Selection<'_>, spool: &mut Spool) -> Result<()> {
        let sql = format!(
            "COPY ({}) TO STDOUT WITH (FORMAT csv, HEADER)",
            selection.sql(quoted, literal)
        );
        let failed = match self.client.copy_out(&sql) {
            Ok(mut rows) => loop {
                let bytes = match rows.fill_buf() {
                    Ok([]) => return Ok(()),
                    Ok(bytes) => bytes,
                    // The server's own words are one level down.
                    Err(cause) => match cause.into_inner() {
                        Some(inner) => break inner,
                        None => break "the connection ended".into(),
                    },
                };
                let length = bytes.len();
                let written = spool.write_all(bytes);
                written.map_err(|cause| spool.fault(&cause))?;
                rows.consume(length);
            },
            Err(cause) => cause.into(),
        };
        Err(self.fault(failed.as_ref()))
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// An error with its causes, without the password should any of them repeat it.
fn scrubbed(error: &dyn std::error::Error, password: Option<&str>) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let told = inner.to_string();
        if !text.contains(&told) {
            text = format!("{text}: {told}");
        }
        cause = inner.source();
    }
    // The driver's own word for "the server says".
    let text = text.strip_prefix("db error: ").unwrap_or(&text);
    match password {
        Some(password) if !password.is_empty() => text.replace(password, "***"),
        _ => text.to_owned(),
    }
}

/// What to look at when a connection fails.
fn connection_hint(cause: &postgres::Error) -> (&'static str, &'static str) {
    let advice = match cause.code() {
        Some(state)
            if *state == SqlState::INVALID_PASSWORD
                || *state == SqlState::INVALID_AUTHORIZATION_SPECIFICATION =>
        {
            "check the user and the password in `url`, or in the environment variable that it names"
        }
        Some(state) if *state == SqlState::INVALID_CATALOG_NAME => {
            "check the name of the database in `url`"
        }
        _ => {
            "check host, port and `sslmode` in `url`, and that the server is up and lets this machine in"
        }
    };
    (advice, "; nothing was taken, run again then")
}
