//! The server: starting it, and stopping it in good order. How connections are accepted is in `accept`, and what happens in
//! each of them is in `connection`.

mod accept;
mod connection;

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::Notify, task::JoinHandle, time::timeout};

pub use self::{accept::serve, connection::Protocol};

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
    status::Setting,
    store::{self, OpenError, Store},
    tls::{
        acme::{Acme, AcmeError, AcmeSettings},
        home::{Home, Ports},
    },
    webauthn::RelyingParty,
};

/// How long a running follower may take to end when the server stops.
const FOLLOWERS_TIMEOUT: Duration = Duration::from_secs(1);
/// How long it may take to look after the certificate of a home, and to say goodbye to its network.
const HOME_TIMEOUT: Duration = Duration::from_secs(2);
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
    /// Where plain http is answered that leads to https, if the server speaks TLS.
    pub http_listen: Option<SocketAddr>,
    /// Where the certificate is from, if the server asks for it itself.
    pub acme: Option<AcmeSettings>,
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
    #[error(transparent)]
    Acme(#[from] AcmeError),
}

/// A server that listens but doesn’t answer yet.
pub struct Server {
    listener: TcpListener,
    /// The one for plain http that leads to https.
    http_listener: Option<TcpListener>,
    address: SocketAddr,
    control: Option<ControlSocket>,
    push_delay: Duration,
    acme: Option<Acme>,
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
            http_listen,
            acme,
            settings,
        } = config;
        let mut addresses = [Some(listen), http_listen].into_iter().flatten();
        if settings.dev
            && let Some(address) = addresses.find(|address| !address.ip().is_loopback())
        {
            return Err(StartError::DevIsLocal {
                address,
                port: address.port(),
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
        let rp_id = settings.public_url.as_ref().map(|url| {
            let party = RelyingParty::at(&url.to_string());
            party.map_or_else(String::new, |party| party.id().to_owned())
        });
        store
            .set_relying_party(rp_id)
            .await
            .map_err(StartError::Accounts)?;
        let listening = async {
            let at = |address| move |reason| StartError::Listen { address, reason };
            let listener = listener.await.map_err(at(listen))?;
            let address = listener.local_addr().map_err(at(listen))?;
            let http_listener = match http_listen {
                Some(http) => Some(TcpListener::bind(http).await.map_err(at(http))?),
                None => None,
            };
            Ok((address, listener, http_listener))
        };
        let (address, listener, http_listener) = match listening.await {
            Ok(listening) => listening,
            Err(error) => {
                store.close().await;
                return Err(error);
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
        if let Some(home) = settings.tls.as_ref().and_then(|tls| tls.home()) {
            let http = http_listener
                .as_ref()
                .and_then(|http| http.local_addr().ok());
            home.listens(Ports {
                https: address.port(),
                http: http.map(|address| address.port()),
            });
        }
        let acme = match (acme, &settings.tls) {
            (Some(acme), Some(tls)) => {
                Some(Acme::new(acme, &database, tls, http_listener.is_some())?)
            }
            _ => None,
        };
        let app = App::new(store, bus, metrics, setup, settings, address);
        Ok(Self {
            listener,
            http_listener,
            address,
            control: ControlSocket::listen(&database),
            push_delay,
            acme,
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

    /// The authority of a home, if the certificate is from the server’s own.
    #[must_use]
    pub fn home(&self) -> Option<&Arc<Home>> {
        self.app.settings.tls.as_ref()?.home()
    }

    /// The address of the listener for plain http that leads to https, if there is one.
    #[must_use]
    pub fn http_address(&self) -> Option<SocketAddr> {
        self.http_listener.as_ref()?.local_addr().ok()
    }

    /// The URL of the address that it listens on.
    #[must_use]
    pub fn listening_url(&self) -> String {
        self.app.settings.own_url(&self.address.to_string())
    }

    /// The URL at which people reach the server, as far as the server knows.
    fn url(&self) -> String {
        self.app.settings.url(self.address)
    }

    /// Serves until `stop` resolves. Then it ends all streams, waits for requests in progress, and closes the database.
    ///
    /// # Errors
    /// If the store fails for good. Nothing that was answered is lost.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), store::FatalError> {
        let base = self.url();
        let Self {
            listener,
            http_listener,
            address,
            control,
            push_delay,
            acme,
            app,
        } = self;
        let commands = control.map(|control| {
            let (store, metrics) = (app.store.clone(), Arc::clone(&app.metrics));
            let setting = Setting {
                base,
                backups: app.settings.backups.clone(),
                tls: app.settings.tls.clone(),
            };
            control.serve(store, metrics, setting, app.stopping.clone())
        });
        let commands = tokio::spawn(async {
            if let Some(commands) = commands {
                commands.await;
            }
        });
        let followers = tokio::spawn(followers(&app, push_delay).run());
        // Not before the server serves: until then, damage would be told as whatever could not be prepared.
        app.store.check_in_background();
        let service = Service::new(&app);
        let home = keep_home(&app, address);
        let mut listeners = Vec::new();
        if let Some(listener) = http_listener {
            let plaintext = service.plaintext(Some(address.port()));
            listeners.push((listener, Protocol::Http(plaintext)));
        }
        let protocol = match &app.settings.tls {
            Some(tls) => {
                tokio::spawn(Arc::clone(tls).watch(app.stopping.clone()));
                Protocol::Https {
                    plaintext: service.plaintext(None),
                    acceptor: tls.acceptor(),
                    service,
                }
            }
            None => Protocol::Http(service),
        };
        listeners.push((listener, protocol));
        let certificates = acme.map(|acme| tokio::spawn(acme.run(app.stopping.clone())));
        let end = async {
            let why = tokio::select! {
                () = stop => Ok(()),
                failure = app.store.failed() => Err(failure),
            };
            app.bus.close();
            why
        };
        let outcome = serve(listeners, end, app.stopping.clone()).await;
        // The control socket is removed before the lock is released. Otherwise this could remove the socket of a server
        // that starts in between.
        if let Err(error) = commands.await {
            tracing::error!(%error, "the command socket failed");
        }
        if timeout(FOLLOWERS_TIMEOUT, followers).await.is_err() {
            tracing::warn!("a follower didn’t stop in time");
        }
        finish_home(home).await;
        end_of(certificates).await;
        if let Err(error) = app.store.flush_attempts().await {
            tracing::warn!(%error, "the last refused attempts aren’t in the audit log");
        }
        app.store.close().await;
        outcome
    }
}

/// What is done after commits, and by the clock.
fn followers(app: &App, push_delay: Duration) -> Followers {
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
    followers
}

/// Looks after the certificate of a home, if there is one, until the server stops.
fn keep_home(app: &App, listening: SocketAddr) -> Option<JoinHandle<()>> {
    let home = Arc::clone(app.settings.tls.as_ref()?.home()?);
    Some(tokio::spawn(
        home.keep(listening.ip(), app.stopping.clone()),
    ))
}

/// Waits until its network has been told that the server stops.
async fn finish_home(home: Option<JoinHandle<()>>) {
    if let Some(home) = home
        && timeout(HOME_TIMEOUT, home).await.is_err()
    {
        tracing::warn!("the network wasn’t told in time that this server stops");
    }
}

/// Waits for what renews the certificate, which ends at once when the server stops.
async fn end_of(certificates: Option<JoinHandle<()>>) {
    if let Some(certificates) = certificates
        && let Err(error) = certificates.await
    {
        tracing::error!(%error, "what renews the certificate failed");
    }
}
