//! The feed as server-sent events (WHATWG HTML §9.2).

use std::{convert::Infallible, fmt::Write, time::Duration};

use futures_util::stream;
use tokio::time::timeout;
use warp::{
    Reply,
    http::{HeaderName, HeaderValue, header::CONTENT_TYPE},
    reply::Response,
};

use crate::{
    error::Error,
    feed::{Feed, HEARTBEAT, Item},
};

/// How long a client waits before it comes back, in milliseconds: a spread, so that a restart isn't
/// followed by everybody at once.
const RETRY: std::ops::Range<u32> = 500..1_500;

/// Streams the feed until it ends.
pub fn reply(feed: Feed) -> Response {
    let first = format!("retry:{}\n", retry());
    let frames = stream::unfold((feed, first), |(mut feed, mut frame)| async move {
        match timeout(Duration::from_secs(HEARTBEAT), feed.next()).await {
            Ok(Ok(item)) => encode(&item, &mut frame),
            Ok(Err(end)) => {
                if !matches!(end, Error::Unauthorized | Error::Stopping) {
                    tracing::warn!(%end, "a stream broke off; its client will come back");
                }
                return None;
            }
            // A comment, which clients ignore and proxies count as traffic.
            Err(_) => frame.push_str(":\n\n"),
        }
        Some((Ok::<_, Infallible>(frame), (feed, String::new())))
    });
    let mut response = warp::reply::stream(frames).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // nginx holds a stream back unless it is told not to.
    headers.insert(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    response
}

/// Ids and names are the server's own and the data is JSON, so none of them has a line break.
fn encode(item: &Item, frame: &mut String) {
    let Item { cursor, event } = item;
    frame.reserve(event.data.len() + 64);
    // Writing to a string can't fail.
    if let Some(cursor) = cursor {
        let _ = writeln!(frame, "id:{cursor}");
    }
    if event.name != "message" {
        let _ = writeln!(frame, "event:{}", event.name);
    }
    let _ = write!(frame, "data:{}\n\n", event.data);
}

fn retry() -> u32 {
    let random = getrandom::u32().unwrap_or_default();
    RETRY.start + random % (RETRY.end - RETRY.start)
}
