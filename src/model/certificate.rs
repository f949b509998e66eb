//! The certificate by which a server speaks TLS itself, as administrators see it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Timestamp;

/// Where a server’s certificate is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TlsMode {
    /// From files that somebody else renews.
    Files,
    /// From a certificate authority that the server asks itself (RFC 8555).
    Acme,
    /// From the server’s own authority, which the devices of a home have been told to trust.
    Home,
}

/// The state of a server’s certificate.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertificateStatus {
    pub mode: TlsMode,
    /// The names and addresses that the certificate is for. Empty as long as there is none.
    pub names: Vec<String>,
    /// Who has signed it, by the name in it. Null if it has no such name.
    pub issuer: Option<String>,
    /// When it ends. Null as long as there is none.
    pub expires_at: Option<Timestamp>,
    /// Whole days until it ends, negative once it has ended. Null as long as there is none.
    pub days_left: Option<i64>,
    /// When the server took it into use. Null as long as there is none.
    pub loaded_at: Option<Timestamp>,
    /// The last attempt to load or renew it, if that failed.
    pub failure: Option<CertificateFailure>,
}

/// Why a certificate couldn’t be loaded or renewed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertificateFailure {
    pub at: Timestamp,
    /// A sentence without a full stop, as in the log.
    pub message: String,
}
