//! The OpenAPI document, generated from the tables of routes.

use std::sync::LazyLock;

use serde_json::Value;
use warp::{Reply, http::header::CONTENT_TYPE};

use crate::{
    contract::{self, Row, operations::server as contract_of},
    http::{self, reply::HandlerResult, request::Request, route::Route},
    model::Permission,
};

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/openapi.json", Permission::Public, show)
            .operation(contract_of::contract())
            .compressed(),
    ]
}

/// The document.
#[must_use]
pub fn document() -> Value {
    let routes = http::routes().filter_map(|route| {
        Some(Row {
            method: route.method.to_string(),
            path: route.path,
            permission: route.permission,
            needs_proof: route.needs_proof,
            rate: route.rate,
            operation: route.operation?,
        })
    });
    contract::document::document(routes)
}

async fn show(_: Request) -> HandlerResult {
    static TEXT: LazyLock<String> = LazyLock::new(|| document().to_string());
    Ok(warp::reply::with_header(TEXT.as_str(), CONTENT_TYPE, "application/json").into_response())
}
