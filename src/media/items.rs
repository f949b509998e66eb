//! The items of an AVIF or HEIC picture (ISO/IEC 14496-12 §8.11): its parts, and Exif and XMP beside them. Exif doesn’t
//! turn such a picture (ISO/IEC 23008-12 §A.2.1), so nothing of it is needed.

use std::{collections::BTreeSet, ops::Range};

use super::{
    Flaw, Parsed, Size,
    boxes::{Boxes, Part},
};

/// The most bytes of what says where the items are.
const MAX_TABLE: u64 = 4 * 1024 * 1024;
/// The most parts that items are in.
const MAX_PARTS: usize = 100_000;

/// Clears the items with metadata.
pub(super) fn clean(boxes: &mut Boxes<'_, '_>, meta: &Part) -> Parsed<()> {
    let start = meta.content.start + 4;
    let parts = boxes.list(start..meta.content.end)?;
    for part in &parts {
        if matches!(
            &part.kind,
            b"uuid" | b"xml " | b"bxml" | b"udta" | b"free" | b"skip"
        ) {
            boxes.empty(part)?;
        }
    }
    let find = |kind: &[u8; 4]| parts.iter().find(|part| part.kind == *kind);
    let Some((infos, places)) = find(b"iinf").zip(find(b"iloc")) else {
        return Ok(());
    };
    let data = find(b"idat").map(|part| part.content.clone());
    if let Some(data) = &data {
        boxes.add_media(data.clone());
    }
    let private = private(boxes, infos)?;
    let places = boxes.bytes(places, MAX_TABLE)?;
    for (item, place) in locations(&places)? {
        if !private.contains(&item) {
            continue;
        }
        match place {
            Place::InFile(range) => boxes.clear_media(range)?,
            Place::InData(Range { start, end }) => {
                let from = data.as_ref().ok_or(Flaw::Malformed)?.start;
                let end = from.checked_add(end).ok_or(Flaw::Malformed)?;
                boxes.clear_media(from + start..end)?;
            }
        }
    }
    Ok(())
}

/// The size of a picture, from its header and its properties. `imagesize` expects them at the beginning of a file.
pub(super) fn size(boxes: &mut Boxes<'_, '_>, header: &Part, meta: &Part) -> Parsed<Size> {
    let mut head = Vec::new();
    for part in [header, meta] {
        let content = boxes.bytes(part, MAX_TABLE)?;
        let length = u32::try_from(8 + content.len()).map_err(|_| Flaw::Malformed)?;
        head.extend_from_slice(&length.to_be_bytes());
        head.extend_from_slice(&part.kind);
        head.extend_from_slice(&content);
    }
    Size::in_header(&head)
}

/// The ids of the items that are metadata (§8.11.6).
fn private(boxes: &mut Boxes<'_, '_>, infos: &Part) -> Parsed<BTreeSet<u32>> {
    let Range { start, end } = infos.content;
    let [version] = boxes.source.array(start)?;
    let count = if version == 0 { 2 } else { 4 };
    let mut ids = BTreeSet::new();
    for info in boxes.list(start + 4 + count..end)? {
        let bytes = boxes.bytes(&info, MAX_TABLE)?;
        let mut fields = Fields(&bytes);
        let version = fields.number(1)?;
        fields.number(3)?;
        let id = fields.number(if version == 2 { 2 } else { 4 })?;
        fields.number(2)?;
        let kind = fields.0.first_chunk::<4>();
        let is_private = matches!(kind, Some(b"Exif" | b"mime" | b"uri "));
        if version >= 2 && is_private {
            ids.insert(u32::try_from(id).map_err(|_| Flaw::Malformed)?);
        }
    }
    Ok(ids)
}

enum Place {
    InFile(Range<u64>),
    /// Of the box `idat`.
    InData(Range<u64>),
}

/// Where the parts of the items are (§8.11.3).
fn locations(table: &[u8]) -> Parsed<Vec<(u32, Place)>> {
    let mut fields = Fields(table);
    let version = fields.number(1)?;
    fields.number(3)?;
    let widths = [fields.number(1)?, fields.number(1)?];
    let [(offset_width, length_width), (base_width, index_width)] =
        widths.map(|pair| (pair >> 4, pair & 15));
    let id_width = if version < 2 { 2 } else { 4 };
    let mut locations = Vec::new();
    let mut parts = MAX_PARTS;
    for _ in 0..fields.number(id_width)? {
        let item = u32::try_from(fields.number(id_width)?).map_err(|_| Flaw::Malformed)?;
        let method = if version > 0 {
            fields.number(2)? & 15
        } else {
            0
        };
        let is_elsewhere = fields.number(2)? != 0;
        let base = fields.number(base_width)?;
        for _ in 0..fields.number(2)? {
            parts = parts.checked_sub(1).ok_or(Flaw::Malformed)?;
            if version > 0 {
                fields.number(index_width)?;
            }
            let offset = fields.number(offset_width)?;
            let length = fields.number(length_width)?;
            let start = base.checked_add(offset).ok_or(Flaw::Malformed)?;
            let range = start..start.checked_add(length).ok_or(Flaw::Malformed)?;
            match method {
                _ if is_elsewhere || range.is_empty() => {}
                0 => locations.push((item, Place::InFile(range))),
                1 => locations.push((item, Place::InData(range))),
                _ => {}
            }
        }
    }
    Ok(locations)
}

struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    /// The next number, of up to eight bytes. One of none is zero.
    fn number(&mut self, width: u64) -> Parsed<u64> {
        let width = usize::try_from(width.min(8)).map_err(|_| Flaw::Malformed)?;
        let (number, rest) = self.0.split_at_checked(width).ok_or(Flaw::Malformed)?;
        self.0 = rest;
        Ok(number
            .iter()
            .fold(0, |sum, &byte| sum << 8 | u64::from(byte)))
    }
}
