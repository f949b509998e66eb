//! Prepares the UI for the program: each file in each content coding in which it may be sent, and the version of the whole.
//! It is done here because the best compression takes longer than a server may take to start.

use std::{
    collections::BTreeMap,
    env,
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};

const FOLDER: &str = "ui";
/// The version that the page names where it lies. It is replaced by that of the files.
const UNVERSIONED: &str = "0000000000000000";
/// Files below this many bytes aren’t compressed, as that would save next to nothing.
const MIN_COMPRESSED_BYTES: usize = 400;

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={FOLDER}");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    let mut files = BTreeMap::new();
    collect(Path::new(FOLDER), &mut files)?;
    let version = hash(
        files
            .iter()
            .flat_map(|(path, bytes)| [path.as_bytes(), bytes]),
    );

    let mut table =
        format!("pub const VERSION: &str = {version:?};\npub static FILES: &[File] = &[\n");
    for (number, (path, bytes)) in files.into_iter().enumerate() {
        let bytes = prepare(&path, bytes, &version);
        let compresses =
            bytes.len() >= MIN_COMPRESSED_BYTES && !matches!(extension(&path), "png" | "woff2");
        let embed = |coding: &str, bytes: &[u8]| -> io::Result<String> {
            let copy = out.join(format!("ui-{number}{coding}"));
            fs::write(&copy, bytes)?;
            // As a string of Rust.
            let path = copy.to_string_lossy();
            Ok(format!("include_bytes!({path:?})"))
        };
        let plain = embed("", &bytes)?;
        let [brotli, gzip] = if compresses {
            let brotli = embed(".br", &brotli(&bytes)?)?;
            let gzip = embed(".gz", &gzip(&bytes)?)?;
            [format!("Some({brotli})"), format!("Some({gzip})")]
        } else {
            ["None".to_owned(), "None".to_owned()]
        };
        let tag = hash([bytes.as_slice()]);
        let _ = writeln!(
            table,
            "File {{ path: {path:?}, tag: {tag:?}, plain: {plain}, brotli: {brotli}, gzip: {gzip} }},"
        );
    }
    table.push_str("];\n");
    fs::write(out.join("ui.rs"), table)
}

/// The files of the UI, by their paths in its folder, with slashes. What is written for people who work on it isn’t one.
fn collect(folder: &Path, into: &mut BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.to_string_lossy().replace('\\', "/");
        let name = name.trim_start_matches("ui/");
        if path.is_dir() {
            collect(&path, into)?;
        } else if extension(name) != "md" && !name.split('/').any(|part| part.starts_with('.')) {
            into.insert(name.to_owned(), fs::read(&path)?);
        }
    }
    Ok(())
}

/// A file as browsers get it.
fn prepare(path: &str, bytes: Vec<u8>, version: &str) -> Vec<u8> {
    match (extension(path), String::from_utf8(bytes)) {
        ("html", Ok(text)) => text.replace(UNVERSIONED, version).into_bytes(),
        ("js", Ok(text)) => without_comments(&text).into_bytes(),
        ("css" | "webmanifest", Ok(text)) => without_spaces(&without_comments(&text)).into_bytes(),
        (_, Ok(text)) => text.into_bytes(),
        (_, Err(error)) => error.into_bytes(),
    }
}

/// Leaves out lines that are comments or empty, and how the others are indented: types and reasons are a third of what would
/// travel. `--ui` serves the files with all of it, so that browsers name the right line. Licences, in `/*! … */`, stay.
fn without_comments(text: &str) -> String {
    let mut is_inside = false;
    let mut kept = String::with_capacity(text.len());
    for line in text.lines() {
        let start = line.trim_start();
        let begins = start.starts_with("/*") && !start.starts_with("/*!");
        let is_comment = match (is_inside || begins).then(|| line.find("*/")) {
            // Something may stand behind it, such as what a type is about.
            Some(Some(end)) => {
                is_inside = false;
                line.len() == end + "*/".len()
            }
            Some(None) => {
                is_inside = true;
                true
            }
            None => start.starts_with("//"),
        };
        if !is_comment && !start.is_empty() {
            kept.push_str(&without_types(start));
            kept.push('\n');
        }
    }
    kept
}

/// Leaves out what only type checkers read within a line: `/** @type … */`.
fn without_types(line: &str) -> String {
    let mut kept = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("/** @") {
        let Some((_, after)) = after.split_once("*/") else {
            break;
        };
        kept.push_str(before);
        rest = after.strip_prefix(' ').unwrap_or(after);
    }
    kept + rest
}

/// Leaves out spaces of a style sheet or of JSON that say nothing. No string of ours has such.
fn without_spaces(css: &str) -> String {
    [
        (": ", ":"),
        ("; ", ";"),
        (", ", ","),
        (" {", "{"),
        ("{ ", "{"),
        (";}", "}"),
    ]
    .iter()
    .fold(css.to_owned(), |css, (from, to)| css.replace(from, to))
}

fn brotli(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let parameters = BrotliEncoderParams {
        quality: 11,
        size_hint: bytes.len(),
        ..BrotliEncoderParams::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut compressed, &parameters)?;
    Ok(compressed)
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// The first 16 hexadecimal digits of the SHA-256.
fn hash<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.len().to_le_bytes());
        hasher.update(part);
    }
    let digest = hasher.finalize();
    let head = digest.iter().take(UNVERSIONED.len() / 2);
    head.fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn extension(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, extension)| extension)
}
