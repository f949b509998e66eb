//! Where new people land: the rooms that they join, and their conversation with who invited them.

use super::{
    admin_settings,
    context::Transaction,
    conversations,
    rooms::{self, NewRoom},
};
use crate::{
    error::Result,
    model::{AdminSettings, ConversationId, Invite, User},
};

/// Lets a new person in who has this invitation. Returns where they land: in the conversation with who invited them, or
/// else in the first room.
pub(super) fn by_invitation(
    tx: &mut Transaction<'_>,
    user: &User,
    invite: Invite,
) -> Result<Option<ConversationId>> {
    for room in &invite.rooms {
        rooms::join(tx, room.id, user)?;
    }
    let direct = match invite.created_by {
        Some(by) => Some(conversations::create_direct(tx, user.id, by.id)?.0.id),
        None => None,
    };
    Ok(direct.or(invite.rooms.first().map(|room| room.id)))
}

/// Lets a new person in who has no invitation. Returns where they land: in the default room, if there is one.
pub(super) fn without_invitation(
    tx: &mut Transaction<'_>,
    user: &User,
) -> Result<Option<ConversationId>> {
    let room = admin_settings::load(tx.connection)?.default_room_id;
    if let Some(room) = room {
        rooms::join(tx, room, user)?;
    }
    Ok(room)
}

/// Creates the default room, an open one. The first administrator owns it.
pub(super) fn create_default_room(
    tx: &mut Transaction<'_>,
    owner: &User,
    name: String,
) -> Result<ConversationId> {
    let room = NewRoom {
        name,
        usernames: Vec::new(),
        open: true,
    };
    let (room, _) = rooms::create(tx, owner, &room, &[])?;
    let settings = AdminSettings {
        default_room_id: Some(room.id),
        ..admin_settings::load(tx.connection)?
    };
    admin_settings::store(tx, &settings)?;
    Ok(room.id)
}
