//! Ticks: round numbers in the reader's units, and periods thinned until none touch.

use crate::language::Language;

use super::Scale;

const MINUTE: f64 = 60.0;
const HOUR: f64 = 3600.0;
const DAY: f64 = 86_400.0;
/// The most intervals between ticks.
const MOST_INTERVALS: f64 = 6.0;

/// A value axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ValueAxis {
    /// The lowest and the highest value; ticks stand at both.
    pub(super) low: f64,
    pub(super) high: f64,
    /// Value and text, from the lowest to the highest.
    pub(super) ticks: Vec<(f64, String)>,
    /// What the numbers must be multiplied by ("billion"), or that the axis does not begin at 0.
    pub(super) note: String,
    /// The former alone; empty without one.
    pub(super) magnitude: String,
}

impl ValueAxis {
    /// Round ticks that enclose the values. An axis begins at 0 unless all values lie so close
    /// together that their differences would be lost; the note then says so. Without values: 0–1
    /// in the unit of the scale.
    pub(super) fn enclosing(
        language: &Language,
        scale: Scale,
        values: impl IntoIterator<Item = f64>,
    ) -> Self {
        Self::with_intervals(language, scale, values, MOST_INTERVALS)
    }

    /// Round ticks that enclose the values closely, whether 0 is near or not: for lines whose
    /// differences matter, not their size.
    pub(super) fn close(
        language: &Language,
        scale: Scale,
        values: impl IntoIterator<Item = f64>,
    ) -> Self {
        let values = values.into_iter().filter(|value| value.is_finite());
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        if high - low > high.abs().max(low.abs()) * 1e-9 {
            Self::between(language, scale, (low, high), MOST_INTERVALS)
        } else {
            Self::enclosing(language, scale, (low <= high).then_some(low))
        }
    }

    /// [`ValueAxis::enclosing`] with at most so many intervals between ticks, at least 2.
    pub(super) fn with_intervals(
        language: &Language,
        scale: Scale,
        values: impl IntoIterator<Item = f64>,
        most: f64,
    ) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.into_iter().filter(|value| value.is_finite()) {
            low = low.min(value);
            high = high.max(value);
        }
        if low > high {
            (low, high) = (0.0, 0.0);
        }
        if low >= 0.0 && low < 0.6 * high {
            low = 0.0;
        } else if high <= 0.0 && high > 0.6 * low {
            high = 0.0;
        }
        if high - low <= high.abs().max(low.abs()) * 1e-9 {
            // One value only: show it against 0.
            low = low.min(0.0);
            high = high.max(0.0);
        }
        if high <= low {
            high = low + unit(scale);
        }
        Self::between(language, scale, (low, high), most)
    }

    /// Round ticks from a low value to a higher one.
    fn between(language: &Language, scale: Scale, (low, high): (f64, f64), most: f64) -> Self {
        let step = step(scale, (low, high), most);
        let (first, last) = (floor(low / step), ceil(high / step));
        let (divisor, word) = magnitude(scale, (first * step).abs().max((last * step).abs()));
        let mut ticks = Vec::new();
        let mut at = first;
        while at <= last {
            let text = tick_text(language, scale, at * step, (step, divisor));
            ticks.push((at * step, text));
            at += 1.0;
        }
        let magnitude = if word.is_empty() {
            String::new()
        } else {
            language.text(word)
        };
        let note = match (first > 0.0 || last < 0.0, word) {
            (false, _) => magnitude.clone(),
            (true, "") => language.text("axis.not_from_zero"),
            (true, _) => {
                language.fill("axis.magnitude_not_from_zero", &[("magnitude", &magnitude)])
            }
        };
        Self {
            low: first * step,
            high: last * step,
            ticks,
            note,
            magnitude,
        }
    }

    /// The share of the axis at which a value stands: 0 at the low end, 1 at the high end.
    pub(super) fn position(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }
}

/// What an axis without values spans.
const fn unit(scale: Scale) -> f64 {
    match scale {
        Scale::Duration | Scale::WorkingTime => HOUR,
        Scale::Share | Scale::Count | Scale::Number | Scale::Money => 1.0,
    }
}

/// Down to a whole number, but not by a whole step for the rounding error of a sum.
fn floor(steps: f64) -> f64 {
    (steps + 1e-6).floor()
}

/// Up to a whole number, likewise.
fn ceil(steps: f64) -> f64 {
    (steps - 1e-6).ceil()
}

