//! Sessions: the rows of the table, with a cache, because every request needs one. Sessions end only through the
//! writer, which removes them from the cache in the same step. API tokens are sessions with a scope; creating them is
//! in `tokens`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use rusqlite::{Connection, OptionalExtension, Params, Row};
use sha2::{Digest, Sha256};

use super::{
    audit::Entry,
    clock::is_from_the_future,
    context::Transaction,
    handle::Store,
    session_cache::{ABSOLUTE, IDLE, Session, TokenHash, expiry},
    subscriptions, users,
};
use crate::{
    error::{Error, Result},
    model::{Actor, Scope, SecurityEventKind, SessionId, SessionInfo, Timestamp, User, UserId},
    random::random,
};

/// The resolution of "last seen". It keeps most requests from being writes.
const SEEN_RESOLUTION: Duration = Duration::from_hours(1);

/// A new session and its token, which can't be read again.
#[derive(Debug)]
pub struct SignedIn {
    pub user: User,
    pub session: SessionId,
    pub token: String,
    pub expires_at: Timestamp,
}

impl SignedIn {
    /// Who has signed in, from where `from` did it.
    pub(super) fn actor(&self, from: Actor) -> Actor {
        Actor {
            user: Some(self.user.id),
            session: Some(self.session),
            ..from
        }
    }
}

impl Store {
    /// The open session with this token.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] if there is none.
    pub async fn session(&self, token: &str) -> Result<Arc<Session>> {
        self.follow_clock().await?;
        let hash = hash(token);
        let cache = self.session_cache();
        let session = if let Some(session) = cache.get(&hash) {
            session
        } else {
            // The session may end between this read and the insertion into the cache. The generation notices that.
            let seen = cache.generation();
            let session = self
                .read(move |connection| Ok(find(connection, &hash)?))
                .await?;
            let session = Arc::new(session.ok_or(Error::Unauthorized)?);
            cache.insert(hash, &session, seen);
            session
        };
        if session.has_expired() {
            return Err(Error::Unauthorized);
        }
        self.note_seen(&session);
        Ok(session)
    }

    /// Stores, at most once an hour, that the session was used, without waiting.
    fn note_seen(&self, session: &Session) {
        let now = Timestamp::now();
        let seen = Timestamp(session.last_seen_at.load(Ordering::Relaxed));
        if now < seen.after(SEEN_RESOLUTION) {
            return;
        }
        session.last_seen_at.store(now.0, Ordering::Relaxed);
        let id = session.id;
        // If the queue is full or the server is stopping, this is skipped. The next request after a restart tries
        // again.
        self.write_in_background(move |tx| {
            tx.connection
                .prepare_cached(
                    "UPDATE sessions SET last_seen_at = max(last_seen_at, ?1) WHERE id = ?2",
                )?
                .execute((now.0, id.0))?;
            Ok(())
        });
    }

    /// Ends one of the user's sessions and its streams.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the user has no such session.
    pub async fn end_session(&self, user: UserId, session: SessionId, by: Actor) -> Result<()> {
        self.write(move |tx| {
            end(tx, user, session)?;
            let kind = if by.session == Some(session) {
                SecurityEventKind::SignedOut
            } else {
                SecurityEventKind::SessionEnded
            };
            Entry::new(kind, Some(user), &by)
                .about(session.0)
                .record(tx)
        })
        .await
    }

    /// Ends all of the user's sessions except one. API tokens stay.
    pub async fn end_other_sessions(
        &self,
        user: UserId,
        current: SessionId,
        by: Actor,
    ) -> Result<()> {
        self.write(move |tx| {
            end_all(tx, user, Some(current))?;
            Entry::new(SecurityEventKind::SessionEnded, Some(user), &by).record(tx)
        })
        .await
    }

