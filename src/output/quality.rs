//! `quality.csv` and the quality of `run.json`.

use serde_json::{Value, json};

use super::data::inert;
use crate::error::{Error, Result};
use crate::evaluate::{QUALITY_RULES, QualityRow};

const COLUMNS: [&str; 7] = [
    "rule",
    "slug",
    "dimension",
    "member",
    "count",
    "of",
    "share",
];

fn slug(row: &QualityRow) -> &'static str {
    let mut rules = QUALITY_RULES.iter();
    rules
        .find(|rule| rule.id == row.rule)
        .map_or("", |rule| rule.slug)
}

/// `quality.csv`: UTF-8, commas, LF. A share of nothing is empty.
pub fn quality_csv(rows: &[QualityRow]) -> Result<Vec<u8>> {
    let fault = |cause| Error::internal("printing quality.csv", cause);
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(COLUMNS).map_err(fault)?;
    for row in rows {
        let share = row.share().map(|share| share.to_string());
        let fields = [
            row.rule.to_owned(),
            slug(row).to_owned(),
            row.dimension.to_owned(),
            inert(&row.member),
            row.count.to_string(),
            row.of.to_string(),
            share.unwrap_or_default(),
        ];
        csv.write_record(fields).map_err(fault)?;
    }
    csv.into_inner()
        .map_err(|cause| Error::internal("printing quality.csv", cause))
}

/// The whole of every rule, as `run.json` has it.
pub fn quality_json(rows: &[QualityRow]) -> Value {
    let whole = rows.iter().filter(|row| row.dimension == "all");
    let one = |row: &QualityRow| {
        json!({
            "rule": row.rule,
            "slug": slug(row),
            "count": row.count,
            "of": row.of,
            "share": row.share(),
        })
    };
    Value::Array(whole.map(one).collect())
}
