//! https on a network without a public name. The server is an authority of its own, which people install once on each of
//! their devices, and which can vouch for nothing but this server’s names and private addresses. It signs the server’s
//! certificate, and renews it when its end comes nearer, or when the machine has other names or addresses.

mod announce;
mod authority;
mod folder;
mod names;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    net::IpAddr,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use parking_lot::Mutex;
use rustls::RootCertStore;
use serde::{Deserialize, Serialize};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use self::{announce::Announcement, authority::Details};
pub use self::{
    announce::Ports,
    authority::{Authority, CertificateError},
    folder::{HomeError, HomeFolder},
    names::{HomeName, NotAHomeName, ServerNames},
};
use super::Certificates;
use crate::{model::Timestamp, platform};

/// How often names, addresses and the certificate’s age are looked at.
const LOOK: Duration = Duration::from_mins(1);

/// What people have set about the server at home.
#[derive(Clone, Debug)]
pub struct HomeSettings {
    pub name: HomeName,
    /// Further names that people may type. Those that can be public don’t count.
    pub hosts: Vec<String>,
    pub folder: HomeFolder,
}

/// What the machine is called, and the addresses that it has.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    pub name: String,
    pub addresses: Vec<IpAddr>,
}

impl Machine {
    /// As it is now. Without addresses if the system doesn’t tell them, and without those of one link of IPv6, which no URL
    /// can have (RFC 6874 was given up), and which come and go with each container.
    #[must_use]
    pub fn look() -> Self {
        let interfaces = if_addrs::get_if_addrs().unwrap_or_else(|error| {
            tracing::warn!(%error, "can’t list this machine’s addresses");
            Vec::new()
        });
        Self {
            name: platform::host_name(),
            addresses: interfaces
                .iter()
                .filter(|interface| interface.ip().is_ipv4() || !interface.is_link_local())
                .map(if_addrs::Interface::ip)
                .collect(),
        }
    }
}

/// The authority of a home, for people who decide whether to trust it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HomeStatus {
    /// The authority’s name, as lists of certificates show it.
    pub authority: String,
    /// The SHA-256 of its certificate.
    pub fingerprint: String,
    pub expires_at: Timestamp,
    /// The names that it can vouch for, each with those below it.
    pub permitted: Vec<String>,
    /// The folder with its key.
    pub folder: PathBuf,
    /// Where people find out how their devices trust it. None if no server runs.
    pub trust_url: Option<String>,
    /// Names that people may want to use, but that it can’t vouch for.
    pub refused: Vec<String>,
    /// Whether another device on the network has the server’s name.
    pub name_taken: bool,
}

impl HomeStatus {
    /// What is known of an authority by itself.
    #[must_use]
    pub fn of(authority: &Authority, folder: &HomeFolder) -> Self {
        let details = authority.details();
        Self {
            authority: details.common_name.clone(),
            fingerprint: authority.fingerprint(),
            expires_at: timestamp(details.not_after),
            permitted: details.permitted.clone(),
            folder: folder.path().to_owned(),
            trust_url: None,
            refused: Vec::new(),
            name_taken: false,
        }
    }
}

/// The server’s authority and its certificate.
pub struct Home {
    name: HomeName,
    hosts: Vec<String>,
    folder: HomeFolder,
    certificates: Arc<Certificates>,
    state: Mutex<State>,
}

struct State {
    authority: Arc<Authority>,
    /// What the certificate in use says. None only until there is one.
    certificate: Option<Details>,
    refused: Vec<String>,
    name_taken: bool,
    is_new: bool,
    /// Where the server listens, once it does.
    ports: Option<Ports>,
}

impl Home {
    /// Loads the authority and the certificate, or makes them, and takes the certificate into use.
    ///
    /// # Errors
    /// See [`HomeError`].
    pub fn open(
        settings: HomeSettings,
        certificates: Arc<Certificates>,
        machine: &Machine,
        now: SystemTime,
    ) -> Result<Arc<Self>, HomeError> {
        let HomeSettings {
            name,
            hosts,
            folder,
        } = settings;
        let kept = folder.authority()?;
        let is_new = kept.is_none();
        let authority = match kept {
            Some(authority) => authority,
            None => create(
                &folder,
                &name,
                &ServerNames::new(&name, &machine.name, &hosts, []),
                now,
            )?,
        };
        let home = Self {
            name,
            hosts,
            certificates,
            state: Mutex::new(State {
                authority: Arc::new(authority),
                certificate: None,
                refused: Vec::new(),
                name_taken: false,
                is_new,
                ports: None,
            }),
            folder,
        };
        if let Some((issued, details)) = home.folder.server()?
            && home.authority().has_signed(&issued)
        {
            issued.install_into(&home.certificates)?;
            home.state.lock().certificate = Some(details);
        }
        home.look(machine, now)?;
        Ok(Arc::new(home))
    }

    #[must_use]
    pub fn name(&self) -> &HomeName {
        &self.name
    }

    /// The authority in use.
    #[must_use]
    pub fn authority(&self) -> Arc<Authority> {
        Arc::clone(&self.state.lock().authority)
    }

    /// What trusts the authority in use, and no other.
    #[must_use]
    pub fn trusted(&self) -> RootCertStore {
        let mut trusted = RootCertStore::empty();
        trusted.add_parsable_certificates([self.authority().der().to_vec().into()]);
        trusted
    }

