//! Secrets that the server is started with: kept out of logs, read from files, and compared.

use std::{fmt, fs, io, path::PathBuf};

use subtle::ConstantTimeEq;

/// A text that no log and no error message shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Why there is no secret. The secret itself stands in none of the texts.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("{0} is given, and a file with it; which is it?")]
    Ambiguous(String),
    #[error("can’t read the secret in {file:?}: {reason}")]
    Unreadable { file: PathBuf, reason: io::Error },
    #[error("the file {0:?} is empty, and should hold a secret")]
    EmptyFile(PathBuf),
}

impl Secret {
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The secret from a flag or from a file, without white space around it; an error if both are given, which calls it
    /// `what`. An empty flag or variable counts as unset.
    pub fn from_flag_or_file(
        what: &str,
        given: Option<Self>,
        file: Option<PathBuf>,
    ) -> Result<Option<Self>, SecretError> {
        let given = given.filter(|secret| !secret.0.is_empty());
        let file = file.filter(|file| !file.as_os_str().is_empty());
        let Some(file) = file else {
            return Ok(given);
        };
        if given.is_some() {
            return Err(SecretError::Ambiguous(what.to_owned()));
        }
        match fs::read_to_string(&file) {
            Ok(text) if text.trim().is_empty() => Err(SecretError::EmptyFile(file)),
            Ok(text) => Ok(Some(Self::from(text.trim()))),
            Err(reason) => Err(SecretError::Unreadable { file, reason }),
        }
    }

    /// The text itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether `text` is the secret. The time that this takes tells its length at most.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.0.as_bytes().ct_eq(text.as_bytes()).into()
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}
