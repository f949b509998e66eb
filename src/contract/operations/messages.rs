//! Messages: sending, reading, editing and deleting them, and reacting to them.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::conversations::id as conversation;
use crate::{
    contract::operation::{Answer, Operation, Parameter, Tag},
    error::ErrorCode::{
        Blocked, ClientIdReused, Forbidden, NotFound, QuotaUsedUp, TextQuotaUsedUp, TooLarge,
        Unreachable,
    },
    model::{
        EventId, MAX_ATTACHMENTS, MessageId, UploadId, UserReaction,
        schema::{ClientId, Content, FilePart, Message},
    },
};

/// A new message.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SendMessage {
    /// It may be left out, or empty, if there are attachments.
    #[schemars(with = "Option<Content>")]
    pub content: Option<String>,
    /// Sending the message again with the same id does not create another one.
    #[schemars(with = "Option<ClientId>")]
    pub client_id: Option<String>,
    /// The ids of complete uploads of the caller, which become the message’s attachments in this order.
    #[schemars(with = "Option<Vec<UploadId>>", length(max = MAX_ATTACHMENTS))]
    pub attachments: Option<Vec<String>>,
    /// The message of the same conversation that it answers.
    #[schemars(with = "Option<MessageId>")]
    pub reply_to: Option<String>,
}

/// A new message with files, as a form. What has a file name is a file, whatever the field is called.
#[derive(JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SendForm {
    /// It may be left out, or empty, if there are files.
    #[schemars(with = "Option<Content>")]
    pub content: Option<String>,
    /// Sending the message again with the same id does not create another one.
    #[schemars(with = "Option<ClientId>")]
    pub client_id: Option<String>,
    /// The message of the same conversation that it answers.
    #[schemars(with = "Option<MessageId>")]
    pub reply_to: Option<String>,
    #[schemars(length(max = MAX_ATTACHMENTS))]
    pub file: Option<Vec<FilePart>>,
}

/// A new content for a message.
#[derive(Deserialize, JsonSchema)]
pub struct EditMessage {
    #[schemars(with = "Content")]
    pub content: Option<String>,
}

fn id() -> Parameter {
    Parameter::path::<MessageId>("id").describe("A message’s id")
}

pub fn history() -> Operation {
    Operation::new("history", Tag::Messages, "Lists a conversation’s messages, newest first")
        .describe("This does not mark messages as read.")
        .parameter(conversation())
        .parameter(Parameter::query::<MessageId>("before").describe("Only messages before this one"))
        .parameter(Parameter::query::<MessageId>("after").describe("Only messages after this one"))
        .parameter(Parameter::query::<MessageId>("around").describe(
            "This message, with those before and after it, half of `limit` each; `before` and `after` are ignored",
        ))
        .parameter(Parameter::query::<u32>("limit").with(json!({ "minimum": 1, "maximum": 100 })).describe("How many messages; 25 if left out"))
        .parameter(Parameter::query::<String>("order").with(json!({ "const": "top" })).describe(
            "`top`: those with the most reactions first, then the newest; `before`, `after` and `around` are ignored",
        ))
        .list::<Message>(100, "The messages")
        .errors([NotFound])
        .invalid(["limit", "order"])
}

pub fn send() -> Operation {
    Operation::new(
        "send",
        Tag::Messages,
        "Sends a message. It is on disk when the response arrives",
    )
    .parameter(conversation())
    .describe(
        "In a form the files travel with the message. If it is refused, nothing of them is kept. Sending it again with the \
         same client id and the same files does not create another one.",
    )
    .body::<SendMessage>()
    .or_body::<SendForm>("multipart/form-data")
    .answer(Answer::json::<Message>(
        200,
        "The message that the caller already sent with this client id",
    ))
    .created::<Message>("The new message")
    .errors([NotFound, ClientIdReused, Blocked, Unreachable, TooLarge, QuotaUsedUp, TextQuotaUsedUp])
    .invalid(["content", "clientId", "attachments", "replyTo"])
}

pub fn edit() -> Operation {
    Operation::new("edit", Tag::Messages, "Edits a message")
        .describe("Only its author can do this.")
        .parameter(id())
        .body::<EditMessage>()
        .ok::<Message>("The message")
        .errors([Forbidden, NotFound, Blocked, Unreachable, TextQuotaUsedUp])
        .invalid(["content"])
}

pub fn delete() -> Operation {
    Operation::new("deleteMessage", Tag::Messages, "Deletes a message")
        .describe("Its author and the room’s owner can do this. Deleting it again is not an error.")
        .parameter(id())
        .done()
        .errors([Forbidden, NotFound])
}

fn emoji() -> Parameter {
    Parameter::path::<String>("emoji")
        .with(json!({ "minLength": 1 }))
        .describe("One emoji from Unicode’s list, percent-encoded")
        .example("👍")
}

pub fn reactions() -> Operation {
    Operation::new(
        "reactions",
        Tag::Messages,
        "Lists the reactions to a message, oldest first",
    )
    .parameter(id())
    .parameter(
        Parameter::query::<String>("emoji")
            .with(json!({ "minLength": 1 }))
            .describe("Only those with this emoji"),
    )
    .parameter(
        Parameter::query::<EventId>("after").describe("The last reaction of the previous page"),
    )
    .parameter(
        Parameter::query::<u32>("limit")
            .with(json!({ "minimum": 1, "maximum": 100 }))
            .describe("How many reactions; 25 if left out"),
    )
    .list::<UserReaction>(100, "The reactions")
    .errors([NotFound])
    .invalid(["emoji", "limit"])
}

pub fn react() -> Operation {
    Operation::new("react", Tag::Messages, "Reacts to a message")
        .describe("Reacting again with the same emoji has no effect. A message has at most 20 different reactions.")
        .parameter(id())
        .parameter(emoji())
        .ok::<Message>("The message")
        .errors([NotFound, Blocked, Unreachable])
        .invalid(["emoji"])
}

pub fn unreact() -> Operation {
    Operation::new("unreact", Tag::Messages, "Deletes a reaction of the caller")
        .parameter(id())
        .parameter(emoji())
        .ok::<Message>("The message")
        .errors([NotFound])
        .invalid(["emoji"])
}
