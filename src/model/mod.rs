//! The types of the contract: ids, users, conversations, messages and events, and the validation of input. Nothing here
//! does any I/O.

mod account;
mod attachment;
mod backup;
mod certificate;
mod change;
pub mod clock;
mod conversation;
mod draft;
mod excerpt;
mod file_name;
mod hook;
mod input;
pub mod limits;
mod mention;
mod message;
mod passkey;
mod permission;
mod picture;
pub mod push;
mod quiet;
mod quote;
mod rate;
mod reaction;
mod relay;
mod report;
mod room_request;
mod saved;
pub mod schema;
pub mod security;
mod storage;
mod user;
mod username;

use std::{
    fmt,
    str::FromStr,
    time::{Duration, UNIX_EPOCH},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use self::{
    account::{
        Account, AdminSettings, ApiToken, Identity, Invite, InviteRoom, Scope, SessionInfo,
        invite_link, reset_link, setup_link,
    },
    attachment::{
        Attachment, ConversationAttachment, Description, MAX_ATTACHMENTS, Thumbhash, Upload,
    },
    backup::{Backup, BackupProblem, Backups, Copied},
    certificate::{CertificateFailure, CertificateStatus, TlsMode},
    change::{
        Backlog, Bye, CaughtUp, Change, Event, Hello, Presence, ReadUpTo, Removed, Reset, Typing,
    },
    conversation::{
        Conversation, ConversationKind, ConversationSettings, ConversationView, Member,
        NotificationLevel, Participant, Role,
    },
    draft::{Draft, draft_content},
    excerpt::{MAX_EXCERPT_LENGTH, beginning, excerpt},
    file_name::file_name,
    hook::Hook,
    input::{
        Emoji, MAX_MESSAGE_LENGTH, caption, client_id, default_room_name, display_name,
        is_bidi_control, is_blank, message_content, name_key, name_parts, no_content,
        report_reason, room_name, token_name,
    },
    mention::{
        EVERYBODY, FoundMention, MAX_CALLED_BY_MEMBERS, MAX_MENTIONS, Mention, Mentioned,
        find_mentions, with_names,
    },
    message::{Message, MessageView, SystemDetails, SystemKind, Variant},
    passkey::{MAX_PASSKEYS, Passkey, passkey_name},
    permission::Permission,
    picture::{PICTURE_BYTES, THUMB_BYTES, chosen_picture, picture_type, thumb},
    push::{Notification, PushKeys, Subscription, SubscriptionInfo, SubscriptionKeys},
    quiet::{ClockTime, QuietHours},
    quote::ReplyTo,
    rate::{Allowance, Rate},
    reaction::{
        MAX_EMOJI, MAX_NAMED_REACTORS, Reaction, ReactionView, Reactions, Reactors, UserReaction,
    },
    relay::{RelayKind, relay_token},
    report::Report,
    room_request::{RoomRequest, RoomRequestChange},
    saved::{Saved, SavedMessage, SavedMessageView},
    security::{Actor, NewNotice, Notice, SecurityEvent, SecurityEventKind},
    storage::{Sent, SentBy, SentFiles, SentIn},
    user::{Block, Bot, Profile, RoomInCommon, User},
    username::{BotName, Username, UsernameKey, fold, username_skeleton},
};

/// A 64-bit id. In JSON it is a decimal string, because JavaScript's numbers are exact only up to 2^53.
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

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                "Id".into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schema::id(generator)
            }
        }
    )+};
}

ids! {
    /// Identifies a user.
    UserId,
    /// Identifies a session or an API token. It isn't secret, unlike the token itself.
    SessionId,
    /// Identifies a conversation.
    ConversationId,
    /// Identifies an invitation.
    InviteId,
    /// Identifies a hook.
    HookId,
    /// Identifies a report.
    ReportId,
    /// Identifies a passkey here. Authenticators know it by another id.
    PasskeyId,
    /// Identifies an event of the audit log.
    SecurityEventId,
    /// Identifies an upload, and the attachment that it becomes.
    UploadId,
    /// Identifies a browser that is notified.
    SubscriptionId,
    /// A place in the sequence that numbers messages and all other changes.
    EventId,
}

/// A message's id is also its place in the sequence.
pub type MessageId = EventId;

/// The text isn't an id in canonical decimal form.
#[derive(Debug, thiserror::Error)]
#[error("not an id")]
pub struct NotAnId;

/// Parses 1 to 2^63 − 1 in canonical decimal: no sign, no leading zero, no white space.
fn parse_id(text: &str) -> Result<i64, NotAnId> {
    let canonical = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    if !canonical {
        return Err(NotAnId);
    }
    text.parse().map_err(|_| NotAnId)
}

/// A moment in milliseconds since 1970 UTC. In JSON it is RFC 3339 in UTC with milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The current wall-clock time, for display and expiry. Nothing is ordered by it, because the clock can be set
    /// back.
    #[must_use]
    pub fn now() -> Self {
        clock::now()
    }

    /// The moment in a text of RFC 3339. None if it isn't one, or is before 1970.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let moment = humantime::parse_rfc3339(text).ok()?;
        let millis = moment.duration_since(UNIX_EPOCH).ok()?.as_millis();
        i64::try_from(millis).ok().map(Self)
    }

    /// How long this is ago at `now`; nothing if it is still to come.
    #[must_use]
    pub fn age(self, now: Self) -> Duration {
        Duration::from_millis(u64::try_from(now.0 - self.0).unwrap_or_default())
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

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since_epoch = Duration::from_millis(u64::try_from(self.0).unwrap_or_default());
        humantime::format_rfc3339_millis(UNIX_EPOCH + since_epoch).fmt(f)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("not a time of RFC 3339"))
    }
}
