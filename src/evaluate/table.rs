//! The table of figures: the one place from which text, tables and charts take a number.

use std::fmt;
use std::sync::Arc;

use rayon::prelude::*;

use super::statistics::Change;
use crate::model::{Period, Quantity, Unit};

/// Which number of a KPI a row holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Statistic {
    /// The only number of a KPI that is not a span.
    Value,
    /// Arithmetic mean.
    Mean,
    /// The 50 % quantile, type 7 like every quantile here.
    Median,
    /// The 10 % quantile.
    P10,
    /// The 25 % quantile.
    P25,
    /// The 75 % quantile.
    P75,
    /// The 90 % quantile.
    P90,
    /// The 95 % quantile.
    P95,
    /// Standard deviation with n − 1; not measurable for n = 1.
    Sd,
    /// Coefficient of variation, sd / mean.
    Cv,
    /// Smallest.
    Min,
    /// Largest.
    Max,
    /// Share of spans that are at most the target.
    WithinTarget,
    /// The 10 % quantile with open declarations counted in (Kaplan–Meier); not measurable where so
    /// many are open that it lies beyond the longest span that has ended.
    KmP10,
    /// The 25 % quantile with open declarations counted in.
    KmP25,
    /// The 50 % quantile with open declarations counted in.
    KmMedian,
    /// The 75 % quantile with open declarations counted in.
    KmP75,
    /// The 90 % quantile with open declarations counted in.
    KmP90,
    /// The 95 % quantile with open declarations counted in.
    KmP95,
}

impl Statistic {
    /// The statistics of a span, in the order of their names in `kpis.csv`.
    pub const SPAN: [Self; 18] = [
        Self::Mean,
        Self::Median,
        Self::P10,
        Self::P25,
        Self::P75,
        Self::P90,
        Self::P95,
        Self::Sd,
        Self::Cv,
        Self::Min,
        Self::Max,
        Self::WithinTarget,
        Self::KmP10,
        Self::KmP25,
        Self::KmMedian,
        Self::KmP75,
        Self::KmP90,
        Self::KmP95,
    ];

    /// The share of a quantile, plain or with open declarations counted in.
    pub const fn quantile(self) -> Option<f64> {
        match self {
            Self::P10 | Self::KmP10 => Some(0.1),
            Self::P25 | Self::KmP25 => Some(0.25),
            Self::Median | Self::KmMedian => Some(0.5),
            Self::P75 | Self::KmP75 => Some(0.75),
            Self::P90 | Self::KmP90 => Some(0.9),
            Self::P95 | Self::KmP95 => Some(0.95),
            _ => None,
        }
    }

    /// Whether open declarations are counted in.
    pub const fn counts_open(self) -> bool {
        matches!(
            self,
            Self::KmP10 | Self::KmP25 | Self::KmMedian | Self::KmP75 | Self::KmP90 | Self::KmP95
        )
    }

    /// The statistic with this name in `kpis.csv`.
    pub fn from_name(name: &str) -> Option<Self> {
        std::iter::once(Self::Value)
            .chain(Self::SPAN)
            .find(|statistic| statistic.name() == name)
    }

    /// The name used in `kpis.csv`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Mean => "mean",
            Self::Median => "median",
            Self::P10 => "p10",
            Self::P25 => "p25",
            Self::P75 => "p75",
            Self::P90 => "p90",
            Self::P95 => "p95",
            Self::Sd => "sd",
            Self::Cv => "cv",
            Self::Min => "min",
            Self::Max => "max",
            Self::WithinTarget => "within_target",
            Self::KmP10 => "km_p10",
            Self::KmP25 => "km_p25",
            Self::KmMedian => "km_median",
            Self::KmP75 => "km_p75",
            Self::KmP90 => "km_p90",
            Self::KmP95 => "km_p95",
        }
    }
}

/// Whether a figure is there, and why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// It is there.
    Ok,
    /// It exists but may not be shown: the cell is too small, one trader makes up most of it, or it
    /// would tell such a cell by difference.
    Suppressed,
    /// It can't be computed: an input is missing, or the population is empty.
    NotMeasurable,
}

impl State {
    /// The name used in `kpis.csv`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Suppressed => "suppressed",
            Self::NotMeasurable => "not_measurable",
        }
    }
}

