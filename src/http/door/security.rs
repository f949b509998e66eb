//! Security headers of pages: what a page may load and do, and who may embed it.

use warp::http::{
    HeaderMap, HeaderValue,
    header::{self, HeaderName},
};

use crate::http::ServerSettings;

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
    let is_https = settings.is_https();
    if is_https {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    // Over plain http browsers ignore it with a warning in the console, except at localhost, as in dev mode.
    if is_https || settings.dev {
        set(OPENER_POLICY, "same-origin");
    }
}

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const PERMISSIONS: &str =
    "camera=(), display-capture=(), geolocation=(), microphone=(self), payment=(), usb=()";
