//! What travels: ids, users, conversations, messages and events, as the contract's JSON, and the
//! rules that a username, a message's content and a client id must keep. Nothing here reads or
//! writes anything.

use std::{
    fmt,
    str::FromStr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::{Serialize, Serializer};
use unicode_normalization::UnicodeNormalization;

use crate::error::{Error, Result};

/// The most characters (Unicode scalar values) that a message's content may have.
pub const MAX_MESSAGE_LENGTH: usize = 4_000;
const MAX_USERNAME_LENGTH: usize = 32;
const MAX_CLIENT_ID_LENGTH: usize = 64;

/// A 64-bit id that travels as a decimal string, because JavaScript's numbers end at 2^53.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                parse_id(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )+};
}

ids! {
    /// Names a user.
    UserId,
    /// Names a session, not the token that opens it.
    SessionId,
    /// Names a conversation.
    ConversationId,
    /// A place in the one sequence that numbers messages and events: the clock.
    EventId,
}

/// A message is its own event: its id is its place in the sequence.
pub type MessageId = EventId;

/// The text isn't the canonical decimal form of an id.
#[derive(Debug, thiserror::Error)]
#[error("not an id")]
pub struct NotAnId;

/// Reads 1 to 2^63 − 1 in canonical decimal: no sign, no leading zero, no white space.
fn parse_id(text: &str) -> Result<i64, NotAnId> {
    let canonical = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    if !canonical {
        return Err(NotAnId);
    }
    text.parse().map_err(|_| NotAnId)
}

/// A moment in milliseconds since 1970; travels as RFC 3339 in UTC with milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The wall clock's present reading. For display and expiry; nothing is ordered by it.
    #[must_use]
    pub fn now() -> Self {
        let since_epoch = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }

    /// The moment `duration` after this one.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)),
        )
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let since_epoch = Duration::from_millis(u64::try_from(self.0).unwrap_or_default());
        serializer.collect_str(&humantime::format_rfc3339_millis(UNIX_EPOCH + since_epoch))
    }
}

/// A person, as everybody may see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct User {
    pub id: UserId,
    pub username: String,
    #[serde(rename = "avatarURL")]
    pub avatar_url: Option<String>,
}

/// A message as it is kept. What one asker gets to see of it is its [`view`](Self::view).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    /// The place in its conversation: 1, 2, 3 … without a hole.
    pub number: i64,
    pub author: Option<User>,
    pub client_id: Option<String>,
    pub content: String,
    pub created_at: Timestamp,
    pub edited_at: Option<Timestamp>,
    pub deleted_at: Option<Timestamp>,
}

impl Message {
    /// Whether `asker` wrote it.
    #[must_use]
    pub fn is_by(&self, asker: UserId) -> bool {
        self.author
            .as_ref()
            .is_some_and(|author| author.id == asker)
    }

    /// The contract's Message object for `asker`; the client id is shown to the author alone.
    #[must_use]
    pub fn view(&self, asker: UserId) -> MessageView<'_> {
        let mine = self.is_by(asker);
        MessageView {
            id: self.id,
            conversation_id: self.conversation_id,
            number: self.number,
            content: &self.content,
            created_at: self.created_at,
            mine,
            author: self.author.as_ref(),
            client_id: self.client_id.as_deref().filter(|_| mine),
            edited_at: self.edited_at,
            deleted_at: self.deleted_at,
            reactions: [],
        }
    }
}

/// A message as one asker sees it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageView<'a> {
    id: MessageId,
    conversation_id: ConversationId,
    number: i64,
    content: &'a str,
    created_at: Timestamp,
    mine: bool,
    author: Option<&'a User>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    edited_at: Option<Timestamp>,
    deleted_at: Option<Timestamp>,
    /// Nobody can react yet; the contract's clients may rely on the list being there.
    reactions: [(); 0],
}

/// What kind of conversation it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ConversationKind {
    /// Between two people, who can have only one.
    Direct,
    /// Named, with any number of people.
    Room,
}

/// A conversation as one participant sees it.
#[derive(Clone, Debug)]
pub struct Conversation {
    pub id: ConversationId,
    pub kind: ConversationKind,
    pub name: Option<String>,
    pub other_participant: Option<User>,
    pub participant_count: i64,
    pub open: bool,
    pub last_message: Option<Message>,
    /// The number of the newest message that `asker` has read.
    pub last_read_number: i64,
    /// Whose view this is.
    pub asker: UserId,
}

impl Serialize for Conversation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct View<'a> {
            id: ConversationId,
            kind: ConversationKind,
            name: Option<&'a str>,
            other_participant: Option<&'a User>,
            participant_count: i64,
            open: bool,
            last_message: Option<MessageView<'a>>,
            has_unread_messages: bool,
            unread_count: i64,
            last_read_number: i64,
        }

        let last_number = self
            .last_message
            .as_ref()
            .map_or(0, |message| message.number);
        let unread_count = (last_number - self.last_read_number).max(0);
        View {
            id: self.id,
            kind: self.kind,
            name: self.name.as_deref(),
            other_participant: self.other_participant.as_ref(),
            participant_count: self.participant_count,
            open: self.open,
            last_message: self
                .last_message
                .as_ref()
                .map(|message| message.view(self.asker)),
            has_unread_messages: unread_count > 0,
            unread_count,
            last_read_number: self.last_read_number,
        }
        .serialize(serializer)
    }
}

