//! The places for connections: how many there may be in all, and from each network, and which of them goes when another one
//! needs its place. That is the one that has waited the longest for its client, so nobody can take all places by sending
//! nothing, or half of something.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    net::IpAddr,
    sync::Arc,
};

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::throttle::network;

/// A network may have this part of all places, so that it takes several to take all of them.
const NETWORK_PART: usize = 4;
/// The most places of a network, however many there are: those of a school behind one address.
const NETWORK_MOST: usize = 1_000;

/// Who is waited for. Those that come first here go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum WaitingFor {
    /// Somebody who hasn’t signed in, or hasn’t sent a request yet.
    Stranger,
    /// A user.
    User,
}

/// All places.
#[derive(Debug)]
pub struct Places {
    most: usize,
    of_network: usize,
    taken: Mutex<Taken>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct Taken {
    count: usize,
    networks: HashMap<IpAddr, usize>,
    /// Connections that wait for their client, the first to go first.
    waiting: BTreeMap<(WaitingFor, u64), CancellationToken>,
    next: u64,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPlace {
    /// The network has as many as one may have.
    OfNetwork,
    /// All are taken, by connections that do something.
    AtAll,
}

/// The place of one connection, which is free again when this is dropped.
#[derive(Debug)]
pub struct Place {
    places: Arc<Places>,
    /// None if its network may have as many as it likes.
    network: Option<IpAddr>,
    /// Cancelled when the connection has to go.
    gone: CancellationToken,
    waits_as: Mutex<Option<(WaitingFor, u64)>>,
}

impl Places {
    #[must_use]
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            of_network: (most / NETWORK_PART).clamp(1, NETWORK_MOST),
            taken: Mutex::default(),
            freed: Notify::new(),
        })
    }

    /// A place for a connection from `peer`, which has sent nothing yet. If `is_proxy`, its network may have as many places
    /// as it likes.
    ///
    /// # Errors
    /// See [`NoPlace`]. If all places are taken but one of them can be had, it is [`NoPlace::AtAll`] until then.
    pub fn take(self: &Arc<Self>, peer: IpAddr, is_proxy: bool) -> Result<Arc<Place>, NoPlace> {
        let is_own = peer.to_canonical().is_loopback();
        let network = (!is_own && !is_proxy).then(|| network(peer));
        let mut taken = self.taken.lock();
        if let Some(network) = network
            && taken.networks.get(&network).copied().unwrap_or(0) >= self.of_network
        {
            return Err(NoPlace::OfNetwork);
        }
        if taken.count >= self.most {
            if let Some((_, oldest)) = taken.waiting.pop_first() {
                oldest.cancel();
            }
            return Err(NoPlace::AtAll);
        }
        taken.count += 1;
        if let Some(network) = network {
            *taken.networks.entry(network).or_default() += 1;
        }
        drop(taken);
        let place = Arc::new(Place {
            places: Arc::clone(self),
            network,
            gone: CancellationToken::new(),
            waits_as: Mutex::default(),
        });
        place.wait();
        Ok(place)
    }

    /// Waits until a place may be free.
    pub async fn freed(&self) {
        self.freed.notified().await;
    }
}

impl Place {
    /// The connection waits for something that its client has yet to send.
    pub fn wait(&self) {
        self.set(Some(WaitingFor::Stranger));
    }

    /// The client has signed in.
    pub fn is_known(&self) {
        if self.waits_as.lock().is_some() {
            self.set(Some(WaitingFor::User));
        }
    }

    /// The client has sent what was waited for.
    pub fn settle(&self) {
        self.set(None);
    }

    /// Waits until the connection has to go.
    pub async fn gone(&self) {
        self.gone.cancelled().await;
    }

    fn set(&self, waits_for: Option<WaitingFor>) {
        let mut waits_as = self.waits_as.lock();
        if waits_for.is_none() && waits_as.is_none() {
            return;
        }
        let mut taken = self.places.taken.lock();
        if let Some(before) = waits_as.take() {
            taken.waiting.remove(&before);
        }
        if let Some(waits_for) = waits_for {
            let key = (waits_for, taken.next);
            taken.next += 1;
            taken.waiting.insert(key, self.gone.clone());
            *waits_as = Some(key);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.settle();
        let mut taken = self.places.taken.lock();
        taken.count -= 1;
        if let Some(network) = self.network
            && let Entry::Occupied(mut count) = taken.networks.entry(network)
        {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
        drop(taken);
        self.places.freed.notify_one();
    }
}

#[cfg(test)]
#[allow(
    clippy::expect_used,
    reason = "a test that meets the unexpected has failed"
)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_network_has_a_part_of_the_places() {
        let places = Places::new(8);
        let first = places.take(ip("2001:db8::1"), false).expect("a place");
        let _second = places.take(ip("2001:db8::ff:2"), false).expect("a place");
        let refused = places.take(ip("2001:db8::3"), false);
        assert_eq!(refused.err(), Some(NoPlace::OfNetwork));
        let _neighbour = places.take(ip("2001:db8:0:1::1"), false).expect("a place");
        drop(first);
        places.take(ip("2001:db8::3"), false).expect("a place");
    }

    #[test]
    fn this_machine_and_proxies_have_as_many_as_they_like() {
        let places = Places::new(8);
        let of = |peer, is_proxy| (0..4).map(move |_| (ip(peer), is_proxy));
        let taken: Vec<_> = of("127.0.0.1", false)
            .chain(of("203.0.113.7", true))
            .map(|(peer, is_proxy)| places.take(peer, is_proxy).expect("a place"))
            .collect();
        assert_eq!(taken.len(), 8);
    }

    #[test]
    fn who_has_been_waited_for_the_longest_goes_first_and_strangers_before_users() {
        let places = Places::new(4);
        let take = || places.take(ip("127.0.0.1"), false);
        let all: Vec<_> = (0..4).map(|_| take().expect("a place")).collect();
        all[0].settle();
        all[1].is_known();
        for gone in [2, 3, 1] {
            assert_eq!(take().err(), Some(NoPlace::AtAll));
            let are_gone = all.iter().map(|place| place.gone.is_cancelled());
            assert!(are_gone.clone().nth(gone).expect("a place"), "{gone}");
        }
        assert_eq!(take().err(), Some(NoPlace::AtAll));
        assert!(!all[0].gone.is_cancelled(), "it does something");
        drop(all);
        take().expect("a place");
    }
}
