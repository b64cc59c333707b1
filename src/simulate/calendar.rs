//! Local time, office hours and public holidays.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Seconds in a civil day without a zone change.
pub(super) const DAY_S: i64 = 86_400;
const HOUR_S: i64 = 3600;

/// Public holidays that fall on the same day every year (month, day): New Year, Women's Day,
/// Navruz, Day of Remembrance, Independence Day, Teachers' Day, Constitution Day.
const FIXED_HOLIDAYS: [(i8, i8); 7] = [(1, 1), (3, 8), (3, 21), (5, 9), (9, 1), (10, 1), (12, 8)];

/// First days of Ramazon hayit and Qurbon hayit, which follow the moon and are decreed each year,
/// and 2025-03-31, moved from a Sunday. Other moved working days are left out.
const MOVABLE_HOLIDAYS: [(i16, i8, i8); 9] = [
    (2023, 4, 21),
    (2023, 6, 28),
    (2024, 4, 10),
    (2024, 6, 16),
    (2025, 3, 30),
    (2025, 3, 31),
    (2025, 6, 6),
    (2026, 3, 20),
    (2026, 5, 27),
];

/// Whose hours a step keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    /// Day and night: machines, big border crossing points, airports.
    Always,
    /// Small border crossing points: 08:00–20:00 every day.
    BorderDay,
    /// Inland customs offices and other agencies: Monday to Friday 09:00–13:00 and 14:00–18:00,
    /// Saturday 09:00–13:00, closed on public holidays.
    Inland,
    /// Brokers, banks and terminals: Monday to Saturday 08:00–20:00, otherwise 10:00–16:00.
    Business,
}

impl Clock {
    /// Open intervals in local seconds of the day; `weekday` is 0 for Sunday.
    const fn hours(self, weekday: i64, holiday: bool) -> &'static [(i64, i64)] {
        match self {
            Self::Always => &[(0, DAY_S)],
            Self::BorderDay => &[(8 * HOUR_S, 20 * HOUR_S)],
            Self::Inland if holiday || weekday == 0 => &[],
            Self::Inland if weekday == 6 => &[(9 * HOUR_S, 13 * HOUR_S)],
            Self::Inland => &[(9 * HOUR_S, 13 * HOUR_S), (14 * HOUR_S, 18 * HOUR_S)],
            Self::Business if holiday || weekday == 0 => &[(10 * HOUR_S, 16 * HOUR_S)],
            Self::Business => &[(8 * HOUR_S, 20 * HOUR_S)],
        }
    }
}

/// The zone's offsets over the log and the public holidays; times are seconds since the Unix epoch.
#[derive(Debug)]
pub(super) struct Calendar {
    /// From when an offset applies, in UTC seconds, and the offset in seconds; ascending.
    offsets: Vec<(i64, i64)>,
    /// Local day numbers since 1970-01-01, ascending.
    holidays: Vec<i64>,
}

impl Calendar {
    /// Covers one year before `first` to three years after `last`; later times keep the last offset.
    pub(super) fn new(zone: &TimeZone, first: Date, last: Date) -> Self {
        let from = first.saturating_sub(1.year());
        let until = last.saturating_add(3.years());
        let instant = |date: Date| {
            date.to_zoned(zone.clone())
                .map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp())
        };
        let (start, end) = (instant(from), instant(until));
        let mut offsets = vec![(i64::MIN, i64::from(zone.to_offset(start).seconds()))];
        offsets.extend(
            zone.following(start)
                .take_while(|transition| transition.timestamp() < end)
                .map(|transition| {
                    (
                        transition.timestamp().as_second(),
                        i64::from(transition.offset().seconds()),
                    )
                }),
        );
        let mut holidays: Vec<i64> = (from.year()..=until.year())
            .flat_map(|year| FIXED_HOLIDAYS.map(|(month, day)| (year, month, day)))
            .chain(MOVABLE_HOLIDAYS)
            .filter_map(|(year, month, day)| Date::new(year, month, day).ok())
            .map(day_number)
            .collect();
        holidays.sort_unstable();
        Self { offsets, holidays }
    }

    /// Local seconds since 1970-01-01 00:00 local of an instant.
    pub(super) fn local(&self, at: i64) -> i64 {
        at + self.offset(at)
    }

    /// The instant of a local time; in a gap or an overlap, one of the two possible ones.
    pub(super) fn instant(&self, local: i64) -> i64 {
        let nearby = local - self.offset(local);
        local - self.offset(nearby)
    }

    /// Whether a local day number is a public holiday.
    pub(super) fn is_holiday(&self, day: i64) -> bool {
        self.holidays.binary_search(&day).is_ok()
    }

    /// The instant at which `seconds` of open time have passed since `from`. Time outside the
    /// clock's hours does not count.
    pub(super) fn advance(&self, clock: Clock, from: i64, seconds: i64) -> i64 {
        if clock == Clock::Always {
            return from + seconds;
        }
        let mut local = self.local(from);
        let mut remaining = seconds;
        // Every clock opens at least five days a week, so the loop ends; the bound says so.
        for _ in 0..20_000 {
            let day = local.div_euclid(DAY_S);
            let second_of_day = local - day * DAY_S;
            for (open, close) in clock.hours(weekday(day), self.is_holiday(day)) {
                let start = second_of_day.max(*open);
                let available = (close - start).max(0);
                if available > 0 && remaining <= available {
                    return self.instant(day * DAY_S + start + remaining).max(from);
                }
                remaining -= available;
            }
            local = (day + 1) * DAY_S;
        }
        from + seconds
    }

    fn offset(&self, at: i64) -> i64 {
        let after = self.offsets.partition_point(|(from, _)| *from <= at);
        self.offsets
            .get(after.saturating_sub(1))
            .map_or(0, |(_, offset)| *offset)
    }
}

