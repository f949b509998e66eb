//! Security headers of pages: what a page may load and do, and who may embed it.

use warp::http::{
    HeaderMap, HeaderValue,
    header::{self, HeaderName},
};

use crate::http::ServerSettings;

/// Adds them. `content` is the page's own policy, and `referrer` what its links tell.
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
    // Elsewhere browsers ignore it, and complain in the console. In dev mode one is at localhost.
    if is_https || settings.dev {
        set(OPENER_POLICY, "same-origin");
    }
}

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const PERMISSIONS: &str =
    "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";
