//! API tokens, which are sessions of programs with a name, a scope and a fixed end; and bots, the users that only
//! programs use.

use std::time::Duration;

use super::{
    audit::Entry,
    clock,
    context::Transaction,
    handle::Store,
    sessions::{self, scope_at},
    users,
};
use crate::{
    error::{Error, Result},
    model::{
        Actor, ApiToken, Bot, BotName, Scope, SecurityEventKind, SessionId, Timestamp, User,
        UserId, Username, UsernameKey,
    },
};

/// The most tokens of one user, and the most bots of one maker: more than anybody needs, and few enough to do no harm.
const LIMIT: u32 = 100;

/// An API token to create. Its name has been checked.
#[derive(Debug)]
pub struct NewToken {
    pub name: String,
    pub scope: Scope,
    pub lasts: Duration,
    /// The bot that it is for; none if it is for the caller.
    pub bot: Option<BotName>,
}

impl Store {
    /// Creates a token for `caller` or one of their bots. The bot is created if the name is free.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if the bot is somebody else's, [`Error::UsernameTaken`] if the user isn't a bot,
    /// [`Error::Invalid`] if there are too many already.
    pub async fn create_token(
        &self,
        caller: User,
        new: NewToken,
        by: Actor,
    ) -> Result<(ApiToken, String)> {
        self.write(move |tx| {
            let user = match &new.bot {
                Some(name) => own_bot(tx, caller.id, name)?,
                None => caller,
            };
            create(tx, user, &new, &by)
        })
        .await
    }

    /// Creates a token for any user, for the command line.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no user with this name.
    pub async fn create_token_for(
        &self,
        username: String,
        new: NewToken,
        by: Actor,
    ) -> Result<(ApiToken, String)> {
        let username = UsernameKey::new(&username);
        self.write(move |tx| {
            let user = users::find(tx.connection, &username)?.ok_or(Error::NotFound("User"))?;
            create(tx, user, &new, &by)
        })
        .await
    }

    /// The valid tokens of a user and their bots, or of all users, newest first.
    pub async fn tokens(&self, of: Option<UserId>) -> Result<Vec<ApiToken>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT s.id, s.device, s.scope, s.created_at, s.last_seen_at, s.expires_at, {}
                 FROM sessions s JOIN users u ON u.id = s.user_id
                 WHERE s.scope IS NOT NULL AND s.expires_at > ?1 AND {} AND (?2 IS NULL OR u.id = ?2 OR u.bot_of = ?2)
                 ORDER BY s.id DESC",
                users::columns("u"),
                clock::was_made("s.created_at", "?1"),
            ))?;
            let of = of.map(|user| user.0);
            let tokens = statement.query_map((Timestamp::now().0, of), |row| {
                Ok(ApiToken {
                    id: SessionId(row.get("id")?),
                    name: row.get("device")?,
                    scope: scope_at(row)?.unwrap_or(Scope::Read),
                    created_at: Timestamp(row.get("created_at")?),
                    last_seen_at: Timestamp(row.get("last_seen_at")?),
                    expires_at: Timestamp(row.get("expires_at")?),
                    user: users::from_row(row, "u")?,
                })
            })?;
            Ok(tokens.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// Revokes a token of `caller` or one of their bots. Without a caller, it may be anybody's.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such token.
    pub async fn revoke_token(
        &self,
        caller: Option<UserId>,
        id: SessionId,
        by: Actor,
    ) -> Result<()> {
        self.write(move |tx| {
            let (user, token) = sessions::delete_token(tx.connection, caller, id)?
                .ok_or(Error::NotFound("Token"))?;
            tx.end_session(user, id, token);
            let owner = users::bot_maker(tx.connection, user)?.unwrap_or(user);
            Entry::new(SecurityEventKind::TokenRevoked, Some(owner), &by)
                .about(id.0)
                .record(tx)
        })
        .await
    }
}

fn create(
    tx: &mut Transaction<'_>,
    user: User,
    new: &NewToken,
    by: &Actor,
) -> Result<(ApiToken, String)> {
    let (created_at, expires_at) = (tx.now, tx.now.after(new.lasts));
    let maker = users::bot_maker(tx.connection, user.id)?.unwrap_or(user.id);
    for user in [user.id, maker] {
        if users::is_disabled(tx.connection, user)? {
            return Err(Error::Disabled);
        }
    }
    let present = sessions::count_tokens(tx, user.id)?;
    if present >= LIMIT {
        let reason = format!("You can have up to {LIMIT} tokens. Revoke one first.");
        return Err(Error::invalid("name", reason));
    }
    let token = format!("tincan_{}", sessions::new_token()?);
    let id = sessions::insert_token(tx, user.id, &token, &new.name, new.scope, expires_at)?;
    Entry::new(SecurityEventKind::TokenCreated, Some(maker), by)
        .about(id.0)
        .detail(&new.name)
        .record(tx)?;
    let token_info = ApiToken {
        id,
        name: new.name.clone(),
        scope: new.scope,
        user,
        created_at,
        last_seen_at: created_at,
        expires_at,
    };
    Ok((token_info, token))
}

/// The caller's bot with this name. It is created if the name is free.
pub(super) fn own_bot(tx: &mut Transaction<'_>, caller: UserId, name: &BotName) -> Result<User> {
    let Some(user) = users::find(tx.connection, &name.key)? else {
        return create_bot(tx, caller, name.new.as_ref().map_err(Clone::clone)?);
    };
    match users::bot_maker(tx.connection, user.id)? {
        None => Err(Error::UsernameTaken),
        Some(maker) if maker == caller => Ok(user),
        Some(_) => Err(Error::Forbidden("its creator")),
    }
}

fn create_bot(tx: &mut Transaction<'_>, maker: UserId, name: &Username) -> Result<User> {
    if users::bots_of(tx.connection, maker)?.len() >= LIMIT as usize {
        let reason = format!("You can create up to {LIMIT} bots.");
        return Err(Error::invalid("bot", reason));
    }
    let user = users::create(tx, name)?;
    users::set_bot_maker(tx.connection, user.id, maker)?;
    Ok(User {
        bot: Some(Bot::of(maker.0)),
        ..user
    })
}
