//! Files as cameras and programs write them, without their pictures.

mod exif;
mod items;
mod jpeg;
mod kinds;
mod mp4;
mod png;
mod random;
mod webp;

use std::io;

use super::*;

/// What must not be left anywhere.
const PLACE: &[u8] = b"+52.5200+013.4050/";
const SERIAL: &[u8] = b"SN-4711-0815";

struct Bytes<'a>(&'a [u8]);

impl ReadAt for Bytes<'_> {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let found = self.0.get(start..start + into.len());
        into.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

fn private(start: &[u8]) -> Vec<u8> {
    [start, PLACE, b" ", SERIAL].concat()
}

fn apply(file: &mut [u8], patches: &[Patch]) {
    for Patch { offset, bytes } in patches {
        let start = usize::try_from(*offset).unwrap();
        assert!(
            start % BLOCK + bytes.len() <= BLOCK,
            "a patch of two blocks"
        );
        file[start..][..bytes.len()].copy_from_slice(bytes);
    }
}

/// What a file is, and what becomes of it: the same if the server was killed in between, and nothing more afterwards.
fn clean(file: &[u8]) -> (Media, Vec<u8>) {
    let (media, patches) = examine(&Bytes(file)).unwrap();
    let mut cleaned = file.to_vec();
    apply(&mut cleaned, &patches);
    assert_eq!(examine(&Bytes(&cleaned)).unwrap(), (media, Vec::new()));
    for done in 1..patches.len() {
        let mut resumed = file.to_vec();
        apply(&mut resumed, &patches[..done]);
        let (again, rest) = examine(&Bytes(&resumed)).unwrap();
        apply(&mut resumed, &rest);
        assert!(
            (again, &resumed) == (media, &cleaned),
            "killed after {done} patches"
        );
    }
    (media, cleaned)
}

/// The same, for what browsers show: its type and size are these, and nothing private is left.
#[track_caller]
fn clean_picture(file: &[u8], kind: &str, size: (u32, u32)) -> Vec<u8> {
    let (media, cleaned) = clean(file);
    assert_eq!(
        (media.kind, media.width.zip(media.height)),
        (kind, Some(size))
    );
    assert_nothing_private(&cleaned);
    cleaned
}

#[track_caller]
fn assert_nothing_private(cleaned: &[u8]) {
    for private in [PLACE, SERIAL, &exif::latitude(true), &exif::latitude(false)] {
        assert!(!has(cleaned, private), "{}", private.escape_ascii());
    }
}

fn has(file: &[u8], part: &[u8]) -> bool {
    file.windows(part.len()).any(|window| window == part)
}

#[track_caller]
fn assert_unknown(file: &[u8]) {
    let (media, patches) = examine(&Bytes(file)).unwrap();
    assert_eq!(media.kind, kind::UNKNOWN);
    assert_eq!((media.width, media.height), (None, None));
    assert_eq!(patches, []);
}
