//! Certificates from an authority that the server asks itself (ACME, RFC 8555). The server shows that its names lead to
//! it, keeps what it gets beside the database, and renews it in good time. What fails is tried again, less and less often,
//! while the certificate in use stays.
//!
//! An order is never continued: after a restart there is a new one. So nothing about it needs to be kept.

mod account;
mod failure;
mod folder;
mod held;
mod order;
mod schedule;
mod settings;
mod transport;

use std::{
    collections::HashSet,
    io,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use instant_acme::{Account, Error};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

pub use self::settings::{
    AcmeSettings, Authorities, Contact, DnsName, LETS_ENCRYPT, NotAContact, NotADnsName,
};
use self::{
    failure::Failure,
    folder::{folder_of, in_background},
    held::{Bundle, Held},
    order::Challenge,
    transport::Transport,
};
use super::{Certificates, Challenges, PrivateFolder, Tls, folder_beside};
use crate::outbound::Outbound;

/// The file with the certificate, those between it and its authority, and its key: one file, so that they always fit.
const CERTIFICATE: &str = "certificate.pem";
/// The longest that an order may take.
const PATIENCE: Duration = Duration::from_mins(5);
/// How often the clock is looked at, as a machine may sleep, or have its clock set.
const LOOK: Duration = Duration::from_hours(1);
/// How often an authority is asked when to renew, at least and at most (RFC 9773 §4.3).
const ASK_AGAIN: Range<Duration> = LOOK..Duration::from_hours(24);

/// Why the certificates can’t be taken care of.
#[derive(Debug, thiserror::Error)]
pub enum AcmeError {
    #[error("can’t read the certificate in {folder:?}: {reason}")]
    Unreadable { folder: PathBuf, reason: io::Error },
    #[error("can’t set up https to the ACME server: {0}")]
    Https(io::Error),
}

/// Has a certificate for a server, and keeps it new.
pub struct Acme {
    settings: AcmeSettings,
    folder: Arc<PrivateFolder>,
    certificates: Arc<Certificates>,
    challenges: Arc<Challenges>,
    transport: Transport,
    /// How names are proven, what worked last first.
    ways: Vec<Challenge>,
    held: Option<Held>,
    /// Whether the authority has said when it wants the certificate to be renewed.
    suggests: bool,
    account: Option<Account>,
}

impl Acme {
    /// Takes the certificate into use that is kept beside the database, if there is one. `has_plain` says whether the
    /// server also listens without TLS, where an authority may ask for a file.
    ///
    /// # Errors
    /// If what is kept can’t be read, or there can be no https to the authority.
    pub fn new(
        settings: AcmeSettings,
        database: &Path,
        tls: &Tls,
        has_plain: bool,
    ) -> Result<Self, AcmeError> {
        let allowed = settings.allowed.clone();
        let outbound = match &settings.authorities {
            Some(authorities) => Outbound::trusting(authorities.0.clone(), allowed),
            None => Outbound::new([&settings.directory], allowed),
        };
        let outbound = outbound.map_err(AcmeError::Https)?;
        let transport = Transport::new(outbound.client(&settings.directory));
        let acme = folder_beside(database).join("acme");
        let folder = folder_of(&acme, &settings.directory);
        let kept = folder
            .read(CERTIFICATE)
            .map_err(|reason| AcmeError::Unreadable {
                folder: acme,
                reason,
            })?;
        let certificates = Arc::clone(tls.certificates());
        let held = kept.and_then(|kept| {
            Bundle::parse(&kept, None)
                .and_then(|bundle| bundle.install(&certificates))
                .inspect_err(|reason| {
                    tracing::warn!(reason, "the certificate that was kept can’t be used");
                })
                .ok()
        });
        let mut ways = vec![Challenge::TlsAlpn];
        if has_plain {
            ways.push(Challenge::Http);
        }
        Ok(Self {
            settings,
            folder: Arc::new(folder),
            challenges: Arc::clone(certificates.challenges()),
            certificates,
            transport,
            ways,
            held,
            suggests: false,
            account: None,
        })
    }

    /// Gets certificates until `stopping` is cancelled. An order that is under way then is given up.
    pub async fn run(mut self, stopping: CancellationToken) {
        tokio::select! {
            () = stopping.cancelled() => {}
            () = self.keep_new() => {}
        }
    }

    async fn keep_new(&mut self) {
        let mut failures = 0;
        let mut known = HashSet::new();
        loop {
            self.until_due().await;
            let Err(failed) = self.attempt(failures).await else {
                failures = 0;
                // What was asked for before it worked says nothing about the next time.
                self.transport.take_wait();
                known.clear();
                continue;
            };
            failures += 1;
            let asked = self.transport.take_wait().unwrap_or_default();
            let wait = schedule::retry(failures).max(asked);
            let Failed { kinds, reason } = failed;
            if kinds.is_subset(&known) {
                tracing::debug!(reason, ?wait, "still can’t get a certificate");
            } else {
                tracing::warn!(reason, ?wait, "can’t get a certificate; trying again");
            }
            known.extend(kinds);
            self.certificates.failed(reason);
            // It may be that nothing works any more with what is known about the authority.
            self.account = None;
            sleep(wait).await;
        }
    }

    /// Waits until a certificate is needed.
    async fn until_due(&mut self) {
        let mut asked = None;
        let mut window = None;
        while let Some(held) = &self.held
            && held.is_for(&self.settings.names)
        {
            let now = SystemTime::now();
            if asked.is_none_or(|again| again <= now) {
                let (suggested, again) = self.suggested_window().await;
                self.suggests = suggested.is_some();
                window = suggested;
                asked = Some(now + again);
                // That took a while.
                continue;
            }
            let due = held.lifetime.renewal(window.as_ref(), held.place);
            let Ok(left) = due.duration_since(now) else {
                return;
            };
            sleep(left.min(LOOK)).await;
        }
    }

    /// When the authority wants the certificate to be renewed, if it says so, and when to ask it again. Everything goes on
    /// without an answer.
    async fn suggested_window(&mut self) -> (Option<Range<SystemTime>>, Duration) {
        let identifier = self.held.as_ref().and_then(|held| held.identifier.clone());
        let Some(identifier) = identifier else {
            return (None, ASK_AGAIN.end);
        };
        let answer = async {
            let account = self.account().await?;
            Ok::<_, Failure>(account.renewal_info(&identifier).await?)
        };
        match answer.await {
            Ok((suggested, again)) => {
                let window = suggested.suggested_window;
                let again = again.clamp(ASK_AGAIN.start, ASK_AGAIN.end);
                (Some(window.start.into()..window.end.into()), again)
            }
            Err(Failure::Authority(Error::Unsupported(_))) => (None, ASK_AGAIN.end),
            Err(failure) => {
                let reason = failure.reason();
                tracing::debug!(reason, "the authority doesn’t say when to renew");
                (None, ASK_AGAIN.start)
            }
        }
    }

    async fn account(&mut self) -> Result<Account, Failure> {
        if let Some(account) = &self.account {
            return Ok(account.clone());
        }
        let account = account::open(&self.folder, &self.transport, &self.settings).await?;
        Ok(self.account.insert(account).clone())
    }

    /// Tries to get a certificate: at first in every way, later in one at a time, as authorities don’t like it when names
    /// turn out not to lead here. `failures` is how often that has failed in a row.
    async fn attempt(&mut self, failures: u32) -> Result<(), Failed> {
        let ways = self.ways.clone();
        let ways = match failures as usize {
            0 => &ways[..],
            failures => {
                let way = failures % ways.len();
                &ways[way..=way]
            }
        };
        let mut failed = Failed::default();
        for way in ways {
            let ordered = timeout(PATIENCE, self.order(*way, failures == 0)).await;
            let failure = match ordered.unwrap_or(Err(Failure::Slow)) {
                Ok(()) => {
                    // A stable sort: the rest stays as it is.
                    self.ways.sort_by_key(|other| other != way);
                    return Ok(());
                }
                Err(failure) => failure,
            };
            failed.add(&failure);
            if !failure.is_about_challenge() {
                break;
            }
        }
        Err(failed)
    }

    async fn order(&mut self, way: Challenge, is_first: bool) -> Result<(), Failure> {
        match self.order_once(way, is_first).await {
            // A private authority may have been set up anew.
            Err(failure) if failure.is_unknown_account() => {
                account::forget(&self.folder).await?;
                self.account = None;
                self.order_once(way, is_first).await
            }
            done => done,
        }
    }

    async fn order_once(&mut self, way: Challenge, is_first: bool) -> Result<(), Failure> {
        let account = self.account().await?;
        // Not after a failure: an authority that doesn’t take it may be content without it.
        let replaced = self.held.as_ref().filter(|_| is_first && self.suggests);
        let replaced = replaced.filter(|held| held.is_for(&self.settings.names));
        let replaced = replaced.and_then(|held| held.identifier.clone());
        let names = &self.settings.names;
        let issued = order::obtain(&account, names, way, replaced, &self.challenges).await?;
        let now = SystemTime::now();
        let bundle = Bundle::parse(&issued, Some(now)).map_err(Failure::Useless)?;
        if !bundle.held.is_for(names) || bundle.held.lifetime.not_after <= now {
            let why = "it is for other names, or has expired by this machine’s clock";
            return Err(Failure::Useless(why.to_owned()));
        }
        let held = bundle.install(&self.certificates);
        self.held = Some(held.map_err(Failure::Useless)?);
        // In use it is in any case: an authority wouldn’t give many more.
        let kept = in_background(&self.folder, move |folder| {
            folder.write(CERTIFICATE, &issued)
        });
        if let Err(failure) = kept.await {
            let reason = failure.reason();
            tracing::error!(reason, "the new certificate is lost with the next restart");
            self.certificates.failed(reason);
        }
        Ok(())
    }
}

/// Why an attempt failed.
#[derive(Default)]
struct Failed {
    /// By which it is known whether the log has it already.
    kinds: HashSet<String>,
    reason: String,
}

impl Failed {
    fn add(&mut self, failure: &Failure) {
        if !self.reason.is_empty() {
            self.reason.push_str("; ");
        }
        self.reason.push_str(&failure.reason());
        self.kinds.insert(failure.kind());
    }
}
