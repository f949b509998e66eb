//! The messenger as plain pages, for browsers without scripts, graphical or in a terminal. Pages are rendered from the
//! store, and each change is a form that leads back to a page. There is a file per resource; `page` has what all pages
//! share, and `forms` has their forms and the protection from cross-site requests. `words` has everything that the pages
//! say, in each language, and `language` chooses one of them.

pub mod accounts;
mod attachments;
pub mod conversations;
mod formatted;
mod forms;
pub mod invites;
pub mod keep;
pub mod language;
pub mod messages;
mod page;
mod paths;
pub mod proof;
pub mod reports;
pub mod requests;
pub mod rooms;
pub mod search;
pub mod settings;
mod text;
pub mod trust;
mod words;

use warp::{
    Reply,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_LANGUAGE, VARY},
    },
    reply::Response,
};

use self::words::Language;
use super::{
    ServerSettings,
    door::{
        accept::{Offer, preference},
        caller::Caller,
        security,
    },
    group::FinishRequest,
    reply::{ErrorResponse, HandlerResult, see_other},
};

/// Allows the style sheet and the icon, and no scripts at all.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";
/// With `no-referrer` a browser would send `Origin: null` with our own forms (WHATWG Fetch §3.2), which over plain http is
/// the only header that tells where they come from. Either policy keeps the referrer from other sites.
const REFERRER: &str = "same-origin";

/// Renders errors as pages in the language of the request, and redirects to the sign-in page if there is no session.
pub fn finish(caller: &Caller) -> FinishRequest {
    let words = language::of(caller);
    Box::new(move |settings, answer| render(settings, words, answer))
}

/// The answer to a request for a name that the server doesn’t know: a page for a browser, in the language that it prefers,
/// and JSON for everything else. The page refers to nothing, as nothing else is answered there.
pub fn misdirected(
    settings: &ServerSettings,
    headers: &HeaderMap,
    refusal: ErrorResponse,
) -> Response {
    let [page, json] = [PAGE, JSON].map(|offer| preference(headers, &offer));
    if page <= json {
        return refusal.into_response();
    }
    let words = language::preferred(headers);
    let mut response = refusal.answer(page::alone(words, words.reason(&refusal)));
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    security::protect(headers, settings, POLICY, REFERRER);
    response
}

const PAGE: Offer = Offer {
    kind: "text",
    subtype: "html",
    parameters: &[],
};
const JSON: Offer = Offer {
    kind: "application",
    subtype: "json",
    parameters: &[],
};

fn render(settings: &ServerSettings, words: &'static Language, answer: HandlerResult) -> Response {
    let mut response = match answer {
        Ok(response) => response,
        Err(refusal) if refusal.status() == StatusCode::UNAUTHORIZED => {
            see_other("/plain/sign-in").unwrap_or_else(Reply::into_response)
        }
        Err(refusal) => refusal.answer(page::refused(words, words.reason(&refusal))),
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers
        .entry(CONTENT_LANGUAGE)
        .or_insert(HeaderValue::from_static(words.tag));
    let vary = HeaderValue::from_static("accept-language, cookie");
    headers.insert(VARY, vary);
    security::protect(headers, settings, POLICY, REFERRER);
    response
}
