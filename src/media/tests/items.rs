//! AVIF and HEIC as phones write them.

use super::{
    mp4::{atom, full},
    *,
};

fn info(id: u16, kind: &[u8]) -> Vec<u8> {
    let fields = [id.to_be_bytes().as_slice(), &[0, 0], kind, b"\0"].concat();
    full(b"infe", 2, &fields)
}

fn place(id: u16, method: u16, offset: usize, length: usize) -> Vec<u8> {
    let [offset, length] = [offset, length].map(|number| u32::try_from(number).unwrap());
    [
        id.to_be_bytes().as_slice(),
        &method.to_be_bytes(),
        &[0, 0, 0, 1],
        &offset.to_be_bytes(),
        &length.to_be_bytes(),
    ]
    .concat()
}

/// A picture of 4032 × 3024 pixels that is turned, with Exif in the media and XMP in the box of items.
fn heif(brand: &str, exif_at: Option<usize>) -> Vec<u8> {
    let exif = [&[0; 4], exif::tiff(false, 6).as_slice()].concat();
    let xmp = private(b"<x:xmpmeta>");
    let brands = format!("{brand}\0\0\0\0mif1{brand}miaf");
    let header = atom(b"ftyp", brands.as_bytes());
    let meta = |media_at: usize| {
        let size = [4032_u32, 3024].map(u32::to_be_bytes).concat();
        let properties = [full(b"ispe", 0, &size), atom(b"irot", &[1])].concat();
        let infos = [info(1, b"av01"), info(2, b"Exif"), info(3, b"mime")].concat();
        let places = [
            place(1, 0, media_at, 7),
            place(2, 0, exif_at.unwrap_or(media_at + 7), exif.len()),
            place(3, 1, 0, xmp.len()),
        ];
        let parts = [
            full(b"iinf", 0, &[[0, 3].as_slice(), &infos].concat()),
            full(
                b"iloc",
                1,
                &[[0x44, 0, 0, 3].as_slice(), &places.concat()].concat(),
            ),
            atom(b"iprp", &atom(b"ipco", &properties)),
            atom(b"idat", &[xmp.as_slice(), b"stays"].concat()),
        ];
        full(b"meta", 0, &parts.concat())
    };
    let media_at = header.len() + meta(0).len() + 8;
    let media = atom(b"mdat", &[b"picture", exif.as_slice(), b"more"].concat());
    let film = atom(b"mpvd", &private(b"a moving picture"));
    [header, meta(media_at), media, film].concat()
}

pub fn sample() -> Vec<u8> {
    heif("avif", None)
}

#[test]
fn a_picture_loses_everything_but_its_look() {
    let cleaned = clean_picture(&sample(), "image/avif", (3024, 4032));
    assert!(has(&cleaned, b"mdatpicture\0\0") && has(&cleaned, b"\0more"));
    assert!(has(&cleaned, b"\0stays"));
    let (media, cleaned) = clean(&heif("heic", None));
    assert_eq!((media.kind, media.width), ("image/heic", None));
    assert_nothing_private(&cleaned);
}

#[test]
fn an_item_outside_of_the_media_is_none() {
    for offset in [0, 40, 1 << 31] {
        assert_unknown(&heif("avif", Some(offset)));
    }
}

#[test]
fn an_item_in_more_parts_than_there_can_be_is_none() {
    let item = b"\0\x01\0\0\0\0\xff\xff";
    let places = [b"\0\0\0\x02".as_slice(), item, item].concat();
    let parts = [full(b"iinf", 0, &[0, 0]), full(b"iloc", 1, &places)];
    let header = atom(b"ftyp", b"heic\0\0\0\0mif1");
    let meta = full(b"meta", 0, &parts.concat());
    assert_unknown(&[header, meta].concat());
}
