//! What every request passes on its way to the filter tree and back, whatever it asks for.

use std::{convert::Infallible, net::IpAddr, pin::Pin, sync::Arc, time::Instant};

use hyper::{Request, body::Incoming, service::Service as _, upgrade::OnUpgrade};
use hyper_util::service::TowerToHyperService;
use tokio_util::task::TaskTracker;
use warp::{
    Reply,
    filters::BoxedFilter,
    http::{
        HeaderValue, Method,
        header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS},
    },
    reply::Response,
};

use super::{
    App,
    filters::{Client, Upgrade},
    guard, openapi, proxies,
    reply::Answer,
    routes,
};
use crate::metrics::Metrics;

/// Answers requests with the filter tree. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    routes: BoxedFilter<(Response,)>,
    app: Arc<App>,
}

/// An answer under way. Boxed, so that a connection with an open stream holds no more than the
/// stream.
type Answering = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

impl Service {
    /// The whole of Tincan.
    #[must_use]
    pub fn new(app: &Arc<App>) -> Self {
        Self::of(routes(app), app)
    }

    /// Any filter tree, behind the same door.
    #[must_use]
    pub fn of(routes: BoxedFilter<(Response,)>, app: &Arc<App>) -> Self {
        let app = Arc::clone(app);
        Self { routes, app }
    }

    /// Where what it does is counted.
    #[must_use]
    pub fn metrics(&self) -> &Arc<Metrics> {
        self.app.store.metrics()
    }

    fn admit(&self, peer: IpAddr, request: &Request<Incoming>) -> Answer<()> {
        guard::well_formed(request)?;
        if self.app.settings.dev {
            guard::local_only(peer, request)?;
        }
        Ok(())
    }

    /// Answers one request from `peer`. An answer that takes the connection over from HTTP goes on
    /// in a task of `afterwards`.
    pub fn answer(
        &self,
        peer: IpAddr,
        afterwards: &TaskTracker,
        mut request: Request<Incoming>,
    ) -> Answering {
        let admitted = self.admit(peer, &request);
        let routes = self.routes.clone();
        let trusted = &self.app.settings.trusted_proxies;
        let address = proxies::client(peer, request.headers(), trusted);
        let target = request.uri().authority().cloned();
        let extensions = request.extensions_mut();
        extensions.insert(Client { address, peer });
        if let Some(target) = target {
            extensions.insert(target);
        }
        if let Some(connection) = extensions.remove::<OnUpgrade>() {
            let tasks = afterwards.clone();
            extensions.insert(Upgrade { connection, tasks });
        }
        let metrics = Arc::clone(self.metrics());
        Box::pin(async move {
            let start = Instant::now();
            let route = route_of(request.uri().path());
            let method = method_name(request.method());
            let line = tracing::enabled!(tracing::Level::DEBUG).then(|| Line::of(&request));
            let is_of_now = tells_of_now(request.uri().path());
            if request.method() == Method::HEAD {
                // hyper leaves the body out of the answer to what came in as HEAD (RFC 9110
                // §9.3.2).
                *request.method_mut() = Method::GET;
                request.extensions_mut().remove::<Upgrade>();
            }
            let mut response = match admitted {
                Err(refusal) => refusal.into_response(),
                Ok(()) => {
                    TowerToHyperService::new(warp::service(routes))
                        .call(request)
                        .await?
                }
            };
            let headers = response.headers_mut();
            headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            if is_of_now {
                // Pictures say otherwise.
                headers
                    .entry(CACHE_CONTROL)
                    .or_insert(HeaderValue::from_static("no-store"));
            }
            let (status, took) = (response.status().as_u16(), start.elapsed());
            metrics.answered(method, route, status, took);
            if let Some(Line { method, path }) = line {
                let micros = took.as_micros();
                tracing::debug!(%method, path, status, micros, "answered");
            }
            Ok(response)
        })
    }
}

/// Whether a later answer may be another, so that nobody between may keep this one. The pages say so
/// themselves.
fn tells_of_now(path: &str) -> bool {
    let first = path.split('/').nth(1);
    first.is_some_and(|first| ["api", "healthz", "metrics"].contains(&first))
}

/// What requests for `path` are counted as. There are so many of these and no more, and none of them has
/// anything of what a client sent: what isn't of the contract is counted by the door it knocked at.
fn route_of(path: &str) -> &'static str {
    let door = || match path.split('/').nth(1) {
        Some("api") => "/api",
        Some("plain") => "/plain",
        _ => "/",
    };
    openapi::path_of(path).unwrap_or_else(door)
}

/// A client may call a method whatever it likes.
fn method_name(method: &Method) -> &'static str {
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

/// What follows is a secret, wherever in a path it stands: somebody may mistype what is in front.
const HOOKS: &str = "hooks/";

/// A request, as the log shows it. The query stays out of it, as it may hold a token, and the secret
/// of a hook, which is a token.
struct Line {
    method: Method,
    path: String,
}

impl Line {
    fn of(request: &Request<Incoming>) -> Self {
        let path = request.uri().path();
        let path = match path.split_once(HOOKS) {
            Some((before, _)) => format!("{before}{HOOKS}…"),
            None => path.to_owned(),
        };
        Self {
            method: request.method().clone(),
            path,
        }
    }
}
