//! The steps that every request takes before its handler. `service` receives, counts and logs it, `guard` refuses
//! malformed requests, `filters` extract its parts, `caller` says who sent it, `authorize` checks the permission, and
//! `body` reads the body. `unread` reads what is left of it.

pub mod accept;
pub mod authorize;
pub mod body;
pub mod caller;
pub mod filters;
mod guard;
pub mod origin;
pub mod proxies;
pub mod query;
mod request_id;
pub mod security;
pub mod service;
mod unread;
