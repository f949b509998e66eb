//! The state that handlers share, and the settings of the server.

use std::{
    net::{Ipv6Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use super::{
    Network, Origin, Setup,
    door::{
        caller::Caller,
        device::DeviceMarks,
        host::{self, HostName},
    },
    feed::tickets::Tickets,
};
use crate::{
    attention::Attention,
    bus::Bus,
    error::Result,
    lab::Lab,
    listening::ListenAddress,
    metrics::Metrics,
    model::{
        Rate, SecurityEventKind, UserId,
        limits::{FileLimits, TEXT_PER_USER},
    },
    oauth::Flows,
    password::Passwords,
    presence::Presence,
    push::{Pusher, Relay},
    rates::Rates,
    secret::Secret,
    store::{BackupFolder, Session, Store},
    throttle::{Throttle, network},
    tls::Tls,
    webauthn::Ceremonies,
};

/// The state that handlers share.
pub struct App {
    pub store: Store,
    pub bus: Arc<Bus>,
    pub metrics: Arc<Metrics>,
    pub presence: Arc<Presence>,
    pub attention: Arc<Attention>,
    pub pusher: Arc<Pusher>,
    pub passwords: Passwords,
    pub throttle: Throttle,
    pub rates: Rates,
    pub tickets: Tickets,
    pub ceremonies: Ceremonies,
    device_marks: OnceCell<DeviceMarks>,
    pub setup: Setup,
    pub settings: Arc<ServerSettings>,
    /// The front-end lab, if this is one.
    pub lab: Option<Arc<Lab>>,
    /// Where the server listens.
    pub address: ListenAddress,
    /// Cancelled when the server stops. Streams then end by themselves.
    pub stopping: CancellationToken,
}

impl App {
    /// Whether the user is an administrator. Outside development mode an administrator also needs a way to sign in, which
    /// accounts left over from development mode don’t have.
    pub async fn is_admin(&self, user: UserId) -> Result<bool> {
        if self.settings.dev {
            self.store.is_named_admin(user).await
        } else {
            self.store.is_admin(user).await
        }
    }

    /// Whether the user is an administrator who has to turn two-step sign-in on, or add a passkey, before they can
    /// administrate. Nobody signs in in two steps in development mode.
    pub async fn needs_second_factor(&self, user: UserId) -> Result<bool> {
        Ok(!self.settings.dev && self.store.needs_second_factor(user).await?)
    }

    /// Counts an attempt to prove a secret.
    ///
    /// # Errors
    /// [`Error::Throttled`](crate::error::Error::Throttled) after too many from the same network.
    pub fn admit_attempt(&self, caller: &Caller) -> Result<()> {
        let admitted = self.throttle.admit(caller.address());
        if admitted.is_err() {
            self.note(SecurityEventKind::Throttled, None, caller);
        }
        admitted
    }

    /// Notes an attempt that was refused, at the account of `user` if there is such an account.
    pub fn note(&self, kind: SecurityEventKind, user: Option<UserId>, caller: &Caller) {
        let address = caller.address();
        self.store
            .note_attempt(kind, user, address, network(address));
    }

    /// Whether the user may invite others.
    pub async fn may_invite(&self, user: UserId) -> Result<bool> {
        let settings = self.store.admin_settings().await?;
        Ok(settings.members_may_invite || self.is_admin(user).await?)
    }

    /// Counts something that the session’s user does, and checks that there is room for it.
    ///
    /// # Errors
    /// [`Error::TooFast`](crate::error::Error::TooFast), and [`Error::StorageFull`](crate::error::Error::StorageFull) if the rest of the disk is reserved.
    pub fn admit(&self, rate: Rate, session: &Session) -> Result<()> {
        self.rates.admit(rate, session.user.id, session.id)?;
        if rate.may_use_reserve() {
            return Ok(());
        }
        self.store.require_room()
    }

    /// The marks of devices on which somebody has signed in before.
    pub(super) async fn device_marks(&self) -> Result<&DeviceMarks> {
        self.device_marks
            .get_or_try_init(|| DeviceMarks::load(&self.store))
            .await
    }

    /// The state around a store.
    #[must_use]
    pub fn new(
        store: Store,
        bus: Arc<Bus>,
        metrics: Arc<Metrics>,
        setup: Setup,
        settings: ServerSettings,
        site: Site,
    ) -> Arc<Self> {
        let Site {
            address,
            stopping,
            lab,
        } = site;
        Arc::new(Self {
            presence: Presence::new(&store, &bus),
            attention: Arc::default(),
            pusher: Arc::new(Pusher::new(
                store.clone(),
                Arc::clone(&metrics),
                settings.public_url.as_ref().map(Origin::to_string),
                settings
                    .public_url
                    .as_ref()
                    .filter(|url| url.is_https() && host::is_public(url.authority().as_bytes()))
                    .map(Origin::to_string),
                settings
                    .allowed_networks
                    .iter()
                    .copied()
                    .map(Network::into)
                    .collect(),
            )),
            store,
            bus,
            passwords: Passwords::default(),
            throttle: Throttle::default(),
            rates: Rates::new(&metrics, settings.unlimited),
            metrics,
            tickets: Tickets::default(),
            ceremonies: Ceremonies::default(),
            device_marks: OnceCell::new(),
            setup,
            settings: Arc::new(settings),
            lab,
            address,
            stopping,
        })
    }
}

/// Where a database is served, and until when.
pub struct Site {
    /// Where the server listens.
    pub address: ListenAddress,
    /// Cancelled when the server stops. Streams then end by themselves.
    pub stopping: CancellationToken,
    /// The front-end lab, if this is one.
    pub lab: Option<Arc<Lab>>,
}

impl Site {
    #[must_use]
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address: address.into(),
            stopping: CancellationToken::new(),
            lab: None,
        }
    }
}

