//! Read marks: how far each participant has read.

use super::{
    activity::is_seen,
    calls,
    context::Transaction,
    conversations,
    handle::Store,
    messages,
    participants::{self, member, only, roster},
    source::Source,
    visible::is_missed,
};
use crate::{
    error::Result,
    model::{Change, ConversationId, ConversationSettings, UserId},
};

/// Moved read marks, for a stream's replay: the caller's own, and those of others that the caller may see.
pub(super) const READ: Source = Source {
    select: || {
        let is_missed = is_missed("r.read_id");
        format!(
            "SELECT r.read_id, {{source}}, p.conversation_id, r.user_id
             FROM participants p CROSS JOIN participants r INDEXED BY participants_by_read
             ON r.conversation_id = p.conversation_id AND {is_missed}
             CROSS JOIN conversations c ON c.id = p.conversation_id
             CROSS JOIN users u ON u.id = r.user_id
             WHERE p.user_id = ?1 AND (r.user_id = ?1 OR c.participant_count <= ?4 AND u.shows_activity = 1)"
        )
    },
    load: |loader, row| {
        let reader = member(loader.connection, row.conversation_id, row.user_id())?;
        let read = Change::Read {
            conversation_id: row.conversation_id,
            user_id: reader.user,
            up_to: reader.last_read_number,
        };
        loader.event(row, &read)
    },
};

impl Store {
    /// Moves the caller's read mark forward to message number `up_to`, or to the newest message.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::error::Error::NotFound) if the caller isn't in the conversation.
    pub async fn mark_read(
        &self,
        caller: UserId,
        id: ConversationId,
        up_to: Option<i64>,
    ) -> Result<()> {
        self.write(move |tx| {
            let connection = tx.connection;
            let before = member(connection, id, caller)?;
            let newest = messages::newest_number(tx, id)?;
            let up_to = up_to.map_or(newest, |up_to| up_to.min(newest));
            if participants::set_read_mark(connection, id, caller, up_to)? {
                calls::delete_read(connection, id, caller, up_to)?;
                publish(tx, id, caller, up_to)?;
            }
            // An old mark that comes late says nothing about what was marked unread since.
            if up_to >= before.last_read_number {
                let member = member(connection, id, caller)?;
                if member.is_marked_unread() {
                    let settings = ConversationSettings {
                        unread_number: None,
                        ..member.settings
                    };
                    conversations::set_settings(tx, id, member, settings)?;
                }
            }
            Ok(())
        })
        .await
    }
}

/// Publishes a moved read mark.
fn publish(tx: &mut Transaction<'_>, id: ConversationId, caller: UserId, up_to: i64) -> Result<()> {
    let event = tx.next_id();
    participants::set_read_id(tx.connection, id, caller, event)?;
    let everybody = roster(tx, id)?;
    let told = if is_seen(tx.connection, &everybody, caller)? {
        everybody
    } else {
        only(&everybody, caller)
    };
    let read = Change::Read {
        conversation_id: id,
        user_id: caller,
        up_to,
    };
    tx.publish(event, told, read);
    Ok(())
}
