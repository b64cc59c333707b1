//! Numbers as people read them. Nothing is computed here but the difference of two figures of one row.

use super::model::Kind;
use crate::catalogue::{Definition, Measure};
use crate::language::Language;
use crate::model::Unit;

/// How large money is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Magnitude {
    divisor: f64,
    /// The key of its word; empty for the currency itself.
    word: &'static str,
    decimals: usize,
}

impl Magnitude {
    const STEPS: [(f64, &'static str); 5] = [
        (1e12, "magnitude.trillion"),
        (1e9, "magnitude.billion"),
        (1e6, "magnitude.million"),
        (1e3, "magnitude.thousand"),
        (1.0, ""),
    ];

    /// The one in which the largest number of a column has one to three digits before the point
    /// and `digits` significant ones; every number of the column takes its decimals, so that
    /// points stand below each other.
    pub(super) fn for_largest(largest: f64, digits: usize) -> Self {
        let size = largest.abs();
        let (divisor, word) = Self::STEPS
            .into_iter()
            .find(|(divisor, _)| size >= divisor * 0.9995)
            .unwrap_or((1.0, ""));
        Self {
            divisor,
            word,
            decimals: decimals(size / divisor, digits),
        }
    }

    /// `billion UZS`.
    pub(super) fn unit(self, language: &Language, currency: &str) -> String {
        if self.word.is_empty() {
            return currency.to_owned();
        }
        let magnitude = language.text(self.word);
        language.fill(
            "magnitude.with_currency",
            &[("magnitude", &magnitude), ("currency", currency)],
        )
    }

    fn text(self, language: &Language, money: f64) -> String {
        let scaled = money / self.divisor;
        let coarse = format!("{scaled:.*}", self.decimals);
        if scaled != 0.0 && !coarse.contains(|c: char| ('1'..='9').contains(&c)) {
            // Too small for the decimals of its column: not zero all the same.
            let bound = 10_f64.powf(-(self.decimals as f64)).copysign(scaled);
            let key = if scaled > 0.0 {
                "number.less_than"
            } else {
                "number.more_than"
            };
            return language.fill(key, &[("n", &language.number(bound, self.decimals))]);
        }
        language.digits(&coarse)
    }
}

/// Decimals that give a number `digits` significant digits; none beyond three.
fn decimals(size: f64, digits: usize) -> usize {
    let whole_digits = if size >= 99.95 {
        3
    } else if size >= 9.995 {
        2
    } else {
        1
    };
    digits.saturating_sub(whole_digits).min(3)
}

/// How a number is written: alone with its unit, or in a column whose header carries the unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Style<'a> {
    /// With its unit: cards and sentences. Holds the currency.
    Prose(&'a str),
    /// Without: money of one column has one magnitude.
    Column(Magnitude),
}

/// What the numbers of a definition mean.
pub(super) fn kind(unit: Unit, definition: Option<&Definition>) -> Kind {
    match unit {
        Unit::Seconds => Kind::Duration,
        Unit::WorkingSeconds => Kind::WorkingTime,
        Unit::Share => Kind::Share,
        Unit::Count => match definition.map(|definition| &definition.measure) {
            Some(Measure::Ratio { .. } | Measure::Mean { .. } | Measure::Derived { .. }) => {
                Kind::Ratio
            }
            _ => Kind::Count,
        },
        Unit::Money => Kind::Money,
        Unit::Ratio => match definition.map(|definition| &definition.measure) {
            Some(Measure::Growth { .. }) => Kind::Growth,
            _ => Kind::Ratio,
        },
        Unit::Tonnes
        | Unit::KilometresPerHour
        | Unit::Days
        | Unit::PerThousand
        | Unit::Index
        | Unit::Z => Kind::Plain(unit),
    }
}

/// A number as it is read.
pub(super) fn number(language: &Language, kind: Kind, value: f64, style: Style<'_>) -> String {
    match (kind, style) {
        (Kind::Duration, _) => language.duration(value),
        (Kind::WorkingTime, _) => language.working_time(value),
        (Kind::Share, _) => percent(language, value),
        (Kind::Growth, _) => with_sign(&percent(language, value), value),
        (Kind::Count, _) => language.number(value, 0),
        (Kind::Ratio, _) => language.number(value, decimals(value.abs(), 3)),
        (Kind::Plain(unit), _) => {
            let number = language.number(value, decimals(value.abs(), 3));
            language.with_unit(&number, unit)
        }
        (Kind::Money, Style::Prose(currency)) => {
            let magnitude = Magnitude::for_largest(value, 3);
            language.fill(
                "number.money",
                &[
                    ("n", &magnitude.text(language, value)),
                    ("unit", &magnitude.unit(language, currency)),
                ],
            )
        }
        (Kind::Money, Style::Column(magnitude)) => magnitude.text(language, value),
    }
}

/// A target as it was set: `24 h`, `3 d`, not `1 d 0 h 00 min`; anything else as a number.
pub(super) fn target(language: &Language, kind: Kind, value: f64, style: Style<'_>) -> String {
    let hours = value / 3600.0;
    if kind != Kind::Duration || hours < 1.0 || hours.fract() != 0.0 {
        return number(language, kind, value, style);
    }
    if hours <= 48.0 || hours % 24.0 != 0.0 {
        language.fill("duration.hours", &[("n", &language.number(hours, 0))])
    } else {
        language.fill("duration.days", &[("n", &language.number(hours / 24.0, 0))])
    }
}

/// The signed difference of two figures: durations and shares are subtracted (shares in
/// percentage points), counts and money compared as a relative change, which does not exist
/// from zero.
pub(super) fn change(
    language: &Language,
    kind: Kind,
    now: f64,
    before: f64,
) -> Option<(Kind, f64, String)> {
    let difference = now - before;
    let (kind, number, text) = match kind {
        Kind::Duration => (kind, difference, language.duration(difference)),
        Kind::WorkingTime => (kind, difference, language.working_time(difference)),
        Kind::Share | Kind::Growth => {
            let points = language.number(difference * 100.0, 1);
            let text = language.fill("number.points", &[("n", &points)]);
            (Kind::Share, difference, text)
        }
        Kind::Ratio | Kind::Plain(_) => {
            let text = language.number(difference, decimals(difference.abs(), 3));
            (kind, difference, text)
        }
        Kind::Count | Kind::Money => {
            let relative = (before != 0.0).then_some(difference / before)?;
            (Kind::Growth, relative, percent(language, relative))
        }
    };
    Some((kind, number, with_sign(&text, number)))
}

/// A fraction as per cent with one decimal, or as many more as are needed to tell it from 0 and 100.
fn percent(language: &Language, fraction: f64) -> String {
    let percent = fraction * 100.0;
    let looks_final = |text: &str| {
        matches!(
            text.trim_start_matches('-'),
            "0.0" | "0.00" | "100.0" | "100.00"
        )
    };
    let text = (1..=3)
        .map(|decimals| format!("{percent:.decimals$}"))
        .find(|text| !looks_final(text) || percent == 0.0 || (percent - 100.0).abs() < f64::EPSILON)
        .unwrap_or_else(|| format!("{percent:.1}"));
    language.fill("number.percent", &[("n", &language.digits(&text))])
}

/// A plus sign before what grew; nothing before what reads as zero.
fn with_sign(text: &str, value: f64) -> String {
    let is_zero = !text.contains(|c: char| ('1'..='9').contains(&c));
    if value > 0.0 && !is_zero {
        format!("+{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn english() -> Arc<Language> {
        Language::built_in("en").unwrap()
    }

    #[test]
    fn money_takes_the_magnitude_of_its_column() {
        let prose = |money| number(&english(), Kind::Money, money, Style::Prose("UZS"));
        assert_eq!(prose(1_234_567_890_123.0), "1.23 trillion UZS");
        assert_eq!(prose(999_960_000.0), "1.00 billion UZS");
        assert_eq!(prose(-45_600.0), "−45.6 thousand UZS");
        assert_eq!(prose(0.0), "0.00 UZS");
        let column = Style::Column(Magnitude::for_largest(123_456_000_000.0, 4));
        let text = |money| number(&english(), Kind::Money, money, column);
        assert_eq!(text(4_560_000_000.0), "4.6");
        assert_eq!(text(1_000_000.0), "< 0.1");
        assert_eq!(text(-1_000_000.0), "> −0.1");
    }

    #[test]
    fn a_share_is_never_rounded_to_all_or_nothing() {
        let share = |value| number(&english(), Kind::Share, value, Style::Prose(""));
        assert_eq!(share(0.123_45), "12.3 %");
        assert_eq!(share(0.999_7), "99.97 %");
        assert_eq!(share(0.000_2), "0.02 %");
        assert_eq!(share(1.0), "100.0 %");
        assert_eq!(share(0.0), "0.0 %");
    }

    #[test]
    fn changes_carry_their_sign() {
        let text =
            |kind, now, before| change(&english(), kind, now, before).map(|(_, _, text)| text);
        assert_eq!(
            text(Kind::Duration, 3600.0, 7500.0).as_deref(),
            Some("−1 h 05 min")
        );
        assert_eq!(text(Kind::Share, 0.62, 0.608).as_deref(), Some("+1.2 pp"));
        assert_eq!(text(Kind::Count, 110.0, 100.0).as_deref(), Some("+10.0 %"));
        assert_eq!(text(Kind::Share, 0.5, 0.5).as_deref(), Some("0.0 pp"));
        assert_eq!(text(Kind::Money, 1.0, 0.0), None);
    }

    #[test]
    fn a_target_of_whole_hours_or_days_is_written_as_it_was_set() {
        let text =
            |hours: f64| target(&english(), Kind::Duration, hours * 3600.0, Style::Prose(""));
        assert_eq!(text(24.0), "24 h");
        assert_eq!(text(120.0), "5 d");
        assert_eq!(text(73.0), "73 h");
        assert_eq!(text(1.5), "1 h 30 min");
    }

    #[test]
    fn figures_are_written_as_the_language_has_them() {
        let text = |tag: &str, kind, value| {
            let language = Language::built_in(tag).unwrap();
            number(&language, kind, value, Style::Prose("UZS"))
        };
        // 2 d 3 h 05 min
        let time = 183_900.0;
        assert_eq!(text("ru", Kind::Duration, time), "2 д 3 ч 05 мин");
        assert_eq!(text("uz", Kind::Duration, time), "2 kun 3 soat 05 daq");
        assert_eq!(text("ru", Kind::Money, 1.234e12), "1,23 трлн UZS");
        assert_eq!(text("uz", Kind::Money, -45.6e6), "−45,6 mln UZS");
        assert_eq!(text("ru", Kind::Share, 0.1234), "12,3\u{a0}%");
        assert_eq!(text("uz", Kind::Count, 37_323.0), "37\u{202f}323");
        assert_eq!(text("ru", Kind::Plain(Unit::Tonnes), 12.5), "12,5\u{a0}т");
    }
}
