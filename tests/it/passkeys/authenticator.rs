//! An authenticator in software: it creates passkeys and uses them as the standard has it (Web Authentication Level 3), or
//! not quite so.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ciborium::Value as Cbor;
use ring::{
    rand::{SecureRandom, SystemRandom},
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::text;

/// The flags of authenticator data (§6.1).
pub const PRESENT: u8 = 1;
pub const VERIFIED: u8 = 1 << 2;
pub const ELIGIBLE: u8 = 1 << 3;
pub const BACKED_UP: u8 = 1 << 4;
pub const ATTESTED: u8 = 1 << 6;
pub const EXTENDED: u8 = 1 << 7;

/// One with one passkey.
pub struct Authenticator {
    key: EcdsaKeyPair,
    pub id: Vec<u8>,
    pub user_handle: Vec<u8>,
    /// How often it has signed, if it counts.
    pub counter: u32,
    /// Beside those for somebody who is there.
    pub flags: u8,
}

/// What is answered, before it is signed.
pub struct Draft {
    pub client_data: Value,
    /// The relying party.
    pub party: String,
    pub flags: u8,
    pub counter: u32,
    pub id: Vec<u8>,
    pub user_handle: Option<Vec<u8>>,
    /// The labels of the key’s parts, and what they are.
    pub key: Vec<(i64, Cbor)>,
    /// What comes behind the authenticator data.
    pub tail: Vec<u8>,
    pub format: &'static str,
    pub statement: Vec<(Cbor, Cbor)>,
    /// How many bytes of the attestation object are lost, or come more.
    pub lost: usize,
    pub more: Vec<u8>,
    /// What is done to the signature.
    pub spoil: fn(&mut Vec<u8>),
    /// What the answer calls itself.
    pub kind: &'static str,
}

pub fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn from_base64(value: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text(value)).expect("base 64")
}

pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).expect("random bytes");
    bytes
}

impl Authenticator {
    pub fn new() -> Self {
        let (random_source, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_ASN1_SIGNING);
        let key = EcdsaKeyPair::generate_pkcs8(algorithm, &random_source).expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(algorithm, key.as_ref(), &random_source);
        Self {
            key: key.expect("a key"),
            id: random::<16>().into(),
            user_handle: Vec::new(),
            counter: 0,
            flags: ELIGIBLE | BACKED_UP,
        }
    }

    /// What it answers to these options, at a page of this origin.
    fn draft(&self, kind: &str, options: &Value, party: &Value, origin: &str) -> Draft {
        // An uncompressed point (SEC 1 §2.3.3).
        let (x, y) = self.key.public_key().as_ref()[1..].split_at(32);
        Draft {
            client_data: json!({
                "type": kind, "challenge": options["challenge"], "origin": origin, "crossOrigin": false,
            }),
            party: text(party).to_owned(),
            flags: self.flags | PRESENT | VERIFIED,
            counter: self.counter,
            id: self.id.clone(),
            user_handle: Some(self.user_handle.clone()),
            key: vec![
                (1, 2.into()),
                (3, (-7).into()),
                (-1, 1.into()),
                (-2, x.to_vec().into()),
                (-3, y.to_vec().into()),
            ],
            tail: Vec::new(),
            format: "none",
            statement: Vec::new(),
            lost: 0,
            more: Vec::new(),
            spoil: |_| {},
            kind: "public-key",
        }
    }

    /// Creates its passkey, with something about the answer changed.
    pub fn create(
        &mut self,
        options: &Value,
        origin: &str,
        change: impl FnOnce(&mut Draft),
    ) -> Value {
        self.user_handle = from_base64(&options["user"]["id"]);
        let mut draft = self.draft("webauthn.create", options, &options["rp"]["id"], origin);
        draft.flags |= ATTESTED;
        change(&mut draft);
        let mut data = draft.authenticator_data();
        if draft.flags & ATTESTED != 0 {
            data.extend([0; 16]);
            data.extend(
                u16::try_from(draft.id.len())
                    .expect("a length")
                    .to_be_bytes(),
            );
            data.extend(&draft.id);
            let key = draft.key.iter().cloned();
            data.extend(cbor(Cbor::Map(
                key.map(|(label, part)| (label.into(), part)).collect(),
            )));
        }
        data.extend(&draft.tail);
        let mut object = cbor(Cbor::Map(vec![
            ("fmt".into(), draft.format.into()),
            ("attStmt".into(), Cbor::Map(draft.statement)),
            ("authData".into(), data.into()),
        ]));
        object.truncate(object.len() - draft.lost);
        object.extend(draft.more);
        json!({
            "id": base64(&draft.id), "rawId": base64(&draft.id), "type": draft.kind,
            "response": {
                "clientDataJSON": base64(draft.client_data.to_string()),
                "attestationObject": base64(object),
                "transports": ["internal"],
            },
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
        })
    }

    /// Uses its passkey, with something about the answer changed.
    pub fn get(&mut self, options: &Value, origin: &str, change: impl FnOnce(&mut Draft)) -> Value {
        let mut draft = self.draft("webauthn.get", options, &options["rpId"], origin);
        change(&mut draft);
        let mut data = draft.authenticator_data();
        data.extend(&draft.tail);
        let client_data = draft.client_data.to_string();
        let signed = [&*data, &Sha256::digest(&client_data)].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed);
        let mut signature = signature.expect("a signature").as_ref().to_vec();
        (draft.spoil)(&mut signature);
        json!({
            "id": base64(&draft.id), "rawId": base64(&draft.id), "type": draft.kind,
            "response": {
                "clientDataJSON": base64(client_data),
                "authenticatorData": base64(data),
                "signature": base64(signature),
                "userHandle": draft.user_handle.map(base64),
            },
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
        })
    }
}

impl Draft {
    fn authenticator_data(&self) -> Vec<u8> {
        let mut data = Sha256::digest(&self.party).to_vec();
        data.push(self.flags);
        data.extend(self.counter.to_be_bytes());
        data
    }
}

pub fn cbor(value: Cbor) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(&value, &mut bytes).expect("CBOR");
    bytes
}
