//! The contract, as OpenAPI 3.1: `openapi.json` beside this file, written by hand. A test holds it
//! against the tables of routes, both ways.

use warp::{Reply, http::header::CONTENT_TYPE};

use crate::{
    http::{reply::HandlerResult, request::Request, route::Route},
    model::Permission,
};

const DOCUMENT: &str = include_str!("openapi.json");

pub fn routes() -> Vec<Route> {
    vec![Route::get("/api/openapi.json", Permission::Public, show).operation("contract")]
}

async fn show(_: Request) -> HandlerResult {
    Ok(warp::reply::with_header(DOCUMENT, CONTENT_TYPE, "application/json").into_response())
}
