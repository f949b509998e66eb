//! Tincan as people meet it: every test opens the page of the real binary in a real browser. That is
//! Chromium, and for the main path Firefox and WebKit, too.
//!
//! Browsers and their drivers are looked for on the path. Where one is missing, each test that needs it
//! says that it is skipped, and passes; with `CI=true` it fails.

#![allow(
    clippy::expect_used,
    reason = "a test that meets the unexpected has failed"
)]

use tincan_testing::{self as api, provider};

mod support;

mod access;
mod account_screens;
mod accounts;
mod activity;
mod administration;
mod attention;
mod budget;
mod changes;
mod clock;
mod composer;
mod contact;
mod conversation;
mod dev_doors;
mod drafts;
mod engines;
mod files;
mod finding;
mod first_minutes;
mod history;
mod home_https;
mod home_network;
mod injection;
mod keeps;
mod keyboard;
mod layout;
mod list;
mod look;
mod mentions;
mod models;
mod offline;
mod outage;
mod passkeys;
mod profile;
mod push;
mod quotes;
mod reactions;
mod reading;
mod refusals;
mod reset;
mod ringing;
mod rooms;
mod screenshots;
mod security;
mod settings;
mod storms;
mod tabs;
mod talk;
