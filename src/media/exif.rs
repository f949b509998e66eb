//! Exif (CIPA DC-008): what cameras write into pictures. It is a TIFF structure, in either byte order.

/// How a picture is turned for being shown, from 1 to 8 (CIPA DC-008 §4.6.5, tag 274).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Orientation(u8);

impl Orientation {
    pub const UPRIGHT: Self = Self(1);

    pub fn swaps_sides(self) -> bool {
        self.0 >= 5
    }
}

const TAG: u16 = 0x0112;
/// The type of a number of 16 bits.
const SHORT: u16 = 3;
const ENTRY: usize = 12;
/// The bytes of the smallest structure with an orientation: the header, the count, one entry, and no next directory.
const SMALLEST: usize = 8 + 2 + ENTRY + 4;

/// Overwrites a structure with the smallest that says how the picture is turned, and zeros behind it. All of it is zeros
/// if the picture is upright.
pub(super) fn reduce(tiff: &mut [u8]) -> Orientation {
    let orientation = find(tiff).unwrap_or(Orientation::UPRIGHT);
    tiff.fill(0);
    if orientation == Orientation::UPRIGHT {
        return orientation;
    }
    let Some(smallest) = tiff.first_chunk_mut::<SMALLEST>() else {
        return Orientation::UPRIGHT;
    };
    let fields = [
        b"MM\0*".as_slice(),
        &8_u32.to_be_bytes(),
        &1_u16.to_be_bytes(),
        &TAG.to_be_bytes(),
        &SHORT.to_be_bytes(),
        &1_u32.to_be_bytes(),
        &[0, orientation.0],
    ];
    let written = fields.concat();
    smallest[..written.len()].copy_from_slice(&written);
    orientation
}

/// The orientation in the first directory, read as browsers do: one number of 16 bits.
fn find(tiff: &[u8]) -> Option<Orientation> {
    let is_little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let short = |bytes: [u8; 2]| {
        if is_little {
            u16::from_le_bytes(bytes)
        } else {
            u16::from_be_bytes(bytes)
        }
    };
    let long = |bytes: [u8; 4]| {
        if is_little {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        }
    };
    let start = usize::try_from(long(*tiff.get(4..)?.first_chunk()?)).ok()?;
    let directory = tiff.get(start..)?;
    let count = usize::from(short(*directory.first_chunk()?));
    let entries = directory.get(2..)?.chunks_exact(ENTRY).take(count);
    entries
        .filter_map(<[u8]>::first_chunk::<ENTRY>)
        .find_map(|&[t0, t1, k0, k1, n0, n1, n2, n3, v0, v1, ..]| {
            let is_orientation =
                short([t0, t1]) == TAG && short([k0, k1]) == SHORT && long([n0, n1, n2, n3]) == 1;
            is_orientation.then(|| short([v0, v1]))
        })
        .and_then(|value| u8::try_from(value).ok())
        .filter(|value| (1..=8).contains(value))
        .map(Orientation)
}
