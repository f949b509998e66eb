//! Tincan: a self-hosted messenger in one file.
//!
//! # A message’s trip
//! ```text
//! POST /api/conversations/7/messages                                GET /api/messages (any number of devices)
//!    │ http/door, route   path → method → permission → body            ▲
//!    ▼                                                                 │ http/feed/{sse,websocket,long_poll}.rs   encode
//!  http/api/messages.rs   validate, ask the store                      │ feed.rs   subscribe → replay → live, no gap
//!    ▼                                                                 │
//!  store/sending.rs       the SQL, as a job of the writer              │
//!    ▼                                                                 │
//!  store/engine           one thread, one batch, one COMMIT ────────▶ bus.rs   a broadcast channel for each receiver
//!    ▼
//!  201, after the commit
//! ```
//!
//! # Modules
//! Imports point one way: `cli → server → http → feed → presence → store → bus → model → error`. [`config`] builds what
//! [`server`] is started with. [`control`], [`status`] and [`followers`] are between `server` and `store`.
//! `http` also uses [`contract`], [`oauth`], [`password`] and [`throttle`], which don’t use the store. [`oauth`] sends
//! requests through [`outbound`]. [`metrics`] and [`secret`] may be used anywhere and depend on nothing. Only [`http`]
//! uses warp, only [`store`] uses rusqlite, and only [`cli`] and [`config`] use clap.
//!
//! | module | what is in it |
//! | --- | --- |
//! | [`cli`] | the commands of the command line, and the exit codes |
//! | [`config`] | flags and environment variables |
//! | [`control`] | commands for a running server, over a Unix socket |
//! | [`status`] | the state of a running server, for the command line |
//! | [`followers`] | work after a commit, which follows the sequence on a cursor of its own, or a schedule |
//! | [`server`] | listening, accepting, limits and time-outs of connections, an orderly stop |
//! | [`http`] | route tables and the filter tree built from them; the door, the API, the feed’s encodings, the embedded UI, pages without scripts |
//! | [`contract`] | what each route takes and answers, as data; the OpenAPI document and the TypeScript declarations made from it |
//! | [`feed`] | a gap-free stream of events for one caller |
//! | [`presence`] | who is online |
//! | [`password`] | the rules for passwords, and their hashes |
//! | [`throttle`] | limits on guessing |
//! | [`store`] | the SQLite file: the writer, the readers, the SQL |
//! | [`bus`] | live events for the streams that are open |
//! | [`oauth`] | signing in with GitHub or an OpenID Connect provider |
//! | [`outbound`] | the only client for outgoing HTTP requests, and its rules |
//! | [`metrics`] | what the server counts and measures |
//! | [`secret`] | secrets that the server is started with |
//! | [`model`] | what travels: ids, messages, events, and the rules for input |
//! | [`error`] | the errors that clients are told about, and their codes |
//!
//! # Where a feature goes
//! A feature is a family: what travels in [`model`], what its routes take and answer in [`contract`], a table of routes
//! with their handlers in [`http`], and its tables with their SQL in [`store`]. What may come later than a commit is a
//! follower: an index for search, a push message, a retention rule. CONTRIBUTING.md walks through one.
//!
//! # Invariants
//! 1. There is one writer: a thread that owns the write connection. A batch of jobs has one commit. A job that fails is
//!    rolled back on its own. The queue is bounded. A job is done even if its client has disconnected.
//! 2. After the commit, and only then, the writer publishes the batch’s events in the order of their ids, then answers.
//!    Nothing else publishes stored events. Typing and presence are sent without a number and aren’t stored.
//! 3. The write-ahead log is synced at every commit (`synchronous = FULL`): a message that was answered survives a power
//!    cut. Checkpoints run on a thread of their own.
//! 4. Everything that a stream may replay is numbered from one sequence, and no number is used twice. The number is in the
//!    row that it is about; a row that changes again takes a newer number. So a replay is every row numbered after the
//!    cursor, in its present state.
//! 5. A stream subscribes, then reads the database up to its present end, then goes live and drops what it has already
//!    sent. One that lags reads the database again. It never skips an event, and never holds an unbounded queue.
//! 6. A message costs its receivers, not every stream. Membership is checked again when an event is read from the
//!    database.
//! 7. No SQLite call runs on a tokio worker: readers are a pool of read-only connections on blocking threads.
//! 8. A token is 256 random bits, and only its SHA-256 is stored, whether it is for a session, a program, an invitation, a
//!    password reset or a hook. Sessions are cached, and the writer removes a revoked one from the cache in the same step.
//! 9. No `unsafe`, no second service, and no outgoing requests except to sign-in providers that were set up.

pub mod bus;
pub mod cli;
pub mod config;
pub mod contract;
pub mod control;
pub mod error;
pub mod feed;
pub mod followers;
pub mod http;
pub mod metrics;
pub mod model;
pub mod oauth;
pub mod outbound;
pub mod password;
pub mod presence;
pub mod secret;
pub mod server;
pub mod status;
pub mod store;
pub mod throttle;
