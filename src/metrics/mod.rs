//! What the server counts and measures. Only this module knows the names of metrics, their help texts and the crate that
//! encodes them. Other modules call a method here, or increment one of the fields.
//!
//! Counters are atomics. The only shared lock is taken for reading, once per request. Sizes are read when the metrics
//! are.

mod plain;
mod reach;

pub use plain::{PLAIN_CONTENT_TYPE, plain_text};
use reach::Reach;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::{Metric, Registry},
};

use crate::platform;

/// The media type of [`Metrics::text`] (OpenMetrics 1.0, which Prometheus reads).
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Bucket bounds in seconds: from a response without a query to the longest that a write may wait.
const ANSWER_TIMES: [f64; 12] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];
/// Bucket bounds in seconds: from a disk that only pretends to sync to one that is overloaded.
const COMMIT_TIMES: [f64; 12] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0,
];
/// Bucket bounds: writes in one commit.
const BATCH_SIZES: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];
/// The recent commit time is a moving average of about this many commits.
const RECENT: u64 = 8;

/// How a client receives events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Sse,
    WebSocket,
    LongPoll,
    /// The page without scripts that reloads itself.
    FollowPage,
}

impl Transport {
    pub const ALL: [Self; 4] = [Self::Sse, Self::WebSocket, Self::LongPoll, Self::FollowPage];

