//! Users, and what the caller sees of one.

use schemars::JsonSchema;
use serde::Serialize;

use super::{ConversationId, UserId, Username, schema};

/// A person or a bot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    pub id: UserId,
    #[schemars(with = "Username")]
    pub username: String,
    /// The name to show instead of the username. Left out if the user hasn’t chosen one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<schema::DisplayName>")]
    pub display_name: Option<String>,
    /// The path of the user’s picture. It changes when the picture does. Null if there is none.
    #[serde(rename = "avatarURL")]
    #[schemars(extend("format" = "uri-reference"))]
    pub avatar_url: Option<String>,
    /// True if the account was deleted. Left out otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(extend("const" = true))]
    pub deleted: bool,
    /// Left out for people.
    #[serde(flatten)]
    pub bot: Option<Bot>,
}

/// What marks a user as a bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Bot {
    /// True for a bot. Left out for people.
    #[schemars(extend("const" = true))]
    bot: bool,
    /// Who made the bot. Left out for people.
    pub bot_of: UserId,
}

impl Bot {
    /// A bot of the user with this id.
    #[must_use]
    pub fn of(maker: i64) -> Self {
        Self {
            bot: true,
            bot_of: UserId(maker),
        }
    }
}

impl User {
    /// The name that people read.
    #[must_use]
    pub fn name(&self) -> &str {
        if self.deleted {
            return "Deleted account";
        }
        self.display_name.as_deref().unwrap_or(&self.username)
    }
}

/// A user as the caller gets to know them.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    pub user: User,
    pub bot: bool,
    /// Who made the bot. Null for people.
    pub maker: Option<User>,
    /// The rooms that both the caller and the user are in, ordered by name.
    pub rooms: Vec<RoomInCommon>,
    /// The direct conversation of the two. Null if there is none.
    pub conversation_id: Option<ConversationId>,
    /// Whether the caller has blocked the user.
    pub blocked: bool,
}

/// A room that the caller and another user are in.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoomInCommon {
    pub id: ConversationId,
    #[schemars(with = "schema::Name")]
    pub name: String,
    /// The path of its picture. It changes when the picture does. Null if there is none.
    #[serde(rename = "avatarURL")]
    #[schemars(extend("format" = "uri-reference"))]
    pub avatar_url: Option<String>,
}

/// The caller has blocked or unblocked a user.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Block {
    pub user: User,
    pub blocked: bool,
}
