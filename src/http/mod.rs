//! Tincan over HTTP. A request passes the `door`, and finds its handler by the tables of routes: a table for
//! each resource, beside its handlers. This page lists the tables; the filter tree and whatever has to know
//! the routes are made of them (see `route` and `group`). How an error becomes a status stands in `reply`.
//! Only this module and those below it name warp.

mod api;
mod door;
mod feed;
mod group;
mod plain;
mod reply;
mod request;
mod route;
mod setup;
mod ui;

use std::{
    path::PathBuf,
    sync::{Arc, LazyLock},
};

use tokio_util::sync::CancellationToken;
use warp::{filters::BoxedFilter, reply::Response};

pub use self::{
    door::{origin::Origin, proxies::Network, service::Service},
    route::RouteInfo,
    setup::Setup,
};
use self::{
    group::{Group, RouteTable},
    route::Route,
};
use crate::{
    error::Result, model::UserId, oauth::Flows, password::Passwords, presence::Presence,
    secret::Secret, store::Store, throttle::Throttle,
};

/// A table for each resource of the API.
const API: &[fn() -> Vec<Route>] = &[
    api::accounts::routes,
    api::admin::routes,
    api::conversations::routes,
    api::hooks::routes,
    api::invites::routes,
    api::messages::routes,
    api::oauth::routes,
    api::openapi::routes,
    api::password::routes,
    api::rooms::routes,
    api::sessions::routes,
    api::settings::routes,
    api::tokens::routes,
    feed::routes,
];

/// What stands beside the API. The UI has whatever address is nobody else's.
const OTHERS: &[fn() -> Vec<Route>] = &[api::health::routes, api::metrics::routes, ui::routes];

/// All of them. Below each prefix a miss is answered there.
static ROUTES: LazyLock<RouteTable> = LazyLock::new(|| {
    let api = Group::new("/api", API, reply::finish);
    let plain = Group::new("/plain", plain::TABLES, plain::finish);
    RouteTable::new(vec![api, plain], Group::new("/", OTHERS, reply::finish))
});

/// The routes that there are.
pub fn routes() -> impl Iterator<Item = RouteInfo> {
    ROUTES.routes()
}

/// The filter tree.
#[must_use]
pub fn filter(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    ui::prepare(&app.settings);
    ROUTES.filter(app)
}

/// What every handler may need.
pub struct App {
    pub store: Store,
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
    pub fn new(store: Store, setup: Setup, settings: Settings) -> Arc<Self> {
        Arc::new(Self {
            presence: Presence::new(&store),
            store,
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
