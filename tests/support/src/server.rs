//! A server inside the test's process, as different tests want it.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::json;
use tempfile::TempDir;
use tincan::{
    bus::Capacity,
    followers::push::PUSH_DELAY,
    http::ServerSettings,
    server::{self, Config, StartError},
};
use tokio::{sync::oneshot, task::JoinHandle};

use crate::{Client, Port, soon, tls::Authority, token_of, until};

/// So much time passes for the server and everything else in this test, at once.
pub async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

/// A server in dev mode with the usual channels.
pub fn dev() -> Config {
    Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)).into(),
        database: PathBuf::new(),
        bus: Capacity::default(),
        push_delay: PUSH_DELAY,
        http_listen: None,
        acme: None,
        lab: None,
        settings: ServerSettings {
            dev: true,
            ..ServerSettings::default()
        },
    }
}

/// A server of the kind that strangers can reach.
pub fn strict() -> Config {
    Config {
        settings: ServerSettings::default(),
        ..dev()
    }
}

/// A server without limits of what users may do, for tests that send far more than anybody does.
pub fn flood() -> Config {
    Config {
        settings: ServerSettings {
            unlimited: true,
            ..dev().settings
        },
        ..dev()
    }
}

/// A server whose channels hold next to nothing, so that whoever is a little late has to read the
/// database. It takes a flood to get there.
pub fn narrow() -> Config {
    Config {
        bus: Capacity {
            channel: 2,
            recent: 0,
        },
        ..flood()
    }
}

/// What everybody's password is.
pub const PASSWORD: &str = "nine bright pears";

/// A server inside the test's process, with a database that goes with it.
pub struct Server {
    /// Goes with the server.
    _folder: TempDir,
    /// Stays its own while it doesn't run.
    _port: Port,
    config: Config,
    running: Option<Running>,
}

struct Running {
    address: SocketAddr,
    http_address: Option<SocketAddr>,
    setup_link: Option<String>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), tincan::store::FatalError>>,
}

impl Server {
    /// Starts a server as `config` says, on a database of its own where `config` names none.
    pub async fn start(mut config: Config) -> Self {
        let folder = TempDir::new().expect("a folder for the database");
        if config.database.as_os_str().is_empty() {
            config.database = folder.path().join("tincan.db");
        }
        let port = Port::at(config.listen.tcp().expect("a port"));
        config.listen = port.address().into();
        let mut server = Self {
            _folder: folder,
            _port: port,
            config,
            running: None,
        };
        server.resume().await;
        server
    }

    /// Starts it again on the same database and, as clients expect, the same port.
    pub async fn resume(&mut self) {
        assert!(self.running.is_none(), "it runs already");
        // A program that is being started elsewhere in this process has a copy of the listener before, until it is another
        // program.
        let server = until("the port", async || {
            match Box::pin(server::Server::bind(self.config.clone())).await {
                Err(StartError::Listen { reason, .. })
                    if reason.kind() == io::ErrorKind::AddrInUse =>
                {
                    None
                }
                started => Some(started.expect("the server starts")),
            }
        })
        .await;
        let address = server.address().tcp().expect("an address");
        let http_address = server.http_address();
        let setup_link = server.setup_link();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        self.running = Some(Running {
            address,
            http_address,
            setup_link,
            stop,
            task,
        });
    }

    /// Changes how it is started the next time.
    pub fn configure(&mut self, change: impl FnOnce(&mut Config)) {
        change(&mut self.config);
    }

    /// Stops it in good order.
    pub async fn stop(&mut self) {
        let Running { stop, task, .. } = self.running.take().expect("it runs");
        let _ = stop.send(());
        soon("the server to stop", task)
            .await
            .expect("no panic")
            .expect("no failure");
    }

    pub async fn restart(&mut self) {
        self.stop().await;
        self.resume().await;
    }

    pub fn address(&self) -> SocketAddr {
        self.running.as_ref().expect("it runs").address
    }

    /// Where it leads from plain http to https.
    pub fn http_address(&self) -> SocketAddr {
        let address = self.running.as_ref().expect("it runs").http_address;
        address.expect("it leads from http")
    }

    /// The setup link, where the server has one.
    pub fn setup_link(&self) -> Option<&str> {
        self.running
            .as_ref()
            .expect("it runs")
            .setup_link
            .as_deref()
    }

    /// Nobody, who speaks TLS and trusts this authority.
    pub fn over_tls(&self, authority: &Authority) -> Client {
        Client::over_tls(self.address(), authority)
    }

    /// The token of the setup link, where the server has one.
    pub fn setup_token(&self) -> Option<String> {
        self.setup_link().map(token_of)
    }

    /// Makes the first account.
    pub async fn set_up(&self, username: &str) -> Client {
        let account = json!({
            "username": username, "password": PASSWORD, "setupToken": self.setup_token(),
        });
        self.nobody().register(account).await
    }

    pub fn database(&self) -> &Path {
        &self.config.database
    }

    pub fn nobody(&self) -> Client {
        Client::new(self.address())
    }

    pub async fn sign_in(&self, username: &str) -> Client {
        self.nobody().sign_in(username).await
    }

    /// Makes an account and signs in to it.
    pub async fn sign_up(&self, username: &str) -> Client {
        self.nobody().sign_up(username).await
    }
}

/// John and Jane at a server, with the conversation that they have.
pub struct Talk {
    pub server: Server,
    pub john: Client,
    pub jane: Client,
    pub conversation: String,
}

impl Talk {
    pub async fn start(config: Config) -> Self {
        let server = Server::start(config).await;
        let john = server.sign_in("john").await;
        let jane = server.sign_in("jane").await;
        let conversation = john.talk_to("jane").await;
        Self {
            server,
            john,
            jane,
            conversation,
        }
    }
}
