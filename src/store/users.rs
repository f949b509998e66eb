//! Users: the rows of the table.

use rusqlite::{CachedStatement, Connection, OptionalExtension, Row};

use super::{context::Transaction, handle::Store};
use crate::{
    error::{Error, Result},
    model::{Bot, EventId, Timestamp, User, UserId, Username, UsernameKey},
};

pub(super) const NOT_FOUND: Error = Error::NotFound("User");

impl Store {
    /// Creates each user who isn’t there yet, by their username, and as an administrator if it says so.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a username isn't valid. Then nobody is created.
    pub async fn ensure_users(&self, people: Vec<(&'static str, bool)>) -> Result<()> {
        self.write(move |tx| {
            for (username, admin) in people {
                if find(tx.connection, &UsernameKey::new(username))?.is_none() {
                    let user = create(tx, &Username::new(username)?)?;
                    set_admin(tx.connection, user.id, admin, None)?;
                }
            }
            Ok(())
        })
        .await
    }

    /// Whether others see when `user` is typing or online, and what they have read.
    pub async fn shows_activity(&self, user: UserId) -> Result<bool> {
        self.read(move |connection| Ok(shows_activity(connection, user)?))
            .await
    }

    /// Sets whether others see a user's activity.
    pub async fn set_shows_activity(&self, user: UserId, shows: bool) -> Result<()> {
        self.write(move |tx| {
            tx.connection
                .prepare_cached("UPDATE users SET shows_activity = ?2 WHERE id = ?1")?
                .execute((user.0, shows))?;
            Ok(())
        })
        .await
    }
}

/// The user with this name, in any spelling.
pub(super) fn find(connection: &Connection, name: &UsernameKey) -> rusqlite::Result<Option<User>> {
    connection
        .prepare_cached(&format!(
            "SELECT {} FROM users u WHERE username_key = ?1",
            columns("u"),
        ))?
        .query_row([name.as_str()], |row| from_row(row, "u"))
        .optional()
}

/// The user with this id.
pub(super) fn by_id(connection: &Connection, id: UserId) -> rusqlite::Result<Option<User>> {
    Lookup::new(connection).find(Some(id))
}

/// Looks up users for one answer: each once, however often they are in it. A page of history has the same few people again
/// and again.
pub(super) struct Lookup<'a> {
    connection: &'a Connection,
    statement: Option<CachedStatement<'a>>,
    known: Vec<User>,
}

impl<'a> Lookup<'a> {
    pub fn new(connection: &'a Connection) -> Self {
        Self {
            connection,
            statement: None,
            known: Vec::new(),
        }
    }

    /// The user with this id. None without one.
    pub fn find(&mut self, id: Option<UserId>) -> rusqlite::Result<Option<User>> {
        let Some(id) = id else {
            return Ok(None);
        };
        if let Some(known) = self.known.iter().find(|known| known.id == id) {
            return Ok(Some(known.clone()));
        }
        let statement = match &mut self.statement {
            Some(statement) => statement,
            none => none.insert(self.connection.prepare_cached(BY_ID)?),
        };
        let found = statement
            .query_row([id.0], |row| from_columns(row, 0))
            .optional()?;
        self.known.extend(found.clone());
        Ok(found)
    }
}

const BY_ID: &str =
    "SELECT id, username, display_name, avatar_url, deleted_at IS NOT NULL, bot_of FROM users
    WHERE id = ?1";

pub(super) fn is_disabled(connection: &Connection, user: UserId) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM users WHERE id = ?1 AND disabled_at IS NOT NULL")?
        .exists([user.0])
}

pub(super) fn is_named_admin(connection: &Connection, user: UserId) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM users WHERE id = ?1 AND admin = 1")?
        .exists([user.0])
}

/// Makes a user an administrator, or revokes that. `by` is the administrator who did, unless it was done elsewhere than on
/// the page.
pub(super) fn set_admin(
    connection: &Connection,
    user: UserId,
    admin: bool,
    by: Option<UserId>,
) -> rusqlite::Result<()> {
    let by = by.filter(|_| admin).map(|by| by.0);
    connection
        .prepare_cached("UPDATE users SET admin = ?2, made_admin_by = ?3 WHERE id = ?1")?
        .execute((user.0, admin, by))?;
    Ok(())
}

