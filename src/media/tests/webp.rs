use super::*;

fn chunk(kind: &[u8], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap().to_le_bytes();
    let padding: &[u8] = if data.len().is_multiple_of(2) {
        b""
    } else {
        b"\0"
    };
    [kind, &length, data, padding].concat()
}

fn webp(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = [b"WEBP", chunks.concat().as_slice()].concat();
    let length = u32::try_from(body.len()).unwrap().to_le_bytes();
    [b"RIFF", length.as_slice(), &body].concat()
}

/// Of 640 × 480 pixels.
fn header(flags: u8) -> Vec<u8> {
    chunk(b"VP8X", &[flags, 0, 0, 0, 0x7f, 2, 0, 0xdf, 1, 0])
}

fn simple() -> Vec<u8> {
    chunk(b"VP8 ", b"\x30\x01\0\x9d\x01\x2a\x80\x02\xe0\x01picture")
}

pub fn sample() -> Vec<u8> {
    webp(&[
        header(0x3c),
        chunk(b"ICCP", b"Display P3!"),
        chunk(b"ALPH", b"alpha"),
        simple(),
        chunk(b"EXIF", &exif::tiff(true, 6)),
        chunk(b"XMP ", &private(b"<x:xmpmeta>")),
        chunk(b"????", &private(b"")),
    ])
}

pub fn animation() -> Vec<u8> {
    let inner = [simple(), chunk(b"EXIF", &private(b""))].concat();
    webp(&[
        header(0x0a),
        chunk(b"ANIM", &[0; 6]),
        chunk(b"ANMF", &[[0; 16].as_slice(), &inner].concat()),
        chunk(b"EXIF", &exif::tiff(false, 1)),
    ])
}

#[test]
fn a_picture_loses_everything_but_its_look() {
    let file = [sample(), private(b"behind")].concat();
    let cleaned = clean_picture(&file, "image/webp", (640, 480));
    let look = [
        header(0x30),
        chunk(b"ICCP", b"Display P3!"),
        chunk(b"ALPH", b"alpha"),
        simple(),
    ]
    .concat();
    let rest = cleaned[12..].strip_prefix(look.as_slice()).unwrap();
    assert!(rest.starts_with(b"JUNK") && !has(rest, b"EXIF") && !has(rest, b"XMP "));
}

#[test]
fn frames_lose_it_too() {
    let cleaned = clean_picture(&animation(), "image/webp", (640, 480));
    assert!(has(&cleaned, &simple()) && !has(&cleaned, b"EXIF"));
    assert!(has(&cleaned, &header(0x02)));
}

#[test]
fn a_simple_picture_stays_as_it_is() {
    let file = webp(&[simple()]);
    assert_eq!(clean_picture(&file, "image/webp", (640, 480)), file);
}

#[test]
fn what_no_decoder_reads_is_no_picture() {
    let file = sample();
    assert_unknown(&file[..file.len() - 8]);
    assert_unknown(&webp(&[chunk(b"VP8X", &[0; 9]), simple()]));
    assert_unknown(&webp(&[chunk(b"VP9 ", &[0; 10]), simple()]));
    assert_unknown(&[b"RIFF\x04\0\0\0", &file[8..]].concat());
    let mut long = webp(&[simple()]);
    long[16] = 0xff;
    assert_unknown(&long);
    let many = vec![chunk(b"XMP ", b""); MAX_PARTS].concat();
    assert_unknown(&webp(&[header(0), simple(), many]));
}
