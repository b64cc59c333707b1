//! How figures move from month to month: process limits and signals, season, and what reforms changed.
//!
//! Everything here is made from published rows of the [`KpiTable`]: what is withheld there is a gap
//! here, and whoever has `kpis.csv` can do it again.

mod interrupted;
mod limits;
mod reform;
mod seasonal;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use limits::BASELINE_MONTHS;
pub use reform::{
    Effect, MONTHS_AFTER, MONTHS_BEFORE, MONTHS_BEFORE_FOR_SLOPE, ReformEffect, Verdict,
};
pub use seasonal::SEASON_MONTHS;

use super::objectives::main_statistic;
use super::table::{KpiRow, KpiTable, State, Statistic};
use crate::catalogue::{Better, Definition, Measure};
use crate::model::{Grain, Month, Period, Quantity, Unit};
use crate::project::Reform;
use limits::Chart;

/// A month of spans of which more than this share is still open is provisional: the quantiles of
/// those that have ended are then too short, and will grow.
const OPEN_SHARE_MAX: f64 = 0.05;

/// How figures move.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trends {
    /// One series per KPI, dimension and member, sorted by these.
    pub series: Vec<Trend>,
    /// What reforms changed: one per reform and series that it was meant to change.
    pub effects: Vec<ReformEffect>,
}

impl Trends {
    /// The series of a KPI in one cell.
    pub fn find(&self, kpi: &str, (dimension, member): (&str, &str)) -> Option<&Trend> {
        let key = (kpi, dimension, member);
        let at = self.series.binary_search_by(|one| one.key().cmp(&key));
        self.series.get(at.ok()?)
    }

    /// The effects on the whole of a KPI, in the order of the reforms.
    pub fn effects_on<'t>(&'t self, kpi: &'t str) -> impl Iterator<Item = &'t ReformEffect> {
        let whole = |one: &&ReformEffect| one.dimension.as_ref() == "all";
        let own = self
            .effects
            .iter()
            .filter(move |one| one.kpi.as_ref() == kpi);
        own.filter(whole)
    }
}

/// One series of months.
#[derive(Clone, Debug, PartialEq)]
pub struct Trend {
    /// The KPI's id.
    pub kpi: Arc<str>,
    /// `all`, or the name of the dimension.
    pub dimension: Arc<str>,
    /// `all`, or the member.
    pub member: Arc<str>,
    /// Which number: the median of spans, else the only value.
    pub statistic: Statistic,
    /// Its unit.
    pub unit: Unit,
    /// Every month from the first to the last of the log, ascending.
    pub points: Vec<TrendPoint>,
    /// Why there are no limits, where there are none.
    pub without_limits: Option<String>,
    /// Whether season and remainder are factors of the value or parts of it; `None` where there is no
    /// seasonal adjustment.
    pub season_scale: Option<Scale>,
    /// Why there is no seasonal adjustment, where there is none.
    pub without_season: Option<String>,
}

impl Trend {
    fn key(&self) -> (&str, &str, &str) {
        (&self.kpi, &self.dimension, &self.member)
    }
}

/// One month of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct TrendPoint {
    /// The month.
    pub period: Period,
    /// The figure of the table.
    pub value: Option<Quantity>,
    /// Whether it is there.
    pub state: State,
    /// Whether so many of the month's spans are still open that the figure will grow. Such a month is
    /// shown and counts nowhere.
    pub provisional: bool,
    /// Distance from the month before; `None` where one of the two does not count.
    pub moving_range: Option<f64>,
    /// The limits that the month is held against.
    pub limits: Option<ProcessLimits>,
    /// What the month says, where it counts and there are limits.
    pub signal: Option<Signal>,
    /// The rules by which it is a signal.
    pub rules: Vec<Rule>,
    /// Its parts, where there are enough adjoining months.
    pub season: Option<SeasonPoint>,
}

impl TrendPoint {
    /// The figure, if it counts for limits, season and effects.
    pub fn counted(&self) -> Option<f64> {
        let value = self.value.filter(|_| !self.provisional)?;
        Some(value.to_f64()).filter(|value| value.is_finite())
    }
}

/// Natural process limits, in the unit of the figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProcessLimits {
    /// The centre line: the mean of the baseline.
    pub centre: f64,
    /// The lower limit, not below what the figure can be.
    pub lower: f64,
    /// The upper limit, not above what the figure can be.
    pub upper: f64,
    /// The upper limit of moving ranges.
    pub range_upper: f64,
}

/// What a month says, held against its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signal {
    /// Nothing but the usual variation.
    CommonCause,
    /// Something has changed for the better.
    Improvement,
    /// Something has changed for the worse.
    Concern,
    /// Something has changed; the KPI has no better direction.
    Change,
}

