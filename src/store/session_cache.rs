//! Open sessions, cached in memory because every request needs one. The writer removes a session from this cache in the
//! same step in which it ends.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use parking_lot::RwLock;

use super::clock::{Step, is_from_the_future};
use crate::{
    error::{Error, Result},
    model::{Scope, SessionId, Timestamp, User, UserId, security::PROOF_LIFETIME},
};

/// A session ends after this time without use.
pub(super) const IDLE: Duration = Duration::from_hours(30 * 24);
/// A session ends after this time in any case.
pub(super) const ABSOLUTE: Duration = Duration::from_hours(90 * 24);
/// The shortest time between two typing events of a session. Clients show the event for longer than this.
const TYPING_INTERVAL: Duration = Duration::from_secs(1);
/// The most cached sessions, at about 200 bytes each.
const CACHED: usize = 20_000;

/// SHA-256 of a token.
pub(super) type TokenHash = [u8; 32];

/// A user who is signed in on one device, or a program that acts for a user.
#[derive(Debug)]
pub struct Session {
    pub id: SessionId,
    pub user: User,
    /// The scope of an API token. None for a person's session, which may do everything.
    pub scope: Option<Scope>,
    /// When somebody last proved in it who they are. None if that was before it was recorded.
    pub(super) proven_at: Option<Timestamp>,
    pub(super) created_at: AtomicI64,
    /// When it ends, however much it is used.
    pub(super) ends_at: AtomicI64,
    pub(super) last_seen_at: AtomicI64,
    /// When it last sent a typing event.
    pub(super) typed_at: AtomicI64,
}

impl Session {
    /// When it ends if it isn't used again.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        let ends_at = Timestamp(self.ends_at.load(Ordering::Relaxed));
        if self.scope.is_some() {
            return ends_at;
        }
        let last_seen = Timestamp(self.last_seen_at.load(Ordering::Relaxed));
        ends_at.min(last_seen.after(IDLE))
    }

    /// Whether another typing event may be sent. If so, it counts as sent.
    pub fn may_send_typing(&self) -> bool {
        let now = Timestamp::now();
        let typed = Timestamp(self.typed_at.load(Ordering::Relaxed));
        // A clock that was set back must not block typing events.
        let is_time = now >= typed.after(TYPING_INTERVAL) || now < typed;
        if is_time {
            self.typed_at.store(now.0, Ordering::Relaxed);
        }
        is_time
    }

    /// Refuses API tokens.
    ///
    /// # Errors
    /// [`Error::Scope`].
    pub fn require_person(&self) -> Result<()> {
        match self.scope {
            None => Ok(()),
            Some(Scope::Read | Scope::Send) => Err(Error::Scope),
        }
    }

    /// Refuses API tokens that may only read.
    ///
    /// # Errors
    /// [`Error::Scope`].
    pub fn require_send(&self) -> Result<()> {
        match self.scope {
            None | Some(Scope::Send) => Ok(()),
            Some(Scope::Read) => Err(Error::Scope),
        }
    }

    /// Until when it counts that somebody has proven in it who they are. None if it counts no longer.
    #[must_use]
    pub fn proven_until(&self) -> Option<Timestamp> {
        let (now, proven) = (Timestamp::now(), self.proven_at?);
        let until = proven.after(PROOF_LIFETIME);
        // A proof from the future, by a clock that was set back, proves nothing.
        (proven <= now && now < until).then_some(until)
    }

    /// Refuses what lasts, unless somebody has just proven who they are.
    ///
    /// # Errors
    /// [`Error::ProofRequired`].
    pub fn require_proof(&self) -> Result<()> {
        self.proven_until().map(drop).ok_or(Error::ProofRequired)
    }

    /// Whether it has expired, or was made by a clock that was ahead.
    #[must_use]
    pub fn has_expired(&self) -> bool {
        let now = Timestamp::now();
        let created_at = Timestamp(self.created_at.load(Ordering::Relaxed));
        self.expires_at() <= now || is_from_the_future(created_at, now)
    }

    /// Moves its times along with the clock.
    fn move_along(&self, Step { from, until, by }: Step) {
        let is_moved = |time: &AtomicI64| (from..=until).contains(&time.load(Ordering::Relaxed));
        if is_moved(&self.created_at) {
            self.created_at.fetch_add(by, Ordering::Relaxed);
            self.ends_at.fetch_add(by, Ordering::Relaxed);
        }
        if is_moved(&self.last_seen_at) {
            self.last_seen_at.fetch_add(by, Ordering::Relaxed);
        }
    }
}

/// When a person's session ends.
pub(super) fn expiry(created_at: Timestamp, last_seen_at: Timestamp) -> Timestamp {
    created_at.after(ABSOLUTE).min(last_seen_at.after(IDLE))
}

/// Sessions by the hash of their token.
#[derive(Default)]
pub(super) struct SessionCache {
    sessions: RwLock<HashMap<TokenHash, Arc<Session>>>,
    /// Counts invalidations.
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

    /// Caches a session that was read when the generation was `seen`, unless any session was invalidated since.
    pub fn insert(&self, token: TokenHash, session: &Arc<Session>, seen: u64) {
        let mut sessions = self.sessions.write();
        if self.generation() != seen {
            return;
        }
        if sessions.len() >= CACHED {
            // Any entry will do: its next request reads it again.
            if let Some(evicted) = sessions.keys().next().copied() {
                sessions.remove(&evicted);
            }
        }
        sessions.insert(token, Arc::clone(session));
    }

    /// After the commit that moved the sessions’ times along with the clock. Streams go on with the same sessions.
    pub fn move_along(&self, step: Step) {
        let sessions = self.sessions.write();
        self.generation.fetch_add(1, Ordering::AcqRel);
        for session in sessions.values() {
            session.move_along(step);
        }
    }

    /// Only for the writer, after the commit that deleted the session or replaced its token.
    pub fn invalidate(&self, token: &TokenHash) {
        let mut sessions = self.sessions.write();
        self.generation.fetch_add(1, Ordering::AcqRel);
        sessions.remove(token);
    }

    /// Only for the writer, after the commit that changed the user's name or picture.
    pub fn invalidate_user(&self, user: UserId) {
        let mut sessions = self.sessions.write();
        self.generation.fetch_add(1, Ordering::AcqRel);
        sessions.retain(|_, session| session.user.id != user);
    }
}
