//! Signing in with a provider.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::accounts::{SET_COOKIE, welcome};
use crate::{
    contract::operation::{Answer, Header, Operation, Parameter, Scheme, Tag},
    error::ErrorCode::{
        BadInvite, BadSetupToken, CrossOrigin, Disabled, IdentityTaken, InviteRequired, LastWayIn,
        NotFound, PasskeyRequired, ProofRequired, SecondFactorRequired, SignupClosed, Throttled,
        Unauthorized, UsernameTaken, WrongCode,
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
    /// Instead of both, if `needsCode`: the code of the authenticator app, or a recovery code.
    pub code: Option<String>,
}

/// A person who has signed in with a provider, and has no account here yet or has two-step sign-in.
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
    /// Whether there is an account already, and its second step is all that is missing.
    pub needs_code: bool,
}

fn provider() -> Parameter {
    Parameter::path::<String>("provider")
        .with(json!({ "minLength": 1 }))
        .describe("One of the configuration’s `providers`")
        .example("github")
}

pub fn begin() -> Operation {
    Operation::new("beginOauth", Tag::Accounts, "Redirects a browser to a provider, to sign in, to link an account there, or to prove who one is")
        .describe(
            "Linking and proving need the session cookie. Only pages of this server can start any of them.",
        )
        .security([Scheme::Nothing, Scheme::Cookie])
        .parameter(provider())
        .parameter(Parameter::query::<String>("next").describe("The path to go to after signing in"))
        .parameter(Parameter::query::<String>("link").with(json!({ "const": "1" })).describe("Links instead of signing in"))
        .parameter(
            Parameter::query::<String>("prove")
                .with(json!({ "const": "1" }))
                .describe("Proves, as `POST /api/proof` does, instead of signing in"),
        )
        .answer(
            Answer::empty(
                303,
                "To the provider. If it cannot be reached: to `/sign-in?problem=` with a code.",
            )
            .header(Header::any("Location"))
            .header(SET_COOKIE),
        )
        .errors([Unauthorized, CrossOrigin, NotFound, ProofRequired, Throttled])
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
                "Signed in: to `next` or `/`; the first time, to the default room instead of `/`. Linked: to `/settings`. If a username, an invitation or a code is needed: to `/join`. \
                 Otherwise to `/sign-in?problem=` with a code: `oauth_denied`, `oauth_failed`, `oauth_expired`, \
                 `disabled`, `signup_closed`, `identity_taken` or `not_proven`.",
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
        "Shows the pending sign-in of this browser, which needs a username or a code",
    )
    .ok::<PendingSignIn<'_>>("The pending sign-in")
    .errors([NotFound])
}

pub fn complete() -> Operation {
    Operation::new(
        "completeOauth",
        Tag::Accounts,
        "Creates the account for the pending sign-in, or takes its second step, and signs in",
    )
    .security([Scheme::Flow])
    .body::<CompleteSignIn>()
    .answer(welcome(201))
    .answer(welcome(200))
    .errors([
        SignupClosed,
        InviteRequired,
        BadInvite,
        BadSetupToken,
        NotFound,
        UsernameTaken,
        IdentityTaken,
        SecondFactorRequired,
        PasskeyRequired,
        WrongCode,
        Throttled,
    ])
    .error(Disabled, "An administrator has disabled the account.")
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
