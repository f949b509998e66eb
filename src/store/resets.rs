//! Links by which people choose a new password.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension};

use super::{
    audit::Entry,
    clock,
    context::Transaction,
    handle::Store,
    hooks, identities, invites, passkeys, push_relays, second_factors,
    sessions::{self, SignedIn, hash, new_token},
    users,
};
use crate::{
    error::{Error, Result},
    model::{Actor, SecurityEventKind, Timestamp, User, UserId},
};

/// How long a link is valid.
const LIFETIME: Duration = Duration::from_hours(24);

/// When a link was made, as an expression for milliseconds.
pub(super) fn made_at() -> String {
    format!("expires_at - {}", LIFETIME.as_millis())
}

/// A link for choosing a new password.
#[derive(Debug)]
pub struct Reset {
    pub token: String,
    pub expires_at: Timestamp,
    /// The administrators whom its user has made.
    pub made_administrators: Vec<User>,
}

/// An account that its user has back.
#[derive(Debug)]
pub struct Recovered {
    pub signed_in: SignedIn,
    /// The administrators whom the account has made. They stay, so somebody should look at them.
    pub made_administrators: Vec<User>,
}

impl Store {
    /// Creates a link with which a user chooses a new password. It replaces their previous link.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such user or it is a bot.
    pub async fn create_reset(&self, user: UserId, by: Actor) -> Result<Reset> {
        self.write(move |tx| {
            let reset = create(tx, user, by.user)?;
            Entry::new(SecurityEventKind::ResetCreated, Some(user), &by).record(tx)?;
            Ok(reset)
        })
        .await
    }

    /// The user whose password a link is for.
    ///
    /// # Errors
    /// [`Error::BadResetToken`].
    pub async fn find_reset(&self, token: &str) -> Result<User> {
        self.follow_clock().await?;
        let token = hash(token);
        self.read(move |connection| find(connection, &token, Timestamp::now()))
            .await
    }

    /// Sets a new password with a link. All sessions and API tokens of the user and their bots end, and so do all
    /// invitations, webhooks and links that the user has created. Their identities are unlinked, their passkeys are removed,
    /// and two-step sign-in is turned off. Then a new session is started.
    ///
    /// # Errors
    /// [`Error::BadResetToken`].
    pub async fn reset_password(
        &self,
        token: &str,
        password: String,
        by: Actor,
    ) -> Result<Recovered> {
        let token = hash(token);
        self.write(move |tx| {
            let user = find(tx.connection, &token, tx.now)?;
            users::set_password_hash(tx.connection, user.id, &password)?;
            delete(tx.connection, user.id)?;
            // The link may be used to recover a stolen account. Everything that the thief may have linked or created
            // has to go.
            sessions::end_with_bots(tx, user.id)?;
            identities::delete_all(tx.connection, user.id)?;
            passkeys::delete_all(tx.connection, user.id)?;
            invites::delete_all(tx.connection, user.id)?;
            hooks::delete_all(tx.connection, user.id)?;
            push_relays::delete(tx.connection, user.id)?;
            delete_made_by(tx.connection, user.id)?;
            // Also, it is the way back in for whoever has lost their phone and their recovery codes.
            second_factors::delete(tx, user.id)?;
            let made_administrators = users::administrators_made_by(tx.connection, user.id)?;
            let signed_in = sessions::start(tx, user, &by.device)?;
            let by = signed_in.actor(by);
            Entry::new(SecurityEventKind::PasswordReset, by.user, &by).record(tx)?;
            Ok(Recovered {
                signed_in,
                made_administrators,
            })
        })
        .await
    }
}

pub(super) fn create(tx: &mut Transaction<'_>, user: UserId, by: Option<UserId>) -> Result<Reset> {
    let is_person = tx
        .connection
        .prepare_cached(
            "SELECT 1 FROM users WHERE id = ?1 AND bot_of IS NULL AND deleted_at IS NULL",
        )?
        .exists([user.0])?;
    if !is_person {
        return Err(Error::NotFound("User"));
    }
    let token = new_token()?;
    let expires_at = tx.now.after(LIFETIME);
    tx.connection
        .prepare_cached(
            "INSERT OR REPLACE INTO resets (user_id, token_hash, expires_at, created_by) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute((user.0, hash(&token), expires_at.0, by.map(|by| by.0)))?;
    Ok(Reset {
        token,
        expires_at,
        made_administrators: users::administrators_made_by(tx.connection, user)?,
    })
}

fn find(connection: &Connection, token: &[u8; 32], now: Timestamp) -> Result<User> {
    connection
        .prepare_cached(&format!(
            "SELECT {} FROM resets r JOIN users u ON u.id = r.user_id
             WHERE r.token_hash = ?1 AND r.expires_at > ?2 AND {} AND u.disabled_at IS NULL",
            users::columns("u"),
            clock::was_made(&made_at(), "?2"),
        ))?
        .query_row((token, now.0), |row| users::from_row(row, "u"))
        .optional()?
        .ok_or(Error::BadResetToken)
}

/// Up to `limit` users whose links have expired.
pub(super) fn find_expired(
    connection: &Connection,
    now: Timestamp,
    limit: usize,
) -> rusqlite::Result<Vec<i64>> {
    let sql = format!("SELECT user_id FROM resets WHERE expires_at <= ?1 LIMIT {limit}");
    let mut statement = connection.prepare_cached(&sql)?;
    let users = statement.query_map([now.0], |row| row.get(0))?;
    users.collect()
}

/// Deletes a user's link if it has expired.
pub(super) fn delete_expired(tx: &mut Transaction<'_>, now: Timestamp, user: i64) -> Result<bool> {
    let deleted = tx
        .connection
        .prepare_cached("DELETE FROM resets WHERE user_id = ?1 AND expires_at <= ?2")?
        .execute((user, now.0))?;
    Ok(deleted > 0)
}

/// Deletes the links that a user has created for others.
pub(super) fn delete_made_by(connection: &Connection, user: UserId) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM resets WHERE created_by = ?1")?
        .execute([user.0])?;
    Ok(())
}

pub(super) fn delete(connection: &Connection, user: UserId) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM resets WHERE user_id = ?1")?
        .execute([user.0])?;
    Ok(())
}
