//! The ways in: making an account, signing in to it, and changing what one signs in by. Whether a
//! password is right has been found out before: hashing takes longer than a transaction may.

use std::{sync::Arc, time::Duration};

use rusqlite::{Connection, OptionalExtension};

use super::{
    admin,
    context::Transaction,
    handle::Store,
    identities, invites,
    session_cache::Session,
    sessions::{SignedIn, end_all, hash, new_token, renew, start},
    users::{self, password_hash, set_password_hash},
};
use crate::{
    error::{Error, Result},
    model::{Identity, Timestamp, User, UserId, Username},
};

/// How long a link to a new password is good.
const RESET_TIME: Duration = Duration::from_hours(24);

/// What somebody has shown, to be let in.
#[derive(Debug)]
pub enum Proof {
    /// Nothing but a name, in development mode.
    Name(String),
    /// The password of which this was the hash when it was checked.
    Password { user: UserId, hash: String },
    /// An account with a provider.
    Identity(Identity),
}

/// An account to be made. Its name and password have been checked.
#[derive(Debug)]
pub struct NewAccount {
    pub username: Username,
    pub way_in: WayIn,
    pub door: Door,
}

/// What somebody will sign in by.
#[derive(Debug)]
pub enum WayIn {
    /// The name alone, in development mode.
    Name,
    /// The password of this hash.
    Password(String),
    Identity(Identity),
}

/// Why somebody may make themselves an account.
#[derive(Debug)]
pub enum Door {
    /// Anybody may.
    Open,
    /// They have an invitation.
    Invite(String),
    /// It is the first account, of an administrator.
    Setup,
}

/// A link to a new password.
#[derive(Debug)]
pub struct Reset {
    pub token: String,
    pub expires_at: Timestamp,
}

impl Store {
    /// Whether there is no administrator yet who could sign in.
    pub async fn needs_setup(&self) -> Result<bool> {
        self.read(|connection| Ok(administrators(connection)? == 0))
            .await
    }

    /// The user of that name and the hash of their password, where they have one.
    pub async fn password_of(&self, username: String) -> Result<Option<(UserId, String)>> {
        self.read(move |connection| {
            let Some(user) = users::find(connection, &username)? else {
                return Ok(None);
            };
            Ok(password_hash(connection, user.id)?.map(|hash| (user.id, hash)))
        })
        .await
    }

    /// The hash of a user's password, where they have one.
    pub async fn password_hash(&self, user: UserId) -> Result<Option<String>> {
        self.read(move |connection| Ok(password_hash(connection, user)?))
            .await
    }

    /// Starts a session for whoever has shown who they are.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is nobody of that name or identity, [`Error::BadCredentials`]
    /// where the password was changed meanwhile, [`Error::Disabled`].
    pub async fn sign_in(&self, proof: Proof, device: String) -> Result<SignedIn> {
        self.write(move |tx| {
            let connection = tx.connection;
            let user = match proof {
                Proof::Name(name) => {
                    let user = users::find(connection, &name)?.ok_or(Error::NotFound("User"))?;
                    if users::maker_of(connection, user.id)?.is_some() {
                        return Err(Error::NotFound("User"));
                    }
                    user
                }
                Proof::Password { user, hash } => {
                    if password_hash(connection, user)?.as_ref() != Some(&hash) {
                        return Err(Error::BadCredentials);
                    }
                    users::by_id(connection, user)?.ok_or(Error::BadCredentials)?
                }
                Proof::Identity(identity) => {
                    identities::find(connection, &identity)?.ok_or(Error::NotFound("User"))?
                }
            };
            if users::is_disabled(connection, user.id)? {
                return Err(Error::Disabled);
            }
            start(tx, user, &device)
        })
        .await
    }

    /// Makes an account and starts its first session.
    ///
    /// # Errors
    /// [`Error::UsernameTaken`], [`Error::IdentityTaken`], [`Error::BadInvite`],
    /// [`Error::BadSetupToken`] where somebody was faster.
    pub async fn sign_up(&self, account: NewAccount, device: String) -> Result<SignedIn> {
        self.write(move |tx| {
            let NewAccount {
                username,
                way_in,
                door,
            } = account;
            let connection = tx.connection;
            let is_first = matches!(door, Door::Setup);
            match door {
                Door::Open => {}
                Door::Invite(token) => invites::redeem(tx, &token)?,
                Door::Setup if administrators(connection)? == 0 => {}
                Door::Setup => return Err(Error::BadSetupToken),
            }
            let user = users::create(tx, &username)?;
            match way_in {
                WayIn::Name => {}
                WayIn::Password(hash) => set_password_hash(connection, user.id, &hash)?,
                WayIn::Identity(identity) => identities::insert(tx, user.id, &identity)?,
            }
            if is_first {
                users::set_admin(connection, user.id, true)?;
            }
            start(tx, user, &device)
        })
        .await
    }

