//! The server: starting it, and stopping it in good order. How connections are accepted is in `accept`, and what happens in
//! each of them is in `connection`.

mod accept;
mod connection;
mod exchange;
mod instance;
mod stream;

use std::{future, io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use rustls::RootCertStore;
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

pub use self::{accept::serve, connection::Protocol};

use self::{
    exchange::Exchanging,
    instance::{Instance, Opened},
};
use crate::{
    bus::Capacity,
    http::{Answer, Recorder, ServerSettings, Site},
    lab::{Exchange, Lab, LabSettings, seed::SeedError, snapshots::SnapshotName},
    listening::{ListenAddress, Listener},
    metrics::Metrics,
    platform,
    store::{self, BackupError, OpenError, Store},
    tls::{
        acme::{Acme, AcmeError, AcmeSettings},
        home::{Home, Ports},
    },
};

/// How long it may take to look after the certificate of a home, and to say goodbye to its network.
const HOME_TIMEOUT: Duration = Duration::from_secs(2);

/// Everything that a server is started with.
#[derive(Clone, Debug)]
pub struct Config {
    pub listen: ListenAddress,
    pub database: PathBuf,
    pub bus: Capacity,
    /// See [`PUSH_DELAY`](crate::followers::push::PUSH_DELAY).
    pub push_delay: Duration,
    /// Where plain http is answered that leads to https, if the server speaks TLS.
    pub http_listen: Option<SocketAddr>,
    /// Where the certificate is from, if the server asks for it itself.
    pub acme: Option<AcmeSettings>,
    /// The front-end lab, if it is to be one.
    pub lab: Option<LabSettings>,
    pub settings: ServerSettings,
}

/// Why a server can’t start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Database(#[from] OpenError),
    #[error("can’t listen on {address}: {reason}")]
    Listen {
        address: ListenAddress,
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
    #[error("can’t prepare the lab: {0}")]
    Lab(BackupError),
    #[error("can’t prepare the lab: {0}")]
    Seed(#[from] SeedError),
}

/// A server that listens but doesn’t answer yet.
pub struct Server {
    listener: Listener,
    /// The one for plain http that leads to https.
    http_listener: Option<Listener>,
    address: ListenAddress,
    acme: Option<Acme>,
    instance: Instance,
    /// Cancelled when it stops.
    stopping: CancellationToken,
    lab: Option<LabServer>,
}

/// What a lab needs to serve one database after another.
struct LabServer {
    lab: Arc<Lab>,
    orders: mpsc::Receiver<Exchange>,
    config: Config,
}

impl LabServer {
    /// Sets the clock, and makes the database if there is none.
    fn begin(settings: LabSettings, config: &Config) -> Result<Self, StartError> {
        let (lab, orders) = Lab::new(settings).map_err(StartError::Accounts)?;
        if !config.database.exists() {
            lab.plant(&lab.settings.seed, &config.database)?;
        }
        Ok(Self {
            lab: Arc::new(lab),
            orders,
            config: config.clone(),
        })
    }
}

impl Server {
    /// Opens the database and the socket.
    pub async fn bind(config: Config) -> Result<Self, StartError> {
        let address = config.listen.clone();
        Self::start(config, Listener::bind(&address)).await
    }

    /// Like [`bind`](Self::bind), with a socket that is already open at `config.listen`. Clients may be waiting on it
    /// already.
    pub async fn with_listener(listener: Listener, config: Config) -> Result<Self, StartError> {
        Self::start(config, future::ready(Ok(listener))).await
    }

    async fn start(
        config: Config,
        listener: impl Future<Output = io::Result<Listener>>,
    ) -> Result<Self, StartError> {
        let (listen, http_listen) = (config.listen.clone(), config.http_listen);
        let mut addresses = [listen.tcp(), http_listen].into_iter().flatten();
        if config.settings.dev
            && let Some(address) = addresses.find(|address| !address.ip().is_loopback())
        {
            return Err(StartError::DevIsLocal {
                address,
                port: address.port(),
            });
        }
        // First of all, as it sets the clock.
        let lab = match config.lab.clone() {
            Some(settings) => Some(LabServer::begin(settings, &config)?),
            None => None,
        };
        // The database first: if the same server is started twice, the error of the second should be about the file.
        let opened = Opened::open(&config, Metrics::new())?;
        if platform::is_for_others(&config.database) {
            tracing::info!(
                "the database isn’t in your profile: others who sign in to this machine may be able to read it, unless its \
                 folder is yours alone"
            );
        }
        let listening = async {
            let at = |address: &ListenAddress| {
                let address = address.clone();
                move |reason| StartError::Listen { address, reason }
            };
            let listener = listener.await.map_err(at(&listen))?;
            let address = listener.address().map_err(at(&listen))?;
            let http_listener = match http_listen.map(ListenAddress::from) {
                Some(http) => Some(Listener::bind(&http).await.map_err(at(&http))?),
                None => None,
            };
            Ok((address, listener, http_listener))
        };
        let (address, listener, http_listener) = match listening.await {
            Ok(listening) => listening,
            Err(error) => {
                opened.store.close().await;
                return Err(error);
            }
        };
        let settings = &config.settings;
        if settings.dev {
            tracing::warn!("development mode: anyone on this machine can sign in as anyone");
        }
        if let Some(home) = settings.tls.as_ref().and_then(|tls| tls.home())
            && let Some(https) = address.tcp()
        {
            let http = http_listener.as_ref().and_then(port_of);
            home.listens(Ports {
                https: https.port(),
                http: http.map(|address| address.port()),
            });
        }
        let acme = match (config.acme.clone(), &settings.tls) {
            (Some(acme), Some(tls)) => {
                let has_http = http_listener.is_some();
                Some(Acme::new(acme, &config.database, tls, has_http)?)
            }
            _ => None,
        };
        let stopping = CancellationToken::new();
        let site = Site {
            address: address.clone(),
            stopping: stopping.child_token(),
            lab: lab.as_ref().map(|lab| Arc::clone(&lab.lab)),
        };
        let instance = opened.prepare(&config, site).await?;
        if let Some(LabServer { lab, .. }) = &lab {
            let own_url = settings.own_url(&address.to_string());
            let home = settings.tls.as_ref().and_then(|tls| tls.home());
            let authorities = home.map_or_else(RootCertStore::empty, |home| home.trusted());
            lab.engage(own_url, authorities)
                .map_err(StartError::Accounts)?;
            let people = lab.people().map_err(StartError::Accounts)?;
            let signed_in = people.sign_in(&instance.app.store);
            signed_in.await.map_err(StartError::Accounts)?;
            let start = SnapshotName::start();
            lab.snapshots
                .take(instance.app.store.path(), &start)
                .map_err(StartError::Lab)?;
        }
        Ok(Self {
            listener,
            http_listener,
            address,
            acme,
            instance,
            stopping,
            lab,
        })
    }

    /// The database.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.instance.app.store
    }

    /// Who is there in a lab.
    #[must_use]
    pub fn people(&self) -> Vec<String> {
        let lab = self.lab.as_ref();
        lab.map_or_else(Vec::new, |server| server.lab.usernames())
    }

    /// Where it listens. If port 0 was asked for, this has the port that the system chose.
    #[must_use]
    pub fn address(&self) -> &ListenAddress {
        &self.address
    }

    /// The link to create the first account, as long as there is no administrator.
    #[must_use]
    pub fn setup_link(&self) -> Option<String> {
        self.instance.app.setup.link(&self.url())
    }

    /// The authority of a home, if the certificate is from the server’s own.
    #[must_use]
    pub fn home(&self) -> Option<&Arc<Home>> {
        self.instance.app.settings.tls.as_ref()?.home()
    }

    /// The address of the listener for plain http that leads to https, if there is one.
    #[must_use]
    pub fn http_address(&self) -> Option<SocketAddr> {
        port_of(self.http_listener.as_ref()?)
    }

    /// The URL of the address that it listens on. A socket in the file system has none, and is as in `--listen`.
    #[must_use]
    pub fn listening_url(&self) -> String {
        let settings = &self.instance.app.settings;
        match &self.address {
            ListenAddress::Tcp(address) => settings.own_url(&address.to_string()),
            socket @ ListenAddress::Unix(_) => socket.to_string(),
        }
    }

    /// The URL at which people reach the server, as far as the server knows.
    fn url(&self) -> String {
        self.instance.app.settings.url(&self.address)
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
            acme,
            instance,
            stopping,
            lab,
        } = self;
        let settings = Arc::clone(&instance.app.settings);
        let running = instance.start(base.clone());
        let home = keep_home(&settings, &address, &stopping);
        let port = address.tcp().map(|address| address.port());
        let mut service: Arc<dyn Answer> = Arc::new(running.service.clone());
        let exchanging = lab.map(
            |LabServer {
                 lab,
                 orders,
                 config,
             }| {
                let exchangeable = Exchanging::service(&lab, &running, &stopping);
                service = Arc::new(Recorder {
                    inner: Arc::clone(&exchangeable),
                    log: Arc::clone(&lab.log),
                });
                lab.live(&stopping);
                Exchanging {
                    lab,
                    orders,
                    config,
                    address,
                    base,
                    stopping: stopping.clone(),
                    service: exchangeable,
                }
            },
        );
        let mut listeners = Vec::new();
        if let Some(listener) = http_listener {
            let plaintext = running.service.plaintext(port);
            listeners.push((listener, Protocol::Http(Arc::new(plaintext))));
        }
        let protocol = match &settings.tls {
            Some(tls) => {
                tokio::spawn(Arc::clone(tls).watch(stopping.clone()));
                Protocol::Https {
                    plaintext: Arc::new(running.service.plaintext(None)),
                    acceptor: tls.acceptor(),
                    service,
                }
            }
            None => Protocol::Http(service),
        };
        listeners.push((listener, protocol));
        let certificates = acme.map(|acme| tokio::spawn(acme.run(stopping.clone())));
        let end = async {
            let (running, why) = if let Some(exchanging) = exchanging {
                exchanging.run(running, stop).await
            } else {
                let why = tokio::select! {
                    () = stop => Ok(()),
                    failure = running.app.store.failed() => Err(failure),
                };
                (Some(running), why)
            };
            if let Some(running) = &running {
                running.app.bus.close();
            }
            (running, why)
        };
        let (running, outcome) = serve(listeners, end, stopping.clone()).await;
        finish_home(home).await;
        end_of(certificates).await;
        if let Some(running) = running {
            running.end().await;
        }
        outcome
    }
}

/// Looks after the certificate of a home, if there is one, until the server stops.
fn keep_home(
    settings: &ServerSettings,
    listening: &ListenAddress,
    stopping: &CancellationToken,
) -> Option<JoinHandle<()>> {
    let home = Arc::clone(settings.tls.as_ref()?.home()?);
    let ip = listening.tcp()?.ip();
    Some(tokio::spawn(home.keep(ip, stopping.clone())))
}

fn port_of(listener: &Listener) -> Option<SocketAddr> {
    listener.address().ok()?.tcp()
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
