use super::*;

const JFIF: &[u8] = b"JFIF\0\x01\x02\x01\x00\x48\x00\x48\0\0";
const ICC: &[u8] = b"ICC_PROFILE\0\x01\x01Display P3";

fn segment(code: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap();
    [&[0xff, code], length.to_be_bytes().as_slice(), content].concat()
}

fn exif(tiff: &[u8]) -> Vec<u8> {
    segment(0xe1, &[b"Exif\0\0", tiff].concat())
}

/// A picture of 4032 × 3024 pixels, with segments before its first table.
fn jpeg(segments: &[Vec<u8>]) -> Vec<u8> {
    [
        b"\xff\xd8".as_slice(),
        &segments.concat(),
        &segment(0xdb, &[1; 65]),
        &segment(0xc0, b"\x08\x0b\xd0\x0f\xc0\x01\x01\x22\x00"),
        &segment(0xc4, &[2; 20]),
        &segment(0xdd, &[0, 4]),
        &segment(0xda, b"\x01\x01\x00\x00\x3f\x00"),
        b"scan\xff\x00\xff\xd0more\xff\xd7\xff\x00",
        b"\xff\xd9",
    ]
    .concat()
}

/// A picture of a camera, edited since.
pub fn sample(is_little: bool) -> Vec<u8> {
    jpeg(&[
        segment(0xe0, JFIF),
        exif(&exif::tiff(is_little, 6)),
        segment(0xe1, &private(b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>")),
        segment(0xe1, &private(b"http://ns.adobe.com/xmp/extension/\0")),
        segment(0xe2, ICC),
        segment(0xe2, &private(b"MPF\0")),
        segment(0xed, &private(b"Photoshop 3.0\08BIM\x04\x04")),
        segment(0xee, b"Adobe\0\x64\0\0\0\0\x01"),
        segment(0xfe, &private(b"")),
    ])
}

#[test]
fn a_picture_loses_everything_but_its_look() {
    for is_little in [true, false] {
        let file = sample(is_little);
        // As it is shown.
        let cleaned = clean_picture(&file, "image/jpeg", (3024, 4032));
        for kept in [&segment(0xe0, JFIF), &segment(0xe2, ICC)] {
            assert!(has(&cleaned, kept));
        }
        assert!(has(&cleaned, &segment(0xee, b"Adobe\0\x64\0\0\0\0\x01")));
        assert!(cleaned.ends_with(&jpeg(&[])[2..]), "the picture itself");
        let minimal = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        assert!(has(&cleaned, minimal));
    }
}

#[test]
fn only_a_turned_picture_keeps_exif() {
    for orientation in 0..=9 {
        let is_turned = (2..=8).contains(&orientation);
        let is_on_its_side = (5..=8).contains(&orientation);
        let size = if is_on_its_side {
            (3024, 4032)
        } else {
            (4032, 3024)
        };
        let file = jpeg(&[exif(&exif::tiff(true, orientation))]);
        let cleaned = clean_picture(&file, "image/jpeg", size);
        assert_eq!(has(&cleaned, b"Exif"), is_turned, "{orientation}");
        let start = if is_turned {
            b"\xff\xd8\xff\xe1"
        } else {
            b"\xff\xd8\xff\xfe"
        };
        assert!(cleaned.starts_with(start), "{orientation}");
    }
}

#[test]
fn only_the_first_exif_counts() {
    let [upright, turned] = [1, 8].map(|orientation| exif(&exif::tiff(true, orientation)));
    let cleaned = clean_picture(&jpeg(&[upright, turned]), "image/jpeg", (4032, 3024));
    assert!(!has(&cleaned, b"Exif"));
}

#[test]
fn what_comes_behind_a_picture_goes() {
    let film = [
        private(b"\0\0\0\x18ftypmp42").as_slice(),
        &vec![7; 3 * BLOCK],
        &private(b""),
    ]
    .concat();
    let second = jpeg(&[exif(&exif::tiff(false, 3))]);
    let picture = jpeg(&[]);
    let cleaned = clean_picture(
        &[picture.as_slice(), &second, &film].concat(),
        "image/jpeg",
        (4032, 3024),
    );
    assert_eq!(cleaned[..picture.len()], picture);
    assert!(cleaned[picture.len()..].iter().all(|&byte| byte == 0));
}

#[test]
fn what_decoders_pass_over_goes_too() {
    let odd = [
        b"\xff\xd8\xff\xfe\0\x02".as_slice(),
        &private(b"junk"),
        b"\xff\xff\xff",
        &jpeg(&[])[2..],
    ]
    .concat();
    clean_picture(&odd, "image/jpeg", (4032, 3024));
    let thumbnail = [
        b"JFIF\0\x01\x02\x01\x00\x48\x00\x48\x0a\x01".as_slice(),
        PLACE,
        SERIAL,
    ]
    .concat();
    let cleaned = clean_picture(
        &jpeg(&[segment(0xe0, &thumbnail)]),
        "image/jpeg",
        (4032, 3024),
    );
    assert!(has(&cleaned, JFIF));
}

#[test]
fn a_progressive_picture_may_have_metadata_between_its_scans() {
    let picture = jpeg(&[]);
    let scan = [
        segment(0xfe, &private(b"")),
        segment(0xda, b"\x01\x01\x00\x01\x3f\x00"),
    ]
    .concat();
    let end = picture.len() - 2;
    let file = [&picture[..end], &scan, b"scan\xff\xd9"].concat();
    clean_picture(&file, "image/jpeg", (4032, 3024));
}

#[test]
fn a_picture_without_its_end_is_still_one() {
    let file = jpeg(&[exif(&exif::tiff(true, 6))]);
    for cut in 2..16 {
        clean_picture(&file[..file.len() - cut], "image/jpeg", (3024, 4032));
    }
}

#[test]
fn what_no_decoder_reads_is_no_picture() {
    let picture = jpeg(&[]);
    assert_unknown(&picture[..2]);
    assert_unknown(&picture[..40]);
    for (what, segments) in [
        ("a length of one", b"\xff\xe1\0\x01".to_vec()),
        ("a length past the end", b"\xff\xe1\xff\xff".to_vec()),
        ("an unknown marker", segment(0xf0, PLACE)),
        ("another beginning", b"\xff\xd8".to_vec()),
        ("a restart before all", b"\xff\xd0".to_vec()),
        ("an end without a picture", b"\xff\xd9".to_vec()),
        (
            "no height",
            segment(0xc0, b"\x08\0\0\x0f\xc0\x01\x01\x22\x00"),
        ),
    ] {
        println!("{what}");
        assert_unknown(&jpeg(&[segments]));
    }
    assert_unknown(&jpeg(&vec![segment(0xfe, b""); MAX_PARTS]));
}

#[test]
fn what_is_cleared_needs_no_memory() {
    let picture = jpeg(&[]);
    let mut file = picture.clone();
    file.resize(64 * 1024 * 1024, 1);
    let (_, patches) = examine(&Bytes(&file)).unwrap();
    let is_borrowed = |patch: &Patch| matches!(patch.bytes, Cow::Borrowed(_));
    assert!(patches.len() >= 1024 && patches.iter().all(is_borrowed));
    // Comments have their lengths between their zeros.
    let comment = segment(0xfe, &vec![1; 65_533]);
    assert_unknown(&jpeg(&vec![comment; 300]));
}
