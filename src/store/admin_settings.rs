//! What administrators have set for everybody. The row is missing as long as nothing was set.

use rusqlite::{Connection, OptionalExtension};

use super::{audit::Entry, context::Transaction, handle::Store, second_factors};
use crate::{
    error::{Error, Result},
    model::{Actor, AdminSettings, ConversationId, SecurityEventKind, UserId},
};

/// Changes of the settings; `None` leaves one as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct AdminSettingsUpdate {
    pub members_may_invite: Option<bool>,
    /// A room, or none.
    pub default_room: Option<Option<ConversationId>>,
    pub admins_need_second_factor: Option<bool>,
}

impl Store {
    /// The settings.
    pub async fn admin_settings(&self) -> Result<AdminSettings> {
        self.read(|connection| Ok(load(connection)?)).await
    }

    /// Changes the settings on behalf of an administrator.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the default room isn't a room that is open or that the caller is in, and
    /// [`Error::SecondFactorNeeded`] if the caller would require of others what they don’t use themselves.
    pub async fn update_admin_settings(
        &self,
        caller: UserId,
        update: AdminSettingsUpdate,
        by: Actor,
    ) -> Result<AdminSettings> {
        self.write(move |tx| {
            let mut settings = load(tx.connection)?;
            let before = settings;
            if let Some(may) = update.members_may_invite {
                settings.members_may_invite = may;
            }
            if let Some(room) = update.default_room {
                if let Some(room) = room {
                    require_room(tx.connection, room, caller)?;
                }
                settings.default_room_id = room;
            }
            if let Some(need) = update.admins_need_second_factor {
                if need && !second_factors::has_one(tx.connection, caller)? {
                    return Err(Error::SecondFactorNeeded);
                }
                settings.admins_need_second_factor = need;
            }
            if settings != before {
                store(tx, &settings)?;
                Entry::new(SecurityEventKind::SettingsChanged, None, &by).record(tx)?;
            }
            Ok(settings)
        })
        .await
    }
}

/// The condition for a conversation `c` that is a room which user `?1` knows of: it is open, or they are in it.
pub(super) const IS_KNOWN_ROOM: &str = "(c.kind = 'room' AND (c.open = 1 OR EXISTS (
    SELECT 1 FROM participants WHERE conversation_id = c.id AND user_id = ?1)))";

/// Nobody else may let everybody into a closed room than somebody in it.
fn require_room(connection: &Connection, id: ConversationId, caller: UserId) -> Result<()> {
    let is_room = connection
        .prepare_cached(&format!(
            "SELECT 1 FROM conversations c WHERE id = ?2 AND {IS_KNOWN_ROOM}"
        ))?
        .exists((caller.0, id.0))?;
    if is_room {
        Ok(())
    } else {
        Err(Error::invalid("defaultRoomId", "Room not found."))
    }
}

pub(super) fn load(connection: &Connection) -> rusqlite::Result<AdminSettings> {
    let settings = connection
        .prepare_cached("SELECT members_may_invite, default_room_id, admins_need_second_factor FROM admin_settings")?
        .query_row([], |row| {
            let room: Option<i64> = row.get("default_room_id")?;
            Ok(AdminSettings {
                members_may_invite: row.get("members_may_invite")?,
                default_room_id: room.map(ConversationId),
                admins_need_second_factor: row.get("admins_need_second_factor")?,
            })
        })
        .optional()?;
    Ok(settings.unwrap_or_default())
}

pub(super) fn store(tx: &Transaction<'_>, settings: &AdminSettings) -> rusqlite::Result<()> {
    tx.connection
        .prepare_cached(
            "INSERT INTO admin_settings (only_row, members_may_invite, default_room_id, admins_need_second_factor)
             VALUES (1, ?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET members_may_invite = ?1, default_room_id = ?2, admins_need_second_factor = ?3",
        )?
        .execute((
            settings.members_may_invite,
            settings.default_room_id.map(|id| id.0),
            settings.admins_need_second_factor,
        ))
        .map(drop)
}
