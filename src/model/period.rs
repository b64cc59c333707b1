//! Reporting windows: months, quarters, years and the whole log, cut in a zone.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The size of a reporting window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grain {
    /// A calendar month.
    Month,
    /// A calendar quarter.
    Quarter,
    /// A calendar year.
    Year,
    /// The whole log, or a stated range of months, as one period.
    All,
}

impl Grain {
    /// The name used in `kpis.csv` and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
            Self::All => "all",
        }
    }
}

impl fmt::Display for Grain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A calendar month: months since year 0, so that arithmetic is plain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(i32);

impl Month {
    /// The month of a civil date.
    pub fn of(date: Date) -> Self {
        Self(i32::from(date.year()) * 12 + i32::from(date.month()) - 1)
    }

    /// From a year and a month number 1–12; `None` outside years 1–9998 or months 1–12.
    pub fn new(year: i16, month: i8) -> Option<Self> {
        ((1..=9998).contains(&year) && (1..=12).contains(&month))
            .then(|| Self(i32::from(year) * 12 + i32::from(month) - 1))
    }

    /// The civil year.
    pub fn year(self) -> i16 {
        i16::try_from(self.0.div_euclid(12)).unwrap_or(i16::MAX)
    }

    /// The month number, 1–12.
    pub fn number(self) -> i8 {
        i8::try_from(self.0.rem_euclid(12) + 1).unwrap_or(1)
    }

    /// The month `months` later (earlier when negative).
    #[must_use]
    pub fn plus(self, months: i32) -> Self {
        Self(self.0 + months)
    }

    /// Whole months from `earlier` to `self`.
    pub fn since(self, earlier: Self) -> i32 {
        self.0 - earlier.0
    }

    /// The first instant of the month in `zone`, in microseconds since the Unix epoch. Where a
    /// daylight-saving change removes midnight, the first instant that exists.
    pub fn start_us(self, zone: &TimeZone) -> i64 {
        Date::new(self.year(), self.number(), 1)
            .ok()
            .and_then(|date| date.to_zoned(zone.clone()).ok())
            .map_or(i64::MAX, |zoned| zoned.timestamp().as_microsecond())
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.number())
    }
}

/// A reporting window: whole months from `first` to `last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    /// Its size.
    pub grain: Grain,
    /// The first month.
    pub first: Month,
    /// The last month, included.
    pub last: Month,
}

impl Period {
    /// One month.
    pub const fn month(month: Month) -> Self {
        Self {
            grain: Grain::Month,
            first: month,
            last: month,
        }
    }

    /// The period of `grain` that holds `month`; for [`Grain::All`] the month alone.
    pub fn containing(month: Month, grain: Grain) -> Self {
        let within = match grain {
            Grain::Month | Grain::All => 1,
            Grain::Quarter => 3,
            Grain::Year => 12,
        };
        let first = Month(month.0.div_euclid(within) * within);
        Self {
            grain,
            first,
            last: first.plus(within - 1),
        }
    }

    /// A stated range of months as one period.
    pub const fn range(first: Month, last: Month) -> Self {
        Self {
            grain: Grain::All,
            first,
            last,
        }
    }

    /// How many months it holds.
    pub fn months(self) -> i32 {
        self.last.since(self.first) + 1
    }

    /// The period of the same size directly before it.
    #[must_use]
    pub fn previous(self) -> Self {
        self.shifted(-self.months())
    }

    /// The same period one year earlier.
    #[must_use]
    pub fn year_ago(self) -> Self {
        self.shifted(-12)
    }

    /// Moved by whole months.
    #[must_use]
    pub fn shifted(self, months: i32) -> Self {
        Self {
            grain: self.grain,
            first: self.first.plus(months),
            last: self.last.plus(months),
        }
    }

    /// Start (included) and end (excluded) in microseconds since the Unix epoch, cut in `zone`.
    pub fn bounds_us(self, zone: &TimeZone) -> (i64, i64) {
        (self.first.start_us(zone), self.last.plus(1).start_us(zone))
    }

