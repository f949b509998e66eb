//! Sockets in the file system at which a server listens for clients, as of a proxy on the same machine.

use std::{
    fs, io,
    os::unix::{fs::FileTypeExt, net},
    path::{Path, PathBuf},
};

use tokio::net::{UnixListener, UnixStream};

use super::socket_file::SocketFile;

/// What has connected to such a socket.
pub type LocalStream = UnixStream;

/// A socket in the file system that listens.
#[derive(Debug)]
pub enum LocalListener {
    /// Its file goes with it.
    Own(SocketFile),
    /// One that somebody else has made, and looks after.
    Passed(UnixListener),
}

impl LocalListener {
    /// Listens there. A socket that a server has left behind is replaced. Whoever `mode` lets write may connect.
    ///
    /// # Errors
    /// If somebody listens there already, or nobody can.
    pub async fn bind(path: &Path, mode: u32) -> io::Result<Self> {
        if is_abandoned(path).await {
            fs::remove_file(path)?;
        }
        Ok(Self::Own(SocketFile::bind(path, mode)?))
    }

    /// Takes over a socket that was listening before the server started, as of systemd.
    ///
    /// # Errors
    /// If the system refuses to use it here.
    pub fn take(passed: net::UnixListener) -> io::Result<Self> {
        passed.set_nonblocking(true)?;
        Ok(Self::Passed(UnixListener::from_std(passed)?))
    }

    /// Where it listens.
    ///
    /// # Errors
    /// If the system can’t say.
    pub fn path(&self) -> io::Result<PathBuf> {
        match self {
            Self::Own(file) => Ok(file.path().to_owned()),
            Self::Passed(listener) => {
                let address = listener.local_addr()?;
                let path = address.as_pathname();
                let path = path.ok_or_else(|| io::Error::other("it has no path"))?;
                Ok(path.to_owned())
            }
        }
    }

    /// The next that connects.
    ///
    /// # Errors
    /// See accept(2).
    pub async fn accept(&self) -> io::Result<LocalStream> {
        let listener = match self {
            Self::Own(file) => file.listener(),
            Self::Passed(listener) => listener,
        };
        let (stream, _) = listener.accept().await?;
        Ok(stream)
    }
}

/// Whether there is a socket on which nobody listens any more, as whoever did was killed.
async fn is_abandoned(path: &Path) -> bool {
    // To connect to any other kind of file is refused as well.
    if !fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket()) {
        return false;
    }
    let connected = SocketFile::connect(path).await;
    connected.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}
