//! Browsers that are notified when no page is open. Each belongs to a session, and ends with it by the foreign key.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    handle::Store,
    pushes,
    sessions::{is_current, is_open},
};
use crate::{
    error::{Error, Result},
    model::{
        SessionId, Subscription, SubscriptionId, SubscriptionInfo, SubscriptionKeys, Timestamp,
        UserId, push::SUBSCRIPTIONS,
    },
};

/// The resolution of “last delivered”. It keeps most notifications from being writes.
const DELIVERED_RESOLUTION: Duration = Duration::from_mins(1);

impl Store {
    /// The user’s browsers that are to be notified, of sessions that haven’t expired.
    pub async fn subscriptions_of(&self, user: UserId) -> Result<Vec<Subscription>> {
        self.read(move |connection| {
            let now = Timestamp::now();
            let mut statement = connection.prepare_cached(
                "SELECT b.id, b.session_id, b.endpoint, b.p256dh, b.auth, b.origin, s.user_id,
                        s.created_at AS begun_at, s.last_seen_at
                 FROM sessions s JOIN subscriptions b ON b.session_id = s.id
                 WHERE s.user_id = ?1 ORDER BY b.id",
            )?;
            let found =
                statement.query_map([user.0], |row| Ok((from_row(row)?, lasts(row, now)?)))?;
            let mut subscriptions = Vec::new();
            for row in found {
                let (subscription, lasts) = row?;
                subscriptions.extend(lasts.then_some(subscription));
            }
            Ok(subscriptions)
        })
        .await
    }

    /// The browser of this session, if it is to be notified.
    pub async fn subscription_in(&self, session: SessionId) -> Result<Option<Subscription>> {
        self.read(move |connection| {
            let found = connection
                .prepare_cached(
                    "SELECT b.id, b.session_id, b.endpoint, b.p256dh, b.auth, b.origin, s.user_id
                     FROM subscriptions b JOIN sessions s ON s.id = b.session_id WHERE b.session_id = ?1",
                )?
                .query_row([session.0], from_row)
                .optional()?;
            Ok(found)
        })
        .await
    }

    /// The same browsers as [`subscriptions_of`](Self::subscriptions_of), as the user sees them. `current` is the caller’s
    /// session.
    pub async fn subscription_infos(
        &self,
        user: UserId,
        current: SessionId,
    ) -> Result<Vec<SubscriptionInfo>> {
        self.read(move |connection| {
            let now = Timestamp::now();
            let mut statement =
                connection.prepare_cached(&format!("{INFO} WHERE s.user_id = ?1 ORDER BY b.id"))?;
            let found =
                statement.query_map([user.0], |row| Ok((info(row, current)?, lasts(row, now)?)))?;
            let mut infos = Vec::new();
            for row in found {
                let (info, lasts) = row?;
                infos.extend(lasts.then_some(info));
            }
            Ok(infos)
        })
        .await
    }

    /// Makes this the subscription of a session, in place of the one it had. Another session that had the same endpoint
    /// loses it. If the user has too many then, the one goes whose session was used the longest ago. `origin` is where its
    /// page is.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] if the session has ended.
    pub async fn subscribe(
        &self,
        user: UserId,
        session: SessionId,
        endpoint: String,
        keys: SubscriptionKeys,
        origin: String,
    ) -> Result<SubscriptionInfo> {
        self.write(move |tx| {
            if !is_open(tx.connection, session)? {
                return Err(Error::Unauthorized);
            }
            if !is_subscribed(tx.connection, session, &endpoint, &keys)? {
                pushes::begin(tx.connection)?;
                tx.connection
                    .prepare_cached(
                        "DELETE FROM subscriptions WHERE session_id = ?1 OR endpoint = ?2",
                    )?
                    .execute((session.0, &endpoint))?;
                tx.connection
                    .prepare_cached(
                        "INSERT INTO subscriptions (session_id, endpoint, p256dh, auth, created_at)
                         VALUES (?1, ?2, ?3, ?4, ?5)",
                    )?
                    .execute((session.0, &endpoint, &keys.p256dh, &keys.auth, tx.now.0))?;
                delete_surplus(tx.connection, user, session)?;
            }
            tx.connection
                .prepare_cached(
                    "UPDATE subscriptions SET origin = ?2 WHERE session_id = ?1 AND origin <> ?2",
                )?
                .execute((session.0, origin))?;
            let info = tx
                .connection
                .prepare_cached(&format!("{INFO} WHERE b.session_id = ?1"))?
                .query_row([session.0], |row| info(row, session))?;
            Ok(info)
        })
        .await
    }

