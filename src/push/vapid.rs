//! Tells push services who sends (VAPID, RFC 8292): a token for each push service, signed with this server’s key.

use std::{collections::HashMap, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hyper::header::HeaderValue;
use parking_lot::Mutex;
use ring::{
    error::Unspecified,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::json;
use url::Url;

use crate::model::Timestamp;

/// How long a token is valid. At most 24 hours are allowed (RFC 8292 §2).
const LIFETIME: Duration = Duration::from_hours(12);
/// How long a token is used: long before it expires, as clocks differ.
const USED: Duration = Duration::from_hours(6);
/// The most tokens that are kept. There are few push services, but anybody may name another.
const CAPACITY: usize = 100;

/// A new key pair, as PKCS #8.
///
/// # Errors
/// If the system has no randomness.
pub fn new_key() -> Result<Vec<u8>, Unspecified> {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)?;
    Ok(document.as_ref().to_vec())
}

/// This server, as push services know it.
pub struct Sender {
    key: EcdsaKeyPair,
    /// Where to find whoever runs it, as a URI (RFC 8292 §2.1).
    contact: String,
    /// By origin: when the token was made, and the header with it.
    tokens: Mutex<HashMap<String, (Timestamp, HeaderValue)>>,
}

impl Sender {
    /// # Errors
    /// If `key` isn’t a key pair that [`new_key`] has made.
    pub fn new(key: &[u8], contact: String) -> Result<Self, ring::error::KeyRejected> {
        let random = SystemRandom::new();
        Ok(Self {
            key: EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key, &random)?,
            contact,
            tokens: Mutex::default(),
        })
    }

    /// The public key as browsers take it: a point in uncompressed form, in base64url.
    pub fn public_key(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.key.public_key())
    }

    /// The value of `Authorization` for a push service (RFC 8292 §3). It must not be logged.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn authorization(&self, endpoint: &Url) -> Result<HeaderValue, Unspecified> {
        let (origin, now) = (endpoint.origin().ascii_serialization(), Timestamp::now());
        if let Some((made, header)) = self.tokens.lock().get(&origin)
            && *made <= now
            && now < made.after(USED)
        {
            return Ok(header.clone());
        }
        let token = self.token(&origin, now)?;
        let value = format!("vapid t={token}, k={}", self.public_key());
        let mut header = HeaderValue::try_from(value).map_err(|_| Unspecified)?;
        header.set_sensitive(true);
        let mut tokens = self.tokens.lock();
        if tokens.len() >= CAPACITY {
            tokens.clear();
        }
        tokens.insert(origin, (now, header.clone()));
        Ok(header)
    }

    /// A token for an origin (RFC 7519), signed with ES256 (RFC 7518 §3.4).
    fn token(&self, origin: &str, now: Timestamp) -> Result<String, Unspecified> {
        let encode = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let head = encode(json!({ "typ": "JWT", "alg": "ES256" }));
        let claims = encode(json!({
            "aud": origin,
            "exp": now.after(LIFETIME).0 / 1_000,
            "sub": self.contact,
        }));
        let signed = format!("{head}.{claims}");
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes())?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}
