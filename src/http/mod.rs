//! Tincan over HTTP: the whole filter tree on one screen. What each resource answers stands in its
//! own file; how an error becomes a status, in `reply`; who is asking, in `caller`, and from where, in
//! `proxies` and `origin`; what every request passes before and after, in `service`, `guard` and
//! `security`. Only this module and those below it name warp.

mod accounts;
mod admin;
mod body;
mod caller;
mod conversations;
mod feed;
mod filters;
mod guard;
mod health;
mod hooks;
mod invites;
mod messages;
mod metrics;
mod oauth;
mod openapi;
mod origin;
mod password;
mod plain;
mod proxies;
mod reply;
mod request_id;
mod rooms;
mod security;
mod service;
mod sessions;
mod settings;
mod setup;
mod tokens;
mod ui;

use std::{path::PathBuf, sync::Arc};

use tokio_util::sync::CancellationToken;
use warp::{Filter, Reply, filters::BoxedFilter, reply::Response};

pub use self::{origin::Origin, proxies::Network, service::Service, setup::Setup};
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
    pub settings: Arc<Settings>,
    /// Cancelled when the server stops; streams end themselves then.
    pub stopping: CancellationToken,
}

impl App {
    /// Whether somebody may administer the server. In development mode nobody has to be able to sign in
    /// otherwise; who is left of that where it isn't on any more administers nothing.
    pub async fn is_admin(&self, user: UserId) -> Result<bool> {
        if self.settings.dev {
            self.store.is_named_admin(user).await
        } else {
            self.store.is_admin(user).await
        }
    }

    /// All of it around a store.
    #[must_use]
    pub fn new(
        store: Store,
        bus: Arc<Bus>,
        metrics: Arc<Metrics>,
        setup: Setup,
        settings: Settings,
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
pub struct Settings {
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
    /// By which one may look at what is counted, from wherever; without it, only this machine may.
    pub metrics_token: Option<Secret>,
}

impl Settings {
    /// Whether people reach the server through TLS.
    fn is_https(&self) -> bool {
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

/// The filter tree. Below `/api` and `/plain` and at `/healthz` and `/metrics` a miss is answered there; everything
/// else is the UI's.
#[must_use]
pub fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let api = conversations::routes(app)
        .or(feed::routes(app))
        .unify()
        .or(messages::routes(app))
        .unify()
        .or(rooms::routes(app))
        .unify()
        .or(accounts::routes(app))
        .unify()
        .or(sessions::routes(app))
        .unify()
        .or(settings::routes(app))
        .unify()
        .or(hooks::routes(app))
        .unify()
        .or(tokens::routes(app))
        .unify()
        .or(password::routes(app))
        .unify()
        .or(invites::routes(app))
        .unify()
        .or(admin::routes(app))
        .unify()
        .or(oauth::routes(app))
        .unify()
        .or(openapi::routes())
        .unify()
        .recover(reply::no_such_route)
        .map(Reply::into_response);
    let api = warp::path("api").and(api).boxed();
    api.or(health::routes(app))
        .unify()
        .or(metrics::routes(app))
        .unify()
        .or(plain::routes(app))
        .unify()
        .or(ui::routes(app))
        .unify()
        .boxed()
}
