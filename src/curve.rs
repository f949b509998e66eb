//! The curve P-256, on which browsers and authenticators have their keys.

use ring::{
    agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral},
    rand::SystemRandom,
};

/// Whether this is a public key: a point of the curve, in uncompressed form (SEC 1 §2.3.3 and §3.2.2.1).
#[must_use]
pub fn is_on_p256(point: &[u8; 65]) -> bool {
    let random = SystemRandom::new();
    let agreed = EphemeralPrivateKey::generate(&ECDH_P256, &random).and_then(|private| {
        agree_ephemeral(private, &UnparsedPublicKey::new(&ECDH_P256, point), |_| ())
    });
    agreed.is_ok()
}
