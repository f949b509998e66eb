use crc32fast::hash;

use super::*;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

fn chunk(kind: &[u8], data: &[u8]) -> Vec<u8> {
    let body = [kind, data].concat();
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    [length.as_slice(), &body, &hash(&body).to_be_bytes()].concat()
}

/// A picture of 640 × 480 pixels, with chunks before and behind its data.
fn png(before: &[Vec<u8>], behind: &[Vec<u8>]) -> Vec<u8> {
    [
        SIGNATURE,
        &chunk(b"IHDR", b"\0\0\x02\x80\0\0\x01\xe0\x08\x02\0\0\0"),
        &before.concat(),
        &chunk(b"IDAT", b"one"),
        &chunk(b"IDAT", b"two"),
        &behind.concat(),
        &chunk(b"IEND", b""),
    ]
    .concat()
}

/// The types of the chunks, each of which has its right checksum.
fn kinds(file: &[u8]) -> Vec<String> {
    let mut rest = file.strip_prefix(SIGNATURE).unwrap();
    let mut kinds = Vec::new();
    while kinds.last().is_none_or(|kind| kind != "IEND") {
        let (length, behind) = rest.split_first_chunk::<4>().unwrap();
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap();
        let (body, behind) = behind.split_at(4 + length);
        let (crc, behind) = behind.split_first_chunk::<4>().unwrap();
        assert_eq!(
            u32::from_be_bytes(*crc),
            hash(body),
            "{}",
            body.escape_ascii()
        );
        kinds.push(String::from_utf8(body[..4].to_vec()).unwrap());
        rest = behind;
    }
    kinds
}

fn profile() -> Vec<u8> {
    chunk(b"iCCP", b"Display P3\0\0profile")
}

pub fn sample() -> Vec<u8> {
    png(
        &[
            profile(),
            chunk(b"gAMA", &[0, 0, 0xb1, 0x8f]),
            chunk(b"tEXt", &private(b"Location\0")),
            chunk(b"zTXt", &private(b"Comment\0\0")),
            chunk(b"acTL", &[0, 0, 0, 1, 0, 0, 0, 0]),
        ],
        &[
            chunk(b"iTXt", &private(b"XML:com.adobe.xmp\0\0\0\0\0")),
            chunk(b"tIME", &[0x07, 0xea, 11, 29, 7, 20, 0]),
            chunk(b"caBX", &private(&vec![9; BLOCK + 17])),
            chunk(b"eXIf", &exif::tiff(true, 1)),
        ],
    )
}

#[test]
fn a_picture_loses_everything_but_its_look() {
    let file = sample();
    let file = [file.as_slice(), &private(b"behind"), &vec![9; 2 * BLOCK]].concat();
    let cleaned = clean_picture(&file, "image/png", (640, 480));
    let expected = "IHDR iCCP gAMA zeRo zeRo acTL IDAT IDAT zeRo zeRo zeRo zeRo IEND";
    assert_eq!(kinds(&cleaned).join(" "), expected);
    assert!(has(&cleaned, &profile()));
    assert!(
        cleaned[file.len() - 2 * BLOCK..]
            .iter()
            .all(|&byte| byte == 0)
    );
}

#[test]
fn a_turned_picture_keeps_that() {
    for is_little in [true, false] {
        let file = png(&[chunk(b"eXIf", &exif::tiff(is_little, 6))], &[]);
        let cleaned = clean_picture(&file, "image/png", (480, 640));
        assert_eq!(kinds(&cleaned).join(" "), "IHDR eXIf IDAT IDAT IEND");
    }
}

#[test]
fn what_no_decoder_reads_is_no_picture() {
    let picture = png(&[], &[]);
    assert_unknown(&picture[..8]);
    assert_unknown(&picture[..picture.len() - 1]);
    assert_unknown(&png(&[chunk(b"CgBI", &[0; 4])], &[]));
    assert_unknown(&png(&[b"\xff\xff\xff\xffIDAT".to_vec()], &[]));
    assert_unknown(&[SIGNATURE, &chunk(b"IDAT", b""), &picture[8..]].concat());
    assert_unknown(&png(&vec![chunk(b"tEXt", b""); MAX_PARTS], &[]));
}