/// Days since 1970-01-01.
pub(super) fn day_number(date: Date) -> i64 {
    date.duration_since(Date::constant(1970, 1, 1))
        .as_secs()
        .div_euclid(DAY_S)
}

/// The civil date of a day number; 1970-01-01 where it is beyond the years jiff knows.
pub(super) fn date_of(day: i64) -> Date {
    let epoch = Date::constant(1970, 1, 1);
    i32::try_from(day).map_or(epoch, |days| epoch.saturating_add(days.days()))
}

/// 0 for Sunday to 6 for Saturday; 1970-01-01 was a Thursday.
pub(super) const fn weekday(day: i64) -> i64 {
    (day + 4).rem_euclid(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tashkent() -> Calendar {
        let zone = TimeZone::get("Asia/Tashkent").unwrap();
        Calendar::new(
            &zone,
            Date::constant(2024, 1, 1),
            Date::constant(2025, 12, 31),
        )
    }

    fn local(calendar: &Calendar, text: &str) -> i64 {
        let time: jiff::civil::DateTime = text.parse().unwrap();
        let day = day_number(time.date());
        calendar
            .instant(day * DAY_S + i64::from(time.hour()) * 3600 + i64::from(time.minute()) * 60)
    }

    #[test]
    fn inland_work_waits_for_the_lunch_break_the_weekend_and_holidays() {
        let calendar = tashkent();
        for (from, hours, to) in [
            ("2025-03-12T10:00", 2, "2025-03-12T12:00"),
            ("2025-03-12T12:00", 2, "2025-03-12T15:00"),
            ("2025-03-15T12:00", 2, "2025-03-17T10:00"), // Saturday noon to Monday
            ("2025-03-20T17:00", 2, "2025-03-22T10:00"), // over Navruz, a Friday, to Saturday
            ("2025-03-12T22:00", 1, "2025-03-13T10:00"),
        ] {
            let end = calendar.advance(Clock::Inland, local(&calendar, from), hours * 3600);
            assert_eq!(end, local(&calendar, to), "{from} + {hours} h");
        }
    }

    #[test]
    fn a_zone_with_summer_time_keeps_local_opening_hours() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let calendar = Calendar::new(
            &zone,
            Date::constant(2025, 1, 1),
            Date::constant(2025, 12, 31),
        );
        let winter = local(&calendar, "2024-03-30T12:00");
        let next_monday = calendar.advance(Clock::Inland, winter, 2 * 3600);
        assert_eq!(next_monday, local(&calendar, "2024-04-01T10:00"));
        // Two days less two hours on the wall, one more hour gone for the change to summer time.
        assert_eq!(next_monday - winter, (46 - 1) * 3600);
    }

    #[test]
    fn days_and_dates_are_inverse() {
        for text in ["1969-12-31", "2024-02-29", "2026-01-05"] {
            let date: Date = text.parse().unwrap();
            assert_eq!(date_of(day_number(date)), date);
        }
        assert_eq!(
            weekday(day_number(Date::constant(2025, 3, 16))),
            0,
            "a Sunday"
        );
    }
}
