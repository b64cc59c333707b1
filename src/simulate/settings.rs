//! What to simulate.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::error::SimulateError;
use super::fault::FaultKind;
use crate::model::Month;

/// What to simulate. The same settings give the same rows, byte for byte.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The seed of every draw; 1 by default.
    pub seed: u64,
    /// Declarations in the log, spread over its days; 10,000 by default.
    pub declarations: u64,
    /// The first month of the log; 2024-01 by default.
    pub first_month: Month,
    /// Whole months in the log; 24 by default.
    pub months: u32,
    /// Days that the log runs on after the last whole month, so that this month is complete; 5 by
    /// default.
    pub tail_days: u32,
    /// Corridors: 1 to 9 are those of the sample, further ones are numbered copies; 9 by default.
    pub corridors: u32,
    /// The zone of the office hours and of the logged times; Asia/Tashkent by default.
    pub zone: TimeZone,
    /// The day from which [`Settings::reform_effect`] applies; `None`, the default, is the first
    /// day of the 13th month.
    pub reform_date: Option<Date>,
    /// Relative change of document checks and of the waits for document check, scan, inspection,
    /// other agency and release from the reform date on; −0.2 by default, 0 for no reform.
    pub reform_effect: f64,
    /// Faulty rows as a share of all rows; 0 by default. They come on top of the good rows.
    pub faults: f64,
    /// Kinds of faulty rows, all equally likely; every kind by default.
    pub fault_kinds: Vec<FaultKind>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 1,
            declarations: 10_000,
            first_month: Month::of(Date::constant(2024, 1, 1)),
            months: 24,
            tail_days: 5,
            corridors: 9,
            zone: TimeZone::get("Asia/Tashkent").unwrap_or(TimeZone::UTC),
            reform_date: None,
            reform_effect: -0.2,
            faults: 0.0,
            fault_kinds: FaultKind::ALL.to_vec(),
        }
    }
}

impl Settings {
    /// Refuses values that can't be simulated, before anything is written.
    pub fn check(&self) -> Result<(), SimulateError> {
        let refuse = |name: &'static str, value: String, requirement: &'static str| {
            Err(SimulateError::Setting {
                name,
                value,
                requirement,
            })
        };
        if !(1..=1200).contains(&self.months) {
            return refuse("months", self.months.to_string(), "must be 1 to 1200");
        }
        if !(1900..=2500).contains(&self.first_month.year()) {
            return refuse(
                "first-month",
                self.first_month.to_string(),
                "must be in the years 1900 to 2500",
            );
        }
        if self.tail_days > 366 {
            return refuse(
                "tail-days",
                self.tail_days.to_string(),
                "must be at most 366",
            );
        }
        if !(1..=999).contains(&self.corridors) {
            return refuse("corridors", self.corridors.to_string(), "must be 1 to 999");
        }
        if self.declarations > 10_000_000_000 {
            return refuse(
                "declarations",
                self.declarations.to_string(),
                "must be at most 10,000,000,000",
            );
        }
        if !(0.0..=0.9).contains(&self.faults) {
            return refuse(
                "faults",
                self.faults.to_string(),
                "must be a share from 0 to 0.9",
            );
        }
        if !(self.reform_effect > -1.0 && self.reform_effect <= 10.0) {
            return refuse(
                "reform-effect",
                self.reform_effect.to_string(),
                "must be above -1 (no time at all) and at most 10; -0.2 is a fifth less",
            );
        }
        if self.faults > 0.0 && self.fault_kinds.is_empty() {
            return refuse("fault-kinds", String::new(), "must name at least one kind");
        }
        Ok(())
    }

    /// The first day of the log.
    pub(super) fn first_day(&self) -> Date {
        first_day_of(self.first_month)
    }

    /// The first day after the log.
    pub(super) fn end_day(&self) -> Date {
        let months = i32::try_from(self.months).unwrap_or(i32::MAX);
        first_day_of(self.first_month.plus(months))
            .saturating_add(jiff::Span::new().days(i64::from(self.tail_days.min(366))))
    }

    /// The day of the reform.
    pub(super) fn reform_day(&self) -> Date {
        self.reform_date
            .unwrap_or_else(|| first_day_of(self.first_month.plus(12)))
    }
}

fn first_day_of(month: Month) -> Date {
    Date::new(month.year(), month.number(), 1).unwrap_or(Date::MAX)
}

/// The file format of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated, UTF-8, one header row, `\n` line ends.
    Csv,
    /// Parquet, every column text as in the CSV, so that one mapping reads both.
    Parquet,
}

/// How a CSV log is packed; Parquet packs inside the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Plain.
    None,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
}

/// Whether the log is one file or several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Split {
    /// One file.
    #[default]
    None,
    /// One file per local calendar month, `-YYYY-MM` before the suffix.
    Month,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        })
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "csv" => Ok(Self::Csv),
            "parquet" => Ok(Self::Parquet),
            _ => Err(format!("`{text}` is not a format: give `csv` or `parquet`")),
        }
    }
}

impl FromStr for Split {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self::None),
            "month" => Ok(Self::Month),
            _ => Err(format!(
                "`{text}` is not a way to split: give `month` or `none`"
            )),
        }
    }
}
