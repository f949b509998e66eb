//! The feed: every event that the caller may see, and what a client asks for over a WebSocket.

use std::{borrow::Cow, collections::BTreeMap};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    contract::operation::{Answer, Header, Operation, Parameter, Tag},
    error::ErrorCode::{self, BadHandshake, CrossOrigin, NotAcceptable, WebsocketVersion},
    model::{
        CaughtUp, ConversationId, Hello, Presence, ReadUpTo, Removed, Reset, Typing, UserId,
        schema::{ClientId, Content, Conversation, Cursor, Message, jane, message, unions},
    },
};

/// Describes the events of the feed: the name of each, and its data.
macro_rules! events {
    ($($(#[doc = $doc:literal])+ $name:ident = $event:literal, $place:ident, $data:ty, $example:expr;)+) => {$(
        $(#[doc = $doc])+
        pub struct $name;

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                let data = generator.subschema_for::<$data>();
                let description = concat!($($doc),+).trim_start();
                event($event, description, data, $example, events!(@$place generator))
            }
        }
    )+};
    (@numbered $generator:ident) => { Some($generator.subschema_for::<Cursor>()) };
    (@passing $generator:ident) => { None };
}

/// The schema of an event; only those that may be replayed have an id.
fn event(
    name: &str,
    description: &str,
    data: Schema,
    example: Value,
    id: Option<Schema>,
) -> Schema {
    let mut required = vec!["event", "data"];
    let mut properties = json!({ "event": { "type": "string", "const": name }, "data": data });
    let mut example = json!({ "event": name, "data": example });
    if let Some(id) = id {
        required.insert(0, "id");
        properties["id"] = id.to_value();
        example["id"] = "2f-45".into();
    }
    json_schema!({
        "type": "object",
        "description": description,
        "required": required,
        "properties": properties,
        "examples": [example]
    })
}

events! {
    /// The first event of a stream.
    HelloEvent = "hello", numbered, Hello<'_>, json!(Hello { cursor: "2f-45".to_owned(), user: &jane(), heartbeat: 15 });
    /// A new message of somebody else, or of the system. As a server-sent event it has no name.
    MessageEvent = "message", numbered, Message, message();
    /// A new message of the caller’s own, from this or another device.
    SentEvent = "sent", numbered, Message, message();
    /// A message was edited or deleted, or its reactions changed. The data is the message as it is now.
    UpdateEvent = "update", numbered, Message, message();
    /// A conversation is new to the caller, has changed, or is not theirs any more.
    ConversationEvent = "conversation", numbered, ConversationOrRemoved, json!(Removed { id: ConversationId(7), removed: true });
    /// Somebody, perhaps the caller on another device, has read messages.
    ReadEvent = "read", numbered, ReadUpTo, json!(ReadUpTo { conversation_id: ConversationId(7), user_id: UserId(2), up_to: 3 });
    /// Somebody is typing. It has no id, and is never replayed.
    TypingEvent = "typing", passing, Typing, json!(Typing { conversation_id: ConversationId(7), user_id: UserId(2) });
    /// Somebody came online or went offline. It has no id, and is never replayed.
    PresenceEvent = "presence", passing, Presence, json!(Presence { user_id: UserId(2), online: true });
    /// Everything that was missed has been sent; what follows is live.
    CaughtUpEvent = "caught_up", numbered, CaughtUp, json!(CaughtUp { cursor: "2f-45".to_owned() });
    /// The client’s cursor is unknown here. Load everything again, and go on from the id of this event.
    ResetEvent = "reset", numbered, Reset, json!(Reset { reason: "This place in the stream is unknown here" });
    /// A request over the WebSocket was done.
    AckEvent = "ack", passing, Ack, message();
    /// A request over the WebSocket was refused, as the HTTP call of the same name would have been.
    ErrorEvent = "error", passing, SocketError, json!({ "code": "not_found", "message": "Conversation not found", "clientId": "1" });
}

/// An event of a stream.
pub struct StreamEvent;
/// An event that a long poll also tells.
pub struct PolledEvent;
/// What a client may ask for over its WebSocket.
pub struct SocketRequest;
/// What answers a request over a WebSocket.
pub struct SocketAnswer;
/// Anything that the server sends over a WebSocket.
pub struct SocketFrame;
/// The data of an [`AckEvent`].
pub struct Ack;
/// The data of a [`ConversationEvent`].
pub struct ConversationOrRemoved;

