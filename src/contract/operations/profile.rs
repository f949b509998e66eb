//! The caller’s own account: names, deletion.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::accounts::SET_COOKIE;
use crate::{
    contract::operation::{Answer, Operation, Tag},
    error::ErrorCode::{LastAdmin, ProofRequired, Throttled, UsernameTaken, WrongPassword},
    model::{
        User, Username,
        schema::{AnyCaseUsername, DisplayName},
    },
};

/// Changes of the caller’s names. Properties that are left out stay the same.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UpdateProfile {
    #[schemars(with = "Option<Username>")]
    pub username: Option<String>,
    /// Null removes it, and the username is shown again.
    #[serde(default, deserialize_with = "present")]
    #[schemars(with = "Option<DisplayName>")]
    pub display_name: Option<Option<String>>,
}

/// Tells null from a property that is left out.
#[expect(clippy::option_option, reason = "null and left out are different")]
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(value).map(Some)
}

/// The confirmation of somebody who deletes their account.
#[derive(Deserialize, JsonSchema)]
pub struct DeleteAccount {
    /// Required if the caller has a password.
    pub password: Option<String>,
    /// The caller’s username, which is required if they have no password.
    #[schemars(with = "Option<AnyCaseUsername>")]
    pub username: Option<String>,
}

pub fn update() -> Operation {
    Operation::new(
        "updateProfile",
        Tag::Accounts,
        "Changes the caller’s username and display name",
    )
    .describe(
        "The previous username is free at once. Everybody who shares a conversation with the caller gets a `user` event.",
    )
    .body::<UpdateProfile>()
    .ok::<User>("The caller")
    .errors([UsernameTaken])
    .invalid(["username", "displayName"])
}

pub fn delete() -> Operation {
    Operation::new("deleteAccount", Tag::Accounts, "Deletes the caller’s account")
        .describe(
            "The caller leaves their rooms. Their sessions, API tokens, bots, webhooks, invitations, linked accounts, \
             picture and blocks are deleted, and the username is free at once. Messages stay: their author has \
             `deleted`.",
        )
        .body::<DeleteAccount>()
        .answer(Answer::empty(204, "Deleted").header(SET_COOKIE))
        .errors([WrongPassword, LastAdmin, Throttled])
        .error(ProofRequired, "Without a password, it takes proof of who the caller is, as with `POST /api/proof`.")
        .invalid(["username"])
}
