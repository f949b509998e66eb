//! What each participant sets for themselves in a conversation: pinned, archived, hidden, marked unread, and of what they
//! want to be notified. Only their own streams are told. A send writes none of it: what a newer message ends is derived when it is read.

use super::{
    context::Transaction,
    conversations::{self, load, view},
    handle::Store,
    messages,
    participants::{self, member},
    source::Source,
};
use crate::{
    error::{Error, Result},
    model::{
        Change, Conversation, ConversationId, ConversationKind, ConversationSettings, Member,
        NotificationLevel, UserId, limits,
    },
};

/// Conversations whose settings the caller has changed, for a stream's replay.
pub(super) const CHANGED: Source = Source {
    select: || {
        "SELECT settings_id, {source}, conversation_id, 0
         FROM participants WHERE user_id = ?1 AND settings_id > ?2"
            .to_owned()
    },
    load: |loader, row| {
        let conversation = load(loader.connection, row.conversation_id, Some(loader.caller))?;
        loader.event(row, &Change::Conversation(Box::new(conversation)))
    },
};

/// Changes of a participant's settings; `None` leaves one as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct SettingsUpdate {
    pub pinned: Option<bool>,
    pub archived: Option<bool>,
    pub hidden: Option<bool>,
    pub marked_unread: Option<bool>,
    /// `Some(None)` takes back what they have chosen.
    pub notification_level: Option<Option<NotificationLevel>>,
}

impl Store {
    /// Changes the caller's settings of a conversation. Pinning one brings it back to the list; archiving or hiding one
    /// unpins it.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller isn't in it, [`Error::Invalid`] if they have pinned as many as they may, or
    /// would hide a room.
    pub async fn update_conversation_settings(
        &self,
        caller: UserId,
        id: ConversationId,
        update: SettingsUpdate,
    ) -> Result<(Conversation, Member)> {
        self.write(move |tx| {
            let member = member(tx.connection, id, caller)?;
            let settings = updated(tx, id, &member, update)?;
            conversations::set_settings(tx, id, member, settings)?;
            view(tx.connection, id, caller)
        })
        .await
    }
}

fn updated(
    tx: &mut Transaction<'_>,
    id: ConversationId,
    member: &Member,
    update: SettingsUpdate,
) -> Result<ConversationSettings> {
    let newest = messages::newest_number(tx, id)?;
    let mut settings = member.settings;
    match update.pinned {
        Some(true) if settings.pinned_at.is_none() => {
            if participants::count_pinned(tx.connection, member.user)? >= limits::PINS {
                let reason = format!("You can pin up to {} conversations.", limits::PINS);
                return Err(Error::invalid("pinned", reason));
            }
            settings.pinned_at = Some(tx.now);
            settings.archived_number = None;
            settings.hidden_number = None;
        }
        Some(false) => settings.pinned_at = None,
        _ => {}
    }
    if let Some(archived) = update.archived {
        settings.archived_number = archived.then_some(newest);
    }
    if let Some(hidden) = update.hidden {
        // Nobody could find a hidden room again. Rooms can be left.
        if hidden && load(tx.connection, id, None)?.kind == ConversationKind::Room {
            return Err(Error::invalid("hidden", "Rooms can’t be hidden."));
        }
        settings.hidden_number = hidden.then_some(newest);
    }
    if update.archived == Some(true) || update.hidden == Some(true) {
        settings.pinned_at = None;
    }
    if let Some(unread) = update.marked_unread {
        settings.unread_number = unread.then_some(newest);
    }
    if let Some(level) = update.notification_level {
        settings.notification_level = level;
    }
    Ok(settings)
}
