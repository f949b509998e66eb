//! Passkeys. What authenticators sign is checked before (`webauthn`). Here is what can only be decided in the transaction: that
//! a passkey is still there, and that its counter hasn’t gone back.

use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    accounts::Authentication, audit::Entry, context::Transaction, credentials::can_sign_in,
    handle::Store, users,
};
use crate::{
    error::{Error, Result},
    model::{Actor, MAX_PASSKEYS, Passkey, PasskeyId, SecurityEventKind, Timestamp, User, UserId},
};

const NOT_FOUND: Error = Error::NotFound("Passkey");

/// A passkey to add, which its authenticator has just created.
#[derive(Debug)]
pub struct NewPasskey {
    pub user_handle: Vec<u8>,
    pub credential_id: Vec<u8>,
    /// As a COSE_Key.
    pub public_key: Vec<u8>,
    pub counter: u32,
    pub backup_eligible: bool,
    pub backed_up: bool,
    /// It has been checked.
    pub name: String,
    /// The name that the server has for it.
    pub rp_id: String,
}

/// What is kept of a passkey to check its use.
#[derive(Debug)]
pub struct KeptPasskey {
    pub id: PasskeyId,
    pub user: UserId,
    pub user_handle: Vec<u8>,
    /// As a COSE_Key.
    pub public_key: Vec<u8>,
    pub backup_eligible: bool,
}

/// The use of a passkey, whose signature was right.
#[derive(Clone, Debug)]
pub struct UsedPasskey {
    pub id: PasskeyId,
    pub counter: u32,
    pub backed_up: bool,
    /// The name that the server had for it.
    pub rp_id: String,
}

/// What authenticators know of a user.
#[derive(Debug, Default)]
pub struct Credentials {
    /// What they call the user. None as long as the user has no passkeys.
    pub user_handle: Option<Vec<u8>>,
    /// What they call those of the user’s passkeys that may work.
    pub ids: Vec<Vec<u8>>,
}

