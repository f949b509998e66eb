//! Who sent a request: its head, the session that its bearer token or cookie stands for, and the rule that a page of
//! another origin can’t use the cookie. Which of these a route requires is decided in `authorize`.

use std::{net::IpAddr, sync::Arc};

use warp::http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{AUTHORIZATION, COOKIE, HOST, REFERER, SEC_WEBSOCKET_KEY, UPGRADE, USER_AGENT},
    uri::Authority,
};

use super::{origin::is_same_origin, query::Query};
use crate::{
    error::{Error, ErrorCode},
    http::{
        App, ServerSettings,
        reply::{ErrorResponse, HandlerResult},
    },
    model::Actor,
    places::Place,
    store::{Session, SignedIn},
};

/// How long a browser keeps the session cookie, in seconds: as long as the longest session.
const COOKIE_AGE: u32 = 90 * 24 * 60 * 60;
/// How long a browser keeps the cookie of a sign-in with a provider, in seconds: ten minutes to sign in there, and ten
/// to choose a username.
const FLOW_AGE: u32 = 20 * 60;

/// Where a request comes from.
#[derive(Clone)]
pub struct Client {
    /// The address of the client, which a trusted proxy may have reported.
    pub address: IpAddr,
    /// The address at the other end of the connection, which may be a proxy’s.
    pub peer: IpAddr,
    /// The place of the connection. None in tests without a connection.
    pub place: Option<Arc<Place>>,
}

/// A request’s head, and where it comes from.
pub struct Caller {
    method: Method,
    headers: HeaderMap,
    client: Client,
    /// The authority of the request’s target, if it has one (RFC 9112 §3.2.2).
    target: Option<Authority>,
}

impl Caller {
    pub fn new(
        method: Method,
        headers: HeaderMap,
        client: Client,
        target: Option<Authority>,
    ) -> Self {
        Self {
            method,
            headers,
            client,
            target,
        }
    }

    pub fn method(&self) -> &Method {
        &self.method
    }

    /// The client’s address, as far as it can be trusted.
    pub fn address(&self) -> IpAddr {
        self.client.address
    }

    /// The other end of the connection, which may be a proxy.
    pub fn peer(&self) -> IpAddr {
        self.client.peer
    }

    /// Somebody has signed in, so their connection is kept rather than a stranger’s.
    pub fn is_known(&self) {
        if let Some(place) = &self.client.place {
            place.is_known();
        }
    }

    pub fn target(&self) -> Option<&Authority> {
        self.target.as_ref()
    }

    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The session of the bearer token, or else of the cookie.
    pub async fn session(&self, app: &App) -> HandlerResult<Arc<Session>> {
        match self.bearer() {
            Some(token) => Ok(app.store.session(token).await?),
            None => self.cookie_session(app).await,
        }
    }

    /// Like [`session`](Self::session), but none if there is no valid session. Allows pages of other origins.
    pub async fn session_if_any(&self, app: &App) -> HandlerResult<Option<Arc<Session>>> {
        let Some(token) = self.token(&app.settings) else {
            return Ok(None);
        };
        match app.store.session(token).await {
            Ok(session) => Ok(Some(session)),
            Err(Error::Unauthorized) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Like [`session`](Self::session), for the feed, which also takes a token in its query. What a request says itself
    /// wins over a cookie, which the browser adds.
    pub async fn feed_session(&self, app: &App, query: &Query) -> HandlerResult<Arc<Session>> {
        match explicit_token(self, query) {
            Some(token) => Ok(app.store.session(token).await?),
            None => self.cookie_session(app).await,
        }
    }

    /// The token of [`feed_session`](Self::feed_session).
    pub fn feed_token<'a>(
        &'a self,
        settings: &ServerSettings,
        query: &'a Query,
    ) -> Option<&'a str> {
        explicit_token(self, query).or_else(|| self.cookie(settings))
    }

    /// The session’s token, from the header or the cookie.
    pub fn token(&self, settings: &ServerSettings) -> Option<&str> {
        self.bearer().or_else(|| self.cookie(settings))
    }

