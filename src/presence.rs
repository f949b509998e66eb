//! Who is online: whoever has a stream open, and for a moment more, so that loading a page anew
//! doesn't blink. Nothing of it is kept; people who may know are told when somebody comes or goes.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{runtime::Handle, time::sleep};

use crate::{
    bus::Bus,
    error::Result,
    model::{ConversationId, Event, UserId},
    store::{Session, Store},
};

/// How long somebody counts as online without a stream. Long polls and loading a page anew leave
/// shorter gaps.
const GRACE: Duration = Duration::from_secs(5);

/// The people who are online.
pub struct Presence {
    store: Store,
    bus: Arc<Bus>,
    /// Streams end wherever they are dropped, also where no task runs.
    runtime: Handle,
    online: Mutex<HashMap<UserId, Streams>>,
}

/// The streams of one user.
#[derive(Default)]
struct Streams {
    open: usize,
    /// How often the last of them has ended: whether it is still the same absence when the grace is
    /// over.
    absences: u64,
}

/// One stream of somebody, which keeps them online.
pub struct PresenceGuard {
    presence: Arc<Presence>,
    user: UserId,
}

impl Presence {
    /// Nobody is online yet. Needs a tokio runtime around it.
    #[must_use]
    pub fn new(store: &Store, bus: &Arc<Bus>) -> Arc<Self> {
        Arc::new(Self {
            store: store.clone(),
            bus: Arc::clone(bus),
            runtime: Handle::current(),
            online: Mutex::default(),
        })
    }

    /// Somebody has opened a stream.
    #[must_use]
    pub fn enter(self: &Arc<Self>, user: UserId) -> PresenceGuard {
        let has_come = {
            let mut online = self.online.lock();
            let entry = online.entry(user);
            let has_come = matches!(entry, Entry::Vacant(_));
            entry.or_default().open += 1;
            has_come
        };
        if has_come {
            self.announce(user, true);
        }
        PresenceGuard {
            presence: Arc::clone(self),
            user,
        }
    }

    /// Whether somebody has a stream open, or had one a moment ago.
    #[must_use]
    pub fn is_online(&self, user: UserId) -> bool {
        self.online.lock().contains_key(&user)
    }

    /// Lets others see whether `user` is online, types, and what they have read, or not. Whoever sees
    /// them online and isn't to see it any more is told that they have gone.
    pub async fn set_shown(self: &Arc<Self>, user: UserId, shown: bool) -> Result<()> {
        let seeing = self.store.contacts(user).await?;
        self.store.set_shows_activity(user, shown).await?;
        if !shown {
            let offline = Event::presence(user, false);
            self.bus.send_ephemeral(&seeing, offline);
        } else if self.is_online(user) {
            self.announce(user, true);
        }
        Ok(())
    }

    /// Tells the others in a conversation that the session's user is typing, where they show it and there are few.
    /// Asked for too often, nothing is sent.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::error::Error::NotFound) where the conversation is none of theirs.
    pub async fn send_typing(&self, session: &Session, id: ConversationId) -> Result<()> {
        let caller = session.user.id;
        let others = self.store.typing_audience(caller, id).await?;
        if !others.is_empty() && session.may_send_typing() {
            self.bus.send_ephemeral(&others, Event::typing(id, caller));
        }
        Ok(())
    }

    fn leave(self: &Arc<Self>, user: UserId) {
        let absence = {
            let mut online = self.online.lock();
            let Some(streams) = online.get_mut(&user) else {
                return;
            };
            streams.open -= 1;
            if streams.open > 0 {
                return;
            }
            streams.absences += 1;
            streams.absences
        };
        let presence = Arc::clone(self);
        self.runtime.spawn(async move {
            sleep(GRACE).await;
            let has_gone = {
                let mut online = presence.online.lock();
                let same = online
                    .get(&user)
                    .is_some_and(|streams| streams.open == 0 && streams.absences == absence);
                same && online.remove(&user).is_some()
            };
            if has_gone {
                presence.announce(user, false);
            }
        });
    }

    fn announce(self: &Arc<Self>, user: UserId, online: bool) {
        let presence = Arc::clone(self);
        self.runtime.spawn(async move {
            // Who can't be told now asks when they look.
            let Ok(contacts) = presence.store.contacts(user).await else {
                return;
            };
            // Meanwhile it may be the other way round, and told so already.
            if presence.is_online(user) == online {
                let event = Event::presence(user, online);
                presence.bus.send_ephemeral(&contacts, event);
            }
        });
    }
}

impl Drop for PresenceGuard {
    fn drop(&mut self) {
        self.presence.leave(self.user);
    }
}
