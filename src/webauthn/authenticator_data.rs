//! What an authenticator says of a ceremony (§6.1).

use super::{Refused, RelyingParty, Result, cbor::Map, key::CredentialPublicKey};

/// The most bytes of a credential’s id (§7.1).
pub const MAX_CREDENTIAL_ID: usize = 1_023;
const TRUNCATED: Refused = Refused("authenticator data: truncated");

/// The authenticator’s account of the ceremony.
#[derive(Debug)]
pub struct AuthenticatorData {
    party_hash: [u8; 32],
    pub flags: Flags,
    /// How often it has signed. Authenticators that are several devices at once leave it at 0.
    pub counter: u32,
    pub credential: Option<AttestedCredential>,
}

/// A passkey that was just created (§6.5.1).
#[derive(Debug)]
pub struct AttestedCredential {
    pub id: Vec<u8>,
    pub key: CredentialPublicKey,
    /// The key as it came.
    pub key_bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags(u8);

impl Flags {
    /// UP: somebody has touched it.
    fn is_present(self) -> bool {
        self.has(0)
    }

    /// UV: it was its user.
    fn is_verified(self) -> bool {
        self.has(2)
    }

    /// BE: whether its passkeys may be on several devices. That never changes.
    pub fn is_backup_eligible(self) -> bool {
        self.has(3)
    }

    /// BS: whether they are.
    pub fn is_backed_up(self) -> bool {
        self.has(4)
    }

    /// AT.
    fn has_credential(self) -> bool {
        self.has(6)
    }

    /// ED.
    fn has_extensions(self) -> bool {
        self.has(7)
    }

    fn has(self, bit: u8) -> bool {
        self.0 & 1 << bit != 0
    }
}

impl AuthenticatorData {
    pub fn parse(mut bytes: &[u8]) -> Result<Self> {
        let rest = &mut bytes;
        let party_hash = take::<32>(rest)?;
        let [flags] = take(rest)?;
        let flags = Flags(flags);
        let counter = u32::from_be_bytes(take(rest)?);
        let credential = if flags.has_credential() {
            Some(AttestedCredential::read(rest)?)
        } else {
            None
        };
        // None were asked for, and some authenticators send some all the same (§9).
        if flags.has_extensions() {
            Map::read(rest)?;
        }
        if !rest.is_empty() {
            return Err(Refused("authenticator data: something follows"));
        }
        Ok(Self {
            party_hash,
            flags,
            counter,
            credential,
        })
    }

    /// Checks whom it is for, and that its user was there (§7.1, §7.2).
    pub fn check(&self, party: &RelyingParty) -> Result<()> {
        if self.party_hash != party.id_hash() {
            return Err(Refused("authenticator data: for another relying party"));
        }
        if !self.flags.is_present() {
            return Err(Refused("authenticator data: nobody was present"));
        }
        if !self.flags.is_verified() {
            return Err(Refused("authenticator data: the user wasn’t verified"));
        }
        if self.flags.is_backed_up() && !self.flags.is_backup_eligible() {
            return Err(Refused("authenticator data: backed up, and can’t be"));
        }
        Ok(())
    }
}

impl AttestedCredential {
    fn read(rest: &mut &[u8]) -> Result<Self> {
        // The make of the authenticator, which nobody needs to know.
        take::<16>(rest)?;
        let length = usize::from(u16::from_be_bytes(take(rest)?));
        if length == 0 || length > MAX_CREDENTIAL_ID {
            return Err(Refused("authenticator data: an id of another length"));
        }
        let id = rest.split_off(..length).ok_or(TRUNCATED)?.into();
        let before = *rest;
        let key = CredentialPublicKey::of(&Map::read(rest)?)?;
        let key_bytes = before[..before.len() - rest.len()].into();
        Ok(Self { id, key, key_bytes })
    }
}

/// The first so many bytes, which are taken from `rest`.
fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N]> {
    let (taken, remaining) = rest.split_first_chunk().ok_or(TRUNCATED)?;
    *rest = remaining;
    Ok(*taken)
}
