//! One office's hours as instants.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan};

use super::date_of;
use crate::error::{Error, Result};
use crate::project::{Calendar, Hours};

/// When one calendar's offices are open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfficeClock {
    /// Open intervals, from (included) and to (excluded), in microseconds since the Unix epoch; sorted
    /// and apart from each other.
    open: Vec<(i64, i64)>,
    /// Open time before each interval, in microseconds.
    before: Vec<i64>,
}

impl OfficeClock {
    /// The clock of a calendar between two instants, in microseconds since the Unix epoch. Instants
    /// outside are closed.
    ///
    /// Hours are civil times in the calendar's zone. A day on which the clock changes has its true
    /// length: 02:00-04:00 is one hour where the clock springs forward from 02:00 to 03:00, and three
    /// hours where it falls back. A time that the clock skips is moved forward by the gap; one that it
    /// shows twice is the first.
    pub fn new(calendar: &Calendar, range_us: (i64, i64)) -> Result<Self> {
        let zone = &calendar.timezone;
        let fault = |cause| Error::internal("reading a calendar", cause);
        // Hours of the day before may run into the range.
        let mut date = date_of(zone, range_us.0)?
            .checked_sub(1.day())
            .map_err(fault)?;
        let last = date_of(zone, range_us.1)?;
        let mut open = Vec::new();
        while date <= last {
            for hours in calendar.hours_on(date) {
                open.push(interval(zone, date, *hours)?);
            }
            date = date.tomorrow().map_err(fault)?;
        }
        Ok(Self::of(open))
    }

    /// Intervals that overlap or touch are one.
    fn of(mut intervals: Vec<(i64, i64)>) -> Self {
        intervals.sort_unstable();
        let mut clock = Self::default();
        for (from, to) in intervals {
            match clock.open.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                _ => clock.open.push((from, to)),
            }
        }
        clock.open.retain(|(from, to)| from < to);
        let mut total = 0;
        for (from, to) in &clock.open {
            clock.before.push(total);
            total += to - from;
        }
        clock
    }

    /// Open time between two instants, in microseconds; 0 where the second is not the later one. It is
    /// additive, and never more than the time elapsed.
    pub fn open_us(&self, from_us: i64, to_us: i64) -> i64 {
        (self.until(to_us) - self.until(from_us)).max(0)
    }

    /// Whether the office is open at an instant.
    pub fn is_open(&self, at_us: i64) -> bool {
        self.interval_before(at_us)
            .is_some_and(|(_, (_, to))| at_us < to)
    }

    /// Open time from the beginning of the clock to an instant.
    fn until(&self, at_us: i64) -> i64 {
        let Some((position, (from, to))) = self.interval_before(at_us) else {
            return 0;
        };
        let before = self.before.get(position).copied().unwrap_or_default();
        before + at_us.min(to) - from
    }

    /// The last interval that begins at or before an instant.
    fn interval_before(&self, at_us: i64) -> Option<(usize, (i64, i64))> {
        let position = self.open.partition_point(|(from, _)| *from <= at_us);
        let position = position.checked_sub(1)?;
        Some((position, *self.open.get(position)?))
    }
}

fn interval(zone: &TimeZone, date: Date, hours: Hours) -> Result<(i64, i64)> {
    let fault = |cause| Error::internal("reading a calendar", cause);
    let at = |minutes: u16| {
        let midnight = date.to_datetime(Time::midnight());
        let civil = midnight
            .checked_add(SignedDuration::from_mins(minutes.into()))
            .map_err(fault)?;
        let zoned = civil.to_zoned(zone.clone()).map_err(fault)?;
        Ok(zoned.timestamp().as_microsecond())
    };
    Ok((at(hours.from_min)?, at(hours.to_min)?))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

    const HOUR: i64 = 3_600_000_000;

    fn us(time: &str) -> i64 {
        time.parse::<Timestamp>().unwrap().as_microsecond()
    }

    fn clock(zone: &str, text: &str, from: &str, to: &str) -> OfficeClock {
        let zone = TimeZone::get(zone).unwrap();
        let text = format!("offices = [\"*\"]\n{text}");
        let calendar = Calendar::parse(Path::new("calendars/x.toml"), &text, &zone).unwrap();
        OfficeClock::new(&calendar, (us(from), us(to))).unwrap()
    }

    /// Hours open between two instants.
    fn hours(clock: &OfficeClock, from: &str, to: &str) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a few days in microseconds")]
        let us = clock.open_us(us(from), us(to)) as f64;
        us / 3.6e9
    }

    const TASHKENT: &str = "[week]
