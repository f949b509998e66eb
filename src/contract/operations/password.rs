//! Changing a password, and resetting a forgotten one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::accounts::{RenewedToken, SET_COOKIE, welcome};
use crate::{
    contract::operation::{Answer, Operation, Tag},
    error::ErrorCode::{BadResetToken, Forbidden, ProofRequired, Throttled, WrongPassword},
    model::{Username, schema::Password},
};

/// A new password for the caller.
#[derive(Deserialize, JsonSchema)]
pub struct ChangePassword {
    /// The current password. Required if the account has one.
    pub current: Option<String>,
    #[schemars(with = "Password")]
    pub new: Option<String>,
}

/// A reset link to check.
#[derive(Deserialize, JsonSchema)]
pub struct CheckReset {
    /// The part of the link after its `#`.
    #[schemars(with = "String")]
    pub token: Option<String>,
}

/// A new password, set with a reset link.
#[derive(Deserialize, JsonSchema)]
pub struct ResetPassword {
    /// The part of the link after its `#`.
    #[schemars(with = "String")]
    pub token: Option<String>,
    #[schemars(with = "Password")]
    pub password: Option<String>,
}

/// The account that a reset link is for.
#[derive(Serialize, JsonSchema)]
pub struct CheckedReset {
    #[schemars(with = "Username")]
    pub username: String,
}

pub fn change() -> Operation {
    Operation::new("changePassword", Tag::Accounts, "Changes the caller’s password and ends their other sessions")
        .describe(
            "This session continues with a new token. Clients with a bearer token get it with 200, browsers with 204, as \
             a cookie.",
        )
        .body::<ChangePassword>()
        .ok::<RenewedToken<'_>>("The new token")
        .answer(Answer::empty(204, "The cookie has the new token").header(SET_COOKIE))
        .errors([WrongPassword, Throttled])
        .error(ProofRequired, "A first password needs proof of who the caller is, as with `POST /api/proof`.")
        .error(Forbidden, "Outside development mode, the first password of an account is set with a link.")
        .invalid(["new"])
}

pub fn check_reset() -> Operation {
    Operation::new(
        "checkReset",
        Tag::Accounts,
        "Shows the account that a reset link is for",
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
        "Sets a password with a reset link, and signs in",
    )
    .describe(
        "All other sessions and all API tokens of the account end, and everything that it has created: invitations, \
         webhooks, and links for others to choose a password. Two-step sign-in is turned off.",
    )
    .body::<ResetPassword>()
    .answer(welcome(200))
    .errors([BadResetToken, Throttled])
    .invalid(["password"])
}
