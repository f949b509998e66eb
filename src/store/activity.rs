//! Who sees whose activity: that somebody is online, is typing, and what they have read. So the list of participants is
//! here as well.

use rusqlite::Connection;

use super::{
    blocks,
    handle::Store,
    participants::{load_roster, member, role_of},
    roster_cache::Roster,
    users::{self, shows_activity},
};
use crate::{
    error::Result,
    model::{ConversationId, Participant, UserId},
};

/// Only in conversations of up to this many people do the participants see who is online, who is typing and what each
/// has read. In larger ones, these events would cost too much.
pub(super) const MAX_ACTIVITY_PARTICIPANTS: u32 = 50;

impl Store {
    /// The participants, ordered by name. `is_online` returns whether a user has an open stream.
    ///
    /// # Errors
    /// [`crate::error::Error::NotFound`] if the caller isn't in the conversation.
    pub async fn participants(
        &self,
        caller: UserId,
        id: ConversationId,
        is_online: impl Fn(UserId) -> bool + Send + 'static,
    ) -> Result<Vec<Participant>> {
        self.read(move |connection| {
            member(connection, id, caller)?;
            let is_closed = blocks::is_closed(connection, id)?;
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {}, p.role, p.last_read_number, u.shows_activity, c.participant_count
                 FROM participants p
                 JOIN users u ON u.id = p.user_id
                 JOIN conversations c ON c.id = p.conversation_id
                 WHERE p.conversation_id = ?1 ORDER BY u.username_key",
                users::columns("u"),
            ))?;
            let participants = statement.query_map([id.0], |row| {
                let user = users::from_row(row, "u")?;
                let few = row.get::<_, u32>("participant_count")? <= MAX_ACTIVITY_PARTICIPANTS;
                let is_shown = user.id == caller || row.get("shows_activity")? && few;
                let last_read_number: i64 = row.get("last_read_number")?;
                Ok(Participant {
                    role: role_of(row.get_ref("role")?.as_str()?),
                    last_read_number: is_shown.then_some(last_read_number),
                    online: is_shown && !is_closed && is_online(user.id),
                    user,
                })
            })?;
            Ok(participants.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

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
    /// [`crate::error::Error::NotFound`] if the caller isn't in the conversation.
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
