//! The state of a running server, for its administrator: what `tincan status` shows.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    error::Result,
    metrics::{Metrics, Transport},
    model::{Backups, CertificateStatus},
    store::{BackupFolder, StorageUsage, Store},
    tls::{Tls, home::HomeStatus},
};

/// What a command line’s command has to know of the server that it is about.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The URL at which people reach the server; links begin with it.
    pub base: String,
    /// Where the daily backups go, if there are any.
    pub backups: Option<Arc<BackupFolder>>,
    /// What speaks TLS, if the server does.
    pub tls: Option<Arc<Tls>>,
}

/// The state of a server at one moment.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Whether a write can be made durable right now.
    pub healthy: bool,
    /// Why it isn’t healthy, as a sentence.
    pub problem: Option<String>,
    /// The URL at which people reach it.
    pub address: String,
    pub version: String,
    pub uptime_seconds: u64,
    pub users: i64,
    pub messages: i64,
    pub connections: i64,
    /// The number of open streams by transport.
    pub streams: BTreeMap<String, i64>,
    pub queued_writes: usize,
    /// How long recent commits took on average, in microseconds. 0 if there were none.
    pub commit_micros: u64,
    pub database_bytes: u64,
    pub wal_bytes: u64,
    /// Bytes of the files that people have sent. They are in the database.
    pub file_bytes: u64,
    /// Free space on the database’s disk, if the system tells.
    pub free_bytes: Option<u64>,
    /// The daily backups, if the server makes any.
    pub backups: Option<Backups>,
    /// Names that requests were refused for since the server started.
    #[serde(default)]
    pub refused_names: Vec<String>,
    /// Whether people reach it through TLS, though it has no public URL.
    #[serde(default)]
    pub tls_without_public_url: bool,
    /// The certificate, if the server speaks TLS itself.
    #[serde(default)]
    pub certificate: Option<CertificateStatus>,
    /// The authority, if the certificate is from the server’s own.
    #[serde(default)]
    pub home: Option<HomeStatus>,
}

impl Status {
    /// Collects the state.
    pub async fn of(store: &Store, metrics: &Metrics, setting: &Setting) -> Result<Self> {
        let home = setting.tls.as_ref().and_then(|tls| tls.home());
        let problem = store
            .check_writable()
            .await
            .err()
            .map(|error| error.to_string());
        let StorageUsage {
            users,
            messages,
            file_bytes,
            free_bytes,
        } = store.usage().await?;
        let backups = match &setting.backups {
            Some(folder) => Some(store.backups(Arc::clone(folder)).await?),
            None => None,
        };
        let stats = store.stats();
        let streams = Transport::ALL
            .into_iter()
            .map(|transport| (transport.name().to_owned(), metrics.open_streams(transport)));
        Ok(Self {
            healthy: problem.is_none(),
            problem,
            address: setting.base.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            uptime_seconds: metrics.uptime().as_secs(),
            users,
            messages,
            connections: metrics.open_connections(),
            streams: streams.collect(),
            queued_writes: stats.queued,
            commit_micros: metrics.recent_commit(),
            database_bytes: stats.database,
            wal_bytes: stats.log,
            file_bytes,
            free_bytes,
            backups,
            refused_names: metrics.reach.refused_names(),
            tls_without_public_url: metrics.reach.has_tls(),
            certificate: setting.tls.as_ref().map(|tls| tls.certificates().status()),
            home: home.map(|home| home.status()),
        })
    }
}
