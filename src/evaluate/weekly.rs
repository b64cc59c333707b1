//! When things happen: counts by weekday and hour on the clock of the project's zone.

use std::sync::Arc;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::measure::Population;
use super::scope::Grid;
use super::table::State;
use super::{Evaluator, Scope, base_for};
use crate::catalogue::{Definition, Measure};
use crate::error::Result;
use crate::model::Period;

/// Hours of a day.
const HOURS: usize = 24;
/// Days of a week.
const DAYS: usize = 7;

/// How often what a KPI counts happened in each hour of the week, as the mean of the days of the
/// period that have that hour: a month with five Mondays is not busier on Mondays for it.
#[derive(Clone, Debug, PartialEq)]
pub struct WeeklyHours {
    /// The KPI.
    pub kpi: Arc<str>,
    /// The period.
    pub period: Period,
    /// How many there were; `None` where suppressed.
    pub n: Option<u64>,
    /// Seven rows, Monday first, of 24 hours each.
    pub days: Vec<Vec<HourFigure>>,
}

/// One hour of the week.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HourFigure {
    /// Whether the figure is there. Not measurable is an hour of a weekday that the period has not
    /// (yet) had.
    pub state: State,
    /// The mean per day.
    pub per_day: Option<f64>,
    /// How many in all; `None` unless the state is ok.
    pub n: Option<u64>,
}

impl Evaluator<'_> {
    /// The hours of the last period of a scope, for a KPI that counts rows dated by an anchor; `None` for
    /// any other kind, and where there is nothing to count.
    pub fn weekly_hours(
        &self,
        definition: &Definition,
        scope: &Scope,
    ) -> Result<Option<WeeklyHours>> {
        let Some(period) = scope.periods.last().copied() else {
            return Ok(None);
        };
        if definition.measure != Measure::Count || self.missing_input(definition)?.is_some() {
            return Ok(None);
        }
        let zone = self.settings.zone;
        let base = base_for(definition, scope, &[])?;
        let grid = Grid::new(&[period], zone);
        let mut counts = vec![[0_u64; HOURS]; DAYS];
        self.each_piece(|piece| {
            let base = piece.base(base);
            let population = Population::of(definition, base, &grid, scope.condition.as_deref())?;
            let times = base.times(&format!("{}_at", definition.anchor));
            for (row, _) in &population.rows {
                let at = times.get(*row as usize);
                let Some(at) = at.and_then(|at| Timestamp::from_microsecond(at).ok()) else {
                    continue;
                };
                let local = zone.to_datetime(at);
                let (day, hour) = (place(local.weekday()), local.hour());
                let slot = counts.get_mut(day).zip(usize::try_from(hour).ok());
                if let Some(count) = slot.and_then(|(hours, hour)| hours.get_mut(hour)) {
                    *count += 1;
                }
            }
            Ok(())
        })?;
        let n: u64 = counts.iter().flatten().sum();
        let days = days_of(period, zone, self.settings.freeze_us);
        Ok((n > 0).then(|| WeeklyHours {
            kpi: Arc::clone(&definition.id),
            period,
            n: (n >= scope.min_declarations).then_some(n),
            days: figures(&counts, &days, scope.min_declarations),
        }))
    }
}

/// Monday is 0.
fn place(weekday: Weekday) -> usize {
    usize::try_from(weekday.to_monday_zero_offset()).unwrap_or_default()
}

/// How many days of each weekday a period had by the freeze time; the day of the freeze counts.
fn days_of(period: Period, zone: &TimeZone, freeze_us: i64) -> [u32; DAYS] {
    let mut days = [0; DAYS];
    let (Some((first, last)), Ok(freeze)) =
        (period.dates(), Timestamp::from_microsecond(freeze_us))
    else {
        return days;
    };
    let last = last.min(zone.to_datetime(freeze).date());
    for date in first.series(1.day()).take_while(|date| *date <= last) {
        if let Some(count) = days.get_mut(place(date.weekday())) {
            *count += 1;
        }
    }
    days
}

/// Counts to figures. A single hidden hour could be had back from the total of the KPI: the smallest
/// other one is hidden with it.
fn figures(counts: &[[u64; HOURS]], days: &[u32; DAYS], min: u64) -> Vec<Vec<HourFigure>> {
    let few = |count: u64| count > 0 && count < min;
    let hidden = counts.iter().flatten().filter(|count| few(**count)).count();
    let mut second = counts
        .iter()
        .flatten()
        .copied()
        .filter(|count| *count >= min.max(1))
        .min();
    if hidden != 1 {
        second = None;
    }
    let mut hours = Vec::with_capacity(counts.len());
    for (counts, days) in counts.iter().zip(days) {
        let figure = |count: &u64| {
            let with_it = second == Some(*count);
            if with_it {
                // One is enough.
                second = None;
            }
            let state = match *days {
                _ if with_it || few(*count) => State::Suppressed,
                0 => State::NotMeasurable,
                _ => State::Ok,
            };
            let shown = state == State::Ok;
            HourFigure {
                state,
                per_day: shown.then(|| *count as f64 / f64::from(*days)),
                n: shown.then_some(*count),
            }
        };
        hours.push(counts.iter().map(figure).collect());
    }
    hours
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Month;

    #[test]
    fn a_lone_hidden_hour_hides_the_smallest_other_one_too() {
        let mut counts = [[0; HOURS]; DAYS];
        (counts[0][8], counts[0][9], counts[3][8]) = (3, 40, 12);
        let made = figures(&counts, &[4; DAYS], 5);
        assert_eq!(made[0][8].state, State::Suppressed);
        assert_eq!(made[3][8].state, State::Suppressed);
        assert_eq!((made[0][9].per_day, made[0][9].n), (Some(10.0), Some(40)));
        assert_eq!(made[6][0].per_day, Some(0.0));
        // Two hidden ones keep each other's secret.
        counts[5][1] = 4;
        let made = figures(&counts, &[4; DAYS], 5);
        assert_eq!(made[3][8].state, State::Ok);
    }

    #[test]
    fn days_are_counted_up_to_the_freeze_time_and_monday_comes_first() {
        // March 2025 begins with a Saturday and has five of Saturday, Sunday and Monday.
        let period = Period::month(Month::new(2025, 3).unwrap());
        let zone = TimeZone::get("Asia/Tashkent").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_microsecond();
        assert_eq!(
            days_of(period, &zone, at("2025-06-01T00:00:00Z")),
            [5, 4, 4, 4, 4, 5, 5]
        );
        // 19:30 UTC on the 9th is the 10th, a Monday, in Tashkent.
        assert_eq!(
            days_of(period, &zone, at("2025-03-09T19:30:00Z")),
            [2, 1, 1, 1, 1, 2, 2]
        );
        let never = figures(&[[0; HOURS]; DAYS], &[0; DAYS], 5);
        assert_eq!(never[2][3].state, State::NotMeasurable);
    }
}
