//! What each request passes, whichever route it is for: `service` takes it in and counts and logs it, `guard`
//! refuses what no client should send, `filters` take it apart, `caller` says who is asking and `authorize`
//! whether they may, and `body` reads what they sent.

pub mod authorize;
pub mod body;
pub mod caller;
pub mod filters;
mod guard;
pub mod origin;
pub mod proxies;
mod request_id;
pub mod security;
pub mod service;
