//! systemd’s protocols, for systemd or any other supervisor that speaks them: socket activation
//! (`sd_listen_fds(3)`), notifications that the server is ready or stopping (`sd_notify(3)`), and the watchdog
//! (`sd_watchdog_enabled(3)`). Without such a supervisor none of this does anything.

use std::io;

use tokio::time::{MissedTickBehavior, interval};

use crate::{
    error::Error,
    listening::Listener,
    platform::{self, NotifyState, PassedSockets},
    store::Store,
};

/// Why the server can’t listen on the socket that was passed to it.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    #[error("{0} sockets were passed, but the server listens on one; [::]:3000 also accepts IPv4")]
    Several(usize),
    #[error("can’t listen on the socket that was passed: {0}")]
    Unusable(#[from] io::Error),
}

/// The socket that was passed to the process, if any.
///
/// # Errors
/// If it isn’t a socket that listens, on a port or in the file system, or if there are several.
pub fn listener(mut sockets: PassedSockets) -> Result<Option<Listener>, SocketError> {
    if sockets.count() > 1 {
        return Err(SocketError::Several(sockets.count()));
    }
    // What isn’t taken for the one can be taken for the other.
    Ok(match sockets.take_local() {
        Ok(listener) => listener.map(Listener::Local),
        Err(_) => sockets.take_tcp()?.map(Listener::Tcp),
    })
}

/// Reports that the server now answers clients at `url`.
pub fn notify_ready(url: &str) {
    notify(&[NotifyState::Ready, NotifyState::Status(&serving(url))]);
}

/// Reports that the server is stopping because it was asked to.
pub fn notify_stopping() {
    notify(&[
        NotifyState::Stopping,
        NotifyState::Status("Closing connections and the database"),
    ]);
}

/// Reports that the server is alive, twice per watchdog interval, as long as its writer answers. A full disk, or another
/// program that holds the database, is reported as a status but doesn’t trip the watchdog: a restart wouldn’t help.
pub async fn run_watchdog(url: String, store: Store) {
    let Some(time) = platform::watchdog_enabled().filter(|time| !time.is_zero()) else {
        return;
    };
    let mut beats = interval(time / 2);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beats.tick().await;
        match store.wait_for_writer().await {
            Ok(()) => notify(&[NotifyState::Watchdog, NotifyState::Status(&serving(&url))]),
            Err(error @ (Error::Busy | Error::StorageFull)) => notify(&[
                NotifyState::Watchdog,
                NotifyState::Status(&error.to_string()),
            ]),
            Err(error) => notify(&[NotifyState::Status(&error.to_string())]),
        }
    }
}

fn serving(url: &str) -> String {
    format!("Listening on {url}")
}

fn notify(states: &[NotifyState]) {
    if let Err(error) = platform::notify(states) {
        tracing::warn!(%error, "can’t report the status to systemd");
    }
}
