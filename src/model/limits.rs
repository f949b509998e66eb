//! Limits of the numbers that people choose, the same wherever they choose them: over HTTP, on the command line, at the
//! control socket.

use std::{ops::RangeInclusive, time::Duration};

use crate::error::{Error, Result};

/// How many people may use an invitation.
pub const INVITE_USES: RangeInclusive<u32> = 1..=100;
/// Days for which an invitation is good.
pub const INVITE_DAYS: RangeInclusive<u32> = 1..=90;
/// Days for which an API token is good.
pub const TOKEN_DAYS: RangeInclusive<u32> = 1..=365;

/// How many people may use an invitation, within [`INVITE_USES`].
///
/// # Errors
/// [`Error::Invalid`] on `uses`.
pub fn invite_uses(uses: u32) -> Result<u32> {
    if INVITE_USES.contains(&uses) {
        return Ok(uses);
    }
    let (least, most) = (INVITE_USES.start(), INVITE_USES.end());
    Err(Error::invalid(
        "uses",
        format!("From {least} to {most} people"),
    ))
}

/// So many days as a time, within `limits`.
///
/// # Errors
/// [`Error::Invalid`] on `days`.
pub fn days(days: u32, limits: &RangeInclusive<u32>) -> Result<Duration> {
    if limits.contains(&days) {
        return Ok(Duration::from_hours(24 * u64::from(days)));
    }
    let (least, most) = (limits.start(), limits.end());
    Err(Error::invalid(
        "days",
        format!("From {least} to {most} days"),
    ))
}
