//! What people may do only so often a day. It is counted in the database, so that a restart doesn’t forget it.

use rusqlite::OptionalExtension;

use super::{context::Transaction, users};
use crate::{
    error::{Error, Result},
    model::{
        UserId,
        limits::{ADDS_A_DAY, REPORTS_A_DAY},
    },
};

const DAY: i64 = 24 * 60 * 60 * 1000;

/// Something that people may do only so often a day.
#[derive(Clone, Copy, Debug)]
pub(super) enum Daily {
    /// Adding somebody to a room, or asking them to join one.
    Add,
    /// Reporting a message.
    Report,
}

impl Daily {
    fn word(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Report => "report",
        }
    }

    fn limit(self) -> u32 {
        match self {
            Self::Add => ADDS_A_DAY,
            Self::Report => REPORTS_A_DAY,
        }
    }

    fn refusal(self, seconds: u64) -> Error {
        let what = match self {
            Self::Add => "added a lot of people",
            Self::Report => "reported a lot of messages",
        };
        Error::DailyLimit { what, seconds }
    }
}

/// Counts what a user does. What a bot does, its maker does.
///
/// # Errors
/// [`Error::DailyLimit`] if it was done too often today.
pub(super) fn count(tx: &Transaction<'_>, user: UserId, what: Daily) -> Result<()> {
    let user = users::bot_maker(tx.connection, user)?.unwrap_or(user);
    let today = tx.now.0.div_euclid(DAY);
    let count: Option<u32> = tx
        .connection
        .prepare_cached(
            "INSERT INTO daily_counts (user_id, what, day, count) VALUES (?1, ?2, ?3, 1)
             ON CONFLICT DO UPDATE SET count = iif(day = ?3, count, 0) + 1, day = ?3
             WHERE day <> ?3 OR count < ?4 RETURNING count",
        )?
        .query_row((user.0, what.word(), today, what.limit()), |row| {
            row.get("count")
        })
        .optional()?;
    if count.is_some() {
        return Ok(());
    }
    let left = (today + 1) * DAY - tx.now.0;
    Err(what.refusal(u64::try_from(left).unwrap_or_default().div_ceil(1000)))
}
