//! What administrators do with accounts.

use rusqlite::{Connection, Row};

use super::{
    arrivals,
    audit::Entry,
    blocks,
    context::Transaction,
    credentials::{can_sign_in, count_administrators},
    handle::Store,
    hooks, profiles,
    resets::{self, Reset},
    sessions, users,
};
use crate::{
    error::{Error, Result},
    model::{
        Account, Actor, SecurityEventKind, SessionId, SessionInfo, Timestamp, UserId, Username,
        UsernameKey,
    },
};

/// Accounts in one page.
const PAGE: u32 = 50;

/// Changes of an account; `None` leaves a property as it is.
#[derive(Debug, Default)]
pub struct AccountUpdate {
    pub username: Option<Username>,
    pub admin: Option<bool>,
    pub disabled: Option<bool>,
}

impl Store {
    /// Whether a user is an administrator and can sign in.
    pub async fn is_admin(&self, user: UserId) -> Result<bool> {
        self.read(move |connection| {
            let is_named = users::is_named_admin(connection, user)?;
            Ok(is_named && can_sign_in(connection, user)?)
        })
        .await
    }

    /// Whether a user is marked as an administrator, even if they can't sign in.
    pub async fn is_named_admin(&self, user: UserId) -> Result<bool> {
        self.read(move |connection| Ok(users::is_named_admin(connection, user)?))
            .await
    }

    /// One page of the accounts whose names start with `prefix`, by id, after `after`.
    pub async fn accounts(&self, prefix: &str, after: Option<UserId>) -> Result<Vec<Account>> {
        let key = UsernameKey::new(prefix);
        let after = after.map_or(0, |after| after.0);
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&select(
                "AND u.username_key >= ?1 AND u.username_key < ?1 || char(0x10ffff) AND u.id > ?2
                 ORDER BY u.id LIMIT ?3",
            ))?;
            let accounts = statement.query_map((key.as_str(), after, PAGE), from_row)?;
            Ok(accounts.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// The account with this name.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn find_account(&self, username: String) -> Result<Account> {
        let username = UsernameKey::new(&username);
        self.read(move |connection| {
            let user = users::find(connection, &username)?.ok_or(Error::NotFound("User"))?;
            account(connection, user.id)
        })
        .await
    }

    /// Creates an account for somebody else, who chooses a password with the link.
    ///
    /// # Errors
    /// [`Error::UsernameTaken`].
    pub async fn create_account(
        &self,
        username: Username,
        admin: bool,
        by: Actor,
    ) -> Result<(Account, Reset)> {
        self.write(move |tx| {
            let user = users::create(tx, &username)?;
            users::set_admin(tx.connection, user.id, admin, by.user)?;
            arrivals::without_invitation(tx, &user)?;
            let reset = resets::create(tx, user.id, by.user)?;
            Entry::new(SecurityEventKind::AccountCreated, Some(user.id), &by).record(tx)?;
            if admin {
                Entry::new(SecurityEventKind::Promoted, Some(user.id), &by)
                    .quietly()
                    .record(tx)?;
            }
            Ok((account(tx.connection, user.id)?, reset))
        })
        .await
    }

    /// Updates an account. Disabling it ends the sessions of the user and their bots at once. They stay ended if the
    /// account is enabled again.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::UsernameTaken`], [`Error::LastAdmin`] if no administrator would be left,
    /// [`Error::Invalid`] if a bot would become an administrator.
    pub async fn update_account(
        &self,
        user: UserId,
        change: AccountUpdate,
        by: Actor,
    ) -> Result<Account> {
        self.write(move |tx| {
            update(tx, user, &change, &by)?;
            account(tx.connection, user)
        })
        .await
    }

    /// A user's open sessions.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such user.
    pub async fn account_sessions(&self, user: UserId) -> Result<Vec<SessionInfo>> {
        self.read(move |connection| account(connection, user).map(drop))
            .await?;
        self.user_sessions(user, None).await
    }

    /// Ends one of a user's sessions, or all of them.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such user or session.
    pub async fn end_account_sessions(
        &self,
        user: UserId,
        session: Option<SessionId>,
        by: Actor,
    ) -> Result<()> {
        self.write(move |tx| {
            account(tx.connection, user)?;
            let entry = Entry::new(SecurityEventKind::SessionEnded, Some(user), &by);
            let entry = if let Some(session) = session {
                sessions::end(tx, user, session)?;
                entry.about(session.0)
            } else {
                sessions::end_all(tx, user, None)?;
                entry
            };
            entry.record(tx)
        })
        .await
    }
}

