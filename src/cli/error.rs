//! Why a command of the command line was not run.

use std::path::{Path, PathBuf};

/// Why a command was not run.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The sentence says why.
    #[error("{0}")]
    Refused(String),
    #[error("there is no database at {}", .0.display())]
    NoDatabase(PathBuf),
}

/// The path of a database, which must exist: creating one would hide a mistyped name.
pub fn existing(path: &Path) -> Result<&Path, CommandError> {
    if path.exists() {
        return Ok(path);
    }
    Err(CommandError::NoDatabase(path.to_owned()))
}
