//! What a replay is made of: each family of tables says in a [`Source`] which of its rows a stream may have missed, and
//! what the stream is told of one. A new kind of event is a source in its family's file, and a line in `replay`.

use std::collections::{HashMap, hash_map::Entry};

use rusqlite::Connection;

use crate::{
    error::Result,
    model::{Change, ConversationId, Event, EventId, Member, UserId},
};

/// Rows that are numbered from the sequence.
pub struct Source {
    /// A `SELECT` of four columns, in this order: the row's number, `{source}`, the conversation, and the id of the message
    /// or user that it is about. `?1` is the caller, `?2` the last number that they have, `?4` how many people are few. It
    /// must find its rows by an index on the number: every stream that comes back runs it.
    pub select: fn() -> String,
    /// What the caller is told of a row that was row.
    pub load: fn(&mut Loader<'_>, &MissedRow) -> Result<Event>,
}

/// A row that the caller has missed.
pub struct MissedRow {
    pub id: EventId,
    /// Which source row it.
    pub source: u32,
    pub conversation_id: ConversationId,
    /// The message or the user that it is about.
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

/// Finds a user’s row among a conversation’s participants.
type FindMember = fn(&Connection, ConversationId, UserId) -> Result<Member>;

/// What sources load with.
pub struct Loader<'a> {
    pub connection: &'a Connection,
    pub caller: UserId,
    find_member: FindMember,
    /// The caller in each conversation, looked up once.
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

    /// What a change is to the caller.
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
