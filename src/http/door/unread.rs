//! What is left of a request’s body when the request has been answered. Many clients send all of it before they read the
//! answer. If the server closed the connection while bytes are on their way, they would find a reset connection instead
//! (RFC 9112 §9.6). So the rest is read for a while and thrown away, whatever the answer was. A client that has sent all of
//! it may go on to use the connection.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http_body_util::BodyExt;
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::task::TaskTracker;

use crate::{http::App, places::Place};

/// How many bytes are thrown away: more than any file that is accepted by default.
const LIMIT: usize = 256 * 1024 * 1024;
/// How long a body may take that nobody wants, from the beginning of its request.
const TIME: Duration = Duration::from_secs(30);
/// How long the next bytes of it may take.
const PAUSE: Duration = Duration::from_secs(5);

/// A request’s body. When it is dropped, the rest of it is read by a task of the connection.
pub struct ReadToEnd {
    /// None once the end was reached.
    body: Option<Incoming>,
    /// The client waits for a word before it sends the body (RFC 9110 §10.1.1). Without it, there is none.
    is_held_back: bool,
    begun: Instant,
    /// Waits until the body has arrived.
    place: Arc<Place>,
    connection: TaskTracker,
    app: Arc<App>,
}

impl ReadToEnd {
    pub fn new(
        body: Incoming,
        is_held_back: bool,
        place: &Arc<Place>,
        connection: &TaskTracker,
        app: &Arc<App>,
    ) -> Self {
        if body.is_end_stream() {
            place.settle();
        } else {
            place.wait();
        }
        Self {
            body: Some(body),
            is_held_back,
            begun: Instant::now(),
            place: Arc::clone(place),
            connection: connection.clone(),
            app: Arc::clone(app),
        }
    }
}

impl Body for ReadToEnd {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else {
            return Poll::Ready(None);
        };
        let frame = Pin::new(&mut *body).poll_frame(context);
        let is_at_end = body.is_end_stream();
        self.is_held_back = false;
        if !matches!(frame, Poll::Pending | Poll::Ready(Some(Ok(_)))) {
            self.body = None;
        }
        if is_at_end || self.body.is_none() {
            self.place.settle();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let none = SizeHint::with_exact(0);
        self.body.as_ref().map_or(none, Body::size_hint)
    }
}

impl Drop for ReadToEnd {
    fn drop(&mut self) {
        let Some(body) = self.body.take() else {
            return;
        };
        if self.is_held_back || body.is_end_stream() {
            self.place.settle();
            return;
        }
        let stopping = self.app.stopping.clone();
        let reading = timeout_at(self.begun + TIME, throw_away(body));
        let place = Arc::clone(&self.place);
        self.connection.spawn(async move {
            // If it isn’t over by then, the connection is closed.
            let _ = stopping.run_until_cancelled(reading).await;
            place.settle();
        });
    }
}

async fn throw_away(mut body: Incoming) {
    let mut length = 0;
    while length < LIMIT
        && let Ok(Some(Ok(frame))) = timeout(PAUSE, body.frame()).await
    {
        length += frame.data_ref().map_or(0, Bytes::len);
    }
}
