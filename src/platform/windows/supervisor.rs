//! Whoever has started the program. Nobody here passes sockets or wants to be told how it is: a service’s wrapper presses
//! Ctrl+C, and that is all.

use std::{io, time::Duration};

use tokio::net::TcpListener;

use super::LocalListener;

/// What a supervisor is told.
#[derive(Clone, Copy, Debug)]
pub enum NotifyState<'a> {
    Ready,
    Stopping,
    Watchdog,
    Status(&'a str),
}

/// Tells nobody.
///
/// # Errors
/// None.
pub fn notify(_states: &[NotifyState<'_>]) -> io::Result<()> {
    Ok(())
}

/// How long a supervisor waits for the next sign of life. There is none.
#[must_use]
pub fn watchdog_enabled() -> Option<Duration> {
    None
}

/// The sockets that were passed to the process: none.
pub struct PassedSockets;

impl PassedSockets {
    #[must_use]
    pub fn from_env() -> Self {
        Self
    }

    #[must_use]
    pub fn count(&self) -> usize {
        0
    }

    /// # Errors
    /// None.
    pub fn take_local(&mut self) -> io::Result<Option<LocalListener>> {
        Ok(None)
    }

    /// # Errors
    /// None.
    pub fn take_tcp(&mut self) -> io::Result<Option<TcpListener>> {
        Ok(None)
    }
}
