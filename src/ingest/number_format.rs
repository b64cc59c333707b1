//! Numbers as a source writes them: thousands separators, decimal comma, currency signs,
//! accounting negatives, percent. A number that the mapping's declaration does not settle is
//! refused, never guessed.

use rust_decimal::Decimal;

use super::number::parse_millionths;
use super::reject::Reason;
use crate::model::AMOUNT_SCALE;

/// What may stand between groups of three digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    /// A space, a no-break space, a narrow no-break space or a thin space.
    Space,
    /// `'` or `’`.
    Apostrophe,
    /// `,`
    Comma,
    /// `.`
    Point,
}

impl Separator {
    /// The separator that a character is.
    pub fn of(character: char) -> Option<Self> {
        match character {
            ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' => Some(Self::Space),
            '\'' | '’' => Some(Self::Apostrophe),
            ',' => Some(Self::Comma),
            '.' => Some(Self::Point),
            _ => None,
        }
    }
}

/// How a mapping's numbers are written. The default is plain: `-1234.5`.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a way of writing that a mapping switches on by its own key"
)]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NumberFormat {
    /// Whether the decimal mark is a comma.
    pub decimal_comma: bool,
    /// Thousands separators; one number uses one of them.
    pub thousands: Vec<Separator>,
    /// Whether `(1234)` is −1234.
    pub parentheses: bool,
    /// Whether `1234-` is −1234.
    pub trailing_minus: bool,
    /// Whether `12.5 %` is 0.125.
    pub percent: bool,
    /// Signs and words for currencies with their ISO 4217 codes, longest first.
    pub currencies: Vec<(String, String)>,
}

/// A number with the currency that its text names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number<'f, T> {
    /// The number.
    pub value: T,
    /// An ISO 4217 code.
    pub currency: Option<&'f str>,
}

/// A number taken apart: a plain text of it, and what stood around.
struct Parts<'f> {
    plain: String,
    currency: Option<&'f str>,
}

impl NumberFormat {
    /// Whether numbers are written as the fast reader knows them.
    fn is_plain(&self) -> bool {
        !self.decimal_comma
            && self.thousands.is_empty()
            && !(self.parentheses || self.trailing_minus || self.percent)
            && self.currencies.is_empty()
    }

    fn decimal_mark(&self) -> Separator {
        if self.decimal_comma {
            Separator::Comma
        } else {
            Separator::Point
        }
    }

