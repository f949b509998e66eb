//! Tincan: a self-hosted messenger in one file.
//!
//! # A message's trip
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
//! # Rooms of the house
//! Imports point one way only: `cli → server → http → feed → presence → store → bus → model`. [`control`],
//! [`daily`] and [`status`] stand between `server` and `store`; [`oauth`], [`password`] and [`throttle`] are used by `http`, and use nothing but
//! `model`, [`secret`] and [`error`]; [`metrics`] is used wherever there is something to count, and uses nothing. Only [`http`] names warp; only [`store`] names rusqlite.
//!
//! | module | what lives there |
//! | --- | --- |
//! | [`cli`] | commands, and what each does |
//! | [`config`] | flags and environment variables |
//! | [`control`] | what the command line has a running server do |
//! | [`status`] | how a running server is doing, for the command line |
//! | [`daily`] | a backup a day, while the server runs |
//! | [`followers`] | work that comes after a commit, on a cursor of its own, or on a schedule |
//! | [`server`] | listen, accept, limits and time-outs, stop in good order |
//! | [`http`] | tables of routes and the filter tree made of them; the door, the API, the feed's encodings, the embedded UI, pages without scripts |
//! | [`contract`] | what each route takes and answers, as data, and the OpenAPI document and TypeScript declarations made of it |
//! | [`feed`] | one gap-free stream of events for one caller |
//! | [`presence`] | who is online |
//! | [`password`] | the rules for passwords, and their hashes |
//! | [`throttle`] | what slows down who guesses |
//! | [`store`] | the SQLite file: the writer, the readers, the SQL |
//! | [`bus`] | who is listening right now |
//! | [`oauth`] | signing in at GitHub or an OpenID Connect provider |
//! | [`outbound`] | the one HTTP client that goes out, and its rules |
//! | [`metrics`] | what the server counts and measures of itself |
//! | [`secret`] | secrets that whoever starts the server gives it |
//! | [`model`] | what travels: ids, messages, events, and the rules that input must keep |
//! | [`error`] | what can go wrong, with machine words |
//!
//! # Invariants
//! 1. There is one writer: a thread that owns the write connection. Each job is taken back by itself
//!    where it fails, a batch has one commit, and the queue is bounded. A job whose client has gone
//!    is done all the same.
//! 2. After the commit, and only then, the writer publishes the batch's events in id order, then
//!    answers. Nobody else publishes anything that is kept; who types and who is online passes by
//!    without a number.
//! 3. The write-ahead log is synced at every commit (`synchronous = FULL`): an answered message
//!    survives the power cord. Checkpoints run on a thread of their own.
//! 4. One sequence: everything that a stream may replay is numbered from one sequence, and no number is
//!    used twice. The number stands in the row that it is about; a row that changes again takes a newer
//!    one. So a replay is what was numbered after the cursor, as it is now.
//! 5. A stream subscribes first, then reads the database up to what it finds, then goes live, and
//!    drops what it has had. One that lags reads the database again. It never skips, and never
//!    holds an unbounded queue.
//! 6. A message costs its receivers, not every stream; membership is checked again when an event is
//!    read from the database.
//! 7. No SQLite call runs on a tokio worker: readers are a pool of read-only connections on
//!    blocking threads.
//! 8. A token is 256 random bits, of which only the SHA-256 is kept, whether it stands for a session, a
//!    program, an invitation, a new password or a hook; sessions are cached, and the writer takes a revoked
//!    one out of the cache in the same step.
//! 9. No `unsafe`, no second service, and no network of its own but what sign-in providers are asked where
//!    they were set up.

pub mod bus;
pub mod cli;
pub mod config;
pub mod contract;
pub mod control;
pub mod daily;
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
