//! Codes that change with time, for two-step sign-in (RFC 6238, with HMAC-SHA-1, six digits and steps of 30 seconds, which
//! is what all authenticator apps know), and recovery codes.

use data_encoding::BASE32_NOPAD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use ring::hmac;
use subtle::ConstantTimeEq;

use crate::{error::Result, model::Timestamp, random::random};

/// How long a code is shown.
const STEP_MILLIS: i64 = 30_000;
/// How many steps a clock may be off, in either direction, which covers the time that typing takes, too (RFC 6238 §5.2).
const DRIFT: i64 = 1;
/// As long as the hash (RFC 4226 §4).
const SECRET_BYTES: usize = 20;
/// More than anybody could try out, even with the hashes of them.
const RECOVERY_BYTES: usize = 10;

/// What an authenticator app and the server have in common.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// A new secret.
    ///
    /// # Errors
    /// If the system can’t provide random numbers.
    pub fn random() -> Result<Self> {
        Ok(Self(random::<SECRET_BYTES>()?.into()))
    }

    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// As people type it into an app that can’t scan.
    #[must_use]
    pub fn base32(&self) -> String {
        BASE32_NOPAD.encode(&self.0)
    }

    /// What apps read from a QR code. `account` tells it from the user’s other accounts, `host` from other servers.
    #[must_use]
    pub fn uri(&self, account: &str, host: &str) -> String {
        let label = format!("{account}@{host}");
        let label = utf8_percent_encode(&label, NON_ALPHANUMERIC);
        format!(
            "otpauth://totp/Tincan:{label}?secret={}&issuer=Tincan",
            self.base32()
        )
    }

    /// The time step whose code this is, if it is near `now` and after `last`: a code works once (RFC 6238 §5.2).
    #[must_use]
    pub fn step_of(&self, code: &str, now: Timestamp, last: i64) -> Option<i64> {
        let present = now.0 / STEP_MILLIS;
        // All of them are compared, in constant time.
        (present - DRIFT..=present + DRIFT).fold(None, |found, step| {
            let is_it: bool = self.code(step).as_bytes().ct_eq(code.as_bytes()).into();
            found.or((is_it && step > last).then_some(step))
        })
    }

    /// The code of a time step, of which there are two in a minute since 1970 (RFC 4226 §5.3).
    #[must_use]
    pub fn code(&self, step: i64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let digest = hmac::sign(&key, &step.to_be_bytes());
        let digest = digest.as_ref();
        let offset = usize::from(digest[digest.len() - 1] & 0xf);
        let number = digest[offset..offset + 4]
            .iter()
            .fold(0, |number, byte| number << 8 | u32::from(*byte));
        format!("{:06}", (number & 0x7fff_ffff) % 1_000_000)
    }
}

/// A new recovery code, in groups that are easy to copy.
///
/// # Errors
/// If the system can’t provide random numbers.
pub fn recovery_code() -> Result<String> {
    let code = BASE32_NOPAD.encode(&random::<RECOVERY_BYTES>()?);
    let (first, second) = code.split_at(code.len() / 2);
    let halves = [first, second].map(|half| {
        let (first, second) = half.split_at(half.len() / 2);
        format!("{first}-{second}")
    });
    Ok(halves.join("-").to_lowercase())
}

/// A code as somebody has typed it, of either kind, without what only helps to read it.
#[must_use]
pub fn normalized(code: &str) -> String {
    let kept = code.chars().filter(char::is_ascii_alphanumeric);
    kept.map(|c| c.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, with the last six of its eight digits.
    const VECTORS: [(i64, &str); 6] = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];

    fn secret() -> Secret {
        Secret::from_bytes(b"12345678901234567890".into())
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        for (seconds, code) in VECTORS {
            let now = Timestamp(seconds * 1_000);
            let step = seconds / 30;
            assert_eq!(secret().step_of(code, now, 0), Some(step), "{seconds}");
        }
    }

    #[test]
    fn a_code_works_once_and_a_step_too_early_or_too_late() {
        let (seconds, code) = VECTORS[3];
        let step = seconds / 30;
        let at = |step: i64, last| secret().step_of(code, Timestamp(step * 30_000), last);
        assert_eq!(at(step - 2, 0), None);
        assert_eq!(at(step - 1, 0), Some(step));
        assert_eq!(at(step + 1, 0), Some(step));
        assert_eq!(at(step + 2, 0), None);
        assert_eq!(at(step, step - 1), Some(step));
        assert_eq!(at(step, step), None);
    }

    #[test]
    fn what_an_app_reads_names_the_account_and_the_server() {
        assert_eq!(
            secret().uri("zoë", "chat.example:3000"),
            "otpauth://totp/Tincan:zo%C3%AB%40chat%2Eexample%3A3000\
             ?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Tincan"
        );
    }

    #[test]
    fn a_recovery_code_may_be_typed_in_any_way() {
        let code = recovery_code().unwrap_or_else(|error| panic!("{error}"));
        let bare = normalized(&code);
        assert_eq!(bare.len(), 16);
        assert_eq!(code.len(), 19);
        assert_eq!(normalized(&format!(" {} ", code.to_uppercase())), bare);
    }
}
