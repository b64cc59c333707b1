//! How a mapping's source writes its times and numbers.

use super::document::Section;
use crate::ingest::{NumberFormat, Separator, TimeFormat};

/// `timestamp_formats` and `two_digit_years`.
pub(super) fn time_formats(root: &Section<'_, '_>) -> Vec<TimeFormat> {
    let texts = root.texts("timestamp_formats");
    let first = root.has("two_digit_years").then(|| {
        let year = root.integer("two_digit_years", 1970, 1);
        i16::try_from(year).ok().filter(|year| *year <= 9900)
    });
    if first == Some(None) {
        root.fault_at("two_digit_years", "must be a year up to 9900", None);
    }
    let two_digit = |text: &str| TimeFormat::has_two_digit_year(text);
    if first.is_some() && !texts.iter().any(|text| two_digit(&text.value)) {
        let hint = "no format has a year of two digits (`%y`)".to_owned();
        root.fault_at("two_digit_years", "has no use here", Some(hint));
    }
    let mut formats: Vec<TimeFormat> = Vec::with_capacity(texts.len());
    for text in &texts {
        match TimeFormat::parse(&text.value, first.flatten()) {
            Ok(format) if format.is_serial() && formats.iter().any(TimeFormat::is_serial) => {
                let message = "two formats of bare numbers can't be told apart";
                root.fault(text, message, Some("keep one of them".to_owned()));
            }
            Ok(format) => formats.push(format),
            Err(message) => {
                let hint = (first.is_none() && two_digit(&text.value))
                    .then(|| "`two_digit_years = 1970` means 1970 to 2069".to_owned());
                root.fault(text, message, hint);
            }
        }
    }
    formats
}

/// `[numbers]`.
pub(super) fn numbers(root: &Section<'_, '_>) -> NumberFormat {
    let Some(section) = root.section("numbers") else {
        return NumberFormat::default();
    };
    let decimal_comma = section.choice("decimal", &[(".", false), (",", true)]);
    let decimal_comma = decimal_comma.unwrap_or(false);
    let mark = if decimal_comma {
        Separator::Comma
    } else {
        Separator::Point
    };
    let mut thousands = Vec::new();
    for text in section.texts("thousands") {
        let mut characters = text.value.chars();
        match (characters.next().and_then(Separator::of), characters.next()) {
            (Some(separator), None) if separator == mark => {
                section.fault(&text, "is the decimal mark already", None);
            }
            (Some(separator), None) => thousands.push(separator),
            _ => {
                let message = format!("`{}` is not one of: space, `'`, `,`, `.`", text.value);
                section.fault(&text, message, None);
            }
        }
    }
    let format = NumberFormat {
        decimal_comma,
        thousands,
        parentheses: section.flag("parentheses"),
        trailing_minus: section.flag("trailing_minus"),
        percent: section.flag("percent"),
        currencies: section
            .section("currencies")
            .map(|section| currencies(&section))
            .unwrap_or_default(),
    };
    section.finish();
    format
}

/// `[numbers.currencies]`: sign or word = ISO 4217 code. The longest come first, so that `US$` is
/// not taken for `$`.
fn currencies(section: &Section<'_, '_>) -> Vec<(String, String)> {
    let mut currencies = Vec::new();
    for (sign, code) in section.text_entries() {
        let marks =
            |c: char| c.is_ascii_digit() || Separator::of(c).is_some() || "+-−()%".contains(c);
        let bare = sign.value.trim();
        if bare.is_empty() || bare.starts_with(marks) || bare.ends_with(marks) {
            section.fault(&sign, "can't be told from the number beside it", None);
        }
        if code.value.len() != 3 || !code.value.bytes().all(|b| b.is_ascii_uppercase()) {
            let message = format!("`{}` is not a currency code", code.value);
            section.fault(
                &code,
                message,
                Some("an ISO 4217 code such as `UZS`".to_owned()),
            );
        }
        currencies.push((bare.to_owned(), code.value));
    }
    currencies.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
    currencies
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::project::Document;

    fn read(text: &str) -> (usize, NumberFormat, Vec<String>) {
        let document = Document::new(Path::new("m.toml"), text);
        let root = document.parse();
        let section = document.root(&root);
        let formats = time_formats(&section);
        let numbers = numbers(&section);
        section.finish();
        let faults = document.into_faults();
        let faults = faults.iter().map(ToString::to_string).collect();
        (formats.len(), numbers, faults)
    }

    #[test]
    fn formats_of_times_and_numbers_are_read() {
        let text = "timestamp_formats = [\"%d.%m.%y\", \"excel_1900\"]\ntwo_digit_years = 1970\n\
                    [numbers]\ndecimal = \",\"\nthousands = [\" \", \".\"]\npercent = true\n\
                    [numbers.currencies]\n\"$\" = \"USD\"\n\"US$\" = \"USD\"\n";
        let (formats, numbers, faults) = read(text);
        assert_eq!(faults, [""; 0]);
        assert_eq!(formats, 2);
        assert!(numbers.decimal_comma && numbers.percent && !numbers.parentheses);
        assert_eq!(numbers.thousands, [Separator::Space, Separator::Point]);
        assert_eq!(numbers.currencies[0].0, "US$");
    }

    #[test]
    fn what_can_not_be_meant_is_a_fault() {
        for (text, wanted) in [
            (
                "timestamp_formats = [\"%d.%m.%y\"]",
                "m.toml:1: `timestamp_formats`: `%d.%m.%y` has a year of two digits: say which \
                 hundred years are meant with `two_digit_years` (hint: `two_digit_years = 1970` \
                 means 1970 to 2069)",
            ),
            (
                "two_digit_years = 1970",
                "m.toml:1: `two_digit_years`: has no use here (hint: no format has a year of two \
                 digits (`%y`))",
            ),
            (
                "timestamp_formats = [\"unix_s\", \"unix_ms\"]",
                "m.toml:1: `timestamp_formats`: two formats of bare numbers can't be told apart \
                 (hint: keep one of them)",
            ),
            (
                "[numbers]\nthousands = \".\"",
                "m.toml:2: `numbers.thousands`: is the decimal mark already",
            ),
            (
                "[numbers]\nthousands = \"_\"",
                "m.toml:2: `numbers.thousands`: `_` is not one of: space, `'`, `,`, `.`",
            ),
            (
                "[numbers.currencies]\n\"$\" = \"dollar\"",
                "m.toml:2: `numbers.currencies.$`: `dollar` is not a currency code (hint: an ISO \
                 4217 code such as `UZS`)",
            ),
            (
                "[numbers.currencies]\n\"-\" = \"USD\"",
                "m.toml:2: `numbers.currencies.-`: can't be told from the number beside it",
            ),
        ] {
            assert_eq!(read(text).2, [wanted], "{text}");
        }
    }
}