impl Signal {
    /// The name used in `trends.csv`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CommonCause => "common_cause",
            Self::Improvement => "improvement",
            Self::Concern => "concern",
            Self::Change => "change",
        }
    }

    fn of(is_signal: bool, above: bool, better: Better) -> Self {
        match (is_signal, better, above) {
            (false, _, _) => Self::CommonCause,
            (true, Better::Context, _) => Self::Change,
            (true, Better::Higher, true) | (true, Better::Lower, false) => Self::Improvement,
            (true, Better::Higher, false) | (true, Better::Lower, true) => Self::Concern,
        }
    }
}

/// Why a month is a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// It lies outside the limits.
    Outside,
    /// It is one of eight or more in a row on one side of the centre line.
    Run,
    /// It is one of three out of four in a row nearer to a limit than to the centre line.
    NearLimit,
}

impl Rule {
    /// The name used in `trends.csv`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Outside => "outside_limits",
            Self::Run => "run_of_eight",
            Self::NearLimit => "three_of_four_near_limit",
        }
    }
}

/// A month taken apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeasonPoint {
    /// The level, without season and remainder; in the unit of the figure.
    pub trend: f64,
    /// The season: a factor on the relative scale, a part of the figure on the absolute one.
    pub seasonal: f64,
    /// What is left, as the season.
    pub remainder: f64,
    /// The figure without its season, in its unit. A share near 0 or 1 may leave that range.
    pub adjusted: f64,
}

/// Whether changes of a figure are fractions of it or differences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scale {
    /// Times, money, counts: a busy month is longer by a tenth, not by an hour. Needs positive values.
    Relative,
    /// Shares and what may be zero or negative: differences, in points.
    Absolute,
}

impl Scale {
    /// The name used in `trends.csv` and `reforms.csv`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Relative => "relative",
            Self::Absolute => "absolute",
        }
    }

    fn of(definition: &Definition, mut values: impl Iterator<Item = f64>) -> Self {
        let in_points = matches!(definition.unit, Unit::Share | Unit::Index | Unit::Z);
        if !in_points && values.all(|value| value > 0.0) {
            Self::Relative
        } else {
            Self::Absolute
        }
    }

    /// To the scale on which parts add up.
    fn forward(self, value: f64) -> f64 {
        match self {
            Self::Relative => value.ln(),
            Self::Absolute => value,
        }
    }

    fn back(self, value: f64) -> f64 {
        match self {
            Self::Relative => value.exp(),
            Self::Absolute => value,
        }
    }
}

/// Whose series it is.
struct Subject<'s> {
    definition: &'s Definition,
    dimension: &'s Arc<str>,
    member: &'s Arc<str>,
    statistic: Statistic,
    unit: Unit,
}

/// The trends of some KPIs, from the monthly rows of a table up to `last`, the last month that is
/// whole. The whole of a KPI has a series wherever one month has a figure, a member where at least
/// [`BASELINE_MONTHS`] have one.
pub fn trends(
    table: &KpiTable,
    definitions: &[&Definition],
    reforms: &[Reform],
    last: Month,
) -> Trends {
    let mut trends = Trends::default();
    for rows in table.rows().chunk_by(|a, b| a.kpi == b.kpi) {
        let of =
            |definition: &&&Definition| rows.first().is_some_and(|row| row.kpi == definition.id);
        let Some(definition) = definitions.iter().find(of) else {
            continue;
        };
        let statistic = main_statistic(definition);
        let mut cells: BTreeMap<(&Arc<str>, &Arc<str>), Vec<&KpiRow>> = BTreeMap::new();
        let monthly = |row: &&KpiRow| {
            let month = row.period.grain == Grain::Month && row.period.last <= last;
            month && row.statistic == statistic
        };
        for row in rows.iter().filter(monthly) {
            cells
                .entry((&row.dimension, &row.member))
                .or_default()
                .push(row);
        }
        let own = reforms_of(definition, reforms);
        for ((dimension, member), rows) in cells {
            let least = if dimension.as_ref() == "all" {
                1
            } else {
                BASELINE_MONTHS
            };
            let figures = rows.iter().filter(|row| row.value.is_some()).count();
            let Some(first) = rows.first().filter(|_| figures >= least) else {
                continue;
            };
            let subject = Subject {
                definition,
                dimension,
                member,
                statistic,
                unit: first.unit,
            };
            trends.add(
                &subject,
                rows.iter().map(|row| point(definition, row)).collect(),
                &own,
            );
        }
    }
    trends
}

