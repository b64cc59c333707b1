//! Texts → instants.
//!
//! RFC 3339 / ISO 8601 (`iso`) is tried first (with a zone in brackets, too, as RFC 9557 and Java have it),
//! then the mapping's formats in order. A time without an offset is local in the mapping's zone.
//! Where a daylight-saving change repeats an hour, the first of the two is meant; where it skips
//! one, the time moves forward by the length of the gap; both are counted as assumed.
//!
//! Formats of digits are read here, those whose parts have a fixed width in `fixed`, the others in `strptime` and
//! `serial`.

mod fixed;
mod iso;

use jiff::civil::{Date, DateTime};
use jiff::tz::{AmbiguousOffset, TimeZone};

use self::fixed::{Digits, Fixed};
use self::iso::{read_bracketed, read_iso};
use super::serial::Serial;
use super::strptime::{self, Strptime};
use super::trim::trimmed;
use crate::model::FastMap;

const DAY_US: i64 = 86_400_000_000;

/// Why a text is no instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeFault {
    /// It has none of the accepted shapes.
    Unparsable,
    /// It has a known shape but no such day or time exists: 31.02., 25:61.
    Impossible,
}

/// A rule that had to decide which instant a local time means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assumption {
    /// Clocks were set back: the hour came twice, the first is taken.
    RepeatedHour,
    /// Clocks were set forward: the hour never came, the time moves forward by the gap.
    SkippedHour,
}

impl Assumption {
    /// Its name in the ledger.
    pub const fn code(self) -> &'static str {
        match self {
            Self::RepeatedHour => "repeated_hour",
            Self::SkippedHour => "skipped_hour",
        }
    }
}

/// How a source writes its times: one entry of `timestamp_formats`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeFormat(Way);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Way {
    /// Parts that all have their place.
    Fixed(Fixed),
    /// Parts of digits, one of them of varying width, or more than [`Fixed`] takes.
    Parts(Vec<Part>),
    /// Any other strptime format.
    Strptime(Strptime),
    /// A number that counts from a day.
    Serial(Serial),
}

/// What a text says before the mapping's zone is applied.
pub(super) enum Moment {
    /// A time on the mapping's clock.
    Local(Civil),
    /// A time on the clock of a zone that the text names.
    Of(Civil, TimeZone),
    /// Microseconds since the Unix epoch.
    Instant(i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Fraction,
    Literal(u8),
}

impl TimeFormat {
    /// Checks and compiles a format: a name such as `unix_ms` or a strptime format. Years of two
    /// digits are those of the hundred years from `two_digit_years` on; without it such a format is
    /// refused. The error says what is wrong with it.
    pub fn parse(text: &str, two_digit_years: Option<i16>) -> Result<Self, String> {
        if let Some(serial) = Serial::from_name(text) {
            return Ok(Self(Way::Serial(serial)));
        }
        let strptime = Strptime::parse(text, two_digit_years)?;
        Ok(Self(match compile(text) {
            Some(parts) => Fixed::of(&parts).map_or(Way::Parts(parts), Way::Fixed),
            None => Way::Strptime(strptime),
        }))
    }

    /// Whether it reads bare numbers, so that no two such formats can be told apart.
    pub fn is_serial(&self) -> bool {
        matches!(self.0, Way::Serial(_))
    }

    /// Whether a format has years of two digits.
    pub fn has_two_digit_year(text: &str) -> bool {
        strptime::has_two_digit_year(text)
    }

