//! The errors that a client may be told about. Each has a stable code that programs can match on. Nothing here knows
//! HTTP: `http::reply` decides which status an error gets.

use tokio::task::JoinError;

/// The result of an operation of the store, of the feed, or of validation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A number of bytes in the unit that people use for the size of a file.
#[must_use]
pub fn byte_size(bytes: u64) -> String {
    match bytes {
        1_000_000_000.. => format!("{} GB", bytes / 1_000_000_000),
        1_000_000.. => format!("{} MB", bytes / 1_000_000),
        1_000.. => format!("{} kB", bytes / 1_000),
        _ => format!("{bytes} B"),
    }
}

/// An error that a client may be told about. Its `Display` text is a sentence for people.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// There is no session, or it has ended.
    #[error("Sign in first.")]
    Unauthorized,
    /// The session’s cookie is there twice, so one of them may be somebody else’s.
    #[error(
        "Your browser has two sign-ins for this address. Delete its cookies for this site, then sign in again."
    )]
    TwoCookies,
    /// The username or the password is wrong. It doesn’t say which.
    #[error("Wrong username or password.")]
    BadCredentials,
    /// The password is right, but an administrator has disabled the account.
    #[error("An administrator has disabled this account.")]
    Disabled,
    /// The current password is wrong.
    #[error("That isn’t your current password.")]
    WrongPassword,
    /// What the caller wants to do lasts, and they haven’t proven lately who they are.
    #[error("Confirm that it’s you first.")]
    ProofRequired,
    /// The first step was right, and the account has two-step sign-in.
    #[error("Enter the code from your authenticator app.")]
    SecondFactorRequired,
    /// The code of the second step is wrong, or was used before.
    #[error("That code isn’t right. Each code works once. Try the next one.")]
    WrongCode,
    /// The account has two-step sign-in already.
    #[error("Two-step sign-in is already on. Turn it off first.")]
    SecondFactorOn,
    /// Administrators need two-step sign-in or a passkey here, and the caller has neither.
    #[error("Turn on two-step sign-in in your settings first.")]
    SecondFactorNeeded,
    /// The first step was right, and the account takes a passkey as the second.
    #[error("Sign in with your passkey.")]
    PasskeyRequired,
    /// A passkey is unknown or was used wrongly, or the answer comes too late.
    #[error("That passkey didn’t work. Try again, or go on without it.")]
    BadPasskey,
    /// A passkey’s counter went back, so there are two of it.
    #[error(
        "That passkey may have been copied. Sign in another way, remove it in your settings, then add a new one."
    )]
    PasskeyCloned,
    /// People reach the server at an address, or without https.
    #[error(
        "Passkeys only work where the server has a name and https, or on the server’s own machine."
    )]
    PasskeysUnavailable,
    /// This server doesn’t let people create accounts themselves.
    #[error("This server isn’t accepting new accounts.")]
    SignupClosed,
    /// An account needs an invitation here, and none was sent.
    #[error("You need an invitation to create an account.")]
    InviteRequired,
    /// The invitation is unknown, used up, expired or revoked.
    #[error("This invitation has expired. Ask for a new one.")]
    BadInvite,
    /// The token isn’t the one on the server’s terminal, or the first account exists already.
    #[error("This setup link has expired. Restart Tincan to get a new one.")]
    BadSetupToken,
    /// The reset link is unknown, used, expired or replaced.
    #[error("This link has expired. Ask an administrator for a new one.")]
    BadResetToken,
    /// The API token’s scope doesn’t allow this.
    #[error("This token doesn’t allow that.")]
    Scope,
    /// The caller isn’t an administrator.
    #[error("Only an administrator can do this.")]
    NotAdmin,
    /// The last administrator who can sign in can’t be removed.
    #[error("This is the last administrator who can sign in.")]
    LastAdmin,
    /// The account would be left without a way to sign in.
    #[error("You’d have no way to sign in. Choose a password first.")]
    LastWayIn,
    /// The provider’s account is linked to somebody else, or this account to another one there.
    #[error("That account is already linked.")]
    IdentityTaken,
    /// It doesn’t exist, or the caller may not see it. The text says what kind of thing it is.
    #[error("{0} not found.")]
    NotFound(&'static str),
    /// A parameter of the query isn’t the id of what it stands for.
    #[error("{parameter} takes the id of a {what}")]
    WrongId {
        parameter: &'static str,
        what: &'static str,
    },
    /// A field has a value that isn’t accepted. The text says why.
    #[error("{reason}")]
    Invalid { field: &'static str, reason: String },
    /// The username belongs to somebody else.
    #[error("Username taken.")]
    UsernameTaken,
    /// The other user is disabled or deleted, or has blocked the caller. It doesn’t say which. The text has their name.
    #[error("{0} can’t be reached right now.")]
    Unreachable(String),
    /// The caller has blocked the other user, whose name the text has.
    #[error("You blocked {0}. Unblock them to send a message.")]
    Blocked(String),
    /// The username looks like another (UTS #39).
    #[error("This looks too much like another username.")]
    UsernameLooksTaken,
    /// A conversation needs somebody other than the caller.
    #[error("Choose someone other than yourself.")]
    SelfConversation,
    /// The caller may see it, but not change it.
    #[error("Only {0} can do this.")]
    Forbidden(&'static str),
    /// Only rooms have this, and the conversation isn’t one.
    #[error("This conversation isn’t a room.")]
    NotARoom,
    /// The client id already names another message of the same author.
    #[error("This client ID was already used for another message.")]
    ClientIdReused,
    /// A part of a file doesn’t begin where the last one ended.
    #[error("The next part begins at byte {received}.")]
    WrongOffset { received: u64 },
    /// The file has more bytes than the server takes.
    #[error("Files can be up to {}.", byte_size(*limit))]
    FileTooLarge { limit: u64 },
    /// The caller’s files have as many bytes as an administrator allows.
    #[error("You’ve used all the space for your files. Delete messages with files first.")]
    QuotaUsedUp,
    /// The caller’s messages have as many bytes as an administrator allows.
    #[error("You’ve used all the space for your messages. Delete some first.")]
    TextQuotaUsedUp,
    /// Too many attempts. Trying again helps after that many seconds.
    #[error("Too many attempts. Try again in {seconds} {}.", if *.seconds == 1 { "second" } else { "seconds" })]
    Throttled { seconds: u64 },
    /// The caller has done something as often as they may in a day. The next day begins after that many seconds.
    #[error("You’ve {what} today. Try again tomorrow.")]
    DailyLimit { what: &'static str, seconds: u64 },
    /// The user does this too often. Trying again helps after that many seconds.
    #[error("You’re {doing} too fast. Try again in {seconds} {}.", if *.seconds == 1 { "second" } else { "seconds" })]
    TooFast { doing: &'static str, seconds: u64 },
    /// The user has opened so many other streams since that this one has ended.
    #[error("You have too many streams open, so this one has ended.")]
    Displaced,
    /// The push service of the caller’s browser can’t be reached, or has too much to do.
    #[error("Your browser’s push service can’t be reached right now. Try again in a moment.")]
    PushUnreachable,
    /// The push service of the caller’s browser doesn’t take notifications for it. The text says why.
    #[error("{0}")]
    PushRefused(String),
    /// The server for notifications can’t be reached, or has too much to do.
    #[error("The notification server can’t be reached right now. Try again in a moment.")]
    RelayUnreachable,
    /// The server for notifications doesn’t take them. The text says why.
    #[error("{0}")]
    RelayRefused(String),
    /// The queue of writes is full, or another program holds the database. Trying again later helps.
    #[error("The server is busy. Try again in a moment.")]
    Busy,
    /// The disk or the quota is full, so nothing can be written.
    #[error("The server’s storage is full.")]
    StorageFull,
    /// The store is stopping or has failed for good, and writes nothing more.
    #[error("The server is stopping.")]
    Stopping,
    /// A defect or a broken machine. The cause is in the log and isn’t for clients.
    #[error("Something went wrong on the server.")]
    Internal,
}

impl Error {
    /// An [`Invalid`](Self::Invalid) value of `field`, with the reason as a sentence.
    #[must_use]
    pub fn invalid(field: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid {
            field,
            reason: reason.into(),
        }
    }

    /// Why `work` on a blocking thread has no result: it panicked, which is logged, or the server ended before it began.
    #[must_use]
    pub fn of_task(failed: &JoinError, work: &str) -> Self {
        if failed.is_cancelled() {
            return Self::Stopping;
        }
        tracing::error!(panic = %failed, "{work} failed unexpectedly");
        Self::Internal
    }

    /// The code that stands for it in the API.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Unauthorized => ErrorCode::Unauthorized,
            Self::TwoCookies => ErrorCode::TwoCookies,
            Self::BadCredentials => ErrorCode::BadCredentials,
            Self::Disabled => ErrorCode::Disabled,
            Self::WrongPassword => ErrorCode::WrongPassword,
            Self::ProofRequired => ErrorCode::ProofRequired,
            Self::SecondFactorRequired => ErrorCode::SecondFactorRequired,
            Self::WrongCode => ErrorCode::WrongCode,
            Self::SecondFactorOn => ErrorCode::SecondFactorOn,
            Self::SecondFactorNeeded => ErrorCode::SecondFactorNeeded,
            Self::PasskeyRequired => ErrorCode::PasskeyRequired,
            Self::BadPasskey => ErrorCode::BadPasskey,
            Self::PasskeyCloned => ErrorCode::PasskeyCloned,
            Self::PasskeysUnavailable => ErrorCode::PasskeysUnavailable,
            Self::SignupClosed => ErrorCode::SignupClosed,
            Self::InviteRequired => ErrorCode::InviteRequired,
            Self::BadInvite => ErrorCode::BadInvite,
            Self::BadSetupToken => ErrorCode::BadSetupToken,
            Self::BadResetToken => ErrorCode::BadResetToken,
            Self::Scope => ErrorCode::Scope,
            Self::NotAdmin => ErrorCode::NotAdmin,
            Self::LastAdmin => ErrorCode::LastAdmin,
            Self::LastWayIn => ErrorCode::LastWayIn,
            Self::IdentityTaken => ErrorCode::IdentityTaken,
            Self::NotFound(_) | Self::WrongId { .. } => ErrorCode::NotFound,
            Self::Invalid { .. } => ErrorCode::Invalid,
            Self::UsernameTaken | Self::UsernameLooksTaken => ErrorCode::UsernameTaken,
            Self::Unreachable(_) => ErrorCode::Unreachable,
            Self::Blocked(_) => ErrorCode::Blocked,
            Self::SelfConversation => ErrorCode::SelfConversation,
            Self::Forbidden(_) => ErrorCode::Forbidden,
            Self::NotARoom => ErrorCode::NotARoom,
            Self::ClientIdReused => ErrorCode::ClientIdReused,
            Self::WrongOffset { .. } => ErrorCode::WrongOffset,
            Self::FileTooLarge { .. } => ErrorCode::TooLarge,
            Self::QuotaUsedUp => ErrorCode::QuotaUsedUp,
            Self::TextQuotaUsedUp => ErrorCode::TextQuotaUsedUp,
            Self::Throttled { .. } => ErrorCode::Throttled,
            Self::DailyLimit { .. } => ErrorCode::DailyLimit,
            Self::TooFast { .. } => ErrorCode::TooFast,
            Self::Displaced => ErrorCode::TooManyStreams,
            Self::PushUnreachable => ErrorCode::PushUnreachable,
            Self::PushRefused(_) => ErrorCode::PushRefused,
            Self::RelayUnreachable => ErrorCode::RelayUnreachable,
            Self::RelayRefused(_) => ErrorCode::RelayRefused,
            Self::Busy => ErrorCode::Busy,
            Self::StorageFull => ErrorCode::StorageFull,
            Self::Stopping => ErrorCode::Stopping,
            Self::Internal => ErrorCode::Internal,
        }
    }
}

/// Defines [`ErrorCode`]: what each code means is its documentation, and travels in the contract.
macro_rules! codes {
    ($($(#[doc = $meaning:literal])+ $name:ident = $word:literal,)+) => {
        /// The code of an error, which clients may match on. It never changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum ErrorCode {
            $($(#[doc = $meaning])+ $name,)+
        }

        impl ErrorCode {
            /// All codes.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The code as it travels.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }

            /// What it means, as a sentence for developers.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($meaning),+).trim_start(),)+
                }
            }
        }
    };
}

codes! {
    /// No session, or one that has ended.
    Unauthorized = "unauthorized",
    /// The cookie of the session is there twice. One of them may be another server’s, so none is taken.
    TwoCookies = "two_cookies",
    /// Name and password do not belong together. It does not say which of them was wrong.
    BadCredentials = "bad_credentials",
    /// An administrator has disabled the account.
    Disabled = "disabled",
    /// The current password is wrong.
    WrongPassword = "wrong_password",
    /// This lasts, so the caller has to prove again who they are, as with `POST /api/proof`. That counts for five minutes.
    ProofRequired = "proof_required",
    /// The password is right, and the account has two-step sign-in: send `code` as well.
    SecondFactorRequired = "second_factor_required",
    /// The code of the second step is wrong, or was used before.
    WrongCode = "wrong_code",
    /// The account has two-step sign-in already.
    SecondFactorOn = "second_factor_on",
    /// Administrators need two-step sign-in or a passkey here, and the caller has neither.
    SecondFactorNeeded = "second_factor_needed",
    /// The first step is right, and the account takes a passkey as the second: it signs in by `POST /api/login/passkey`.
    PasskeyRequired = "passkey_required",
    /// The passkey is unknown, or what its authenticator answered is wrong, or came after five minutes, or twice. It does not
    /// say which.
    BadPasskey = "bad_passkey",
    /// The passkey’s counter went back, so somebody may have a copy of it. Its user is told.
    PasskeyCloned = "passkey_cloned",
    /// There can be no passkeys at this address: it is not a name, or has no https.
    PasskeysUnavailable = "passkeys_unavailable",
    /// This server does not let people create accounts themselves.
    SignupClosed = "signup_closed",
    /// An account needs an invitation here, and none was sent.
    InviteRequired = "invite_required",
    /// The invitation is unknown, used up, expired or revoked.
    BadInvite = "bad_invite",
    /// Not the setup token on the server’s terminal, or the first account exists already.
    BadSetupToken = "bad_setup_token",
    /// The reset link is unknown, used, expired or replaced, or its account is disabled.
    BadResetToken = "bad_reset_token",
    /// The scope of this API token does not cover the operation.
    Scope = "scope",
    /// Only an administrator can do this.
    NotAdmin = "not_admin",
    /// Nobody would be left who can administer the server.
    LastAdmin = "last_admin",
    /// The account would be left without a way to sign in.
    LastWayIn = "last_way_in",
    /// The provider’s account is linked to another account here, or this account to another one there.
    IdentityTaken = "identity_taken",
    /// It does not exist, or the caller may not see it.
    NotFound = "not_found",
    /// A field has a value that is not accepted; `errors` says which field, and why.
    Invalid = "invalid",
    /// The username belongs to somebody else, or looks like one that does.
    UsernameTaken = "username_taken",
    /// The other user can’t be written to or added. It does not say why: the account may be disabled or deleted, or its
    /// user doesn’t accept this from the caller.
    Unreachable = "unreachable",
    /// The caller has blocked the other user, and has to unblock them first.
    Blocked = "blocked",
    /// A conversation needs somebody else.
    SelfConversation = "self",
    /// The caller may see it, but not change it.
    Forbidden = "not_yours",
    /// The conversation is between two people, and only rooms have this.
    NotARoom = "not_a_room",
    /// The caller has sent another message with this client id.
    ClientIdReused = "client_id_reused",
    /// A part of a file has to begin where the last one ended, which `GET` of the upload tells.
    WrongOffset = "wrong_offset",
    /// The caller’s files have as many bytes as an administrator allows.
    QuotaUsedUp = "quota_used_up",
    /// The caller’s messages have as many bytes as an administrator allows.
    TextQuotaUsedUp = "text_quota_used_up",
    /// Too many attempts. `Retry-After` says when to try again.
    Throttled = "throttled",
    /// The caller has done this as often as they may in a day. `Retry-After` says when to try again.
    DailyLimit = "daily_limit",
    /// The caller does this too often. `Retry-After` says when to try again.
    TooFast = "too_fast",
    /// The caller has opened so many other streams since that this one has ended. Don’t open it again by itself: it would
    /// end another one.
    TooManyStreams = "too_many_streams",
    /// The push service of the caller’s browser cannot be reached, or has too much to do. Try again later.
    PushUnreachable = "push_unreachable",
    /// The push service of the caller’s browser does not take notifications for it. Subscribing again may help.
    PushRefused = "push_refused",
    /// The server for notifications (ntfy or Gotify) cannot be reached, or has too much to do. Try again later.
    RelayUnreachable = "relay_unreachable",
    /// The server for notifications (ntfy or Gotify) does not take them. The token may be wrong.
    RelayRefused = "relay_refused",
    /// The server has more to do than it can keep up with. Try again.
    Busy = "busy",
    /// Nothing can be written, as the disk is full. Reading still works.
    StorageFull = "storage_full",
    /// The server is stopping. Try again.
    Stopping = "stopping",
    /// A defect or a broken machine. The server’s log says more.
    Internal = "internal",
    /// The request cannot be read: it is not a JSON object, or has a value of the wrong type or one given twice.
    Malformed = "malformed",
    /// The WebSocket handshake is incomplete (RFC 6455 §4.2.1).
    BadHandshake = "bad_handshake",
    /// The session’s cookie came with a request from a page of another origin.
    CrossOrigin = "cross_origin",
    /// `Accept` names none of the feed’s encodings.
    NotAcceptable = "not_acceptable",
    /// The body took longer than 30 seconds, and a second more for each KiB of it, or nothing more of it came for five
    /// minutes.
    Timeout = "timeout",
    /// The body is larger than this operation takes, which is 64 KiB unless it says otherwise.
    TooLarge = "too_large",
    /// The body’s `Content-Type` is not one that this operation reads.
    UnsupportedMediaType = "unsupported_media_type",
    /// The WebSocket version is not 13.
    WebsocketVersion = "websocket_version",
    /// The cursor is unknown here. Load everything again, and start a new stream.
    Reset = "reset",
    /// Without a token, metrics are only for the server’s own machine.
    MetricsAreLocal = "metrics_are_local",
    /// The path has no such method; `Allow` lists those that it has.
    MethodNotAllowed = "method_not_allowed",
    /// In development mode the server answers only its own machine.
    DevIsLocal = "dev_is_local",
    /// The server does not answer to the name in `Host`. It was started without `--public-url`, and the name isn’t one of a
    /// home network, nor named by `--host`.
    Misdirected = "misdirected",
    /// A form of a plain page was not shown in this session. No operation of the API answers with it.
    StaleForm = "stale_form",
}
