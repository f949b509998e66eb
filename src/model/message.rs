//! Messages, and what one caller gets to see of them.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::{
    ConversationId, EventId, MAX_MESSAGE_LENGTH, Member, MessageId, Role, Timestamp, User, UserId,
    schema::ClientId,
};

/// A message as it is kept. What one caller gets to see of it is its [`view`](Self::view).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    /// The place in its conversation: 1, 2, 3 … without a hole.
    pub number: i64,
    /// None where the system says what has happened.
    pub author: Option<User>,
    pub client_id: Option<String>,
    /// As it is shown: what the system says has been composed, in English.
    pub content: String,
    pub created_at: Timestamp,
    pub edited_at: Option<Timestamp>,
    pub deleted_at: Option<Timestamp>,
    /// When it last changed after it was sent.
    pub changed_id: Option<EventId>,
    /// What the system says, and about whom.
    pub system: Option<(SystemKind, User)>,
    /// In the order of their first use.
    pub reactions: Vec<Reaction>,
}

/// Who has reacted with one emoji.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reaction {
    #[schemars(length(min = 1))]
    pub emoji: String,
    /// In the order of their reactions.
    #[schemars(length(min = 1))]
    pub users: Vec<UserId>,
}

/// What happened to a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum SystemKind {
    /// The subject created the room.
    Created,
    /// The subject joined.
    Joined,
    /// The subject left.
    Left,
    /// Somebody added the subject.
    Added,
    /// The owner removed the subject.
    Removed,
    /// The subject gave the room another name.
    Renamed,
    /// The subject opened the room to everybody.
    Opened,
    /// The subject closed the room again.
    Closed,
    /// The subject is the room’s owner now.
    Owner,
}

impl SystemKind {
    /// The data of a removal in which a bot left because its maker, the actor, did.
    pub const FOLLOWED: &'static str = "followed";

    const ALL: [Self; 9] = [
        Self::Created,
        Self::Joined,
        Self::Left,
        Self::Added,
        Self::Removed,
        Self::Renamed,
        Self::Opened,
        Self::Closed,
        Self::Owner,
    ];

    /// The word that it is kept as, and that it travels as.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Joined => "joined",
            Self::Left => "left",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Renamed => "renamed",
            Self::Opened => "opened",
            Self::Closed => "closed",
            Self::Owner => "owner",
        }
    }

    /// What it says, in English. `data` is what the message holds as its content: a room’s new name,
    /// [`FOLLOWED`](Self::FOLLOWED), or the name of an actor whom an older database can’t name otherwise.
    #[must_use]
    pub fn text(self, actor: Option<&str>, subject: &str, data: &str) -> String {
        let known = Some(data).filter(|name| !name.is_empty() && *name != Self::FOLLOWED);
        let actor = actor.or(known);
        match (self, actor) {
            (Self::Created, _) => format!("{subject} made this room"),
            (Self::Joined, _) => format!("{subject} joined"),
            (Self::Left, _) => format!("{subject} left"),
            (Self::Added, Some(actor)) => format!("{actor} added {subject}"),
            (Self::Added, None) => format!("{subject} was added"),
            (Self::Removed, Some(actor)) if data == Self::FOLLOWED => {
                format!("{subject} went with {actor}")
            }
            (Self::Removed, Some(actor)) => format!("{actor} removed {subject}"),
            (Self::Removed, None) => format!("{subject} was removed"),
            (Self::Renamed, _) => format!("{subject} renamed the room to {data}"),
            (Self::Opened, _) => format!("{subject} opened the room to everybody"),
            (Self::Closed, _) => format!("{subject} closed the room to others"),
            (Self::Owner, Some(actor)) => format!("{actor} made {subject} the owner"),
            (Self::Owner, None) => format!("{subject} is the owner now"),
        }
    }

    /// The kind that has this word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

impl Serialize for SystemKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl Message {
    /// Whether `caller` wrote it.
    #[must_use]
    pub fn is_by(&self, caller: UserId) -> bool {
        self.author
            .as_ref()
            .is_some_and(|author| author.id == caller)
    }

    /// Whether somebody in its conversation may delete it: its author, and a room's owner, but nobody
    /// what the system says.
    #[must_use]
    pub fn may_be_deleted_by(&self, member: &Member) -> bool {
        self.is_by(member.user) || member.role == Role::Owner && self.system.is_none()
    }

    /// When it became what it is: of two states of a message, the one with the larger version is the
    /// newer.
    #[must_use]
    pub fn version(&self) -> EventId {
        self.changed_id.unwrap_or(self.id)
    }

    /// The contract's Message object for `caller`; the client id is shown to the author alone.
    #[must_use]
    pub fn view(&self, caller: UserId) -> MessageView<'_> {
        let mine = self.is_by(caller);
        MessageView {
            id: self.id,
            conversation_id: self.conversation_id,
            number: self.number,
            version: self.version(),
            content: &self.content,
            created_at: self.created_at,
            mine,
            author: self.author.as_ref(),
            client_id: self.client_id.as_deref().filter(|_| mine),
            edited_at: self.edited_at,
            deleted_at: self.deleted_at,
            system: self.system.as_ref().map(|(kind, _)| *kind),
            subject: self.system.as_ref().map(|(_, subject)| subject),
            reactions: &self.reactions,
        }
    }
}

/// A message as one caller sees it.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageView<'a> {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    /// Counts a conversation’s messages without a gap, deleted ones included.
    #[schemars(range(min = 1))]
    pub number: i64,
    /// Of two states of a message, the one with the larger version is the newer.
    pub version: EventId,
    /// Empty where the message was deleted.
    #[schemars(length(max = MAX_MESSAGE_LENGTH))]
    pub content: &'a str,
    pub created_at: Timestamp,
    /// Whether the caller wrote it.
    pub mine: bool,
    pub author: Option<&'a User>,
    /// Only its author sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ClientId>")]
    pub client_id: Option<&'a str>,
    pub edited_at: Option<Timestamp>,
    pub deleted_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<SystemKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<&'a User>,
    /// In the order of their first use.
    #[schemars(length(max = 20))]
    pub reactions: &'a [Reaction],
}