    /// Its value as a label.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sse => "sse",
            Self::WebSocket => "websocket",
            Self::LongPoll => "long_poll",
            Self::FollowPage => "follow_page",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: &'static str,
    route: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Following {
    follower: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    method: &'static str,
    route: &'static str,
    status: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refusal {
    reason: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Stream {
    transport: &'static str,
}

/// The state of the store at one moment.
#[derive(Clone, Copy, Debug)]
pub struct StoreStats {
    /// Writes that wait for the writer.
    pub queued: usize,
    /// Sessions held in memory.
    pub sessions: usize,
    /// Bytes of the database and of its write-ahead log.
    pub database: u64,
    pub log: u64,
}

/// The files at one moment.
#[derive(Clone, Copy, Debug)]
pub struct FileStats {
    /// Files, each kept once, including those that aren’t complete yet.
    pub files: u64,
    /// Bytes of all of them.
    pub bytes: u64,
    /// Uploads that aren’t part of a message yet.
    pub uploads: u64,
}

/// Why an upload may be refused, by the codes of the errors.
const REFUSALS: [&str; 3] = ["too_large", "quota_used_up", "storage_full"];

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Limit {
    kind: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Push {
    outcome: &'static str,
}

/// The kinds of limits beside those of how often each user may do what.
const LIMITS: [&str; 5] = ["addresses", "bodies", "places", "streams", "text"];

/// The metrics of one server.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    started: Instant,
    answers: Family<Answer, Counter>,
    times: Family<Request, Histogram, fn() -> Histogram>,
    connections: Gauge,
    /// TLS handshakes that came to nothing.
    pub handshakes_failed: Counter,
    /// Requests to names that the server doesn’t answer to.
    pub misdirected: Counter,
    /// How people reach the server, as far as requests have shown it.
    pub reach: Reach,
    /// Bytes handed to the system for clients.
    pub bytes_sent: Counter,
    streams: Family<Stream, Gauge>,
    opened: Family<Stream, Counter>,
    /// Events handed to streams.
    pub delivered: Counter,
    /// Events that streams have read from the database.
    pub replayed: Counter,
    /// Times that a stream fell behind and had to read the database.
    pub lagged: Counter,
    batches: Histogram,
    commits: Histogram,
    /// The average time of recent commits in microseconds.
    recent_commit: AtomicU64,
    followers: Family<Following, Gauge>,
    stored_files: Gauge,
    file_bytes: Gauge,
    uploads: Gauge,
    refused: Family<Refusal, Counter>,
    limited: Family<Limit, Counter>,
    pushes: Family<Push, Counter>,
    push_queue: Gauge,
    /// Bytes of files that were received.
    pub file_bytes_received: Counter,
    /// Bytes of files that were read for clients.
    pub file_bytes_sent: Counter,
    queued: Gauge,
    sessions: Gauge,
    database: Gauge,
    log: Gauge,
    uptime: Gauge,
    /// These two are none where the system doesn’t tell.
    memory: Option<Gauge>,
    files: Option<Gauge>,
}

impl Metrics {
    /// New metrics, all at 0.
    #[must_use]
    pub fn new() -> Arc<Self> {
        let mut registry = Registry::default();
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("tincan_build", "The program", build);
        let mut list = List(&mut registry);
        let metrics = Self {
            started: Instant::now(),
            answers: list.add("tincan_http_requests", "Requests answered"),
            times: list.with(
                "tincan_http_request_duration_seconds",
                "From a request’s head to the head of its answer",
                Family::new_with_constructor(|| Histogram::new(ANSWER_TIMES)),
            ),
            connections: list.add("tincan_connections", "Connections open"),
            handshakes_failed: list.add(
                "tincan_tls_handshakes_failed",
                "TLS handshakes that failed or took too long",
            ),
            misdirected: list.add(
                "tincan_misdirected_requests",
                "Requests refused because of the name in Host",
            ),
            reach: Reach::default(),
            bytes_sent: list.add("tincan_sent_bytes", "Bytes sent to clients"),
            streams: list.add("tincan_streams", "Streams open"),
            opened: list.add(
                "tincan_streams_opened",
                "Streams opened, and loads of a page that follows",
            ),
            delivered: list.add("tincan_events_delivered", "Events handed to streams"),
            replayed: list.add(
                "tincan_events_replayed",
                "Events read from the database for streams",
            ),
            lagged: list.add(
                "tincan_streams_lagged",
                "Times that a stream fell behind, and read the database instead",
            ),
            batches: list.with(
                "tincan_batch_writes",
                "Writes in one commit",
                Histogram::new(BATCH_SIZES),
            ),
            commits: list.with(
                "tincan_commit_duration_seconds",
                "What a commit takes to be on the disk",
                Histogram::new(COMMIT_TIMES),
            ),
            recent_commit: AtomicU64::new(0),
            followers: list.add(
                "tincan_follower_behind",
                "Numbers of the sequence that a follower still had before it when it last looked",
            ),
            stored_files: list.add("tincan_files", "Files stored, each once"),
            file_bytes: list.add("tincan_file_bytes", "Size of all files"),
            uploads: list.add(
                "tincan_uploads",
                "Uploads that aren’t part of a message yet",
            ),
            refused: list.add(
                "tincan_uploads_refused",
                "Uploads refused because of a limit, a quota or a full disk",
            ),
            limited: list.add(
                "tincan_limited",
                "Times that a limit has kept somebody from something",
            ),
            pushes: list.add(
                "tincan_pushes",
                "Notifications for browsers, by what became of them",
            ),
            push_queue: list.add("tincan_queued_pushes", "Notifications that wait to be sent"),
            file_bytes_received: list.add(
                "tincan_file_received_bytes",
                "Bytes of files received from clients",
            ),
            file_bytes_sent: list.add("tincan_file_sent_bytes", "Bytes of files read for clients"),
            queued: list.add("tincan_queued_writes", "Writes that wait for their commit"),
            sessions: list.add("tincan_cached_sessions", "Sessions held in memory"),
            database: list.add("tincan_database_bytes", "Size of the database"),
            log: list.add("tincan_wal_bytes", "Size of the write-ahead log"),
            uptime: list.add("tincan_uptime_seconds", "Since the server started"),
            memory: platform::resident_memory()
                .map(|_| list.add("process_resident_memory_bytes", "Memory in use")),
            files: platform::open_files()
                .map(|_| list.add("process_open_fds", "File descriptors open")),
            registry,
        };
        // Exist from the start, so that they read 0 rather than being absent.
        for reason in REFUSALS {
            drop(metrics.refused.get_or_create(&Refusal { reason }));
        }
        for kind in LIMITS {
            metrics.add_limit(kind);
        }
        for transport in Transport::ALL {
            let transport = Stream::by(transport);
            drop(metrics.streams.get_or_create(&transport));
            drop(metrics.opened.get_or_create(&transport));
        }
        Arc::new(metrics)
    }

    /// Records an answered request. `route` is a label of the program’s own, never text that a client sent.
    pub fn answered(&self, method: &'static str, route: &'static str, status: u16, took: Duration) {
        let request = Request { method, route };
        let answer = Answer {
            method,
            route,
            status,
        };
        self.times
            .get_or_create(&request)
            .observe(took.as_secs_f64());
        self.answers.get_or_create(&answer).inc();
    }

    /// Counts a connection as long as the guard lives.
    #[must_use]
    pub fn connection(&self) -> GaugeGuard {
        GaugeGuard::new(self.connections.clone())
    }

    /// Counts a stream as long as the guard lives.
    #[must_use]
    pub fn stream(&self, transport: Transport) -> GaugeGuard {
        let transport = Stream::by(transport);
        self.opened.get_or_create(&transport).inc();
        GaugeGuard::new(self.streams.get_or_create_owned(&transport))
    }

    /// Records a commit of so many writes. Only the writer calls this.
    pub fn committed(&self, writes: usize, took: Duration) {
        let writes = u32::try_from(writes).unwrap_or(u32::MAX);
        self.batches.observe(f64::from(writes));
        self.commits.observe(took.as_secs_f64());
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let recent = match self.recent_commit.load(Ordering::Relaxed) {
            0 => took,
            recent => recent - recent / RECENT + took / RECENT,
        };
        self.recent_commit.store(recent, Ordering::Relaxed);
    }

    /// Records how far a follower is behind the end of the sequence.
    pub fn followed(&self, follower: &'static str, behind: i64) {
        let following = Following { follower };
        self.followers.get_or_create(&following).set(behind);
    }

    /// Records that an upload was refused, with the code of the error. Only refusals for want of room are counted.
    pub fn upload_refused(&self, code: &str) {
        if let Some(reason) = REFUSALS.into_iter().find(|reason| *reason == code) {
            self.refused.get_or_create(&Refusal { reason }).inc();
        }
    }

    /// Adds a kind of limit, which hasn’t kept anybody from anything yet.
    pub fn add_limit(&self, kind: &'static str) {
        drop(self.limited.get_or_create(&Limit { kind }));
    }

    /// Records that a limit of this kind has kept somebody from something.
    pub fn limited(&self, kind: &'static str) {
        self.limited.get_or_create(&Limit { kind }).inc();
    }

    /// Adds something that may become of a notification, which has become of none yet.
    pub fn add_push(&self, outcome: &'static str) {
        drop(self.pushes.get_or_create(&Push { outcome }));
    }

    /// Records what became of a notification for a browser.
    pub fn pushed(&self, outcome: &'static str) {
        self.pushes.get_or_create(&Push { outcome }).inc();
    }

    /// Records how many notifications wait to be sent.
    pub fn push_queue(&self, waiting: u64) {
        set(&self.push_queue, waiting);
    }

    /// How long this server has been running.
    #[must_use]
    pub fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// How long recent commits took on average, in microseconds. 0 if there were none.
    #[must_use]
    pub fn recent_commit(&self) -> u64 {
        self.recent_commit.load(Ordering::Relaxed)
    }

    /// Connections open now.
    #[must_use]
    pub fn open_connections(&self) -> i64 {
        self.connections.get()
    }

    /// Streams open now.
    #[must_use]
    pub fn open_streams(&self, transport: Transport) -> i64 {
        self.streams.get_or_create(&Stream::by(transport)).get()
    }

    /// All metrics as text of [`CONTENT_TYPE`]. Reads files in `/proc`. If `files` isn't known, it is as it was last.
    pub fn text(&self, store: StoreStats, files: Option<FileStats>) -> Result<String, fmt::Error> {
        if let Some(files) = files {
            set(&self.stored_files, files.files);
            set(&self.file_bytes, files.bytes);
            set(&self.uploads, files.uploads);
        }
        set(&self.queued, store.queued);
        set(&self.sessions, store.sessions);
        set(&self.database, store.database);
        set(&self.log, store.log);
        set(&self.uptime, self.uptime().as_secs());
        if let Some(memory) = &self.memory {
            set(memory, platform::resident_memory().unwrap_or(0));
        }
        if let Some(files) = &self.files {
            set(files, platform::open_files().unwrap_or(0));
        }
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

impl Stream {
    fn by(transport: Transport) -> Self {
        Self {
            transport: transport.name(),
        }
    }
}

fn set(gauge: &Gauge, value: impl TryInto<i64>) {
    gauge.set(value.try_into().unwrap_or(i64::MAX));
}

/// Registers metrics. The text lists them in the order in which they were added.
struct List<'a>(&'a mut Registry);

impl List<'_> {
    fn add<M: Metric + Clone + Default>(&mut self, name: &str, help: &str) -> M {
        self.with(name, help, M::default())
    }

    fn with<M: Metric + Clone>(&mut self, name: &str, help: &str, metric: M) -> M {
        self.0.register(name, help, metric.clone());
        metric
    }
}

/// Raises a gauge by one until it is dropped.
#[derive(Debug)]
pub struct GaugeGuard(Gauge);

impl GaugeGuard {
    fn new(gauge: Gauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for GaugeGuard {
    fn drop(&mut self) {
        self.0.dec();
    }
}