/// The smallest round step that makes few enough intervals.
fn step(scale: Scale, (low, high): (f64, f64), most: f64) -> f64 {
    let fits = |step: &f64| ceil(high / step) - floor(low / step) <= most;
    let is_time = matches!(scale, Scale::Duration | Scale::WorkingTime);
    if is_time {
        let seconds = [1.0, 2.0, 5.0, 10.0, 15.0, 30.0];
        let minutes = [1.0, 2.0, 5.0, 10.0, 15.0, 30.0].map(|n| n * MINUTE);
        let hours = [1.0, 2.0, 3.0, 6.0, 12.0].map(|n| n * HOUR);
        let days = [1.0, 2.0, 5.0].map(|n| n * DAY);
        let days = days.into_iter().filter(|_| scale == Scale::Duration);
        let clock = seconds.into_iter().chain(minutes).chain(hours).chain(days);
        if let Some(step) = clock.into_iter().find(|step| fits(step)) {
            return step;
        }
    }
    let factor = match scale {
        Scale::Duration => DAY,
        Scale::WorkingTime => HOUR,
        _ => 1.0,
    };
    let mut power = ((high - low) / factor / most).log10().floor();
    if scale == Scale::Count {
        power = power.max(0.0);
    }
    let powers = [power, power + 1.0, power + 2.0].map(|power| 10_f64.powf(power));
    let steps = powers
        .into_iter()
        .flat_map(|power| [1.0, 2.0, 5.0].map(|n| n * power * factor));
    // The widest of these steps is far wider than needed, so one is always found.
    steps
        .into_iter()
        .find(|step| fits(step))
        .unwrap_or(high - low)
}

/// By what numbers are divided, and the key of its name, so that at most four digits are left before the
/// point.
fn magnitude(scale: Scale, largest: f64) -> (f64, &'static str) {
    let from = match scale {
        Scale::Duration | Scale::WorkingTime | Scale::Share => return (1.0, ""),
        Scale::Count | Scale::Number => 1e6,
        Scale::Money => 1e4,
    };
    if largest < from {
        return (1.0, "");
    }
    let names = [
        (1e12, "magnitude.trillion"),
        (1e9, "magnitude.billion"),
        (1e6, "magnitude.million"),
        (1e3, "magnitude.thousand"),
    ];
    names
        .into_iter()
        .find(|&(divisor, _)| largest >= divisor)
        .unwrap_or((1.0, ""))
}

fn tick_text(language: &Language, scale: Scale, value: f64, (step, divisor): (f64, f64)) -> String {
    match scale {
        Scale::Share => {
            let number = number(language, value * 100.0, decimals(step * 100.0));
            language.fill("axis.percent", &[("n", &number)])
        }
        _ if value.abs() < step / 2.0 => "0".to_owned(),
        Scale::Duration => in_unit(language, value, step),
        Scale::WorkingTime => in_unit(language, value, step.min(HOUR)),
        Scale::Count | Scale::Number | Scale::Money => {
            number(language, value / divisor, decimals(step / divisor))
        }
    }
}

/// A time in the largest unit that is not longer than `step`.
fn in_unit(language: &Language, seconds: f64, step: f64) -> String {
    let (unit, key) = match step {
        step if step >= DAY => (DAY, "axis.days"),
        step if step >= HOUR => (HOUR, "axis.hours"),
        step if step >= MINUTE => (MINUTE, "axis.minutes"),
        _ => (1.0, "axis.seconds"),
    };
    language.fill(key, &[("n", &number(language, seconds / unit, 0))])
}

/// An elapsed time as the tick of a cumulative curve.
pub(super) fn elapsed_text(language: &Language, seconds: f64) -> String {
    if seconds > 0.0 {
        // Twelve hours are not half a day.
        in_unit(language, seconds, seconds)
    } else {
        "0".to_owned()
    }
}

/// How many decimals a round step needs.
fn decimals(step: f64) -> usize {
    (0..12)
        .find(|&places| step * 10_f64.powi(places) >= 0.999)
        .map_or(12, i32::unsigned_abs) as usize
}

/// A number with grouped thousands and a true minus; very large ones as a power of ten.
fn number(language: &Language, value: f64, decimals: usize) -> String {
    if value.abs() >= 1e9 {
        return format!("{value:.2e}").replace('-', "−");
    }
    language.number(value, decimals)
}

/// A value as it is written beside its mark: a duration, per cent, or three significant figures
/// with their magnitude.
pub(super) fn value_text(language: &Language, scale: Scale, value: f64) -> String {
    match scale {
        Scale::Duration => language.duration(value).replace(' ', "\u{a0}"),
        Scale::WorkingTime => language.working_time(value).replace(' ', "\u{a0}"),
        Scale::Share => {
            let percent = value * 100.0;
            let number = number(language, percent, usize::from(percent.abs() < 99.95));
            language.fill("axis.percent", &[("n", &number)])
        }
        Scale::Count if value.abs() < 1e6 => number(language, value, 0),
        Scale::Number if value.abs() < 1e6 => {
            let places = match value.abs() {
                v if !(1e-9..99.95).contains(&v) => 0,
                v if v >= 9.995 => 1,
                v if v >= 0.9995 => 2,
                _ => 3,
            };
            number(language, value, places)
        }
        Scale::Count | Scale::Number | Scale::Money => {
            let (divisor, word) = magnitude(Scale::Money, value.abs());
            let scaled = value / divisor;
            let places = match scaled.abs() {
                s if !(0.005..99.95).contains(&s) => 0,
                s if s >= 9.995 => 1,
                _ => 2,
            };
            let number = number(language, scaled, places);
            if word.is_empty() {
                return number;
            }
            language.fill(
                "axis.money",
                &[("n", &number), ("magnitude", &language.text(word))],
            )
        }
    }
}

