//! The listening socket: accepting connections, their limits and time-outs, and an orderly stop.
//!
//! hyper’s HTTP/1 connection is driven here directly, because `warp::serve` has no time-out for headers, and when
//! it stops it waits for open streams for ever.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    pin::pin,
    sync::Arc,
    time::Duration,
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
    time::{sleep, timeout},
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::{io::InspectWriter, sync::CancellationToken, task::TaskTracker};

use crate::{
    bus::Bus,
    control::ControlSocket,
    followers::{
        Followers,
        attempts::AttemptWriter,
        daily::DailyBackup,
        purge::Purger,
        push::{PushQueue, PushSender},
        search::Indexer,
        sweep::Sweeper,
        text::TextCounter,
    },
    http::{App, ServerSettings, Service, Setup},
    metrics::Metrics,
    model::limits::STREAMS,
    places::{NoPlace, Place, Places},
    store::{self, OpenError, Store},
};

/// How long a request’s head may take, counted from the end of the previous response or from the head’s first byte.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a write may wait for a client that doesn’t read.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long sent data may stay unacknowledged (`TCP_USER_TIMEOUT`, tcp(7)). With a heartbeat every 15 s, a dead
/// connection is closed within a minute.
const ACKNOWLEDGE_TIMEOUT: Duration = Duration::from_secs(40);
const KEEPALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_secs(30))
    .with_interval(Duration::from_secs(10))
    .with_retries(3);
/// How long connections may take to end when the server stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(8);
/// How long a running follower may take to end when the server stops.
const FOLLOWERS_TIMEOUT: Duration = Duration::from_secs(1);
/// The most bytes of a request’s head, and of a response that hyper buffers for a slow reader.
const BUFFER_BYTES: usize = 16 * 1024;
/// The most connections at a time, unless the system’s limit on open files is lower.
const MAX_CONNECTIONS: u64 = 20_000;
/// Open files kept free for everything that isn’t a connection.
const RESERVED_FILES: u64 = 100;
/// How long to wait before accepting again when the system is out of files or memory.
const ACCEPT_RETRY: Duration = Duration::from_millis(100);
/// How many events a receiver’s channel holds before it lags.
pub const BUS_CAPACITY: usize = 8;

/// Everything that a server is started with.
#[derive(Clone, Debug)]
pub struct Config {
    pub listen: SocketAddr,
    pub database: PathBuf,
    /// See [`BUS_CAPACITY`].
    pub bus_capacity: usize,
    /// See [`PUSH_DELAY`](crate::followers::push::PUSH_DELAY).
    pub push_delay: Duration,
    pub settings: ServerSettings,
}

/// Why a server can’t start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Database(#[from] OpenError),
    #[error("can’t listen on {address}: {reason}")]
    Listen {
        address: SocketAddr,
        reason: io::Error,
    },
    #[error(
        "--dev lets anyone sign in as anyone, so it only listens on this machine: use --listen 127.0.0.1:{port}, not {address}"
    )]
    DevIsLocal { address: SocketAddr, port: u16 },
    #[error("can’t prepare the first accounts: {0}")]
    Accounts(crate::error::Error),
}

/// A server that listens but doesn’t answer yet.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    control: Option<ControlSocket>,
    push_delay: Duration,
    app: Arc<App>,
}

impl Server {
    /// Opens the database and the socket.
    pub async fn bind(config: Config) -> Result<Self, StartError> {
        let listener = TcpListener::bind(config.listen);
        Self::start(config, listener).await
    }

    /// Like [`bind`](Self::bind), with a socket that is already open at `config.listen`. Clients may be waiting on it
    /// already.
    pub async fn with_listener(
        listener: std::net::TcpListener,
        config: Config,
    ) -> Result<Self, StartError> {
        let listener = async {
            listener.set_nonblocking(true)?;
            TcpListener::from_std(listener)
        };
        Self::start(config, listener).await
    }

