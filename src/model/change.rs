//! What happened, and the event of the contract that tells one caller of it.

use std::sync::OnceLock;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Conversation, ConversationId, Member, Message, User, UserId, schema::Cursor};

/// Something that happened, as the store knows it; [`for_member`](Self::for_member) is what one
/// stream is told.
#[derive(Clone, Debug)]
pub enum Change {
    /// A new message.
    Message(Message),
    /// A message that was edited, deleted or reacted to.
    Update(Message),
    /// `user_id` has read the conversation up to message `up_to`.
    Read {
        conversation_id: ConversationId,
        user_id: UserId,
        up_to: i64,
    },
    /// A conversation that is new, or has another name, other people or another openness.
    Conversation(Conversation),
    /// A conversation that one isn't in any more.
    Removed(ConversationId),
}

impl Change {
    /// Whether somebody in the conversation is told at all.
    #[must_use]
    pub fn is_for(&self, member: &Member) -> bool {
        match self {
            Self::Message(message) | Self::Update(message) => member.may_see(message.id),
            Self::Read { .. } | Self::Conversation(_) | Self::Removed(_) => true,
        }
    }

    /// Whether somebody is told the same as everybody else. An author sees their own message
    /// differently, and a conversation is somebody's view of it.
    #[must_use]
    pub fn is_shared_with(&self, caller: UserId) -> bool {
        match self {
            Self::Message(message) | Self::Update(message) => !message.is_by(caller),
            Self::Read { .. } | Self::Removed(_) => true,
            Self::Conversation(_) => false,
        }
    }

    /// The event of the contract that tells somebody of this change.
    #[must_use]
    pub fn for_member(&self, member: &Member) -> Event {
        match self {
            Self::Message(message) => {
                let mine = message.is_by(member.user);
                let name = if mine { "sent" } else { "message" };
                Event::new(name, &message.view(member.user))
            }
            Self::Update(message) => Event::new("update", &message.view(member.user)),
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
        }
    }
}

/// One event of the feed: its name and its JSON. Its place in the sequence travels beside it, where
/// it has one.
#[derive(Clone, Debug)]
pub struct Event {
    /// `message` is the event that server-sent events leave unnamed.
    pub name: &'static str,
    pub data: String,
    pub frames: Frames,
}

/// What the transports have made of an event. A message to a large room goes to many streams, and is
/// the same for all of them, its place included; so it is encoded once.
#[derive(Clone, Debug, Default)]
pub struct Frames {
    pub server_sent: OnceLock<String>,
    pub json: OnceLock<String>,
}

impl Event {
    /// An event with `data` as JSON.
    #[must_use]
    pub fn new(name: &'static str, data: &impl Serialize) -> Self {
        // The types of this module have string keys and no fallible parts, so this can't fail.
        Self {
            name,
            data: serde_json::to_string(data).unwrap_or_default(),
            frames: Frames::default(),
        }
    }

    /// A conversation that one isn't in any more.
    #[must_use]
    pub fn removed(id: ConversationId) -> Self {
        Self::new("conversation", &Removed { id, removed: true })
    }

    /// Somebody types a message.
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

    /// Somebody has come or gone.
    #[must_use]
    pub fn presence(user_id: UserId, online: bool) -> Self {
        Self::new("presence", &Presence { user_id, online })
    }
}

/// What a stream begins with.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Hello<'a> {
    /// Where the stream begins.
    #[schemars(with = "Cursor")]
    pub cursor: String,
    /// The caller.
    pub user: &'a User,
    /// Seconds of silence after which a stream shows that it is alive.
    #[schemars(range(min = 1))]
    pub heartbeat: u64,
}

/// Everything that was missed has been sent; what follows is live.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CaughtUp {
    #[schemars(with = "Cursor")]
    pub cursor: String,
}

/// The client’s cursor is unknown here, and it has to load everything again.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Reset {
    /// A sentence for developers.
    pub reason: &'static str,
}

/// Somebody has read a conversation up to a message.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadUpTo {
    pub conversation_id: ConversationId,
    pub user_id: UserId,
    /// The number of the newest message that they have read.
    #[schemars(range(min = 0))]
    pub up_to: i64,
}

/// The caller is not in this conversation any more.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Removed {
    pub id: ConversationId,
    #[schemars(extend("const" = true))]
    pub removed: bool,
}

/// Somebody is typing.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Typing {
    pub conversation_id: ConversationId,
    pub user_id: UserId,
}

/// Somebody came online or went offline.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Presence {
    pub user_id: UserId,
    pub online: bool,
}
