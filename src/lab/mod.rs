//! The front-end lab: what developers need besides the server itself. Production never constructs a [`Lab`]; what is in here
//! is reached through one, and over HTTP below `/dev`.
//!
//! This module has what a lab is and keeps. How the open database is exchanged while the sockets stay is in `server`, and the
//! routes are in `http`.

pub mod faults;
pub mod snapshots;

use std::path::PathBuf;

use tokio::sync::{mpsc, oneshot};

use self::{
    faults::Faults,
    snapshots::{SnapshotName, Snapshots},
};
use crate::{
    error::{Error, Result},
    model::{
        Timestamp,
        clock::{Clock, Hands},
    },
    random,
};

/// How many exchanges of the database may wait for each other.
const WAITING: usize = 64;

/// What a lab is started with.
#[derive(Clone, Debug)]
pub struct LabSettings {
    /// Who is there in an empty database. The first is an administrator.
    pub people: Vec<String>,
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
    pub snapshots: Snapshots,
    pub faults: Faults,
    exchanges: mpsc::Sender<Exchange>,
}

/// What replaces the open database.
#[derive(Debug)]
pub enum Content {
    /// The same one, opened again: all streams end, as they do when a server restarts.
    Same,
    /// One that was kept before. Clients load everything anew.
    Snapshot(SnapshotName),
}

/// An order to replace the open database.
pub struct Exchange {
    pub content: Content,
    pub done: oneshot::Sender<Result<()>>,
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
        if let Some(rng) = settings.rng {
            random::seed(rng.into());
        }
        let lab = Self {
            snapshots: Snapshots::new(settings.snapshots.clone())?,
            faults: Faults::new(settings.rng, &settings.faults),
            settings,
            exchanges,
        };
        Ok((lab, orders))
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
