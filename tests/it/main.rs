//! Tincan as its clients meet it: every test talks to a listening socket of the real server, over a
//! database of its own.

#![allow(
    clippy::expect_used,
    reason = "a test that meets the unexpected has failed"
)]

use tincan_testing::{
    self as support, old_database, provider, push_service, relay, witness, writers,
};

mod accounts;
mod acme;
mod activity;
mod addresses;
mod administrators;
mod archive;
mod backup;
mod blocks;
mod changes;
mod command_line;
mod compression;
mod concurrency;
mod contact;
mod contract;
mod conversation_settings;
mod conversations;
mod cookies;
mod crash;
mod daily;
mod deletion;
mod describe;
mod dev_compat;
mod dev_doors;
mod dev_mode;
mod documents;
mod drafts;
mod emoji_list;
mod event_sizes;
mod event_stream_clients;
mod faults;
mod feed;
mod feed_model;
mod files;
mod first_run;
mod followers;
mod forms;
mod frames;
mod health;
mod home;
mod hosts;
mod http;
mod invites;
mod lab;
mod lab_faults;
mod lab_people;
mod lab_seeds;
mod landing;
mod languages;
mod lifecycle;
mod limits;
mod long_poll;
mod matrix;
mod mentions;
mod messages;
mod metrics;
mod migration;
mod negotiation;
mod oauth;
mod oauth_http;
mod oauth_providers;
mod page_words;
mod passkeys;
mod passwords;
mod people;
mod pictures;
mod pins;
mod plain;
mod push;
mod push_browsers;
mod push_model;
mod push_relays;
mod push_sending;
mod push_told;
mod quotes;
mod ranges;
mod reactions;
mod refused_bodies;
mod request_ids;
mod rooms;
mod saved;
mod search;
mod search_index;
mod search_model;
mod security;
mod status;
mod storage;
mod survives;
mod system_messages;
mod systemd;
mod throttle;
mod tickets;
mod tls;
mod tls_announce;
mod tls_clients;
mod tls_files;
mod tls_home;
mod tls_redirect;
mod tokens;
mod trust_page;
mod ui;
mod ui_folder;
mod usernames;
mod webhooks;
mod websocket;
mod websocket_protocol;
mod words;
