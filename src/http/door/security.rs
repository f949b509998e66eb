//! Security headers of pages: what a page may load and do, and who may embed it.

use warp::http::{
    HeaderMap, HeaderValue,
    header::{self, HeaderName},
};

use super::host;
use crate::{http::ServerSettings, tls::TlsMode};

/// Adds the headers. `content` is the page’s Content-Security-Policy, and `referrer` its Referrer-Policy.
pub fn protect(
    headers: &mut HeaderMap,
    settings: &ServerSettings,
    content: &'static str,
    referrer: &'static str,
) {
    let mut set = |name: HeaderName, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::CONTENT_SECURITY_POLICY, content);
    set(header::REFERRER_POLICY, referrer);
    set(RESOURCE_POLICY, "same-origin");
    set(PERMISSIONS_POLICY, PERMISSIONS);
    // Over plain http browsers ignore it with a warning in the console, except at localhost, as in dev mode.
    if settings.is_https() || settings.dev {
        set(OPENER_POLICY, "same-origin");
    }
}

/// Nothing but https for a year (RFC 6797). Without `includeSubDomains` and `preload`, which are for the owner of the whole
/// domain to decide.
pub const STRICT: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Whether browsers are told to use nothing but https for this server. They then also let nobody pass over a certificate that
/// they don’t trust, so it isn’t said for the certificates and names of a home, which may change.
pub fn is_strict(settings: &ServerSettings, headers: &HeaderMap) -> bool {
    match &settings.tls {
        Some(tls) => {
            let host = headers.get(header::HOST).map(HeaderValue::as_bytes);
            tls.mode() != TlsMode::Home && host.is_some_and(host::is_public)
        }
        None => settings.is_https(),
    }
}

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const PERMISSIONS: &str =
    "camera=(), display-capture=(), geolocation=(), microphone=(self), payment=(), usb=()";
