//! The one HTTP client that goes out, and its rules:
//!
//! - https, or plain http where both ends are on this machine and the administrator named that very origin.
//! - No address that isn't part of the public internet, unless the administrator named the origin (`--oidc`,
//!   `--github-url`) or allows the network (`--allow-outbound`). The address is checked when it is connected to, so
//!   a name that resolves to something else by then (DNS rebinding) is refused as well.
//! - A time limit and a size limit on each exchange.
//! - No redirects: the server that answers with one is not the one to say whom else to ask.
//!
//! TLS trusts the machine’s own certificate authorities, and with them a private one that the machine trusts.

mod address;
mod connector;

use std::{future::Future, io, pin::Pin, sync::Arc, time::Duration};

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{
    Uri,
    body::Bytes,
    header::{HeaderValue, USER_AGENT},
};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{client::legacy, rt::TokioExecutor};
use ipnet::IpNet;
use oauth2::{
    AsyncHttpClient, HttpRequest, HttpResponse,
    url::{Host, Url},
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use tokio::time::timeout;

use self::connector::Connector;

/// What one exchange may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the first packet to the last.
    pub time: Duration,
    /// Of the response’s body.
    pub bytes: usize,
}

impl Limits {
    /// For answers that a program reads.
    pub const API: Self = Self {
        time: Duration::from_secs(10),
        bytes: 1024 * 1024,
    };
}

/// What all clients share: whom TLS trusts, and which networks the administrator allows.
#[derive(Clone)]
pub struct Outbound {
    tls: ClientConfig,
    allowed: Arc<[IpNet]>,
}

/// Sends requests on behalf of what the administrator set up at one origin.
#[derive(Clone)]
pub struct Client {
    http: legacy::Client<HttpsConnector<Connector>, Full<Bytes>>,
    origin: Url,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    #[error("{0} isn’t https")]
    Unsafe(String),
    #[error("no answer within {} s", .0.as_secs())]
    Slow(Duration),
    #[error("an answer of more than {0} bytes")]
    Large(usize),
    #[error("no connection")]
    Connection(#[from] legacy::Error),
    #[error("the answer broke off")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Outbound {
    /// `allowed` are networks that aren’t part of the public internet and may be connected to all the same.
    ///
    /// # Errors
    /// Where one of `origins` needs TLS, and the machine has no certificate authorities.
    pub fn new<'a>(
        origins: impl IntoIterator<Item = &'a Url>,
        allowed: Vec<IpNet>,
    ) -> io::Result<Self> {
        let provider = Arc::new(ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?;
        let needs_tls = origins.into_iter().any(|url| url.scheme() == "https");
        let tls = if needs_tls {
            use hyper_rustls::ConfigBuilderExt;
            config.with_native_roots()?.with_no_client_auth()
        } else {
            let nobody = RootCertStore::empty();
            config.with_root_certificates(nobody).with_no_client_auth()
        };
        Ok(Self {
            tls,
            allowed: allowed.into(),
        })
    }

    /// A client for what the administrator set up at `origin`, which may be on a private network.
    #[must_use]
    pub fn client(&self, origin: &Url) -> Client {
        let connector = Connector::new(origin, Arc::clone(&self.allowed));
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(self.tls.clone())
            .https_or_http()
            .enable_http1()
            .wrap_connector(connector);
        // Requests are rare: a connection kept between two of them would mostly have ended by the second.
        let http = legacy::Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .build(https);
        Client {
            http,
            origin: origin.clone(),
        }
    }
}

impl Client {
    /// Whether what is sent to `url` can be read by nobody in between: over https, or by plain http on this machine if
    /// the origin that was set up is reached that way, too. Says nothing of the address that a name leads to.
    #[must_use]
    pub fn allows(&self, url: &Url) -> bool {
        url.scheme() == "https" || is_safe(url) && self.origin.scheme() == "http"
    }

