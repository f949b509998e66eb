//! Serves the UI that is embedded in the program: which file an address stands for, and in which content coding. For work
//! on the front end it can be a folder instead, whose files are read for each request and served unchanged.

mod assets;
mod module;
mod scripts;

use std::{
    path::{Component, Path},
    sync::LazyLock,
};

use warp::{
    Reply,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    reply::Response,
};

use self::assets::{Asset, EMBEDDED, extension};
use super::{ServerSettings, door::security, reply::HandlerResult, request::Request, route::Route};
use crate::model::Permission;

const INDEX: &str = "index.html";
/// The version that a folder has, as its files may change at any time.
const UNVERSIONED: &str = "0000000000000000";
/// Everything comes from the server itself, and no HTML is ever created from a string. The only policy for trusted types
/// is for the URLs of workers.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
    connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types tincan";

/// All addresses that no other route has.
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/", Permission::Public, show),
        Route::get("/{*path}", Permission::Public, show),
    ]
}

async fn show(request: Request) -> HandlerResult {
    let (settings, path) = (&request.app.settings, &request.path);
    Ok(serve(settings, path, request.caller.headers()))
}

/// Joins and compresses the files now, so that the first visitor needn’t wait for it.
pub fn prepare(settings: &ServerSettings) {
    if settings.ui.is_none() {
        LazyLock::force(&EMBEDDED);
    }
}

/// The version of the UI, which changes whenever a file does. By it an open page knows that it is outdated.
pub fn version(settings: &ServerSettings) -> &'static str {
    match settings.ui {
        Some(_) => UNVERSIONED,
        None => &EMBEDDED.version,
    }
}

/// The file at `path`, or the page if `path` is an address within the UI.
fn serve(settings: &ServerSettings, path: &str, headers: &HeaderMap) -> Response {
    let Some(name) = file_name(path) else {
        return not_found();
    };
    match &settings.ui {
        Some(folder) => match std::fs::read(folder.join(name)) {
            Ok(bytes) => reply(settings, &Asset::new(name, bytes), headers),
            Err(_) => not_found(),
        },
        None => EMBEDDED
            .get(name)
            .map_or_else(not_found, |asset| reply(settings, asset, headers)),
    }
}

/// The file that an address stands for: itself if it has an extension, else the page. None if it is invalid, or isn’t the
/// page’s: a program that looks for something well known (RFC 8615) or mistypes the API must not take the page for it.
fn file_name(path: &str) -> Option<&str> {
    let name = path.strip_prefix('/')?;
    let first = name.split('/').next().unwrap_or_default();
    if [".well-known", "api", "plain"]
        .iter()
        .any(|other| first.eq_ignore_ascii_case(other))
    {
        return None;
    }
    let is_plain = Path::new(name)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    // A percent sign could encode a separator or a NUL, and no address of the UI has one.
    if !is_plain || name.contains(['%', '\\']) {
        return None;
    }
    Some(if extension(name).is_empty() {
        INDEX
    } else {
        name
    })
}

fn reply(settings: &ServerSettings, asset: &Asset, request: &HeaderMap) -> Response {
    let gzip = asset.gzip.as_ref().filter(|_| accepts_gzip(request));
    let encoded = gzip.unwrap_or(&asset.plain);
    let mut response = if is_current(request, &encoded.etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        encoded.bytes.to_vec().into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, asset.content_type.clone());
    if gzip.is_some() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    if let Ok(etag) = HeaderValue::from_str(&encoded.etag) {
        headers.insert(header::ETAG, etag);
    }
    // Revalidated each time, mostly with 304, so that a new version of the server brings a new UI at once.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    security::protect(headers, settings, POLICY, "no-referrer");
    response
}

/// Whether `If-None-Match` has the tag: it is a list of tags, which may be weak, or `*` (RFC 9110 §13.1.2).
fn is_current(request: &HeaderMap, etag: &str) -> bool {
    request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|tags| {
            tags.split(',')
                .map(str::trim)
                .any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
        })
}

/// Whether `Accept-Encoding` has `gzip`, or else `*`, with a weight above 0 (RFC 9110 §12.5.3).
fn accepts_gzip(request: &HeaderMap) -> bool {
    let mut any = false;
    let accepted = request
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok());
    for coding in accepted.flat_map(|value| value.split(',')) {
        let coding = coding.to_ascii_lowercase();
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let weight = parts
            .find_map(|part| part.strip_prefix("q="))
            .map_or(1.0, |q| q.parse().unwrap_or(0.0));
        if name == "gzip" {
            return weight > 0.0;
        }
        any |= name == "*" && weight > 0.0;
    }
    any
}

fn not_found() -> Response {
    warp::reply::with_status("There is nothing at this address.\n", StatusCode::NOT_FOUND)
        .into_response()
}
