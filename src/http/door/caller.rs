//! Who sent a request: its head, the session that its bearer token or cookie stands for, and the rule that a page of
//! another origin can’t use the cookie. Which of these a route requires is decided in `authorize`.

use std::{
    net::IpAddr,
    sync::{Arc, OnceLock},
};

use url::Url;
use warp::{
    http::{
        HeaderMap, HeaderName, HeaderValue, Method,
        header::{
            AUTHORIZATION, HOST, ORIGIN, REFERER, SEC_WEBSOCKET_KEY, SET_COOKIE, UPGRADE,
            USER_AGENT,
        },
        uri::Authority,
    },
    reply::Response,
};
use zeroize::Zeroizing;

use super::{
    cookie::{self, DEVICE, FLOW, SESSION},
    origin::is_same_origin,
    query::Query,
};
use crate::{
    error::{Error, ErrorCode, Result},
    http::{
        App, ServerSettings,
        reply::{ErrorResponse, HandlerResult},
    },
    lab::log::Recording,
    model::{Actor, User, UserId, limits::DEVICE_LENGTH},
    places::Place,
    store::{Session, SignedIn},
};

/// The most bytes of an origin that is believed: a name has up to 253 (RFC 1035 §2.3.4).
const MAX_ORIGIN_LENGTH: usize = 300;

/// Where a request comes from.
#[derive(Clone)]
pub struct Client {
    /// The address of the client, which a trusted proxy may have reported.
    pub address: IpAddr,
    /// The address at the other end of the connection, which may be a proxy’s.
    pub peer: IpAddr,
    /// The place of the connection. None in tests without a connection.
    pub place: Option<Arc<Place>>,
    /// Where a lab notes what is learned about the request.
    pub recording: Option<Arc<Recording>>,
}

/// A request’s head, and where it comes from.
pub struct Caller {
    method: Method,
    headers: HeaderMap,
    client: Client,
    /// The authority of the request’s target, if it has one (RFC 9112 §3.2.2).
    target: Option<Authority>,
    /// The token that a ticket stood for. Taking it from the request used the ticket up.
    redeemed: OnceLock<Zeroizing<String>>,
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
            redeemed: OnceLock::new(),
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

    /// This user has signed in, so their connection is kept rather than a stranger’s.
    pub fn is_known(&self, user: &User) {
        if let Some(place) = &self.client.place {
            place.is_known();
        }
        if let Some(recording) = self.recording() {
            *recording.user.lock() = Some(user.username.clone());
        }
    }

