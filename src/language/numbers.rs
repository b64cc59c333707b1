//! Numbers, lengths of time and dates as a language writes them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Language;
use crate::model::{Grain, Month, Period, SplitDuration, Unit};

impl Language {
    /// A number that a program wrote (`-12345.6`), as people read it: a real minus sign (none
    /// before zero), thousands grouped, the decimal mark of the language.
    pub fn digits(&self, number: &str) -> String {
        let (is_negative, digits) = match number.strip_prefix(['-', '−']) {
            Some(digits) => (digits.contains(|c: char| ('1'..='9').contains(&c)), digits),
            None => (false, number),
        };
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (digits, None),
        };
        let mut written = String::with_capacity(number.len() + 8);
        if is_negative {
            written.push('−');
        }
        for (at, digit) in whole.char_indices() {
            if at > 0 && (whole.len() - at).is_multiple_of(3) {
                written.push_str(&self.group);
            }
            written.push(digit);
        }
        if let Some(fraction) = fraction {
            written.push_str(&self.decimal);
            written.push_str(fraction);
        }
        written
    }

    /// A number with so many decimals.
    pub fn number(&self, value: f64, decimals: usize) -> String {
        self.digits(&format!("{value:.decimals$}"))
    }

    /// A whole number.
    pub fn count(&self, count: u64) -> String {
        self.digits(&count.to_string())
    }

    /// A length of elapsed time: `2 d 3 h 05 min`. Never a decimal that could be read as hours
    /// and minutes. Rounded as [`SplitDuration::of`] has it.
    pub fn duration(&self, seconds: f64) -> String {
        self.split(SplitDuration::of(seconds))
    }

    /// A length of working time: `51 h 05 min`, never in days.
    pub fn working_time(&self, seconds: f64) -> String {
        self.split(SplitDuration::of_working_time(seconds))
    }

    fn split(&self, duration: SplitDuration) -> String {
        let whole = |number: f64| self.number(number, 0);
        let two = |number: f64| format!("{number:02}");
        let (is_negative, text) = match duration {
            SplitDuration::Seconds(n) => (
                n < 0.0,
                self.fill("duration.seconds", &[("n", &whole(n.abs()))]),
            ),
            SplitDuration::Minutes(n) => (
                n < 0.0,
                self.fill("duration.minutes", &[("n", &whole(n.abs()))]),
            ),
            SplitDuration::Hours {
                is_negative,
                hours,
                minutes,
            } => (
                is_negative,
                self.fill(
                    "duration.hours_minutes",
                    &[("h", &whole(hours)), ("min", &two(minutes))],
                ),
            ),
            SplitDuration::Days {
                is_negative,
                days,
                hours,
                minutes,
            } => (
                is_negative,
                self.fill(
                    "duration.days_hours_minutes",
                    &[
                        ("d", &whole(days)),
                        ("h", &whole(hours)),
                        ("min", &two(minutes)),
                    ],
                ),
            ),
        };
        if is_negative {
            format!("−{text}")
        } else {
            text
        }
    }

    /// A plain number with its unit behind it: `12.5 t`.
    pub fn with_unit(&self, number: &str, unit: Unit) -> String {
        match unit {
            Unit::Tonnes => self.fill("unit.tonnes", &[("n", number)]),
            Unit::KilometresPerHour => self.fill("unit.km_per_h", &[("n", number)]),
            Unit::Days => self.fill("unit.days", &[("n", number)]),
            Unit::PerThousand => self.fill("unit.per_1000", &[("n", number)]),
            Unit::Seconds
            | Unit::WorkingSeconds
            | Unit::Share
            | Unit::Count
            | Unit::Money
            | Unit::Ratio
            | Unit::Index
            | Unit::Z => number.to_owned(),
        }
    }

    /// `March 2025`, `Q1 2025`, `2025`, `July 2024 to March 2025`. Within a sentence; at the head of
    /// one its first letter is a capital.
    pub fn period_title(&self, period: Period) -> String {
        let year = period.first.year().to_string();
        match period.grain {
            Grain::Month => self.month_title(period.first),
            Grain::Quarter => {
                let quarter = self.listed("period.quarters", quarter(period.first));
                self.fill("period.quarter", &[("quarter", quarter), ("year", &year)])
            }
            Grain::Year => self.fill("period.year", &[("year", &year)]),
            Grain::All => self.range_title(period),
        }
    }

    /// From the first to the last month of a period, in full.
    fn range_title(&self, period: Period) -> String {
        let (first, last) = (
            self.month_title(period.first),
            self.month_title(period.last),
        );
        self.fill("period.range", &[("first", &first), ("last", &last)])
    }

    fn month_title(&self, month: Month) -> String {
        let name = self.listed("period.months", place(month));
        let year = month.year().to_string();
        self.fill("period.month", &[("month", name), ("year", &year)])
    }

    /// From one period to another: `March 2023 to March 2025`.
    pub fn periods(&self, first: Period, last: Period) -> String {
        let (first, last) = (self.period_title(first), self.period_title(last));
        self.fill("period.range", &[("first", &first), ("last", &last)])
    }

    /// "at the end of March 2025".
    pub fn period_end(&self, period: Period) -> String {
        let year = period.last.year().to_string();
        let month = self.listed("period.months_of", place(period.last));
        self.fill("period.end", &[("month", month), ("year", &year)])
    }

    /// `Mar 2025`, `Q1 2025`, `2025`: for headers and cards.
    pub fn period_short(&self, period: Period) -> String {
        let year = period.first.year().to_string();
        match period.grain {
            Grain::Month => {
                let name = self.month_short(place(period.first));
                self.fill("period.month_short", &[("month", name), ("year", &year)])
            }
            Grain::Quarter => {
                let quarter = self.quarter_short(quarter(period.first));
                self.fill(
                    "period.quarter_short",
                    &[("quarter", quarter), ("year", &year)],
                )
            }
            Grain::Year => year,
            Grain::All => self.period_title(period),
        }
    }

    /// `Mar`, for axes; counted from 0.
    pub fn month_short(&self, at: usize) -> &str {
        self.listed("period.months_short", at)
    }

    /// `Q1`, for axes; counted from 0.
    pub fn quarter_short(&self, at: usize) -> &str {
        self.listed("period.quarters_short", at)
    }

    /// An instant on the clock of a zone: `31 March 2025, 23:59 (UTC+05:00)`.
    pub fn instant(&self, instant: Timestamp, zone: &str) -> String {
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let zoned = instant.to_zoned(zone);
        let date = zoned.date();
        let month = self.listed("period.months_of", place(Month::of(date)));
        self.fill(
            "period.instant",
            &[
                ("day", &date.day().to_string()),
                ("month", month),
                ("year", &date.year().to_string()),
                ("time", &zoned.strftime("%H:%M").to_string()),
                ("offset", &zoned.strftime("%:z").to_string()),
            ],
        )
    }

    /// Names as in a sentence: `a`, `a and b`, `a, b and c`.
    pub fn list(&self, names: &[String]) -> String {
        match names {
            [] => String::new(),
            [one] => one.clone(),
            [most @ .., last] => {
                self.fill("list.and", &[("most", &most.join(", ")), ("last", last)])
            }
        }
    }
}

/// The place of a month in its year.
fn place(month: Month) -> usize {
    usize::try_from(month.number() - 1).unwrap_or_default()
}

/// The place of a month's quarter in its year.
fn quarter(month: Month) -> usize {
    place(month) / 3
}