fn update(
    tx: &mut Transaction<'_>,
    user: UserId,
    change: &AccountUpdate,
    by: &Actor,
) -> Result<()> {
    let before = account(tx.connection, user)?;
    if let Some(name) = change
        .username
        .as_ref()
        .filter(|name| name.text != before.user.username)
    {
        users::set_name(tx.connection, user, name)?;
        profiles::publish_change(tx, user)?;
        Entry::new(SecurityEventKind::Renamed, Some(user), by).record(tx)?;
    }
    if let Some(admin) = change.admin.filter(|&admin| admin != before.admin) {
        if before.bot {
            return Err(Error::invalid("admin", "Bots can’t be administrators."));
        }
        users::set_admin(tx.connection, user, admin, by.user)?;
        let kind = if admin {
            SecurityEventKind::Promoted
        } else {
            SecurityEventKind::Demoted
        };
        Entry::new(kind, Some(user), by).record(tx)?;
    }
    if let Some(disabled) = change
        .disabled
        .filter(|&disabled| disabled != before.disabled)
    {
        disable(tx, user, disabled)?;
        let kind = if disabled {
            SecurityEventKind::Disabled
        } else {
            SecurityEventKind::Enabled
        };
        Entry::new(kind, Some(user), by).record(tx)?;
    }
    let is_admin =
        change.admin.unwrap_or(before.admin) && !change.disabled.unwrap_or(before.disabled);
    if before.admin && !is_admin {
        // A former administrator could get back in with a link that they created for another user.
        resets::delete_made_by(tx.connection, user)?;
    }
    // An active administrator must not be the last. On a server that had none, nothing is lost.
    let could = before.admin && !before.disabled && can_sign_in(tx.connection, user)?;
    if could && count_administrators(tx.connection)? == 0 {
        return Err(Error::LastAdmin);
    }
    Ok(())
}

fn disable(tx: &mut Transaction<'_>, user: UserId, disabled: bool) -> Result<()> {
    let now = disabled.then_some(tx.now);
    users::set_disabled(tx.connection, user, now)?;
    blocks::forget_closed(tx, user)?;
    if disabled {
        sessions::end_with_bots(tx, user)?;
        resets::delete(tx.connection, user)?;
        // They stay deleted if the account is enabled again.
        hooks::delete_all(tx.connection, user)?;
    }
    Ok(())
}

fn account(connection: &Connection, user: UserId) -> Result<Account> {
    connection
        .prepare_cached(&select("AND u.id = ?1"))?
        .query_row([user.0], from_row)
        .map_err(|error| match error {
            rusqlite::Error::QueryReturnedNoRows => Error::NotFound("User"),
            error => error.into(),
        })
}

/// A query for accounts, without those that were deleted.
fn select(which: &str) -> String {
    format!(
        "SELECT {}, u.admin, u.bot_of IS NOT NULL AS bot, u.disabled_at IS NOT NULL AS disabled,
                u.password_hash IS NOT NULL AS has_password, u.created_at,
                (SELECT max(last_seen_at) FROM sessions WHERE user_id = u.id) AS last_seen_at,
                (SELECT group_concat(issuer, ' ') FROM identities WHERE user_id = u.id) AS issuers
         FROM users u WHERE u.deleted_at IS NULL {which}",
        users::columns("u"),
    )
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<Account> {
    let issuers: Option<String> = row.get("issuers")?;
    Ok(Account {
        user: users::from_row(row, "u")?,
        admin: row.get("admin")?,
        bot: row.get("bot")?,
        disabled: row.get("disabled")?,
        has_password: row.get("has_password")?,
        created_at: Timestamp(row.get("created_at")?),
        last_seen_at: row.get::<_, Option<_>>("last_seen_at")?.map(Timestamp),
        // Issuers are URLs, which contain no spaces.
        providers: issuers
            .iter()
            .flat_map(|issuers| issuers.split(' '))
            .map(str::to_owned)
            .collect(),
    })
}