    /// Where a lab notes what is learned about the request.
    pub fn recording(&self) -> Option<&Arc<Recording>> {
        self.client.recording.as_ref()
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
        let Some(token) = self.token(&app.settings)? else {
            return Ok(None);
        };
        match app.store.session(token).await {
            Ok(session) => Ok(Some(session)),
            Err(Error::Unauthorized) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Like [`session`](Self::session), for the feed, which also takes a ticket or a token in its query. What a request
    /// says itself wins over a cookie, which the browser adds.
    pub async fn feed_session(&self, app: &App, query: &Query) -> HandlerResult<Arc<Session>> {
        match self.explicit_token(app, query)? {
            Some(token) => Ok(app.store.session(token).await?),
            None => self.cookie_session(app).await,
        }
    }

    /// The token of [`feed_session`](Self::feed_session).
    pub fn feed_token<'a>(&'a self, app: &App, query: &'a Query) -> Result<Option<&'a str>> {
        match self.explicit_token(app, query)? {
            Some(token) => Ok(Some(token)),
            None => self.cookie(&app.settings),
        }
    }

    /// The token that a request for the feed names itself.
    fn explicit_token<'a>(&'a self, app: &App, query: &'a Query) -> Result<Option<&'a str>> {
        if let Some(token) = self.bearer() {
            return Ok(Some(token));
        }
        if let Some(ticket) = query.get("ticket").filter(|ticket| !ticket.is_empty()) {
            if self.redeemed.get().is_none() {
                let token = app.tickets.redeem(ticket).ok_or(Error::Unauthorized)?;
                return Ok(Some(self.redeemed.get_or_init(|| token)));
            }
            return Ok(self.redeemed.get().map(|token| token.as_str()));
        }
        Ok(query.get("token").filter(|token| !token.is_empty()))
    }

    /// The session’s token, from the header or the cookie.
    ///
    /// # Errors
    /// Those of [`cookie`](Self::cookie).
    pub fn token(&self, settings: &ServerSettings) -> Result<Option<&str>> {
        match self.bearer() {
            Some(token) => Ok(Some(token)),
            None => self.cookie(settings),
        }
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
        match is_same_origin(&self.headers, &app.settings) {
            Some(false) => Err(cross_origin()),
            Some(true) | None => Ok(()),
        }
    }

    /// Refuses everything but a page of our own. For links that change something when they are followed.
    pub fn require_same_origin(&self, app: &App) -> HandlerResult<()> {
        match is_same_origin(&self.headers, &app.settings) {
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

    /// The beginning of the client’s `User-Agent`, by which people can tell their sessions apart.
    pub fn device(&self) -> String {
        let agent = self.headers.get(USER_AGENT);
        let agent = String::from_utf8_lossy(agent.map_or(&[], HeaderValue::as_bytes));
        let printable = agent.chars().filter(|c| !c.is_control());
        printable.take(DEVICE_LENGTH).collect()
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
        let token = self.cookie(&app.settings)?.ok_or(Error::Unauthorized)?;
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
        settings.own_url(host.unwrap_or("localhost"))
    }

    /// Where the page is that the request is from: a proxy may speak TLS for the server, which only the browser knows then.
    pub fn page_origin(&self, settings: &ServerSettings) -> String {
        let said = self.headers.get(ORIGIN).and_then(|text| text.to_str().ok());
        let said = said.and_then(|text| Url::parse(text).ok());
        let said = said.filter(|url| ["http", "https"].contains(&url.scheme()));
        let origin = said.map(|url| url.origin().ascii_serialization());
        let origin = origin.filter(|text| text.len() <= MAX_ORIGIN_LENGTH);
        origin.unwrap_or_else(|| self.base(settings))
    }

    async fn cookie_session(&self, app: &App) -> HandlerResult<Arc<Session>> {
        let (session, _) = self.page_session(app).await?;
        if self
            .expected_user()
            .is_some_and(|user| user != session.user.id.to_string().as_bytes())
        {
            return Err(Error::Unauthorized.into());
        }
        // A browser lets any page open a WebSocket, and requests over it may change something.
        let may_change = !self.method.is_safe() || self.wants_websocket();
        if may_change && is_same_origin(&self.headers, &app.settings) != Some(true) {
            return Err(cross_origin());
        }
        Ok(session)
    }

    /// The user that the client believes is signed in. All tabs share the cookie, so somebody else may have signed in
    /// using another tab. What one person wrote must not be sent in the name of another.
    fn expected_user(&self) -> Option<&[u8]> {
        Some(self.headers.get("tincan-user")?.as_bytes())
    }

    fn bearer(&self) -> Option<&str> {
        bearer(&self.headers)
    }

    /// The token of the session cookie.
    ///
    /// # Errors
    /// [`Error::TwoCookies`].
    pub fn cookie(&self, settings: &ServerSettings) -> Result<Option<&str>> {
        SESSION.value(settings, &self.headers)
    }

    /// The cookie of a sign-in with a provider.
    pub fn flow_cookie(&self, settings: &ServerSettings) -> Option<&str> {
        FLOW.value(settings, &self.headers).ok().flatten()
    }

    /// The cookie with the chosen language of the pages.
    pub fn language_cookie(&self) -> Option<&str> {
        cookie::values(&self.headers, "tincan-language").next()
    }

    /// The name of the device, if somebody has signed in to this user’s account on it before.
    ///
    /// # Errors
    /// Those of a read.
    pub async fn known_device(&self, app: &App, user: UserId) -> Result<Option<&str>> {
        let Ok(Some(mark)) = DEVICE.value(&app.settings, &self.headers) else {
            return Ok(None);
        };
        Ok(app.device_marks().await?.device(mark, user))
    }

    /// Lets the browser keep the session, and a mark that somebody has signed in with it.
    pub async fn keep_signed_in(
        &self,
        app: &App,
        signed_in: &SignedIn,
        response: &mut Response,
    ) -> HandlerResult<()> {
        let user = signed_in.user.id;
        let session = self.session_cookie(&app.settings, signed_in)?;
        response.headers_mut().append(SET_COOKIE, session);
        if self.known_device(app, user).await?.is_none() {
            let mark = app.device_marks().await?.create(user)?;
            let mark = DEVICE.set(&app.settings, &self.headers, &mark)?;
            response.headers_mut().append(SET_COOKIE, mark);
        }
        Ok(())
    }

    /// The `Set-Cookie` value for a session.
    pub fn session_cookie(
        &self,
        settings: &ServerSettings,
        signed_in: &SignedIn,
    ) -> HandlerResult<HeaderValue> {
        SESSION.set(settings, &self.headers, &signed_in.token)
    }

    /// Lets the browser forget the session, also one from before cookies had a port in their names.
    pub fn forget_session(
        &self,
        settings: &ServerSettings,
        response: &mut Response,
    ) -> HandlerResult<()> {
        for cookie in SESSION.delete(settings, &self.headers)? {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        Ok(())
    }

    /// The `Set-Cookie` value that lets only this browser finish a sign-in with a provider.
    pub fn set_flow_cookie(
        &self,
        settings: &ServerSettings,
        secret: &str,
    ) -> HandlerResult<HeaderValue> {
        FLOW.set(settings, &self.headers, secret)
    }

    /// Lets the browser forget a sign-in with a provider.
    pub fn forget_flow(
        &self,
        settings: &ServerSettings,
        response: &mut Response,
    ) -> HandlerResult<()> {
        for cookie in FLOW.delete(settings, &self.headers)? {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        Ok(())
    }
}

/// The bearer token (RFC 6750 §2.1). The scheme is case-insensitive (RFC 9110 §11.1). What isn’t text is nobody’s token,
/// rather than none, so that a cookie doesn’t take its place.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.as_bytes();
    let space = value.iter().position(|byte| *byte == b' ')?;
    let (scheme, token) = value.split_at(space);
    let is_bearer = scheme.eq_ignore_ascii_case(b"bearer");
    is_bearer.then(|| str::from_utf8(token).unwrap_or_default().trim())
}

/// Whether one of the header’s comma-separated values is `token`, ignoring case.
pub fn lists(headers: &HeaderMap, name: HeaderName, token: &str) -> bool {
    list(headers, name).any(|listed| listed.eq_ignore_ascii_case(token))
}

/// The header’s comma-separated values. One that isn’t text is passed over, and leaves the others as they are.
pub fn list(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).into_iter();
    lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .filter_map(|value| Some(str::from_utf8(value).ok()?.trim()))
}

fn cross_origin() -> ErrorResponse {
    ErrorResponse::new(
        ErrorCode::CrossOrigin,
        "Pages from another origin can’t do this.",
    )
}
