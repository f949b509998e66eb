//! Whether the server does what it is for, told to whoever watches over it. It stands beside the API, and
//! needs no session.

use std::sync::Arc;

use warp::{Filter, Reply, filters::BoxedFilter, reply::Response};

use super::{
    App,
    filters::{only, with},
    reply::{Answer, ErrorResponse},
};

pub fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let show = warp::path!("healthz")
        .and(warp::get())
        .and(with(app))
        .then(show);
    show.or(warp::path!("healthz").and(only("GET, HEAD")))
        .map(Reply::into_response)
        .boxed()
}

/// 200 when a write could be made durable, 503 whatever keeps it from being so.
async fn show(app: Arc<App>) -> Answer<&'static str> {
    match app.store.check_writable().await {
        Ok(()) => Ok("ok\n"),
        Err(error) => Err(ErrorResponse::unavailable(&error)),
    }
}
