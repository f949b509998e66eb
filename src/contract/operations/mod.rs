//! All operations, by resource. The tables of `http` refer to them.

#![allow(clippy::must_use_candidate, reason = "each is a row of a table")]

pub mod accounts;
pub mod addresses;
pub mod admin;
pub mod admin_settings;
pub mod attention;
pub mod audit;
pub mod conversations;
pub mod drafts;
pub mod feed;
pub mod hooks;
pub mod invites;
pub mod messages;
pub mod oauth;
pub mod passkeys;
pub mod password;
pub mod people;
pub mod pictures;
pub mod pins;
pub mod profile;
pub mod proof;
pub mod push;
pub mod relay;
pub mod reports;
pub mod room_requests;
pub mod rooms;
pub mod saved;
pub mod search;
pub mod second_factor;
pub mod server;
pub mod sessions;
pub mod settings;
pub mod storage;
pub mod tokens;
pub mod uploads;