impl Trends {
    fn add(&mut self, subject: &Subject<'_>, mut points: Vec<TrendPoint>, reforms: &[&Reform]) {
        let starts: Vec<Month> = reforms
            .iter()
            .map(|reform| reform::first_whole_month(reform.date))
            .collect();
        let chart = Chart {
            bounds: bounds(subject.definition),
            better: subject.definition.better,
            reforms: &starts,
        };
        let without_limits = limits::set(&mut points, &chart);
        let effects: Vec<ReformEffect> = (0..reforms.len())
            .filter_map(|at| reform::effect(subject, &points, reforms, at))
            .collect();
        let season = set_season(&mut points, subject.definition, &effects);
        self.effects.extend(effects);
        self.series.push(Trend {
            kpi: Arc::clone(&subject.definition.id),
            dimension: Arc::clone(subject.dimension),
            member: Arc::clone(subject.member),
            statistic: subject.statistic,
            unit: subject.unit,
            points,
            without_limits,
            season_scale: season.as_ref().ok().copied(),
            without_season: season.err(),
        });
    }
}

/// The reforms that were meant to change a KPI, in order of their dates.
fn reforms_of<'r>(definition: &Definition, reforms: &'r [Reform]) -> Vec<&'r Reform> {
    let names = |kpi: &String| kpi.eq_ignore_ascii_case(&definition.id) || *kpi == definition.slug;
    let own = reforms
        .iter()
        .filter(|reform| reform.kpis.iter().any(names));
    let mut own: Vec<&Reform> = own.collect();
    own.sort_by_key(|reform| reform.date);
    own
}

fn point(definition: &Definition, row: &KpiRow) -> TrendPoint {
    let open = row.n_open.unwrap_or_default() as f64;
    let all = open + row.n.unwrap_or_default() as f64;
    TrendPoint {
        period: row.period,
        value: row.value,
        state: row.state,
        provisional: definition.measure.is_span() && open > OPEN_SHARE_MAX * all,
        moving_range: None,
        limits: None,
        signal: None,
        rules: Vec::new(),
        season: None,
    }
}

/// The least and the greatest value that the figures of a KPI can have.
const fn bounds(definition: &Definition) -> (f64, f64) {
    match (&definition.measure, definition.unit) {
        (
            Measure::Share { .. }
            | Measure::Within { .. }
            | Measure::WithinTarget { .. }
            | Measure::MemberShare { .. }
            | Measure::Concentration { .. }
            | Measure::Gain { .. },
            Unit::Share,
        ) => (0.0, 1.0),
        (_, Unit::Count | Unit::Tonnes | Unit::KilometresPerHour | Unit::PerThousand)
        | (Measure::Span { .. } | Measure::Duration { .. }, _) => (0.0, f64::INFINITY),
        _ => (f64::NEG_INFINITY, f64::INFINITY),
    }
}

/// Takes apart the newest run of adjoining months that count and is long enough, with the steps of
/// measured reforms known.
fn set_season(
    points: &mut [TrendPoint],
    definition: &Definition,
    effects: &[ReformEffect],
) -> Result<Scale, String> {
    let runs = points.chunk_by(|a, b| a.counted().is_some() == b.counted().is_some());
    let mut start = 0;
    let mut runs: Vec<(usize, usize)> = runs
        .map(|run| {
            start += run.len();
            (start - run.len(), run.len())
        })
        .filter(|(start, _)| {
            points
                .get(*start)
                .is_some_and(|one| one.counted().is_some())
        })
        .collect();
    runs.reverse();
    // The newest one that is long enough; where none is, the longest says how far it falls short.
    let long = runs.iter().find(|(_, len)| *len >= SEASON_MONTHS);
    let longest = runs.iter().max_by_key(|(_, len)| *len);
    let (start, len) = long.or(longest).copied().unwrap_or_default();
    let run = points.get_mut(start..start + len).unwrap_or_default();
    let values: Vec<f64> = run.iter().filter_map(TrendPoint::counted).collect();
    let scale = Scale::of(definition, values.iter().copied());
    let steps: Vec<(usize, f64)> = effects
        .iter()
        .filter_map(|one| {
            let effect = one
                .effect
                .as_ref()
                .ok()
                .filter(|effect| effect.scale == scale)?;
            let step = match scale {
                Scale::Relative => effect.change.ln_1p(),
                Scale::Absolute => effect.change,
            };
            let begins = reform::first_whole_month(one.date);
            Some((
                run.partition_point(|point| point.period.first < begins),
                step,
            ))
        })
        .collect();
    let seasons = seasonal::decompose(&values, scale, &steps)?;
    for (point, season) in run.iter_mut().zip(seasons) {
        point.season = Some(season);
    }
    Ok(scale)
}

#[cfg(test)]
mod tests;
