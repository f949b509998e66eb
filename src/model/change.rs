//! Changes, and the events that tell clients about them.

use std::sync::{Arc, OnceLock};

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Block, Conversation, ConversationId, Draft, EventId, Member, Message, NewNotice,
    RoomRequestChange, Saved, SecurityEventId, User, UserId, Variant, schema::Cursor,
};

/// A change as the store publishes it. [`for_member`](Self::for_member) turns it into the event for one member.
#[derive(Clone, Debug)]
pub enum Change {
    /// A new message.
    Message(Message),
    /// A message was edited, deleted, pinned or unpinned, or its reactions changed.
    Update(Message),
    /// `user_id` has read the conversation up to message `up_to`.
    Read {
        conversation_id: ConversationId,
        user_id: UserId,
        up_to: i64,
    },
    /// A conversation is new, or its name, its picture, its participants, its openness or the member’s own settings changed.
    Conversation(Box<Conversation>),
    /// A member left the conversation or was removed from it.
    Removed(ConversationId),
    /// A user’s name, display name or picture changed, or their account was deleted.
    User(User),
    /// The receiver has blocked or unblocked somebody.
    Block(Block),
    /// The receiver was asked to join a room, or that was answered or withdrawn.
    RoomRequest(Box<RoomRequestChange>),
    /// The receiver has saved a message, or doesn’t keep it any more.
    Saved(Saved),
    /// What the receiver has begun to write in a conversation changed.
    Draft(Draft),
}

impl Change {
    /// Whether the member receives this change.
    #[must_use]
    pub fn is_for(&self, member: &Member) -> bool {
        match self {
            Self::Message(message) | Self::Update(message) => member.may_see(message.id),
            Self::Read { .. }
            | Self::Conversation(_)
            | Self::Removed(_)
            | Self::User(_)
            | Self::Block(_)
            | Self::RoomRequest(_)
            | Self::Saved(_)
            | Self::Draft(_) => true,
        }
    }

    /// Which members’ events are the same: those with the same variant. None if this member’s event is their own: an
    /// author’s view of their message differs, and each member has their own view of a conversation.
    #[must_use]
    pub fn variant(&self, member: &Member) -> Option<Variant> {
        match self {
            Self::Message(message) | Self::Update(message) => message.variant(member),
            Self::Read { .. }
            | Self::Removed(_)
            | Self::User(_)
            | Self::Block(_)
            | Self::RoomRequest(_)
            | Self::Saved(_)
            | Self::Draft(_) => Some(Variant::default()),
            Self::Conversation(_) => None,
        }
    }

    /// The event that the member receives.
    #[must_use]
    pub fn for_member(&self, member: &Member) -> Event {
        match self {
            Self::Message(message) => {
                let mine = message.is_by(member.user);
                let name = if mine { "sent" } else { "message" };
                Event::new(name, &message.view_for(member))
            }
            Self::Update(message) => Event::new("update", &message.view_for(member)),
            &Self::Read {
                conversation_id,
                user_id,
                up_to,
            } => Event::new(
                "read",
                &ReadUpTo {
                    conversation_id,
                    user_id,
                    up_to,
                },
            ),
            Self::Conversation(conversation) => {
                Event::new("conversation", &conversation.view(member))
            }
            &Self::Removed(id) => Event::removed(id),
            Self::User(user) => Event::user(user),
            Self::Block(block) => Event::block(block),
            Self::RoomRequest(change) => Event::room_request(change),
            Self::Saved(saved) => Event::new("saved", saved),
            Self::Draft(draft) => Event::draft(draft),
        }
    }
}

/// One event of the feed: its name and its JSON. If it has a place in the sequence, that is passed along separately.
#[derive(Clone, Debug)]
pub struct Event {
    /// For server-sent events, `message` is sent without a name, because it is their default.
    pub name: &'static str,
    pub data: String,
    pub frames: Frames,
}

/// Encoded forms of an event, cached. A message to a large room goes to many streams in the same form, with the same
/// cursor, so each transport encodes it once.
#[derive(Clone, Debug, Default)]
pub struct Frames {
    pub server_sent: OnceLock<String>,
    pub json: OnceLock<String>,
}

impl Event {
    /// An event with `data` as JSON.
    #[must_use]
    pub fn new(name: &'static str, data: &impl Serialize) -> Self {
        // Serializing can't fail: the types of this module have string keys and no fallible parts.
        Self {
            name,
            data: serde_json::to_string(data).unwrap_or_default(),
            frames: Frames::default(),
        }
    }

    /// The caller is no longer in this conversation.
    #[must_use]
    pub fn removed(id: ConversationId) -> Self {
        Self::new("conversation", &Removed { id, removed: true })
    }

    /// A user’s name, display name or picture changed, or their account was deleted.
    #[must_use]
    pub fn user(user: &User) -> Self {
        Self::new("user", user)
    }

    /// The caller has blocked or unblocked a user.
    #[must_use]
    pub fn block(block: &Block) -> Self {
        Self::new("block", block)
    }

    /// The caller was asked to join a room, or that was answered or withdrawn.
    #[must_use]
    pub fn room_request(change: &RoomRequestChange) -> Self {
        Self::new("room_request", change)
    }

    /// What the caller has begun to write in a conversation changed.
    #[must_use]
    pub fn draft(draft: &Draft) -> Self {
        Self::new("draft", draft)
    }

    /// A user is typing.
    #[must_use]
    pub fn typing(conversation_id: ConversationId, user_id: UserId) -> Self {
        Self::new(
            "typing",
            &Typing {
                conversation_id,
                user_id,
            },
        )
    }

    /// There is a notice that the receiver hasn’t seen.
    #[must_use]
    pub fn notice(id: SecurityEventId) -> Self {
        Self::new("notice", &NewNotice { id })
    }

    /// A user came online or went offline.
    #[must_use]
    pub fn presence(user_id: UserId, online: bool) -> Self {
        Self::new("presence", &Presence { user_id, online })
    }
}

/// A part of what a stream has missed.
#[derive(Debug)]
pub struct Backlog {
    /// In order.
    pub events: Vec<(EventId, Arc<Event>)>,
    /// Set if `events` is everything up to here. Whatever comes later is published to the bus.
    pub end: Option<EventId>,
}

/// The first event of a stream.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Hello<'a> {
    /// The place where the stream begins.
    #[schemars(with = "Cursor")]
    pub cursor: String,
    /// The caller.
    pub user: &'a User,
    /// Seconds without events after which a stream sends a heartbeat.
    #[schemars(range(min = 1))]
    pub heartbeat: u64,
}

/// All missed events have been sent. What follows is live.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CaughtUp {
    #[schemars(with = "Cursor")]
    pub cursor: String,
}

/// This server does not know the client’s cursor. The client has to load everything again.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reset {
    /// A sentence for developers.
    pub reason: &'static str,
}

/// The stream ends, because its user has opened too many others since.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Bye {
    /// A sentence for people.
    pub reason: String,
}

/// A user has read a conversation up to a message.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadUpTo {
    pub conversation_id: ConversationId,
    pub user_id: UserId,
    /// The number of the newest message that the user has read.
    #[schemars(range(min = 0))]
    pub up_to: i64,
}

/// The caller is no longer in this conversation.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Removed {
    pub id: ConversationId,
    #[schemars(extend("const" = true))]
    pub removed: bool,
}

/// A user is typing.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Typing {
    pub conversation_id: ConversationId,
    pub user_id: UserId,
}

/// A user came online or went offline.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Presence {
    pub user_id: UserId,
    pub online: bool,
}
