//! Rooms: creating and updating them, and adding and removing participants. Each of these is recorded in the room's
//! history as a system message.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};

use super::{
    blocks,
    context::Transaction,
    conversations::{self, load, view},
    daily::{self, Daily},
    drafts,
    handle::Store,
    hooks, messages,
    participants::{self, NOT_FOUND, NewParticipant, is_member, member, only},
    room_requests,
    sending::{self, SystemMessage},
    users,
};
use crate::{
    error::{Error, Result},
    model::{
        Change, Conversation, ConversationId, EventId, Member, Role, SystemKind, User, UserId,
        UsernameKey,
    },
};

/// Rooms in one page of the open rooms.
pub const PAGE: u32 = 100;

/// A room to create. Its name has been checked.
#[derive(Debug)]
pub struct NewRoom {
    pub name: String,
    pub usernames: Vec<String>,
    /// Whether every user may find it and join.
    pub open: bool,
}

/// Changes of a room; `None` leaves a property as it is.
#[derive(Debug, Default)]
pub struct RoomUpdate {
    pub name: Option<String>,
    pub open: Option<bool>,
    pub owner: Option<UserId>,
}

/// What has come of adding somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// They are in the room.
    Joined,
    /// They want to be asked, and have been.
    Asked,
}

impl Store {
    /// Creates a room with its participants. `caller` becomes the owner.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `usernames` if one of them doesn't exist, [`Error::Unreachable`].
    pub async fn create_room(&self, caller: User, room: NewRoom) -> Result<(Conversation, Member)> {
        let usernames = room.usernames.iter();
        let usernames: Vec<_> = usernames.map(|name| UsernameKey::new(name)).collect();
        self.write(move |tx| create(tx, &caller, &room, &usernames))
            .await
    }