/// The administrators whom a user has made, whom these have made, and so on.
pub(super) fn administrators_made_by(
    connection: &Connection,
    by: UserId,
) -> rusqlite::Result<Vec<User>> {
    let mut statement = connection.prepare_cached(&format!(
        "WITH RECURSIVE made (id) AS (
             SELECT id FROM users WHERE made_admin_by = ?1
             UNION SELECT users.id FROM users JOIN made ON users.made_admin_by = made.id)
         SELECT {} FROM made JOIN users u USING (id) WHERE u.admin = 1 AND u.id <> ?1 ORDER BY u.id",
        columns("u"),
    ))?;
    let made = statement.query_map([by.0], |row| from_row(row, "u"))?;
    made.collect()
}

/// The maker of a bot; none if the user isn't a bot.
pub(super) fn bot_maker(connection: &Connection, user: UserId) -> rusqlite::Result<Option<UserId>> {
    let maker: Option<i64> = connection
        .prepare_cached("SELECT bot_of FROM users WHERE id = ?1")?
        .query_row([user.0], |row| row.get(0))?;
    Ok(maker.map(UserId))
}

/// Renames a user. The name must be free, or another spelling of their own.
pub(super) fn set_name(connection: &Connection, user: UserId, name: &Username) -> Result<()> {
    require_distinct(connection, name, Some(user))?;
    let changed = connection
        .prepare_cached(
            "UPDATE OR IGNORE users SET username = ?2, username_key = ?3, skeleton = ?4 WHERE id = ?1",
        )?
        .execute((user.0, &name.text, name.key.as_str(), &name.skeleton))?;
    if changed == 0 {
        return Err(Error::UsernameTaken);
    }
    Ok(())
}

/// Sets a user's display name, or none.
pub(super) fn set_display_name(
    connection: &Connection,
    user: UserId,
    name: Option<&str>,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE users SET display_name = ?2 WHERE id = ?1")?
        .execute((user.0, name))
        .map(drop)
}

/// Gives a changed user a new place in the sequence.
pub(super) fn set_changed(
    connection: &Connection,
    user: UserId,
    event: EventId,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE users SET changed_id = ?2 WHERE id = ?1")?
        .execute((user.0, event.0))
        .map(drop)
}

/// Erases everything about a user but the row itself. The name that it gets is one that nobody has.
pub(super) fn set_deleted(tx: &Transaction<'_>, user: UserId) -> Result<()> {
    let mut name = Username::new(&format!("deleted-{user}"))?;
    let mut again = 0;
    while let Err(error) = set_name(tx.connection, user, &name) {
        if !matches!(error, Error::UsernameTaken | Error::UsernameLooksTaken) {
            return Err(error);
        }
        again += 1;
        name = Username::new(&format!("deleted-{user}.{again}"))?;
    }
    tx.connection
        .prepare_cached(
            "UPDATE users SET display_name = NULL, avatar_url = NULL, password_hash = NULL, admin = 0,
                 shows_activity = 0, disabled_at = ?2, deleted_at = ?2
             WHERE id = ?1",
        )?
        .execute((user.0, tx.now.0))?;
    Ok(())
}

/// Creates a user. The name must be free.
pub(super) fn create(tx: &mut Transaction<'_>, username: &Username) -> Result<User> {
    require_distinct(tx.connection, username, None)?;
    let added = tx
        .connection
        .prepare_cached(
            "INSERT INTO users (username, username_key, skeleton, created_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO NOTHING",
        )?
        .execute((&username.text, username.key.as_str(), &username.skeleton, tx.now.0))?;
    if added == 0 {
        return Err(Error::UsernameTaken);
    }
    let id = UserId(tx.connection.last_insert_rowid());
    Ok(User {
        id,
        username: username.text.clone(),
        display_name: None,
        avatar_url: None,
        deleted: false,
        bot: None,
    })
}