unions! {
    /// An event of a stream. A WebSocket has it as the text of a frame. A server-sent event has the same id, name and
    /// data, where `message` events have no name.
    StreamEvent = HelloEvent | MessageEvent | SentEvent | UpdateEvent | ConversationEvent | ReadEvent | TypingEvent
        | PresenceEvent | CaughtUpEvent | ResetEvent;
    /// An event of a long poll: all but those by which streams tell of themselves.
    PolledEvent = MessageEvent | SentEvent | UpdateEvent | ConversationEvent | ReadEvent | TypingEvent | PresenceEvent;
    /// What a client may ask for over its WebSocket: the text of a frame. It is checked, done and refused as the HTTP
    /// call of the same name.
    SocketRequest = SocketSend | SocketRead | SocketTyping;
    /// What answers a request over a WebSocket.
    SocketAnswer = AckEvent | ErrorEvent;
    /// What the server sends over a WebSocket: the text of a frame.
    SocketFrame = StreamEvent | SocketAnswer;
    /// The message that was sent, or what else was done.
    Ack = Message | SocketDone;
    /// A conversation as it is now, or that the caller is not in it any more.
    ConversationOrRemoved = Conversation | Removed;
}

/// Sends a message.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SocketSend {
    #[schemars(extend("const" = "send"))]
    pub op: String,
    pub conversation_id: ConversationId,
    pub content: Content,
    /// Sending the same message again with the same id does not double it.
    pub client_id: Option<ClientId>,
}

/// Marks messages as read.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SocketRead {
    #[schemars(extend("const" = "read"))]
    pub op: String,
    pub conversation_id: ConversationId,
    /// The number of the newest message that was read; all messages if left out.
    #[schemars(range(min = 0))]
    pub up_to: Option<i64>,
    /// Comes back with the answer.
    pub client_id: Option<String>,
}

/// Tells the others that the caller is typing.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SocketTyping {
    #[schemars(extend("const" = "typing"))]
    pub op: String,
    pub conversation_id: ConversationId,
    /// Comes back with the answer.
    pub client_id: Option<String>,
}

/// What was done, where that is not a new message.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SocketDone {
    #[schemars(extend("enum" = ["read", "typing"]))]
    pub op: &'static str,
    pub conversation_id: ConversationId,
    /// The request’s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
}

/// Why a request was refused.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SocketError {
    pub code: ErrorCode,
    /// A sentence for a person.
    pub message: String,
    /// Where a value is not accepted: why, by field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errors: Option<BTreeMap<String, String>>,
    /// The request’s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
}

/// What a long poll has brought.
#[derive(JsonSchema)]
pub struct Poll {
    /// Where the next poll begins.
    pub cursor: Cursor,
    pub events: Vec<PolledEvent>,
}

pub fn follow() -> Operation {
    Operation::new("feed", Tag::Feed, "Opens a stream of everything that happens and the caller may see")
        .describe(
            "It has three encodings. `Accept: text/event-stream` opens server-sent events. `Upgrade: websocket` opens a \
             WebSocket, whose frames are JSON texts of at most 64 KiB. `Accept: application/json` is a long poll: it is \
             answered at once where there are events after `after`, otherwise at the first event, or empty after `wait` \
             seconds; without a cursor it is answered with the current one. A cursor works in all three.\n\n\
             A stream begins with `hello`. With a cursor, everything that was missed follows in order, then `caught_up`; \
             what comes after that is live. `typing` and `presence` have no id and are never replayed. After `reset`, load \
             everything again and go on from its id. A stream that has nothing to tell shows every 15 seconds that it is \
             alive, by a comment or a ping.",
        )
        .parameter(Parameter::query::<Cursor>("after").describe("A cursor, as the server gave it"))
        .parameter(
            Parameter::query::<u32>("wait").describe("How many seconds a long poll may wait: none if left out, 30 at most"),
        )
        .parameter(
            Parameter::query::<String>("token")
                .describe("A session’s token or an API token, as an EventSource cannot set headers"),
        )
        .parameter(Parameter::header::<Cursor>("Last-Event-ID").describe("A cursor, which goes before `after`"))
        .answer(
            Answer::empty(101, "A WebSocket")
                .header(Header::constant("Upgrade", "websocket"))
                .header(Header::constant("Connection", "Upgrade"))
                .header(Header::any("Sec-WebSocket-Accept"))
                .frames::<SocketFrame, SocketRequest>(),
        )
        .answer(
            Answer::json::<Poll>(200, "The stream, or what a long poll has brought")
                .or::<StreamEvent>("text/event-stream"),
        )
        .errors([BadHandshake, CrossOrigin, NotAcceptable, ErrorCode::Reset, WebsocketVersion])
        .invalid(["wait"])
}
