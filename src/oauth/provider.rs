//! How a provider was set up.

use super::{Error, Secret};

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
    /// GitHub’s variant of OAuth, at github.com, GitHub Enterprise Cloud or a GitHub Enterprise server.
    GitHub { url: String },
    /// OpenID Connect. The issuer must match the provider’s own spelling exactly.
    Oidc { issuer: String },
}

/// Logs why a sign-in failed. The cause says which part of an answer breaks which rule, and never what the part says.
pub fn failed(provider: &str, cause: &str) -> Error {
    tracing::warn!(provider, cause, "sign-in with a provider failed");
    Error::Failed
}
