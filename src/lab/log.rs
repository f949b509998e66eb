//! What has happened lately: requests with their bodies, streams, and the events in them. Tokens and all: who may read it may
//! sign in as anybody.

use std::{collections::VecDeque, sync::Arc};

use parking_lot::Mutex;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::broadcast;

use crate::model::Timestamp;

/// How many entries are kept.
const KEPT: usize = 1_000;
/// How many entries a reader may lag behind.
const LAG: usize = 256;
/// The most bytes of a body that are kept.
const BODY: usize = 4 * 1024;

/// The last entries, the oldest first.
pub struct Log {
    kept: Mutex<Kept>,
    live: broadcast::Sender<Arc<Entry>>,
}

#[derive(Default)]
struct Kept {
    last: u64,
    entries: VecDeque<Arc<Entry>>,
}

/// Something that has happened.
#[derive(Debug, Serialize)]
pub struct Entry {
    pub id: u64,
    pub time: Timestamp,
    #[serde(flatten)]
    pub what: Happened,
}

#[derive(Debug, Serialize)]
#[serde(
    tag = "kind",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
pub enum Happened {
    /// A request was answered; a stream with its head.
    Request {
        method: String,
        /// With the query.
        path: String,
        status: u16,
        micros: u64,
        user: Option<String>,
        request: Content,
        response: Content,
    },
    StreamOpened {
        stream: u64,
        user: String,
        transport: &'static str,
    },
    /// An event was handed to a stream.
    Event {
        stream: u64,
        user: String,
        /// The cursor after it, if it is kept.
        cursor: Option<String>,
        event: &'static str,
        data: Value,
    },
    StreamClosed {
        stream: u64,
        user: String,
    },
}

/// What is known of a body.
#[derive(Debug, Default, Serialize)]
pub struct Content {
    /// Its bytes. None if it is a stream.
    pub size: Option<u64>,
    /// Its beginning, if it is text.
    pub body: Option<String>,
}

/// The beginning of a body, while it passes.
#[derive(Debug, Default)]
pub struct Beginning {
    size: u64,
    kept: Vec<u8>,
}

impl Beginning {
    pub fn add(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        let room = BODY.saturating_sub(self.kept.len()).min(bytes.len());
        self.kept.extend(&bytes[..room]);
    }

    /// What has passed so far.
    pub fn content(&self) -> Content {
        let text = match str::from_utf8(&self.kept) {
            Ok(text) => Some(text),
            // It may have been cut within a character, which has up to four bytes.
            Err(error) if error.error_len().is_none() => {
                str::from_utf8(&self.kept[..error.valid_up_to()]).ok()
            }
            Err(_) => None,
        };
        Content {
            size: Some(self.size),
            body: text.filter(|text| !text.is_empty()).map(str::to_owned),
        }
    }
}

/// What is learned about a request while it is handled.
#[derive(Debug, Default)]
pub struct Recording {
    pub user: Mutex<Option<String>>,
    pub body: Mutex<Beginning>,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            kept: Mutex::default(),
            live: broadcast::Sender::new(LAG),
        }
    }
}

impl Log {
    pub fn add(&self, what: Happened) {
        let mut kept = self.kept.lock();
        kept.last += 1;
        let entry = Arc::new(Entry {
            id: kept.last,
            time: Timestamp::now(),
            what,
        });
        if kept.entries.len() == KEPT {
            kept.entries.pop_front();
        }
        kept.entries.push_back(Arc::clone(&entry));
        // In order, so while the lock is held. An error means that nobody reads along.
        let _ = self.live.send(entry);
    }

    /// The entries after this one.
    pub fn after(&self, id: u64) -> Vec<Arc<Entry>> {
        Self::since(&self.kept.lock(), id)
    }

    /// The entries after this one, and all that follow.
    pub fn follow(&self, id: u64) -> (Vec<Arc<Entry>>, broadcast::Receiver<Arc<Entry>>) {
        let kept = self.kept.lock();
        (Self::since(&kept, id), self.live.subscribe())
    }

    fn since(kept: &Kept, id: u64) -> Vec<Arc<Entry>> {
        let entries = kept.entries.iter().filter(|entry| entry.id > id);
        entries.cloned().collect()
    }
}
