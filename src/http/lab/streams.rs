//! The streams that are open, and cutting them.

use serde::Serialize;

use crate::{
    http::{
        reply::{HandlerResult, no_content, nothing_here, ok},
        request::Request,
        route::Route,
    },
    lab::streams::Stream,
    model::Permission,
};

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/dev/streams", Permission::Public, list),
        Route::delete("/dev/streams/{id}", Permission::Public, cut),
    ]
}

#[derive(Serialize)]
struct List {
    streams: Vec<Stream>,
}

async fn list(request: Request) -> HandlerResult {
    let streams = request.lab()?.streams.list();
    Ok(ok(&List { streams }))
}

async fn cut(request: Request, id: u64) -> HandlerResult {
    if !request.lab()?.streams.cut(id) {
        return Err(nothing_here());
    }
    Ok(no_content())
}
