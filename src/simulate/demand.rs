//! When declarations come: days of the log with their share of the traffic, and hours of the day.

use jiff::civil::Date;

use super::calendar::{Calendar, DAY_S, date_of, day_number, weekday};
use super::dice::{Dice, whole_unsigned};
use super::places::{Direction, Mode};

/// Traffic of each month, January first: a quiet winter, a spring rise, the harvest and the
/// year's end.
const SEASON: [f64; 12] = [
    0.84, 0.91, 0.97, 1.01, 1.02, 0.98, 0.97, 1.00, 1.05, 1.10, 1.08, 1.12,
];
/// Traffic of each weekday, Sunday first.
const WEEK: [f64; 7] = [0.42, 1.12, 1.15, 1.13, 1.12, 1.10, 0.72];
/// On public holidays.
const HOLIDAY: f64 = 0.40;
/// Growth per year.
const GROWTH: f64 = 0.09;
/// How much longer waits are in each month, January first: the year's end is crowded.
const CROWDING: [f64; 12] = [
    1.04, 0.97, 0.98, 1.00, 0.98, 0.96, 0.95, 0.97, 1.00, 1.05, 1.08, 1.18,
];

/// Arrivals by hour at crossing points that never close.
const ROUND_THE_CLOCK: [u16; 24] = [
    26, 22, 19, 18, 20, 26, 34, 42, 50, 56, 58, 57, 54, 52, 52, 52, 50, 48, 46, 44, 42, 40, 36, 30,
];
/// Deliveries by hour at inland terminals, small crossing points and the post.
const DAYTIME: [u16; 24] = [
    0, 0, 0, 0, 0, 0, 2, 14, 52, 96, 118, 112, 84, 70, 92, 98, 82, 54, 26, 10, 2, 0, 0, 0,
];

/// One day of the log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Day {
    /// Day number since 1970-01-01, local.
    pub(super) number: i64,
    /// Declarations whose first event falls on it.
    pub(super) declarations: u64,
}

/// Spreads `total` declarations over the days from `first` to before `end`, exactly: the running
/// sum is rounded, not the days. A day's weight is season × weekday × holiday × growth.
pub(super) fn days(calendar: &Calendar, first: Date, end: Date, total: u64) -> Vec<Day> {
    let numbers = day_number(first)..day_number(end);
    let weights: Vec<f64> = numbers
        .clone()
        .map(|number| weight(calendar, number, numbers.start))
        .collect();
    let sum: f64 = weights.iter().sum();
    let mut so_far = 0.0;
    let mut given = 0;
    let mut days: Vec<Day> = numbers
        .zip(weights)
        .map(|(number, weight)| {
            so_far += weight;
            let due = whole_unsigned(total as f64 * so_far / sum).min(total);
            let declarations = due.saturating_sub(given);
            given = given.max(due);
            Day {
                number,
                declarations,
            }
        })
        .collect();
    if let Some(last) = days.last_mut() {
        last.declarations += total - given;
    }
    days
}

fn weight(calendar: &Calendar, number: i64, start: i64) -> f64 {
    let month = date_of(number).month();
    let of_week = usize::try_from(weekday(number))
        .ok()
        .and_then(|day| WEEK.get(day))
        .copied();
    let holiday = if calendar.is_holiday(number) {
        HOLIDAY
    } else {
        1.0
    };
    let years = (number - start) as f64 / 365.25;
    of_month(&SEASON, month) * of_week.unwrap_or(1.0) * holiday * (1.0 + GROWTH).powf(years)
}

/// The factor on waits in a month (1–12).
pub(super) fn crowding(month: i8) -> f64 {
    of_month(&CROWDING, month)
}

fn of_month(factors: &[f64; 12], month: i8) -> f64 {
    usize::try_from(month - 1)
        .ok()
        .and_then(|at| factors.get(at))
        .copied()
        .unwrap_or(1.0)
}

/// Seconds after local midnight of a declaration's first event.
pub(super) fn second_of_day(
    dice: &mut Dice,
    direction: Direction,
    mode: Mode,
    always: bool,
) -> i64 {
    let hours = if direction == Direction::Export || mode == Mode::Post || !always {
        &DAYTIME
    } else {
        &ROUND_THE_CLOCK
    };
    let total: u64 = hours.iter().map(|weight| u64::from(*weight)).sum();
    let mut left = dice.below(total);
    let mut second = 0;
    for weight in hours {
        if left < u64::from(*weight) {
            break;
        }
        left -= u64::from(*weight);
        second += 3600;
    }
    let within = i64::try_from(dice.below(3600)).unwrap_or(0);
    (second + within).min(DAY_S - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    #[test]
    fn every_declaration_gets_a_day_and_the_second_year_has_more() {
        let zone = TimeZone::get("Asia/Tashkent").unwrap();
        let (first, end) = (Date::constant(2024, 1, 1), Date::constant(2026, 1, 1));
        let calendar = Calendar::new(&zone, first, end);
        for total in [0, 1, 7, 12_345] {
            let days = days(&calendar, first, end, total);
            assert_eq!(days.iter().map(|day| day.declarations).sum::<u64>(), total);
            assert_eq!(days.len(), 731);
        }
        let days = days(&calendar, first, end, 100_000);
        let second: u64 = days.iter().skip(366).map(|day| day.declarations).sum();
        assert!(
            (51_500..53_000).contains(&second),
            "{second}: 1.09 / 2.09 = 52.2 %"
        );
    }
}