    /// Its first and last civil date; `None` outside the calendar's range.
    pub fn dates(self) -> Option<(Date, Date)> {
        let first = |month: Month| Date::new(month.year(), month.number(), 1).ok();
        Some((first(self.first)?, first(self.last)?.last_of_month()))
    }

    /// Whether `month` lies in it.
    pub fn contains(self, month: Month) -> bool {
        (self.first..=self.last).contains(&month)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.grain {
            Grain::Month => self.first.fmt(f),
            Grain::Quarter => write!(
                f,
                "{:04}-Q{}",
                self.first.year(),
                (self.first.number() - 1) / 3 + 1
            ),
            Grain::Year => write!(f, "{:04}", self.first.year()),
            Grain::All => f.write_str("all"),
        }
    }
}

/// What `--period` was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeriodArgument {
    /// One month, quarter or year.
    One(Period),
    /// Every month of a range, `2024-07..2025-03`.
    Months(Month, Month),
    /// The whole log as one period.
    All,
}

impl FromStr for PeriodArgument {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fault = || {
            format!(
                "`{text}` is not a period: give `2025-03`, `2025-Q1`, `2025`, `2024-07..2025-03` or `all`"
            )
        };
        if text == "all" {
            return Ok(Self::All);
        }
        if let Some((first, last)) = text.split_once("..") {
            let first = parse_month(first).ok_or_else(fault)?;
            let last = parse_month(last).ok_or_else(fault)?;
            if last < first {
                return Err(format!("the period `{text}` ends before it begins"));
            }
            return Ok(Self::Months(first, last));
        }
        if let Some(month) = parse_month(text) {
            return Ok(Self::One(Period::month(month)));
        }
        if let Some((year, quarter)) = text.split_once("-Q") {
            let quarter: i8 = quarter.parse().map_err(|_| fault())?;
            let month = parse_year(year)
                .filter(|_| (1..=4).contains(&quarter))
                .and_then(|year| Month::new(year, quarter * 3 - 2))
                .ok_or_else(fault)?;
            return Ok(Self::One(Period::containing(month, Grain::Quarter)));
        }
        let month = parse_year(text)
            .and_then(|year| Month::new(year, 1))
            .ok_or_else(fault)?;
        Ok(Self::One(Period::containing(month, Grain::Year)))
    }
}

fn parse_year(text: &str) -> Option<i16> {
    (text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())?
}

fn parse_month(text: &str) -> Option<Month> {
    let (year, month) = text.split_once('-')?;
    (month.len() == 2 && month.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| Month::new(parse_year(year)?, month.parse().ok()?))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_print_as_they_are_typed() {
        for text in ["2025-03", "2025-Q1", "2025"] {
            let PeriodArgument::One(period) = text.parse().unwrap() else {
                panic!("{text}")
            };
            assert_eq!(period.to_string(), text);
        }
        assert_eq!("all".parse(), Ok(PeriodArgument::All));
        for text in [
            "2025-13",
            "2025-Q5",
            "25",
            "2025-3",
            "2025-04..2025-03",
            "",
            "2025-0x",
        ] {
            assert!(text.parse::<PeriodArgument>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_month_is_cut_in_the_zone_of_the_project() {
        let zone = TimeZone::get("Asia/Tashkent").unwrap();
        let (start, end) = Period::month(Month::new(2025, 3).unwrap()).bounds_us(&zone);
        let utc = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_microsecond();
        assert_eq!(start, utc("2025-02-28T19:00:00Z"));
        assert_eq!(end, utc("2025-03-31T19:00:00Z"));
    }

    #[test]
    fn the_quarter_before_the_first_is_the_last_of_the_year_before() {
        let quarter = Period::containing(Month::new(2025, 2).unwrap(), Grain::Quarter);
        assert_eq!(quarter.previous().to_string(), "2024-Q4");
        assert_eq!(quarter.year_ago().to_string(), "2024-Q1");
    }
}
