//! `kpis.csv`, `kpis.parquet` and `rejects.csv`.

use std::borrow::Cow;
use std::fmt::{Display, Write as _};
use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::evaluate::{KpiRow, KpiTable, SpanCurve, TargetState};
use crate::model::{Period, Quantity, Unit};
use crate::store::StoredReject;

/// The columns of `kpis.csv` and `kpis.parquet`.
pub const COLUMNS: [&str; PUBLISHED] = [
    "kpi",
    "kpi_version",
    "grain",
    "period",
    "dimension",
    "member",
    "statistic",
    "value",
    "unit",
    "n",
    "n_open",
    "n_excluded",
    "ci_low",
    "ci_high",
    "state",
    "target",
    "target_state",
    "previous",
    "year_ago",
];

/// How many columns there are.
const PUBLISHED: usize = 19;

/// Decimal places of numbers in `kpis.parquet`: shares to a millionth of a millionth, money exact.
const SCALE: i8 = 12;

pub(super) fn unit(row: &KpiRow, currency: &str) -> String {
    unit_name(row.unit, currency).to_owned()
}

/// The name of a unit in data files: that of money is its currency.
pub(super) const fn unit_name(unit: Unit, currency: &str) -> &str {
    match unit {
        Unit::Money => currency,
        unit => unit.name(),
    }
}

/// A number as data files have it: the shortest text that reads back as the same; empty for none.
pub(super) fn number(value: Option<f64>) -> String {
    // `+ 0.0` turns −0 into 0.
    printed_number(value.map(|value| value + 0.0))
}

pub(super) fn quantity(value: Option<Quantity>) -> String {
    printed_number(value)
}

/// Most numbers have fewer bytes: a text that grows piece by piece would be moved for each.
const NUMBER_BYTES: usize = 24;

/// A number, or no text where there is none.
fn printed_number(value: Option<impl Display>) -> String {
    let Some(value) = value else {
        return String::new();
    };
    let mut text = String::with_capacity(NUMBER_BYTES);
    // Writing to a String can't fail.
    let _ = write!(text, "{value}");
    text
}

/// One row as the texts of `kpis.csv`.
pub fn texts<'r>(row: &'r KpiRow, currency: &'r str) -> [Cow<'r, str>; PUBLISHED] {
    let state = row.target_state.map(TargetState::name);
    [
        Cow::Borrowed(&row.kpi),
        Cow::Owned(row.kpi_version.to_string()),
        Cow::Borrowed(row.period.grain.name()),
        Cow::Owned(row.period.to_string()),
        Cow::Borrowed(&row.dimension),
        Cow::Borrowed(&row.member),
        Cow::Borrowed(row.statistic.name()),
        Cow::Owned(quantity(row.value)),
        Cow::Borrowed(unit_name(row.unit, currency)),
        Cow::Owned(printed_number(row.n)),
        Cow::Owned(printed_number(row.n_open)),
        Cow::Owned(printed_number(row.n_excluded)),
        Cow::Owned(number(row.ci.map(|ci| ci.0))),
        Cow::Owned(number(row.ci.map(|ci| ci.1))),
        Cow::Borrowed(row.state.name()),
        Cow::Owned(number(row.target)),
        Cow::Borrowed(state.unwrap_or_default()),
        Cow::Owned(quantity(row.previous)),
        Cow::Owned(quantity(row.year_ago)),
    ]
}

/// About as many bytes as a line of `kpis.csv` has: a list that grows would take twice as much.
const OF_A_LINE: usize = 112;

/// Rows that one core prints in one go.
const ROWS_OF_A_CORE: usize = 1 << 11;

/// `kpis.csv`: UTF-8, commas, LF.
pub fn kpis_csv(table: &KpiTable, currency: &str) -> Result<Vec<u8>> {
    rows_csv(&[table.rows()], currency)
}

/// The rows of some tables, one after the other, as `kpis.csv` has them, with its header.
pub fn rows_csv(tables: &[&[KpiRow]], currency: &str) -> Result<Vec<u8>> {
    let rows: usize = tables.iter().map(|rows| rows.len()).sum();
    let mut bytes = Vec::with_capacity(rows * OF_A_LINE);
    bytes.extend(printed(|csv| csv.write_record(COLUMNS))?);
    // As many at a time as are written down at once: printed twice they would take twice as much.
    for rows in tables.iter().flat_map(|rows| rows.chunks(ROWS_AT_ONCE)) {
        let parts = rows.par_chunks(ROWS_OF_A_CORE).map(|rows| {
            printed(|csv| {
                let mut rows = rows.iter();
                rows.try_for_each(|row| {
                    let fields = fields(row, currency);
                    csv.write_record(fields.iter().map(|field| field.as_bytes()))
                })
            })
        });
        for part in parts.collect::<Result<Vec<_>>>()? {
            bytes.extend(part);
        }
    }
    // It is kept beside the other files until the folder is written.
    bytes.shrink_to_fit();
    Ok(bytes)
}

