//! Records the requests at the door of a lab.

use std::{net::IpAddr, sync::Arc, time::Instant};

use http_body_util::{BodyExt, Collected};
use hyper::{
    Request,
    body::{Body, Incoming},
    header::USER_AGENT,
};
use tokio_util::task::TaskTracker;
use warp::{http::header::CONTENT_TYPE, reply::Response};

use crate::{
    http::{Answer, ResponseFuture},
    lab::{
        client::AGENT,
        faults::Wire,
        log::{Beginning, Content, Happened, Log, Recording},
    },
    metrics::Metrics,
    places::Place,
};

/// The most bytes of an answer of which the beginning is recorded. What is larger isn’t held up.
const LARGEST: u64 = 256 * 1024;

/// Answers as `inner` does, and records it. Only requests to the API are, and not how the people who answer
/// listen.
pub struct Recorder<A> {
    pub inner: Arc<A>,
    pub log: Arc<Log>,
}

impl<A: Answer> Answer for Recorder<A> {
    fn answer(
        &self,
        peer: IpAddr,
        place: &Arc<Place>,
        afterwards: &TaskTracker,
        mut request: Request<Incoming>,
    ) -> ResponseFuture {
        if !is_recorded(&request) {
            return self.inner.answer(peer, place, afterwards, request);
        }
        let recording = Arc::new(Recording::default());
        request.extensions_mut().insert(Arc::clone(&recording));
        let (method, path) = (request.method().to_string(), request.uri().to_string());
        let start = Instant::now();
        let answered = self.inner.answer(peer, place, afterwards, request);
        let log = Arc::clone(&self.log);
        Box::pin(async move {
            let response = answered.await?;
            let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
            let (response, content) = content(response).await;
            log.add(Happened::Request {
                method,
                path,
                status: response.status().as_u16(),
                micros,
                user: recording.user.lock().clone(),
                request: recording.body.lock().content(),
                response: content,
            });
            Ok(response)
        })
    }

    fn metrics(&self) -> Arc<Metrics> {
        self.inner.metrics()
    }

    fn is_proxy(&self, peer: IpAddr) -> bool {
        self.inner.is_proxy(peer)
    }

    fn wire(&self) -> Option<Arc<Wire>> {
        self.inner.wire()
    }
}

fn is_recorded(request: &Request<Incoming>) -> bool {
    let path = request.uri().path();
    let is_of_api = path.starts_with("/api/");
    is_of_api && !(path == "/api/messages" && is_own(request.headers().get(USER_AGENT)))
}

/// Whether this `User-Agent` is the lab’s own.
pub fn is_own(agent: Option<&hyper::header::HeaderValue>) -> bool {
    agent.is_some_and(|agent| agent == AGENT)
}

/// The response, and what is in it.
async fn content(response: Response) -> (Response, Content) {
    let Some(size) = response.body().size_hint().exact() else {
        return (response, Content::default());
    };
    let kind = response.headers().get(CONTENT_TYPE);
    let is_text = kind.is_some_and(|kind| {
        let kind = kind.as_bytes();
        kind.starts_with(b"application/json") || kind.starts_with(b"text/")
    });
    if size > LARGEST || !is_text {
        let content = Content {
            size: Some(size),
            body: None,
        };
        return (response, content);
    }
    let (head, body) = response.into_parts();
    // It is in memory.
    let bytes = body.collect().await.map(Collected::to_bytes);
    let bytes = bytes.unwrap_or_default();
    let mut beginning = Beginning::default();
    beginning.add(&bytes);
    (
        Response::from_parts(head, bytes.into()),
        beginning.content(),
    )
}