/// Settings of the server that handlers use. Not to be confused with the settings of a user.
#[derive(Clone, Debug, Default)]
pub struct ServerSettings {
    /// Development mode: anybody may sign in as anybody, only from this machine.
    pub dev: bool,
    pub signup: Signup,
    /// The URL at which people reach the server. Without it, the host in `Host`, by https if the server speaks TLS.
    pub public_url: Option<Origin>,
    /// Further names by which it answers where it has no public URL.
    pub hosts: Vec<HostName>,
    /// What speaks TLS at the server’s own socket. Without it, a proxy may.
    pub tls: Option<Arc<Tls>>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Networks outside the public internet in which push services may be.
    pub allowed_networks: Vec<Network>,
    /// Serve the UI from this folder instead of from the binary.
    pub ui: Option<PathBuf>,
    /// Serve the folder with the security headers of the UI in the binary, also in development mode.
    pub ui_policy: bool,
    /// In development mode, origins besides those of this machine whose pages may do what the server’s own may.
    pub cors: Vec<Origin>,
    /// In a lab, the server whose front ends are to find what they know.
    pub compat: Option<Compat>,
    /// The sign-in providers.
    pub oauth: Arc<Flows>,
    /// Through which people may be notified, besides the push services of browsers’ makers.
    pub relay: Option<Arc<Relay>>,
    /// How many bytes of files are accepted.
    pub files: FileLimits,
    /// How many bytes of text each user may have in their messages.
    pub text: TextLimit,
    /// Users may do as much as they like, as often as they like.
    pub unlimited: bool,
    /// Where daily backups go. None means that there are no daily backups.
    pub backups: Option<Arc<BackupFolder>>,
    /// With this token the metrics can be read from anywhere. Without one, only this machine can read them.
    pub metrics_token: Option<Secret>,
}

impl ServerSettings {
    /// Whether people reach the server through TLS.
    pub(super) fn is_https(&self) -> bool {
        let own = self.public_url.as_ref();
        own.map_or(self.tls.is_some(), Origin::is_https)
    }

    /// What the server speaks at its own socket.
    fn own_scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// The URL of this host, with or without a port, at the server’s own socket.
    #[must_use]
    pub fn own_url(&self, authority: &str) -> String {
        format!("{}://{authority}", self.own_scheme())
    }

    /// The host of an origin that is what the server speaks at its own socket.
    pub(super) fn own_authority<'a>(&self, origin: &'a str) -> Option<&'a str> {
        origin.strip_prefix(self.own_scheme())?.strip_prefix("://")
    }

    /// The URL at which people reach the server, as far as it knows, if it listens at `address`. Where a proxy is that
    /// connects to a socket in the file system isn’t known.
    #[must_use]
    pub fn url(&self, address: &ListenAddress) -> String {
        if let Some(own) = &self.public_url {
            return own.to_string();
        }
        let Some(address) = address.tcp() else {
            return self.own_url("localhost");
        };
        let port = address.port();
        let names = self.certified_names();
        let is_localhost = |name: &&String| *name == "localhost";
        let local = names.iter().find(is_localhost);
        // Browsers accept no other names than these.
        let certified = if address.ip().is_loopback() {
            local.or(names.first())
        } else {
            names.first()
        };
        match certified {
            Some(name) => self.certified_url(name, port),
            None if address.ip().is_unspecified() => self.own_url(&format!("localhost:{port}")),
            None => self.own_url(&address.to_string()),
        }
    }

    /// The names and addresses in the certificate by which somebody can reach the server. Empty without TLS.
    pub(super) fn certified_names(&self) -> Vec<String> {
        let names = self.tls.as_ref().map(|tls| tls.certificates().names());
        let mut names = names.unwrap_or_default();
        names.retain(|name| !name.contains('*'));
        names
    }

    /// The URL of one of [`certified_names`](Self::certified_names).
    pub(super) fn certified_url(&self, name: &str, port: u16) -> String {
        let host = match name.parse::<Ipv6Addr>() {
            Ok(address) => format!("[{address}]"),
            Err(_) => name.to_owned(),
        };
        self.own_url(&match port {
            443 => host,
            port => format!("{host}:{port}"),
        })
    }
}

/// The most bytes of text that a user may have in their messages.
#[derive(Clone, Copy, Debug)]
pub struct TextLimit(pub u64);

impl Default for TextLimit {
    fn default() -> Self {
        Self(TEXT_PER_USER)
    }
}

/// A server whose front ends can run on a lab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compat {
    /// <https://github.com/nicolasparada/go-messenger-demo>
    GoMessenger,
}

/// Who may create an account, after the first one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signup {
    /// Everybody with an invitation.
    #[default]
    Invite,
    /// Anybody.
    Open,
    /// Nobody: administrators create the accounts.
    Closed,
}
