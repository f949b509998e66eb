//! Names and profiles: changing one's own, telling others, and what the caller gets to know of somebody.

use rusqlite::Connection;

use super::{
    blocks,
    context::Transaction,
    conversations,
    handle::Store,
    name_parts, participants,
    source::Source,
    users::{self, NOT_FOUND},
    visible::is_missed,
};
use crate::{
    error::Result,
    model::{Change, ConversationId, Event, Profile, RoomInCommon, User, UserId, Username},
};

/// Changes of a user's names; `None` leaves a name as it is.
#[derive(Debug, Default)]
pub struct NameUpdate {
    pub username: Option<Username>,
    /// `Some(None)` removes it. A new one has been checked.
    pub display_name: Option<Option<String>>,
}

/// Users who have changed, for a stream's replay: the caller, and those whom the caller meets in a conversation, where
/// they are or have been. Since few users change, each of them is looked for in the caller's conversations.
pub(super) const CHANGED: Source = Source {
    select: || {
        let is_missed = is_missed("u.changed_id");
        format!(
            "SELECT u.changed_id, {{source}}, 0, u.id FROM users u INDEXED BY users_by_change
             WHERE u.changed_id > ?2 AND (u.id = ?1 OR EXISTS (
                 SELECT 1 FROM participants p WHERE p.user_id = ?1 AND {is_missed} AND (
                     EXISTS (SELECT 1 FROM participants
                             WHERE conversation_id = p.conversation_id AND user_id = u.id)
                     OR EXISTS (SELECT 1 FROM departures
                                WHERE conversation_id = p.conversation_id AND user_id = u.id))))"
        )
    },
    load: |loader, row| {
        let user = users::by_id(loader.connection, row.user_id())?.ok_or(NOT_FOUND)?;
        Ok(Event::user(&user))
    },
};

impl Store {
    /// Changes a user's names, and publishes the change to everybody who shares a conversation with them.
    ///
    /// # Errors
    /// [`UsernameTaken`](crate::error::Error::UsernameTaken).
    pub async fn update_names(&self, user: UserId, update: NameUpdate) -> Result<User> {
        self.write(move |tx| {
            let before = users::by_id(tx.connection, user)?.ok_or(NOT_FOUND)?;
            let username = update.username.filter(|name| name.text != before.username);
            let display_name = update
                .display_name
                .filter(|name| *name != before.display_name);
            if username.is_none() && display_name.is_none() {
                return Ok(before);
            }
            if let Some(name) = username {
                users::set_name(tx.connection, user, &name)?;
            }
            if let Some(name) = display_name {
                users::set_display_name(tx.connection, user, name.as_deref())?;
                name_parts::set(tx.connection, user, name.as_deref())?;
            }
            publish_change(tx, user)
        })
        .await
    }

    /// What `caller` gets to know of a user.
    ///
    /// # Errors
    /// [`NotFound`](crate::error::Error::NotFound) if there is no such user.
    pub async fn profile(&self, caller: UserId, id: UserId) -> Result<Profile> {
        self.read(move |connection| {
            let user = users::by_id(connection, id)?.ok_or(NOT_FOUND)?;
            let maker = match users::bot_maker(connection, id)? {
                Some(maker) => users::by_id(connection, maker)?,
                None => None,
            };
            Ok(Profile {
                user,
                bot: maker.is_some(),
                maker,
                rooms: rooms_in_common(connection, caller, id)?,
                conversation_id: conversations::find_direct(connection, caller, id)?,
                blocked: blocks::is_blocked(connection, caller, id)?,
            })
        })
        .await
    }
}

/// Publishes a user who has changed: to themselves, to everybody who meets them in a conversation, and as the other
/// participant of their direct conversations.
pub(super) fn publish_change(tx: &mut Transaction<'_>, id: UserId) -> Result<User> {
    tx.invalidate_user(id);
    let event = tx.next_id();
    users::set_changed(tx.connection, id, event)?;
    let user = users::by_id(tx.connection, id)?.ok_or(NOT_FOUND)?;
    let told = participants::acquaintances(tx.connection, id)?;
    tx.publish(event, told, Change::User(user.clone()));
    for direct in conversations::direct_of(tx.connection, id)? {
        conversations::publish_change(tx, direct)?;
    }
    Ok(user)
}

fn rooms_in_common(
    connection: &Connection,
    caller: UserId,
    id: UserId,
) -> rusqlite::Result<Vec<RoomInCommon>> {
    let mut statement = connection.prepare_cached(
        "SELECT c.id, c.name, c.avatar_url FROM participants mine
         JOIN participants theirs ON theirs.conversation_id = mine.conversation_id AND theirs.user_id = ?2
         JOIN conversations c ON c.id = mine.conversation_id AND c.kind = 'room'
         WHERE mine.user_id = ?1 ORDER BY c.name, c.id",
    )?;
    let rooms = statement.query_map((caller.0, id.0), |row| {
        Ok(RoomInCommon {
            id: ConversationId(row.get("id")?),
            name: row.get("name")?,
            avatar_url: row.get("avatar_url")?,
        })
    })?;
    rooms.collect()
}
