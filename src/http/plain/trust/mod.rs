//! The page on which people decide whether their devices trust the server’s own authority, and what they install for that.
//! Devices that don’t trust it yet read this over plain http, so it needs neither a session nor a script, and asks for
//! nothing that only https answers. The authority’s key is nowhere in here.

mod pictures;
mod profile;
mod steps;

use std::sync::Arc;

use maud::{Markup, PreEscaped, html};
use warp::{
    Reply,
    http::{
        HeaderValue,
        header::{CONTENT_LANGUAGE, CONTENT_TYPE, USER_AGENT},
    },
    reply::Response,
};

use self::steps::System;
use super::{language, page::Page, words::Language};
use crate::{
    http::{
        ServerSettings,
        api::invites::qr_code,
        reply::{HandlerResult, nothing_here},
        request::Request,
        route::Route,
    },
    model::Permission,
    tls::home::{Home, HomeStatus},
};

pub const PATH: &str = "/trust";
const PROFILE: &str = "/trust/tincan.mobileconfig";
const DER: &str = "/trust/tincan.crt";
const PEM: &str = "/trust/tincan.pem";

pub fn routes() -> Vec<Route> {
    vec![
        Route::get(PATH, Permission::Public, get_page),
        Route::get(PROFILE, Permission::Public, get_profile),
        Route::get(DER, Permission::Public, get_der),
        Route::get(PEM, Permission::Public, get_pem),
    ]
}

/// What is answered over plain http, too, although everything else leads to https from there.
pub fn is_plain(settings: &ServerSettings, path: &str) -> bool {
    let has_home = settings
        .tls
        .as_ref()
        .is_some_and(|tls| tls.home().is_some());
    has_home && [PATH, PROFILE, DER, PEM, "/plain.css", "/icon.svg"].contains(&path)
}

/// The authority of a server that has one.
fn home(request: &Request) -> HandlerResult<&Arc<Home>> {
    let tls = request.app.settings.tls.as_ref();
    tls.and_then(|tls| tls.home()).ok_or_else(nothing_here)
}

fn words(request: &Request) -> &'static Language {
    let chosen = request.query.get("language").and_then(Language::tagged);
    chosen.unwrap_or_else(|| language::of(&request.caller))
}

async fn get_page(request: Request) -> HandlerResult {
    let home = home(&request)?;
    let words = words(&request);
    let agent = request.caller.headers().get(USER_AGENT);
    let agent = agent
        .and_then(|agent| agent.to_str().ok())
        .unwrap_or_default();
    let main = html! {
        h1 { (words.text("trust.title")) }
        p { (words.fill("trust.intro", &[("host", &home.name().host())])) }
        (steps::all(words, System::of(agent), &home.status().authority))
        (limits(words, &home.status()))
        // Plain http leads on to https from there.
        p { a href="/" { strong { (words.text("trust.continue")) } } }
        @if let Some(url) = home.trust_url() { (scan(words, &url)?) }
    };
    let page = Page::for_anybody(words, words.text("trust.title"), main);
    let mut response = page.choosing_language_at(PATH).into_response();
    let tag = HeaderValue::from_static(words.tag);
    response.headers_mut().insert(CONTENT_LANGUAGE, tag);
    Ok(response)
}

/// What somebody trusts who installs it, and how they know that it is the right one.
fn limits(words: &'static Language, status: &HomeStatus) -> Markup {
    let names = status.permitted.join(", ");
    html! {
        h2 { (words.text("trust.check_title")) }
        p { (words.text("trust.check")) }
        p { code.fingerprint dir="ltr" { (status.fingerprint) } }
        h2 { (words.text("trust.limits_title")) }
        p { (words.markup("trust.limits", &[("names", html! { bdi dir="ltr" { (names) } })])) }
        p { (words.text("trust.who")) }
    }
}

fn scan(words: &'static Language, url: &str) -> HandlerResult<Markup> {
    let picture = qr_code(url)?;
    // Inside of a page it has no declaration.
    let picture = picture
        .split_once("?>")
        .map_or(&*picture, |(_, picture)| picture);
    Ok(html! {
        h2 { (words.text("trust.scan")) }
        p { bdi dir="ltr" { (url) } }
        div.code role="img" aria-label=(url) { (PreEscaped(picture)) }
    })
}

async fn get_profile(request: Request) -> HandlerResult {
    let home = home(&request)?;
    let words = words(&request);
    let status = home.status();
    let names = status.permitted.join(", ");
    let description = words.fill("trust.limits", &[("names", &names)]);
    let profile = profile::write(&home.authority(), &home.name().host(), &description);
    Ok(file(profile, "application/x-apple-aspen-config"))
}

async fn get_der(request: Request) -> HandlerResult {
    let authority = home(&request)?.authority();
    Ok(file(authority.der().to_vec(), "application/x-x509-ca-cert"))
}

async fn get_pem(request: Request) -> HandlerResult {
    Ok(file(
        home(&request)?.authority().pem(),
        "application/x-pem-file",
    ))
}

/// A file for the system’s settings, which take it by its type. It is named after its address.
fn file(content: impl Into<Vec<u8>>, kind: &'static str) -> Response {
    let mut response = Response::new(content.into().into());
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
