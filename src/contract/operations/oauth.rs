//! Signing in with a provider.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::accounts::{SET_COOKIE, welcome};
use crate::{
    contract::operation::{Answer, Header, Operation, Parameter, Scheme, Tag},
    error::ErrorCode::{
        BadInvite, BadSetupToken, CrossOrigin, IdentityTaken, InviteRequired, LastWayIn, NotFound,
        SignupClosed, Throttled, Unauthorized, UsernameTaken,
    },
    model::Username,
};

/// The username that a person chooses after signing in with a provider for the first time.
#[derive(Deserialize, JsonSchema)]
pub struct CompleteSignIn {
    #[schemars(with = "Username")]
    pub username: Option<String>,
    /// The token of an invitation, if one is needed.
    pub invite: Option<String>,
}

/// A person who has signed in with a provider and has no account here yet.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PendingSignIn<'a> {
    pub provider: &'a str,
    /// The display name of the provider.
    pub name: &'a str,
    /// A suggestion. Empty if there is none.
    #[schemars(length(max = 32))]
    pub username: &'a str,
    pub username_taken: bool,
    pub needs_invite: bool,
}

fn provider() -> Parameter {
    Parameter::path::<String>("provider")
        .with(json!({ "minLength": 1 }))
        .describe("One of the configuration’s `providers`")
        .example("github")
}

pub fn begin() -> Operation {
    Operation::new("beginOauth", Tag::Accounts, "Redirects a browser to a provider, to sign in or to link an account there")
        .describe(
            "Linking needs the session cookie. Only pages of this server can start a sign-in or a link.",
        )
        .security([Scheme::Nothing, Scheme::Cookie])
        .parameter(provider())
        .parameter(Parameter::query::<String>("next").describe("The path to go to after signing in"))
        .parameter(Parameter::query::<String>("link").with(json!({ "const": "1" })).describe("Links instead of signing in"))
        .answer(
            Answer::empty(
                303,
                "To the provider. If it cannot be reached: to `/sign-in?problem=` with a code.",
            )
            .header(Header::any("Location"))
            .header(SET_COOKIE),
        )
        .errors([Unauthorized, CrossOrigin, NotFound, Throttled])
}

pub fn finish() -> Operation {
    Operation::new("finishOauth", Tag::Accounts, "Receives a browser that returns from a provider")
        .parameter(provider())
        .parameter(Parameter::query::<String>("state"))
        .parameter(Parameter::query::<String>("code"))
        .parameter(Parameter::query::<String>("error"))
        .parameter(Parameter::query::<String>("iss"))
        .answer(
            Answer::empty(
                303,
                "Signed in: to `next` or `/`; the first time, to the default room instead of `/`. Linked: to `/settings`. If a username or an invitation is needed: to `/join`. \
                 Otherwise to `/sign-in?problem=` with a code: `oauth_denied`, `oauth_failed`, `oauth_expired`, \
                 `disabled`, `signup_closed` or `identity_taken`.",
            )
            .header(Header::pattern("Location", "^/"))
            .header(Header::any("Set-Cookie").optional()),
        )
        .errors([NotFound])
        .writing()
}

pub fn pending() -> Operation {
    Operation::new(
        "pendingOauth",
        Tag::Accounts,
        "Shows the pending sign-in of this browser, which needs a username",
    )
    .ok::<PendingSignIn<'_>>("The pending sign-in")
    .errors([NotFound])
}

pub fn complete() -> Operation {
    Operation::new(
        "completeOauth",
        Tag::Accounts,
        "Creates the account for the pending sign-in, and signs in",
    )
    .security([Scheme::Flow])
    .body::<CompleteSignIn>()
    .answer(welcome(201))
    .errors([
        SignupClosed,
        InviteRequired,
        BadInvite,
        BadSetupToken,
        NotFound,
        UsernameTaken,
        IdentityTaken,
        Throttled,
    ])
    .invalid(["username"])
}

pub fn unlink() -> Operation {
    Operation::new(
        "unlink",
        Tag::Accounts,
        "Unlinks the caller’s account at a provider",
    )
    .parameter(provider())
    .done()
    .errors([NotFound, LastWayIn])
}
