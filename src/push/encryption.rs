//! Encrypts messages for browsers (RFC 8291), with the content coding `aes128gcm` (RFC 8188). A message is one record, and
//! all have the same size, so that a push service can’t tell a long text from a short one.

use ring::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral},
    error::Unspecified,
    hkdf::{HKDF_SHA256, KeyType, Salt},
    rand::{SecureRandom, SystemRandom},
};

use crate::model::{SubscriptionKeys, push::POINT_LENGTH};

/// The value of `Content-Encoding`.
pub const CODING: &str = "aes128gcm";
/// The most bytes of what is encrypted. Some push services in front of older phones take no more than about 2,800 bytes,
/// though the standard says 4,096.
pub const PLAINTEXT: usize = 2_560;

/// Ends what is encrypted of the last record (RFC 8188 §2).
const DELIMITER: u8 = 2;
const SALT_LENGTH: usize = 16;
const CEK_LENGTH: usize = 16;
const NONCE_LENGTH: usize = 12;
const TAG_LENGTH: usize = 16;
/// The size of a record: larger than the only one is, and no larger than a push service has to take (RFC 8291 §4).
const RECORD_SIZE: u32 = 4_096;

/// Encrypts up to [`PLAINTEXT`] bytes for whoever has the private keys.
///
/// # Errors
/// If the public key isn’t a point on the curve, the text is too long, or the system has no randomness.
pub fn encrypt(keys: &SubscriptionKeys, text: &[u8]) -> Result<Vec<u8>, Unspecified> {
    if text.len() > PLAINTEXT {
        return Err(Unspecified);
    }
    let random = SystemRandom::new();
    let mut salt = [0; SALT_LENGTH];
    random.fill(&mut salt)?;
    let private = EphemeralPrivateKey::generate(&ECDH_P256, &random)?;
    let public = private.compute_public_key()?;
    let sender: [u8; POINT_LENGTH] = public.as_ref().try_into().map_err(|_| Unspecified)?;
    let receiver = UnparsedPublicKey::new(&ECDH_P256, &keys.p256dh);
    let secret = agree_ephemeral(private, &receiver, |shared| {
        Secret::derive(shared, keys, &sender, &salt)
    })??;
    let mut record = text.to_vec();
    record.push(DELIMITER);
    record.resize(PLAINTEXT + 1, 0);
    secret.seal(&salt, &sender, record)
}

/// Whether a message can be encrypted for whoever has the private key to this.
pub fn is_public_key(bytes: &[u8; POINT_LENGTH]) -> bool {
    let random = SystemRandom::new();
    let agreed = EphemeralPrivateKey::generate(&ECDH_P256, &random).and_then(|private| {
        agree_ephemeral(private, &UnparsedPublicKey::new(&ECDH_P256, bytes), |_| ())
    });
    agreed.is_ok()
}

/// What one message is encrypted with.
struct Secret {
    key: [u8; CEK_LENGTH],
    nonce: [u8; NONCE_LENGTH],
}

impl Secret {
    /// From what sender and receiver agreed on (RFC 8291 §3.4, RFC 8188 §2.2 and §2.3).
    fn derive(
        shared: &[u8],
        keys: &SubscriptionKeys,
        sender: &[u8; POINT_LENGTH],
        salt: &[u8; SALT_LENGTH],
    ) -> Result<Self, Unspecified> {
        let info: &[&[u8]] = &[b"WebPush: info\0", &keys.p256dh, sender];
        let input: [u8; 32] = expand(&keys.auth, shared, info)?;
        Ok(Self {
            key: expand(salt, &input, &[b"Content-Encoding: aes128gcm\0"])?,
            nonce: expand(salt, &input, &[b"Content-Encoding: nonce\0"])?,
        })
    }

    /// The message: a header (RFC 8188 §2.1), and one record. `record` ends with the delimiter and padding.
    fn seal(
        self,
        salt: &[u8; SALT_LENGTH],
        sender: &[u8; POINT_LENGTH],
        mut record: Vec<u8>,
    ) -> Result<Vec<u8>, Unspecified> {
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &self.key)?);
        // It is the only record, so its sequence number is 0.
        let nonce = Nonce::assume_unique_for_key(self.nonce);
        record.reserve_exact(TAG_LENGTH);
        key.seal_in_place_append_tag(nonce, Aad::empty(), &mut record)?;
        let id_length = u8::try_from(POINT_LENGTH).map_err(|_| Unspecified)?;
        let mut message = Vec::with_capacity(SALT_LENGTH + 5 + POINT_LENGTH + record.len());
        message.extend(salt);
        message.extend(RECORD_SIZE.to_be_bytes());
        message.push(id_length);
        message.extend(sender);
        message.extend(record);
        Ok(message)
    }
}

/// HKDF with SHA-256 (RFC 5869).
fn expand<const N: usize>(
    salt: &[u8],
    input: &[u8],
    info: &[&[u8]],
) -> Result<[u8; N], Unspecified> {
    struct Length(usize);
    impl KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }

    let mut output = [0; N];
    let secret = Salt::new(HKDF_SHA256, salt).extract(input);
    secret.expand(info, Length(N))?.fill(&mut output)?;
    Ok(output)
}
