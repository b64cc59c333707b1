//! SQL over the tables `events`, `clearances`, `kpis` and `ledger`, answered by polars.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use polars::prelude::{
    AnyValue, Column, DataFrame, DataType, IntoLazy, LazyFrame, NamedFrom, PlRefPath,
    ScanArgsParquet, Schema, Series, TimeUnit, col,
};
use polars::sql::SQLContext;
use sqlparser::ast::{Statement, visit_relations};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};

use crate::error::{Error, Result, did_you_mean, first_paragraph};
use crate::evaluate::{KpiTable, full_frame};
use crate::fold::Clearances;
use crate::output::ledger::{LEDGER_COLUMNS, LedgerKind, ledger_row};
use crate::store::{Accounted, Segment};

/// The tables that a statement can name.
pub const TABLES: [&str; 4] = ["events", "clearances", "kpis", "ledger"];

/// The tables that a statement names; unknown ones are an error with the nearest name.
pub fn tables_of(sql: &str) -> Result<BTreeSet<String>> {
    let statements = Parser::parse_sql(&GenericDialect {}, sql)
        .map_err(|cause| Error::usage(format!("the statement is not SQL: {cause}"), None))?;
    // The store is written by `ingest` only: nothing else can be said to these tables.
    let [statement @ Statement::Query(query)] = statements.as_slice() else {
        let hint = "`SELECT * FROM clearances LIMIT 1` shows the columns of a table".to_owned();
        return Err(Error::usage("give one SELECT statement", Some(hint)));
    };
    let mut named = BTreeSet::new();
    let mut own: BTreeSet<String> = BTreeSet::new();
    if let Some(with) = &query.with {
        let tables = with.cte_tables.iter();
        own.extend(tables.map(|table| table.alias.name.value.to_lowercase()));
    }
    let _ = visit_relations(statement, |name| {
        let parts: Vec<&str> = name
            .0
            .iter()
            .filter_map(|part| part.as_ident().map(|ident| ident.value.as_str()))
            .collect();
        named.insert(parts.join(".").to_lowercase());
        ControlFlow::<()>::Continue(())
    });
    let named: BTreeSet<String> = named.difference(&own).cloned().collect();
    if let Some(unknown) = named.iter().find(|name| !TABLES.contains(&name.as_str())) {
        let hint = did_you_mean(unknown, TABLES)
            .unwrap_or_else(|| format!("the tables are: {}", TABLES.join(", ")));
        return Err(Error::usage(
            format!("there is no table `{unknown}`"),
            Some(hint),
        ));
    }
    Ok(named)
}

/// The columns that a statement may speak of, so that no other needs to be read.
enum Mentioned {
    /// It has a wildcard, or can't be read.
    All,
    Some(BTreeSet<String>),
}

impl Mentioned {
    /// By its words: every column that a statement reads is one of them, in whatever case.
    fn in_statement(sql: &str) -> Self {
        let Ok(tokens) = Tokenizer::new(&GenericDialect {}, sql).tokenize() else {
            return Self::All;
        };
        // `COUNT(*)` reads no column; any other star may.
        let visible: Vec<&Token> = tokens
            .iter()
            .filter(|token| !matches!(token, Token::Whitespace(_)))
            .collect();
        let wild = visible.windows(3).any(|near| {
            matches!(near, [before, Token::Mul, after]
                if **before != Token::LParen || **after != Token::RParen)
        });
        let words = visible.iter().filter_map(|token| match token {
            Token::Word(word) => Some(word.value.to_lowercase()),
            _ => None,
        });
        let words: BTreeSet<String> = words.collect();
        // `COLUMNS('…')` chooses by a pattern.
        if wild || words.contains("columns") {
            Self::All
        } else {
            Self::Some(words)
        }
    }

    fn has(&self, column: &str) -> bool {
        match self {
            Self::All => true,
            Self::Some(words) => words.contains(&column.to_lowercase()),
        }
    }
}

/// The tables that are there to be asked.
#[derive(Default)]
pub struct Tables<'t> {
    /// Segments of `events`.
    pub events: Option<&'t [Segment]>,
    /// `clearances`, with the project's own attributes.
    pub clearances: Option<(&'t Clearances, &'t BTreeSet<String>)>,
    /// `kpis`, with the project's currency.
    pub kpis: Option<(&'t KpiTable, &'t str)>,
    /// `ledger`, the entries that were replaced included.
    pub ledger: Option<&'t [Accounted]>,
}

impl std::fmt::Debug for Tables<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tables").finish_non_exhaustive()
    }
}

/// Answers a statement that [`tables_of`] has read, over the tables that it names.
pub fn answer(sql: &str, tables: &Tables<'_>) -> Result<DataFrame> {
    let mentioned = Mentioned::in_statement(sql);
    let mut context = SQLContext::new();
    if let Some(segments) = tables.events {
        context.register("events", events(segments)?);
    }
    if let Some((clearances, own)) = tables.clearances {
        let frame = full_frame(clearances, own, &|name| mentioned.has(name))?;
        context.register("clearances", frame.lazy());
    }
    if let Some((table, currency)) = tables.kpis {
        context.register("kpis", kpis(table, currency)?.lazy());
    }
    if let Some(ledger) = tables.ledger {
        context.register("ledger", self::ledger(ledger)?.lazy());
    }
    let fault = |cause: polars::error::PolarsError| {
        let hint = "`SELECT * FROM clearances LIMIT 1` shows the columns of a table".to_owned();
        Error::usage(
            format!(
                "the statement can't be answered: {}",
                first_paragraph(&cause)
            ),
            Some(hint),
        )
    };
    context
        .execute(sql)
        .map_err(fault)?
        .collect()
        .map_err(fault)
}

