//! Signed tokens: JSON Web Signatures in their compact form (RFC 7515), and the keys by which providers sign (RFC 7517).
//!
//! A token is believed only by an algorithm that proves a public key: never by `none`, and never by a shared secret (the
//! HS family), for which a provider’s public key could be taken (RFC 8725 §2.1).

use std::fmt;

use ring::{
    digest::{self, SHA256, SHA384, SHA512},
    signature::{self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey},
};
use serde::Deserialize;
use serde_json::Value;

use super::encoding::{from_base64, from_lenient_base64};

/// Why a token isn’t taken: which part of it breaks which rule. Never what the part says, as that may be a secret, or
/// about a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    pub part: &'static str,
    pub rule: &'static str,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "id token: {}: {}", self.part, self.rule)
    }
}

pub const fn refused(part: &'static str, rule: &'static str) -> Refused {
    Refused { part, rule }
}

/// A way of signing.
struct Algorithm {
    /// Its name in a token (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2).
    name: &'static str,
    scheme: Scheme,
    /// The hash by which an id token refers to an access token (OpenID Connect Core §3.1.3.6).
    hash: &'static digest::Algorithm,
}

enum Scheme {
    Rsa(&'static RsaParameters),
    Ec {
        curve: &'static str,
        /// Bytes of each coordinate.
        length: usize,
        verification: &'static dyn signature::VerificationAlgorithm,
    },
    Ed25519,
}

static ALGORITHMS: [Algorithm; 10] = [
    rsa("RS256", &signature::RSA_PKCS1_2048_8192_SHA256, &SHA256),
    rsa("RS384", &signature::RSA_PKCS1_2048_8192_SHA384, &SHA384),
    rsa("RS512", &signature::RSA_PKCS1_2048_8192_SHA512, &SHA512),
    rsa("PS256", &signature::RSA_PSS_2048_8192_SHA256, &SHA256),
    rsa("PS384", &signature::RSA_PSS_2048_8192_SHA384, &SHA384),
    rsa("PS512", &signature::RSA_PSS_2048_8192_SHA512, &SHA512),
    Algorithm {
        name: "ES256",
        scheme: Scheme::Ec {
            curve: "P-256",
            length: 32,
            verification: &signature::ECDSA_P256_SHA256_FIXED,
        },
        hash: &SHA256,
    },
    Algorithm {
        name: "ES384",
        scheme: Scheme::Ec {
            curve: "P-384",
            length: 48,
            verification: &signature::ECDSA_P384_SHA384_FIXED,
        },
        hash: &SHA384,
    },
    ed25519("EdDSA"),
    ed25519("Ed25519"),
];

const fn rsa(
    name: &'static str,
    parameters: &'static RsaParameters,
    hash: &'static digest::Algorithm,
) -> Algorithm {
    Algorithm {
        name,
        scheme: Scheme::Rsa(parameters),
        hash,
    }
}

const fn ed25519(name: &'static str) -> Algorithm {
    Algorithm {
        name,
        scheme: Scheme::Ed25519,
        hash: &SHA512,
    }
}

/// A public key, as far as it matters here.
#[derive(Deserialize)]
struct Key {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    r#use: Option<String>,
    #[serde(rename = "key_ops")]
    operations: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// A provider’s keys.
pub struct KeySet(Vec<Key>);

impl KeySet {
    /// Reads a set of keys. A key that makes no sense is passed over, as one of an unknown kind is (RFC 7517 §5).
    pub fn new(json: &Value) -> Option<Self> {
        let keys = json.get("keys")?.as_array()?.iter();
        let keys = keys.filter_map(|key| Key::deserialize(key).ok());
        Some(Self(keys.collect()))
    }
}

impl Key {
    /// Whether it may have signed a token of this algorithm and with this key id.
    fn fits(&self, algorithm: &Algorithm, id: Option<&str>) -> bool {
        let is_for_signatures = self.r#use.as_deref().is_none_or(|usage| usage == "sig");
        let may_verify = self
            .operations
            .as_ref()
            .is_none_or(|operations| operations.iter().any(|operation| operation == "verify"));
        let is_alg = self.alg.as_deref().is_none_or(|alg| alg == algorithm.name);
        let is_kind = match &algorithm.scheme {
            Scheme::Rsa(_) => self.kty == "RSA",
            Scheme::Ec { curve, .. } => self.kty == "EC" && self.crv.as_deref() == Some(curve),
            Scheme::Ed25519 => self.kty == "OKP" && self.crv.as_deref() == Some("Ed25519"),
        };
        // Both may leave the id out (RFC 7515 §4.1.4, RFC 7517 §4.5).
        let is_id = id.is_none() || self.kid.is_none() || self.kid.as_deref() == id;
        is_for_signatures && may_verify && is_alg && is_kind && is_id
    }

