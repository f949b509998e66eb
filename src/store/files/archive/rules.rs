//! What is checked of an archive before it is imported, as it may come from anywhere: its files are regular ones of a
//! plausible size, and its texts follow the rules that they have everywhere else.

use std::{
    fs::{self, File},
    io::Read,
    path::Path,
};

use argon2::password_hash::phc::PasswordHash;

use crate::{
    model::{MAX_MESSAGE_LENGTH, SystemKind, client_id, display_name, room_name},
    platform,
};

/// The most bytes of a line of a file: a message with every character escaped takes 48,000.
pub(super) const LINE_BYTES: u64 = 256 * 1024;
/// The most bytes of the file that describes the archive.
pub(super) const MANIFEST_BYTES: u64 = 64 * 1024;
/// The most bytes of a base64 value: the loudness of a recording.
pub(super) const SHORT_BYTES: usize = 1024;
/// The most bytes of a name or an address at a sign-in provider, and of other short texts.
const SHORT: usize = 2_000;
/// The most KiB of memory, passes and lanes of a password’s hash. More would let one attempt to sign in take the server.
const HASH_MEMORY: u32 = 64 * 1024;
const HASH_PASSES: u32 = 10;
const HASH_LANES: u32 = 4;

/// Opens a file of an archive, and returns its size. A link isn’t followed, and a pipe isn’t waited for.
pub(super) fn open_regular(path: &Path) -> Result<(File, u64), String> {
    let file = platform::open_itself(path).map_err(|error| match fs::symlink_metadata(path) {
        Ok(there) if !there.is_file() => "this isn’t a regular file".to_owned(),
        _ => error.to_string(),
    })?;
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("this isn’t a regular file".to_owned());
    }
    Ok((file, metadata.len()))
}

/// Reads a file of an archive that has at most `limit` bytes.
pub(super) fn read_regular(path: &Path, limit: u64) -> Result<Vec<u8>, String> {
    let (file, size) = open_regular(path)?;
    let mut bytes = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    if size.max(bytes.len() as u64) > limit {
        return Err(format!("this has more than {limit} bytes"));
    }
    Ok(bytes)
}

/// Whether a folder of an archive is one, or missing.
pub(super) fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|there| there.is_dir()) || !path.exists()
}

pub(super) fn is_short(text: &str) -> bool {
    text.len() <= SHORT && !text.chars().any(char::is_control)
}

/// A description of a file, which may have several lines.
pub(super) fn is_description(text: &str) -> bool {
    text.chars().count() <= MAX_MESSAGE_LENGTH && !text.contains('\0')
}

pub(super) fn is_display_name(text: &str) -> bool {
    display_name(text).is_ok()
}

pub(super) fn is_room_name(text: &str) -> bool {
    room_name(text).is_ok()
}

pub(super) fn is_message(text: &str) -> bool {
    is_description(text)
}

pub(super) fn is_system_kind(text: &str) -> bool {
    SystemKind::parse(text).is_some()
}

pub(super) fn is_client_id(text: &str) -> bool {
    client_id(text.to_owned()).is_ok()
}

/// An address at this server.
pub(super) fn is_own_address(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/?=&_-".contains(c);
    text.starts_with("/api/") && text.len() <= SHORT && text.chars().all(is_plain)
}

/// A media type without parameters (RFC 6838 §4.2).
pub(super) fn is_media_type(text: &str) -> bool {
    let is_name = |name: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte);
        (1..=127).contains(&name.len()) && name.bytes().all(is_plain)
    };
    let parts = text.split_once('/');
    parts.is_some_and(|(kind, subtype)| is_name(kind) && is_name(subtype))
}

/// A hash of a password as this program makes them. Another one might cost any amount of memory to check.
pub(super) fn is_password_hash(text: &str) -> bool {
    let Ok(hash) = PasswordHash::new(text) else {
        return false;
    };
    let Ok(params) = argon2::Params::try_from(&hash) else {
        return false;
    };
    hash.algorithm.as_str() == "argon2id"
        && params.m_cost() <= HASH_MEMORY
        && params.t_cost() <= HASH_PASSES
        && params.p_cost() <= HASH_LANES
        && hash.salt.is_some()
        && hash.hash.is_some()
}
