//! The challenges that haven’t been signed yet. They are kept in memory, as it is no loss if one has to be asked for again.

use std::{net::IpAddr, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{error::Result, expiring::ExpiringMap, model::SessionId, random::random};

const LIFETIME_MINUTES: u64 = 5;
/// How long a challenge can be signed: the lower end of what the standard recommends where somebody has to be verified
/// (§15.1).
pub const LIFETIME: Duration = Duration::from_mins(LIFETIME_MINUTES);

/// What somebody has begun. A challenge that was given for one can’t be used for another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ceremony {
    /// Creating a passkey in this session. Authenticators will know its user by the handle.
    Registration {
        session: SessionId,
        user_handle: Vec<u8>,
    },
    /// Signing in, as somebody whom only the passkey names.
    SignIn,
    /// Proving in this session who one is.
    Proof(SessionId),
}

/// The ceremonies that have been begun, bounded in time, and in number for each network.
#[derive(Default)]
pub struct Ceremonies {
    /// Anybody may begin to sign in, so those have a map of their own: they evict nothing of who is signed in.
    sign_ins: ExpiringMap<Ceremony, LIFETIME_MINUTES>,
    own: ExpiringMap<Ceremony, LIFETIME_MINUTES>,
}

impl Ceremonies {
    /// A challenge for somebody at `address`, as it travels: base 64 in the alphabet for URLs, without padding (§13.4.3).
    ///
    /// # Errors
    /// If the system can’t provide random numbers.
    pub fn begin(&self, address: IpAddr, ceremony: Ceremony) -> Result<String> {
        let challenge = URL_SAFE_NO_PAD.encode(random::<32>()?);
        let begun = match ceremony {
            Ceremony::SignIn => &self.sign_ins,
            Ceremony::Registration { .. } | Ceremony::Proof(_) => &self.own,
        };
        begun.remove_expired();
        begun.insert(address, &challenge, ceremony);
        Ok(challenge)
    }

    /// What a challenge was given for. It can’t be used again, whatever comes of it.
    #[must_use]
    pub fn finish(&self, challenge: &str) -> Option<Ceremony> {
        self.sign_ins
            .remove(challenge)
            .or_else(|| self.own.remove(challenge))
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_challenge_works_once_and_for_five_minutes() -> Result<()> {
        let ceremonies = Ceremonies::default();
        let here = IpAddr::from(Ipv4Addr::LOCALHOST);
        let (first, second) = (
            ceremonies.begin(here, Ceremony::SignIn)?,
            ceremonies.begin(here, Ceremony::Proof(SessionId(7)))?,
        );
        assert_ne!(first, second);
        let bytes = URL_SAFE_NO_PAD.decode(&first).unwrap_or_default();
        assert_eq!(bytes.len(), 32);
        tokio::time::advance(LIFETIME.saturating_sub(Duration::from_millis(1))).await;
        assert_eq!(ceremonies.finish(&first), Some(Ceremony::SignIn));
        assert_eq!(ceremonies.finish(&first), None);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(ceremonies.finish(&second), None);
        Ok(())
    }
}
