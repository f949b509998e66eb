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
    /// This server doesn't let people make accounts themselves.
    #[error("This server doesn't take new accounts")]
    SignupClosed,
    /// What was named doesn't exist, or isn't the asker's to see; the text says what kind of thing.
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
            Self::SignupClosed => "signup_closed",
            Self::NotFound(_) => "not_found",
            Self::Invalid { .. } => "invalid",
            Self::UsernameTaken => "username_taken",
            Self::Yourself => "self",
            Self::NotYours(_) => "not_yours",
            Self::NotARoom => "not_a_room",
            Self::ClientIdReused => "client_id_reused",
            Self::Busy => "busy",
            Self::StorageFull => "storage_full",
            Self::Stopping => "stopping",
            Self::Internal => "internal",
        }
    }
}
