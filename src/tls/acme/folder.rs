//! What is kept between starts: the account at an authority, and the certificate from there. Each authority has a folder of
//! its own, by the URL of its directory, so that a trial with one never meets the certificates of another.

use std::{io, path::Path, sync::Arc};

use sha2::{Digest, Sha256};
use url::Url;

use super::failure::Failure;
use crate::tls::PrivateFolder;

/// The folder for the authority with this directory, below `acme`.
pub fn folder_of(acme: &Path, directory: &Url) -> PrivateFolder {
    let name = hex::encode(Sha256::digest(directory.as_str()));
    PrivateFolder::new(acme.join(name))
}

/// Does something with the folder’s files, on a thread that may wait for a disk.
pub async fn in_background<T: Send + 'static>(
    folder: &Arc<PrivateFolder>,
    job: impl FnOnce(&PrivateFolder) -> io::Result<T> + Send + 'static,
) -> Result<T, Failure> {
    let folder = Arc::clone(folder);
    let done = tokio::task::spawn_blocking(move || job(&folder)).await;
    done.map_err(io::Error::other)
        .flatten()
        .map_err(Failure::Folder)
}