    /// Replaces a session by a new one for the same device, with a new token. It ends no later than the first.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] if it has ended.
    pub async fn refresh_session(&self, session: Arc<Session>) -> Result<SignedIn> {
        self.write(move |tx| {
            let (device, created_at): (String, i64) = tx
                .connection
                .prepare_cached("SELECT device, created_at FROM sessions WHERE id = ?1")?
                .query_row([session.id.0], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?
                .ok_or(Error::Unauthorized)?;
            // A new token is no new proof.
            let renewed = insert(
                tx,
                session.user.clone(),
                device,
                Timestamp(created_at),
                session.proven_at,
            )?;
            subscriptions::move_to(tx.connection, session.id, renewed.session)?;
            end(tx, session.user.id, session.id)?;
            Ok(renewed)
        })
        .await
    }

    /// The user's open sessions without API tokens, the last used first. `current` is the caller's session.
    pub async fn user_sessions(
        &self,
        user: UserId,
        current: Option<SessionId>,
    ) -> Result<Vec<SessionInfo>> {
        self.read(move |connection| {
            let now = Timestamp::now();
            let mut statement = connection.prepare_cached(
                "SELECT id, device, created_at, last_seen_at FROM sessions
                 WHERE user_id = ?1 AND scope IS NULL ORDER BY last_seen_at DESC, id DESC",
            )?;
            let sessions = statement.query_map([user.0], |row| {
                let id = SessionId(row.get("id")?);
                Ok(SessionInfo {
                    id,
                    device: row.get("device")?,
                    created_at: Timestamp(row.get("created_at")?),
                    last_seen_at: Timestamp(row.get("last_seen_at")?),
                    current: Some(id) == current,
                })
            })?;
            let mut sessions: Vec<_> = sessions.collect::<rusqlite::Result<_>>()?;
            sessions.retain(|session| is_current(session.created_at, session.last_seen_at, now));
            Ok(sessions)
        })
        .await
    }
}

/// Whether a person’s session with these times hasn’t expired.
pub(super) fn is_current(created_at: Timestamp, last_seen_at: Timestamp, now: Timestamp) -> bool {
    expiry(created_at, last_seen_at) > now && !is_from_the_future(created_at, now)
}

/// Whether the session still exists. Streams check it before each read of missed events.
pub(super) fn is_open(connection: &Connection, session: SessionId) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM sessions WHERE id = ?1")?
        .exists([session.0])
}

fn find(connection: &Connection, hash: &TokenHash) -> rusqlite::Result<Option<Session>> {
    connection
        .prepare_cached(&format!(
            "SELECT s.id, s.created_at, s.last_seen_at, s.scope, s.expires_at, s.proven_at, {}
             FROM sessions s JOIN users u ON u.id = s.user_id LEFT JOIN users m ON m.id = u.bot_of
             WHERE s.token_hash = ?1 AND u.disabled_at IS NULL AND m.disabled_at IS NULL",
            users::columns("u"),
        ))?
        .query_row([hash], |row| {
            let created_at = Timestamp(row.get("created_at")?);
            let expires_at = row.get::<_, Option<_>>("expires_at")?.map(Timestamp);
            Ok(Session {
                id: SessionId(row.get("id")?),
                created_at: AtomicI64::new(created_at.0),
                ends_at: AtomicI64::new(expires_at.unwrap_or(created_at.after(ABSOLUTE)).0),
                last_seen_at: AtomicI64::new(row.get("last_seen_at")?),
                typed_at: AtomicI64::new(0),
                scope: scope_at(row)?,
                proven_at: row.get::<_, Option<_>>("proven_at")?.map(Timestamp),
                user: users::from_row(row, "u")?,
            })
        })
        .optional()
}

/// Reads the column `scope`.
pub(super) fn scope_at(row: &Row<'_>) -> rusqlite::Result<Option<Scope>> {
    let word: Option<String> = row.get("scope")?;
    Ok(word.as_deref().and_then(Scope::parse))
}

