//! Deleting an account. What its user has written stays, for the others; everything else goes, and the username is free
//! at once.

use super::{
    audit::Entry,
    blocks, calls,
    context::Transaction,
    conversations,
    credentials::{can_sign_in, count_administrators},
    drafts,
    handle::Store,
    hooks, identities, invites, name_parts, notification_settings, passkeys, pictures, profiles,
    push_relays, pushes, resets, room_requests, rooms, saved, second_factors, sessions, uploads,
    users::{self, NOT_FOUND, password_hash},
};
use crate::{
    error::{Error, Result},
    model::{Actor, SecurityEventKind, UserId},
};

impl Store {
    /// Deletes the account of a user who has confirmed it. `former` is the password hash that was checked.
    ///
    /// # Errors
    /// [`Error::WrongPassword`] if the password has been changed since it was checked, [`Error::LastAdmin`].
    pub async fn delete_own_account(
        &self,
        user: UserId,
        former: Option<String>,
        by: Actor,
    ) -> Result<()> {
        self.write(move |tx| {
            if password_hash(tx.connection, user)? != former {
                return Err(Error::WrongPassword);
            }
            delete(tx, user, &by)
        })
        .await
    }

    /// Deletes an account, for the command line.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::LastAdmin`].
    pub async fn delete_account(&self, user: UserId, by: Actor) -> Result<()> {
        self.write(move |tx| delete(tx, user, &by)).await
    }
}

fn delete(tx: &mut Transaction<'_>, user: UserId, by: &Actor) -> Result<()> {
    let connection = tx.connection;
    let is_admin = users::is_named_admin(connection, user)?
        && !users::is_disabled(connection, user)?
        && can_sign_in(connection, user)?;
    erase(tx, user)?;
    Entry::new(SecurityEventKind::AccountDeleted, Some(user), by).record(tx)?;
    if is_admin && count_administrators(connection)? == 0 {
        return Err(Error::LastAdmin);
    }
    // The write-ahead log still has the names, the picture and the password's hash.
    tx.scrub();
    Ok(())
}

fn erase(tx: &mut Transaction<'_>, id: UserId) -> Result<()> {
    let connection = tx.connection;
    let user = users::by_id(connection, id)?.filter(|user| !user.deleted);
    let user = user.ok_or(NOT_FOUND)?;
    for room in conversations::rooms_of(connection, id)? {
        rooms::leave(tx, room, &user)?;
    }
    for bot in users::bots_of(connection, id)? {
        erase(tx, bot)?;
    }
    sessions::end_everything(tx, id)?;
    hooks::delete_all(connection, id)?;
    invites::delete_all(connection, id)?;
    resets::delete(connection, id)?;
    resets::delete_made_by(connection, id)?;
    identities::delete_all(connection, id)?;
    second_factors::delete(tx, id)?;
    passkeys::delete_all(connection, id)?;
    pictures::delete(connection, id)?;
    uploads::delete_all(connection, id)?;
    blocks::delete_all(connection, id)?;
    for direct in conversations::direct_of(connection, id)? {
        calls::delete_read(connection, direct, id, i64::MAX)?;
    }
    room_requests::delete_all(connection, id)?;
    saved::delete_all(connection, id)?;
    drafts::delete_all(connection, id)?;
    notification_settings::delete(connection, id)?;
    push_relays::delete(connection, id)?;
    pushes::delete_all(connection, id)?;
    name_parts::set(connection, id, None)?;
    users::set_deleted(tx, id)?;
    blocks::forget_closed(tx, id)?;
    profiles::publish_change(tx, id).map(drop)
}
