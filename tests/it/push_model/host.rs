//! The server of the model: in this process, where it may wait for as long as a test wants; or the real program, which can be
//! killed.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tempfile::TempDir;
use tincan::{http::ServerSettings, model::RelayKind, push::Relay, server::Config};

use crate::{
    relay::RelayServer,
    support::{Binary, Client, Server, push_service::pushing},
};

pub enum Host {
    Here(Box<Server>),
    Program {
        folder: TempDir,
        relay: String,
        /// None while it is being replaced.
        running: Option<Binary>,
    },
}

impl Host {
    /// It looks at each message at once.
    pub async fn here(relay: &RelayServer) -> Self {
        let url = relay.url().parse().expect("a URL");
        let through = Relay::new(RelayKind::Ntfy, url, None, None, Vec::new()).expect("no TLS");
        let config = pushing();
        let server = Server::start(Config {
            push_delay: Duration::ZERO,
            settings: ServerSettings {
                relay: Some(Arc::new(through)),
                unlimited: true,
                ..config.settings
            },
            ..config
        });
        Self::Here(Box::new(server.await))
    }

    pub fn program(relay: &RelayServer) -> Self {
        let folder = TempDir::new().expect("a folder");
        let relay = relay.url();
        let running = Some(begin(&folder, &relay));
        Self::Program {
            folder,
            relay,
            running,
        }
    }

    pub fn address(&self) -> SocketAddr {
        match self {
            Self::Here(server) => server.address(),
            Self::Program { running, .. } => running.as_ref().expect("it runs").address(),
        }
    }

    pub fn nobody(&self) -> Client {
        Client::new(self.address())
    }

    /// Begins anew in good order, and looks at messages after so long.
    pub async fn restart(&mut self, delay: Duration) {
        let Self::Here(server) = self else {
            panic!("its wait can’t be changed");
        };
        server.configure(|config| config.push_delay = delay);
        server.restart().await;
    }

    /// Kills it, and begins anew at another address.
    pub fn kill(&mut self) {
        let Self::Program {
            folder,
            relay,
            running,
        } = self
        else {
            panic!("the test would go with it");
        };
        running.take().expect("it runs").kill();
        *running = Some(begin(folder, relay));
    }

    pub async fn stop(&mut self) {
        match self {
            Self::Here(server) => server.stop().await,
            Self::Program { running, .. } => running.take().expect("it runs").kill(),
        }
    }
}

fn begin(folder: &TempDir, relay: &str) -> Binary {
    let arguments = [
        "--no-limits",
        "--ntfy",
        relay,
        "--allow-outbound",
        "127.0.0.0/8",
    ];
    Binary::start_with(&folder.path().join("tincan.db"), &arguments)
}
