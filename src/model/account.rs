//! Accounts as administrators see them, sign-in identities, sessions, API tokens and invitations.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ConversationId, InviteId, SessionId, Timestamp, User, limits, schema::Name};

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
    /// The word stored in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Send => "send",
        }
    }

    /// The scope for a stored word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Read, Self::Send]
            .into_iter()
            .find(|scope| scope.as_str() == word)
    }
}

/// An account at a sign-in provider. The issuer identifies the provider, and the subject identifies the account within
/// it. Both are permanent, unlike an e-mail address (OpenID Connect Core §5.7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub issuer: String,
    pub subject: String,
    /// The account's name at the provider, for display only.
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
    /// The issuers of the linked sign-in providers.
    pub providers: Vec<String>,
    pub created_at: Timestamp,
    /// When one of its open sessions was last used. Null if it has none.
    pub last_seen_at: Option<Timestamp>,
}

/// A user’s session.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Session")]
pub struct SessionInfo {
    pub id: SessionId,
    /// The client’s `User-Agent`.
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
    /// The user it acts as: its owner, or one of the owner’s bots.
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
    /// How many people could use it when it was created.
    #[schemars(range(min = *limits::INVITE_USES.start(), max = *limits::INVITE_USES.end()))]
    pub uses: u32,
    #[schemars(range(min = 1, max = *limits::INVITE_USES.end()))]
    pub uses_left: u32,
    /// Null for invitations from the command line.
    pub created_by: Option<User>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// The rooms that people join who come with it. One that its creator has left since is not among them.
    pub rooms: Vec<InviteRoom>,
}

/// A room that an invitation leads to.
#[derive(Debug, Serialize, JsonSchema)]
pub struct InviteRoom {
    pub id: ConversationId,
    #[schemars(with = "Name")]
    pub name: String,
}

/// What administrators have set for everybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminSettings {
    /// Whether everybody may create invitations, and not only administrators.
    pub members_may_invite: bool,
    /// The room that new people join. Null if there is none.
    pub default_room_id: Option<ConversationId>,
    /// Whether administrators need two-step sign-in to administrate.
    pub admins_need_second_factor: bool,
}

/// The page on which an invited person creates an account. The token is in the fragment, which browsers don't send to
/// servers (RFC 3986 §3.5), so it appears in no log.
#[must_use]
pub fn invite_link(base: &str, token: &str) -> String {
    format!("{base}/invite#{token}")
}

/// The page for choosing a new password.
#[must_use]
pub fn reset_link(base: &str, token: &str) -> String {
    format!("{base}/reset#{token}")
}

/// The page for creating the first account.
#[must_use]
pub fn setup_link(base: &str, token: &str) -> String {
    format!("{base}/setup#{token}")
}
