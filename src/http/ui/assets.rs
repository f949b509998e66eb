//! The files of the UI as they are served: with media types and entity tags, compressed ahead of time, with scripts
//! joined and comments removed.

use std::{
    collections::BTreeMap,
    io::Write,
    path::Path,
    sync::{Arc, LazyLock},
};

use flate2::{Compression, write::GzEncoder};
use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};
use warp::http::HeaderValue;

use super::{
    INDEX,
    module::{RuleViolation, without_comments},
    scripts::{self, Sources},
};

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/ui");

/// The UI inside the program. If it breaks the rules for scripts this panics, but the test below fails before that.
pub static EMBEDDED: LazyLock<Embedded> =
    LazyLock::new(|| Embedded::new(&FILES).unwrap_or_else(|refusal| panic!("{refusal}")));

/// Files below this many bytes aren’t compressed, as that would save next to nothing.
const MIN_COMPRESSED_BYTES: usize = 400;

/// All files that browsers request.
pub struct Embedded {
    assets: BTreeMap<String, Asset>,
    /// Changes whenever a file does.
    pub version: String,
}

impl Embedded {
    fn new(folder: &'static Dir<'_>) -> Result<Self, RuleViolation> {
        let mut files = BTreeMap::new();
        collect(folder, &mut files);
        let mut sources = Sources::new();
        let mut page = "";
        let mut assets = BTreeMap::new();
        for (path, bytes) in files {
            let text = std::str::from_utf8(bytes).unwrap_or_default();
            let asset = match extension(path) {
                "js" => {
                    sources.insert(path, text);
                    continue;
                }
                "css" => Asset::new(path, without_comments(path, text)?.into()),
                _ => Asset::new(path, bytes.to_vec()),
            };
            if path == INDEX {
                page = text;
            }
            assets.insert(path.to_owned(), asset);
        }
        for (path, script) in scripts::join(page, &sources)? {
            let asset = Asset::new(&path, script.into());
            assets.insert(path, asset);
        }
        let tags = assets
            .iter()
            .flat_map(|(path, asset)| [path.as_str(), &asset.plain.etag]);
        let version = hash(tags.collect::<String>().as_bytes());
        Ok(Self { assets, version })
    }

    pub fn get(&self, path: &str) -> Option<&Asset> {
        self.assets.get(path)
    }
}

fn collect<'a>(folder: &'a Dir<'_>, into: &mut BTreeMap<&'a str, &'a [u8]>) {
    for file in folder.files() {
        // The names come from this repository, and all are UTF-8.
        if let Some(path) = file.path().to_str() {
            into.insert(path, file.contents());
        }
    }
    for folder in folder.dirs() {
        collect(folder, into);
    }
}

/// One file of the UI.
pub struct Asset {
    pub content_type: HeaderValue,
    pub plain: Encoded,
    pub gzip: Option<Encoded>,
}

/// A file’s bytes in one content coding. Each coding has an entity tag of its own (RFC 9110 §8.8.3.3).
pub struct Encoded {
    pub bytes: Arc<[u8]>,
    pub etag: String,
}

impl Encoded {
    fn new(bytes: Vec<u8>) -> Self {
        let etag = format!("\"{}\"", hash(&bytes));
        Self {
            bytes: bytes.into(),
            etag,
        }
    }
}

impl Asset {
    pub fn new(path: &str, bytes: Vec<u8>) -> Self {
        let content_type = HeaderValue::from_static(content_type(path));
        let gzip = (bytes.len() >= MIN_COMPRESSED_BYTES && is_text(path))
            .then(|| gzip(&bytes))
            .map(Encoded::new);
        Self {
            content_type,
            plain: Encoded::new(bytes),
            gzip,
        }
    }
}

/// The first 16 hexadecimal digits of the SHA-256.
fn hash(bytes: &[u8]) -> String {
    let digest: [u8; 32] = Sha256::digest(bytes).into();
    let (head, _) = digest.split_at(8);
    let number = head
        .iter()
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{number:016x}")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    // The best level takes a fifth longer at start, and saves 0.2 %.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Writing to a vector can’t fail.
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

/// A file’s extension, or an empty string.
pub fn extension(path: &str) -> &str {
    Path::new(path)
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ui_keeps_the_rules_for_scripts() {
        if let Err(refusal) = Embedded::new(&FILES) {
            panic!("{refusal}");
        }
    }
}
