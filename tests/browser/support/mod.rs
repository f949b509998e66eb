//! What the tests share: a server on a stage, people in front of their browsers, and a network that
//! can fail.
//!
//! Nothing here sleeps to synchronise: [`wait`] looks again and again at the thing itself.

mod console;
mod driver;
mod engine;
mod keys;
mod page;
mod proxy;
mod reader;
mod session;
mod stage;
mod worker;

use std::{path::Path, time::Duration};

use rustix::fs::statvfs;
use tempfile::TempDir;
use tokio::time::{Instant, sleep, timeout_at};

pub use engine::Engine;
pub use proxy::{Canned, Proxy};
pub use reader::Reader;
pub use session::{Device, Options, Scheme, Session};
pub use stage::Stage;
pub use worker::Worker;

/// How long a test waits for what must happen. Far more than it takes, as machines differ.
pub const PATIENCE: Duration = Duration::from_secs(20);
const GLANCE: Duration = Duration::from_millis(20);

/// A folder for what ends with the test: in memory, where that has room. A browser makes and deletes hundreds of files,
/// which on a disk is a seventh of what a test costs.
fn scratch() -> TempDir {
    /// For the profiles of all browsers that run at once, and what they download.
    const ROOM: u64 = 1 << 30;
    let memory = Path::new("/dev/shm");
    let has_room = statvfs(memory).is_ok_and(|there| there.f_bavail * there.f_frsize >= ROOM);
    let folder = if has_room {
        TempDir::new_in(memory)
    } else {
        TempDir::new()
    };
    folder.expect("a folder")
}

/// Looks until there is something to see, and gives it back; fails the test when there never is.
pub async fn wait<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    watch(look)
        .await
        .unwrap_or_else(|| panic!("waited in vain for {what}"))
}

/// Looks until there is something to see, or until patience has run out.
async fn watch<T>(mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + PATIENCE;
    // A browser that hangs answers no question about it.
    while let Ok(seen) = timeout_at(end, look()).await {
        // What answers at once is never too late.
        if seen.is_some() || Instant::now() > end {
            return seen;
        }
        sleep(GLANCE).await;
    }
    None
}
