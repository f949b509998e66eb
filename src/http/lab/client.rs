//! The client for front ends, and the types that it is used with. Their source is `lab/client`.

use std::sync::LazyLock;

use warp::{
    http::{HeaderValue, header::CONTENT_TYPE},
    reply::Response,
};

use crate::{
    contract::typescript,
    http::{document, reply::HandlerResult, request::Request, route::Route},
    model::Permission,
};

const CLIENT: &str = include_str!("../../../lab/client/client.js");

/// What `tincan types` prints.
static TYPES: LazyLock<String> = LazyLock::new(|| typescript::declarations(&document()));

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/dev/client.js", Permission::Public, client),
        Route::get("/dev/types.d.ts", Permission::Public, types),
    ]
}

async fn client(request: Request) -> HandlerResult {
    request.lab()?;
    Ok(source(CLIENT, "text/javascript; charset=utf-8"))
}

async fn types(request: Request) -> HandlerResult {
    request.lab()?;
    Ok(source(&TYPES, "application/typescript; charset=utf-8"))
}

fn source(text: &'static str, kind: &'static str) -> Response {
    let mut response = Response::new(text.into());
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
