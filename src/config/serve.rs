//! The flags of `tincan serve`, and the configuration that they make up.

use std::{net::SocketAddr, num::NonZeroUsize, path::PathBuf, sync::Arc};

use bytesize::ByteSize;
use clap::{Args, ValueEnum};
use tracing_subscriber::filter::Targets;

use super::{
    acme::{AcmeArgs, AcmeArgsError},
    doors::{DoorArgs, DoorArgsError},
    oauth::{OAuthArgs, OAuthArgsError},
    relay::{RelayArgs, RelayArgsError},
    values::{address, listen_address, of_list, size},
};
use crate::{
    bus::Capacity,
    followers::push::PUSH_DELAY,
    http::{HostName, Network, Origin, ServerSettings, Signup, TextLimit},
    listening::ListenAddress,
    model::limits::FileLimits,
    secret::{Secret, SecretError},
    server::Config,
    store::BackupFolder,
    tls::{
        CertificateFiles, FilesError, Tls, TlsMode,
        home::{HomeError, HomeFolder, HomeName, HomeSettings},
    },
};

#[derive(Args, Debug)]
pub struct ServeArgs {
    /// Address and port to listen on, such as 127.0.0.1:3000, localhost:3000 or, for every IPv4 address of this machine,
    /// :3000 (port 0: any free port). Or a socket for a proxy on this machine, such as unix:/run/tincan/http.sock
    #[arg(
        long,
        env = "TINCAN_LISTEN",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:3000",
        value_parser = listen_address
    )]
    listen: ListenAddress,
    /// The database (created if missing)
    #[arg(
        long,
        env = "TINCAN_DB",
        value_name = "FILE",
        default_value = "tincan.db"
    )]
    db: PathBuf,
    /// The URL where people reach the server, if it isn’t plain HTTP at the address they type
    #[arg(long, env = "TINCAN_PUBLIC_URL", value_name = "URL")]
    public_url: Option<Origin>,
    /// A further name that people type to reach the server, if it has no public URL (can be repeated). Addresses and names
    /// of home networks need none
    #[arg(
        long,
        env = "TINCAN_HOST",
        value_name = "NAME",
        value_delimiter = ',',
        value_parser = of_list::<HostName>
    )]
    host: Vec<HostName>,
    /// Speak TLS by a certificate of the server’s own authority, which people install on their devices: for a network without
    /// a public name
    #[arg(
        long,
        env = "TINCAN_TLS",
        value_enum,
        value_name = "HOW",
        conflicts_with = "tls_cert"
    )]
    tls: Option<TlsArg>,
    /// The name of the server at home: it is NAME.local
    #[arg(
        long,
        env = "TINCAN_HOME_NAME",
        value_name = "NAME",
        default_value_t = HomeName::default()
    )]
    home_name: HomeName,
    /// A file with the certificate (and its chain, in PEM), to speak TLS without a proxy. It is read again when it changes
    #[arg(
        long,
        env = "TINCAN_TLS_CERT",
        value_name = "FILE",
        requires = "tls_key"
    )]
    tls_cert: Option<PathBuf>,
    /// A file with the certificate’s private key, in PEM
    #[arg(
        long,
        env = "TINCAN_TLS_KEY",
        value_name = "FILE",
        requires = "tls_cert"
    )]
    tls_key: Option<PathBuf>,
    #[command(flatten)]
    acme: AcmeArgs,
    /// Address and port where plain http leads to https, if the server speaks TLS
    #[arg(
        long,
        env = "TINCAN_HTTP_LISTEN",
        value_name = "ADDRESS:PORT",
        value_parser = address
    )]
    http_listen: Option<SocketAddr>,
    /// A trusted proxy, or a network of them, whose X-Forwarded-For is believed (can be repeated)
    #[arg(
        long,
        env = "TINCAN_TRUSTED_PROXY",
        value_name = "NETWORK",
        value_delimiter = ',',
        value_parser = of_list::<Network>
    )]
    trusted_proxy: Vec<Network>,
    /// A private network that sign-in providers and push services may be in, besides the addresses in flags (can be repeated)
    #[arg(
        long,
        env = "TINCAN_ALLOW_OUTBOUND",
        value_name = "NETWORK",
        value_delimiter = ',',
        value_parser = of_list::<Network>
    )]
    allow_outbound: Vec<Network>,
    /// Who can create an account, after the first
    #[arg(
        long,
        env = "TINCAN_SIGNUP",
        value_enum,
        value_name = "WHO",
        default_value_t = Signup::Invite
    )]
    signup: Signup,
    /// Back up the database to this folder once a day
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
    /// The largest file that people can send
    #[arg(
        long,
        env = "TINCAN_MAX_FILE",
        value_name = "SIZE",
        default_value = "100MB",
        value_parser = size
    )]
    max_file: ByteSize,
    /// How much space the files of all people can take (default: the whole disk)
    #[arg(long, env = "TINCAN_FILES", value_name = "SIZE", value_parser = size)]
    files: Option<ByteSize>,
    /// How much space the files of one person can take
    #[arg(
        long,
        env = "TINCAN_FILES_PER_USER",
        value_name = "SIZE",
        value_parser = size
    )]
    files_per_user: Option<ByteSize>,
    /// How much text one person can have in their messages
    #[arg(
        long,
        env = "TINCAN_TEXT_PER_USER",
        value_name = "SIZE",
        default_value = "1GB",
        value_parser = size
    )]
    text_per_user: ByteSize,
    /// Don’t limit what each user can do, nor how often, for load tests
    #[arg(long)]
    no_limits: bool,
    /// Let anyone on this machine sign in as anyone; creates john and jane
    #[arg(long)]
    dev: bool,
    #[command(flatten)]
    doors: DoorArgs,
    /// What to log: a level, or levels by module (info,tincan::store=debug)
    #[arg(
        long,
        env = "TINCAN_LOG",
        value_name = "FILTER",
        default_value = "info"
    )]
    log: Targets,
    /// The format of the log
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = LogFormat::Human)]
    log_format: LogFormat,
    /// The token for /metrics; without one, only this machine can read them. A file is safer: command lines can be
    /// visible to others on this machine
    #[arg(
        long,
        env = "TINCAN_METRICS_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    metrics_token: Option<Secret>,
    /// A file with the token for /metrics
    #[arg(long, env = "TINCAN_METRICS_TOKEN_FILE", value_name = "FILE")]
    metrics_token_file: Option<PathBuf>,
    #[command(flatten)]
    oauth: OAuthArgs,
    #[command(flatten)]
    relay: RelayArgs,
}