/// Refuses a name that looks like somebody else’s. Older accounts may look like each other, so the index isn’t unique.
fn require_distinct(connection: &Connection, name: &Username, of: Option<UserId>) -> Result<()> {
    let is_taken = connection
        .prepare_cached(
            "SELECT 1 FROM users WHERE skeleton = ?1 AND username_key <> ?2 AND id IS NOT ?3",
        )?
        .exists((&name.skeleton, name.key.as_str(), of.map(|user| user.0)))?;
    if is_taken {
        return Err(Error::UsernameLooksTaken);
    }
    Ok(())
}

/// The columns of a user in a query that joins users as `alias`, for [`from_row`].
pub(super) fn columns(alias: &str) -> String {
    format!(
        "{alias}.id AS {alias}_id, {alias}.username AS {alias}_username, {alias}.display_name AS {alias}_display_name,
         {alias}.avatar_url AS {alias}_avatar_url, {alias}.deleted_at IS NOT NULL AS {alias}_deleted,
         {alias}.bot_of AS {alias}_bot_of"
    )
}

/// Reads the [`columns`] of a user.
///
/// # Errors
/// If they are null, as in an outer join without a match.
pub(super) fn from_row(row: &Row<'_>, alias: &str) -> rusqlite::Result<User> {
    from_columns(row, row.as_ref().column_index(&format!("{alias}_id"))?)
}

/// Reads the [`columns`] of a user from the `first` on. To look up each by its name would take longer than to read it.
fn from_columns(row: &Row<'_>, first: usize) -> rusqlite::Result<User> {
    Ok(User {
        id: UserId(row.get(first)?),
        username: row.get(first + 1)?,
        display_name: row.get(first + 2)?,
        avatar_url: row.get(first + 3)?,
        deleted: row.get(first + 4)?,
        bot: row.get::<_, Option<i64>>(first + 5)?.map(Bot::of),
    })
}

/// A user's password hash. None if they have no password.
pub(super) fn password_hash(
    connection: &Connection,
    user: UserId,
) -> rusqlite::Result<Option<String>> {
    let hash = connection
        .prepare_cached("SELECT password_hash FROM users WHERE id = ?1")?
        .query_row([user.0], |row| row.get("password_hash"))
        .optional()?;
    Ok(hash.flatten())
}

pub(super) fn set_password_hash(
    connection: &Connection,
    user: UserId,
    hash: &str,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE users SET password_hash = ?2 WHERE id = ?1")?
        .execute((user.0, hash))
        .map(drop)
}

/// Disables an account as of a time, or enables it.
pub(super) fn set_disabled(
    connection: &Connection,
    user: UserId,
    at: Option<Timestamp>,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE users SET disabled_at = ?2 WHERE id = ?1")?
        .execute((user.0, at.map(|at| at.0)))
        .map(drop)
}

pub(super) fn set_bot_maker(
    connection: &Connection,
    bot: UserId,
    maker: UserId,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE users SET bot_of = ?2 WHERE id = ?1")?
        .execute((bot.0, maker.0))
        .map(drop)
}

/// The bots that a user has made, without those that were deleted.
pub(super) fn bots_of(connection: &Connection, maker: UserId) -> rusqlite::Result<Vec<UserId>> {
    let mut statement = connection
        .prepare_cached("SELECT id FROM users WHERE bot_of = ?1 AND deleted_at IS NULL")?;
    let bots = statement.query_map([maker.0], |row| row.get("id").map(UserId))?;
    bots.collect()
}

/// Sets the URL of a user's picture, or none. Returns whether it changed.
pub(super) fn set_avatar_url(
    connection: &Connection,
    user: UserId,
    url: Option<&str>,
) -> rusqlite::Result<bool> {
    let changed = connection
        .prepare_cached("UPDATE users SET avatar_url = ?2 WHERE id = ?1 AND avatar_url IS NOT ?2")?
        .execute((user.0, url))?;
    Ok(changed > 0)
}

/// Whether others see a user's activity.
pub(super) fn shows_activity(connection: &Connection, user: UserId) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM users WHERE id = ?1 AND shows_activity = 1")?
        .exists([user.0])
}
