//! What is done with every request around the filter tree: checks, ids, headers, metrics and the log.

use std::{
    convert::Infallible,
    net::IpAddr,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use hyper::{Request, body::Incoming, service::Service as _, upgrade::OnUpgrade};
use hyper_util::service::TowerToHyperService;
use tokio_util::task::TaskTracker;
use tracing::Instrument;
use warp::{
    Reply,
    filters::BoxedFilter,
    http::{
        HeaderValue, Method, StatusCode,
        header::{CACHE_CONTROL, EXPECT, X_CONTENT_TYPE_OPTIONS},
    },
    reply::Response,
};

use super::{
    caller::Client,
    filters::Upgrade,
    guard, proxies,
    request_id::{RequestId, X_REQUEST_ID},
    unread::ReadToEnd,
};
use crate::{
    http::{App, ROUTES, filter, reply::HandlerResult},
    metrics::Metrics,
    places::Place,
};

/// Answers requests with the filter tree. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    filter: BoxedFilter<(Response,)>,
    app: Arc<App>,
}

/// A response in the making. Boxed, so that a connection with an open stream holds no more than the stream.
type ResponseFuture = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

impl Service {
    /// Answers with all routes.
    #[must_use]
    pub fn new(app: &Arc<App>) -> Self {
        Self::with_filter(filter(app), app)
    }

    /// Like [`new`](Self::new), with another filter tree.
    #[must_use]
    pub fn with_filter(filter: BoxedFilter<(Response,)>, app: &Arc<App>) -> Self {
        let app = Arc::clone(app);
        Self { filter, app }
    }

    /// The metrics in which requests are counted.
    #[must_use]
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.app.metrics
    }

    /// Whether a connection is a proxy’s, which has many clients.
    #[must_use]
    pub fn is_proxy(&self, peer: IpAddr) -> bool {
        proxies::is_trusted(peer, &self.app.settings.trusted_proxies)
    }

    fn admit(&self, peer: IpAddr, request: &Request<Incoming>) -> HandlerResult<()> {
        guard::well_formed(request)?;
        if self.app.settings.dev {
            guard::local_only(peer, request)?;
        }
        Ok(())
    }

    /// Answers one request from `peer`. What goes on after the answer runs as a task of `afterwards`: reading a body that
    /// nobody wanted, and another protocol, if the connection is switched to one.
    pub fn answer(
        &self,
        peer: IpAddr,
        place: &Arc<Place>,
        afterwards: &TaskTracker,
        mut request: Request<Incoming>,
    ) -> ResponseFuture {
        let admitted = self.admit(peer, &request);
        let filter = self.filter.clone();
        let trusted = &self.app.settings.trusted_proxies;
        let address = proxies::client(peer, request.headers(), trusted);
        let target = request.uri().authority().cloned();
        let extensions = request.extensions_mut();
        extensions.insert(Client {
            address,
            peer,
            place: Some(Arc::clone(place)),
        });
        if let Some(target) = target {
            extensions.insert(target);
        }
        if let Some(connection) = extensions.remove::<OnUpgrade>() {
            let tasks = afterwards.clone();
            extensions.insert(Upgrade { connection, tasks });
        }
        let is_held_back = request.headers().contains_key(EXPECT);
        let request =
            request.map(|body| ReadToEnd::new(body, is_held_back, place, afterwards, &self.app));
        let id = RequestId::of(peer, request.headers(), trusted);
        // Everything that is logged during the request carries the id. If nothing is logged, the span costs nothing.
        let span = tracing::error_span!("request", request_id = id.as_str());
        let metrics = Arc::clone(self.metrics());
        let response = async move {
            let start = Instant::now();
            let (method, uri) = (request.method().clone(), request.uri().clone());
            let mut response = match admitted {
                Err(refusal) => refusal.into_response(),
                Ok(()) => {
                    TowerToHyperService::new(warp::service(filter))
                        .call(request)
                        .await?
                }
            };
            let headers = response.headers_mut();
            headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            headers.insert(X_REQUEST_ID, id.into_header());
            let path = ROUTES.path_info(uri.path());
            if path.is_in_contract {
                // Responses change, so caches must not store them. Handlers of pictures set their own header.
                headers
                    .entry(CACHE_CONTROL)
                    .or_insert(HeaderValue::from_static("no-store"));
            }
            let (status, took) = (response.status(), start.elapsed());
            metrics.answered(method_label(&method), path.label, status.as_u16(), took);
            log(&method, uri.path(), status, took);
            Ok::<_, Infallible>(response)
        };
        Box::pin(response.instrument(span))
    }
}

/// Logs a request. A response of 500 is logged as an error, so that a log with only errors has the request together with
/// the cause, which was logged before.
fn log(method: &Method, path: &str, status: StatusCode, took: Duration) {
    // Without the query, which may contain a token.
    let path = ROUTES.redacted(path);
    let status = status.as_u16();
    // As `u64`, because the JSON log writes 128-bit numbers as strings.
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    if status == 500 {
        tracing::error!(%method, %path, status, micros, "answered");
    } else {
        tracing::debug!(%method, %path, status, micros, "answered");
    }
}

/// A label for metrics. Unknown methods are “other”, as a client could invent any number of them.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}
