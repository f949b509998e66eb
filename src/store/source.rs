//! The parts of a replay. In a [`Source`], each family of tables says which of its rows a stream may have missed and
//! which event each becomes. A new kind of event is a source in its family's file and a line in `replay`.

use std::collections::{HashMap, hash_map::Entry};

use rusqlite::Connection;

use crate::{
    error::Result,
    model::{Change, ConversationId, Event, EventId, Member, UserId},
};

/// Rows with numbers of the sequence.
pub struct Source {
    /// A `SELECT` of four columns, in this order: the number, `{source}`, the conversation, and the id of the subject. `?1`
    /// is the caller, `?2` their cursor, and `?4` is `activity::MAX_ACTIVITY_PARTICIPANTS`. It must find its rows by an
    /// index on the number: every stream that comes back runs it.
    pub select: fn() -> String,
    /// The event for a row.
    pub load: fn(&mut Loader<'_>, &MissedRow) -> Result<Event>,
}

/// A row that the stream has missed.
pub struct MissedRow {
    pub id: EventId,
    /// The index of its source.
    pub source: u32,
    pub conversation_id: ConversationId,
    /// The id of the message or the user it is about.
    pub subject_id: i64,
}

impl MissedRow {
    pub fn message_id(&self) -> EventId {
        EventId(self.subject_id)
    }

    pub fn user_id(&self) -> UserId {
        UserId(self.subject_id)
    }
}

/// Finds a user's row in a conversation.
type FindMember = fn(&Connection, ConversationId, UserId) -> Result<Member>;

/// What sources need to load events.
pub struct Loader<'a> {
    pub connection: &'a Connection,
    pub caller: UserId,
    find_member: FindMember,
    /// The caller's row in each conversation, looked up once.
    members: HashMap<ConversationId, Member>,
}

impl<'a> Loader<'a> {
    pub fn new(connection: &'a Connection, caller: UserId, find_member: FindMember) -> Self {
        Self {
            connection,
            caller,
            find_member,
            members: HashMap::new(),
        }
    }

    /// The caller's event for a change.
    pub fn event(&mut self, row: &MissedRow, change: &Change) -> Result<Event> {
        let id = row.conversation_id;
        let member = match self.members.entry(id) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(unknown) => {
                *unknown.insert((self.find_member)(self.connection, id, self.caller)?)
            }
        };
        Ok(change.for_member(&member))
    }
}
