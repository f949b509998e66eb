//! The guard rails of dev mode, in which anybody may be anybody: only this machine may ask, by a
//! name that only this machine answers to. A web page elsewhere can't get in through DNS rebinding,
//! nor a stranger through a proxy.

use std::net::IpAddr;

use warp::http::{
    HeaderMap, StatusCode,
    header::{FORWARDED, HOST},
};

use super::reply::{Answer, Failure};

/// Refuses what doesn't come from this machine, as far as the peer and the request's head tell.
pub fn local_only(peer: IpAddr, headers: &HeaderMap) -> Answer<()> {
    let was_forwarded = headers
        .keys()
        .any(|name| *name == FORWARDED || name.as_str().starts_with("x-forwarded-"));
    if peer.to_canonical().is_loopback() && names_this_machine(headers) && !was_forwarded {
        return Ok(());
    }
    let message = "In dev mode this server answers only its own machine, at localhost";
    Err(Failure::new(StatusCode::FORBIDDEN, "dev_is_local", message))
}

fn names_this_machine(headers: &HeaderMap) -> bool {
    let host = headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|own| name.eq_ignore_ascii_case(own))
}
