use super::*;

fn ftyp(brands: &str) -> Vec<u8> {
    let size = u32::try_from(8 + brands.len()).unwrap();
    [size.to_be_bytes().as_slice(), b"ftyp", brands.as_bytes()].concat()
}

#[test]
fn a_file_is_known_by_its_first_bytes() {
    for (file, kind) in [
        (b"GIF89a\x40\x01\xf0\0\0\0\0".to_vec(), "image/gif"),
        (
            b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm\0\x86\x85V_VP8\x86\x86A_OPUS".to_vec(),
            "video/webm",
        ),
        (
            b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm\0\x86\x86A_OPUS".to_vec(),
            "audio/webm",
        ),
        (
            b"\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska".to_vec(),
            kind::UNKNOWN,
        ),
        (b"ID3\x04\0\0".to_vec(), "audio/mpeg"),
        (b"\xff\xfb\x90\x64".to_vec(), "audio/mpeg"),
        (b"\xff\xf3\x40\xc4".to_vec(), "audio/mpeg"),
        (b"\xff\xfe\x3c\x00h\0".to_vec(), kind::UNKNOWN),
        (
            [b"OggS\0\x02".as_slice(), &[0; 22], b"OpusHead"].concat(),
            "audio/ogg",
        ),
        (
            [b"OggS\0\x02".as_slice(), &[0; 22], b"\x80theora"].concat(),
            "video/ogg",
        ),
        (b"RIFF\x24\0\0\0WAVEfmt ".to_vec(), "audio/wav"),
        (b"RIFF\x24\0\0\0AVI LIST".to_vec(), kind::UNKNOWN),
        (b"fLaC\0\0\0\x22".to_vec(), "audio/flac"),
        (b"%PDF-1.7\n".to_vec(), "application/pdf"),
        (b"PK\x03\x04\x14\0".to_vec(), "application/zip"),
        (b"<!doctype html><p>".to_vec(), "text/html"),
        (b"\xef\xbb\xbf\r\n <HTML ".to_vec(), "text/html"),
        (b"<script>alert(1)".to_vec(), "text/html"),
        (b"<?xml version=\"1.0\"?><a/>".to_vec(), "text/xml"),
        (
            b"<?xml version=\"1.0\"?>\n<svg xmlns=".to_vec(),
            "image/svg+xml",
        ),
        (b"<svg onload=alert(1)>".to_vec(), "image/svg+xml"),
        (b"hello".to_vec(), kind::UNKNOWN),
        (b"".to_vec(), kind::UNKNOWN),
        (b"\0\0\0\x08ftyp".to_vec(), kind::UNKNOWN),
        (b"\xff\xff\xff\xffftypisom".to_vec(), kind::UNKNOWN),
    ] {
        let (media, _) = examine(&Bytes(&file)).unwrap();
        assert_eq!(media.kind, kind, "{}", file.escape_ascii());
    }
}

#[test]
fn a_file_of_boxes_is_known_by_its_brands() {
    for (brands, kind) in [
        ("isom\0\0\x02\0isomiso2avc1mp41", "video/mp4"),
        ("3gp4\0\0\0\0isom3gp4", "video/mp4"),
        ("M4A \0\0\0\0M4A mp42isom", "audio/mp4"),
        ("qt  \0\0\0\0qt  ", "video/quicktime"),
        ("avif\0\0\0\0avifmif1miafMA1B", "image/avif"),
        // An iPhone’s picture.
        ("heic\0\0\0\0mif1MiHEheic", "image/heic"),
        ("mif1\0\0\0\0mif1heic", "image/heic"),
        // A Canon’s raw picture.
        ("crx \0\0\0\x01crx isom", kind::UNKNOWN),
    ] {
        assert_eq!(kind::sniff(&ftyp(brands)), kind, "{brands:?}");
        // Without any of what the header promises.
        assert_unknown(&ftyp(brands));
    }
}

#[test]
fn a_gif_has_its_size() {
    let (media, patches) = examine(&Bytes(b"GIF89a\x40\x01\xf0\0\0\0\0;")).unwrap();
    assert_eq!((media.width, media.height), (Some(320), Some(240)));
    assert_eq!(patches, []);
}
