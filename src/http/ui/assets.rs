//! The files of the UI: those in the program, which `build.rs` has prepared, or those of a folder, as they are now.

use std::{fs, path::Path};

use hyper::body::Bytes;

use crate::http::coding::Coding;

include!(concat!(env!("OUT_DIR"), "/ui.rs"));

/// One file of the UI in the program.
pub struct File {
    pub path: &'static str,
    tag: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

/// A file’s bytes in one content coding.
pub struct Encoded {
    pub bytes: Bytes,
    pub coding: Option<Coding>,
    /// Each coding has an entity tag of its own (RFC 9110 §8.8.3.3). None for what may change at any time.
    pub etag: Option<String>,
}

impl File {
    pub fn find(path: &str) -> Option<&'static Self> {
        let index = FILES.binary_search_by_key(&path, |file| file.path).ok()?;
        FILES.get(index)
    }

    /// The codings that there are, the smallest first.
    pub fn codings(&self) -> &'static [Coding] {
        match self.brotli {
            Some(_) => &[Coding::Brotli, Coding::Gzip],
            None => &[],
        }
    }

    pub fn encoded(&self, coding: Option<Coding>) -> Encoded {
        let tag = self.tag;
        let (bytes, etag) = match coding {
            Some(Coding::Brotli) => (self.brotli, format!("\"{tag}-br\"")),
            Some(Coding::Gzip) => (self.gzip, format!("\"{tag}-gzip\"")),
            None => (None, format!("\"{tag}\"")),
        };
        Encoded {
            bytes: Bytes::from_static(bytes.unwrap_or(self.plain)),
            coding,
            etag: Some(etag),
        }
    }
}

/// A file of a folder. None if it isn’t there, or if its true place is somewhere else, or hidden.
pub fn read(folder: &Path, name: &str) -> Option<Encoded> {
    let place = folder.join(name).canonicalize().ok()?;
    let inside = place.strip_prefix(folder.canonicalize().ok()?).ok()?;
    let inside = inside.to_str()?;
    if is_hidden(inside) || !place.is_file() {
        return None;
    }
    Some(Encoded {
        bytes: fs::read(place).ok()?.into(),
        coding: None,
        etag: None,
    })
}

/// The paths of the files in a folder. Links aren’t followed.
pub fn list(folder: &Path) -> Vec<String> {
    let mut folders = vec![String::new()];
    let mut paths = Vec::new();
    while let Some(inner) = folders.pop() {
        let entries = fs::read_dir(folder.join(&inner)).into_iter().flatten();
        for entry in entries.flatten() {
            let (Ok(name), Ok(kind)) = (entry.file_name().into_string(), entry.file_type()) else {
                continue;
            };
            let path = format!("{inner}{name}");
            if kind.is_dir() {
                folders.push(format!("{path}/"));
            } else if kind.is_file() && content_type(&path).is_some() && !is_hidden(&path) {
                paths.push(path);
            }
        }
    }
    paths.sort();
    paths
}

/// The media type of a file, by its name (<https://www.iana.org/assignments/media-types>). None for what the page of a UI
/// doesn’t load, such as what is written for people who work on it.
pub fn content_type(path: &str) -> Option<&'static str> {
    Some(match extension(path).to_ascii_lowercase().as_str() {
        "html" | "htm" => "text/html; charset=utf-8",
        "js" | "mjs" | "cjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        "xml" => "text/xml; charset=utf-8",
        "pdf" => "application/pdf",
        "vtt" => "text/vtt; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "apng" => "image/apng",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "bmp" => "image/bmp",
        "ico" => "image/vnd.microsoft.icon",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "ttf" => "font/ttf",
        "otf" => "font/otf",
        "mp3" => "audio/mpeg",
        "ogg" | "oga" | "opus" => "audio/ogg",
        "wav" => "audio/wav",
        "m4a" => "audio/mp4",
        "flac" => "audio/flac",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        _ => return None,
    })
}

pub fn is_hidden(path: &str) -> bool {
    path.split('/').any(|part| part.starts_with('.'))
}

/// A file’s extension, or an empty string.
pub fn extension(path: &str) -> &str {
    Path::new(path)
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default()
}
