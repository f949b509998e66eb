//! Films as phones and action cameras write them.

use super::*;

pub fn atom(kind: &[u8], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(8 + content.len()).unwrap().to_be_bytes();
    [length.as_slice(), kind, content].concat()
}

/// With a version.
pub fn full(kind: &[u8], version: u8, content: &[u8]) -> Vec<u8> {
    atom(kind, &[&[version, 0, 0, 0], content].concat())
}

/// With a length of 64 bits.
fn long(kind: &[u8], content: &[u8]) -> Vec<u8> {
    let length = (16 + content.len() as u64).to_be_bytes();
    [&[0, 0, 0, 1], kind, &length, content].concat()
}

const CREATED: &[u8] = b"\xe6\x8b\x3a\x5c";

fn times(version: u8) -> Vec<u8> {
    let time = match version {
        0 => CREATED.to_vec(),
        _ => [&[0; 4], CREATED].concat(),
    };
    time.repeat(2)
}

fn handler(kind: &[u8], name: &[u8]) -> Vec<u8> {
    let fields = [&[0; 4], kind, &[0; 12], name].concat();
    full(b"hdlr", 0, &fields)
}

/// A track, with a sample of [`PLACE`] in each chunk. A film is of 1920 × 1080 pixels, and turned.
fn track(version: u8, kind: &[u8], offsets: &[usize], extra: &[u8]) -> Vec<u8> {
    let size = match kind {
        b"vide" => b"\x07\x80\0\0\x04\x38\0\0",
        _ => &[0; 8],
    };
    let mut matrix = [0; 36];
    (matrix[5], matrix[13], matrix[32]) = (1, 0xff, 0x40);
    let fields = [times(version), vec![0; 40], matrix.to_vec(), size.to_vec()].concat();
    let numbers = |numbers: &[usize]| {
        let number = |&number: &usize| u32::try_from(number).unwrap().to_be_bytes();
        numbers.iter().flat_map(number).collect::<Vec<u8>>()
    };
    let sizes = vec![PLACE.len(); offsets.len()];
    let table = [
        full(b"stsd", 0, &[0; 4]),
        full(b"stsc", 0, &numbers(&[1, 1, 1, 1])),
        full(
            b"stsz",
            0,
            &[numbers(&[0, offsets.len()]), numbers(&sizes)].concat(),
        ),
        full(
            b"stco",
            0,
            &[numbers(&[offsets.len()]), numbers(offsets)].concat(),
        ),
    ];
    let media = [
        full(b"mdhd", version, &[times(version), vec![0; 16]].concat()),
        handler(kind, SERIAL),
        atom(b"minf", &atom(b"stbl", &table.concat())),
        extra.to_vec(),
    ];
    let media = atom(b"mdia", &media.concat());
    let header = full(b"tkhd", version, &fields);
    atom(b"trak", &[&header, extra, &media].concat())
}

fn movie(version: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    let fields = [times(version), vec![0; 90]].concat();
    let header = full(b"mvhd", version, &fields);
    atom(b"moov", &[header, parts.concat()].concat())
}

/// With the key `com.apple.quicktime.location.ISO6709`, and a track of metadata.
pub fn iphone() -> Vec<u8> {
    let key = b"\0\0\0\x01\0\0\0\x2cmdtacom.apple.quicktime.location.ISO6709";
    let value = atom(b"data", &private(b"\0\0\0\x01\0\0\0\0"));
    let meta = [
        handler(b"mdta", b""),
        full(b"keys", 0, key),
        atom(b"ilst", &atom(&[0, 0, 0, 1], &value)),
    ];
    let meta = atom(b"meta", &meta.concat());
    let header = atom(b"ftyp", b"qt  \0\0\0\0qt  ");
    let wide = atom(b"wide", b"");
    let media = long(b"mdat", &[b"film", PLACE, b"sound"].concat());
    let media_at = header.len() + wide.len() + 16;
    let tracks = [
        track(0, b"vide", &[media_at], &meta),
        track(0, b"meta", &[media_at + 4], b""),
        meta,
    ];
    [header, wide, media, movie(0, &tracks)].concat()
}

/// With the box `©xyz`, a fragment, and media to the end of the file.
pub fn android() -> Vec<u8> {
    let user = atom(b"udta", &atom(b"\xa9xyz", &private(b"\0\x12\x15\xc7")));
    let fragment = atom(b"traf", &atom(b"uuid", PLACE));
    [
        atom(b"ftyp", b"mp42\0\0\0\0isommp42"),
        movie(1, &[track(1, b"vide", &[0], &user), user]),
        long(b"uuid", &private(&[0xbe; 16])),
        atom(b"free", &private(b"")),
        atom(b"moof", &[full(b"mfhd", 0, &[0; 4]), fragment].concat()),
        b"\0\0\0\0mdatfilm".to_vec(),
    ]
    .concat()
}

