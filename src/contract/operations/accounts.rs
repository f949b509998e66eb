//! Signing up, in and out.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    contract::operation::{Answer, Header, Operation, Scheme, Tag},
    error::ErrorCode::{
        BadCredentials, BadInvite, BadSetupToken, Disabled, InviteRequired, NotFound,
        PasskeyRequired, SecondFactorRequired, SignupClosed, Throttled, TwoCookies, UsernameTaken,
        WrongCode,
    },
    model::{
        ConversationId, Timestamp, User, Username,
        schema::{AnyCaseUsername, Name, Password, SessionToken},
    },
};

/// The session’s cookie, as a browser gets it.
pub const SET_COOKIE: Header = Header::pattern(
    "Set-Cookie",
    "^(__Host-)?tincan(-flow|-device)?(-[0-9]+)?=[^;]*; Path=/; Max-Age=[0-9]+; HttpOnly; SameSite=Lax(; Secure)?$",
)
.describe("The cookie of the session, of a sign-in with a provider, or of a device that was here before, for browsers");

/// The server’s configuration, and the caller.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Config<'a> {
    pub name: &'static str,
    pub version: &'static str,
    /// Whether the server is in development mode: anybody may sign in as anybody, but only from the same machine.
    pub dev: bool,
    /// The ids of the providers that people can sign in with.
    pub providers: Vec<&'a str>,
    /// The display names of the providers, by id.
    pub provider_names: BTreeMap<&'a str, &'a str>,
    /// Whether people can have passkeys at the address of this request.
    pub passkeys: bool,
    #[schemars(with = "Signup")]
    pub signup: &'static str,
    /// The address at which people reach the server. Null if it was started without one.
    #[serde(rename = "publicURL")]
    pub public_url: Option<String>,
    #[schemars(range(min = 1))]
    pub max_message_length: usize,
    /// The most bytes of a file.
    #[schemars(range(min = 1))]
    pub max_file: u64,
    /// The caller. Null if nobody is signed in.
    pub auth_user: Option<&'a User>,
    /// The version of the UI. It changes when any file of the UI does.
    #[schemars(regex(pattern = "^[0-9a-f]{16}$"))]
    pub ui: &'static str,
}

/// Who can create an account. `setup`: people with the setup link that the server printed on its terminal. `invite`:
/// people with an invitation. `open`: everybody. `closed`: nobody; administrators create accounts.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum Signup {
    Setup,
    Invite,
    Open,
    Closed,
}

/// Credentials for signing in.
#[derive(Deserialize, JsonSchema)]
pub struct Credentials {
    #[schemars(with = "AnyCaseUsername")]
    pub username: Option<String>,
    /// Ignored in development mode, and required otherwise.
    pub password: Option<String>,
    /// The code of the authenticator app, or a recovery code, if the account has two-step sign-in.
    pub code: Option<String>,
}

/// A new account.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Registration {
    #[schemars(with = "Username")]
    pub username: Option<String>,
    /// Ignored in development mode, and required otherwise.
    #[schemars(with = "Option<Password>")]
    pub password: Option<String>,
    /// The token of an invitation.
    pub invite: Option<String>,
    /// The token of the setup link on the server’s terminal.
    pub setup_token: Option<String>,
    /// With `setupToken`: the name of an open room that is created and becomes the default room.
    #[schemars(with = "Option<Name>")]
    pub room: Option<String>,
}

/// The result of signing in.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Welcome<'a> {
    pub auth_user: &'a User,
    #[schemars(with = "SessionToken")]
    pub token: &'a str,
    pub expires_at: Timestamp,
    /// Where a new person begins: the conversation with who invited them, or else the first room that they have joined.
    /// Left out if there is none, and when signing in to an account that exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<ConversationId>,
    /// After a password was reset: the administrators whom the account has made, whom these have made, and so on. Left
    /// out if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub made_administrators: Vec<User>,
}

/// A new token for the same session.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RenewedToken<'a> {
    #[schemars(with = "SessionToken")]
    pub token: &'a str,
    pub expires_at: Timestamp,
}

pub fn config() -> Operation {
    Operation::new(
        "config",
        Tag::Accounts,
        "Shows the server’s configuration, and the caller",
    )
    .security([
        Scheme::Nothing,
        Scheme::Bearer,
        Scheme::Cookie,
        Scheme::ReadToken,
    ])
    .ok::<Config<'_>>("The configuration")
    .errors([TwoCookies])
}

pub fn sign_in() -> Operation {
    Operation::new("signIn", Tag::Accounts, "Signs in")
        .describe(
            "An unknown username and a wrong password get the same 401. In development mode the password is ignored, and an \
             unknown username gets 404. If the account has two-step sign-in, the right password alone gets 401 \
             `second_factor_required`; send it again with `code`. An administrator who needs a second factor and has only a \
             passkey for one gets `passkey_required`.",
        )
        .body::<Credentials>()
        .answer(welcome(200))
        .errors([BadCredentials, SecondFactorRequired, PasskeyRequired, WrongCode, NotFound, Throttled])
        .error(Disabled, "An administrator has disabled the account. This is only shown for the right password.")
        .invalid(["username", "password"])
}

pub fn sign_up() -> Operation {
    Operation::new("signUp", Tag::Accounts, "Creates an account and signs in")
        .describe(
            "`signup` in the configuration tells whether `invite` or `setupToken` is needed. In development mode a \
             username is enough. Somebody with an invitation joins the rooms that it names, and gets a conversation with \
             who invited them. Everybody else joins the default room, if there is one.",
        )
        .body::<Registration>()
        .answer(welcome(201))
        .errors([SignupClosed, InviteRequired, BadInvite, BadSetupToken, UsernameTaken, Throttled])
        .invalid(["username", "password", "room"])
}

/// The response after signing in.
pub fn welcome(status: u16) -> Answer {
    Answer::json::<Welcome<'_>>(status, "Signed in").header(SET_COOKIE)
}

pub fn sign_out() -> Operation {
    Operation::new("signOut", Tag::Accounts, "Ends the session and its streams")
        .answer(Answer::empty(204, "Signed out").header(SET_COOKIE))
}

pub fn who_am_i() -> Operation {
    Operation::new("whoAmI", Tag::Accounts, "Shows the caller").ok::<User>("The user")
}

pub fn refresh_token() -> Operation {
    Operation::new(
        "refreshToken",
        Tag::Accounts,
        "Replaces the session’s token. The old one ends",
    )
    .ok::<RenewedToken<'_>>("The new token")
}
