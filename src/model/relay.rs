//! Servers through which people are notified without the push services of browsers’ makers.

use schemars::JsonSchema;
use serde::Serialize;

use super::is_blank;
use crate::error::{Error, Result};

/// The most bytes of the token of an application. Gotify’s have 15.
const MAX_TOKEN_BYTES: usize = 200;

/// What kind of server it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RelayKind {
    Ntfy,
    Gotify,
}

impl RelayKind {
    /// The word stored in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ntfy => "ntfy",
            Self::Gotify => "gotify",
        }
    }
}

/// Checks the token of somebody’s application. It goes into a header.
///
/// # Errors
/// [`Error::Invalid`].
pub fn relay_token(token: &str) -> Result<&str> {
    let token = token.trim();
    if is_blank(token) {
        let reason = "Enter the token of the application that you have created for Tincan.";
        return Err(Error::invalid("token", reason));
    }
    if token.len() > MAX_TOKEN_BYTES || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        let reason = "This isn’t the token of an application. Copy it once more.";
        return Err(Error::invalid("token", reason));
    }
    Ok(token)
}
