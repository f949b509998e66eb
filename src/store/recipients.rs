//! Whom a new message is told to on devices that aren’t open. This is one question, and it is asked twice: when the message is
//! queued (`pushes`), and when it is sent, because they may have read it by then, or muted the conversation, or left it.

use std::time::Duration;

use rusqlite::{Connection, Row, named_params};

use super::{
    blocks::has_blocked, conversations::kind_of, notification_settings, participants,
    visible::IS_VISIBLE,
};
use crate::{
    error::Result,
    model::{ConversationId, EventId, MessageId, NotificationLevel, Timestamp, UserId},
};

/// What is older is told to nobody, and no longer tried.
pub const PUSH_LIFE: Duration = Duration::from_hours(24);

/// Somebody who is to be told of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub user: UserId,
    pub conversation: ConversationId,
    pub message: MessageId,
    sent_at: Timestamp,
}

/// Who is to be told of the messages after one place in the sequence, up to another: each participant who may see it and
/// hasn’t read it, and hasn’t blocked its author, as far as their level for the conversation goes, outside their quiet
/// hours. Not its author, not of what the system says, and not of what was deleted. The page decides by the same rule
/// (ui/attention/attention.js). `only` asks for one user.
pub(super) fn wanted(
    connection: &Connection,
    after: EventId,
    through: EventId,
    only: Option<UserId>,
) -> rusqlite::Result<Vec<Wanted>> {
    let now = Timestamp::now();
    let is_blocked = has_blocked("p.user_id", "m.author_id");
    // So that in a large room only one row is looked at.
    let is_asked_for = match only {
        Some(_) => "p.user_id = :only",
        None => ":only IS NULL",
    };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT m.id, m.conversation_id, m.created_at, p.user_id, p.notification_level,
             c.kind, c.participant_count,
             EXISTS (SELECT 1 FROM calls WHERE conversation_id = m.conversation_id
                     AND user_id = p.user_id AND number = m.number) AS is_called
         FROM messages m
         CROSS JOIN conversations c ON c.id = m.conversation_id
         CROSS JOIN participants p ON p.conversation_id = m.conversation_id
         CROSS JOIN users u ON u.id = p.user_id
         WHERE m.id > :after AND m.id <= :through AND {is_asked_for}
         AND m.author_id IS NOT NULL AND m.deleted_at IS NULL AND m.created_at > :oldest
         AND p.user_id <> m.author_id AND {IS_VISIBLE} AND p.last_read_number < m.number
         AND u.disabled_at IS NULL AND u.bot_of IS NULL AND NOT {is_blocked}
         AND EXISTS ({})
         ORDER BY m.id",
        targets_of("p.user_id"),
    ))?;
    let oldest = now.0 - i64::try_from(PUSH_LIFE.as_millis()).unwrap_or(i64::MAX);
    let rows = statement.query_map(
        named_params! {
            ":after": after.0,
            ":through": through.0,
            ":only": only.map(|user| user.0),
            ":oldest": oldest,
        },
        |row| Ok((wanted_from_row(row)?, is_wanted(row)?)),
    )?;
    let mut found = Vec::new();
    for row in rows {
        let (wanted, is_wanted) = row?;
        if is_wanted && !is_quiet(connection, &wanted, now)? {
            found.push(wanted);
        }
    }
    Ok(found)
}

fn wanted_from_row(row: &Row<'_>) -> rusqlite::Result<Wanted> {
    Ok(Wanted {
        user: UserId(row.get("user_id")?),
        conversation: ConversationId(row.get("conversation_id")?),
        message: EventId(row.get("id")?),
        sent_at: Timestamp(row.get("created_at")?),
    })
}

/// Whether the participant wants to be told, as they have chosen for the conversation.
fn is_wanted(row: &Row<'_>) -> rusqlite::Result<bool> {
    Ok(match level(row)? {
        NotificationLevel::All => true,
        NotificationLevel::Mentions => row.get("is_called")?,
        NotificationLevel::None => false,
    })
}

/// Of which messages a participant wants to be notified, by their choice or by the kind and the size of the conversation.
fn level(row: &Row<'_>) -> rusqlite::Result<NotificationLevel> {
    let chosen: Option<String> = row.get("notification_level")?;
    match chosen.as_deref().and_then(NotificationLevel::parse) {
        Some(level) => Ok(level),
        None => Ok(NotificationLevel::usual(
            kind_of(row)?,
            row.get("participant_count")?,
        )),
    }
}

/// Whether it was sent in the quiet hours of its receiver, which it isn’t told after, or these have begun since.
fn is_quiet(connection: &Connection, wanted: &Wanted, now: Timestamp) -> rusqlite::Result<bool> {
    let quiet = notification_settings::find(connection, wanted.user)?.quiet;
    Ok(quiet.is_some_and(|quiet| quiet.cover(wanted.sent_at) || quiet.cover(now)))
}

/// How many unread messages the user wants to know of, as the page counts them (`wanted` in
/// ui/conversations/conversations.js): a conversation that is marked unread counts as one, and one that is archived or
/// hidden doesn’t.
pub(super) fn badge(connection: &Connection, user: UserId) -> Result<u32> {
    let members = participants::memberships(connection, user)?;
    let mut statement = connection.prepare_cached(&format!(
        "SELECT p.conversation_id, p.notification_level, c.kind, c.participant_count,
             (SELECT m.number FROM messages m
              WHERE m.conversation_id = p.conversation_id AND {IS_VISIBLE}
              ORDER BY m.id DESC LIMIT 1) AS newest
         FROM participants p CROSS JOIN conversations c ON c.id = p.conversation_id
         WHERE p.user_id = ?1"
    ))?;
    let mut rows = statement.query([user.0])?;
    let mut total: i64 = 0;
    while let Some(row) = rows.next()? {
        let newest: Option<i64> = row.get("newest")?;
        let member = members.get(&ConversationId(row.get("conversation_id")?));
        let Some((newest, member)) = newest.zip(member) else {
            continue;
        };
        let settings = &member.settings;
        let lasts = |number: Option<i64>| number.is_some_and(|number| newest <= number);
        if lasts(settings.archived_number) || lasts(settings.hidden_number) {
            continue;
        }
        let unread = match level(row)? {
            NotificationLevel::All => (newest - member.last_read_number).max(0),
            NotificationLevel::Mentions => member.mention_count,
            NotificationLevel::None => continue,
        };
        total += if unread == 0 {
            i64::from(member.is_marked_unread())
        } else {
            unread
        };
    }
    Ok(u32::try_from(total).unwrap_or(u32::MAX))
}

/// Where a user is told, as SQL: the numbers of their targets. Asked for one user, so that each is found by an index.
pub(super) fn targets_of(user: &str) -> String {
    format!(
        "SELECT b.id FROM sessions s JOIN subscriptions b ON b.session_id = s.id WHERE s.user_id = {user}
         UNION ALL SELECT 0 FROM push_relays r WHERE r.user_id = {user}"
    )
}