    /// Whether it has signed the message.
    fn has_signed(&self, scheme: &Scheme, message: &[u8], signature: &[u8]) -> bool {
        let bytes = |part: &Option<String>| part.as_deref().and_then(from_lenient_base64);
        let verified = match scheme {
            Scheme::Rsa(parameters) => bytes(&self.n).zip(bytes(&self.e)).map(|(n, e)| {
                // Some libraries put a zero in front, which RFC 7518 §6.3.1.1 knows of.
                let start = n.iter().position(|byte| *byte != 0).unwrap_or_default();
                let key = RsaPublicKeyComponents {
                    n: &n[start..],
                    e: &e,
                };
                key.verify(parameters, message, signature)
            }),
            Scheme::Ec {
                length,
                verification,
                ..
            } => bytes(&self.x).zip(bytes(&self.y)).map(|(x, y)| {
                if x.len() != *length || y.len() != *length {
                    return Err(ring::error::Unspecified);
                }
                // An uncompressed point (SEC 1 §2.3.3).
                let point = [&[4], x.as_slice(), &y].concat();
                UnparsedPublicKey::new(*verification, point).verify(message, signature)
            }),
            Scheme::Ed25519 => bytes(&self.x)
                .map(|x| UnparsedPublicKey::new(&signature::ED25519, x).verify(message, signature)),
        };
        matches!(verified, Some(Ok(())))
    }
}

/// A signed token. Nothing that it says may be believed before it has been verified.
pub struct Jws<'a> {
    algorithm: &'static Algorithm,
    key_id: Option<String>,
    message: &'a str,
    signature: Vec<u8>,
    payload: Vec<u8>,
}

/// The members of a token’s header that are understood. A member that stands there twice makes it unreadable.
#[derive(Deserialize)]
struct Header {
    alg: Option<Value>,
    kid: Option<Value>,
    crit: Option<Value>,
}

impl<'a> Jws<'a> {
    pub fn parse(token: &'a str) -> Result<Self, Refused> {
        const SHAPE: Refused = refused("token", "isn’t a signed one in three parts");
        let (message, signature) = token.rsplit_once('.').ok_or(SHAPE)?;
        let (header, payload) = message.split_once('.').ok_or(SHAPE)?;
        // A further dot isn’t base 64.
        let payload = from_base64(payload).ok_or(SHAPE)?;
        let header = from_base64(header).ok_or(SHAPE)?;
        let header: Header = serde_json::from_slice(&header)
            .map_err(|_| refused("header", "isn’t a JSON object that has each member once"))?;
        // Nothing is understood that a header may insist on (RFC 7515 §4.1.11).
        if header.crit.is_some() {
            return Err(refused("crit", "names an extension that isn’t known"));
        }
        let name = header.alg.as_ref().and_then(Value::as_str);
        let algorithm = ALGORITHMS
            .iter()
            .find(|algorithm| Some(algorithm.name) == name)
            .ok_or(refused("alg", "isn’t one that proves a public key"))?;
        let key_id = match header.kid {
            None => None,
            Some(Value::String(id)) => Some(id),
            Some(_) => return Err(refused("kid", "isn’t a text")),
        };
        Ok(Self {
            algorithm,
            key_id,
            message,
            signature: from_base64(signature).ok_or(SHAPE)?,
            payload,
        })
    }

    /// What the token says, if one of the keys has signed it. An error is always about the keys, so newer ones may help.
    pub fn verify(&self, keys: &KeySet) -> Result<&[u8], Refused> {
        let (algorithm, id) = (self.algorithm, self.key_id.as_deref());
        let mut fitting = keys
            .0
            .iter()
            .filter(|key| key.fits(algorithm, id))
            .peekable();
        if fitting.peek().is_none() {
            return Err(refused(
                "kid",
                "isn’t that of a key of the provider for this alg",
            ));
        }
        let message = self.message.as_bytes();
        if fitting.any(|key| key.has_signed(&algorithm.scheme, message, &self.signature)) {
            Ok(&self.payload)
        } else {
            Err(refused("signature", "isn’t that of the provider’s key"))
        }
    }

    /// The left half of the hash of `text`, by which an id token refers to an access token.
    pub fn half_hash(&self, text: &str) -> Vec<u8> {
        let hash = digest::digest(self.algorithm.hash, text.as_bytes());
        let hash = hash.as_ref();
        hash[..hash.len() / 2].to_vec()
    }
}
