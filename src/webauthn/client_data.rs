//! What the browser says of a ceremony (§5.8.1).

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Refused, RelyingParty, Result};

/// The browser’s account of the ceremony, of which the authenticator signs the hash.
pub struct ClientData {
    collected: Collected,
    hash: [u8; 32],
}

/// As it is in JSON. There may be more in it, now and in the future.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Collected {
    r#type: String,
    challenge: String,
    origin: String,
    cross_origin: Option<bool>,
    top_origin: Option<String>,
}

/// What an authenticator was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Create,
    Get,
}

impl ClientData {
    pub fn parse(json: &[u8]) -> Result<Self> {
        let collected = serde_json::from_slice(json);
        Ok(Self {
            collected: collected
                .map_err(|_| Refused("client data: not what the browser collects"))?,
            hash: Sha256::digest(json).into(),
        })
    }

    /// As it was given.
    pub fn challenge(&self) -> &str {
        &self.collected.challenge
    }

    pub fn hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// Checks all but the challenge (§7.1, §7.2).
    pub fn check(&self, kind: Kind, party: &RelyingParty) -> Result<()> {
        let Collected {
            r#type,
            origin,
            cross_origin,
            top_origin,
            ..
        } = &self.collected;
        let expected = match kind {
            Kind::Create => "webauthn.create",
            Kind::Get => "webauthn.get",
        };
        if r#type != expected {
            return Err(Refused("client data: of another kind of ceremony"));
        }
        if origin != party.origin() {
            return Err(Refused("client data: from another origin"));
        }
        // No page of ours is ever shown in another one’s frame.
        if cross_origin.unwrap_or_default() || top_origin.is_some() {
            return Err(Refused("client data: from a frame of another origin"));
        }
        Ok(())
    }
}
