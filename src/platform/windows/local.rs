//! Sockets in the file system at which a server listens for clients. None here: Windows has them, but neither the standard
//! library nor tokio uses them there, and proxies connect to a port.

use std::{
    io,
    path::{Path, PathBuf},
};

/// Whether a server can listen on a socket in the file system.
pub const HAS_LOCAL_SOCKETS: bool = false;

/// What has connected to such a socket.
pub type LocalStream = tokio::io::Empty;

/// A socket in the file system that listens.
#[derive(Debug)]
pub enum LocalListener {}

impl LocalListener {
    /// Refused.
    ///
    /// # Errors
    /// Always.
    pub async fn bind(_path: &Path, _mode: u32) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Where it listens.
    ///
    /// # Errors
    /// Never, as there is none.
    pub fn path(&self) -> io::Result<PathBuf> {
        match *self {}
    }

    /// The next that connects.
    ///
    /// # Errors
    /// Never, as there is none.
    pub async fn accept(&self) -> io::Result<LocalStream> {
        match *self {}
    }
}
