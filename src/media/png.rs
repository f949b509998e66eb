//! PNG (<https://www.w3.org/TR/png-3/>), still or animated. Any chunk that doesn’t change how the picture looks goes.

use std::ops::Range;

use crc32fast::Hasher;

use super::{
    Flaw, MAX_PARTS, Parsed, Size,
    exif::{self, Orientation},
    source::{Edits, Source},
};

/// Of the signature.
const SIGNATURE: u64 = 8;
/// The type of a chunk that says nothing: ancillary, private, safe to copy (§5.4).
const EMPTY: [u8; 4] = *b"zeRo";
/// The most bytes of a chunk in which an orientation is looked for.
const MAX_EXIF: u64 = 1024 * 1024;

/// Turns metadata into chunks of zeros, and clears what comes behind the picture.
pub(super) fn clean(source: &mut Source<'_>, edits: &mut Edits) -> Parsed<Size> {
    let mut at = SIGNATURE;
    let (length, kind) = header(source, at)?;
    if (length, &kind) != (13, b"IHDR") {
        return Err(Flaw::Malformed);
    }
    let size = Size {
        width: u32::from_be_bytes(source.array(at + 8)?),
        height: u32::from_be_bytes(source.array(at + 12)?),
    };
    let mut orientation = None;
    for _ in 0..MAX_PARTS {
        let (length, kind) = header(source, at)?;
        let data = at + 8..at + 8 + u64::from(length);
        at = data.end + 4;
        if at > source.size() {
            return Err(Flaw::Malformed);
        }
        match &kind {
            b"IEND" => {
                edits.clear(source, at..source.size())?;
                return Ok(size.turned(orientation.unwrap_or(Orientation::UPRIGHT)));
            }
            b"IHDR" | b"PLTE" | b"IDAT" | b"tRNS" | b"cHRM" | b"gAMA" | b"iCCP" | b"sBIT"
            | b"sRGB" | b"cICP" | b"mDCV" | b"mDCv" | b"cLLI" | b"cLLi" | b"bKGD" | b"pHYs"
            | b"acTL" | b"fcTL" | b"fdAT" => {}
            b"eXIf" if orientation.is_none() && u64::from(length) <= MAX_EXIF => {
                let mut tiff = source.bytes(data.clone())?;
                let found = exif::reduce(&mut tiff);
                orientation = Some(found);
                if found == Orientation::UPRIGHT {
                    empty(source, edits, data)?;
                } else {
                    edits.write(source, data.start, &tiff)?;
                    let mut crc = Hasher::new();
                    crc.update(&kind);
                    crc.update(&tiff);
                    edits.write(source, data.end, &crc.finalize().to_be_bytes())?;
                }
            }
            // A capital says that the picture can’t be shown without it. No decoder knows another one.
            [b'a'..=b'z', ..] => empty(source, edits, data)?,
            _ => return Err(Flaw::Malformed),
        }
    }
    Err(Flaw::Malformed)
}

/// The length of a chunk’s data, and its type.
fn header(source: &mut Source<'_>, at: u64) -> Parsed<(u32, [u8; 4])> {
    let [l0, l1, l2, l3, kind @ ..] = source.array::<8>(at)?;
    Ok((u32::from_be_bytes([l0, l1, l2, l3]), kind))
}

fn empty(source: &mut Source<'_>, edits: &mut Edits, data: Range<u64>) -> Parsed<()> {
    edits.write(source, data.start - 4, &EMPTY)?;
    edits.clear(source, data.clone())?;
    let mut crc = Hasher::new();
    crc.update(&EMPTY);
    let zeros = [0; 4096];
    let mut length = data.end - data.start;
    while length > 0 {
        let part = usize::try_from(length)
            .unwrap_or(usize::MAX)
            .min(zeros.len());
        crc.update(&zeros[..part]);
        length -= part as u64;
    }
    edits.write(source, data.end, &crc.finalize().to_be_bytes())
}
