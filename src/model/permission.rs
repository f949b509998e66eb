//! What a request needs for a route. Each route names one permission. How a request proves it is up to HTTP.

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Everybody.
    Public,
    /// Everybody, but not from a page of another origin, because signing in sets a cookie.
    SignIn,
    /// A browser on its way to or from a sign-in provider. The handler checks the proof of each step.
    Provider,
    /// Somebody with the secret of a hook. The handler looks it up.
    Hook,
    /// Somebody with the metrics token; without a configured token, requests from this machine.
    Metrics,
    /// Any session: a person's, or an API token of either scope.
    Read,
    /// Like [`Read`](Self::Read), but the token may also be in the query, because EventSource can't set headers.
    Feed,
    /// A session that may take part in conversations: a person's, or an API token of scope `send`.
    Send,
    /// A person's session, not an API token.
    Person,
    /// Like [`Person`](Self::Person), but authenticated by a bearer token, not by a cookie.
    Bearer,
    /// The session of somebody who may invite others: an administrator, or, if administrators allow it, any person.
    Invite,
    /// The session of an administrator.
    Administrator,
    /// A person's session on a plain page, authenticated by a cookie.
    Page,
    /// Like [`Page`](Self::Page), for a form that one of our own pages has shown in this session.
    Form,
}

impl Permission {
    /// Whether it needs a session, so that the caller is a user.
    #[must_use]
    pub const fn has_session(self) -> bool {
        match self {
            Self::Public | Self::SignIn | Self::Provider | Self::Hook | Self::Metrics => false,
            Self::Read
            | Self::Feed
            | Self::Send
            | Self::Person
            | Self::Bearer
            | Self::Invite
            | Self::Administrator
            | Self::Page
            | Self::Form => true,
        }
    }
}
