//! SQL over the tables `events`, `clearances`, `kpis` and `ledger`, answered by polars.

use std::collections::BTreeSet;
use std::sync::Arc;

use polars::prelude::{
    AnyValue, Column, DataFrame, DataType, IntoLazy, LazyFrame, NamedFrom, PlRefPath,
    ScanArgsParquet, Schema, Series, TimeUnit,
};
use polars::sql::SQLContext;
use sqlparser::ast::visit_relations;
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;

use crate::error::{Error, Result, did_you_mean};
use crate::evaluate::{KpiTable, full_frame};
use crate::fold::Clearances;
use crate::ingest::LedgerEntry;
use crate::store::Segment;

/// The tables that a statement can name.
pub const TABLES: [&str; 4] = ["events", "clearances", "kpis", "ledger"];

/// The tables that a statement names; unknown ones are an error with the nearest name.
pub fn tables_of(sql: &str) -> Result<BTreeSet<String>> {
    let statements = Parser::parse_sql(&GenericDialect {}, sql)
        .map_err(|cause| Error::usage(format!("the statement is not SQL: {cause}"), None))?;
    let mut named = BTreeSet::new();
    let mut own: BTreeSet<String> = BTreeSet::new();
    for statement in &statements {
        if let sqlparser::ast::Statement::Query(query) = statement
            && let Some(with) = &query.with
        {
            own.extend(
                with.cte_tables
                    .iter()
                    .map(|table| table.alias.name.value.to_lowercase()),
            );
        }
        let _ = visit_relations(statement, |name| {
            named.insert(name.to_string().to_lowercase());
            std::ops::ControlFlow::<()>::Continue(())
        });
    }
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

/// The tables that are there to be asked.
#[derive(Default)]
pub struct Tables<'t> {
    /// Segments of `events`.
    pub events: Option<&'t [Segment]>,
    /// `clearances`, with the project's own attributes.
    pub clearances: Option<(&'t Clearances, &'t BTreeSet<String>)>,
    /// `kpis`, with the project's currency.
    pub kpis: Option<(&'t KpiTable, &'t str)>,
    /// `ledger`.
    pub ledger: Option<&'t [LedgerEntry]>,
}

impl std::fmt::Debug for Tables<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tables").finish_non_exhaustive()
    }
}

/// Answers a statement.
pub fn answer(sql: &str, tables: &Tables<'_>) -> Result<DataFrame> {
    let mut context = SQLContext::new();
    if let Some(segments) = tables.events {
        context.register("events", events(segments)?);
    }
    if let Some((clearances, own)) = tables.clearances {
        context.register("clearances", full_frame(clearances, own)?.lazy());
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
            format!("the statement can't be answered: {cause}"),
            Some(hint),
        )
    };
    context
        .execute(sql)
        .map_err(fault)?
        .collect()
        .map_err(fault)
}

/// One scan of all files. A union of one scan per file would be simpler, but polars counts its rows
/// (`COUNT(*)`) in a type that needs a further feature of polars.
fn events(segments: &[Segment]) -> Result<LazyFrame> {
    let fault = |cause| Error::internal("opening the events", cause);
    if segments.is_empty() {
        return Err(Error::input_with_hint(
            "the store holds no event yet",
            "ingest a log with `clearway ingest`",
        ));
    }
    let path = |segment: &Segment| PlRefPath::new(segment.path.to_string_lossy().as_ref());
    let arguments = || ScanArgsParquet {
        glob: false,
        ..ScanArgsParquet::default()
    };
    // Every file has the columns of its mapping only.
    let mut schema = Schema::default();
    for segment in segments {
        let mut scan = LazyFrame::scan_parquet(path(segment), arguments()).map_err(fault)?;
        for (name, data_type) in scan.collect_schema().map_err(fault)?.iter() {
            if !schema.contains(name) {
                schema.with_column(name.clone(), data_type.clone());
            }
        }
    }
    let arguments = ScanArgsParquet {
        schema: Some(Arc::new(schema)),
        allow_missing_columns: true,
        ..arguments()
    };
    LazyFrame::scan_parquet_files(segments.iter().map(path).collect(), arguments).map_err(fault)
}

fn frame(height: usize, columns: Vec<Series>) -> Result<DataFrame> {
    let columns = columns.into_iter().map(Column::from).collect();
    DataFrame::new(height, columns).map_err(|cause| Error::internal("building a table", cause))
}

