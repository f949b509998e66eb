//! Which type a file says that it is: its signature (WHATWG MIME Sniffing §6 and §7, and the formats’ own documents).
//!
//! The crate `infer` was looked at. It takes three bytes for a GIF and a name in the middle for a film, knows few of the
//! brands that cameras write, and has neither SVG nor the types’ registered names.

use crate::model::picture_type;

/// The type of anything else.
pub(super) const UNKNOWN: &str = "application/octet-stream";

/// Types that begin with the same bytes always.
const SIGNATURES: &[(&str, &[u8])] = &[
    ("audio/flac", b"fLaC"),
    ("audio/mpeg", b"ID3"),
    ("application/pdf", b"%PDF-"),
    ("application/zip", b"PK\x03\x04"),
];

/// How pages begin (WHATWG MIME Sniffing §7.1).
const HTML: [&[u8]; 17] = [
    b"<!DOCTYPE HTML",
    b"<HTML",
    b"<HEAD",
    b"<SCRIPT",
    b"<IFRAME",
    b"<H1",
    b"<DIV",
    b"<FONT",
    b"<TABLE",
    b"<A",
    b"<STYLE",
    b"<TITLE",
    b"<B",
    b"<BODY",
    b"<BR",
    b"<P",
    b"<!--",
];

/// The media type of a file by its first block.
pub(super) fn sniff(head: &[u8]) -> &'static str {
    picture_type(head)
        .or_else(|| signature(head))
        .or_else(|| riff(head))
        .or_else(|| ogg(head))
        .or_else(|| webm(head))
        .or_else(|| boxes(head))
        .or_else(|| mp3(head))
        .or_else(|| markup(head))
        .unwrap_or(UNKNOWN)
}

fn signature(head: &[u8]) -> Option<&'static str> {
    let known = SIGNATURES.iter().find(|(_, start)| head.starts_with(start));
    known.map(|&(kind, _)| kind)
}

fn riff(head: &[u8]) -> Option<&'static str> {
    (head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WAVE")).then_some("audio/wav")
}

/// Ogg (RFC 3533). The first page names the codec of the first stream, and that of a film comes first.
fn ogg(head: &[u8]) -> Option<&'static str> {
    if !head.starts_with(b"OggS\0") {
        return None;
    }
    let is_film = head.get(28..35) == Some(b"\x80theora");
    Some(if is_film { "video/ogg" } else { "audio/ogg" })
}

/// WebM, by the type in its header (RFC 8794 §11.2.6). The names of its codecs tell a film from a recording.
fn webm(head: &[u8]) -> Option<&'static str> {
    let has = |text: &[u8]| head.windows(text.len()).any(|window| window == text);
    if !head.starts_with(b"\x1a\x45\xdf\xa3") || !has(b"\x42\x82\x84webm") {
        return None;
    }
    let is_sound = !has(b"V_VP") && !has(b"V_AV1") && has(b"A_");
    Some(if is_sound { "audio/webm" } else { "video/webm" })
}

/// The ISO base media file format (ISO/IEC 14496-12 §4.3), and QuickTime. The brand that comes first says what the file is
/// best used as. Raw pictures of cameras have brands of their own, and aren’t films.
fn boxes(head: &[u8]) -> Option<&'static str> {
    let name = head.get(4..8)?;
    if name != b"ftyp" {
        // QuickTime was there before `ftyp`.
        let is_old = matches!(name, b"moov" | b"mdat" | b"wide");
        return is_old.then_some("video/quicktime");
    }
    let size = usize::try_from(u32::from_be_bytes(*head.first_chunk()?)).ok()?;
    let (brands, _) = head.get(8..size)?.as_chunks::<4>();
    let picture = |brand: &[u8; 4]| match brand {
        b"avif" | b"avis" => Some("image/avif"),
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" => Some("image/heic"),
        _ => None,
    };
    let first = brands.first()?;
    match first {
        b"mif1" | b"msf1" | b"miaf" => brands.iter().find_map(picture),
        b"qt  " => Some("video/quicktime"),
        b"M4A " | b"M4B " => Some("audio/mp4"),
        b"avc1"
        | b"dash"
        | b"hvc1"
        | b"mmp4"
        | b"M4V "
        | b"MSNV"
        | b"XAVC"
        | [b'i', b's', b'o', _]
        | [b'm', b'p', b'4', _]
        | [b'c', b'm', b'f', _]
        | [b'3', b'g', ..] => Some("video/mp4"),
        _ => picture(first),
    }
}

/// A frame of MPEG layer III without a tag before it (ISO/IEC 11172-3 §2.4.1.3).
fn mp3(head: &[u8]) -> Option<&'static str> {
    let &[sync, version, rate, ..] = head else {
        return None;
    };
    let is_layer_3 = sync == 0xff && matches!(version & 0xfe, 0xe2 | 0xf2 | 0xfa);
    let has_rate = !matches!(rate >> 4, 0 | 15) && rate & 0x0c != 0x0c;
    (is_layer_3 && has_rate).then_some("audio/mpeg")
}

/// What can have scripts.
fn markup(head: &[u8]) -> Option<&'static str> {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let text = text.trim_ascii_start();
    let begins = |start: &[u8]| {
        let found = text.get(..start.len());
        found.is_some_and(|found| found.eq_ignore_ascii_case(start))
    };
    let ends_tag = |start: &[u8]| matches!(text.get(start.len()), Some(b' ' | b'>'));
    let has_svg = || text.windows(4).any(|window| window == b"<svg");
    if begins(b"<svg") || (begins(b"<?xml") || begins(b"<!DOCTYPE svg")) && has_svg() {
        return Some("image/svg+xml");
    }
    if begins(b"<?xml") {
        return Some("text/xml");
    }
    let is_html = HTML.iter().any(|start| begins(start) && ends_tag(start));
    is_html.then_some("text/html")
}
