//! What an authority asks for while an order is under way, and what it is answered. At other times there is nothing here.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use rustls::{server::ClientHello, sign::CertifiedKey};

/// The protocol by which an authority asks for a certificate of its own kind (RFC 8737 §6.2).
pub const ACME_TLS: &[u8] = b"acme-tls/1";
/// Where an authority asks for files (RFC 8555 §8.3).
const PATH: &str = "/.well-known/acme-challenge/";

/// The answers to the challenges of the order that is under way.
#[derive(Debug, Default)]
pub struct Challenges {
    /// By server name.
    certificates: Mutex<HashMap<String, Arc<CertifiedKey>>>,
    /// By token.
    files: Mutex<HashMap<String, String>>,
}

/// An answer that is given until this is dropped.
#[derive(Debug)]
pub struct Answer {
    challenges: Arc<Challenges>,
    to: To,
}

#[derive(Debug)]
enum To {
    Name(String),
    Token(String),
}

impl Challenges {
    /// Answers a handshake for this name with this certificate.
    pub(super) fn answer_name(self: &Arc<Self>, name: String, key: CertifiedKey) -> Answer {
        self.certificates.lock().insert(name.clone(), key.into());
        self.answer(To::Name(name))
    }

    /// Answers a request for the file of this token with this text.
    pub(super) fn answer_token(self: &Arc<Self>, token: String, text: String) -> Answer {
        self.files.lock().insert(token.clone(), text);
        self.answer(To::Token(token))
    }

    fn answer(self: &Arc<Self>, to: To) -> Answer {
        Answer {
            challenges: Arc::clone(self),
            to,
        }
    }

    /// The text of the file that an authority asks for at this path.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<String> {
        let token = path.strip_prefix(PATH)?;
        self.files.lock().get(token).cloned()
    }

    /// The certificate for a handshake by which an authority asks for one.
    pub(super) fn certificate(&self, hello: &ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.certificates.lock().get(hello.server_name()?).cloned()
    }
}

/// Whether the handshake is an authority’s: it offers that protocol and no other (RFC 8737 §3).
pub(super) fn is_challenge(hello: &ClientHello<'_>) -> bool {
    hello
        .alpn()
        .is_some_and(|mut offered| offered.next() == Some(ACME_TLS) && offered.next().is_none())
}

impl Drop for Answer {
    fn drop(&mut self) {
        match &self.to {
            To::Name(name) => {
                self.challenges.certificates.lock().remove(name);
            }
            To::Token(token) => {
                self.challenges.files.lock().remove(token);
            }
        }
    }
}
