//! Whoever has started the program and looks after it: systemd, or another that speaks its protocols.

use std::io;

use listenfd::ListenFd;
pub use sd_notify::{NotifyState, notify, watchdog_enabled};
use tokio::net::TcpListener;

use super::LocalListener;

/// The sockets that were passed to the process (`sd_listen_fds(3)`).
pub struct PassedSockets(ListenFd);

impl PassedSockets {
    /// Takes them, before any thread starts: this removes the variables that it reads from the environment.
    #[must_use]
    pub fn from_env() -> Self {
        Self(ListenFd::from_env())
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Takes the first of them as one in the file system. None if there is none.
    ///
    /// # Errors
    /// If it isn’t such a socket, doesn’t listen, or can’t be used here.
    pub fn take_local(&mut self) -> io::Result<Option<LocalListener>> {
        let passed = self.0.take_unix_listener(0)?;
        passed.map(LocalListener::take).transpose()
    }

    /// Takes the first of them as one on a port. None if there is none.
    ///
    /// # Errors
    /// If it isn’t such a socket, doesn’t listen, or can’t be used here.
    pub fn take_tcp(&mut self) -> io::Result<Option<TcpListener>> {
        let Some(passed) = self.0.take_tcp_listener(0)? else {
            return Ok(None);
        };
        passed.set_nonblocking(true)?;
        TcpListener::from_std(passed).map(Some)
    }
}
