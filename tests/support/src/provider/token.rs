//! Id tokens, and what can be done to them.

use serde_json::Value;

use super::signing::{base64, hmac, sign};

/// An id token that hasn’t been signed yet.
pub struct Token {
    pub header: Value,
    pub claims: Value,
    /// The claims as a text, if JSON as it should be isn’t enough.
    pub payload: Option<String>,
    /// The header as a text, likewise.
    pub header_text: Option<String>,
    /// By what, and by which key, it is signed.
    pub alg: &'static str,
    pub key: &'static str,
    /// The secret, if it is signed by one.
    pub secret: Option<Vec<u8>>,
    /// In seconds since the epoch.
    pub now: u64,
}

impl Token {
    pub(super) fn signed(&self) -> String {
        let header = self.header_text.clone();
        let header = base64(header.unwrap_or_else(|| self.header.to_string()));
        let payload = self.payload.clone();
        let payload = base64(payload.unwrap_or_else(|| self.claims.to_string()));
        let message = format!("{header}.{payload}");
        let signature = match &self.secret {
            Some(secret) => hmac(secret, message.as_bytes()),
            None => sign(self.alg, self.key, message.as_bytes()),
        };
        format!("{message}.{}", base64(signature))
    }

    /// Takes a claim out.
    pub fn remove(&mut self, claim: &str) {
        self.claims
            .as_object_mut()
            .expect("an object")
            .remove(claim);
    }
}
