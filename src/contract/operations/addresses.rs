//! The addresses at which other devices reach this server.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    contract::operation::{Operation, Tag},
    model::CertificateStatus,
};

/// What links begin with, and what else they could begin with.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Addresses {
    /// What a link would begin with now.
    #[schemars(url)]
    pub base: String,
    /// Whether other devices may reach that. False if it is an address of the machine for itself.
    pub reachable: bool,
    /// What keeps other devices from it. Empty if it is reachable.
    pub problems: Vec<AddressProblem>,
    /// Addresses of this machine on its networks at which the server listens, the likeliest first; those in its certificate,
    /// if it speaks TLS itself. Empty if it has a public URL, which is the only address then.
    pub addresses: Vec<String>,
    /// Names that requests were refused for since the server started, 20 at most. If people are to use one, the server has
    /// to be started with `--public-url` or `--host`.
    pub refused_names: Vec<String>,
    /// Whether people reach the server through TLS, though it wasn’t started with `--public-url`.
    pub tls_without_public_url: bool,
    /// The certificate by which the server speaks TLS itself. Null if it doesn’t.
    pub certificate: Option<CertificateStatus>,
}

/// Why other devices can’t reach an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AddressProblem {
    /// The server listens only for its own machine. `--listen 0.0.0.0:3000` lets other devices in.
    ListensOnLoopback,
    /// The page was opened at an address of the machine for itself, and no `--public-url` says what it is for others.
    NoPublicUrl,
    /// `--public-url` names the machine itself.
    PublicUrlIsLoopback,
}

pub fn show() -> Operation {
    Operation::new(
        "addresses",
        Tag::Administration,
        "Shows the address that invitation links begin with, and whether other devices can reach it",
    )
    .ok::<Addresses>("The addresses")
}
