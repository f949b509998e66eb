//! What an account is to administrators, how else than by a password one gets into it, and what a token of it may do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{InviteId, SessionId, Timestamp, User, limits, schema::Name};

/// What an API token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Reads everything that its user can see.
    Read,
    /// Reads that, and takes part in conversations.
    Send,
}

impl Scope {
    /// The word that it is kept as.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Send => "send",
        }
    }

    /// The scope that has this word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        [Self::Read, Self::Send]
            .into_iter()
            .find(|scope| scope.word() == word)
    }
}

/// An account with a provider, by which somebody signs in. The provider is known by its issuer, and the account by what
/// the issuer calls it for good, never by an e-mail address (OpenID Connect Core §5.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub issuer: String,
    pub subject: String,
    /// What it is called with the provider; only to be shown.
    pub username: Option<String>,
}

/// A user as administrators see them.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the contract has them as such"
)]
pub struct Account {
    #[serde(flatten)]
    pub user: User,
    pub admin: bool,
    pub bot: bool,
    pub disabled: bool,
    pub has_password: bool,
    /// The sign-in providers that it is linked to.
    pub providers: Vec<String>,
    pub created_at: Timestamp,
    /// When one of its open sessions was last used; null where it has none.
    pub last_seen_at: Option<Timestamp>,
}

/// One of somebody’s sessions.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Session")]
pub struct SessionInfo {
    pub id: SessionId,
    /// What the client calls itself: its `User-Agent`.
    #[schemars(length(max = 200))]
    pub device: String,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    /// Whether it is the session of this request.
    pub current: bool,
}

/// An API token. The token itself is shown only once.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiToken {
    pub id: SessionId,
    #[schemars(with = "Name")]
    pub name: String,
    pub scope: Scope,
    /// Whom it acts as: its owner, or a bot.
    pub user: User,
    pub created_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub expires_at: Timestamp,
}

/// An invitation that is still valid.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Invite {
    pub id: InviteId,
    /// For how many people it was created.
    #[schemars(range(min = *limits::INVITE_USES.start(), max = *limits::INVITE_USES.end()))]
    pub uses: u32,
    #[schemars(range(min = 1, max = *limits::INVITE_USES.end()))]
    pub uses_left: u32,
    /// Null where it was created on the command line.
    pub created_by: Option<User>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}

/// The page on which somebody who is invited makes their account. What is behind a `#` is sent to no
/// server (RFC 3986 §3.5), and so stands in no log.
#[must_use]
pub fn invite_link(base: &str, token: &str) -> String {
    format!("{base}/invite#{token}")
}

/// The page on which somebody chooses a new password.
#[must_use]
pub fn reset_link(base: &str, token: &str) -> String {
    format!("{base}/reset#{token}")
}

/// The page on which the first account is made.
#[must_use]
pub fn setup_link(base: &str, token: &str) -> String {
    format!("{base}/setup#{token}")
}
