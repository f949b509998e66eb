//! An open database and what works on it, without the sockets: the state that handlers share, the followers, and the
//! commands for a running server.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Notify, task::JoinHandle, time::timeout};

use super::{Config, StartError};
use crate::{
    bus::Bus,
    control::ControlSocket,
    followers::{
        Followers,
        attempts::AttemptWriter,
        daily::DailyBackup,
        purge::Purger,
        push::{PushQueue, PushSender},
        search::Indexer,
        sweep::Sweeper,
        text::TextCounter,
    },
    http::{App, Service, Setup, Site},
    lab::people::Person,
    metrics::Metrics,
    model::limits::STREAMS,
    status::Setting,
    store::{Purpose, Store},
    webauthn::RelyingParty,
};

/// How long a running follower may take to end when the server stops.
const FOLLOWERS_TIMEOUT: Duration = Duration::from_secs(1);

/// A database that has just been opened.
pub(super) struct Opened {
    pub store: Store,
    bus: Arc<Bus>,
    metrics: Arc<Metrics>,
}

impl Opened {
    /// Opens the database, or creates it.
    pub fn open(config: &Config, metrics: Arc<Metrics>) -> Result<Self, StartError> {
        let settings = &config.settings;
        let streams = if settings.unlimited {
            usize::MAX
        } else {
            STREAMS
        };
        let purpose = if settings.dev {
            Purpose::Development
        } else {
            Purpose::Service
        };
        let bus = Bus::with_streams(config.bus, streams);
        let store = Store::open(&config.database, Some(purpose), &bus, &metrics)?;
        Ok(Self {
            store,
            bus,
            metrics,
        })
    }

    /// Prepares the first accounts, and everything around the database.
    pub async fn prepare(self, config: &Config, site: Site) -> Result<Instance, StartError> {
        let Self {
            store,
            bus,
            metrics,
        } = self;
        let rp_id = config.settings.public_url.as_ref().map(|url| {
            let party = RelyingParty::at(&url.to_string());
            party.map_or_else(String::new, |party| party.id().to_owned())
        });
        store
            .set_relying_party(rp_id)
            .await
            .map_err(StartError::Accounts)?;
        let setup = if config.settings.dev {
            // The others of a lab are planted.
            let people = match &site.lab {
                Some(_) => Person::ALL
                    .iter()
                    .map(|person| (person.name(), false))
                    .collect(),
                None => vec![("john", true), ("jane", false)],
            };
            store
                .ensure_users(people)
                .await
                .map_err(StartError::Accounts)?;
            Setup::unneeded()
        } else {
            Setup::prepare(&store).await.map_err(StartError::Accounts)?
        };
        let settings = config.settings.clone();
        Ok(Instance {
            app: App::new(store, bus, metrics, setup, settings, site),
            control: ControlSocket::listen(&config.database),
            push_delay: config.push_delay,
        })
    }
}

/// An open database that nothing works on yet.
pub(super) struct Instance {
    pub app: Arc<App>,
    control: Option<ControlSocket>,
    push_delay: Duration,
}

impl Instance {
    /// Starts the followers, and takes commands. `base` is the URL at which people reach the server.
    pub fn start(self, base: String) -> Running {
        let Self {
            app,
            control,
            push_delay,
        } = self;
        let commands = control.map(|control| {
            let (store, metrics) = (app.store.clone(), Arc::clone(&app.metrics));
            let setting = Setting {
                base,
                backups: app.settings.backups.clone(),
                tls: app.settings.tls.clone(),
            };
            control.serve(store, metrics, setting, app.stopping.clone())
        });
        let commands = tokio::spawn(async {
            if let Some(commands) = commands {
                commands.await;
            }
        });
        let followers = tokio::spawn(followers(&app, push_delay).run());
        // Not before the server serves: until then, damage would be told as whatever could not be prepared.
        app.store.check_in_background();
        Running {
            service: Service::new(&app),
            app,
            commands,
            followers,
        }
    }
}

/// An open database that is worked on.
pub(super) struct Running {
    pub app: Arc<App>,
    pub service: Service,
    commands: JoinHandle<()>,
    followers: JoinHandle<()>,
}

impl Running {
    /// Waits until everything has ended that `app.stopping` ends, and closes the database.
    pub async fn end(self) {
        let Self {
            app,
            commands,
            followers,
            ..
        } = self;
        // The control socket is removed before the lock is released. Otherwise this could remove the socket of a server
        // that starts in between.
        if let Err(error) = commands.await {
            tracing::error!(%error, "the command socket failed");
        }
        if timeout(FOLLOWERS_TIMEOUT, followers).await.is_err() {
            tracing::warn!("a follower didn’t stop in time");
        }
        if let Err(error) = app.store.flush_attempts().await {
            tracing::warn!(%error, "the last refused attempts aren’t in the audit log");
        }
        app.store.close().await;
    }
}

/// What is done after commits, and by the clock.
fn followers(app: &App, push_delay: Duration) -> Followers {
    let mut followers = Followers::new(
        app.store.clone(),
        Arc::clone(&app.metrics),
        app.stopping.clone(),
    );
    followers.add(Sweeper {
        store: app.store.clone(),
        sign_ins: Arc::clone(&app.settings.oauth),
    });
    followers.add(AttemptWriter {
        store: app.store.clone(),
    });
    followers.add(Indexer {
        store: app.store.clone(),
    });
    followers.add(Purger {
        store: app.store.clone(),
    });
    followers.add(TextCounter {
        store: app.store.clone(),
        limit: if app.settings.unlimited {
            u64::MAX
        } else {
            app.settings.text.0
        },
    });
    let queued = Arc::new(Notify::new());
    followers.add(PushQueue::new(
        app.store.clone(),
        Arc::clone(&app.attention),
        push_delay,
        Arc::clone(&queued),
    ));
    followers.add(PushSender::new(
        app.store.clone(),
        Arc::clone(&app.pusher),
        app.settings.relay.clone(),
        Arc::clone(&app.metrics),
        queued,
    ));
    if let Some(folder) = &app.settings.backups {
        followers.add(DailyBackup {
            folder: Arc::clone(folder),
            store: app.store.clone(),
        });
    }
    followers
}
