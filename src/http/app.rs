//! What every handler may need, and how the server was set up.

use std::{path::PathBuf, sync::Arc};

use tokio_util::sync::CancellationToken;

use super::{Network, Origin, Setup};
use crate::{
    bus::Bus, error::Result, metrics::Metrics, model::UserId, oauth::Flows, password::Passwords,
    presence::Presence, secret::Secret, store::Store, throttle::Throttle,
};

/// What every handler may need.
pub struct App {
    pub store: Store,
    pub bus: Arc<Bus>,
    pub metrics: Arc<Metrics>,
    pub presence: Arc<Presence>,
    pub passwords: Passwords,
    pub throttle: Throttle,
    pub setup: Setup,
    pub settings: Arc<ServerSettings>,
    /// Cancelled when the server stops. Streams end themselves then.
    pub stopping: CancellationToken,
}

impl App {
    /// Whether somebody may administer the server. Outside development mode an administrator also needs
    /// something to sign in by: accounts that development mode has left behind have nothing.
    pub async fn is_admin(&self, user: UserId) -> Result<bool> {
        if self.settings.dev {
            self.store.is_named_admin(user).await
        } else {
            self.store.is_admin(user).await
        }
    }

    /// Everything that is needed around a store.
    #[must_use]
    pub fn new(
        store: Store,
        bus: Arc<Bus>,
        metrics: Arc<Metrics>,
        setup: Setup,
        settings: ServerSettings,
    ) -> Arc<Self> {
        Arc::new(Self {
            presence: Presence::new(&store, &bus),
            store,
            bus,
            metrics,
            passwords: Passwords::default(),
            throttle: Throttle::default(),
            setup,
            settings: Arc::new(settings),
            stopping: CancellationToken::new(),
        })
    }
}

/// How this server was set up.
#[derive(Clone, Debug, Default)]
pub struct ServerSettings {
    /// Anybody may sign in as anybody, from this machine alone.
    pub dev: bool,
    pub signup: Signup,
    /// Where people reach the server, if that isn't what they say in `Host`.
    pub public_url: Option<Origin>,
    /// Proxies that are believed when they tell whose request they pass on.
    pub trusted_proxies: Vec<Network>,
    /// Serve the UI from this folder instead of from the binary.
    pub ui: Option<PathBuf>,
    /// Where else people may sign in.
    pub oauth: Arc<Flows>,
    /// Opens the metrics from anywhere. Without it, only this machine may read them.
    pub metrics_token: Option<Secret>,
}

impl ServerSettings {
    /// Whether people reach the server through TLS.
    pub(super) fn is_https(&self) -> bool {
        self.public_url.as_ref().is_some_and(Origin::is_https)
    }
}

/// Who may make themselves an account, after the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Signup {
    /// Whoever has an invitation
    #[default]
    Invite,
    /// Anybody
    Open,
    /// Nobody: administrators make the accounts
    Closed,
}
