//! Passkeys, by which people sign in without a password.

use schemars::JsonSchema;
use serde::Serialize;

use super::{PasskeyId, Timestamp, input::shown_name};
use crate::error::Result;

/// The most passkeys of one user: one for each device and then some.
pub const MAX_PASSKEYS: u32 = 16;
/// The most characters of a passkey’s name.
const MAX_NAME_LENGTH: usize = 64;

/// A passkey, as its user sees it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Passkey {
    pub id: PasskeyId,
    /// What its user calls it.
    #[schemars(length(min = 1, max = MAX_NAME_LENGTH))]
    pub name: String,
    pub created_at: Timestamp,
    /// Null if it hasn’t been used since.
    pub last_used_at: Option<Timestamp>,
    /// Whether its authenticator keeps it on several devices, or in a backup.
    pub backed_up: bool,
    /// The only host name at which it works. Null if it is from an older version and hasn’t been used since.
    #[schemars(length(max = 253))]
    pub rp_id: Option<String>,
}

/// Trims and validates a passkey’s name.
///
/// # Errors
/// [`Error::Invalid`](crate::error::Error::Invalid) on `name` if it has no visible character, is too long, or has control
/// characters.
pub fn passkey_name(text: &str) -> Result<String> {
    shown_name("name", text, MAX_NAME_LENGTH)
}
