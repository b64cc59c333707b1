//! Texts → exact decimals in millionths.

use rust_decimal::{Decimal, RoundingStrategy};

use super::trim::trimmed;
use crate::model::AMOUNT_SCALE;

/// How many decimal digits a word of 64 bits holds.
const WORD_DIGITS: usize = 18;

/// Decimal places of millionths.
const PLACES: usize = AMOUNT_SCALE.unsigned_abs() as usize;

/// Powers of ten up to that of the places.
const POWERS: [u64; PLACES + 1] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];

/// Reads a plain decimal number: an optional sign, digits, a point. `None` when it is not one, has
/// more than six significant decimal places, or more than 31 digits before the point.
pub(crate) fn parse_millionths(text: &str) -> Option<i128> {
    let text = trimmed(text);
    let (negative, digits) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        all => (false, all),
    };
    let value = match of_few_digits(digits) {
        Some(value) => i128::from(value),
        None => of_digits(digits)?,
    };
    Some(if negative { -value } else { value })
}

/// A number without a sign, in one pass: most are so short that a machine word holds them. `None` for others, and for what is none.
#[inline]
fn of_few_digits(digits: &[u8]) -> Option<u64> {
    // Eighteen digits and a point.
    if digits.len() > WORD_DIGITS + 1 {
        return None;
    }
    let (whole, rest) = leading_digits(digits);
    let decimals = match rest {
        [] => rest,
        [b'.', decimals @ ..] => decimals,
        _ => return None,
    };
    let (fraction, behind) = leading_digits(decimals);
    let length = digits.len() - rest.len();
    if !behind.is_empty() || length + decimals.len() == 0 || length > WORD_DIGITS - PLACES {
        return None;
    }
    let missing = PLACES.checked_sub(decimals.len())?;
    Some(whole * POWERS.get(PLACES)? + fraction * POWERS.get(missing)?)
}

/// The number that the leading digits are, of which there are nineteen at most, and what stands behind them.
#[inline]
fn leading_digits(bytes: &[u8]) -> (u64, &[u8]) {
    debug_assert!(bytes.len() <= WORD_DIGITS + 1, "they fit a word");
    let (mut number, mut rest) = (0_u64, bytes);
    while let [digit @ b'0'..=b'9', behind @ ..] = rest {
        number = number
            .wrapping_mul(10)
            .wrapping_add(u64::from(digit - b'0'));
        rest = behind;
    }
    (number, rest)
}

/// A number without a sign, of any length.
fn of_digits(digits: &[u8]) -> Option<i128> {
    let whole = digits.iter().take_while(|byte| byte.is_ascii_digit());
    let (whole, rest) = digits.split_at_checked(whole.count())?;
    let fraction = match rest {
        [] => rest,
        [b'.', fraction @ ..] => fraction,
        _ => return None,
    };
    if whole.is_empty() && fraction.is_empty() || whole.len() > 31 {
        return None;
    }
    let (fraction, beyond) = fraction.split_at(fraction.len().min(PLACES));
    if beyond.iter().any(|byte| *byte != b'0') {
        return None;
    }
    let missing = *POWERS.get(PLACES - fraction.len())?;
    let mut value = 0_i128;
    for digits in whole.chunks(WORD_DIGITS).chain([fraction]) {
        let (own, []) = leading_digits(digits) else {
            return None;
        };
        let shifted = digits.iter().fold(value, |value, _| value * 10);
        value = shifted + i128::from(own);
    }
    Some(value * i128::from(missing))
}

/// A computed decimal in millionths, rounded half to even; `None` beyond the range.
pub(super) fn decimal_to_millionths(value: Decimal) -> Option<i128> {
    let scale = u32::from(AMOUNT_SCALE.unsigned_abs());
    let rounded = value.round_dp_with_strategy(scale, RoundingStrategy::MidpointNearestEven);
    let missing = scale - rounded.scale();
    rounded.mantissa().checked_mul(10_i128.pow(missing))
}

/// Millionths as a decimal; `None` beyond 28 digits.
pub(super) fn millionths_to_decimal(value: i128) -> Option<Decimal> {
    Decimal::try_from_i128_with_scale(value, u32::from(AMOUNT_SCALE.unsigned_abs())).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn short_numbers_are_read_as_long_ones_are(text in "[0-9]{0,14}([.,x][0-9]{0,8})?") {
            let digits = text.as_bytes();
            if let Some(short) = of_few_digits(digits) {
                prop_assert_eq!(of_digits(digits), Some(i128::from(short)));
            }
            // Of these each is read in the short way, if it is a number.
            let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
            let is_short = whole.len() <= 12 && fraction.len() <= 6;
            prop_assert!(!is_short || of_few_digits(digits).is_some() == of_digits(digits).is_some());
        }
    }

    #[test]
    fn plain_decimals_are_read_exactly() {
        for (text, millionths) in [
            ("372254.4", 372_254_400_000),
            ("-0.000001", -1),
            ("+7", 7_000_000),
            (".5", 500_000),
            ("5.", 5_000_000),
            (" 1 ", 1_000_000),
            ("0.1000000", 100_000),
            ("12345678901234567890", 12_345_678_901_234_567_890_000_000),
            (
                "1000000000000000000000.5",
                1_000_000_000_000_000_000_000_500_000,
            ),
            (
                "9999999999999999999999999999999.999999",
                9_999_999_999_999_999_999_999_999_999_999_999_999,
            ),
            ("999999999999.123456", 999_999_999_999_123_456),
            ("9999999999999.123456", 9_999_999_999_999_123_456),
        ] {
            assert_eq!(parse_millionths(text), Some(millionths), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_plain_decimal_is_refused() {
        for text in [
            "",
            ".",
            "-",
            "1e5",
            "1,5",
            "1 000",
            "0x1",
            "NaN",
            "1.2.3",
            "0.1234567",
            "１",
        ] {
            assert_eq!(parse_millionths(text), None, "{text}");
        }
        assert_eq!(parse_millionths(&"9".repeat(32)), None);
    }

    #[test]
    fn computed_values_round_half_to_even_at_the_sixth_place() {
        let of = |text: &str| decimal_to_millionths(text.parse().unwrap());
        assert_eq!(of("0.0000005"), Some(0));
        assert_eq!(of("0.0000015"), Some(2));
        assert_eq!(of("30152.6064"), Some(30_152_606_400));
        assert_eq!(
            millionths_to_decimal(1_500_000).unwrap().to_string(),
            "1.500000"
        );
    }
}
