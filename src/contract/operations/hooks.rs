//! Incoming webhooks, with which programs post into a room as a bot.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::conversations::id;
use crate::{
    contract::operation::{Operation, Parameter, Tag},
    error::ErrorCode::{Forbidden, NotARoom, NotFound, Throttled, UsernameTaken},
    model::{
        Hook, HookId, Username,
        schema::{Content, Message},
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

/// A bot’s message.
#[derive(Deserialize, JsonSchema)]
pub struct PostByHook {
    #[schemars(with = "Content")]
    pub content: Option<String>,
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
        .describe("The URL is the secret, so no session is needed. The body is JSON, or the content as plain text.")
        .parameter(Parameter::path::<String>("secret").with(json!({ "minLength": 1 })))
        .body::<PostByHook>()
        .or_body::<Content>("text/plain")
        .created::<Message>("The message")
        .errors([NotFound, Throttled])
        .invalid(["content"])
}