/// The fields of a line of `kpis.csv`.
fn fields<'r>(row: &'r KpiRow, currency: &'r str) -> [Cow<'r, str>; PUBLISHED] {
    let mut texts = texts(row, currency);
    for (column, text) in COLUMNS.iter().zip(&mut texts) {
        if matches!(*column, "kpi" | "dimension" | "member" | "unit") && is_formula(text) {
            *text = Cow::Owned(inert(text));
        }
    }
    texts
}

fn printed(print: impl FnOnce(&mut csv::Writer<Vec<u8>>) -> csv::Result<()>) -> Result<Vec<u8>> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    print(&mut csv).map_err(|cause| Error::internal("printing kpis.csv", cause))?;
    csv.into_inner()
        .map_err(|cause| Error::internal("printing kpis.csv", cause))
}

/// A number in units of 10⁻¹²: its shortest decimal text, as `kpis.csv` has it, rounded half away
/// from zero at the twelfth place. `None` where it is not finite.
fn scaled(value: f64) -> Option<i128> {
    let text = value.abs().to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let places = usize::from(SCALE.unsigned_abs());
    let kept: String = fraction
        .chars()
        .chain(std::iter::repeat('0'))
        .take(places)
        .collect();
    let magnitude: i128 = format!("{whole}{kept}").parse().ok()?;
    let up = fraction
        .as_bytes()
        .get(places)
        .is_some_and(|digit| *digit >= b'5');
    let magnitude = magnitude + i128::from(up);
    Some(if value < 0.0 { -magnitude } else { magnitude })
}

fn scaled_quantity(value: Quantity) -> Option<i128> {
    match value {
        Quantity::Count(count) => i128::from(count).checked_mul(10_i128.pow(12)),
        Quantity::Money(amount) => amount.millionths().checked_mul(10_i128.pow(6)),
        Quantity::Seconds(value)
        | Quantity::Share(value)
        | Quantity::Ratio(value)
        | Quantity::Number(value) => scaled(value),
    }
}

/// Rows that are arrays, or printed, at the same time: a report has hundreds of thousands.
const ROWS_AT_ONCE: usize = 1 << 16;

/// `kpis.parquet`: the same rows with typed columns; numbers are decimals, so that money is exact.
pub fn kpis_parquet(table: &KpiTable, currency: &str) -> Result<Vec<u8>> {
    let fault = |cause| Error::internal("writing kpis.parquet", cause);
    let level = ZstdLevel::try_new(3).map_err(fault)?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_created_by(format!("clearway {}", env!("CARGO_PKG_VERSION")))
        .build();
    let schema = record_batch(&[], currency)?.schema();
    let mut writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties)).map_err(fault)?;
    for rows in table.rows().chunks(ROWS_AT_ONCE) {
        writer
            .write(&record_batch(rows, currency)?)
            .map_err(fault)?;
    }
    writer.into_inner().map_err(fault)
}

fn record_batch(rows: &[KpiRow], currency: &str) -> Result<RecordBatch> {
    let text = |text: &dyn Fn(&KpiRow) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(text).collect::<StringArray>())
    };
    let count = |n: &dyn Fn(&KpiRow) -> Option<u64>| -> ArrayRef {
        Arc::new(
            rows.iter()
                .map(|row| n(row).map(u64::cast_signed))
                .collect::<Int64Array>(),
        )
    };
    let decimal = |value: &dyn Fn(&KpiRow) -> Option<i128>| -> Result<ArrayRef> {
        let array = rows.iter().map(value).collect::<Decimal128Array>();
        let array = array.with_precision_and_scale(38, SCALE);
        Ok(Arc::new(array.map_err(|cause| {
            Error::internal("building kpis.parquet", cause)
        })?))
    };
    let columns: [ArrayRef; PUBLISHED] = [
        text(&|row| Some(row.kpi.to_string())),
        Arc::new(
            rows.iter()
                .map(|row| Some(row.kpi_version.cast_signed()))
                .collect::<Int32Array>(),
        ),
        text(&|row| Some(row.period.grain.to_string())),
        text(&|row| Some(row.period.to_string())),
        text(&|row| Some(row.dimension.to_string())),
        text(&|row| Some(row.member.to_string())),
        text(&|row| Some(row.statistic.to_string())),
        decimal(&|row| row.value.and_then(scaled_quantity))?,
        text(&|row| Some(unit(row, currency))),
        count(&|row| row.n),
        count(&|row| row.n_open),
        count(&|row| row.n_excluded),
        decimal(&|row| row.ci.and_then(|ci| scaled(ci.0)))?,
        decimal(&|row| row.ci.and_then(|ci| scaled(ci.1)))?,
        text(&|row| Some(row.state.to_string())),
        decimal(&|row| row.target.and_then(scaled))?,
        text(&|row| row.target_state.map(|state| state.name().to_owned())),
        decimal(&|row| row.previous.and_then(scaled_quantity))?,
        decimal(&|row| row.year_ago.and_then(scaled_quantity))?,
    ];
    let fields: Vec<Field> = COLUMNS
        .iter()
        .zip(&columns)
        .map(|(name, column)| Field::new(*name, column.data_type().clone(), true))
        .collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.to_vec())
        .map_err(|cause| Error::internal("building kpis.parquet", cause))
}

