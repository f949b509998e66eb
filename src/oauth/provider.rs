//! How a provider was set up.

use oauth2::{
    RequestTokenError,
    basic::{BasicErrorResponse, BasicRequestTokenError},
};

use super::{Error, Secret, causes};
use crate::outbound::RequestError;

/// A provider, and the credentials of this server there.
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

/// Which protocol a provider speaks.
#[derive(Clone, Debug)]
pub enum ProviderKind {
    /// GitHub’s variant of OAuth, at github.com or a GitHub Enterprise server.
    GitHub { url: String },
    /// OpenID Connect. The issuer must match the provider’s own spelling exactly.
    Oidc { issuer: String },
}

/// Logs why a sign-in failed. The cause must not contain a code, token or secret.
pub fn failed(provider: &str, cause: &str) -> Error {
    tracing::warn!(provider, cause, "sign-in with a provider failed");
    Error::Failed
}

/// Why there is no token. The rest of the response is left out, as it may repeat secrets that were sent.
pub fn token_cause(error: BasicRequestTokenError<RequestError>) -> String {
    let reason = |response: &BasicErrorResponse| format!("no token: {}", response.error());
    match error {
        RequestTokenError::ServerResponse(response) => reason(&response),
        RequestTokenError::Request(error) => format!("no token: {}", causes(&error)),
        // GitHub sends errors with status 200.
        RequestTokenError::Parse(error, body) => match serde_json::from_slice(&body) {
            Ok(response) => reason(&response),
            Err(_) => format!("an answer without sense at {}", error.path()),
        },
        RequestTokenError::Other(cause) => cause,
    }
}
