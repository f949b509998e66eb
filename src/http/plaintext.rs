//! Plain http at a server that speaks TLS: all of it leads to https. It comes to a listener of its own (`--http-listen`), or to
//! the one for https by mistake. An authority that wants to see whether a name leads here finds its answer here, too.

use std::{net::IpAddr, sync::Arc};

use warp::{
    Reply,
    http::{
        HeaderValue, Method, Request, StatusCode,
        header::{CACHE_CONTROL, CONTENT_TYPE, HOST, LOCATION, RETRY_AFTER},
        uri::PathAndQuery,
    },
    reply::Response,
};

use super::{
    App,
    door::{host, service::refusal},
    plain::trust,
    reply::ErrorResponse,
};
use crate::error::ErrorCode;

/// What plain http is answered from.
#[derive(Clone)]
pub struct Plaintext {
    app: Arc<App>,
    /// The port of https, if it isn’t the one that the client used.
    port: Option<u16>,
}

impl Plaintext {
    pub fn new(app: &Arc<App>, port: Option<u16>) -> Self {
        Self {
            app: Arc::clone(app),
            port,
        }
    }

    /// The answer to a request from `peer`, by its path. None for what is answered as it is over https: the page on which
    /// people make their devices trust the server.
    pub fn answer<B>(&self, peer: IpAddr, request: &Request<B>) -> Option<Response> {
        if let Some(file) = self.challenge(request) {
            return Some(file);
        }
        // The names are checked as they are over https, so that it leads nowhere else.
        let refusal = refusal(&self.app, peer, request);
        let is_plain = trust::is_plain(&self.app.settings, request.uri().path());
        let is_read = [Method::GET, Method::HEAD].contains(request.method());
        refusal.or_else(|| (!is_plain || !is_read).then(|| self.lead(request)))
    }

    /// What an authority asks for (RFC 8555 §8.3), by whatever name it does so.
    fn challenge<B>(&self, request: &Request<B>) -> Option<Response> {
        let tls = self.app.settings.tls.as_ref()?;
        let path = Some(request.uri().path()).filter(|_| request.method() == Method::GET)?;
        let mut file = tls.certificates().challenges().file(path)?.into_response();
        let octets = HeaderValue::from_static("application/octet-stream");
        file.headers_mut().insert(CONTENT_TYPE, octets);
        Some(file)
    }

    /// Leads to the same path by https.
    fn lead<B>(&self, request: &Request<B>) -> Response {
        let tls = self.app.settings.tls.as_ref();
        // The first certificate may be under way.
        if !tls.is_some_and(|tls| tls.certificates().has_any()) {
            return no_certificate();
        }
        let location = self.location(request);
        let Some(location) = location.and_then(|url| HeaderValue::try_from(url).ok()) else {
            let message = "This server is only available by https.";
            return ErrorResponse::new(ErrorCode::Malformed, message).into_response();
        };
        let mut response = StatusCode::PERMANENT_REDIRECT.into_response();
        let headers = response.headers_mut();
        headers.insert(LOCATION, location);
        // A browser would remember it for ever, also once the server speaks plain http again.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    /// Where a request belongs. None if it doesn’t say for which host it is.
    fn location<B>(&self, request: &Request<B>) -> Option<String> {
        let uri = request.uri();
        let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);
        if let Some(own) = &self.app.settings.public_url {
            return Some(format!("{own}{path}"));
        }
        // The target’s own authority goes first (RFC 9112 §3.2.2).
        let authority = match uri.authority() {
            Some(target) => target.as_str().as_bytes(),
            None => request.headers().get(HOST)?.as_bytes(),
        };
        let (name, port) = host::split(authority)?;
        Some(match self.port.or(port) {
            None | Some(443) => format!("https://{name}{path}"),
            Some(port) => format!("https://{name}:{port}{path}"),
        })
    }
}

/// What there is instead of https as long as nobody could speak it.
fn no_certificate() -> Response {
    let text = "This server is still getting its certificate. Try again in a moment. An administrator \
                finds out with “tincan status” what it waits for.\n";
    let mut response = text.into_response();
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    let headers = response.headers_mut();
    headers.insert(RETRY_AFTER, HeaderValue::from_static("30"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