    /// Reads an exact number in millionths. The error says why it is none.
    pub fn millionths(&self, text: &str) -> Result<Number<'_, i128>, Reason> {
        if self.is_plain() {
            let value = parse_millionths(text).ok_or_else(|| self.reason(text.trim()))?;
            return Ok(Number {
                value,
                currency: None,
            });
        }
        let parts = self.take_apart(text)?;
        let value = parse_millionths(&parts.plain).ok_or_else(|| out_of_range(&parts.plain))?;
        Ok(Number {
            value,
            currency: parts.currency,
        })
    }

    /// Reads an exact decimal number of up to 28 digits, for expressions. The error says why it is
    /// none.
    pub fn decimal(&self, text: &str) -> Result<Number<'_, Decimal>, Reason> {
        let (plain, currency) = if self.is_plain() {
            // Decimal's own reader takes `1_000` for a number.
            if text.contains('_') {
                return Err(Reason::BadNumber);
            }
            (std::borrow::Cow::Borrowed(text.trim()), None)
        } else {
            let parts = self.take_apart(text)?;
            (parts.plain.into(), parts.currency)
        };
        let value = Decimal::from_str_exact(&plain).map_err(|_| {
            if self.is_plain() {
                self.reason(&plain)
            } else {
                Reason::NumberTooLarge
            }
        })?;
        Ok(Number { value, currency })
    }

    /// A number as it is read back.
    pub fn print(&self, number: Decimal) -> String {
        let plain = number.normalize().to_string();
        if self.decimal_comma {
            plain.replace('.', ",")
        } else {
            plain
        }
    }

    /// Strips what stands around the digits, then joins their groups.
    fn take_apart(&self, text: &str) -> Result<Parts<'_>, Reason> {
        let text = text.trim();
        let fault = || self.reason(text);
        let mut rest = text;
        let mut negative = false;
        if self.parentheses
            && let Some(inner) = rest
                .strip_prefix('(')
                .and_then(|rest| rest.strip_suffix(')'))
        {
            negative = true;
            rest = inner.trim();
        }
        let mut currency = None;
        let mut percent = false;
        let mut signed = negative;
        loop {
            if currency.is_none()
                && let Some((code, without)) = self.strip_currency(rest)
            {
                currency = Some(code);
                rest = without;
            } else if !signed && let Some((minus, without)) = strip_sign(rest) {
                (signed, negative, rest) = (true, minus, without);
            } else if !signed
                && self.trailing_minus
                && let Some(without) = rest.strip_suffix(['-', '−'])
            {
                (signed, negative, rest) = (true, true, without.trim_end());
            } else if self.percent
                && !percent
                && let Some(without) = rest.strip_suffix('%')
            {
                (percent, rest) = (true, without.trim_end());
            } else {
                break;
            }
        }
        let mut plain = String::with_capacity(rest.len() + 4);
        if negative {
            plain.push('-');
        }
        self.join_groups(rest, &mut plain).map_err(|misplaced| {
            if misplaced {
                Reason::MisplacedSeparator
            } else {
                fault()
            }
        })?;
        if percent {
            shift_two_left(&mut plain);
        }
        Ok(Parts { plain, currency })
    }

    fn strip_currency<'t>(&self, text: &'t str) -> Option<(&str, &'t str)> {
        self.currencies.iter().find_map(|(sign, code)| {
            let before = text.strip_prefix(sign.as_str()).map(str::trim_start);
            let without = before.or_else(|| text.strip_suffix(sign.as_str()).map(str::trim_end))?;
            Some((code.as_str(), without))
        })
    }

    /// Digits in groups of three with one kind of separator, then the decimal mark and digits. The
    /// error is whether it is only that a separator is in the wrong place.
    fn join_groups(&self, text: &str, plain: &mut String) -> Result<(), bool> {
        let mark = self.decimal_mark();
        let (mut used, mut in_fraction, mut misplaced) = (None, false, false);
        // Digits since the start or the last separator.
        let mut group = 0_usize;
        let mut digits = 0_usize;
        for character in text.chars() {
            match Separator::of(character) {
                None if character.is_ascii_digit() => {
                    plain.push(character);
                    group += 1;
                    digits += 1;
                }
                Some(separator) if separator == mark && !in_fraction => {
                    misplaced |= used.is_some() && group != 3;
                    in_fraction = true;
                    plain.push('.');
                }
                Some(separator) if self.thousands.contains(&separator) => {
                    let first = used.is_none();
                    let fits = if first {
                        (1..=3).contains(&group)
                    } else {
                        group == 3
                    };
                    misplaced |= in_fraction || !fits || used.is_some_and(|one| one != separator);
                    used = Some(separator);
                    group = 0;
                }
                _ => return Err(false),
            }
        }
        misplaced |= !in_fraction && used.is_some() && group != 3;
        if digits == 0 {
            Err(false)
        } else if misplaced {
            Err(true)
        } else {
            Ok(())
        }
    }

    /// Why a text is not a number of this format.
    fn reason(&self, text: &str) -> Reason {
        let digits = text.chars().filter(char::is_ascii_digit).count();
        if digits == 0 {
            return Reason::BadNumber;
        }
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let plain = unsigned.chars().all(|c| c.is_ascii_digit() || c == '.');
        if plain && !self.decimal_comma && unsigned.matches('.').count() < 2 {
            return out_of_range(unsigned);
        }
        if names_currency(text) {
            return Reason::UndeclaredCurrency;
        }
        // Marks that are no letter, one of which the mapping does not declare: 1,234 may be one
        // or a thousand, (5) may be minus five, 5 % a twentieth.
        let inner = unsigned
            .trim_start_matches('(')
            .trim_end_matches([')', '-', '−', '%']);
        let separators = inner.chars().filter_map(Separator::of);
        let mut undeclared = separators
            .filter(|one| *one != self.decimal_mark() && !self.thousands.contains(one))
            .count();
        undeclared += usize::from(inner.len() < unsigned.len());
        let marks_only = inner
            .chars()
            .all(|c| c.is_ascii_digit() || Separator::of(c).is_some());
        if marks_only && undeclared > 0 {
            Reason::AmbiguousNumber
        } else {
            Reason::BadNumber
        }
    }
}

