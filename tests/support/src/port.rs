//! A port that is kept for whoever is to listen on it.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpSocket;

/// A port that nobody else is given as long as this lives, also while whoever is meant to listen on it hasn't started yet,
/// or is gone for a moment.
///
/// Its socket is bound and never listens. Where `SO_REUSEADDR` is set on both, as by nearly everything that listens,
/// another one may be bound to the same port and listen (socket(7)); to whoever asks for any port, the system gives others.
pub struct Port {
    address: SocketAddr,
    _socket: TcpSocket,
}

impl Port {
    /// One of this machine's own address.
    pub fn of_loopback() -> Self {
        Self::at((Ipv4Addr::LOCALHOST, 0).into())
    }

    /// The one that is named, or if it is 0, any of that address.
    pub fn at(address: SocketAddr) -> Self {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4(),
            SocketAddr::V6(_) => TcpSocket::new_v6(),
        };
        let socket = socket.expect("a socket");
        socket.set_reuseaddr(true).expect("a socket");
        socket.bind(address).expect("a port");
        Self {
            address: socket.local_addr().expect("an address"),
            _socket: socket,
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn number(&self) -> u16 {
        self.address.port()
    }
}