/// Records when somebody proved who they are in a session.
pub(super) fn set_proven(
    tx: &mut Transaction<'_>,
    session: SessionId,
    at: Option<Timestamp>,
) -> Result<()> {
    let token = tx
        .connection
        .prepare_cached("UPDATE sessions SET proven_at = ?2 WHERE id = ?1 RETURNING token_hash")?
        .query_row((session.0, at.map(|at| at.0)), |row| row.get(0))
        .optional()?
        .ok_or(Error::Unauthorized)?;
    // The session in the cache has the former one.
    tx.invalidate_token(token);
    Ok(())
}

/// Starts a session for an authenticated user.
pub(super) fn start(tx: &mut Transaction<'_>, user: User, device: &str) -> Result<SignedIn> {
    insert(tx, user, device.to_owned(), tx.now, Some(tx.now))
}

/// Inserts a session that counts from `created_at`, in which somebody last proved who they are at `proven_at`.
fn insert(
    tx: &Transaction<'_>,
    user: User,
    device: String,
    created_at: Timestamp,
    proven_at: Option<Timestamp>,
) -> Result<SignedIn> {
    let token = new_token()?;
    tx.connection
        .prepare_cached(
            "INSERT INTO sessions (user_id, token_hash, device, created_at, last_seen_at, proven_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute((user.id.0, hash(&token), device, created_at.0, tx.now.0, proven_at.map(|at| at.0)))?;
    Ok(SignedIn {
        user,
        session: SessionId(tx.connection.last_insert_rowid()),
        token,
        expires_at: expiry(created_at, tx.now),
    })
}

pub(super) fn end(tx: &mut Transaction<'_>, user: UserId, session: SessionId) -> Result<()> {
    let token = tx
        .connection
        .prepare_cached(
            "DELETE FROM sessions WHERE id = ?1 AND user_id = ?2 AND scope IS NULL RETURNING token_hash",
        )?
        .query_row((session.0, user.0), |row| row.get(0))
        .optional()?
        .ok_or(Error::NotFound("Session"))?;
    tx.end_session(user, session, token);
    Ok(())
}

/// Ends all of a user's sessions except `kept`. API tokens stay.
pub(super) fn end_all(
    tx: &mut Transaction<'_>,
    user: UserId,
    kept: Option<SessionId>,
) -> Result<()> {
    let kept = kept.map_or(0, |kept| kept.0);
    end_those(tx, user, "scope IS NULL AND id <> ?2", (user.0, kept))
}

/// Ends all sessions and API tokens of a user.
pub(super) fn end_everything(tx: &mut Transaction<'_>, user: UserId) -> Result<()> {
    end_those(tx, user, "true", [user.0])
}

/// Ends all sessions and API tokens of a user and their bots.
pub(super) fn end_with_bots(tx: &mut Transaction<'_>, user: UserId) -> Result<()> {
    end_everything(tx, user)?;
    for bot in users::bots_of(tx.connection, user)? {
        end_everything(tx, bot)?;
    }
    Ok(())
}

/// Ends the sessions of a user that match the condition `which`; `?1` is the user.
fn end_those(
    tx: &mut Transaction<'_>,
    user: UserId,
    which: &str,
    parameters: impl Params,
) -> Result<()> {
    let sql =
        format!("DELETE FROM sessions WHERE user_id = ?1 AND {which} RETURNING id, token_hash");
    let mut statement = tx.connection.prepare_cached(&sql)?;
    let ended = statement.query_map(parameters, |row| {
        Ok((SessionId(row.get("id")?), row.get("token_hash")?))
    })?;
    for row in ended {
        let (session, token) = row?;
        tx.end_session(user, session, token);
    }
    Ok(())
}

/// The condition for expired sessions and API tokens; `?1` is the current time.
const EXPIRED: &str = "scope IS NULL AND (last_seen_at <= ?1 - ?2 OR created_at <= ?1 - ?3)
    OR scope IS NOT NULL AND expires_at <= ?1";

fn expired_at(now: Timestamp) -> (i64, i64, i64) {
    let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    (now.0, millis(IDLE), millis(ABSOLUTE))
}

/// Up to `limit` sessions and API tokens that have expired.
pub(super) fn find_expired(
    connection: &Connection,
    now: Timestamp,
    limit: usize,
) -> rusqlite::Result<Vec<i64>> {
    let sql = format!("SELECT id FROM sessions WHERE {EXPIRED} LIMIT {limit}");
    let mut statement = connection.prepare_cached(&sql)?;
    let ids = statement.query_map(expired_at(now), |row| row.get(0))?;
    ids.collect()
}

/// Deletes a session or an API token if it has expired, and ends its streams.
pub(super) fn delete_expired(tx: &mut Transaction<'_>, now: Timestamp, id: i64) -> Result<bool> {
    let sql =
        format!("DELETE FROM sessions WHERE id = ?4 AND ({EXPIRED}) RETURNING user_id, token_hash");
    let (now, idle, absolute) = expired_at(now);
    let deleted = tx
        .connection
        .prepare_cached(&sql)?
        .query_row((now, idle, absolute, id), |row| {
            Ok((UserId(row.get(0)?), row.get(1)?))
        })
        .optional()?;
    if let Some((user, token)) = deleted {
        tx.end_session(user, SessionId(id), token);
    }
    Ok(deleted.is_some())
}

/// Gives a session a new token. Its streams continue.
pub(super) fn renew(tx: &mut Transaction<'_>, session: &Session) -> Result<SignedIn> {
    let token = new_token()?;
    let former = tx
        .connection
        .prepare_cached("SELECT token_hash FROM sessions WHERE id = ?1")?
        .query_row([session.id.0], |row| row.get(0))
        .optional()?
        .ok_or(Error::Unauthorized)?;
    tx.connection
        .prepare_cached("UPDATE sessions SET token_hash = ?2 WHERE id = ?1")?
        .execute((session.id.0, hash(&token)))?;
    tx.invalidate_token(former);
    Ok(SignedIn {
        user: session.user.clone(),
        session: session.id,
        token,
        expires_at: session.expires_at(),
    })
}

/// How many valid API tokens a user has.
pub(super) fn count_tokens(tx: &Transaction<'_>, user: UserId) -> rusqlite::Result<u32> {
    tx.connection
        .prepare_cached(
            "SELECT count(*) AS tokens FROM sessions
             WHERE user_id = ?1 AND scope IS NOT NULL AND expires_at > ?2",
        )?
        .query_row((user.0, tx.now.0), |row| row.get("tokens"))
}

/// Inserts an API token.
pub(super) fn insert_token(
    tx: &Transaction<'_>,
    user: UserId,
    token: &str,
    name: &str,
    scope: Scope,
    expires_at: Timestamp,
) -> rusqlite::Result<SessionId> {
    tx.connection
        .prepare_cached(
            "INSERT INTO sessions (user_id, token_hash, device, created_at, last_seen_at, scope, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6)",
        )?
        .execute((
            user.0,
            hash(token),
            name,
            tx.now.0,
            scope.as_str(),
            expires_at.0,
        ))?;
    Ok(SessionId(tx.connection.last_insert_rowid()))
}

/// Deletes an API token of `owner` or one of their bots; without an owner, anybody's. Returns whose it was.
pub(super) fn delete_token(
    connection: &Connection,
    owner: Option<UserId>,
    id: SessionId,
) -> rusqlite::Result<Option<(UserId, TokenHash)>> {
    connection
        .prepare_cached(
            "DELETE FROM sessions WHERE id = ?1 AND scope IS NOT NULL
             AND (?2 IS NULL OR user_id IN (SELECT id FROM users WHERE id = ?2 OR bot_of = ?2))
             RETURNING user_id, token_hash",
        )?
        .query_row((id.0, owner.map(|user| user.0)), |row| {
            Ok((UserId(row.get("user_id")?), row.get("token_hash")?))
        })
        .optional()
}

/// 256 random bits from the operating system, in hexadecimal.
///
/// # Errors
/// [`Error::Internal`] if the system can't provide any.
pub fn new_token() -> Result<String> {
    Ok(hex::encode(random::<32>()?))
}

pub(super) fn hash(token: &str) -> TokenHash {
    Sha256::digest(token).into()
}
