//! Which texts are times, and in which formats.

use jiff::tz::TimeZone;

use crate::ingest::{TimeFormat, TimeReader};

/// The formats that are tried after ISO 8601. Of two that fit the same texts the first is meant: the
/// day stands before the month.
const FORMATS: [&str; 22] = [
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y",
    "%d-%m-%Y %H:%M:%S",
    "%d-%m-%Y %H:%M",
    "%d-%m-%Y",
    "%d-%b-%Y %H:%M:%S",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d",
    "%Y%m%d%H%M%S",
    "%Y%m%d",
    "%d.%m.%y",
    "%d/%m/%y",
    "%m/%d/%y",
];
/// Two digits of a year mean one of the hundred years from this one on.
pub(super) const FIRST_TWO_DIGIT_YEAR: i16 = 1970;
/// Times of a log lie between these, in microseconds: 1970 and 2100. It tells dates from numbers.
const PLAUSIBLE_US: std::ops::Range<i64> = 0..4_102_444_800_000_000;

/// The times in a column.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct TimesSeen {
    /// The share of values that are times.
    pub(super) share: f64,
    /// The formats that are needed beside ISO 8601, the most frequent first, with how many values
    /// each reads that those before it don't.
    pub(super) formats: Vec<(&'static str, u64)>,
    /// How many values are ISO 8601.
    pub(super) iso: u64,
    /// How many values are dates with a day and a month that could be exchanged, where no other value
    /// decides which comes first.
    pub(super) undecided: u64,
    /// The earliest and the latest, as they stand in the file.
    pub(super) range: Option<(String, String)>,
}

/// Looks for times among different values with their counts.
pub(super) fn times_in(values: &[(String, u64)]) -> TimesSeen {
    let total: u64 = values.iter().map(|(_, count)| count).sum();
    let mut seen = TimesSeen::default();
    let mut left: Vec<&(String, u64)> = Vec::new();
    let mut found: Vec<(i64, &str)> = Vec::new();
    let mut iso = reader(&[]);
    for value in values {
        match read(&mut iso, &value.0) {
            Some(at) => {
                seen.iso += value.1;
                found.push((at, &value.0));
            }
            None => left.push(value),
        }
    }
    let mut read_by_formats = 0;
    while let Some((format, at_once, fitting)) = best_format(&left) {
        seen.undecided += if at_once { fitting } else { 0 };
        let mut reader = reader(&[format]);
        left.retain(|value| match read(&mut reader, &value.0) {
            Some(at) => {
                found.push((at, &value.0));
                false
            }
            None => true,
        });
        seen.formats.push((format, fitting));
        read_by_formats += fitting;
    }
    seen.share = (seen.iso + read_by_formats) as f64 / total.max(1) as f64;
    let earliest = found.iter().min();
    let latest = found.iter().max();
    seen.range = earliest
        .zip(latest)
        .map(|((_, from), (_, to))| ((*from).to_owned(), (*to).to_owned()));
    seen
}

/// The format that reads most of the values, whether its day and month could be exchanged in all of
/// them, and how many it reads; `None` when it is hardly any.
fn best_format(values: &[&(String, u64)]) -> Option<(&'static str, bool, u64)> {
    let total: u64 = values.iter().map(|(_, count)| count).sum();
    let fitting = |format: &&'static str| {
        let mut reader = reader(&[format]);
        let fitting = values
            .iter()
            .filter(|(text, _)| read(&mut reader, text).is_some());
        fitting.map(|(_, count)| count).sum::<u64>()
    };
    let counts: Vec<(&'static str, u64)> = FORMATS
        .iter()
        .map(|format| (*format, fitting(format)))
        .collect();
    let most = counts.iter().map(|(_, count)| *count).max()?;
    // A format for one value in a hundred is rather a fault in those.
    if most == 0 || most * 100 < total {
        return None;
    }
    let (format, _) = *counts.iter().find(|(_, count)| *count == most)?;
    let exchanged = format
        .replace("%d", "%?")
        .replace("%m", "%d")
        .replace("%?", "%m");
    let undecided = counts
        .iter()
        .any(|(other, count)| *other == exchanged && *count == most);
    Some((format, undecided, most))
}

fn reader(formats: &[&str]) -> TimeReader {
    let formats: Vec<TimeFormat> = formats
        .iter()
        .filter_map(|format| TimeFormat::parse(format, Some(FIRST_TWO_DIGIT_YEAR)).ok())
        .collect();
    TimeReader::new(&formats, &TimeZone::UTC)
}

fn read(reader: &mut TimeReader, text: &str) -> Option<i64> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    // The shortest date has as many digits: 1/2/06.
    if digits < 4 {
        return None;
    }
    let at = reader.read(text).ok()?;
    PLAUSIBLE_US.contains(&at).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(values: &[&str]) -> TimesSeen {
        let values: Vec<(String, u64)> = values.iter().map(|&text| (text.to_owned(), 1)).collect();
        times_in(&values)
    }

    #[test]
    fn formats_are_found_by_what_they_read() {
        let local = seen(&["01.02.2025 10:00", "28.02.2025 23:59", "x"]);
        assert_eq!(local.formats, [("%d.%m.%Y %H:%M", 2)]);
        assert!((local.share - 2.0 / 3.0).abs() < 1e-9);
        assert_eq!(local.undecided, 0);
        let range = ("01.02.2025 10:00".to_owned(), "28.02.2025 23:59".to_owned());
        assert_eq!(local.range, Some(range));
        let iso = seen(&["2025-01-31", "2025-01-31T10:00:00+05:00"]);
        assert_eq!((iso.iso, iso.formats.len()), (2, 0));
        // A day above twelve decides; without one, it is said.
        assert_eq!(
            seen(&["01/13/2025", "01/02/2025"]).formats,
            [("%m/%d/%Y", 2)]
        );
        let open = seen(&["01/02/2025"]);
        assert_eq!((open.formats[0].0, open.undecided), ("%d/%m/%Y", 1));
        let two = seen(&["02-Jun-06", "03-Jun-06", "11/13/06"]);
        assert_eq!(two.formats, [("%d-%b-%y", 2), ("%m/%d/%y", 1)]);
    }

    #[test]
    fn numbers_and_words_are_no_times() {
        for values in [
            &["2008", "2009"][..],
            &["123456", "99"],
            &["word"],
            &["12345678"],
        ] {
            assert!(seen(values).share < 1e-9, "{values:?}: {:?}", seen(values));
        }
    }
}