/// Something that happened, as the store knows it; [`for_asker`](Self::for_asker) is what one
/// stream is told.
#[derive(Clone, Debug)]
pub enum Change {
    /// A new message.
    Message(Message),
    /// `user_id` has read the conversation up to message `up_to`.
    Read {
        conversation_id: ConversationId,
        user_id: UserId,
        up_to: i64,
    },
    /// A conversation that is new to its asker.
    Conversation(Conversation),
}

impl Change {
    /// Whether `asker` is told the same as everybody else. An author sees their own message
    /// differently, and a conversation is somebody's view of it.
    #[must_use]
    pub fn is_shared_with(&self, asker: UserId) -> bool {
        match self {
            Self::Message(message) => !message.is_by(asker),
            Self::Read { .. } => true,
            Self::Conversation(_) => false,
        }
    }

    /// The event of the contract that tells `asker` of this change.
    #[must_use]
    pub fn for_asker(&self, id: EventId, asker: UserId) -> Event {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Read {
            conversation_id: ConversationId,
            user_id: UserId,
            up_to: i64,
        }

        match self {
            Self::Message(message) => Event::new(
                id,
                if message.is_by(asker) {
                    "sent"
                } else {
                    "message"
                },
                &message.view(asker),
            ),
            &Self::Read {
                conversation_id,
                user_id,
                up_to,
            } => Event::new(
                id,
                "read",
                &Read {
                    conversation_id,
                    user_id,
                    up_to,
                },
            ),
            Self::Conversation(conversation) => Event::new(id, "conversation", conversation),
        }
    }
}

/// One event of the feed: its place in the sequence, its name and its JSON.
#[derive(Clone, Debug)]
pub struct Event {
    pub id: EventId,
    /// `message` is the event that server-sent events leave unnamed.
    pub name: &'static str,
    pub data: String,
}

impl Event {
    /// An event with `data` as JSON.
    #[must_use]
    pub fn new(id: EventId, name: &'static str, data: &impl Serialize) -> Self {
        // The types of this module have string keys and no fallible parts, so this can't fail.
        Self {
            id,
            name,
            data: serde_json::to_string(data).unwrap_or_default(),
        }
    }
}

/// A username that keeps the rules: NFKC, 1 to 32 letters, digits, `_`, `.` or `-`.
#[derive(Clone, Debug)]
pub struct Username {
    pub text: String,
    /// The same for all names that differ only in case.
    pub key: String,
}

impl Username {
    /// Normalises and checks a name.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `username`, with the rule that was broken.
    pub fn new(text: &str) -> Result<Self> {
        let text: String = text.trim().nfkc().collect();
        let length = text.chars().count();
        if length == 0 {
            return Err(Error::invalid("username", "Username required"));
        }
        if length > MAX_USERNAME_LENGTH {
            let reason = format!("A username has {MAX_USERNAME_LENGTH} characters at most");
            return Err(Error::invalid("username", reason));
        }
        // Unicode has letters that nobody sees: Hangul fillers and two vowels of Khmer.
        let is_invisible = |c| "\u{115f}\u{1160}\u{17b4}\u{17b5}".contains(c);
        if !text
            .chars()
            .all(|c| c.is_alphanumeric() && !is_invisible(c) || "_.-".contains(c))
        {
            return Err(Error::invalid(
                "username",
                "A username has only letters, digits, _ . and -",
            ));
        }
        let key = username_key(&text);
        Ok(Self { text, key })
    }
}

/// What is the same for all spellings of a name that differ in case or compatibility form.
#[must_use]
pub fn username_key(text: &str) -> String {
    // Lower, upper and lower case again fold what one alone leaves apart (ẞ, ß and ss). A sigma is
    // written differently at the end of a word, but a search may end where a name doesn't. NFKC
    // again, as case mapping can take a text out of it.
    let text: String = text.trim().nfkc().collect();
    let folded = text.to_lowercase().to_uppercase().to_lowercase();
    folded.replace('ς', "σ").nfkc().collect()
}

/// Trims a message's content and checks it; what is inside stays byte for byte.
///
/// # Errors
/// [`Error::Invalid`] on `content` where it is empty, too long or has a NUL.
pub fn message_content(text: &str) -> Result<&str> {
    let content = text.trim();
    if content.is_empty() {
        return Err(Error::invalid("content", "Message content required"));
    }
    if content.chars().count() > MAX_MESSAGE_LENGTH {
        let reason = format!("A message has {MAX_MESSAGE_LENGTH} characters at most");
        return Err(Error::invalid("content", reason));
    }
    if content.contains('\0') {
        return Err(Error::invalid(
            "content",
            "A message can't contain a NUL character",
        ));
    }
    Ok(content)
}

/// Checks the id that a client gave its message, so that sending it again can't double it.
///
/// # Errors
/// [`Error::Invalid`] on `clientId` where it isn't 1 to 64 printable characters.
pub fn client_id(text: String) -> Result<String> {
    let length = text.chars().count();
    if length == 0 || length > MAX_CLIENT_ID_LENGTH || text.chars().any(char::is_control) {
        let reason = format!("A client id has 1 to {MAX_CLIENT_ID_LENGTH} printable characters");
        return Err(Error::invalid("clientId", reason));
    }
    Ok(text)
}
