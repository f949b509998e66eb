//! The API, with one file for each resource: the table of its routes, and the handlers.

pub mod accounts;
pub mod addresses;
pub mod admin;
pub mod admin_settings;
pub mod conversations;
pub mod files;
pub mod health;
pub mod hooks;
pub mod invites;
pub mod messages;
pub mod metrics;
pub mod oauth;
pub mod openapi;
pub mod password;
pub mod people;
pub mod pictures;
pub mod profile;
pub mod reports;
pub mod room_requests;
pub mod rooms;
pub mod sessions;
pub mod settings;
pub mod storage;
pub mod tokens;
pub mod uploads;
