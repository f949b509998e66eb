//! Connects to permitted addresses only.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use hyper::Uri;
use hyper_util::{
    client::legacy::connect::{HttpConnector, dns::Name},
    rt::TokioIo,
};
use ipnet::IpNet;
use tokio::net::{TcpStream, lookup_host};
use tower_service::Service;
use url::Url;

use super::address::is_public;

/// How long connecting may take. It is less than any exchange may, so that a machine that is off is told from one that has the
/// request and doesn’t answer.
const CONNECT_TIME: Duration = Duration::from_secs(5);

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type BoxFuture<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

/// Connects to the addresses that a [`Rule`] permits. The rest is done by hyper’s connector, which tries IPv6 and IPv4
/// side by side (RFC 8305).
#[derive(Clone)]
pub struct Connector {
    /// The origin that the administrator set up. None if requests may go anywhere.
    origin: Option<Url>,
    allowed: Arc<[IpNet]>,
}

/// Which addresses may be connected to for one request.
#[derive(Clone)]
struct Rule {
    /// The request goes to the origin that the administrator set up, so any address will do.
    is_configured: bool,
    /// The connection isn’t encrypted, so it must not leave this machine.
    is_plain: bool,
    allowed: Arc<[IpNet]>,
}

/// The address isn’t part of the public internet, and nobody allowed it.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not a public address")]
pub struct Refused(IpAddr);

impl Connector {
    pub fn new(origin: Option<Url>, allowed: Arc<[IpNet]>) -> Self {
        Self { origin, allowed }
    }

    fn rule(&self, uri: &Uri) -> Rule {
        let url = Url::parse(&uri.to_string());
        Rule {
            is_configured: url.is_ok_and(|url| {
                let own = self.origin.as_ref();
                own.is_some_and(|own| own.origin() == url.origin())
            }),
            is_plain: uri.scheme_str() != Some("https"),
            allowed: Arc::clone(&self.allowed),
        }
    }
}

/// Whether the address is part of the public internet, or of a network that the administrator allows.
pub fn is_permitted(address: IpAddr, allowed: &[IpNet]) -> bool {
    let address = address.to_canonical();
    is_public(address) || allowed.iter().any(|network| network.contains(&address))
}

impl Rule {
    fn check(&self, address: IpAddr) -> Result<(), Refused> {
        let address = address.to_canonical();
        let is_permitted = self.is_configured || is_permitted(address, &self.allowed);
        if is_permitted && (!self.is_plain || address.is_loopback()) {
            Ok(())
        } else {
            Err(Refused(address))
        }
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TcpStream>;
    type Error = BoxError;
    type Future = BoxFuture<Self::Response, BoxError>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let rule = self.rule(&uri);
        Box::pin(async move {
            // hyper resolves only names. A literal address never reaches the resolver, so it is checked here.
            let host = uri.host().unwrap_or_default();
            let bare = host.trim_start_matches('[').trim_end_matches(']');
            if let Ok(address) = bare.parse() {
                rule.check(address)?;
            }
            let mut connector = HttpConnector::new_with_resolver(Resolver(rule));
            // Allow https URLs: TLS is added on top of this connection.
            connector.enforce_http(false);
            connector.set_connect_timeout(Some(CONNECT_TIME));
            Ok(connector.call(uri).await?)
        })
    }
}

/// Resolves names to permitted addresses.
#[derive(Clone)]
struct Resolver(Rule);

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = BoxError;
    type Future = BoxFuture<Self::Response, BoxError>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let Self(rule) = self.clone();
        Box::pin(async move {
            let mut permitted = Vec::new();
            let mut refused = None;
            // hyper sets the port itself.
            for address in lookup_host((name.as_str(), 0)).await? {
                match rule.check(address.ip()) {
                    Ok(()) => permitted.push(address),
                    Err(reason) => refused = Some(reason),
                }
            }
            match refused {
                Some(reason) if permitted.is_empty() => Err(reason.into()),
                None if permitted.is_empty() => {
                    Err(io::Error::from(io::ErrorKind::NotFound).into())
                }
                _ => Ok(permitted.into_iter()),
            }
        })
    }
}
