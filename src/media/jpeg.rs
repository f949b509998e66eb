//! JPEG (ITU T.81 annex B). What programs write beside the picture is in segments of their own.

use std::ops::Range;

use super::{
    Flaw, MAX_PARTS, Parsed, Size,
    exif::{self, Orientation},
    source::{Edits, Source},
};

// Markers (table B.1).
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;
const APP0: u8 = 0xe0;
const APP1: u8 = 0xe1;
const APP2: u8 = 0xe2;
const APP14: u8 = 0xee;
const APP15: u8 = 0xef;
const COM: u8 = 0xfe;

const EXIF: &[u8] = b"Exif\0\0";

/// Turns metadata into empty comments, and clears what comes behind the picture, such as the film of a motion photo.
///
/// A picture that ends too early is one, too: browsers show what is there.
pub(super) fn clean(source: &mut Source<'_>, edits: &mut Edits) -> Parsed<Size> {
    let mut size = None;
    let mut orientation = None;
    let mut in_scan = false;
    // Behind the first marker.
    let mut at = 2;
    for _ in 0..MAX_PARTS {
        let Some(marker) = next_marker(source, at)? else {
            return finish(size.filter(|_| in_scan), orientation);
        };
        if at == 2 && marker.start != at {
            // It wouldn’t begin as a picture does if that were cleared.
            return Err(Flaw::Malformed);
        }
        if !in_scan {
            // Decoders pass over it.
            edits.clear(source, at..marker.start)?;
        }
        if marker.code == EOI {
            edits.clear(source, marker.end..source.size())?;
            return finish(size, orientation);
        }
        let content = content(source, &marker)?;
        at = content.end;
        in_scan = marker.code == SOS;
        match marker.code {
            // Frames. DHT, JPG and DAC are between them.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let bytes = source.bytes(content)?;
                let &[_, h0, h1, w0, w1, ..] = bytes.as_slice() else {
                    return Err(Flaw::Malformed);
                };
                size.get_or_insert(Size {
                    width: u16::from_be_bytes([w0, w1]).into(),
                    height: u16::from_be_bytes([h0, h1]).into(),
                });
            }
            // DHT, DAC, SOS, DQT, DNL and DRI.
            0xc4 | 0xcc | SOS | 0xdb..=0xdd => {}
            APP0..=APP15 | COM => {
                let length = source.array::<2>(marker.end)?;
                let mut bytes = source.bytes(content)?;
                let mut kept = kept(marker.code, &bytes);
                if marker.code == APP1 && bytes.starts_with(EXIF) && orientation.is_none() {
                    let found = exif::reduce(&mut bytes[EXIF.len()..]);
                    orientation = Some(found);
                    if found != Orientation::UPRIGHT {
                        kept = bytes.len();
                    }
                }
                bytes[kept..].fill(0);
                let code = if kept == 0 { COM } else { marker.code };
                // As a whole, so that one patch does for all that follow one another.
                let segment = [&[0xff, code], length.as_slice(), &bytes].concat();
                edits.write(source, marker.end - 2, &segment)?;
            }
            _ => return Err(Flaw::Malformed),
        }
    }
    Err(Flaw::Malformed)
}

fn finish(size: Option<Size>, orientation: Option<Orientation>) -> Parsed<Size> {
    let size = size.ok_or(Flaw::Malformed)?;
    Ok(size.turned(orientation.unwrap_or(Orientation::UPRIGHT)))
}

struct Marker {
    code: u8,
    /// Where its first byte is, and the fill bytes before it.
    start: u64,
    end: u64,
}

/// The next marker that has a segment, or the last one. Restart markers are part of a scan, and so is an escaped 0xff.
fn next_marker(source: &mut Source<'_>, mut at: u64) -> Parsed<Option<Marker>> {
    while let Some(start) = source.find(0xff, at)? {
        at = start + 1;
        loop {
            if at == source.size() {
                return Ok(None);
            }
            let [code] = source.array(at)?;
            at += 1;
            match code {
                0xff => {}
                0x00 | 0x01 | 0xd0..=0xd7 => break,
                _ => {
                    let end = at;
                    return Ok(Some(Marker { code, start, end }));
                }
            }
        }
    }
    Ok(None)
}

fn content(source: &mut Source<'_>, marker: &Marker) -> Parsed<Range<u64>> {
    let length = u16::from_be_bytes(source.array(marker.end)?);
    let end = marker.end + u64::from(length);
    if length < 2 || end > source.size() {
        return Err(Flaw::Malformed);
    }
    Ok(marker.end + 2..end)
}

/// How many bytes of a segment tell only how the picture looks.
fn kept(code: u8, bytes: &[u8]) -> usize {
    match code {
        // JFIF (ITU T.871 §10.1), without its own small picture.
        APP0 if bytes.starts_with(b"JFIF\0") => bytes.len().min(12),
        // The colour profile (ICC.1 annex B.4).
        APP2 if bytes.starts_with(b"ICC_PROFILE\0") => bytes.len(),
        // How the colours are coded (ITU T.872 §6.5.3).
        APP14 if bytes.starts_with(b"Adobe") => bytes.len().min(12),
        _ => 0,
    }
}
