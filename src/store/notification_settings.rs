//! How somebody wants to be told of messages on devices that aren’t open: with a preview of the text or without, and
//! not in their quiet hours.

use rusqlite::{Connection, OptionalExtension, Row};

use super::handle::Store;
use crate::{
    error::Result,
    model::{ClockTime, QuietHours, UserId},
};

/// What somebody has set for all of their devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationSettings {
    /// Whether notifications have a part of the text.
    pub preview: bool,
    /// None if they want to be told at any time.
    pub quiet: Option<QuietHours>,
}

impl Store {
    /// How the user wants to be told of messages.
    pub async fn notification_settings(&self, user: UserId) -> Result<NotificationSettings> {
        self.read(move |connection| Ok(find(connection, user)?))
            .await
    }

    /// Sets whether notifications have a part of the text.
    pub async fn set_preview(&self, user: UserId, preview: bool) -> Result<()> {
        self.write(move |tx| {
            tx.connection
                .prepare_cached(
                    "INSERT INTO notification_settings (user_id, preview) VALUES (?1, ?2)
                     ON CONFLICT DO UPDATE SET preview = excluded.preview",
                )?
                .execute((user.0, preview))?;
            Ok(())
        })
        .await
    }

    /// Sets the user’s quiet hours, or that they have none.
    pub async fn set_quiet_hours(&self, user: UserId, quiet: Option<QuietHours>) -> Result<()> {
        self.write(move |tx| {
            let quiet = quiet.as_ref();
            tx.connection
                .prepare_cached(
                    "INSERT INTO notification_settings (user_id, quiet_from, quiet_to, quiet_zone)
                     VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO UPDATE SET quiet_from = excluded.quiet_from,
                         quiet_to = excluded.quiet_to, quiet_zone = excluded.quiet_zone",
                )?
                .execute((
                    user.0,
                    quiet.map(|quiet| quiet.from.minutes()),
                    quiet.map(|quiet| quiet.to.minutes()),
                    quiet.map(|quiet| quiet.zone.as_str()),
                ))?;
            Ok(())
        })
        .await
    }
}

pub(super) fn find(
    connection: &Connection,
    user: UserId,
) -> rusqlite::Result<NotificationSettings> {
    let settings = connection
        .prepare_cached(
            "SELECT preview, quiet_from, quiet_to, quiet_zone FROM notification_settings WHERE user_id = ?1",
        )?
        .query_row([user.0], |row| {
            Ok(NotificationSettings {
                preview: row.get("preview")?,
                quiet: quiet_from_row(row)?,
            })
        })
        .optional()?;
    Ok(settings.unwrap_or(NotificationSettings {
        preview: true,
        quiet: None,
    }))
}

/// The quiet hours in the columns `quiet_from`, `quiet_to` and `quiet_zone`.
fn quiet_from_row(row: &Row<'_>) -> rusqlite::Result<Option<QuietHours>> {
    let time = |column| -> rusqlite::Result<_> {
        let minutes: Option<i16> = row.get(column)?;
        Ok(minutes.and_then(ClockTime::from_minutes))
    };
    let (from, to) = (time("quiet_from")?, time("quiet_to")?);
    let zone: Option<String> = row.get("quiet_zone")?;
    let times = from.zip(to).zip(zone);
    Ok(times.map(|((from, to), zone)| QuietHours { from, to, zone }))
}

/// Deletes what a user has set.
pub(super) fn delete(connection: &Connection, user: UserId) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM notification_settings WHERE user_id = ?1")?
        .execute([user.0])
        .map(drop)
}