    /// Whether it asks for a WebSocket (RFC 6455 §4.1), even if a proxy has dropped its `Upgrade`. A response to HEAD has no
    /// body, and so can’t switch protocols.
    pub fn wants_websocket(&self) -> bool {
        self.method != Method::HEAD
            && (lists(&self.headers, UPGRADE, "websocket")
                || self.headers.contains_key(SEC_WEBSOCKET_KEY)
                    && !self.headers.contains_key(UPGRADE))
    }

    /// Refuses a page of another origin. Requests that don’t use the cookie need this only if the response sets one.
    pub fn refuse_cross_origin(&self, app: &App) -> HandlerResult<()> {
        match is_same_origin(&self.headers, app.settings.public_url.as_ref()) {
            Some(false) => Err(cross_origin()),
            Some(true) | None => Ok(()),
        }
    }

    /// Refuses everything but a page of our own. For links that change something when they are followed.
    pub fn require_same_origin(&self, app: &App) -> HandlerResult<()> {
        match is_same_origin(&self.headers, app.settings.public_url.as_ref()) {
            Some(true) => Ok(()),
            Some(false) | None => Err(cross_origin()),
        }
    }

    /// Refuses a page of another site, but not an address that was typed or bookmarked.
    pub fn refuse_cross_site(&self) -> HandlerResult<()> {
        let site = self.headers.get("sec-fetch-site");
        if site.is_some_and(|site| site == "cross-site") {
            return Err(cross_origin());
        }
        Ok(())
    }

