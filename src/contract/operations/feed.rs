//! The feed: its events, and the requests that clients send over a WebSocket.

use std::{borrow::Cow, collections::BTreeMap};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    contract::operation::{Answer, Header, Operation, Parameter, Tag},
    error::ErrorCode::{
        self, BadHandshake, CrossOrigin, NotAcceptable, TooManyStreams, WebsocketVersion,
    },
    model::{
        Block, Bye, CaughtUp, ConversationId, Draft, EventId, Hello, MAX_ATTACHMENTS, MessageId,
        NewNotice, Presence, ReadUpTo, Removed, Reset, RoomRequestChange, Saved, SecurityEventId,
        Timestamp, Typing, UploadId, User, UserId,
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

/// The schema of an event. Only events that may be replayed have an id.
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
    /// A new message from another user or from the system. As a server-sent event it has no name.
    MessageEvent = "message", numbered, Message, message();
    /// A new message from the caller, sent from this or another device.
    SentEvent = "sent", numbered, Message, message();
    /// A message was edited, deleted, pinned or unpinned, or its reactions changed. The data is the message in its current state.
    UpdateEvent = "update", numbered, Message, message();
    /// A conversation is new to the caller or has changed, or the caller is no longer in it.
    ConversationEvent = "conversation", numbered, ConversationOrRemoved, json!(Removed { id: ConversationId(7), removed: true });
    /// A participant, possibly the caller on another device, has read messages.
    ReadEvent = "read", numbered, ReadUpTo, json!(ReadUpTo { conversation_id: ConversationId(7), user_id: UserId(2), up_to: 3 });
    /// A user’s name, display name or picture changed, or their account was deleted: the caller’s own, or that of somebody
    /// who is or was in a conversation with the caller. The data is the user in their current state.
    UserEvent = "user", numbered, User, json!(jane());
    /// The caller has blocked or unblocked a user, on this or another device.
    BlockEvent = "block", numbered, Block, json!(Block { user: jane(), blocked: true });
    /// The caller was asked to join a room, or that has been answered, on this or another device, or withdrawn.
    RoomRequestEvent = "room_request", numbered, RoomRequestChange, json!(RoomRequestChange { conversation_id: ConversationId(7), request: None });
    /// A user is typing. It has no id and is never replayed.
    TypingEvent = "typing", passing, Typing, json!(Typing { conversation_id: ConversationId(7), user_id: UserId(2) });
    /// A user came online or went offline. It has no id and is never replayed.
    PresenceEvent = "presence", passing, Presence, json!(Presence { user_id: UserId(2), online: true });
    /// Something happened to the caller’s account that they may want to know: `GET /api/notices` has it. It has no id and is
    /// never replayed.
    NoticeEvent = "notice", passing, NewNotice, json!(NewNotice { id: SecurityEventId(12) });
    /// The caller has saved a message, or doesn’t keep it any more, on this or another device.
    SavedEvent = "saved", numbered, Saved, json!(Saved { message_id: EventId(42), conversation_id: ConversationId(7), saved_at: Some(Timestamp(1_777_627_800_000)) });
    /// What the caller has begun to write in a conversation changed, on this or another device.
    DraftEvent = "draft", numbered, Draft, json!(Draft {
        conversation_id: ConversationId(7), content: "I’ll be".to_owned(), device: "Firefox on Android".to_owned(), updated_at: Timestamp(1_777_627_800_000)
    });
    /// All missed events have been sent. What follows is live.
    CaughtUpEvent = "caught_up", numbered, CaughtUp, json!(CaughtUp { cursor: "2f-45".to_owned() });
    /// The server does not know the client’s cursor. Load everything again, and continue from the id of this event.
    ResetEvent = "reset", numbered, Reset, json!(Reset { reason: "This place in the stream is unknown here" });
    /// The stream ends, because the caller has opened so many others since. A client mustn’t open it again by itself.
    ByeEvent = "bye", passing, Bye, json!(Bye { reason: "You have too many streams open, so this one has ended.".to_owned() });
    /// A request over the WebSocket succeeded.
    AckEvent = "ack", passing, Ack, message();
    /// A request over the WebSocket failed with the same error as the HTTP call of the same name.
    ErrorEvent = "error", passing, SocketError, json!({ "code": "not_found", "message": "Conversation not found", "clientId": "1" });
}

/// An event of a stream.
pub struct StreamEvent;
/// An event that long polls also return.
pub struct PolledEvent;
/// A request over a WebSocket.
pub struct SocketRequest;
/// The response to a request over a WebSocket.
pub struct SocketAnswer;
/// Anything that the server sends over a WebSocket.
pub struct SocketFrame;
/// The data of an [`AckEvent`].
pub struct Ack;
/// The data of a [`ConversationEvent`].
pub struct ConversationOrRemoved;

