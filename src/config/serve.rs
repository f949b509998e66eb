//! The flags of `tincan serve`, and the configuration that they make up.

use std::{net::SocketAddr, num::NonZeroUsize, path::PathBuf, sync::Arc};

use clap::{Args, ValueEnum};
use tracing_subscriber::filter::Targets;

use super::oauth::{OAuthArgs, OAuthArgsError};
use crate::{
    followers::daily::Daily,
    http::{Network, Origin, ServerSettings, Signup},
    secret::{Secret, SecretError},
    server::{BUS_CAPACITY, Config},
};

#[derive(Args, Debug)]
pub struct ServeArgs {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(
        long,
        env = "TINCAN_LISTEN",
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:3000"
    )]
    listen: SocketAddr,
    /// The database; made where it is missing
    #[arg(
        long,
        env = "TINCAN_DB",
        value_name = "FILE",
        default_value = "tincan.db"
    )]
    db: PathBuf,
    /// Where people reach the server, if not by plain http at the address they type
    #[arg(long, env = "TINCAN_PUBLIC_URL", value_name = "URL")]
    public_url: Option<Origin>,
    /// A proxy that is believed when it tells whose request it passes on, or a network of them; may
    /// be given more than once
    #[arg(
        long,
        env = "TINCAN_TRUSTED_PROXY",
        value_name = "NETWORK",
        value_delimiter = ','
    )]
    trusted_proxy: Vec<Network>,
    /// A private network in which sign-in providers may name addresses; those that the flags name are always allowed. May
    /// be given more than once
    #[arg(
        long,
        env = "TINCAN_ALLOW_OUTBOUND",
        value_name = "NETWORK",
        value_delimiter = ','
    )]
    allow_outbound: Vec<Network>,
    /// Who may make themselves an account, after the first
    #[arg(
        long,
        env = "TINCAN_SIGNUP",
        value_enum,
        value_name = "WHO",
        default_value_t = Signup::Invite
    )]
    signup: Signup,
    /// Back the database up into this folder once a day
    #[arg(long, env = "TINCAN_BACKUP_DIR", value_name = "DIR")]
    backup_dir: Option<PathBuf>,
    /// How many of these backups to keep
    #[arg(
        long,
        env = "TINCAN_BACKUP_KEEP",
        value_name = "N",
        default_value = "7"
    )]
    backup_keep: NonZeroUsize,
    /// Let anybody on this machine sign in as anybody; makes john and jane
    #[arg(long)]
    dev: bool,
    /// Serve the UI from this folder instead of from the program, for work on the front end
    #[arg(long, value_name = "DIR")]
    ui: Option<PathBuf>,
    /// What to log: a level, or levels by module (info,tincan::store=debug)
    #[arg(
        long,
        env = "TINCAN_LOG",
        value_name = "FILTER",
        default_value = "info"
    )]
    log: Targets,
    /// How to log
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = LogFormat::Human)]
    log_format: LogFormat,
    /// Show /metrics to whoever has this token, and to nobody else; better kept in a file, as others on
    /// this machine may see a command line. Without it, /metrics is for this machine alone
    #[arg(
        long,
        env = "TINCAN_METRICS_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    metrics_token: Option<Secret>,
    /// A file with that token
    #[arg(long, env = "TINCAN_METRICS_TOKEN_FILE", value_name = "FILE")]
    metrics_token_file: Option<PathBuf>,
    #[command(flatten)]
    oauth: OAuthArgs,
}

/// What the log looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    Human,
    Json,
}

/// Why the flags don’t make up a configuration, although each of them is valid. The program exits with `EX_CONFIG`.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error(transparent)]
    OAuth(#[from] OAuthArgsError),
    #[error(transparent)]
    Secret(#[from] SecretError),
}

impl ServeArgs {
    /// Which levels and modules are logged.
    #[must_use]
    pub fn log_filter(&self) -> &Targets {
        &self.log
    }

    #[must_use]
    pub fn log_format(&self) -> LogFormat {
        self.log_format
    }

    /// The configuration. Reads the files with secrets.
    pub fn into_config(self) -> Result<Config, ConfigError> {
        let public_url = self.public_url.as_ref().map(Origin::to_string);
        let allowed = self.allow_outbound.into_iter().map(Network::into).collect();
        let oauth = self.oauth.flows(public_url.as_deref(), allowed)?;
        let metrics_token = Secret::from_flag_or_file(
            "the token for metrics",
            self.metrics_token,
            self.metrics_token_file,
        )?;
        Ok(Config {
            listen: self.listen,
            database: self.db,
            bus_capacity: BUS_CAPACITY,
            backups: self.backup_dir.map(|folder| Daily {
                folder,
                keep: self.backup_keep,
            }),
            settings: ServerSettings {
                dev: self.dev,
                signup: self.signup,
                public_url: self.public_url,
                trusted_proxies: self.trusted_proxy,
                ui: self.ui,
                oauth: Arc::new(oauth),
                metrics_token,
            },
        })
    }
}
