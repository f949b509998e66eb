//! Who is listening right now: one broadcast channel for each receiver with a stream open, in a map
//! by receiver, so that a message costs its receivers and not every stream. Only the writer
//! publishes, after its commit and in id order.
//!
//! A channel is short. A stream that falls behind is told so (`Lagged`) and reads the database
//! instead, so nothing here grows with a slow reader.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::broadcast;

use crate::model::{Change, Event, EventId, SessionId, UserId};

/// What a stream is handed: for whom, and what.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub receiver: UserId,
    pub signal: Signal,
}

/// What happened, as far as a stream is concerned.
#[derive(Clone, Debug)]
pub enum Signal {
    /// An event to pass on.
    Event(Arc<Event>),
    /// This session was revoked: its streams end.
    SessionEnded(SessionId),
}

type Receivers = HashMap<UserId, broadcast::Sender<Delivery>>;

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
        let sender = receivers
            .entry(user)
            .or_insert_with(|| broadcast::Sender::new(self.capacity));
        Subscription {
            bus: Arc::clone(self),
            user,
            deliveries: sender.subscribe(),
        }
    }

    /// Hands `change`, number `id` of the sequence, to the streams of `receivers`. It is turned
    /// into JSON only for those who are connected: once for its author, once for everybody
    /// else.
    pub fn publish(&self, id: EventId, receivers: &[UserId], change: &Change) {
        let connected = self.receivers();
        let mut for_others: Option<Arc<Event>> = None;
        for &receiver in receivers {
            let Some(sender) = connected.get(&receiver) else {
                continue;
            };
            let event = if change.is_shared_with(receiver) {
                Arc::clone(
                    for_others.get_or_insert_with(|| Arc::new(change.for_asker(id, receiver))),
                )
            } else {
                Arc::new(change.for_asker(id, receiver))
            };
            // An error means that the last stream has just gone.
            let _ = sender.send(Delivery {
                receiver,
                signal: Signal::Event(event),
            });
        }
    }

    /// Ends the streams of a session.
    pub fn end_session(&self, user: UserId, session: SessionId) {
        if let Some(sender) = self.receivers().get(&user) {
            let _ = sender.send(Delivery {
                receiver: user,
                signal: Signal::SessionEnded(session),
            });
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
    deliveries: broadcast::Receiver<Delivery>,
}

impl Subscription {
    /// The next signal for this receiver.
    ///
    /// # Errors
    /// `Lagged` when the channel has overwritten signals that this stream hadn't taken yet.
    pub async fn next(&mut self) -> Result<Signal, broadcast::error::RecvError> {
        loop {
            let delivery = self.deliveries.recv().await?;
            if delivery.receiver == self.user {
                return Ok(delivery.signal);
            }
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut receivers = self.bus.receivers();
        if receivers
            .get(&self.user)
            .is_some_and(|sender| sender.receiver_count() <= 1)
        {
            receivers.remove(&self.user);
        }
    }
}
