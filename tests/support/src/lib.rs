//! What tests share: a server in this process or as the real binary, clients that speak the
//! contract, and streams.
//!
//! Nothing here sleeps to synchronise: everything waits for the thing itself, for [`PATIENCE`] at
//! most.

#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that meets the unexpected has failed"
)]
#![allow(
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    reason = "only the tests call this"
)]

mod answer;
mod binary;
mod client;
pub mod connection;
mod files;
pub mod inbox;
pub mod old_database;
mod port;
pub mod provider;
pub mod push_service;
pub mod relay;
mod server;
mod socket;
mod stream;
pub mod tls;
pub mod uploaders;
pub mod witness;
pub mod writers;

use std::{env, future::Future, io::Write, path::PathBuf, thread, time::Duration};

use proptest::{
    strategy::Strategy,
    test_runner::{Config as Trials, TestCaseResult, TestRunner},
};
use serde_json::Value;
use tokio::time::{sleep, timeout};

pub use self::{
    answer::{Answer, answer, raw, try_answer},
    binary::{Binary, Ended, ended},
    client::{Client, http, messages, participant, participants},
    files::{Download, PLACE, Photo, bytes, png},
    port::Port,
    server::{PASSWORD, Server, Talk, dev, flood, narrow, pass, strict},
    socket::{Socket, event_of},
    stream::{Event, Stream},
};

/// How long a test waits for what must happen. Far more than it takes, as machines differ.
pub const PATIENCE: Duration = Duration::from_secs(30);
const GLANCE: Duration = Duration::from_millis(5);

/// Waits for `what`, and fails the test when it doesn't happen.
pub async fn soon<T>(what: &str, happens: impl Future<Output = T>) -> T {
    timeout(PATIENCE, happens)
        .await
        .unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// Waits until there is something to see, gives it back, and fails the test when there never is.
pub async fn until<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    soon(what, watch(GLANCE, look)).await
}

/// Looks so often, for as long as it takes, and gives back what there is to see in the end.
pub async fn watch<T>(pause: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        sleep(pause).await;
    }
}

/// Says that the running test needs something that isn't here, which CI has to have.
pub fn skip(reason: &str) {
    let name = thread::current().name().unwrap_or_default().to_owned();
    assert!(
        env::var("CI").as_deref() != Ok("true"),
        "{name} can't be skipped in CI: {reason}"
    );
    // Written rather than printed: what a passing test prints isn't shown.
    let _ = writeln!(std::io::stderr(), "SKIPPED {name}: {reason}");
}

pub fn on_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// Does all of this at the same time; gives back the results in the order of the tasks.
pub async fn at_once<T: Send + 'static>(
    tasks: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let tasks: Vec<_> = tasks.into_iter().map(tokio::spawn).collect();
    let mut results = Vec::with_capacity(tasks.len());
    for task in tasks {
        results.push(task.await.expect("no panic"));
    }
    results
}

/// What a link has behind its `#`.
pub fn token_of(link: &str) -> String {
    let (_, token) = link.split_once('#').expect("a link with a token");
    token.to_owned()
}

pub fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// Checks `holds` for as many values of `strategy`, and shows the simplest for which it fails.
pub fn for_all<S>(cases: u32, strategy: &S, holds: impl AsyncFn(S::Value) -> TestCaseResult)
where
    S: Strategy,
{
    let runtime = tokio::runtime::Handle::current();
    let config = Trials {
        cases,
        failure_persistence: None,
        ..Trials::default()
    };
    tokio::task::block_in_place(|| {
        TestRunner::new(config)
            .run(strategy, |value| runtime.block_on(holds(value)))
            .unwrap_or_else(|error| panic!("{error}"));
    });
}

/// How random schedules are tried: so many of them, where `PROPTEST_CASES` doesn’t say otherwise.
pub fn schedules(cases: u32) -> Trials {
    let wished = env::var("PROPTEST_CASES").ok();
    Trials {
        cases: wished.and_then(|cases| cases.parse().ok()).unwrap_or(cases),
        max_shrink_time: 120_000,
        failure_persistence: None,
        ..Trials::default()
    }
}

/// Checks that this is a moment as the contract writes it: `2026-11-20T17:38:00.123Z`.
#[track_caller]
pub fn expect_timestamp(value: &Value) {
    let text = value.as_str().unwrap_or_default();
    let form: String = text
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    assert_eq!(form, "0000-00-00T00:00:00.000Z", "{value}");
}