/// A plus or minus in front.
fn strip_sign(text: &str) -> Option<(bool, &str)> {
    let without = text.strip_prefix(['-', '−', '+'])?;
    Some((!text.starts_with('+'), without.trim_start()))
}

/// Whether a text has a currency sign, or a word of three capitals, beside its digits. A letter between
/// digits is a slip of the pen.
fn names_currency(text: &str) -> bool {
    let number = text.trim_matches(|c: char| !c.is_ascii_digit());
    if number.contains(char::is_alphabetic) {
        return false;
    }
    let sign = text.chars().any(|c| {
        c == '$' || ('\u{a2}'..='\u{a5}').contains(&c) || ('\u{20a0}'..='\u{20cf}').contains(&c)
    });
    let mut words = text.split(|c: char| !c.is_alphabetic());
    sign || words.any(|word| word.len() == 3 && word.bytes().all(|b| b.is_ascii_uppercase()))
}

/// Why a plain number does not fit: decimal places or size.
fn out_of_range(plain: &str) -> Reason {
    let fraction = plain.split_once('.').map_or("", |(_, fraction)| fraction);
    let places = fraction.trim_end_matches('0').len();
    if places > usize::from(AMOUNT_SCALE.unsigned_abs()) {
        Reason::NumberTooPrecise
    } else {
        Reason::NumberTooLarge
    }
}

