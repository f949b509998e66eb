//! The flags for sign-in providers, and how they fit together.

use std::path::PathBuf;

use clap::Args;
use ipnet::IpNet;

use crate::{
    oauth::{Flows, Provider, ProviderKind, SetupError},
    secret::{Secret, SecretError},
};

const HEADING: &str = "Sign-in providers";
const GITHUB: &str = "github";
/// Words that paths have in the same place as a provider’s name, so no provider may be called that.
const RESERVED_NAMES: [&str; 3] = [GITHUB, "pending", "complete"];
const MAX_NAME_LENGTH: usize = 20;

/// Providers that people may sign in with. In an environment variable, several stand with white space
/// between them.
#[derive(Args, Debug)]
#[command(next_help_heading = HEADING)]
pub struct OAuthArgs {
    /// Let people sign in with GitHub: the client ID of this server’s OAuth app
    #[arg(long, env = "TINCAN_GITHUB_CLIENT_ID", value_name = "ID")]
    github_client_id: Option<String>,
    /// The OAuth app’s secret. A file is safer: command lines can be visible to others on this machine
    #[arg(
        long,
        env = "TINCAN_GITHUB_CLIENT_SECRET",
        value_name = "SECRET",
        hide_env_values = true
    )]
    github_client_secret: Option<Secret>,
    /// A file with the OAuth app’s secret
    #[arg(long, env = "TINCAN_GITHUB_CLIENT_SECRET_FILE", value_name = "FILE")]
    github_client_secret_file: Option<PathBuf>,
    /// The URL of your own GitHub server
    #[arg(
        long,
        env = "TINCAN_GITHUB_URL",
        value_name = "URL",
        default_value = "https://github.com"
    )]
    github_url: String,
    /// Let people sign in with an OpenID Connect provider (can be repeated)
    #[arg(long, env = "TINCAN_OIDC", value_name = "NAME=ISSUER")]
    oidc: Vec<String>,
    /// This server’s client ID at a provider (can be repeated)
    #[arg(long, env = "TINCAN_OIDC_CLIENT", value_name = "NAME=ID")]
    oidc_client: Vec<String>,
    /// This server’s secret at a provider; a file is safer (can be repeated)
    #[arg(
        long,
        env = "TINCAN_OIDC_SECRET",
        value_name = "NAME=SECRET",
        hide_env_values = true
    )]
    oidc_secret: Vec<Secret>,
    /// A file with this server’s secret at a provider (can be repeated)
    #[arg(long, env = "TINCAN_OIDC_SECRET_FILE", value_name = "NAME=FILE")]
    oidc_secret_file: Vec<String>,
}

