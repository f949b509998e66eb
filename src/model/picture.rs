//! Pictures of users and rooms: which files are accepted. None of these types can contain a script.

use crate::error::{Error, Result};

/// The most bytes of a picture.
pub const PICTURE_BYTES: usize = 256 * 1024;
/// The most pixels along a side of a picture that somebody chooses.
const MAX_SIDE: usize = 1024;
/// The most bytes of a small picture of a file.
pub const THUMB_BYTES: usize = 64 * 1024;
/// The most pixels along a side of it.
const MAX_THUMB_SIDE: usize = 640;

/// Whether a file has the signature of its type.
type Signature = fn(&[u8]) -> bool;

/// The accepted media types, and the signature of each (WHATWG MIME Sniffing §6.1).
const TYPES: [(&str, Signature); 4] = [
    ("image/png", |bytes| bytes.starts_with(b"\x89PNG\r\n\x1a\n")),
    ("image/jpeg", |bytes| bytes.starts_with(b"\xff\xd8\xff")),
    ("image/gif", |bytes| {
        bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a")
    }),
    ("image/webp", |bytes| {
        bytes.starts_with(b"RIFF") && bytes.get(8..14) == Some(b"WEBPVP")
    }),
];

/// The media type of a picture by its first bytes. None if it isn’t an accepted one.
#[must_use]
pub fn picture_type(bytes: &[u8]) -> Option<&'static str> {
    let known = TYPES.iter().find(|(_, has_signature)| has_signature(bytes));
    known.map(|&(media_type, _)| media_type)
}

/// Checks a picture that somebody chooses for themselves or a room, and returns its media type. Only the header is read: a picture
/// with few bytes may claim a size that takes gigabytes to show.
///
/// # Errors
/// [`Error::Invalid`] on `picture` if it isn’t a JPEG, PNG or WebP, or is too large.
pub fn chosen_picture(bytes: &[u8]) -> Result<&'static str> {
    picture_of_size(bytes, MAX_SIDE)
}

/// Checks the small picture of a file like [`chosen_picture`].
///
/// # Errors
/// [`Error::Invalid`] on `picture`.
pub fn thumb(bytes: &[u8]) -> Result<&'static str> {
    picture_of_size(bytes, MAX_THUMB_SIDE)
}

fn picture_of_size(bytes: &[u8], max_side: usize) -> Result<&'static str> {
    let refuse = |reason: String| Err(Error::invalid("picture", reason));
    let known = picture_type(bytes).filter(|&media_type| media_type != "image/gif");
    let (Some(media_type), Ok(size)) = (known, imagesize::blob_size(bytes)) else {
        return refuse("Choose a JPEG, PNG or WebP picture.".to_owned());
    };
    let sides = 1..=max_side;
    if !sides.contains(&size.width) || !sides.contains(&size.height) {
        return refuse(format!(
            "Pictures can be up to {max_side} × {max_side} pixels."
        ));
    }
    Ok(media_type)
}
