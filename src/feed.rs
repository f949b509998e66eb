//! One stream of events for one caller, without a gap and without a double, whatever transport
//! encodes it.
//!
//! A feed listens on the bus first, then reads what it missed from the database, then passes on
//! what it hears, and drops what it has had. That is gap-free, because the writer publishes after
//! its commit: what a read doesn't show is still to be heard. A feed that falls behind its channel
//! reads the database again. It holds one page of events at most, and takes the next only when its
//! transport asks for it, so a slow reader costs no memory.

use std::{collections::VecDeque, fmt, str::FromStr, sync::Arc};

use tokio::sync::broadcast::error::RecvError;

use crate::{
    bus::{Bus, Delivery, Subscription},
    error::{Error, Result},
    metrics::{GaugeGuard, Metrics, Transport},
    model::{CaughtUp, Event, EventId, Hello, Reset},
    presence::{Presence, PresenceGuard},
    store::{Backlog, Session, Store},
};

/// Seconds of silence after which a transport shows that it is alive.
pub const HEARTBEAT: u64 = 15;
/// What a client whose cursor means nothing here is told.
pub const RESET: &str = "This place in the stream isn’t known here; load everything anew";
/// Events that are read from the database at a time.
const PAGE: usize = 64;

/// A place in one database's sequence; opaque to clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    epoch: i64,
    id: EventId,
}

impl Cursor {
    /// A place in no database's history: whoever comes back with it is told to load everything anew.
    const NOWHERE: Self = Self {
        epoch: 0,
        id: EventId(0),
    };
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}-{}", self.epoch, self.id)
    }
}

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let (epoch, id) = text.split_once('-').ok_or(NotACursor)?;
        let epoch = i64::from_str_radix(epoch, 16).map_err(|_| NotACursor)?;
        // 0 is before the first event, and no id.
        let id = if id == "0" {
            EventId(0)
        } else {
            id.parse().map_err(|_| NotACursor)?
        };
        let cursor = Self { epoch, id };
        // Nobody was ever told the same numbers in another spelling.
        (cursor.to_string() == text)
            .then_some(cursor)
            .ok_or(NotACursor)
    }
}

/// The text isn't a cursor that this program gives out.
#[derive(Debug, thiserror::Error)]
#[error("not a cursor")]
pub struct NotACursor;

/// An event on its way to one client.
#[derive(Debug)]
pub struct FeedEvent {
    /// Where the client goes on from behind it; what only passes by has no place.
    pub cursor: Option<Cursor>,
    pub event: Arc<Event>,
}

/// One caller's stream.
pub struct Feed {
    store: Store,
    metrics: Arc<Metrics>,
    session: Arc<Session>,
    live: Subscription,
    /// As long as it is open, its user is online.
    _online: PresenceGuard,
    /// As long as it is open, it is counted.
    _counted: GaugeGuard,
    greeted: bool,
    phase: Phase,
    /// Everything up to here has been passed on.
    last_sent: EventId,
}

enum Phase {
    /// The client's cursor means nothing here, and it has to be told.
    Reset,
    /// Reading from the database.
    Replay(Replay),
    /// Passing on what the bus brings.
    Live,
}

#[derive(Default)]
struct Replay {
    events: VecDeque<(EventId, Event)>,
    /// Set once the last page has been read.
    end: Option<EventId>,
    /// Whether the client is told when it is done; it isn't, where a lag inside the server made it
    /// necessary.
    announced: bool,
}

impl Feed {
    /// Starts a stream: from `cursor` on, or without one from now on. It ends when the session or
    /// the bus does.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] where the session has ended meanwhile.
    pub async fn open(
        store: &Store,
        bus: &Arc<Bus>,
        presence: &Arc<Presence>,
        metrics: &Arc<Metrics>,
        session: Arc<Session>,
        cursor: Option<&str>,
        transport: Transport,
    ) -> Result<Self> {
        // Before anything is read: what is committed after the read is heard.
        let live = bus.subscribe(session.user.id);
        let position = store.position(session.id).await?;
        let known = |cursor: &Cursor| cursor.epoch == store.epoch() && cursor.id <= position;
        let (last_sent, phase) = match cursor.map(|text| text.parse().ok().filter(known)) {
            None => (position, Phase::Live),
            Some(Some(cursor)) => (
                cursor.id,
                Phase::Replay(Replay {
                    announced: true,
                    ..Replay::default()
                }),
            ),
            Some(None) => (position, Phase::Reset),
        };
        Ok(Self {
            store: store.clone(),
            metrics: Arc::clone(metrics),
            _online: presence.enter(session.user.id),
            _counted: metrics.stream(transport),
            session,
            live,
            greeted: false,
            phase,
            last_sent,
        })
    }

