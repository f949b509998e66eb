//! The only client for outgoing HTTP requests, and its rules:
//!
//! - https, or plain http to this machine if the administrator set up exactly that origin, or allows this machine.
//! - No address outside the public internet, unless the administrator set up the origin (`--oidc`, `--github-url`,
//!   `--acme-directory`) or allows the network (`--allow-outbound`). The address is checked when connecting, so a name
//!   that resolves to something else by then (DNS rebinding) is refused as well.
//! - A time limit and a size limit for each exchange.
//! - No redirects: the other server must not choose where the next request goes.
//!
//! TLS trusts the certificate authorities of the operating system, including private ones installed there, or those that
//! the administrator names instead (`--acme-ca`).

mod address;
mod connector;

use std::{
    error::Error,
    io,
    iter::successors,
    net::{Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::{Duration, SystemTime},
};

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{
    Request, Response, Uri,
    body::{Bytes, Incoming},
    header::{HeaderMap, HeaderValue, RETRY_AFTER, USER_AGENT},
};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy,
    rt::{TokioExecutor, TokioTimer},
};
use ipnet::IpNet;
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier, crypto::ring};
use tokio::time::timeout;
use url::{Host, Url};

use self::connector::{Connector, Refused, is_permitted};

/// The limits of one exchange.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From connecting to the end of the response.
    pub time: Duration,
    /// Bytes of the response’s body.
    pub bytes: usize,
}

impl Limits {
    /// For API responses.
    pub const API: Self = Self {
        time: Duration::from_secs(10),
        bytes: 1024 * 1024,
    };
}

/// How many unused connections to a push service are kept, and for how long. A message in a room is pushed to many browsers
/// of the same two or three services, and a handshake costs more than a push. A minute later there may be none for hours.
/// The address was checked when the connection was made, and stays the same for as long as it lasts.
const KEPT: (usize, Duration) = (4, Duration::from_mins(1));

/// How long a body may take that nobody needs.
const BODY_TIME: Duration = Duration::from_secs(1);

/// What all clients share: the certificate authorities, and the networks that the administrator allows.
#[derive(Clone)]
pub struct Outbound {
    tls: ClientConfig,
    allowed: Arc<[IpNet]>,
}

/// Sends requests for a service that the administrator set up at one origin, or to push services anywhere.
#[derive(Clone)]
pub struct Client {
    http: legacy::Client<HttpsConnector<Connector>, Full<Bytes>>,
    /// None if requests may go anywhere.
    origin: Option<Url>,
}

/// Why there is no response.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    #[error("{0} isn’t https")]
    Unsafe(String),
    #[error("no response within {} s", .0.as_secs())]
    Slow(Duration),
    #[error("a response of more than {0} bytes")]
    Large(usize),
    #[error("no connection")]
    Connection(#[from] legacy::Error),
    #[error("the response ended early")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Outbound {
    /// `allowed` are networks outside the public internet that may be connected to.
    ///
    /// # Errors
    /// If one of `origins` needs TLS and the system has no certificate authorities.
    pub fn new<'a>(
        origins: impl IntoIterator<Item = &'a Url>,
        allowed: Vec<IpNet>,
    ) -> io::Result<Self> {
        let needs_tls = origins.into_iter().any(|url| url.scheme() == "https");
        Ok(Self {
            tls: tls(needs_tls)?,
            allowed: allowed.into(),
        })
    }

    /// Like [`new`](Self::new), but trusts only these certificate authorities, which the system needn’t know.
    ///
    /// # Errors
    /// If TLS can’t be set up.
    pub fn trusting(authorities: RootCertStore, allowed: Vec<IpNet>) -> io::Result<Self> {
        Ok(Self {
            tls: trusting(authorities)?,
            allowed: allowed.into(),
        })
    }

    /// A client for the service at `origin`, which may be on a private network.
    #[must_use]
    pub fn client(&self, origin: &Url) -> Client {
        let origin = Some(origin.clone());
        let https = connector(self.tls.clone(), origin.clone(), Arc::clone(&self.allowed));
        // No connection is kept: requests are so rare that it would usually be closed before the next one.
        let http = legacy::Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .build(https);
        Client { http, origin }
    }
}

/// A client for services at any origin that [`permits`] permits. If the system has no certificate authorities, it trusts
/// no service.
///
/// # Errors
/// If TLS can’t be set up.
pub fn public_client(allowed: Arc<[IpNet]>) -> io::Result<Client> {
    let config = tls(true).or_else(|error| {
        tracing::warn!(%error, "without certificate authorities, no push service is trusted");
        tls(false)
    })?;
    let (most, time) = KEPT;
    let http = legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(time)
        .pool_max_idle_per_host(most)
        .build(connector(config, None, allowed));
    Ok(Client { http, origin: None })
}

/// Whether [`public_client`] may send a request to `url`, with these allowed networks. Says nothing about the address that a
/// name resolves to.
#[must_use]
pub fn permits(url: &Url, allowed: &[IpNet]) -> bool {
    is_safe(url)
        && match url.host() {
            Some(Host::Ipv4(address)) => is_permitted(address.into(), allowed),
            Some(Host::Ipv6(address)) => is_permitted(address.into(), allowed),
            // Without TLS it can only be `localhost`, which is one of these.
            Some(Host::Domain(_)) if url.scheme() == "http" => {
                let local = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
                local.iter().any(|&address| is_permitted(address, allowed))
            }
            Some(Host::Domain(_)) => true,
            None => false,
        }
}