/// With places in a track, which comes before the media.
pub fn action_camera() -> Vec<u8> {
    let header = atom(b"ftyp", b"mp41\0\0\0\0mp41");
    let film = |media_at| {
        let seen = track(0, b"vide", &[media_at], b"");
        movie(0, &[seen, track(0, b"meta", &[media_at + 4], b"")])
    };
    let media_at = header.len() + film(0).len() + 8;
    let media = atom(b"mdat", &[b"film", PLACE, b"sound"].concat());
    [header, film(media_at), media].concat()
}

#[test]
fn a_film_loses_where_and_when_it_was_made() {
    for (what, file, kind) in [
        ("an iPhone", iphone(), "video/quicktime"),
        ("an Android phone", android(), "video/mp4"),
        ("an action camera", action_camera(), "video/mp4"),
    ] {
        println!("{what}");
        // As it is shown.
        let cleaned = clean_picture(&file, kind, (1080, 1920));
        assert!(!has(&cleaned, CREATED));
        assert!(has(&cleaned, b"film") && has(&cleaned, b"stco"));
        assert_eq!(has(&file, b"sound"), has(&cleaned, b"sound"));
        for kind in [b"udta".as_slice(), b"meta", b"uuid", b"ISO6709", b"\xa9xyz"] {
            assert!(!has(&cleaned, kind), "{}", kind.escape_ascii());
        }
    }
}

#[test]
fn a_film_without_pictures_is_sound() {
    for brands in [b"isom\0\0\0\0isomiso5", b"M4A \0\0\0\0M4A mp42"] {
        let list = atom(b"udta", &atom(b"meta", &private(b"ilst")));
        let movie = movie(0, &[track(0, b"soun", &[0], b""), list]);
        let (media, cleaned) = clean(&[atom(b"ftyp", brands), movie].concat());
        assert_eq!((media.kind, media.width), ("audio/mp4", None));
        assert_nothing_private(&cleaned);
    }
}

#[test]
fn what_no_player_plays_is_no_film() {
    let header = atom(b"ftyp", b"isom\0\0\0\0isom");
    let short = [full(b"hdlr", 0, b""), full(b"elng", 0, b"meta")].concat();
    let metadata = |sizes: &[u8]| {
        let offsets = full(b"stco", 0, &[0, 0, 0, 1, 0, 0, 0, 0]);
        let runs = full(b"stsc", 0, b"\0\0\0\x01\0\0\0\x01\x7f\0\0\0\0\0\0\x01");
        let table = atom(b"stbl", &[sizes, &offsets, &runs].concat());
        let media = [handler(b"meta", b""), atom(b"minf", &table)].concat();
        atom(b"trak", &atom(b"mdia", &media))
    };
    for (what, rest) in [
        ("nothing else", Vec::new()),
        ("a box that is too short", b"\0\0\0\x07moov".to_vec()),
        ("a box that is too long", b"\0\0\0\x09moov".to_vec()),
        (
            "one that is far too long",
            [b"\0\0\0\x01moov".as_slice(), &[0xff; 8]].concat(),
        ),
        (
            "a track that is too long",
            movie(0, &[b"\0\0\xff\xfftrak".to_vec()]),
        ),
        (
            "a header that is too short",
            atom(
                b"moov",
                &[full(b"mvhd", 0, &[0; 7]), full(b"iods", 0, b"")].concat(),
            ),
        ),
        (
            "a handler that is too short",
            movie(0, &[atom(b"trak", &atom(b"mdia", &short))]),
        ),
        (
            "more samples than there can be",
            movie(0, &[metadata(&full(b"stsz", 0, b"\0\0\0\0\0\x50\0\0"))]),
        ),
        (
            "more boxes than there can be",
            [movie(0, &[]), b"\0\0\0\x08free".repeat(1_000_000)].concat(),
        ),
        (
            "samples in other boxes",
            movie(0, &[track(0, b"meta", &[4], b"")]),
        ),
        (
            "samples behind the end",
            [
                atom(b"mdat", PLACE),
                movie(0, &[track(0, b"meta", &[1 << 24], b"")]),
            ]
            .concat(),
        ),
    ] {
        println!("{what}");
        assert_unknown(&[header.as_slice(), &rest].concat());
    }
}

#[test]
fn samples_are_not_cleared_again_and_again() {
    let header = atom(b"ftyp", b"isom\0\0\0\0isom");
    let file = |count| {
        let film = |at| movie(0, &[track(0, b"meta", &vec![at; count], b"")]);
        let media_at = header.len() + film(0).len() + 8;
        [header.clone(), film(media_at), atom(b"mdat", PLACE)].concat()
    };
    let (media, cleaned) = clean(&file(10));
    assert_eq!(media.kind, "audio/mp4");
    assert_nothing_private(&cleaned);
    assert_unknown(&file(1000));
}