impl Store {
    /// A user’s passkeys, in the order in which they were added.
    pub async fn passkeys(&self, user: UserId) -> Result<Vec<Passkey>> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM passkeys WHERE user_id = ?1 ORDER BY id"
            ))?;
            let passkeys = statement.query_map([user.0], from_row)?;
            Ok(passkeys.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// Whether the user has passkeys that may work.
    pub async fn has_passkeys(&self, user: UserId) -> Result<bool> {
        self.read(move |connection| {
            Ok(connection
                .prepare_cached(&format!(
                    "SELECT 1 FROM passkeys WHERE user_id = ?1 AND {MAY_WORK}"
                ))?
                .exists([user.0])?)
        })
        .await
    }

    /// What authenticators know of a user, if the server is `rp_id` to them.
    pub async fn passkey_credentials(&self, user: UserId, rp_id: String) -> Result<Credentials> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT user_handle, credential_id, coalesce(rp_id = ?2, 1) AS may_work
                 FROM passkeys WHERE user_id = ?1 ORDER BY id",
            )?;
            let mut rows = statement.query((user.0, rp_id))?;
            let mut credentials = Credentials::default();
            while let Some(row) = rows.next()? {
                credentials.user_handle = Some(row.get("user_handle")?);
                if row.get("may_work")? {
                    credentials.ids.push(row.get("credential_id")?);
                }
            }
            Ok(credentials)
        })
        .await
    }

    /// The passkey that authenticators call by this id, whoever’s it is.
    pub async fn find_passkey(&self, credential_id: Vec<u8>) -> Result<Option<KeptPasskey>> {
        self.read(move |connection| {
            let found = connection
                .prepare_cached(
                    "SELECT id, user_id, user_handle, public_key, backup_eligible FROM passkeys
                     WHERE credential_id = ?1",
                )?
                .query_row([credential_id], |row| {
                    Ok(KeptPasskey {
                        id: PasskeyId(row.get("id")?),
                        user: UserId(row.get("user_id")?),
                        user_handle: row.get("user_handle")?,
                        public_key: row.get("public_key")?,
                        backup_eligible: row.get("backup_eligible")?,
                    })
                });
            Ok(found.optional()?)
        })
        .await
    }

    /// Sets the name that passkeys are for from now on; empty if there can be none, and None if it isn’t always the same.
    pub async fn set_relying_party(&self, id: Option<String>) -> Result<()> {
        let wanted = id.clone();
        let is_set = self
            .read(move |connection| {
                let found: Option<Option<String>> = connection
                    .query_row("SELECT id FROM relying_party", [], |row| row.get(0))
                    .optional()?;
                Ok(found.is_some_and(|found| found == wanted))
            })
            .await?;
        if is_set {
            return Ok(());
        }
        self.write(move |tx| {
            tx.connection.execute(
                "INSERT INTO relying_party (only_row, id) VALUES (1, ?1)
                 ON CONFLICT DO UPDATE SET id = excluded.id",
                [id],
            )?;
            Ok(())
        })
        .await
    }

    /// Adds a passkey.
    ///
    /// # Errors
    /// [`Error::BadPasskey`] if somebody has it already, [`Error::Invalid`] if the user has too many, [`Error::Disabled`].
    pub async fn add_passkey(&self, user: UserId, new: NewPasskey, by: Actor) -> Result<Passkey> {
        self.write(move |tx| {
            let connection = tx.connection;
            if users::is_disabled(connection, user)? {
                return Err(Error::Disabled);
            }
            let present: u32 = connection
                .prepare_cached("SELECT count(*) AS passkeys FROM passkeys WHERE user_id = ?1")?
                .query_row([user.0], |row| row.get("passkeys"))?;
            if present >= MAX_PASSKEYS {
                let reason = format!("You can have up to {MAX_PASSKEYS} passkeys. Remove one first.");
                return Err(Error::invalid("name", reason));
            }
            let added = connection
                .prepare_cached(&format!(
                    "INSERT INTO passkeys (user_id, user_handle, credential_id, public_key, counter, backup_eligible,
                                           backed_up, name, created_at, rp_id)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                     ON CONFLICT (credential_id) DO NOTHING RETURNING {COLUMNS}"
                ))?
                .query_row(
                    (
                        user.0,
                        new.user_handle,
                        new.credential_id,
                        new.public_key,
                        new.counter,
                        new.backup_eligible,
                        new.backed_up,
                        new.name,
                        tx.now.0,
                        new.rp_id,
                    ),
                    from_row,
                )
                .optional()?
                .ok_or(Error::BadPasskey)?;
            record(tx, SecurityEventKind::PasskeyAdded, user, &added, &by)?;
            Ok(added)
        })
        .await
    }

    /// Gives a user’s passkey another name, which has been checked.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the user has no such passkey.
    pub async fn rename_passkey(
        &self,
        user: UserId,
        id: PasskeyId,
        name: String,
    ) -> Result<Passkey> {
        self.write(move |tx| {
            tx.connection
                .prepare_cached(&format!(
                    "UPDATE passkeys SET name = ?3 WHERE id = ?1 AND user_id = ?2 RETURNING {COLUMNS}"
                ))?
                .query_row((id.0, user.0, name), from_row)
                .optional()?
                .ok_or(NOT_FOUND)
        })
        .await
    }

    /// Removes a user’s passkey.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the user has no such passkey, [`Error::LastWayIn`] if they couldn’t sign in without it.
    pub async fn remove_passkey(&self, user: UserId, id: PasskeyId, by: Actor) -> Result<()> {
        self.write(move |tx| {
            let removed = tx
                .connection
                .prepare_cached(&format!(
                    "DELETE FROM passkeys WHERE id = ?1 AND user_id = ?2 RETURNING {COLUMNS}"
                ))?
                .query_row((id.0, user.0), from_row)
                .optional()?
                .ok_or(NOT_FOUND)?;
            if !can_sign_in(tx.connection, user)? {
                return Err(Error::LastWayIn);
            }
            record(tx, SecurityEventKind::PasskeyRemoved, user, &removed, &by)
        })
        .await
    }
}

