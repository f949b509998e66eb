//! Choosing a password, and choosing another where it was forgotten.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::accounts::{RenewedToken, SET_COOKIE, welcome};
use crate::{
    contract::operation::{Answer, Operation, Tag},
    error::ErrorCode::{BadResetToken, NotYours, Throttled, WrongPassword},
    model::{Username, schema::Password},
};

/// Another password for the caller.
#[derive(Deserialize, JsonSchema)]
pub struct ChangePassword {
    /// Required where the account has a password.
    pub current: Option<String>,
    #[schemars(with = "Password")]
    pub new: Option<String>,
}

/// Asks whose password a reset link is for.
#[derive(Deserialize, JsonSchema)]
pub struct CheckReset {
    /// What the link has after its `#`.
    #[schemars(with = "String")]
    pub token: Option<String>,
}

/// Another password by a reset link.
#[derive(Deserialize, JsonSchema)]
pub struct ResetPassword {
    /// What the link has after its `#`.
    #[schemars(with = "String")]
    pub token: Option<String>,
    #[schemars(with = "Password")]
    pub password: Option<String>,
}

/// Whose password a reset link is for.
#[derive(Serialize, JsonSchema)]
pub struct CheckedReset {
    #[schemars(with = "Username")]
    pub username: String,
}

pub fn change() -> Operation {
    Operation::new("changePassword", Tag::Accounts, "Changes the caller’s password and ends their other sessions")
        .describe(
            "This session goes on with a new token: a client with a bearer token gets it with 200, a browser gets it \
             with 204, as its cookie.",
        )
        .body::<ChangePassword>()
        .ok::<RenewedToken<'_>>("The new token")
        .answer(Answer::empty(204, "The cookie has the new token").header(SET_COOKIE))
        .errors([WrongPassword, Throttled])
        .error(NotYours, "Outside development mode, an account without a password gets its first by a link.")
        .invalid(["new"])
}

pub fn check_reset() -> Operation {
    Operation::new(
        "checkReset",
        Tag::Accounts,
        "Shows whose password a reset link is for",
    )
    .body::<CheckReset>()
    .ok::<CheckedReset>("The account")
    .errors([BadResetToken, Throttled])
    .reading()
}

pub fn reset() -> Operation {
    Operation::new(
        "resetPassword",
        Tag::Accounts,
        "Chooses a password by a reset link, and signs in",
    )
    .describe("All sessions and API tokens that the account had end.")
    .body::<ResetPassword>()
    .answer(welcome(200))
    .errors([BadResetToken, Throttled])
    .invalid(["password"])
}