/// All segments as one scan. One, because polars counts the rows of a union in 128 bits, which this
/// build of it leaves out.
fn events(segments: &[Segment]) -> Result<LazyFrame> {
    let fault = |cause| Error::internal("opening the events", cause);
    let paths: Vec<PlRefPath> = segments
        .iter()
        .map(|segment| PlRefPath::new(segment.path.to_string_lossy().as_ref()))
        .collect();
    // A segment may be older than an attribute of the project's own.
    let mut schema = Schema::default();
    for path in &paths {
        let mut segment =
            LazyFrame::scan_parquet(path.clone(), ScanArgsParquet::default()).map_err(fault)?;
        schema.merge((*segment.collect_schema().map_err(fault)?).clone());
    }
    // Dictionaries save memory and are nobody's business: a text is a text.
    let columns: Vec<_> = schema
        .iter()
        .map(|(name, data_type)| match data_type {
            DataType::Categorical(..) => col(name.clone()).cast(DataType::String),
            _ => col(name.clone()),
        })
        .collect();
    let arguments = ScanArgsParquet {
        schema: Some(Arc::new(schema)),
        allow_missing_columns: true,
        glob: false,
        ..ScanArgsParquet::default()
    };
    let scan = LazyFrame::scan_parquet_files(paths.into(), arguments).map_err(fault)?;
    Ok(scan.select(columns))
}

fn frame(height: usize, columns: Vec<Series>) -> Result<DataFrame> {
    let columns = columns.into_iter().map(Column::from).collect();
    DataFrame::new(height, columns).map_err(|cause| Error::internal("building a table", cause))
}

fn kpis(table: &KpiTable, currency: &str) -> Result<DataFrame> {
    let rows = table.rows();
    let texts: Vec<[Cow<'_, str>; 19]> = rows
        .iter()
        .map(|row| crate::output::data::texts(row, currency))
        .collect();
    let columns = crate::output::data::COLUMNS
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let text = |texts: &[Cow<'_, str>; 19]| {
                let text = texts.get(at).filter(|text| !text.is_empty());
                text.map(|text| text.as_ref().to_owned())
            };
            if matches!(*name, "n" | "n_open" | "n_excluded" | "kpi_version") {
                let counts: Vec<Option<i64>> = texts
                    .iter()
                    .map(|texts| text(texts).and_then(|text| text.parse().ok()))
                    .collect();
                return Series::new((*name).into(), counts);
            }
            let figure = matches!(
                *name,
                "value" | "ci_low" | "ci_high" | "target" | "previous" | "year_ago"
            );
            if figure {
                let numbers: Vec<Option<f64>> = texts
                    .iter()
                    .map(|texts| text(texts).and_then(|text| text.parse().ok()))
                    .collect();
                Series::new((*name).into(), numbers)
            } else {
                Series::new(
                    (*name).into(),
                    texts.iter().map(text).collect::<Vec<Option<String>>>(),
                )
            }
        })
        .collect();
    frame(rows.len(), columns)
}

fn ledger(account: &[Accounted]) -> Result<DataFrame> {
    let rows: Vec<_> = account.iter().map(ledger_row).collect();
    let columns = LEDGER_COLUMNS.iter().enumerate().map(|(at, (name, kind))| {
        let texts = rows.iter().map(|row| row.get(at).cloned());
        match kind {
            LedgerKind::Text => Series::new((*name).into(), texts.collect::<Vec<Option<String>>>()),
            LedgerKind::Count => {
                let counts = texts.map(|text| text.and_then(|text| text.parse().ok()));
                Series::new((*name).into(), counts.collect::<Vec<Option<i64>>>())
            }
        }
    });
    frame(account.len(), columns.collect())
}

/// A value as text: times as ISO 8601, exact decimals, nothing for null.
pub fn text_of(value: &AnyValue<'_>) -> String {
    match value {
        AnyValue::Null => String::new(),
        AnyValue::String(text) => (*text).to_owned(),
        AnyValue::StringOwned(text) => text.to_string(),
        AnyValue::Decimal(value, _, scale) => decimal(*value, *scale),
        // The shortest text that reads back as the same number; polars would round it.
        AnyValue::Float64(value) => (value + 0.0).to_string(),
        AnyValue::Float32(value) => (value + 0.0).to_string(),
        AnyValue::Datetime(at, unit, _) => instant(*at, *unit),
        AnyValue::DatetimeOwned(at, unit, _) => instant(*at, *unit),
        other => other
            .get_str()
            .map_or_else(|| other.to_string(), str::to_owned),
    }
}

/// ISO 8601 in UTC.
fn instant(at: i64, unit: TimeUnit) -> String {
    let us = match unit {
        TimeUnit::Nanoseconds => at.div_euclid(1000),
        TimeUnit::Microseconds => at,
        TimeUnit::Milliseconds => at.saturating_mul(1000),
    };
    jiff::Timestamp::from_microsecond(us)
        .map(|at| at.to_string())
        .unwrap_or_default()
}

fn decimal(value: i128, scale: usize) -> String {
    let divisor = 10_u128.saturating_pow(u32::try_from(scale).unwrap_or(38));
    let sign = if value < 0 { "-" } else { "" };
    let (whole, fraction) = (
        value.unsigned_abs() / divisor,
        value.unsigned_abs() % divisor,
    );
    if fraction == 0 {
        return format!("{sign}{whole}");
    }
    let digits = format!("{fraction:0scale$}");
    format!("{sign}{whole}.{}", digits.trim_end_matches('0'))
}

/// Whether a column's texts are numbers.
pub fn is_numeric(data_type: &DataType) -> bool {
    data_type.is_primitive_numeric() || data_type.is_decimal()
}