/// Why the flags for providers don’t fit together. No message contains anything that may be a secret.
#[derive(Debug, thiserror::Error)]
pub enum OAuthArgsError {
    #[error(
        "sign-in providers need --public-url, such as https://chat.example, to send people back"
    )]
    MissingPublicUrl,
    #[error("signing in with GitHub needs both --github-client-id and its secret")]
    IncompleteGitHub,
    #[error("{0} must be NAME=VALUE, such as home=…")]
    MissingName(&'static str),
    #[error(
        "a provider’s name must be 1 to {MAX_NAME_LENGTH} lowercase letters, digits and hyphens, and not one of {RESERVED_NAMES:?}: {0:?}"
    )]
    BadName(String),
    #[error("{0} names a provider that --oidc doesn’t")]
    UnknownName(&'static str),
    #[error("{0} names a provider twice")]
    Duplicate(&'static str),
    #[error("the provider {0} needs a client ID: --oidc-client {0}=…")]
    MissingClient(String),
    #[error("the provider {0} needs a secret: --oidc-secret-file {0}=FILE")]
    MissingSecret(String),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Setup(#[from] SetupError),
}

impl OAuthArgs {
    /// Sets up the providers. Reads the files with secrets, and doesn’t connect to any provider. `public_url` is
    /// where people reach this server; `allowed` are networks outside the public internet that may be connected to.
    pub fn flows(
        self,
        public_url: Option<&str>,
        allowed: Vec<IpNet>,
    ) -> Result<Flows, OAuthArgsError> {
        let mut providers = Vec::new();
        if let Some(github) = self.github()? {
            providers.push(github);
        }
        self.add_oidc(&mut providers)?;
        if providers.is_empty() {
            return Ok(Flows::default());
        }
        let public_url = public_url.ok_or(OAuthArgsError::MissingPublicUrl)?;
        Ok(Flows::new(providers, public_url, allowed)?)
    }

    fn github(&self) -> Result<Option<Provider>, OAuthArgsError> {
        let id = self.github_client_id.clone().filter(|id| !id.is_empty());
        let secret = self.github_client_secret.clone();
        let file = self.github_client_secret_file.clone();
        let secret = Secret::from_flag_or_file("the secret of the provider github", secret, file)?;
        if id.is_none() && secret.is_none() {
            return Ok(None);
        }
        let client_id = id.ok_or(OAuthArgsError::IncompleteGitHub)?;
        let secret = secret.ok_or(OAuthArgsError::IncompleteGitHub)?;
        Ok(Some(Provider {
            id: GITHUB.to_owned(),
            name: "GitHub".to_owned(),
            kind: ProviderKind::GitHub {
                url: self.github_url.clone(),
            },
            client_id,
            secret,
        }))
    }

    fn add_oidc(&self, providers: &mut Vec<Provider>) -> Result<(), OAuthArgsError> {
        let issuers = named("--oidc", self.oidc.iter().map(String::as_str))?;
        let mut clients = named("--oidc-client", self.oidc_client.iter().map(String::as_str))?;
        let mut secrets = named("--oidc-secret", self.oidc_secret.iter().map(Secret::reveal))?;
        let files = self.oidc_secret_file.iter().map(String::as_str);
        let mut files = named("--oidc-secret-file", files)?;
        for (name, issuer) in issuers {
            let characters = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
            let is_name = (1..=MAX_NAME_LENGTH).contains(&name.len())
                && name.bytes().all(characters)
                && !RESERVED_NAMES.contains(&name);
            if !is_name {
                return Err(OAuthArgsError::BadName(name.to_owned()));
            }
            let client_id = remove(&mut clients, name);
            let client_id =
                client_id.ok_or_else(|| OAuthArgsError::MissingClient(name.to_owned()))?;
            let secret = remove(&mut secrets, name).map(Secret::from);
            let file = remove(&mut files, name).map(PathBuf::from);
            let what = format!("the secret of the provider {name}");
            let secret = Secret::from_flag_or_file(&what, secret, file)?;
            providers.push(Provider {
                id: name.to_owned(),
                name: name.to_owned(),
                kind: ProviderKind::Oidc {
                    issuer: issuer.to_owned(),
                },
                client_id: client_id.to_owned(),
                secret: secret.ok_or_else(|| OAuthArgsError::MissingSecret(name.to_owned()))?,
            });
        }
        for (flag, left) in [
            ("--oidc-client", clients),
            ("--oidc-secret", secrets),
            ("--oidc-secret-file", files),
        ] {
            if !left.is_empty() {
                return Err(OAuthArgsError::UnknownName(flag));
            }
        }
        Ok(())
    }
}

type Named<'a> = Vec<(&'a str, &'a str)>;

/// Splits words of the form `NAME=VALUE`. No name may be given twice.
fn named<'a>(
    flag: &'static str,
    values: impl Iterator<Item = &'a str>,
) -> Result<Named<'a>, OAuthArgsError> {
    let mut pairs = Named::new();
    for word in values.flat_map(str::split_whitespace) {
        let pair = word.split_once('=').filter(|(_, value)| !value.is_empty());
        let (name, value) = pair.ok_or(OAuthArgsError::MissingName(flag))?;
        if pairs.iter().any(|(other, _)| *other == name) {
            return Err(OAuthArgsError::Duplicate(flag));
        }
        pairs.push((name, value));
    }
    Ok(pairs)
}

fn remove<'a>(pairs: &mut Named<'a>, name: &str) -> Option<&'a str> {
    let place = pairs.iter().position(|(other, _)| *other == name)?;
    Some(pairs.swap_remove(place).1)
}
