//! Who sees whose activity: that somebody is online, is typing, and what they have read.

use rusqlite::Connection;

use super::{
    blocks,
    handle::Store,
    participants::{load_roster, member},
    roster_cache::Roster,
    users::shows_activity,
};
use crate::{
    error::Result,
    model::{ConversationId, UserId},
};

/// Only in conversations of up to this many people do the participants see who is online, who is typing and what each
/// has read. In larger ones, these events would cost too much.
pub(super) const MAX_ACTIVITY_PARTICIPANTS: u32 = 50;

impl Store {
    /// The users who may see whether `user` is online: those in a small conversation with them, unless it is a direct
    /// one and one of the two has blocked the other. Nobody, if `user` hides their activity.
    pub async fn contacts(&self, user: UserId) -> Result<Vec<UserId>> {
        self.read(move |connection| {
            if !shows_activity(connection, user)? {
                return Ok(Vec::new());
            }
            let mut statement = connection.prepare_cached(&format!(
                "SELECT DISTINCT other.user_id
                 FROM participants mine
                 JOIN conversations c ON c.id = mine.conversation_id AND c.participant_count <= ?2
                 JOIN participants other ON other.conversation_id = c.id AND other.user_id <> mine.user_id
                 WHERE mine.user_id = ?1 AND NOT (c.kind = 'direct' AND {})",
                blocks::has_block("mine.user_id", "other.user_id"),
            ))?;
            let users = statement.query_map((user.0, MAX_ACTIVITY_PARTICIPANTS), |row| row.get(0).map(UserId))?;
            Ok(users.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// The users who are told that `caller` is typing: the other participants, if there are few, the caller shows
    /// their activity, and neither has blocked the other.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller isn't in the conversation.
    pub async fn typing_audience(&self, caller: UserId, id: ConversationId) -> Result<Vec<UserId>> {
        self.read(move |connection| {
            member(connection, id, caller)?;
            let members = load_roster(connection, id)?;
            if !is_seen(connection, &members, caller)? || blocks::is_closed(connection, id)? {
                return Ok(Vec::new());
            }
            let others = members.iter().map(|member| member.user);
            Ok(others.filter(|&user| user != caller).collect())
        })
        .await
    }
}

/// Whether the others in a conversation see a user's activity.
pub(super) fn is_seen(
    connection: &Connection,
    roster: &Roster,
    user: UserId,
) -> rusqlite::Result<bool> {
    Ok(roster.len() <= MAX_ACTIVITY_PARTICIPANTS as usize && shows_activity(connection, user)?)
}