/// The condition for a row of `passkeys` that may work at the name at which people reach the server now. Those of before
/// there was `rp_id` may, until they have been used.
pub(super) const MAY_WORK: &str = "coalesce(rp_id = (SELECT id FROM relying_party), 1)";

/// Beside each other with [`from_row`].
const COLUMNS: &str = "id, name, created_at, last_used_at, backed_up, rp_id";

fn from_row(row: &Row<'_>) -> rusqlite::Result<Passkey> {
    let used: Option<i64> = row.get("last_used_at")?;
    Ok(Passkey {
        id: PasskeyId(row.get("id")?),
        name: row.get("name")?,
        created_at: Timestamp(row.get("created_at")?),
        last_used_at: used.map(Timestamp),
        backed_up: row.get("backed_up")?,
        rp_id: row.get("rp_id")?,
    })
}

fn record(
    tx: &mut Transaction<'_>,
    kind: SecurityEventKind,
    user: UserId,
    passkey: &Passkey,
    by: &Actor,
) -> Result<()> {
    Entry::new(kind, Some(user), by)
        .about(passkey.id.0)
        .detail(&passkey.name)
        .record(tx)
}

/// Whether the user has passkeys, for whichever name: another name makes no second step optional.
pub(super) fn has_any(connection: &Connection, user: UserId) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM passkeys WHERE user_id = ?1")?
        .exists([user.0])
}

/// Whether somebody has authenticated by a passkey whose counter went back: another authenticator has the same key, and one of
/// the two is a copy (Web Authentication Level 3 §6.1.1). That is recorded, and its user is told, so this is no error: one
/// would undo it. Those that don’t count are at 0 always.
pub(super) fn refuse_clone(
    tx: &mut Transaction<'_>,
    authentication: &Authentication,
    by: &Actor,
) -> Result<bool> {
    let Authentication::Passkey(usage) = authentication else {
        return Ok(false);
    };
    let ahead = tx
        .connection
        .prepare_cached(&format!(
            "SELECT user_id, {COLUMNS} FROM passkeys WHERE id = ?1 AND counter > 0 AND counter >= ?2"
        ))?
        .query_row((usage.id.0, usage.counter), |row| {
            Ok((UserId(row.get("user_id")?), from_row(row)?))
        })
        .optional()?;
    let Some((user, passkey)) = ahead else {
        return Ok(false);
    };
    // Whoever it was had one of the two.
    let by = Actor {
        user: Some(user),
        ..by.clone()
    };
    record(tx, SecurityEventKind::PasskeyCloned, user, &passkey, &by)?;
    Ok(true)
}

/// Notes that a passkey was used, and returns whose it is.
///
/// # Errors
/// [`Error::BadPasskey`] if it has been removed meanwhile.
pub(super) fn use_once(tx: &Transaction<'_>, usage: &UsedPasskey) -> Result<User> {
    let user = tx
        .connection
        .prepare_cached(
            "UPDATE passkeys SET counter = ?2, backed_up = ?3, last_used_at = ?4, rp_id = ?5
             WHERE id = ?1 RETURNING user_id",
        )?
        .query_row(
            (
                usage.id.0,
                usage.counter,
                usage.backed_up,
                tx.now.0,
                &usage.rp_id,
            ),
            |row| Ok(UserId(row.get("user_id")?)),
        )
        .optional()?
        .ok_or(Error::BadPasskey)?;
    users::by_id(tx.connection, user)?.ok_or(Error::BadPasskey)
}

/// Removes all passkeys of a user.
pub(super) fn delete_all(connection: &Connection, user: UserId) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM passkeys WHERE user_id = ?1")?
        .execute([user.0])
        .map(drop)
}
