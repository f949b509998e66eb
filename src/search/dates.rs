//! The dates of a query: `2026-11-20`, by UTC, or with an offset as in `2026-11-20+02:00`.

use crate::model::Timestamp;

const MINUTE: i64 = 60 * 1000;

/// The moment when a day begins. None if the text isn’t a day, or is one before 1970.
pub fn beginning_of(day: &str) -> Option<Timestamp> {
    let (date, offset) = day.split_at_checked(10)?;
    let midnight = Timestamp::parse(&format!("{date}T00:00:00Z"))?;
    Some(Timestamp(midnight.0 - minutes(offset)? * MINUTE))
}

/// How far an offset, as in RFC 3339, is ahead of UTC.
fn minutes(offset: &str) -> Option<i64> {
    if matches!(offset, "" | "Z" | "z") {
        return Some(0);
    }
    let (sign, time) = match offset.as_bytes().first()? {
        b'+' => (1, &offset[1..]),
        b'-' => (-1, &offset[1..]),
        _ => return None,
    };
    let (hours, minutes) = time.split_once(':')?;
    let two_digits = |text: &str, limit: i64| {
        let is_number = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = is_number.then(|| text.parse().ok()).flatten();
        number.filter(|number: &i64| *number < limit)
    };
    Some(sign * (two_digits(hours, 24)? * 60 + two_digits(minutes, 60)?))
}
