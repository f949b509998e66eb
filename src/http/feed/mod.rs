//! `GET /api/messages`: the feed, in the encoding that the request asks for.

mod long_poll;
mod ops;
pub mod sse;
pub mod tickets;
mod websocket;

use std::{fmt::Write, sync::Arc};

use warp::http::{HeaderMap, StatusCode, header::USER_AGENT};

use super::{
    App,
    door::{
        accept::{Offer, preference},
        caller::Caller,
    },
    lab::recorder::is_own,
    reply::{ErrorResponse, HandlerResult, json as json_with},
    request::Request,
    route::Route,
};
use crate::{
    contract::operations::feed::{self as contract, StreamTicket},
    error::{Error, ErrorCode},
    feed::{Feed, FeedEvent},
    metrics::Transport,
    model::{Permission, Timestamp},
};

const STREAM: Offer = Offer {
    kind: "text",
    subtype: "event-stream",
    parameters: &[("charset", "utf-8")],
};
const POLL: Offer = Offer {
    kind: "application",
    subtype: "json",
    parameters: &[("charset", "utf-8")],
};

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/messages", Permission::Feed, follow).operation(contract::follow()),
        Route::post("/api/stream_ticket", Permission::Read, create_ticket)
            .operation(contract::create_ticket()),
    ]
}

async fn create_ticket(request: Request) -> HandlerResult {
    let (app, session) = (&request.app, request.session()?);
    let token = request.caller.token(&app.settings)?;
    let token = token.ok_or(Error::Unauthorized)?;
    let ticket = app.tickets.create(session.id, token)?;
    let expires_at = Timestamp::now().after(tickets::LIFETIME);
    Ok(json_with(
        StatusCode::CREATED,
        &StreamTicket { ticket, expires_at },
    ))
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
    let last = caller
        .headers()
        .get("last-event-id")
        .map(|value| String::from_utf8_lossy(value.as_bytes()));
    let cursor = last
        .as_deref()
        .filter(|last| !last.is_empty())
        // As reconnecting-eventsource says it where it had to open the stream anew.
        .or_else(|| query.get("lastEventId").filter(|last| !last.is_empty()))
        .or_else(|| query.get("after"))
        .filter(|cursor| !cursor.is_empty());
    let (shared, agent) = (&app, caller.headers().get(USER_AGENT));
    let open = |transport: Transport| async move {
        let App {
            store,
            bus,
            presence,
            metrics,
            lab,
            ..
        } = &**shared;
        // How the people of a lab listen interests nobody.
        let lab = lab.as_ref().filter(|_| !is_own(agent));
        let watch = lab.map(|lab| lab.streams.open(&session.user.username, transport.name()));
        let feed = Feed::open(store, bus, presence, metrics, session, cursor, transport).await?;
        Ok::<_, Error>(feed.watched(watch))
    };
    if caller.wants_websocket() {
        let response = websocket::handshake(caller.headers())?;
        let upgrade = upgrade.ok_or_else(websocket::not_upgraded)?;
        let token = caller.feed_token(&app, &query)?;
        let token = token.ok_or(Error::Unauthorized)?.to_owned();
        let feed = open(Transport::WebSocket).await?;
        websocket::start(upgrade, Arc::clone(&app), token, feed);
        return Ok(response);
    }
    match accepted(caller.headers()) {
        Some(Transport::Sse) => Ok(sse::reply(open(Transport::Sse).await?)),
        Some(_) => {
            let wait = long_poll::wait(&query)?;
            let feed = open(Transport::LongPoll).await?;
            match cursor {
                None => Ok(long_poll::beginning(&feed)),
                Some(_) => long_poll::reply(feed, wait).await,
            }
        }
        None => Err(ErrorResponse::new(
            ErrorCode::NotAcceptable,
            "Accept text/event-stream or application/json, or open a WebSocket.",
        )),
    }
}

/// How a client that doesn’t open a WebSocket gets its events. None if it takes no way that there is.
fn accepted(headers: &HeaderMap) -> Option<Transport> {
    let preference = |offer| preference(headers, offer);
    let (stream, poll) = (preference(&STREAM), preference(&POLL));
    if stream.is_some() && stream >= poll {
        return Some(Transport::Sse);
    }
    poll.is_some().then_some(Transport::LongPoll)
}

/// How the caller of the feed gets its events.
pub fn transport(caller: &Caller) -> Option<Transport> {
    if caller.wants_websocket() {
        return Some(Transport::WebSocket);
    }
    accepted(caller.headers())
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
