//! What systemd, or whoever else speaks its protocols, hands over to the server and hears from it: a socket that it
//! has opened (`sd_listen_fds(3)`), that the server is ready and when it stops (`sd_notify(3)`), and signs of life
//! (`sd_watchdog_enabled(3)`). Where nobody asks for them, none of these does anything.

use std::{
    io,
    net::{SocketAddr, TcpListener},
};

use listenfd::ListenFd;
use sd_notify::NotifyState;
use tokio::time::{MissedTickBehavior, interval};

use crate::{error::Error, store::Store};

/// Why the server can't listen where it was told to by a socket.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    #[error(
        "{0} sockets were handed over, and the server listens at one; [::]:3000 takes connections over IPv4 as well"
    )]
    Several(usize),
    #[error("can’t listen at the socket that was handed over: {0}")]
    Unusable(#[from] io::Error),
}

/// The socket that was handed over, if any, and its address.
///
/// # Errors
/// Where it isn't one that listens at an address and a port, or isn't the only one.
pub fn listener(mut sockets: ListenFd) -> Result<Option<(SocketAddr, TcpListener)>, SocketError> {
    if sockets.len() > 1 {
        return Err(SocketError::Several(sockets.len()));
    }
    let Some(listener) = sockets.take_tcp_listener(0)? else {
        return Ok(None);
    };
    Ok(Some((listener.local_addr()?, listener)))
}

/// Tells that clients are answered from now on.
pub fn notify_ready(address: SocketAddr) {
    notify(&[NotifyState::Ready, NotifyState::Status(&serving(address))]);
}

/// Tells that the server ends because it was told to.
pub fn notify_stopping() {
    notify(&[
        NotifyState::Stopping,
        NotifyState::Status("Ending connections and closing the database"),
    ]);
}

/// Shows that the server lives, twice in the time after which it is taken for dead. It lives as long as its writer
/// answers; that there is no room on the disk, or that another program holds the database, is told, but is nothing that
/// a restart would mend.
pub async fn run_watchdog(address: SocketAddr, store: Store) {
    let Some(time) = sd_notify::watchdog_enabled().filter(|time| !time.is_zero()) else {
        return;
    };
    let mut beats = interval(time / 2);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        beats.tick().await;
        match store.wait_for_writer().await {
            Ok(()) => notify(&[
                NotifyState::Watchdog,
                NotifyState::Status(&serving(address)),
            ]),
            Err(error @ (Error::Busy | Error::StorageFull)) => notify(&[
                NotifyState::Watchdog,
                NotifyState::Status(&error.to_string()),
            ]),
            Err(error) => notify(&[NotifyState::Status(&error.to_string())]),
        }
    }
}

fn serving(address: SocketAddr) -> String {
    format!("Listening on http://{address}")
}

fn notify(states: &[NotifyState]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "systemd could not be told how the server is");
    }
}
