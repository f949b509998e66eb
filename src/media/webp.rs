//! WebP (RFC 9649), still or animated. Any chunk that doesn’t change how the picture looks goes.
//!
//! That includes the orientation in Exif: Chromium doesn’t turn a WebP by it, so who made the picture can’t have meant it.

use std::ops::Range;

use super::{
    Flaw, MAX_PARTS, Parsed,
    source::{Edits, Source},
};

/// The type of a chunk that says nothing, as in other files of RIFF.
const EMPTY: [u8; 4] = *b"JUNK";
/// The flags of `VP8X` for Exif and XMP (§2.7).
const METADATA: u8 = 0x0c;
/// What comes before the chunks of a frame (§2.7.1.1).
const FRAME: u64 = 16;

/// Turns metadata into chunks of zeros, and clears what comes behind the picture.
pub(super) fn clean(source: &mut Source<'_>, edits: &mut Edits) -> Parsed<()> {
    let end = 8 + u64::from(u32::from_le_bytes(source.array(4)?));
    let (kind, length) = header(source, 12)?;
    // The first chunk has the size of the picture.
    let least = match &kind {
        b"VP8 " | b"VP8X" => 10,
        b"VP8L" => 5,
        _ => return Err(Flaw::Malformed),
    };
    if length < least || 20 + length > end || end > source.size() {
        return Err(Flaw::Malformed);
    }
    let mut parts = MAX_PARTS;
    chunks(source, edits, 12..end, &mut parts)?;
    edits.clear(source, end..source.size())
}

/// The type of a chunk, and the length of its data.
fn header(source: &mut Source<'_>, at: u64) -> Parsed<([u8; 4], u64)> {
    let [k0, k1, k2, k3, length @ ..] = source.array::<8>(at)?;
    Ok(([k0, k1, k2, k3], u32::from_le_bytes(length).into()))
}

fn chunks(
    source: &mut Source<'_>,
    edits: &mut Edits,
    range: Range<u64>,
    parts: &mut usize,
) -> Parsed<()> {
    let mut at = range.start;
    while at < range.end {
        *parts = parts.checked_sub(1).ok_or(Flaw::Malformed)?;
        let (kind, length) = header(source, at)?;
        let data = at + 8..at + 8 + length;
        if data.end > range.end {
            return Err(Flaw::Malformed);
        }
        match &kind {
            b"VP8X" if at == 12 => {
                let [flags] = source.array(data.start)?;
                edits.write(source, data.start, &[flags & !METADATA])?;
            }
            b"VP8 " | b"VP8L" | b"ALPH" | b"ANIM" | b"ICCP" => {}
            // There are no frames in a frame.
            b"ANMF" if range.start == 12 => {
                chunks(source, edits, data.start + FRAME..data.end, parts)?;
            }
            _ => {
                edits.write(source, at, &EMPTY)?;
                edits.clear(source, data.clone())?;
            }
        }
        // Chunks begin at even places.
        at = data.end + length % 2;
    }
    Ok(())
}
