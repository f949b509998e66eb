//! The steps that every request takes before its handler. `service` receives, counts and logs it, `guard` refuses
//! malformed requests, `host` those to names of others, `filters` extract its parts, `caller` says who sent it, with `cookie`
//! and `device`, `authorize` checks the permission, and `body` reads the body. `unread` reads what is left of it.
//!
//! Development mode has two more: `local` refuses what doesn’t come from this machine, and `cors` opens the door to pages of
//! its other origins. `compat` makes a lab’s answers those of another server.

pub mod accept;
pub mod authorize;
pub mod body;
pub mod caller;
mod compat;
mod cookie;
mod cors;
pub mod device;
pub mod filters;
mod guard;
pub mod host;
pub mod local;
pub mod origin;
pub mod proxies;
pub mod query;
mod request_id;
pub mod security;
pub mod service;
mod unread;
