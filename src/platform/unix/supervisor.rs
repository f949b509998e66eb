//! Whoever has started the program and looks after it: systemd, or another that speaks its protocols.

use std::{io, net::TcpListener};

use listenfd::ListenFd;
pub use sd_notify::{NotifyState, notify, watchdog_enabled};

use super::PassedLocal;

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
    /// If it isn’t such a socket, or doesn’t listen.
    pub fn take_local(&mut self) -> io::Result<Option<PassedLocal>> {
        self.0.take_unix_listener(0)
    }

    /// Takes the first of them as one on a port. None if there is none.
    ///
    /// # Errors
    /// If it isn’t such a socket, or doesn’t listen.
    pub fn take_tcp(&mut self) -> io::Result<Option<TcpListener>> {
        self.0.take_tcp_listener(0)
    }
}