mon = [\"09:00-13:00\", \"14:00-18:00\"]
tue = [\"09:00-13:00\", \"14:00-18:00\"]
wed = [\"09:00-13:00\", \"14:00-18:00\"]
thu = [\"09:00-13:00\", \"14:00-18:00\"]
fri = [\"09:00-13:00\", \"14:00-18:00\"]
[exceptions]
\"2025-03-21\" = []
\"2025-03-22\" = [\"10:00-12:00\"]
[yearly]
\"03-08\" = []
\"03-10\" = []
";

    fn tashkent() -> OfficeClock {
        let range = ("2025-02-28T00:00:00Z", "2025-04-01T00:00:00Z");
        clock("Asia/Tashkent", TASHKENT, range.0, range.1)
    }

    #[test]
    fn breaks_nights_weekends_and_holidays_are_closed() {
        let clock = tashkent();
        // Wednesday 12:30 to 14:30 local: half an hour before the break, half an hour after it.
        let lunch = ("2025-03-05T12:30:00+05:00", "2025-03-05T14:30:00+05:00");
        assert!((hours(&clock, lunch.0, lunch.1) - 1.0).abs() < 1e-9);
        // Thursday 17:00 to Tuesday 10:00: 1 h, Friday 8 h, the weekend and Monday the 10th (a yearly
        // holiday) nothing, Tuesday 1 h.
        let weekend = ("2025-03-06T17:00:00+05:00", "2025-03-11T10:00:00+05:00");
        assert!((hours(&clock, weekend.0, weekend.1) - 10.0).abs() < 1e-9);
        // Friday the 21st is a holiday, Saturday the 22nd opens for two hours.
        let feast = ("2025-03-21T00:00:00+05:00", "2025-03-24T00:00:00+05:00");
        assert!((hours(&clock, feast.0, feast.1) - 2.0).abs() < 1e-9);
        assert_eq!(clock.open_us(us(feast.1), us(feast.0)), 0);
    }

    #[test]
    fn an_office_opens_with_its_first_second_and_is_closed_with_the_second_after_its_last() {
        let clock = tashkent();
        for (time, open) in [
            ("2025-03-05T08:59:59+05:00", false),
            ("2025-03-05T09:00:00+05:00", true),
            ("2025-03-05T12:59:59+05:00", true),
            ("2025-03-05T13:00:00+05:00", false),
            ("2025-03-22T11:00:00+05:00", true),
            ("2025-03-10T11:00:00+05:00", false),
        ] {
            assert_eq!(clock.is_open(us(time)), open, "{time}");
        }
    }

    #[test]
    fn a_night_shift_belongs_to_the_day_on_which_it_begins() {
        let night = "[week]\nfri = [\"22:00-06:00\"]\n";
        let range = ("2025-03-08T00:00:00Z", "2025-03-10T00:00:00Z");
        let clock = clock("UTC", night, range.0, range.1);
        let saturday = ("2025-03-08T00:00:00Z", "2025-03-09T00:00:00Z");
        assert!((hours(&clock, saturday.0, saturday.1) - 6.0).abs() < 1e-9);
    }

    #[test]
    fn a_day_on_which_the_clock_changes_has_its_true_length() {
        let always = "[week]\nsat = [\"00:00-24:00\"]\nsun = [\"00:00-24:00\"]\n";
        let range = ("2025-03-01T00:00:00Z", "2025-11-30T00:00:00Z");
        let clock = clock("Europe/Berlin", always, range.0, range.1);
        let spring = ("2025-03-30T00:00:00+01:00", "2025-03-31T00:00:00+02:00");
        assert!((hours(&clock, spring.0, spring.1) - 23.0).abs() < 1e-9);
        let autumn = ("2025-10-26T00:00:00+02:00", "2025-10-27T00:00:00+01:00");
        assert!((hours(&clock, autumn.0, autumn.1) - 25.0).abs() < 1e-9);
        let weekend = ("2025-03-29T12:00:00+01:00", "2025-03-30T12:00:00+02:00");
        assert!((hours(&clock, weekend.0, weekend.1) - 23.0).abs() < 1e-9);
    }

    #[test]
    fn the_leap_day_is_a_day() {
        let week = "[week]\nthu = [\"09:00-17:00\"]\n";
        let range = ("2024-02-01T00:00:00Z", "2024-03-31T00:00:00Z");
        let clock = clock("UTC", week, range.0, range.1);
        let leap = ("2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z");
        assert!((hours(&clock, leap.0, leap.1) - 8.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn open_time_is_additive_and_never_more_than_the_time_elapsed(
            mut times in proptest::collection::vec(0_i64..720, 3)
        ) {
            times.sort_unstable();
            let clock = tashkent();
            let start = us("2025-03-01T00:00:00Z");
            let at: Vec<i64> = times.iter().map(|hour| start + hour * HOUR).collect();
            let open = |from: usize, to: usize| clock.open_us(at[from], at[to]);
            prop_assert_eq!(open(0, 1) + open(1, 2), open(0, 2));
            prop_assert!(open(0, 2) <= at[2] - at[0]);
            prop_assert!(open(0, 1) <= open(0, 2));
        }
    }
}
