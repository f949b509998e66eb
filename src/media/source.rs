//! Reading a file in blocks, and collecting what to overwrite.

use std::{borrow::Cow, io, ops::Range};

use super::{BLOCK, Flaw, Parsed, Patch, ReadAt};

/// The most bytes of patches that aren’t zeros alone. Only a file that is hardly more than metadata needs as many.
const MAX_WRITTEN: usize = 16 * 1024 * 1024;
/// What a range is cleared with, so that a large one needs no memory.
static ZEROS: [u8; BLOCK] = [0; BLOCK];

/// A file, and the block that was read last.
pub(super) struct Source<'a> {
    file: &'a dyn ReadAt,
    start: u64,
    block: Vec<u8>,
}

impl<'a> Source<'a> {
    pub fn new(file: &'a dyn ReadAt) -> Self {
        Self {
            file,
            start: 0,
            block: Vec::new(),
        }
    }

    pub fn size(&self) -> u64 {
        self.file.size()
    }

    /// The bytes of a range. The caller bounds its length.
    pub fn bytes(&mut self, range: Range<u64>) -> Parsed<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut at = range.start;
        while at < range.end {
            let some = self.some(at..range.end)?;
            bytes.extend_from_slice(some);
            at += some.len() as u64;
        }
        Ok(bytes)
    }

    pub fn array<const N: usize>(&mut self, offset: u64) -> Parsed<[u8; N]> {
        let end = offset.checked_add(N as u64).ok_or(Flaw::Malformed)?;
        self.bytes(offset..end)?
            .try_into()
            .map_err(|_| Flaw::Malformed)
    }

    /// Where a byte is found first, from `offset` on.
    pub fn find(&mut self, byte: u8, mut offset: u64) -> Parsed<Option<u64>> {
        while offset < self.size() {
            let some = self.some(offset..self.size())?;
            if let Some(place) = some.iter().position(|&other| other == byte) {
                return Ok(Some(offset + place as u64));
            }
            offset += some.len() as u64;
        }
        Ok(None)
    }

    /// Bytes from the start of a range, as many as are at hand: at least one. Blocks begin at multiples of their size, so
    /// each is read once if all are.
    pub fn some(&mut self, range: Range<u64>) -> Parsed<&[u8]> {
        let size = self.size();
        if range.is_empty() || range.end > size {
            return Err(Flaw::Malformed);
        }
        let start = range.start - range.start % BLOCK as u64;
        if start != self.start || self.block.is_empty() {
            let length = usize::try_from(size - start).unwrap_or(BLOCK).min(BLOCK);
            self.block.resize(length, 0);
            self.file.read_at(start, &mut self.block)?;
            self.start = start;
        }
        let part = |offset: u64| usize::try_from(offset - start).map_err(io::Error::other);
        let (from, to) = (part(range.start)?, part(range.end)?);
        Ok(&self.block[from..to.min(self.block.len())])
    }
}

/// What to overwrite.
#[derive(Default)]
pub(super) struct Edits {
    patches: Vec<Patch>,
    written: usize,
}

impl Edits {
    pub fn into_patches(self) -> Vec<Patch> {
        self.patches
    }

    /// Overwrites bytes, unless they are the same.
    pub fn write(&mut self, source: &mut Source<'_>, offset: u64, bytes: &[u8]) -> Parsed<()> {
        let mut rest = bytes;
        let mut at = offset;
        while !rest.is_empty() {
            let present = source.some(at..at + rest.len() as u64)?;
            let (piece, later) = rest.split_at(present.len());
            if present != piece {
                self.push(at, piece)?;
            }
            at += piece.len() as u64;
            rest = later;
        }
        Ok(())
    }

    /// Overwrites a range with zeros.
    pub fn clear(&mut self, source: &mut Source<'_>, range: Range<u64>) -> Parsed<()> {
        let mut at = range.start;
        while at < range.end {
            let present = source.some(at..range.end)?;
            let length = present.len();
            if present.iter().any(|&byte| byte != 0) {
                self.push(at, &ZEROS[..length])?;
            }
            at += length as u64;
        }
        Ok(())
    }

    /// Adds bytes of one block to what is to be written at once.
    fn push(&mut self, offset: u64, bytes: &[u8]) -> Parsed<()> {
        if let Some(last) = self.patches.last_mut()
            && last.offset + last.bytes.len() as u64 == offset
            && !offset.is_multiple_of(BLOCK as u64)
        {
            self.written += bytes.len();
            last.bytes.to_mut().extend_from_slice(bytes);
        } else {
            let bytes = match ZEROS.get(..bytes.len()) {
                Some(zeros) if zeros == bytes => Cow::Borrowed(zeros),
                _ => Cow::Owned(bytes.to_vec()),
            };
            if let Cow::Owned(bytes) = &bytes {
                self.written += bytes.len();
            }
            self.patches.push(Patch { offset, bytes });
        }
        if self.written > MAX_WRITTEN {
            return Err(Flaw::Malformed);
        }
        Ok(())
    }
}
