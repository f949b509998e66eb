//! What is known of a provider before it is asked anything.

use oauth2::{
    RequestTokenError,
    basic::{BasicErrorResponse, BasicRequestTokenError},
};

use super::{Error, Secret, causes};
use crate::outbound::RequestError;

/// Where people go to sign in, and as which program this server is known there.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Its name in paths.
    pub id: String,
    /// Its name for people.
    pub name: String,
    pub kind: ProviderKind,
    pub client_id: String,
    pub secret: Secret,
}

/// What a provider speaks.
#[derive(Clone, Debug)]
pub enum ProviderKind {
    /// GitHub’s own kind of OAuth, at github.com or at a server of one’s own.
    GitHub { url: String },
    /// OpenID Connect, with what the provider calls itself, letter by letter.
    Oidc { issuer: String },
}

/// Logs why a provider couldn’t sign somebody in. The cause must hold no code, token or secret.
pub fn failed(provider: &str, cause: &str) -> Error {
    tracing::warn!(provider, cause, "a sign-in failed at the provider");
    Error::Failed
}

/// Why there is no token. Whatever else the provider said could hold what was sent to it.
pub fn token_cause(error: BasicRequestTokenError<RequestError>) -> String {
    let said = |answer: &BasicErrorResponse| format!("no token: {}", answer.error());
    match error {
        RequestTokenError::ServerResponse(answer) => said(&answer),
        RequestTokenError::Request(error) => format!("no token: {}", causes(&error)),
        // GitHub’s errors come with status 200.
        RequestTokenError::Parse(error, answer) => match serde_json::from_slice(&answer) {
            Ok(answer) => said(&answer),
            Err(_) => format!("an answer without sense at {}", error.path()),
        },
        RequestTokenError::Other(cause) => cause,
    }
}
