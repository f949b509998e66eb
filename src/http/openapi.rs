//! The contract of `/api`, as OpenAPI 3.1: `openapi.json` beside this file, written by hand. A test
//! holds it against the routes, both ways.

use warp::{Filter, Reply, filters::BoxedFilter, http::header::CONTENT_TYPE, reply::Response};

use super::filters::only;

const DOCUMENT: &str = include_str!("openapi.json");

pub fn routes() -> BoxedFilter<(Response,)> {
    let document = warp::path!("openapi.json")
        .and(warp::get())
        .map(|| warp::reply::with_header(DOCUMENT, CONTENT_TYPE, "application/json"));
    document
        .or(warp::path!("openapi.json").and(only("GET, HEAD")))
        .map(Reply::into_response)
        .boxed()
}
