//! Tincan where the machine around it fails: power, disk, clock, network. What these tests need goes
//! beyond a process of one's own: they trace it, preload libraries into it, and put it into
//! namespaces.
//!
//! Debian's `strace`, `faketime`, `iproute2`, `curl` and a C compiler are looked for on the path. Where
//! one is missing, the tests that need it say that they are skipped, and pass; with `CI=true` they fail.

#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    reason = "a test that meets the unexpected has failed"
)]

#[path = "../it/old_database.rs"]
mod old_database;
#[allow(
    dead_code,
    unused_imports,
    reason = "shared with the tests that need no tools, which use the rest of it"
)]
#[path = "../it/support/mod.rs"]
mod support;
#[allow(dead_code, reason = "shared likewise")]
#[path = "../it/witness.rs"]
mod witness;
#[path = "../it/writers.rs"]
mod writers;

mod clock;
mod crowd;
mod disk;
mod fsync;
mod half_open;
mod kills;
mod power_cut;
mod tools;
