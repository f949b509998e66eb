//! Secrets that the server is started with: read from flags or files, kept out of logs, and compared in constant time.

use std::{fmt, fs, io, path::PathBuf};

use subtle::ConstantTimeEq;

/// A text that never appears in a log or an error message.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Why a secret can’t be used. No message contains the secret itself.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("{0} is given both directly and in a file; use one")]
    Ambiguous(String),
    #[error("can’t read the secret in {file:?}: {reason}")]
    Unreadable { file: PathBuf, reason: io::Error },
    #[error("the file {0:?} should hold a secret but is empty")]
    EmptyFile(PathBuf),
}

impl Secret {
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The secret from a flag or from a file, where white space around it is dropped. An empty one is none, as everybody
    /// would know it. `what` names the secret in errors.
    ///
    /// # Errors
    /// If both are given, or the file can’t be read or is empty.
    pub fn from_flag_or_file(
        what: &str,
        given: Option<Self>,
        file: Option<PathBuf>,
    ) -> Result<Option<Self>, SecretError> {
        let given = given.filter(|secret| !secret.0.is_empty());
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

    /// Whether `text` is the secret. Takes the same time wherever they differ, and so reveals at most its length.
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
