//! Mentions in messages: finding them, keeping them, and reading them.

use rusqlite::{Connection, OptionalExtension};

use super::{
    context::Transaction,
    users::{self, Lookup},
};
use crate::{
    error::Result,
    model::{
        ConversationId, EVERYBODY, FoundMention, MAX_CALLED_BY_MEMBERS, Member, Mention, Mentioned,
        Message, MessageId, Role, UserId, UsernameKey, find_mentions, name_key,
    },
};

/// The most names that are looked up for one message: a millisecond. A message that would need more has the rest of its
/// names as plain text.
const MAX_LOOKUPS: usize = 500;

/// Whether a text may have mentions. Those that can’t cost nothing.
pub(super) fn may_mention(content: &str) -> bool {
    content.contains('@')
}

/// Finds the mentions in a message of `author`, who is one of `people` in its conversation, and sets them.
pub(super) fn find(
    tx: &Transaction<'_>,
    message: &mut Message,
    author: &Member,
    people: usize,
) -> Result<()> {
    message.mentions = Vec::new();
    if !may_mention(&message.content) {
        return Ok(());
    }
    let (connection, conversation) = (tx.connection, message.conversation_id);
    let may_call_everybody = is_room(connection, conversation)?
        && (author.role == Role::Owner || people <= MAX_CALLED_BY_MEMBERS);
    let mut lookups = 0;
    let found = find_mentions(&message.content, |name| {
        if may_call_everybody && name.eq_ignore_ascii_case(EVERYBODY) {
            return Ok(Some(Mentioned::Everybody));
        }
        lookups += 1;
        if lookups > MAX_LOOKUPS {
            return Ok(None);
        }
        resolve(connection, conversation, name).map(|user| user.map(Mentioned::User))
    })?;
    for FoundMention { place, who } in found {
        let user = match who {
            Mentioned::User(id) => users::by_id(connection, id)?,
            Mentioned::Everybody => None,
        };
        message.mentions.push(Mention {
            start: place.start,
            end: place.end,
            all: user.is_none(),
            user,
        });
    }
    Ok(())
}

fn is_room(connection: &Connection, id: ConversationId) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM conversations WHERE id = ?1 AND kind = 'room'")?
        .exists([id.0])
}

/// Who in the conversation has this username, or else alone has this display name.
fn resolve(
    connection: &Connection,
    conversation: ConversationId,
    name: &str,
) -> rusqlite::Result<Option<UserId>> {
    if !name.contains(char::is_whitespace) {
        let user = connection
            .prepare_cached(
                "SELECT u.id FROM users u JOIN participants p ON p.user_id = u.id AND p.conversation_id = ?1
                 WHERE u.username_key = ?2 AND u.deleted_at IS NULL",
            )?
            .query_row((conversation.0, UsernameKey::new(name).as_str()), |row| {
                row.get(0).map(UserId)
            })
            .optional()?;
        if user.is_some() {
            return Ok(user);
        }
    }
    let key = name_key(name);
    let mut statement = connection.prepare_cached(
        "SELECT u.id, u.display_name FROM name_parts n
         CROSS JOIN users u ON u.id = n.user_id AND u.deleted_at IS NULL
         CROSS JOIN participants p ON p.conversation_id = ?1 AND p.user_id = u.id
         WHERE n.part = ?2",
    )?;
    let mut rows = statement.query((conversation.0, &key))?;
    let mut only = None;
    while let Some(row) = rows.next()? {
        // The index also has what is left of a name from each of its words on.
        if name_key(row.get_ref("display_name")?.as_str()?) == key
            && only.replace(UserId(row.get("id")?)).is_some()
        {
            return Ok(None);
        }
    }
    Ok(only)
}

/// Inserts the mentions of a message, in place of those that it had.
pub(super) fn set(tx: &Transaction<'_>, message: &Message) -> rusqlite::Result<()> {
    delete(tx, message.id)?;
    for mention in &message.mentions {
        tx.connection
            .prepare_cached(
                "INSERT INTO mentions (message_id, position, length, user_id) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute((
                message.id.0,
                mention.start,
                mention.end - mention.start,
                mention.user.as_ref().map(|user| user.id.0),
            ))?;
    }
    Ok(())
}

pub(super) fn delete(tx: &Transaction<'_>, message: MessageId) -> rusqlite::Result<()> {
    tx.connection
        .prepare_cached("DELETE FROM mentions WHERE message_id = ?1")?
        .execute([message.0])
        .map(drop)
}

/// The mentions of a message with this content, with the names of now.
pub(super) fn of(
    connection: &Connection,
    users: &mut Lookup<'_>,
    message: MessageId,
    content: &str,
) -> rusqlite::Result<Vec<Mention>> {
    if !may_mention(content) {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare_cached(
        "SELECT position, length, user_id FROM mentions WHERE message_id = ?1 ORDER BY position",
    )?;
    let mut rows = statement.query([message.0])?;
    let mut mentions = Vec::new();
    while let Some(row) = rows.next()? {
        let (start, length): (usize, usize) = (row.get("position")?, row.get("length")?);
        let id = row.get::<_, Option<i64>>("user_id")?.map(UserId);
        mentions.push(Mention {
            start,
            end: start + length,
            all: id.is_none(),
            user: users.find(id)?,
        });
    }
    Ok(mentions)
}
