//! A map whose entries expire: bounded in time, and in number for each network, so that one network evicts only its own.

use std::{collections::HashMap, net::IpAddr, time::Duration};

use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use crate::throttle::around;

/// The most entries of an IPv4 address or an IPv6 /64, and of the /56 and the /48 around it, all of which one client may
/// have (RFC 6177). Beyond that its oldest is evicted. At the pace of the throttle, an address has a hundred after four
/// minutes at the earliest: even those of a school have the time to sign in.
const NETWORK_CAPACITIES: [(u8, usize); 3] = [(64, 100), (56, 200), (WIDEST, 400)];
const WIDEST: u8 = 48;
/// The most entries of all networks, which take some 5 MiB. Beyond that the IPv4 address or the /48 with the most loses its
/// oldest.
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
    address: IpAddr,
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
        let (key, address) = (digest(secret), address.to_canonical());
        let mut entries = self.0.lock();
        entries.remove(&key);
        make_room(&mut entries, address);
        let inserted = Instant::now();
        let entry = Entry {
            value,
            address,
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

/// Evicts an entry if there is no room for another one of `address`.
fn make_room<T, const MINUTES: u64>(
    entries: &mut HashMap<Digest, Entry<T, MINUTES>>,
    address: IpAddr,
) {
    for (prefix, capacity) in NETWORK_CAPACITIES {
        let network = around(address, prefix);
        let is_own = |entry: &Entry<T, MINUTES>| around(entry.address, prefix) == network;
        if entries.values().filter(|entry| is_own(entry)).count() >= capacity {
            return evict_oldest(entries, is_own);
        }
    }
    if entries.len() < CAPACITY {
        return;
    }
    let widest = |entry: &Entry<T, MINUTES>| around(entry.address, WIDEST);
    let mut counts = HashMap::<IpAddr, usize>::new();
    for entry in entries.values() {
        *counts.entry(widest(entry)).or_default() += 1;
    }
    let most = counts.values().max();
    evict_oldest(entries, |entry| counts.get(&widest(entry)) == most);
}

fn evict_oldest<T, const MINUTES: u64>(
    entries: &mut HashMap<Digest, Entry<T, MINUTES>>,
    is_evictable: impl Fn(&Entry<T, MINUTES>) -> bool,
) {
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

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    #[test]
    fn a_network_evicts_only_its_own_however_many_addresses_it_has() {
        let map = ExpiringMap::<(), 5>::default();
        let elsewhere = IpAddr::from([192, 0, 2, 1]);
        map.insert(elsewhere, "elsewhere", ());
        // Of a /48, another /64 each time: as many of them as fit into a /56 are beside each other.
        for (number, secret) in (0..4_200_u16).map(|number| (number, number.to_string())) {
            let address = Ipv6Addr::new(0x2001, 0xdb8, 7, number, 0, 0, 0, 1);
            map.insert(address.into(), &secret, ());
        }
        assert!(map.get("elsewhere").is_some());
        let left = (0..4_200).filter(|number| map.get(&number.to_string()).is_some());
        assert_eq!(left.count(), 400);
        // IPv4 has no wider networks, and an address of it may be written as one of IPv6.
        let own = Ipv4Addr::new(192, 0, 2, 2);
        for (number, secret) in (0..150).map(|number| (number, format!("own-{number}"))) {
            let address = if number % 2 == 0 {
                own.into()
            } else {
                own.to_ipv6_mapped().into()
            };
            map.insert(address, &secret, ());
        }
        let left = (0..150).filter(|number| map.get(&format!("own-{number}")).is_some());
        assert_eq!(left.count(), 100);
        assert!(map.get("elsewhere").is_some());
    }
}
