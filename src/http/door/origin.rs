//! Origins (RFC 6454): the server’s own, and whether a request comes from one of its pages.

use std::{fmt, str::FromStr};

use warp::http::{
    HeaderMap, Uri,
    header::{HOST, ORIGIN},
    uri::Authority,
};

use super::host;
use crate::http::ServerSettings;

/// A scheme and an authority: `https://chat.example`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    text: String,
}

/// The text isn’t an origin.
#[derive(Debug, thiserror::Error)]
#[error("expected http:// or https:// and a host without a path, such as https://chat.example")]
pub struct NotAnOrigin;

impl FromStr for Origin {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let uri: Uri = text.parse().map_err(|_| NotAnOrigin)?;
        let scheme = uri
            .scheme_str()
            .filter(|scheme| matches!(*scheme, "http" | "https"))
            .ok_or(NotAnOrigin)?;
        let authority = uri
            .authority()
            .filter(|authority| names_a_host(authority))
            .ok_or(NotAnOrigin)?;
        if uri.path() != "/" || uri.query().is_some() {
            return Err(NotAnOrigin);
        }
        // As browsers serialise it: in lower case, without the scheme’s default port.
        let default_port = if scheme == "https" { ":443" } else { ":80" };
        let authority = authority.as_str().to_ascii_lowercase();
        let authority = authority.strip_suffix(default_port).unwrap_or(&authority);
        Ok(Self {
            text: format!("{scheme}://{authority}"),
        })
    }
}

/// Whether it is just a host, with or without a port: no user info, and no invalid port.
fn names_a_host(authority: &Authority) -> bool {
    let host = authority.host();
    let port = authority.port_u16();
    let whole = port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    !host.is_empty() && authority.as_str() == whole
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Origin {
    /// The port in it, if it isn’t the scheme’s default one.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.text.rsplit(':').next()?.parse().ok()
    }

    /// The host, with the port if it isn’t the scheme’s default one.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.text.split_once("://").map_or("", |(_, rest)| rest)
    }

    /// Whether people reach the server through TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https:")
    }
}

/// Whether an origin is this machine’s, by http or https, at any port.
pub fn is_loopback(origin: &str) -> bool {
    let mut schemes = ["http://", "https://"].iter();
    let authority = schemes.find_map(|scheme| origin.strip_prefix(scheme));
    authority.is_some_and(host::is_loopback)
}

/// Whether pages of an origin may do what the server’s own may. In development mode those of this machine may, which another
/// program serves, and those that the developer names.
pub fn is_developers(origin: &str, settings: &ServerSettings) -> bool {
    settings.dev && (is_loopback(origin) || settings.cors.iter().any(|named| named.text == origin))
}

/// Whether a request comes from a page of this server, or one that counts as such. `None` if the request doesn’t say, as
/// from a program that isn’t a browser. Without a public URL, the server’s origin is what it speaks, at the host in `Host`.
pub fn is_same_origin(headers: &HeaderMap, settings: &ServerSettings) -> Option<bool> {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &warp::http::HeaderValue| value.to_str().ok())
    };
    if text(ORIGIN).is_some_and(|origin| is_developers(origin, settings)) {
        return Some(true);
    }
    if let Some(site) = headers.get("sec-fetch-site") {
        return Some(site == "same-origin");
    }
    let origin = headers.get(ORIGIN)?.to_str().unwrap_or_default();
    Some(match &settings.public_url {
        Some(own) => own.text == origin,
        None => text(HOST).is_some_and(|host| settings.own_authority(origin) == Some(host)),
    })
}
