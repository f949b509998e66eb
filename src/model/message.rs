//! Messages, and each caller's view of them.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::{
    Attachment, ConversationId, EventId, MAX_ATTACHMENTS, MAX_EMOJI, MAX_MENTIONS,
    MAX_MESSAGE_LENGTH, Member, Mention, MessageId, Reaction, ReactionView, Reactions, Reactors,
    ReplyTo, Role, Timestamp, User, UserId,
    reaction::NO_REACTORS,
    schema::{ClientId, Name},
};

/// A message, independent of the caller. What one caller sees of it is its [`view`](Self::view).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    /// Numbers the messages of a conversation: 1, 2, 3 … without gaps.
    pub number: i64,
    /// None for a system message.
    pub author: Option<User>,
    pub client_id: Option<String>,
    /// The text to show. For a system message it is composed in English.
    pub content: String,
    pub created_at: Timestamp,
    pub edited_at: Option<Timestamp>,
    pub deleted_at: Option<Timestamp>,
    /// The place in the sequence of its last change after it was sent.
    pub changed_id: Option<EventId>,
    /// None for a message that somebody wrote.
    pub system: Option<SystemDetails>,
    /// In order of first use.
    pub reactions: Vec<Reaction>,
    /// Who has reacted, as far as those are concerned whose [`view`](Self::view) it is for: one caller, or everybody.
    pub reactors: Option<Arc<Reactors>>,
    /// In the sender’s order.
    pub attachments: Vec<Attachment>,
    /// In the order of the text.
    pub mentions: Vec<Mention>,
    /// What it answers. A view has it only for those who may see it: see [`seen_by`](Self::seen_by).
    pub reply_to: Option<Box<ReplyTo>>,
    /// The caller may read messages after this. Nothing at all, as long as nobody has said whose eyes it is for.
    pub history_id: EventId,
    /// None if it isn’t pinned in its conversation.
    pub pinned_at: Option<Timestamp>,
}

/// What the views of a message differ by, apart from the author’s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Variant {
    /// What the caller has reacted with: see [`Reactors::set_of`].
    reacted: u32,
    /// Whether it answers a message that the caller may not see.
    hides_reply_to: bool,
}

/// What a system message is about, from which its text can be composed in any language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemDetails {
    pub kind: SystemKind,
    pub subject: User,
    /// Who did it, if it is known.
    pub actor: Option<User>,
    /// As in [`SystemKind::text`].
    pub data: String,
}

impl SystemDetails {
    /// The room’s new name, if it was renamed.
    fn room_name(&self) -> Option<&str> {
        (self.kind == SystemKind::Renamed).then_some(&self.data)
    }

    /// Whether the subject is a bot that was removed because the actor left.
    fn has_followed(&self) -> bool {
        self.kind == SystemKind::Removed && self.data == SystemKind::FOLLOWED
    }
}

/// What happened to a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "camelCase")]
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
    /// The subject renamed the room.
    Renamed,
    /// The subject opened the room to everyone.
    Opened,
    /// The subject closed the room again.
    Closed,
    /// The subject chose a picture for the room.
    PictureChanged,
    /// The subject removed the room’s picture.
    PictureRemoved,
    /// The subject is the room’s owner now.
    Owner,
}

impl SystemKind {
    /// The `data` of a bot's removal that followed from the departure of its maker, the actor.
    pub const FOLLOWED: &'static str = "followed";

    const ALL: [Self; 11] = [
        Self::Created,
        Self::Joined,
        Self::Left,
        Self::Added,
        Self::Removed,
        Self::Renamed,
        Self::Opened,
        Self::Closed,
        Self::PictureChanged,
        Self::PictureRemoved,
        Self::Owner,
    ];

