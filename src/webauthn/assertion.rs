//! What an authenticator answers when somebody uses a passkey (§7.2).

use super::{
    Refused, RelyingParty, Result,
    authenticator_data::AuthenticatorData,
    client_data::{ClientData, Kind},
    key::CredentialPublicKey,
};

/// The use of a passkey that somebody says they have.
pub struct Assertion {
    client_data: ClientData,
    authenticator_data: Vec<u8>,
    signature: Vec<u8>,
}

/// The use of a passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    /// How often the authenticator has signed. It has to be compared with what it was before, where that is kept.
    pub counter: u32,
    /// Whether the passkey is on several devices by now.
    pub backed_up: bool,
}

impl Assertion {
    /// Reads it. What it says is still to be [verified](Self::verify).
    ///
    /// # Errors
    /// If it isn’t what browsers send.
    pub fn parse(
        client_data: &[u8],
        authenticator_data: Vec<u8>,
        signature: Vec<u8>,
    ) -> Result<Self> {
        Ok(Self {
            client_data: ClientData::parse(client_data)?,
            authenticator_data,
            signature,
        })
    }

    /// The challenge in it. Only the caller knows whether it was given, and what for.
    #[must_use]
    pub fn challenge(&self) -> &str {
        self.client_data.challenge()
    }

    /// Checks that the passkey with this COSE_Key was used for `party`, by its user.
    ///
    /// # Errors
    /// If a rule of the standard is broken.
    pub fn verify(
        &self,
        party: &RelyingParty,
        public_key: &[u8],
        backup_eligible: bool,
    ) -> Result<Used> {
        self.client_data.check(Kind::Get, party)?;
        let data = AuthenticatorData::parse(&self.authenticator_data)?;
        data.check(party)?;
        if data.flags.is_backup_eligible() != backup_eligible {
            return Err(Refused(
                "authenticator data: can be backed up, unlike before",
            ));
        }
        let signed = [&*self.authenticator_data, self.client_data.hash()].concat();
        CredentialPublicKey::parse(public_key)?.verify(&signed, &self.signature)?;
        Ok(Used {
            counter: data.counter,
            backed_up: data.flags.is_backed_up(),
        })
    }
}
