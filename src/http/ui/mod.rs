//! Serves the UI that is embedded in the program: which file an address stands for, how long it is good, and in which
//! content coding it is sent. For work on the front end the UI can be a folder instead: see `folder`.
//!
//! A file’s address has the version of all files in it, `/ui/<version>/messages/message-row.js`, so what is there never
//! changes and browsers needn’t ask again. The page itself, and what has to keep its address, is asked for each time.

mod assets;
mod folder;
mod reload;

use std::path::{Component, Path};

use warp::{
    Reply,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    reply::Response,
};

use self::assets::{Encoded, FILES, File, VERSION, content_type, extension};
use super::{
    ServerSettings,
    coding::Coding,
    door::security,
    range::is_current,
    reply::{HandlerResult, see_other},
    request::Request,
    route::Route,
};
use crate::model::Permission;

const INDEX: &str = "index.html";
/// Runs for the whole origin, so it has an address above all others, and keeps it.
const SERVICE_WORKER: &str = "service-worker.js";
/// The style of the pages without scripts.
const PLAIN_STYLE: &str = "plain.css";
/// Browsers and operating systems remember these addresses. So do the pictures in `ICONS`.
const FIXED: [&str; 4] = [
    "icon.svg",
    "manifest.webmanifest",
    PLAIN_STYLE,
    SERVICE_WORKER,
];
const ICONS: &str = "icons/";
/// A list of the addresses that the page may need, for the service worker, which keeps them for a time without the server.
const LIST: &str = "files.json";
const FOREVER: &str = "public, max-age=31536000, immutable";
/// The version that a folder has, as its files may change at any time.
const UNVERSIONED: &str = "0000000000000000";
/// Everything comes from the server itself, and no HTML is ever created from a string. The only policy for trusted types
/// is for the URLs of workers.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    media-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types tincan";

/// The files of the UI, and all addresses that no other route has.
pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/", Permission::Public, page),
        Route::get("/{*path}", Permission::Public, page),
        Route::get("/ui/{version}/{*path}", Permission::Public, file),
        Route::get("/ui/reload", Permission::Public, reload::watch),
        Route::get("/ui/reload.js", Permission::Public, reload::script),
        Route::get("/share", Permission::Public, page),
        Route::post("/share", Permission::Public, shared),
    ]
}

/// The page, whose router knows the rest; or a file that has to keep its address.
async fn page(request: Request) -> HandlerResult {
    let settings = &request.app.settings;
    if let Some(folder) = &settings.ui {
        return Ok(folder::answer(settings, folder, &request));
    }
    let name = request.path.trim_start_matches('/');
    if is_elsewhere(name) {
        return Ok(not_found());
    }
    let name = match extension(name) {
        "" if is_plain(&request.path) => INDEX,
        _ if name == INDEX || is_fixed(name) => name,
        _ => return Ok(not_found()),
    };
    let found = find(name, request.caller.headers());
    Ok(found.map_or_else(not_found, |found| {
        // Mostly answered with 304, so that a new version of the server brings a new page at once.
        reply(settings, name, found, request.caller.headers(), "no-cache")
    }))
}

/// What somebody shares with the app from another one. That is the service worker’s to take. Where there is none, the page
/// says that nothing has come.
async fn shared(_: Request) -> HandlerResult {
    see_other("/share")
}

async fn file(request: Request, version: String, path: String) -> HandlerResult {
    let settings = &request.app.settings;
    let is_current = version == self::version(settings);
    let (found, lifetime) = match (&settings.ui, path.as_str()) {
        (Some(folder), path) if is_current && path != LIST => {
            return Ok(folder::file(settings, folder, &request, path));
        }
        // It has a folder of this name itself.
        (Some(_), _) if !is_current => return page(request).await,
        // A page of another version has to load itself again, and says so.
        (None, _) if !is_current => return Ok(not_found()),
        (Some(folder), _) => (Some(list(assets::list(folder), UNVERSIONED)), "no-cache"),
        (None, LIST) => {
            let names = FILES.iter().map(|file| file.path.to_owned());
            (Some(list(names, VERSION)), FOREVER)
        }
        (None, path) => (find(path, request.caller.headers()), FOREVER),
    };
    Ok(found.map_or_else(not_found, |found| {
        reply(settings, &path, found, request.caller.headers(), lifetime)
    }))
}

/// The version of the UI, which changes whenever a file does. By it an open page knows that it is outdated.
pub fn version(settings: &ServerSettings) -> &'static str {
    match settings.ui {
        Some(_) => UNVERSIONED,
        None => VERSION,
    }
}

fn find(name: &str, request: &HeaderMap) -> Option<Encoded> {
    let file = File::find(name)?;
    Some(file.encoded(Coding::preferred(request, file.codings())))
}

/// Whether a program looks for something well known there (RFC 8615), or mistypes the API. It must not take the page for
/// it.
fn is_elsewhere(name: &str) -> bool {
    let first = name.split('/').next().unwrap_or_default();
    [".well-known", "api", "dev", "plain"]
        .iter()
        .any(|other| first.eq_ignore_ascii_case(other))
}

/// Whether a path is made of names alone.
fn is_plain(path: &str) -> bool {
    let name = path.strip_prefix('/').unwrap_or(path);
    let mut parts = Path::new(name).components();
    // A percent sign could encode a separator or a NUL, and no address of the UI has one.
    parts.all(|part| matches!(part, Component::Normal(_))) && !name.contains(['%', '\\'])
}

fn is_fixed(name: &str) -> bool {
    FIXED.contains(&name) || name.starts_with(ICONS)
}

fn list(names: impl IntoIterator<Item = String>, version: &str) -> Encoded {
    let names = names.into_iter().map(|name| match name.as_str() {
        INDEX => Some("/".to_owned()),
        SERVICE_WORKER | PLAIN_STYLE => None,
        name if is_fixed(name) => Some(format!("/{name}")),
        name => Some(format!("/ui/{version}/{name}")),
    });
    let addresses: Vec<_> = names.flatten().collect();
    Encoded {
        bytes: serde_json::to_vec(&addresses).unwrap_or_default().into(),
        coding: None,
        etag: None,
    }
}

fn reply(
    settings: &ServerSettings,
    name: &str,
    file: Encoded,
    request: &HeaderMap,
    lifetime: &'static str,
) -> Response {
    let etag = file.etag.as_deref();
    let mut response = if etag.is_some_and(|etag| is_current(request, etag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(file.bytes.into())
    };
    let headers = response.headers_mut();
    let content_type = content_type(name).unwrap_or("application/octet-stream");
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    if let Some(coding) = file.coding {
        let name = HeaderValue::from_static(coding.name());
        headers.insert(header::CONTENT_ENCODING, name);
    }
    if let Some(etag) = etag.and_then(|etag| HeaderValue::from_str(etag).ok()) {
        headers.insert(header::ETAG, etag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(lifetime));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if settings.ui.is_none() || settings.ui_policy || !settings.dev {
        security::protect(headers, settings, POLICY, "no-referrer");
    }
    response
}

/// Nothing keeps it: a proxy may ask a server of another version the next time.
fn not_found() -> Response {
    let missing = warp::reply::with_status("Page not found\n", StatusCode::NOT_FOUND);
    warp::reply::with_header(missing, header::CACHE_CONTROL, "no-store").into_response()
}
