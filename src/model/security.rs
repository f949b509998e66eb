//! Events that matter for the safety of accounts: what the audit log keeps, and which of them are notices for the people
//! whom they are about.

use std::{net::IpAddr, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{SecurityEventId, SessionId, Timestamp, User, UserId};

/// How long the audit log keeps an event: long enough to look into what somebody notices late.
pub const AUDIT_LIFETIME: Duration = Duration::from_hours(365 * 24);
/// The most events of guesses and refused attempts that are kept, of about 100 bytes each. Strangers cause these, so
/// that a flood of them must fill neither the disk nor push out what people have done.
pub const AUDIT_ATTEMPTS: u32 = 50_000;
/// The most events in one page of the audit log.
pub const AUDIT_PAGE: u32 = 100;
/// The most notices that are shown at once. The newest matter.
pub const NOTICES: u32 = 20;

/// How long it counts that somebody has proven who they are: long enough for what they came to do, and too short for
/// whoever finds the device later.
pub const PROOF_LIFETIME: Duration = Duration::from_mins(5);

/// Who does something that the audit log keeps, and from where.
#[derive(Clone, Debug, Default)]
pub struct Actor {
    /// None on the command line, and for somebody who isn’t signed in yet.
    pub user: Option<UserId>,
    pub session: Option<SessionId>,
    /// None on the command line.
    pub address: Option<IpAddr>,
    /// The client’s `User-Agent`.
    pub device: String,
}

impl Actor {
    /// Somebody who may open the database’s files.
    #[must_use]
    pub fn command_line() -> Self {
        Self::default()
    }
}

/// Defines [`SecurityEventKind`], and the word for each kind, which the database, the log and the contract have.
macro_rules! kinds {
    ($($(#[doc = $meaning:literal])+ $name:ident = $word:literal,)+) => {
        /// What has happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum SecurityEventKind {
            $($(#[doc = $meaning])+ #[serde(rename = $word)] $name,)+
        }

        impl SecurityEventKind {
            /// All kinds.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The word for it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }
        }
    };
}

kinds! {
    /// Somebody gave a wrong password. Without a user, the username doesn’t exist.
    WrongPassword = "wrong_password",
    /// Somebody gave the right password, or came from a provider, and gave a wrong code.
    WrongCode = "wrong_code",
    /// An address made too many attempts, or too many were made at an account.
    Throttled = "throttled",
    /// Somebody signed in.
    SignedIn = "signed_in",
    /// Somebody signed out.
    SignedOut = "signed_out",
    /// A session was ended from elsewhere, or all of them. The subject is the session, if it was one.
    SessionEnded = "session_ended",
    /// An account was created.
    AccountCreated = "account_created",
    /// An account was deleted.
    AccountDeleted = "account_deleted",
    /// An administrator changed a username.
    Renamed = "renamed",
    /// Somebody changed or chose their password.
    PasswordChanged = "password_changed",
    /// An administrator created a link for a new password.
    ResetCreated = "reset_created",
    /// Somebody chose a new password with such a link.
    PasswordReset = "password_reset",
    /// Two-step sign-in was turned on.
    SecondFactorOn = "second_factor_on",
    /// Two-step sign-in was turned off.
    SecondFactorOff = "second_factor_off",
    /// Somebody signed in with a recovery code.
    RecoveryCodeUsed = "recovery_code_used",
    /// Somebody got new recovery codes.
    RecoveryCodesCreated = "recovery_codes_created",
    /// Somebody added a passkey. The subject is the passkey, the detail its name.
    PasskeyAdded = "passkey_added",
    /// Somebody removed one.
    PasskeyRemoved = "passkey_removed",
    /// A passkey was refused, as its counter went back: somebody may have a copy of it.
    PasskeyCloned = "passkey_cloned",
    /// Somebody linked an account at a sign-in provider. The detail is the provider.
    Linked = "linked",
    /// Somebody unlinked one.
    Unlinked = "unlinked",
    /// An invitation was created. The subject is the invitation.
    InviteCreated = "invite_created",
    /// An invitation was revoked.
    InviteRevoked = "invite_revoked",
    /// An API token was created. The subject is the token, the detail its name.
    TokenCreated = "token_created",
    /// An API token was revoked.
    TokenRevoked = "token_revoked",
    /// A webhook was created. The subject is the hook, the user its bot.
    HookCreated = "hook_created",
    /// A webhook was deleted.
    HookRevoked = "hook_revoked",
    /// Somebody became an administrator.
    Promoted = "promoted",
    /// Somebody isn’t an administrator any more.
    Demoted = "demoted",
    /// An account was disabled.
    Disabled = "disabled",
    /// An account was enabled.
    Enabled = "enabled",
    /// What somebody wrote was removed.
    Purged = "purged",
    /// The settings for everybody changed.
    SettingsChanged = "settings_changed",
}

impl SecurityEventKind {
    /// The kind with this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == word)
    }

    /// Whether it is about an attempt that was refused, which strangers may make as often as they like.
    #[must_use]
    pub fn is_attempt(self) -> bool {
        matches!(
            self,
            Self::WrongPassword | Self::WrongCode | Self::Throttled
        )
    }

    /// Whether the user whom it is about is told: of what lasts, also if they did it themselves, as it may have been
    /// somebody with their session; of the rest, if somebody else did it.
    #[must_use]
    pub fn is_notice(self, by_oneself: bool) -> bool {
        match self {
            Self::PasswordChanged
            | Self::PasswordReset
            | Self::SecondFactorOn
            | Self::SecondFactorOff
            | Self::RecoveryCodeUsed
            | Self::RecoveryCodesCreated
            | Self::PasskeyAdded
            | Self::PasskeyRemoved
            | Self::PasskeyCloned
            | Self::Linked
            | Self::Unlinked
            | Self::TokenCreated
            | Self::SignedIn => true,
            Self::SessionEnded
            | Self::Renamed
            | Self::ResetCreated
            | Self::TokenRevoked
            | Self::Promoted
            | Self::Demoted
            | Self::Disabled
            | Self::Enabled
            | Self::Purged => !by_oneself,
            Self::WrongPassword
            | Self::WrongCode
            | Self::Throttled
            | Self::SignedOut
            | Self::AccountCreated
            | Self::AccountDeleted
            | Self::InviteCreated
            | Self::InviteRevoked
            | Self::HookCreated
            | Self::HookRevoked
            | Self::SettingsChanged => false,
        }
    }
}

/// An event, as administrators see it.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecurityEvent {
    pub id: SecurityEventId,
    pub kind: SecurityEventKind,
    /// Who did it. Null on the command line, and if nobody was signed in.
    pub actor: Option<User>,
    /// Whose account it is about. Null if it is about none.
    pub user: Option<User>,
    /// Where the request came from. Null on the command line.
    pub address: Option<String>,
    /// The client’s `User-Agent`. Empty on the command line.
    #[schemars(length(max = 200))]
    pub device: String,
    /// The id of the session, token, passkey, invitation or hook that it is about.
    pub subject_id: Option<String>,
    /// A name that tells more, such as that of the token.
    pub detail: Option<String>,
    /// How often it happened in about a minute: attempts on the same account from the same network are one event.
    #[schemars(range(min = 1))]
    pub count: u32,
    pub created_at: Timestamp,
}

/// An event, as the user sees whom it is about.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    pub id: SecurityEventId,
    pub kind: SecurityEventKind,
    /// Whether the user did it, or somebody with a session of theirs; otherwise it was an administrator.
    pub by_oneself: bool,
    /// The administrator. Null if it wasn’t one, or one on the command line.
    pub administrator: Option<User>,
    /// Where the request came from. Null if it was an administrator’s.
    pub address: Option<String>,
    /// The client’s `User-Agent`. Empty if it was an administrator’s.
    #[schemars(length(max = 200))]
    pub device: String,
    /// A name that tells more, such as that of the token.
    pub detail: Option<String>,
    pub created_at: Timestamp,
}

/// There is a notice that the caller hasn’t seen.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NewNotice {
    pub id: SecurityEventId,
}
