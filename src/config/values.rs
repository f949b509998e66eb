//! How values are written on the command line: addresses, sizes, what is in lists, and the model’s enumerations with a help
//! text for each value.

use std::{
    fmt::Display,
    net::{SocketAddr, ToSocketAddrs},
    str::FromStr,
};

use bytesize::ByteSize;
use clap::{ValueEnum, builder::PossibleValue};

use crate::{
    http::{Compat, Signup},
    listening::ListenAddress,
    model::Scope,
    platform,
};

/// One value of a list, without the white space around it that people put after commas.
pub fn of_list<T: FromStr>(text: &str) -> Result<T, T::Err> {
    text.trim().parse()
}

/// An address and a port. Without an address it is every IPv4 address of this machine. A name is looked up, and an IPv4
/// address preferred, as not every machine has IPv6.
pub fn address(text: &str) -> Result<SocketAddr, String> {
    let everywhere = text.strip_prefix(':').map(|port| format!("0.0.0.0:{port}"));
    let found = everywhere.as_deref().unwrap_or(text).to_socket_addrs();
    let found: Vec<_> = found.map_err(expected_address)?.collect();
    let preferred = found.iter().find(|address| address.is_ipv4());
    let address = preferred.or(found.first()).copied();
    address.ok_or_else(|| expected_address("it has no address"))
}

/// Where a server listens: [`address`], or after `unix:` the path of a socket.
pub fn listen_address(text: &str) -> Result<ListenAddress, String> {
    let Some(path) = text.strip_prefix("unix:") else {
        return address(text).map(ListenAddress::Tcp);
    };
    if !platform::HAS_LOCAL_SOCKETS {
        return Err("sockets in the file system aren’t used on this system; expected an address and a port, such as 127.0.0.1:3000".to_owned());
    }
    if path.is_empty() || path.ends_with('/') {
        return Err("expected the path of a socket, such as unix:/run/tincan/http.sock".to_owned());
    }
    Ok(ListenAddress::Unix(path.into()))
}

fn expected_address(why: impl Display) -> String {
    format!(
        "{why}; expected an address and a port, such as 127.0.0.1:3000, localhost:3000 or :3000"
    )
}

/// A number of bytes.
pub fn size(text: &str) -> Result<ByteSize, String> {
    text.parse()
        .map_err(|_| "expected a size, such as 500MB or 2GiB".to_owned())
}

impl ValueEnum for Signup {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Invite, Self::Open, Self::Closed]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (word, help) = match self {
            Self::Invite => ("invite", "Anyone with an invitation"),
            Self::Open => ("open", "Anyone"),
            Self::Closed => ("closed", "No one: administrators create the accounts"),
        };
        Some(PossibleValue::new(word).help(help))
    }
}

impl ValueEnum for Compat {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::GoMessenger]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (word, help) = match self {
            Self::GoMessenger => (
                "go-messenger",
                "The messenger in Go that Tincan’s API comes from",
            ),
        };
        Some(PossibleValue::new(word).help(help))
    }
}

impl ValueEnum for Scope {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Read, Self::Send]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self {
            Self::Read => "Read everything its user can see",
            Self::Send => "Also send messages and take part in conversations",
        };
        Some(PossibleValue::new(self.as_str()).help(help))
    }
}
