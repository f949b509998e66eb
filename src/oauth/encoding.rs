//! Base 64 as tokens and headers have it (RFC 4648), and random texts.

use base64::{
    Engine as _,
    alphabet::URL_SAFE,
    engine::{
        DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig,
        general_purpose::{STANDARD, URL_SAFE_NO_PAD},
    },
};

use super::{Error, Result};

/// Random bytes in a state, a nonce, a verifier and a cookie.
const RANDOM_BYTES: usize = 32;

/// Some providers pad the numbers of their keys, which RFC 7515 §2 has them leave out.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// In the alphabet for URLs, without padding.
pub fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// In the usual alphabet, with padding.
pub fn padded_base64(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Like [`from_base64`], with or without padding.
pub fn from_lenient_base64(text: &str) -> Option<Vec<u8>> {
    LENIENT.decode(text).ok()
}

/// A text that can’t be guessed.
///
/// # Errors
/// [`Error::Failed`] if the system has no random bytes.
pub fn random() -> Result<String> {
    let bytes = crate::random::random::<RANDOM_BYTES>().map_err(|_| Error::Failed)?;
    Ok(base64(bytes))
}
