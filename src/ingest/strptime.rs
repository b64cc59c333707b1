//! strptime formats beyond fixed-width parts: names of months and days, 12-hour clocks, offsets and
//! zones, years of two digits, week dates. jiff reads them.

use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::TimeZone;

use super::time::{Civil, Moment, TimeFault};

/// A checked strptime format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Strptime {
    text: String,
    /// The first of the hundred years that two digits can mean.
    two_digit_years: Option<i16>,
    /// Whether it has the name of a month, in full (`%B`) or short (`%b`, `%h`).
    month_name: Option<bool>,
}

/// The letters of a format's directives, without flags and widths.
fn directives(text: &str) -> impl Iterator<Item = char> {
    let mut characters = text.chars();
    std::iter::from_fn(move || {
        characters.by_ref().find(|c| *c == '%')?;
        characters
            .by_ref()
            .find(|c| !matches!(c, '-' | '_' | '^' | '#' | ':' | '.' | '0'..='9'))
    })
}

/// Whether a format has a year of two digits.
pub(super) fn has_two_digit_year(text: &str) -> bool {
    directives(text).any(|directive| matches!(directive, 'y' | 'D'))
}

/// A zone of the bundled database by its IANA name.
pub(super) fn zone(name: &str) -> Option<TimeZone> {
    // The bundled database, never the machine's: figures must not depend on it.
    jiff::tz::TimeZoneDatabase::bundled().get(name).ok()
}

impl Strptime {
    /// Checks a format by printing a time with it and reading that back.
    pub(super) fn parse(text: &str, two_digit_years: Option<i16>) -> Result<Self, String> {
        if !directives(text).any(|directive| matches!(directive, 'Y' | 'y' | 'F' | 'D' | 's' | 'G'))
        {
            if text.contains('%') {
                return Err(format!("`{text}` has no year"));
            }
            let names = super::serial::Serial::NAMES.map(|(name, _)| name);
            return Err(format!(
                "`{text}` is no format: without `%` there are {}",
                names.join(", ")
            ));
        }
        if directives(text).any(|directive| directive == 'g') {
            return Err(format!(
                "`{text}` has a week-year of two digits: only `%G` is read"
            ));
        }
        if has_two_digit_year(text) && two_digit_years.is_none() {
            return Err(format!(
                "`{text}` has a year of two digits: say which hundred years are meant with `two_digit_years`"
            ));
        }
        let format = Self {
            text: text.to_owned(),
            two_digit_years,
            month_name: directives(text)
                .find(|directive| matches!(directive, 'B' | 'b' | 'h'))
                .map(|directive| directive == 'B'),
        };
        let probe = jiff::civil::datetime(2025, 3, 14, 15, 9, 26, 0);
        let printed = probe
            .to_zoned(TimeZone::UTC)
            .and_then(|probe| strtime::format(text, &probe))
            .map_err(|error| format!("`{text}` is not a time format: {error}"))?;
        let back = BrokenDownTime::parse(text, &printed)
            .map_err(|error| format!("`{text}` is not a format that can be read back: {error}"))?;
        if back.hour().is_some_and(|hour| hour != 15) {
            return Err(format!("`{text}` has a 12-hour clock without `%p`"));
        }
        if back.timestamp().is_none() && (back.to_date().is_err() || back.to_time().is_err()) {
            return Err(format!(
                "`{text}` has no complete date, or a time with a part missing"
            ));
        }
        Ok(format)
    }

    /// Reads a text; names of months may be English, Russian or Uzbek.
    pub(super) fn read(&self, text: &str) -> Result<Moment, TimeFault> {
        let mut broken = BrokenDownTime::parse(&self.text, text)
            .or_else(|cause| match self.month_name {
                Some(full) => {
                    let english = super::month_names::in_english(text, full).ok_or(cause)?;
                    BrokenDownTime::parse(&self.text, english)
                }
                None => Err(cause),
            })
            .map_err(|_| TimeFault::Unparsable)?;
        if let Some(instant) = broken.timestamp() {
            return Ok(Moment::Instant(instant.as_microsecond()));
        }
        self.settle_year(&mut broken, text)?;
        let date = broken.to_date().map_err(|_| TimeFault::Impossible)?;
        let time = broken.to_time().map_err(|_| TimeFault::Impossible)?;
        if broken.offset().is_some() {
            let instant = broken.to_timestamp().map_err(|_| TimeFault::Impossible)?;
            return Ok(Moment::Instant(instant.as_microsecond()));
        }
        let civil = Civil::of(date.to_datetime(time));
        match broken.iana_time_zone() {
            Some(name) => zone(name)
                .map(|zone| Moment::Of(civil, zone))
                .ok_or(TimeFault::Unparsable),
            None => Ok(Moment::Local(civil)),
        }
    }

