//! The filters that take a request apart. None of them refuses anything, so that no domain error ever
//! becomes a warp rejection.

use std::{
    convert::Infallible,
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

/// The request's head, and where it comes from.
pub fn caller() -> impl Filter<Extract = (Caller,), Error = Infallible> + Copy {
    warp::method()
        .and(warp::header::headers_cloned())
        .and(warp::ext::optional())
        .and(warp::ext::optional())
        .map(|method, headers, client: Option<Client>, target| {
            // The service tells. Those of whom it didn't would be slowed down as one.
            let nobody = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
            let client = client.unwrap_or(Client {
                address: nobody,
                peer: nobody,
            });
            Caller::new(method, headers, client, target)
        })
}

/// The body, still unread.
pub fn body() -> impl Filter<Extract = (Body,), Error = Rejection> + Copy {
    warp::body::stream().map(Body::new)
}

/// The connection, where the request would have it speak something else than HTTP.
pub fn upgrade() -> impl Filter<Extract = (Option<Upgrade>,), Error = Infallible> + Copy {
    warp::ext::optional()
}

/// The query's names and values, decoded.
pub fn query() -> impl Filter<Extract = (Query,), Error = Rejection> + Copy {
    warp::query().map(Query)
}

/// A connection that can be taken over from HTTP (RFC 9110 §7.8).
#[derive(Clone)]
pub struct Upgrade {
    /// Comes after the answer 101.
    pub connection: OnUpgrade,
    /// What goes on with the connection is done as one of these, so that it ends with them.
    pub tasks: TaskTracker,
}

/// A query string, taken apart.
pub struct Query(Vec<(String, String)>);

impl Query {
    /// The first value of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The id of that name.
    ///
    /// # Errors
    /// [`Error::NotFound`] of `what` where it isn't one: it names nothing.
    pub fn id<T: FromStr>(&self, name: &str, what: &'static str) -> Result<Option<T>> {
        let id = self.get(name).map(str::parse).transpose();
        id.map_err(|_| Error::NotFound(what))
    }
}