    fn read(&self, text: &str) -> Result<Moment, TimeFault> {
        match &self.0 {
            Way::Fixed(fixed) => {
                let civil = fixed.read(text.as_bytes());
                civil.map(Moment::Local).ok_or(TimeFault::Unparsable)
            }
            Way::Parts(parts) => read_parts(parts, text.as_bytes()).map(Moment::Local),
            Way::Strptime(strptime) => strptime.read(text),
            Way::Serial(serial) => serial.read(text),
        }
    }
}

fn compile(text: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            parts.push(Part::Literal(byte));
            continue;
        }
        let iso_date = [
            Part::Year,
            Part::Literal(b'-'),
            Part::Month,
            Part::Literal(b'-'),
            Part::Day,
        ];
        let clock = [
            Part::Hour,
            Part::Literal(b':'),
            Part::Minute,
            Part::Literal(b':'),
            Part::Second,
        ];
        match bytes.next()? {
            b'Y' => parts.push(Part::Year),
            b'm' => parts.push(Part::Month),
            b'd' => parts.push(Part::Day),
            b'H' => parts.push(Part::Hour),
            b'M' => parts.push(Part::Minute),
            b'S' => parts.push(Part::Second),
            b'f' => parts.push(Part::Fraction),
            b'F' => parts.extend(iso_date),
            b'T' => parts.extend(clock),
            b'R' => parts.extend(clock.get(..3)?),
            b'%' => parts.push(Part::Literal(b'%')),
            _ => return None,
        }
    }
    Some(parts)
}

/// A civil time as numbers, not yet known to exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Civil {
    year: i32,
    month: u32,
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
    microsecond: u32,
}

impl Civil {
    pub(super) fn of(time: DateTime) -> Self {
        let part = |value: i8| u32::from(value.unsigned_abs());
        Self {
            year: i32::from(time.year()),
            month: part(time.month()),
            day: part(time.day()),
            hour: part(time.hour()),
            minute: part(time.minute()),
            second: part(time.second()),
            microsecond: u32::try_from(time.subsec_nanosecond() / 1000).unwrap_or(0),
        }
    }

    /// Days since 1970-01-01 and microseconds of the day; `None` when there is no such time.
    pub(super) fn day_and_us(self) -> Option<(i64, i64)> {
        // A leap second is read as the second before it, as POSIX time does.
        let second = if self.second == 60 && self.minute == 59 {
            59
        } else {
            self.second
        };
        let valid = (1..=9999).contains(&self.year)
            && (1..=12).contains(&self.month)
            && (1..=days_in_month(self.year, self.month)).contains(&self.day)
            && self.hour < 24
            && self.minute < 60
            && second < 60;
        let seconds = i64::from(self.hour * 3600 + self.minute * 60 + second);
        let us = seconds * 1_000_000 + i64::from(self.microsecond);
        valid.then(|| (days_from_civil(self.year, self.month, self.day), us))
    }
}

fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar, with years that begin in March so
/// that the leap day comes last (H. Hinnant, "chrono-compatible low-level date algorithms").
fn days_from_civil(year: i32, month: u32, day: u32) -> i64 {
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = i64::from((month + 9) % 12);
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Reads `count` digits at the front of `bytes`.
fn digits(bytes: &mut &[u8], count: usize) -> Option<u32> {
    let (front, rest) = bytes.split_at_checked(count)?;
    let mut value = 0_u32;
    for byte in front {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value * 10 + u32::from(byte - b'0');
    }
    *bytes = rest;
    Some(value)
}

fn literal(bytes: &mut &[u8], wanted: u8) -> Option<()> {
    let (first, rest) = bytes.split_first()?;
    (*first == wanted).then(|| *bytes = rest)
}

/// One to nine digits of a fraction of a second, cut to microseconds.
fn fraction(bytes: &mut &[u8]) -> Option<u32> {
    let count = bytes
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    if !(1..=9).contains(&count) {
        return None;
    }
    let (front, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    let padded = front.iter().copied().chain(std::iter::repeat(b'0')).take(6);
    Some(padded.fold(0, |value, byte| value * 10 + u32::from(byte - b'0')))
}

fn read_parts(parts: &[Part], text: &[u8]) -> Result<Civil, TimeFault> {
    let mut bytes = text;
    let mut civil = Civil {
        month: 1,
        day: 1,
        ..Civil::default()
    };
    let mut read = || -> Option<()> {
        for part in parts {
            match part {
                Part::Year => civil.year = i32::try_from(digits(&mut bytes, 4)?).ok()?,
                Part::Month => civil.month = digits(&mut bytes, 2)?,
                Part::Day => civil.day = digits(&mut bytes, 2)?,
                Part::Hour => civil.hour = digits(&mut bytes, 2)?,
                Part::Minute => civil.minute = digits(&mut bytes, 2)?,
                Part::Second => civil.second = digits(&mut bytes, 2)?,
                Part::Fraction => civil.microsecond = fraction(&mut bytes)?,
                Part::Literal(byte) => literal(&mut bytes, *byte)?,
            }
        }
        bytes.is_empty().then_some(())
    };
    read().map(|()| civil).ok_or(TimeFault::Unparsable)
}

/// Reads times of one source. It remembers the zone's offset day by day, so that a row costs no
/// look-up in the zone's rules.
#[derive(Clone, Debug)]
pub struct TimeReader {
    formats: Vec<TimeFormat>,
    zone: TimeZone,
    /// Seconds east of UTC for civil days on and around which the offset does not change.
    offsets: FastMap<i64, Option<i32>>,
    last: (i64, Option<i32>),
    /// The day read last in the first format, where the zone's offset does not change: its digits and the instant at which
    /// it begins. Most logs are in the order of time, or nearly so.
    day: Option<(Digits, i64)>,
    /// What had to be assumed since it was last asked for, with the text. Few times ever are.
    assumed: Vec<(Assumption, String)>,
    /// Times read, and those of them that had no offset.
    zones: (u64, u64),
}

impl TimeReader {
    /// A reader for a mapping's formats and zone.
    pub fn new(formats: &[TimeFormat], zone: &TimeZone) -> Self {
        Self {
            formats: formats.to_vec(),
            zone: zone.clone(),
            offsets: FastMap::default(),
            last: (i64::MIN, None),
            day: None,
            assumed: Vec::new(),
            zones: (0, 0),
        }
    }

    /// What had to be assumed about the times read since the last call, with their texts.
    pub fn take_assumed(&mut self) -> Vec<(Assumption, String)> {
        std::mem::take(&mut self.assumed)
    }

    /// How many times have been read since the last call, and how many of them had no offset.
    pub fn take_zones(&mut self) -> (u64, u64) {
        std::mem::take(&mut self.zones)
    }

    /// Microseconds since the Unix epoch, UTC.
    #[inline]
    pub fn read(&mut self, text: &str) -> Result<i64, TimeFault> {
        self.read_trimmed(trimmed(text))
    }

    /// The same, of a text without white space around it.
    #[inline]
    pub(super) fn read_trimmed(&mut self, text: &str) -> Result<i64, TimeFault> {
        self.zones.0 += 1;
        match self.of_same_day(text) {
            Some(at) => {
                self.zones.1 += 1;
                Ok(at)
            }
            None => self.read_any(text),
        }
    }

    /// A time of any day.
    fn read_any(&mut self, text: &str) -> Result<i64, TimeFault> {
        let mut fault = TimeFault::Unparsable;
        if let Ok((civil, offset)) = read_iso(text) {
            match (civil.day_and_us(), offset) {
                (Some((day, us)), Some(offset)) => {
                    return Ok(day * DAY_US + us - i64::from(offset) * 1_000_000);
                }
                (Some((day, us)), None) => return Ok(self.local(day, us, text)),
                (None, _) => fault = TimeFault::Impossible,
            }
        }
        for at in 0..self.formats.len() {
            let Some(format) = self.formats.get(at) else {
                break;
            };
            match format.read(text).and_then(|moment| self.at(&moment, text)) {
                Ok(instant) => {
                    if at == 0 {
                        self.note_day(text);
                    }
                    return Ok(instant);
                }
                Err(TimeFault::Impossible) => fault = TimeFault::Impossible,
                Err(TimeFault::Unparsable) => {}
            }
        }
        if text.ends_with(']') {
            return read_bracketed(text).and_then(|moment| self.at(&moment, text));
        }
        Err(fault)
    }

    /// A time of the day read last.
    #[inline]
    fn of_same_day(&self, text: &str) -> Option<i64> {
        let (digits, begins) = self.day.as_ref()?;
        let Some(TimeFormat(Way::Fixed(fixed))) = self.formats.first() else {
            return None;
        };
        Some(begins + fixed.clock_of_day(text, digits)?)
    }

    /// Notes the day of a text that has been read in the first format.
    fn note_day(&mut self, text: &str) {
        self.day = match (self.formats.first(), self.last) {
            (Some(TimeFormat(Way::Fixed(fixed))), (day, Some(offset))) => {
                let begins = day * DAY_US - i64::from(offset) * 1_000_000;
                fixed.day(text).map(|digits| (digits, begins))
            }
            _ => None,
        };
    }

    fn at(&mut self, moment: &Moment, text: &str) -> Result<i64, TimeFault> {
        match moment {
            Moment::Instant(at) => Ok(*at),
            Moment::Local(civil) => {
                let (day, us) = civil.day_and_us().ok_or(TimeFault::Impossible)?;
                Ok(self.local(day, us, text))
            }
            Moment::Of(civil, zone) => {
                let (day, us) = civil.day_and_us().ok_or(TimeFault::Impossible)?;
                Ok(self.local_near_change(zone, day * DAY_US + us, text))
            }
        }
    }

    /// A civil time of the zone as an instant.
    fn local(&mut self, day: i64, us: i64, text: &str) -> i64 {
        self.zones.1 += 1;
        if self.last.0 != day {
            let offset = if let Some(offset) = self.offsets.get(&day) {
                *offset
            } else {
                let offset = self.steady_offset(day);
                self.offsets.insert(day, offset);
                offset
            };
            self.last = (day, offset);
        }
        match self.last.1 {
            Some(offset) => day * DAY_US + us - i64::from(offset) * 1_000_000,
            None => self.local_near_change(&self.zone.clone(), day * DAY_US + us, text),
        }
    }

    /// The offset of a civil day if it does not change within a day on either side.
    fn steady_offset(&self, day: i64) -> Option<i32> {
        let from = jiff::Timestamp::from_microsecond((day - 1) * DAY_US).ok()?;
        let to = jiff::Timestamp::from_microsecond((day + 2) * DAY_US).ok()?;
        let change = self.zone.following(from).next();
        let steady = change.is_none_or(|change| change.timestamp() > to);
        steady.then(|| self.zone.to_offset(from).seconds())
    }

    /// The slow and careful way: `civil_us` is a local time, in microseconds as if it were UTC.
    fn local_near_change(&mut self, zone: &TimeZone, civil_us: i64, text: &str) -> i64 {
        let Ok(as_utc) = jiff::Timestamp::from_microsecond(civil_us) else {
            // The last hours of the year 9999, where no zone is known: refused as far future.
            return civil_us;
        };
        let ambiguous = zone.to_ambiguous_timestamp(TimeZone::UTC.to_datetime(as_utc));
        let assumption = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => None,
            AmbiguousOffset::Gap { .. } => Some(Assumption::SkippedHour),
            AmbiguousOffset::Fold { .. } => Some(Assumption::RepeatedHour),
        };
        if let Some(assumption) = assumption {
            self.assumed.push((assumption, text.to_owned()));
        }
        // The first of two, or forward by the length of the gap.
        ambiguous
            .compatible()
            .map_or(civil_us, jiff::Timestamp::as_microsecond)
    }
}

/// The civil date of an instant in a zone.
pub(super) fn civil_date(at_us: i64, zone: &TimeZone) -> Option<Date> {
    let instant = jiff::Timestamp::from_microsecond(at_us).ok()?;
    Some(zone.to_datetime(instant).date())
}

#[cfg(test)]
mod tests;
