//! Figures with their unit: a share can't be added to a count by mistake.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

use super::AMOUNT_SCALE;

/// An exact decimal amount of money (or a mass, a distance, a number of packages), in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(i128);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From a number of millionths, as the store keeps it.
    pub const fn from_millionths(millionths: i128) -> Self {
        Self(millionths)
    }

    /// The amount nearest to a floating-point number, in millionths.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a quotient of amounts is far below the range of 128 bits"
    )]
    pub fn rounded(value: f64) -> Self {
        Self((value * 1e6).round_ties_even() as i128)
    }

    /// The number of millionths.
    pub const fn millionths(self) -> i128 {
        self.0
    }

    /// The nearest floating-point number; for ratios and drawing, never for sums.
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

impl Add for Amount {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for Amount {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl fmt::Display for Amount {
    /// All digits, a point, no trailing zeros: `1234.5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = 10_u128.pow(u32::from(AMOUNT_SCALE.unsigned_abs()));
        let magnitude = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, fraction) = (magnitude / scale, magnitude % scale);
        if fraction == 0 {
            write!(f, "{sign}{whole}")
        } else {
            let digits = format!("{fraction:06}");
            write!(f, "{sign}{whole}.{}", digits.trim_end_matches('0'))
        }
    }
}

/// The unit in which a KPI is stored; how people read it is the report's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Seconds of elapsed time.
    Seconds,
    /// Seconds in which the office was open. People read hours: a working day has no fixed length.
    WorkingSeconds,
    /// A fraction 0–1.
    Share,
    /// A number of things.
    Count,
    /// Money in the project's currency.
    Money,
    /// A quotient without a unit; a growth of 0.05 is +5 %.
    Ratio,
    /// Tonnes.
    Tonnes,
    /// Kilometres per hour.
    KilometresPerHour,
    /// Days of 24 hours.
    Days,
    /// How many of a thousand.
    PerThousand,
    /// An index without a unit, 0–1.
    Index,
    /// A robust z: how many deviations from the middle.
    Z,
}

impl Unit {
    /// Every unit that a definition file may name. That of working time comes with the clock.
    pub const ALL: [Self; 11] = [
        Self::Seconds,
        Self::Share,
        Self::Count,
        Self::Money,
        Self::Ratio,
        Self::Tonnes,
        Self::KilometresPerHour,
        Self::Days,
        Self::PerThousand,
        Self::Index,
        Self::Z,
    ];

    /// The name used in `kpis.csv` and in the catalogue; money is named by its currency there.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seconds | Self::WorkingSeconds => "s",
            Self::Share => "share",
            Self::Count => "count",
            Self::Money => "money",
            Self::Ratio => "ratio",
            Self::Tonnes => "t",
            Self::KilometresPerHour => "km_per_h",
            Self::Days => "d",
            Self::PerThousand => "per_1000",
            Self::Index => "index",
            Self::Z => "z",
        }
    }

    /// What people read behind a plain number of this unit, with its space; empty where nothing is.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Tonnes => "\u{a0}t",
            Self::KilometresPerHour => "\u{a0}km/h",
            Self::Days => "\u{a0}d",
            Self::PerThousand => " per 1\u{202f}000",
            Self::Seconds
            | Self::WorkingSeconds
            | Self::Share
            | Self::Count
            | Self::Money
            | Self::Ratio
            | Self::Index
            | Self::Z => "",
        }
    }
}

/// One figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantity {
    /// A number of things.
    Count(u64),
    /// Money, exact.
    Money(Amount),
    /// Seconds.
    Seconds(f64),
    /// A fraction 0–1.
    Share(f64),
    /// A quotient without a unit.
    Ratio(f64),
    /// A number whose unit stands beside it.
    Number(f64),
}

impl Quantity {
    /// The nearest floating-point number: for drawing, comparing and ratios.
    pub fn to_f64(self) -> f64 {
        match self {
            Self::Count(count) => count as f64,
            Self::Money(amount) => amount.to_f64(),
            Self::Seconds(value)
            | Self::Share(value)
            | Self::Ratio(value)
            | Self::Number(value) => value,
        }
    }
}

impl fmt::Display for Quantity {
    /// As data files print it: exact for counts and money, the shortest text that reads back as
    /// the same number for the rest.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => count.fmt(f),
            Self::Money(amount) => amount.fmt(f),
            // `+ 0.0` turns −0 into 0.
            Self::Seconds(value)
            | Self::Share(value)
            | Self::Ratio(value)
            | Self::Number(value) => (value + 0.0).fmt(f),
        }
    }
}

/// A length of time cut into what people read. Rounded half up to the minute (to the second under
/// two minutes). The parts are whole numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SplitDuration {
    /// Under two minutes; signed.
    Seconds(f64),
    /// Under an hour; signed.
    Minutes(f64),
    /// An hour and more.
    Hours {
        /// Whether it is less than nothing.
        is_negative: bool,
        /// Hours.
        hours: f64,
        /// 0–59.
        minutes: f64,
    },
    /// A day of 24 hours and more.
    Days {
        /// Whether it is less than nothing.
        is_negative: bool,
        /// Days.
        days: f64,
        /// 0–23.
        hours: f64,
        /// 0–59.
        minutes: f64,
    },
}

