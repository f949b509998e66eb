//! What can go wrong while Tincan does what it was asked, each with a stable machine word. Nothing
//! here knows HTTP: which status a word gets is decided in `http::reply`.

/// The result of whatever the store, the feed or validation was asked for.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A refusal or failure that a client may be told about; the `Display` text is a sentence for a
/// person.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// Nobody known is asking: no session, or one that has ended.
    #[error("Sign in first")]
    Unauthorized,
    /// Name and password don't belong together; says nothing about which was wrong.
    #[error("Wrong username or password")]
    BadCredentials,
    /// The password is right, but an administrator has shut the account.
    #[error("This account has been disabled by an administrator")]
    Disabled,
    /// What was given as one's present password isn't.
    #[error("That isn’t your password")]
    WrongPassword,
    /// This server doesn't let people make accounts themselves.
    #[error("This server doesn't take new accounts")]
    SignupClosed,
    /// An account is made by invitation here, and there was none.
    #[error("An account needs an invitation here")]
    InviteRequired,
    /// The invitation is unknown, used up, expired or revoked.
    #[error("This invitation isn’t good any more; ask for another")]
    BadInvite,
    /// Not the token on the server's terminal, or the first account has been made.
    #[error(
        "This setup link isn’t good any more; a new start of the server prints another where one is needed"
    )]
    BadSetupToken,
    /// The link to a new password is unknown, used, expired or replaced.
    #[error("This link isn’t good any more; ask an administrator for another")]
    BadResetToken,
    /// An API token may do less than its user.
    #[error("This token may not do that")]
    Scope,
    /// Only an administrator can do it.
    #[error("Only an administrator can do this")]
    NotAdmin,
    /// Somebody must be left who can administer.
    #[error("This is the last administrator who can sign in")]
    LastAdmin,
    /// Something must be left to sign in by.
    #[error("You couldn’t sign in any more; choose a password first")]
    LastWayIn,
    /// The provider's account is linked already: to somebody else, or another one to this account.
    #[error("That account is linked already")]
    IdentityTaken,
    /// What was named doesn't exist, or isn't the caller's to see; the text says what kind of thing.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// A field has a value that can't be accepted; the text says why.
    #[error("{reason}")]
    Invalid { field: &'static str, reason: String },
    /// The username belongs to somebody else.
    #[error("Username taken")]
    UsernameTaken,
    /// One can't start a conversation with oneself.
    #[error("Try starting a conversation with someone else")]
    Yourself,
    /// One can see it, but it is somebody else's to change.
    #[error("Only {0} can do this")]
    NotYours(&'static str),
    /// What was asked for makes sense in a room alone.
    #[error("This conversation is between two people, and isn’t a room")]
    NotARoom,
    /// The client id already names another message of the same author.
    #[error("This client id was used for another message")]
    ClientIdReused,
    /// Too often in too short a time; trying again helps after that many seconds.
    #[error("Too many attempts; try again in {seconds} {}", if *.seconds == 1 { "second" } else { "seconds" })]
    Throttled { seconds: u64 },
    /// Too much is waiting to be written, or another program holds the database; trying again later
    /// helps.
    #[error("The server is busy; try again in a moment")]
    Busy,
    /// The disk, or the quota, has no room for a write.
    #[error("The server's storage is full")]
    StorageFull,
    /// The store is stopping or has failed for good; nothing more is written.
    #[error("The server is stopping")]
    Stopping,
    /// A defect or a broken machine; the cause has been logged and isn't for clients.
    #[error("Something went wrong on the server")]
    Internal,
}

impl Error {
    /// A value of `field` that can't be accepted, and why, as a sentence.
    #[must_use]
    pub fn invalid(field: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid {
            field,
            reason: reason.into(),
        }
    }

    /// The stable machine word that clients may match on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unauthorized => "unauthorized",
            Self::BadCredentials => "bad_credentials",
            Self::Disabled => "disabled",
            Self::WrongPassword => "wrong_password",
            Self::SignupClosed => "signup_closed",
            Self::InviteRequired => "invite_required",
            Self::BadInvite => "bad_invite",
            Self::BadSetupToken => "bad_setup_token",
            Self::BadResetToken => "bad_reset_token",
            Self::Scope => "scope",
            Self::NotAdmin => "not_admin",
            Self::LastAdmin => "last_admin",
            Self::LastWayIn => "last_way_in",
            Self::IdentityTaken => "identity_taken",
            Self::NotFound(_) => "not_found",
            Self::Invalid { .. } => "invalid",
            Self::UsernameTaken => "username_taken",
            Self::Yourself => "self",
            Self::NotYours(_) => "not_yours",
            Self::NotARoom => "not_a_room",
            Self::ClientIdReused => "client_id_reused",
            Self::Throttled { .. } => "throttled",
            Self::Busy => "busy",
            Self::StorageFull => "storage_full",
            Self::Stopping => "stopping",
            Self::Internal => "internal",
        }
    }
}