    /// The word that is stored and sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Joined => "joined",
            Self::Left => "left",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Renamed => "renamed",
            Self::Opened => "opened",
            Self::Closed => "closed",
            Self::PictureChanged => "pictureChanged",
            Self::PictureRemoved => "pictureRemoved",
            Self::Owner => "owner",
        }
    }

    /// The English text. `data` is the stored content: a room's new name, [`FOLLOWED`](Self::FOLLOWED), or the name of an
    /// actor whom a migrated database doesn't know otherwise. Without an actor, the text doesn't say who did it.
    #[must_use]
    pub fn text(self, actor: Option<&str>, subject: &str, data: &str) -> String {
        let migrated = Some(data).filter(|name| !name.is_empty() && *name != Self::FOLLOWED);
        match (self, actor.or(migrated)) {
            (Self::Created, _) => format!("{subject} created this room"),
            (Self::Joined, _) => format!("{subject} joined"),
            (Self::Left, _) => format!("{subject} left"),
            (Self::Added, Some(actor)) => format!("{actor} added {subject}"),
            (Self::Added, None) => format!("{subject} was added"),
            (Self::Removed, Some(actor)) if data == Self::FOLLOWED => {
                format!("{subject} left with {actor}")
            }
            (Self::Removed, Some(actor)) => format!("{actor} removed {subject}"),
            (Self::Removed, None) => format!("{subject} was removed"),
            (Self::Renamed, _) => format!("{subject} renamed the room to {data}"),
            (Self::Opened, _) => format!("{subject} opened the room to everyone"),
            (Self::Closed, _) => format!("{subject} made the room private"),
            (Self::PictureChanged, _) => format!("{subject} changed the room’s picture"),
            (Self::PictureRemoved, _) => format!("{subject} removed the room’s picture"),
            (Self::Owner, Some(actor)) => format!("{actor} made {subject} the owner"),
            (Self::Owner, None) => format!("{subject} is now the owner"),
        }
    }

    /// The kind for a stored word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl Serialize for SystemKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
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

    /// Whether a member may delete it: the author may, and the room's owner, except system messages.
    #[must_use]
    pub fn may_be_deleted_by(&self, member: &Member) -> bool {
        self.is_by(member.user) || member.role == Role::Owner && self.system.is_none()
    }

    /// The place in the sequence of its current state. Of two states of a message, the one with the larger version is
    /// newer.
    #[must_use]
    pub fn version(&self) -> EventId {
        self.changed_id.unwrap_or(self.id)
    }

    /// The message for the eyes of a member. Without this, no view shows what it answers, which they may not be allowed
    /// to see.
    #[must_use]
    pub fn seen_by(self, member: &Member) -> Self {
        Self {
            history_id: member.history_id,
            ..self
        }
    }

    /// The [`view`](Self::view) of a member.
    #[must_use]
    pub fn view_for(&self, member: &Member) -> MessageView<'_> {
        self.view_after(member.user, member.history_id)
    }

    /// Which members’ views of it are the same: those with the same variant. None for the author’s, which is their own.
    #[must_use]
    pub fn variant(&self, member: &Member) -> Option<Variant> {
        let reply_to = self.reply_to.as_ref();
        (!self.is_by(member.user)).then(|| Variant {
            reacted: self.reactors().set_of(member.user),
            hides_reply_to: reply_to.is_some_and(|original| !member.may_see(original.id)),
        })
    }

    fn reactors(&self) -> &Reactors {
        self.reactors.as_deref().unwrap_or(&NO_REACTORS)
    }

    /// The contract's Message object for `caller`. The client id is shown only to the author.
    #[must_use]
    pub fn view(&self, caller: UserId) -> MessageView<'_> {
        self.view_after(caller, self.history_id)
    }

    fn view_after(&self, caller: UserId, history_id: EventId) -> MessageView<'_> {
        let mine = self.is_by(caller);
        let system = self.system.as_ref();
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
            system: system.map(|details| details.kind),
            subject: system.map(|details| &details.subject),
            actor: system.and_then(|details| details.actor.as_ref()),
            room_name: system.and_then(SystemDetails::room_name),
            followed: system.is_some_and(SystemDetails::has_followed),
            reactions: Reactions {
                all: &self.reactions,
                reactors: self.reactors(),
                caller,
            },
            attachments: &self.attachments,
            mentions: &self.mentions,
            reply_to: self
                .reply_to
                .as_deref()
                .filter(|original| original.id > history_id),
            pinned_at: self.pinned_at,
        }
    }
}

/// A message as one caller sees it.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageView<'a> {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    /// The message’s number in its conversation. There are no gaps: deleted messages keep their numbers.
    #[schemars(range(min = 1))]
    pub number: i64,
    /// Of two states of a message, the one with the larger version is newer.
    pub version: EventId,
    /// Empty if the message was deleted, or consists of attachments alone.
    #[schemars(length(max = MAX_MESSAGE_LENGTH))]
    pub content: &'a str,
    pub created_at: Timestamp,
    /// Whether the caller wrote it.
    pub mine: bool,
    pub author: Option<&'a User>,
    /// Only the author sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ClientId>")]
    pub client_id: Option<&'a str>,
    pub edited_at: Option<Timestamp>,
    pub deleted_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<SystemKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<&'a User>,
    /// Who did it; the subject, if it was their own doing. Left out if nobody did, or if it isn’t known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<&'a User>,
    /// The new name, if the room was renamed. Left out otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Name>")]
    pub room_name: Option<&'a str>,
    /// True if a bot was removed because its maker, the actor, left. Left out otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(extend("const" = true))]
    pub followed: bool,
    /// In order of first use.
    #[schemars(with = "Vec<ReactionView<'a>>", length(max = MAX_EMOJI))]
    pub reactions: Reactions<'a>,
    /// The files that were sent with it, in the sender’s order. Left out if there are none.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schemars(length(min = 1, max = MAX_ATTACHMENTS))]
    pub attachments: &'a [Attachment],
    /// Who is named in the content, in the order of the text. Left out if nobody is.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schemars(length(min = 1, max = MAX_MENTIONS))]
    pub mentions: &'a [Mention],
    /// What it answers, as that is now. Left out if it answers nothing, or nothing that the caller may see.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<&'a ReplyTo>,
    /// When it was pinned in its conversation. Left out if it isn’t.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned_at: Option<Timestamp>,
}
