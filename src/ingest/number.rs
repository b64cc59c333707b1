//! Texts → exact decimals in millionths.

use rust_decimal::{Decimal, RoundingStrategy};

use super::trim::trimmed;
use crate::model::AMOUNT_SCALE;

/// How many decimal digits a word of 64 bits holds.
const WORD_DIGITS: usize = 18;

/// Powers of ten up to that of the places.
const POWERS: [u64; 7] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];
const _: () = assert!(POWERS.len() == AMOUNT_SCALE.unsigned_abs() as usize + 1);

/// Reads a plain decimal number: an optional sign, digits, a point. `None` when it is not one, has
/// more than six significant decimal places, or more than 31 digits before the point.
pub(crate) fn parse_millionths(text: &str) -> Option<i128> {
    let text = trimmed(text);
    let (negative, digits) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        all => (false, all),
    };
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
    let places = usize::from(AMOUNT_SCALE.unsigned_abs());
    let (fraction, beyond) = fraction.split_at(fraction.len().min(places));
    if beyond.iter().any(|byte| *byte != b'0') {
        return None;
    }
    let missing = *POWERS.get(places - fraction.len())?;
    // Most numbers fit a machine word, with which it is cheaper to count.
    let value = if whole.len() + places <= WORD_DIGITS {
        i128::from(with_digits(with_digits(0, whole)?, fraction)? * missing)
    } else {
        let mut value = 0_i128;
        for digits in whole.chunks(WORD_DIGITS).chain([fraction]) {
            let shifted = digits.iter().fold(value, |value, _| value * 10);
            value = shifted + i128::from(with_digits(0, digits)?);
        }
        value * i128::from(missing)
    };
    Some(if negative { -value } else { value })
}

/// A number with more digits behind it; `None` where one is none. All together are no more than [`WORD_DIGITS`].
#[inline]
fn with_digits(number: u64, digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(number, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| byte - b'0')?;
        Some(number * 10 + u64::from(digit))
    })
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
    use super::*;

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
