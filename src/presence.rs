//! Who is online: everybody with an open stream, and for a few seconds after it has closed, so that reloading a page
//! goes unnoticed. Nothing of this is stored. People who may see it receive an event when somebody comes or goes.

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

/// How long somebody counts as online without a stream. The gaps of long polls and page reloads are shorter.
const GRACE: Duration = Duration::from_secs(5);

/// The people who are online.
pub struct Presence {
    store: Store,
    bus: Arc<Bus>,
    /// Guards may be dropped outside of any task, and need a runtime to spawn on.
    runtime: Handle,
    online: Mutex<HashMap<UserId, Streams>>,
}

/// The streams of one user.
#[derive(Default)]
struct Streams {
    open: usize,
    /// How often the last open stream has closed. After the grace period it tells whether this is still the same
    /// absence.
    absences: u64,
}

/// Keeps a user online as long as it lives. Each open stream holds one.
pub struct PresenceGuard {
    presence: Arc<Presence>,
    user: UserId,
}

impl Presence {
    /// Nobody is online yet. Must be called within a tokio runtime.
    #[must_use]
    pub fn new(store: &Store, bus: &Arc<Bus>) -> Arc<Self> {
        Arc::new(Self {
            store: store.clone(),
            bus: Arc::clone(bus),
            runtime: Handle::current(),
            online: Mutex::default(),
        })
    }

    /// The user has opened a stream.
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

    /// Whether the user has an open stream, or had one within the grace period.
    #[must_use]
    pub fn is_online(&self, user: UserId) -> bool {
        self.online.lock().contains_key(&user)
    }

    /// Sets whether others may see that `user` is online, is typing, and what they have read. When that is turned off,
    /// everybody who could see them is told that they are offline.
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

    /// Blocks a user for `caller`, or unblocks them. Whoever sees the other no longer is told that they are offline, and
    /// whoever sees them again, that they are online.
    ///
    /// # Errors
    /// Those of [`Store::set_blocked`].
    pub async fn set_blocked(
        self: &Arc<Self>,
        caller: UserId,
        user: UserId,
        blocked: bool,
    ) -> Result<()> {
        let before = self.see_each_other(caller, user).await?;
        self.store.set_blocked(caller, user, blocked).await?;
        let after = self.see_each_other(caller, user).await?;
        for ((seen, by), before, after) in [
            ((caller, user), before[0], after[0]),
            ((user, caller), before[1], after[1]),
        ] {
            if before != after && self.is_online(seen) {
                self.bus.send_ephemeral(&[by], Event::presence(seen, after));
            }
        }
        Ok(())
    }

    /// Whether the second user sees that the first is online, and the other way round.
    async fn see_each_other(&self, one: UserId, other: UserId) -> Result<[bool; 2]> {
        Ok([
            self.store.contacts(one).await?.contains(&other),
            self.store.contacts(other).await?.contains(&one),
        ])
    }

    /// Tells the others in a conversation that the session’s user is typing, if the user shows it and the conversation
    /// is small enough. Sends nothing if called too often.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::error::Error::NotFound) if the user isn’t in the conversation.
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
            // If this fails, clients still learn it when they load the conversation.
            let Ok(contacts) = presence.store.contacts(user).await else {
                return;
            };
            // The state may have changed meanwhile; then that change has its own announcement.
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
