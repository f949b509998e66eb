//! Who is listening right now: one broadcast channel for each receiver with a stream open, in a map
//! by receiver, so that a message costs its receivers and not every stream. Only the writer
//! publishes, after its commit and in id order. What passes without being kept (who types, who is
//! there) goes the same way, and whoever isn't listening has missed nothing.
//!
//! A channel is short. A stream that falls behind is told so (`Lagged`) and reads the database
//! instead, so nothing here grows with a slow reader.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::broadcast;

use crate::model::{Change, Event, EventId, Member, SessionId, UserId};

/// A delivery, and for whom it is.
#[derive(Clone, Debug)]
struct Addressed {
    receiver: UserId,
    delivery: Delivery,
}

/// What a stream is handed.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// An event to pass on, and its place in the sequence.
    Event(EventId, Arc<Event>),
    /// An event that is kept nowhere: it is delivered now or never.
    Ephemeral(Arc<Event>),
    /// This session was revoked: its streams end.
    SessionEnded(SessionId),
}

/// What reaches the streams of one receiver.
#[derive(Debug)]
struct Channel {
    sender: broadcast::Sender<Addressed>,
    /// Counted under the lock; the sender's own count still has streams that are just ending.
    streams: usize,
}

impl Channel {
    fn send(&self, receiver: UserId, delivery: Delivery) {
        // An error means that the last stream has just gone.
        let _ = self.sender.send(Addressed { receiver, delivery });
    }
}

#[derive(Debug, Default)]
struct Receivers {
    channels: HashMap<UserId, Channel>,
    closed: bool,
}

/// The channels of everybody who is connected.
#[derive(Debug)]
pub struct Bus {
    /// Deliveries that one channel holds before its slowest stream has to read the database.
    capacity: usize,
    receivers: Mutex<Receivers>,
}

impl Bus {
    /// A bus whose channels hold `capacity` deliveries each.
    #[must_use]
    pub fn new(capacity: usize) -> Arc<Self> {
        Arc::new(Self {
            capacity,
            receivers: Mutex::default(),
        })
    }

    /// Listens to what is published for `user` from now on.
    #[must_use]
    pub fn subscribe(self: &Arc<Self>, user: UserId) -> Subscription {
        let mut receivers = self.receivers();
        let deliveries = if receivers.closed {
            broadcast::Sender::new(1).subscribe()
        } else {
            let channel = receivers.channels.entry(user).or_insert_with(|| Channel {
                sender: broadcast::Sender::new(self.capacity),
                streams: 0,
            });
            channel.streams += 1;
            channel.sender.subscribe()
        };
        Subscription {
            bus: Arc::clone(self),
            user,
            deliveries,
        }
    }

    /// Ends all streams, those that are still to come as well: each has what was published before,
    /// and then finds that its channel is closed. That costs a stream nothing as long as it lives,
    /// where waiting for a sign of the end beside each delivery would.
    pub fn close(&self) {
        let mut receivers = self.receivers();
        receivers.closed = true;
        receivers.channels.clear();
    }

    /// Tells the streams of `members` of a change; a text that is the same for several is made once
    /// and shared.
    pub fn publish(&self, id: EventId, members: &[Member], change: &Change) {
        let connected = &self.receivers().channels;
        let mut for_others: Option<Arc<Event>> = None;
        for member in members {
            let Some(channel) = connected.get(&member.user) else {
                continue;
            };
            if !change.is_for(member) {
                continue;
            }
            let event = if change.is_shared_with(member.user) {
                Arc::clone(for_others.get_or_insert_with(|| Arc::new(change.for_member(member))))
            } else {
                Arc::new(change.for_member(member))
            };
            channel.send(member.user, Delivery::Event(id, event));
        }
    }

    /// Sends the streams of `receivers` something that isn't kept.
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
        // No code panics while it holds the lock, and a map of channels can't be left half changed.
        self.receivers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// One stream's place on the bus; its channel goes when the last of a receiver's streams does.
#[derive(Debug)]
pub struct Subscription {
    bus: Arc<Bus>,
    user: UserId,
    deliveries: broadcast::Receiver<Addressed>,
}

impl Subscription {
    /// Whether the bus has been closed; there may be something left to take.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.deliveries.is_closed()
    }

    /// The next delivery for this receiver. A call that is dropped half-way loses nothing.
    ///
    /// # Errors
    /// `Lagged` when the channel has overwritten deliveries that this stream hadn't taken yet, `Closed`
    /// when the bus was closed and there is nothing left.
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
            channel.get_mut().streams -= 1;
            if channel.get().streams == 0 {
                channel.remove();
            }
        }
    }
}
