//! Where commands reach a running server: a Unix socket (unix(7)).

use std::{fs, io, path::Path};

use tokio::net::UnixStream;

use super::socket_file::SocketFile;

/// Ends the name of the file beside the database.
pub const COMMANDS: &str = ".sock";

/// The socket on which a running server takes commands. Only its owner can open it.
pub struct CommandListener(SocketFile);

impl CommandListener {
    /// Listens at `path`. What is there is replaced.
    ///
    /// # Errors
    /// If there can’t be a socket.
    pub fn listen(path: &Path) -> io::Result<Self> {
        let _ = fs::remove_file(path);
        SocketFile::bind(path, 0o600).map(Self)
    }

    /// The next who has a command.
    ///
    /// # Errors
    /// See accept(2).
    pub async fn accept(&mut self) -> io::Result<UnixStream> {
        let (stream, _) = self.0.listener().accept().await?;
        Ok(stream)
    }
}

/// Connects to the server that listens at `path`.
///
/// # Errors
/// `NotFound` or `ConnectionRefused` if there is none, and `InvalidInput` if there can’t be a socket.
pub async fn connect(path: &Path) -> io::Result<UnixStream> {
    SocketFile::connect(path).await
}