    /// Sends a request and reads the whole response, within `limits`.
    pub async fn send(
        &self,
        mut request: HttpRequest,
        limits: Limits,
    ) -> Result<HttpResponse, RequestError> {
        let allowed = |uri: &Uri| Url::parse(&uri.to_string()).is_ok_and(|url| self.allows(&url));
        if !allowed(request.uri()) {
            // Without path and query, which may hold a secret.
            let host = request.uri().host().unwrap_or_default().to_owned();
            return Err(RequestError::Unsafe(host));
        }
        let name = concat!("tincan/", env!("CARGO_PKG_VERSION"));
        request
            .headers_mut()
            .insert(USER_AGENT, HeaderValue::from_static(name));
        let exchange = async {
            let request = request.map(|body| Full::new(Bytes::from(body)));
            let (head, body) = self.http.request(request).await?.into_parts();
            let body = Limited::new(body, limits.bytes).collect().await;
            let body = body.map_err(|error| {
                if error.is::<LengthLimitError>() {
                    RequestError::Large(limits.bytes)
                } else {
                    RequestError::Broken(error)
                }
            })?;
            Ok(HttpResponse::from_parts(head, body.to_bytes().into()))
        };
        timeout(limits.time, exchange)
            .await
            .unwrap_or(Err(RequestError::Slow(limits.time)))
    }
}

impl<'c> AsyncHttpClient<'c> for Client {
    type Error = RequestError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, RequestError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request, Limits::API))
    }
}

/// Whether a server there can be trusted to be itself: by TLS, or by being on this machine.
#[must_use]
pub fn is_safe(url: &Url) -> bool {
    url.scheme() == "https" || url.scheme() == "http" && is_local(url)
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => std::net::IpAddr::V6(address).to_canonical().is_loopback(),
        None => false,
    }
}

#[cfg(test)]
#[allow(
    clippy::expect_used,
    reason = "a test that meets the unexpected has failed"
)]
mod tests {
    use futures_util::FutureExt;
    use tokio::net::TcpListener;

    use super::*;

    /// Asks for `path` below `url` with a client for `origin`: whether the request was refused, and whether anybody
    /// connected.
    async fn connects(listener: &TcpListener, origin: &str, url: &str, allowed: &[&str]) -> bool {
        let origin = origin.parse().expect("a URL");
        let allowed = allowed
            .iter()
            .map(|network| network.parse().expect("a network"));
        let outbound = Outbound::new([], allowed.collect()).expect("no roots are needed");
        let request = oauth2::http::Request::get(url).body(Vec::new());
        let request = request.expect("a request");
        let limits = Limits {
            time: Duration::from_secs(5),
            bytes: 1024,
        };
        let client = outbound.client(&origin);
        let exchange = client.send(request, limits);
        tokio::select! {
            answer = exchange => {
                answer.expect_err("nobody speaks TLS or HTTP here");
                listener.accept().now_or_never().is_some()
            }
            accepted = listener.accept() => accepted.is_ok(),
        }
    }

    /// The check is made on the resolved address: that `localhost` leads to this machine is told by the resolver alone.
    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_is_connected_to_only_where_that_is_allowed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let elsewhere = "https://login.example";
        for (origin, host, scheme, allowed, is_connected) in [
            (elsewhere, "localhost", "https", &[][..], false),
            (elsewhere, "127.0.0.1", "https", &[], false),
            (elsewhere, "[::ffff:127.0.0.1]", "https", &[], false),
            (elsewhere, "2130706433", "https", &[], false),
            (elsewhere, "localhost", "http", &["127.0.0.0/8"], false),
            ("http://localhost:1", "localhost", "http", &[], false),
            ("http://localhost:1", "127.0.0.1", "http", &[], false),
            (elsewhere, "localhost", "https", &["127.0.0.0/8"], true),
            (elsewhere, "127.0.0.1", "https", &["127.0.0.0/8"], true),
        ] {
            let url = format!("{scheme}://{host}:{port}/");
            let connected = connects(&listener, origin, &url, allowed).await;
            assert_eq!(connected, is_connected, "{url} for {origin}, {allowed:?}");
        }
        for scheme in ["http", "https"] {
            for host in ["localhost", "127.0.0.1"] {
                let own = format!("{scheme}://{host}:{port}/");
                assert!(connects(&listener, &own, &own, &[]).await, "{own}");
            }
        }
    }
}
