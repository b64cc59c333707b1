//! ISO 8601 and RFC 3339, and with a zone in brackets RFC 9557.

use super::super::strptime;
use super::{Civil, DAY_US, Moment, TimeFault, digits, fraction, literal};

/// ISO 8601: a date, or a date and a time with or without an offset (seconds east of UTC).
pub(super) fn read_iso(text: &str) -> Result<(Civil, Option<i32>), TimeFault> {
    let mut bytes = text.as_bytes();
    let mut civil = Civil::default();
    let mut offset = None;
    let mut read = || -> Option<()> {
        civil.year = i32::try_from(digits(&mut bytes, 4)?).ok()?;
        literal(&mut bytes, b'-')?;
        civil.month = digits(&mut bytes, 2)?;
        literal(&mut bytes, b'-')?;
        civil.day = digits(&mut bytes, 2)?;
        if bytes.is_empty() {
            return Some(());
        }
        let (separator, rest) = bytes.split_first()?;
        if !matches!(separator, b'T' | b't' | b' ') {
            return None;
        }
        bytes = rest;
        civil.hour = digits(&mut bytes, 2)?;
        literal(&mut bytes, b':')?;
        civil.minute = digits(&mut bytes, 2)?;
        if literal(&mut bytes, b':').is_some() {
            civil.second = digits(&mut bytes, 2)?;
            if literal(&mut bytes, b'.')
                .or_else(|| literal(&mut bytes, b','))
                .is_some()
            {
                civil.microsecond = fraction(&mut bytes)?;
            }
        }
        if !bytes.is_empty() {
            offset = Some(read_offset(&mut bytes)?);
        }
        bytes.is_empty().then_some(())
    };
    read()
        .map(|()| (civil, offset))
        .ok_or(TimeFault::Unparsable)
}

/// `Z`, `+05`, `+0500` or `+05:00`: seconds east of UTC.
fn read_offset(bytes: &mut &[u8]) -> Option<i32> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    let sign = match first {
        b'Z' | b'z' => return Some(0),
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = i32::try_from(digits(bytes, 2)?).ok()?;
    let minutes = if bytes.is_empty() {
        0
    } else {
        let _ = literal(bytes, b':');
        i32::try_from(digits(bytes, 2)?).ok()?
    };
    (hours <= 25 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// `2025-03-01T10:00+05:00[Asia/Tashkent]`: ISO 8601 with its zone, with or without the offset.
pub(super) fn read_bracketed(text: &str) -> Result<Moment, TimeFault> {
    let (time, zone) = text
        .strip_suffix(']')
        .and_then(|text| text.split_once('['))
        .ok_or(TimeFault::Unparsable)?;
    let (civil, offset) = read_iso(time)?;
    let zone = strptime::zone(zone).ok_or(TimeFault::Unparsable)?;
    let Some(offset) = offset else {
        return Ok(Moment::Of(civil, zone));
    };
    let (day, us) = civil.day_and_us().ok_or(TimeFault::Impossible)?;
    let at = day * DAY_US + us - i64::from(offset) * 1_000_000;
    let instant = jiff::Timestamp::from_microsecond(at).map_err(|_| TimeFault::Impossible)?;
    // An offset that the zone did not have then: nobody knows which of the two is wrong.
    if zone.to_offset(instant).seconds() == offset {
        Ok(Moment::Instant(at))
    } else {
        Err(TimeFault::Impossible)
    }
}
