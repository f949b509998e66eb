//! Requests to a provider: how long, how much, and how safely. They go over TLS with the machine’s own
//! certificate authorities, so that a private one that the machine trusts is trusted here, too.

use std::{future::Future, io, pin::Pin, sync::Arc, time::Duration};

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::{
    Uri,
    body::Bytes,
    header::{HeaderValue, USER_AGENT},
};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::TokioExecutor,
};
use oauth2::{AsyncHttpClient, HttpRequest, HttpResponse, url::Url};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use tokio::time::timeout;

use super::provider::is_safe;

/// What a provider’s answer may cost.
#[derive(Clone, Copy)]
pub struct Limits {
    /// From the first packet to the last.
    pub time: Duration,
    pub bytes: usize,
}

/// For all but pictures.
pub const USUAL: Limits = Limits {
    time: Duration::from_secs(10),
    bytes: 1024 * 1024,
};

/// Asks one provider. Follows no redirect: whoever redirects is not who was set up.
#[derive(Clone)]
pub struct Client {
    http: legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    /// Whether plain http will do on this machine.
    is_plain: bool,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
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

impl Client {
    /// A client for providers at these addresses.
    ///
    /// # Errors
    /// Where one of them needs TLS, and the machine has no certificate authorities.
    pub fn new<'a>(providers: impl IntoIterator<Item = &'a Url>) -> io::Result<Self> {
        let provider = Arc::new(ring::default_provider());
        let builder = HttpsConnectorBuilder::new();
        let needs_tls = providers.into_iter().any(|url| url.scheme() == "https");
        let builder = if needs_tls {
            builder.with_provider_and_native_roots(provider)?
        } else {
            let config = ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .map_err(io::Error::other)?
                .with_root_certificates(RootCertStore::empty())
                .with_no_client_auth();
            builder.with_tls_config(config)
        };
        // People sign in now and then; a connection kept in between would mostly have ended by then.
        let http = legacy::Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(0)
            .build(builder.https_or_http().enable_http1().build());
        Ok(Self {
            http,
            is_plain: false,
        })
    }

    /// The same, for the provider there alone: only one that is on this machine itself may lead to plain
    /// http on it.
    pub fn to(&self, provider: &Url) -> Self {
        Self {
            http: self.http.clone(),
            is_plain: provider.scheme() == "http" && is_safe(provider),
        }
    }

    /// Whether what is at `url` may be asked, or people be sent there.
    pub fn allows(&self, url: &Url) -> bool {
        is_safe(url) && (self.is_plain || url.scheme() == "https")
    }

    /// Sends a request and reads the answer whole, within `limits`.
    pub async fn send(
        &self,
        mut request: HttpRequest,
        limits: Limits,
    ) -> Result<HttpResponse, NoAnswer> {
        let allowed = |uri: &Uri| Url::parse(&uri.to_string()).is_ok_and(|url| self.allows(&url));
        if !allowed(request.uri()) {
            // Without the query, which is nobody’s business.
            let host = request.uri().host().unwrap_or_default().to_owned();
            return Err(NoAnswer::Unsafe(host));
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
                    NoAnswer::Large(limits.bytes)
                } else {
                    NoAnswer::Broken(error)
                }
            })?;
            Ok(HttpResponse::from_parts(head, body.to_bytes().into()))
        };
        timeout(limits.time, exchange)
            .await
            .unwrap_or(Err(NoAnswer::Slow(limits.time)))
    }
}

impl<'c> AsyncHttpClient<'c> for Client {
    type Error = NoAnswer;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, NoAnswer>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request, USUAL))
    }
}
