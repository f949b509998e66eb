//! Accepting connections: how many there may be, and how all of them end when the server stops.

use std::{convert::Infallible, io, net::IpAddr, pin::pin, sync::Arc, time::Duration};

use tokio::time::{sleep, timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::connection::{Connection, Protocol};
use crate::{
    http::Answer,
    listening::Listener,
    places::{NoPlace, Place, Places},
    platform,
};

/// How long connections may take to end when the server stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(8);
/// The most connections at a time, unless the system’s limit on open files is lower.
const MAX_CONNECTIONS: u64 = 20_000;
/// Open files kept free for everything that isn’t a connection.
const RESERVED_FILES: u64 = 100;
/// How long to wait before accepting again when the system is out of files or memory.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);

/// Accepts connections at each socket, and answers what comes in them, until `stop` resolves. Then it cancels `stopping`,
/// waits for the connections to end, within bounds, and returns the output of `stop`. All sockets share the places.
pub async fn serve<T>(
    listeners: Vec<(Listener, Protocol)>,
    stop: impl Future<Output = T>,
    stopping: CancellationToken,
) -> T {
    let places = Places::new(max_connections());
    let connections = TaskTracker::new();
    let mut stop = pin!(stop);
    let accepting: Vec<_> = listeners
        .into_iter()
        .map(|(listener, protocol)| {
            let (places, connections) = (Arc::clone(&places), connections.clone());
            let stopping = stopping.clone();
            tokio::spawn(async move {
                let accepting = accept(&listener, &protocol, &places, &connections, &stopping);
                stopping.run_until_cancelled(accepting).await;
            })
        })
        .collect();
    let why = stop.as_mut().await;
    stopping.cancel();
    for accepting in accepting {
        if let Err(error) = accepting.await {
            tracing::error!(%error, "accepting connections failed");
        }
    }
    connections.close();
    if timeout(DRAIN_TIMEOUT, connections.wait()).await.is_err() {
        tracing::warn!(
            connections = connections.len(),
            "some connections didn’t close in time"
        );
    }
    why
}

/// Accepts connections for ever.
async fn accept(
    listener: &Listener,
    protocol: &Protocol,
    places: &Arc<Places>,
    connections: &TaskTracker,
    stopping: &CancellationToken,
) -> Infallible {
    loop {
        // At the limit, new connections wait in the system’s queue.
        let accepted = async {
            let (stream, peer) = listener.accept().await?;
            let place = place_for(places, peer, protocol.service()).await;
            Ok((stream, peer, place))
        };
        match accepted.await {
            Ok((stream, peer, Some(place))) => {
                let connection = Connection {
                    peer,
                    place,
                    stopping: stopping.clone(),
                };
                connections.spawn(connection.serve(stream, protocol.clone()));
            }
            // Closing it is the answer.
            Ok((_, _, None)) => {}
            Err(error) if is_connection_error(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "can’t accept connections; trying again");
                sleep(ACCEPT_RETRY).await;
            }
        }
    }
}

/// A place for a new connection, as soon as there is one. None if its network has as many as it may have.
async fn place_for(
    places: &Arc<Places>,
    peer: IpAddr,
    service: &Arc<dyn Answer>,
) -> Option<Arc<Place>> {
    let metrics = service.metrics();
    let is_proxy = service.is_proxy(peer);
    loop {
        match places.take(peer, is_proxy) {
            Ok(place) => return Some(place),
            Err(NoPlace::OfNetwork) => {
                metrics.limited("addresses");
                return None;
            }
            Err(NoPlace::AtAll) => {
                metrics.limited("places");
                places.freed().await;
            }
        }
    }
}

/// Whether the error is about the one connection that was to be accepted, and not about the listener.
fn is_connection_error(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    )
}

/// How many connections fit into the limit on open files, which is raised first as far as the system allows.
fn max_connections() -> usize {
    let files = platform::raise_file_limit(MAX_CONNECTIONS + RESERVED_FILES);
    let files = files.unwrap_or(MAX_CONNECTIONS);
    let connections = files
        .saturating_sub(RESERVED_FILES)
        .clamp(1, MAX_CONNECTIONS);
    usize::try_from(connections).unwrap_or(1)
}
