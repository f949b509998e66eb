//! One stream of events for one caller, without gaps or duplicates, for all transports.
//!
//! A feed first subscribes to the bus, then reads missed events from the database, then passes on live events, and
//! skips those that it has already sent. There are no gaps, because the writer publishes after its commit: what a read
//! doesn't contain is published later. A feed that lags behind its channel reads what the bus has published last, or the
//! database again. It holds at most one page of events and fetches the next only when its transport asks, so slow readers
//! use little memory.

use std::{collections::VecDeque, fmt, str::FromStr, sync::Arc};

use tokio::sync::broadcast::error::RecvError;

use crate::{
    bus::{Bus, Delivery, End, Subscription},
    error::{Error, Result},
    lab::streams::Watch,
    metrics::{GaugeGuard, Metrics, Transport},
    model::{Backlog, Bye, CaughtUp, Event, EventId, Hello, Reset},
    presence::{Presence, PresenceGuard},
    store::{Session, Store},
};

/// Seconds without events after which a transport sends a heartbeat.
pub const HEARTBEAT: u64 = 15;
/// The reason sent to a client with an unknown cursor.
pub const RESET: &str = "This place in the stream isn’t known here; load everything anew";
/// Seconds for which a client that was displaced shouldn’t connect again by itself: each time it does, another stream ends.
pub const DISPLACED_FOR: u64 = 300;
/// Events that are read from the database at once.
const PAGE: usize = 64;

/// A place in the sequence of one database. Opaque to clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    epoch: i64,
    id: EventId,
}

impl Cursor {
    /// A place in no database. A client that returns with it gets a `reset`.
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
        // 0 is the place before the first event. It isn't an id.
        let id = if id == "0" {
            EventId(0)
        } else {
            id.parse().map_err(|_| NotACursor)?
        };
        let cursor = Self { epoch, id };
        // Only the canonical spelling was ever given to clients.
        (cursor.to_string() == text)
            .then_some(cursor)
            .ok_or(NotACursor)
    }
}

/// The text isn't a cursor of this program.
#[derive(Debug, thiserror::Error)]
#[error("not a cursor")]
pub struct NotACursor;

/// An event for one client.
#[derive(Debug)]
pub struct FeedEvent {
    /// The cursor after this event. None for ephemeral events.
    pub cursor: Option<Cursor>,
    pub event: Arc<Event>,
}

/// A caller's stream.
pub struct Feed {
    store: Store,
    metrics: Arc<Metrics>,
    session: Arc<Session>,
    live: Subscription,
    /// Makes the user online while the feed exists.
    _online: PresenceGuard,
    /// Counts the feed while it exists.
    _counted: GaugeGuard,
    /// What looks after it in a lab.
    watch: Option<Watch>,
    greeted: bool,
    phase: Phase,
    /// Everything up to here has been sent.
    last_sent: EventId,
    /// Why the stream ends, as soon as that is known.
    end: Option<Error>,
}

enum Phase {
    /// The client's cursor is unknown. The client hasn't been told yet.
    Reset,
    /// Reading missed events from the database.
    Replay(Replay),
    /// Passing on live events from the bus.
    Live,
}

#[derive(Default)]
struct Replay {
    events: VecDeque<(EventId, Arc<Event>)>,
    /// Set when the last page has been read.
    end: Option<EventId>,
    /// Whether to send `caught_up` at the end. Not after a lag inside the server.
    announced: bool,
}

impl Replay {
    fn go_on(&mut self, Backlog { events, end }: Backlog) {
        (self.events, self.end) = (events.into(), end);
    }
}