/// Elapsed times at which a cumulative curve may have a tick, the most telling first.
pub(super) const ELAPSED: [f64; 19] = [
    0.0,
    DAY,
    HOUR,
    10.0 * DAY,
    6.0 * HOUR,
    2.0 * DAY,
    5.0 * DAY,
    30.0 * DAY,
    12.0 * HOUR,
    100.0 * DAY,
    365.0 * DAY,
    1000.0 * DAY,
    3.0 * HOUR,
    2.0 * HOUR,
    30.0 * MINUTE,
    15.0 * MINUTE,
    5.0 * MINUTE,
    MINUTE,
    20.0 * DAY,
];

/// A period as an axis shows it: a name, and the year beneath where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PeriodName {
    /// "Mar", "Q1", "2025", or the label as it came.
    pub(super) name: String,
    /// "2025" under months and quarters.
    pub(super) year: Option<String>,
    /// Months since the year began, for thinning.
    month: Option<u8>,
    /// Whether it is a quarter.
    is_quarter: bool,
}

impl PeriodName {
    /// Reads `2025-03`, `2025-Q1`; anything else is shown as it is.
    pub(super) fn of(language: &Language, label: &str) -> Self {
        let dated = |(year, part): (&str, &str)| {
            let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
            let number = |text: &str| text.parse::<u8>().ok()?.checked_sub(1);
            let (name, month, is_quarter) = match part.strip_prefix('Q') {
                Some(quarter) => {
                    let quarter = number(quarter).filter(|quarter| *quarter < 4)?;
                    let name = language.quarter_short(usize::from(quarter));
                    (name, quarter * 3, true)
                }
                None if part.len() == 2 => {
                    let month = number(part).filter(|month| *month < 12)?;
                    (language.month_short(usize::from(month)), month, false)
                }
                None => return None,
            };
            is_year.then(|| Self {
                name: name.to_owned(),
                year: Some(year.to_owned()),
                month: Some(month),
                is_quarter,
            })
        };
        label
            .split_once('-')
            .and_then(dated)
            .unwrap_or_else(|| Self {
                name: label.to_owned(),
                year: None,
                month: None,
                is_quarter: false,
            })
    }

    /// In one line: "Mar 2025".
    pub(super) fn whole(&self, language: &Language) -> String {
        let Some(year) = &self.year else {
            return self.name.clone();
        };
        if self.is_quarter {
            language.fill(
                "period.quarter_short",
                &[("quarter", &self.name), ("year", year)],
            )
        } else {
            language.fill(
                "period.month_short",
                &[("month", &self.name), ("year", year)],
            )
        }
    }
}

/// Which periods get a tick when two ticks must be `apart` periods from each other. Months and
/// quarters are thinned to ones that begin a half-year, a third, a quarter of the year; other
/// labels are counted back from the last.
pub(super) fn thin_periods(names: &[PeriodName], apart: f64) -> Vec<usize> {
    let all_dated = names.iter().all(|name| name.month.is_some());
    let quarters = names.iter().all(|name| name.is_quarter);
    if all_dated && apart > 1.0 {
        let months_apart = apart * if quarters { 3.0 } else { 1.0 };
        let step = [2, 3, 4, 6]
            .into_iter()
            .find(|&step| f64::from(step) >= months_apart);
        // Farther apart than half a year: the years, as many as fit.
        let years = (months_apart / 12.0).ceil().max(1.0);
        let mut since = f64::INFINITY;
        let chosen = names
            .iter()
            .enumerate()
            .filter(|(_, name)| match (name.month, step) {
                (Some(month), Some(step)) => month % step == 0,
                (month, _) => {
                    let january = month == Some(0);
                    let due = january && since >= years;
                    since = match (due, january) {
                        (true, _) => 1.0,
                        (false, true) => since + 1.0,
                        (false, false) => since,
                    };
                    due
                }
            });
        let chosen: Vec<usize> = chosen.map(|(at, _)| at).collect();
        if !chosen.is_empty() {
            return chosen;
        }
    }
    let every = apart.max(1.0).ceil();
    let last = names.len().saturating_sub(1);
    (0..names.len())
        .filter(|&at| ((last - at) as f64) % every < 0.5)
        .collect()
}

#[cfg(test)]
mod tests;
