use proptest::prelude::*;

use super::*;

fn reader(zone: &str, formats: &[&str]) -> TimeReader {
    let formats: Vec<TimeFormat> = formats
        .iter()
        .map(|format| TimeFormat::parse(format, Some(1969)).unwrap())
        .collect();
    TimeReader::new(&formats, &TimeZone::get(zone).unwrap())
}

fn utc(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_microsecond()
}

#[test]
fn iso_times_with_and_without_offset_are_read() {
    let mut reader = reader("Asia/Tashkent", &[]);
    for (text, wanted) in [
        (
            "2011-10-11 13:45:40.276000+02:00",
            "2011-10-11T11:45:40.276Z",
        ),
        ("2025-03-01T10:00:00Z", "2025-03-01T10:00:00Z"),
        ("2025-03-01 10:00", "2025-03-01T05:00:00Z"),
        ("2025-03-01", "2025-02-28T19:00:00Z"),
        ("2025-03-01T10:00:00+0530", "2025-03-01T04:30:00Z"),
        ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.5Z"),
        (" 2024-02-29 ", "2024-02-28T19:00:00Z"),
    ] {
        assert_eq!(reader.read(text), Ok(utc(wanted)), "{text}");
    }
}

#[test]
fn impossible_times_are_told_from_unparsable_ones() {
    let mut reader = reader("UTC", &["%d.%m.%Y %H:%M:%S"]);
    for text in [
        "31.02.2025 10:00:00",
        "01.03.2025 25:61:00",
        "2025-02-29",
        "29.02.2100 00:00:00",
    ] {
        assert_eq!(reader.read(text), Err(TimeFault::Impossible), "{text}");
    }
    for text in [
        "",
        "soon",
        "1.3.2025 10:00:00",
        "01.03.25 10:00:00",
        "01.03.2025 10:00:00 x",
    ] {
        assert_eq!(reader.read(text), Err(TimeFault::Unparsable), "{text}");
    }
}

#[test]
fn formats_are_tried_in_order_and_slow_ones_agree_with_jiff() {
    let mut reader = reader("UTC", &["%d.%m.%Y", "%d-%b-%Y", "%m/%d/%Y %I:%M %p"]);
    assert_eq!(reader.read("02.06.2006"), Ok(utc("2006-06-02T00:00:00Z")));
    assert_eq!(reader.read("02-Jun-2006"), Ok(utc("2006-06-02T00:00:00Z")));
    assert_eq!(
        reader.read("06/02/2006 01:30 PM"),
        Ok(utc("2006-06-02T13:30:00Z"))
    );
    let mut reader = self::reader("UTC", &["%d-%b-%y", "%m/%d/%y"]);
    assert_eq!(reader.read("02-Jun-06"), Ok(utc("2006-06-02T00:00:00Z")));
    assert_eq!(reader.read("9/30/98"), Ok(utc("1998-09-30T00:00:00Z")));
    assert_eq!(reader.read("31-Feb-06"), Err(TimeFault::Impossible));
}

#[test]
fn a_format_without_a_full_year_is_refused() {
    for text in ["%H:%M", "%Y-%!", "%d.%m.%%Y", "soon"] {
        assert!(TimeFormat::parse(text, None).is_err(), "{text}");
    }
}

#[test]
fn a_repeated_hour_is_the_first_and_a_skipped_one_moves_forward() {
    let mut reader = reader("Europe/Rome", &[]);
    assert_eq!(
        reader.read("2024-10-27 02:30"),
        Ok(utc("2024-10-27T00:30:00Z"))
    );
    assert_eq!(
        reader.read("2024-03-31 02:30"),
        Ok(utc("2024-03-31T01:30:00Z"))
    );
    assert_eq!(
        reader.read("2024-03-30 12:00"),
        Ok(utc("2024-03-30T11:00:00Z"))
    );
    assert_eq!(
        reader.read("2024-04-02 12:00"),
        Ok(utc("2024-04-02T10:00:00Z"))
    );
}

#[test]
fn day_numbers_agree_with_jiff_over_four_centuries() {
    let mut date = jiff::civil::date(1898, 1, 1);
    let epoch = jiff::civil::date(1970, 1, 1);
    while date.year() < 2302 {
        let (month, day) = (date.month().unsigned_abs(), date.day().unsigned_abs());
        let days = days_from_civil(i32::from(date.year()), u32::from(month), u32::from(day));
        assert_eq!(days, i64::from(epoch.until(date).unwrap().get_days()));
        date = date.saturating_add(jiff::ToSpan::days(37));
    }
}

proptest! {
    /// A reader that has read other times reads each as a new one does: days that are known and others, days on which clocks
    /// are set, texts that are like ISO 8601, parts that come twice.
    #[test]
    fn what_was_read_before_changes_nothing(
        formats in prop::sample::select(vec![
            vec!["%d.%m.%Y %H:%M:%S"],
            vec!["%d.%m.%Y %H:%M:%S", "%m.%d.%Y %H:%M:%S"],
            vec!["%d/%m/%Y %H:%M", "%d.%m.%Y %M:%H:%S"],
            vec!["%d.%m.%Y %H:%M:%H"],
            vec!["%H:%M:%S %d.%m.%Y"],
            vec!["%Y-%m-%d %H.%M.%S", "%d.%m.%Y %H:%M:%S"],
            vec!["%Y-%m-%d %H:%M-%S%M"],
        ]),
        texts in proptest::collection::vec(
            "(3[01]|29|30)\\.(03|10)\\.2024 (0[0-4]|2[34]):[0-6]0:(00|59|60)|2024-03-3[01] 0[23][.:]10[-.](00|10|30)(00)?|0[1-3]:10:00 31\\.03\\.2024",
            1..20,
        ),
    ) {
        let mut used = reader("Europe/Warsaw", &formats);
        for text in texts {
            let mut new = reader("Europe/Warsaw", &formats);
            prop_assert_eq!(used.read(&text), new.read(&text), "{}", text);
            prop_assert_eq!(used.take_zones(), new.take_zones(), "{}", text);
            prop_assert_eq!(used.take_assumed(), new.take_assumed(), "{}", text);
        }
    }
}
