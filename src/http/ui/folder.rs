//! The UI from a folder, for work on the front end: whatever a build has written, at its own paths, and as it is now. Files
//! are read for each request, and sent unchanged, except that in development mode a page reloads itself when one is saved.
//! Ours has addresses with a version, as in the program; they lead to the same files.

use std::path::{Component, Path};

use percent_encoding::percent_decode_str;
use warp::{
    http::{HeaderMap, header::ACCEPT},
    reply::Response,
};

use super::{
    INDEX, ServerSettings,
    assets::{Encoded, content_type, extension, is_hidden, read},
    is_elsewhere, not_found, reload, reply,
};
use crate::http::{door::caller::list, request::Request};

/// The file at the request’s path, or the page, if that is what somebody opens and its router may know the path.
pub fn answer(settings: &ServerSettings, folder: &Path, request: &Request) -> Response {
    let path = request.path.strip_prefix('/').unwrap_or(&request.path);
    let headers = request.caller.headers();
    if is_elsewhere(path) {
        return not_found();
    }
    let Some(name) = file_name(path).filter(|name| !is_hidden(name)) else {
        return not_found();
    };
    let index = || format!("{name}/{INDEX}").trim_start_matches('/').to_owned();
    let mut names = vec![name.clone(), index()];
    if extension(&name).is_empty() || is_navigation(headers) {
        names.push(INDEX.to_owned());
    }
    let found = names
        .into_iter()
        .find_map(|name| Some((read(folder, &name)?, name)));
    found.map_or_else(not_found, |(file, name)| {
        send(settings, folder, &name, file, headers)
    })
}

/// The file at a path in the folder.
pub fn file(settings: &ServerSettings, folder: &Path, request: &Request, path: &str) -> Response {
    let found = file_name(path).and_then(|name| Some((read(folder, &name)?, name)));
    found.map_or_else(not_found, |(file, name)| {
        send(settings, folder, &name, file, request.caller.headers())
    })
}

fn send(
    settings: &ServerSettings,
    folder: &Path,
    name: &str,
    mut file: Encoded,
    request: &HeaderMap,
) -> Response {
    let is_page = content_type(name).is_some_and(|kind| kind.starts_with("text/html"));
    if settings.dev && is_page {
        file.bytes = [&file.bytes, reload::element(folder).as_bytes()]
            .concat()
            .into();
    }
    reply(settings, name, file, request, "no-cache")
}

/// The name of a file that a path stands for. Each part is decoded by itself (RFC 3986 §2.4), and has to be a plain name
/// then: no separator, and nothing that leads out of the folder.
fn file_name(path: &str) -> Option<String> {
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.is_empty() {
        return Some(String::new());
    }
    let parts = path.split('/').map(|part| {
        let part = percent_decode_str(part).decode_utf8().ok()?;
        let mut components = Path::new(part.as_ref()).components();
        let is_plain = components.next() == Some(Component::Normal(part.as_ref().as_ref()))
            && !part.contains(['/', '\\', '\0']);
        is_plain.then(|| part.into_owned())
    });
    Some(parts.collect::<Option<Vec<_>>>()?.join("/"))
}

/// Whether somebody opens a page, rather than one loading a part of it.
fn is_navigation(request: &HeaderMap) -> bool {
    list(request, ACCEPT).any(|kind| kind.starts_with("text/html"))
}
