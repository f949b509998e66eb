//! `GET /api/messages`: the feed, in the encoding that the request asks for.

mod long_poll;
mod ops;
mod sse;
mod websocket;

use std::{fmt::Write, sync::Arc};

use warp::http::header::ACCEPT;

use super::{
    App,
    reply::{ErrorResponse, HandlerResult},
    request::Request,
    route::Route,
};
use crate::{
    contract::operations::feed as contract,
    error::{Error, ErrorCode},
    feed::{Feed, FeedEvent},
    metrics::Transport,
    model::Permission,
};

pub fn routes() -> Vec<Route> {
    vec![Route::get("/api/messages", Permission::Feed, follow).operation(contract::follow())]
}

async fn follow(request: Request) -> HandlerResult {
    let session = Arc::clone(request.session()?);
    let Request {
        app,
        caller,
        query,
        upgrade,
        ..
    } = request;
    let accepts = |media_type| {
        let accepted = caller.headers().get_all(ACCEPT);
        let mut accepted = accepted.iter().filter_map(|value| value.to_str().ok());
        accepted.any(|value| value.contains(media_type))
    };
    let last = caller
        .headers()
        .get("last-event-id")
        .map(|value| String::from_utf8_lossy(value.as_bytes()));
    let cursor = last
        .as_deref()
        .filter(|last| !last.is_empty())
        .or_else(|| query.get("after"));
    let open = |transport| {
        let App {
            store,
            bus,
            presence,
            metrics,
            ..
        } = &*app;
        Feed::open(store, bus, presence, metrics, session, cursor, transport)
    };
    if let Some(upgrade) = upgrade.filter(|_| caller.wants_websocket()) {
        let response = websocket::handshake(caller.headers())?;
        let token = caller.token(&app.settings).or(query.get("token"));
        let token = token.ok_or(Error::Unauthorized)?.to_owned();
        let feed = open(Transport::WebSocket).await?;
        websocket::start(upgrade, Arc::clone(&app), token, feed);
        return Ok(response);
    }
    if accepts("text/event-stream") {
        return Ok(sse::reply(open(Transport::Sse).await?));
    }
    if accepts("application/json") {
        let wait = long_poll::wait(&query)?;
        let feed = open(Transport::LongPoll).await?;
        return match cursor {
            None => Ok(long_poll::beginning(&feed)),
            Some(_) => long_poll::reply(feed, wait).await,
        };
    }
    Err(ErrorResponse::new(
        ErrorCode::NotAcceptable,
        "Accept text/event-stream or application/json, or open a WebSocket.",
    ))
}

/// An event as the JSON object of long polls and WebSockets. Cursors and names are the server's own and need no
/// escaping, and the data is JSON.
fn json(FeedEvent { cursor, event }: &FeedEvent) -> &str {
    event.frames.json.get_or_init(|| {
        let (name, data) = (event.name, &event.data);
        let mut json = String::with_capacity(data.len() + 64);
        json.push('{');
        // Writing to a string can't fail.
        if let Some(cursor) = cursor {
            let _ = write!(json, r#""id":"{cursor}","#);
        }
        let _ = write!(json, r#""event":"{name}","data":{data}}}"#);
        json
    })
}
