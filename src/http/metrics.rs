//! What is counted, for Prometheus or whoever reads its text. It stands beside the API, and is told to this
//! machine, or else to whoever has the token that was set up for it.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use tokio::task;
use warp::{
    Filter, Reply,
    filters::BoxedFilter,
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_TYPE, WWW_AUTHENTICATE},
        uri::Authority,
    },
    reply::Response,
};

use super::{
    App, Settings,
    caller::bearer,
    filters::{Client, only, with},
    guard, proxies,
    reply::{Answer, ErrorResponse},
};
use crate::{error::Error, metrics};

pub fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let show = warp::path!("metrics")
        .and(warp::get())
        .and(with(app))
        .and(warp::header::headers_cloned())
        .and(warp::ext::optional())
        .and(warp::ext::optional())
        .then(show);
    show.or(warp::path!("metrics").and(only("GET, HEAD")))
        .map(Reply::into_response)
        .boxed()
}

async fn show(
    app: Arc<App>,
    headers: HeaderMap,
    client: Option<Client>,
    target: Option<Authority>,
) -> Answer {
    // The service tells; somebody of whom it didn't is from elsewhere.
    let peer = client.map_or(Ipv4Addr::UNSPECIFIED.into(), |client| client.peer);
    admit(&app.settings, peer, &headers, target.as_ref())?;
    let text = task::spawn_blocking(move || app.metrics.text(app.store.stats())).await;
    let Ok(Ok(text)) = text else {
        return Err(Error::Internal.into());
    };
    Ok(warp::reply::with_header(text, CONTENT_TYPE, metrics::CONTENT_TYPE).into_response())
}

/// With a token, whoever has it may look, and nobody else, as a proxy that tells nothing of itself makes
/// everybody look as if they were on this machine. Without one, this machine may.
fn admit(
    settings: &Settings,
    peer: IpAddr,
    headers: &HeaderMap,
    target: Option<&Authority>,
) -> Answer<()> {
    if let Some(token) = &settings.metrics_token {
        if bearer(headers).is_some_and(|given| token.is(given)) {
            return Ok(());
        }
        let message = "This takes the token for metrics as a bearer token";
        return Err(
            ErrorResponse::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
                .with_header(WWW_AUTHENTICATE, "Bearer"),
        );
    }
    if guard::is_local(peer, headers, target) && !may_be_a_silent_proxy(settings, peer) {
        return Ok(());
    }
    let message = "Without a token for metrics this is told to the server’s own machine alone";
    Err(ErrorResponse::new(
        StatusCode::FORBIDDEN,
        "metrics_are_local",
        message,
    ))
}

/// Whether a proxy could stand between that passes on what it gets and says nothing of it: where people
/// come by another address there may be one. One that is trusted tells.
fn may_be_a_silent_proxy(settings: &Settings, peer: IpAddr) -> bool {
    settings.public_url.is_some() && !proxies::is_trusted(peer, &settings.trusted_proxies)
}
