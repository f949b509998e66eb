//! The boxes of a film or a picture (ISO/IEC 14496-12 §4.2): what they are in, and what becomes of them.

use std::ops::Range;

use super::{
    Flaw, Parsed,
    source::{Edits, Source},
};

pub(super) type Kind = [u8; 4];

/// The most boxes that are looked at: a film of a day in fragments of a second has fewer.
const MAX_BOXES: usize = 1_000_000;
/// The type of a box that says nothing (§8.1.2).
const EMPTY: Kind = *b"free";

/// A box.
#[derive(Clone)]
pub(super) struct Part {
    pub kind: Kind,
    pub content: Range<u64>,
    kind_at: u64,
}

/// A file of boxes.
pub(super) struct Boxes<'a, 'b> {
    pub source: &'a mut Source<'b>,
    edits: &'a mut Edits,
    /// How many more boxes are looked at.
    rest: usize,
    /// Where the pictures, the sound and the like are, in the order of the file.
    media: Vec<Range<u64>>,
    /// Bytes of them that have been cleared.
    cleared: u64,
}

impl<'a, 'b> Boxes<'a, 'b> {
    pub fn new(source: &'a mut Source<'b>, edits: &'a mut Edits) -> Self {
        Self {
            source,
            edits,
            rest: MAX_BOXES,
            media: Vec::new(),
            cleared: 0,
        }
    }

    /// The boxes that are in a range. Bytes behind them that are no box are cleared.
    pub fn list(&mut self, range: Range<u64>) -> Parsed<Vec<Part>> {
        let mut parts = Vec::new();
        let mut at = range.start;
        while range.end.saturating_sub(at) >= 8 {
            self.rest = self.rest.checked_sub(1).ok_or(Flaw::Malformed)?;
            let [s0, s1, s2, s3, kind @ ..] = self.source.array::<8>(at)?;
            let (header, length) = match u32::from_be_bytes([s0, s1, s2, s3]) {
                // To the end.
                0 => (8, range.end - at),
                1 => (16, u64::from_be_bytes(self.source.array(at + 8)?)),
                length => (8, u64::from(length)),
            };
            let end = at.checked_add(length).ok_or(Flaw::Malformed)?;
            if length < header || end > range.end {
                return Err(Flaw::Malformed);
            }
            parts.push(Part {
                kind,
                content: at + header..end,
                kind_at: at + 4,
            });
            at = end;
        }
        self.clear(at..range.end)?;
        Ok(parts)
    }

    /// The first box of a kind in a range.
    pub fn find(&mut self, range: Range<u64>, kind: Kind) -> Parsed<Option<Part>> {
        let parts = self.list(range)?;
        Ok(parts.into_iter().find(|part| part.kind == kind))
    }

    /// The bytes of a box, which is no larger than `most`.
    pub fn bytes(&mut self, part: &Part, most: u64) -> Parsed<Vec<u8>> {
        if part.content.end - part.content.start > most {
            return Err(Flaw::Malformed);
        }
        self.source.bytes(part.content.clone())
    }

    pub fn clear(&mut self, range: Range<u64>) -> Parsed<()> {
        self.edits.clear(self.source, range)
    }

    /// Says where media is.
    pub fn add_media(&mut self, content: Range<u64>) {
        let place = self
            .media
            .partition_point(|media| media.start < content.start);
        self.media.insert(place, content);
    }

    /// Clears a range of the media. It is nowhere else, so that no box is lost. Nor is it cleared again and again.
    pub fn clear_media(&mut self, range: Range<u64>) -> Parsed<()> {
        let after = self
            .media
            .partition_point(|media| media.start <= range.start);
        let is_in = |media: &Range<u64>| range.end <= media.end;
        let is_media = after
            .checked_sub(1)
            .is_some_and(|last| is_in(&self.media[last]));
        self.cleared = self.cleared.saturating_add(range.end - range.start);
        if is_media && self.cleared <= self.source.size() {
            self.clear(range)
        } else {
            Err(Flaw::Malformed)
        }
    }

    /// Makes a box one that says nothing.
    pub fn empty(&mut self, part: &Part) -> Parsed<()> {
        self.edits.write(self.source, part.kind_at, &EMPTY)?;
        self.clear(part.content.clone())
    }
}
