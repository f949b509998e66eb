//! An authority that speaks ACME, as a program of its own: Pebble, of Let's Encrypt. Every name leads to this machine for
//! it, and from there to whichever server the test says.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};

use crate::{
    home::Home,
    support::{Port, on_path, skip, tls, until, watch},
};

/// What of the authority is not as usual.
pub struct Ways {
    /// For how many seconds its certificates are good.
    pub seconds: u64,
    /// How many requests of a hundred it refuses for their nonce.
    pub bad_nonces: u8,
}

impl Default for Ways {
    fn default() -> Self {
        Self {
            seconds: 90 * 24 * 60 * 60,
            bad_nonces: 0,
        }
    }
}

/// A running authority. It ends with the test.
pub struct Authority {
    pub folder: TempDir,
    port: Port,
    management: Port,
    ways: Ways,
    /// Where its requests at port 443 go, and those at port 80.
    pub https: Gate,
    pub http: Gate,
    dns: Dns,
    pebble: Option<Running>,
}

/// What tells it where names lead.
struct Dns {
    port: Port,
    /// For what nobody here asks of it.
    _management: Port,
    _program: Running,
}

/// A port of this machine that leads to another one, or nowhere.
pub struct Gate {
    port: u16,
    to: Arc<Mutex<Option<SocketAddr>>>,
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Gate {
    async fn open() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let to: Arc<Mutex<Option<SocketAddr>>> = Arc::default();
        let leads = Arc::clone(&to);
        tokio::spawn(async move {
            loop {
                let (mut from, _) = listener.accept().await.expect("a connection");
                let Some(to) = *leads.lock() else { continue };
                tokio::spawn(async move {
                    if let Ok(mut to) = TcpStream::connect(to).await {
                        let _ = copy_bidirectional(&mut from, &mut to).await;
                    }
                });
            }
        });
        Self { port, to }
    }

    pub fn lead_to(&self, address: SocketAddr) {
        *self.to.lock() = Some(address);
    }
}

impl Authority {
    /// None where the test has to be skipped.
    pub async fn start(ways: Ways) -> Option<Self> {
        for program in ["pebble", "pebble-challtestsrv"] {
            if on_path(program).is_none() {
                skip(&format!("{program} isn't on the path"));
                return None;
            }
        }
        let folder = TempDir::new().expect("a folder");
        let own = tls::Authority::new();
        own.localhost().write(folder.path());
        fs::write(folder.path().join("ca.pem"), own.pem()).expect("a file");
        let [names, orders] = [Port::of_loopback(), Port::of_loopback()];
        let mut dns = Command::new("pebble-challtestsrv");
        dns.args(["-http01", "", "-https01", "", "-doh", "", "-tlsalpn01", ""])
            .args(["-defaultIPv6", "", "-dnsserver", &at(&names)])
            .args(["-management", &at(&orders)]);
        let mut authority = Self {
            folder,
            port: Port::of_loopback(),
            management: Port::of_loopback(),
            ways,
            https: Gate::open().await,
            http: Gate::open().await,
            dns: Dns {
                port: names,
                _management: orders,
                _program: start(&mut dns),
            },
            pebble: None,
        };
        listening(&authority.dns.port).await;
        authority.come_back().await;
        Some(authority)
    }

    /// Starts it. It has forgotten everybody.
    pub async fn come_back(&mut self) {
        let file = |name| self.folder.path().join(name);
        let config = json!({ "pebble": {
            "listenAddress": at(&self.port),
            "managementListenAddress": at(&self.management),
            "certificate": file("chain.pem"),
            "privateKey": file("key.pem"),
            "httpPort": self.http.port,
            "tlsPort": self.https.port,
            "keyAlgorithm": "ecdsa",
            "retryAfter": { "authz": 1, "order": 1 },
            "profiles": { "default": { "description": "-", "validityPeriod": self.ways.seconds } },
        }});
        fs::write(file("pebble.json"), config.to_string()).expect("a file");
        let mut pebble = Command::new("pebble");
        pebble
            .arg("-config")
            .arg(file("pebble.json"))
            .args(["-dnsserver", &at(&self.dns.port)])
            .env("PEBBLE_VA_NOSLEEP", "1")
            .env("PEBBLE_VA_ALWAYS_VALID", "0")
            .env("PEBBLE_AUTHZREUSE", "0")
            .env("PEBBLE_WFE_NONCEREJECT", self.ways.bad_nonces.to_string());
        self.pebble = Some(start(&mut pebble));
        listening(&self.port).await;
    }

    /// What vouches for its own https.
    pub fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Where it has the certificate that all it issues ends with, made anew whenever it starts.
    pub fn root(&self) -> String {
        format!("https://localhost:{}/roots/0", self.management.number())
    }

    pub fn go_away(&mut self) {
        self.pebble = None;
    }

    /// What a server is told of it.
    pub fn arguments(&self) -> Vec<String> {
        let ca = self.ca();
        let ca = ca.to_str().expect("a plain path");
        vec![
            "--acme-directory".to_owned(),
            format!("https://localhost:{}/dir", self.port.number()),
            "--acme-ca".to_owned(),
            ca.to_owned(),
        ]
    }
}

fn start(command: &mut Command) -> Running {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null());
    Running(quiet.stderr(Stdio::null()).spawn().expect("it starts"))
}

fn at(port: &Port) -> String {
    port.address().to_string()
}

async fn listening(port: &Port) {
    let listens = async || TcpStream::connect(port.address()).await.ok();
    until("a program to listen", listens).await;
}

/// What `tincan status` says of the certificate, once it says what is waited for.
pub async fn certificate(home: &Home, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
    let asks = async || {
        let told = home.run(&["status", "--json"]).await;
        let told: Value = serde_json::from_str(&told.stdout).unwrap_or_default();
        is_it(&told["certificate"]).then(|| told["certificate"].clone())
    };
    let pause = Duration::from_millis(50);
    tokio::time::timeout(Duration::from_secs(75), watch(pause, asks))
        .await
        .unwrap_or_else(|_| panic!("waited in vain for {what}"))
}