/// Moves the decimal point of a plain number two digits to the left.
fn shift_two_left(plain: &mut String) {
    let start = usize::from(plain.starts_with('-'));
    let point = plain.find('.').unwrap_or(plain.len());
    if point < plain.len() {
        plain.remove(point);
    }
    let missing = (start + 3).saturating_sub(point);
    plain.insert_str(start, "000".get(..missing).unwrap_or_default());
    plain.insert(point + missing - 2, '.');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn european() -> NumberFormat {
        NumberFormat {
            decimal_comma: true,
            thousands: vec![Separator::Space, Separator::Point],
            parentheses: true,
            trailing_minus: true,
            percent: true,
            currencies: vec![
                ("so'm".to_owned(), "UZS".to_owned()),
                ("USD".to_owned(), "USD".to_owned()),
                ("$".to_owned(), "USD".to_owned()),
            ],
        }
    }

    fn read(format: &NumberFormat, text: &str) -> Result<i128, Reason> {
        format.millionths(text).map(|read| read.value)
    }

    #[test]
    fn declared_marks_are_read_exactly() {
        let format = european();
        for (text, millionths) in [
            ("1234", 1_234_000_000),
            ("1 234,50", 1_234_500_000),
            ("1\u{a0}234\u{202f}567,000001", 1_234_567_000_001),
            ("1.234.567", 1_234_567_000_000),
            ("(1 234,50)", -1_234_500_000),
            ("( 7 )", -7_000_000),
            ("7-", -7_000_000),
            ("−7", -7_000_000),
            ("+7,5", 7_500_000),
            ("12,5 %", 125_000),
            ("-0,5%", -5_000),
            ("1234%", 12_340_000),
            (",5", 500_000),
        ] {
            assert_eq!(read(&format, text), Ok(millionths), "{text}");
        }
        let swiss = NumberFormat {
            thousands: vec![Separator::Apostrophe],
            ..NumberFormat::default()
        };
        assert_eq!(read(&swiss, "1'234’567.5"), Ok(1_234_567_500_000));
    }

    #[test]
    fn currency_signs_stand_on_either_side_and_are_told() {
        let format = european();
        for (text, millionths, code) in [
            ("$1.234,5", 1_234_500_000, "USD"),
            ("-$5", -5_000_000, "USD"),
            ("$ -5", -5_000_000, "USD"),
            ("($5)", -5_000_000, "USD"),
            ("1 234 so'm", 1_234_000_000, "UZS"),
            ("USD 5,00", 5_000_000, "USD"),
        ] {
            let wanted = Number {
                value: millionths,
                currency: Some(code),
            };
            assert_eq!(format.millionths(text), Ok(wanted), "{text}");
        }
        assert_eq!(format.millionths("5").map(|read| read.currency), Ok(None));
        assert_eq!(read(&format, "$5$"), Err(Reason::UndeclaredCurrency));
        assert_eq!(read(&format, "5 EUR"), Err(Reason::UndeclaredCurrency));
    }

    #[test]
    fn what_is_not_declared_is_refused_with_its_reason() {
        let plain = NumberFormat::default();
        for (text, reason) in [
            ("1,5", Reason::AmbiguousNumber),
            ("1,234", Reason::AmbiguousNumber),
            ("1 234", Reason::AmbiguousNumber),
            ("1.234,5", Reason::AmbiguousNumber),
            ("(5)", Reason::AmbiguousNumber),
            ("5-", Reason::AmbiguousNumber),
            ("5%", Reason::AmbiguousNumber),
            ("€5", Reason::UndeclaredCurrency),
            ("4O5OOO", Reason::BadNumber),
            ("5 UZS", Reason::UndeclaredCurrency),
            ("1.2.3", Reason::BadNumber),
            ("1e5", Reason::BadNumber),
            ("12 t", Reason::BadNumber),
            ("NaN", Reason::BadNumber),
            ("2025-01-01", Reason::BadNumber),
            ("", Reason::BadNumber),
            ("0.1234567", Reason::NumberTooPrecise),
            ("99999999999999999999999999999999", Reason::NumberTooLarge),
        ] {
            assert_eq!(read(&plain, text), Err(reason), "{text}");
        }
        let format = european();
        for (text, reason) in [
            ("12 34", Reason::MisplacedSeparator),
            ("1 234 56", Reason::MisplacedSeparator),
            ("1234 567", Reason::MisplacedSeparator),
            ("1 234.567", Reason::MisplacedSeparator),
            ("1,234 5", Reason::MisplacedSeparator),
            ("1  234", Reason::MisplacedSeparator),
            (" 1 23,4", Reason::MisplacedSeparator),
            ("1,2,3", Reason::BadNumber),
            ("1'234", Reason::AmbiguousNumber),
            ("--5", Reason::BadNumber),
            ("(-5)", Reason::BadNumber),
            ("%", Reason::BadNumber),
            ("0,12345 %", Reason::NumberTooPrecise),
        ] {
            assert_eq!(read(&format, text), Err(reason), "{text}");
        }
    }

    #[test]
    fn expressions_keep_every_decimal_place() {
        let rate = european().decimal("0,0000000125").map(|read| read.value);
        assert_eq!(rate, Ok("0.0000000125".parse().unwrap()));
        let plain = NumberFormat::default();
        assert_eq!(plain.decimal("1_000"), Err(Reason::BadNumber));
        assert_eq!(plain.decimal("1,5"), Err(Reason::AmbiguousNumber));
    }
}
