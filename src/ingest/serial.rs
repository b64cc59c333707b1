//! Times as bare numbers: seconds since the Unix epoch, days of a spreadsheet.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

use super::time::{Civil, Moment, TimeFault};

const DAY_MS: i64 = 86_400_000;

/// What a number counts, and from when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Serial {
    /// Seconds, milliseconds or microseconds since 1970-01-01T00:00:00Z; here the microseconds of
    /// one.
    Unix(i64),
    /// Days since 1899-12-31 on the local clock. Day 60 is 29 February 1900, which never was
    /// (Lotus 1-2-3 had it, and Excel kept it), so that from 1 March 1900 on the count starts a day
    /// earlier (ECMA-376, part 1, 18.17.4.1).
    Excel1900,
    /// Days since 1904-01-01 on the local clock, as workbooks from old Macintoshes count.
    Excel1904,
}

impl Serial {
    /// The names in `timestamp_formats`.
    pub(super) const NAMES: [(&'static str, Self); 5] = [
        ("unix_s", Self::Unix(1_000_000)),
        ("unix_ms", Self::Unix(1_000)),
        ("unix_us", Self::Unix(1)),
        ("excel_1900", Self::Excel1900),
        ("excel_1904", Self::Excel1904),
    ];

    /// A serial format by its name.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        let mut names = Self::NAMES.iter();
        names.find(|(known, _)| *known == name).map(|(_, one)| *one)
    }

    /// Reads a plain decimal number. Unix times are cut to microseconds. Spreadsheet days are
    /// rounded to milliseconds: a double holds them no better, and Excel shows no more.
    pub(super) fn read(self, text: &str) -> Result<Moment, TimeFault> {
        let value = plain_decimal(text).ok_or(TimeFault::Unparsable)?;
        match self {
            Self::Unix(unit_us) => value
                .checked_mul(Decimal::from(unit_us))
                .and_then(|us| us.floor().to_i64())
                .map(Moment::Instant),
            Self::Excel1900 => excel(value, |day| match day {
                // Day 0 is shown as 0 January 1900: a time of day without a date.
                ..1 | 60 => None,
                1..60 => Some(day - 25_568),
                _ => Some(day - 25_569),
            }),
            Self::Excel1904 => excel(value, |day| (day >= 0).then_some(day - 24_107)),
        }
        .ok_or(TimeFault::Impossible)
    }
}

/// Digits with an optional sign and point; no exponent, no separators.
fn plain_decimal(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.bytes().next().is_some_and(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// A day number with its fraction; `unix_day` gives the day since 1970-01-01 of a whole one.
fn excel(value: Decimal, unix_day: impl Fn(i64) -> Option<i64>) -> Option<Moment> {
    let ms = value
        .checked_mul(Decimal::from(DAY_MS))?
        .round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero)
        .to_i64()?;
    let day = unix_day(ms.div_euclid(DAY_MS))?;
    let civil_ms = day
        .checked_mul(DAY_MS)?
        .checked_add(ms.rem_euclid(DAY_MS))?;
    let as_utc = Timestamp::from_millisecond(civil_ms).ok()?;
    Some(Moment::Local(Civil::of(TimeZone::UTC.to_datetime(as_utc))))
}

#[cfg(test)]
mod tests {
    use super::super::time::{TimeFormat, TimeReader};
    use super::*;

    fn read(format: &str, text: &str) -> Result<String, TimeFault> {
        let format = TimeFormat::parse(format, None).unwrap();
        let zone = TimeZone::get("Asia/Tashkent").unwrap();
        let at = TimeReader::new(&[format], &zone).read(text)?;
        Ok(Timestamp::from_microsecond(at).unwrap().to_string())
    }

    #[test]
    fn unix_times_count_from_the_epoch_whatever_the_zone() {
        // 1735689600 is 20089 days: 2025-01-01.
        for (format, text, wanted) in [
            ("unix_s", "1735689600", "2025-01-01T00:00:00Z"),
            ("unix_s", "1735689600.25", "2025-01-01T00:00:00.25Z"),
            ("unix_ms", "1735689600250", "2025-01-01T00:00:00.25Z"),
            ("unix_us", "1735689600000001", "2025-01-01T00:00:00.000001Z"),
            ("unix_s", "-1", "1969-12-31T23:59:59Z"),
            ("unix_s", "-0.25", "1969-12-31T23:59:59.75Z"),
        ] {
            assert_eq!(read(format, text).as_deref(), Ok(wanted), "{format} {text}");
        }
        assert_eq!(read("unix_s", &"9".repeat(25)), Err(TimeFault::Impossible));
        for text in ["", "1.7e9", "1 735 689 600", "0x10", "1_000", ".5", "--1"] {
            assert_eq!(read("unix_s", text), Err(TimeFault::Unparsable), "{text}");
        }
    }

    #[test]
    fn spreadsheet_days_are_local_times() {
        // Published fixed points: 1 = 1900-01-01, 59 = 28 February, 61 = 1 March 1900,
        // 25569 = 1970-01-01, 45658 = 2025-01-01; 1904: 0 = 1904-01-01, 44196 = 2025-01-01.
        // Tashkent is five hours east of Greenwich in 2025.
        for (format, text, wanted) in [
            ("excel_1900", "45658", "2024-12-31T19:00:00Z"),
            ("excel_1900", "45658.5", "2025-01-01T07:00:00Z"),
            // 12:30 as a double: 45658.520833333336 days, a fraction of a microsecond too much.
            ("excel_1900", "45658.520833333336", "2025-01-01T07:30:00Z"),
            ("excel_1900", "45658.999999999", "2025-01-01T19:00:00Z"),
            ("excel_1904", "44196.25", "2025-01-01T01:00:00Z"),
        ] {
            assert_eq!(read(format, text).as_deref(), Ok(wanted), "{format} {text}");
        }
        for (text, wanted) in [
            ("1", "1900-01-01"),
            ("59", "1900-02-28"),
            ("61", "1900-03-01"),
        ] {
            let Ok(Moment::Local(civil)) = Serial::Excel1900.read(text) else {
                panic!("{text}");
            };
            let day: jiff::civil::Date = wanted.parse().unwrap();
            let since = jiff::civil::date(1970, 1, 1).until(day).unwrap().get_days();
            assert_eq!(civil.day_and_us(), Some((i64::from(since), 0)), "{text}");
        }
        for (format, text) in [
            ("excel_1900", "60"),
            ("excel_1900", "0.5"),
            ("excel_1900", "-3"),
            ("excel_1904", "-1"),
            ("excel_1900", "99999999"),
        ] {
            assert_eq!(
                read(format, text),
                Err(TimeFault::Impossible),
                "{format} {text}"
            );
        }
    }
}
