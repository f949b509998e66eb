//! Tincan as people meet it: every test opens the page of the real binary in a real Chromium.
//!
//! Chromium and chromedriver are looked for on the path. Where they are missing, each test says that
//! it is skipped, and passes; with `CI=true` it fails.

#![allow(
    clippy::expect_used,
    reason = "a test that meets the unexpected has failed"
)]

use tincan_testing::{self as api, provider};

mod support;

mod accounts;
mod activity;
mod attention;
mod budget;
mod changes;
mod clock;
mod composer;
mod drafts;
mod history;
mod home_network;
mod injection;
mod keyboard;
mod layout;
mod look;
mod models;
mod offline;
mod outage;
mod reactions;
mod reading;
mod reset;
mod rooms;
mod screens;
mod screenshots;
mod settings;
mod tabs;
mod talk;
