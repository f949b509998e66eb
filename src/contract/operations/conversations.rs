//! Starting and listing conversations, marking them as read, and typing.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use serde_json::json;

use crate::{
    contract::{
        number::whole_number,
        operation::{Answer, Header, Operation, Parameter, Tag},
    },
    error::ErrorCode::{Blocked, DailyLimit, Forbidden, NotFound, SelfConversation, Unreachable},
    model::{
        ConversationId, NotificationLevel, User,
        schema::{AnyCaseUsername, Conversation, Name, unions},
    },
};

/// A new conversation: a room if it has a name.
#[derive(Deserialize)]
pub struct StartConversation {
    pub username: Option<String>,
    pub name: Option<String>,
    #[serde(default)]
    pub usernames: Vec<String>,
    #[serde(default)]
    pub open: bool,
}

/// A new direct conversation.
#[derive(JsonSchema)]
pub struct StartDirect {
    pub username: AnyCaseUsername,
}

/// A new room.
#[derive(JsonSchema)]
pub struct CreateRoom {
    pub name: Name,
    /// Its first participants, besides the caller.
    pub usernames: Option<Vec<AnyCaseUsername>>,
    /// Whether every user may find it and join; false if left out.
    pub open: Option<bool>,
}

unions! {
    /// A new conversation: direct, or a room.
    StartConversation = StartDirect | CreateRoom;
}

/// How far the caller has read.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadMark {
    /// The number of the newest message that was read; all messages if left out.
    #[schemars(range(min = 0))]
    #[serde(default, deserialize_with = "whole_number")]
    pub up_to: Option<i64>,
}

/// What the caller sets for themselves in a conversation. Properties that are left out stay the same.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateConversationSettings {
    /// At most 20 conversations. Pinning one ends that it is archived or hidden.
    pub pinned: Option<bool>,
    /// Archiving unpins it.
    pub archived: Option<bool>,
    /// Only direct conversations. Hiding unpins it.
    pub hidden: Option<bool>,
    pub marked_unread: Option<bool>,
    /// Of which messages the caller wants to be notified. Null leaves that to the size of the conversation.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Option<NotificationLevel>")]
    pub notification_level: Option<Option<NotificationLevel>>,
}

/// Tells null from a property that is left out.
#[expect(clippy::option_option, reason = "null and left out are different")]
fn present<'de, D: Deserializer<'de>>(
    value: D,
) -> Result<Option<Option<NotificationLevel>>, D::Error> {
    Option::deserialize(value).map(Some)
}

/// The query parameter for the next page.
pub fn before() -> Parameter {
    Parameter::query::<ConversationId>("before")
        .describe("The last conversation of the previous page")
}

/// The path parameter of a conversation.
pub fn id() -> Parameter {
    Parameter::path::<ConversationId>("id").describe("A conversation’s id")
}

pub fn list() -> Operation {
    Operation::new(
        "conversations",
        Tag::Conversations,
        "Lists up to 25 of the caller’s conversations, newest message first",
    )
    .describe("Direct conversations that are hidden or have no messages are not listed.")
    .parameter(before())
    .parameter(
        Parameter::query::<String>("only")
            .with(json!({ "enum": ["pinned", "archived"] }))
            .describe("Lists only the pinned ones, or the archived ones"),
    )
    .list::<Conversation>(25, "The conversations")
    .errors([NotFound])
    .invalid(["only"])
}

pub fn update_settings() -> Operation {
    Operation::new(
        "updateConversationSettings",
        Tag::Conversations,
        "Pins, archives or hides a conversation for the caller, or marks it as unread",
    )
    .describe("Others are not told. A newer message ends that it is archived or hidden, and reading that it is unread.")
    .parameter(id())
    .body::<UpdateConversationSettings>()
    .ok::<Conversation>("The conversation")
    .errors([NotFound])
    .invalid(["pinned", "hidden"])
}

pub fn start() -> Operation {
    Operation::new(
        "startConversation",
        Tag::Conversations,
        "Starts a direct conversation, or creates a room",
    )
    .describe(
        "Two people have only one direct conversation. If it already exists, 303 redirects to it.",
    )
    .body::<StartConversation>()
    .answer(Answer::json::<Conversation>(
        200,
        "The existing conversation, for clients that follow redirects",
    ))
    .created::<Conversation>("The new conversation")
    .answer(
        Answer::empty(303, "The two already have a conversation").header(Header::pattern(
            "Location",
            "^/api/conversations/[1-9][0-9]{0,18}$",
        )),
    )
    .errors([
        SelfConversation,
        Forbidden,
        NotFound,
        Blocked,
        Unreachable,
        DailyLimit,
    ])
    .invalid(["username", "name", "usernames"])
}

pub fn show() -> Operation {
    Operation::new(
        "conversation",
        Tag::Conversations,
        "Shows one of the caller’s conversations",
    )
    .parameter(id())
    .ok::<Conversation>("The conversation")
    .errors([NotFound])
}

pub fn other_participant() -> Operation {
    Operation::new(
        "otherParticipant",
        Tag::Conversations,
        "Shows the other person of a direct conversation",
    )
    .parameter(id())
    .ok::<User>("The user")
    .errors([NotFound])
}

pub fn mark_read() -> Operation {
    Operation::new(
        "markRead",
        Tag::Conversations,
        "Marks messages as read, up to a number or all",
    )
    .parameter(id())
    .optional_body::<ReadMark>()
    .done()
    .errors([NotFound])
    .invalid(["upTo"])
}

pub fn send_typing() -> Operation {
    Operation::new(
        "sendTyping",
        Tag::Conversations,
        "Tells the other participants that the caller is typing",
    )
    .describe("Send it at most every 3 seconds while the user types. It is shown for 6 seconds.")
    .parameter(id())
    .done()
    .errors([NotFound])
    .reading()
}
