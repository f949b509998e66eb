//! Conversations and their participants.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ConversationId, EventId, Message, MessageId, MessageView, Timestamp, User, UserId, schema,
};

/// The kind of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ConversationKind {
    /// Between two people. Two people have at most one.
    Direct,
    /// A named conversation of any number of people.
    Room,
}

/// A participant’s role. The owner of a room may change the room, remove people and delete messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Member,
    Owner,
}

/// Of which messages somebody wants to be notified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NotificationLevel {
    All,
    /// Those that mention them, or answer a message of theirs.
    Mentions,
    None,
}

impl NotificationLevel {
    /// In rooms of up to this many people, it is everything unless somebody chooses otherwise. In larger ones, most of
    /// what is said is for others.
    const SMALL_ROOM: i64 = 10;

    /// The level of somebody who hasn’t chosen any.
    #[must_use]
    pub fn usual(kind: ConversationKind, participant_count: i64) -> Self {
        match kind {
            ConversationKind::Room if participant_count > Self::SMALL_ROOM => Self::Mentions,
            ConversationKind::Direct | ConversationKind::Room => Self::All,
        }
    }

    /// The word that is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Mentions => "mentions",
            Self::None => "none",
        }
    }

    /// The level for a stored word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::All, Self::Mentions, Self::None]
            .into_iter()
            .find(|level| level.as_str() == word)
    }
}

/// A participant's row in a conversation: what decides which events they receive and how they see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    pub user: UserId,
    pub role: Role,
    /// They may read messages after this place in the sequence.
    pub history_id: EventId,
    /// The number of the newest message that they have read; 0 if none.
    pub last_read_number: i64,
    /// How many messages after that call them: by a mention, or by an answer to one of theirs.
    pub mention_count: i64,
    pub settings: ConversationSettings,
}

/// What a participant has set for themselves in a conversation. Others aren't told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConversationSettings {
    pub pinned_at: Option<Timestamp>,
    /// Archived until there is a message with a higher number.
    pub archived_number: Option<i64>,
    /// Hidden until there is a message with a higher number.
    pub hidden_number: Option<i64>,
    /// Marked unread until a message with a higher number is read.
    pub unread_number: Option<i64>,
    /// Of what they want to be notified; none if they haven’t chosen.
    pub notification_level: Option<NotificationLevel>,
    /// The place in the sequence where they last changed.
    pub changed_id: Option<EventId>,
}

impl ConversationSettings {
    /// Those of somebody who has set nothing.
    pub const NONE: Self = Self {
        pinned_at: None,
        archived_number: None,
        hidden_number: None,
        unread_number: None,
        notification_level: None,
        changed_id: None,
    };
}

impl Member {
    /// Somebody who is told something that isn't about a conversation.
    #[must_use]
    pub fn outside(user: UserId) -> Self {
        Self {
            user,
            role: Role::Member,
            history_id: EventId(0),
            last_read_number: 0,
            mention_count: 0,
            settings: ConversationSettings::NONE,
        }
    }

    /// Finds a user among members who are ordered by user id.
    #[must_use]
    pub fn find(members: &[Self], user: UserId) -> Option<&Self> {
        let index = members.binary_search_by_key(&user, |member| member.user);
        index.ok().and_then(|index| members.get(index))
    }

    /// Whether they may see this message of the conversation. The same rule in SQL is `store::visible::IS_VISIBLE`.
    #[must_use]
    pub fn may_see(&self, message: MessageId) -> bool {
        message > self.history_id
    }

    /// Whether they have marked the conversation as unread, and haven't read since.
    #[must_use]
    pub fn is_marked_unread(&self) -> bool {
        self.settings
            .unread_number
            .is_some_and(|number| self.last_read_number <= number)
    }
}

/// A participant of a conversation, as the caller sees them.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Participant {
    pub user: User,
    pub role: Role,
    /// The number of the newest message that they have read. Null if they hide their activity, and in rooms of more
    /// than 50 people.
    #[schemars(range(min = 0))]
    pub last_read_number: Option<i64>,
    pub online: bool,
}

/// A conversation, independent of the caller. What one caller sees of it is its [`view`](Self::view).
#[derive(Clone, Debug)]
pub struct Conversation {
    pub id: ConversationId,
    pub kind: ConversationKind,
    pub name: Option<String>,
    pub open: bool,
    /// Where a room’s picture is.
    pub avatar_url: Option<String>,
    /// The two people of a direct conversation.
    pub pair: Option<[User; 2]>,
    pub participant_count: i64,
    /// The place in the sequence where its name, its picture, its participants or its openness last changed.
    pub changed_id: EventId,
    pub last_message: Option<Message>,
}

