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
    App, Settings,
    filters::{Client, Upgrade},
    guard, proxies,
    reply::Answer,
    routes,
};

/// Answers requests with the filter tree. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    routes: BoxedFilter<(Response,)>,
    settings: Arc<Settings>,
}

/// An answer under way. Boxed, so that a connection with an open stream holds no more than the
/// stream.
type Answering = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

impl Service {
    /// The whole of Tincan.
    #[must_use]
    pub fn new(app: &Arc<App>) -> Self {
        Self::of(routes(app), &app.settings)
    }

    /// Any filter tree, behind the same door.
    #[must_use]
    pub fn of(routes: BoxedFilter<(Response,)>, settings: &Arc<Settings>) -> Self {
        let settings = Arc::clone(settings);
        Self { routes, settings }
    }

    fn admit(&self, peer: IpAddr, request: &Request<Incoming>) -> Answer<()> {
        guard::well_formed(request)?;
        if self.settings.dev {
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
        let client = proxies::client(peer, request.headers(), &self.settings.trusted_proxies);
        let extensions = request.extensions_mut();
        extensions.insert(Client(client));
        if let Some(connection) = extensions.remove::<OnUpgrade>() {
            let tasks = afterwards.clone();
            extensions.insert(Upgrade { connection, tasks });
        }
        Box::pin(async move {
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
            if let Some(Line {
                start,
                method,
                path,
            }) = line
            {
                let micros = start.elapsed().as_micros();
                tracing::debug!(%method, path, status = response.status().as_u16(), micros, "answered");
            }
            Ok(response)
        })
    }
}

/// Whether a later answer may be another, so that nobody between may keep this one. The pages say so
/// themselves.
fn tells_of_now(path: &str) -> bool {
    let first = path.split('/').nth(1);
    first.is_some_and(|first| ["api", "healthz"].contains(&first))
}

/// What follows is a secret, wherever in a path it stands: somebody may mistype what is in front.
const HOOKS: &str = "hooks/";

/// A request, as the log shows it. The query stays out of it, as it may hold a token, and the secret
/// of a hook, which is a token.
struct Line {
    start: Instant,
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
            start: Instant::now(),
            method: request.method().clone(),
            path,
        }
    }
}
