//! Exif as cameras write it, in both byte orders.

use super::SERIAL;

struct Order {
    is_little: bool,
}

impl Order {
    fn short(&self, value: u16) -> [u8; 2] {
        if self.is_little {
            value.to_le_bytes()
        } else {
            value.to_be_bytes()
        }
    }

    fn long(&self, value: u32) -> [u8; 4] {
        if self.is_little {
            value.to_le_bytes()
        } else {
            value.to_be_bytes()
        }
    }

    fn entry(&self, tag: u16, kind: u16, count: u32, value: [u8; 4]) -> Vec<u8> {
        [
            self.short(tag).as_slice(),
            &self.short(kind),
            &self.long(count),
            &value,
        ]
        .concat()
    }

    fn directory(&self, entries: &[Vec<u8>]) -> Vec<u8> {
        let count = self.short(u16::try_from(entries.len()).unwrap());
        [count.as_slice(), &entries.concat(), &self.long(0)].concat()
    }
}

/// 52° 31′ 12.3″ as three fractions.
pub fn latitude(is_little: bool) -> Vec<u8> {
    let order = Order { is_little };
    [52, 1, 31, 1, 123, 10]
        .map(|value| order.long(value))
        .concat()
}

/// A structure with a serial number, a place, and an orientation.
pub fn tiff(is_little: bool, orientation: u16) -> Vec<u8> {
    let order = Order { is_little };
    let [o0, o1] = order.short(orientation);
    let place_at = 8 + 2 + 3 * 12 + 4;
    let values_at = place_at + 2 + 2 * 12 + 4;
    let [n0, n1] = [b'N', 0];
    let place = order.directory(&[
        order.entry(1, 2, 2, [n0, n1, 0, 0]),
        order.entry(2, 5, 3, order.long(values_at)),
    ]);
    let first = order.directory(&[
        order.entry(0x0112, 3, 1, [o0, o1, 0, 0]),
        order.entry(0x8825, 4, 1, order.long(place_at)),
        order.entry(0xa431, 2, 12, order.long(values_at + 24)),
    ]);
    let magic: &[u8] = if is_little { b"II*\0" } else { b"MM\0*" };
    [
        magic,
        &order.long(8),
        &first,
        &place,
        &latitude(is_little),
        SERIAL,
    ]
    .concat()
}
