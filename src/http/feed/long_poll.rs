//! The feed by long poll, for clients between which and the server something holds streams back:
//! each request takes what there is, or else waits for the first event, and its answer's cursor
//! opens the next.

use std::time::Duration;

use tokio::time::timeout;
use warp::{Reply, http::header::CONTENT_TYPE, reply::Response};

use super::json;
use crate::{
    error::{Error, ErrorCode, Result},
    feed::{Feed, RESET},
    http::{
        door::filters::Query,
        reply::{ErrorResponse, HandlerResult},
    },
};

/// Seconds that a request may wait: less than what proxies commonly allow an answer.
const LONGEST_WAIT: u64 = 30;
/// Bytes of events with which an answer is full; the next request takes the rest.
const FULL: usize = 64 * 1024;

/// How long the request is willing to wait for an event.
pub fn wait(query: &Query) -> HandlerResult<Duration> {
    let Some(text) = query.get("wait") else {
        return Ok(Duration::ZERO);
    };
    let seconds = text.parse().map_err(|_| {
        let reason = format!("wait is a number of seconds, up to {LONGEST_WAIT}");
        Error::invalid("wait", reason)
    })?;
    Ok(Duration::from_secs(LONGEST_WAIT.min(seconds)))
}

/// Where the feed is now, for a client that has no cursor yet.
pub fn beginning(feed: &Feed) -> Response {
    answer(feed, "")
}

/// What the feed has behind the client's cursor.
///
/// # Errors
/// 410 where the cursor means nothing here, 401 where the session ends.
pub async fn reply(mut feed: Feed, wait: Duration) -> HandlerResult {
    if feed.needs_reset() {
        return Err(ErrorResponse::new(ErrorCode::Reset, RESET));
    }
    let mut events = String::new();
    match take(&mut feed, wait, &mut events).await {
        // The client finds out by its next request, and has what there is so far.
        Ok(()) | Err(Error::Stopping) => Ok(answer(&feed, &events)),
        Err(error) => Err(error.into()),
    }
}

async fn take(feed: &mut Feed, wait: Duration, events: &mut String) -> Result<()> {
    while events.len() < FULL {
        let item = feed.next().await?;
        match item.event.name {
            // An answer says by its cursor where it begins and ends.
            "hello" => {}
            "caught_up" => break,
            _ => {
                if !events.is_empty() {
                    events.push(',');
                }
                events.push_str(json(&item));
            }
        }
    }
    if events.is_empty()
        && let Ok(item) = timeout(wait, feed.next()).await
    {
        events.push_str(json(&item?));
    }
    Ok(())
}

fn answer(feed: &Feed, events: &str) -> Response {
    let body = format!(r#"{{"cursor":"{}","events":[{events}]}}"#, feed.cursor());
    warp::reply::with_header(body, CONTENT_TYPE, "application/json").into_response()
}
