//! What a stream has missed: what was numbered since in the caller's conversations, in order, as it
//! is now.

use std::collections::{HashMap, hash_map};

use rusqlite::Connection;

use super::{
    Store, conversations, messages,
    participants::{FEW, member},
    sessions,
};
use crate::{
    error::{Error, Result},
    model::{Change, ConversationId, Event, EventId, Member, SessionId, UserId},
};

/// Bytes of JSON after which a backlog ends, so that many slow readers of long messages stay cheap.
const BACKLOG_BYTES: usize = 64 * 1024;

/// The present end of the sequence.
pub type Position = EventId;

/// A part of what a stream has missed.
#[derive(Debug)]
pub struct Backlog {
    /// By their places.
    pub events: Vec<(EventId, Event)>,
    /// Where nothing is left behind `events`: the end of the sequence when they were read.
    /// Whatever comes later is published.
    pub end: Option<Position>,
}

impl Store {
    /// The present end of the sequence.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] where the session has ended.
    pub async fn position(&self, session: SessionId) -> Result<Position> {
        self.read(move |connection| {
            require_open(connection, session)?;
            Ok(position(connection)?)
        })
        .await
    }

    /// Up to `limit` events that `caller` may see behind `after`, in order, as they are now.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] where the session has ended.
    pub async fn backlog(
        &self,
        session: SessionId,
        caller: UserId,
        after: EventId,
        limit: usize,
    ) -> Result<Backlog> {
        self.read(move |connection| {
            require_open(connection, session)?;
            let missed = missed(connection, caller, after, limit)?;
            let mut is_all = missed.len() < limit;
            let mut events = Vec::with_capacity(missed.len());
            let mut bytes = 0;
            let mut places = HashMap::new();
            for entry in missed {
                if bytes > BACKLOG_BYTES {
                    is_all = false;
                    break;
                }
                let event = load(connection, &entry, caller, &mut places)?;
                bytes += event.data.len();
                events.push((entry.id, event));
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

pub(super) fn position(connection: &Connection) -> rusqlite::Result<Position> {
    connection
        .prepare_cached("SELECT last_id FROM clock")?
        .query_row([], |row| row.get(0).map(EventId))
}

/// A place in the sequence, and what stands there.
struct Entry {
    id: EventId,
    kind: Kind,
    conversation_id: ConversationId,
    /// The message or the user that it is about.
    subject: i64,
}

#[derive(Clone, Copy)]
enum Kind {
    Message,
    Update,
    Conversation,
    Read,
    Removed,
}

/// Which entries the caller has missed. Each index is read from `after` on, conversation by
/// conversation, so that this costs what was missed and not what there is.
fn missed(
    connection: &Connection,
    caller: UserId,
    after: EventId,
    limit: usize,
) -> rusqlite::Result<Vec<Entry>> {
    let mut statement = connection.prepare_cached(
        "SELECT m.id AS id, 'message', p.conversation_id, m.id
         FROM participants p CROSS JOIN messages m
         ON m.conversation_id = p.conversation_id AND m.id > max(?2, p.since_id) WHERE p.user_id = ?1
         UNION ALL
         SELECT m.changed_id, 'update', p.conversation_id, m.id
         FROM participants p CROSS JOIN messages m INDEXED BY messages_by_change
         ON m.conversation_id = p.conversation_id AND m.changed_id > max(?2, p.since_id) AND m.id > p.history_id
         WHERE p.user_id = ?1
         UNION ALL
         SELECT c.changed_id, 'conversation', p.conversation_id, 0
         FROM participants p CROSS JOIN conversations c
         ON c.id = p.conversation_id AND c.changed_id > max(?2, p.since_id) WHERE p.user_id = ?1
         UNION ALL
         SELECT r.read_id, 'read', p.conversation_id, r.user_id
         FROM participants p CROSS JOIN participants r INDEXED BY participants_by_read
         ON r.conversation_id = p.conversation_id AND r.read_id > max(?2, p.since_id)
         CROSS JOIN conversations c ON c.id = p.conversation_id
         CROSS JOIN users u ON u.id = r.user_id
         WHERE p.user_id = ?1 AND (r.user_id = ?1 OR c.participant_count <= ?4 AND u.shows_activity = 1)
         UNION ALL
         SELECT left_id, 'removed', conversation_id, 0 FROM departures WHERE user_id = ?1 AND left_id > ?2
         ORDER BY id LIMIT ?3",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let entries = statement.query_map((caller.0, after.0, limit, FEW), |row| {
        Ok(Entry {
            id: EventId(row.get(0)?),
            kind: match row.get_ref(1)?.as_str()? {
                "message" => Kind::Message,
                "update" => Kind::Update,
                "conversation" => Kind::Conversation,
                "read" => Kind::Read,
                _ => Kind::Removed,
            },
            conversation_id: ConversationId(row.get(2)?),
            subject: row.get(3)?,
        })
    })?;
    entries.collect()
}

/// What an entry says to the caller, whose place in each conversation is looked up once.
fn load(
    connection: &Connection,
    entry: &Entry,
    caller: UserId,
    places: &mut HashMap<ConversationId, Member>,
) -> Result<Event> {
    let &Entry {
        kind,
        conversation_id: id,
        subject,
        ..
    } = entry;
    let change = match kind {
        Kind::Message => Change::Message(messages::by_id(connection, EventId(subject))?),
        Kind::Update => Change::Update(messages::by_id(connection, EventId(subject))?),
        Kind::Conversation => Change::Conversation(conversations::load(connection, id)?),
        Kind::Read => Change::Read {
            conversation_id: id,
            user_id: UserId(subject),
            up_to: member(connection, id, UserId(subject))?.last_read_number,
        },
        Kind::Removed => return Ok(Event::removed(id)),
    };
    let place = match places.entry(id) {
        hash_map::Entry::Occupied(known) => *known.get(),
        hash_map::Entry::Vacant(unknown) => *unknown.insert(member(connection, id, caller)?),
    };
    Ok(change.for_member(&place))
}
