//! Two-step sign-in: the secrets of authenticator apps, and recovery codes. Codes are checked by the writer, in the same
//! transaction as what they permit, so that each works once. A passkey is both steps at once.

use rusqlite::{Connection, OptionalExtension};

use super::{audit::Entry, context::Transaction, handle::Store, passkeys, sessions::hash, users};
use crate::{
    error::{Error, Result},
    model::{Actor, SecurityEventKind, UserId},
    totp::{self, Secret},
};

/// How many recovery codes a person has at first.
const RECOVERY_CODES: usize = 10;

/// Whether a user has two-step sign-in.
#[derive(Clone, Copy, Debug)]
pub struct SecondFactorState {
    pub is_on: bool,
    /// How many recovery codes are left.
    pub recovery_codes: u32,
}

/// What it takes beside a password, or an account at a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondFactorKind {
    /// A code of the authenticator app, or a recovery code.
    Code,
    /// A passkey, as there is no app, and administrators need a second factor here.
    Passkey,
}

impl Store {
    /// What the user needs beside a password, if anything.
    pub async fn second_factor_kind(&self, user: UserId) -> Result<Option<SecondFactorKind>> {
        self.read(move |connection| Ok(kind(connection, user)?))
            .await
    }

    /// Whether the user has two-step sign-in.
    pub async fn second_factor(&self, user: UserId) -> Result<SecondFactorState> {
        self.read(move |connection| {
            Ok(SecondFactorState {
                is_on: is_on(connection, user)?,
                recovery_codes: count_recovery_codes(connection, user)?,
            })
        })
        .await
    }

    /// Whether the user is an administrator who may not administrate without a second factor, and has none.
    pub async fn needs_second_factor(&self, user: UserId) -> Result<bool> {
        self.read(move |connection| {
            let is_needed = super::admin_settings::load(connection)?.admins_need_second_factor;
            Ok(is_needed && !has_one(connection, user)?)
        })
        .await
    }

    /// Begins to set up two-step sign-in. It is off until a code [confirms](Self::confirm_second_factor) it.
    ///
    /// # Errors
    /// [`Error::SecondFactorOn`].
    pub async fn begin_second_factor(&self, user: UserId) -> Result<Secret> {
        let secret = Secret::random()?;
        self.write(move |tx| {
            if is_on(tx.connection, user)? {
                return Err(Error::SecondFactorOn);
            }
            tx.connection
                .prepare_cached(
                    "INSERT INTO second_factors (user_id, secret, last_step) VALUES (?1, ?2, 0)
                     ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, last_step = 0",
                )?
                .execute((user.0, secret.as_bytes()))?;
            Ok(secret)
        })
        .await
    }

    /// Turns two-step sign-in on with a code of the app. Returns the recovery codes, which can’t be read again.
    ///
    /// # Errors
    /// [`Error::WrongCode`]; [`Error::SecondFactorOn`]; [`Error::NotFound`] if it wasn’t begun.
    pub async fn confirm_second_factor(
        &self,
        user: UserId,
        code: String,
        by: Actor,
    ) -> Result<Vec<String>> {
        self.write(move |tx| {
            let factor = find(tx.connection, user)?.ok_or(Error::NotFound("Setup"))?;
            if factor.is_on {
                return Err(Error::SecondFactorOn);
            }
            let code = totp::normalized(&code);
            let step = factor.secret.step_of(&code, tx.now, factor.last_step);
            let step = step.ok_or(Error::WrongCode)?;
            tx.connection
                .prepare_cached(
                    "UPDATE second_factors SET confirmed_at = ?2, last_step = ?3 WHERE user_id = ?1",
                )?
                .execute((user.0, tx.now.0, step))?;
            Entry::new(SecurityEventKind::SecondFactorOn, Some(user), &by).record(tx)?;
            replace_recovery_codes(tx, user)
        })
        .await
    }

    /// Turns two-step sign-in off.
    ///
    /// # Errors
    /// [`Error::NotFound`] if it isn’t on.
    pub async fn remove_second_factor(&self, user: UserId, by: Actor) -> Result<()> {
        self.write(move |tx| {
            if !is_on(tx.connection, user)? {
                return Err(Error::NotFound("Two-step sign-in"));
            }
            delete(tx, user)?;
            Entry::new(SecurityEventKind::SecondFactorOff, Some(user), &by).record(tx)
        })
        .await
    }

    /// Replaces the recovery codes. The former ones work no longer, and the new ones can’t be read again.
    ///
    /// # Errors
    /// [`Error::NotFound`] if two-step sign-in isn’t on.
    pub async fn create_recovery_codes(&self, user: UserId, by: Actor) -> Result<Vec<String>> {
        self.write(move |tx| {
            if !is_on(tx.connection, user)? {
                return Err(Error::NotFound("Two-step sign-in"));
            }
            Entry::new(SecurityEventKind::RecoveryCodesCreated, Some(user), &by).record(tx)?;
            replace_recovery_codes(tx, user)
        })
        .await
    }
}