    /// Whether somebody has opened a page here, by its address or from a page of our own: not by a link on another site, and
    /// not a browser that looks ahead (<https://wicg.github.io/nav-speculation/prefetch.html>). Over plain http, browsers
    /// tell only by the referrer, if at all.
    pub fn has_opened(&self, settings: &ServerSettings) -> bool {
        let is_own = |url: &HeaderValue| {
            let url = url.to_str().unwrap_or_default();
            let rest = url.strip_prefix(&self.base(settings));
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        let is_from_here = match self.headers.get("sec-fetch-site") {
            Some(site) => site == "same-origin" || site == "none",
            None => self.headers.get(REFERER).is_none_or(is_own),
        };
        is_from_here && !self.headers.contains_key("sec-purpose")
    }

    /// The client’s `User-Agent`, by which people can tell their sessions apart.
    pub fn device(&self) -> String {
        self.headers
            .get(USER_AGENT)
            .map_or_else(String::new, |agent| {
                String::from_utf8_lossy(agent.as_bytes()).into()
            })
    }

    /// Who asks, for the audit log.
    pub fn actor(&self, session: Option<&Session>) -> Actor {
        Actor {
            user: session.map(|session| session.user.id),
            session: session.map(|session| session.id),
            address: Some(self.address()),
            device: self.device(),
        }
    }

    /// Whether it has a bearer token.
    pub fn has_bearer(&self) -> bool {
        self.bearer().is_some()
    }

    /// The session of the cookie, and its token. The origin isn’t checked, as the forms of the plain pages carry a token
    /// of their own. API tokens are refused: cookies are for people.
    pub async fn page_session(&self, app: &App) -> HandlerResult<(Arc<Session>, &str)> {
        let token = self.cookie(&app.settings).ok_or(Error::Unauthorized)?;
        let session = app.store.session(token).await?;
        if session.scope.is_some() {
            return Err(Error::Unauthorized.into());
        }
        Ok((session, token))
    }

    /// The URL at which the caller reaches this server, for links that they share.
    pub fn base(&self, settings: &ServerSettings) -> String {
        if let Some(own) = &settings.public_url {
            return own.to_string();
        }
        let host = self.headers.get(HOST).and_then(|host| host.to_str().ok());
        format!("http://{}", host.unwrap_or("localhost"))
    }

    async fn cookie_session(&self, app: &App) -> HandlerResult<Arc<Session>> {
        let (session, _) = self.page_session(app).await?;
        if self
            .expected_user()
            .is_some_and(|user| user != session.user.id.to_string())
        {
            return Err(Error::Unauthorized.into());
        }
        let own = app.settings.public_url.as_ref();
        // A browser lets any page open a WebSocket, and requests over it may change something.
        let may_change = !self.method.is_safe() || self.wants_websocket();
        if may_change && is_same_origin(&self.headers, own) != Some(true) {
            return Err(cross_origin());
        }
        Ok(session)
    }

    /// The user that the client believes is signed in. All tabs share the cookie, so somebody else may have signed in
    /// using another tab. What one person wrote must not be sent in the name of another.
    fn expected_user(&self) -> Option<&str> {
        self.headers.get("tincan-user")?.to_str().ok()
    }

    fn bearer(&self) -> Option<&str> {
        bearer(&self.headers)
    }

    /// The token of the session cookie.
    pub fn cookie(&self, settings: &ServerSettings) -> Option<&str> {
        self.cookie_named(SESSION.name(settings))
    }

    /// The cookie of a sign-in with a provider.
    pub fn flow_cookie(&self, settings: &ServerSettings) -> Option<&str> {
        self.cookie_named(FLOW.name(settings))
    }

    /// The cookie with the chosen language of the pages.
    pub fn language_cookie(&self) -> Option<&str> {
        self.cookie_named("tincan-language")
    }

    fn cookie_named(&self, name: &str) -> Option<&str> {
        self.headers
            .get_all(COOKIE)
            .iter()
            // Neighbours at other ports share the header, and may have put any bytes into it.
            .flat_map(|header| header.as_bytes().split(|byte| *byte == b';'))
            .filter_map(|pair| str::from_utf8(pair).ok()?.trim().split_once('='))
            .find_map(|(key, value)| (key == name).then_some(value))
    }
}

/// The token that a request for the feed names itself.
fn explicit_token<'a>(caller: &'a Caller, query: &'a Query) -> Option<&'a str> {
    let token = query.get("token").filter(|token| !token.is_empty());
    caller.bearer().or(token)
}

/// The bearer token (RFC 6750 §2.1). The scheme is case-insensitive (RFC 9110 §11.1).
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether one of the header’s comma-separated values is `token`, ignoring case.
pub fn lists(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    let values = headers.get_all(name);
    let mut tokens = values
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    tokens.any(|listed| listed.trim().eq_ignore_ascii_case(token))
}

fn cross_origin() -> ErrorResponse {
    ErrorResponse::new(
        ErrorCode::CrossOrigin,
        "Pages from another origin can’t do this.",
    )
}

/// The `Set-Cookie` value that signs a browser in.
pub fn session_cookie(
    settings: &ServerSettings,
    signed_in: &SignedIn,
) -> HandlerResult<HeaderValue> {
    SESSION.set(settings, &signed_in.token, COOKIE_AGE)
}

/// The `Set-Cookie` value that deletes the session cookie.
pub fn no_session_cookie(settings: &ServerSettings) -> HandlerResult<HeaderValue> {
    SESSION.set(settings, "", 0)
}

/// The `Set-Cookie` value that lets only this browser finish a sign-in with a provider.
pub fn flow_cookie(settings: &ServerSettings, secret: &str) -> HandlerResult<HeaderValue> {
    FLOW.set(settings, secret, FLOW_AGE)
}

/// The `Set-Cookie` value that deletes that cookie.
pub fn no_flow_cookie(settings: &ServerSettings) -> HandlerResult<HeaderValue> {
    FLOW.set(settings, "", 0)
}

/// A cookie and its names over http and https. The `__Host-` prefix keeps neighbouring hosts from setting it, and
/// browsers accept it only with `Secure`.
struct Cookie {
    plain: &'static str,
    secure: &'static str,
}

const SESSION: Cookie = Cookie {
    plain: "tincan",
    secure: "__Host-tincan",
};
const FLOW: Cookie = Cookie {
    plain: "tincan-flow",
    secure: "__Host-tincan-flow",
};

impl Cookie {
    fn name(&self, settings: &ServerSettings) -> &'static str {
        if settings.is_https() {
            self.secure
        } else {
            self.plain
        }
    }

    fn set(&self, settings: &ServerSettings, value: &str, age: u32) -> HandlerResult<HeaderValue> {
        let name = self.name(settings);
        let secure = if settings.is_https() { "; Secure" } else { "" };
        HeaderValue::try_from(format!(
            "{name}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}"
        ))
        .map_err(|_| Error::Internal.into())
    }
}
