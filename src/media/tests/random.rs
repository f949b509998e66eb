use proptest::prelude::*;

use super::*;

/// Beginnings, so that more than the first look is taken.
const STARTS: &[&[u8]] = &[
    b"",
    b"\xff\xd8\xff",
    b"\xff\xd8\xff\xe1\0\x20Exif\0\0II*\0\x08\0\0\0",
    b"\xff\xd8\xff\xc0\0\x0b\x08\0\x10\0\x10\x01\x01\x22\x00",
    b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR",
    b"GIF89a",
    b"RIFF\xff\0\0\0WEBPVP8X\x0a\0\0\0",
    b"\0\0\0\x10ftypisom\0\0\0\0\0\0\x01\0moov\0\0\0\x64trak",
    b"\0\0\0\x10ftypavif\0\0\0\0\0\0\x01\0meta\0\0\0\0",
];

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_bytes_are_too_odd(
        start in prop::sample::select(STARTS),
        rest in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        clean(&[start, &rest].concat());
    }

    #[test]
    fn no_damage_is_too_odd(
        file in prop::sample::select(samples()),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        length in any::<prop::sample::Index>(),
    ) {
        let mut file = file;
        for (place, byte) in damage {
            let place = place.index(file.len());
            file[place] = byte;
        }
        clean(&file);
        file.truncate(length.index(file.len()));
        clean(&file);
    }
}

fn samples() -> Vec<Vec<u8>> {
    vec![
        jpeg::sample(true),
        jpeg::sample(false),
        png::sample(),
        webp::sample(),
        webp::animation(),
        mp4::iphone(),
        mp4::android(),
        mp4::action_camera(),
        items::sample(),
    ]
}
