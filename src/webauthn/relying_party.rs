//! Who passkeys are for.

use sha2::{Digest, Sha256};
use url::{Host, Url};

/// The server as authenticators know it. A passkey works for one name, and from pages of one origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingParty {
    id: String,
    origin: String,
}

impl RelyingParty {
    /// The server that people reach at `url`. None if there can be no passkeys: browsers have them only over https or on
    /// the same machine (<https://w3c.github.io/webappsec-secure-contexts/>), and only for names (§5.1.3, “valid domain”).
    #[must_use]
    pub fn at(url: &str) -> Option<Self> {
        let url = Url::parse(url).ok()?;
        let Host::Domain(name) = url.host()? else {
            return None;
        };
        let is_here = name == "localhost" || name.ends_with(".localhost");
        (url.scheme() == "https" || is_here).then(|| Self {
            id: name.to_owned(),
            origin: url.origin().ascii_serialization(),
        })
    }

    /// The name, without scheme and port.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What pages of it call themselves.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What authenticators have instead of the name.
    pub(super) fn id_hash(&self) -> [u8; 32] {
        Sha256::digest(&self.id).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_are_for_names_over_https_or_on_this_machine() {
        for (url, id, origin) in [
            (
                "https://chat.example",
                "chat.example",
                "https://chat.example",
            ),
            (
                "https://Chat.Example:443",
                "chat.example",
                "https://chat.example",
            ),
            ("https://pi.local:8443", "pi.local", "https://pi.local:8443"),
            ("https://raspberrypi", "raspberrypi", "https://raspberrypi"),
            (
                "http://localhost:3000",
                "localhost",
                "http://localhost:3000",
            ),
            ("http://a.localhost", "a.localhost", "http://a.localhost"),
            (
                "https://bücher.example",
                "xn--bcher-kva.example",
                "https://xn--bcher-kva.example",
            ),
        ] {
            let found = RelyingParty::at(url).map(|party| (party.id, party.origin));
            assert_eq!(found, Some((id.to_owned(), origin.to_owned())), "{url}");
        }
    }

    #[test]
    fn without_a_name_or_https_there_are_none() {
        for url in [
            "http://chat.example",
            "http://pi.local:3000",
            "http://notlocalhost",
            "http://127.0.0.1:3000",
            "https://192.168.178.20",
            "https://[::1]:3000",
            "https://3232282132",
            "chat.example",
            "",
        ] {
            assert_eq!(RelyingParty::at(url), None, "{url}");
        }
    }
}
