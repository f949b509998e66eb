//! Hooks: addresses at which a program posts into a room as a bot.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::conversations::id;
use crate::{
    contract::operation::{Operation, Parameter, Tag},
    error::ErrorCode::{NotARoom, NotFound, NotYours, Throttled, UsernameTaken},
    model::{
        Hook, HookId, Username,
        schema::{Content, Message},
    },
};

/// A hook to be created.
#[derive(Deserialize, JsonSchema)]
pub struct CreateHook {
    /// The bot that posts by it. It is created where the name is free.
    #[schemars(with = "Username")]
    pub bot: Option<String>,
}

/// A hook that was just created.
#[derive(Serialize, JsonSchema)]
pub struct CreatedHook {
    #[serde(flatten)]
    pub hook: Hook,
    /// Where to post to.
    #[schemars(url)]
    pub url: String,
    /// Shown only this once.
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
        "Lists the hooks into a room, the newest first",
    )
    .describe("Only its owner can do this.")
    .parameter(id())
    .list::<Hook>(20, "The hooks")
    .errors([NotYours, NotFound, NotARoom])
}

pub fn create() -> Operation {
    Operation::new("makeHook", Tag::Conversations, "Creates a hook into a room; its secret is shown only once")
        .describe(
            "The bot is created where the name is free, and added to the room. An existing bot has to be the caller’s \
             own, except for administrators.",
        )
        .parameter(id())
        .body::<CreateHook>()
        .created::<CreatedHook>("The hook")
        .errors([NotFound, NotARoom])
        .error(NotYours, "The room or the bot is somebody else’s.")
        .error(UsernameTaken, "The name belongs to a person.")
        .invalid(["bot"])
}

pub fn remove() -> Operation {
    Operation::new(
        "removeHook",
        Tag::Conversations,
        "Removes a hook; its bot stays",
    )
    .parameter(id())
    .parameter(Parameter::path::<HookId>("hookId"))
    .done()
    .errors([NotYours, NotFound, NotARoom])
}

pub fn post() -> Operation {
    Operation::new("postByHook", Tag::Messages, "Posts a message as a hook’s bot")
        .describe("The address is the secret, so it needs no session. The body is JSON, or plain text that is the content.")
        .parameter(Parameter::path::<String>("secret").with(json!({ "minLength": 1 })))
        .body::<PostByHook>()
        .or_body::<Content>("text/plain")
        .created::<Message>("The message")
        .errors([NotFound, Throttled])
        .invalid(["content"])
}
