//! Who is asking: a request's head, the session that it names by bearer token or by cookie, and the rule
//! that a page of another origin can't use a cookie. Which of these a route wants is `authorize`'s.

use std::{net::IpAddr, sync::Arc};

use warp::http::{
    HeaderMap, HeaderName, HeaderValue, Method,
    header::{AUTHORIZATION, COOKIE, HOST, UPGRADE, USER_AGENT},
    uri::Authority,
};

use super::origin::is_same_origin;
use crate::{
    error::{Error, ErrorCode},
    http::{
        App, ServerSettings,
        reply::{ErrorResponse, HandlerResult},
    },
    store::{Session, SignedIn},
};

/// How long a browser keeps the cookie, in seconds: as long as the longest session.
const COOKIE_AGE: u32 = 90 * 24 * 60 * 60;
/// How long it keeps the cookie of a sign-in with a provider, in seconds: ten minutes for the way there and
/// back, and ten to choose a name.
const FLOW_AGE: u32 = 20 * 60;

/// Where a request comes from.
#[derive(Clone, Copy)]
pub struct Client {
    /// The address of whoever sent it.
    pub address: IpAddr,
    /// The address at the other end of the connection, which may be a proxy's.
    pub peer: IpAddr,
}

/// A request's head, and where it comes from.
pub struct Caller {
    method: Method,
    headers: HeaderMap,
    client: Client,
    /// The authority of the request's target, where it has one (RFC 9112 §3.2.2).
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

    /// Where the request came from, as far as that can be believed.
    pub fn address(&self) -> IpAddr {
        self.client.address
    }

    /// The other end of the connection, which may be a proxy.
    pub fn peer(&self) -> IpAddr {
        self.client.peer
    }

    pub fn target(&self) -> Option<&Authority> {
        self.target.as_ref()
    }

    /// The request's headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The session that it names.
    pub async fn session(&self, app: &App) -> HandlerResult<Arc<Session>> {
        match self.bearer() {
            Some(token) => Ok(app.store.session(token).await?),
            None => self.cookie_session(app).await,
        }
    }

    /// The session that it names, or none where nobody known is asking.
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

    /// The session that it names, or else the one that `token` opens.
    pub async fn session_or(&self, app: &App, token: Option<&str>) -> HandlerResult<Arc<Session>> {
        match token {
            Some(token) if self.token(&app.settings).is_none() => {
                Ok(app.store.session(token).await?)
            }
            _ => self.session(app).await,
        }
    }

    /// The token that it names its session by.
    pub fn token(&self, settings: &ServerSettings) -> Option<&str> {
        self.bearer().or_else(|| self.cookie(settings))
    }

    /// Whether it asks for a WebSocket (RFC 6455 §4.1).
    pub fn wants_websocket(&self) -> bool {
        lists(&self.headers, UPGRADE, "websocket")
    }

    /// Refuses a page of another origin. A request without a cookie needs this only where it would
    /// set one.
    pub fn refuse_cross_origin(&self, app: &App) -> HandlerResult<()> {
        match is_same_origin(&self.headers, app.settings.public_url.as_ref()) {
            Some(false) => Err(cross_origin()),
            Some(true) | None => Ok(()),
        }
    }

    /// Refuses whatever doesn't come from a page of our own. For a link that changes something when it is
    /// followed.
    pub fn require_same_origin(&self, app: &App) -> HandlerResult<()> {
        match is_same_origin(&self.headers, app.settings.public_url.as_ref()) {
            Some(true) => Ok(()),
            Some(false) | None => Err(cross_origin()),
        }
    }

    /// Refuses a page of another site, but not an address that somebody has typed or bookmarked.
    pub fn refuse_cross_site(&self) -> HandlerResult<()> {
        let site = self.headers.get("sec-fetch-site");
        if site.is_some_and(|site| site == "cross-site") {
            return Err(cross_origin());
        }
        Ok(())
    }

    /// The client's `User-Agent`, which tells somebody's sessions apart.
    pub fn device(&self) -> String {
        self.headers
            .get(USER_AGENT)
            .map_or_else(String::new, |agent| {
                String::from_utf8_lossy(agent.as_bytes()).into()
            })
    }

    /// Whether it names its session by a bearer token, and not by the cookie.
    pub fn has_bearer(&self) -> bool {
        self.bearer().is_some()
    }

    /// The session of the cookie, and its token, for pages whose forms prove themselves that they
    /// are our own. A cookie is for people.
    pub async fn page_session(&self, app: &App) -> HandlerResult<(Arc<Session>, &str)> {
        let token = self.cookie(&app.settings).ok_or(Error::Unauthorized)?;
        let session = app.store.session(token).await?;
        if session.scope.is_some() {
            return Err(Error::Unauthorized.into());
        }
        Ok((session, token))
    }

    /// Where the caller reaches this server, for links that they give to others.
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
        // A browser lets any page open a WebSocket, and what it carries may change things.
        let may_change = !self.method.is_safe() || self.wants_websocket();
        if may_change && is_same_origin(&self.headers, own) != Some(true) {
            return Err(cross_origin());
        }
        Ok(session)
    }

    /// The user that the client believes to be signed in. All tabs share the cookie, so somebody else may have
    /// signed in by another tab. What one person wrote mustn't be sent in the name of another.
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

    fn cookie_named(&self, name: &str) -> Option<&str> {
        self.headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|header| header.to_str().ok())
            .flat_map(|header| header.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(key, value)| (key == name).then_some(value))
    }
}

/// The bearer token: RFC 6750 §2.1; the scheme's case doesn't matter (RFC 9110 §11.1).
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether one of this header's comma-separated values is `token`, in whatever case.
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
        "A page of another origin can’t do this",
    )
}

/// The header that signs a browser in.
pub fn session_cookie(
    settings: &ServerSettings,
    signed_in: &SignedIn,
) -> HandlerResult<HeaderValue> {
    SESSION.set(settings, &signed_in.token, COOKIE_AGE)
}

/// The header that makes a browser forget its session.
pub fn no_session_cookie(settings: &ServerSettings) -> HandlerResult<HeaderValue> {
    SESSION.set(settings, "", 0)
}

/// The header by which only this browser can finish a sign-in with a provider.
pub fn flow_cookie(settings: &ServerSettings, secret: &str) -> HandlerResult<HeaderValue> {
    FLOW.set(settings, secret, FLOW_AGE)
}

/// The header that makes a browser forget it.
pub fn no_flow_cookie(settings: &ServerSettings) -> HandlerResult<HeaderValue> {
    FLOW.set(settings, "", 0)
}

/// A cookie of ours. The `__Host-` prefix keeps neighbouring hosts from setting it, and browsers take it
/// only with `Secure`.
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
