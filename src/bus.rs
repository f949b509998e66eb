//! The streams that are open now: one broadcast channel for each user with an open stream, in a map by user, so that
//! the cost of a message depends on its receivers and not on the number of streams. Only the writer publishes stored
//! events, after its commit and in order of ids. Ephemeral events (typing, presence) go the same way and are not kept
//! for anybody.
//!
//! Channels are short. A stream that falls behind gets `Lagged` and reads the database instead, so slow readers don't
//! grow any queue.

use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::broadcast;

use crate::model::{Change, Event, EventId, Member, SessionId, UserId, Variant, limits::STREAMS};

/// A delivery and its receiver.
#[derive(Clone, Debug)]
struct Addressed {
    receiver: UserId,
    delivery: Delivery,
}

/// What a stream receives.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// An event and its place in the sequence.
    Event(EventId, Arc<Event>),
    /// An event that isn't stored and has no place in the sequence.
    Ephemeral(Arc<Event>),
    /// This session has ended. Its streams end too.
    SessionEnded(SessionId),
    /// The stream with this number ends, because its user has too many.
    Displaced(u64),
}

/// The channel of one user.
#[derive(Debug)]
struct Channel {
    sender: broadcast::Sender<Addressed>,
    /// The numbers of the streams, the oldest first.
    streams: VecDeque<u64>,
}

impl Channel {
    fn send(&self, receiver: UserId, delivery: Delivery) {
        // An error means that the last stream was just dropped.
        let _ = self.sender.send(Addressed { receiver, delivery });
    }
}

#[derive(Debug, Default)]
struct Receivers {
    channels: HashMap<UserId, Channel>,
    closed: bool,
    /// The number of the next stream.
    next: u64,
}

/// The channels of all connected users.
#[derive(Debug)]
pub struct Bus {
    /// Deliveries that a channel holds before its slowest stream has to read the database.
    capacity: usize,
    /// The most streams of one user.
    streams: usize,
    receivers: Mutex<Receivers>,
}

impl Bus {
    /// Creates a bus whose channels hold `capacity` deliveries each.
    #[must_use]
    pub fn new(capacity: usize) -> Arc<Self> {
        Self::with_streams(capacity, STREAMS)
    }

    /// Like [`new`](Self::new). When a user opens more than so many `streams`, the oldest of them ends.
    #[must_use]
    pub fn with_streams(capacity: usize, streams: usize) -> Arc<Self> {
        Arc::new(Self {
            capacity,
            streams,
            receivers: Mutex::default(),
        })
    }

    /// Subscribes to everything published for `user` from now on.
    #[must_use]
    pub fn subscribe(self: &Arc<Self>, user: UserId) -> Subscription {
        let mut receivers = self.receivers();
        let number = receivers.next;
        receivers.next += 1;
        let deliveries = if receivers.closed {
            broadcast::Sender::new(1).subscribe()
        } else {
            let channel = receivers.channels.entry(user).or_insert_with(|| Channel {
                sender: broadcast::Sender::new(self.capacity),
                streams: VecDeque::new(),
            });
            if channel.streams.len() >= self.streams
                && let Some(oldest) = channel.streams.pop_front()
            {
                channel.send(user, Delivery::Displaced(oldest));
            }
            channel.streams.push_back(number);
            channel.sender.subscribe()
        };
        Subscription {
            bus: Arc::clone(self),
            user,
            number,
            deliveries,
        }
    }

    /// Ends all streams, including new ones. Each receives what was published before and then finds its channel closed.
    /// This costs open streams nothing, unlike waiting for a shutdown signal beside each delivery.
    pub fn close(&self) {
        let mut receivers = self.receivers();
        receivers.closed = true;
        receivers.channels.clear();
    }

    /// Publishes a change to the streams of `members`. An event that is the same for several of them is created once
    /// and shared.
    pub fn publish(&self, id: EventId, members: &[Member], change: &Change) {
        let connected = &self.receivers().channels;
        let mut shared: HashMap<Variant, Arc<Event>> = HashMap::new();
        for member in members {
            let Some(channel) = connected.get(&member.user) else {
                continue;
            };
            if !change.is_for(member) {
                continue;
            }
            let own = || Arc::new(change.for_member(member));
            let event = match change.variant(member) {
                Some(variant) => Arc::clone(shared.entry(variant).or_insert_with(own)),
                None => own(),
            };
            channel.send(member.user, Delivery::Event(id, event));
        }
    }

    /// Sends an event that isn't stored to the streams of `receivers`.
    pub fn send_ephemeral(&self, receivers: &[UserId], event: Event) {
        let event = Arc::new(event);
        let connected = &self.receivers().channels;
        for &receiver in receivers {
            if let Some(channel) = connected.get(&receiver) {
                channel.send(receiver, Delivery::Ephemeral(Arc::clone(&event)));
            }
        }
    }

    /// Ends the streams of a session.
    pub fn end_session(&self, user: UserId, session: SessionId) {
        if let Some(channel) = self.receivers().channels.get(&user) {
            channel.send(user, Delivery::SessionEnded(session));
        }
    }

    fn receivers(&self) -> MutexGuard<'_, Receivers> {
        // No code panics while it holds the lock, and the map is consistent at all times.
        self.receivers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream's subscription. A user's channel is removed with their last subscription.
#[derive(Debug)]
pub struct Subscription {
    bus: Arc<Bus>,
    user: UserId,
    /// Among all streams.
    number: u64,
    deliveries: broadcast::Receiver<Addressed>,
}

impl Subscription {
    /// Whether the bus was closed. There may still be deliveries to receive.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.deliveries.is_closed()
    }

    /// Whether the user has opened so many other streams since that this one has to end. A stream that lags may have missed
    /// the delivery.
    #[must_use]
    pub fn is_displaced(&self) -> bool {
        let receivers = self.bus.receivers();
        let channel = receivers.channels.get(&self.user);
        !receivers.closed && channel.is_none_or(|channel| !channel.streams.contains(&self.number))
    }

    /// The number of the stream, as in [`Delivery::Displaced`].
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The next delivery. Cancel safe.
    ///
    /// # Errors
    /// `Lagged` if the channel has dropped deliveries that this stream hadn't received, `Closed` if the bus was closed
    /// and nothing is left.
    pub async fn next(&mut self) -> Result<Delivery, broadcast::error::RecvError> {
        loop {
            let addressed = self.deliveries.recv().await?;
            if addressed.receiver == self.user {
                return Ok(addressed.delivery);
            }
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut receivers = self.bus.receivers();
        if let Entry::Occupied(mut channel) = receivers.channels.entry(self.user) {
            channel
                .get_mut()
                .streams
                .retain(|number| *number != self.number);
            if channel.get().streams.is_empty() {
                channel.remove();
            }
        }
    }
}
