//! The feed by long poll, for clients behind proxies that hold streams back. Each request returns the available events
//! or waits for the first one. Its cursor is used for the next request.

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

/// The most seconds that a request may wait: less than the common time-outs of proxies.
const LONGEST_WAIT: u64 = 30;
/// Bytes of events after which a response ends. The next request gets the rest.
const FULL: usize = 64 * 1024;

/// How long the request waits for an event.
pub fn wait(query: &Query) -> HandlerResult<Duration> {
    let Some(text) = query.get("wait") else {
        return Ok(Duration::ZERO);
    };
    let seconds = text.parse().map_err(|_| {
        let reason = format!("wait must be a number of seconds, up to {LONGEST_WAIT}.");
        Error::invalid("wait", reason)
    })?;
    Ok(Duration::from_secs(LONGEST_WAIT.min(seconds)))
}

/// The current cursor, for a client that has none yet.
pub fn beginning(feed: &Feed) -> Response {
    answer(feed, "")
}

/// The events after the client's cursor.
///
/// # Errors
/// 410 if the cursor is unknown, 401 if the session ends.
pub async fn reply(mut feed: Feed, wait: Duration) -> HandlerResult {
    if feed.needs_reset() {
        return Err(ErrorResponse::new(ErrorCode::Reset, RESET));
    }
    let mut events = String::new();
    match take(&mut feed, wait, &mut events).await {
        // The next request reports the end. This one returns the events so far.
        Ok(()) | Err(Error::Stopping) => Ok(answer(&feed, &events)),
        Err(error) => Err(error.into()),
    }
}

async fn take(feed: &mut Feed, wait: Duration, events: &mut String) -> Result<()> {
    while events.len() < FULL {
        let item = feed.next().await?;
        match item.event.name {
            // The cursor of the response makes them unnecessary.
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
