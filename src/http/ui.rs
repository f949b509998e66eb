//! The UI, as it was when the program was built: types, entity tags, compression, security headers.
//! With a folder instead, its files are read anew each time, for work on the front end.

use std::{
    collections::HashMap,
    io::Write,
    path::{Component, Path},
    sync::{Arc, LazyLock},
};

use flate2::{Compression, write::GzEncoder};
use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};
use warp::{
    Filter, Reply,
    filters::BoxedFilter,
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{self, HeaderName},
    },
    path::FullPath,
    reply::Response,
};

use super::{App, Settings, filters::only};

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/ui");
static EMBEDDED: LazyLock<HashMap<String, Asset>> = LazyLock::new(|| {
    let mut files = Vec::new();
    collect(&FILES, &mut files);
    files
        .into_iter()
        .map(|(path, bytes)| (path.clone(), Asset::new(&path, bytes)))
        .collect()
});

const INDEX: &str = "index.html";
/// Files smaller than this, in bytes, fit one packet as they are.
const COMPRESS_FROM: usize = 1_000;
/// Everything comes from the server itself, and no HTML is ever made from a string.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
    connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

pub fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    // Compressed now rather than when the first visitor waits for it.
    LazyLock::force(&EMBEDDED);
    let settings = Arc::clone(&app.settings);
    let files = warp::get()
        .and(warp::path::full())
        .and(warp::header::headers_cloned());
    let files = files.map(move |path: FullPath, headers| serve(&settings, path.as_str(), &headers));
    files
        .or(only("GET, HEAD"))
        .map(Reply::into_response)
        .boxed()
}

/// One file of the UI.
struct Asset {
    content_type: HeaderValue,
    plain: Encoded,
    gzip: Option<Encoded>,
}

/// A file's bytes in one content coding; each has an entity tag of its own (RFC 9110 §8.8.3.3).
struct Encoded {
    bytes: Arc<[u8]>,
    etag: String,
}

impl Encoded {
    fn new(bytes: Vec<u8>) -> Self {
        let digest: [u8; 32] = Sha256::digest(&bytes).into();
        let (head, _) = digest.split_at(8);
        let tag = head
            .iter()
            .fold(0_u64, |tag, byte| tag << 8 | u64::from(*byte));
        Self {
            bytes: bytes.into(),
            etag: format!("\"{tag:016x}\""),
        }
    }
}

impl Asset {
    fn new(path: &str, bytes: Vec<u8>) -> Self {
        let content_type = HeaderValue::from_static(content_type(path));
        let gzip = (bytes.len() >= COMPRESS_FROM && is_text(path))
            .then(|| gzip(&bytes))
            .map(Encoded::new);
        Self {
            content_type,
            plain: Encoded::new(bytes),
            gzip,
        }
    }
}

fn collect(folder: &Dir<'_>, into: &mut Vec<(String, Vec<u8>)>) {
    for file in folder.files() {
        into.push((
            file.path().to_string_lossy().into_owned(),
            file.contents().to_vec(),
        ));
    }
    for folder in folder.dirs() {
        collect(folder, into);
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to a vector can't fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

fn content_type(path: &str) -> &'static str {
    match extension(path) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn is_text(path: &str) -> bool {
    !matches!(extension(path), "png" | "woff2")
}

fn extension(path: &str) -> &str {
    Path::new(path)
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default()
}

/// The file at `path`, or the page for an address inside the UI.
fn serve(settings: &Settings, path: &str, headers: &HeaderMap) -> Response {
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

/// Which file an address means: itself where it has an extension, else the page. None where it
/// can't mean either.
fn file_name(path: &str) -> Option<&str> {
    let name = path.strip_prefix('/')?;
    let is_plain = Path::new(name)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    // A percent sign would hide a separator or a NUL, and no address of the UI has one.
    if !is_plain || name.contains(['%', '\\']) {
        return None;
    }
    Some(if extension(name).is_empty() {
        INDEX
    } else {
        name
    })
}

fn reply(settings: &Settings, asset: &Asset, request: &HeaderMap) -> Response {
    let gzip = asset.gzip.as_ref().filter(|_| accepts_gzip(request));
    let encoded = gzip.unwrap_or(&asset.plain);
    let mut response = if has_current(request, &encoded.etag) {
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
    for (name, value) in &FIXED_HEADERS {
        headers.insert(name.clone(), HeaderValue::from_static(value));
    }
    if settings
        .public_url
        .as_ref()
        .is_some_and(super::Origin::is_https)
    {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    response
}

static FIXED_HEADERS: [(HeaderName, &str); 7] = [
    // Asked for again each time, and answered by 304: a new version of the server is a new UI at
    // once.
    (header::CACHE_CONTROL, "no-cache"),
    (header::VARY, "accept-encoding"),
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// RFC 9110 §13.1.2: a list of tags, each perhaps weak, or `*`.
fn has_current(request: &HeaderMap, etag: &str) -> bool {
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

/// RFC 9110 §12.5.3, as far as it concerns one coding: `gzip` is named, or `*` is, and not with a
/// weight of nought.
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
