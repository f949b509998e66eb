//! What somebody needs in order to do something. Each route names one of these; how a request proves
//! that it has it is HTTP's.

/// Who may do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Anybody.
    Public,
    /// Anybody, but no page of another origin: whoever signs in gets a cookie.
    SignIn,
    /// Whoever is on the way to a sign-in provider, or back. Each step has a proof of its own, which its
    /// handler checks.
    Provider,
    /// Whoever knows the secret of a hook, which its handler looks up.
    Hook,
    /// Whoever has the token for metrics, or is on this machine where there is none.
    Metrics,
    /// Any session: people, and API tokens of either scope.
    Read,
    /// Like [`Read`](Self::Read), where the token may also stand in the query: an EventSource can't set headers.
    Feed,
    /// A session that may take part in conversations: people, and API tokens of scope `send`.
    Send,
    /// The session of a person; no API token is enough.
    Person,
    /// Like [`Person`](Self::Person), named by a bearer token and not by a cookie.
    Bearer,
    /// The session of a person who administers the server.
    Administrator,
    /// The session of a person who looks at a plain page, named by a cookie.
    Page,
    /// Like [`Page`](Self::Page), for a form that one of our own pages has shown in this session.
    Form,
}
