//! `GET /api/messages`: the feed, in the encoding that the request asks for.

mod long_poll;
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
    let accepts = |media_type| {
        let accepted = asker.headers().get_all(ACCEPT);
        let mut accepted = accepted.iter().filter_map(|value| value.to_str().ok());
        accepted.any(|value| value.contains(media_type))
    };
    let last = asker
        .headers()
        .get("last-event-id")
        .map(|value| String::from_utf8_lossy(value.as_bytes()));
    let cursor = last
        .as_deref()
        .filter(|last| !last.is_empty())
        .or_else(|| query.get("after"));
    let open = Feed::open(
        &app.store,
        &app.presence,
        session,
        cursor,
        app.stopping.clone(),
    );
    if accepts("text/event-stream") {
        return Ok(sse::reply(open.await?));
    }
    if accepts("application/json") {
        let wait = long_poll::wait(&query)?;
        let feed = open.await?;
        return match cursor {
            None => Ok(long_poll::beginning(&feed)),
            Some(_) => long_poll::reply(feed, wait).await,
        };
    }
    Err(Failure::new(
        StatusCode::NOT_ACCEPTABLE,
        "not_acceptable",
        "This endpoint requires an EventSource connection",
    ))
}
