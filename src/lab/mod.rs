//! The front-end lab: what developers need besides the server itself. Production never constructs a [`Lab`]; what is in here
//! is reached through one, and over HTTP below `/dev`.
//!
//! This module has what a lab is and keeps. How the open database is exchanged while the sockets stay is in `server`, and the
//! routes are in `http`.

pub mod agenda;
pub mod client;
pub mod faults;
pub mod log;
pub mod people;
pub mod puppets;
pub mod seed;
pub mod snapshots;
pub mod streams;

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use rustls::RootCertStore;
use tokio::{
    sync::{mpsc, oneshot},
    task::spawn_blocking,
};
use tokio_util::sync::CancellationToken;

use self::{
    agenda::Agenda,
    client::Loopback,
    faults::Faults,
    log::Log,
    people::People,
    puppets::Puppets,
    seed::{Seed, SeedError},
    snapshots::{SnapshotName, Snapshots},
    streams::Streams,
};
use crate::{
    error::{Error, Result},
    model::{
        Timestamp, Username,
        clock::{Clock, Hands},
    },
    random::{self, random},
};

/// How many exchanges of the database may wait for each other.
const WAITING: usize = 64;

/// What a lab is started with.
#[derive(Clone, Debug)]
pub struct LabSettings {
    /// What a new database begins with.
    pub seed: Seed,
    /// Who is there besides those of the seed. The first is an administrator if the seed has none.
    pub people: Vec<Username>,
    /// Makes everything random the same in every run.
    pub rng: Option<u64>,
    /// Where the clock stands. Without it, it runs with the machine’s.
    pub clock: Option<Timestamp>,
    /// The folder for snapshots.
    pub snapshots: PathBuf,
    /// Which presets of faults are in force at the start.
    pub faults: Vec<String>,
}

/// The state of a lab, which its handlers share. It outlives the databases that it serves.
pub struct Lab {
    pub settings: LabSettings,
    /// What seeds, people and faults draw from: the one that it was started with, or else one of its own.
    rng: u64,
    pub snapshots: Snapshots,
    pub agenda: Arc<Agenda>,
    pub log: Arc<Log>,
    pub streams: Arc<Streams>,
    /// Who acts in it, once it has an address.
    cast: OnceLock<Cast>,
    pub faults: Faults,
    exchanges: mpsc::Sender<Exchange>,
}

/// Who acts in a lab by themselves, or when they are told to.
struct Cast {
    people: People,
    puppets: Puppets,
}

/// What replaces the open database.
#[derive(Debug)]
pub enum Content {
    /// The same one, opened again: all streams end, as they do when a server restarts.
    Same,
    /// One that was kept before. Clients load everything anew.
    Snapshot(SnapshotName),
    /// A new one, which resets lead to from then on.
    Seed(Seed),
}

/// An order to replace the open database.
pub struct Exchange {
    pub content: Content,
    pub done: oneshot::Sender<Result<()>>,
}

/// Does something with files, on a thread that may wait for a disk. What goes wrong is logged.
///
/// # Errors
/// [`Error::Internal`] then.
pub async fn in_background<T: Send + 'static, E: fmt::Display + Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T> {
    let done = spawn_blocking(work).await;
    let done = done.map_err(|error| Error::of_task(&error, what))?;
    done.map_err(|error| {
        tracing::error!(%error, "{what} failed");
        Error::Internal
    })
}

