//! Sockets in the file system (unix(7)).

use std::{
    fs::{self, File, Permissions},
    io,
    os::{
        fd::AsRawFd,
        unix::{fs::PermissionsExt, net::SocketAddr},
    },
    path::{Path, PathBuf},
};

use tokio::net::{UnixListener, UnixStream};

/// A socket that listens. Its file is removed when this is dropped.
#[derive(Debug)]
pub struct SocketFile {
    listener: UnixListener,
    path: PathBuf,
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

impl SocketFile {
    /// Makes the file, and listens. Whoever `mode` lets write may connect.
    ///
    /// # Errors
    /// If there is a file already, or there can’t be one.
    pub fn bind(path: &Path, mode: u32) -> io::Result<Self> {
        let listener = UnixListener::bind(&Short::of(path)?.path)?;
        let file = Self {
            listener,
            path: path.to_owned(),
        };
        fs::set_permissions(path, Permissions::from_mode(mode))?;
        Ok(file)
    }

    /// Connects to whoever listens at `path`.
    ///
    /// # Errors
    /// If nobody does, or the name of the file is too long.
    pub async fn connect(path: &Path) -> io::Result<UnixStream> {
        UnixStream::connect(&Short::of(path)?.path).await
    }

    #[must_use]
    pub fn listener(&self) -> &UnixListener {
        &self.listener
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// A path of a socket that is short enough to bind or connect to it: at most 107 bytes (unix(7)). A longer one leads through
/// the opened folder, so a folder may be as deep as it likes.
struct Short {
    path: PathBuf,
    /// Has to stay open while the path is used.
    _folder: Option<File>,
}

impl Short {
    fn of(socket: &Path) -> io::Result<Self> {
        let (Some(folder), Some(name), Err(_)) = (
            socket.parent(),
            socket.file_name(),
            SocketAddr::from_pathname(socket),
        ) else {
            return Ok(Self {
                path: socket.to_owned(),
                _folder: None,
            });
        };
        let folder = File::open(folder)?;
        Ok(Self {
            path: Path::new("/proc/self/fd")
                .join(folder.as_raw_fd().to_string())
                .join(name),
            _folder: Some(folder),
        })
    }
}