impl Feed {
    /// Opens a stream from `cursor` on, or from now on. It ends with the session or the bus.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] if the session has ended.
    pub async fn open(
        store: &Store,
        bus: &Arc<Bus>,
        presence: &Arc<Presence>,
        metrics: &Arc<Metrics>,
        session: Arc<Session>,
        cursor: Option<&str>,
        transport: Transport,
    ) -> Result<Self> {
        // Subscribe before reading: everything committed after the read is received live.
        let live = bus.subscribe(session.user.id, session.id);
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
            watch: None,
            greeted: false,
            phase,
            last_sent,
            end: None,
        })
    }

    /// This feed, which a lab may look after.
    #[must_use]
    pub fn watched(self, watch: Option<Watch>) -> Self {
        Self { watch, ..self }
    }

    /// Whether the client has an unknown cursor and hasn't been sent a `reset` yet.
    #[must_use]
    pub fn needs_reset(&self) -> bool {
        matches!(self.phase, Phase::Reset)
    }

    /// The next event. A slow caller delays only its own stream. Cancel safe.
    ///
    /// # Errors
    /// [`Error::Unauthorized`] if the session has ended, [`Error::Displaced`] if its user has too many streams,
    /// [`Error::Stopping`] if the server is stopping.
    pub async fn next(&mut self) -> Result<FeedEvent> {
        let event = if self.watch.is_some() {
            // Boxed to keep the future small, as this is so in a lab alone.
            Box::pin(self.advance_watched()).await?
        } else {
            self.advance().await?
        };
        self.metrics.delivered.inc();
        Ok(event)
    }

    /// The next event if nothing has to be waited for. If the stream ends, the next call of [`next`](Self::next) says why.
    pub fn next_ready(&mut self) -> Option<FeedEvent> {
        if self.watch.is_some() || self.end.is_some() {
            return None;
        }
        match self.take_ready().transpose()? {
            Ok(event) => {
                self.metrics.delivered.inc();
                Some(event)
            }
            Err(end) => {
                self.end = Some(end);
                None
            }
        }
    }

    /// Like [`advance`](Self::advance), until the stream is cut.
    async fn advance_watched(&mut self) -> Result<FeedEvent> {
        let cut = self.watch.as_ref().map(|watch| watch.cut().clone());
        let cut = cut.unwrap_or_default();
        let advanced = cut.run_until_cancelled(self.advance()).await;
        let sent = advanced.unwrap_or(Err(Error::Stopping))?;
        if let Some(watch) = &self.watch {
            watch.sent(sent.cursor.map(|cursor| cursor.to_string()), &sent.event);
        }
        Ok(sent)
    }

    /// At each await, `phase` and `last_sent` match what the client has received, so a dropped call can be repeated.
    async fn advance(&mut self) -> Result<FeedEvent> {
        if let Some(end) = self.end.take() {
            return Err(end);
        }
        loop {
            if let Phase::Live = self.phase
                && self.greeted
            {
                let received = self.live.next().await;
                if let Some(event) = self.take(received)? {
                    return Ok(event);
                }
            } else if let Some(event) = self.take_ready()? {
                return Ok(event);
            } else if let Phase::Replay(replay) = &mut self.phase {
                let (session, caller) = (self.session.id, self.session.user.id);
                let backlog = self.store.backlog(session, caller, self.last_sent, PAGE);
                // Boxed to keep the future small: most of the time, a stream waits for something else.
                let backlog = Box::pin(backlog).await?;
                self.metrics.replayed.inc_by(backlog.events.len() as u64);
                replay.go_on(backlog);
            }
        }
    }

    /// What can be had without waiting.
    fn take_ready(&mut self) -> Result<Option<FeedEvent>> {
        if !self.greeted {
            self.greeted = true;
            return Ok(Some(self.with_cursor(self.hello())));
        }
        loop {
            match &mut self.phase {
                Phase::Reset => {
                    self.phase = Phase::Live;
                    return Ok(Some(self.with_cursor(Self::reset())));
                }
                Phase::Replay(replay) => {
                    if let Some((id, event)) = replay.events.pop_front() {
                        self.last_sent = id;
                        return Ok(Some(self.with_cursor(event)));
                    }
                    if let Some(end) = replay.end {
                        let announced = replay.announced;
                        self.last_sent = self.last_sent.max(end);
                        self.phase = Phase::Live;
                        if announced {
                            return Ok(Some(self.with_cursor(self.caught_up())));
                        }
                    } else {
                        self.require_open()?;
                        if !self.go_on_from_memory() {
                            return Ok(None);
                        }
                    }
                }
                Phase::Live => {
                    let Some(received) = self.live.try_next() else {
                        return Ok(None);
                    };
                    if let Some(event) = self.take(received)? {
                        return Ok(Some(event));
                    }
                }
            }
        }
    }

    /// Goes on with a replay from what was published last. A client that has been away gets everything as it is now, which
    /// the database alone has.
    fn go_on_from_memory(&mut self) -> bool {
        if let Phase::Replay(replay) = &mut self.phase
            && !replay.announced
            && let Some(backlog) = self.live.recent(self.last_sent, PAGE)
        {
            replay.go_on(backlog);
            return true;
        }
        false
    }

    /// What a delivery is to the client. None if it is nothing to them, or if this stream has lagged.
    fn take(&mut self, received: Result<Delivery, RecvError>) -> Result<Option<FeedEvent>> {
        match received {
            Ok(Delivery::Event(..) | Delivery::Ephemeral(_)) if self.session.has_expired() => {
                Err(Error::Unauthorized)
            }
            Ok(Delivery::Event(id, event)) if id > self.last_sent => {
                self.last_sent = id;
                Ok(Some(self.with_cursor(event)))
            }
            Ok(Delivery::Ephemeral(event)) => Ok(Some(FeedEvent {
                cursor: None,
                event,
            })),
            Ok(Delivery::SessionEnded(session)) if session == self.session.id => {
                Err(Error::Unauthorized)
            }
            Ok(Delivery::Displaced(stream)) if stream == self.live.number() => {
                Err(self.displaced())
            }
            Ok(Delivery::Event(..) | Delivery::SessionEnded(_) | Delivery::Displaced(_)) => {
                Ok(None)
            }
            Err(RecvError::Lagged(_)) => {
                self.metrics.lagged.inc();
                self.phase = Phase::Replay(Replay::default());
                Ok(None)
            }
            Err(RecvError::Closed) => Err(Error::Stopping),
        }
    }

    /// What the channel of a stream that lags would have said.
    fn require_open(&self) -> Result<()> {
        if self.session.has_expired() {
            return Err(Error::Unauthorized);
        }
        match self.live.end() {
            None => Ok(()),
            Some(End::Closed) => Err(Error::Stopping),
            Some(End::SessionEnded) => Err(Error::Unauthorized),
            Some(End::Displaced) => Err(self.displaced()),
        }
    }

    fn displaced(&self) -> Error {
        self.metrics.limited("streams");
        Error::Displaced
    }

    /// The event that tells a client that its stream was displaced.
    #[must_use]
    pub fn bye() -> FeedEvent {
        FeedEvent {
            cursor: None,
            event: Event::new(
                "bye",
                &Bye {
                    reason: Error::Displaced.to_string(),
                },
            )
            .into(),
        }
    }

    /// The cursor after everything sent so far. Until a necessary `reset` has been sent, it is nowhere, so that a
    /// connection that ends before leads to another `reset`.
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

    /// An event with the current cursor.
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
