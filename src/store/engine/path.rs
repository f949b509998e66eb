//! Paths of a database and of the files beside it.

use std::{
    fs::OpenOptions,
    io,
    path::{Path, PathBuf},
};

use super::error::OpenError;
use crate::platform;

/// Resolves links, so that two names of one file lead to one lock. A missing file is created empty, because a link to a
/// missing file can't be resolved.
pub fn resolve(path: &Path) -> Result<PathBuf, OpenError> {
    let in_context = |error: io::Error| OpenError::unusable(path, &error);
    if !path.exists() {
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .map_err(in_context)?;
    }
    platform::canonicalize(path).map_err(in_context)
}

/// Appends to the file name: `tincan.db` and `.lock` give `tincan.db.lock`.
#[must_use]
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
