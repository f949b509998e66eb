//! In which language a page is: the one that was chosen on a page, or else what the browser prefers, or else English.

use serde::Deserialize;
use warp::http::{
    HeaderMap, HeaderValue,
    header::{ACCEPT_LANGUAGE, SET_COOKIE},
};

use super::{page, words::Language};
use crate::{
    error::Error,
    http::{
        door::caller::{Caller, list},
        reply::{HandlerResult, see_other},
        request::Request,
        route::Route,
    },
    model::Permission,
};

/// How long a browser keeps the choice, in seconds: a year.
const CHOICE_AGE: u32 = 365 * 24 * 60 * 60;

pub fn routes() -> Vec<Route> {
    vec![Route::post(
        "/plain/language",
        Permission::SignIn,
        post_language,
    )]
}

#[derive(Deserialize)]
struct LanguageForm {
    language: Option<String>,
    /// The page that the form was on.
    path: Option<String>,
}

/// The choice is kept in a cookie that the page with scripts may read and set too, so it isn’t `HttpOnly`.
async fn post_language(mut request: Request) -> HandlerResult {
    let LanguageForm { language, path } = request.form().await?;
    let language = language.as_deref().and_then(Language::tagged);
    let tag = language.ok_or(Error::NotFound("Language"))?.tag;
    let cookie = format!("tincan-language={tag}; Path=/; Max-Age={CHOICE_AGE}; SameSite=Lax");
    let cookie = HeaderValue::try_from(cookie).map_err(|_| Error::Internal)?;
    let path = path.filter(|path| is_page(path));
    let mut answer = see_other(path.as_deref().unwrap_or(page::FIRST))?;
    answer.headers_mut().insert(SET_COOKIE, cookie);
    Ok(answer)
}

/// Whether it is the path of a plain page, with or without a query. Anything else might lead to another site.
fn is_page(path: &str) -> bool {
    let rest = path.strip_prefix(page::FIRST);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
        && path.chars().all(|c| c.is_ascii_graphic())
}

/// The language for a request.
pub fn of(caller: &Caller) -> &'static Language {
    let chosen = caller.language_cookie().and_then(Language::tagged);
    chosen.unwrap_or_else(|| preferred(caller.headers()))
}

/// What a notification says that shows somebody that notifications arrive.
pub fn test_notification(caller: &Caller) -> &'static str {
    of(caller).text("push.works")
}

/// The best of our languages for the `Accept-Language` of a request (RFC 9110 §12.5.4), by lookup (RFC 4647 §3.4).
pub fn preferred(headers: &HeaderMap) -> &'static Language {
    let ranges = list(headers, ACCEPT_LANGUAGE).filter_map(weighted);
    let (mut wanted, unwanted): (Vec<_>, Vec<_>) = ranges.partition(|(_, weight)| *weight > 0.0);
    // Ranges of the same weight stay in their order.
    wanted.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let is_unwanted = |language: &Language| {
        let mut unwanted = unwanted.iter();
        unwanted.any(|(range, _)| names(range, language.tag))
    };
    let found = wanted
        .iter()
        .find_map(|(range, _)| lookup(range).filter(|language| !is_unwanted(language)));
    found.unwrap_or_else(Language::english)
}

/// A range and its weight. None if the weight isn’t one.
fn weighted(range: &str) -> Option<(&str, f32)> {
    let (range, weight) = match range.split_once(';') {
        Some((range, parameter)) => {
            let (_, weight) = parameter.split_once('=')?;
            (range, weight.trim().parse().ok()?)
        }
        None => (range, 1.0),
    };
    (0.0..=1.0)
        .contains(&weight)
        .then_some((range.trim(), weight))
}

/// The language for a range, which gets less and less precise until there is one.
fn lookup(range: &str) -> Option<&'static Language> {
    if range == "*" {
        return Some(Language::english());
    }
    let mut range = range;
    loop {
        let mut languages = Language::all().iter();
        if let Some(language) = languages.find(|language| names(range, language.tag)) {
            return Some(language);
        }
        (range, _) = range.rsplit_once('-')?;
    }
}

/// Whether a range names the language: exactly, or without its script.
fn names(range: &str, tag: &str) -> bool {
    let (language, _) = tag.split_once('-').unwrap_or((tag, ""));
    range.eq_ignore_ascii_case(tag) || range.eq_ignore_ascii_case(language)
}
