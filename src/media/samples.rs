//! Tracks of metadata in a film: places, second by second, of GoPro, Android (`camm`) and the like. Browsers don’t play
//! them.

use super::{
    Flaw, Parsed,
    boxes::{Boxes, Kind, Part},
};

/// The most bytes of a table: a recording of days has fewer.
const MAX_TABLE: u64 = 16 * 1024 * 1024;
/// The most samples of a track.
const MAX_SAMPLES: u32 = 4 * 1024 * 1024;

/// Whether a track has metadata, by its handler (ISO/IEC 14496-12 §12.3).
pub(super) fn are_metadata(boxes: &mut Boxes<'_, '_>, track: &Part) -> Parsed<bool> {
    let Some(media) = boxes.find(track.content.clone(), *b"mdia")? else {
        return Ok(false);
    };
    let Some(handler) = boxes.find(media.content, *b"hdlr")? else {
        return Ok(false);
    };
    Ok(handler_type(boxes, &handler)? == *b"meta")
}

pub(super) fn handler_type(boxes: &mut Boxes<'_, '_>, handler: &Part) -> Parsed<Kind> {
    let at = handler.content.start + 8;
    if at + 4 > handler.content.end {
        return Err(Flaw::Malformed);
    }
    boxes.source.array(at)
}

/// Clears the samples of a track, wherever they are.
pub(super) fn clear(boxes: &mut Boxes<'_, '_>, track: &Part) -> Parsed<()> {
    let mut range = track.content.clone();
    for kind in [*b"mdia", *b"minf", *b"stbl"] {
        let Some(part) = boxes.find(range, kind)? else {
            return Ok(());
        };
        range = part.content;
    }
    let parts = boxes.list(range)?;
    let sizes = table(boxes, &parts, *b"stsz")?;
    let runs = table(boxes, &parts, *b"stsc")?;
    let is_wide = parts.iter().any(|part| part.kind == *b"co64");
    let offsets = if is_wide {
        wide(&table(boxes, &parts, *b"co64")?)
    } else {
        narrow(&table(boxes, &parts, *b"stco")?)
    };
    let Some(([_, uniform, count], sizes)) = sizes.split_first_chunk() else {
        return Err(Flaw::Malformed);
    };
    let count = *count;
    if count > MAX_SAMPLES {
        return Err(Flaw::Malformed);
    }
    let has_own = *uniform == 0;
    let mut sizes = (0..count as usize).map(|index| {
        let own = sizes.get(index).copied();
        u64::from(if has_own { own.unwrap_or(0) } else { *uniform })
    });
    // From which chunk on there are how many samples in each (§8.7.4).
    let runs = runs.get(2..).unwrap_or_default().as_chunks::<3>().0;
    let mut runs = runs.iter().peekable();
    let mut in_chunk = 0;
    for (index, offset) in (1_u32..).zip(offsets) {
        while let Some([_, samples, _]) = runs.next_if(|[first, ..]| *first <= index) {
            in_chunk = *samples;
        }
        let length: u64 = sizes.by_ref().take(in_chunk as usize).sum();
        if length > 0 {
            let end = offset.checked_add(length).ok_or(Flaw::Malformed)?;
            boxes.clear_media(offset..end)?;
        }
    }
    Ok(())
}

/// The numbers of a table, from its version on. An absent one has none.
fn table(boxes: &mut Boxes<'_, '_>, parts: &[Part], kind: Kind) -> Parsed<Vec<u32>> {
    let Some(part) = parts.iter().find(|part| part.kind == kind) else {
        return Ok(Vec::new());
    };
    let bytes = boxes.bytes(part, MAX_TABLE)?;
    let (numbers, _) = bytes.as_chunks();
    Ok(numbers
        .iter()
        .map(|number| u32::from_be_bytes(*number))
        .collect())
}

/// Behind the version and the count.
fn narrow(table: &[u32]) -> Vec<u64> {
    let offsets = table.get(2..).unwrap_or_default();
    offsets.iter().map(|&offset| offset.into()).collect()
}

fn wide(table: &[u32]) -> Vec<u64> {
    let (offsets, _) = table.get(2..).unwrap_or_default().as_chunks();
    let wide = |&[high, low]: &[u32; 2]| u64::from(high) << 32 | u64::from(low);
    offsets.iter().map(wide).collect()
}
