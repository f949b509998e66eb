//! The messenger as plain pages, for browsers without scripts, in a window or in a terminal. Each
//! page is made here from what the store says, and each change is a form that leads back to a page.
//! What each resource shows stands in a file of its own; what all pages share, in `page`; who fills
//! in a form, and by what we know that it is ours, in `forms`.

pub mod accounts;
pub mod conversations;
mod forms;
pub mod messages;
mod page;
mod paths;
pub mod rooms;
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

/// Nothing but the style sheet and the icon, and no script whatever.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";
/// With `no-referrer` a browser would send `Origin: null` with our own forms (WHATWG Fetch §3.2), and
/// over plain http says nothing else of where they come from. Links tell nobody else either way.
const REFERRER: &str = "same-origin";

/// Makes every refusal a page, and sends those whom nobody knows to where they sign in.
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