    /// Whether the authority was made at this start of the server, so that no device knows it yet.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.state.lock().is_new
    }

    /// Records where the server listens.
    pub fn listens(&self, ports: Ports) {
        self.state.lock().ports = Some(ports);
    }

    /// Where people find out how their devices trust the authority. Devices that don’t yet only get there by plain http, which
    /// the port for https answers, too. None as long as the server doesn’t listen.
    #[must_use]
    pub fn trust_url(&self) -> Option<String> {
        let ports = self.state.lock().ports?;
        let host = self.name.host();
        Some(match ports.http.unwrap_or(ports.https) {
            80 => format!("http://{host}/trust"),
            port => format!("http://{host}:{port}/trust"),
        })
    }

    #[must_use]
    pub fn status(&self) -> HomeStatus {
        let trust_url = self.trust_url();
        let state = self.state.lock();
        HomeStatus {
            trust_url,
            refused: state.refused.clone(),
            name_taken: state.name_taken,
            ..HomeStatus::of(&state.authority, &self.folder)
        }
    }

    /// Renews the certificate if that is due. Returns the names and addresses that it is for.
    ///
    /// # Errors
    /// If it is due and can’t be renewed. The one in use stays then.
    pub fn look(&self, machine: &Machine, now: SystemTime) -> Result<ServerNames, HomeError> {
        let mut state = self.state.lock();
        let names = self.names(&mut state, machine);
        let is_due = state
            .certificate
            .as_ref()
            .is_none_or(|details| details.is_due(now, &names));
        if is_due {
            self.issue(&mut state, &names, now)?;
        }
        Ok(names)
    }

    /// Makes a new certificate, whether or not that is due.
    ///
    /// # Errors
    /// As for [`look`](Self::look).
    pub fn renew(&self, machine: &Machine, now: SystemTime) -> Result<(), HomeError> {
        let mut state = self.state.lock();
        let names = self.names(&mut state, machine);
        self.issue(&mut state, &names, now)
    }

    /// Makes a new authority for the names of today, and a certificate by it. Devices trust the server again once people
    /// have installed it.
    ///
    /// # Errors
    /// If they can’t be made or kept.
    pub fn reset(&self, machine: &Machine, now: SystemTime) -> Result<(), HomeError> {
        let mut state = self.state.lock();
        let names = ServerNames::new(&self.name, &machine.name, &self.hosts, []);
        let authority = create(&self.folder, &self.name, &names, now)?;
        state.authority = Arc::new(authority);
        let names = self.names(&mut state, machine);
        self.issue(&mut state, &names, now)
    }

    /// Records that another device has the server’s name.
    fn lose_name(&self) {
        let host = self.name.host();
        self.state.lock().name_taken = true;
        tracing::warn!(
            host,
            "another device on this network has this name, so it isn’t announced any more; choose another one with --home-name"
        );
    }

    /// What the certificate is to be for: of all names, those that the authority can vouch for. Logs the others.
    fn names(&self, state: &mut State, machine: &Machine) -> ServerNames {
        let Machine { name, addresses } = machine;
        let all = ServerNames::new(&self.name, name, &self.hosts, addresses.iter().copied());
        let (names, refused) = all.within(&state.authority.details().permitted);
        if !refused.is_empty() && refused != state.refused {
            tracing::warn!(
                names = refused.join(", "),
                "the home authority was made for other names and can’t vouch for these; for a new one, which each device has to trust again, run: tincan tls reset"
            );
        }
        state.refused = refused;
        names
    }

    fn issue(
        &self,
        state: &mut State,
        names: &ServerNames,
        now: SystemTime,
    ) -> Result<(), HomeError> {
        let issued = state.authority.issue(names, now)?;
        let details = Details::read(&issued.certificate)?;
        self.folder.keep_server(&issued)?;
        issued.install_into(&self.certificates)?;
        state.certificate = Some(details);
        Ok(())
    }

    /// Renews the certificate as it is due, and announces the server’s name unless only this machine reaches it, until
    /// `stopping` is cancelled. `listening` is the address that the server listens on.
    pub async fn keep(self: Arc<Self>, listening: IpAddr, stopping: CancellationToken) {
        let ports = self.state.lock().ports;
        let ports = ports.filter(|_| !listening.is_loopback());
        let mut announcement = ports.and_then(|ports| Announcement::start(&self, ports));
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stopping.cancelled() => break,
                _ = looks.tick() => {}
            }
            let home = Arc::clone(&self);
            let look = move || home.look(&Machine::look(), SystemTime::now());
            match tokio::task::spawn_blocking(look).await {
                Ok(Ok(names)) => {
                    // It has stopped then.
                    if self.state.lock().name_taken {
                        announcement = None;
                    }
                    if let Some(announcement) = &mut announcement {
                        announcement.update(names.addresses, listening);
                    }
                }
                Ok(Err(error)) => {
                    if self.certificates.failed(error.to_string()) {
                        tracing::warn!(%error, "can’t renew the certificate; keeping the old one");
                    }
                }
                Err(error) => tracing::error!(%error, "looking after the certificate failed"),
            }
        }
        if let Some(announcement) = announcement {
            let stopped = tokio::task::spawn_blocking(move || announcement.stop()).await;
            if let Err(error) = stopped {
                tracing::error!(%error, "the name’s announcement failed");
            }
        }
    }
}

fn create(
    folder: &HomeFolder,
    name: &HomeName,
    names: &ServerNames,
    now: SystemTime,
) -> Result<Authority, HomeError> {
    let authority = Authority::create(name, names, now)?;
    folder.keep_authority(&authority)?;
    let Details { common_name, .. } = authority.details();
    tracing::info!(
        authority = common_name,
        fingerprint = authority.fingerprint(),
        "made a home authority"
    );
    Ok(authority)
}

/// Without keys.
impl fmt::Debug for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Home")
            .field("name", &self.name)
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

fn timestamp(moment: SystemTime) -> Timestamp {
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
