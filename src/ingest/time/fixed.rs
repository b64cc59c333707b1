//! Formats whose parts all have a fixed width, read as a whole instead of part by part: most logs write all their
//! times in one of them.

use super::{Civil, Part};

/// No text of a fixed format is longer.
const WIDTH: usize = 32;

/// A format in which every part has its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fixed {
    /// How many bytes a text has.
    length: usize,
    /// By place the least byte that may stand there: `0`, or the literal.
    least: [u8; WIDTH],
    /// By place how far above the least byte another may be: 9 for a digit, 0 for a literal.
    above: [u8; WIDTH],
    /// Where each part stands, in the order of the format.
    places: Vec<(Part, usize)>,
    clock: Option<Clock>,
}

/// The clock of a format that says the day first.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Clock {
    /// All bits of the places before it, where the day stands, and none behind.
    day: [u8; WIDTH],
    /// By part where it stands, how many seconds one of it is, and how many there are.
    parts: Vec<(usize, u32, u32)>,
}

impl Clock {
    /// `None` unless all parts before the clock are of the date, and all behind of the clock.
    fn of(places: &[(Part, usize)]) -> Option<Self> {
        let seconds = |(part, at): &(Part, usize)| match part {
            Part::Hour => Some((*at, 3600, 24)),
            Part::Minute => Some((*at, 60, 60)),
            Part::Second => Some((*at, 1, 60)),
            _ => None,
        };
        let first = places.iter().position(|place| seconds(place).is_some())?;
        let (_, clock) = places.split_at(first);
        let parts: Vec<(usize, u32, u32)> = clock.iter().map(seconds).collect::<Option<_>>()?;
        let units = |unit| parts.iter().filter(|(_, own, _)| *own == unit).count();
        // Of a part that comes twice the last counts.
        parts
            .iter()
            .all(|(_, unit, _)| units(*unit) == 1)
            .then(|| Self {
                day: before(clock.first().map_or(0, |(_, at)| *at)),
                parts,
            })
    }
}

/// By place how far each byte of a text is above the least that may stand there: digits are their values.
pub(super) type Digits = [u8; WIDTH];

/// All bits of the places before one.
fn before(place: usize) -> [u8; WIDTH] {
    let mut bits = [0; WIDTH];
    bits.iter_mut().take(place).for_each(|byte| *byte = u8::MAX);
    bits
}

impl Fixed {
    /// `None` for a format with a part of varying width, or a longer one.
    pub(super) fn of(parts: &[Part]) -> Option<Self> {
        let (mut least, mut above) = ([0; WIDTH], [0; WIDTH]);
        let mut length = 0;
        let mut places = Vec::new();
        for part in parts {
            let (byte, more, width) = match part {
                Part::Literal(byte) => (*byte, 0, 1),
                Part::Year => (b'0', 9, 4),
                Part::Month | Part::Day | Part::Hour | Part::Minute | Part::Second => (b'0', 9, 2),
                Part::Fraction => return None,
            };
            if more > 0 {
                places.push((*part, length));
            }
            least.get_mut(length..length + width)?.fill(byte);
            above.get_mut(length..length + width)?.fill(more);
            length += width;
        }
        Some(Self {
            length,
            least,
            above,
            clock: Clock::of(&places),
            places,
        })
    }

    /// Whether a text that is written so may be ISO 8601 too.
    fn is_iso(&self) -> bool {
        let digits = self.above.iter().take(4).all(|above| *above == 9);
        digits && self.least.get(4) == Some(&b'-') && self.above.get(4) == Some(&0)
    }

    /// The digits of a text; `None` when it is not written so.
    #[inline]
    fn digits(&self, text: &[u8]) -> Option<Digits> {
        if text.len() != self.length {
            return None;
        }
        let mut digits = [0; WIDTH];
        digits.get_mut(..text.len())?.copy_from_slice(text);
        // To the end in any case, and without a comparison: that takes many bytes at a time. Behind the text all
        // is zero.
        let mut excess = 0;
        for ((digit, least), above) in digits.iter_mut().zip(&self.least).zip(&self.above) {
            *digit = digit.wrapping_sub(*least);
            excess |= digit.saturating_sub(*above);
        }
        (excess == 0).then_some(digits)
    }

