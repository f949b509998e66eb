//! Metrics, in OpenMetrics or the older text format of Prometheus, whichever the client prefers. They aren't under `/api`.

use tokio::task;
use warp::{Reply, http::header::CONTENT_TYPE};

use crate::{
    contract::operations::server as contract,
    error::Error,
    http::{
        door::accept::{Offer, preference},
        reply::HandlerResult,
        request::Request,
        route::Route,
    },
    metrics,
    model::Permission,
};

pub fn routes() -> Vec<Route> {
    vec![Route::get("/metrics", Permission::Metrics, show).operation(contract::metrics())]
}

const OPEN_METRICS: Offer = Offer {
    kind: "application",
    subtype: "openmetrics-text",
    parameters: &[("version", "1.0.0"), ("charset", "utf-8")],
};
const TEXT: Offer = Offer {
    kind: "text",
    subtype: "plain",
    parameters: &[("version", "0.0.4"), ("charset", "utf-8")],
};

async fn show(request: Request) -> HandlerResult {
    let app = request.app;
    let preference = |offer| preference(request.caller.headers(), offer);
    let wants_text = preference(&TEXT) > preference(&OPEN_METRICS);
    // A database that can't be read is a reason to look at the rest.
    let files = app.store.file_stats().await.ok();
    let text = task::spawn_blocking(move || app.metrics.text(app.store.stats(), files)).await;
    let Ok(Ok(text)) = text else {
        return Err(Error::Internal.into());
    };
    let (text, kind) = if wants_text {
        (metrics::plain_text(&text), metrics::PLAIN_CONTENT_TYPE)
    } else {
        (text, metrics::CONTENT_TYPE)
    };
    Ok(warp::reply::with_header(text, CONTENT_TYPE, kind).into_response())
}
