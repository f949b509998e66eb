//! API tokens, for programs that act as their owner or as a bot.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    contract::operation::{Operation, Parameter, Tag},
    error::ErrorCode::{Disabled, Forbidden, NotFound, UsernameTaken},
    model::{ApiToken, Scope, SessionId, Username, limits, schema::Name},
};

/// A new API token.
#[derive(Deserialize, JsonSchema)]
pub struct CreateToken {
    #[schemars(with = "Name")]
    pub name: Option<String>,
    #[schemars(with = "Scope")]
    pub scope: Option<String>,
    /// How many days it is valid; 90 if left out.
    #[schemars(range(min = *limits::TOKEN_DAYS.start(), max = *limits::TOKEN_DAYS.end()))]
    pub days: Option<u32>,
    /// The bot that it acts as, instead of its owner. The bot is created if the name is free.
    #[schemars(with = "Option<Username>")]
    pub bot: Option<String>,
}

/// An API token that was just created, with its secret.
#[derive(Serialize, JsonSchema)]
pub struct CreatedToken {
    #[serde(flatten)]
    pub info: ApiToken,
    /// Shown only once.
    #[schemars(regex(pattern = "^tincan_[0-9a-f]{64}$"))]
    pub token: String,
}

pub fn list() -> Operation {
    Operation::new(
        "tokens",
        Tag::Accounts,
        "Lists the API tokens of the caller and their bots, newest first",
    )
    .ok::<Vec<ApiToken>>("The tokens")
}

pub fn create() -> Operation {
    Operation::new("createToken", Tag::Accounts, "Creates an API token. It is shown only once")
        .describe(
            "With `bot`, it acts as that bot, which is created if the name is free. An existing bot must be the caller’s \
             own.",
        )
        .body::<CreateToken>()
        .created::<CreatedToken>("The token")
        .errors([UsernameTaken])
        .error(Forbidden, "The bot belongs to another user.")
        .error(Disabled, "The bot is disabled.")
        .invalid(["name", "scope", "days", "bot"])
}

pub fn revoke() -> Operation {
    Operation::new("revokeToken", Tag::Accounts, "Revokes an API token")
        .parameter(Parameter::path::<SessionId>("id"))
        .done()
        .errors([NotFound])
}
