//! The names by which a server answers that wasn’t told its URL. Any page on the internet can have its own name lead to an
//! address of a home network, and then read what a server there answers (DNS rebinding). So without `--public-url` a
//! server answers to addresses, and to names that nobody can have on the internet. Others have to be named by `--host`.

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use warp::http::{HeaderValue, Request, header::HOST};

use crate::{
    error::ErrorCode,
    http::{ServerSettings, reply::ErrorResponse},
};

/// The ends of names that can’t be public. The first two are never asked for of the public DNS (RFC 6761 §6.3, RFC 6762),
/// nor is `onion` (RFC 7686). `home.arpa` is for home networks (RFC 8375), and `internal` for private ones (ICANN, 2024).
/// `home` and `corp` are never to be delegated (ICANN, 2018). The others are what routers use though no standard says so;
/// `fritz.box` and `speedport.ip` belong to the makers of those routers.
const PRIVATE: [&str; 14] = [
    "localhost",
    "local",
    "onion",
    "home.arpa",
    "internal",
    "home",
    "corp",
    "lan",
    "localdomain",
    "intranet",
    "private",
    "test",
    "fritz.box",
    "speedport.ip",
];

/// The most characters of a name (RFC 1035 §2.3.4).
const MAX_LENGTH: usize = 253;

/// A name by which the server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName(String);

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text isn’t a host’s name.
#[derive(Debug, thiserror::Error)]
#[error("expected a name without a scheme and a port, such as chat.example")]
pub struct NotAHostName;

impl FromStr for HostName {
    type Err = NotAHostName;

    fn from_str(text: &str) -> Result<Self, NotAHostName> {
        let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if text.is_empty() || text.len() > MAX_LENGTH || !text.chars().all(is_name) {
            return Err(NotAHostName);
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        Ok(Self(name.to_ascii_lowercase()))
    }
}

/// Why a request isn’t answered.
pub struct Refused {
    /// The name in it, if it is one.
    pub name: Option<String>,
    pub refusal: ErrorResponse,
}

/// Refuses a request to a name that the server wasn’t told, or that isn’t one. `Host` counts, and the authority of the
/// target, if there is one (RFC 9112 §3.2.2).
pub fn known<B>(settings: &ServerSettings, request: &Request<B>) -> Result<(), Refused> {
    if settings.public_url.is_some() {
        return Ok(());
    }
    let host = request.headers().get(HOST).map(HeaderValue::as_bytes);
    let target = request
        .uri()
        .authority()
        .map(|target| target.as_str().as_bytes());
    for authority in [host, target].into_iter().flatten() {
        let name = split(authority).map(|(name, _)| name);
        if !name.is_some_and(|name| is_known(settings, name)) {
            let message = "This server doesn’t know this name. Start it with --public-url, or add the name with --host.";
            let name: Option<HostName> = name.and_then(|name| name.parse().ok());
            return Err(Refused {
                name: name.map(|HostName(name)| name),
                refusal: ErrorResponse::new(ErrorCode::Misdirected, message),
            });
        }
    }
    Ok(())
}

/// The host of an authority, and its port, if it has one.
pub fn split(authority: &[u8]) -> Option<(&str, Option<u16>)> {
    let authority = str::from_utf8(authority).ok()?;
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let (name, port) = match authority.rsplit_once(':') {
        Some((name, port)) if is_port(port) => (name, port.parse().ok()),
        _ => (authority, None),
    };
    Some((name.strip_suffix('.').unwrap_or(name), port))
}

/// Whether an authority names this machine: by a name that leads nowhere else (RFC 6761 §6.3), or by an address of its own
/// (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3). Inside Android’s emulator it has the address `10.0.2.2`.
pub fn is_loopback(authority: &str) -> bool {
    let Some((name, _)) = split(authority.as_bytes()) else {
        return false;
    };
    if let Some(address) = name.strip_prefix('[') {
        let address = address.strip_suffix(']').map(str::parse::<Ipv6Addr>);
        return address.is_some_and(|address| {
            address.is_ok_and(|address| address.to_canonical().is_loopback())
        });
    }
    if let Ok(address) = name.parse::<Ipv4Addr>() {
        return address.is_loopback() || address == Ipv4Addr::new(10, 0, 2, 2);
    }
    name.parse().is_ok_and(|HostName(name)| {
        let before = name.strip_suffix("localhost");
        before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    })
}

/// Whether an authority has a name that somebody can have on the internet.
pub fn is_public(authority: &[u8]) -> bool {
    let name = split(authority).and_then(|(name, _)| name.parse().ok());
    name.is_some_and(|name| !is_private(&name))
}

fn is_known(settings: &ServerSettings, name: &str) -> bool {
    if let Some(address) = name.strip_prefix('[') {
        let address = address.strip_suffix(']');
        return address.is_some_and(|address| address.parse::<Ipv6Addr>().is_ok());
    }
    let Ok(name) = name.parse::<HostName>() else {
        return false;
    };
    // A page whose name leads here has no certificate for its name, so a browser doesn’t let it ask.
    let is_certified = || {
        let tls = settings.tls.as_ref();
        tls.is_some_and(|tls| tls.certificates().has(&name.0))
    };
    is_private(&name) || settings.hosts.contains(&name) || is_certified()
}

/// Whether it is an address, or a name that nobody can have on the internet.
fn is_private(HostName(name): &HostName) -> bool {
    let is_address = name.parse::<Ipv4Addr>().is_ok();
    let is_single = !name.contains('.');
    let is_below = |end: &&str| {
        let rest = name.strip_suffix(*end);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    is_address || is_single || PRIVATE.iter().any(is_below)
}
