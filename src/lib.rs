//! Tincan: a self-hosted messenger in one file.
//!
//! # How a message travels
//! ```text
//! POST /api/conversations/7/messages                                GET /api/messages (any number of devices)
//!    │ http/door, route   path → method → permission → body            ▲
//!    ▼                                                                 │ http/feed/{sse,websocket,long_poll}.rs   encode
//!  http/api/messages.rs   validate, ask the store                      │ feed.rs   subscribe → replay → live, no gap
//!    ▼                                                                 │
//!  store/sending.rs       the SQL, as a job of the writer              │
//!    ▼                                                                 │
//!  store/engine           one thread, one batch, one COMMIT ────────▶ bus      a broadcast channel for each receiver
//!    ▼
//!  201, after the commit
//! ```
//!
//! # Modules
//! Imports point one way: `cli → server → http → feed → presence → push → store → bus → model → error`. [`config`] builds what
//! [`server`] is started with. [`control`], [`status`] and [`followers`] are used by `server` and use `store`, and followers
//! `push`; `http` uses none of the three. `http` also uses [`contract`], [`oauth`], [`password`], [`places`], [`rates`],
//! [`throttle`], [`attention`], [`listening`], [`tls`] and [`webauthn`], which don’t use the store. [`oauth`], [`push`] and [`tls`] send
//! requests through [`outbound`]. `store` uses [`media`], [`search`] and
//! [`totp`], which use `model`, as [`text`] does.
//! [`metrics`], [`curve`], `durable`, [`platform`], [`random`] and [`secret`] may be used anywhere and depend on nothing. [`lab`] is used
//! by `feed`, `http` and `server`, and uses `store`, and `outbound` to reach its own server.
//! Only [`http`] uses warp, only [`store`] uses rusqlite, only [`tls`] and [`server`] use rustls for incoming connections,
//! and only [`cli`] and [`config`] use clap.
//!
//! | module | what is in it |
//! | --- | --- |
//! | [`cli`] | commands and exit codes |
//! | [`config`] | flags and environment variables |
//! | [`control`] | commands for a running server, over a Unix socket or a named pipe |
//! | [`status`] | the state of a running server, for its administrator |
//! | [`followers`] | background work: each task reads the sequence from its own saved position, or runs on a schedule |
//! | [`server`] | listening, accepting, limits and time-outs of connections, graceful shutdown |
//! | [`http`] | route tables and the filter tree built from them; the door, which checks every request; the API; the feed’s encodings; the embedded web client; the same as plain pages without scripts |
//! | [`contract`] | what each route takes and answers, as data; the OpenAPI document and the TypeScript declarations made from it |
//! | [`feed`] | a gap-free stream of events for one caller |
//! | [`lab`] | the front-end lab, which production never constructs: snapshots, a seed, people who answer, faults |
//! | [`presence`] | who is online |
//! | [`attention`] | who sits in front of a device right now |
//! | [`push`] | notifications for browsers that have no page open, and through servers of one’s own |
//! | [`password`] | the rules for passwords, and their hashes |
//! | [`throttle`] | limits on guessing |
//! | [`totp`] | codes of authenticator apps, for two-step sign-in |
//! | [`webauthn`] | what authenticators sign for passkeys, and the challenges that they are given |
//! | [`rates`] | limits on what a user does, and how often |
//! | [`places`] | the places for connections |
//! | [`listening`] | where the server listens, and what connects there |
//! | [`tls`] | TLS at the server’s own socket: the certificate in use, and where it is from |
//! | [`store`] | the SQLite file: the writer, the readers, the SQL |
//! | [`search`] | what words a text has, and what a query asks for |
//! | [`text`] | what people write, as they mean it: code, quotes, lists, links |
//! | [`media`] | what kind of file something is, and which of its bytes are metadata |
//! | [`bus`] | live events for the streams that are open |
//! | [`oauth`] | signing in with GitHub or an OpenID Connect provider |
//! | [`outbound`] | the only client for outgoing HTTP requests, and its rules |
//! | [`metrics`] | what the server counts and measures |
//! | [`random`] | random bytes, of which tokens are made |
//! | [`curve`] | whether a public key is one |
//! | `durable` | names of files that are there after a power cut |
//! | [`platform`] | what differs between Linux, macOS and Windows |
//! | [`secret`] | secrets that the server is started with, such as the token for metrics |
//! | [`model`] | shared types: ids, messages, events, limits, and the rules for input |
//! | [`error`] | the errors that clients are told about, and their codes |
//!
//! # Where a feature goes
//! A feature has a few small files of the same name, and a line in the lists that name them. Those of invitations:
//!
//! | part | file |
//! | --- | --- |
//! | the types that clients see, limits, permissions | `model/account.rs`, `model/limits.rs`, `model/permission.rs` |
//! | what each route takes and answers | `contract/operations/invites.rs` |
//! | the table of routes, and their handlers | `http/api/invites.rs`, and a line in `http/mod.rs` |
//! | the tables and queries | `store/invites.rs`, a migration in `store/migrations/`, and `schema.sql` |
//! | background work | `followers/sweep.rs` |
//! | the web client, and pages without scripts | `ui/` beside `src/`; `http/plain/` |
//! | tests | `tests/it/invites.rs` |
//!
//! What backups and exports must carry is listed in `store/files/`. An event that streams are told of is a variant of
//! `model/change.rs` and a line in `store/replay.rs`. Retention rules are followers, as the search index is. What
//! only developers need, such as injected faults, goes into `lab/`, and its routes into `http/lab/`. CONTRIBUTING.md walks
//! through an example.
//!
//! # Invariants
//! 1. There is one writer: a thread that owns the write connection. A batch of jobs has one commit. A job that fails is
//!    rolled back on its own. The queue is bounded. A job is done even if its client has disconnected.
//! 2. After the commit, and only then, the writer publishes the batch’s events in the order of their ids, then answers.
//!    Nothing else publishes stored events. Typing and presence have no number and aren’t stored.
//! 3. The write-ahead log is synced at every commit (`synchronous = FULL`): a message whose request was answered survives a
//!    power cut. Checkpoints run on a thread of their own.
//! 4. Everything that a stream may replay is numbered from one sequence, and no number is used twice. The number is in the
//!    row that it is about; a row that changes again takes a newer number. So a replay is every row numbered after the
//!    cursor, in its present state.
//! 5. A stream subscribes, then reads the database up to its present end, then goes live and drops what it has already
//!    sent. One that lags reads what was published last, which is kept once for all, or the database again. It never skips
//!    an event, and never holds an unbounded queue.
//! 6. Delivering a message takes work for its receivers’ streams only. Membership is checked again when an event is read from the
//!    database.
//! 7. No SQLite call runs on a tokio worker: readers are a pool of read-only connections on blocking threads.
//! 8. A token is 256 random bits, and only its SHA-256 is stored, whether it is for a session, a program, an invitation, a
//!    password reset or a hook. Sessions are cached, and the writer removes a revoked one from the cache in the same step.
//! 9. No `unsafe` and no second service. Requests go out only through [`outbound`], and only to what an administrator or
//!    a person has set up: sign-in providers, the pictures that they name, a certificate authority, a server for
//!    notifications, and the push services of people’s browsers.
//! 10. A database is marked for people or for development, and none is served as both. Only a lab sets the clock or seeds
//!     what is random.

pub mod attention;
pub mod bus;
pub mod cli;
pub mod config;
pub mod contract;
pub mod control;
pub mod curve;
mod durable;
pub mod error;
mod expiring;
pub mod feed;
pub mod followers;
pub mod http;
pub mod lab;
pub mod listening;
pub mod media;
pub mod metrics;
pub mod model;
pub mod oauth;
pub mod outbound;
pub mod password;
pub mod places;
pub mod platform;
pub mod presence;
pub mod push;
pub mod random;
pub mod rates;
pub mod search;
pub mod secret;
pub mod server;
pub mod status;
pub mod store;
pub mod text;
pub mod throttle;
pub mod tls;
pub mod totp;
pub mod webauthn;
