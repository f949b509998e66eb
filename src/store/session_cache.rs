//! Open sessions, as they are kept in memory: every request asks for one. The writer takes a session out of this cache in
//! the same step in which it ends.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::RwLock;

use crate::{
    error::{Error, Result},
    model::{Scope, SessionId, Timestamp, User, UserId},
};

/// A session ends when it hasn't been used for so long,
pub(super) const IDLE: Duration = Duration::from_hours(30 * 24);
/// and in any case after so long.
pub(super) const ABSOLUTE: Duration = Duration::from_hours(90 * 24);
/// Others are told no more often that somebody types; they show it for longer.
const TYPING_INTERVAL: Duration = Duration::from_secs(1);
/// Sessions held in memory, at about 200 bytes each.
const CACHED: usize = 20_000;

/// SHA-256 of a token.
pub(super) type TokenHash = [u8; 32];

/// Somebody who is signed in, on one device, or a program in their name.
#[derive(Debug)]
pub struct Session {
    pub id: SessionId,
    pub user: User,
    /// What it may do, where it is an API token; anything where it isn't.
    pub scope: Option<Scope>,
    /// When it ends at the latest.
    pub(super) ends_at: Timestamp,
    pub(super) last_seen_at: AtomicI64,
    /// When it last told others that its user types.
    pub(super) typed_at: AtomicI64,
}

impl Session {
    /// When it ends, if it isn't used again.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        if self.scope.is_some() {
            return self.ends_at;
        }
        let last_seen = Timestamp(self.last_seen_at.load(Ordering::Relaxed));
        self.ends_at.min(last_seen.after(IDLE))
    }

    /// Whether others may be told again that its user types, which counts as done then.
    pub fn may_send_typing(&self) -> bool {
        let now = Timestamp::now();
        let typed = Timestamp(self.typed_at.load(Ordering::Relaxed));
        // A clock that was set back must not silence anybody.
        let is_time = now >= typed.after(TYPING_INTERVAL) || now < typed;
        if is_time {
            self.typed_at.store(now.0, Ordering::Relaxed);
        }
        is_time
    }

    /// Refuses an API token, where only the person may do something.
    ///
    /// # Errors
    /// [`Error::Scope`].
    pub fn require_person(&self) -> Result<()> {
        match self.scope {
            None => Ok(()),
            Some(Scope::Read | Scope::Send) => Err(Error::Scope),
        }
    }

    /// Refuses a token that may only look.
    ///
    /// # Errors
    /// [`Error::Scope`].
    pub fn require_send(&self) -> Result<()> {
        match self.scope {
            None | Some(Scope::Send) => Ok(()),
            Some(Scope::Read) => Err(Error::Scope),
        }
    }

    /// Whether it has ended by itself, unused or old.
    #[must_use]
    pub fn has_expired(&self) -> bool {
        self.expires_at() <= Timestamp::now()
    }
}

/// When a session ends that isn't an API token.
pub(super) fn expiry(created_at: Timestamp, last_seen_at: Timestamp) -> Timestamp {
    created_at.after(ABSOLUTE).min(last_seen_at.after(IDLE))
}

/// Sessions by the hash of their token, as far as they have been asked for.
#[derive(Default)]
pub(super) struct SessionCache {
    sessions: RwLock<HashMap<TokenHash, Arc<Session>>>,
    /// Counts what was forgotten.
    generation: AtomicU64,
}

impl SessionCache {
    pub fn get(&self, token: &TokenHash) -> Option<Arc<Session>> {
        self.sessions.read().get(token).cloned()
    }

    pub fn len(&self) -> usize {
        self.sessions.read().len()
    }

    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Remembers what was read when the generation was `seen`, unless a session has ended since.
    pub fn insert(&self, token: TokenHash, session: &Arc<Session>, seen: u64) {
        let mut sessions = self.sessions.write();
        if self.generation() != seen {
            return;
        }
        if sessions.len() >= CACHED {
            // Whichever comes first: its next request reads it again.
            if let Some(evicted) = sessions.keys().next().copied() {
                sessions.remove(&evicted);
            }
        }
        sessions.insert(token, Arc::clone(session));
    }

    /// Only the writer calls this, after the commit that deleted the session or changed its token.
    pub fn invalidate(&self, token: &TokenHash) {
        let mut sessions = self.sessions.write();
        self.generation.fetch_add(1, Ordering::AcqRel);
        sessions.remove(token);
    }

    /// Only the writer calls this, after the commit that changed what the user is called or looks like.
    pub fn invalidate_user(&self, user: UserId) {
        let mut sessions = self.sessions.write();
        self.generation.fetch_add(1, Ordering::AcqRel);
        sessions.retain(|_, session| session.user.id != user);
    }
}
