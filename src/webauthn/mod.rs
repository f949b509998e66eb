//! Passkeys: what a server has to check of them (Web Authentication Level 3, <https://www.w3.org/TR/webauthn-3/>).
//!
//! A ceremony begins with a challenge, which is kept in [`Ceremonies`] until an authenticator has signed it. What comes back is
//! a [`Registration`] or an [`Assertion`]: its challenge says which ceremony it belongs to, and [`RelyingParty`] who it has to
//! be for. Nothing here uses the store or answers requests.
//!
//! | file | what is in it |
//! | --- | --- |
//! | `ceremony` | the challenges that haven’t been signed yet |
//! | `relying_party` | who passkeys are for: a name, and the origin of its pages |
//! | `registration`, `assertion` | the two things that an authenticator answers |
//! | `client_data` | what the browser says of the ceremony (§5.8.1) |
//! | `authenticator_data` | what the authenticator says of it (§6.1) |
//! | `key` | public keys, and which signatures are theirs (RFC 9052, RFC 9053) |
//! | `cbor` | the binary format of both (RFC 8949) |
//!
//! An authenticator always has to have verified its user (§6.1, the flag UV), so that a passkey is two factors: the device, and a
//! finger, a face or a PIN. Nobody is asked where an authenticator comes from (§13.4.1): attestation is `none`, or an
//! authenticator’s own signature, which browsers pass on as it tells nothing about anybody.

mod assertion;
mod authenticator_data;
mod cbor;
mod ceremony;
mod client_data;
mod key;
mod registration;
mod relying_party;
#[cfg(test)]
mod tests;

use std::fmt;

pub use self::{
    assertion::{Assertion, Used},
    authenticator_data::MAX_CREDENTIAL_ID,
    ceremony::{Ceremonies, Ceremony, LIFETIME},
    key::ALGORITHMS,
    registration::{NewCredential, Registration},
    relying_party::RelyingParty,
};

/// The result of checking something of an authenticator.
pub type Result<T, E = Refused> = std::result::Result<T, E>;

/// Which rule something of an authenticator breaks. Never what it says, as anybody may have written it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused(pub &'static str);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
