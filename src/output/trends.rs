//! `trends.csv`, `reforms.csv` and what `run.json` says of them.

use serde_json::{Value, json};

use super::data::{inert, number, quantity, unit_name};
use crate::error::{Error, Result};
use crate::evaluate::{ReformEffect, Rule, Scale, Signal, Trend, TrendPoint, Trends};
use crate::model::Period;

/// The columns of `trends.csv`, one row per series and month. `value`, `moving_range`, the limits,
/// `trend` and `adjusted` are in the unit; `seasonal` and `remainder` are factors where `scale` is
/// `relative`, parts of the value where it is `absolute`.
pub const TREND_COLUMNS: [&str; 20] = [
    "kpi",
    "dimension",
    "member",
    "statistic",
    "period",
    "value",
    "unit",
    "state",
    "provisional",
    "moving_range",
    "centre",
    "lower",
    "upper",
    "range_upper",
    "signal",
    "rules",
    "scale",
    "trend",
    "seasonal",
    "adjusted",
];

/// The columns of `reforms.csv`, one row per reform and series. `effect` and its interval are
/// fractions of the level where `scale` is `relative`, differences in the unit where it is `absolute`.
pub const REFORM_COLUMNS: [&str; 19] = [
    "reform",
    "date",
    "kpi",
    "dimension",
    "member",
    "statistic",
    "unit",
    "months_before",
    "months_after",
    "expected",
    "observed",
    "scale",
    "effect",
    "ci_low",
    "ci_high",
    "slope",
    "autocorrelation",
    "verdict",
    "reason",
];

/// One month of a series as the texts of `trends.csv`.
pub fn trend_texts(trend: &Trend, point: &TrendPoint, currency: &str) -> [String; 20] {
    let limits = point.limits;
    let season = point.season;
    let rules: Vec<&str> = point.rules.iter().copied().map(Rule::name).collect();
    [
        trend.kpi.to_string(),
        trend.dimension.to_string(),
        inert(&trend.member),
        trend.statistic.to_string(),
        point.period.to_string(),
        quantity(point.value),
        unit_name(trend.unit, currency).to_owned(),
        point.state.to_string(),
        point.provisional.to_string(),
        number(point.moving_range),
        number(limits.map(|limits| limits.centre)),
        number(
            limits
                .map(|limits| limits.lower)
                .filter(|one| one.is_finite()),
        ),
        number(
            limits
                .map(|limits| limits.upper)
                .filter(|one| one.is_finite()),
        ),
        number(limits.map(|limits| limits.range_upper)),
        point
            .signal
            .map(Signal::name)
            .unwrap_or_default()
            .to_owned(),
        rules.join(" "),
        season
            .and(trend.season_scale)
            .map(Scale::name)
            .unwrap_or_default()
            .to_owned(),
        number(season.map(|season| season.trend)),
        number(season.map(|season| season.seasonal)),
        number(season.map(|season| season.adjusted)),
    ]
}

/// One effect as the texts of `reforms.csv`.
pub fn reform_texts(effect: &ReformEffect, currency: &str) -> [String; 19] {
    let measured = effect.effect.as_ref().ok();
    let verdict = measured.map_or("not_measurable", |one| one.verdict.name());
    let reason = effect.effect.as_ref().err();
    [
        inert(&effect.reform),
        effect.date.to_string(),
        effect.kpi.to_string(),
        effect.dimension.to_string(),
        inert(&effect.member),
        effect.statistic.to_string(),
        unit_name(effect.unit, currency).to_owned(),
        effect.months_before.to_string(),
        effect.months_after.to_string(),
        number(measured.map(|one| one.expected)),
        number(measured.map(|one| one.observed)),
        measured
            .map(|one| one.scale.name())
            .unwrap_or_default()
            .to_owned(),
        number(measured.map(|one| one.change)),
        number(measured.map(|one| one.ci.0)),
        number(measured.map(|one| one.ci.1)),
        number(measured.and_then(|one| one.slope)),
        number(measured.map(|one| one.autocorrelation)),
        verdict.to_owned(),
        reason.cloned().unwrap_or_default(),
    ]
}

fn csv_of<const N: usize>(
    columns: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
    name: &str,
) -> Result<Vec<u8>> {
    let fault = |cause| Error::internal(format!("printing {name}").as_str(), cause);
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(columns).map_err(fault)?;
    for row in rows {
        csv.write_record(row).map_err(fault)?;
    }
    csv.into_inner()
        .map_err(|cause| Error::internal(format!("printing {name}").as_str(), cause))
}

/// `trends.csv`: UTF-8, commas, LF.
pub fn trends_csv(trends: &Trends, currency: &str) -> Result<Vec<u8>> {
    let rows = trends.series.iter().flat_map(|trend| {
        let points = trend.points.iter();
        points.map(|point| trend_texts(trend, point, currency))
    });
    csv_of(TREND_COLUMNS, rows, "trends.csv")
}

/// `reforms.csv`: UTF-8, commas, LF.
pub fn reforms_csv(trends: &Trends, currency: &str) -> Result<Vec<u8>> {
    let rows = trends
        .effects
        .iter()
        .map(|effect| reform_texts(effect, currency));
    csv_of(REFORM_COLUMNS, rows, "reforms.csv")
}

/// What `run.json` says of trends: how many series there are, which KPIs of the whole are signals in
/// the last month of the period, and what each reform changed in the whole.
pub fn trends_json(trends: &Trends, period: Period) -> Value {
    let whole = |trend: &&Trend| trend.dimension.as_ref() == "all";
    let signals = trends.series.iter().filter(whole).filter_map(|trend| {
        let point = trend
            .points
            .iter()
            .rfind(|point| point.period.last == period.last)?;
        let signal = point
            .signal
            .filter(|signal| *signal != Signal::CommonCause)?;
        let rules: Vec<&str> = point.rules.iter().copied().map(Rule::name).collect();
        Some(json!({ "kpi": &*trend.kpi, "signal": signal.name(), "rules": rules }))
    });
    let reforms = trends
        .effects
        .iter()
        .filter(|one| one.dimension.as_ref() == "all");
    let reforms = reforms.map(|one| match &one.effect {
        Ok(effect) => json!({
            "reform": one.reform,
            "date": one.date.to_string(),
            "kpi": &*one.kpi,
            "statistic": one.statistic.name(),
            "scale": effect.scale.name(),
            "effect": effect.change,
            "ci": [effect.ci.0, effect.ci.1],
            "verdict": effect.verdict.name(),
        }),
        Err(reason) => json!({
            "reform": one.reform,
            "date": one.date.to_string(),
            "kpi": &*one.kpi,
            "not_measurable": reason,
        }),
    });
    json!({
        "series": trends.series.len(),
        "with_limits": trends.series.iter().filter(|one| one.without_limits.is_none()).count(),
        "seasonally_adjusted": trends.series.iter().filter(|one| one.season_scale.is_some()).count(),
        "signals": signals.collect::<Vec<_>>(),
        "reforms": reforms.collect::<Vec<_>>(),
    })
}
