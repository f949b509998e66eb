//! What an authenticator answers when it has created a passkey (§7.1).

use super::{
    Refused, RelyingParty, Result,
    authenticator_data::{AttestedCredential, AuthenticatorData},
    cbor::Map,
    client_data::{ClientData, Kind},
    key::CredentialPublicKey,
};

/// A passkey that somebody says they have created.
pub struct Registration {
    client_data: ClientData,
    format: String,
    statement: Map,
    authenticator_data: Vec<u8>,
}

/// A passkey that was created.
#[derive(Debug)]
pub struct NewCredential {
    /// At most [`MAX_CREDENTIAL_ID`](super::MAX_CREDENTIAL_ID) bytes.
    pub id: Vec<u8>,
    /// As a COSE_Key.
    pub public_key: Vec<u8>,
    /// How often the authenticator has signed.
    pub counter: u32,
    /// Whether it may be on several devices.
    pub backup_eligible: bool,
    /// Whether it is.
    pub backed_up: bool,
}

impl Registration {
    /// Reads it. What it says is still to be [verified](Self::verify).
    ///
    /// # Errors
    /// If it isn’t what browsers and authenticators send.
    pub fn parse(client_data: &[u8], attestation_object: &[u8]) -> Result<Self> {
        const INCOMPLETE: Refused = Refused("attestation: incomplete");
        let object = Map::parse(attestation_object)?;
        let statement = object.get("attStmt").cloned().ok_or(INCOMPLETE)?;
        Ok(Self {
            client_data: ClientData::parse(client_data)?,
            format: object.text("fmt").ok_or(INCOMPLETE)?.to_owned(),
            statement: Map::of(statement)?,
            authenticator_data: object.bytes("authData").ok_or(INCOMPLETE)?.into(),
        })
    }

    /// The challenge in it. Only the caller knows whether it was given, and what for.
    #[must_use]
    pub fn challenge(&self) -> &str {
        self.client_data.challenge()
    }

    /// The passkey, if it was created for `party`, by its user, and in a way that was asked for.
    ///
    /// # Errors
    /// If a rule of the standard is broken.
    pub fn verify(&self, party: &RelyingParty) -> Result<NewCredential> {
        self.client_data.check(Kind::Create, party)?;
        let data = AuthenticatorData::parse(&self.authenticator_data)?;
        data.check(party)?;
        let AttestedCredential { id, key, key_bytes } = data
            .credential
            .ok_or(Refused("registration: no credential"))?;
        key.check()?;
        self.check_attestation(&key)?;
        Ok(NewCredential {
            id,
            public_key: key_bytes,
            counter: data.counter,
            backup_eligible: data.flags.is_backup_eligible(),
            backed_up: data.flags.is_backed_up(),
        })
    }

    /// Takes `none` (§8.7), and a signature by the passkey itself (§8.2), which browsers pass on where none is asked for
    /// (§5.1.3).
    fn check_attestation(&self, key: &CredentialPublicKey) -> Result<()> {
        let statement = &self.statement;
        match self.format.as_str() {
            "none" if statement.is_empty() => Ok(()),
            "packed" if statement.get("x5c").is_none() => {
                if statement.number("alg") != Some(key.algorithm()) {
                    return Err(Refused("attestation: by another algorithm"));
                }
                let signature = statement.bytes("sig");
                let signature = signature.ok_or(Refused("attestation: without a signature"))?;
                let signed = [&*self.authenticator_data, self.client_data.hash()].concat();
                key.verify(&signed, signature)
            }
            _ => Err(Refused("attestation: in a format that wasn’t asked for")),
        }
    }
}