impl SplitDuration {
    /// Cuts elapsed time, in seconds.
    pub fn of(seconds: f64) -> Self {
        match Self::of_working_time(seconds) {
            Self::Hours {
                is_negative,
                hours,
                minutes,
            } if hours >= 24.0 => Self::Days {
                is_negative,
                days: (hours / 24.0).floor(),
                hours: hours % 24.0,
                minutes,
            },
            other => other,
        }
    }

    /// Cuts working time, in seconds: never into days, since a working day has no fixed length.
    pub fn of_working_time(seconds: f64) -> Self {
        let magnitude = seconds.abs();
        let sign = if seconds < 0.0 { -1.0 } else { 1.0 };
        if magnitude < 119.5 {
            return Self::Seconds(magnitude.round() * sign);
        }
        let minutes = (magnitude / 60.0).round();
        if minutes < 60.0 {
            return Self::Minutes(minutes * sign);
        }
        Self::Hours {
            is_negative: sign < 0.0,
            hours: (minutes / 60.0).floor(),
            minutes: minutes % 60.0,
        }
    }
}

/// A duration for people: `2 d 3 h 05 min`, `47 min`, `35 s`; never a decimal that could be read
/// as hours and minutes. Days are 24 hours: for elapsed time only. Rounded as [`SplitDuration`]
/// says.
pub fn format_duration(seconds: f64) -> String {
    printed(SplitDuration::of(seconds))
}

/// Working time for people: `51 h 05 min`, `47 min`, `35 s`; never in days. Rounded as
/// [`SplitDuration`] says.
pub fn format_working_time(seconds: f64) -> String {
    printed(SplitDuration::of_working_time(seconds))
}

fn printed(duration: SplitDuration) -> String {
    let sign = |is_negative| if is_negative { "−" } else { "" };
    match duration {
        SplitDuration::Seconds(n) => format!("{}{} s", sign(n < 0.0), n.abs()),
        SplitDuration::Minutes(n) => format!("{}{} min", sign(n < 0.0), n.abs()),
        SplitDuration::Hours {
            is_negative,
            hours,
            minutes,
        } => {
            let hours = group_thousands(&hours.to_string());
            format!("{}{hours} h {minutes:02} min", sign(is_negative))
        }
        SplitDuration::Days {
            is_negative,
            days,
            hours,
            minutes,
        } => {
            let days = group_thousands(&days.to_string());
            format!("{}{days} d {hours} h {minutes:02} min", sign(is_negative))
        }
    }
}

/// Groups the digits before the point in threes with a narrow no-break space: `12 345.6`.
pub fn group_thousands(number: &str) -> String {
    let digits_from = number.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
    let digits_to = number.find('.').unwrap_or(number.len());
    let mut grouped = String::with_capacity(number.len() + 8);
    for (at, c) in number.char_indices() {
        if at > digits_from && at < digits_to && (digits_to - at).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(c);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_print_every_digit_and_no_trailing_zero() {
        for (millionths, text) in [
            (0, "0"),
            (1, "0.000001"),
            (-1_500_000, "-1.5"),
            (123_456_789_012_345_678_000_000, "123456789012345678"),
        ] {
            assert_eq!(Amount::from_millionths(millionths).to_string(), text);
        }
    }

    #[test]
    fn durations_match_published_time_release_studies() {
        // Uzbekistan, Time Release Study 2023: hours as published and as printed.
        for (hours, text) in [
            (73.2833, "3 d 1 h 17 min"),
            (84.0, "3 d 12 h 00 min"),
            (17.0833, "17 h 05 min"),
            (64.1167, "2 d 16 h 07 min"),
        ] {
            assert_eq!(format_duration(hours * 3600.0), text);
        }
        assert_eq!(format_working_time(51.0 * 3600.0 + 299.0), "51 h 05 min");
        assert_eq!(format_working_time(-90.0 * 3600.0), "−90 h 00 min");
        assert_eq!(format_working_time(3599.9), "1 h 00 min");
        assert_eq!(format_duration(0.0), "0 s");
        assert_eq!(format_duration(119.6), "2 min");
        assert_eq!(format_duration(3599.9), "1 h 00 min");
        assert_eq!(format_duration(-7200.0), "−2 h 00 min");
    }

    #[test]
    fn thousands_are_grouped_before_the_point_only() {
        assert_eq!(
            group_thousands("1234567.8912"),
            "1\u{202f}234\u{202f}567.8912"
        );
        assert_eq!(group_thousands("-123"), "-123");
        assert_eq!(group_thousands("-1234"), "-1\u{202f}234");
    }
}
