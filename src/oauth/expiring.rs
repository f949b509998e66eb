//! A map whose entries expire: bounded in number and in time.

use std::{collections::HashMap, time::Duration};

use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

/// How long an entry can be used.
const LIFETIME: Duration = Duration::from_mins(10);
/// The most entries. Beyond that the oldest is evicted.
const CAPACITY: usize = 1_000;

/// The SHA-256 of a secret. The map holds no secrets, so that a memory dump doesn’t show any, and the time that a lookup
/// takes says nothing about the secret.
pub type Digest = [u8; 32];

pub fn digest(secret: &str) -> Digest {
    Sha256::digest(secret).into()
}

/// Values, keyed by the digest of a secret.
pub struct ExpiringMap<T>(Mutex<HashMap<Digest, Entry<T>>>);

struct Entry<T> {
    value: T,
    inserted: Instant,
}

impl<T> Entry<T> {
    fn is_expired(&self) -> bool {
        self.inserted.elapsed() >= LIFETIME
    }
}

impl<T> Default for ExpiringMap<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> ExpiringMap<T> {
    /// Inserts a value, replacing one with the same secret.
    pub fn insert(&self, secret: &str, value: T) {
        let mut entries = self.0.lock();
        if entries.len() >= CAPACITY {
            let oldest = entries.iter().min_by_key(|(_, entry)| entry.inserted);
            if let Some(oldest) = oldest.map(|(key, _)| *key) {
                entries.remove(&oldest);
            }
        }
        let inserted = Instant::now();
        entries.insert(digest(secret), Entry { value, inserted });
    }

    /// Removes and returns the value of `secret`, so that it can be used only once.
    pub fn remove(&self, secret: &str) -> Option<T> {
        let entry = self.0.lock().remove(&digest(secret))?;
        (!entry.is_expired()).then_some(entry.value)
    }

    /// Drops the entries that have expired.
    pub fn remove_expired(&self) {
        self.0.lock().retain(|_, entry| !entry.is_expired());
    }
}

impl<T: Clone> ExpiringMap<T> {
    /// The value of `secret`.
    pub fn get(&self, secret: &str) -> Option<T> {
        let entries = self.0.lock();
        let entry = entries.get(&digest(secret))?;
        (!entry.is_expired()).then(|| entry.value.clone())
    }
}