    async fn start(
        config: Config,
        listener: impl Future<Output = io::Result<TcpListener>>,
    ) -> Result<Self, StartError> {
        let Config {
            listen,
            database,
            bus_capacity,
            push_delay,
            settings,
        } = config;
        if settings.dev && !listen.ip().is_loopback() {
            return Err(StartError::DevIsLocal {
                address: listen,
                port: listen.port(),
            });
        }
        // The database first: if the same server is started twice, the error of the second should be about the file.
        let streams = if settings.unlimited {
            usize::MAX
        } else {
            STREAMS
        };
        let (bus, metrics) = (Bus::with_streams(bus_capacity, streams), Metrics::new());
        let store = Store::open(&database, &bus, &metrics)?;
        let listening = async {
            let listener = listener.await?;
            Ok((listener.local_addr()?, listener))
        };
        let (address, listener) = match listening.await {
            Ok(listening) => listening,
            Err(reason) => {
                store.close().await;
                return Err(StartError::Listen {
                    address: listen,
                    reason,
                });
            }
        };
        let setup = if settings.dev {
            for (username, is_admin) in [("john", true), ("jane", false)] {
                store
                    .ensure_user(username, is_admin)
                    .await
                    .map_err(StartError::Accounts)?;
            }
            tracing::warn!("development mode: anyone on this machine can sign in as anyone");
            Setup::unneeded()
        } else {
            Setup::prepare(&store).await.map_err(StartError::Accounts)?
        };
        let app = App::new(store, bus, metrics, setup, settings, address);
        Ok(Self {
            listener,
            address,
            control: ControlSocket::listen(&database),
            push_delay,
            app,
        })
    }

    /// The database.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.app.store
    }

    /// The address that it listens on. If port 0 was asked for, this has the port that the system chose.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The link to create the first account, as long as there is no administrator.
    #[must_use]
    pub fn setup_link(&self) -> Option<String> {
        self.app.setup.link(&self.url())
    }

    /// The URL at which people reach the server, as far as the server knows.
    fn url(&self) -> String {
        if let Some(own) = &self.app.settings.public_url {
            return own.to_string();
        }
        let port = self.address.port();
        if self.address.ip().is_unspecified() {
            format!("http://localhost:{port}")
        } else {
            format!("http://{}", self.address)
        }
    }

    /// Serves until `stop` resolves. Then it ends all streams, waits for requests in progress, and closes the database.
    ///
    /// # Errors
    /// If the store fails for good. Nothing that was answered is lost.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), store::FatalError> {
        let base = self.url();
        let Self {
            listener,
            control,
            push_delay,
            app,
            ..
        } = self;
        let commands = control.map(|control| {
            let (store, metrics) = (app.store.clone(), Arc::clone(&app.metrics));
            let backups = app.settings.backups.clone();
            control.serve(store, metrics, base, backups, app.stopping.clone())
        });
        let commands = tokio::spawn(async {
            if let Some(commands) = commands {
                commands.await;
            }
        });
        let mut followers = Followers::new(
            app.store.clone(),
            Arc::clone(&app.metrics),
            app.stopping.clone(),
        );
        followers.add(Sweeper {
            store: app.store.clone(),
            sign_ins: Arc::clone(&app.settings.oauth),
        });
        followers.add(AttemptWriter {
            store: app.store.clone(),
        });
        followers.add(Indexer {
            store: app.store.clone(),
        });
        followers.add(Purger {
            store: app.store.clone(),
        });
        followers.add(TextCounter {
            store: app.store.clone(),
            limit: if app.settings.unlimited {
                u64::MAX
            } else {
                app.settings.text.0
            },
        });
        let queued = Arc::new(Notify::new());
        followers.add(PushQueue::new(
            app.store.clone(),
            Arc::clone(&app.attention),
            push_delay,
            Arc::clone(&queued),
        ));
        followers.add(PushSender::new(
            app.store.clone(),
            Arc::clone(&app.pusher),
            app.settings.relay.clone(),
            Arc::clone(&app.metrics),
            queued,
        ));
        if let Some(folder) = &app.settings.backups {
            followers.add(DailyBackup {
                folder: Arc::clone(folder),
                store: app.store.clone(),
            });
        }
        let followers = tokio::spawn(followers.run());
        // Not before the server serves: until then, damage would be told as whatever could not be prepared.
        app.store.check_in_background();
        let service = Service::new(&app);
        let end = async {
            let why = tokio::select! {
                () = stop => Ok(()),
                failure = app.store.failed() => Err(failure),
            };
            app.bus.close();
            why
        };
        let outcome = serve(listener, service, end, app.stopping.clone()).await;
        // The control socket is removed before the lock is released. Otherwise this could remove the socket of a server
        // that starts in between.
        if let Err(error) = commands.await {
            tracing::error!(%error, "the command socket failed");
        }
        if timeout(FOLLOWERS_TIMEOUT, followers).await.is_err() {
            tracing::warn!("a follower didn’t stop in time");
        }
        if let Err(error) = app.store.flush_attempts().await {
            tracing::warn!(%error, "the last refused attempts aren’t in the audit log");
        }
        app.store.close().await;
        outcome
    }
}

