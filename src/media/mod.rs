//! What kind of file something is, and which of its bytes tell more than the picture, the film or the sound.
//!
//! [`examine`] reads a file of any size in little memory. Metadata, such as where a picture was taken and with which
//! camera, is overwritten where it is, so that the file keeps its size and little of it is written anew. What changes how
//! a picture looks stays: its orientation and its colour profile. A file that isn’t built as its first bytes promise is
//! `application/octet-stream`, and is left alone.

mod boxes;
mod exif;
mod items;
mod jpeg;
mod kind;
mod mp4;
mod png;
mod samples;
mod source;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected has failed"
)]
mod tests;
mod webp;

use std::{borrow::Cow, io};

use self::{
    exif::Orientation,
    source::{Edits, Source},
};

/// Bytes that are read, or overwritten, at once.
const BLOCK: usize = 64 * 1024;
/// The most segments or chunks of a picture.
const MAX_PARTS: usize = 100_000;

/// Random access to a file.
pub trait ReadAt {
    fn size(&self) -> u64;
    /// Fills `into` with the bytes from `offset` on, all of which are there.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()>;
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Media {
    /// The media type, by the file’s own bytes.
    pub kind: &'static str,
    /// Pixels, as a picture or a film is shown. None unless it is of a type that browsers show.
    pub width: Option<u32>,
    pub height: Option<u32>,
}

/// Bytes to write over those of a file. They are of one block of 64 KiB, which begins at a multiple of its size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    pub offset: u64,
    pub bytes: Cow<'static, [u8]>,
}

/// Recognizes a file, and finds what to overwrite for it to lose its metadata. That may be done in part, and again after a
/// crash.
///
/// # Errors
/// If the file can’t be read.
pub fn examine(file: &dyn ReadAt) -> io::Result<(Media, Vec<Patch>)> {
    let mut source = Source::new(file);
    let mut edits = Edits::default();
    match recognize(&mut source, &mut edits) {
        Ok(media) => Ok((media, edits.into_patches())),
        Err(Flaw::Malformed) => {
            let media = Media {
                kind: kind::UNKNOWN,
                width: None,
                height: None,
            };
            Ok((media, Vec::new()))
        }
        Err(Flaw::Unreadable(error)) => Err(error),
    }
}

fn recognize(source: &mut Source<'_>, edits: &mut Edits) -> Parsed<Media> {
    let length = source.size().min(BLOCK as u64);
    let head = source.bytes(0..length)?;
    let kind = kind::sniff(&head);
    let (kind, size) = match kind {
        "image/jpeg" => (kind, Some(jpeg::clean(source, edits)?)),
        "image/png" => (kind, Some(png::clean(source, edits)?)),
        "image/gif" => (kind, Some(Size::in_header(&head)?)),
        "image/webp" => {
            webp::clean(source, edits)?;
            (kind, Some(Size::in_header(&head)?))
        }
        "image/avif" | "image/heic" | "video/mp4" | "video/quicktime" | "audio/mp4" => {
            mp4::clean(source, edits, kind)?
        }
        _ => (kind, None),
    };
    if size.is_some_and(|size| size.width == 0 || size.height == 0) {
        return Err(Flaw::Malformed);
    }
    Ok(Media {
        kind,
        width: size.map(|size| size.width),
        height: size.map(|size| size.height),
    })
}

/// Why there is nothing to say about a file.
enum Flaw {
    /// It isn’t built as its first bytes promise.
    Malformed,
    Unreadable(io::Error),
}

impl From<io::Error> for Flaw {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error)
    }
}

type Parsed<T> = Result<T, Flaw>;

/// Pixels of a picture.
#[derive(Clone, Copy)]
struct Size {
    width: u32,
    height: u32,
}

impl Size {
    /// Of a type that has its size near its beginning.
    fn in_header(head: &[u8]) -> Parsed<Self> {
        let size = imagesize::blob_size(head).map_err(|_| Flaw::Malformed)?;
        let pixels = |side: usize| u32::try_from(side).map_err(|_| Flaw::Malformed);
        Ok(Self {
            width: pixels(size.width)?,
            height: pixels(size.height)?,
        })
    }

    fn turned(self, orientation: Orientation) -> Self {
        if !orientation.swaps_sides() {
            return self;
        }
        Self {
            width: self.height,
            height: self.width,
        }
    }
}
