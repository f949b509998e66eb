//! MP4 (ISO/IEC 14496-12 and -14), QuickTime, and the pictures that are built like them: AVIF and HEIC. Any box that isn’t
//! needed for playing goes, and so do the times at which a film was made.

use std::ops::Range;

use super::{
    Flaw, Parsed, Size,
    boxes::{Boxes, Kind, Part},
    items, samples,
    source::{Edits, Source},
};

/// What the boxes of the file itself are in.
const FILE: Kind = *b"file";
/// Before the name of a handler (§8.4.3.2).
const HANDLER: u64 = 24;
/// What the header of a track ends with (§8.3.2.2): how the film is turned, and its size.
const MATRIX_AND_SIZE: u64 = 44;

enum Fate {
    Keep,
    Enter,
    Empty,
}

fn fate(parent: Kind, kind: Kind) -> Fate {
    match (&parent, &kind) {
        (&FILE, b"moov" | b"moof")
        | (b"moov", b"trak")
        | (b"trak", b"mdia")
        | (b"moof", b"traf") => Fate::Enter,
        (&FILE, b"ftyp" | b"styp" | b"pdin" | b"mdat" | b"imda" | b"sidx" | b"ssix" | b"mfra")
        | (b"moov", b"mvhd" | b"mvex" | b"iods" | b"pssh")
        | (
            b"trak",
            b"tkhd" | b"tref" | b"edts" | b"trgr" | b"tapt" | b"clip" | b"matt" | b"load" | b"imap"
            | b"txas",
        )
        | (b"mdia", b"mdhd" | b"hdlr" | b"minf" | b"elng")
        | (b"moof", b"mfhd" | b"pssh") => Fate::Keep,
        (b"traf", kind) if !matches!(kind, b"udta" | b"meta" | b"uuid" | b"free" | b"skip") => {
            Fate::Keep
        }
        _ => Fate::Empty,
    }
}

/// Empties boxes with metadata. Returns the type, and the size of a picture or a film that browsers show.
pub(super) fn clean(
    source: &mut Source<'_>,
    edits: &mut Edits,
    kind: &'static str,
) -> Parsed<(&'static str, Option<Size>)> {
    let size = source.size();
    let mut film = Film {
        boxes: Boxes::new(source, edits),
        is_seen: false,
        size: None,
    };
    let parts = film.boxes.list(0..size)?;
    for part in parts
        .iter()
        .filter(|part| matches!(&part.kind, b"mdat" | b"imda"))
    {
        film.boxes.add_media(part.content.clone());
    }
    // A picture is in items, a film is in tracks.
    let is_picture = kind.starts_with("image/");
    let needed = if is_picture { b"meta" } else { b"moov" };
    let place = parts.iter().position(|part| part.kind == *needed);
    let place = place.ok_or(Flaw::Malformed)?;
    for (index, part) in parts.iter().enumerate() {
        if is_picture && index == place {
            items::clean(&mut film.boxes, part)?;
        } else {
            film.part(FILE, part)?;
        }
    }
    match kind {
        "image/avif" => {
            let size = items::size(&mut film.boxes, &parts[0], &parts[place])?;
            Ok((kind, Some(size)))
        }
        // What a browser records has the same header with and without pictures.
        "video/mp4" if !film.is_seen => Ok(("audio/mp4", None)),
        "video/mp4" | "video/quicktime" => Ok((kind, film.size)),
        _ => Ok((kind, None)),
    }
}

struct Film<'a, 'b> {
    boxes: Boxes<'a, 'b>,
    /// Whether a track has pictures.
    is_seen: bool,
    /// Of the first track that has one.
    size: Option<Size>,
}

impl Film<'_, '_> {
    fn part(&mut self, parent: Kind, part: &Part) -> Parsed<()> {
        match fate(parent, part.kind) {
            Fate::Keep => self.keep(part),
            Fate::Enter
                if part.kind == *b"trak" && samples::are_metadata(&mut self.boxes, part)? =>
            {
                samples::clear(&mut self.boxes, part)?;
                // Only now, as it says where the samples are.
                self.boxes.empty(part)
            }
            Fate::Enter => {
                for inner in self.boxes.list(part.content.clone())? {
                    self.part(part.kind, &inner)?;
                }
                Ok(())
            }
            Fate::Empty => self.boxes.empty(part),
        }
    }

    fn keep(&mut self, part: &Part) -> Parsed<()> {
        let Range { start, end } = part.content;
        match &part.kind {
            b"mvhd" | b"mdhd" => self.clear_times(part),
            b"tkhd" => {
                self.size = self.size.or(self.track_size(part)?);
                self.clear_times(part)
            }
            b"hdlr" => {
                self.is_seen |= samples::handler_type(&mut self.boxes, part)? == *b"vide";
                self.boxes.clear(start + HANDLER..end)
            }
            _ => Ok(()),
        }
    }

    /// Clears when something was created and changed.
    fn clear_times(&mut self, part: &Part) -> Parsed<()> {
        let Range { start, end } = part.content;
        let [version] = self.boxes.source.array(start)?;
        let times = start + 4..start + 4 + if version == 1 { 16 } else { 8 };
        if times.end > end {
            return Err(Flaw::Malformed);
        }
        self.boxes.clear(times)
    }

    fn track_size(&mut self, part: &Part) -> Parsed<Option<Size>> {
        let Range { start, end } = part.content;
        if end - start < 4 + MATRIX_AND_SIZE {
            return Err(Flaw::Malformed);
        }
        let at = end - MATRIX_AND_SIZE;
        let is_upright = self.boxes.source.array(at)? != [0; 4];
        // Of numbers with 16 bits behind the point.
        let [w0, w1, _, _, h0, h1, _, _] = self.boxes.source.array::<8>(end - 8)?;
        let (width, height) = (u16::from_be_bytes([w0, w1]), u16::from_be_bytes([h0, h1]));
        if width == 0 || height == 0 {
            return Ok(None);
        }
        let (width, height) = (width.into(), height.into());
        Ok(Some(if is_upright {
            Size { width, height }
        } else {
            Size {
                width: height,
                height: width,
            }
        }))
    }
}
