//! Processes that do less than the server does: what is left between the two is the server's own.

use std::{
    convert::Infallible,
    fs::File,
    hint::spin_loop,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{process::announce, relay};
use anyhow::{Result, ensure};
use clap::Subcommand;
use futures_util::{StreamExt, stream};
use rustix::{
    fs::{MemfdFlags, memfd_create},
    time::{ClockId, clock_gettime},
};
use tincan::{
    bus::{Bus, Capacity},
    http::{App, ServerSettings, Service, Setup, Site, filter},
    listening::Listener,
    metrics::Metrics,
    server::{self, Protocol},
    store::Store,
};
use tokio::net::TcpListener;

use warp::{
    Filter, Reply,
    http::{StatusCode, header::CONTENT_TYPE},
    reply::Response,
};

/// What this program is when it has started itself.
#[derive(Clone, Debug, Subcommand)]
pub enum Ceiling {
    /// The server with routes that do nothing in front of its own
    Tree {
        db: PathBuf,
        /// Bytes of the answer to a GET
        get: usize,
        /// Bytes of the answer to a POST
        post: usize,
    },
    /// A relay from senders to one receiver that makes what it passes on durable
    Relay {
        db: PathBuf,
        /// Bytes of a request
        request: usize,
        /// Bytes of an event
        event: usize,
    },
    /// A relay that keeps nothing: a loop that writes to as many receivers as there are
    Fan {
        /// Bytes of a request
        request: usize,
        /// Bytes of an event
        event: usize,
    },
    /// Says that it is ready, and is done
    Ready,
    /// Syncs so many times, which must take so long: whether a disk is slow
    Syncs { count: u32, millis: u64 },
    /// Takes so much of a processor: whether that is bounded
    Spin { millis: u64 },
}

impl Ceiling {
    /// # Errors
    /// Where it can't be served.
    pub async fn run(self) -> Result<()> {
        match self {
            Self::Tree { db, get, post } => tree(db, get, post).await,
            Self::Relay { db, request, event } => relay::run(Some(&db), request, event),
            Self::Fan { request, event } => relay::run(None, request, event),
            Self::Ready => done(),
            Self::Syncs { count, millis } => {
                // A file in memory takes no time by itself.
                let file = File::from(memfd_create("synced", MemfdFlags::CLOEXEC)?);
                let start = Instant::now();
                for _ in 0..count {
                    file.sync_all()?;
                }
                let took = start.elapsed();
                ensure!(
                    took >= Duration::from_millis(millis),
                    "{count} syncs took no more than {took:?}"
                );
                done()
            }
            Self::Spin { millis } => {
                let clock = || Duration::try_from(clock_gettime(ClockId::ProcessCPUTime));
                while clock()? < Duration::from_millis(millis) {
                    spin_loop();
                }
                done()
            }
        }
    }
}

/// Says that there was no more to do than this.
fn done() -> Result<()> {
    announce(SocketAddr::from((Ipv4Addr::LOCALHOST, 1)))
}

/// The same accept loop, the same tree; but sending, reading a page and following are answered at
/// once, with as many bytes as the server's own answers have.
async fn tree(db: PathBuf, get: usize, post: usize) -> Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let (bus, metrics) = (Bus::new(Capacity::default()), Metrics::new());
    let store = Store::open(&db, None, &bus, &metrics)?;
    let settings = ServerSettings {
        dev: true,
        unlimited: true,
        ..ServerSettings::default()
    };
    let setup = Setup::unneeded();
    let app = App::new(
        store,
        bus,
        metrics,
        setup,
        settings,
        Site::new(listener.local_addr()?),
    );
    // Grouped and boxed as the server's own routes are, so that the way through the tree is as long.
    let messages = warp::path!(i64 / "messages");
    let send = messages
        .and(warp::post())
        .and(warp::body::bytes())
        .map(move |_, _| json(StatusCode::CREATED, post));
    let read = messages
        .and(warp::get())
        .map(move |_| json(StatusCode::OK, get));
    let conversations = warp::path("conversations").and(send.or(read).unify().boxed());
    let follow = warp::path!("messages").and(warp::get()).map(|| {
        let hello = stream::once(async { Ok::<_, Infallible>("event:hello\ndata:{}\n\n") });
        let mut response = warp::reply::stream(hello.chain(stream::pending())).into_response();
        let event_stream = warp::http::HeaderValue::from_static("text/event-stream");
        response.headers_mut().insert(CONTENT_TYPE, event_stream);
        response
    });
    let api = conversations.boxed().or(follow).unify();
    let nothing = warp::path("api").and(api.boxed());
    let service = Service::with_filter(nothing.or(filter(&app)).unify().boxed(), &app);
    announce(listener.local_addr()?)?;
    server::serve(
        vec![(Listener::Tcp(listener), Protocol::Http(Arc::new(service)))],
        std::future::pending::<()>(),
        app.stopping.clone(),
    )
    .await;
    Ok(())
}

fn json(status: StatusCode, length: usize) -> Response {
    let body = warp::reply::with_header("0".repeat(length), CONTENT_TYPE, "application/json");
    warp::reply::with_status(body, status).into_response()
}
