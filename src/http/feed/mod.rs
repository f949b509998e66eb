//! `GET /api/messages`: the feed, in the encoding that the request asks for.

mod sse;

use std::sync::Arc;

use warp::{
    Filter, Reply,
    filters::BoxedFilter,
    http::{StatusCode, header::ACCEPT},
    reply::Response,
};

use super::{
    App,
    asker::Asker,
    filters::{Query, asker, only, query, with},
    reply::{Answer, Failure},
};
use crate::feed::Feed;

pub fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let messages = warp::path!("messages");
    let follow = messages
        .and(warp::get())
        .and(with(app))
        .and(asker())
        .and(query())
        .then(follow);
    follow
        .or(messages.and(only("GET, HEAD")))
        .map(Reply::into_response)
        .boxed()
}

async fn follow(app: Arc<App>, asker: Asker, query: Query) -> Answer {
    let session = asker.session_or(&app, query.get("token")).await?;
    let header = |name: &str| {
        asker
            .headers()
            .get(name)
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
    };
    if !header(ACCEPT.as_str()).is_some_and(|accept| accept.contains("text/event-stream")) {
        let message = "This endpoint requires an EventSource connection";
        return Err(Failure::new(
            StatusCode::NOT_ACCEPTABLE,
            "not_acceptable",
            message,
        ));
    }
    let last = header("last-event-id");
    let cursor = last
        .as_deref()
        .filter(|last| !last.is_empty())
        .or_else(|| query.get("after"));
    let feed = Feed::open(&app.store, session, cursor, app.stopping.clone()).await?;
    Ok(sse::reply(feed))
}
