//! A map whose entries expire: bounded in time, and in number for each network, so that one network evicts only its own.

use std::{collections::HashMap, net::IpAddr, time::Duration};

use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use crate::throttle::network;

/// The most entries of a network. Beyond that its oldest is evicted. At the pace of the throttle, an address has so many
/// after four minutes at the earliest: even those of a school have the time to sign in.
const NETWORK_CAPACITY: usize = 100;
/// The most entries of all networks, which take some 5 MiB. Beyond that the network with the most loses its oldest. One
/// IPv6 /48 doesn’t come to so many within the lifetime, as the throttle counts it as a whole.
const CAPACITY: usize = 4_000;

/// The SHA-256 of a secret. The map holds no secrets, so that a memory dump doesn’t show any, and the time that a lookup
/// takes says nothing about the secret.
pub type Digest = [u8; 32];

pub fn digest(secret: &str) -> Digest {
    Sha256::digest(secret).into()
}

/// Values, keyed by the digest of a secret, that can be used for so many minutes.
pub struct ExpiringMap<T, const MINUTES: u64>(Mutex<HashMap<Digest, Entry<T, MINUTES>>>);

struct Entry<T, const MINUTES: u64> {
    value: T,
    network: IpAddr,
    inserted: Instant,
}

impl<T, const MINUTES: u64> Entry<T, MINUTES> {
    fn is_expired(&self) -> bool {
        self.inserted.elapsed() >= Duration::from_mins(MINUTES)
    }
}

impl<T, const MINUTES: u64> Default for ExpiringMap<T, MINUTES> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T, const MINUTES: u64> ExpiringMap<T, MINUTES> {
    /// Inserts a value for somebody at `address`, replacing one with the same secret.
    pub fn insert(&self, address: IpAddr, secret: &str, value: T) {
        let (key, network) = (digest(secret), network(address));
        let mut entries = self.0.lock();
        entries.remove(&key);
        make_room(&mut entries, network);
        let inserted = Instant::now();
        let entry = Entry {
            value,
            network,
            inserted,
        };
        entries.insert(key, entry);
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

/// Evicts an entry if there is no room for another one of `network`.
fn make_room<T, const MINUTES: u64>(
    entries: &mut HashMap<Digest, Entry<T, MINUTES>>,
    network: IpAddr,
) {
    let mut counts = HashMap::<IpAddr, usize>::new();
    for entry in entries.values() {
        *counts.entry(entry.network).or_default() += 1;
    }
    let has_room = counts
        .get(&network)
        .is_none_or(|&own| own < NETWORK_CAPACITY);
    if has_room && entries.len() < CAPACITY {
        return;
    }
    let most = counts.values().max();
    let is_evictable = |entry: &Entry<T, MINUTES>| {
        if has_room {
            counts.get(&entry.network) == most
        } else {
            entry.network == network
        }
    };
    let oldest = entries
        .iter()
        .filter(|(_, entry)| is_evictable(entry))
        .min_by_key(|(_, entry)| entry.inserted);
    if let Some(oldest) = oldest.map(|(key, _)| *key) {
        entries.remove(&oldest);
    }
}

impl<T: Clone, const MINUTES: u64> ExpiringMap<T, MINUTES> {
    /// The value of `secret`.
    pub fn get(&self, secret: &str) -> Option<T> {
        let entries = self.0.lock();
        let entry = entries.get(&digest(secret))?;
        (!entry.is_expired()).then(|| entry.value.clone())
    }
}
