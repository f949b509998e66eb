//! Schemas of the contract for types that are plain strings in Rust, and for unions.

use std::{borrow::Cow, sync::Arc};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::{
    ClockTime, ConversationId, ConversationKind, ConversationSettings, ConversationView, EventId,
    MAX_MESSAGE_LENGTH, Member, MessageView, Reaction, Reactors, Role, SystemDetails, SystemKind,
    Timestamp, User, UserId, Username,
};

/// Implements `JsonSchema` for types that are strings in JSON. Their doc comments become the descriptions.
macro_rules! texts {
    ($($(#[doc = $doc:literal])+ $name:ident as $shown:literal = $schema:tt;)+) => {$(
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                $shown.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let mut schema = json_schema!($schema);
                schema.insert("type".to_owned(), "string".into());
                schema.insert("description".to_owned(), concat!($($doc),+).trim_start().into());
                schema
            }
        }
    )+};
}

/// A username as typed by a user.
pub struct AnyCaseUsername;
/// The name of a room or an API token.
pub struct Name;
/// A user's display name.
pub struct DisplayName;
/// A message's content.
pub struct Content;
/// The name of a file.
pub struct FileName;
/// A file in a form.
pub struct FilePart;
/// A client’s own id for a message.
pub struct ClientId;
/// A new password.
pub struct Password;
/// A place in the feed.
pub struct Cursor;
/// A session's token.
pub struct SessionToken;

texts! {
    /// 1 to 32 letters, digits, `_`, `.` and `-`, in Unicode’s form NFKC.
    Username as "Username" = { "minLength": 1, "maxLength": 32, "pattern": r"^\S+$", "examples": ["jane"] };
    /// A username. Case does not matter.
    AnyCaseUsername as "AnyCaseUsername" = { "minLength": 1, "pattern": r"\S", "examples": ["jane"] };
    /// The name of a room or an API token. White space around it is removed. It needs a visible character and must not
    /// contain control characters.
    Name as "Name" = { "minLength": 1, "maxLength": 80, "examples": ["Kitchen"] };
    /// The name that a user chooses to be shown by, in any script. White space around it is removed, and the rest is
    /// brought into Unicode’s form NFC. It needs a visible character and must not contain control characters or more than
    /// four combining marks in a row. Several users may have the same.
    DisplayName as "DisplayName" = { "minLength": 1, "maxLength": 64, "examples": ["Jane Doe"] };
    /// The text of a message. White space around it is removed. The length counts Unicode scalar values. U+0000 is not
    /// allowed.
    Content as "Content" = { "minLength": 1, "maxLength": MAX_MESSAGE_LENGTH, "examples": ["Are you at home?"] };
    /// The name of a file. What is in front of a slash is removed, and so are control characters; 255 bytes of it are kept.
    FileName as "FileName" = { "minLength": 1, "examples": ["lake.jpg"] };
    /// A file, with its name. Any type will do, as the file’s own first bytes say what it is.
    FilePart as "FilePart" = { "format": "binary" };
    /// An id that the client chooses, such as a UUID. Only printable characters.
    ClientId as "ClientId" = { "minLength": 1, "maxLength": 64, "pattern": r"^[^\u0000-\u001f\u007f-\u009f]+$" };
    /// 8 to 1,024 bytes in Unicode’s form NFC. Very common passwords and the username itself are not allowed.
    Password as "Password" = { "minLength": 3, "maxLength": 1024, "examples": ["correct horse battery"] };
    /// A place in the feed. Clients store it and send it back. Its contents are opaque.
    Cursor as "Cursor" = { "minLength": 1 };
    /// The token of the session. It is shown only once.
    SessionToken as "SessionToken" = { "minLength": 1 };
    /// A time of day, as clocks show it.
    ClockTime as "ClockTime" = { "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "examples": ["22:00"] };
    /// A moment in UTC, with milliseconds (RFC 3339).
    Timestamp as "Timestamp" = {
        "format": "date-time",
        "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$",
        "examples": ["2026-05-01T09:30:00.000Z"]
    };
}

/// The schema shared by all ids.
#[must_use]
pub fn id(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "string",
        "description": "A 64-bit number as a decimal string, as JavaScript’s numbers are exact only up to 2^53.",
        "pattern": "^[1-9][0-9]{0,18}$",
        "examples": ["1"]
    })
}

/// Implements `JsonSchema` for unions of other types. Their doc comments become the descriptions.
macro_rules! unions {
    ($($(#[doc = $doc:literal])+ $name:ident = $($member:ident)|+;)+) => {$(
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let members = [$(generator.subschema_for::<$member>()),+];
                schemars::json_schema!({
                    "description": concat!($($doc),+).trim_start(),
                    "oneOf": members
                })
            }
        }
    )+};
}
pub(crate) use unions;

/// [`ConversationView`].
pub struct Conversation;
/// [`MessageView`].
pub struct Message;

unions! {
    /// A conversation as the caller sees it: a direct conversation or a room.
    Conversation = DirectConversation | RoomConversation;
    /// A message as the caller sees it: from a user, or from the system about a change of a room. Only system messages
    /// have `system`, `subject`, `actor`, `roomName` and `followed`.
    Message = UserMessage | SystemMessage;
}

/// A conversation between two people.
pub struct DirectConversation;
/// A room.
pub struct RoomConversation;
/// A message from a user.
pub struct UserMessage;
/// A system message.
pub struct SystemMessage;
/// A message that a webhook posted.
pub struct PostedMessage;

