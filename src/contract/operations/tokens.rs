//! API tokens, for programs that act in their owner’s name or as a bot.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    contract::operation::{Operation, Parameter, Tag},
    error::ErrorCode::{Disabled, NotFound, NotYours, UsernameTaken},
    model::{ApiToken, Scope, SessionId, Username, limits, schema::Name},
};

/// An API token to be created.
#[derive(Deserialize, JsonSchema)]
pub struct CreateToken {
    #[schemars(with = "Name")]
    pub name: Option<String>,
    #[schemars(with = "Scope")]
    pub scope: Option<String>,
    /// How long it is valid: 90 days if left out.
    #[schemars(range(min = *limits::TOKEN_DAYS.start(), max = *limits::TOKEN_DAYS.end()))]
    pub days: Option<u32>,
    /// The bot that it acts as, rather than its owner. The bot is created where the name is free.
    #[schemars(with = "Option<Username>")]
    pub bot: Option<String>,
}

/// An API token that was just created.
#[derive(Serialize, JsonSchema)]
pub struct CreatedToken {
    #[serde(flatten)]
    pub info: ApiToken,
    /// Shown only this once.
    #[schemars(regex(pattern = "^tincan_[0-9a-f]{64}$"))]
    pub token: String,
}

pub fn list() -> Operation {
    Operation::new(
        "tokens",
        Tag::Accounts,
        "Lists the API tokens of the caller and their bots, the newest first",
    )
    .ok::<Vec<ApiToken>>("The tokens")
}

pub fn create() -> Operation {
    Operation::new("makeToken", Tag::Accounts, "Creates an API token, which is shown only once")
        .describe(
            "With `bot` it acts as that bot, which is created where the name is free. An existing bot has to be the \
             caller’s own, except for administrators.",
        )
        .body::<CreateToken>()
        .created::<CreatedToken>("The token")
        .errors([UsernameTaken])
        .error(NotYours, "The bot is somebody else’s.")
        .error(Disabled, "The bot is disabled.")
        .invalid(["name", "scope", "days", "bot"])
}

pub fn revoke() -> Operation {
    Operation::new("revokeToken", Tag::Accounts, "Revokes an API token")
        .parameter(Parameter::path::<SessionId>("id"))
        .done()
        .errors([NotFound])
}
