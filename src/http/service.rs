//! What every request passes on its way to the filter tree and back, whatever it asks for.

use std::{convert::Infallible, net::IpAddr, pin::Pin, time::Instant};

use hyper::{Request, body::Incoming, service::Service as _};
use hyper_util::service::TowerToHyperService;
use warp::{
    Reply,
    filters::BoxedFilter,
    http::{
        HeaderValue, Method,
        header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS},
    },
    reply::Response,
};

use super::{App, guard, routes};

/// Answers requests with the filter tree. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    routes: BoxedFilter<(Response,)>,
    dev: bool,
}

/// An answer under way. Boxed, so that a connection with an open stream holds no more than the
/// stream.
type Answering = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

impl Service {
    /// The whole of Tincan.
    #[must_use]
    pub fn new(app: &App) -> Self {
        Self::of(routes(app), app.settings.dev)
    }

    /// Any filter tree, behind the same door.
    #[must_use]
    pub fn of(routes: BoxedFilter<(Response,)>, dev: bool) -> Self {
        Self { routes, dev }
    }

    /// Answers one request from `peer`.
    pub fn answer(&self, peer: IpAddr, mut request: Request<Incoming>) -> Answering {
        let refused = if self.dev {
            guard::local_only(peer, request.headers()).err()
        } else {
            None
        };
        let routes = self.routes.clone();
        Box::pin(async move {
            let start = Instant::now();
            let method = request.method().clone();
            // The query stays out of the log: it may hold a token.
            let path = request.uri().path().to_owned();
            if method == Method::HEAD {
                // hyper leaves the body out of the answer to what came in as HEAD (RFC 9110
                // §9.3.2).
                *request.method_mut() = Method::GET;
            }
            let mut response = match refused {
                Some(refused) => refused.into_response(),
                None => {
                    TowerToHyperService::new(warp::service(routes))
                        .call(request)
                        .await?
                }
            };
            let headers = response.headers_mut();
            headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            if path.starts_with("/api/") {
                headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            }
            let status = response.status().as_u16();
            tracing::debug!(%method, path, status, micros = start.elapsed().as_micros(), "answered");
            Ok(response)
        })
    }
}
