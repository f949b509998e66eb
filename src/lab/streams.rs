//! The streams that are open, which can be cut. A long poll is one as long as it waits.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::log::{Happened, Log};
use crate::model::{Event, Timestamp};

/// All that are open.
pub struct Streams {
    log: Arc<Log>,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    last: u64,
    streams: BTreeMap<u64, (Stream, CancellationToken)>,
}

/// An open stream.
#[derive(Clone, Debug, Serialize)]
pub struct Stream {
    pub id: u64,
    pub user: String,
    pub transport: &'static str,
    /// The cursor after the last event that was handed to it.
    pub cursor: Option<String>,
    pub since: Timestamp,
}

/// Looks after one stream. It is open as long as this lives.
pub struct Watch {
    streams: Arc<Streams>,
    id: u64,
    user: String,
    cut: CancellationToken,
}

impl Streams {
    pub fn new(log: Arc<Log>) -> Self {
        Self {
            log,
            open: Mutex::default(),
        }
    }

    pub fn open(self: &Arc<Self>, user: &str, transport: &'static str) -> Watch {
        let cut = CancellationToken::new();
        let mut open = self.open.lock();
        open.last += 1;
        let id = open.last;
        let stream = Stream {
            id,
            user: user.to_owned(),
            transport,
            cursor: None,
            since: Timestamp::now(),
        };
        open.streams.insert(id, (stream, cut.clone()));
        drop(open);
        self.log.add(Happened::StreamOpened {
            stream: id,
            user: user.to_owned(),
            transport,
        });
        Watch {
            streams: Arc::clone(self),
            id,
            user: user.to_owned(),
            cut,
        }
    }

    pub fn list(&self) -> Vec<Stream> {
        let open = self.open.lock();
        let streams = open.streams.values();
        streams.map(|(stream, _)| stream.clone()).collect()
    }

    /// Ends one as if the server stopped. Returns whether it was there.
    pub fn cut(&self, id: u64) -> bool {
        let open = self.open.lock();
        let found = open.streams.get(&id);
        found.map(|(_, cut)| cut.cancel()).is_some()
    }
}

impl Watch {
    /// Cancelled when the stream is to end.
    #[must_use]
    pub fn cut(&self) -> &CancellationToken {
        &self.cut
    }

    /// The stream was handed an event.
    pub fn sent(&self, cursor: Option<String>, event: &Event) {
        if let Some((stream, _)) = self.streams.open.lock().streams.get_mut(&self.id)
            && cursor.is_some()
        {
            stream.cursor.clone_from(&cursor);
        }
        self.streams.log.add(Happened::Event {
            stream: self.id,
            user: self.user.clone(),
            cursor,
            event: event.name,
            data: serde_json::from_str(&event.data).unwrap_or_default(),
        });
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.streams.open.lock().streams.remove(&self.id);
        self.streams.log.add(Happened::StreamClosed {
            stream: self.id,
            user: std::mem::take(&mut self.user),
        });
    }
}
