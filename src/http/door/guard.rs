//! Requests that are refused before routing because they are malformed, and whether one certainly comes from this machine.

use std::net::IpAddr;

use warp::http::{
    HeaderMap, HeaderValue, Request, Version,
    header::{FORWARDED, HOST, ORIGIN, VIA},
    uri::Authority,
};

use crate::{
    error::ErrorCode,
    http::{
        ServerSettings,
        reply::{ErrorResponse, HandlerResult},
    },
};

/// Refuses a target that isn’t a path, which warp can’t handle, and a request without exactly one `Host` (RFC 9112
/// §3.2).
pub fn well_formed<B>(request: &Request<B>) -> HandlerResult<()> {
    let hosts = request.headers().get_all(HOST).iter().count();
    let may_lack_host = request.version() < Version::HTTP_11;
    let is_path = request.uri().path().starts_with('/');
    if is_path && (hosts == 1 || hosts == 0 && may_lack_host) {
        return Ok(());
    }
    let message = "The request must have a path and exactly one host.";
    Err(ErrorResponse::new(ErrorCode::Malformed, message))
}

/// Whether a request comes from this machine, as far as the peer and the head tell. `target` is the authority of its
/// target, if it has one (RFC 9112 §3.2.2).
pub fn is_local(
    settings: &ServerSettings,
    peer: IpAddr,
    headers: &HeaderMap,
    target: Option<&Authority>,
) -> bool {
    let host = headers.get(HOST).and_then(text).unwrap_or_default();
    peer.to_canonical().is_loopback()
        && names_this_machine(host)
        && target.is_none_or(|target| names_this_machine(target.as_str()))
        && !was_forwarded(settings, headers)
}

/// Whether the request passed a proxy: a proxy has added its headers, or a browser claims “same origin” for an origin
/// that isn’t this machine.
fn was_forwarded(settings: &ServerSettings, headers: &HeaderMap) -> bool {
    let has_proxy_header = headers.keys().any(|name| {
        *name == FORWARDED
            || *name == VIA
            || name.as_str() == "x-real-ip"
            || name.as_str().starts_with("x-forwarded-")
    });
    let is_same_origin = headers
        .get("sec-fetch-site")
        .is_some_and(|site| site == "same-origin");
    let origin = headers.get(ORIGIN).and_then(text);
    let is_elsewhere = origin.is_some_and(|origin| {
        !settings
            .own_authority(origin)
            .is_some_and(names_this_machine)
    });
    has_proxy_header || is_same_origin && is_elsewhere
}

fn names_this_machine(authority: &str) -> bool {
    let name = match authority.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => authority,
    };
    ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|own| name.eq_ignore_ascii_case(own))
}

fn text(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok()
}
