//! `calendars/*.toml`: working hours and holidays per office.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use toml::de::DeValue;

use super::document::{Document, Located, Section};
use crate::error::Fault;

/// Hours from the start of a civil day, in minutes; the end is greater than the start, and beyond
/// 24 h for hours that run into the next day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hours {
    /// First minute.
    pub from_min: u16,
    /// The minute after the last.
    pub to_min: u16,
}

/// The working time of some offices.
#[derive(Clone, Debug)]
pub struct Calendar {
    /// The file's stem.
    pub name: String,
    /// Office codes; `*` serves every office without its own.
    pub offices: Vec<String>,
    /// The zone of its hours.
    pub timezone: TimeZone,
    /// Hours per weekday, Monday first; a closed day is empty.
    pub week: [Vec<Hours>; 7],
    /// Dates with hours of their own; a holiday is empty.
    pub exceptions: BTreeMap<Date, Vec<Hours>>,
    /// Days of every year with hours of their own, by month and day, unless a date says otherwise; a
    /// holiday is empty.
    pub yearly: BTreeMap<(i8, i8), Vec<Hours>>,
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl Calendar {
    /// The hours that begin on a civil date; empty on a holiday or a closed weekday.
    pub fn hours_on(&self, date: Date) -> &[Hours] {
        if let Some(hours) = self.exceptions.get(&date) {
            return hours;
        }
        if let Some(hours) = self.yearly.get(&(date.month(), date.day())) {
            return hours;
        }
        let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or_default();
        self.week.get(weekday).map_or(&[], Vec::as_slice)
    }

    /// Reads a calendar's text; `zone` is the project's.
    pub fn parse(path: &Path, text: &str, zone: &TimeZone) -> Result<Self, Vec<Fault>> {
        let document = Document::new(path, text);
        let root = document.parse();
        let section = document.root(&root);
        let offices: Vec<String> = section
            .texts("offices")
            .into_iter()
            .map(|office| office.value)
            .collect();
        if offices.is_empty() {
            section.fault_at(
                "offices",
                "is missing: office codes, or \"*\" for every office",
                None,
            );
        }
        let timezone = section
            .text("timezone")
            .and_then(|name| super::zone(&section, &name));
        let week = section
            .required_section("week")
            .map(week)
            .unwrap_or_default();
        let exceptions = section
            .section("exceptions")
            .map(|s| {
                own_hours(&s, "a date such as 2025-03-21", |key| {
                    key.parse::<Date>().ok()
                })
            })
            .unwrap_or_default();
        let yearly = section
            .section("yearly")
            .map(|s| own_hours(&s, "a month and a day such as 03-21", month_and_day))
            .unwrap_or_default();
        section.finish();
        let calendar = Self {
            name: path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            offices,
            timezone: timezone.unwrap_or_else(|| zone.clone()),
            week,
            exceptions,
            yearly,
        };
        let faults = document.into_faults();
        if faults.is_empty() {
            Ok(calendar)
        } else {
            Err(faults)
        }
    }
}

fn week(section: Section<'_, '_>) -> [Vec<Hours>; 7] {
    let week = DAYS.map(|day| hours(&section, section.texts(day)));
    section.finish();
    week
}

/// `03-21`, a day that some year has.
fn month_and_day(text: &str) -> Option<(i8, i8)> {
    let (month, day) = text.split_once('-')?;
    if month.len() != 2 || day.len() != 2 {
        return None;
    }
    let leap_year = Date::new(2024, month.parse().ok()?, day.parse().ok()?);
    leap_year.ok().map(|date| (date.month(), date.day()))
}

fn own_hours<D: Ord>(
    section: &Section<'_, '_>,
    what: &str,
    parse: impl Fn(&str) -> Option<D>,
) -> BTreeMap<D, Vec<Hours>> {
    let mut exceptions = BTreeMap::new();
    for (key, value) in section.entries() {
        let Some(date) = parse(&key.value) else {
            section.fault(&key, format!("`{}` is not {what}", key.value), None);
            continue;
        };
        let Some(array) = value.get_ref().as_array() else {
            section.fault(&key, "must be a list of hours; [] is a holiday", None);
            continue;
        };
        let texts = array
            .iter()
            .map(|element| Located {
                value: match element.get_ref() {
                    DeValue::String(text) => text.to_string(),
                    other => other.type_str().to_owned(),
                },
                offset: element.span().start,
                field: key.field.clone(),
            })
            .collect();
        exceptions.insert(date, hours(section, texts));
    }
    exceptions
}

fn hours(section: &Section<'_, '_>, texts: Vec<Located<String>>) -> Vec<Hours> {
    let mut hours: Vec<Hours> = Vec::with_capacity(texts.len());
    for text in texts {
        let Some(parsed) = parse_hours(&text.value) else {
            let hint = "write 09:00-18:00; 22:00-06:00 runs into the next day".to_owned();
            section.fault(&text, format!("`{}` are not hours", text.value), Some(hint));
            continue;
        };
        if hours
            .last()
            .is_some_and(|last| last.to_min > parsed.from_min)
        {
            section.fault(
                &text,
                "overlaps the hours before it, or is out of order",
                None,
            );
        }
        hours.push(parsed);
    }
    hours
}

fn parse_hours(text: &str) -> Option<Hours> {
    let (from, to) = text.split_once('-')?;
    let (from_min, to_min) = (parse_minute(from)?, parse_minute(to)?);
    let to_min = if to_min <= from_min {
        to_min + 1440
    } else {
        to_min
    };
    (from_min < 1440 && to_min <= from_min + 1440).then_some(Hours { from_min, to_min })
}

fn parse_minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour <= 24 && minute < 60 && hour * 60 + minute <= 1440).then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_may_run_into_the_next_day() {
        assert_eq!(
            parse_hours("09:00-13:00"),
            Some(Hours {
                from_min: 540,
                to_min: 780
            })
        );
        assert_eq!(
            parse_hours("22:00-06:00"),
            Some(Hours {
                from_min: 1320,
                to_min: 1800
            })
        );
        assert_eq!(
            parse_hours("00:00-24:00"),
            Some(Hours {
                from_min: 0,
                to_min: 1440
            })
        );
        for text in ["9-13", "25:00-26:00", "09:60-10:00", "09:00"] {
            assert_eq!(parse_hours(text), None, "{text}");
        }
    }

    #[test]
    fn overlapping_hours_and_impossible_dates_are_faults() {
        let text = "offices = [\"*\"]\n[week]\nmon = [\"09:00-13:00\", \"12:00-18:00\"]\n[exceptions]\n\"2025-02-30\" = []\n";
        let faults = Calendar::parse(Path::new("x.toml"), text, &TimeZone::UTC).unwrap_err();
        assert_eq!(
            faults.iter().map(|fault| fault.line).collect::<Vec<_>>(),
            [Some(3), Some(5)]
        );
    }
}