/// Implements `JsonSchema` for one member of a union. It starts from the view that all members share and replaces some
/// properties. Those described as `null` here always have that value.
macro_rules! members {
    ($($name:ident of $view:ty, $description:literal, $example:expr, without $without:tt, $properties:expr;)+) => {$(
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut SchemaGenerator) -> Schema {
                let mut schema = <$view>::json_schema(generator);
                let own: fn(&mut SchemaGenerator) -> Value = $properties;
                let own = own(generator);
                narrow(&mut schema, $description, &$without, own);
                schema.insert("examples".to_owned(), json!([$example]));
                schema
            }
        }
    )+};
}

fn narrow(schema: &mut Schema, description: &str, without: &[&str], own: Value) {
    schema.insert("description".to_owned(), description.into());
    let (Value::Object(own), Some(properties)) = (own, schema.get_mut("properties")) else {
        return;
    };
    let names: Vec<Value> = own.keys().map(|name| name.as_str().into()).collect();
    if let Some(properties) = properties.as_object_mut() {
        properties.retain(|name, _| !without.contains(&name.as_str()));
        properties.extend(own);
    }
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| !names.contains(name));
        required.extend(names);
    }
}

members! {
    DirectConversation of ConversationView<'_>, "A conversation between two people.", direct(), without [], |generator| json!({
        "kind": { "type": "string", "const": "direct" },
        "name": { "type": "null" },
        "open": { "type": "boolean", "const": false },
        "avatarURL": { "type": "null" },
        "otherParticipant": generator.subschema_for::<User>(),
        "role": { "type": "null" }
    });
    RoomConversation of ConversationView<'_>, "A room.", room(), without [], |generator| json!({
        "kind": { "type": "string", "const": "room" },
        "name": generator.subschema_for::<Name>(),
        "otherParticipant": { "type": "null" }
    });
    UserMessage of MessageView<'_>, "A message from a user.", message(), without ["system", "subject", "actor", "roomName", "followed"], |generator| json!({
        "author": generator.subschema_for::<User>()
    });
    PostedMessage of MessageView<'_>, "A message that a webhook posted.", posted(), without ["system", "subject", "actor", "roomName", "followed"], |generator| json!({
        "author": generator.subschema_for::<User>(),
        "ok": { "type": "boolean", "const": true, "description": "Programs that post to Slack look for it." }
    });
    SystemMessage of MessageView<'_>, "A system message about a change of a room. `content` says it in English; the other properties are there to say it in any language.", joined(), without ["clientId", "attachments", "mentions", "replyTo"],
        |generator| json!({
            "mine": { "type": "boolean", "const": false },
            "author": { "type": "null" },
            "system": generator.subschema_for::<SystemKind>(),
            "subject": generator.subschema_for::<User>()
        });
}

/// The caller in the examples.
const CALLER: Member = Member {
    user: UserId(1),
    role: Role::Owner,
    history_id: EventId(0),
    last_read_number: 2,
    mention_count: 0,
    settings: ConversationSettings::NONE,
};

/// An example message.
#[must_use]
pub fn message() -> Value {
    json!(jane_asks().view(CALLER.user))
}

fn posted() -> Value {
    let mut posted = message();
    posted["ok"] = true.into();
    posted
}

fn jane_asks() -> super::Message {
    let mut reactors = Reactors::default();
    reactors.add(CALLER.user, "👍");
    super::Message {
        id: EventId(42),
        conversation_id: ConversationId(7),
        number: 3,
        author: Some(jane()),
        client_id: None,
        content: "Are you at home?".to_owned(),
        created_at: Timestamp(1_777_627_800_000),
        edited_at: None,
        deleted_at: None,
        changed_id: Some(EventId(45)),
        system: None,
        reactions: vec![Reaction {
            emoji: "👍".to_owned(),
            count: 1,
            users: vec![CALLER.user],
        }],
        reactors: Some(Arc::new(reactors)),
        attachments: Vec::new(),
        mentions: Vec::new(),
        reply_to: None,
        history_id: EventId(0),
        pinned_at: None,
    }
}

fn joined() -> Value {
    let message = super::Message {
        author: None,
        content: "Jane Doe joined".to_owned(),
        changed_id: None,
        system: Some(SystemDetails {
            kind: SystemKind::Joined,
            subject: jane(),
            actor: Some(jane()),
            data: String::new(),
        }),
        reactions: Vec::new(),
        reactors: None,
        ..jane_asks()
    };
    json!(message.view(CALLER.user))
}

fn direct() -> Value {
    let john = User {
        id: CALLER.user,
        username: "john".to_owned(),
        display_name: None,
        avatar_url: None,
        deleted: false,
        bot: None,
    };
    let conversation = super::Conversation {
        kind: ConversationKind::Direct,
        name: None,
        open: false,
        pair: Some([john, jane()]),
        participant_count: 2,
        ..kitchen()
    };
    json!(conversation.view(&CALLER))
}

fn room() -> Value {
    json!(kitchen().view(&CALLER))
}

fn kitchen() -> super::Conversation {
    super::Conversation {
        id: ConversationId(7),
        kind: ConversationKind::Room,
        name: Some("Kitchen".to_owned()),
        open: true,
        avatar_url: None,
        pair: None,
        participant_count: 3,
        changed_id: EventId(38),
        last_message: Some(jane_asks()),
    }
}

/// An example user.
#[must_use]
pub fn jane() -> User {
    User {
        id: UserId(2),
        username: "jane".to_owned(),
        display_name: Some("Jane Doe".to_owned()),
        avatar_url: None,
        deleted: false,
        bot: None,
    }
}
