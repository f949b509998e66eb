//! The health check, for monitoring. It isn't under `/api` and needs no session.

use warp::Reply;

use crate::{
    contract::operations::server as contract,
    http::{
        reply::{ErrorResponse, HandlerResult},
        request::Request,
        route::Route,
    },
    model::Permission,
};

pub fn routes() -> Vec<Route> {
    vec![Route::get("/healthz", Permission::Public, show).operation(contract::health())]
}

/// 200 if a write can be committed, else 503.
async fn show(request: Request) -> HandlerResult {
    match request.app.store.check_writable().await {
        Ok(()) => Ok("ok\n".into_response()),
        Err(error) => Err(ErrorResponse::unavailable(&error)),
    }
}
