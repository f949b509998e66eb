//! Administration of accounts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    contract::operation::{Answer, Operation, Parameter, Tag},
    error::ErrorCode::{LastAdmin, NotFound, UsernameTaken},
    model::{Account, SessionId, SessionInfo, Timestamp, User, UserId, Username},
};

/// A new account.
#[derive(Deserialize, JsonSchema)]
pub struct CreateUser {
    #[schemars(with = "Username")]
    pub username: Option<String>,
    /// Whether they become an administrator; false if left out.
    pub admin: Option<bool>,
}

/// Changes of an account. Properties that are left out stay the same.
#[derive(Deserialize, JsonSchema)]
pub struct UpdateUser {
    #[schemars(with = "Option<Username>")]
    pub username: Option<String>,
    pub admin: Option<bool>,
    pub disabled: Option<bool>,
}

/// A link for choosing a password. It works once.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ResetLink {
    #[schemars(url)]
    pub link: String,
    pub expires_at: Timestamp,
    /// The administrators whom this account has made, whom these have made, and so on. If somebody else had the account,
    /// look at them: they stay administrators.
    pub made_administrators: Vec<User>,
}

/// A new account, and the link for its owner.
#[derive(Serialize, JsonSchema)]
pub struct CreatedUser {
    pub user: Account,
    #[serde(flatten)]
    pub link: ResetLink,
}

fn id() -> Parameter {
    Parameter::path::<UserId>("id").describe("A user’s id")
}

pub fn list() -> Operation {
    Operation::new(
        "accounts",
        Tag::Administration,
        "Lists up to 50 accounts, oldest first",
    )
    .parameter(
        Parameter::query::<String>("search")
            .describe("The beginning of the username, in upper or lower case"),
    )
    .parameter(
        Parameter::query::<UserId>("after").describe("The last account of the previous page"),
    )
    .list::<Account>(50, "The accounts")
    .errors([NotFound])
}

pub fn create() -> Operation {
    Operation::new(
        "createAccount",
        Tag::Administration,
        "Creates an account for a person, who chooses a password with a link",
    )
    .body::<CreateUser>()
    .example(json!({ "username": "robin" }))
    .created::<CreatedUser>("The account, and the link for its owner")
    .errors([UsernameTaken])
    .invalid(["username"])
}

pub fn change() -> Operation {
    Operation::new(
        "updateAccount",
        Tag::Administration,
        "Renames an account, makes it an administrator, or disables it",
    )
    .describe(
        "Disabling an account ends all sessions and API tokens of the user and their bots at once.",
    )
    .parameter(id())
    .body::<UpdateUser>()
    .ok::<Account>("The account")
    .errors([NotFound, UsernameTaken, LastAdmin])
    .invalid(["username", "admin"])
}

pub fn create_reset() -> Operation {
    Operation::new(
        "createReset",
        Tag::Administration,
        "Creates a link for choosing a new password",
    )
    .describe(
        "It is valid for 24 hours and works once. A newer one replaces it. Once it is used, everything ends that the account \
         has created: sessions, API tokens, invitations, webhooks, and links for others.",
    )
    .parameter(id())
    .created::<ResetLink>("The link")
    .errors([NotFound])
}

pub fn purge() -> Operation {
    Operation::new(
        "purgeMessages",
        Tag::Administration,
        "Deletes everything that a user and their bots have written",
    )
    .describe(
        "Their messages, the files of these, and their reactions are deleted a few at a time, as if each of them were \
         deleted by its author. It goes on until it is done, also after a restart. It doesn’t end the account: disable \
         it first.",
    )
    .parameter(id())
    .answer(Answer::empty(202, "It has begun"))
    .errors([NotFound])
}

pub fn sessions() -> Operation {
    Operation::new("sessionsOf", Tag::Administration, "Lists a user’s sessions")
        .parameter(id())
        .ok::<Vec<SessionInfo>>("The sessions")
        .errors([NotFound])
}

pub fn end_sessions() -> Operation {
    Operation::new(
        "revokeSessionsOf",
        Tag::Administration,
        "Ends all of a user’s sessions",
    )
    .parameter(id())
    .done()
    .errors([NotFound])
}

pub fn end_session() -> Operation {
    Operation::new(
        "revokeSessionOf",
        Tag::Administration,
        "Ends one of a user’s sessions",
    )
    .parameter(id())
    .parameter(Parameter::path::<SessionId>("sessionId"))
    .done()
    .errors([NotFound])
}
