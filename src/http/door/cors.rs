//! Cross-origin requests (Fetch §3.2, <https://fetch.spec.whatwg.org/#http-cors-protocol>). In development mode the page that
//! somebody works on comes from another program on this machine. Otherwise no other origin may read an answer, and this
//! does nothing.

use warp::{
    Reply,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS,
            ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
            ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
            ACCESS_CONTROL_REQUEST_METHOD, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_LENGTH,
            CONTENT_TYPE, DATE, EXPIRES, LAST_MODIFIED, ORIGIN, PRAGMA, SET_COOKIE, VARY,
        },
    },
    reply::Response,
};

use super::origin::is_developers;
use crate::http::{ROUTES, ServerSettings};

/// How long a browser may remember a preflight, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");
const TRUE: HeaderValue = HeaderValue::from_static("true");
/// What any page may read (Fetch §2.2.2, “CORS-safelisted response-header name”), or none.
const NOT_EXPOSED: [HeaderName; 8] = [
    CACHE_CONTROL,
    CONTENT_LANGUAGE,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    EXPIRES,
    LAST_MODIFIED,
    PRAGMA,
    SET_COOKIE,
];
/// Of a path that has no resource, so that a page can read that there is none.
const ANY_METHOD: &str = "GET, HEAD, POST, PUT, PATCH, DELETE";

/// Who may read the answer to a request, in development mode.
pub struct Cors {
    /// The origin of the page that asks, if it is a developer’s.
    origin: Option<HeaderValue>,
}

impl Cors {
    /// None outside development mode.
    pub fn of(settings: &ServerSettings, headers: &HeaderMap) -> Option<Self> {
        if !settings.dev {
            return None;
        }
        let is_allowed = |origin: &&HeaderValue| {
            let origin = origin.to_str();
            origin.is_ok_and(|origin| is_developers(origin, settings))
        };
        let origin = headers.get(ORIGIN).filter(is_allowed).cloned();
        Some(Self { origin })
    }

    /// The answer to a preflight of an allowed origin.
    pub fn preflight<B>(&self, request: &Request<B>) -> Option<Response> {
        self.origin.as_ref()?;
        let asked = request.headers();
        if request.method() != Method::OPTIONS || !asked.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
        {
            return None;
        }
        let methods = ROUTES.methods(request.uri().path());
        let methods = methods.as_deref().unwrap_or(ANY_METHOD);
        let mut response = StatusCode::NO_CONTENT.into_response();
        let headers = response.headers_mut();
        headers.insert(
            ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::try_from(methods).ok()?,
        );
        headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        // Whichever a page’s libraries add. What the server doesn’t know does nothing.
        if let Some(names) = asked.get(ACCESS_CONTROL_REQUEST_HEADERS) {
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
        }
        // A page of the internet asks for this machine: <https://wicg.github.io/private-network-access/>
        if asked.contains_key("access-control-request-private-network") {
            headers.insert("access-control-allow-private-network", TRUE);
        }
        Some(response)
    }

    /// Lets the page read an answer, with all of its headers. `*` wouldn’t, as there may be a cookie.
    pub fn allow(self, headers: &mut HeaderMap) {
        headers.append(VARY, HeaderValue::from_static("origin"));
        let Some(origin) = self.origin else {
            return;
        };
        let exposed = headers.keys().chain([&DATE]);
        let exposed: Vec<_> = exposed
            .filter(|name| !NOT_EXPOSED.contains(name))
            .map(HeaderName::as_str)
            .collect();
        if let Ok(exposed) = HeaderValue::try_from(exposed.join(", ")) {
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
    }
}