fn connector(
    tls: ClientConfig,
    origin: Option<Url>,
    allowed: Arc<[IpNet]>,
) -> HttpsConnector<Connector> {
    HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .wrap_connector(Connector::new(origin, allowed))
}

fn tls(needs_authorities: bool) -> io::Result<ClientConfig> {
    use hyper_rustls::ConfigBuilderExt;
    if !needs_authorities {
        return trusting(RootCertStore::empty());
    }
    Ok(builder()?.with_native_roots()?.with_no_client_auth())
}

impl RequestError {
    /// Whether it isn’t allowed to send a request there, by its URL or by the address that its name resolved to.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        let mut causes = successors(self.source(), |&cause| cause.source());
        matches!(self, Self::Unsafe(_)) || causes.any(<dyn Error>::is::<Refused>)
    }

    /// Whether nothing of the request can have arrived: there was no connection to send it over.
    #[must_use]
    pub fn is_before_sending(&self) -> bool {
        match self {
            Self::Unsafe(_) => true,
            Self::Connection(error) => error.is_connect(),
            Self::Slow(_) | Self::Large(_) | Self::Broken(_) => false,
        }
    }
}

/// TLS that trusts only these certificate authorities.
///
/// # Errors
/// If the cryptography can’t do what TLS needs, which the version that this program is built of can.
pub fn trusting(authorities: RootCertStore) -> io::Result<ClientConfig> {
    let builder = builder()?.with_root_certificates(authorities);
    Ok(builder.with_no_client_auth())
}

fn builder() -> io::Result<ConfigBuilder<ClientConfig, WantsVerifier>> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)
}

impl Client {
    /// Whether a request to `url` can’t be read on the way: it is https, or plain http on this machine if the origin is
    /// plain http too. Says nothing about the address that a name resolves to.
    #[must_use]
    pub fn allows(&self, url: &Url) -> bool {
        let origin = self.origin.as_ref();
        let may_be_plain = origin.is_none_or(|origin| origin.scheme() == "http");
        url.scheme() == "https" || is_safe(url) && may_be_plain
    }

    /// Sends a request and reads the whole response, within `limits`.
    pub async fn send(
        &self,
        request: Request<Vec<u8>>,
        limits: Limits,
    ) -> Result<Response<Vec<u8>>, RequestError> {
        let exchange = async {
            let (head, body) = self.begin(request).await?.into_parts();
            let body = Limited::new(body, limits.bytes).collect().await;
            let body = body.map_err(|error| {
                if error.is::<LengthLimitError>() {
                    RequestError::Large(limits.bytes)
                } else {
                    RequestError::Broken(error)
                }
            })?;
            Ok(Response::from_parts(head, body.to_bytes().into()))
        };
        timeout(limits.time, exchange)
            .await
            .unwrap_or(Err(RequestError::Slow(limits.time)))
    }

    /// Sends a request to a server whose status says everything. What its body is like doesn’t matter, and neither does
    /// whether it comes.
    pub async fn send_for_head(
        &self,
        request: Request<Vec<u8>>,
        limits: Limits,
    ) -> Result<Response<()>, RequestError> {
        let (head, body) = timeout(limits.time, self.begin(request))
            .await
            .unwrap_or(Err(RequestError::Slow(limits.time)))?
            .into_parts();
        // A connection can be used again only if it has been read.
        let body = Limited::new(body, limits.bytes).collect();
        let _ = timeout(BODY_TIME, body).await;
        Ok(Response::from_parts(head, ()))
    }

    async fn begin(
        &self,
        mut request: Request<Vec<u8>>,
    ) -> Result<Response<Incoming>, RequestError> {
        let allowed = |uri: &Uri| Url::parse(&uri.to_string()).is_ok_and(|url| self.allows(&url));
        if !allowed(request.uri()) {
            // The host only, as path and query may contain a secret.
            let host = request.uri().host().unwrap_or_default().to_owned();
            return Err(RequestError::Unsafe(host));
        }
        let name = concat!("tincan/", env!("CARGO_PKG_VERSION"));
        request
            .headers_mut()
            .insert(USER_AGENT, HeaderValue::from_static(name));
        let request = request.map(|body| Full::new(Bytes::from(body)));
        Ok(self.http.request(request).await?)
    }
}

/// How long a server wants to be left alone: seconds, or until a date, which may have passed (`Retry-After`, RFC 9110
/// §10.2.3).
#[must_use]
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(text).ok()?;
    Some(at.duration_since(SystemTime::now()).unwrap_or_default())
}

/// An error with its causes, on one line for the log.
#[must_use]
pub fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        // Some errors repeat their cause in their own text.
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

/// Whether the server there is authenticated, by TLS or by being on this machine.
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

    /// Whether a request to `url`, by a client for `origin`, leads to a connection.
    async fn connects(listener: &TcpListener, origin: &str, url: &str, allowed: &[&str]) -> bool {
        let origin = origin.parse().expect("a URL");
        let allowed = allowed
            .iter()
            .map(|network| network.parse().expect("a network"));
        let outbound = Outbound::new([], allowed.collect()).expect("no roots are needed");
        let request = Request::get(url).body(Vec::new());
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

    /// The check is of the resolved address: only the resolver knows that `localhost` is this machine.
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