    /// One page of the open rooms that `caller` isn't in and that are older than `before`, newest first.
    pub async fn open_rooms(
        &self,
        caller: UserId,
        before: Option<ConversationId>,
    ) -> Result<Vec<Conversation>> {
        let before = before.map_or(i64::MAX, |before| before.0);
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT c.id FROM conversations c
                 WHERE c.open = 1 AND c.id < ?2 AND NOT EXISTS (
                     SELECT 1 FROM participants WHERE conversation_id = c.id AND user_id = ?1)
                 ORDER BY c.id DESC LIMIT ?3",
            )?;
            let ids = statement.query_map((caller.0, before, PAGE), |row| {
                row.get(0).map(ConversationId)
            })?;
            ids.map(|id| load(connection, id?, None)).collect()
        })
        .await
    }

    /// The rooms with this name.
    pub async fn rooms_called(&self, name: String) -> Result<Vec<ConversationId>> {
        self.read(move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT id FROM conversations WHERE kind = 'room' AND name = ?1")?;
            let ids = statement.query_map([name], |row| row.get(0).map(ConversationId))?;
            Ok(ids.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// Updates a room on behalf of its owner.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller or the new owner isn't in it, [`Error::Forbidden`], [`Error::NotARoom`].
    pub async fn update_room(
        &self,
        caller: User,
        id: ConversationId,
        change: RoomUpdate,
    ) -> Result<(Conversation, Member)> {
        self.write(move |tx| {
            update(tx, &caller, id, change)?;
            view(tx.connection, id, caller.id)
        })
        .await
    }

    /// Adds `caller` to an open room. It has no effect if they are already in it. A bot joins where its maker is.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such room or it isn't open, [`Error::Forbidden`].
    pub async fn join_room(&self, caller: User, id: ConversationId) -> Result<()> {
        self.write(move |tx| {
            if is_member(tx.connection, id, caller.id)? {
                return Ok(());
            }
            if !is_open(tx.connection, id)? {
                return Err(NOT_FOUND);
            }
            if let Some(bot) = caller.bot
                && !is_member(tx.connection, id, bot.bot_of)?
            {
                return Err(Error::Forbidden("its creator"));
            }
            join(tx, id, &caller)
        })
        .await
    }

    /// Adds the user with this name, or asks them. Every participant of a room may add people, but only its maker a bot.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller isn't in it or there is no such user, [`Error::NotARoom`], [`Error::Forbidden`],
    /// [`Error::Unreachable`], [`Error::DailyLimit`].
    pub async fn add_participant(
        &self,
        caller: User,
        id: ConversationId,
        username: String,
    ) -> Result<Added> {
        let username = UsernameKey::new(&username);
        self.write(move |tx| {
            require_room(tx.connection, id, caller.id)?;
            let user = users::find(tx.connection, &username)?.ok_or(users::NOT_FOUND)?;
            if is_member(tx.connection, id, user.id)? {
                return Ok(Added::Joined);
            }
            require_addable(tx.connection, &caller, &user)?;
            if !room_requests::asks_first(tx.connection, user.id)? {
                daily::count(tx, caller.id, Daily::Add)?;
                add(tx, id, &caller, &user)?;
                return Ok(Added::Joined);
            }
            if !room_requests::is_answered(tx.connection, id, caller.id, user.id)? {
                daily::count(tx, caller.id, Daily::Add)?;
                room_requests::ask(tx, id, caller.id, user.id)?;
            }
            Ok(Added::Asked)
        })
        .await
    }

    /// Removes a participant from a room. Everybody may leave; only the owner may remove others.
    ///
    /// # Errors
    /// [`Error::NotFound`] if one of the two isn't in it, [`Error::Forbidden`], [`Error::NotARoom`].
    pub async fn remove_participant(
        &self,
        caller: User,
        id: ConversationId,
        user: UserId,
    ) -> Result<()> {
        self.write(move |tx| {
            let role = require_room(tx.connection, id, caller.id)?;
            if user == caller.id {
                return leave(tx, id, &caller);
            }
            require_owner(role)?;
            let user = users::by_id(tx.connection, user)?.ok_or(Error::NotFound("Participant"))?;
            remove(tx, id, &system_message(SystemKind::Removed, &caller, &user))
        })
        .await
    }
}

pub(super) fn create(
    tx: &mut Transaction<'_>,
    caller: &User,
    room: &NewRoom,
    usernames: &[UsernameKey],
) -> Result<(Conversation, Member)> {
    let connection = tx.connection;
    let mut people = vec![(caller.id, Role::Owner)];
    let mut asked = Vec::new();
    for (index, username) in usernames.iter().enumerate() {
        let user = users::find(connection, username)?.ok_or_else(|| {
            let reason = format!("Username {} of the list doesn’t exist.", index + 1);
            Error::invalid("usernames", reason)
        })?;
        require_addable(connection, caller, &user)?;
        if people.iter().any(|&(known, _)| known == user.id) || asked.contains(&user.id) {
            continue;
        }
        daily::count(tx, caller.id, Daily::Add)?;
        if room_requests::asks_first(connection, user.id)? {
            asked.push(user.id);
        } else {
            people.push((user.id, Role::Member));
        }
    }
    let since = place_before(tx.upcoming_id());
    let id = conversations::insert_room(tx, &room.name, room.open, people.len())?;
    for (user, role) in people {
        let new = NewParticipant {
            user,
            role,
            since_id: since,
            history_id: EventId(0),
            last_read_number: 0,
        };
        participants::insert(connection, id, &new)?;
    }
    publish_system_message(tx, id, &system_message(SystemKind::Created, caller, caller))?;
    for user in asked {
        room_requests::ask(tx, id, caller.id, user)?;
    }
    view(connection, id, caller.id)
}

fn update(
    tx: &mut Transaction<'_>,
    caller: &User,
    id: ConversationId,
    change: RoomUpdate,
) -> Result<()> {
    require_own_room(tx.connection, id, caller.id)?;
    let present = load(tx.connection, id, None)?;
    let name = change
        .name
        .filter(|name| present.name.as_ref() != Some(name));
    if let Some(name) = name {
        conversations::set_name(tx.connection, id, &name)?;
        let renamed = SystemMessage {
            data: &name,
            ..system_message(SystemKind::Renamed, caller, caller)
        };
        publish_system_message(tx, id, &renamed)?;
    }
    if let Some(open) = change.open.filter(|&open| open != present.open) {
        conversations::set_open(tx, id, open)?;
        let kind = if open {
            SystemKind::Opened
        } else {
            SystemKind::Closed
        };
        publish_system_message(tx, id, &system_message(kind, caller, caller))?;
    }
    if let Some(owner) = change.owner.filter(|&owner| owner != caller.id) {
        let nobody = Error::NotFound("Participant");
        let owner = users::by_id(tx.connection, owner)?.ok_or(nobody.clone())?;
        let is_person = users::bot_maker(tx.connection, owner.id)?.is_none()
            && !users::is_disabled(tx.connection, owner.id)?;
        if !is_person || !is_member(tx.connection, id, owner.id)? {
            return Err(nobody);
        }
        participants::set_role(tx.connection, id, caller.id, Role::Member)?;
        participants::set_role(tx.connection, id, owner.id, Role::Owner)?;
        publish_system_message(tx, id, &system_message(SystemKind::Owner, caller, &owner))?;
    }
    Ok(())
}

/// Adds a participant, who sees messages from now on; in an open room, from when it was opened. What was said while it was
/// closed stays with those who were in it.
fn insert(
    tx: &mut Transaction<'_>,
    id: ConversationId,
    by: &User,
    user: &User,
    kind: SystemKind,
) -> Result<()> {
    let connection = tx.connection;
    let since = place_before(tx.upcoming_id());
    let is_empty = participants::roster(tx, id)?.is_empty();
    let new = NewParticipant {
        user: user.id,
        // The first to come back to an abandoned room becomes its owner.
        role: if is_empty { Role::Owner } else { Role::Member },
        since_id: since,
        history_id: open_since(connection, id)?.unwrap_or(since),
        last_read_number: messages::newest_number(tx, id)?,
    };
    participants::insert(connection, id, &new)?;
    conversations::count_participants(connection, id, 1)?;
    room_requests::close(tx, id, user.id)?;
    publish_system_message(tx, id, &system_message(kind, by, user))
}

/// Adds a user who comes by themselves. Whether they may is up to the calling function.
pub(super) fn join(tx: &mut Transaction<'_>, id: ConversationId, user: &User) -> Result<()> {
    insert(tx, id, user, user, SystemKind::Joined)
}

/// Adds a user who was added by another participant.
pub(super) fn add(
    tx: &mut Transaction<'_>,
    id: ConversationId,
    by: &User,
    user: &User,
) -> Result<()> {
    insert(tx, id, by, user, SystemKind::Added)
}

/// A system message without data.
pub(super) fn system_message<'a>(
    kind: SystemKind,
    by: &'a User,
    subject: &'a User,
) -> SystemMessage<'a> {
    SystemMessage {
        kind,
        by,
        actor: Some(by),
        subject,
        data: "",
    }
}

