//! In development mode anybody may sign in as anybody, so only this machine may ask. That refuses other machines, web pages
//! that use DNS rebinding, and tunnels, which add where a request came from. A developer’s own server passes requests on,
//! too, but from this machine to this machine, and says so.

use std::net::IpAddr;

use warp::http::{
    HeaderMap, HeaderName, HeaderValue, Request,
    header::{FORWARDED, HOST, ORIGIN, VIA},
};

use super::{accept::split, host, origin, proxies};
use crate::{
    error::ErrorCode,
    http::reply::{ErrorResponse, HandlerResult},
};

/// Refuses requests from other machines, as far as the peer and the head tell.
pub fn only<B>(peer: IpAddr, request: &Request<B>) -> HandlerResult<()> {
    let headers = request.headers();
    let host = headers.get(HOST).and_then(text).unwrap_or_default();
    let target = request.uri().authority();
    if peer.to_canonical().is_loopback()
        && host::is_loopback(host)
        && target.is_none_or(|target| host::is_loopback(target.as_str()))
        && !is_of_a_page_elsewhere(headers)
        && was_passed_on_here(headers)
    {
        return Ok(());
    }
    let message =
        "In development mode this server is only available on its own machine, at localhost.";
    Err(ErrorResponse::new(ErrorCode::DevIsLocal, message))
}

/// Whether a browser takes the server for a part of an origin that isn’t this machine’s: something passes requests on
/// without saying so.
fn is_of_a_page_elsewhere(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site");
    let origin = headers.get(ORIGIN).and_then(text);
    site.is_some_and(|site| site == "same-origin")
        && origin.is_some_and(|origin| !origin::is_loopback(origin))
}

/// What a proxy says of a request that it passes on.
#[derive(PartialEq)]
enum Trace {
    /// It has been on this machine.
    Here,
    /// Nothing of where it has been.
    Neutral,
    Elsewhere,
}

/// Whether no proxy has passed the request on, or all of them say that it never left this machine. One that only says how
/// it was passed on may keep to itself where it came from.
fn was_passed_on_here(headers: &HeaderMap) -> bool {
    let mut traces = Vec::new();
    for (name, value) in headers {
        match text(value) {
            Some(value) => add_traces(name, value, &mut traces),
            None if is_a_proxys(name) => return false,
            None => {}
        }
    }
    traces.is_empty() || traces.contains(&Trace::Here) && !traces.contains(&Trace::Elsewhere)
}

fn is_a_proxys(name: &HeaderName) -> bool {
    let text = name.as_str();
    *name == FORWARDED || *name == VIA || text == "x-real-ip" || text.starts_with("x-forwarded-")
}

fn add_traces(name: &HeaderName, value: &str, traces: &mut Vec<Trace>) {
    if !is_a_proxys(name) {
        return;
    }
    for part in split(value, ',').map(str::trim) {
        match name.as_str() {
            "forwarded" => traces.extend(split(part, ';').map(forwarded)),
            "via" => traces.push(via(part)),
            "x-forwarded-for" | "x-real-ip" => traces.push(address(part)),
            "x-forwarded-host" | "x-forwarded-server" => traces.push(here(host::is_loopback(part))),
            "x-forwarded-proto" => traces.push(scheme(part)),
            "x-forwarded-port" => traces.push(neutral(part.parse::<u16>().is_ok())),
            _ => traces.push(Trace::Elsewhere),
        }
    }
}

/// A parameter of `Forwarded` (RFC 7239 §4).
fn forwarded(parameter: &str) -> Trace {
    let Some((name, value)) = parameter.split_once('=') else {
        return Trace::Elsewhere;
    };
    let value = value.trim().trim_matches('"');
    match name.trim().to_ascii_lowercase().as_str() {
        "for" | "by" => address(value),
        "host" => here(host::is_loopback(value)),
        "proto" => scheme(value),
        _ => Trace::Elsewhere,
    }
}

/// An element of `Via`: a protocol, and who received it (RFC 9110 §7.6.3).
fn via(element: &str) -> Trace {
    let by = element.split_whitespace().nth(1);
    here(by.is_some_and(host::is_loopback))
}

fn address(text: &str) -> Trace {
    here(proxies::hop(text.as_bytes()).is_some_and(|address| address.is_loopback()))
}

/// Those of WebSockets are what some proxies call them.
fn scheme(text: &str) -> Trace {
    let mut known = ["http", "https", "ws", "wss"].iter();
    neutral(known.any(|scheme| text.eq_ignore_ascii_case(scheme)))
}

fn here(is_here: bool) -> Trace {
    if is_here {
        Trace::Here
    } else {
        Trace::Elsewhere
    }
}

fn neutral(is_valid: bool) -> Trace {
    if is_valid {
        Trace::Neutral
    } else {
        Trace::Elsewhere
    }
}

fn text(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok()
}
