//! The feed as server-sent events (WHATWG HTML §9.2).

use std::{convert::Infallible, fmt::Write, pin::Pin, time::Duration};

use futures_util::{Stream, stream};
use tokio::time::{Instant, Sleep, sleep};
use warp::{
    Reply,
    http::{
        HeaderName, HeaderValue,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
    reply::Response,
};

use crate::{
    error::Error,
    feed::{DISPLACED_FOR, Feed, FeedEvent, HEARTBEAT},
    random::spread,
};

/// How long clients wait before they reconnect, in milliseconds. The values are spread, so that not everybody
/// reconnects at once after a restart.
const RETRY: std::ops::Range<u32> = 500..1_500;

/// Bytes after which what waits for a client goes out by another write.
const FULL: usize = 16 * 1024;

/// Streams the feed until it ends.
pub fn reply(feed: Feed) -> Response {
    let first = format!("retry:{}\n", spread(RETRY));
    let state = Some((feed, Silence::begin(), first));
    let frames = stream::unfold(state, |state| async move {
        let (mut feed, mut silence, mut frame) = state?;
        tokio::select! {
            biased;
            item = feed.next() => match item {
                Ok(item) => {
                    frame.push_str(frame_of(&item));
                    while frame.len() < FULL && let Some(item) = feed.next_ready() {
                        frame.push_str(frame_of(&item));
                    }
                }
                Err(Error::Displaced) => {
                    // An `EventSource` connects again by itself, which would end another stream of the same user.
                    let _ = writeln!(frame, "retry:{}", DISPLACED_FOR * 1_000);
                    frame.push_str(frame_of(&Feed::bye()));
                    return Some((Ok(frame), None));
                }
                Err(end) => {
                    if !matches!(end, Error::Unauthorized | Error::Stopping) {
                        tracing::warn!(%end, "a stream failed; its client will reconnect");
                    }
                    return None;
                }
            },
            // A comment. Clients ignore it, and proxies see traffic.
            () = silence.too_long() => frame.push_str(":\n\n"),
        }
        silence.since = Instant::now();
        let rest = Some((feed, silence, String::new()));
        Some((Ok::<_, Infallible>(frame), rest))
    });
    response(frames)
}

/// The answer with these frames, which reach the client one by one.
pub fn response(
    frames: impl Stream<Item = Result<String, Infallible>> + Send + Sync + 'static,
) -> Response {
    let mut response = warp::reply::stream(frames).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // A proxy that compresses would hold events back until it has enough of them (RFC 9111 §5.2.2.6).
    headers.insert(
        CACHE_CONTROL,
        HeaderValue::from_static("no-store, no-transform"),
    );
    // nginx buffers streams unless it is told not to.
    headers.insert(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    response
}

/// Measures how long a stream has been silent. Its timer is reset when it fires and not with each event, because all
/// timers of the runtime share one lock.
struct Silence {
    since: Instant,
    timer: Pin<Box<Sleep>>,
}

impl Silence {
    const LONGEST: Duration = Duration::from_secs(HEARTBEAT);

    fn begin() -> Self {
        Self {
            since: Instant::now(),
            timer: Box::pin(sleep(Self::LONGEST)),
        }
    }

    /// Waits until a heartbeat is due.
    async fn too_long(&mut self) {
        loop {
            self.timer.as_mut().await;
            let due = self.since + Self::LONGEST;
            if due <= Instant::now() {
                return;
            }
            self.timer.as_mut().reset(due);
        }
    }
}

/// Ids and names are the server's own and the data is JSON, so none of them contains a line break.
fn frame_of(FeedEvent { cursor, event }: &FeedEvent) -> &str {
    event.frames.server_sent.get_or_init(|| {
        let mut frame = String::with_capacity(event.data.len() + 64);
        // Writing to a string can't fail.
        if let Some(cursor) = cursor {
            let _ = writeln!(frame, "id:{cursor}");
        }
        if event.name != "message" {
            let _ = writeln!(frame, "event:{}", event.name);
        }
        let _ = write!(frame, "data:{}\n\n", event.data);
        frame
    })
}