    /// Puts a year of two digits into its century; a short year where a full one belongs is not
    /// the time it looks like.
    fn settle_year(&self, broken: &mut BrokenDownTime, text: &str) -> Result<(), TimeFault> {
        let Some(year) = broken.year() else {
            return Ok(());
        };
        if has_two_digit_year(&self.text) {
            let first = self.two_digit_years.unwrap_or(1970);
            let year = first + (year - first).rem_euclid(100);
            return broken
                .set_year(Some(year))
                .map_err(|_| TimeFault::Impossible);
        }
        let digits = text
            .split(|c: char| !c.is_ascii_digit())
            .map(str::len)
            .max();
        if year < 1000 && digits < Some(4) {
            return Err(TimeFault::Unparsable);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::time::{Assumption, TimeFormat, TimeReader};
    use super::*;

    fn reader(format: &str, two_digit_years: Option<i16>) -> TimeReader {
        let format = TimeFormat::parse(format, two_digit_years).unwrap();
        TimeReader::new(&[format], &TimeZone::get("Asia/Tashkent").unwrap())
    }

    fn read(format: &str, text: &str) -> Result<String, TimeFault> {
        let at = reader(format, None).read(text)?;
        Ok(jiff::Timestamp::from_microsecond(at).unwrap().to_string())
    }

    #[test]
    fn twelve_hour_clocks_have_noon_and_midnight() {
        let format = "%m/%d/%Y %I:%M:%S %p";
        // Five hours east.
        for (text, wanted) in [
            ("03/01/2025 12:00:00 AM", "2025-02-28T19:00:00Z"),
            ("03/01/2025 12:00:00 PM", "2025-03-01T07:00:00Z"),
            ("03/01/2025 11:59:59 pm", "2025-03-01T18:59:59Z"),
        ] {
            assert_eq!(read(format, text).as_deref(), Ok(wanted), "{text}");
        }
        assert!(read(format, "03/01/2025 13:00:00 PM").is_err());
        assert!(
            TimeFormat::parse("%m/%d/%Y %I:%M", None)
                .unwrap_err()
                .contains("%p")
        );
    }

    #[test]
    fn offsets_and_zones_in_the_text_win_over_the_mapping() {
        for (format, text, wanted) in [
            (
                "%d.%m.%Y %H:%M %z",
                "01.03.2025 10:00 +0300",
                "2025-03-01T07:00:00Z",
            ),
            (
                "%d.%m.%Y %H:%M %:z",
                "01.03.2025 10:00 -02:30",
                "2025-03-01T12:30:00Z",
            ),
            (
                "%d.%m.%Y %H:%M %Q",
                "01.03.2025 10:00 Europe/Moscow",
                "2025-03-01T07:00:00Z",
            ),
            (
                "%F",
                "2025-03-01T10:00:00+05:00[Asia/Tashkent]",
                "2025-03-01T05:00:00Z",
            ),
            (
                "%F",
                "2025-07-01T10:00[Europe/Berlin]",
                "2025-07-01T08:00:00Z",
            ),
        ] {
            assert_eq!(read(format, text).as_deref(), Ok(wanted), "{text}");
        }
        let format = "%d.%m.%Y %H:%M %Q";
        assert_eq!(
            read(format, "01.03.2025 10:00 Europe/Nowhere"),
            Err(TimeFault::Unparsable)
        );
        // Tashkent is never three hours east.
        let text = "2025-03-01T10:00:00+03:00[Asia/Tashkent]";
        assert_eq!(read("%F", text), Err(TimeFault::Impossible));
    }

    #[test]
    fn a_year_of_two_digits_is_read_only_where_its_century_is_declared() {
        assert!(
            TimeFormat::parse("%d.%m.%y", None)
                .unwrap_err()
                .contains("two_digit_years")
        );
        assert!(TimeFormat::parse("%D", None).is_err());
        assert!(TimeFormat::parse("%g-%V-%u", Some(1970)).is_err());
        assert!(TimeFormat::parse("%d.%m.%Y 100%%y", None).is_ok());
        let mut reader = reader("%d.%m.%y", Some(1950));
        for (text, wanted) in [
            ("15.06.49", "2049-06-14T19:00:00Z"),
            // Tashkent was six hours east from 1930 to 1991.
            ("15.06.50", "1950-06-14T18:00:00Z"),
            ("15.06.25", "2025-06-14T19:00:00Z"),
        ] {
            let wanted: jiff::Timestamp = wanted.parse().unwrap();
            assert_eq!(reader.read(text), Ok(wanted.as_microsecond()), "{text}");
        }
        // Not the year 25 of our era.
        assert_eq!(read("%e %b %Y", "5 Mar 25"), Err(TimeFault::Unparsable));
    }

    #[test]
    fn months_are_named_in_three_languages() {
        for (format, text) in [
            ("%d %B %Y", "07 March 2025"),
            ("%d %B %Y", "07 марта 2025"),
            ("%d %B %Y", "07 МАРТ 2025"),
            ("%d-%b-%Y", "07-мар-2025"),
            ("%d-%B-%Y", "07-mart-2025"),
            ("%d %b. %Y", "07 март. 2025"),
        ] {
            assert_eq!(
                read(format, text).as_deref(),
                Ok("2025-03-06T19:00:00Z"),
                "{text}"
            );
        }
        assert_eq!(
            read("%d %B %Y", "07 Martober 2025"),
            Err(TimeFault::Unparsable)
        );
        assert_eq!(
            read("%d %B %Y", "31 февраля 2025"),
            Err(TimeFault::Impossible)
        );
    }

    #[test]
    fn a_zone_in_the_text_has_its_own_repeated_hour() {
        let mut reader = reader("%F %R %Q", None);
        // Berlin sets its clocks back at 03:00 on 27 October 2024: 02:30 comes first at +02:00.
        let first: jiff::Timestamp = "2024-10-27T00:30:00Z".parse().unwrap();
        let text = "2024-10-27 02:30 Europe/Berlin";
        assert_eq!(reader.read(text), Ok(first.as_microsecond()));
        assert_eq!(
            reader.take_assumed(),
            [(Assumption::RepeatedHour, text.to_owned())]
        );
        assert!(reader.take_assumed().is_empty());
    }
}
