//! A small place for what is needed for a few minutes: bounded in number and in time.

use std::{collections::HashMap, time::Duration};

use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

/// How long things are kept.
const TIME: Duration = Duration::from_mins(10);
/// How many are kept; beyond that the oldest goes.
const MOST: usize = 1_000;

/// What a secret is kept as: whoever reads the memory or measures a comparison doesn’t learn it.
pub type Digest = [u8; 32];

pub fn digest(secret: &str) -> Digest {
    Sha256::digest(secret).into()
}

/// Things by the digest of the secret that opens them.
pub struct Shelf<T>(Mutex<HashMap<Digest, Kept<T>>>);

struct Kept<T> {
    thing: T,
    since: Instant,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Shelf<T> {
    /// Keeps `thing`, in place of what the same secret opened before.
    pub fn put(&self, secret: &str, thing: T) {
        let since = Instant::now();
        let mut things = self.0.lock();
        things.retain(|_, kept| kept.since + TIME > since);
        if things.len() >= MOST {
            let oldest = things.iter().min_by_key(|(_, kept)| kept.since);
            if let Some(oldest) = oldest.map(|(key, _)| *key) {
                things.remove(&oldest);
            }
        }
        things.insert(digest(secret), Kept { thing, since });
    }

    /// Takes out what `secret` opens: the second to come gets nothing.
    pub fn take(&self, secret: &str) -> Option<T> {
        let kept = self.0.lock().remove(&digest(secret))?;
        (kept.since.elapsed() < TIME).then_some(kept.thing)
    }
}

impl<T: Clone> Shelf<T> {
    /// Looks at what `secret` opens.
    pub fn peek(&self, secret: &str) -> Option<T> {
        let things = self.0.lock();
        let kept = things.get(&digest(secret))?;
        (kept.since.elapsed() < TIME).then(|| kept.thing.clone())
    }
}
