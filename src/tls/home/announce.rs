//! Tells the home network where the server is: its name and addresses by multicast DNS (RFC 6762), and its services by
//! DNS-SD (RFC 6763). If the network can’t be told, that is logged once, and the server goes on: people can still type an
//! address.

use std::{net::IpAddr, sync::Arc, thread, time::Duration};

use mdns_sd::{DaemonEvent, Receiver, ServiceDaemon, ServiceInfo};

use super::Home;

/// How long a goodbye may take when the server stops.
const GOODBYE: Duration = Duration::from_secs(1);

/// The ports to announce.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    pub https: u16,
    /// Where plain http is answered, if it is.
    pub http: Option<u16>,
}

/// A name that is announced, until this is stopped.
pub struct Announcement {
    daemon: ServiceDaemon,
    /// With the dot at its end.
    host: String,
    ports: Ports,
    announced: Vec<IpAddr>,
}

impl Announcement {
    /// Begins to announce the name of `home`. None if the system can’t do multicast.
    #[must_use]
    pub fn start(home: &Arc<Home>, ports: Ports) -> Option<Self> {
        let host = format!("{}.", home.name().host());
        let start = || {
            let daemon = ServiceDaemon::new()?;
            let events = daemon.monitor()?;
            Ok((daemon, events))
        };
        let (daemon, events) = start().map_err(|error| warn(&host, &error)).ok()?;
        let (home, own, speaking) = (Arc::clone(home), host.clone(), daemon.clone());
        let listen = move || listen(&events, &speaking, &home, &own);
        if let Err(error) = thread::Builder::new()
            .name("mdns events".to_owned())
            .spawn(listen)
        {
            tracing::warn!(%error, host, "nobody notices if another device has this name");
        }
        Some(Self {
            daemon,
            host,
            ports,
            announced: Vec::new(),
        })
    }

    /// Announces these addresses from now on, as far as the server listens there. Each network is told of those that are in
    /// it.
    pub fn update(&mut self, mut addresses: Vec<IpAddr>, listening: IpAddr) {
        addresses.retain(|address| !address.is_loopback() && hears(listening, *address));
        if addresses == self.announced {
            return;
        }
        let services = [
            ("_https._tcp.local.", Some(self.ports.https)),
            ("_http._tcp.local.", self.ports.http),
        ];
        for (service, port) in services {
            let Some(port) = port else { continue };
            let path: &[(&str, &str)] = &[("path", "/")];
            let info = ServiceInfo::new(service, "Tincan", &self.host, &addresses[..], port, path);
            if let Err(error) = info.and_then(|info| self.daemon.register(info)) {
                warn(&self.host, &error);
                return;
            }
        }
        self.announced = addresses;
    }

    /// Takes the name back (RFC 6762 §10.1). Blocks for a moment.
    pub fn stop(&self) {
        let stopped = self.daemon.shutdown();
        if stopped.is_ok_and(|done| done.recv_timeout(GOODBYE).is_err()) {
            tracing::debug!(host = self.host, "the goodbye took too long");
        }
    }
}

/// Whether somebody reaches a server at `address` that listens at `listening`. Who listens at all addresses of IPv6 does so
/// at those of IPv4, too.
fn hears(listening: IpAddr, address: IpAddr) -> bool {
    match listening {
        IpAddr::V4(own) if own.is_unspecified() => address.is_ipv4(),
        IpAddr::V6(own) if own.is_unspecified() => true,
        own => own.to_canonical() == address,
    }
}

/// Waits for what concerns the name, until the announcement stops.
fn listen(events: &Receiver<DaemonEvent>, daemon: &ServiceDaemon, home: &Home, host: &str) {
    let mut has_warned = false;
    for event in events {
        match event {
            // The library would go on as NAME-2.local, which no certificate is for (RFC 6762 §9).
            DaemonEvent::NameChange(change) if change.original.eq_ignore_ascii_case(host) => {
                home.lose_name();
                let _ = daemon.shutdown();
                return;
            }
            DaemonEvent::Error(error) if !has_warned => {
                has_warned = true;
                warn(host, &error);
            }
            _ => {}
        }
    }
}

fn warn(host: &str, error: &mdns_sd::Error) {
    tracing::warn!(%error, host, "can’t announce this name on the network; people can still use an address");
}