/// Where the certificate is from, if not from files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TlsArg {
    /// From the server’s own authority, at home
    Home,
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
    Doors(#[from] DoorArgsError),
    #[error(transparent)]
    OAuth(#[from] OAuthArgsError),
    #[error(transparent)]
    Relay(#[from] RelayArgsError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Certificate(#[from] FilesError),
    #[error(transparent)]
    Home(#[from] HomeError),
    #[error(transparent)]
    Acme(#[from] AcmeArgsError),
    #[error(
        "--public-url {0} is plain http, but the server speaks TLS: use https in --public-url, or leave it out"
    )]
    PublicUrlIsPlain(Origin),
    #[error(
        "--http-listen {0} leads from http to https, so it needs a certificate: add --acme, --tls home, or --tls-cert and --tls-key"
    )]
    NoTls(SocketAddr),
    #[error(
        "--listen {0} is a socket for a proxy, which speaks TLS in place of the server: leave out --acme, --tls, --tls-cert and --tls-key, or listen on a port"
    )]
    TlsAtSocket(ListenAddress),
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

    /// The configuration. Reads the files with secrets. `passed` is the address of a socket that is open already, if one
    /// was passed to the program.
    pub fn into_config(self, passed: Option<ListenAddress>) -> Result<Config, ConfigError> {
        self.doors.check(self.dev)?;
        let listen = passed.unwrap_or(self.listen);
        let port = listen.tcp().map(|address| address.port());
        let certified = port.and_then(|port| self.acme.public_url(port));
        let public_url = self.public_url.or(certified);
        let allowed = self.allow_outbound.iter().copied().map(Network::into);
        let allowed: Vec<_> = allowed.collect();
        let acme = self.acme.settings(allowed.clone())?;
        let own = public_url.as_ref().map(Origin::to_string);
        let oauth = self.oauth.flows(own.as_deref(), allowed.clone())?;
        let relay = self.relay.relay(own, allowed)?;
        let metrics_token = Secret::from_flag_or_file(
            "the token for metrics",
            self.metrics_token,
            self.metrics_token_file,
        )?;
        let tls = match (self.tls, self.tls_cert, self.tls_key) {
            (Some(TlsArg::Home), ..) => Some(Tls::at_home(HomeSettings {
                name: self.home_name,
                hosts: self.host.iter().map(HostName::to_string).collect(),
                folder: HomeFolder::beside(&self.db),
            })?),
            (None, Some(chain), Some(key)) => {
                Some(Tls::from_files(CertificateFiles::new(chain, key))?)
            }
            _ if acme.is_some() => Some(Tls::new(TlsMode::Acme).map_err(FilesError::from)?),
            _ => None,
        };
        if tls.is_some()
            && let Some(plain) = public_url.as_ref().filter(|url| !url.is_https())
        {
            return Err(ConfigError::PublicUrlIsPlain(plain.clone()));
        }
        if tls.is_some() && port.is_none() {
            return Err(ConfigError::TlsAtSocket(listen));
        }
        if let (None, Some(address)) = (&tls, self.http_listen) {
            return Err(ConfigError::NoTls(address));
        }
        let backups = self
            .backup_dir
            .map(|folder| Arc::new(BackupFolder::new(folder, self.backup_keep, &self.db)));
        Ok(Config {
            listen,
            database: self.db,
            bus: Capacity::default(),
            push_delay: PUSH_DELAY,
            http_listen: self.http_listen,
            acme,
            lab: None,
            settings: ServerSettings {
                dev: self.dev,
                signup: self.signup,
                public_url,
                hosts: self.host,
                tls,
                trusted_proxies: self.trusted_proxy,
                allowed_networks: self.allow_outbound,
                ui: self.doors.ui,
                ui_policy: self.doors.ui_csp,
                cors: self.doors.cors,
                compat: None,
                files: FileLimits {
                    file: self.max_file.as_u64(),
                    total: self.files.map(|size| size.as_u64()),
                    user: self.files_per_user.map(|size| size.as_u64()),
                },
                text: TextLimit(self.text_per_user.as_u64()),
                unlimited: self.no_limits,
                backups,
                oauth: Arc::new(oauth),
                relay: relay.map(Arc::new),
                metrics_token,
            },
        })
    }
}
