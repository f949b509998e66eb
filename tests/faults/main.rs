//! Tincan where the machine around it fails: power, disk, clock, network. What these tests need goes
//! beyond a process of one's own: they trace it, preload libraries into it, and put it into
//! namespaces.
//!
//! Debian's `strace`, `faketime`, `iproute2`, `curl` and a C compiler are looked for on the path, and
//! Litestream, which Debian doesn't have. Where one is missing, the tests that need it say that they are skipped, and pass; with `CI=true` they fail.

#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    reason = "a test that meets the unexpected has failed"
)]

use tincan_testing::{self as support, old_database, uploaders, witness, writers};

mod clock;
mod crowd;
mod disk;
mod file_systems;
mod flood;
mod fsync;
mod half_open;
mod kills;
mod litestream;
mod power_cut;
mod slow_readers;
mod tools;
