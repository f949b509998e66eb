//! The messenger as plain pages, for browsers without scripts, graphical or in a terminal. Pages are rendered from the
//! store, and each change is a form that leads back to a page. There is a file per resource; `page` has what all pages
//! share, and `forms` has their forms and the protection from cross-site requests.

pub mod accounts;
pub mod conversations;
mod forms;
pub mod invites;
pub mod messages;
mod page;
mod paths;
pub mod rooms;
pub mod settings;
mod text;

use warp::{
    Reply,
    http::{HeaderValue, StatusCode, header::CACHE_CONTROL},
    reply::Response,
};

use super::{
    ServerSettings,
    door::security,
    reply::{HandlerResult, see_other},
};

/// Allows the style sheet and the icon, and no scripts at all.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";
/// With `no-referrer` a browser would send `Origin: null` with our own forms (WHATWG Fetch §3.2), which over plain http is
/// the only header that tells where they come from. Either policy keeps the referrer from other sites.
const REFERRER: &str = "same-origin";

/// Renders errors as pages, and redirects to the sign-in page if there is no session.
pub fn finish(settings: &ServerSettings, answer: HandlerResult) -> Response {
    let mut response = match answer {
        Ok(response) => response,
        Err(refusal) if refusal.status() == StatusCode::UNAUTHORIZED => {
            see_other("/plain/sign-in").unwrap_or_else(Reply::into_response)
        }
        Err(refusal) => refusal.answer(page::refused(refusal.message())),
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    security::protect(headers, settings, POLICY, REFERRER);
    response
}
