//! Tincan over HTTP. A request passes the `door`, and finds its handler by the tables of routes: a table for
//! each resource, beside its handlers. This page lists the tables; the filter tree and whatever has to know
//! the routes are made of them (see `route` and `group`). How an error becomes a status stands in `reply`.
//! Only this module and those below it name warp.

mod api;
mod app;
mod door;
mod feed;
mod group;
mod plain;
mod reply;
mod request;
mod route;
mod setup;
mod ui;

use std::sync::{Arc, LazyLock};

use warp::{filters::BoxedFilter, reply::Response};

pub use self::{
    api::openapi::document,
    app::{App, ServerSettings, Signup},
    door::{origin::Origin, proxies::Network, service::Service},
    route::RouteInfo,
    setup::Setup,
};
use self::{
    group::{Group, RouteTable},
    route::Route,
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

/// The plain pages.
const PLAIN: &[fn() -> Vec<Route>] = &[
    plain::accounts::routes,
    plain::conversations::routes,
    plain::messages::routes,
    plain::rooms::routes,
];

/// What stands beside the API. The UI has whatever address is nobody else's.
const OTHERS: &[fn() -> Vec<Route>] = &[api::health::routes, api::metrics::routes, ui::routes];

/// All of them, by prefix. A path below one that is no route's is 404 there; the others are the UI's.
static ROUTES: LazyLock<RouteTable> = LazyLock::new(|| {
    let api = Group::new("/api", API, reply::finish);
    let plain = Group::new("/plain", PLAIN, plain::finish);
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
