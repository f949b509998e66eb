//! Where certificates and their keys are kept that a server gets or makes by itself: beside the database, for its owner
//! only.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::{durable::sync_folder, platform};

/// The folder for all of it that belongs to a database.
#[must_use]
pub fn folder_beside(database: &Path) -> PathBuf {
    // Symbolic links are followed, as for the lock.
    let found = platform::canonicalize(database);
    let mut path = found.as_deref().unwrap_or(database).as_os_str().to_owned();
    path.push("-tls");
    path.into()
}

/// A folder that only its owner can read.
#[derive(Clone, Debug)]
pub struct PrivateFolder(PathBuf);

impl PrivateFolder {
    /// Nothing is created yet.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self(path)
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Creates the folder, if it isn’t there.
    ///
    /// # Errors
    /// If it can’t be created, or kept from others.
    pub fn create(&self) -> io::Result<()> {
        platform::create_private_folder(&self.0)
    }

    /// What a file has. None if there is no such file.
    ///
    /// # Errors
    /// If it can’t be read.
    pub fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.0.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Replaces a file. After a crash there is either the old one or the new one: it is written beside, synced, and renamed.
    /// What a crash leaves beside it goes with the next.
    ///
    /// # Errors
    /// If it can’t be written. Then the old one is there.
    pub fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.create()?;
        let beside = format!("{name}.new");
        // Whatever its mode is.
        self.delete(&beside)?;
        let (path, beside) = (self.0.join(name), self.0.join(beside));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        let mut file = platform::private(&mut options).open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, &path)?;
        sync_folder(&self.0)
    }

    /// Deletes a file, if there is one.
    ///
    /// # Errors
    /// If it can’t be deleted.
    pub fn delete(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.0.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}