/// A figure against its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetState {
    /// At the target or better.
    Met,
    /// Short of the target but inside its band.
    Near,
    /// Short of the target.
    Missed,
}

impl TargetState {
    /// The name used in `kpis.csv`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Near => "near",
            Self::Missed => "missed",
        }
    }
}

/// One row of `kpis.csv`: one statistic of one KPI in one cell.
#[derive(Clone, Debug, PartialEq)]
pub struct KpiRow {
    /// The catalogue's id, `TF02`.
    pub kpi: Arc<str>,
    /// The version of the definition.
    pub kpi_version: u32,
    /// The reporting window; its grain is a column of its own in files.
    pub period: Period,
    /// `all`, or the name of the dimension (two joined by `+`).
    pub dimension: Arc<str>,
    /// `all`, or the member (two joined by `+`); `(missing)` where the attribute is empty.
    pub member: Arc<str>,
    /// Which number.
    pub statistic: Statistic,
    /// The number; `None` unless `state` is [`State::Ok`].
    pub value: Option<Quantity>,
    /// Its unit.
    pub unit: Unit,
    /// How many base rows it rests on; `None` where suppressed.
    pub n: Option<u64>,
    /// How many of the population were still open at the freeze time; `None` where suppressed.
    pub n_open: Option<u64>,
    /// How many of the population had to be left out (a fault, a missing milestone).
    pub n_excluded: Option<u64>,
    /// The 95 % interval, in the unit of the value, where one makes sense.
    pub ci: Option<(f64, f64)>,
    /// Whether the number is there.
    pub state: State,
    /// The target for this cell, in the unit of the value.
    pub target: Option<f64>,
    /// The figure against that target.
    pub target_state: Option<TargetState>,
    /// The same figure one period earlier.
    pub previous: Option<Quantity>,
    /// The same figure one year earlier.
    pub year_ago: Option<Quantity>,
    /// The change from one period earlier, set against chance; `None` where `previous` is.
    pub change: Option<Change>,
    /// The change from one year earlier; `None` where `year_ago` is.
    pub change_of_year: Option<Change>,
}

impl KpiRow {
    /// The columns by which rows are sorted and found.
    pub fn key(&self) -> (&str, Period, &str, &str, Statistic) {
        (
            &self.kpi,
            self.period,
            &self.dimension,
            &self.member,
            self.statistic,
        )
    }
}

/// All figures of a run, sorted by [`KpiRow::key`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KpiTable {
    rows: Vec<KpiRow>,
}

impl KpiTable {
    /// Sorts the rows; their keys must be distinct.
    pub fn new(mut rows: Vec<KpiRow>) -> Self {
        // Their keys are distinct, and a stable sort would need half as much memory again.
        rows.par_sort_unstable_by(|a, b| a.key().cmp(&b.key()));
        debug_assert!(
            rows.is_sorted_by(|a, b| a.key() < b.key()),
            "two rows with one key"
        );
        Self { rows }
    }

    /// Without the rows of other periods.
    pub fn keep_periods(&mut self, is_kept: impl Fn(Period) -> bool) {
        self.rows.retain(|row| is_kept(row.period));
    }

    /// Every row, sorted.
    pub fn rows(&self) -> &[KpiRow] {
        &self.rows
    }

    /// The row with this key.
    pub fn find(
        &self,
        kpi: &str,
        period: Period,
        (dimension, member): (&str, &str),
        statistic: Statistic,
    ) -> Option<&KpiRow> {
        let key = (kpi, period, dimension, member, statistic);
        let at = self.rows.binary_search_by(|row| row.key().cmp(&key)).ok()?;
        self.rows.get(at)
    }

    /// The rows of one KPI in one period and dimension, sorted by member and statistic.
    pub fn members(&self, kpi: &str, period: Period, dimension: &str) -> &[KpiRow] {
        let key = |row: &KpiRow| {
            (row.kpi.as_ref().cmp(kpi))
                .then(row.period.cmp(&period))
                .then(row.dimension.as_ref().cmp(dimension))
        };
        let from = self.rows.partition_point(|row| key(row).is_lt());
        let to = self.rows.partition_point(|row| key(row).is_le());
        self.rows.get(from..to).unwrap_or_default()
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