impl Lab {
    /// A lab, and the orders that it will give.
    ///
    /// # Errors
    /// [`Error::Internal`] if the system can’t provide randomness.
    pub fn new(settings: LabSettings) -> Result<(Self, mpsc::Receiver<Exchange>)> {
        let (exchanges, orders) = mpsc::channel(WAITING);
        let hands = settings.clock.map_or(Hands::Running(0), Hands::Standing);
        Clock::of_lab().set(hands);
        let rng = match settings.rng {
            Some(rng) => {
                random::seed(rng.into());
                rng
            }
            None => u64::from_le_bytes(random()?),
        };
        let log = Arc::<Log>::default();
        let lab = Self {
            agenda: Arc::default(),
            streams: Arc::new(Streams::new(Arc::clone(&log))),
            log,
            cast: OnceLock::new(),
            snapshots: Snapshots::new(settings.snapshots.clone())?,
            faults: Faults::new(rng, &settings.faults),
            rng,
            settings,
            exchanges,
        };
        Ok((lab, orders))
    }

    /// Makes a database that isn’t there.
    pub fn plant(&self, seed: &Seed, database: &Path) -> Result<(), SeedError> {
        let people = &self.settings.people;
        seed::plant(seed, database, Timestamp::now(), self.rng, people)
    }

    /// Replaces a database that no server has open.
    pub fn replace(&self, database: &Path, content: &Content) -> anyhow::Result<()> {
        match content {
            Content::Same => {}
            Content::Snapshot(name) => self.snapshots.put(name, database)?,
            Content::Seed(seed) => {
                let start = SnapshotName::start();
                let made = self.snapshots.path(&start).with_extension("new");
                self.plant(seed, &made)?;
                self.snapshots.take(&made, &start)?;
                // Whatever is left of it is in a folder of the lab.
                let _ = fs::remove_file(&made);
                self.snapshots.put(&start, database)?;
            }
        }
        Ok(())
    }

    /// Who can be, as far as the lab has made them.
    #[must_use]
    pub fn usernames(&self) -> Vec<String> {
        let mut people = self.settings.seed.people();
        let further = self.settings.people.iter().map(|name| name.text.as_str());
        for name in further {
            if !people.contains(&name) {
                people.push(name);
            }
        }
        people.into_iter().map(str::to_owned).collect()
    }

    /// Lets people act at the lab’s own URL. `authorities` are those that its certificate may be from, if it has one.
    ///
    /// # Errors
    /// [`Error::Internal`] if TLS can’t be set up.
    pub fn engage(&self, base: String, authorities: RootCertStore) -> Result<()> {
        let loopback = Loopback::new(base, authorities).map_err(|error| {
            tracing::error!(%error, "the people of the lab can’t speak TLS");
            Error::Internal
        })?;
        let _ = self.cast.set(Cast {
            people: People::new(&loopback, &self.agenda, self.rng),
            puppets: Puppets::new(loopback),
        });
        Ok(())
    }

    /// Lets the people who answer live until the server stops.
    pub fn live(&self, stopping: &CancellationToken) {
        if let Some(cast) = self.cast.get() {
            cast.people.live(stopping);
        }
    }

    /// Forgets what was to be done in a database that is replaced by another.
    pub fn forget(&self) {
        self.agenda.clear();
        if let Some(cast) = self.cast.get() {
            cast.puppets.rest();
        }
    }

    /// The people who answer.
    ///
    /// # Errors
    /// [`Error::Stopping`] if they aren’t there.
    pub fn people(&self) -> Result<&People> {
        Ok(&self.cast.get().ok_or(Error::Stopping)?.people)
    }

    /// Who acts when they are told to.
    ///
    /// # Errors
    /// [`Error::Stopping`] if they aren’t there.
    pub fn puppets(&self) -> Result<&Puppets> {
        Ok(&self.cast.get().ok_or(Error::Stopping)?.puppets)
    }

    /// Replaces the open database, and waits until the other is served.
    ///
    /// # Errors
    /// [`Error::Stopping`], or whatever stood in the way. Then the old one is served again.
    pub async fn exchange(&self, content: Content) -> Result<()> {
        let (done, outcome) = oneshot::channel();
        let exchange = Exchange { content, done };
        self.exchanges
            .send(exchange)
            .await
            .map_err(|_| Error::Stopping)?;
        outcome.await.map_err(|_| Error::Stopping)?
    }
}