/// What is stored of a user’s app.
struct Factor {
    secret: Secret,
    is_on: bool,
    last_step: i64,
}

fn find(connection: &Connection, user: UserId) -> rusqlite::Result<Option<Factor>> {
    connection
        .prepare_cached(
            "SELECT secret, confirmed_at, last_step FROM second_factors WHERE user_id = ?1",
        )?
        .query_row([user.0], |row| {
            let confirmed: Option<i64> = row.get("confirmed_at")?;
            Ok(Factor {
                secret: Secret::from_bytes(row.get("secret")?),
                is_on: confirmed.is_some(),
                last_step: row.get("last_step")?,
            })
        })
        .optional()
}

/// Whether the user has a second factor, of whatever kind.
pub(super) fn has_one(connection: &Connection, user: UserId) -> rusqlite::Result<bool> {
    Ok(is_on(connection, user)? || passkeys::has_any(connection, user)?)
}

/// What the user needs beside a password, if anything. Whoever has an app is asked for its code. A passkey alone changes
/// nothing about the password, except for administrators who need a second factor: it wouldn’t be one otherwise.
pub(super) fn kind(
    connection: &Connection,
    user: UserId,
) -> rusqlite::Result<Option<SecondFactorKind>> {
    if is_on(connection, user)? {
        return Ok(Some(SecondFactorKind::Code));
    }
    let takes_passkey = passkeys::has_any(connection, user)?
        && users::is_named_admin(connection, user)?
        && super::admin_settings::load(connection)?.admins_need_second_factor;
    Ok(takes_passkey.then_some(SecondFactorKind::Passkey))
}

/// Whether the user has confirmed an authenticator app.
fn is_on(connection: &Connection, user: UserId) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT 1 FROM second_factors WHERE user_id = ?1 AND confirmed_at IS NOT NULL",
        )?
        .exists([user.0])
}

/// Checks the second step of a user who has one, and uses the code up: one of the app, or a recovery code.
///
/// # Errors
/// [`Error::SecondFactorRequired`] without a code, [`Error::WrongCode`], [`Error::PasskeyRequired`].
pub(super) fn verify(
    tx: &mut Transaction<'_>,
    user: UserId,
    code: Option<&str>,
    by: &Actor,
) -> Result<()> {
    match kind(tx.connection, user)? {
        None => return Ok(()),
        Some(SecondFactorKind::Passkey) => return Err(Error::PasskeyRequired),
        Some(SecondFactorKind::Code) => {}
    }
    let factor = find(tx.connection, user)?.ok_or(Error::SecondFactorRequired)?;
    let code = code.map(totp::normalized).filter(|code| !code.is_empty());
    let code = code.ok_or(Error::SecondFactorRequired)?;
    if let Some(step) = factor.secret.step_of(&code, tx.now, factor.last_step) {
        tx.connection
            .prepare_cached("UPDATE second_factors SET last_step = ?2 WHERE user_id = ?1")?
            .execute((user.0, step))?;
        return Ok(());
    }
    let deleted = tx
        .connection
        .prepare_cached("DELETE FROM recovery_codes WHERE user_id = ?1 AND code_hash = ?2")?
        .execute((user.0, hash(&code)))?;
    if deleted == 0 {
        return Err(Error::WrongCode);
    }
    let by = Actor {
        user: Some(user),
        ..by.clone()
    };
    Entry::new(SecurityEventKind::RecoveryCodeUsed, Some(user), &by).record(tx)
}

/// Forgets a user’s app and recovery codes.
pub(super) fn delete(tx: &Transaction<'_>, user: UserId) -> rusqlite::Result<()> {
    for table in ["second_factors", "recovery_codes"] {
        tx.connection
            .prepare_cached(&format!("DELETE FROM {table} WHERE user_id = ?1"))?
            .execute([user.0])?;
    }
    Ok(())
}

fn count_recovery_codes(connection: &Connection, user: UserId) -> rusqlite::Result<u32> {
    connection
        .prepare_cached("SELECT count(*) AS codes FROM recovery_codes WHERE user_id = ?1")?
        .query_row([user.0], |row| row.get("codes"))
}

fn replace_recovery_codes(tx: &Transaction<'_>, user: UserId) -> Result<Vec<String>> {
    tx.connection
        .prepare_cached("DELETE FROM recovery_codes WHERE user_id = ?1")?
        .execute([user.0])?;
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        let code = totp::recovery_code()?;
        tx.connection
            .prepare_cached("INSERT INTO recovery_codes (user_id, code_hash) VALUES (?1, ?2)")?
            .execute((user.0, hash(&totp::normalized(&code))))?;
        codes.push(code);
    }
    Ok(codes)
}