    /// The digits of a text by which others of its day can be known; `None` where the format does not say the day first.
    pub(super) fn day(&self, text: &str) -> Option<Digits> {
        self.clock.as_ref().filter(|_| !self.is_iso())?;
        self.digits(text.as_bytes())
    }

    /// Microseconds since the day began, for a text of the day of `known`; `None` for another day, and for what has to be
    /// looked at more closely.
    #[inline]
    pub(super) fn clock_of_day(&self, text: &str, known: &Digits) -> Option<i64> {
        let clock = self.clock.as_ref()?;
        let digits = self.digits(text.as_bytes())?;
        // To the end in any case: that takes many bytes at a time.
        let mut other_day = 0;
        for ((digit, known), of_day) in digits.iter().zip(known).zip(&clock.day) {
            other_day |= (digit ^ known) & of_day;
        }
        if other_day != 0 {
            return None;
        }
        let digit = |at: usize| u32::from(digits.get(at).copied().unwrap_or(0));
        let mut seconds = 0;
        for (at, unit, below) in &clock.parts {
            let value = digit(*at) * 10 + digit(*at + 1);
            if value >= *below {
                return None;
            }
            seconds += value * unit;
        }
        Some(i64::from(seconds) * 1_000_000)
    }

    /// What a text says; `None` when it is not written so.
    #[inline]
    pub(super) fn read(&self, text: &[u8]) -> Option<Civil> {
        let digits = self.digits(text)?;
        let digit = |at: usize| u32::from(digits.get(at).copied().unwrap_or(0));
        let two = |at: usize| digit(at) * 10 + digit(at + 1);
        let mut civil = Civil {
            month: 1,
            day: 1,
            ..Civil::default()
        };
        for (part, at) in &self.places {
            match part {
                Part::Year => civil.year = (two(*at) * 100 + two(*at + 2)).cast_signed(),
                Part::Month => civil.month = two(*at),
                Part::Day => civil.day = two(*at),
                Part::Hour => civil.hour = two(*at),
                Part::Minute => civil.minute = two(*at),
                Part::Second => civil.second = two(*at),
                Part::Fraction | Part::Literal(_) => {}
            }
        }
        Some(civil)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{compile, read_parts};
    use super::*;

    proptest! {
        #[test]
        fn a_text_is_read_as_part_by_part(
            format in prop::sample::select(vec![
                "%d.%m.%Y %H:%M:%S", "%F %T", "%Y%m%d", "%m/%d/%Y %R", "%H%%%d", "%d %d", "%Y%Y%Y%Y%Y%Y%Y%Y",
            ]),
            text in "[0-9]{2}[.:/0-9 -]{0,2}[0-9]{0,6}[ .%]?[0-9:]{0,8}",
            written in (0..10_000_i32, 0..100_u32, 0..100_u32, 0..100_u32, 0..100_u32),
            damage in prop::option::of((0..32_usize, any::<char>())),
        ) {
            let (year, month, day, hour, minute) = written;
            let as_format = format
                .replace("%F", "%Y-%m-%d")
                .replace("%T", "%H:%M:%S")
                .replace("%R", "%H:%M")
                .replace("%Y", &format!("{year:04}"))
                .replace("%m", &format!("{month:02}"))
                .replace("%d", &format!("{day:02}"))
                .replace("%H", &format!("{hour:02}"))
                .replace("%M", &format!("{minute:02}"))
                .replace("%S", "59")
                .replace("%%", "%");
            let damaged: String = as_format
                .chars()
                .enumerate()
                .map(|(at, own)| match damage {
                    Some((place, other)) if at == place => other,
                    _ => own,
                })
                .collect();
            let parts = compile(format).unwrap();
            let fixed = Fixed::of(&parts).unwrap();
            for text in [text, as_format, damaged] {
                let wanted = read_parts(&parts, text.as_bytes()).ok();
                prop_assert_eq!(fixed.read(text.as_bytes()), wanted, "{} as {}", text, format);
            }
        }
    }

    #[test]
    fn formats_without_fixed_places_are_left_to_others() {
        for format in ["%Y-%m-%d %H:%M:%S.%f", "%Y%Y%Y%Y%Y%Y%Y%Y ", "%f"] {
            assert_eq!(Fixed::of(&compile(format).unwrap()), None, "{format}");
        }
    }
}
