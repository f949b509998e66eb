//! What is done with every request around the filter tree: checks, ids, headers, metrics and the log.

use std::{
    convert::Infallible,
    net::IpAddr,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use hyper::{
    Request,
    body::{Body, Incoming},
    service::Service as _,
    upgrade::OnUpgrade,
};
use hyper_util::service::TowerToHyperService;
use tokio_util::task::TaskTracker;
use tracing::Instrument;
use warp::{
    Reply,
    filters::BoxedFilter,
    http::{
        HeaderMap, HeaderValue, Method, StatusCode,
        header::{
            CACHE_CONTROL, EXPECT, FORWARDED, HOST, ORIGIN, STRICT_TRANSPORT_SECURITY,
            X_CONTENT_TYPE_OPTIONS,
        },
    },
    reply::Response,
};

use super::{
    caller::{Client, list},
    compat,
    cors::Cors,
    filters::Upgrade,
    guard, host, local, proxies,
    request_id::{RequestId, X_REQUEST_ID},
    security,
    unread::ReadToEnd,
};
use crate::{
    http::{App, Compat, ROUTES, filter, plain, plaintext::Plaintext},
    lab::faults::Wire,
    metrics::Metrics,
    places::Place,
};

/// What answers the requests in connections.
pub trait Answer: Send + Sync {
    /// Answers one request from `peer`. What goes on after the answer runs as a task of `afterwards`: reading a body that
    /// nobody wanted, and another protocol, if the connection is switched to one.
    fn answer(
        &self,
        peer: IpAddr,
        place: &Arc<Place>,
        afterwards: &TaskTracker,
        request: Request<Incoming>,
    ) -> ResponseFuture;

    /// The metrics in which connections are counted.
    fn metrics(&self) -> Arc<Metrics>;

    /// Whether a connection is a proxy’s, which has many clients.
    fn is_proxy(&self, peer: IpAddr) -> bool;

    /// The controls of a new connection, in a lab.
    fn wire(&self) -> Option<Arc<Wire>> {
        None
    }
}

/// Answers requests with the filter tree. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    filter: BoxedFilter<(Response,)>,
    /// Answers in place of the filter tree where plain http leads to https.
    plaintext: Option<Plaintext>,
    app: Arc<App>,
}

/// A response in the making. Boxed, so that a connection with an open stream holds no more than the stream.
pub type ResponseFuture = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

impl Service {
    /// Answers with all routes.
    #[must_use]
    pub fn new(app: &Arc<App>) -> Self {
        Self::with_filter(filter(app), app)
    }

    /// Like [`new`](Self::new), with another filter tree.
    #[must_use]
    pub fn with_filter(filter: BoxedFilter<(Response,)>, app: &Arc<App>) -> Self {
        Self {
            filter,
            plaintext: None,
            app: Arc::clone(app),
        }
    }

    /// What handlers share.
    pub(in crate::http) fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Answers plain http at a server that speaks TLS; see `plaintext`. `port` is that of https, if it isn’t the one that
    /// the client used.
    #[must_use]
    pub fn plaintext(&self, port: Option<u16>) -> Self {
        Self {
            plaintext: Some(Plaintext::new(&self.app, port)),
            ..self.clone()
        }
    }
}