impl Conversation {
    /// The contract's Conversation object for a member.
    #[must_use]
    pub fn view(&self, member: &Member) -> ConversationView<'_> {
        let settings = &member.settings;
        let newest = self
            .last_message
            .as_ref()
            .map_or(0, |message| message.number);
        let lasts = |number: Option<i64>| number.is_some_and(|number| newest <= number);
        let is_room = self.kind == ConversationKind::Room;
        let last_message = self
            .last_message
            .as_ref()
            .filter(|message| member.may_see(message.id));
        let last_number = last_message.map_or(0, |message| message.number);
        let unread_count = (last_number - member.last_read_number).max(0);
        ConversationView {
            version: settings
                .changed_id
                .map_or(self.changed_id, |id| id.max(self.changed_id)),
            role: is_room.then_some(member.role),
            last_message: last_message.map(|message| message.view_for(member)),
            has_unread_messages: unread_count > 0,
            unread_count,
            mention_count: member.mention_count,
            last_read_number: member.last_read_number,
            pinned: settings.pinned_at.is_some(),
            archived: lasts(settings.archived_number),
            hidden: lasts(settings.hidden_number),
            marked_unread: member.is_marked_unread(),
            notification_level: settings
                .notification_level
                .unwrap_or_else(|| self.usual_level()),
            notification_level_chosen: settings.notification_level.is_some(),
            ..self.view_from_outside(member.user)
        }
    }

    fn usual_level(&self) -> NotificationLevel {
        NotificationLevel::usual(self.kind, self.participant_count)
    }

    /// The contract's Conversation object for a user who isn't a member.
    #[must_use]
    pub fn view_from_outside(&self, caller: UserId) -> ConversationView<'_> {
        let mut people = self.pair.iter().flatten();
        ConversationView {
            id: self.id,
            kind: self.kind,
            version: self.changed_id,
            name: self.name.as_deref(),
            other_participant: people.find(|user| user.id != caller),
            participant_count: self.participant_count,
            open: self.open,
            avatar_url: self.avatar_url.as_deref(),
            role: None,
            last_message: None,
            has_unread_messages: false,
            unread_count: 0,
            mention_count: 0,
            last_read_number: 0,
            pinned: false,
            archived: false,
            hidden: false,
            marked_unread: false,
            notification_level: self.usual_level(),
            notification_level_chosen: false,
        }
    }
}

/// A conversation as one caller sees it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the contract has them as such"
)]
pub struct ConversationView<'a> {
    pub id: ConversationId,
    #[schemars(with = "String")]
    pub kind: ConversationKind,
    /// Of two states of a conversation, the one with the larger version is newer. Messages and read marks do not change
    /// the version, nor does what they end.
    pub version: EventId,
    pub name: Option<&'a str>,
    pub other_participant: Option<&'a User>,
    #[schemars(range(min = 0))]
    pub participant_count: i64,
    /// Whether every user may find it and join.
    pub open: bool,
    /// The path of the room’s picture. It changes when the picture does. Null if there is none.
    #[serde(rename = "avatarURL")]
    #[schemars(extend("format" = "uri-reference"))]
    pub avatar_url: Option<&'a str>,
    /// The caller’s role. Null if the caller is not in the room.
    pub role: Option<Role>,
    /// The newest message. Null if there is none that the caller may see.
    #[schemars(with = "Option<schema::Message>")]
    pub last_message: Option<MessageView<'a>>,
    pub has_unread_messages: bool,
    #[schemars(range(min = 0))]
    pub unread_count: i64,
    /// How many unread messages mention the caller, or answer a message of theirs. Those of people whom the caller had
    /// blocked don’t count.
    #[schemars(range(min = 0))]
    pub mention_count: i64,
    /// The number of the newest message that the caller has read.
    #[schemars(range(min = 0))]
    pub last_read_number: i64,
    pub pinned: bool,
    /// Whether the caller has archived it. A newer message ends that.
    pub archived: bool,
    /// Whether the caller has taken it off the list. A newer message ends that, and so does starting it again.
    pub hidden: bool,
    /// Whether the caller has marked it as unread. Reading ends that.
    pub marked_unread: bool,
    /// Of which messages the caller wants to be notified: all, those that mention them or answer a message of theirs, or
    /// none. As long as they haven’t chosen, it is all in direct conversations and in rooms of up to ten people, and
    /// mentions in larger ones.
    pub notification_level: NotificationLevel,
    /// Whether the caller has chosen the level.
    pub notification_level_chosen: bool,
}
