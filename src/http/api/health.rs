//! Whether the server does what it is for, told to whoever watches over it. It stands beside the API, and
//! needs no session.

use warp::Reply;

use crate::{
    http::{
        reply::{ErrorResponse, HandlerResult},
        request::Request,
        route::Route,
    },
    model::Permission,
};

pub fn routes() -> Vec<Route> {
    vec![Route::get("/healthz", Permission::Public, show).operation("health")]
}

/// 200 when a write could be made durable, 503 whatever keeps it from being so.
async fn show(request: Request) -> HandlerResult {
    match request.app.store.check_writable().await {
        Ok(()) => Ok("ok\n".into_response()),
        Err(error) => Err(ErrorResponse::unavailable(&error)),
    }
}
