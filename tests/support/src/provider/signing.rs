//! How a provider signs, in all the ways that people’s providers do. The keys sign nothing but tests.

use std::sync::LazyLock;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::{
    digest, hmac,
    rand::SystemRandom,
    rsa::PublicKeyComponents,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
        EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384,
        RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding, RsaKeyPair,
    },
};
use serde_json::{Value, json};

static FIRST: LazyLock<RsaKeyPair> = LazyLock::new(|| rsa(include_str!("key-first.pem")));
static SECOND: LazyLock<RsaKeyPair> = LazyLock::new(|| rsa(include_str!("key-second.pem")));
static P256: LazyLock<EcdsaKeyPair> = LazyLock::new(|| ec(&ECDSA_P256_SHA256_FIXED_SIGNING));
static P384: LazyLock<EcdsaKeyPair> = LazyLock::new(|| ec(&ECDSA_P384_SHA384_FIXED_SIGNING));
static ED25519: LazyLock<Ed25519KeyPair> = LazyLock::new(|| {
    let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
    Ed25519KeyPair::from_pkcs8(document.as_ref()).expect("a key")
});

fn rsa(pem: &str) -> RsaKeyPair {
    let lines = pem.lines().filter(|line| !line.starts_with('-'));
    let der = STANDARD.decode(lines.collect::<String>());
    RsaKeyPair::from_der(&der.expect("base 64")).expect("a key")
}

fn ec(algorithm: &'static EcdsaSigningAlgorithm) -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
    EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).expect("a key")
}

/// Which of the keys: “first” or “second” for RSA. The other kinds have one each.
fn rsa_key(name: &str) -> &'static RsaKeyPair {
    match name {
        "first" => &FIRST,
        _ => &SECOND,
    }
}

#[must_use]
pub fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes in a text of base64url.
pub fn unbase64(text: &str) -> Result<Vec<u8>, String> {
    let bytes = URL_SAFE_NO_PAD.decode(text);
    bytes.map_err(|error| format!("{text}: {error}"))
}

/// The public key by this name, for this algorithm.
#[must_use]
pub fn jwk(alg: &str, name: &str) -> Value {
    let point = |key: &EcdsaKeyPair, curve: &str| {
        let (x, y) = key.public_key().as_ref()[1..].split_at(key.public_key().as_ref().len() / 2);
        json!({ "kty": "EC", "crv": curve, "x": base64(x), "y": base64(y) })
    };
    let mut key = match alg {
        "ES256" => point(&P256, "P-256"),
        "ES384" => point(&P384, "P-384"),
        "EdDSA" | "Ed25519" => {
            json!({ "kty": "OKP", "crv": "Ed25519", "x": base64(ED25519.public_key()) })
        }
        _ => {
            let PublicKeyComponents { n, e } =
                PublicKeyComponents::<Vec<u8>>::from(rsa_key(name).public());
            json!({ "kty": "RSA", "n": base64(n), "e": base64(e) })
        }
    };
    key["kid"] = name.into();
    key["alg"] = alg.into();
    key["use"] = "sig".into();
    key
}

/// The signature of this algorithm by the key of this name; none for an algorithm that nobody has.
#[must_use]
pub fn sign(alg: &str, name: &str, message: &[u8]) -> Vec<u8> {
    let random = SystemRandom::new();
    let encoding: &dyn RsaEncoding = match alg {
        "RS256" => &RSA_PKCS1_SHA256,
        "RS384" => &RSA_PKCS1_SHA384,
        "RS512" => &RSA_PKCS1_SHA512,
        "PS256" => &RSA_PSS_SHA256,
        "PS384" => &RSA_PSS_SHA384,
        "PS512" => &RSA_PSS_SHA512,
        "ES256" => return P256.sign(&random, message).expect("one").as_ref().to_vec(),
        "ES384" => return P384.sign(&random, message).expect("one").as_ref().to_vec(),
        "EdDSA" | "Ed25519" => return ED25519.sign(message).as_ref().to_vec(),
        _ => return Vec::new(),
    };
    let key = rsa_key(name);
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(encoding, &random, message, &mut signature)
        .expect("a signature");
    signature
}

/// The signature of HS256, where this text is the shared secret.
#[must_use]
pub fn hmac(secret: &[u8], message: &[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    hmac::sign(&key, message).as_ref().to_vec()
}

/// The hash of an access token that an id token of this algorithm has (OpenID Connect Core §3.1.3.6).
#[must_use]
pub fn half_hash(alg: &str, text: &str) -> String {
    let algorithm = match alg {
        "RS384" | "PS384" | "ES384" => &digest::SHA384,
        "RS512" | "PS512" | "EdDSA" | "Ed25519" => &digest::SHA512,
        _ => &digest::SHA256,
    };
    let hash = digest::digest(algorithm, text.as_bytes());
    base64(&hash.as_ref()[..hash.as_ref().len() / 2])
}

#[must_use]
pub fn sha256(text: &str) -> String {
    base64(digest::digest(&digest::SHA256, text.as_bytes()))
}