unions! {
    /// An event of a stream. Over a WebSocket, it is the text of a frame. A server-sent event has the same id, name and
    /// data, except that `message` events have no name.
    StreamEvent = HelloEvent | MessageEvent | SentEvent | UpdateEvent | ConversationEvent | ReadEvent | UserEvent
        | BlockEvent | RoomRequestEvent | SavedEvent | DraftEvent | TypingEvent | PresenceEvent | NoticeEvent
        | CaughtUpEvent | ResetEvent | ByeEvent;
    /// An event of a long poll: all events except those about the stream itself.
    PolledEvent = MessageEvent | SentEvent | UpdateEvent | ConversationEvent | ReadEvent | UserEvent | BlockEvent
        | RoomRequestEvent | SavedEvent | DraftEvent | TypingEvent | PresenceEvent | NoticeEvent;
    /// A request over a WebSocket: the text of a frame. It is validated and handled like the HTTP call of the same
    /// name, with the same errors.
    SocketRequest = SocketSend | SocketRead | SocketTyping;
    /// The response to a request over a WebSocket.
    SocketAnswer = AckEvent | ErrorEvent;
    /// Anything that the server sends over a WebSocket: the text of a frame.
    SocketFrame = StreamEvent | SocketAnswer;
    /// The sent message, or a confirmation.
    Ack = Message | SocketDone;
    /// A conversation in its current state, or the information that the caller is no longer in it.
    ConversationOrRemoved = Conversation | Removed;
}

/// Sends a message.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SocketSend {
    #[schemars(extend("const" = "send"))]
    pub op: String,
    pub conversation_id: ConversationId,
    /// It may be left out, or empty, if there are attachments.
    pub content: Option<Content>,
    /// Sending the message again with the same id does not create another one.
    pub client_id: Option<ClientId>,
    /// The ids of complete uploads of the caller.
    #[schemars(length(max = MAX_ATTACHMENTS))]
    pub attachments: Option<Vec<UploadId>>,
    /// The message of the same conversation that it answers.
    pub reply_to: Option<MessageId>,
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
    /// Returned in the response.
    pub client_id: Option<String>,
}

/// Tells the other participants that the caller is typing.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SocketTyping {
    #[schemars(extend("const" = "typing"))]
    pub op: String,
    pub conversation_id: ConversationId,
    /// Returned in the response.
    pub client_id: Option<String>,
}

/// The confirmation of a request other than sending a message.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SocketDone {
    #[schemars(extend("enum" = ["read", "typing"]))]
    pub op: &'static str,
    pub conversation_id: ConversationId,
    /// The client id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
}

/// The error of a request.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SocketError {
    pub code: ErrorCode,
    /// A sentence for people.
    pub message: String,
    /// For validation errors, the reason for each field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errors: Option<BTreeMap<String, String>>,
    /// For `too_fast`, the number of seconds after which to try again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// The client id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
}

/// The result of a long poll.
#[derive(JsonSchema)]
pub struct Poll {
    /// The cursor for the next poll.
    pub cursor: Cursor,
    pub events: Vec<PolledEvent>,
}

/// A ticket for the feed.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StreamTicket {
    /// It goes into the query of the feed: `?ticket=`.
    #[schemars(length(min = 1))]
    pub ticket: String,
    pub expires_at: Timestamp,
}

pub fn create_ticket() -> Operation {
    Operation::new(
        "createStreamTicket",
        Tag::Feed,
        "Creates a ticket that opens one stream, within a minute",
    )
    .describe(
        "For clients that cannot set headers, as an EventSource. Unlike a token, it is no good to whoever finds it in a log \
         or a history.",
    )
    .created::<StreamTicket>("The ticket")
    .reading()
}

pub fn follow() -> Operation {
    Operation::new("feed", Tag::Feed, "Opens a stream of all events that the caller may see")
        .describe(
            "There are three transports. `Accept: text/event-stream` opens server-sent events. `Upgrade: websocket` opens \
             a WebSocket, whose frames are JSON texts of at most 64 KiB. `Accept: application/json` is a long poll: it \
             returns at once if there are events after `after`, otherwise with the first event, or empty after `wait` \
             seconds; without a cursor it returns the current one. A cursor works with all three.\n\n\
             A stream begins with `hello`. With a cursor, all missed events follow in order, then `caught_up`. What comes \
             after that is live. `typing`, `presence` and `notice` have no id and are never replayed. After `reset`, load everything \
             again and continue from its id. A caller has up to 32 streams: when another one opens, the oldest ends with \
             `bye`, which comes with a long `retry:` for clients that connect again by themselves. A WebSocket then closes \
             with 4001. When there are no events, a stream sends a comment or a ping every 15 \
             seconds.",
        )
        .parameter(Parameter::query::<Cursor>("after").describe("A cursor from the server"))
        .parameter(
            Parameter::query::<Cursor>("lastEventId")
                .describe("Instead of `after`, for clients that can’t send `Last-Event-ID` when they open a stream anew"),
        )
        .parameter(
            Parameter::query::<u32>("wait").describe("How many seconds a long poll may wait; 0 if left out"),
        )
        .parameter(
            Parameter::query::<String>("ticket")
                .describe("A ticket from `POST /api/stream_ticket`, as an EventSource cannot set headers"),
        )
        .parameter(
            Parameter::query::<String>("token")
                .describe("A session’s token or an API token. A ticket is better, as logs may have the query"),
        )
        .parameter(Parameter::header::<Cursor>("Last-Event-ID").describe("A cursor, which takes precedence over `after`"))
        .answer(
            Answer::empty(101, "A WebSocket")
                .header(Header::constant("Upgrade", "websocket"))
                .header(Header::constant("Connection", "Upgrade"))
                .header(Header::any("Sec-WebSocket-Accept"))
                .frames::<SocketFrame, SocketRequest>(),
        )
        .answer(
            Answer::json::<Poll>(200, "The stream, or the result of a long poll")
                .or::<StreamEvent>("text/event-stream"),
        )
        .errors([BadHandshake, CrossOrigin, NotAcceptable, ErrorCode::Reset, TooManyStreams, WebsocketVersion])
        .invalid(["wait"])
}
