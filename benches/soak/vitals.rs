//! How much the server holds: its memory, its descriptors, and the failures that it counts.

use std::{fmt, fs, time::Duration};

use tokio::time::sleep;

use crate::support::{Binary, soon};

/// How often is looked whether a descriptor has gone.
const GLANCE: Duration = Duration::from_millis(20);

/// What the server holds at a moment.
#[derive(Clone, Copy)]
pub struct Vitals {
    /// Resident memory, in kB.
    pub memory: u64,
    /// Descriptors that aren't sockets, which stay once a reader has opened its file.
    pub files: usize,
    pub sockets: usize,
}

impl Vitals {
    pub fn of(binary: &Binary) -> Self {
        let (sockets, files) = descriptors(binary);
        Self {
            memory: binary.kilobytes("VmRSS"),
            files,
            sockets,
        }
    }
}

impl fmt::Display for Vitals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            memory,
            files,
            sockets,
        } = self;
        write!(f, "{memory} kB, {files} files, {sockets} sockets")
    }
}

/// How many sockets it has, and how many other descriptors.
fn descriptors(binary: &Binary) -> (usize, usize) {
    let all = fs::read_dir(format!("/proc/{}/fd", binary.id())).expect("a process");
    // One that is closed while we look has no target any more.
    let targets = all.filter_map(|one| fs::read_link(one.ok()?.path()).ok());
    let targets: Vec<_> = targets.collect();
    let sockets = targets
        .iter()
        .filter(|target| target.to_string_lossy().starts_with("socket:"));
    let sockets = sockets.count();
    (sockets, targets.len() - sockets)
}

/// Waits until the server has as few sockets as this.
pub async fn sockets_are(wanted: usize, count: impl Fn() -> usize) {
    let what = format!("the server to have {wanted} sockets instead of {}", count());
    soon(&what, async {
        while count() > wanted {
            sleep(GLANCE).await;
        }
    })
    .await;
}

/// The series of requests that the server answered with 500 or more, and how many there were.
pub fn failures(metrics: &str) -> Vec<(String, u64)> {
    let is_failure = |series: &str| {
        series.starts_with("tincan_http_requests_total") && series.contains("status=\"5")
    };
    series(metrics, is_failure).collect()
}

/// The limits that have kept somebody from something, and how often. Nobody here does more than a person.
pub fn limits(metrics: &str) -> Vec<(String, u64)> {
    let limits = series(metrics, |series| series.starts_with("tincan_limited_total"));
    limits.filter(|(_, times)| *times > 0).collect()
}

fn series(metrics: &str, is_wanted: impl Fn(&str) -> bool) -> impl Iterator<Item = (String, u64)> {
    let lines = metrics.lines().filter_map(|line| line.rsplit_once(' '));
    let lines = lines.filter(move |(series, _)| is_wanted(series));
    lines.map(|(series, times)| (series.to_owned(), times.parse().expect("a number")))
}
