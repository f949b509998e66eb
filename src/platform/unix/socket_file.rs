//! Sockets in the file system (unix(7)).

#[cfg(target_os = "linux")]
use std::{fs::File, os::fd::AsRawFd};
use std::{
    fs::{self, Permissions},
    io,
    os::unix::{fs::PermissionsExt, net::SocketAddr},
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

/// A path of a socket that is short enough to bind or connect to it: at most 107 bytes on Linux (unix(7)), and 103 on macOS.
/// A longer one leads another way to the folder, which may be as deep as it likes.
struct Short {
    path: PathBuf,
    /// Has to stay while the path is used.
    _way: Option<Way>,
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
                _way: None,
            });
        };
        let way = Way::to(folder)?;
        Ok(Self {
            path: way.path().join(name),
            _way: Some(way),
        })
    }
}

/// A short way to a folder: through the opened folder.
#[cfg(target_os = "linux")]
struct Way(File);

#[cfg(target_os = "linux")]
impl Way {
    fn to(folder: &Path) -> io::Result<Self> {
        File::open(folder).map(Self)
    }

    fn path(&self) -> PathBuf {
        Path::new("/proc/self/fd").join(self.0.as_raw_fd().to_string())
    }
}

/// A short way to a folder: by a link in a folder of one’s own, as nothing leads through an opened one here.
#[cfg(not(target_os = "linux"))]
struct Way(tempfile::TempDir);

#[cfg(not(target_os = "linux"))]
impl Way {
    fn to(folder: &Path) -> io::Result<Self> {
        let way = Self(tempfile::Builder::new().prefix("tincan-").tempdir()?);
        std::os::unix::fs::symlink(folder.canonicalize()?, way.path())?;
        Ok(way)
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("d")
    }
}