    /// Ends one of the user’s subscriptions.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the user has no such subscription.
    pub async fn unsubscribe(&self, user: UserId, id: SubscriptionId) -> Result<()> {
        self.write(move |tx| {
            let deleted = tx
                .connection
                .prepare_cached(
                    "DELETE FROM subscriptions
                     WHERE id = ?1 AND session_id IN (SELECT id FROM sessions WHERE user_id = ?2)",
                )?
                .execute((id.0, user.0))?;
            if deleted == 0 {
                return Err(Error::NotFound("Subscription"));
            }
            Ok(())
        })
        .await
    }

    /// Ends a subscription that its push service knows no longer. Doing it again has no effect.
    pub async fn end_subscription(&self, id: SubscriptionId) -> Result<()> {
        self.write_when_idle(move |tx| {
            tx.connection
                .prepare_cached("DELETE FROM subscriptions WHERE id = ?1")?
                .execute([id.0])?;
            Ok(())
        })
        .await
    }

    /// Records that a push service has taken a notification.
    pub async fn note_delivered(&self, id: SubscriptionId) -> Result<()> {
        let now = Timestamp::now();
        let is_known = self
            .read(move |connection| {
                let noted: Option<(Option<i64>, Option<String>)> = connection
                    .prepare_cached(
                        "SELECT delivered_at, failure FROM subscriptions WHERE id = ?1",
                    )?
                    .query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?)))
                    .optional()?;
                let is_recent = |at: i64| {
                    let at = Timestamp(at);
                    at <= now && now < at.after(DELIVERED_RESOLUTION)
                };
                Ok(
                    noted
                        .is_none_or(|(at, failure)| at.is_some_and(is_recent) && failure.is_none()),
                )
            })
            .await?;
        if is_known {
            return Ok(());
        }
        self.write_when_idle(move |tx| {
            tx.connection
                .prepare_cached(
                    "UPDATE subscriptions SET delivered_at = ?2, failure = NULL WHERE id = ?1",
                )?
                .execute((id.0, now.0))?;
            Ok(())
        })
        .await
    }

    /// Records why a notification wasn’t delivered, as a sentence.
    pub async fn note_failed(&self, id: SubscriptionId, failure: String) -> Result<()> {
        self.write_when_idle(move |tx| {
            tx.connection
                .prepare_cached("UPDATE subscriptions SET failure = ?2 WHERE id = ?1")?
                .execute((id.0, failure))?;
            Ok(())
        })
        .await
    }
}

/// Gives the subscription of a session to the session that replaces it.
pub(super) fn move_to(
    connection: &Connection,
    from: SessionId,
    to: SessionId,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE subscriptions SET session_id = ?2 WHERE session_id = ?1")?
        .execute((from.0, to.0))
        .map(drop)
}

fn is_subscribed(
    connection: &Connection,
    session: SessionId,
    endpoint: &str,
    keys: &SubscriptionKeys,
) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT 1 FROM subscriptions
             WHERE session_id = ?1 AND endpoint = ?2 AND p256dh = ?3 AND auth = ?4",
        )?
        .exists((session.0, endpoint, &keys.p256dh, &keys.auth))
}

fn delete_surplus(connection: &Connection, user: UserId, kept: SessionId) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM subscriptions WHERE id IN (
                 SELECT b.id FROM subscriptions b JOIN sessions s ON s.id = b.session_id
                 WHERE s.user_id = ?1 AND s.id <> ?2
                 ORDER BY s.last_seen_at DESC, b.id DESC LIMIT -1 OFFSET ?3)",
        )?
        .execute((user.0, kept.0, SUBSCRIPTIONS - 1))
        .map(drop)
}

const INFO: &str = "SELECT b.id, b.session_id, b.created_at, b.delivered_at, b.failure, s.device,
    s.created_at AS begun_at, s.last_seen_at FROM subscriptions b JOIN sessions s ON s.id = b.session_id";

fn info(row: &Row<'_>, current: SessionId) -> rusqlite::Result<SubscriptionInfo> {
    Ok(SubscriptionInfo {
        id: SubscriptionId(row.get("id")?),
        current: SessionId(row.get("session_id")?) == current,
        device: row.get("device")?,
        created_at: Timestamp(row.get("created_at")?),
        delivered_at: row.get::<_, Option<_>>("delivered_at")?.map(Timestamp),
        failure: row.get("failure")?,
    })
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Subscription> {
    Ok(Subscription {
        id: SubscriptionId(row.get("id")?),
        user: UserId(row.get("user_id")?),
        session: SessionId(row.get("session_id")?),
        endpoint: row.get("endpoint")?,
        origin: row.get("origin")?,
        keys: SubscriptionKeys {
            p256dh: row.get("p256dh")?,
            auth: row.get("auth")?,
        },
    })
}

/// Whether the session of a row hasn’t expired.
fn lasts(row: &Row<'_>, now: Timestamp) -> rusqlite::Result<bool> {
    let begun_at = Timestamp(row.get("begun_at")?);
    Ok(is_current(
        begun_at,
        Timestamp(row.get("last_seen_at")?),
        now,
    ))
}
