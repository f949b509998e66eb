//! Tincan over HTTP: the whole filter tree on one screen. What each resource answers stands in its
//! own file; how an error becomes a status, in `reply`; who is asking, in `asker`. Only this module
//! and those below it name warp.

mod accounts;
mod asker;
mod body;
mod conversations;
mod feed;
mod filters;
mod guard;
mod messages;
mod origin;
mod plain;
mod reply;
mod rooms;
mod security;
mod service;
mod ui;

use std::{path::PathBuf, sync::Arc};

use tokio_util::sync::CancellationToken;
use warp::{Filter, Reply, filters::BoxedFilter, reply::Response};

pub use self::{origin::Origin, service::Service};
use crate::{presence::Presence, store::Store};

/// What every handler may need. Cheap to clone.
#[derive(Clone)]
pub struct App {
    pub store: Store,
    pub presence: Arc<Presence>,
    pub settings: Arc<Settings>,
    /// Cancelled when the server stops; streams end themselves then.
    pub stopping: CancellationToken,
}

/// How this server was set up.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Anybody may sign in as anybody, from this machine alone.
    pub dev: bool,
    /// Where people reach the server, if that isn't what they say in `Host`.
    pub public_url: Option<Origin>,
    /// Serve the UI from this folder instead of from the binary.
    pub ui: Option<PathBuf>,
}

/// The filter tree. Below `/api` and `/plain` and at `/healthz` a miss is answered there; everything
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
        .recover(reply::no_such_route)
        .map(Reply::into_response);
    let api = warp::path("api").and(api).boxed();
    let health = warp::path!("healthz")
        .and(warp::get())
        .and(filters::with(app))
        .then(health);
    let health = health
        .or(warp::path!("healthz").and(filters::only("GET, HEAD")))
        .map(Reply::into_response);
    api.or(health)
        .unify()
        .or(plain::routes(app))
        .unify()
        .or(ui::routes(app))
        .unify()
        .boxed()
}

/// 200 when a write could be made durable, 503 whatever keeps it from being so.
async fn health(app: Arc<App>) -> Result<&'static str, reply::Failure> {
    match app.store.probe().await {
        Ok(()) => Ok("ok\n"),
        Err(error) => Err(reply::Failure::unavailable(&error)),
    }
}
