//! Limits of numbers that people choose. HTTP, the command line and the control socket share them.

use std::{ops::RangeInclusive, time::Duration};

use crate::error::{Error, Result};

/// How many people may use an invitation.
pub const INVITE_USES: RangeInclusive<u32> = 1..=100;
/// How many people may use an invitation of somebody who isn't an administrator.
pub const MEMBER_INVITE_USES: RangeInclusive<u32> = 1..=10;
/// How many rooms an invitation may name.
pub const INVITE_ROOMS: usize = 10;
/// How many days an invitation may be valid.
pub const INVITE_DAYS: RangeInclusive<u32> = 1..=90;
/// How many days an API token may be valid.
pub const TOKEN_DAYS: RangeInclusive<u32> = 1..=365;

/// How many people somebody may add to rooms in a day, with their bots: enough to bring a whole club together, and not
/// enough to drag a server’s people into rooms by the thousands.
pub const ADDS_A_DAY: u32 = 500;
/// How many messages somebody may report in a day: each is read by a person.
pub const REPORTS_A_DAY: u32 = 20;
/// The most characters of the reason for a report.
pub const REPORT_REASON: usize = 500;
/// How long a report is kept that no administrator has dealt with. It has the text of a message that may be gone since.
pub const REPORT_LIFETIME: Duration = Duration::from_hours(90 * 24);

/// How many conversations a person may pin: fewer than a page of the list has, so that one request shows all of them.
pub const PINS: u32 = 20;

/// How many messages may be pinned in a conversation: as many as one still looks through.
pub const PINNED_MESSAGES: u32 = 20;
/// How many messages a person may have saved, so that a client can know all of them with a few requests.
pub const SAVED_MESSAGES: u32 = 500;

/// The most characters of a client’s `User-Agent` that are kept.
pub const DEVICE_LENGTH: usize = 200;

/// How long an upload is kept after its last byte, unless it becomes part of a message.
pub const UPLOAD_LIFETIME: Duration = Duration::from_hours(24);
/// How many uploads a person may have that aren’t part of a message yet: those of a few messages.
pub const UPLOADS: u32 = 50;

/// How many streams a user may have open. When another one opens, the oldest ends. A browser has one, however many tabs it
/// has; the rest is for further devices and for bots.
pub const STREAMS: usize = 32;
/// How many bodies of requests a user may send at the same time. Each takes up to 64 KiB of memory until it has arrived.
pub const UNFINISHED_BODIES: u32 = 32;

/// Bytes of text that a person may have in all of their messages, unless an administrator allows another amount: more than
/// anybody writes in a lifetime, and enough for a bot that reports something every few seconds for a year.
pub const TEXT_PER_USER: u64 = 1_000_000_000;
/// Bytes of the disk that stay free for signing in, ending sessions, disabling and deleting accounts, and deleting
/// messages. Each of them needs a few KiB, and so much is in the write-ahead log before it is written back.
pub const RESERVE_BYTES: u64 = 32 * 1024 * 1024;
/// On a small disk the reserve is only this part of it.
pub const RESERVE_PART: u64 = 20;

/// How many bytes of files are accepted.
#[derive(Clone, Copy, Debug)]
pub struct FileLimits {
    /// The most bytes of one file.
    pub file: u64,
    /// The most bytes of all files together.
    pub total: Option<u64>,
    /// The most bytes of all files that one person has sent.
    pub user: Option<u64>,
}

impl Default for FileLimits {
    fn default() -> Self {
        Self {
            file: 100_000_000,
            total: None,
            user: None,
        }
    }
}

/// Checks the number of people who may use an invitation against `limits`.
///
/// # Errors
/// [`Error::Invalid`] on `uses`.
pub fn invite_uses(uses: u32, limits: &RangeInclusive<u32>) -> Result<u32> {
    if limits.contains(&uses) {
        return Ok(uses);
    }
    let (least, most) = (limits.start(), limits.end());
    Err(Error::invalid(
        "uses",
        format!("Choose {least} to {most} people."),
    ))
}

/// Checks the number of rooms of an invitation against [`INVITE_ROOMS`].
///
/// # Errors
/// [`Error::Invalid`] on `rooms`.
pub fn invite_rooms<T>(rooms: &[T]) -> Result<()> {
    if rooms.len() <= INVITE_ROOMS {
        return Ok(());
    }
    Err(Error::invalid(
        "rooms",
        format!("Choose up to {INVITE_ROOMS} rooms."),
    ))
}

/// Converts a number of days, within `limits`, to a duration.
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
        format!("Choose {least} to {most} days."),
    ))
}
