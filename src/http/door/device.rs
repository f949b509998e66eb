//! Devices on which somebody has signed in before. A browser keeps a mark of it in a cookie: a random name of the device,
//! and a code over that name and the account, by a key of this server. So a flood of strangers’ guesses doesn’t keep people
//! out where they have been before (OWASP, Slow Down Online Guessing Attacks with Device Cookies).
//!
//! It is a code rather than a row for each device, as there is then nothing to write, to sweep or to fill up. A mark lets
//! nobody in: it only gives guesses a queue of their own.

use ring::hmac;

use crate::{
    error::Result,
    model::UserId,
    store::{Store, new_token},
};

/// Makes marks, and knows its own again.
pub struct DeviceMarks(hmac::Key);

impl DeviceMarks {
    pub async fn load(store: &Store) -> Result<Self> {
        let key = store.device_key().await?;
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &key)))
    }

    /// A mark for a device on which this user has signed in.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn create(&self, user: UserId) -> Result<String> {
        let device = new_token()?;
        let code = hmac::sign(&self.0, signed(&device, user).as_bytes());
        Ok(format!("{device}.{}", hex::encode(code)))
    }

    /// The name of the device, if this is its mark for this user.
    pub fn device<'a>(&self, mark: &'a str, user: UserId) -> Option<&'a str> {
        let (device, code) = mark.split_once('.')?;
        let code = hex::decode(code).ok()?;
        let signed = signed(device, user);
        hmac::verify(&self.0, signed.as_bytes(), &code).ok()?;
        Some(device)
    }
}

fn signed(device: &str, user: UserId) -> String {
    format!("{device} {user}")
}