    /// Gives a session's user a new password, ends their other sessions, and gives this one another
    /// token. `former` is the hash of the password that was found to be right. Where they have nothing to
    /// sign in by, as somebody left of development mode, `may_be_first` says whether they may choose it.
    ///
    /// # Errors
    /// [`Error::WrongPassword`] where it was changed meanwhile, [`Error::NotYours`] where they may not.
    pub async fn change_password(
        &self,
        session: Arc<Session>,
        former: Option<String>,
        hash: String,
        may_be_first: bool,
    ) -> Result<SignedIn> {
        self.write(move |tx| {
            let user = session.user.id;
            if password_hash(tx.connection, user)? != former {
                return Err(Error::WrongPassword);
            }
            if !may_be_first && former.is_none() && !has_way_in(tx.connection, user)? {
                return Err(Error::NotYours("an administrator"));
            }
            set_password_hash(tx.connection, user, &hash)?;
            forget_reset(tx.connection, user)?;
            end_all(tx, user, Some(session.id))?;
            renew(tx, &session)
        })
        .await
    }

    /// Makes a link by which a user chooses a new password; one that they had before is no good any
    /// more.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such user, or it is a bot.
    pub async fn make_reset(&self, user: UserId) -> Result<Reset> {
        self.write(move |tx| make_reset(tx, user)).await
    }

    /// Whose password a link is for.
    ///
    /// # Errors
    /// [`Error::BadResetToken`].
    pub async fn reset_of(&self, token: &str) -> Result<User> {
        let token = hash(token);
        self.read(move |connection| find_reset(connection, &token, Timestamp::now()))
            .await
    }

    /// Gives the user whom a link is for a new password, ends whatever they and their bots were signed
    /// in by, unlinks their identities, and starts a session.
    ///
    /// # Errors
    /// [`Error::BadResetToken`].
    pub async fn reset_password(
        &self,
        token: &str,
        password: String,
        device: String,
    ) -> Result<SignedIn> {
        let token = hash(token);
        self.write(move |tx| {
            let user = find_reset(tx.connection, &token, tx.now)?;
            set_password_hash(tx.connection, user.id, &password)?;
            forget_reset(tx.connection, user.id)?;
            // Whoever has lost an account to somebody has it back alone: what that one may have linked or
            // made goes, too.
            admin::end_with_bots(tx, user.id)?;
            identities::delete_all(tx.connection, user.id)?;
            start(tx, user, &device)
        })
        .await
    }
}

/// Whether a user can sign in at all.
pub(super) fn has_way_in(connection: &Connection, user: UserId) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT 1 FROM users WHERE id = ?1
             AND (password_hash IS NOT NULL OR EXISTS (SELECT 1 FROM identities WHERE user_id = ?1))",
        )?
        .exists([user.0])
}

/// Administrators who can sign in.
pub(super) fn administrators(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached(
            "SELECT count(*) FROM users u WHERE admin = 1 AND disabled_at IS NULL
             AND (password_hash IS NOT NULL OR EXISTS (SELECT 1 FROM identities WHERE user_id = u.id))",
        )?
        .query_row([], |row| row.get(0))
}

pub(super) fn make_reset(tx: &mut Transaction<'_>, user: UserId) -> Result<Reset> {
    let is_person = tx
        .connection
        .prepare_cached("SELECT 1 FROM users WHERE id = ?1 AND bot_of IS NULL")?
        .exists([user.0])?;
    if !is_person {
        return Err(Error::NotFound("User"));
    }
    let token = new_token()?;
    let expires_at = tx.now.after(RESET_TIME);
    tx.connection
        .prepare_cached(
            "INSERT INTO resets (user_id, token_hash, expires_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (user_id) DO UPDATE SET token_hash = excluded.token_hash, expires_at = excluded.expires_at",
        )?
        .execute((user.0, hash(&token), expires_at.0))?;
    Ok(Reset { token, expires_at })
}

fn find_reset(connection: &Connection, token: &[u8; 32], now: Timestamp) -> Result<User> {
    connection
        .prepare_cached(&format!(
            "SELECT {} FROM resets r JOIN users u ON u.id = r.user_id
             WHERE r.token_hash = ?1 AND r.expires_at > ?2 AND u.disabled_at IS NULL",
            users::columns("u"),
        ))?
        .query_row((token, now.0), |row| users::from_row(row, "u"))
        .optional()?
        .ok_or(Error::BadResetToken)
}

/// Up to `limit` users whose links to a new password have expired.
pub(super) fn find_expired_resets(
    connection: &Connection,
    now: Timestamp,
    limit: usize,
) -> rusqlite::Result<Vec<i64>> {
    let sql = format!("SELECT user_id FROM resets WHERE expires_at <= ?1 LIMIT {limit}");
    let mut statement = connection.prepare_cached(&sql)?;
    let users = statement.query_map([now.0], |row| row.get(0))?;
    users.collect()
}

/// Deletes a user’s link to a new password if it has expired.
pub(super) fn delete_expired_reset(
    tx: &mut Transaction<'_>,
    now: Timestamp,
    user: i64,
) -> Result<bool> {
    let deleted = tx
        .connection
        .prepare_cached("DELETE FROM resets WHERE user_id = ?1 AND expires_at <= ?2")?
        .execute((user, now.0))?;
    Ok(deleted > 0)
}

/// Makes all links to new passwords no good.
pub(super) fn forget_resets(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM resets", [])?;
    Ok(())
}

pub(super) fn forget_reset(connection: &Connection, user: UserId) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM resets WHERE user_id = ?1")?
        .execute([user.0])?;
    Ok(())
}
