//! Metrics in the text format of Prometheus. They aren't under `/api`.

use tokio::task;
use warp::{Reply, http::header::CONTENT_TYPE};

use crate::{
    contract::operations::server as contract,
    error::Error,
    http::{reply::HandlerResult, request::Request, route::Route},
    metrics,
    model::Permission,
};

pub fn routes() -> Vec<Route> {
    vec![Route::get("/metrics", Permission::Metrics, show).operation(contract::metrics())]
}

async fn show(request: Request) -> HandlerResult {
    let app = request.app;
    let text = task::spawn_blocking(move || app.metrics.text(app.store.stats())).await;
    let Ok(Ok(text)) = text else {
        return Err(Error::Internal.into());
    };
    Ok(warp::reply::with_header(text, CONTENT_TYPE, metrics::CONTENT_TYPE).into_response())
}
