//! Where the server listens: on a port, or on a socket in the file system, and what connects there.

use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use tokio::net::{TcpListener, TcpStream};
use tokio_util::either::Either;

use crate::platform::{LocalListener, LocalStream};

/// Anybody on this machine may connect, as to a port of `127.0.0.1`. The folder says who gets that far.
const MODE: u32 = 0o666;

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenAddress {
    /// An address and a port.
    Tcp(SocketAddr),
    /// A socket in the file system (unix(7)), for a proxy on the same machine.
    Unix(PathBuf),
}

impl ListenAddress {
    /// The address and the port, if it is one.
    #[must_use]
    pub fn tcp(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }

    /// Whether only what runs on this machine connects to it.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.tcp().is_none_or(|address| address.ip().is_loopback())
    }
}

impl From<SocketAddr> for ListenAddress {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp(address)
    }
}

/// As in `--listen`.
impl fmt::Display for ListenAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(formatter),
            Self::Unix(path) => write!(formatter, "unix:{}", path.display()),
        }
    }
}

/// A socket that listens.
#[derive(Debug)]
pub enum Listener {
    Tcp(TcpListener),
    Local(LocalListener),
}

/// What has connected.
pub type Socket = Either<TcpStream, LocalStream>;

impl Listener {
    /// Listens there. A socket that a server has left behind in the file system is replaced.
    ///
    /// # Errors
    /// If somebody listens there already, or nobody can.
    pub async fn bind(address: &ListenAddress) -> io::Result<Self> {
        match address {
            ListenAddress::Tcp(address) => Ok(Self::Tcp(TcpListener::bind(address).await?)),
            ListenAddress::Unix(path) => Ok(Self::Local(LocalListener::bind(path, MODE).await?)),
        }
    }

    /// Where it listens. A port is the one that the system chose, if it was asked for any.
    ///
    /// # Errors
    /// If the system can’t say.
    pub fn address(&self) -> io::Result<ListenAddress> {
        match self {
            Self::Tcp(listener) => listener.local_addr().map(ListenAddress::Tcp),
            Self::Local(listener) => listener.path().map(ListenAddress::Unix),
        }
    }

    /// The next that connects, and where it is from. What connects to a socket in the file system is from this machine.
    ///
    /// # Errors
    /// See accept(2).
    pub async fn accept(&self) -> io::Result<(Socket, IpAddr)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                Ok((Either::Left(stream), peer.ip()))
            }
            Self::Local(listener) => {
                let stream = listener.accept().await?;
                Ok((Either::Right(stream), Ipv4Addr::LOCALHOST.into()))
            }
        }
    }
}
