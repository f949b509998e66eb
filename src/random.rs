//! Random bytes: the operating system’s, except in a lab that was told to be the same in every run.

use std::{ops::Range, sync::OnceLock};

use parking_lot::Mutex;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// Set by a lab, and by nothing else.
static SEEDED: OnceLock<Mutex<Seeded>> = OnceLock::new();

/// Random bytes.
///
/// # Errors
/// [`Error::Internal`] if the system can’t provide any.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    if let Some(seeded) = SEEDED.get() {
        seeded.lock().fill(&mut bytes);
        return Ok(bytes);
    }
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "the system can’t provide random numbers");
        Error::Internal
    })?;
    Ok(bytes)
}

/// A number that keeps what many do at once apart. In a lab that was seeded it is always the same, so that it doesn’t depend on
/// how often one was asked for.
#[must_use]
pub fn spread(range: Range<u32>) -> u32 {
    if SEEDED.get().is_some() {
        return range.start;
    }
    let random = getrandom::u32().unwrap_or_default();
    range.start + random % (range.end - range.start)
}

/// From now on, all bytes of this process follow from these, and anybody can predict them. For labs alone.
pub fn seed(seeded: Seeded) {
    *SEEDED.get_or_init(|| Mutex::new(seeded)).lock() = seeded;
}

/// What the next bytes follow from, if they do.
#[must_use]
pub fn seeded() -> Option<Seeded> {
    SEEDED.get().map(|seeded| *seeded.lock())
}

/// SHA-256 of a seed and a counter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seeded {
    seed: u64,
    drawn: u64,
}

impl From<u64> for Seeded {
    fn from(seed: u64) -> Self {
        Self { seed, drawn: 0 }
    }
}

impl Seeded {
    /// The next bytes of this alone.
    pub fn draw<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        for block in bytes.chunks_mut(32) {
            let mut hash = Sha256::new();
            hash.update(self.seed.to_le_bytes());
            hash.update(self.drawn.to_le_bytes());
            self.drawn += 1;
            block.copy_from_slice(&hash.finalize()[..block.len()]);
        }
    }
}