/// `changes.csv`: every figure of a period that has an earlier one, with the change, its 95 % interval and whether
/// it is distinguishable from chance: `higher`, `lower`, `within_noise` or `untested`.
pub fn changes_csv(table: &KpiTable, period: Period, currency: &str) -> Result<Vec<u8>> {
    let fault = |cause| Error::internal("printing changes.csv", cause);
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record([
        "kpi",
        "grain",
        "period",
        "dimension",
        "member",
        "statistic",
        "unit",
        "against",
        "value",
        "earlier",
        "change",
        "ci_low",
        "ci_high",
        "verdict",
    ])
    .map_err(fault)?;
    for row in table.rows().iter().filter(|row| row.period == period) {
        for (against, earlier, change) in [
            ("previous", row.previous, row.change),
            ("year_ago", row.year_ago, row.change_of_year),
        ] {
            let Some(change) = change else { continue };
            csv.write_record([
                row.kpi.to_string(),
                row.period.grain.to_string(),
                row.period.to_string(),
                inert(&row.dimension),
                inert(&row.member),
                row.statistic.to_string(),
                unit(row, currency),
                against.to_owned(),
                quantity(row.value),
                quantity(earlier),
                number(Some(change.difference)),
                number(change.ci.map(|ci| ci.0)),
                number(change.ci.map(|ci| ci.1)),
                change.noise.name().to_owned(),
            ])
            .map_err(fault)?;
        }
    }
    csv.into_inner()
        .map_err(|cause| Error::internal("printing changes.csv", cause))
}

/// `curves.csv`: for each span of the period, by each time since its start, the share of ended spans
/// and the share with open ones counted in, with its 95 % interval.
pub fn curves_csv(curves: &[SpanCurve]) -> Result<Vec<u8>> {
    let fault = |cause| Error::internal("printing curves.csv", cause);
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record([
        "kpi", "period", "n", "n_open", "at_s", "ended", "all", "ci_low", "ci_high",
    ])
    .map_err(fault)?;
    for curve in curves {
        for point in &curve.points {
            csv.write_record([
                curve.kpi.to_string(),
                curve.period.to_string(),
                curve.n.to_string(),
                curve.n_open.to_string(),
                number(Some(point.at_s)),
                number(point.ended),
                number(point.all),
                number(point.ci.map(|ci| ci.0)),
                number(point.ci.map(|ci| ci.1)),
            ])
            .map_err(fault)?;
        }
    }
    csv.into_inner()
        .map_err(|cause| Error::internal("printing curves.csv", cause))
}

/// `rejects.csv`: every refused row with its reason and its text.
pub fn rejects_csv(rejects: &[StoredReject]) -> Result<Vec<u8>> {
    let fault = |cause| Error::internal("printing rejects.csv", cause);
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["file", "line", "column", "value", "reason", "raw"])
        .map_err(fault)?;
    for reject in rejects {
        let line = reject.line.to_string();
        let fields = [
            &reject.file,
            &line,
            &reject.column,
            &reject.value,
            &reject.reason,
            &reject.raw,
        ];
        csv.write_record(fields.map(|field| inert(field)))
            .map_err(fault)?;
    }
    csv.into_inner()
        .map_err(|cause| Error::internal("printing rejects.csv", cause))
}

/// A text that a spreadsheet would run as a formula gets an apostrophe in front. A lone sign and a
/// signed number are left as they are: a spreadsheet takes them for what they are.
///
/// Every CSV that Clearway writes or prints may be opened in a spreadsheet, so that this holds for all
/// of them, in columns of text. Parquet and JSON give the text as it is.
pub fn inert(text: &str) -> String {
    if is_formula(text) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// Whether a spreadsheet would run a text as a formula.
fn is_formula(text: &str) -> bool {
    let begins = matches!(
        text.as_bytes().first(),
        Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r' | b'\n')
    );
    let is_number = || text.len() == 1 || text.parse::<f64>().is_ok_and(f64::is_finite);
    begins && !is_number()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaled_numbers_are_rounded_to_twelve_places() {
        assert_eq!(scaled(0.1), Some(100_000_000_000));
        assert_eq!(scaled(-1.5), Some(-1_500_000_000_000));
        assert_eq!(scaled(1.0 / 3.0), Some(333_333_333_333));
        assert_eq!(scaled(2.0 / 3.0), Some(666_666_666_667));
        assert_eq!(
            scaled(111_514.368_932_038_84),
            Some(111_514_368_932_038_840)
        );
        assert_eq!(scaled(1e16), Some(10_000_000_000_000_000_000_000_000_000));
        assert_eq!(scaled(f64::NAN), None);
    }

    #[test]
    fn a_cell_that_begins_like_a_formula_is_inert() {
        for text in [
            "=1+1",
            "+cmd|' /C calc'!A0",
            "-2+3",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "+inf",
        ] {
            assert_eq!(inert(text), format!("'{text}"));
        }
        for text in ["26001/1", "", "-", "-5.25", "+3", "a=1", "'=1"] {
            assert_eq!(inert(text), text);
        }
    }
}
