//! Incoming webhooks, with which programs post into a room as a bot.

use std::fmt;

use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Value as Any, json};

use super::conversations::id;
use crate::{
    contract::operation::{Operation, Parameter, Tag},
    error::ErrorCode::{Forbidden, NotARoom, NotFound, Throttled, UsernameTaken},
    model::{
        Hook, HookId, MessageView, Username,
        schema::{Content, PostedMessage},
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

/// A bot’s message, in one of several shapes. Fields that aren’t text are ignored, except `content`.
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
    /// A line above the message.
    pub title: Text,
    /// Slack’s and Mattermost’s: they follow the message as text.
    pub attachments: Option<Vec<Card>>,
    /// Discord’s: they follow the message as text.
    pub embeds: Option<Vec<Card>>,
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
    pub fields: Option<Vec<CardField>>,
}

/// A name, which Slack calls a title, and a value.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CardField {
    pub title: Text,
    pub name: Text,
    pub value: Text,
}

/// A text in a field that other programs may use for something else, which is then ignored.
#[derive(Default, JsonSchema)]
#[schemars(transparent)]
pub struct Text(#[schemars(with = "Any")] Option<String>);

impl Text {
    /// The text, if something in it shows.
    #[must_use]
    pub fn shown(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.trim().is_empty())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor).map(Self)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        IgnoredAny.visit_seq(list).map(|_| None)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        IgnoredAny.visit_map(object).map(|_| None)
    }
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
             charset; docs/webhooks.md says what to set in which program.")
        .parameter(Parameter::path::<String>("secret").with(json!({ "minLength": 1 })))
        .body::<PostByHook>()
        .or_body::<Content>("text/plain")
        .or_body::<Content>("text/markdown")
        .or_body::<PostByHook>("application/x-www-form-urlencoded")
        .created::<PostedMessage>("The message")
        .errors([NotFound, Throttled])
        .invalid(["content"])
}