fn kpis(table: &KpiTable, currency: &str) -> Result<DataFrame> {
    let rows = table.rows();
    let texts: Vec<[String; 19]> = rows
        .iter()
        .map(|row| crate::output::data::texts(row, currency))
        .collect();
    let columns = crate::output::data::COLUMNS
        .iter()
        .enumerate()
        .map(|(at, name)| {
            let text =
                |texts: &[String; 19]| texts.get(at).filter(|text| !text.is_empty()).cloned();
            let numeric = matches!(
                *name,
                "value"
                    | "ci_low"
                    | "ci_high"
                    | "target"
                    | "previous"
                    | "year_ago"
                    | "n"
                    | "n_open"
                    | "n_excluded"
                    | "kpi_version"
            );
            if numeric {
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

fn ledger(entries: &[LedgerEntry]) -> Result<DataFrame> {
    let text = |name: &str, text: &dyn Fn(&LedgerEntry) -> String| {
        Series::new(
            name.into(),
            entries.iter().map(text).collect::<Vec<String>>(),
        )
    };
    let count = |name: &str, count: &dyn Fn(&LedgerEntry) -> u64| {
        let counts: Vec<i64> = entries
            .iter()
            .map(|entry| count(entry).cast_signed())
            .collect();
        Series::new(name.into(), counts)
    };
    let reasons = |entry: &LedgerEntry| {
        let reasons: Vec<String> = entry
            .reasons
            .iter()
            .map(|(reason, count)| format!("{reason}={count}"))
            .collect();
        reasons.join(" ")
    };
    let columns = vec![
        text("file", &|entry| entry.file.clone()),
        text("sha256", &|entry| entry.sha256.clone()),
        count("size", &|entry| entry.size),
        text("mapping", &|entry| entry.mapping.clone()),
        count("rows_read", &|entry| entry.rows.read),
        count("rows_accepted", &|entry| entry.rows.accepted),
        count("rows_rejected", &|entry| entry.rows.rejected),
        count("rows_duplicates", &|entry| entry.rows.duplicates),
        count("rows_filtered", &|entry| entry.rows.filtered),
        count("events", &|entry| entry.events),
        text("reasons", &reasons),
    ];
    frame(entries.len(), columns)
}

/// A value as text: times as ISO 8601, exact decimals, nothing for null.
pub fn text_of(value: &AnyValue<'_>) -> String {
    match value {
        AnyValue::Null => String::new(),
        AnyValue::Decimal(value, _, scale) => decimal(*value, *scale),
        AnyValue::Datetime(at, unit, _) => instant(*at, *unit),
        AnyValue::DatetimeOwned(at, unit, _) => instant(*at, *unit),
        // Texts and categories, which polars would show in quotes.
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use arrow::array::{
        ArrayRef, DictionaryArray, Int64Array, RecordBatch, TimestampMicrosecondArray,
    };
    use arrow::datatypes::Int32Type;
    use parquet::arrow::ArrowWriter;

    use super::*;

    fn segment(folder: &Path, name: &str, columns: Vec<(&str, ArrayRef)>) -> Segment {
        let path = folder.join(name);
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let file = std::fs::File::create(&path).unwrap();
        let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        Segment {
            path,
            rows: batch.num_rows() as u64,
            size: 0,
            at_us: (0, 0),
            declarations: (String::new(), String::new()),
        }
    }

    fn answered(sql: &str, segments: &[Segment]) -> Vec<Vec<String>> {
        let tables = Tables {
            events: Some(segments),
            ..Tables::default()
        };
        let frame = answer(sql, &tables).unwrap();
        (0..frame.height())
            .map(|row| {
                let values = frame.columns().iter();
                values
                    .map(|column| text_of(&column.get(row).unwrap()))
                    .collect()
            })
            .collect()
    }

    #[test]
    fn events_of_files_with_different_columns_are_one_table() {
        let texts = |texts: Vec<&str>| -> ArrayRef {
            Arc::new(texts.into_iter().collect::<DictionaryArray<Int32Type>>())
        };
        let at = |at: Vec<i64>| -> ArrayRef {
            Arc::new(TimestampMicrosecondArray::from(at).with_timezone("UTC"))
        };
        let folder = tempfile::tempdir().unwrap();
        let segments = [
            segment(
                folder.path(),
                "a[1].parquet",
                vec![
                    ("at", at(vec![0, 1_500_000])),
                    ("activity", texts(vec!["lodge", "pay"])),
                ],
            ),
            segment(
                folder.path(),
                "b.parquet",
                vec![
                    ("activity", texts(vec!["lodge"])),
                    ("lines", Arc::new(Int64Array::from(vec![7]))),
                    ("at", at(vec![3_000_000])),
                ],
            ),
        ];
        assert_eq!(answered("SELECT COUNT(*) FROM events", &segments), [["3"]]);
        assert_eq!(
            answered(
                "SELECT activity, COUNT(*) AS n, MAX(at) AS newest, SUM(lines) AS lines \
                 FROM events GROUP BY activity ORDER BY n",
                &segments
            ),
            [
                ["pay", "1", "1970-01-01T00:00:01.5Z", "0"],
                ["lodge", "2", "1970-01-01T00:00:03Z", "7"]
            ]
        );
        assert_eq!(
            answered("SELECT lines FROM events ORDER BY at LIMIT 1", &segments),
            [[""]]
        );
    }
}
