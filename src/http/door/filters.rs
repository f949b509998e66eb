//! The filters that extract the parts of a request. None of them rejects, so that no domain error ever becomes a warp
//! rejection.

use std::{
    convert::Infallible,
    fmt::{self, Display, Formatter},
    net::{IpAddr, Ipv4Addr},
    str::FromStr,
};

use hyper::upgrade::OnUpgrade;
use tokio_util::task::TaskTracker;
use warp::{Filter, Rejection};

use super::{
    body::Body,
    caller::{Caller, Client},
};
use crate::error::{Error, Result};

/// The request’s head, and where it comes from.
pub fn caller() -> impl Filter<Extract = (Caller,), Error = Infallible> + Copy {
    warp::method()
        .and(warp::header::headers_cloned())
        .and(warp::ext::optional())
        .and(warp::ext::optional())
        .map(|method, headers, client: Option<Client>, target| {
            // `Service` always sets it. Without it, all requests would be throttled as one client.
            let nobody = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
            let client = client.unwrap_or(Client {
                address: nobody,
                peer: nobody,
            });
            Caller::new(method, headers, client, target)
        })
}

/// The unread body.
pub fn body() -> impl Filter<Extract = (Body,), Error = Rejection> + Copy {
    warp::body::stream().map(Body::new)
}

/// The connection, if the request asks for another protocol.
pub fn upgrade() -> impl Filter<Extract = (Option<Upgrade>,), Error = Infallible> + Copy {
    warp::ext::optional()
}

/// The decoded names and values of the query.
pub fn query() -> impl Filter<Extract = (Query,), Error = Rejection> + Copy {
    warp::query().map(Query)
}

/// A connection that can be switched to another protocol (RFC 9110 §7.8).
#[derive(Clone)]
pub struct Upgrade {
    /// Resolves once the response 101 has been sent.
    pub connection: OnUpgrade,
    /// The task that then uses the connection must be spawned here, so that the server waits for it.
    pub tasks: TaskTracker,
}

/// A parsed query string. It is displayed as it is written in a URL, after its `?`.
pub struct Query(Vec<(String, String)>);

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        let text = serde_urlencoded::to_string(&self.0).map_err(|_| fmt::Error)?;
        write!(f, "?{text}")
    }
}

impl Query {
    /// The first value with this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The id in the parameter `name`, if it is there.
    ///
    /// # Errors
    /// [`Error::NotFound`] of `what` if it isn’t an id, as no such thing exists.
    pub fn id<T: FromStr>(&self, name: &str, what: &'static str) -> Result<Option<T>> {
        let id = self.get(name).map(str::parse).transpose();
        id.map_err(|_| Error::NotFound(what))
    }
}
