//! What a stream has missed: messages and events of the asker's conversations, merged by their
//! place in the sequence.

use rusqlite::Connection;

use super::{Store, conversations, messages, sessions};
use crate::{
    error::{Error, Result},
    model::{Change, ConversationId, Event, EventId, SessionId, UserId},
};

/// Bytes of JSON after which a backlog ends, so that many slow readers of long messages stay cheap.
const BACKLOG_BYTES: usize = 64 * 1024;

/// The present end of the sequence.
pub type Position = EventId;

/// A part of what a stream has missed.
#[derive(Debug)]
pub struct Backlog {
    pub events: Vec<Event>,
    /// Where nothing is left behind `events`: the end of the sequence when they were read.
    /// Whatever comes later is published.
    pub end: Option<Position>,
}

impl Store {
    /// The present end of the sequence.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] where the session has ended, and those of a read.
    pub async fn position(&self, session: SessionId) -> Result<Position> {
        self.read(move |connection| {
            require_open(connection, session)?;
            Ok(position(connection)?)
        })
        .await
    }

    /// Up to `limit` events that `asker` may see behind `after`, in order, as they are now.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] where the session has ended, and those of a read.
    pub async fn backlog(
        &self,
        session: SessionId,
        asker: UserId,
        after: EventId,
        limit: usize,
    ) -> Result<Backlog> {
        self.read(move |connection| {
            require_open(connection, session)?;
            let missed = missed(connection, asker, after, limit)?;
            let mut is_all = missed.len() < limit;
            let mut events = Vec::with_capacity(missed.len());
            let mut bytes = 0;
            for entry in missed {
                if bytes > BACKLOG_BYTES {
                    is_all = false;
                    break;
                }
                let event = load(connection, entry, asker)?;
                bytes += event.data.len();
                events.push(event);
            }
            // What this snapshot doesn't show was committed later, and is published to whoever
            // listens.
            let end = is_all.then(|| position(connection)).transpose()?;
            Ok(Backlog { events, end })
        })
        .await
    }
}

fn require_open(connection: &Connection, session: SessionId) -> Result<()> {
    if sessions::is_open(connection, session)? {
        Ok(())
    } else {
        Err(Error::Unauthorized)
    }
}

fn position(connection: &Connection) -> rusqlite::Result<Position> {
    connection
        .prepare_cached("SELECT last_id FROM clock")?
        .query_row([], |row| row.get(0).map(EventId))
}

/// An entry of the sequence, without what it says.
struct Entry {
    id: EventId,
    conversation_id: ConversationId,
    is_message: bool,
}

/// Which entries the asker has missed. Both indexes are read from `after` on, conversation by
/// conversation, so that this costs what was missed and not what there is.
fn missed(
    connection: &Connection,
    asker: UserId,
    after: EventId,
    limit: usize,
) -> rusqlite::Result<Vec<Entry>> {
    let mut statement = connection.prepare_cached(
        "SELECT m.id AS id, p.conversation_id, 1
         FROM participants p CROSS JOIN messages m
         ON m.conversation_id = p.conversation_id AND m.id > max(?2, p.since_id) WHERE p.user_id = ?1
         UNION ALL
         SELECT e.id, p.conversation_id, 0
         FROM participants p CROSS JOIN events e
         ON e.conversation_id = p.conversation_id AND e.id > max(?2, p.since_id) WHERE p.user_id = ?1
         ORDER BY id LIMIT ?3",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let entries = statement.query_map((asker.0, after.0, limit), |row| {
        Ok(Entry {
            id: EventId(row.get(0)?),
            conversation_id: ConversationId(row.get(1)?),
            is_message: row.get(2)?,
        })
    })?;
    entries.collect()
}

fn load(connection: &Connection, entry: Entry, asker: UserId) -> Result<Event> {
    let Entry {
        id,
        conversation_id,
        is_message,
    } = entry;
    let change = if is_message {
        Change::Message(messages::by_id(connection, id)?)
    } else {
        load_event(connection, id, conversation_id, asker)?
    };
    Ok(change.for_asker(id, asker))
}

fn load_event(
    connection: &Connection,
    id: EventId,
    conversation_id: ConversationId,
    asker: UserId,
) -> Result<Change> {
    let mut statement =
        connection.prepare_cached("SELECT kind, user_id, number FROM events WHERE id = ?1")?;
    let mut rows = statement.query([id.0])?;
    let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    match row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)? {
        "read" => Ok(Change::Read {
            conversation_id,
            user_id: UserId(row.get(1)?),
            up_to: row.get(2)?,
        }),
        _ => Ok(Change::Conversation(conversations::view(
            connection,
            conversation_id,
            asker,
        )?)),
    }
}
