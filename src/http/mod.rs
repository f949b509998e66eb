//! Tincan over HTTP. A request passes the `door` and finds its handler in the route tables: one table per resource, beside
//! its handlers. This file lists the tables. The filter tree, and everything else that has to know the routes, is built
//! from them (see `route` and `group`). How an error becomes a status is in `reply`. Only this module and its children
//! use warp.

mod api;
mod app;
mod coding;
mod compression;
mod disposition;
mod door;
mod feed;
mod form_data;
mod group;
mod lab;
mod parameters;
mod plain;
mod plaintext;
mod range;
mod reply;
mod request;
mod route;
mod setup;
mod ui;

use std::sync::{Arc, LazyLock};

use warp::{Reply, filters::BoxedFilter, reply::Response};

pub use self::{
    api::openapi::document,
    app::{App, Compat, ServerSettings, Signup, Site, TextLimit},
    door::{
        host::HostName,
        origin::Origin,
        proxies::Network,
        service::{Answer, ResponseFuture, Service},
    },
    lab::{
        door::{LabDoor, go_on},
        recorder::Recorder,
    },
    route::RouteInfo,
    setup::Setup,
};
use self::{
    door::caller::Caller,
    group::{FinishRequest, Group, RouteTable},
    route::Route,
};

/// The tables of the API, one per resource.
const API: &[fn() -> Vec<Route>] = &[
    api::accounts::routes,
    api::addresses::routes,
    api::admin::routes,
    api::admin_settings::routes,
    api::attention::routes,
    api::audit::routes,
    api::conversations::routes,
    api::drafts::routes,
    api::files::routes,
    api::hooks::routes,
    api::invites::routes,
    api::messages::routes,
    api::oauth::routes,
    api::openapi::routes,
    api::passkey_sign_in::routes,
    api::passkeys::routes,
    api::password::routes,
    api::people::routes,
    api::pictures::routes,
    api::pins::routes,
    api::profile::routes,
    api::proof::routes,
    api::push::routes,
    api::relay::routes,
    api::reports::routes,
    api::room_requests::routes,
    api::rooms::routes,
    api::saved::routes,
    api::search::routes,
    api::second_factor::routes,
    api::sessions::routes,
    api::settings::routes,
    api::storage::routes,
    api::tokens::routes,
    api::uploads::routes,
    feed::routes,
];

/// The tables of the pages without scripts.
const PLAIN: &[fn() -> Vec<Route>] = &[
    plain::accounts::routes,
    plain::conversations::routes,
    plain::invites::routes,
    plain::keep::routes,
    plain::language::routes,
    plain::messages::routes,
    plain::proof::routes,
    plain::reports::routes,
    plain::requests::routes,
    plain::rooms::routes,
    plain::search::routes,
    plain::settings::routes,
];

/// The tables beside the API. The UI has all remaining paths.
const OTHERS: &[fn() -> Vec<Route>] = &[api::health::routes, api::metrics::routes, ui::routes];

/// The tables of the front-end lab, which no other server has.
const LAB: &[fn() -> Vec<Route>] = &[
    lab::act::routes,
    lab::client::routes,
    lab::clock::routes,
    lab::database::routes,
    lab::faults::routes,
    lab::log::routes,
    lab::page::routes,
    lab::people::routes,
    lab::streams::routes,
];

/// All routes, by prefix. An unknown path below a prefix is 404; all other paths belong to the UI.
static ROUTES: LazyLock<RouteTable> = LazyLock::new(|| {
    let api = Group::new("/api", API, finish);
    let plain = Group::new("/plain", PLAIN, plain::finish);
    let trust = Group::new(plain::trust::PATH, &[plain::trust::routes], plain::finish);
    let lab = Group::new("/dev", LAB, finish).for_lab();
    RouteTable::new(
        vec![api, plain, trust, lab],
        Group::new("/", OTHERS, finish),
    )
});

/// All routes of the server.
pub fn routes() -> impl Iterator<Item = RouteInfo> {
    ROUTES.routes()
}

/// The filter tree.
#[must_use]
pub fn filter(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    ROUTES.filter(app)
}

/// Turns the result of a handler into a response.
fn finish(_: &Caller) -> FinishRequest {
    Box::new(|_, answer| answer.into_response())
}
