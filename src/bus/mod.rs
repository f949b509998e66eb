//! The streams that are open now: one broadcast channel for each user with an open stream, in a map by user, so that
//! the cost of a message depends on its receivers and not on the number of streams. Only the writer publishes stored
//! events, after its commit and in order of ids. Ephemeral events (typing, presence) go the same way and are not kept
//! for anybody.
//!
//! Channels are short. A stream that falls behind gets `Lagged` and reads what was published last, which is kept once for
//! all, and the database if that doesn’t reach back far enough. So slow readers don't grow any queue.

mod recent;

use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use parking_lot::RwLock;
use tokio::sync::broadcast::{
    self,
    error::{RecvError, TryRecvError},
};

use self::recent::{Published, Recent};
use crate::model::{Backlog, Change, Event, EventId, Member, SessionId, UserId, limits::STREAMS};

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

/// A change to be published.
#[derive(Debug)]
pub struct Publication {
    pub id: EventId,
    /// Ordered by user id.
    pub members: Arc<[Member]>,
    pub change: Change,
}

/// How much a bus holds.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// Deliveries in the channel of a user, before its slowest stream lags.
    pub channel: usize,
    /// Bytes of what was published last, for streams that lag.
    pub recent: usize,
}

impl Default for Capacity {
    /// Some thousand messages of a few lines.
    fn default() -> Self {
        Self {
            channel: 8,
            recent: 8 * 1024 * 1024,
        }
    }
}

/// Why a stream has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The bus was closed.
    Closed,
    /// Its session has ended.
    SessionEnded,
    /// Its user has opened too many others since.
    Displaced,
}

/// The channel of one user.
#[derive(Debug)]
struct Channel {
    sender: broadcast::Sender<Addressed>,
    /// The oldest first.
    streams: VecDeque<Stream>,
}

#[derive(Debug)]
struct Stream {
    number: u64,
    session: SessionId,
    /// Whether the session has ended.
    has_ended: bool,
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
    /// Deliveries that a channel holds before its slowest stream lags.
    channel: usize,
    /// The most streams of one user.
    streams: usize,
    receivers: Mutex<Receivers>,
    recent: RwLock<Recent>,
}

impl Bus {
    #[must_use]
    pub fn new(capacity: Capacity) -> Arc<Self> {
        Self::with_streams(capacity, STREAMS)
    }

    /// Like [`new`](Self::new). When a user opens more than so many `streams`, the oldest of them ends.
    #[must_use]
    pub fn with_streams(capacity: Capacity, streams: usize) -> Arc<Self> {
        Arc::new(Self {
            channel: capacity.channel,
            streams,
            receivers: Mutex::default(),
            recent: RwLock::new(Recent::new(capacity.recent)),
        })
    }

    /// Subscribes a stream of a `session` to everything published for its `user` from now on.
    #[must_use]
    pub fn subscribe(self: &Arc<Self>, user: UserId, session: SessionId) -> Subscription {
        let mut receivers = self.receivers();
        let number = receivers.next;
        receivers.next += 1;
        let deliveries = if receivers.closed {
            broadcast::Sender::new(1).subscribe()
        } else {
            let channel = receivers.channels.entry(user).or_insert_with(|| Channel {
                sender: broadcast::Sender::new(self.channel),
                streams: VecDeque::new(),
            });
            if channel.streams.len() >= self.streams
                && let Some(oldest) = channel.streams.pop_front()
            {
                channel.send(user, Delivery::Displaced(oldest.number));
            }
            channel.streams.push_back(Stream {
                number,
                session,
                has_ended: false,
            });
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

    /// Publishes changes in this order. Those of one conversation that come after each other go to the streams of one
    /// member after the other, so that a stream finds all of them when it wakes, and sends them by one write.
    pub fn publish(&self, publications: Vec<Publication>) {
        let mut rest = publications.into_iter().map(Published::from).peekable();
        while let Some(first) = rest.next() {
            let members = Arc::clone(&first.members);
            let mut together = vec![first];
            // No more than a channel holds: what a stream misses there, it has to find in what was published before.
            while together.len() < self.channel
                && let Some(next) = rest.next_if(|next| Arc::ptr_eq(&next.members, &members))
            {
                together.push(next);
            }
            self.publish_together(&members, together);
        }
    }

    /// Publishes changes that are for the same members.
    fn publish_together(&self, members: &[Member], mut together: Vec<Published>) {
        let receivers = self.receivers();
        for member in members {
            let Some(channel) = receivers.channels.get(&member.user) else {
                continue;
            };
            for published in &mut together {
                if let Some(event) = published.create_event(member) {
                    channel.send(member.user, Delivery::Event(published.id, event));
                }
            }
        }
        // While no other delivery can push these out of a channel.
        let mut recent = self.recent.write();
        for published in together {
            // Where nobody received it, nobody can lack it: a stream that isn’t there yet finds it in the database.
            if published.bytes > 0 {
                recent.push(published);
            }
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
        if let Some(channel) = self.receivers().channels.get_mut(&user) {
            for stream in &mut channel.streams {
                stream.has_ended |= stream.session == session;
            }
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
    /// Why the stream has to end, if it has to. A stream that lags may have missed the delivery.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        let receivers = self.bus.receivers();
        if receivers.closed {
            return Some(End::Closed);
        }
        let channel = receivers.channels.get(&self.user);
        let mut streams = channel.into_iter().flat_map(|channel| &channel.streams);
        match streams.find(|stream| stream.number == self.number) {
            None => Some(End::Displaced),
            Some(stream) => stream.has_ended.then_some(End::SessionEnded),
        }
    }

    /// Up to `limit` events after `after`, in order. None if some of them are kept by the database alone.
    #[must_use]
    pub fn recent(&self, after: EventId, limit: usize) -> Option<Backlog> {
        self.bus.recent.read().after(after, self.user, limit)
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
    pub async fn next(&mut self) -> Result<Delivery, RecvError> {
        loop {
            let addressed = self.deliveries.recv().await?;
            if addressed.receiver == self.user {
                return Ok(addressed.delivery);
            }
        }
    }

    /// The next delivery, as far as there is one. Fails as [`next`](Self::next) does.
    pub fn try_next(&mut self) -> Option<Result<Delivery, RecvError>> {
        loop {
            return Some(match self.deliveries.try_recv() {
                Ok(addressed) if addressed.receiver == self.user => Ok(addressed.delivery),
                Ok(_) => continue,
                Err(TryRecvError::Empty) => return None,
                Err(TryRecvError::Closed) => Err(RecvError::Closed),
                Err(TryRecvError::Lagged(count)) => Err(RecvError::Lagged(count)),
            });
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
                .retain(|stream| stream.number != self.number);
            if channel.get().streams.is_empty() {
                channel.remove();
            }
        }
    }
}
