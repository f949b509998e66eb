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
    let input = agree_ephemeral(private, &receiver, |shared| input(shared, keys, &sender))??;
    let secret = Secret::derive(&input, &salt)?;
    let mut record = text.to_vec();
    record.push(DELIMITER);
    record.resize(PLAINTEXT + 1, 0);
    secret.seal(&salt, &sender, record)
}

/// What one message is encrypted with.
struct Secret {
    key: [u8; CEK_LENGTH],
    nonce: [u8; NONCE_LENGTH],
}

/// The input keying material, from what sender and receiver agreed on (RFC 8291 §3.4).
fn input(
    shared: &[u8],
    keys: &SubscriptionKeys,
    sender: &[u8; POINT_LENGTH],
) -> Result<[u8; 32], Unspecified> {
    let info: &[&[u8]] = &[b"WebPush: info\0", &keys.p256dh, sender];
    expand(&keys.auth, shared, info)
}

impl Secret {
    /// From input keying material (RFC 8188 §2.2 and §2.3).
    fn derive(input: &[u8; 32], salt: &[u8; SALT_LENGTH]) -> Result<Self, Unspecified> {
        Ok(Self {
            key: expand(salt, input, &[b"Content-Encoding: aes128gcm\0"])?,
            nonce: expand(salt, input, &[b"Content-Encoding: nonce\0"])?,
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

#[cfg(test)]
#[allow(
    clippy::expect_used,
    reason = "a test that meets the unexpected has failed"
)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;
    use crate::model::push::AUTH_LENGTH;

    fn bytes<const N: usize>(text: &str) -> [u8; N] {
        let bytes = URL_SAFE_NO_PAD.decode(text).expect("base64url");
        bytes.try_into().expect("the length")
    }

    /// All values are from RFC 8291, Appendix A, except that of the private key, which ring makes itself.
    #[test]
    fn what_is_encrypted_is_what_the_standard_says() {
        let keys = SubscriptionKeys {
            p256dh: bytes(
                "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            ),
            auth: bytes("BTBZMqHH6r4Tts7J_aSIgg"),
        };
        let sender = bytes(
            "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8",
        );
        let shared: [u8; 32] = bytes("kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs");
        let salt = bytes("DGv6ra1nlYgDCS1FRnbzlw");
        let input = input(&shared, &keys, &sender).expect("a key");
        assert_eq!(input, bytes("S4lYMb_L0FxCeq0WhDx813KgSYqU26kOyzWUdsXYyrg"));
        let secret = Secret::derive(&input, &salt).expect("a secret");
        assert_eq!(secret.key, bytes("oIhVW04MRdy2XN9CiKLxTg"));
        assert_eq!(secret.nonce, bytes("4h_95klXJ5E_qnoN"));
        let record = b"When I grow up, I want to be a watermelon\x02".to_vec();
        let message = secret.seal(&salt, &sender, record).expect("a message");
        assert_eq!(
            message,
            bytes::<144>(
                "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8w\
                 EqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
            )
        );
    }

    #[test]
    fn a_message_is_never_larger_than_a_push_service_has_to_take() {
        let keys = SubscriptionKeys {
            p256dh: bytes(
                "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            ),
            auth: [0; AUTH_LENGTH],
        };
        let long = encrypt(&keys, &[0; PLAINTEXT]).expect("a message");
        assert!(long.len() <= RECORD_SIZE as usize);
        assert_eq!(long.len(), encrypt(&keys, b"").expect("a message").len());
        assert!(encrypt(&keys, &[0; PLAINTEXT + 1]).is_err());
    }
}
