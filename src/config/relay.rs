//! The flags for a server through which people can be notified without push services.

use std::{io, path::PathBuf};

use clap::Args;
use ipnet::IpNet;
use url::Url;

use crate::{
    model::RelayKind,
    outbound::is_safe,
    push::Relay,
    secret::{Secret, SecretError},
};

const HEADING: &str = "Notifications";

/// A server through which people can be notified.
#[derive(Args, Debug)]
#[command(next_help_heading = HEADING)]
pub struct RelayArgs {
    /// Let people be notified through this ntfy server
    #[arg(long, env = "TINCAN_NTFY", value_name = "URL")]
    ntfy: Option<String>,
    /// The access token with which ntfy lets Tincan publish, if it doesn’t let everybody. A file is safer: command lines
    /// can be visible to others on this machine
    #[arg(
        long,
        env = "TINCAN_NTFY_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    ntfy_token: Option<Secret>,
    /// A file with the access token for ntfy
    #[arg(long, env = "TINCAN_NTFY_TOKEN_FILE", value_name = "FILE")]
    ntfy_token_file: Option<PathBuf>,
    /// Let people be notified through this Gotify server, each with the token of an application of their own
    #[arg(long, env = "TINCAN_GOTIFY", value_name = "URL")]
    gotify: Option<String>,
}

/// Why the flags for notifications don’t fit together. No message contains a token.
#[derive(Debug, thiserror::Error)]
pub enum RelayArgsError {
    #[error("--ntfy and --gotify can’t be used together; choose one")]
    Both,
    #[error("--ntfy-token is of no use without --ntfy; give the URL of the ntfy server, too")]
    TokenAlone,
    #[error(
        "{flag} must be an https URL without a query, such as https://push.example, or http on this machine: {url:?}"
    )]
    BadUrl { flag: &'static str, url: String },
    #[error("can’t set up TLS for {0}: {1}")]
    Tls(Url, io::Error),
    #[error(transparent)]
    Secret(#[from] SecretError),
}

impl RelayArgs {
    /// The server, if there is one. Reads the file with the token, and doesn’t connect. `public_url` is where people reach
    /// this server; `allowed` are networks outside the public internet that may be connected to.
    pub fn relay(
        self,
        public_url: Option<String>,
        allowed: Vec<IpNet>,
    ) -> Result<Option<Relay>, RelayArgsError> {
        let token = Secret::from_flag_or_file(
            "the access token for ntfy",
            self.ntfy_token,
            self.ntfy_token_file,
        )?;
        let (kind, flag, url) = match (self.ntfy, self.gotify) {
            (Some(_), Some(_)) => return Err(RelayArgsError::Both),
            (Some(url), None) => (RelayKind::Ntfy, "--ntfy", url),
            (None, _) if token.is_some() => return Err(RelayArgsError::TokenAlone),
            (None, Some(url)) => (RelayKind::Gotify, "--gotify", url),
            (None, None) => return Ok(None),
        };
        let parsed = Url::parse(&url).ok().filter(|parsed| {
            let has_more = parsed.query().is_some() || parsed.fragment().is_some();
            let has_secret = !parsed.username().is_empty() || parsed.password().is_some();
            is_safe(parsed) && !has_more && !has_secret
        });
        let parsed = parsed.ok_or(RelayArgsError::BadUrl { flag, url })?;
        let relay = Relay::new(kind, parsed.clone(), token, public_url, allowed);
        relay
            .map(Some)
            .map_err(|error| RelayArgsError::Tls(parsed, error))
    }
}
