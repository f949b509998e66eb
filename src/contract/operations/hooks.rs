//! Incoming webhooks, with which programs post into a room as a bot.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Any, json};

use super::conversations::id;
use crate::{
    contract::{
        loose::{List, Text, Value, Words},
        operation::{Operation, Parameter, Tag},
    },
    error::ErrorCode::{
        Forbidden, NotARoom, NotFound, QuotaUsedUp, TextQuotaUsedUp, Throttled, TooFast, TooLarge,
        UsernameTaken,
    },
    model::{
        Hook, HookId, MAX_ATTACHMENTS, MessageView, Username,
        schema::{Content, FilePart, PostedMessage},
    },
};

/// A new hook.
#[derive(Deserialize, JsonSchema)]
pub struct CreateHook {
    /// The bot that posts. It is created if the name is free.
    #[schemars(with = "Username")]
    pub bot: Option<String>,
}

/// A hook that was just created, with its secret.
#[derive(Serialize, JsonSchema)]
pub struct CreatedHook {
    #[serde(flatten)]
    pub hook: Hook,
    /// The URL to post to.
    #[schemars(url)]
    pub url: String,
    /// Shown only once.
    #[schemars(length(min = 1))]
    pub secret: String,
}

/// A bot’s message, in one of several shapes. Fields of another type are ignored, except `content`.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PostByHook {
    #[schemars(with = "Option<Content>")]
    pub content: Option<String>,
    /// Instead of `content`, as Slack and Mattermost have it.
    pub text: Text,
    /// Instead of `content`, as Grafana and Home Assistant have it.
    pub message: Text,
    /// Instead of `content`, as Uptime Kuma has it.
    pub msg: Text,
    /// Instead of `content`, as an Apprise server takes it.
    pub body: Text,
    /// A line above the message.
    pub title: Text,
    /// Slack’s and Mattermost’s: they follow the message as text.
    #[schemars(with = "Option<Vec<Card>>")]
    pub attachments: List<Card>,
    /// Discord’s: they follow the message as text.
    #[schemars(with = "Option<Vec<Card>>")]
    pub embeds: List<Card>,
    /// Slack’s: they are the message instead of `text`.
    #[schemars(with = "Option<Vec<Any>>")]
    pub blocks: List<Block>,
}

/// A bot’s message with files, as a form. What has a file name is a file, whatever the field is called.
#[derive(JsonSchema)]
pub struct PostForm {
    /// It may be left out, or empty, if there are files. So may the others, which stand for it.
    #[schemars(with = "Option<Content>")]
    pub content: Option<String>,
    pub text: Option<String>,
    pub message: Option<String>,
    pub msg: Option<String>,
    /// JSON, as Discord has it beside files.
    pub payload_json: Option<String>,
    #[schemars(length(max = MAX_ATTACHMENTS))]
    pub file: Option<Vec<FilePart>>,
}

/// An attachment of Slack’s or an embed of Discord’s.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Card {
    pub pretext: Text,
    pub title: Text,
    pub text: Text,
    pub description: Text,
    /// For where the rest isn’t shown.
    pub fallback: Text,
    #[schemars(with = "Option<Vec<CardField>>")]
    pub fields: List<CardField>,
    #[schemars(with = "Option<Vec<Any>>")]
    pub blocks: List<Block>,
}

/// A name, which Slack calls a title, and a value.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CardField {
    pub title: Text,
    pub name: Text,
    pub value: Value,
}

/// A block of Slack’s, or an element or field of one (docs.slack.dev, “Blocks”).
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Block {
    #[serde(rename = "type")]
    pub kind: Text,
    pub text: Words,
    /// A link’s, which may have no text.
    pub url: Text,
    pub fields: List<Block>,
    pub elements: List<Block>,
}

/// A message that was posted.
#[derive(Serialize)]
pub struct Posted<'a> {
    #[serde(flatten)]
    pub message: MessageView<'a>,
    /// Always true. Programs that post to Slack look for it.
    pub ok: bool,
}

pub fn list() -> Operation {
    Operation::new(
        "hooks",
        Tag::Conversations,
        "Lists a room’s hooks, newest first",
    )
    .describe("Only the room’s owner can do this.")
    .parameter(id())
    .list::<Hook>(20, "The hooks")
    .errors([Forbidden, NotFound, NotARoom])
}

pub fn create() -> Operation {
    Operation::new("createHook", Tag::Conversations, "Creates a hook for a room. Its secret is shown only once")
        .describe(
            "The bot is created if the name is free, and added to the room. An existing bot must be the caller’s own.",
        )
        .parameter(id())
        .body::<CreateHook>()
        .created::<CreatedHook>("The hook")
        .errors([NotFound, NotARoom])
        .error(Forbidden, "The room or the bot belongs to another user.")
        .error(UsernameTaken, "The username belongs to a person.")
        .invalid(["bot"])
}

pub fn remove() -> Operation {
    Operation::new(
        "deleteHook",
        Tag::Conversations,
        "Deletes a hook. Its bot stays",
    )
    .parameter(id())
    .parameter(Parameter::path::<HookId>("hookId"))
    .done()
    .errors([Forbidden, NotFound, NotARoom])
}

pub fn post() -> Operation {
    Operation::new("postByHook", Tag::Messages, "Posts a message as a hook’s bot")
        .describe("The URL is the secret, so no session is needed. The body is JSON, the content as plain text, or a form, in any \
             charset. A form may have files. docs/webhooks.md says what to set in which program.")
        .parameter(Parameter::path::<String>("secret").with(json!({ "minLength": 1 })))
        .body::<PostByHook>()
        .or_body::<Content>("text/plain")
        .or_body::<Content>("text/markdown")
        .or_body::<PostByHook>("application/x-www-form-urlencoded")
        .or_body::<PostForm>("multipart/form-data")
        .created::<PostedMessage>("The message")
        .errors([NotFound, Throttled, TooFast, TooLarge, QuotaUsedUp, TextQuotaUsedUp])
        .invalid(["content", "attachments"])
}