/// Removes a user who leaves.
pub(super) fn leave(tx: &mut Transaction<'_>, id: ConversationId, user: &User) -> Result<()> {
    remove(tx, id, &system_message(SystemKind::Left, user, user))
}

/// Removes the subject of `why`. If they owned the room, it passes to the participant who has been there longest.
fn remove(tx: &mut Transaction<'_>, id: ConversationId, why: &SystemMessage<'_>) -> Result<()> {
    let connection = tx.connection;
    let user = why.subject;
    let everybody = participants::roster(tx, id)?;
    let gone = Member::find(&everybody, user.id).ok_or(Error::NotFound("Participant"))?;
    let event = tx.next_id();
    participants::delete(connection, id, user.id, event)?;
    hooks::delete_in(connection, id, user.id)?;
    drafts::forget(connection, user.id, id)?;
    conversations::count_participants(connection, id, -1)?;
    tx.publish(event, only(&everybody, user.id), Change::Removed(id));
    publish_system_message(tx, id, why)?;
    if gone.role == Role::Owner {
        transfer_ownership(tx, id, user)?;
    }
    room_requests::withdraw_from(tx, id, user.id)?;
    // Their bots go too, so that nobody reads on through a bot.
    for bot in bots_in(connection, id, user.id)? {
        let followed = SystemMessage {
            actor: Some(user),
            data: SystemKind::FOLLOWED,
            ..system_message(SystemKind::Removed, why.by, &bot)
        };
        remove(tx, id, &followed)?;
    }
    Ok(())
}

/// A user's bots in a room.
fn bots_in(
    connection: &Connection,
    id: ConversationId,
    maker: UserId,
) -> rusqlite::Result<Vec<User>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {} FROM participants p JOIN users u ON u.id = p.user_id
         WHERE p.conversation_id = ?1 AND u.bot_of = ?2",
        users::columns("u"),
    ))?;
    let bots = statement.query_map((id.0, maker.0), |row| users::from_row(row, "u"))?;
    bots.collect()
}