impl Answer for Service {
    fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.app.metrics)
    }

    fn is_proxy(&self, peer: IpAddr) -> bool {
        proxies::is_trusted(peer, &self.app.settings.trusted_proxies)
    }

    fn answer(
        &self,
        peer: IpAddr,
        place: &Arc<Place>,
        afterwards: &TaskTracker,
        mut request: Request<Incoming>,
    ) -> ResponseFuture {
        let settings = &self.app.settings;
        let refusal = match &self.plaintext {
            Some(plaintext) => plaintext.answer(peer, &request),
            None => refusal(&self.app, peer, &request),
        };
        let cors = Cors::of(settings, request.headers());
        let refusal = refusal.or_else(|| cors.as_ref()?.preflight(&request));
        // Not by a name that it doesn’t answer to, and not over plain http (RFC 6797 §7.2).
        let is_strict = refusal.is_none() && security::is_strict(settings, request.headers());
        let filter = self.filter.clone();
        let compat = settings.compat.map(|compat| (compat, Arc::clone(settings)));
        let trusted = &settings.trusted_proxies;
        let address = proxies::client(peer, request.headers(), trusted);
        let target = request.uri().authority().cloned();
        let extensions = request.extensions_mut();
        let recording = self.app.lab.as_ref().and_then(|_| extensions.remove());
        extensions.insert(Client {
            address,
            peer,
            place: Some(Arc::clone(place)),
            recording,
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
        let metrics = Arc::clone(&self.app.metrics);
        let response = async move {
            let start = Instant::now();
            let (method, uri) = (request.method().clone(), request.uri().clone());
            let mut response = match refusal {
                Some(refusal) => refusal,
                None => match compat {
                    Some((Compat::GoMessenger, settings)) => {
                        Box::pin(compat::go_messenger(&filter, &settings, request)).await
                    }
                    None => answer(&filter, request).await,
                },
            };
            let headers = response.headers_mut();
            headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            headers.insert(X_REQUEST_ID, id.into_header());
            if let Some(cors) = cors {
                cors.allow(headers);
            }
            if is_strict {
                headers.insert(STRICT_TRANSPORT_SECURITY, security::STRICT);
            }
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

/// The answer of the filter tree.
pub async fn answer<B>(filter: &BoxedFilter<(Response,)>, request: Request<B>) -> Response
where
    B: Body + Send + Sync + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let service = TowerToHyperService::new(warp::service(filter.clone()));
    let Ok(response) = service.call(request).await;
    response
}

/// The answer to a request that isn’t admitted.
pub fn refusal<B>(app: &App, peer: IpAddr, request: &Request<B>) -> Option<Response> {
    let settings = &app.settings;
    let mut refusal = guard::well_formed(request).err();
    if settings.dev {
        refusal = refusal.or_else(|| local::only(peer, request).err());
    }
    if refusal.is_some() || settings.dev {
        return refusal.map(Reply::into_response);
    }
    if let Err(refused) = host::known(settings, request) {
        note_misdirected(app, refused.name.as_deref());
        let headers = request.headers();
        return Some(plain::misdirected(settings, headers, refused.refusal));
    }
    note_tls(app, peer, request.headers());
    None
}

fn note_misdirected(app: &App, name: Option<&str>) {
    let metrics = &app.metrics;
    metrics.misdirected.inc();
    if let Some(name) = name.filter(|name| metrics.reach.refused(name)) {
        tracing::warn!(
            name,
            "refused requests to a name that this server doesn’t know; if it is yours, start it with --public-url, or with --host {name}"
        );
    }
}

/// Notices TLS in front of a server that doesn’t know its URL. Its cookies are not `Secure` then, and its links wrong.
fn note_tls(app: &App, peer: IpAddr, headers: &HeaderMap) {
    let App {
        settings, metrics, ..
    } = app;
    if settings.public_url.is_none()
        && settings.tls.is_none()
        && !metrics.reach.has_tls()
        && (is_private(peer) || proxies::is_trusted(peer, &settings.trusted_proxies))
        && came_through_tls(headers)
        && metrics.reach.found_tls()
    {
        tracing::warn!(
            "people reach this server by https, but it doesn’t know its URL; start it with --public-url https://…"
        );
    }
}

/// Whether a proxy may be there: on this machine, or on the same network.
fn is_private(peer: IpAddr) -> bool {
    match peer.to_canonical() {
        IpAddr::V4(peer) => peer.is_loopback() || peer.is_private(),
        IpAddr::V6(peer) => peer.is_loopback() || peer.is_unique_local(),
    }
}

/// Whether a request came through TLS, as far as proxies and browsers tell (RFC 7239 §5.4).
fn came_through_tls(headers: &HeaderMap) -> bool {
    let says = |name: &str, word: &str| {
        let mut values = headers.get_all(name).into_iter();
        values.any(|value| value.as_bytes().eq_ignore_ascii_case(word.as_bytes()))
    };
    let forwarded = || {
        list(headers, FORWARDED)
            .flat_map(|hop| hop.split(';'))
            .any(|pair| pair.trim().eq_ignore_ascii_case("proto=https"))
    };
    let origin = || {
        let origin = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        let host_of = |origin: &str| origin.strip_prefix("https://").map(str::to_owned);
        host.is_some() && origin.and_then(host_of).as_deref() == host
    };
    says("x-forwarded-proto", "https") || says("x-forwarded-ssl", "on") || forwarded() || origin()
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
