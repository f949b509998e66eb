//! Public keys of passkeys (COSE_Key, RFC 9052 §7), and which signatures are theirs. The algorithms are those that the
//! standard recommends for everybody (§5.4, `pubKeyCredParams`).

use std::ops::RangeInclusive;

use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
    UnparsedPublicKey,
};

use super::{Refused, Result, cbor::Map};
use crate::curve::is_on_p256;

/// By their numbers in COSE, the one that most authenticators have first.
pub const ALGORITHMS: [i64; 3] = [ES256, ED_DSA, RS256];

/// ECDSA with SHA-256 (RFC 9053 §2.1).
const ES256: i64 = -7;
/// Ed25519 (RFC 9053 §2.2).
const ED_DSA: i64 = -8;
/// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8812 §2).
const RS256: i64 = -257;

/// How long an RSA modulus may be, in bits.
const RSA_BITS: RangeInclusive<usize> = 2_048..=4_096;

/// The labels of a key’s parts (RFC 9052 §7.1, RFC 9053 §7.1 and §7.2, RFC 8230 §4).
mod label {
    pub const KEY_TYPE: i64 = 1;
    pub const ALGORITHM: i64 = 3;
    pub const CURVE: i64 = -1;
    pub const X: i64 = -2;
    pub const Y: i64 = -3;
    pub const MODULUS: i64 = -1;
    pub const EXPONENT: i64 = -2;
}

/// The public key of a passkey.
#[derive(Debug, PartialEq, Eq)]
pub enum CredentialPublicKey {
    /// A point of P-256, uncompressed (SEC 1 §2.3.3).
    Es256([u8; 65]),
    Ed25519([u8; 32]),
    /// Both without leading zeros.
    Rs256 {
        modulus: Vec<u8>,
        exponent: Vec<u8>,
    },
}

impl CredentialPublicKey {
    /// Reads a key that is all there is.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        Self::of(&Map::parse(bytes)?)
    }

    pub fn of(key: &Map) -> Result<Self> {
        const INCOMPLETE: Refused = Refused("public key: incomplete");
        let number = |label: i64| key.number(label);
        let coordinate = |label: i64| -> Result<[u8; 32]> {
            let bytes = key.bytes(label).ok_or(INCOMPLETE)?;
            bytes.try_into().map_err(|_| INCOMPLETE)
        };
        let kind = (number(label::ALGORITHM), number(label::KEY_TYPE));
        match kind {
            // The curve is P-256.
            (Some(ES256), Some(2)) if number(label::CURVE) == Some(1) => {
                let mut point = [4; 65];
                point[1..33].copy_from_slice(&coordinate(label::X)?);
                point[33..].copy_from_slice(&coordinate(label::Y)?);
                Ok(Self::Es256(point))
            }
            // The curve is Ed25519.
            (Some(ED_DSA), Some(1)) if number(label::CURVE) == Some(6) => {
                Ok(Self::Ed25519(coordinate(label::X)?))
            }
            (Some(RS256), Some(3)) => Ok(Self::Rs256 {
                modulus: key.bytes(label::MODULUS).ok_or(INCOMPLETE)?.into(),
                exponent: key.bytes(label::EXPONENT).ok_or(INCOMPLETE)?.into(),
            }),
            _ => Err(Refused("public key: of an algorithm that wasn’t offered")),
        }
    }

    /// Checks that signatures can be verified with it: a point that is on its curve (SEC 1 §3.2.2.1), or a modulus of 2,048 to
    /// 4,096 bits. Signatures by a longer one take too long to check.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::Es256(point) if !is_on_p256(point) => {
                Err(Refused("public key: not a point of its curve"))
            }
            Self::Rs256 { modulus, .. } if !RSA_BITS.contains(&bits(modulus)) => {
                Err(Refused("public key: too short or too long"))
            }
            _ => Ok(()),
        }
    }

    /// The number of its algorithm in COSE.
    pub fn algorithm(&self) -> i64 {
        match self {
            Self::Es256(_) => ES256,
            Self::Ed25519(_) => ED_DSA,
            Self::Rs256 { .. } => RS256,
        }
    }

    /// Checks that whoever has the private key has signed `message` (§6.5.5).
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<()> {
        let verified = match self {
            Self::Es256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature)
            }
            Self::Ed25519(key) => UnparsedPublicKey::new(&ED25519, key).verify(message, signature),
            Self::Rs256 { modulus, exponent } => RsaPublicKeyComponents {
                n: modulus,
                e: exponent,
            }
            .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature),
        };
        verified.map_err(|_| Refused("signature: not by this key"))
    }
}

/// The length of a number, without leading zeros.
fn bits(number: &[u8]) -> usize {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let number = &number[zeros..];
    let unused = number.first().map_or(0, |byte| byte.leading_zeros());
    number.len() * 8 - unused as usize
}
