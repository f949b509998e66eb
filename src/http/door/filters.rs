//! The filters that extract the parts of a request. None of them rejects, so that no domain error ever becomes a warp
//! rejection.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr},
};

use hyper::upgrade::OnUpgrade;
use tokio_util::task::TaskTracker;
use warp::{Filter, Rejection};

use super::{
    body::Body,
    caller::{Caller, Client},
    query::Query,
};

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
                place: None,
                recording: None,
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
    warp::query().map(Query::new)
}

/// A connection that can be switched to another protocol (RFC 9110 §7.8).
#[derive(Clone)]
pub struct Upgrade {
    /// Resolves once the response 101 has been sent.
    pub connection: OnUpgrade,
    /// The task that then uses the connection must be spawned here, so that the server waits for it.
    pub tasks: TaskTracker,
}