fn transfer_ownership(tx: &mut Transaction<'_>, id: ConversationId, from: &User) -> Result<()> {
    let connection = tx.connection;
    let heir = connection
        .prepare_cached(
            "SELECT user_id FROM participants JOIN users ON users.id = user_id WHERE conversation_id = ?1
             ORDER BY disabled_at IS NOT NULL, bot_of IS NOT NULL, since_id, user_id LIMIT 1",
        )?
        .query_row([id.0], |row| row.get(0).map(UserId))
        .optional()?;
    let Some(heir) = heir else {
        return Ok(());
    };
    participants::set_role(connection, id, heir, Role::Owner)?;
    let heir = users::by_id(connection, heir)?.ok_or(Error::Internal)?;
    let passed_on = SystemMessage {
        actor: None,
        ..system_message(SystemKind::Owner, from, &heir)
    };
    publish_system_message(tx, id, &passed_on)
}

/// Inserts a system message, and publishes it and the changed room to everybody in it.
pub(super) fn publish_system_message(
    tx: &mut Transaction<'_>,
    id: ConversationId,
    what: &SystemMessage<'_>,
) -> Result<()> {
    let event = conversations::set_changed(tx, id)?;
    let message = sending::send_system(tx, id, what)?;
    // The participants and their roles may have changed. The event also contains each member's read mark, and the
    // actor's has just moved without an event of its own.
    let everybody = participants::fresh_roster(tx, id)?;
    // The newest message is this one, which nobody has reacted to.
    let conversation = load(tx.connection, id, None)?;
    let told = Arc::clone(&everybody);
    tx.publish(event, told, Change::Conversation(Box::new(conversation)));
    tx.publish(message.id, everybody, Change::Message(message));
    Ok(())
}

/// Refuses to add somebody who doesn’t accept it from the caller, or somebody else’s bot: it would read in the room for its
/// maker.
fn require_addable(connection: &Connection, caller: &User, user: &User) -> Result<()> {
    blocks::require_reachable(connection, caller.id, user)?;
    match user.bot {
        Some(bot) if bot.bot_of != caller.id => Err(Error::Forbidden("its creator")),
        _ => Ok(()),
    }
}

/// The caller's role. Refuses conversations that aren't rooms.
fn require_room(connection: &Connection, id: ConversationId, caller: UserId) -> Result<Role> {
    let role = member(connection, id, caller)?.role;
    let is_room: bool = connection
        .prepare_cached("SELECT kind = 'room' FROM conversations WHERE id = ?1")?
        .query_row([id.0], |row| row.get(0))?;
    if is_room {
        Ok(role)
    } else {
        Err(Error::NotARoom)
    }
}

/// Refuses callers who don't own the room.
pub(super) fn require_own_room(
    connection: &Connection,
    id: ConversationId,
    caller: UserId,
) -> Result<()> {
    require_owner(require_room(connection, id, caller)?)
}

fn require_owner(role: Role) -> Result<()> {
    match role {
        Role::Owner => Ok(()),
        Role::Member => Err(Error::Forbidden("the room’s owner")),
    }
}

/// Refuses callers who neither take part in a conversation nor could join it.
pub(super) fn require_seen(
    connection: &Connection,
    id: ConversationId,
    caller: UserId,
) -> Result<()> {
    if is_member(connection, id, caller)? || is_open(connection, id)? {
        Ok(())
    } else {
        Err(NOT_FOUND)
    }
}

fn is_open(connection: &Connection, id: ConversationId) -> Result<bool> {
    Ok(open_since(connection, id)?.is_some())
}

/// The place after which a room has been open all the time. None if it isn't open.
fn open_since(connection: &Connection, id: ConversationId) -> Result<Option<EventId>> {
    let since = connection
        .prepare_cached(
            "SELECT iif(open, open_id, NULL) AS since FROM conversations WHERE id = ?1",
        )?
        .query_row([id.0], |row| row.get::<_, Option<i64>>("since"))
        .optional()?;
    Ok(since.ok_or(NOT_FOUND)?.map(EventId))
}

/// The place just before `id`.
fn place_before(id: EventId) -> EventId {
    EventId(id.0 - 1)
}