    /// Whether the client's cursor means nothing here, and it hasn't been told yet.
    #[must_use]
    pub fn needs_reset(&self) -> bool {
        matches!(self.phase, Phase::Reset)
    }

    /// The next event. Not taking it holds the stream back and nothing else, and a call that is
    /// dropped half-way loses nothing.
    ///
    /// # Errors
    /// Why the stream has ended: [`Error::Unauthorized`] with its session, [`Error::Stopping`] with
    /// the server.
    pub async fn next(&mut self) -> Result<FeedEvent> {
        let event = self.advance().await?;
        self.metrics.delivered.inc();
        Ok(event)
    }

    /// Between two awaits, `phase` and `last_sent` agree with what the client has had: so a dropped
    /// call can be made again.
    async fn advance(&mut self) -> Result<FeedEvent> {
        if !self.greeted {
            self.greeted = true;
            return Ok(self.with_cursor(self.hello()));
        }
        loop {
            match &mut self.phase {
                Phase::Reset => {
                    self.phase = Phase::Live;
                    return Ok(self.with_cursor(Self::reset()));
                }
                Phase::Replay(replay) => {
                    if let Some((id, event)) = replay.events.pop_front() {
                        self.last_sent = id;
                        return Ok(self.with_cursor(event));
                    }
                    if let Some(end) = replay.end {
                        let announced = replay.announced;
                        self.last_sent = self.last_sent.max(end);
                        self.phase = Phase::Live;
                        if announced {
                            return Ok(self.with_cursor(self.caught_up()));
                        }
                        continue;
                    }
                    if self.session.has_expired() {
                        return Err(Error::Unauthorized);
                    }
                    if self.live.is_closed() {
                        return Err(Error::Stopping);
                    }
                    let (session, caller) = (self.session.id, self.session.user.id);
                    let backlog = self.store.backlog(session, caller, self.last_sent, PAGE);
                    // Boxed, because what a stream waits for most of the time is something else.
                    let Backlog { events, end } = Box::pin(backlog).await?;
                    self.metrics.replayed.inc_by(events.len() as u64);
                    replay.events = events.into();
                    replay.end = end;
                }
                Phase::Live => match self.live.next().await {
                    Ok(Delivery::Event(..) | Delivery::Ephemeral(_))
                        if self.session.has_expired() =>
                    {
                        return Err(Error::Unauthorized);
                    }
                    Ok(Delivery::Event(id, event)) if id > self.last_sent => {
                        self.last_sent = id;
                        return Ok(self.with_cursor(event));
                    }
                    Ok(Delivery::Ephemeral(event)) => {
                        return Ok(FeedEvent {
                            cursor: None,
                            event,
                        });
                    }
                    Ok(Delivery::SessionEnded(session)) if session == self.session.id => {
                        return Err(Error::Unauthorized);
                    }
                    Ok(Delivery::Event(..) | Delivery::SessionEnded(_)) => {}
                    Err(RecvError::Lagged(_)) => {
                        self.metrics.lagged.inc();
                        self.phase = Phase::Replay(Replay::default());
                    }
                    Err(RecvError::Closed) => return Err(Error::Stopping),
                },
            }
        }
    }

    /// Where the client goes on from after what it has had. Until it has had the `reset` that it
    /// needs, that is nowhere: a connection that ends in between must lead to another `reset`.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        match self.phase {
            Phase::Reset => Cursor::NOWHERE,
            Phase::Replay(_) | Phase::Live => Cursor {
                epoch: self.store.epoch(),
                id: self.last_sent,
            },
        }
    }

    /// An event at the place that the feed has come to.
    fn with_cursor(&self, event: impl Into<Arc<Event>>) -> FeedEvent {
        FeedEvent {
            cursor: Some(self.cursor()),
            event: event.into(),
        }
    }

    fn hello(&self) -> Event {
        let hello = Hello {
            cursor: self.cursor().to_string(),
            user: &self.session.user,
            heartbeat: HEARTBEAT,
        };
        Event::new("hello", &hello)
    }

    fn caught_up(&self) -> Event {
        Event::new(
            "caught_up",
            &CaughtUp {
                cursor: self.cursor().to_string(),
            },
        )
    }

    fn reset() -> Event {
        Event::new("reset", &Reset { reason: RESET })
    }
}
