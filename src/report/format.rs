//! Numbers as people read them. Nothing is computed here but the difference of two figures of one row.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::model::Kind;
use crate::catalogue::{Definition, Measure};
use crate::model::{
    Grain, Milestone, Month, Period, Unit, format_duration, format_working_time, group_thousands,
};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// How large money is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Magnitude {
    divisor: f64,
    word: &'static str,
    decimals: usize,
}

impl Magnitude {
    const STEPS: [(f64, &'static str); 5] = [
        (1e12, "trillion"),
        (1e9, "billion"),
        (1e6, "million"),
        (1e3, "thousand"),
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
    pub(super) fn unit(self, currency: &str) -> String {
        if self.word.is_empty() {
            currency.to_owned()
        } else {
            format!("{} {currency}", self.word)
        }
    }

    fn text(self, money: f64) -> String {
        let scaled = money / self.divisor;
        let coarse = signed(&format!("{scaled:.*}", self.decimals));
        if scaled != 0.0 && !coarse.contains(|c: char| ('1'..='9').contains(&c)) {
            // Too small for the decimals of its column: not zero all the same.
            let bound = format!("{:.*}", self.decimals, 10_f64.powf(-(self.decimals as f64)));
            return if scaled > 0.0 {
                format!("< {bound}")
            } else {
                format!("> −{bound}")
            };
        }
        group_thousands(&coarse)
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
        | Unit::Z => Kind::Plain(unit.suffix()),
    }
}

/// A number as it is read.
pub(super) fn number(kind: Kind, value: f64, style: Style<'_>) -> String {
    match (kind, style) {
        (Kind::Duration, _) => format_duration(value),
        (Kind::WorkingTime, _) => format_working_time(value),
        (Kind::Share, _) => percent(value),
        (Kind::Growth, _) => with_sign(&percent(value), value),
        (Kind::Count, _) => group_thousands(&signed(&format!("{value:.0}"))),
        (Kind::Ratio, _) => signed(&format!("{value:.*}", decimals(value.abs(), 3))),
        (Kind::Plain(suffix), _) => {
            let number = signed(&format!("{value:.*}", decimals(value.abs(), 3)));
            format!("{}{suffix}", group_thousands(&number))
        }
        (Kind::Money, Style::Prose(currency)) => {
            let magnitude = Magnitude::for_largest(value, 3);
            format!("{} {}", magnitude.text(value), magnitude.unit(currency))
        }
        (Kind::Money, Style::Column(magnitude)) => magnitude.text(value),
    }
}

/// A target as it was set: `24 h`, `3 d`, not `1 d 0 h 00 min`; anything else as a number.
pub(super) fn target(kind: Kind, value: f64, style: Style<'_>) -> String {
    let hours = value / 3600.0;
    if kind != Kind::Duration || hours < 1.0 || hours.fract() != 0.0 {
        return number(kind, value, style);
    }
    if hours <= 48.0 || hours % 24.0 != 0.0 {
        format!("{} h", group_thousands(&hours.to_string()))
    } else {
        format!("{} d", group_thousands(&(hours / 24.0).to_string()))
    }
}

/// The signed difference of two figures: durations and shares are subtracted (shares in
/// percentage points), counts and money compared as a relative change, which does not exist
/// from zero.
pub(super) fn change(kind: Kind, now: f64, before: f64) -> Option<(Kind, f64, String)> {
    let difference = now - before;
    match kind {
        Kind::Duration => Some((
            kind,
            difference,
            with_sign(&format_duration(difference), difference),
        )),
        Kind::WorkingTime => Some((
            kind,
            difference,
            with_sign(&format_working_time(difference), difference),
        )),
        Kind::Share | Kind::Growth => {
            let points = format!("{:.1}", difference * 100.0);
            Some((
                Kind::Share,
                difference,
                with_sign(&format!("{} pp", signed(&points)), difference),
            ))
        }
        Kind::Ratio | Kind::Plain(_) => {
            let text = signed(&format!("{difference:.*}", decimals(difference.abs(), 3)));
            Some((kind, difference, with_sign(&text, difference)))
        }
        Kind::Count | Kind::Money => {
            let relative = (before != 0.0).then_some(difference / before)?;
            Some((
                Kind::Growth,
                relative,
                with_sign(&percent(relative), relative),
            ))
        }
    }
}

/// A fraction as per cent with one decimal, or as many more as are needed to tell it from 0 and 100.
fn percent(fraction: f64) -> String {
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
    format!("{} %", signed(&text))
}

/// A real minus sign, and none before zero.
fn signed(number: &str) -> String {
    match number.strip_prefix('-') {
        Some(digits) if digits.contains(|c: char| ('1'..='9').contains(&c)) => format!("−{digits}"),
        Some(digits) => digits.to_owned(),
        None => number.to_owned(),
    }
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

fn month_name(month: Month) -> &'static str {
    usize::try_from(month.number() - 1)
        .ok()
        .and_then(|at| MONTHS.get(at))
        .copied()
        .unwrap_or("")
}

/// `March 2025`, `Q1 2025`, `2025`, `July 2024 to March 2025`.
pub(super) fn period_title(period: Period) -> String {
    let year = period.first.year();
    match period.grain {
        Grain::Month => format!("{} {year}", month_name(period.first)),
        Grain::Quarter => format!("Q{} {year}", (period.first.number() - 1) / 3 + 1),
        Grain::Year => year.to_string(),
        Grain::All => format!(
            "{} {year} to {} {}",
            month_name(period.first),
            month_name(period.last),
            period.last.year()
        ),
    }
}

/// `Mar 2025`, `Q1 2025`, `2025`: for headers and cards.
pub(super) fn period_short(period: Period) -> String {
    let year = period.first.year();
    match period.grain {
        Grain::Month => format!("{} {year}", month_name(period.first).get(..3).unwrap_or("")),
        Grain::Quarter | Grain::Year | Grain::All => period_title(period),
    }
}

/// An instant on the clock of a zone.
pub(super) fn instant(instant: Timestamp, zone: &str) -> String {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let zoned = instant.to_zoned(zone);
    let date = zoned.date();
    format!(
        "{} {} {}, {}",
        date.day(),
        month_name(Month::of(date)),
        date.year(),
        zoned.strftime("%H:%M (UTC%:z)")
    )
}

/// A milestone as the end of a span: "from arrival to release".
pub(super) fn milestone_noun(milestone: Milestone) -> &'static str {
    match milestone {
        Milestone::PreArrivalNotice => "pre-arrival notice",
        Milestone::BorderEntered => "entry into the border zone",
        Milestone::Arrived => "arrival",
        Milestone::Unloaded => "unloading",
        Milestone::Lodged => "lodgement",
        Milestone::Rejected => "rejection",
        Milestone::Registered => "registration",
        Milestone::LaneSelected => "lane selection",
        Milestone::DocumentCheckStarted => "start of the document check",
        Milestone::QueryRaised => "query",
        Milestone::QueryAnswered => "answer",
        Milestone::Amended => "amendment",
        Milestone::DocumentCheckCompleted => "end of the document check",
        Milestone::Scanned => "scan",
        Milestone::InspectionStarted => "start of the inspection",
        Milestone::InspectionCompleted => "end of the inspection",
        Milestone::AgencyStarted => "start of the agency control",
        Milestone::AgencyCompleted => "end of the agency control",
        Milestone::Assessed => "assessment",
        Milestone::Paid => "payment",
        Milestone::Released => "release",
        Milestone::Exited => "exit",
        Milestone::BorderLeft => "exit from the border zone",
        Milestone::Cancelled => "cancellation",
        Milestone::TransitOpened => "opening of transit",
        Milestone::TransitTerminated => "termination of transit",
        Milestone::GuaranteeDischarged => "discharge of the guarantee",
        Milestone::AuditStarted => "start of the audit",
        Milestone::AuditCompleted => "end of the audit",
        Milestone::RefundClaimed => "refund claim",
        Milestone::Refunded => "refund",
        Milestone::Seized => "seizure",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_takes_the_magnitude_of_its_column() {
        let prose = |money| number(Kind::Money, money, Style::Prose("UZS"));
        assert_eq!(prose(1_234_567_890_123.0), "1.23 trillion UZS");
        assert_eq!(prose(999_960_000.0), "1.00 billion UZS");
        assert_eq!(prose(-45_600.0), "−45.6 thousand UZS");
        assert_eq!(prose(0.0), "0.00 UZS");
        let column = Style::Column(Magnitude::for_largest(123_456_000_000.0, 4));
        assert_eq!(number(Kind::Money, 4_560_000_000.0, column), "4.6");
        assert_eq!(number(Kind::Money, 1_000_000.0, column), "< 0.1");
    }

    #[test]
    fn a_share_is_never_rounded_to_all_or_nothing() {
        let share = |value| number(Kind::Share, value, Style::Prose(""));
        assert_eq!(share(0.123_45), "12.3 %");
        assert_eq!(share(0.999_7), "99.97 %");
        assert_eq!(share(0.000_2), "0.02 %");
        assert_eq!(share(1.0), "100.0 %");
        assert_eq!(share(0.0), "0.0 %");
    }

    #[test]
    fn changes_carry_their_sign() {
        let text = |kind, now, before| change(kind, now, before).map(|(_, _, text)| text);
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
        let text = |hours: f64| target(Kind::Duration, hours * 3600.0, Style::Prose(""));
        assert_eq!(text(24.0), "24 h");
        assert_eq!(text(120.0), "5 d");
        assert_eq!(text(73.0), "73 h");
        assert_eq!(text(1.5), "1 h 30 min");
    }

    #[test]
    fn periods_have_a_title_of_every_size() {
        let month = Month::new(2025, 3).unwrap();
        let title = |grain| period_title(Period::containing(month, grain));
        assert_eq!(title(Grain::Month), "March 2025");
        assert_eq!(title(Grain::Quarter), "Q1 2025");
        assert_eq!(period_short(Period::month(month)), "Mar 2025");
        assert_eq!(
            period_title(Period::range(Month::new(2024, 7).unwrap(), month)),
            "July 2024 to March 2025"
        );
    }

    #[test]
    fn an_instant_is_shown_on_the_clock_of_the_zone() {
        let freeze = "2025-03-31T18:59:00Z".parse().unwrap();
        assert_eq!(
            instant(freeze, "Asia/Tashkent"),
            "31 March 2025, 23:59 (UTC+05:00)"
        );
    }
}
