//! API tokens: sessions with a name, a scope and an end, for programs; and bots, the users that only
//! programs are.

use std::time::Duration;

use rusqlite::OptionalExtension;
use serde::Serialize;

use super::{
    Store,
    sessions::{self, hash, scope_at},
    transaction::Transaction,
    users::{self, user_at},
};
use crate::{
    error::{Error, Result},
    model::{Scope, SessionId, Timestamp, User, UserId, Username},
};

/// Tokens that one user can have, and bots that one can make: beyond every use, and short of what would
/// hurt.
const MOST: i64 = 100;

/// An API token, as the contract shows it; the token itself is shown once.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiToken {
    pub id: SessionId,
    pub name: String,
    pub scope: Scope,
    pub user: User,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub expires_at: Timestamp,
}

/// An API token to be made. Its name has been checked.
#[derive(Debug)]
pub struct NewToken {
    pub name: String,
    pub scope: Scope,
    pub lasts: Duration,
    /// For which bot, if it isn't for oneself.
    pub bot: Option<Username>,
}

impl Store {
    /// Makes a token for `caller`, or for a bot of theirs, which is made where the name is free.
    ///
    /// # Errors
    /// [`Error::NotYours`] where the bot is somebody else's, [`Error::UsernameTaken`] where it isn't
    /// a bot, [`Error::Invalid`] where there are too many already.
    pub async fn make_token(&self, caller: User, new: NewToken) -> Result<(ApiToken, String)> {
        self.write(move |tx| {
            let user = match &new.bot {
                Some(name) => own_bot(tx, caller.id, name)?,
                None => caller,
            };
            make(tx, user, &new)
        })
        .await
    }

    /// Makes a token for anybody, as somebody may who holds the database.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is nobody of that name.
    pub async fn make_token_for(
        &self,
        username: String,
        new: NewToken,
    ) -> Result<(ApiToken, String)> {
        self.write(move |tx| {
            let user = users::find(tx.connection, &username)?.ok_or(Error::NotFound("User"))?;
            make(tx, user, &new)
        })
        .await
    }

    /// The tokens of a user and of their bots that are still good, or everybody's, the newest first.
    pub async fn tokens(&self, of: Option<UserId>) -> Result<Vec<ApiToken>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT s.id, s.device, s.scope, s.created_at, s.last_seen_at, s.expires_at, u.id, u.username, u.avatar_url
                 FROM sessions s JOIN users u ON u.id = s.user_id
                 WHERE s.scope IS NOT NULL AND s.expires_at > ?1 AND (?2 IS NULL OR u.id = ?2 OR u.bot_of = ?2)
                 ORDER BY s.id DESC",
            )?;
            let of = of.map(|user| user.0);
            let tokens = statement.query_map((Timestamp::now().0, of), |row| {
                Ok(ApiToken {
                    id: SessionId(row.get(0)?),
                    name: row.get(1)?,
                    scope: scope_at(row, 2)?.unwrap_or(Scope::Read),
                    created_at: Timestamp(row.get(3)?),
                    last_seen_at: Timestamp(row.get(4)?),
                    expires_at: Timestamp(row.get(5)?),
                    user: user_at(row, 6)?,
                })
            })?;
            Ok(tokens.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// Makes a token of `caller` or of a bot of theirs no good, or anybody's where nobody asks.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such token.
    pub async fn revoke_token(&self, caller: Option<UserId>, id: SessionId) -> Result<()> {
        self.write(move |tx| {
            let (user, token) = tx
                .connection
                .prepare_cached(
                    "DELETE FROM sessions WHERE id = ?1 AND scope IS NOT NULL
                     AND (?2 IS NULL OR user_id IN (SELECT id FROM users WHERE id = ?2 OR bot_of = ?2))
                     RETURNING user_id, token_hash",
                )?
                .query_row((id.0, caller.map(|user| user.0)), |row| {
                    Ok((UserId(row.get(0)?), row.get(1)?))
                })
                .optional()?
                .ok_or(Error::NotFound("Token"))?;
            tx.end_session(user, id, token);
            Ok(())
        })
        .await
    }
}

fn make(tx: &mut Transaction<'_>, user: User, new: &NewToken) -> Result<(ApiToken, String)> {
    let (created_at, expires_at) = (tx.now, tx.now.after(new.lasts));
    let maker = users::maker_of(tx.connection, user.id)?.unwrap_or(user.id);
    for user in [user.id, maker] {
        if users::is_disabled(tx.connection, user)? {
            return Err(Error::Disabled);
        }
    }
    let present: i64 = tx
        .connection
        .prepare_cached(
            "SELECT count(*) FROM sessions WHERE user_id = ?1 AND scope IS NOT NULL AND expires_at > ?2",
        )?
        .query_row((user.id.0, created_at.0), |row| row.get(0))?;
    if present >= MOST {
        let reason = format!("There are {MOST} tokens already; revoke one first");
        return Err(Error::invalid("name", reason));
    }
    let token = format!("tincan_{}", sessions::new_token()?);
    tx.connection
        .prepare_cached(
            "INSERT INTO sessions (user_id, token_hash, device, created_at, last_seen_at, scope, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6)",
        )?
        .execute((
            user.id.0,
            hash(&token),
            &new.name,
            created_at.0,
            new.scope.word(),
            expires_at.0,
        ))?;
    let token_info = ApiToken {
        id: SessionId(tx.connection.last_insert_rowid()),
        name: new.name.clone(),
        scope: new.scope,
        user,
        created_at,
        last_seen_at: created_at,
        expires_at,
    };
    Ok((token_info, token))
}

/// The bot of that name, where it is the caller's; it is made where there is nobody of the name.
pub(super) fn own_bot(tx: &mut Transaction<'_>, caller: UserId, name: &Username) -> Result<User> {
    let Some(user) = users::find(tx.connection, &name.text)? else {
        return make_bot(tx, caller, name);
    };
    match users::maker_of(tx.connection, user.id)? {
        None => Err(Error::UsernameTaken),
        Some(maker) if maker == caller => Ok(user),
        Some(_) => Err(Error::NotYours("its maker")),
    }
}

fn make_bot(tx: &mut Transaction<'_>, maker: UserId, name: &Username) -> Result<User> {
    let present: i64 = tx
        .connection
        .prepare_cached("SELECT count(*) FROM users WHERE bot_of = ?1")?
        .query_row([maker.0], |row| row.get(0))?;
    if present >= MOST {
        let reason = format!("You have made {MOST} bots already");
        return Err(Error::invalid("bot", reason));
    }
    let user = users::create(tx, name)?;
    tx.connection
        .prepare_cached("UPDATE users SET bot_of = ?2 WHERE id = ?1")?
        .execute((user.id.0, maker.0))?;
    Ok(user)
}