/// Accepts connections and answers requests with `service` until `stop` resolves. Then it cancels `stopping`, waits for
/// the connections to end, within bounds, and returns the output of `stop`.
pub async fn serve<T>(
    listener: TcpListener,
    service: Service,
    stop: impl Future<Output = T>,
    stopping: CancellationToken,
) -> T {
    let places = Places::new(max_connections());
    let connections = TaskTracker::new();
    let mut stop = pin!(stop);
    let why = loop {
        // At the limit, new connections wait in the system’s queue.
        let accepted = async {
            let (stream, peer) = listener.accept().await?;
            let place = place_for(&places, peer.ip(), &service).await;
            Ok((stream, peer.ip(), place))
        };
        let accepted = tokio::select! {
            why = &mut stop => break why,
            accepted = accepted => accepted,
        };
        match accepted {
            Ok((stream, peer, Some(place))) => {
                let (service, stopping) = (service.clone(), stopping.clone());
                connections.spawn(serve_connection(stream, peer, service, stopping, place));
            }
            // Closing it is the answer.
            Ok((_, _, None)) => {}
            Err(error) if is_connection_error(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "can’t accept connections; trying again");
                sleep(ACCEPT_RETRY).await;
            }
        }
    };
    drop(listener);
    stopping.cancel();
    connections.close();
    if timeout(DRAIN_TIMEOUT, connections.wait()).await.is_err() {
        tracing::warn!(
            connections = connections.len(),
            "some connections didn’t close in time"
        );
    }
    why
}

/// A place for a new connection, as soon as there is one. None if its network has as many as it may have.
async fn place_for(places: &Arc<Places>, peer: IpAddr, service: &Service) -> Option<Arc<Place>> {
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

async fn serve_connection(
    stream: TcpStream,
    peer: IpAddr,
    service: Service,
    stopping: CancellationToken,
    place: Arc<Place>,
) {
    if let Err(error) = configure(&stream) {
        tracing::debug!(%error, "can’t configure a connection");
        return;
    }
    let metrics = Arc::clone(service.metrics());
    let _counted = metrics.connection();
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_TIMEOUT));
    let stream = InspectWriter::new(stream, move |written: &[u8]| {
        metrics.bytes_sent.inc_by(written.len() as u64);
    });
    let afterwards = TaskTracker::new();
    let answer = service_fn(|request| service.answer(peer, &place, &afterwards, request));
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            .max_buf_size(BUFFER_BYTES)
            .serve_connection(TokioIo::new(Box::pin(stream)), answer)
            .with_upgrades()
    );
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        // Somebody else needs its place.
        () = place.gone() => return,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
    // A connection that was upgraded, as to a WebSocket, still counts.
    afterwards.close();
    afterwards.wait().await;
}

fn configure(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    socket.set_tcp_keepalive(&KEEPALIVE)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(ACKNOWLEDGE_TIMEOUT))?;
    Ok(())
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
    let files = raise_file_limit().unwrap_or(MAX_CONNECTIONS);
    let connections = files
        .saturating_sub(RESERVED_FILES)
        .clamp(1, MAX_CONNECTIONS);
    usize::try_from(connections).unwrap_or(1)
}

/// Raises the limit on open files, and returns the limit now in force. None means that there is no limit.
fn raise_file_limit() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or(MAX_CONNECTIONS + RESERVED_FILES, |maximum| {
        maximum.min(MAX_CONNECTIONS + RESERVED_FILES)
    });
    match current {
        Some(current) if current < wanted => {
            let raised = setrlimit(
                Resource::Nofile,
                Rlimit {
                    current: Some(wanted),
                    maximum,
                },
            );
            Some(if raised.is_ok() { wanted } else { current })
        }
        current => current,
    }
}
