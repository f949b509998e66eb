//! What is kept between starts: the account at an authority, and the certificate from there, in a folder that only its
//! owner can read. Each authority has its own, by the URL of its directory, so that a trial with one never meets the
//! certificates of another.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use sha2::{Digest, Sha256};
use url::Url;

use super::failure::Failure;

/// The folder of one authority.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder for the authority with this directory, below `acme`. Nothing is created yet.
    pub fn new(acme: &Path, directory: &Url) -> Self {
        let name = hex::encode(Sha256::digest(directory.as_str()));
        Self(acme.join(name))
    }

    /// What the file has. None if there is no such file.
    pub fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.0.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Replaces the file. After a crash there is either the old one or the new one: it is written beside, synced, and
    /// renamed. What a crash leaves beside it is overwritten by the next.
    pub fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.0)?;
        let (path, beside) = (self.0.join(name), self.0.join(format!("{name}.new")));
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, &path)?;
        File::open(&self.0)?.sync_all()
    }

    /// Deletes the file, if there is one.
    pub fn delete(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.0.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Does something with the folder’s files, on a thread that may wait for a disk.
pub async fn in_background<T: Send + 'static>(
    folder: &Arc<Folder>,
    job: impl FnOnce(&Folder) -> io::Result<T> + Send + 'static,
) -> Result<T, Failure> {
    let folder = Arc::clone(folder);
    let done = tokio::task::spawn_blocking(move || job(&folder)).await;
    done.map_err(io::Error::other)
        .flatten()
        .map_err(Failure::Folder)
}
